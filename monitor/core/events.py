"""Every event that leaves a call, in the form in which it is written and sent.

One event is one JSON object: `{"type", "v", "seq", "call_id", "t_s", ...}`. `t_s` is the call time, in
seconds, at which the event could be known; stretches of the call are `start_s`/`end_s`, half open.
`seq` counts a call's events from 1 without holes; a call whose process was killed goes on, at its end, from
what was written, which may be less than what had been told. Times are seconds, levels dB, F0 Hz or
semitones (st), rates syllables a second; `null` means unknown, never zero.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from monitor.core.event_parts import (
    ConcessionMade,
    CountName,
    EvidenceItem,
    Leaning,
    PartyName,
    PhaseName,
    PromiseMade,
    ReadingProof,
    RiskName,
    RiskReason,
    SaidCount,
    SeverityName,
    SlotFilled,
    SlotName,
    Stretch,
    Text,
    WordItem,
)

__all__ = [
    "WIRE_VERSION",
    "Alert",
    "AlertCleared",
    "AnyEvent",
    "AudioLost",
    "BackchannelHeard",
    "CallEnded",
    "CallStarted",
    "ConcessionMade",
    "CountName",
    "Cue",
    "CueCleared",
    "EngineLagging",
    "Event",
    "EvidenceItem",
    "Finding",
    "GapHeard",
    "InterruptionHeard",
    "Leaning",
    "Notice",
    "OverlapHeard",
    "Partial",
    "PartyName",
    "PauseHeard",
    "PhaseName",
    "PromiseMade",
    "Prosody",
    "Reading",
    "ReadingProof",
    "RiskName",
    "RiskReason",
    "SaidCount",
    "SeverityName",
    "SlotFilled",
    "SlotName",
    "Speaking",
    "Stretch",
    "Temper",
    "Text",
    "TurnEnded",
    "WordItem",
    "WordsCommitted",
    "decode",
    "encode",
]

WIRE_VERSION = 1


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every event has. The session leaves `seq` 0; the runner numbers."""

    t_s: float
    v: int = WIRE_VERSION
    seq: int = 0
    call_id: str = ""


class CallStarted(Event, frozen=True, kw_only=True, tag="call_started"):
    """The first event of a call. `started_at` is the wall clock (RFC 3339, UTC), the only one of a call."""

    started_at: str
    """Empty where it is unknown, as of a recording."""
    source: str
    """Where the sound comes from: file, device, demo or stream."""
    title: str
    """A file's name, a device's name; never a person's."""
    agent: str
    """The agent's name or number, as whoever started the call gave it; may be empty."""
    duration_s: float | None
    """Known beforehand only of files."""
    has_words: bool
    """False where the call is judged by its sound alone."""


class CallEnded(Event, frozen=True, kw_only=True, tag="call_ended"):
    """The last event of a call."""

    reason: Literal["completed", "cut_off", "failed"]
    """`cut_off`: the process was asked to end, or died, in mid-call."""
    duration_s: float
    talk_s: dict[PartyName, float]
    """Speech of each party."""
    overlap_s: float
    alerts: dict[SeverityName, int]
    """Alerts raised, by severity."""
    interruptions: dict[PartyName, int]
    """Interruptions by each party."""
    code: str = ""
    """The error's code where the call failed."""


class Speaking(Event, frozen=True, kw_only=True, tag="speaking"):
    """A party began or stopped to speak."""

    party: PartyName
    is_speaking: bool
    start_s: float
    end_s: float | None


class Partial(Event, frozen=True, kw_only=True, tag="partial"):
    """Words as they seem so far, for display only; the next partial or words of the party replace it.

    An empty `text` takes the partial away.
    """

    party: PartyName
    utterance: int
    start_s: float
    end_s: float
    text: str
    """What follows the committed words of the utterance."""


class WordsCommitted(Event, frozen=True, kw_only=True, tag="words"):
    """Words that never change again."""

    party: PartyName
    utterance: int
    start_s: float
    end_s: float
    text: str
    language: str
    words: list[WordItem]


class Prosody(Event, frozen=True, kw_only=True, tag="prosody"):
    """How a party sounded over the 100 ms up to `at_s`; sent only while the party speaks."""

    party: PartyName
    at_s: float
    f0_hz: float | None
    """Null where unvoiced."""
    f0_st: float | None
    """Semitones re the party's own median F0."""
    level_dbfs: float
    level_db: float | None
    """Re the party's own usual level."""
    rate_syl_s: float | None
    """Articulation rate over the last seconds of the party's speech, pauses excluded."""
    rate_ratio: float | None
    """`rate_syl_s` over the party's own usual rate."""
    alpha_db: float | None
    """Level of 1 to 3.4 kHz minus level below 1 kHz in voiced speech: vocal effort."""
    voicing: float
    """0..1."""
    confidence: float
    """How well the party's baseline is known, 0..1."""
    rate_10s_syl_s: float | None = None
    """`rate_syl_s` covers 3 s of the party's speech, this one 10 s. Both are counted in the sound itself."""
    tilt_db_octave: float | None = None
    """Slope of the voiced spectrum over 300 to 3400 Hz."""
    hammarberg_db: float | None = None
    """Strongest band below 2 kHz minus strongest of 2 to 3.4 kHz; small for a pressed voice."""
    harmonicity_db: float | None = None
    """Harmonics over noise in the voice. The caller's only."""
    level_confidence: float = 1.0
    """Less than 1 where the line clips or its gain keeps changing: `level_db` is drawn towards 0 by it."""


