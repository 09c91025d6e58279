"""A voice made of harmonics and formants, so that tests need no recordings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import settings

from monitor.core.audio import Pcm, to_grid

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")  # how long an example takes is the machine's business

RATE_HZ = 16_000
FORMANTS_HZ = ((700, 1200, 2600), (300, 2200, 2900), (500, 900, 2500), (400, 1700, 2500), (600, 1500, 2400))


def make_voice(
    length_s: float,
    f0_hz: float = 120.0,
    syllables_s: float = 4.0,
    level_dbfs: float = -20.0,
    tilt_db: float = 0.0,
    seed: int = 0,
) -> Pcm:
    """`tilt_db` per octave on top of the natural fall: a pressed voice has more."""
    time_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    rng = np.random.default_rng(seed)
    f0 = f0_hz * (1 + 0.06 * np.sin(2 * np.pi * 0.6 * time_s) + 0.02 * np.sin(2 * np.pi * 2.3 * time_s))
    phase = 2 * np.pi * np.cumsum(f0) / RATE_HZ
    count = int(time_s[-1] * syllables_s) + 1
    vowels = np.array(FORMANTS_HZ)[rng.integers(0, len(FORMANTS_HZ), count)]
    centres_s = (np.arange(count) + 0.5) / syllables_s
    formants = np.stack([np.interp(time_s, centres_s, vowels[:, i]) for i in range(3)])
    pcm = np.zeros(len(time_s))
    for harmonic in range(1, int(3600 / f0_hz)):
        hz = harmonic * f0
        gain = sum(
            peak / (1 + np.square((hz - formant) / width))
            for formant, peak, width in zip(formants, (1.0, 0.5, 0.2), (90, 120, 160), strict=True)
        )
        tilt = 10 ** (tilt_db / 20 * np.log2(np.maximum(hz, 100) / 1000))
        pcm += gain * tilt * harmonic**-0.5 * np.sin(harmonic * phase)
    pcm *= 0.52 - 0.5 * np.cos(2 * np.pi * time_s * syllables_s)
    pcm += 0.005 * np.abs(pcm).max() * rng.standard_normal(len(pcm))
    return to_grid(pcm * 10 ** (level_dbfs / 20) / np.sqrt(np.mean(np.square(pcm))))


@pytest.fixture(scope="session")
def synthetic_voice() -> Callable[..., Pcm]:
    """`make_voice(length_s, f0_hz, syllables_s, level_dbfs, tilt_db, seed)`."""
    return make_voice
