"""Whether a call is a complaint: by one plain sign of it, or by several that each could be talk.

People who want nothing of the kind mention what broke, what somebody once did to them, or how long they
stood in a queue. One such sentence in passing makes no complaint. A plain one does ("I want to complain"),
one with which the caller begins, heat, or several of more than one kind.
"""

from __future__ import annotations

from monitor.core.clock import samples

PLAIN_RISK = 0.3
"""What speaks for a risk as much as this is said by those who complain, and by nobody else."""
_KINDS = 2
_TIMES = 3
_FIRST_TURNS = 1
"""Who complains says so at once: what comes in the first turn is the matter of the call."""
_APART_S = 8.0
"""What comes sooner after the one before belongs to the same breath."""


class Grievances:
    """The signs of a complaint so far."""

    def __init__(self) -> None:
        self._kinds: set[str] = set()
        self._times = 0
        self._last: int | None = None
        self._is_matter = False

    def add(self, kind: str, at: int, turns: int, *, is_to_resolve: bool) -> None:
        """Takes a sign that could be talk, said when the caller had ended so many turns.

        One that asks for nothing to be resolved (somebody is a crook, somebody shouted) never is the matter.
        """
        self._kinds.add(kind)
        self._is_matter |= is_to_resolve and turns < _FIRST_TURNS
        if self._last is None or at - self._last >= samples(_APART_S):
            self._times += 1
            self._last = at

    def are_a_complaint(self, is_heated: bool) -> bool:
        """Whether they are enough."""
        if self._is_matter or (is_heated and self._times > 0):
            return True
        return len(self._kinds) >= _KINDS and self._times >= _TIMES
