"""Trains the ear for anger from labelled recordings, by the very path that hears live calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from monitor.core.audio import Party, Pcm, to_grid
from monitor.core.clock import BLOCK_SAMPLES
from monitor.core.facts import ProsodyFrame
from monitor.core.prosody.tracker import ProsodyTracker
from monitor.core.settings import CoreSettings
from monitor.core.speech import SpeechSegmenter
from monitor.core.temper.trained import ANGER, LIMIT, VoiceWeights, usual_voice
from monitor.core.temper.voice import FEATURE_NAMES, VOICE_BLOCKS, voice_features
from monitor.engines.f0 import SwiftF0Model
from monitor.engines.silero import SileroSpeechModel

CLASS_OF = {
    "anger": ANGER,
    "happy": "joy",
    "surprise": "joy",
    "neutral": "calm",
    "calm": "calm",
    "sad": "calm",
    "boredom": "calm",
    "fear": "other",
    "disgust": "other",
}
"""Classes by label. Joy has one of its own: it is what anger is taken for."""
USUAL = ("neutral", "calm")
"""Labels of a party's usual voice."""

_STEP_BLOCKS = 10
"""Windows a second apart."""
_PAUSE_S = 0.4
_BASELINES = (0, 5, 10, 30)
"""Windows of own usual speech that are known: each speaker is learned before, with little, and with much."""
_STRENGTH = 0.02
"""Inverse strength of the penalty on squared coefficients; 0.005 to 0.1 gave the same within 0.02 AUC."""
_LABEL_WEIGHT = {"anger": 3.0, "happy": 2.5, "surprise": 2.5, "neutral": 2.0, "calm": 2.0}
_OTHER_WEIGHT = 0.5
"""Within a corpus, each label counts this much in all, however many windows it has."""

_Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoiceSamples:
    """Windows of labelled speech; all arrays have a row for each window."""

    features: _Array
    corpus: npt.NDArray[np.str_]
    speaker: npt.NDArray[np.str_]
    label: npt.NDArray[np.str_]

    def where(self, chosen: npt.NDArray[np.bool_]) -> VoiceSamples:
        """The windows for which `chosen` is true."""
        return VoiceSamples(
            features=self.features[chosen],
            corpus=self.corpus[chosen],
            speaker=self.speaker[chosen],
            label=self.label[chosen],
        )

    @staticmethod
    def join(parts: Iterable[VoiceSamples]) -> VoiceSamples:
        """All windows of all parts."""
        given = list(parts)
        return VoiceSamples(
            features=np.concatenate([part.features for part in given]),
            corpus=np.concatenate([part.corpus for part in given]),
            speaker=np.concatenate([part.speaker for part in given]),
            label=np.concatenate([part.label for part in given]),
        )

    @staticmethod
    def of(rows: Sequence[_Array], corpus: str, speaker: str, label: str) -> VoiceSamples:
        """Windows of one speaker and label."""
        count = len(rows)
        return VoiceSamples(
            features=np.array(rows).reshape(count, len(FEATURE_NAMES)),
            corpus=np.full(count, corpus),
            speaker=np.full(count, speaker),
            label=np.full(count, label),
        )


def joined(clips: Iterable[Pcm]) -> Pcm:
    """One stretch of sound of several clips, with short pauses of faint noise between them."""
    noise = np.random.default_rng(0).standard_normal(round(_PAUSE_S * 16_000)).astype(np.float32) * 1e-4
    return np.concatenate([part for clip in clips for part in (clip, noise)])


def hear(pcm: Pcm) -> list[ProsodyFrame]:
    """What the live path makes of a caller's sound."""
    settings = CoreSettings()
    speech = SpeechSegmenter(Party.CALLER, SileroSpeechModel(), settings.speech)
    tracker = ProsodyTracker(Party.CALLER, SwiftF0Model(), settings.prosody)
    pcm = to_grid(np.pad(pcm, (0, -len(pcm) % BLOCK_SAMPLES)))
    frames: list[ProsodyFrame] = []
    for start in range(0, len(pcm), BLOCK_SAMPLES):
        block = pcm[start : start + BLOCK_SAMPLES]
        speech.push(block)
        frames.extend(tracker.push(block, start, speech.is_speech(start, start + BLOCK_SAMPLES)))
    return [*frames, *tracker.finish()]


