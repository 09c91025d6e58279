"""F0 by SwiftF0: the weights of the `swift_f0` package, run as a stream over one shared session."""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

from monitor.core.audio import Pcm
from monitor.core.clock import BLOCK_SAMPLES, SAMPLE_RATE_HZ
from monitor.engines._onnx import package_file, shared_session

FRAME_SAMPLES = SAMPLE_RATE_HZ // 100
"""The frames that leave this module are 10 ms apart; frame `i` stands for samples [160 i, 160 i + 160)."""

_HOP_SAMPLES = 256
"""The model's own frames: `i` is centred on sample 256 i."""
_LEFT_HOPS = 6
_RIGHT_HOPS = 4
"""Context that each run sees beside its frames. The model's whole reach is 11 and 10 hops; less of it lowers
the delay from 176 to 96 ms. Against the whole reach, on a minute of a telephone call, voicing differs on
1.0 % of the 10 ms frames (regridding included) and F0 grossly on 0.05 %."""
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
        self._session = shared_session(package_file("swift_f0", "model.onnx"))
        self._limits = {
            "fmin": np.asarray(f0_min_hz, dtype=np.float32),
            "fmax": np.asarray(f0_max_hz, dtype=np.float32),
        }
        self._blocks: deque[Pcm] = deque()
        self._base = 0
        """The first sample held, a multiple of a hop; what lies before is out of every frame's reach."""
        self._held = np.zeros(0, dtype=np.float32)
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
        hops_hz, confidence = self._run()
        at = (frames * FRAME_SAMPLES + FRAME_SAMPLES // 2 - self._base) / _HOP_SAMPLES
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

    def _run(self) -> tuple[_Float, _Float]:
        hops_hz, confidence = self._session.run(
            ["pitch", "confidence"], {"audio": self._held[np.newaxis, :], **self._limits}
        )
        hops_hz = np.asarray(hops_hz, dtype=np.float64)[0]
        confidence = np.asarray(confidence, dtype=np.float64)[0]
        count = min(len(confidence), len(self._held) // _HOP_SAMPLES)
        peaks = np.abs(self._held[: count * _HOP_SAMPLES].reshape(count, _HOP_SAMPLES)).max(axis=1)
        confidence[:count][peaks < _SILENCE_PEAK] = 0.0
        return np.maximum(hops_hz, 1.0), confidence

    def _forget(self) -> None:
        """Keeps the left context of the next frame, and what follows."""
        next_hop = self._emitted * FRAME_SAMPLES // _HOP_SAMPLES
        base = max(0, (next_hop - _LEFT_HOPS)) * _HOP_SAMPLES
        self._held = self._held[base - self._base :]
        self._base = base
