"""A trained ear: how likely the voice of the last seconds is an angry one, against its own usual self."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

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
LASTING_S = 2.0
"""Speech that shows whether the ear stays sure: no single word keeps it so for so long."""
_LASTING_STEPS = round(LASTING_S / _STEP_WINDOWS)
"""The same in readings."""
_CALM_PROBABILITY = 0.5
_FIRST_WINDOWS = 3.0
"""The first seconds are learned even if they sound rather sharp: some voices do by nature,"""
_SURE_PROBABILITY = 0.75
"""but not a caller of whom the ear is sure from the first word."""
_REFUSED_WINDOWS_MAX = 40.0
"""Speech that may be taken for heat and not be learned; nobody rages for longer without a break, so what
goes on is how the caller speaks."""

_Array = npt.NDArray[np.float64]


_COLOUR: tuple[str, ...] = (
    "band",
    "loud_",
    "alpha",
    "hammarberg",
    "centroid",
    "slope",
    "low_slope",
    "high_slope",
)
_COLOUR += ("cepstrum", "harmonicity", "voicing", "roughness", "shimmer", "unvoiced", "voiced_level")
_IS_COLOUR = np.array([name.startswith(_COLOUR) and "move" not in name for name in FEATURE_NAMES])
"""How the voice is made: pressed, clear, rough. All else is melody: how it moves in pitch and in time."""


class Heard(NamedTuple):
    """What the ear says of one window."""

    anger: float
    """Its probability, 0..1."""
    melody: float
    colour: float
    """What each half of the features adds to the log odds of anger; two witnesses that can disagree."""
    lasting: float = 0.0
    """The mean of the log odds over the last two seconds of speech; 0 before there are so many."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Leaning:
    """What the deviations mean: for speakers of one language, or for anybody."""

    coefficients: _Array
    """(classes, features)"""
    intercepts: _Array
    """(classes,)"""
    calibration: tuple[float, float] = (1.0, 0.0)
    """Slope and offset (Platt 1999) that make the odds of anger true of speakers it did not learn."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoiceWeights:
    """A multinomial logistic regression over deviations from the usual voice; data, loaded by the shell.

    Anger does not sound the same in every language, so it may lean otherwise in some than where the language
    is not known.
    """

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
    """As in `Leaning`; these three are for speakers of whatever language."""
    by_language: Mapping[str, Leaning] = field(default_factory=dict)

    @staticmethod
    def parse(data: Mapping[str, Any]) -> VoiceWeights:
        """From what the file holds.

        Raises:
            ValueError: it is not for the features that this version hears, or is incomplete.
        """
        try:
            if data["version"] != VERSION or tuple(data["features"]) != FEATURE_NAMES:
                raise ValueError("the model was trained for another version")
            weights = VoiceWeights(
                classes=tuple(str(name) for name in data["classes"]),
                population=np.asarray(data["population"], dtype=np.float64),
                scale=np.asarray(data["scale"], dtype=np.float64),
                **_leaning_parts(data),
                by_language={
                    str(name): Leaning(**_leaning_parts(part))
                    for name, part in data.get("by_language", {}).items()
                },
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"the model lacks {error}") from error
        weights._check()
        return weights

    def _check(self) -> None:
        """
        Raises:
            ValueError: what it holds does not fit together.
        """
        count, classes = len(FEATURE_NAMES), len(self.classes)
        leanings: list[VoiceWeights | Leaning] = [self, *self.by_language.values()]
        arrays: list[tuple[_Array, tuple[int, ...]]]
        arrays = [(self.population, (count,)), (self.scale, (count,))]
        for part in leanings:
            arrays += [(part.coefficients, (classes, count)), (part.intercepts, (classes,))]
            arrays += [(np.array(part.calibration), (2,))]
        if ANGER not in self.classes or any(array.shape != shape for array, shape in arrays):
            raise ValueError("the model's parts do not fit together")
        if not all(np.isfinite(array).all() for array, _ in arrays) or not (self.scale > 0.0).all():
            raise ValueError("the model holds numbers that are none")
        if any(part.calibration[0] <= 0.0 for part in leanings):
            raise ValueError("the model's calibration turns its judgement round")

    def of_language(self, language: str | None) -> VoiceWeights:
        """The ear for speakers of a language; itself where it has learned nothing of that."""
        part = self.by_language.get(language or "")
        if part is None:
            return self
        return replace(
            self,
            coefficients=part.coefficients,
            intercepts=part.intercepts,
            calibration=part.calibration,
            by_language={},
        )

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

    def hear(self, deviations: _Array) -> Heard:
        """(features,) -> anger, and what melody and colour add to its log odds.

        The odds against the other classes are taken apart by these as likely as they are here; what is left
        over belongs to the intercepts.
        """
        at = self.classes.index(ANGER)
        others = np.delete(self.probabilities(deviations), at)
        others /= others.sum()
        against = self.coefficients[at] - others @ np.delete(self.coefficients, at, axis=0)
        parts = self.calibration[0] * against * np.clip(deviations / self.scale, -LIMIT, LIMIT)
        return Heard(
            anger=float(self.anger(deviations)),
            melody=float(parts[~_IS_COLOUR].sum()),
            colour=float(parts[_IS_COLOUR].sum()),
        )


def _leaning_parts(data: Mapping[str, Any]) -> dict[str, Any]:
    slope, offset = (float(value) for value in data["calibration"])
    return {
        "coefficients": np.asarray(data["coefficients"], dtype=np.float64),
        "intercepts": np.asarray(data["intercepts"], dtype=np.float64),
        "calibration": (slope, offset),
    }


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
        self._all = self._weights = weights
        self._language: str | None = None
        self._own = np.zeros(len(FEATURE_NAMES))
        self._windows = 0.0
        self._refused = 0.0
        """Windows in a row that were taken for heat."""
        self._waiting: deque[tuple[_Array, float]] = deque(maxlen=_LAG_STEPS)

    def expect(self, language: str | None) -> None:
        """The caller speaks this language from now on; None where it is not known."""
        if language != self._language:
            self._language, self._weights = language, self._all.of_language(language)

    def judge(self, frames: Sequence[ProsodyFrame], is_calm: bool) -> Heard | None:
        """What is heard in the newest blocks of `frames`; None where that is too little.

        Called every half second of speech; `is_calm` is the temper's state so far.
        """
        features = voice_features(frames[-VOICE_BLOCKS:])
        if features is None or not np.isfinite(features).all():
            return None
        usual = usual_voice(self._weights.population, self._own, self._windows)
        heard = self._weights.hear(features - usual)
        if len(self._waiting) == _LAG_STEPS:
            self._learn(self._waiting[0][0], is_calm)
        self._waiting.append((features, heard.anger))
        return heard._replace(lasting=self._lasting())

    def _lasting(self) -> float:
        if len(self._waiting) < _LASTING_STEPS:
            return 0.0
        newest = [anger for _, anger in self._waiting][-_LASTING_STEPS:]
        return float(log_odds(np.array(newest)).mean())

    def _learn(self, features: _Array, is_calm: bool) -> None:
        recent = sum(anger for _, anger in self._waiting) / len(self._waiting)
        if self._windows < _FIRST_WINDOWS:
            is_heat = recent >= _SURE_PROBABILITY
        else:
            is_heat = not is_calm or recent >= _CALM_PROBABILITY
        self._refused = self._refused + _STEP_WINDOWS if is_heat else 0.0
        if is_heat and self._refused < _REFUSED_WINDOWS_MAX:
            return
        total = self._windows + _STEP_WINDOWS
        self._own = (self._own * self._windows + features * _STEP_WINDOWS) / total
        self._windows = min(total, OWN_WINDOWS_MAX)