def windows(frames: Sequence[ProsodyFrame]) -> list[_Array]:
    """The features of windows of 3 s, a second apart; a shorter stretch is one window."""
    ends = range(min(VOICE_BLOCKS, len(frames)), len(frames) + 1, _STEP_BLOCKS)
    found = (voice_features(frames[max(0, end - VOICE_BLOCKS) : end]) for end in ends)
    return [features for features in found if features is not None and np.isfinite(features).all()]


def deviations(
    samples: VoiceSamples, population: _Array, known: int, rng: np.random.Generator
) -> tuple[_Array, npt.NDArray[np.bool_]]:
    """Each window against its speaker's usual voice, of which `known` windows were heard before.

    Returns:
        The deviations, and which windows were not used for the usual voice.
    """
    result = np.empty_like(samples.features)
    is_free = np.ones(len(result), dtype=np.bool_)
    for speaker in np.unique(samples.speaker):
        mine = samples.speaker == speaker
        usual = rng.permutation(np.flatnonzero(mine & np.isin(samples.label, USUAL)))
        used = usual[: min(known, len(usual) // 2)]
        own = samples.features[used].mean(axis=0) if len(used) else population
        result[mine] = samples.features[mine] - usual_voice(population, own, float(len(used)))
        is_free[used] = False
    return result, is_free


def train(samples: VoiceSamples, seed: int = 0) -> VoiceWeights:
    """The ear that these samples teach; the same samples teach the same ear."""
    rng = np.random.default_rng(seed)
    population = _population(samples)
    parts = [(known, *deviations(samples, population, known, rng)) for known in _BASELINES]
    rows = np.concatenate([found[is_free] for _, found, is_free in parts])
    labels = np.concatenate([samples.label[is_free] for _, _, is_free in parts])
    corpora = np.concatenate([samples.corpus[is_free] for _, _, is_free in parts])
    scale = np.maximum(rows.std(axis=0), 1e-6)
    classes = np.array([CLASS_OF[label] for label in labels])
    with threadpool_limits(1):  # the products are small: threads cost ten times what they save
        fitted = LogisticRegression(C=_STRENGTH, max_iter=1000, tol=1e-3).fit(
            np.clip(rows / scale, -LIMIT, LIMIT), classes, sample_weight=_weights(labels, corpora)
        )
    names = tuple(str(name) for name in fitted.classes_)
    coefficients, intercepts = fitted.coef_, fitted.intercept_
    if len(names) == 2:
        # Of two classes the library keeps one row, that of the second.
        coefficients = np.concatenate([-coefficients / 2, coefficients / 2])
        intercepts = np.concatenate([-intercepts / 2, intercepts / 2])
    return VoiceWeights(
        classes=names, population=population, scale=scale, coefficients=coefficients, intercepts=intercepts
    )


def _population(samples: VoiceSamples) -> _Array:
    """The mean of the speakers' usual voices, each speaker counting once."""
    means = [
        samples.features[(samples.speaker == speaker) & np.isin(samples.label, USUAL)].mean(axis=0)
        for speaker in np.unique(samples.speaker[np.isin(samples.label, USUAL)])
    ]
    result: _Array = np.mean(means, axis=0)
    return result


def _weights(labels: npt.NDArray[np.str_], corpora: npt.NDArray[np.str_]) -> _Array:
    """Every corpus counts the same for each label that it has."""
    weights = np.zeros(len(labels))
    for corpus in np.unique(corpora):
        for label in np.unique(labels[corpora == corpus]):
            chosen = (corpora == corpus) & (labels == label)
            weights[chosen] = _LABEL_WEIGHT.get(str(label), _OTHER_WEIGHT) / chosen.sum()
    result: _Array = weights * (len(labels) / weights.sum())
    return result
