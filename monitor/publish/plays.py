"""Tells a play of a call's sound that begins from the further pieces of one: the trail has each once."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

PLAY_S = 900.0
"""A piece that is asked for this long after the last one is a play of its own."""

_PLAYS_MAX = 1_000


class Plays:
    """Who lately asked for a piece of which call's sound."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._latest: dict[tuple[str, str], float] = {}

    def begins(self, name: str, call_id: str, range_: str) -> bool:
        """Whether this piece begins a play: the first from wherever in the call, and each that is from the
        start of it. `range_` is the request's header, empty for the whole."""
        key, now = (name, call_id), self._clock()
        is_of_another = now - self._latest.pop(key, -math.inf) > PLAY_S
        self._latest[key] = now
        if len(self._latest) > _PLAYS_MAX:
            del self._latest[next(iter(self._latest))]
        return is_of_another or not range_ or range_.startswith("bytes=0-")
