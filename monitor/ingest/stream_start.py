"""What a sender says of its stream before the first packet: what will come, and what is known of the call."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from monitor.core.audio import Party
from monitor.errors import SourceError
from monitor.ingest.g711 import ALAW_FULL_SCALE, MULAW_FULL_SCALE
from monitor.ingest.source import SourceInfo

_FULL_SCALE = {"pcm_s16le": 1.0, "mulaw": MULAW_FULL_SCALE, "alaw": ALAW_FULL_SCALE}

_Label = Annotated[str, msgspec.Meta(max_length=200)]

_Language = Literal["auto", "zh", "en"]


class StreamStart(msgspec.Struct, frozen=True, kw_only=True, tag="start", forbid_unknown_fields=True):
    """What the sender will send: `format`, `rate` and `channels`, the rest if there is a need.

    One channel needs `party`, whose sound it is; the other party is then not heard.
    """

    format: Literal["pcm_s16le", "mulaw", "alaw"]
    rate: Annotated[int, msgspec.Meta(ge=8_000, le=48_000)]
    """Samples a second of each channel, 8000 to 48000."""
    channels: Literal[1, 2]
    agent_channel: Literal["left", "right"] | None = None
    """Of two channels, which is the agent's; left unless told."""
    party: Literal["agent", "caller"] | None = None
    """With one channel: whose it is."""
    agent: _Label = ""
    """The agent's name or number, as the pages show it."""
    title: _Label = ""
    """The call's; a line's or a queue's name, not a person's."""
    language: _Language | None = None
    """The call's language, where the sender knows it; else the settings say. `auto`: it is to be found."""
    agent_language: _Language | None = None
    """The agent's language where it differs."""
    caller_language: _Language | None = None
    """The caller's language where it differs."""
    has_header: bool = False
    """Whether eight bytes stand before each packet's samples."""

    @property
    def parties(self) -> tuple[Party, ...]:
        """Whose sound each channel is."""
        if self.party is not None:
            return (Party(self.party),)
        agent_first = (Party.AGENT, Party.CALLER)
        return agent_first[::-1] if self.agent_channel == "right" else agent_first

    @property
    def languages(self) -> dict[str, str]:
        """What is told of the languages. The call's own sets aside the settings' of the parties."""
        told = {
            "language": self.language,
            "agent_language": self.agent_language,
            "caller_language": self.caller_language,
        }
        return {name: language or "" for name, language in told.items() if language or self.language}

    @property
    def info(self) -> SourceInfo:
        """The call, as far as it is known before its first sample."""
        return SourceInfo(
            kind="stream",
            title=self.title or "stream",
            parties=frozenset(self.parties),
            agent=self.agent,
            languages=self.languages,
        )

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of every channel."""
        return self.channels * (2 if self.format == "pcm_s16le" else 1)

    @property
    def full_scale(self) -> float:
        """The largest sample that the format can hold."""
        return _FULL_SCALE[self.format]


class StreamStop(msgspec.Struct, frozen=True, tag="stop", forbid_unknown_fields=True):
    """The call is over."""


_start_decoder = msgspec.json.Decoder(StreamStart)


def read_start(message: bytes | str) -> StreamStart:
    """What a stream's first message says.

    Raises:
        SourceError: it is not a start message, or what it promises makes no call.
    """
    try:
        start = _start_decoder.decode(message)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SourceError("source.stream_start", reason=error) from error
    if start.channels == 1 and (start.party is None or start.agent_channel is not None):
        reason = "one channel needs `party`, and no `agent_channel`"
        raise SourceError("source.stream_start", reason=reason)
    if start.channels == 2 and start.party is not None:
        reason = "two channels take `agent_channel`, and no `party`"
        raise SourceError("source.stream_start", reason=reason)
    return start
