"""Judges a call by the playbook: a fold of what is said, of facts and of the reading into findings.

A rule is asked only when something came that it listens for: what is said by its id, a facet of the context
that has changed, a time that has run out, and twice a second the clock where it looks at lengths of time.

A rule is momentary where its condition can only hold when something happens (it is said, someone cuts in):
it fires each time. Else it lasts: it fires when its condition becomes true while its gates are open, and
ends when the condition no longer holds, or after the time that its alerts stay.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import count

from monitor.core.alerts import SAID
from monitor.core.clock import Span, samples
from monitor.core.facts import (
    AlertEnded,
    AlertRaised,
    Interruption,
    InterruptionBegan,
    Judgement,
    ProsodyFrame,
    Said,
    TimelineEvent,
    Turn,
)
from monitor.core.playbook import leaves
from monitor.core.playbook.compiled import RuleState, compile_rule
from monitor.core.playbook.gates import DetectorGates
from monitor.core.playbook.leaves import Found, Moment, NotSaid, cut_id
from monitor.core.playbook.memory import Heard, Memory
from monitor.core.playbook.model import RuleBook
from monitor.core.playbook.questions import FACETS
from monitor.core.playbook.reach import judged_by
from monitor.core.playbook.repeats import Repeats
from monitor.core.playbook.sentences import SentenceCutter
from monitor.core.reading.context import CallContext, Phase
from monitor.core.settings import RuleSettings

_POLL = samples(0.5)
"""How often lengths of time are looked at."""
_WORDS_PATIENCE = samples(4.0)
"""How long words of what was spoken may still come: as long as a turn waits for them."""
_SAME_WORDS = samples(3.0)
"""How near two findings are that are about the same words, so that one yields."""
_FINDINGS_MAX = 200
"""Findings of rules for the report that are kept."""
_PUNCTUATION = " ，。！？、；：,.!?;:…\"'“”‘’"
Order = tuple[int | str, ...]
"""Where a judgement stands among those of one fact, tick or end: moments by number, then ids of rules, each
asked because the one before it fired. With each id read as the rule's number in the book, they sort as the
judgements come, whichever rules are asked."""


@dataclass(frozen=True, slots=True)
class RuleMuted:
    """A rule fired so often that it is not listened to for a while."""

    rule: str
    times: int


class RuleJudge:
    """Judges one call by a book. Deterministic, and of bounded memory."""

    def __init__(
        self,
        rulebook: RuleBook,
        settings: RuleSettings | None = None,
        only: Collection[str] | None = None,
    ) -> None:
        """
        Args:
            only: the rules that are asked; None asks all. Those that they name must be among them.
        """
        self._settings = settings or RuleSettings()
        self._only = only
        self._memory = Memory()
        self._serials = count()
        self._due: list[tuple[int, int, RuleState, NotSaid]] = []
        self._held: list[tuple[RuleState, AlertRaised]] = []
        """Findings that yield to rules which may still fire in the same words."""
        self._facets: dict[str, object] = {}
        self._revision: int | None = None
        """Of the context, when its facets were looked at."""
        self._fired: dict[str, Span] = {}
        """Where each rule fired last."""
        self._polled = 0
        self._findings: deque[AlertRaised] = deque(maxlen=_FINDINGS_MAX)
        self._muted: list[RuleMuted] = []
        self.asked = 0
        """How many times a rule's condition was looked at: what the work is counted by."""
        self._cutter: SentenceCutter | None = None
        self._where: Order = ()
        """The moment at which rules are asked."""
        self.orders: list[Order] = []
        """Where each judgement stands that was told last."""
        self._rules: dict[str, RuleState] = {}
        self._gates = DetectorGates(rulebook)
        self._take_book(rulebook, 0)

    def _take_book(self, rulebook: RuleBook, now: int) -> None:
        """Rules that are as they were keep their state."""
        known = self._rules
        self._book = rulebook
        named = frozenset[str]().union(*map(judged_by, rulebook))
        self._followed = frozenset(id_ for id_ in named if rulebook.said_by(id_) is None)
        """Rules without phrases that a condition or a gate names: that they fired is remembered."""
        self._rules = {}
        self._by_id: dict[str, list[RuleState]] = {}
        self._owed_by_id: dict[str, list[tuple[RuleState, NotSaid]]] = {}
        self._by_facet: dict[str, list[RuleState]] = {}
        self._owed_turns: list[tuple[RuleState, NotSaid]] = []
        self._open: dict[int, RuleState] = {}
        """Open findings that are to be closed after a time."""
        for number, rule in enumerate(rulebook):
            if self._only is not None and rule.id not in self._only:
                continue
            state = known.get(rule.id)
            if state is None or state.rule != rule:
                state = compile_rule(rule, number, rulebook, self._wake)
                for leaf in () if state is None else state.owed:
                    leaf.begin(now)
            if state is not None:
                state.number, state.sleeps_until = number, 0
                self._index(state)
                if state.is_open and state.stays is not None:
                    self._open[number] = state
        self._looks = [(facet, look) for facet, look in FACETS.items() if facet in self._by_facet]
        has_repeats = any(
            isinstance(leaf, Repeats) for state in self._rules.values() for leaf in state.leaves
        )
        self._cutter = (self._cutter or SentenceCutter()) if has_repeats else None

    def _index(self, state: RuleState) -> None:
        self._rules[state.rule.id] = state
        for id_ in state.anchors if state.is_momentary else state.heard_ids:
            self._by_id.setdefault(id_, []).append(state)
        facets = set(state.facets)
        if not state.is_momentary:
            if any(isinstance(leaf, leaves.Said) for leaf in state.leaves):
                facets.add("clock")
            for facet in facets:
                self._by_facet.setdefault(facet, []).append(state)
        for leaf in state.owed:
            for id_ in leaf.ids:
                self._owed_by_id.setdefault(id_, []).append((state, leaf))
            if leaf.row.within_turns is not None:
                self._owed_turns.append((state, leaf))
            if leaf.facet and state not in self._by_facet.setdefault(leaf.facet, []):
                self._by_facet[leaf.facet].append(state)

    def _wake(self, state: RuleState, leaf: NotSaid, at: int) -> None:
        heapq.heappush(self._due, (at, next(self._serials), state, leaf))

    # --- what comes ---------------------------------------------------------------------------------------

    def on_said(self, said: Said, context: CallContext, now: int) -> list[Judgement]:
        """A phrase was said: of a signal, a rule, or one that only clears a cue."""
        self._begin()
        heard = self._memory.hear(said.id, said.party, said.span, _as_written(said))
        return self._happened(heard, context, now)

    def on_event(self, fact: TimelineEvent, context: CallContext, now: int) -> list[Judgement]:
        """Takes one fact, after what was said in it."""
        if isinstance(fact, ProsodyFrame):  # ten a second of each voice: nothing follows from one
            self._memory.frames[fact.party].append(fact)
            return []
        self._begin()
        told: list[Judgement] = []
        cut = self._memory.take(fact, now)
        self._where = (0,)
        if cut is not None and isinstance(fact, InterruptionBegan | Interruption):
            told.extend(self._happened(cut, context, now, cut_id(fact.by)))
        if isinstance(fact, Turn):
            for state, leaf in self._owed_turns:
                if leaf.turn_ended(fact.party, fact.span):
                    self._where = (1, state.rule.id, state.leaves.index(leaf))
                    told.extend(self._ask(state, self._moment(context, now)))
        if self._cutter is not None:
            for number, sentence in enumerate(self._cutter.on_event(fact, now)):
                self._where = (2, number)
                told.extend(self._happened(self._memory.take_sentence(sentence), context, now))
        return told

    def on_judgement(self, judgement: Judgement, context: CallContext, now: int) -> list[Judgement]:
        """A detector's judgement: its rule's name counts as said, for rules that follow on it.

        Where it waits for the gates of its rule, it is itself among what is told, now or later.
        """
        self._begin()
        if not self._book.keeps_back(judgement.rule):
            return self._follow(judgement, context, now)
        if self._only is not None and judgement.rule not in self._only:
            return []
        return self._let(self._gates.take(judgement, self._moment(context, now)), context, now)

    def _let(self, through: Iterable[Judgement], context: CallContext, now: int) -> list[Judgement]:
        """What detectors found and the gates let through, with what follows on it."""
        told: list[Judgement] = []
        for one in through:
            told.extend((self._placed(one), *self._follow(one, context, now)))
        return told

    def on_tick(self, context: CallContext, now: int) -> list[Judgement]:
        """100 ms have passed, after the facts of them."""
        self._begin()
        told = self._release(0, context, now)
        self._memory.tick(context)
        moment = self._moment(context, now)
        asked: dict[int, RuleState] = {}
        while self._due and self._due[0][0] <= now:
            _, _, state, leaf = heapq.heappop(self._due)
            if leaf.due(now, self._memory, _WORDS_PATIENCE):
                asked[state.number] = state
        if context.revision is None or context.revision != self._revision:
            self._revision = context.revision
            self._look(context, asked)
        if now - self._polled >= _POLL:
            self._polled = now
            for state in self._by_facet.get("clock", ()):
                if not state.is_asleep(moment):
                    asked[state.number] = state
            asked.update(self._open)
        self._where = (1,)
        for number in sorted(asked):
            told.extend(self._ask(asked[number], moment))
        if self._cutter is not None:
            for number, sentence in enumerate(self._cutter.on_tick(now)):
                self._where = (2, number)
                told.extend(self._happened(self._memory.take_sentence(sentence), context, now))
        self._where = (3,)
        told.extend(self._let(self._gates.opened(moment), context, now))
        return told

    def _look(self, context: CallContext, asked: dict[int, RuleState]) -> None:
        """Adds to `asked` the rules that look at something in the context that has changed."""
        for facet, look in self._looks:
            seen = look(context)
            if self._facets.get(facet) != seen:
                self._facets[facet] = seen
                asked.update((state.number, state) for state in self._by_facet[facet])
                if facet == "phase":
                    self._phase_reached(context)

    def finish(self, context: CallContext, now: int) -> list[Judgement]:
        """The call is over: what was owed by its end is missing now."""
        self._begin()
        told = self._release(0, context, now)
        moment = self._moment(context, now)
        self._where = (1,)
        for state in self._rules.values():
            ending = [leaf for leaf in state.owed if leaf.row.by_end]
            for leaf in ending:
                leaf.ended(self._memory)
            if ending:
                told.extend(self._ask(state, moment))
        for kind in count(2):
            if not self._held:
                break
            told.extend(self._release(kind, context, now))
        return told

    def rebook(self, rulebook: RuleBook, context: CallContext, now: int) -> list[Judgement]:
        """Judges by another book from here on; what was said is remembered. Alerts of changed rules end."""
        self._begin()
        before: Mapping[str, RuleState] = self._rules
        self._take_book(rulebook, now)
        self._gates.rebook(rulebook)
        self._facets, self._revision = {}, None
        kept = {id(state) for state in self._rules.values()}
        self._due = [entry for entry in self._due if id(entry[2]) in kept]
        heapq.heapify(self._due)
        self._held = [held for held in self._held if id(held[0]) in kept]
        changed = [state for state in before.values() if id(state) not in kept]
        ended = [AlertEnded(rule=state.rule.id, reason="rule_changed") for state in changed]
        return [*ended, *self._let(self._gates.opened(self._moment(context, now)), context, now)]

    def report_findings(self) -> tuple[AlertRaised, ...]:
        """What the rules that only report have found, in order."""
        return tuple(self._findings)

    def muted(self) -> list[RuleMuted]:
        """Rules that were contained since this was last asked."""
        if not self._muted:
            return []
        muted, self._muted = self._muted, []
        return muted

    # --- judging ------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._where = ()
        if self.orders:
            self.orders = []

    def _placed(self, judgement: Judgement) -> Judgement:
        """A judgement that is told now."""
        self.orders.append((*self._where, judgement.rule))
        return judgement

    def _moment(self, context: CallContext, now: int, just: Heard | None = None) -> Moment:
        return Moment(self._memory, context, now, just)

    def _happened(self, heard: Heard, context: CallContext, now: int, name: str = "") -> list[Judgement]:
        """Asks every rule that listens for what has just happened."""
        moment = self._moment(context, now, heard)
        name = name or heard.id
        for _, leaf in self._owed_by_id.get(name, ()):
            leaf.hear(heard, self._memory)
        told: list[Judgement] = []
        for state in self._by_id.get(name, ()):
            told.extend(self._ask(state, moment))
        return told

    def _phase_reached(self, context: CallContext) -> None:
        for state in self._by_facet.get("phase", ()):
            for leaf in state.owed:
                if leaf.row.by_phase is not None and _has_reached(context, leaf.row.by_phase):
                    leaf.phase_reached(self._memory)

    def _ask(self, state: RuleState, moment: Moment) -> list[Judgement]:
        self.asked += 1
        state.sleeps_until = 0
        moment.counted_from = state.counted_from
        moment.is_told = state.was_true and not state.is_momentary
        if not (state.was_true or state.is_open) and not state.is_let(moment):
            return []
        found = state.root.found(moment)
        if not state.is_momentary:
            return self._ask_lasting(state, found, moment)
        return [] if found is None else self._fire(state, found, moment)

    def _ask_lasting(self, state: RuleState, found: Found | None, moment: Moment) -> list[Judgement]:
        if found is None:
            if moment.just is None:
                state.fall_asleep(moment)
            was_open, state.is_open, state.was_true = state.is_open, False, False
            if not was_open:
                return []
            self._open.pop(state.number, None)
            return [self._placed(AlertEnded(rule=state.rule.id, reason=SAID if any(state.owed) else "ended"))]
        if state.is_open and state.stays is not None and moment.now - state.opened_at >= state.stays:
            state.is_open = False
            self._open.pop(state.number, None)
            for leaf in state.owed:
                leaf.forget()
            return [self._placed(AlertEnded(rule=state.rule.id, reason="over"))]
        if state.was_true or not state.is_let(moment):
            return []
        state.was_true, state.is_open, state.opened_at = True, True, moment.now
        if state.stays is not None:
            self._open[state.number] = state
        return self._fire(state, found, moment)

    def _fire(self, state: RuleState, found: Found, moment: Moment) -> list[Judgement]:
        if moment.just is not None:
            state.counted_from = moment.just.serial
        if self._is_too_often(state, moment.now):
            state.is_open = False
            return []
        raised = AlertRaised(
            rule=state.rule.id,
            party=state.rule.who,
            about=_about(found, moment),
            evidence=found.evidence,
            values=found.values,
            is_momentary=state.is_momentary,
        )
        self._fired[state.rule.id] = raised.about
        if state.rule.report_only:
            if state.rule.is_on:
                self._findings.append(raised)
            state.is_open = False
            return self._follow(raised, moment.context, moment.now)
        if state.rule.yields_to:
            self._held.append((state, raised))
            return []
        return [self._placed(raised), *self._follow(raised, moment.context, moment.now)]

    def _follow(self, raised: Judgement, context: CallContext, now: int) -> list[Judgement]:
        """Rules that wait for this one to fire. Books in which rules wait in circles are refused."""
        if not isinstance(raised, AlertRaised) or raised.rule not in self._followed:
            return []
        heard = self._memory.hear(raised.rule, raised.party, raised.about, "")
        where, self._where = self._where, (*self._where, raised.rule)
        told = self._happened(heard, context, now)
        self._where = where
        return told

    def _release(self, kind: int, context: CallContext, now: int) -> list[Judgement]:
        """Raises what was held back, in the order of the book, where nothing fired to which it yields."""
        if not self._held:
            return []
        held, self._held = sorted(self._held, key=lambda one: one[0].number), []
        self._where = (kind,)
        told: list[Judgement] = []
        for state, raised in held:
            if any(self._wins(winner, raised.about) for winner in state.rule.yields_to):
                state.is_open = False
                continue
            told.extend((self._placed(raised), *self._follow(raised, context, now)))
        return told

    def _wins(self, winner: str, about: Span) -> bool:
        where = self._fired.get(winner)
        return where is not None and (
            where.start - _SAME_WORDS < about.end and about.start < where.end + _SAME_WORDS
        )

    def _is_too_often(self, state: RuleState, now: int) -> bool:
        """Contains a rule that fires on and on: it is muted for a while, and the supervisor is told once."""
        if now < state.muted_until:
            return True
        limit, window = self._settings.raises_max, samples(self._settings.raises_window_s)
        while state.raised and now - state.raised[0] > window:
            state.raised.popleft()
        if len(state.raised) >= limit:
            state.muted_until = now + samples(self._settings.muted_s)
            state.raised.clear()
            self._muted.append(RuleMuted(state.rule.id, limit))
            return True
        state.raised.append(now)
        return False


def _about(found: Found, moment: Moment) -> Span:
    if not found.spans:
        return Span(max(0, moment.at - samples(0.1)), moment.at) if moment.at else Span(0, 1)
    start = min(span.start for span in found.spans)
    return Span(start, max(span.end for span in found.spans))


def _has_reached(context: CallContext, phase: Phase) -> bool:
    """Whether the call has come to a phase, or past it."""
    order = list(Phase)
    return any(order.index(reached) >= order.index(phase) for reached in context.reached)


def _as_written(said: Said) -> str:
    return said.phrase.strip(_PUNCTUATION)
