"""F0 by SwiftF0: the weights of the `swift_f0` package, run as a stream over one shared session."""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

from monitor.core.audio import Pcm
from monitor.core.clock import BLOCK_SAMPLES, SAMPLE_RATE_HZ
from monitor.engines._onnx import package_file
from monitor.engines.f0_network import HOP_SAMPLES, REACH_SAMPLES, F0Network

FRAME_SAMPLES = SAMPLE_RATE_HZ // 100
"""The frames that leave this module are 10 ms apart; frame `i` stands for samples [160 i, 160 i + 160)."""

_LEFT_HOPS = 3
_RIGHT_HOPS = 3
"""Frames of context that each run sees beside its own. The network's whole reach is 7 each way: on the
laryngograph's recordings these give 4.19 / 4.58 / 4.20 % frame errors (clean, telephone, 10 dB noise), its
whole reach to the left and 100 ms to the right 4.14 / 4.54 / 4.20 at a fifth more of cost."""
_GROUP_SAMPLES = 2 * BLOCK_SAMPLES
"""Frames are computed every 200 ms: the context is shared by twice as many, which halves their cost."""
_SILENCE_PEAK = 2.0**-11
"""Hops below -66 dBFS are unvoiced: on digital silence the model answers at random."""
_VOICED = 0.5
"""The confidence from which the model calls a frame voiced (its authors' calibration)."""

_Float = npt.NDArray[np.float64]


class SwiftF0Model:
    """F0 of one party's sound, in blocks of 100 ms; frames are 100 to 200 ms behind the sound.

    The session is shared by all instances. Runs fall on fixed multiples of 200 ms of the party's sound, so
    that the same blocks give the same frames whatever was wanted before. Nothing runs where nothing is
    wanted.
    """

    delay_samples = _GROUP_SAMPLES

    def __init__(self, f0_min_hz: float = 60.0, f0_max_hz: float = 500.0) -> None:
        self._network = F0Network(package_file("swift_f0", "model.onnx"), f0_min_hz, f0_max_hz)
        self._blocks: deque[Pcm] = deque()
        self._base = 0
        """The first hop that the next run sees."""
        self._held = np.zeros(REACH_SAMPLES, dtype=np.float32)
        """The sound from half a window before it: silence before the call."""
        self._pushed = 0
        self._emitted = 0
        """Frames of 10 ms returned so far."""
        self._wanted_end = 0
        """The end of the last block that was wanted."""
        self._wanted_start = 0

    def push(self, pcm: Pcm, is_wanted: bool = True) -> tuple[Pcm, Pcm]:
        """Takes a block; returns (f0_hz, voicing) of the frames that it completes: none, or 20 at a time.

        Args:
            pcm: a whole number of blocks of 1600 samples.
            is_wanted: whether the frames of this block will be used.

        Returns:
            Two arrays of equal length: Hz, 0 where unvoiced; and the confidence that a frame is voiced, 0..1.

        Raises:
            ValueError: `pcm` is not a whole number of blocks.
        """
        if len(pcm) % BLOCK_SAMPLES:
            raise ValueError(f"{len(pcm)} samples are not a whole number of blocks of {BLOCK_SAMPLES}")
        if is_wanted:
            if self._wanted_end <= self._emitted * FRAME_SAMPLES:
                # The block before it too: the detector may have been late.
                self._wanted_start = max(0, self._pushed - BLOCK_SAMPLES)
            self._wanted_end = self._pushed + len(pcm)
        self._blocks.append(pcm)
        self._pushed += len(pcm)
        if self._pushed % _GROUP_SAMPLES:
            return np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.float32)
        self._held = np.concatenate([self._held, *self._blocks])
        self._blocks.clear()
        frames = np.arange(self._emitted, max(self._emitted, (self._pushed - BLOCK_SAMPLES) // FRAME_SAMPLES))
        first, end = self._emitted * FRAME_SAMPLES, (self._emitted + len(frames)) * FRAME_SAMPLES
        is_wanted = self._wanted_start < end and first < self._wanted_end
        if is_wanted and np.abs(self._held).max() >= _SILENCE_PEAK:
            f0_hz, voicing = self._frames(frames)
        else:
            f0_hz, voicing = np.zeros(len(frames)), np.zeros(len(frames))
        self._emitted += len(frames)
        self._forget()
        return f0_hz.astype(np.float32), voicing.astype(np.float32)

    def _frames(self, frames: npt.NDArray[np.int64]) -> tuple[_Float, _Float]:
        """The model's hops, carried over to the 10 ms grid.

        Linear in log F0 between two voiced hops, else the more confident of the two.
        """
        at = (frames * FRAME_SAMPLES + FRAME_SAMPLES // 2) / HOP_SAMPLES - self._base
        hops_hz, confidence = self._run(int(at[-1]) + 2 + _RIGHT_HOPS)
        before = at.astype(np.int64)
        after = np.minimum(before + 1, len(hops_hz) - 1)
        share = at - before
        voicing = (1.0 - share) * confidence[before] + share * confidence[after]
        left, right = np.log(hops_hz[before]), np.log(hops_hz[after])
        is_both = (confidence[before] >= _VOICED) & (confidence[after] >= _VOICED)
        # An octave apart is an error of one of them or a new phrase: a mean would be neither.
        is_both &= np.abs(left - right) < 0.4
        surer = np.where(confidence[before] >= confidence[after], left, right)
        log_hz = np.where(is_both, (1.0 - share) * left + share * right, surer)
        return np.where(voicing >= _VOICED, np.exp(log_hz), 0.0), voicing

    def _run(self, count: int) -> tuple[_Float, _Float]:
        """The first `count` hops that are held, or as many as have begun; those of silence are unvoiced."""
        sound = self._held[REACH_SAMPLES:]
        count = min(count, len(sound) // HOP_SAMPLES)
        hops_hz, confidence = self._network.judge(self._held, count)
        peaks = np.abs(sound[: count * HOP_SAMPLES].reshape(count, HOP_SAMPLES)).max(axis=1)
        confidence[peaks < _SILENCE_PEAK] = 0.0
        return np.maximum(hops_hz, 1.0), confidence

    def _forget(self) -> None:
        """Keeps the left context of the next frame, and what follows."""
        base = max(0, self._emitted * FRAME_SAMPLES // HOP_SAMPLES - _LEFT_HOPS)
        self._held = self._held[(base - self._base) * HOP_SAMPLES :]
        self._base = base
