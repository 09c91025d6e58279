"""Band powers of a block, ten frames of 10 ms, by short-time Fourier transform."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitor.core.audio import Pcm
from monitor.core.clock import BLOCK_SAMPLES, SAMPLE_RATE_HZ

FRAME_SAMPLES = SAMPLE_RATE_HZ // 100
FRAMES_PER_BLOCK = BLOCK_SAMPLES // FRAME_SAMPLES
_WINDOW_SAMPLES = 512
MARGIN_SAMPLES = (_WINDOW_SAMPLES - FRAME_SAMPLES) // 2
"""Samples before and after a block that its frames' windows reach into: 11 ms."""

_BANDS_HZ = ((60.0, 8000.0), (60.0, 1000.0), (1000.0, 3400.0), (300.0, 3400.0))
"""Everything but DC and hum; the two bands of the alpha ratio, as far as a telephone carries them; speech
on a telephone."""

_Frames = npt.NDArray[np.float64]


class BlockSpectrum(NamedTuple):
    """Mean squares (power re full scale) of ten frames, each of shape (10,)."""

    full: _Frames
    low: _Frames
    """60-1000 Hz."""
    high: _Frames
    """1000-3400 Hz."""
    telephone: _Frames
    """300-3400 Hz."""


def _hann() -> npt.NDArray[np.float32]:
    phase = 2.0 * np.pi * (np.arange(_WINDOW_SAMPLES) + 0.5) / _WINDOW_SAMPLES
    return (0.5 - 0.5 * np.cos(phase)).astype(np.float32)


def _band_weights() -> npt.NDArray[np.float32]:
    """(257, 4): sums squared FFT magnitudes into mean squares, by Parseval's theorem."""
    hz = np.arange(_WINDOW_SAMPLES // 2 + 1) * SAMPLE_RATE_HZ / _WINDOW_SAMPLES
    scale = 2.0 / (_WINDOW_SAMPLES * float(np.sum(np.square(_HANN, dtype=np.float64))))
    return np.stack([(hz >= low) & (hz < high) for low, high in _BANDS_HZ], axis=1).astype(np.float32) * (
        np.float32(scale)
    )


_HANN = _hann()
_WEIGHTS = _band_weights()
_INDEX = np.arange(FRAMES_PER_BLOCK)[:, np.newaxis] * FRAME_SAMPLES + np.arange(_WINDOW_SAMPLES)


def block_spectrum(pcm: Pcm) -> BlockSpectrum:
    """Band powers of the block in the middle of `pcm`, which has `MARGIN_SAMPLES` more on both sides."""
    magnitudes = np.fft.rfft(pcm[_INDEX] * _HANN, axis=1)
    powers = np.square(magnitudes.real) + np.square(magnitudes.imag)
    bands = (powers.astype(np.float32) @ _WEIGHTS).astype(np.float64)
    return BlockSpectrum(bands[:, 0], bands[:, 1], bands[:, 2], bands[:, 3])


def decibels(power: float) -> float:
    """Power re full scale in dB, not below -100 dB."""
    return float(10.0 * np.log10(max(power, 1e-10)))
