"""The sound of calls, where the settings ask to keep it: one Ogg file a call, agent left, caller right.

Opus at 48 kbit/s: 22 MB an hour, and neither party is heard in the other's channel. Ogg is made of pages
that stand for themselves, so that a file whose writer died is a whole file that ends a second or two earlier.
Whoever needs the very samples keeps journals.

One thread writes for all calls. What reaches it waits in memory, with a bound: no call waits for the disk.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import av
import av.error
import numpy as np
import structlog

from monitor.core.audio import AudioFrame, Party
from monitor.core.clock import BLOCK_SAMPLES, SAMPLE_RATE_HZ
from monitor.core.inputs import SessionInput
from monitor.errors import StoreError

BIT_RATE = 48_000
"""Of both parties together. Speech of two parties at 24 kbit/s each is as good as the line it came by."""

WAITING_BYTES_MAX = 64 * 2**20
"""Half a minute of thirty calls, 64 kB a second each. Beyond that sound is left out, and that is told."""

APART_MAX = 10 * SAMPLE_RATE_HZ
"""How far one party's sound may be ahead of the other's, in samples, before silence stands for the other."""

CLOSE_S = 10.0
"""How long the end of a call waits for its file."""

_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_log = structlog.get_logger(__name__)


def sound_path(folder: Path, call_id: str) -> Path:
    """Where the sound of a stored call is kept; `folder` is the store's."""
    return folder / "audio" / f"{call_id}.ogg"


class _Disk:
    """A file that never fails the encoder: what went wrong is remembered, and nothing is written after it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.error: OSError | None = None
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _FILE_MODE)

    def write(self, data: bytes) -> int:
        """Takes all of it, whatever the disk says."""
        view = memoryview(data)
        try:
            while view and self.error is None:
                view = view[os.write(self._file, view) :]
        except OSError as error:
            self.error = error
        return len(data)

    def close(self) -> None:
        """Gives the file free."""
        os.close(self._file)


class _Encoder:
    """Two channels of 16-bit samples to an Ogg file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        self.disk = _Disk(path)
        self._written = 0
        # Each page goes to the disk when it is full, once a second: a crash costs little.
        self._container = av.open(
            cast(Any, self.disk), "w", format="ogg", buffer_size=4096, options={"flush_packets": "1"}
        )
        self._stream = self._container.add_stream("libopus", rate=SAMPLE_RATE_HZ, layout="stereo")
        self._stream.bit_rate = BIT_RATE

    def write(self, both: np.ndarray[Any, np.dtype[np.int16]]) -> None:
        """Takes samples [n, 2]."""
        packed = np.ascontiguousarray(both).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="s16", layout="stereo")
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.pts = self._written
        self._written += len(both)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Ends the file."""
        try:
            if self._written:
                self._container.mux(self._stream.encode(None))
            self._container.close()
        finally:
            self.disk.close()


@dataclass(slots=True)
class _Channel:
    """What one party said that is not written yet; `start` is the call time of its first sample."""

    start: int = 0
    pending: list[np.ndarray[Any, np.dtype[np.int16]]] = field(default_factory=list)
    count: int = 0

    @property
    def end(self) -> int:
        return self.start + self.count

    def put(self, start: int, pcm: np.ndarray[Any, np.dtype[np.int16]]) -> None:
        """Takes sound; where there is a hole it is silent, and what is older than what was written goes."""
        pcm = pcm[max(0, self.end - start) :]
        if start > self.end:
            pcm = np.concatenate([np.zeros(start - self.end, np.int16), pcm])
        if len(pcm):
            self.pending.append(pcm)
            self.count += len(pcm)

    def take(self, count: int) -> np.ndarray[Any, np.dtype[np.int16]]:
        """The next `count` samples, silence where there are none."""
        everything = np.concatenate([np.zeros(0, np.int16), *self.pending])
        taken, left = everything[:count], everything[count:]
        self.start += count
        self.pending, self.count = [left], len(left)
        return np.concatenate([taken, np.zeros(count - len(taken), np.int16)])


class CallSound:
    """Keeps one call's sound. `failure` says why it could not be kept, wholly or from some second on."""

    def __init__(self, keeper: SoundKeeper, path: Path, parties: Collection[Party]) -> None:
        self.path = path
        self.failure: StoreError | None = None
        self._keeper = keeper
        self._channels = {party: _Channel() for party in Party}
        self._parties = [party for party in Party if party in parties] or list(Party)
        self._encoder: _Encoder | None = None
        self._is_closed = threading.Event()
        self.lost_samples = 0

    # --- for the call's threads ---

    def write(self, item: SessionInput) -> None:
        """Takes an input of the call and keeps it if it is sound. Never waits."""
        if isinstance(item, AudioFrame):
            pcm = np.clip(np.rint(item.pcm * 32768.0), -32768, 32767).astype(np.int16)
            self._keeper.put(self, item.party, item.start, pcm)

    def close(self) -> None:
        """Writes what waits and ends the file, unless that takes too long: the keeper does it then."""
        self._keeper.end(self)
        self._is_closed.wait(CLOSE_S)

    # --- for the keeper's thread ---

    def keep(self, party: Party, start: int, pcm: np.ndarray[Any, np.dtype[np.int16]]) -> None:
        """Writes what both parties have come to."""
        self._channels[party].put(start, pcm)
        ends = [self._channels[party].end for party in self._parties]
        self._write_to(max(min(ends), max(ends) - APART_MAX))

    def finish(self) -> None:
        """Writes all, and ends the file."""
        try:
            self._write_to(max(channel.end for channel in self._channels.values()), least=1)
            if self._encoder is not None:
                self._guard(self._encoder.close)
                self._look_at_disk()
        finally:
            self._is_closed.set()
        if self.failure is None and self.lost_samples:
            lost_s = self.lost_samples / SAMPLE_RATE_HZ
            self.failure = StoreError("store.sound_slow", path=self.path.parent, lost_s=f"{lost_s:.0f}")

    def _write_to(self, end: int, least: int = BLOCK_SAMPLES) -> None:
        count = end - self._channels[Party.AGENT].start
        if count < least:
            return
        both = np.stack([self._channels[party].take(count) for party in (Party.AGENT, Party.CALLER)], axis=1)
        if self.failure is None:
            self._guard(lambda: self._encode(both))
            self._look_at_disk()

    def _encode(self, both: np.ndarray[Any, np.dtype[np.int16]]) -> None:
        if self._encoder is None:
            self._encoder = _Encoder(self.path)
        self._encoder.write(both)

    def _guard(self, work: Any) -> None:
        try:
            work()
        except (OSError, av.error.FFmpegError) as error:
            self._fail(error)

    def _look_at_disk(self) -> None:
        if self._encoder is not None and self._encoder.disk.error is not None:
            self._fail(self._encoder.disk.error)

    def _fail(self, error: Exception) -> None:
        if self.failure is not None:
            return
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            self.failure = StoreError("store.sound_full", path=self.path.parent)
        else:
            reason = (isinstance(error, OSError) and error.strerror) or type(error).__name__
            self.failure = StoreError("store.unwritable", path=self.path, reason=reason)


