"""Everything that a call's analysis is told, in the order in which it is told: what a journal keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from monitor.core.audio import AudioFrame, Party
from monitor.core.recognition import Hypothesis


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownVoice:
    """A party's usual voice, as earlier calls showed it. Level is not part of it: that is the line's."""

    f0_st: float
    """Median F0 in semitones re 100 Hz."""
    alpha_db: float
    rate_syl_s: float
    speech_s: float
    """Speech that it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallInfo:
    """What is known of a call before its first sample.

    `title` is a file's or a device's name, never a person's. `parties` are those whose sound is heard; the
    other party's sound is silence.
    """

    call_id: str
    started_at: str
    """Wall clock, RFC 3339 in UTC: the only one of a call."""
    source: Literal["file", "device", "demo", "stream"]
    title: str
    agent: str = ""
    duration_s: float | None = None
    parties: frozenset[Party] = frozenset(Party)
    agent_voice: KnownVoice | None = None
    """The agent's usual voice from earlier calls, where such are kept: an input like the sound itself."""
    quiet_rules: tuple[str, ...] = ()
    """Rules that show this agent no cue, who sent theirs away in earlier calls (`monitor.store.quiet`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNotice:
    """Something about the sound that the supervisor should know; `code` is one of the source's notices."""

    code: str
    at: int
    """Call time in samples."""
    party: Party | None = None
    values: Mapping[str, str | float | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLag:
    """The recogniser falls behind (or has caught up): its oldest final has waited `delay_s`."""

    is_lagging: bool
    delay_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDropped:
    """A partial's request will not be answered: it was stale before its turn came."""

    request_id: int
    reason: str = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class CueAnswer:
    """What the agent made of a cue, by its own page."""

    cue_id: str
    answer: Literal["done", "dismissed", "not_helpful"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CuesPaused:
    """The agent put the cues off on their page; or, not `is_paused`, has them again, for whatever reason."""

    is_paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesChanged:
    """The playbook was edited in mid-call: these files (name and text) are in force from here on."""

    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnd:
    """The last input: the sound is over, and every answer that will come has come."""

    reason: Literal["completed", "cut_off", "failed"] = "completed"
    code: str = ""
    """The error's code, where there was one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundEnd:
    """The sound is over; answers to the requests that this calls forth may still come."""


SessionInput = (
    AudioFrame
    | Hypothesis
    | RequestDropped
    | SourceNotice
    | EngineLag
    | CueAnswer
    | CuesPaused
    | RulesChanged
    | SoundEnd
    | CallEnd
)
