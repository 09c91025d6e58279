"""Runs of speech: a party's IPUs joined across breaths, the unit that the timeline reasons in."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto

from monitor.core.audio import Party
from monitor.core.clock import Span

_STRETCHES_MAX = 64
"""IPUs that a run remembers one by one; of older ones only their length is kept."""


class Role(Enum):
    """What a run of speech turned out to be."""

    UNDECIDED = auto()
    TURN = auto()
    BACKCHANNEL = auto()


@dataclass(slots=True, eq=False)
class Stretch:
    """One IPU, whose `end` is None while it is open."""

    start: int
    end: int | None = None
    settled: int | None = None
    """How far an open one is certain, where that is less far than other speech."""

    def until(self, known: int) -> int:
        """Where it ends, as far as is known when speech is settled up to `known`."""
        if self.end is not None:
            return self.end
        return max(self.start, known if self.settled is None else min(known, self.settled))

    def common(self, other: Stretch, known: int) -> Span | None:
        """The stretch that both fill."""
        start, end = max(self.start, other.start), min(self.until(known), other.until(known))
        return Span(start, end) if start < end else None


@dataclass(slots=True, eq=False)
class Run:
    """One party's IPUs with only breaths between them."""

    party: Party
    start: int
    stretches: deque[Stretch]
    role: Role = Role.UNDECIDED
    is_closed: bool = False
    """True once the silence after it is longer than a breath."""
    before: Span | None = None
    """The party's run before this one, from its first sample to its last."""
    turn_start: int | None = None
    """Where the turn began that the run belongs to."""
    breaths: list[Span] = field(default_factory=list)
    """Silences between the IPUs that have not been told as pauses."""
    _forgotten: int = 0
    """Samples of speech in stretches no longer remembered."""

    @classmethod
    def begin(cls, party: Party, stretch: Stretch, previous: Run | None = None) -> Run:
        """A run with its first IPU; `previous` is the party's run before it, which is over."""
        before = None if previous is None else previous.span(stretch.start)
        return cls(party, stretch.start, deque([stretch]), before=before)

    def extend(self, stretch: Stretch) -> None:
        """Adds the IPU after a breath."""
        previous = self.stretches[-1]
        if previous.end is not None and previous.end < stretch.start:
            self.breaths.append(Span(previous.end, stretch.start))
        self.stretches.append(stretch)
        if len(self.stretches) > _STRETCHES_MAX:
            old = self.stretches.popleft()
            self._forgotten += old.until(old.start) - old.start

    @property
    def is_speaking(self) -> bool:
        """True while the last IPU is open."""
        return self.stretches[-1].end is None

    def until(self, known: int) -> int:
        """Where the run's speech ends, as far as is known."""
        return self.stretches[-1].until(known)

    def speech(self, known: int) -> int:
        """Samples of speech, breaths excluded."""
        return self._forgotten + sum(stretch.until(known) - stretch.start for stretch in self.stretches)

    def span(self, known: int) -> Span:
        """From its first sample to its last."""
        return Span(self.start, max(self.start, self.until(known)))


def commons(one: Run, two: Run, known: int) -> list[Span]:
    """The stretches in which both runs speak, in order."""
    found = [
        common
        for mine in one.stretches
        if mine.until(known) > two.start
        for theirs in two.stretches
        if (common := mine.common(theirs, known)) is not None
    ]
    return sorted(found)
