"""What a soak weighs and counts: memory, the queue's age, events, words where nobody speaks."""

from __future__ import annotations

import asyncio
import ctypes
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import psutil
from scipy.stats import theilslopes

from monitor.core import events
from monitor.engines.scheduler import Scheduler

WEIGH_EVERY_S = 5.0
_LOOK_EVERY_S = 0.1
_MIB = 2**20


class _Heap(ctypes.Structure):
    """glibc's `struct mallinfo2`."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


def heap_mib() -> tuple[float, float]:
    """What the C library's heaps hold in use, and free and not given back; nan where it cannot say.

    Python's own small objects lie beside them.
    """
    ask = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if ask is None:
        return float("nan"), float("nan")
    ask.restype = _Heap
    heap = ask()
    return (heap.uordblks + heap.hblkhd) / _MIB, heap.fordblks / _MIB


def resident_mib() -> float:
    """Of this process."""
    return float(psutil.Process().memory_info().rss) / _MIB


@dataclass(frozen=True, slots=True)
class Slope:
    """Growth for each hour, or each thousand calls, by what `at` counts; and its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:+.1f} [{self.low:+.1f}, {self.high:+.1f}]"


def second_half_slope(at: Sequence[float], mib: Sequence[float], unit: float) -> Slope:
    """Theil and Sen's slope over the second half, for each `unit` of `at`.

    The median of the slopes between all pairs: a call that ends just before the last look, or a burst of
    speech, moves it little, where a line of least squares follows them. Neighbouring looks are alike, so that
    the interval, which takes them as independent, would be too narrow: medians of twelve are compared.
    """
    half = len(at) // 2
    size = min(12, max(1, (len(at) - half) // 6))
    count = (len(at) - half) // size
    if count < 3:
        return Slope(float("nan"), float("nan"), float("nan"))
    blocks = [slice(half + index * size, half + (index + 1) * size) for index in range(count)]
    found = theilslopes(
        [np.median(mib[block]) for block in blocks], [np.median(at[block]) for block in blocks]
    )
    return Slope(*(float(value) * unit for value in (found[0], found[2], found[3])))


def quarters(mib: Sequence[float]) -> str:
    """The median of each quarter of the run: whether what grew at first levels off."""
    return ", ".join(f"{np.median(part):.0f}" for part in np.array_split(np.asarray(mib), 4) if len(part))


@dataclass(slots=True)
class Meter:
    """What is kept of a run; also a sink that counts events and keeps no text."""

    at: list[float] = field(default_factory=list)
    """Seconds, or calls that have ended, of each weighing."""
    mib: list[float] = field(default_factory=list)
    used_mib: list[float] = field(default_factory=list)
    free_mib: list[float] = field(default_factory=list)
    ages_s: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    silent: set[str] = field(default_factory=set)
    """Live calls without speech."""
    words_on_silence: int = 0
    calls: int = 0
    call_s: float = 0.0
    silent_s: float = 0.0

    def emit(self, call_id: str, told: Sequence[events.Event]) -> None:
        """Takes events."""
        for event in told:
            self.counts[type(event).__name__] += 1
            if isinstance(event, events.WordsCommitted) and call_id in self.silent:
                self.words_on_silence += len(event.words)

    def weigh(self, at: float) -> None:
        """Looks at the process's memory as it is: nothing is collected or given back for the look's sake."""
        used, free = heap_mib()
        self.at.append(at)
        self.mib.append(resident_mib())
        self.used_mib.append(used)
        self.free_mib.append(free)

    async def watch(self, scheduler: Scheduler, begun: float) -> None:
        """Looks at memory and queue until it is cancelled."""
        looks = 0
        while True:
            self.ages_s.append(scheduler.queue_age_s)
            if looks % round(WEIGH_EVERY_S / _LOOK_EVERY_S) == 0:
                self.weigh(time.monotonic() - begun)
            looks += 1
            await asyncio.sleep(_LOOK_EVERY_S)

    def memory_told(self, unit: float, per: str) -> str:
        """Memory of the whole run, and how it grew over the second half."""
        return (
            f"memory {self.mib[0]:.0f} MiB at the start, {max(self.mib):.0f} at most, {self.mib[-1]:.0f} at "
            f"the end; medians of the quarters {quarters(self.mib)}\n"
            f"second half, MiB {per}: resident {second_half_slope(self.at, self.mib, unit)}, in use on the "
            f"heap {second_half_slope(self.at, self.used_mib, unit)}; free on the heap at the end "
            f"{self.free_mib[-1]:.0f} MiB"
        )
