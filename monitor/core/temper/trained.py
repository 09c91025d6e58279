"""A trained ear: how likely the voice of the last seconds is an angry one, against its own usual self."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.core.facts import ProsodyFrame
from monitor.core.temper.voice import FEATURE_NAMES, VOICE_BLOCKS, voice_features

VERSION = 2
"""Of the weights' file: what its numbers mean."""
ANGER = "anger"
PRIOR_WINDOWS = 4.0
"""How many windows of own speech the population's usual voice is worth."""
OWN_WINDOWS_MAX = 30.0
"""Windows, a second apart, that a party's own usual voice remembers."""
LIMIT = 4.0
"""Features further than this many deviations off count as that far off: the model never saw more."""
_STEP_WINDOWS = 0.5
"""A window comes every half second of speech."""
_LAG_STEPS = 10
"""Five seconds are not learned yet, lest they be hot."""
_CALM_PROBABILITY = 0.5
_FIRST_WINDOWS = 3.0
"""The first seconds are learned whatever they sound like: some voices sound angry by nature."""

_Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoiceWeights:
    """A multinomial logistic regression over deviations from the usual voice; data, loaded by the shell."""

    classes: tuple[str, ...]
    population: _Array
    """(features,): the usual voice of people who speak calmly."""
    scale: _Array
    """(features,): deviations are counted in these."""
    coefficients: _Array
    """(classes, features)"""
    intercepts: _Array
    """(classes,)"""
    calibration: tuple[float, float] = (1.0, 0.0)
    """Slope and offset (Platt 1999) that make the odds of anger true of speakers it did not learn."""

    @staticmethod
    def parse(data: Mapping[str, Any]) -> VoiceWeights:
        """From what the file holds.

        Raises:
            ValueError: it is not for the features that this version hears, or is incomplete.
        """
        try:
            if data["version"] != VERSION or tuple(data["features"]) != FEATURE_NAMES:
                raise ValueError("the model was trained for another version")
            slope, offset = (float(value) for value in data["calibration"])
            weights = VoiceWeights(
                classes=tuple(str(name) for name in data["classes"]),
                population=np.asarray(data["population"], dtype=np.float64),
                scale=np.asarray(data["scale"], dtype=np.float64),
                coefficients=np.asarray(data["coefficients"], dtype=np.float64),
                intercepts=np.asarray(data["intercepts"], dtype=np.float64),
                calibration=(slope, offset),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"the model lacks {error}") from error
        count, classes = len(FEATURE_NAMES), len(weights.classes)
        arrays = (weights.population, weights.scale, weights.coefficients, weights.intercepts)
        shapes = ((count,), (count,), (classes, count), (classes,))
        if ANGER not in weights.classes or any(a.shape != s for a, s in zip(arrays, shapes, strict=True)):
            raise ValueError("the model's parts do not fit together")
        numbers = (*arrays, np.array(weights.calibration))
        if not all(np.isfinite(array).all() for array in numbers) or not (weights.scale > 0.0).all():
            raise ValueError("the model holds numbers that are none")
        if weights.calibration[0] <= 0.0:
            raise ValueError("the model's calibration turns its judgement round")
        return weights

    def probabilities(self, deviations: _Array) -> _Array:
        """(..., features) -> (..., classes), which sum to 1."""
        scaled = np.clip(deviations / self.scale, -LIMIT, LIMIT)
        logits = scaled @ self.coefficients.T + self.intercepts
        shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
        result: _Array = shares / shares.sum(axis=-1, keepdims=True)
        return result

    def anger(self, deviations: _Array) -> _Array:
        """(..., features) -> (...): the calibrated probability of anger."""
        slope, offset = self.calibration
        odds = slope * log_odds(self.probabilities(deviations)[..., self.classes.index(ANGER)]) + offset
        result: _Array = 1.0 / (1.0 + np.exp(-odds))
        return result


def log_odds(probability: _Array) -> _Array:
    """Of 0..1; certainty counts as a millionth from it."""
    kept = np.clip(probability, 1e-6, 1.0 - 1e-6)
    result: _Array = np.log(kept / (1.0 - kept))
    return result


def usual_voice(population: _Array, own: _Array, windows: float) -> _Array:
    """A party's usual voice: its own mean over `windows`, drawn towards the population's."""
    result: _Array = (own * windows + population * PRIOR_WINDOWS) / (windows + PRIOR_WINDOWS)
    return result


class TrainedEar:
    """Judges each window of one caller against the usual voice, and learns that from calm speech."""

    def __init__(self, weights: VoiceWeights) -> None:
        self._weights = weights
        self._own = np.zeros(len(FEATURE_NAMES))
        self._windows = 0.0
        self._waiting: deque[tuple[_Array, float]] = deque(maxlen=_LAG_STEPS)

    def judge(self, frames: Sequence[ProsodyFrame], is_calm: bool) -> float | None:
        """The probability of anger, 0..1, of the newest blocks in `frames`; None where too little is heard.

        Called every half second of speech; `is_calm` is the temper's state so far.
        """
        features = voice_features(frames[-VOICE_BLOCKS:])
        if features is None or not np.isfinite(features).all():
            return None
        usual = usual_voice(self._weights.population, self._own, self._windows)
        anger = float(self._weights.anger(features - usual))
        if len(self._waiting) == _LAG_STEPS:
            self._learn(self._waiting[0][0], is_calm)
        self._waiting.append((features, anger))
        return anger

    def _learn(self, features: _Array, is_calm: bool) -> None:
        recent = sum(anger for _, anger in self._waiting) / len(self._waiting)
        if self._windows >= _FIRST_WINDOWS and (not is_calm or recent >= _CALM_PROBABILITY):
            return
        total = self._windows + _STEP_WINDOWS
        self._own = (self._own * self._windows + features * _STEP_WINDOWS) / total
        self._windows = min(total, OWN_WINDOWS_MAX)
