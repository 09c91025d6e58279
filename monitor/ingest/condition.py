"""From a file's samples to the core's: finite, 16 kHz, on the 16-bit grid, with faults noted.

The sound is cut into blocks of 100 ms at its own rate before anything else happens, so the result depends
on the samples alone. The resampler is linear-phase and compensates its delay: n samples at rate r become
round(n * 16000 / r), in place.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import soxr

from monitor.core.audio import Pcm, to_grid
from monitor.core.clock import SAMPLE_RATE_HZ
from monitor.ingest.decoder import Samples

BLOCK_S = 0.1

_CLIP_RUN = 3
"""Samples in a row at full scale that count as one clipped crest; sound peaks there for one or two."""

_CLIP_RUNS = 5
"""Clipped crests within a second that are worth a notice: one knock on the microphone is not."""

_LOUDEST = np.float32(2)
"""Float files can hold anything; what is far beyond full scale would overflow in the resampler."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a channel's sound, `at` that sample."""

    code: str
    at: int
    channel: int


@dataclass(slots=True)
class _ClipWatch:
    """Counts clipped crests of one channel over the last second."""

    full_scale: float
    side: int = 0
    """Of the last sample: 1 or -1 at full scale, else 0."""
    run: int = 0
    """How long it has been there."""
    crests: list[int] = field(default_factory=list)
    is_told: bool = False

    def push(self, samples: npt.NDArray[np.float32], start: int, rate_hz: int) -> int | None:
        """Takes samples that begin at `start`; the first crest's place when clipping is first certain."""
        if self.is_told:
            return None
        # A sample within one 16-bit step of full scale is at full scale; each side has its own crests.
        side = np.sign(samples).astype(np.int8) * (np.abs(samples) >= self.full_scale - 1.5 / 32768)
        if not side.any():
            self.side = 0
            return None
        begins = np.flatnonzero(np.diff(side, prepend=np.int8(0)))  # a change of side, at 0 if it starts full
        ends = np.append(begins[1:], len(side))
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            if not side[begin]:
                continue
            before = self.run if begin == 0 and side[0] == self.side else 0
            self.run = before + end - begin
            if before < _CLIP_RUN <= self.run:
                self.crests.append(start + begin)
        self.side = int(side[-1])
        return self._verdict(rate_hz)

    def _verdict(self, rate_hz: int) -> int | None:
        for first, last in zip(self.crests, self.crests[_CLIP_RUNS - 1 :], strict=False):
            if last - first <= rate_hz:
                self.is_told = True
                return first
        del self.crests[: -_CLIP_RUNS + 1]
        return None


class Inspector:
    """Mends and watches sound at its own rate. `faults` collects what was wrong, `at` at that rate."""

    def __init__(self, rate_hz: int, channels: int, full_scale: float = 1.0) -> None:
        self._rate_hz = rate_hz
        self._watches = [_ClipWatch(full_scale) for _ in range(channels)]
        self._has_nan = [False] * channels
        self._taken = 0
        self.faults: list[Fault] = []

    def inspect(self, samples: Samples) -> Samples:
        """Takes samples of shape (frames, channels); returns them finite and within twice full scale."""
        samples = self._mend(samples)
        for channel, watch in enumerate(self._watches):
            if (at := watch.push(samples[:, channel], self._taken, self._rate_hz)) is not None:
                self.faults.append(Fault("source.clipping", at, channel))
        self._taken += len(samples)
        return samples

    def _mend(self, samples: Samples) -> Samples:
        is_good = np.isfinite(samples)
        if is_good.all():
            return np.clip(samples, -_LOUDEST, _LOUDEST)
        for channel, has_nan in enumerate(self._has_nan):
            bad = np.flatnonzero(~is_good[:, channel])
            if len(bad) and not has_nan:
                self._has_nan[channel] = True
                self.faults.append(Fault("source.nan", self._taken + int(bad[0]), channel))
        return np.clip(np.where(is_good, samples, np.float32(0)), -_LOUDEST, _LOUDEST)


class Conditioner:
    """Turns samples of any rate into 16 kHz on the 16-bit grid; the length of its input decides nothing.

    `push` and `flush` give arrays of shape (samples, channels); `take_faults` what was wrong.
    """

    def __init__(self, rate_hz: int, channels: int, full_scale: float = 1.0) -> None:
        self._rate_hz = rate_hz
        self._channels = channels
        self._inspector = Inspector(rate_hz, channels, full_scale)
        self._is_begun = False
        self._resampler = (
            None if rate_hz == SAMPLE_RATE_HZ else soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, channels)
        )

    def push(self, samples: Samples) -> Pcm:
        """Takes samples of shape (frames, channels); returns what is ready."""
        samples = self._inspector.inspect(samples)
        if self._resampler is None or not len(samples):
            return to_grid(samples)
        self._is_begun = True
        return to_grid(self._resampler.resample_chunk(np.ascontiguousarray(samples)))

    def flush(self) -> Pcm:
        """What the resampler still holds; nothing may be pushed afterwards."""
        nothing = np.zeros((0, self._channels), np.float32)
        if self._resampler is None or not self._is_begun:
            return nothing
        return to_grid(self._resampler.resample_chunk(nothing, last=True))

    def take_faults(self) -> list[Fault]:
        """The faults since the last time, `at` in samples of call time."""
        found, self._inspector.faults = self._inspector.faults, []
        return [
            Fault(fault.code, fault.at * SAMPLE_RATE_HZ // self._rate_hz, fault.channel) for fault in found
        ]
