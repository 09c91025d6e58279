"""What each condition means while a call runs: one small object for each, made anew for each call.

`found` says whether the condition holds now, and with what evidence. A condition is told of nothing by
itself: the judge (`monitor.core.playbook.judge`) asks it when something came that it listens for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from monitor.core.audio import Party
from monitor.core.clock import Span, samples, seconds
from monitor.core.facts import Evidence
from monitor.core.playbook import conditions as rows
from monitor.core.playbook.memory import Heard, Memory
from monitor.core.reading.context import CallContext

_COUNT_WINDOW_S = 60.0
_OVERLAP = samples(0.3)
"""Speech of the other under a phrase that makes it said on top of the other."""
_SOON = samples(3.0)
_SAME_TURN = samples(0.5)
"""How much words may reach over the end of the turn that they belong to."""
_TURN_MIN = samples(1.0)
"""The other's speech that is a turn to be answered, and no 嗯."""

Values = dict[str, str | float | int]


@dataclass(frozen=True, slots=True)
class Found:
    """That a condition holds: where, why, and what fills the placeholders of a rule's sentences."""

    spans: tuple[Span, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    values: Values = field(default_factory=dict)

    def joined(self, other: Found) -> Found:
        """Both together; the first one's values win."""
        if other is NOTHING:
            return self
        if self is NOTHING:
            return other
        return Found(
            self.spans + other.spans, self.evidence + other.evidence, {**other.values, **self.values}
        )


NOTHING = Found()
"""That a condition holds, with nothing to say about it."""


@dataclass(slots=True)
class Moment:
    """What a condition is asked about: the call as it is, and what has just happened in it."""

    memory: Memory
    context: CallContext
    now: int
    just: Heard | None = None
    """What has just been said, or has just happened."""
    counted_from: int = 0
    """Counts begin after this serial: where the rule last fired."""
    is_told: bool = False
    """The rule's alert is raised already: whether it still holds is all that matters, not why."""

    @property
    def at(self) -> int:
        """The end of what just happened, or now."""
        return self.now if self.just is None else self.just.span.end


FOREVER = 1 << 62


SPEECH = 1
"""What besides time can wake a condition that does not hold: somebody begins or ends to speak."""
TEMPER = 2
"""The same: the caller's temper changes."""

Sleep = tuple[int, int]
"""Until when, and until what of these (their sum) happens, a condition will not hold; what it listens for and
the facet that it looks at always wake it."""
AWAKE: Sleep = (0, 0)
ASLEEP: Sleep = (FOREVER, 0)


class Node(ABC):
    """A condition of one call."""

    ids: frozenset[str] = frozenset()
    """What it listens for."""
    is_moment = False
    """Whether it can only hold at the moment at which something happens."""
    facet = ""
    """What of the context or memory it looks at: a key of `FACETS`, `clock`, or nothing."""

    @abstractmethod
    def found(self, moment: Moment) -> Found | None:
        """Why it holds, or None."""

    def sleep(self, moment: Moment) -> Sleep:
        """How long it need not be asked again, just after `found` told None of a moment without `just`."""
        return AWAKE


def said_evidence(heard: Iterable[Heard]) -> Found:
    """Phrases as evidence."""
    listed = tuple(heard)
    if not listed:
        return NOTHING
    values: Values = {"phrase": listed[-1].phrase, "count": len(listed)}
    evidence = tuple(Evidence(feature="phrase", value=one.phrase, unit="") for one in listed if one.phrase)
    return Found(tuple(one.span for one in listed), evidence, values)


class Said(Node):
    """`said` and `count`."""

    def __init__(self, row: rows.SaidLeaf, *, is_negated: bool) -> None:
        self.ids = frozenset(row.said)
        self.is_moment = row.is_moment and not is_negated
        self._is_ever = is_negated and row.within_s is None and row.within_turns is None
        self._window = samples(row.within_s) if row.within_s is not None else None
        self._turns = row.within_turns
        self._at_least = row.at_least

    def found(self, moment: Moment) -> Found | None:
        """Said in this turn, or within the window, often enough."""
        just = moment.just
        if self._at_least > 1:
            return self._often(moment)
        if self.is_moment and just is not None and just.id in self.ids:
            return said_evidence([just])
        last = moment.memory.last_heard(self.ids)
        if last is None:
            return None
        if self._is_ever:
            return said_evidence([last])
        if self._window is not None:
            is_in = last.span.end >= moment.at - self._window
        elif self._turns is not None:
            ends = moment.memory.turn_ends[last.party or Party.AGENT]
            is_in = sum(1 for turn in ends if turn.start >= last.span.end) < self._turns
        else:
            is_in = last.span.start >= moment.memory.turn_end[last.party or Party.AGENT]
        if not is_in:
            return None
        return NOTHING if moment.is_told else said_evidence([last])

    def sleep(self, moment: Moment) -> Sleep:
        """Until it is said: time alone only takes what was said out of a window."""
        return ASLEEP

    def _often(self, moment: Moment) -> Found | None:
        window = self._window if self._window is not None else samples(_COUNT_WINDOW_S)
        if moment.just is not None and self.is_moment and moment.just.id not in self.ids:
            return None
        oldest = moment.at - window
        recent = _apart(
            heard
            for heard in moment.memory.instances(self.ids)
            if heard.serial > moment.counted_from and heard.span.start >= oldest
        )
        if len(recent) < self._at_least:
            return None
        return said_evidence(sorted(recent, key=lambda heard: heard.serial))


def _apart(instances: Iterable[Heard]) -> list[Heard]:
    """As many instances as there are of which no two are about the same words: one question may be heard as
    a question, and as one for a number; a long one may hold two. So whose words end first is kept first.
    What a rule without phrases found has no words; two may be about stretches that overlap.
    """
    kept: list[Heard] = []
    end = 0
    for heard in sorted(instances, key=lambda heard: (heard.span.end, heard.serial)):
        if not heard.phrase:
            kept.append(heard)
        elif heard.span.start >= end:
            kept.append(heard)
            end = heard.span.end
    return kept


class Order(Node):
    """`order`: the second without the first."""

    is_moment = True

    def __init__(self, row: rows.OrderLeaf) -> None:
        self._first, self._then = row.order
        self._window = None if row.within_s is None else samples(row.within_s)
        self.ids = frozenset({self._then})

    def found(self, moment: Moment) -> Found | None:
        """The second is said now, and the first was not said before."""
        just = moment.just
        if just is None or just.id != self._then:
            return None
        for heard in moment.memory.heard((self._first,)):
            is_near = self._window is None or heard.span.end >= just.span.start - self._window
            if heard.span.start <= just.span.start and is_near:
                return None
        return said_evidence([just])


class NotSaid(Node):
    """`not_said`: from when it was due until it is said."""

    def __init__(self, row: rows.NotSaidLeaf, party: Party | None, armed: Callable[[int], None]) -> None:
        self.row = row
        self.party = party
        """Who owes it."""
        self.ids = frozenset((*row.not_said, *(row.after or ())))
        self.facet = "phase" if row.by_phase is not None else ""
        self._owed = frozenset(row.not_said)
        self._arm = armed
        """Asks for `due` at a time."""
        self._since: Heard | None = None
        self._began = 0
        self._deadline: int | None = None
        self._turns_left: int | None = None
        self._is_missing = False
        self._missed: Heard | None = None

    def begin(self, now: int) -> None:
        """The call begins, or the rule is new in it."""
        if self.row.by_s is not None and now <= samples(self.row.by_s):
            self._await(samples(self.row.by_s))

    def _await(self, deadline: int) -> None:
        self._deadline = deadline
        self._arm(deadline)

    def hear(self, heard: Heard, memory: Memory) -> None:
        """One of its ids was said."""
        if heard.id in self._owed:
            self._since, self._deadline, self._turns_left = None, None, None
            self._is_missing = False
            return
        if self._deadline is not None or self._turns_left is not None or self._is_missing:
            return
        before = samples(self.row.counts_for_s)
        owed = memory.last_heard(self._owed)
        if owed is not None and owed.span.end >= heard.span.start - before and before:
            return
        self._since, self._began = heard, heard.span.end
        if self.row.within_s is not None:
            self._await(heard.span.end + samples(self.row.within_s))
        else:
            self._turns_left = self.row.within_turns

    def turn_ended(self, party: Party, span: Span) -> bool:
        """A turn is over; true when that makes it late."""
        if self._turns_left is None or party is not self.party:
            return False
        if self._turns_left == 0:
            if span.end < self._began - _SAME_TURN:
                return False
        elif span.start < self._began:
            return False
        self._turns_left -= 1
        if self._turns_left > 0:
            return False
        self._turns_left = None
        self._miss()
        return True

    def due(self, now: int, memory: Memory, patience: int) -> bool:
        """The time has run out; true when that makes it late. Nobody is late while somebody speaks."""
        if self._deadline is None or now < self._deadline:
            return False
        waits = any(memory.is_waiting_for_words(party, now, patience) for party in Party)
        if waits and now - self._deadline < 10 * patience:
            self._arm(now + samples(0.5))
            return False
        self._deadline = None
        self._miss()
        return True

    def phase_reached(self, memory: Memory) -> None:
        """The call has come to `by_phase`."""
        if not self._is_missing and not memory.count(self._owed):
            self._miss()

    def ended(self, memory: Memory) -> None:
        """The call is over."""
        if self.row.by_end and not memory.count(self._owed):
            self._miss()

    def _miss(self) -> None:
        self._is_missing, self._missed, self._since = True, self._since, None

    def forget(self) -> None:
        """It is too late to say it: the next occasion counts anew."""
        self._is_missing, self._missed = False, None

    def found(self, moment: Moment) -> Found | None:
        """It was due and has not been said, as far as the party is heard at all."""
        if not self._is_missing:
            return None
        if moment.is_told:
            return NOTHING
        if self.party is not None and moment.memory.is_unheard(self.party, moment.now):
            return None
        missed = self._missed
        if missed is None:
            return Found((), (), {"waited_s": round(seconds(moment.now))})
        waited_s = round(seconds(moment.now - missed.span.end))
        evidence = [Evidence(feature="waited", value=waited_s, unit="s")]
        if missed.phrase:
            evidence.insert(0, Evidence(feature="after", value=missed.phrase, unit=""))
        return Found(
            (Span(missed.span.start, max(moment.now, missed.span.end)),),
            tuple(evidence),
            {"phrase": missed.phrase, "waited_s": waited_s},
        )

    def sleep(self, moment: Moment) -> Sleep:
        """Until the judge says that it is late."""
        return ASLEEP


class Timing(Node):
    """`timing`."""

    def __init__(self, row: rows.TimingLeaf, who: Party | None) -> None:
        self._timing = row.timing
        self._who = who
        self.facet = "account" if "account" in row.timing else ""
        self.is_moment = not self.facet

    def found(self, moment: Moment) -> Found | None:
        """The party speaks at that time."""
        if self._timing == "before_account_ends":
            return None if moment.context.has_account_ended else NOTHING
        if self._timing == "after_account_ends":
            return NOTHING if moment.context.has_account_ended else None
        just = moment.just
        party = self._who if just is None or just.party is None else just.party
        if just is None or party is None:
            return None
        return NOTHING if _TIMINGS[self._timing](moment, party, just.span) else None


def _is_on_top(moment: Moment, party: Party, span: Span) -> bool:
    other = moment.memory.speech_of(party.other, moment.now)
    return any(min(span.end, one.end) - max(span.start, one.start) >= _OVERLAP for one in other)


def _is_right_after(moment: Moment, party: Party, span: Span) -> bool:
    for one in moment.memory.speech_of(party.other, moment.now):
        if one.length >= _TURN_MIN and one.start < span.start:
            return span.start - one.end <= _SOON
    return False


def _is_at_turn_start(moment: Moment, party: Party, span: Span) -> bool:
    start = moment.memory.turn_start[party]
    return start is not None and span.start - start <= _SOON


_TIMINGS: dict[str, Callable[[Moment, Party, Span], bool]] = {
    "on_top_of_other": _is_on_top,
    "right_after_other": _is_right_after,
    "at_turn_start": _is_at_turn_start,
}


class Interrupts(Node):
    """`interrupts`."""

    is_moment = True

    def __init__(self, row: rows.InterruptsLeaf) -> None:
        self._row = row
        self.ids = frozenset({cut_id(row.interrupts)})

    def found(self, moment: Moment) -> Found | None:
        """The party has just cut in, for the n-th time."""
        just = moment.just
        if just is None or just.id or just.party is not self._row.interrupts:
            return None
        start = moment.now - samples(self._row.within_s)
        cuts = [
            cut
            for cut in moment.memory.cuts[self._row.interrupts]
            if cut.span.start >= start and cut.serial > moment.counted_from
        ]
        if len(cuts) < self._row.at_least:
            return None
        evidence = (Evidence(feature="interruptions", value=len(cuts), unit=""),)
        return Found(tuple(cut.span for cut in cuts), evidence, {"count": len(cuts)})


def cut_id(party: Party) -> str:
    """Under which name the judge finds who listens for a party's cutting in."""
    return f"<cut:{party}>"
