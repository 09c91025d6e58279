"""Sound on its way in: frames of any length, re-cut into blocks of fixed length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Pcm = npt.NDArray[np.float32]
"""Mono samples at 16 kHz, float32 in [-1, 1], on the 16-bit grid (multiples of 2**-15)."""


class Party(StrEnum):
    """Who is heard. A wire is a channel; a person on the call is a party."""

    AGENT = "agent"
    CALLER = "caller"

    @property
    def other(self) -> Party:
        """The opposite party."""
        return Party.CALLER if self is Party.AGENT else Party.AGENT


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AudioFrame:
    """A run of one party's sound. Frames of a party follow one another without holes or overlaps.

    `start` is in samples of call time. `is_concealed` marks silence that stands for sound that was lost.
    """

    party: Party
    start: int
    pcm: Pcm
    is_concealed: bool = False

    @property
    def end(self) -> int:
        """The sample after the frame's last."""
        return self.start + len(self.pcm)


class Framer:
    """Re-cuts packets of any size into blocks of exactly `block_samples`.

    The blocks depend on the samples alone, never on how they were packed.
    """

    def __init__(self, block_samples: int) -> None:
        self._block_samples = block_samples
        self._pending: list[Pcm] = []
        self._pending_samples = 0

    def push(self, pcm: Pcm) -> Iterator[Pcm]:
        """Takes samples and yields each block that they complete."""
        self._pending.append(pcm)
        self._pending_samples += len(pcm)
        if self._pending_samples < self._block_samples:
            return
        joined = np.concatenate(self._pending)
        whole = len(joined) - len(joined) % self._block_samples
        rest = joined[whole:]
        self._pending, self._pending_samples = [rest], len(rest)
        for at in range(0, whole, self._block_samples):
            yield joined[at : at + self._block_samples]

    def flush(self) -> Pcm | None:
        """The last block, filled up with silence; None when nothing is pending."""
        if not self._pending_samples:
            return None
        block = np.zeros(self._block_samples, dtype=np.float32)
        block[: self._pending_samples] = np.concatenate(self._pending)
        self._pending, self._pending_samples = [], 0
        return block


def to_grid(pcm: npt.NDArray[np.floating]) -> Pcm:
    """Rounds to the 16-bit grid and clips to [-1, 1): what a journal can store without loss.

    Samples that are not numbers become 0, infinite ones full scale: nothing behind this meets either.
    """
    finite = np.clip(np.nan_to_num(pcm, nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)
    grid: Pcm = (np.minimum(np.rint(finite * 32768.0), 32767) / 32768.0).astype(np.float32)
    return grid
