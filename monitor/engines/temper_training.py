"""Trains the ear for anger from labelled speech, as the live path hears it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from monitor.core.audio import Party, Pcm, to_grid
from monitor.core.clock import BLOCK_SAMPLES
from monitor.core.facts import ProsodyFrame
from monitor.core.prosody.tracker import ProsodyTracker
from monitor.core.settings import CoreSettings
from monitor.core.speech import SpeechSegmenter
from monitor.core.temper.trained import ANGER, LIMIT, Leaning, VoiceWeights, log_odds, usual_voice
from monitor.core.temper.voice import FEATURE_NAMES, VOICE_BLOCKS, voice_features
from monitor.engines.f0 import SwiftF0Model
from monitor.engines.silero import SileroSpeechModel
from monitor.errors import TrainingError

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
_BASELINES = (0, 5, 20)
"""Windows of own usual speech that are known: each speaker is learned before, with little, and with much."""
_STRENGTH = 40.0
"""Inverse strength of the penalty on squared coefficients, over the number of rows, so that more rows of the
same speakers change nothing. Three times as much gave the same within 0.01 AUC, and less across corpora."""
_PEOPLE_DIFFER = 4.0
"""How much dearer a coefficient is along the ways in which usual voices differ from person to person, in
squared deviations: what tells people apart tells tempers badly, above all before one's own voice is known."""
_LABEL_WEIGHT = {"anger": 3.0, "happy": 2.5, "surprise": 2.5, "neutral": 2.0, "calm": 2.0}
_OTHER_WEIGHT = 0.5
"""Within a corpus, each label counts this much in all, however many windows it has."""
_FOLDS = 7
"""Of speakers, to calibrate by; each leaves out a share of every corpus."""
_SHARES = {ANGER: 0.25, "calm": 0.5, "joy": 0.125, "other": 0.125}
"""The mix for which the probability is calibrated."""