_Waiting = tuple[CallSound, Party, int, "np.ndarray[Any, np.dtype[np.int16]]"] | CallSound


class SoundKeeper:
    """The thread that keeps the sound of all calls in `folder` (the store's)."""

    def __init__(self, folder: Path, *, waiting_bytes_max: int = WAITING_BYTES_MAX) -> None:
        self._folder = folder
        self._waiting_bytes_max = waiting_bytes_max
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._is_closing = False
        self._condition = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="call-sound", daemon=True)
        self._thread.start()

    def open(self, call_id: str, parties: Collection[Party]) -> CallSound:
        """Begins to keep a call; `parties` are those that it has sound of."""
        return CallSound(self, sound_path(self._folder, call_id), parties)

    def put(
        self, call: CallSound, party: Party, start: int, pcm: np.ndarray[Any, np.dtype[np.int16]]
    ) -> None:
        """Takes sound without waiting; where too much waits already, it is left out and counted."""
        with self._condition:
            if self._waiting_bytes + pcm.nbytes > self._waiting_bytes_max:
                call.lost_samples += len(pcm)
                return
            self._waiting.append((call, party, start, pcm))
            self._waiting_bytes += pcm.nbytes
            self._condition.notify()

    def end(self, call: CallSound) -> None:
        """The call has brought all its sound."""
        with self._condition:
            self._waiting.append(call)
            self._condition.notify()

    def close(self) -> None:
        """Writes what waits, and ends the thread."""
        with self._condition:
            self._is_closing = True
            self._condition.notify()
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._waiting:
                    if self._is_closing:
                        return
                    self._condition.wait()
                taken = self._waiting.popleft()
                if isinstance(taken, tuple):
                    self._waiting_bytes -= taken[3].nbytes
            try:
                if isinstance(taken, tuple):
                    call, party, start, pcm = taken
                    call.keep(party, start, pcm)
                else:
                    taken.finish()
            except Exception as error:  # noqa: BLE001 - one call's sound must not cost the others theirs
                _log.error("a call's sound could not be kept", error=type(error).__name__)
