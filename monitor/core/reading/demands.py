"""What the caller asks for, over time: asked again, or something else each time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from monitor.core.clock import samples
from monitor.core.facts import Said

_SAME_BREATH_S = 6.0
"""Demands this close together are made together: asking for two things is not wavering."""
_MEMORY_S = 300.0
_KEPT = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How a demand stands to those before: `times` counts how often it was made, with a rest between."""

    times: int
    changes: int
    """How often the caller went from one demand to another lately, this one included if it did."""
    has_changed: bool


class Demands:
    """Follows the kinds of demand that a caller makes; a kind is the signal's id."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._times: dict[str, int] = {}
        self._changes: deque[int] = deque(maxlen=_KEPT)
        self._current: tuple[str, int] | None = None
        """The latest kind, and when it was last said."""
        self.latest_at: int | None = None

    def on_said(self, said: Said, is_specific: bool) -> Asking:
        """The caller made a demand; one that is not specific ("I want you to") is neither new nor again."""
        at, kind = said.span.start, said.id
        self.latest_at = at
        if not is_specific:
            return Asking(times=1, changes=len(self._changes), has_changed=False)
        last = self._last.get(kind)
        self._last[kind] = at
        is_again = last is not None and at - last > samples(_SAME_BREATH_S)
        if last is None or is_again:
            self._times[kind] = self._times.get(kind, 0) + 1
        has_changed = False
        if self._current is not None:
            before, before_at = self._current
            has_changed = before != kind and at - before_at > samples(_SAME_BREATH_S)
            if has_changed:
                self._changes.append(at)
        self._current = (kind, at)
        while self._changes and at - self._changes[0] > samples(_MEMORY_S):
            self._changes.popleft()
        return Asking(times=self._times[kind], changes=len(self._changes), has_changed=has_changed)
