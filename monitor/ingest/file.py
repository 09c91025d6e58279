"""A call from files: one stereo file, two mono files, or a mono file of one party."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from monitor.core.audio import AudioFrame, Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, SAMPLE_RATE_HZ, seconds
from monitor.errors import SourceError
from monitor.ingest.condition import BLOCK_S, Conditioner
from monitor.ingest.decode import open_decoder
from monitor.ingest.decoder import Decoder, Ending
from monitor.ingest.source import SourceInfo, SourceNotice

AgentChannel = Literal["left", "right"]

_MONO_HINT = (
    "one channel cannot be told apart into two parties; give `--party agent` or `--party caller` if it holds "
    "one party, or the two parties' files by `--agent A --caller B`"
)
_MANY_HINT = "a call has two; split it into one file for each party and give `--agent A --caller B`"
_PARTY_HINT = "`--party` is for a file with one channel; give `--agent-channel left` or `right` instead"
_TWO_HINT = "with `--agent A --caller B` each file must have one channel"


@dataclass(slots=True, eq=False)
class _Track:
    """One file on its way in: decoder, conditioner, and the samples not yet taken of each party."""

    decoder: Decoder
    parties: tuple[Party, ...]
    """The party on each channel."""
    conditioner: Conditioner
    waiting: list[Pcm]
    waiting_samples: int = 0
    given: int = 0
    """Samples of call time made so far, waiting ones among them."""
    is_over: bool = False
    is_damage_told: bool = False

    def fill(self, wanted: int) -> Iterator[SourceNotice]:
        """Decodes until `wanted` samples wait or the file ends; yields what is to be said about it."""
        size = round(self.decoder.rate_hz * BLOCK_S)
        while self.waiting_samples < wanted and not self.is_over:
            block = self.decoder.read(size)
            self._keep(self.conditioner.push(block))
            if len(block) < size:
                self.is_over = True
                self._keep(self.conditioner.flush())
            yield from self._notices()

    def _keep(self, pcm: Pcm) -> None:
        self.waiting.append(pcm)
        self.waiting_samples += len(pcm)
        self.given += len(pcm)

    def _notices(self) -> Iterator[SourceNotice]:
        title = _title(self.decoder.path)
        for fault in self.conditioner.take_faults():
            party = self.parties[fault.channel]
            yield SourceNotice(code=fault.code, at=fault.at, party=party, values={"title": title})
        if self.decoder.is_damaged and not self.is_damage_told:
            self.is_damage_told = True
            yield SourceNotice(code="source.damaged", at=self.given, values={"title": title})
        if self.is_over:
            yield from self._ending(title)

    def _ending(self, title: str) -> Iterator[SourceNotice]:
        party = self.parties[0] if len(self.parties) == 1 else None
        found_s = round(seconds(self.given), 1)
        if self.decoder.ending is Ending.GROWING:
            values: dict[str, str | float | int] = {"title": title, "found_s": found_s}
            yield SourceNotice(code="source.growing", at=self.given, party=party, values=values)
        elif self.decoder.ending is Ending.TRUNCATED:
            expected: str | float = "?"
            if self.decoder.frames_expected is not None:
                expected = round(self.decoder.frames_expected / self.decoder.rate_hz, 1)
            values = {"title": title, "found_s": found_s, "expected_s": expected}
            yield SourceNotice(code="source.truncated", at=self.given, party=party, values=values)

    def take(self, count: int) -> Pcm:
        """The next `count` samples of all channels, shape (count, channels), silence after the end."""
        joined = (
            np.concatenate(self.waiting) if self.waiting else np.zeros((0, len(self.parties)), np.float32)
        )
        taken, rest = joined[:count], joined[count:]
        self.waiting, self.waiting_samples = [rest], len(rest)
        if len(taken) == count:
            return taken
        padded = np.zeros((count, len(self.parties)), np.float32)
        padded[: len(taken)] = taken
        return padded


class FileSource:
    """A call read from files, as fast as it is asked for. Use `open_file_source` to make one.

    Decoding runs in the caller's thread, 100 ms of sound at a time. A notice comes exactly at its `at`: after
    all sound before it, before all sound behind it.
    """

    def __init__(
        self,
        decoders: Sequence[tuple[Decoder, tuple[Party, ...]]],
        info: SourceInfo,
        packet_samples: int = BLOCK_SAMPLES,
    ) -> None:
        if not 1 <= packet_samples <= SAMPLE_RATE_HZ:
            raise ValueError(f"a packet holds 1 to {SAMPLE_RATE_HZ} samples, not {packet_samples}")
        self.info = info
        self._packet_samples = packet_samples
        self._tracks = [
            _Track(
                decoder=decoder,
                parties=parties,
                conditioner=Conditioner(decoder.rate_hz, decoder.channels, decoder.full_scale),
                waiting=[],
            )
            for decoder, parties in decoders
        ]
        self._pending: list[SourceNotice] = []
        self._has_told_lengths = False

    @property
    def buffered_samples(self) -> int:
        """Decoded samples not yet given, of the fullest track; bounded by a packet and two blocks."""
        return max(track.waiting_samples for track in self._tracks)

    async def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
        """The call from its start to its end, once; closes the files.

        Raises:
            SourceError: a file can no longer be read.
        """
        try:
            for item in self.items():
                yield item
                if isinstance(item, AudioFrame):
                    await asyncio.sleep(0)  # a fast replay leaves the loop to others between packets
        finally:
            self.close()

    def items(self) -> Iterator[AudioFrame | SourceNotice]:
        """What `frames` gives, for callers without an event loop."""
        at = 0
        while True:
            try:
                for track in self._tracks:
                    self._pending.extend(track.fill(self._packet_samples))
            except OSError as error:
                raise SourceError("source.failed", reason=error.strerror or error) from error
            self._compare_lengths()
            self._pending.sort(key=lambda notice: (notice.at, notice.code, notice.party or ""))
            count = min(self._packet_samples, self.buffered_samples)
            while self._pending and (self._pending[0].at <= at or not count):
                yield self._pending.pop(0)
            if not count:
                return
            if self._pending:  # a packet is cut where a notice belongs: their order is the same for any size
                count = min(count, self._pending[0].at - at)
            yield from self._packet(at, count)
            at += count

    def _packet(self, at: int, count: int) -> Iterator[AudioFrame]:
        sounds: dict[Party, Pcm] = {}
        for track in self._tracks:
            samples = track.take(count)
            for channel, party in enumerate(track.parties):
                sounds[party] = np.ascontiguousarray(samples[:, channel])
        for party in Party:
            pcm = sounds.get(party)
            yield AudioFrame(party=party, start=at, pcm=np.zeros(count, np.float32) if pcm is None else pcm)

    def _compare_lengths(self) -> None:
        if self._has_told_lengths or not all(track.is_over for track in self._tracks):
            return
        self._has_told_lengths = True
        longest = max(track.given for track in self._tracks)
        for track in self._tracks:
            missing_s = round(seconds(longest - track.given), 1)
            if missing_s > 0:
                self._pending.append(
                    SourceNotice(
                        code="source.length_differs",
                        at=longest,
                        party=track.parties[0],
                        values={"missing_s": missing_s},
                    )
                )

    def close(self) -> None:
        """Closes the files; may be called twice."""
        for track in self._tracks:
            track.decoder.close()


def open_file_source(
    path: Path | None = None,
    *,
    agent: Path | None = None,
    caller: Path | None = None,
    agent_channel: AgentChannel | None = None,
    party: Party | None = None,
    agent_label: str = "",
    title: str = "",
    kind: Literal["file", "demo"] = "file",
    packet_samples: int = BLOCK_SAMPLES,
) -> FileSource:
    """Opens a call's files and checks them before the call begins.

    Either `path` (stereo, with the agent on `agent_channel`, left unless said; or mono, of `party`), or
    `agent` and `caller` (a mono file each). `title` names the call; without it the files' names do.

    Raises:
        SourceError: the files do not make a call, or one of them is no sound.
    """
    if path is not None and (agent is not None or caller is not None):
        raise SourceError("source.arguments", reason="give either FILE, or `--agent A --caller B`, not both")
    decoders: list[tuple[Decoder, tuple[Party, ...]]] = []
    try:
        if path is not None:
            decoders.append(_open_one(path, agent_channel, party))
        elif agent is not None and caller is not None:
            if agent_channel is not None or party is not None:
                reason = "`--agent-channel` and `--party` do not go with `--agent A --caller B`"
                raise SourceError("source.arguments", reason=reason)
            if agent.exists() and caller.exists() and agent.samefile(caller):
                reason = f"{agent} is given for both parties; each needs a file of its own"
                raise SourceError("source.arguments", reason=reason)
            for file, of in ((agent, Party.AGENT), (caller, Party.CALLER)):
                decoders.append((open_decoder(file), (of,)))
                _require_mono(decoders[-1][0])
        else:
            reason = "give a file, or both parties' files by `--agent A --caller B`"
            raise SourceError("source.arguments", reason=reason)
    except SourceError:
        for decoder, _ in decoders:
            decoder.close()
        raise
    lengths = [decoder.duration_s for decoder, _ in decoders]
    known = [length for length in lengths if length is not None]
    info = SourceInfo(
        kind=kind,
        title=title or " + ".join(_title(decoder.path) for decoder, _ in decoders),
        duration_s=round(max(known), 4) if len(known) == len(lengths) else None,
        parties=frozenset(of for _, parties in decoders for of in parties),
        agent=agent_label,
    )
    return FileSource(decoders, info, packet_samples)


def _title(path: Path) -> str:
    """The file's name as text: names of another encoding than this machine's have bytes that are none."""
    return path.name.encode("utf-8", "replace").decode("utf-8")


def _open_one(
    path: Path, agent_channel: AgentChannel | None, party: Party | None
) -> tuple[Decoder, tuple[Party, ...]]:
    if agent_channel is not None and party is not None:
        reason = "`--agent-channel` is for two channels and `--party` for one; give one of them"
        raise SourceError("source.arguments", reason=reason)
    decoder = open_decoder(path)
    try:
        if decoder.channels == 1:
            if party is None:
                raise SourceError("source.channels", path=path, channels=1, hint=_MONO_HINT)
            return decoder, (party,)
        if decoder.channels > 2:
            raise SourceError("source.channels", path=path, channels=decoder.channels, hint=_MANY_HINT)
        if party is not None:
            raise SourceError("source.channels", path=path, channels=2, hint=_PARTY_HINT)
    except SourceError:
        decoder.close()
        raise
    is_left = agent_channel != "right"
    return decoder, (Party.AGENT, Party.CALLER) if is_left else (Party.CALLER, Party.AGENT)


def _require_mono(decoder: Decoder) -> None:
    if decoder.channels != 1:
        raise SourceError("source.channels", path=decoder.path, channels=decoder.channels, hint=_TWO_HINT)
