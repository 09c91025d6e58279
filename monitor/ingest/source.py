"""What every source of sound gives."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from monitor.config import Settings
from monitor.core.audio import AudioFrame, Party
from monitor.core.inputs import SourceNotice
from monitor.errors import SourceError

__all__ = ["Source", "SourceInfo", "SourceNotice", "in_languages"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """What is known of a source before its first sample. `title` is a file's or device's name."""

    kind: Literal["file", "device", "demo", "stream"]
    title: str
    duration_s: float | None = None
    parties: frozenset[Party] = frozenset(Party)
    """Who is heard; the other party's sound is silence."""
    agent: str = ""
    languages: Mapping[str, str] = field(default_factory=dict)
    """Languages that hold for this call instead of the settings', by their names in `transcription`."""


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


def in_languages(settings: Settings, languages: Mapping[str, str]) -> Settings:
    """The settings of a call whose source knows its `languages`.

    Raises:
        SourceError: the recogniser is loaded without one of them.
    """
    known = settings.engine.languages
    for name, language in languages.items():
        if language not in {"", "auto", *known}:
            reason = f"`{name}` takes auto or one of the setting engine.languages ({', '.join(known)})"
            raise SourceError("source.stream_start", reason=reason)
    transcription = settings.transcription.model_copy(update=languages)
    return settings.model_copy(update={"transcription": transcription})