_Array = npt.NDArray[np.float64]
_Strings = npt.NDArray[np.str_]
_Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoiceSamples:
    """Windows of labelled speech; all arrays have a row for each window."""

    features: _Array
    corpus: _Strings
    speaker: _Strings
    label: _Strings
    line: _Strings
    """What the speaker's sound went through: a usual voice is one on the same line."""
    language: _Strings
    """Which the speaker speaks; empty where it is not known."""
    clip: _Strings
    """The name of a recording that is heard whole; empty for windows of the stream."""

    def where(self, chosen: _Bools) -> VoiceSamples:
        """The windows for which `chosen` is true."""
        return VoiceSamples(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    @staticmethod
    def join(parts: Iterable[VoiceSamples]) -> VoiceSamples:
        """All windows of all parts."""
        given = list(parts)
        return VoiceSamples(
            **{
                field.name: np.concatenate([getattr(part, field.name) for part in given])
                for field in fields(VoiceSamples)
            }
        )

    @staticmethod
    def of(
        rows: Sequence[_Array],
        corpus: str,
        speaker: str,
        label: str,
        line: str = "",
        clip: str = "",
        language: str = "",
    ) -> VoiceSamples:
        """Windows of one speaker and label."""
        count = len(rows)
        return VoiceSamples(
            features=np.array(rows).reshape(count, len(FEATURE_NAMES)),
            corpus=np.full(count, corpus),
            speaker=np.full(count, speaker),
            label=np.full(count, label),
            line=np.full(count, line),
            clip=np.full(count, clip),
            language=np.full(count, language),
        )

    @property
    def is_usual(self) -> _Bools:
        """Windows that a usual voice may be learned from."""
        found: _Bools = np.isin(self.label, USUAL) & (self.clip == "")
        return found


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


def window_ends(blocks: int) -> range:
    """Where windows of so many blocks of speech end: 3 s long, a second apart; a shorter stretch is one."""
    return range(min(VOICE_BLOCKS, blocks), blocks + 1, _STEP_BLOCKS)


def windows(frames: Sequence[ProsodyFrame]) -> list[_Array]:
    """The features of the windows of a stretch of speech."""
    found = (voice_features(frames[max(0, end - VOICE_BLOCKS) : end]) for end in window_ends(len(frames)))
    return [features for features in found if features is not None and np.isfinite(features).all()]


def deviations(
    samples: VoiceSamples, population: _Array, known: int, rng: np.random.Generator
) -> tuple[_Array, _Bools]:
    """Each window against its speaker's usual voice, of which `known` windows were heard before.

    Returns:
        The deviations, and which windows were not used for the usual voice.
    """
    result = np.empty_like(samples.features)
    is_free = np.ones(len(result), dtype=np.bool_)
    is_usual = samples.is_usual
    for speaker, line in sorted({*zip(samples.speaker.tolist(), samples.line.tolist(), strict=True)}):
        mine = (samples.speaker == speaker) & (samples.line == line)
        usual = rng.permutation(np.flatnonzero(mine & is_usual))
        used = usual[: min(known, len(usual) // 2)]
        own = samples.features[used].mean(axis=0) if len(used) else population
        result[mine] = samples.features[mine] - usual_voice(population, own, float(len(used)))
        is_free[used] = False
    return result, is_free


def train(samples: VoiceSamples, seed: int = 0) -> VoiceWeights:
    """The ear that these samples teach, not yet calibrated; the same samples teach the same ear.

    Raises:
        TrainingError: scikit-learn is missing.
    """
    rng = np.random.default_rng(seed)
    population = population_of(samples)
    parts = [(known, *deviations(samples, population, known, rng)) for known in _BASELINES]
    rows = np.concatenate([found[is_free] for _, found, is_free in parts])
    labels, corpora, languages = (
        np.concatenate([given[is_free] for _, _, is_free in parts])
        for given in (samples.label, samples.corpus, samples.language)
    )
    scale = np.maximum(rows.std(axis=0), 1e-6)
    turn = _away_from_people(samples, population, scale)
    turned = np.clip(rows / scale, -LIMIT, LIMIT) @ turn
    classes, weights = np.array([CLASS_OF[label] for label in labels]), _weights(labels, corpora)
    names = tuple(str(name) for name in np.unique(classes))
    anybody = _leaning(turned, classes, weights)
    known = [str(name) for name in np.unique(samples.language[samples.label == ANGER]) if name]
    return VoiceWeights(
        classes=names,
        population=population,
        scale=scale,
        coefficients=anybody.coefficients @ turn.T,
        intercepts=anybody.intercepts,
        by_language={
            name: replace(part, coefficients=part.coefficients @ turn.T)
            for name, part in _leanings(turned, classes, weights, languages, known).items()
        },
    )


def _away_from_people(samples: VoiceSamples, population: _Array, scale: _Array) -> _Array:
    """(features, features): what turns deviations so that an even penalty is dearer along the ways in which
    usual voices differ from person to person (after within-class covariance normalisation, Hatch 2006)."""
    usual = samples.where(samples.is_usual)
    people = [
        (usual.features[(usual.speaker == speaker) & (usual.line == line)] - population).mean(axis=0) / scale
        for speaker, line in sorted({*zip(usual.speaker.tolist(), usual.line.tolist(), strict=True)})
    ]
    between = np.mean([np.outer(person, person) for person in people], axis=0)
    values, vectors = np.linalg.eigh(np.eye(len(scale)) + _PEOPLE_DIFFER * between)
    result: _Array = (vectors / np.sqrt(values)) @ vectors.T
    return result


def _leaning(rows: _Array, classes: _Strings, weights: _Array) -> Leaning:
    """A regression whose rows of coefficients are one for each class."""
    fitted = _logistic(rows, classes, weights, _STRENGTH / len(rows))
    if len(fitted.classes_) > 2:
        return Leaning(coefficients=fitted.coef_, intercepts=fitted.intercept_)
    # Of two classes the library keeps one row, that of the second.
    signs = np.array([-0.5, 0.5])
    return Leaning(coefficients=np.outer(signs, fitted.coef_), intercepts=signs * fitted.intercept_)


def _leanings(
    rows: _Array, classes: _Strings, weights: _Array, languages: _Strings, known: Sequence[str]
) -> dict[str, Leaning]:
    """For each language what all share and, by an equal penalty, what is its own: few data lean on all."""
    if len(known) < 2:
        return {}
    width = rows.shape[1] + 1
    rows = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
    wide = np.concatenate([rows, *(rows * (languages == name)[:, np.newaxis] for name in known)], axis=1)
    both = _leaning(wide, classes, weights)
    found = {}
    for at, name in enumerate(known, 1):
        own = both.coefficients[:, :width] + both.coefficients[:, at * width : (at + 1) * width]
        found[name] = Leaning(coefficients=own[:, :-1], intercepts=both.intercepts + own[:, -1])
    return found


def held_out(samples: VoiceSamples, known: int, folds: int = _FOLDS) -> tuple[_Array, _Array]:
    """Each window's uncalibrated log odds of anger by an ear that did not know its speaker.

    Each of `folds` ears leaves out its share of the speakers. Windows that stood for the usual voice are NaN.

    Returns:
        Those of an ear that is not told the language, and of the same one that is.
    """
    judged_labels = np.isin(samples.label, ("anger", *USUAL))
    by_corpus = [
        np.unique(samples.speaker[judged_labels & (samples.corpus == corpus)])
        for corpus in np.unique(samples.corpus)
    ]
    count = min(folds, max(len(speakers) for speakers in by_corpus))
    anybody, by_language = np.full((2, len(samples.label)), np.nan)
    for fold in range(count):
        out = np.isin(samples.speaker, np.concatenate([speakers[fold::count] for speakers in by_corpus]))
        voice, judged = train(samples.where(~out)), samples.where(out)
        off, is_free = deviations(judged, voice.population, known, np.random.default_rng(0))
        anybody[out] = np.where(is_free, odds_of(voice, off, None), np.nan)
        by_language[out] = np.where(is_free, odds_of(voice, off, judged.language), np.nan)
    return anybody, by_language


def odds_of(voice: VoiceWeights, off: _Array, languages: _Strings | None) -> _Array:
    """The ear's log odds of anger of each row of deviations, each in its language where these are given."""
    found = log_odds(voice.anger(off))
    for name in [] if languages is None else np.unique(languages):
        mine = languages == name
        found[mine] = log_odds(voice.of_language(str(name)).anger(off[mine]))
    return found


def calibrate(
    weights: VoiceWeights, samples: VoiceSamples, scores: _Array, by_language: _Array | None = None
) -> VoiceWeights:
    """The same ear, whose probability is true of speakers it did not learn.

    Args:
        samples, scores: windows with their log odds by `held_out`.
        by_language: these where the languages are known; all share one curve, for each has few speakers.
    """
    weights = replace(weights, calibration=_curve(samples, scores))
    if by_language is None:
        return weights
    curve = _curve(samples, by_language)
    return replace(
        weights,
        by_language={name: replace(part, calibration=curve) for name, part in weights.by_language.items()},
    )


def _curve(samples: VoiceSamples, scores: _Array) -> tuple[float, float]:
    """Platt's (1999) logistic curve: slope and offset."""
    kept = ~np.isnan(scores)
    classes = np.array([CLASS_OF[label] for label in samples.label[kept]])
    shares = np.zeros(len(classes))
    for name, share in _SHARES.items():
        shares[classes == name] = share / max(1, int((classes == name).sum()))
    shares *= len(shares) / shares.sum()
    fitted = _logistic(scores[kept][:, np.newaxis], classes == ANGER, shares, 100.0)
    return max(float(fitted.coef_[0, 0]), 0.05), float(fitted.intercept_[0])


def population_of(samples: VoiceSamples) -> _Array:
    """The mean of the speakers' usual voices, each speaker counting once."""
    usual = samples.where(samples.is_usual)
    means = [usual.features[usual.speaker == speaker].mean(axis=0) for speaker in np.unique(usual.speaker)]
    result: _Array = np.mean(means, axis=0)
    return result


def require_library() -> None:
    """
    Raises:
        TrainingError: scikit-learn is missing.
    """
    try:
        import sklearn.linear_model  # noqa: F401
    except ImportError as error:
        raise TrainingError("training.no_library", name=error.name) from error


def _logistic(rows: _Array, classes: npt.NDArray[Any], weights: _Array, strength: float) -> Any:
    require_library()
    from sklearn.linear_model import LogisticRegression

    with threadpool_limits(1):  # the products are small: threads cost ten times what they save
        return LogisticRegression(C=strength, max_iter=1000, tol=1e-3).fit(
            rows, classes, sample_weight=weights
        )


def _weights(labels: _Strings, corpora: _Strings) -> _Array:
    """Every corpus counts the same for each label that it has."""
    weights = np.zeros(len(labels))
    for corpus in np.unique(corpora):
        for label in np.unique(labels[corpora == corpus]):
            chosen = (corpora == corpus) & (labels == label)
            weights[chosen] = _LABEL_WEIGHT.get(str(label), _OTHER_WEIGHT) / chosen.sum()
    result: _Array = weights * (len(labels) / weights.sum())
    return result
