"""Rows of a book -> the conditions of one call, and who listens for what."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from monitor.core.audio import Party
from monitor.core.clock import samples
from monitor.core.facts import TemperState
from monitor.core.playbook import conditions as rows
from monitor.core.playbook import tree
from monitor.core.playbook.gates import gates_of
from monitor.core.playbook.leaves import (
    ASLEEP,
    AWAKE,
    NOTHING,
    SPEECH,
    TEMPER,
    Found,
    Interrupts,
    Moment,
    Node,
    NotSaid,
    Order,
    Said,
    Sleep,
    Timing,
)
from monitor.core.playbook.listener import like_id
from monitor.core.playbook.model import LASTS_S, Rule, RuleBook
from monitor.core.playbook.phrases import Row
from monitor.core.playbook.questions import (
    Check,
    noted_often,
    noted_sleep,
    reply_gap,
    reply_sleep,
    silent,
    silent_sleep,
    sounds,
    spoken_sleep,
    talk_share,
    talk_sleep,
    temper,
    temper_sleep,
    turn_longer,
    turn_sleep,
    unacknowledged,
    unacknowledged_sleep,
)
from monitor.core.playbook.repeats import Repeats

RAISED_MAX = 64


class All(Node):
    """All hold."""

    def __init__(self, parts: list[Node]) -> None:
        self._parts = parts
        self._order = list(range(len(parts)))
        """In which the parts are asked: the one that failed last first, as it will most likely fail again."""
        self.is_moment = any(part.is_moment for part in parts)

    def found(self, moment: Moment) -> Found | None:
        """The evidence of all of them; what happens at the moment first."""
        told: list[Found | None] = [None] * len(self._parts)
        for number in self._order:
            found = self._parts[number].found(moment)
            if found is None:
                self._order.remove(number)
                self._order.insert(0, number)
                return None
            told[number] = found
        joined = NOTHING
        for part, found in zip(self._parts, told, strict=True):
            if found is not None and found is not NOTHING:
                joined = found.joined(joined) if part.is_moment else joined.joined(found)
        return joined

    def sleep(self, moment: Moment) -> Sleep:
        """As long as the part that failed."""
        return self._parts[self._order[0]].sleep(moment)


class AnyOne(Node):
    """One holds."""

    def __init__(self, parts: list[Node]) -> None:
        self._parts = parts
        self.is_moment = all(part.is_moment for part in parts)

    def found(self, moment: Moment) -> Found | None:
        """The evidence of the first that holds."""
        for part in self._parts:
            found = part.found(moment)
            if found is not None:
                return found
        return None

    def sleep(self, moment: Moment) -> Sleep:
        """Until the first of them wakes."""
        until, marks = ASLEEP
        for part in self._parts:
            one, mark = part.sleep(moment)
            if one <= moment.now:
                return AWAKE
            until, marks = min(until, one), marks | mark
        return until, marks


class Not(Node):
    """The part does not hold."""

    def __init__(self, part: Node) -> None:
        self._part = part

    def found(self, moment: Moment) -> Found | None:
        """Nothing to say, where the part does not hold."""
        return NOTHING if self._part.found(moment) is None else None


@dataclass(slots=True)
class RuleState:
    """One rule in one call."""

    rule: Rule
    number: int
    root: Node
    leaves: tuple[Node, ...]
    anchors: frozenset[str]
    """What happens at the moments at which a momentary rule looks."""
    gates: tuple[Callable[[Moment], bool], ...]
    is_momentary: bool
    stays: int | None
    """Samples after which an alert that lasts is closed."""
    was_true: bool = False
    is_open: bool = False
    opened_at: int = 0
    counted_from: int = 0
    raised: deque[int] = field(default_factory=lambda: deque(maxlen=RAISED_MAX))
    """When it fired lately."""
    muted_until: int = 0
    sleeps_until: int = 0
    """It need not be asked for the time's sake before this, unless one of `wakes_by` happens."""
    wakes_by: int = 0
    slept_at: tuple[int, TemperState] = (0, TemperState.CALM)
    """How often speech had begun or ended then, and the temper."""

    @property
    def heard_ids(self) -> frozenset[str]:
        """Everything that its conditions listen for."""
        return frozenset().union(*(leaf.ids for leaf in self.leaves))

    @property
    def facets(self) -> frozenset[str]:
        """What it is asked again for, when that has changed."""
        return frozenset(leaf.facet for leaf in self.leaves if leaf.facet)

    @property
    def owed(self) -> Iterator[NotSaid]:
        """Its conditions about something unsaid."""
        return (leaf for leaf in self.leaves if isinstance(leaf, NotSaid))

    def fall_asleep(self, moment: Moment) -> None:
        """It does not hold: notes what it would have to be asked again for."""
        self.sleeps_until, self.wakes_by = self.root.sleep(moment)
        self.slept_at = (moment.memory.speech_changes, moment.context.temper)

    def is_asleep(self, moment: Moment) -> bool:
        """Whether asking it now could only tell what is known."""
        if moment.now >= self.sleeps_until or self.was_true or self.is_open:
            return False
        by = self.wakes_by
        if by & SPEECH and self.slept_at[0] != moment.memory.speech_changes:
            return False
        return not (by & TEMPER and self.slept_at[1] is not moment.context.temper)

    def is_let(self, moment: Moment) -> bool:
        """Whether its gates are open."""
        for gate in self.gates:  # noqa: SIM110 - a generator costs more, and this is asked all the time
            if not gate(moment):
                return False
        return True


