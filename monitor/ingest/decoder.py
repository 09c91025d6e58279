"""What a decoder gives, whatever the format."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""Decoded samples at the file's own rate, shape (frames, channels), float32 with full scale at 1."""


class Ending(Enum):
    """How a file ended."""

    COMPLETE = "complete"
    TRUNCATED = "truncated"
    """Its header promised more."""
    GROWING = "growing"
    """Its writer had not finished it."""


class Decoder(Protocol):
    """A file's sound, read once from its start."""

    path: Path
    rate_hz: int
    channels: int
    full_scale: float
    """The loudest sample that the format can hold: a run of these is clipping."""
    frames_expected: int | None
    """What the header promises, where it does."""
    duration_s: float | None
    is_damaged: bool
    """Some data could not be decoded so far, and silence stands for it."""

    def read(self, frames: int) -> Samples:
        """The next `frames` frames; fewer only at the end. Infinite and NaN values may be among them."""
        ...

    @property
    def ending(self) -> Ending:
        """How the file ended; meaningful once `read` came short."""
        ...

    def close(self) -> None:
        """Gives the file back; may be called twice."""
        ...
