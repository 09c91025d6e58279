"""Band powers of a block, ten frames of 10 ms, by short-time Fourier transform."""

from __future__ import annotations

from itertools import pairwise
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

_BANDS_HZ = ((60.0, 8000.0), (60.0, 1000.0), (1000.0, 3400.0), (300.0, 3400.0), (4300.0, 7500.0))
"""Everything but DC and hum; the two bands of the alpha ratio, as far as a telephone carries them; speech
on a telephone; what a telephone never carries."""
TELEPHONE_BANDS = 16
"""Bands of equal width in mel that share 300-3400 Hz, what every telephone carries."""
HARMONICITY_DB_MAX = 25.0
"""More than the window can tell."""

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
    upper: _Frames
    """4300-7500 Hz."""
    mel: _Frames
    """(10, 16): the bands that share 300-3400 Hz, from low to high."""
    bins: npt.NDArray[np.float32]
    """(10, n): squared magnitudes of the Fourier bins within 300-3400 Hz, on a scale of their own."""


def _hann() -> npt.NDArray[np.float32]:
    phase = 2.0 * np.pi * (np.arange(_WINDOW_SAMPLES) + 0.5) / _WINDOW_SAMPLES
    return (0.5 - 0.5 * np.cos(phase)).astype(np.float32)


def _mel_edges_hz() -> npt.NDArray[np.float64]:
    """(17,): O'Shaughnessy's mel scale, 2595 log10(1 + f / 700)."""
    low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (_BANDS_HZ[3]))
    edges: npt.NDArray[np.float64] = 700.0 * (
        10.0 ** (np.linspace(low, high, TELEPHONE_BANDS + 1) / 2595.0) - 1.0
    )
    return edges


def _band_weights() -> npt.NDArray[np.float32]:
    """(257, 21): sums squared FFT magnitudes into mean squares, by Parseval's theorem."""
    hz = np.arange(_WINDOW_SAMPLES // 2 + 1) * SAMPLE_RATE_HZ / _WINDOW_SAMPLES
    scale = 2.0 / (_WINDOW_SAMPLES * float(np.sum(np.square(_HANN, dtype=np.float64))))
    edges = [*_BANDS_HZ, *pairwise(_mel_edges_hz())]
    return np.stack([(hz >= low) & (hz < high) for low, high in edges], axis=1).astype(np.float32) * (
        np.float32(scale)
    )


_HANN = _hann()
_WEIGHTS = _band_weights()
_OCTAVES = np.log2(np.sqrt(_mel_edges_hz()[1:] * _mel_edges_hz()[:-1]) / 1000.0)
_OCTAVES -= _OCTAVES.mean()
_IS_UPPER = _mel_edges_hz()[:-1] >= 1950.0
_IN_TELEPHONE = np.flatnonzero(_WEIGHTS[:, 3])
_HANN_REPEATS = (np.correlate(_HANN, _HANN, "full") / float(_HANN @ _HANN))[_WINDOW_SAMPLES - 1 :][:320]
"""The window's autocorrelation up to 20 ms, the lag of 50 Hz."""
_INDEX = np.arange(FRAMES_PER_BLOCK)[:, np.newaxis] * FRAME_SAMPLES + np.arange(_WINDOW_SAMPLES)


def block_spectrum(pcm: Pcm) -> BlockSpectrum:
    """Band powers of the block in the middle of `pcm`, which has `MARGIN_SAMPLES` more on both sides."""
    magnitudes = np.fft.rfft(pcm[_INDEX] * _HANN, axis=1)
    powers = np.square(magnitudes.real) + np.square(magnitudes.imag)
    powers = powers.astype(np.float32)
    bands = (powers @ _WEIGHTS).astype(np.float64)
    return BlockSpectrum(
        full=bands[:, 0],
        low=bands[:, 1],
        high=bands[:, 2],
        telephone=bands[:, 3],
        upper=bands[:, 4],
        mel=bands[:, len(_BANDS_HZ) :],
        bins=powers[:, _IN_TELEPHONE],
    )


class VoiceQuality(NamedTuple):
    """How a stretch of voice is coloured; no gain knob changes any of it."""

    tilt_db_octave: float
    """The straight line through the bands' levels over octaves: a soft voice falls steeply."""
    hammarberg_db: float
    """Strongest band below 2 kHz minus strongest of 2-3.4 kHz (Hammarberg et al. 1980, as far as a telephone
    reaches): small for a pressed or shouted voice."""
    shape_db: npt.NDArray[np.float64]
    """(16,): the bands' levels without their mean and tilt, so that vocal effort changes it least."""


def voice_quality(mel: _Frames) -> VoiceQuality:
    """Of the mean spectrum of frames; `mel` is (frames, 16), at least one of them."""
    bands_db = 10.0 * np.log10(np.maximum(mel, 1e-12)).mean(axis=0)
    hammarberg = bands_db[~_IS_UPPER].max() - bands_db[_IS_UPPER].max()
    shape = bands_db - bands_db.mean()
    tilt = float(shape @ _OCTAVES) / float(_OCTAVES @ _OCTAVES)
    return VoiceQuality(tilt, float(hammarberg), shape - tilt * _OCTAVES)


def harmonicity_db(bins: npt.NDArray[np.float32], f0_hz: Pcm) -> _Frames:
    """How much of each frame's power within 300-3400 Hz repeats with its F0, as a ratio to the rest, in dB.

    The autocorrelation at the lag of one period, from the power spectrum (Wiener and Khinchin), made good
    for the window's own, as Boersma (1993) does in the time domain.

    Args:
        bins: (n, bins) of `BlockSpectrum`.
        f0_hz: (n,), above 0.
    """
    lags = SAMPLE_RATE_HZ / f0_hz.astype(np.float64)
    phase = (2.0 * np.pi / _WINDOW_SAMPLES) * lags[:, np.newaxis] * _IN_TELEPHONE
    repeated = np.sum(bins * np.cos(phase), axis=1) / np.maximum(np.sum(bins, axis=1), 1e-20)
    share = np.clip(repeated / np.interp(lags, np.arange(len(_HANN_REPEATS)), _HANN_REPEATS), 0.0, 1.0)
    share = np.clip(share, 0.0, 1.0 - 10.0 ** (-HARMONICITY_DB_MAX / 10.0))
    ratio: _Frames = 10.0 * np.log10((share + 0.03) / (1.0 - share))
    return ratio


def decibels(power: float) -> float:
    """Power re full scale in dB, not below -100 dB."""
    return float(10.0 * np.log10(max(power, 1e-10)))
