"""What a telephone, its network and its room do to a channel."""

from __future__ import annotations

import numpy as np
import soxr

from bench.ears import telephone
from monitor.core.audio import Pcm
from monitor.core.clock import SAMPLE_RATE_HZ

Generator = np.random.Generator


def gain(pcm: Pcm, by_db: float, from_s: float = 0.0) -> Pcm:
    """Louder or softer by `by_db` from a moment on, everything alike."""
    changed = pcm.copy()
    changed[round(from_s * SAMPLE_RATE_HZ) :] *= np.float32(10.0 ** (by_db / 20.0))
    return changed


def codec_between(pcm: Pcm, start_s: float, end_s: float) -> Pcm:
    """Wideband, then G.711 over a stretch, then wideband again."""
    narrow, changed = telephone(pcm), pcm.copy()
    first, last = round(start_s * SAMPLE_RATE_HZ), round(end_s * SAMPLE_RATE_HZ)
    changed[first:last] = narrow[first:last]
    return changed


def upsampled(pcm: Pcm) -> Pcm:
    """What was recorded at 8 kHz, without a codec's grain."""
    wide = soxr.resample(soxr.resample(pcm, SAMPLE_RATE_HZ, 8_000), 8_000, SAMPLE_RATE_HZ)
    wide = np.asarray(wide, dtype=np.float32)
    return np.pad(wide, (0, max(0, len(pcm) - len(wide))))[: len(pcm)]


def echo(own: Pcm, other: Pcm, by_db: float = -20.0, delay_s: float = 0.12) -> Pcm:
    """The other channel's sound leaks into this one, softer, later and dulled by a room."""
    delay = round(delay_s * SAMPLE_RATE_HZ)
    dull = np.convolve(other, np.array([0.6, 0.25, 0.1, 0.05], dtype=np.float32))[: len(other)]
    leaked = np.concatenate([np.zeros(delay, dtype=np.float32), dull])[: len(own)]
    return (own + np.float32(10.0 ** (by_db / 20.0)) * leaked).astype(np.float32)


def clipped(pcm: Pcm, at_share: float = 0.25) -> Pcm:
    """Overdriven: all above a share of the loudest peak is cut off, then brought to full scale."""
    limit = np.float32(at_share * float(np.abs(pcm).max()))
    return (np.clip(pcm, -limit, limit) / limit * np.float32(0.99)).astype(np.float32)


def offset(pcm: Pcm, by: float = 0.1) -> Pcm:
    """A constant voltage under it."""
    return pcm + np.float32(by)


def lossy(pcm: Pcm, share: float, rng: Generator) -> tuple[Pcm, list[tuple[int, int]]]:
    """Packets of 20 ms lost at random, silence in their place; returns where."""
    packet = SAMPLE_RATE_HZ // 50
    lost = np.flatnonzero(rng.random(len(pcm) // packet) < share)
    changed = pcm.copy()
    spans = [(int(index) * packet, (int(index) + 1) * packet) for index in lost]
    for start, end in spans:
        changed[start:end] = 0.0
    return changed, spans
