"""How often somebody may try: a bucket of attempts for each key that fills again with time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

KEYS_MAX = 10_000
"""Keys that are remembered; a flood of new ones forgets the oldest, never the memory's bound."""


class AttemptLimit:
    """Allows `burst` attempts at once and one more every `every_s` seconds, for each key."""

    def __init__(self, burst: int, every_s: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._every_s = every_s
        self._now = now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """By key: the attempts left, and when that was so."""

    def take(self, key: str) -> float:
        """Takes an attempt; returns 0, or how many seconds to wait where none is left."""
        now = self._now()
        left, at = self._buckets.pop(key, (float(self._burst), now))
        left = min(float(self._burst), left + (now - at) / self._every_s)
        wait_s = 0.0
        if left >= 1:
            left -= 1
        else:
            wait_s = (1 - left) * self._every_s
        self._buckets[key] = (left, now)
        while len(self._buckets) > KEYS_MAX:
            self._buckets.popitem(last=False)
        return wait_s

    def forgive(self, key: str) -> None:
        """The attempt was right: its key starts afresh."""
        self._buckets.pop(key, None)
