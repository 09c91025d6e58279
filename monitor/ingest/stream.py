"""A call whose sound arrives in packets from a network, whatever carries them.

The first message is a JSON object, then binary packets follow, and a JSON `{"type": "stop"}` may end it:

    {"type": "start", "format": "mulaw", "rate": 8000, "channels": 2, "agent_channel": "left",
     "agent": "seat 7", "title": "line 3", "has_header": true}

A packet is samples, channels interleaved. With `has_header` eight bytes stand before them, big-endian as in
RTP (RFC 3550): a sequence number (32 bits, counts packets) and a timestamp (32 bits, counts samples of one
channel at the stream's rate, from any origin); both wrap around. Then packets may come out of order, and
what is missing is filled: where the sequence has a hole the sound is lost and marked; where only the
timestamp jumps the sender was silent on purpose. Without headers packets simply follow one another.
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from monitor.core.audio import AudioFrame, Party, Pcm
from monitor.core.clock import SAMPLE_RATE_HZ
from monitor.errors import SourceError
from monitor.ingest.condition import Conditioner
from monitor.ingest.decoder import Samples
from monitor.ingest.g711 import decode_alaw, decode_mulaw
from monitor.ingest.source import SourceNotice
from monitor.ingest.stream_start import StreamStart, StreamStop, read_start

MAX_PACKET_S = 1.0
"""A longer packet would be later than any use of it."""

REORDER_S = 0.2
"""How much later sound may wait for a missing packet before that counts as lost."""

REORDER_PACKETS = 64
"""The same bound for very small packets."""

MAX_JUMP_S = 3_600.0
"""A timestamp further ahead, or more than `REORDER_S` * 10 behind, is a new origin and not a place."""

BUFFER_S = 30.0
"""Sound that may wait to be taken; beyond it the newest is dropped and marked as lost."""

_HALF_FULL = BUFFER_S * SAMPLE_RATE_HZ / 2

PIECE_SAMPLES = SAMPLE_RATE_HZ // 2
"""The longest frame given."""

_HEADER = struct.Struct(">II")

_WRAP = 1 << 32

_control_decoder = msgspec.json.Decoder(StreamStop)


@dataclass(frozen=True, slots=True, eq=False)
class _Packet:
    """A packet that waits for its predecessors; `at` is its place in samples of the stream."""

    at: int
    sequence: int
    samples: Samples


@dataclass(slots=True, eq=False)
class _Run:
    """Sound or (`pcm` None) lost sound that waits to be taken, in call time."""

    start: int
    count: int
    pcm: Pcm | None
    is_lost: bool


class StreamSource:
    """A call fed by `feed` until `close`. Use `open_stream_source` to make one.

    Not thread-safe: `feed`, `close` and `frames` belong to one event loop.
    """

    def __init__(self, start: StreamStart) -> None:
        self._start = start
        self._parties = start.parties
        self.info = start.info
        self._conditioner = self._new_conditioner()
        self._fed = 0
        """Samples of the stream given to the conditioner."""
        self._made = 0
        """Samples of call time that came out of it."""
        self._origin: int | None = None
        """The timestamp, unwrapped, of the stream's sample 0."""
        self._last_time = 0
        self._last_sequence: int | None = None
        self._early: list[_Packet] = []
        self._holes: deque[tuple[int, int, bool]] = deque()
        """Stretches of call time that were filled, and whether they were lost, not yet queued."""
        self._lost_samples = 0
        self._runs: deque[_Run | SourceNotice] = deque()
        self._waiting_samples = 0
        self._told_at: dict[str, int] = {}
        self._is_closed = False
        self._error: SourceError | None = None
        self._changed = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    def _new_conditioner(self) -> Conditioner:
        start = self._start
        return Conditioner(start.rate, start.channels, start.full_scale)

    # --- the sender's side ------------------------------------------------------------------------------

    def feed(self, message: bytes | str) -> None:
        """Takes a packet (bytes) or a control message (str). After `close` it does nothing.

        Raises:
            SourceError: the message is not what the start message promised; the stream can go on without it.
        """
        if self._is_closed:
            return
        if isinstance(message, str):
            try:
                _control_decoder.decode(message)
            except msgspec.MsgspecError as error:
                raise SourceError("source.stream_packet", reason=error) from error
            self.close()
            return
        sequence, timestamp, body = self._parse(message)
        samples = self._samples(body)
        if len(samples):
            self._arrange(samples, sequence, timestamp)
        self._changed.set()

    def close(self, error: SourceError | None = None) -> None:
        """Ends the call after what has been fed; with `error`, `frames` ends by raising it."""
        if self._is_closed:
            return
        while self._early:
            self._accept(self._early.pop(0))
        self._keep(self._conditioner.flush())
        self._is_closed, self._error = True, error
        self._changed.set()
        self._has_room.set()

    @property
    def is_closed(self) -> bool:
        """True once the sender has said that the call is over, `close` was called, or nobody listens."""
        return self._is_closed

    async def room(self) -> None:
        """Waits until less than half of the buffer is taken, for senders faster than real time."""
        await self._has_room.wait()

    @property
    def buffered_samples(self) -> int:
        """Samples of one party that wait to be taken."""
        return self._waiting_samples

    # --- packets ----------------------------------------------------------------------------------------

    def _parse(self, message: bytes) -> tuple[int | None, int | None, bytes]:
        if not self._start.has_header:
            return None, None, message
        if len(message) < _HEADER.size:
            raise SourceError("source.stream_packet", reason="it is shorter than its header")
        sequence, timestamp = _HEADER.unpack_from(message)
        return sequence, timestamp, message[_HEADER.size :]

    def _samples(self, body: bytes) -> Samples:
        start = self._start
        frame_bytes = start.frame_bytes
        if len(body) % frame_bytes:
            reason = f"its {len(body)} bytes are not whole samples of {frame_bytes} bytes"
            raise SourceError("source.stream_packet", reason=reason)
        if len(body) > frame_bytes * start.rate * MAX_PACKET_S:
            reason = f"it holds more than {MAX_PACKET_S:g} s of sound"
            raise SourceError("source.stream_packet", reason=reason)
        samples: npt.NDArray[np.float32]
        if start.format == "pcm_s16le":
            samples = (np.frombuffer(body, "<i2") / 32768).astype(np.float32)
        else:
            decode = decode_mulaw if start.format == "mulaw" else decode_alaw
            samples = decode(np.frombuffer(body, np.uint8))
        return samples.reshape(-1, start.channels)

    def _arrange(self, samples: Samples, sequence: int | None, timestamp: int | None) -> None:
        """Puts a packet in its place among those that wait, and accepts those whose turn has come."""
        if sequence is None or timestamp is None:
            self._accept(_Packet(self._fed, 0, samples))
            return
        at = self._place(timestamp)
        if at + len(samples) <= self._fed or any(packet.at == at for packet in self._early):
            self._tell("stream.late")
            return
        self._early.append(_Packet(at, sequence, samples))
        self._early.sort(key=lambda packet: packet.at)
        while self._early and self._is_due():
            self._accept(self._early.pop(0))

    def _place(self, timestamp: int) -> int:
        """A timestamp's place in the stream; one that makes no sense becomes a new origin."""
        if self._origin is None:
            self._origin, self._last_time = timestamp, timestamp
            return 0
        step = (timestamp - self._last_time + _WRAP // 2) % _WRAP - _WRAP // 2
        time = self._last_time + step
        at = time - self._origin
        ahead_s = (at - self._fed) / self._start.rate
        if not -10 * REORDER_S <= ahead_s <= MAX_JUMP_S:
            while self._early:
                self._accept(self._early.pop(0))
            self._last_sequence = None
            self._origin, at = time - self._fed, self._fed
            self._tell("stream.restarted")
        self._last_time = time
        return at

    def _is_due(self) -> bool:
        first, last = self._early[0], self._early[-1]
        if first.at <= self._fed or self._follows(first):
            return True
        waiting_s = (last.at + len(last.samples) - first.at) / self._start.rate
        return waiting_s > REORDER_S or len(self._early) > REORDER_PACKETS

    def _follows(self, packet: _Packet) -> bool:
        return self._last_sequence is None or packet.sequence == (self._last_sequence + 1) % _WRAP

    def _accept(self, packet: _Packet) -> None:
        """Takes the next packet, filling what lies before it."""
        hole = packet.at - self._fed
        if hole > 0:
            self._fill(hole, is_lost=not self._follows(packet))
        samples = packet.samples[max(0, -hole) :]
        self._last_sequence = packet.sequence
        self._push(samples)

    def _fill(self, count: int, *, is_lost: bool) -> None:
        """Fills a hole: a short one runs through the resampler, a long one is only counted."""
        rate = self._start.rate
        if is_lost:
            self._lost_samples += count
            if self._tell("stream.lost", lost_s=round(self._lost_samples / rate, 2)):
                self._lost_samples = 0
        end = (self._fed + count) * SAMPLE_RATE_HZ // rate
        self._holes.append((self._fed * SAMPLE_RATE_HZ // rate, end, is_lost))
        if count <= rate:
            self._push(np.zeros((count, self._start.channels), np.float32))
            return
        self._keep(self._conditioner.flush())
        self._conditioner = self._new_conditioner()
        self._holes.pop()
        self._queue_hole(end - self._made, is_lost=is_lost)
        self._fed += count

    def _push(self, samples: Samples) -> None:
        self._fed += len(samples)
        made = self._conditioner.push(samples)
        for fault in self._conditioner.take_faults():
            party = self._parties[fault.channel]
            values = {"title": self.info.title}
            self._runs.append(SourceNotice(code=fault.code, at=self._made, party=party, values=values))
        self._keep(made)

    # --- the call's side --------------------------------------------------------------------------------

    def _keep(self, pcm: Pcm) -> None:
        """Queues sound in runs that are wholly heard or wholly filled."""
        while len(pcm):
            hole = self._holes[0] if self._holes else None
            if hole is None or self._made < hole[0]:
                count = len(pcm) if hole is None else min(len(pcm), hole[0] - self._made)
                self._queue(pcm[:count])
            else:
                count = min(len(pcm), hole[1] - self._made)
                if count > 0:
                    self._queue_hole(count, is_lost=hole[2])
                if self._made >= hole[1]:
                    self._holes.popleft()
            pcm = pcm[max(0, count) :]

    def _queue(self, pcm: Pcm) -> None:
        if self._waiting_samples + len(pcm) > BUFFER_S * SAMPLE_RATE_HZ:
            self._tell("stream.overflow")
            self._queue_hole(len(pcm), is_lost=True)
            return
        self._runs.append(_Run(self._made, len(pcm), pcm, is_lost=False))
        self._made += len(pcm)
        self._waiting_samples += len(pcm)
        if self._waiting_samples > _HALF_FULL:
            self._has_room.clear()

    def _queue_hole(self, count: int, *, is_lost: bool) -> None:
        """Filled time is kept as a length, so that the queue stays bounded whatever a sender does."""
        last = self._runs[-1] if self._runs else None
        if isinstance(last, _Run) and last.pcm is None and last.is_lost == is_lost:
            last.count += count
        else:
            self._runs.append(_Run(self._made, count, None, is_lost))
        self._made += count

    def _tell(self, code: str, **values: float) -> bool:
        """Gives a notice that might come with every packet, at most every ten seconds of call time."""
        if self._made - self._told_at.get(code, -(10**9)) < 10 * SAMPLE_RATE_HZ:
            return False
        self._told_at[code] = self._made
        self._runs.append(SourceNotice(code=code, at=self._made, values=values))
        return True

    async def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
        """The call from its start until `close`. Who takes no more of them ends the stream for its sender.

        Raises:
            SourceError: what `close` was given.
        """
        try:
            while True:
                while self._runs:
                    item = self._runs.popleft()
                    if isinstance(item, SourceNotice):
                        yield item
                        continue
                    if item.pcm is not None:
                        self._waiting_samples -= item.count
                    if self._waiting_samples <= _HALF_FULL:
                        self._has_room.set()
                    for frame in self._frames_of(item):
                        yield frame
                    await asyncio.sleep(0)
                if self._is_closed:
                    break
                self._changed.clear()
                await self._changed.wait()
        finally:
            self._end()
        if self._error is not None:
            raise self._error

    def _end(self) -> None:
        """Nobody takes what comes from here on: a sender that waits for room would wait for ever."""
        self._is_closed = True
        self._runs.clear()
        self._has_room.set()

    def _frames_of(self, run: _Run) -> list[AudioFrame]:
        frames = []
        for at in range(0, run.count, PIECE_SAMPLES):
            count = min(PIECE_SAMPLES, run.count - at)
            for party in Party:
                pcm = np.zeros(count, np.float32)
                if run.pcm is not None and party in self._parties:
                    pcm = np.ascontiguousarray(run.pcm[at : at + count, self._parties.index(party)])
                is_concealed = run.is_lost and party in self._parties
                frames.append(
                    AudioFrame(party=party, start=run.start + at, pcm=pcm, is_concealed=is_concealed)
                )
        return frames


def open_stream_source(message: bytes | str) -> StreamSource:
    """Makes a source from a stream's first message.

    Raises:
        SourceError: as `read_start`.
    """
    return StreamSource(read_start(message))
