"""What every source of sound gives."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal, Protocol

from monitor.core.audio import AudioFrame, Party
from monitor.core.inputs import SourceNotice

__all__ = ["Source", "SourceInfo", "SourceNotice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """What is known of a source before its first sample. `title` is a file's or device's name."""

    kind: Literal["file", "device", "demo", "stream"]
    title: str
    duration_s: float | None = None
    parties: frozenset[Party] = frozenset(Party)
    """Who is heard; the other party's sound is silence."""
    agent: str = ""


class Source(Protocol):
    """A two-party call's sound.

    Frames of both parties interleave in time: no party runs more than a second ahead of the other, a
    party that is not heard is filled with silence, and what was lost is filled and marked.
    """

    info: SourceInfo

    def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
        """The call from its start, to its end or until closed.

        Raises:
            SourceError, DeviceError: the sound stops for good; what came before stands.
        """
        ...
