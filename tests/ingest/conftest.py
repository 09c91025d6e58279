"""Sound made for the tests of sources."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

Sound = npt.NDArray[np.float64]


def chirp(seconds: float, rate_hz: int, low_hz: float = 200.0, high_hz: float = 3_000.0) -> Sound:
    """A sweep at half of full scale: unlike a tone, it shows where it lies in time."""
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    phase = 2 * np.pi * (low_hz * time_s + (high_hz - low_hz) * time_s**2 / (2 * seconds))
    return 0.5 * np.sin(phase)


@pytest.fixture
def sweep() -> Callable[..., Sound]:
    """`sweep(seconds, rate_hz)` gives a chirp."""
    return chirp


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """`write(name, sound, rate_hz, **soundfile arguments)` gives the path of a new sound file."""

    def write_sound(name: str, sound: Sound, rate_hz: int, **arguments: str) -> Path:
        path = tmp_path / name
        soundfile.write(path, sound, rate_hz, **arguments)
        return path

    return write_sound