class _Builder:
    def __init__(self, rule: Rule, book: RuleBook, arm: Callable[[NotSaid, int], None]) -> None:
        self._rule = rule
        self._book = book
        self._arm = arm
        self._likes = 0
        self.leaves: list[Node] = []

    def build(self, row: Row, *, is_negated: bool = False) -> Node:
        match row:
            case tree.AllOf():
                return All([self.build(part, is_negated=is_negated) for part in row.all])
            case tree.AnyOf():
                return AnyOne([self.build(part, is_negated=is_negated) for part in row.any])
            case tree.NoneOf():
                return Not(self.build(row.not_, is_negated=not is_negated))
            case _:
                leaf = self._leaf(row, is_negated=is_negated)
                self.leaves.append(leaf)
                return leaf

    def _party(self, named: Party | None) -> Party:
        return named or self._rule.who or Party.AGENT

    def _leaf(self, row: Row, *, is_negated: bool) -> Node:
        match row:
            case rows.SaidLeaf():
                return Said(row, is_negated=is_negated)
            case rows.CountLeaf():
                said = rows.SaidLeaf(said=row.count, at_least=row.at_least, within_s=row.within_s)
                return Said(said, is_negated=is_negated)
            case rows.OrderLeaf():
                return Order(row)
            case rows.NotSaidLeaf():
                leaf: NotSaid
                leaf = NotSaid(row, self._book.said_by(row.not_said[0]), lambda at: self._arm(leaf, at))
                return leaf
            case rows.LikeLeaf():
                self._likes += 1
                name = like_id(self._rule.id, self._likes - 1)
                return Said(rows.SaidLeaf.model_construct(said=(name,)), is_negated=is_negated)
            case rows.RepeatsLeaf():
                return Repeats(row)
            case rows.TimingLeaf():
                return Timing(row, self._rule.who)
            case rows.InterruptsLeaf():
                return Interrupts(row)
            case _:
                return self._clocked(row) or self._read(row)

    def _clocked(self, row: Row) -> Node | None:
        match row:
            case rows.TurnLongerLeaf():
                party, limit_s = self._party(row.who), row.turn_longer_than_s
                return Check("clock", turn_longer(limit_s, party), turn_sleep(limit_s, party))
            case rows.SilentLeaf():
                return Check("clock", silent(row), silent_sleep(row))
            case rows.ReplyGapLeaf():
                party = self._party(row.who)
                return Check("clock", reply_gap(row.reply_gap_s, party), reply_sleep(row.reply_gap_s, party))
            case rows.UnacknowledgedLeaf():
                party, limit_s = self._party(row.who), row.unacknowledged_for_s
                return Check("clock", unacknowledged(limit_s, party), unacknowledged_sleep(limit_s, party))
            case rows.TalkShareLeaf():
                party = self._party(row.who)
                return Check("clock", talk_share(row, party), talk_sleep(row, party))
            case rows.SoundsLeaf():
                return Check("clock", sounds(row, self._party(row.who)))
            case rows.SpokenLeaf():
                party, least = self._party(row.who), samples(row.spoken_s)
                ask = _holds(lambda call: call.memory.spoken(party, call.now) >= least)
                return Check("clock", ask, spoken_sleep(least, party))
            case rows.CallLongerLeaf():
                limit = samples(row.call_longer_than_s)
                return Check("clock", _holds(lambda call: call.now > limit), lambda _: (limit, 0))
            case rows.TurnsLeaf():
                return Check("clock", _turns(row, self._party(row.who)))
            case rows.TemperLeaf() if row.for_s:
                return Check("clock", temper(row), temper_sleep(row))
            case rows.TemperLeaf():
                return Check("temper", temper(row))
            case _:
                return None

    def _read(self, row: Row) -> Node:
        match row:
            case rows.SlotLeaf():
                slots, is_filled = row.slot, row.is_filled
                return Check(
                    "slots",
                    _holds(lambda call: all(slot in call.context.slots for slot in slots) is is_filled),
                )
            case rows.ComplaintLeaf():
                wanted = row.is_complaint
                return Check("complaint", _holds(lambda call: call.context.is_complaint is wanted))
            case rows.RiskLeaf():
                least = row.risk_at_least
                return Check("risk", _holds(lambda call: call.context.risk >= least))
            case rows.TypeLeaf():
                kind, floor = row.type, row.at_least
                return Check("types", _holds(lambda call: call.context.types[kind] >= floor))
            case rows.NeedLeaf():
                need, bound = row.need, row.at_least
                return Check("needs", _holds(lambda call: call.context.needs[need] >= bound))
            case rows.PhaseLeaf():
                phases = row.phase
                return Check("phase", _holds(lambda call: call.context.phase in phases))
            case rows.NotedLeaf():
                return Check("noted", noted_often(row), noted_sleep(row))
            case _:
                raise TypeError(f"{type(row).__name__} has no meaning in a call")


