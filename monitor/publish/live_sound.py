"""Hands the sound of live calls to those who listen in. Nothing here waits, and nothing is kept.

Each listener has a short queue of its own. A listener that does not take its sound loses the oldest of it:
neither the call nor another listener is ever later for that. While nobody listens to a call, a frame costs
one look into a dictionary; with listeners it is encoded once for all of them.
"""

from __future__ import annotations

import struct
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass

from monitor.core.audio import AudioFrame, Party
from monitor.core.clock import SAMPLE_RATE_HZ
from monitor.errors import ListenError

LISTENERS_MAX = 32
"""Who may listen at once on one server: 2 MB a second on the wire."""

LISTENERS_OF_CALL_MAX = 6
"""And to one call: a room of trainees is better served by playing the call back."""

QUEUE_SAMPLES = SAMPLE_RATE_HZ
"""Sound of each party that waits for one listener, 1 s: what is older nobody wants to hear live."""

HEADER = struct.Struct("<BBBxIIHxx")
"""version, party, flags, start, count, held_ms: 16 bytes, little-endian."""

PACKET_VERSION = 1
PARTY_NUMBERS = {Party.AGENT: 0, Party.CALLER: 1}

CONCEALED, SILENT, SKIPPED = 1, 2, 4
"""Flags of a packet."""

_HELD_MS_MAX = 65_535

_OVER_MAX = 1_000
"""Calls whose sound was over last: for the seconds between the end of their sound and their own."""


@dataclass(frozen=True, slots=True)
class _Packet:
    """A frame as it is sent; `body` is shared by all who listen."""

    party: Party
    start: int
    count: int
    flags: int
    body: bytes
    heard_s: float


class Listener:
    """Somebody who listens to one call. `lost` counts samples that it did not take in time."""

    def __init__(self, call_id: str, wake: Callable[[], None], clock: Callable[[], float]) -> None:
        self.call_id = call_id
        self.parties: frozenset[Party] = frozenset(Party)
        self.is_over = False
        """The call's sound is over; what waits is the last of it."""
        self.lost = 0
        self._wake, self._clock = wake, clock
        self._packets: deque[_Packet] = deque()
        self._waiting = dict.fromkeys(Party, 0)
        self._has_skipped = dict.fromkeys(Party, False)

    def choose(self, parties: Collection[Party]) -> None:
        """Listens to these parties from here on; what waits of the others is dropped unheard."""
        self.parties = frozenset(parties)
        self._packets = deque(packet for packet in self._packets if packet.party in self.parties)
        for party in Party:
            self._waiting[party] = sum(one.count for one in self._packets if one.party is party)

    def offer(self, packet: _Packet) -> None:
        """Takes the newest sound, and drops the oldest of that party where too much waits."""
        party = packet.party
        while self._waiting[party] and self._waiting[party] + packet.count > QUEUE_SAMPLES:
            oldest = next(one for one in self._packets if one.party is party)
            self._packets.remove(oldest)
            self._waiting[party] -= oldest.count
            self._has_skipped[party] = True
            self.lost += oldest.count
        self._packets.append(packet)
        self._waiting[party] += packet.count
        self._wake()

    def take(self) -> bytes | None:
        """The next packet as one message, or None."""
        if not self._packets:
            return None
        packet = self._packets.popleft()
        self._waiting[packet.party] -= packet.count
        skipped = SKIPPED if self._has_skipped[packet.party] else 0
        self._has_skipped[packet.party] = False
        held_ms = round((self._clock() - packet.heard_s) * 1000)
        header = HEADER.pack(
            PACKET_VERSION,
            PARTY_NUMBERS[packet.party],
            packet.flags | skipped,
            packet.start,
            packet.count,
            min(max(held_ms, 0), _HELD_MS_MAX),
        )
        return header + packet.body

    def end(self) -> None:
        """The sound is over."""
        self.is_over = True
        self._wake()


class LiveSound:
    """Who listens to what. Used from the event loop's thread only."""

    def __init__(
        self,
        *,
        listeners_max: int = LISTENERS_MAX,
        of_call_max: int = LISTENERS_OF_CALL_MAX,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max, self._of_call_max, self._clock = listeners_max, of_call_max, clock
        self._listeners: dict[str, list[Listener]] = {}
        self._over: deque[str] = deque(maxlen=_OVER_MAX)
        self.encoded = 0
        """Frames that were encoded so far."""
        self.lost = 0
        """Samples that listeners who have left had lost."""

    @property
    def listeners(self) -> int:
        """Who listens now, to whatever call."""
        return sum(len(those) for those in self._listeners.values())

    def join(self, call_id: str, wake: Callable[[], None]) -> Listener:
        """Begins to listen; `wake` is called whenever there is something to take.

        Raises:
            ListenError: listen.full, listen.over.
        """
        if call_id in self._over:
            raise ListenError("listen.over", call_id=call_id)
        if self.listeners >= self._max or len(self._listeners.get(call_id, ())) >= self._of_call_max:
            raise ListenError("listen.full")
        listener = Listener(call_id, wake, self._clock)
        self._listeners.setdefault(call_id, []).append(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Listens no more; a second time does nothing."""
        those = self._listeners.get(listener.call_id, [])
        if listener in those:
            those.remove(listener)
            self.lost += listener.lost
        if not those:
            self._listeners.pop(listener.call_id, None)

    def hear(self, call_id: str, frame: AudioFrame) -> None:
        """Takes a frame of a live call."""
        those = self._listeners.get(call_id)
        if those is None or not len(frame.pcm):
            return
        wanting = [listener for listener in those if frame.party in listener.parties]
        if not wanting:
            return
        packet = self._encode(frame)
        for listener in wanting:
            listener.offer(packet)

    def over(self, call_id: str) -> None:
        """A call's sound is over, though its last words may still come; a second time does nothing."""
        if call_id in self._over:
            return
        self._over.append(call_id)
        for listener in self._listeners.get(call_id, ()):
            listener.end()

    def _encode(self, frame: AudioFrame) -> _Packet:
        self.encoded += 1
        flags = CONCEALED if frame.is_concealed else 0
        body = b""
        if frame.is_concealed or not frame.pcm.any():
            flags |= SILENT
        else:
            # Samples are on the 16-bit grid already (`AudioFrame`), so that nothing is rounded here.
            body = (frame.pcm * 32768.0).astype("<i2", casting="unsafe").tobytes()
        return _Packet(Party(frame.party), frame.start, len(frame.pcm), flags, body, self._clock())
