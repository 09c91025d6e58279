"""Where sound can be cut with the least harm."""

from __future__ import annotations

import numpy as np

from monitor.core.audio import Pcm
from monitor.core.clock import samples

_WIDTH_SAMPLES = samples(0.12)
"""Longer than the closure of a plosive, shorter than most pauses."""

_STEP_SAMPLES = samples(0.02)

_EQUAL = 1.05
"""Places within 5 % of the least power count as one soft stretch, to be cut in its middle."""


def softest(sound: Pcm, low: int) -> int:
    """The sample of [low, len(sound)] around which 120 ms have the least power."""
    energy = np.concatenate(([0.0], np.cumsum(np.square(sound, dtype=np.float64))))
    begins = np.arange(low, max(low + 1, len(sound) - _WIDTH_SAMPLES + 1), _STEP_SAMPLES)
    ends = np.minimum(begins + _WIDTH_SAMPLES, len(sound))
    power = np.maximum(energy[ends] - energy[begins], 0.0) / np.maximum(1, ends - begins)
    soft = np.flatnonzero(power <= power.min() * _EQUAL + 1e-12)
    begin = int(begins[soft[len(soft) // 2]])
    return min(begin + _WIDTH_SAMPLES // 2, len(sound))
