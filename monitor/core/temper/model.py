"""What a judgement of temper is made of, whoever makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from monitor.core.facts import Evidence
from monitor.core.settings import TemperSettings

_STRENGTH_MIN = 0.1
"""Weaker evidence is not worth telling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperFeatures:
    """The last seconds of the caller's speech, re the caller's own baseline; None where unknown."""

    at: int
    level_db: float | None
    f0_st: float | None
    alpha_delta_db: float | None
    rate_ratio: float | None
    interruptions: float
    """By the caller, each fading over the time that the settings give."""
    words: float
    """Weights of phrases, fading likewise; 0..1."""
    confidence: float
    """How well the baseline is known, 0..1."""
    anger: float | None = None
    """The trained ear's probability that the voice is an angry one; None without one."""
    melody: float = 0.0
    colour: float = 0.0
    """What its melody and its colour each add to the log odds of that."""
    ease: float = 0.0
    """Weights of phrases that speak against heat, as thanks and delight do, fading likewise; 0..1."""
    cause: float = 0.0
    """How far the agent has just given cause for anger, as by a refusal or by cutting in, fading; 0..1."""
    lasting: float = 0.0
    """The mean log odds of anger that the ear gave over the last two seconds of speech."""

    clipping: float = 0.0
    """The share of the last seconds of speech whose crests the line has cut off, 0..1."""

    @property
    def is_voice_known(self) -> bool:
        """Whether there was enough speech to say how it sounds."""
        return self.level_db is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperJudgement:
    """How hot one stretch is, 0..1, and why."""

    heat: float
    evidence: tuple[Evidence, ...]


class TemperModel(Protocol):
    """Judges one stretch by itself: no memory, no clock."""

    def judge(self, features: TemperFeatures) -> TemperJudgement:
        """The heat of the stretch and its evidence, strongest first."""


def soft_step(value: float, low: float, high: float) -> float:
    """0 up to `low`, 1 from `high`, smooth between: no threshold that a hair's breadth decides."""
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    return share * share * (3.0 - 2.0 * share)


def eased(features: TemperFeatures, settings: TemperSettings) -> float:
    """What thanks and delight leave of the heat of a voice, 0..1; complaints beside them outweigh them."""
    return 1.0 - settings.ease_weight * max(0.0, features.ease - features.words)


class Kind(NamedTuple):
    """One kind of evidence: what was measured, and how far it is there, 0..1."""

    feature: str
    unit: str
    value: float | None
    strength: float


def strength(value: float | None, usual: float, threshold: float) -> float:
    """Half present at `threshold`; absent up to a third of the way there, full from five thirds of it."""
    if value is None:
        return 0.0
    way = threshold - usual
    return soft_step(value, usual + way / 3.0, usual + way * 5.0 / 3.0)


def measured_kinds(features: TemperFeatures, settings: TemperSettings) -> list[Kind]:
    """Level, F0, alpha ratio, pace, interruptions and words, in this order, each with its strength.

    What is measured re the baseline counts as far as the baseline is trusted.
    """
    s = settings
    trust = min(1.0, features.confidence / s.trust_confidence)
    relative = (
        ("level", "dB", features.level_db, 0.0, s.level_db),
        ("f0", "st", features.f0_st, 0.0, s.f0_st),
        ("alpha", "dB", features.alpha_delta_db, 0.0, s.alpha_db),
        ("rate_ratio", "x", features.rate_ratio, 1.0, s.rate_ratio),
    )
    return [
        *(
            Kind(name, unit, value, strength(value, usual, threshold) * trust)
            for name, unit, value, usual, threshold in relative
        ),
        Kind(
            "interruptions",
            "",
            features.interruptions,
            strength(features.interruptions, 0.0, s.interruptions),
        ),
        Kind("words", "", features.words, features.words),
    ]


def evidence_of(kinds: list[Kind], shares: list[float], total: float) -> tuple[Evidence, ...]:
    """What there is of each kind, strongest share first; `shares` add up to `total`, 0 where weights are."""
    found = [
        Evidence(
            feature=kind.feature,
            value=round(kind.value, 2),
            unit=kind.unit,
            contribution=round(share / total, 3) if total else 0.0,
        )
        for kind, share in zip(kinds, shares, strict=True)
        if kind.value is not None and kind.strength >= _STRENGTH_MIN
    ]
    return tuple(sorted(found, key=lambda item: -(item.contribution or 0.0)))
