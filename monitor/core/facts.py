"""What is known about a call, in samples of call time: the vocabulary that the core's parts share.

Facts never leave the process as they are: `monitor.core.events` is their form on the wire, in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import numpy as np
import numpy.typing as npt

from monitor.core.audio import Party
from monitor.core.clock import Span


class Severity(StrEnum):
    """How much an alert matters, from least to most."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the least."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


# --- speech and words ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStarted:
    """A party began to speak: the IPU that starts `at` is open."""

    party: Party
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ipu:
    """An inter-pausal unit: speech bounded by at least 200 ms of the party's own silence."""

    party: Party
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A committed word (of Mandarin: as the recogniser's tokens join, often one or two characters).

    `text` carries its leading space where the language writes one. `probability` is 0..1.
    """

    party: Party
    span: Span
    text: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words committed together; they follow all words committed before for that party."""

    party: Party
    words: tuple[Word, ...]
    language: str
    utterance: int

    @property
    def text(self) -> str:
        """The words joined as the language writes them."""
        return "".join(word.text for word in self.words).strip()

    @property
    def span(self) -> Span:
        """From the first word's start to the last word's end."""
        return Span(self.words[0].span.start, max(word.span.end for word in self.words))


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialText:
    """Words as they seem so far, for display only; detectors never see them.

    `text` follows the committed words of the utterance. The party's next partial or words replace it; an
    empty `text` takes it away.
    """

    party: Party
    utterance: int
    span: Span
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A phrase of the playbook that a party said: `id` names the signal or the rule whose phrase it is.

    `words` are the committed words that the phrase touches, at least one. It is known at the moment
    in which it is told, which may be a little after the words (a phrase waits for what could undo it).
    """

    id: str
    party: Party
    words: tuple[Word, ...]

    @property
    def span(self) -> Span:
        """From the first word's start to the last word's end."""
        return Span(self.words[0].span.start, max(word.span.end for word in self.words))

    @property
    def phrase(self) -> str:
        """The words as the language writes them."""
        return "".join(word.text for word in self.words).strip()


# --- prosody -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoiceTexture:
    """Ten frames of 10 ms of a voice, for a trained model's features; it never leaves the core."""

    f0_hz: npt.NDArray[np.float32]
    """(10,), 0 where unvoiced."""
    voicing: npt.NDArray[np.float32]
    """(10,), the confidence that a frame is voiced, 0..1."""
    bands_db: npt.NDArray[np.float32]
    """(10, 16), dB re full scale in the bands that share 300-3400 Hz."""
    harmonicity_db: npt.NDArray[np.float32]
    """(10,), 0 where unvoiced."""
    clipping: float = 0.0
    """The share of the last 5 s of speech whose crests the line has cut off, 0..1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProsodyFrame:
    """How a party sounded over the 100 ms that end `at`. Made only where the party speaks.

    Quantities "re" something are relative to the party's own baseline and None until it knows enough.
    """

    party: Party
    at: int
    f0_hz: float | None
    """Median F0 of the voiced 10 ms frames; None where unvoiced."""
    f0_st: float | None
    """Semitones re the party's median F0."""
    level_dbfs: float
    """RMS level re full scale."""
    level_db: float | None
    """dB re the party's own speech level."""
    voicing: float
    """Confidence that the frame is voiced, 0..1."""
    rate_syl_s: float | None
    """Articulation rate over the last 3 s of own speech, pauses excluded; None with too little speech."""
    rate_ratio: float | None
    """`rate_syl_s` over the party's own usual rate."""
    alpha_db: float | None
    """Alpha ratio: level of 1-3.4 kHz minus level of 50-1000 Hz, voiced frames; rises with vocal effort."""
    alpha_delta_db: float | None
    """`alpha_db` re baseline."""
    confidence: float
    """How well the baseline is known, 0..1."""
    rate_10s_syl_s: float | None = None
    """Articulation rate over the last 10 s of own speech: steadier, and slower to tell of a change."""
    tilt_db_octave: float | None = None
    """Slope of the voiced spectrum over 300-3400 Hz; a soft voice falls steeply."""
    hammarberg_db: float | None = None
    """Hammarberg index of the voiced spectrum: strongest band below 2 kHz minus strongest of 2-3.4 kHz."""
    harmonicity_db: float | None = None
    """How much of the voice repeats with its F0, as a ratio to the rest; a hoarse or noisy one has little.
    The caller's only."""
    level_confidence: float = 1.0
    """How far the level can be trusted as a sign of the voice, 0..1: less where the line clips or its gain
    keeps changing. `level_db` is already drawn towards 0 by it."""
    texture: VoiceTexture | None = field(default=None, compare=False, repr=False)
    """The caller's only: nothing may be inferred from how an agent's voice feels."""


# --- the conversation's timeline -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """IPUs of one party that hold the floor. Emitted once, when the turn has ended."""

    party: Party
    span: Span
    text: str
    rate_syl_s: float | None
    f0_median_st: float | None
    level_db: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Silence within a party's turn."""

    party: Party
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Silence between the turns of two parties; `before` had the floor, `after` took it."""

    span: Span
    before: Party
    after: Party


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Both speak. `holder` had the floor when it began; `kind` says what it turned out to be."""

    span: Span
    holder: Party | None
    kind: Literal[
        "competitive", "backchannel", "completion", "terminal", "simultaneous_start", "echo", "brief"
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backchannel:
    """A short sign of listening (嗯, right) that never takes the floor from `holder`."""

    party: Party
    span: Span
    holder: Party


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """A competitive overlap: `by` cut in on `of`, who yielded or did not."""

    span: Span
    by: Party
    of: Party
    is_yielded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptionBegan:
    """`by` is cutting in on `of`, since `at`; an `Interruption` with the whole span follows.

    It exists so that alerts need not wait for who yields. It has no form on the wire.
    """

    at: int
    by: Party
    of: Party


# --- judgements --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One reason in human units: feature `level`, value 6.2, unit `dB`.

    `contribution` is the reason's share of the judgement, 0..1, or None where shares mean nothing.
    Features are stable names; `monitor.core.playbook` has their wording in both languages.
    """

    feature: str
    value: float | int | str
    unit: str
    contribution: float | None = None


class TemperState(StrEnum):
    """The caller's temper, after dwell and hysteresis."""

    CALM = "calm"
    RAISED = "raised"
    HOT = "hot"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperReading:
    """The caller's temper at one instant: `score` 0..1 with its evidence. Never made for an agent."""

    at: int
    score: float
    state: TemperState
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised:
    """A detector's finding. It stays open until `AlertEnded` with the same `rule` and `key`.

    `party` is whose behaviour it is about. `about` is the stretch of the call that it judges.
    `values` fill the placeholders of the rule's sentences. A `momentary` alert has no end of its own
    (a phrase was said): it ends when its rule's clearing condition or time is met.
    """

    rule: str
    party: Party | None
    about: Span
    evidence: tuple[Evidence, ...] = ()
    values: dict[str, str | float | int] = field(default_factory=dict)
    key: str = ""
    is_momentary: bool = False
    severity: Severity | None = None
    """None: as the rule says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEnded:
    """The behaviour that `rule` was about has ended."""

    rule: str
    key: str = ""
    reason: str = "ended"


Judgement = AlertRaised | AlertEnded

TimelineEvent = (
    SpeechStarted
    | Ipu
    | Words
    | ProsodyFrame
    | Turn
    | Pause
    | Gap
    | Overlap
    | Backchannel
    | InterruptionBegan
    | Interruption
    | TemperReading
)