def _holds(question: Callable[[Moment], bool]) -> Callable[[Moment], Found | None]:
    return lambda moment: NOTHING if question(moment) else None


def _turns(row: rows.TurnsLeaf, party: Party) -> Callable[[Moment], Found | None]:
    def ask(moment: Moment) -> Found | None:
        present = moment.memory.turns_begun(party, moment.at)
        is_in = (row.turns_at_least or 0) <= present
        return NOTHING if is_in and (row.turns_at_most is None or present <= row.turns_at_most) else None

    return ask


def compile_rule(
    rule: Rule, number: int, book: RuleBook, arm: Callable[[RuleState, NotSaid, int], None]
) -> RuleState | None:
    """The rule's state for a call; None where a detector judges it. `arm` takes the times to wake at."""
    condition = rule.condition
    if condition is None:
        return None
    builder = _Builder(rule, book, lambda leaf, at: arm(state, leaf, at))
    root = builder.build(condition)
    leaves = tuple(builder.leaves)
    anchors = frozenset().union(*(leaf.ids for leaf in leaves if leaf.is_moment))
    has_owed = any(isinstance(leaf, NotSaid) for leaf in leaves)
    is_momentary = root.is_moment
    if not is_momentary and not has_owed and all(isinstance(leaf, Said) for leaf in leaves):
        # Only windows of time: each thing that is said is a moment to look at.
        is_momentary = True
        anchors = frozenset().union(*(leaf.ids for leaf in leaves))
    stays_s = rule.clears_after_s
    if stays_s is None and has_owed:
        stays_s = LASTS_S
    state = RuleState(
        rule=rule,
        number=number,
        root=root,
        leaves=leaves,
        anchors=anchors,
        gates=tuple(gates_of(rule.when)),
        is_momentary=is_momentary,
        stays=None if stays_s is None else samples(stays_s),
    )
    return state
