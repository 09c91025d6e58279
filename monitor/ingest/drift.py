"""A device's sound on the call's clock.

Two sound cards never run at quite the same rate: 200 ppm apart, they part by 0.7 s in an hour. Each
device's samples are therefore held to the host's monotonic clock by a slow loop that varies the resampling
ratio by parts per million, too little and too slowly to be heard. Sound that is missing is told from
drift by its size and its suddenness, and becomes marked silence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import soxr

from monitor.core.audio import Pcm, to_grid
from monitor.core.clock import SAMPLE_RATE_HZ
from monitor.ingest.decoder import Samples

TIME_CONSTANT_S = 15.0
"""How slowly an error is worked off. Timestamps jitter by milliseconds; 5 ms over 15 s are 330 ppm."""

MAX_CORRECTION = 1e-3
"""The most by which the rate is varied. Sound cards keep within 100 ppm or so; 1000 ppm are 1.7 cents."""

WINDOW_S = 2.0
"""The error is the median of this long: a burst of late blocks does not move it."""

LOST_S = 0.12
"""An error that stays larger than this through a whole window is lost sound, not drift or jitter."""

PIECE_SAMPLES = SAMPLE_RATE_HZ // 2
"""The longest run given at once, so that both parties' runs can be interleaved."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A run of sound in call time, shape (samples, channels)."""

    start: int
    pcm: Pcm
    is_concealed: bool = False


class DriftLoop:
    """From errors in time to a correction of rate: a second-order loop, critically damped.

    With error e, dc/dt = e / (4 T^2) and the correction e / T + c: a constant difference in rate ends
    with no error left (the integral holds it), and a step is worked off in about T.
    """

    def __init__(self) -> None:
        self._errors_s: deque[tuple[float, float]] = deque()
        self._integral = 0.0

    def update(self, error_s: float, at_s: float, step_s: float) -> float:
        """Takes how far the sound lies behind the clock, at that time, after `step_s` of sound.

        Returns by how much faster its time should run, relative to nominal.
        """
        self._errors_s.append((at_s, error_s))
        while self._errors_s and self._errors_s[0][0] <= at_s - WINDOW_S:
            self._errors_s.popleft()
        error_s = self.error_s
        limit = MAX_CORRECTION
        self._integral += error_s * step_s / (4 * TIME_CONSTANT_S**2)
        self._integral = min(limit, max(-limit, self._integral))
        return min(limit, max(-limit, error_s / TIME_CONSTANT_S + self._integral))

    @property
    def error_s(self) -> float:
        """The median error of the window."""
        return float(np.median([error for _, error in self._errors_s])) if self._errors_s else 0.0

    def lost_s(self) -> float:
        """The sound that must have been lost: the least error of a full window, where that is large."""
        if len(self._errors_s) < 3 or self._errors_s[-1][0] - self._errors_s[0][0] < WINDOW_S / 2:
            return 0.0
        least = min(error for _, error in self._errors_s)
        return least if least > LOST_S else 0.0

    def forget_errors(self) -> None:
        """Forgets the window, after sound was filled in; what is known of the rate stays."""
        self._errors_s.clear()


class ClockedLane:
    """One device's channels placed on the call's clock, without holes or overlaps.

    `end` is the call time up to which pieces have been given.
    """

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._loop = DriftLoop()
        self._rate_hz = 0
        self._resampler: soxr.ResampleStream | None = None
        self._run_start = 0
        self._pushed = 0.0
        self._made = 0
        self._has_sounded = False
        self.end = 0
        self.lost_samples = 0
        """Concealed since `take_lost_s` was last asked."""

    def begin_run(self, rate_hz: int, first_at_s: float) -> None:
        """A device was opened; its first sample lies at that call time. What the loop learnt stays."""
        self._rate_hz = rate_hz
        nominal = rate_hz / SAMPLE_RATE_HZ
        # Variable-rate resampling needs the largest ratio that will ever be set.
        self._resampler = soxr.ResampleStream(
            nominal * (1 + 2 * MAX_CORRECTION), 1.0, self._channels, vr=True
        )
        self._run_start = max(0, round(first_at_s * SAMPLE_RATE_HZ))
        self._pushed, self._made = 0.0, 0
        self._loop.forget_errors()

    def push(self, samples: Samples, at_s: float, has_overflow: bool) -> Iterator[Piece]:
        """Takes a block whose first sample was captured at that call time."""
        assert self._resampler is not None, "begin_run comes first"
        length_s = len(samples) / self._rate_hz
        error_s = at_s - (self._run_start + self._pushed) / SAMPLE_RATE_HZ
        correction = self._loop.update(error_s, at_s, length_s)
        lost_s = error_s if has_overflow and error_s > 0.02 else self._loop.lost_s()
        if lost_s > 0:
            yield from self._skip(lost_s)
        # Time that should run faster: each input sample counts for more, so fewer go to one output.
        ratio = self._rate_hz / SAMPLE_RATE_HZ / (1 + correction)
        self._resampler.set_io_ratio(ratio, 1.0)
        self._pushed += len(samples) / ratio
        made = self._resampler.resample_chunk(np.ascontiguousarray(samples, dtype=np.float32))
        yield from self._place(made)

    def _place(self, made: Samples) -> Iterator[Piece]:
        start = self._run_start + self._made
        self._made += len(made)
        if start > self.end:
            # Before a lane's first sound nothing was lost: its device merely started a moment later.
            yield from self.conceal(start) if self._has_sounded else self._fill(start, is_lost=False)
        self._has_sounded = self._has_sounded or len(made) > 0
        late = max(0, self.end - start)  # silence has already been given for these
        pcm = to_grid(made[late:])
        for at in range(0, len(pcm), PIECE_SAMPLES):
            piece = Piece(self.end, pcm[at : at + PIECE_SAMPLES])
            self.end += len(piece.pcm)
            yield piece

    def _skip(self, lost_s: float) -> Iterator[Piece]:
        """Sound was lost in mid-run: all that follows lies later."""
        assert self._resampler is not None
        held = self._resampler.resample_chunk(np.zeros((0, self._channels), np.float32), last=True)
        yield from self._place(held)
        self.begin_run(self._rate_hz, (self._run_start + self._pushed) / SAMPLE_RATE_HZ + lost_s)

    def conceal(self, until: int) -> Iterator[Piece]:
        """Marked silence up to that call time."""
        yield from self._fill(until, is_lost=True)

    def _fill(self, until: int, *, is_lost: bool) -> Iterator[Piece]:
        while self.end < until:
            count = min(PIECE_SAMPLES, until - self.end)
            yield Piece(self.end, np.zeros((count, self._channels), np.float32), is_lost)
            self.end += count
            self.lost_samples += count if is_lost else 0

    def take_lost_s(self) -> float:
        """Seconds concealed since it was last asked."""
        lost, self.lost_samples = self.lost_samples, 0
        return lost / SAMPLE_RATE_HZ
