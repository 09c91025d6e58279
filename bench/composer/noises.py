"""Sounds on a line that are nobody's speech."""

from __future__ import annotations

import numpy as np

from bench.composer.voices import Voice
from monitor.core.audio import Pcm
from monitor.core.clock import SAMPLE_RATE_HZ

Generator = np.random.Generator


def at_level(pcm: Pcm, level_dbfs: float) -> Pcm:
    """Brought to this RMS level."""
    rms = float(np.sqrt(np.mean(np.square(pcm, dtype=np.float64)))) + 1e-9
    return (pcm * np.float32(10.0 ** (level_dbfs / 20.0) / rms)).astype(np.float32)


def tone(hz: tuple[float, ...], length_s: float, level_dbfs: float) -> Pcm:
    """Sines of equal strength."""
    time_s = np.arange(round(length_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    wave = np.sum([np.sin(2.0 * np.pi * each * time_s) for each in hz], axis=0)
    return at_level(wave.astype(np.float32), level_dbfs)


def hum(length_s: float, level_dbfs: float = -36.0) -> Pcm:
    """The mains: 50 Hz and its harmonics."""
    time_s = np.arange(round(length_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    wave = np.sum([np.sin(2.0 * np.pi * 50.0 * n * time_s) / n for n in (1, 2, 3, 5, 7)], axis=0)
    return at_level(wave.astype(np.float32), level_dbfs)


def ring_back(length_s: float, level_dbfs: float = -26.0) -> Pcm:
    """450 Hz, one second on and four off, as Chinese networks ring."""
    ring = np.concatenate([tone((450.0,), 1.0, level_dbfs), np.zeros(4 * SAMPLE_RATE_HZ, np.float32)])
    length = round(length_s * SAMPLE_RATE_HZ)
    return np.tile(ring, length // len(ring) + 1)[:length]


_KEYS = ((697.0, 1209.0), (770.0, 1336.0), (852.0, 1477.0), (941.0, 1336.0), (697.0, 1477.0))


def dialling(rng: Generator, keys: int = 11, level_dbfs: float = -20.0) -> Pcm:
    """DTMF: keys of 120 ms with 90 ms between."""
    rest = np.zeros(round(0.09 * SAMPLE_RATE_HZ), np.float32)
    parts = [
        np.concatenate([tone(_KEYS[int(rng.integers(len(_KEYS)))], 0.12, level_dbfs), rest])
        for _ in range(keys)
    ]
    return np.concatenate(parts)


def music(rng: Generator, length_s: float, level_dbfs: float = -28.0) -> Pcm:
    """Hold music: plucked notes of a pentatonic tune over a bass, each with decaying harmonics."""
    length = round(length_s * SAMPLE_RATE_HZ)
    wave = np.zeros(length + SAMPLE_RATE_HZ, dtype=np.float64)
    steps = np.array([0, 2, 4, 7, 9, 12, 14, 16])
    at = 0
    while at < length:
        for base_hz, note_s in ((262.0 * 2.0 ** (float(rng.choice(steps)) / 12.0), 0.8), (131.0, 0.5)):
            time_s = np.arange(round(note_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
            note = np.sum(
                [
                    np.sin(2.0 * np.pi * base_hz * n * time_s) * np.exp(-time_s * 3.0 * n) / n
                    for n in range(1, 7)
                ],
                axis=0,
            )
            wave[at : at + len(note)] += note
        at += round(float(rng.choice([0.25, 0.25, 0.5])) * SAMPLE_RATE_HZ)
    return at_level(wave[:length].astype(np.float32), level_dbfs)


def babble(speakers: list[Voice], rng: Generator, length_s: float, level_dbfs: float) -> Pcm:
    """Several people at once in the room behind, none of them to be followed."""
    length = round(length_s * SAMPLE_RATE_HZ)
    mixed = np.zeros(length, dtype=np.float32)
    for voice in speakers:
        clips, at = voice.clips("usual"), 0
        while at < length:
            clip = clips[int(rng.integers(len(clips)))].pcm[: length - at]
            mixed[at : at + len(clip)] += clip
            at += len(clip) + round(float(rng.uniform(0.1, 0.5)) * SAMPLE_RATE_HZ)
    return at_level(mixed, level_dbfs)


def white(rng: Generator, length_s: float, level_dbfs: float) -> Pcm:
    """Hiss."""
    return at_level(rng.standard_normal(round(length_s * SAMPLE_RATE_HZ)).astype(np.float32), level_dbfs)