class TurnEnded(Event, frozen=True, kw_only=True, tag="turn"):
    """A party's turn, when it is over."""

    party: PartyName
    start_s: float
    end_s: float
    text: str
    rate_syl_s: float | None
    f0_median_st: float | None
    level_db: float | None
    words_per_min: float | None = None
    """Speaking rate by the committed words, pauses included: characters of Chinese, words of other languages;
    null without words and for short turns. `rate_syl_s` is the articulation rate, counted in the sound."""


class PauseHeard(Event, frozen=True, kw_only=True, tag="pause"):
    """Silence within a turn."""

    party: PartyName
    start_s: float
    end_s: float


class GapHeard(Event, frozen=True, kw_only=True, tag="gap"):
    """Silence between the parties' turns."""

    before: PartyName
    after: PartyName
    start_s: float
    end_s: float


class OverlapHeard(Event, frozen=True, kw_only=True, tag="overlap"):
    """Both spoke."""

    start_s: float
    end_s: float
    holder: PartyName | None
    kind: Literal[
        "competitive", "backchannel", "completion", "terminal", "simultaneous_start", "echo", "brief"
    ]


class BackchannelHeard(Event, frozen=True, kw_only=True, tag="backchannel"):
    """A sign of listening that did not take the floor."""

    party: PartyName
    holder: PartyName
    start_s: float
    end_s: float


class InterruptionHeard(Event, frozen=True, kw_only=True, tag="interruption"):
    """`by` cut in on `of` while `of` held the floor."""

    by: PartyName
    of: PartyName
    start_s: float
    end_s: float
    yielded: bool


class Temper(Event, frozen=True, kw_only=True, tag="temper"):
    """The caller's temper, 0..1, every half second of the caller's speech."""

    party: Literal["caller"]
    score: float
    state: Literal["calm", "raised", "hot"]
    evidence: list[EvidenceItem]


class Alert(Event, frozen=True, kw_only=True, tag="alert"):
    """Something a supervisor should know. It is open until `alert_cleared` with the same `id`."""

    id: str
    rule: str
    title: Text
    severity: SeverityName
    party: PartyName | None
    """Whose behaviour it is about; null: the conversation's."""
    about: Stretch
    raised_at_s: float
    because: Text
    evidence: list[EvidenceItem]
    topic: str = ""
    """What the rule is about: its own word for it, or the name of its file."""


class AlertCleared(Event, frozen=True, kw_only=True, tag="alert_cleared"):
    """The alert `id` is over."""

    id: str
    rule: str
    cleared_at_s: float
    reason: str


class Cue(Event, frozen=True, kw_only=True, tag="cue"):
    """One line for the agent. At most one is open at a time."""

    id: str
    rule: str
    severity: SeverityName
    text: Text
    say: Text | None
    raised_at_s: float
    clears_when: Text


class CueCleared(Event, frozen=True, kw_only=True, tag="cue_cleared"):
    """The cue is off the screen: `done` (the agent did it), `replaced`, `expired`, `ended`, or sent away."""

    id: str
    rule: str
    cleared_at_s: float
    reason: Literal["done", "replaced", "expired", "ended", "dismissed", "not_helpful", "paused"]
    outcome: Literal["", "done", "ignored", "dismissed", "not_helpful"] = ""
    """What the agent made of it; empty where it went before the agent had its chance."""


class Reading(Event, frozen=True, kw_only=True, tag="reading"):
    """What is read of the call so far: a whole snapshot, at most one a second, only when it changed."""

    phase: PhaseName
    phase_since_s: float
    has_account_ended: bool
    """The caller has told the matter once."""
    types: list[Leaning]
    needs: list[Leaning]
    is_complaint: bool
    """The caller complains: what is not in `slots` is missing."""
    slots: list[SlotFilled]
    promises: list[PromiseMade]
    concessions: list[ConcessionMade]
    counts: list[SaidCount]
    risk: float
    """How likely the complaint is to escalate, 0..1: `risks` joined as if they were independent."""
    risks: list[RiskReason]
    """The weightiest first."""


class Finding(Event, frozen=True, kw_only=True, tag="finding"):
    """What a rule that only reports found. Told at the end of the call: it is for the report alone."""

    rule: str
    title: Text
    severity: SeverityName
    party: PartyName | None
    about: Stretch
    because: Text
    evidence: list[EvidenceItem]
    topic: str = ""


class Notice(Event, frozen=True, kw_only=True, tag="notice"):
    """Something about the call's sound or its machinery that the supervisor should know."""

    code: str
    level: Literal["info", "warning", "error"]
    text: Text
    party: PartyName | None = None


class AudioLost(Event, frozen=True, kw_only=True, tag="audio_lost"):
    """Sound of a party that never arrived; silence stands for it."""

    party: PartyName
    start_s: float
    end_s: float


class EngineLagging(Event, frozen=True, kw_only=True, tag="engine_lagging"):
    """Words come later than they should, or (`is_lagging` false) in time again."""

    is_lagging: bool
    delay_s: float


AnyEvent = (
    CallStarted
    | CallEnded
    | Speaking
    | Partial
    | WordsCommitted
    | Prosody
    | TurnEnded
    | PauseHeard
    | GapHeard
    | OverlapHeard
    | BackchannelHeard
    | InterruptionHeard
    | Temper
    | Alert
    | AlertCleared
    | Cue
    | CueCleared
    | Reading
    | Finding
    | Notice
    | AudioLost
    | EngineLagging
)

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode(event: Event) -> bytes:
    """One event as one line of JSON, without its newline; equal events give equal bytes."""
    return _encoder.encode(event)


def decode(line: bytes | str) -> AnyEvent:
    """The event in one line of JSON.

    Raises:
        msgspec.ValidationError: the line is JSON but not an event of this version.
        msgspec.DecodeError: the line is not JSON.
    """
    return _decoder.decode(line)
