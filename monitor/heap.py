"""Memory that nobody needs any more, given back between calls.

Two things keep it. What a call held refers to itself in circles, so that only Python's full collection frees
it: that one waits until a quarter of all objects are new, some thirty calls of 10 MB, and then stops every
thread for 130 ms, as it looks at all rules and libraries too. And of what is freed, the C library keeps much
for the next wish of the thread that freed it: a decode takes tens of megabytes for a moment, and ten threads
take turns.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable


def _trimmer() -> Callable[[], object]:
    """glibc's `malloc_trim`, which gives back whole pages of all threads' heaps; elsewhere nothing, since
    other libraries keep less or give it back themselves."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return (lambda: None) if trim is None else (lambda: trim(ctypes.c_size_t(0)))


class Heap:
    """The process's memory, looked after between calls. From any thread."""

    def __init__(self, give_back: Callable[[], object] | None = None) -> None:
        """`give_back` is injected by tests."""
        self._give_back = give_back or _trimmer()

    @staticmethod
    def settle() -> None:
        """Says that all that is there now stays, rules, models and libraries: no collection looks at it
        again, which makes one twenty times as quick. To be called once, when all is loaded."""
        gc.collect()
        gc.freeze()

    def tidy(self) -> None:
        """Frees what calls that have ended left, and gives it back. All threads wait some milliseconds."""
        gc.collect()
        self._give_back()
