"""The gates of rules, `when`: what must hold of the call for what is found to be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from monitor.core.clock import samples
from monitor.core.facts import AlertRaised, Judgement, TemperState
from monitor.core.playbook.leaves import Moment
from monitor.core.playbook.model import RuleBook
from monitor.core.playbook.tree import When

Gate = Callable[[Moment], bool]


def gates_of(when: When) -> Iterator[Gate]:
    """The questions that all have to be answered with yes."""
    states = list(TemperState)
    floor = when.score_at_least
    if when.phase is not None:
        phases = when.phase
        yield lambda call: call.context.phase in phases
    if when.temper_at_least is not None:
        up = frozenset(states[states.index(when.temper_at_least) :])
        yield lambda call: call.context.temper in up
    if when.temper_at_most is not None:
        down = frozenset(states[: states.index(when.temper_at_most) + 1])
        yield lambda call: call.context.temper in down
    if when.caller_type is not None:
        types = when.caller_type
        yield lambda call: any(call.context.types[kind] >= floor for kind in types)
    if when.need is not None:
        needs = when.need
        yield lambda call: any(call.context.needs[need] >= floor for need in needs)
    if when.is_complaint is not None:
        is_complaint = when.is_complaint
        yield lambda call: call.context.is_complaint is is_complaint
    if when.language is not None:
        language = when.language
        yield lambda call: call.context.language[:2] == language
    if when.before is not None:
        before = when.before
        yield lambda call: not call.memory.said_before(before, call.just)
    if when.after is not None:
        after = when.after
        window = None if when.within_s is None else samples(when.within_s)
        yield lambda call: call.memory.said_within(after, call.just, call.at, window)


class DetectorGates:
    """Keeps back what detectors find while the gates of their rules are shut.

    What lasts is told as soon as they open, if it lasts until then; what was a moment is forgotten.
    """

    def __init__(self, rulebook: RuleBook) -> None:
        self._gates: dict[str, tuple[Gate, ...]] = {}
        self._kept: dict[tuple[str, str], AlertRaised] = {}
        self.rebook(rulebook)

    def rebook(self, rulebook: RuleBook) -> None:
        """Asks another book's gates from here on; what is no longer gated has `opened`."""
        self._gates = {rule.id: tuple(gates_of(rule.when)) for rule in rulebook if rule.is_gated}

    def take(self, judgement: Judgement, moment: Moment) -> list[Judgement]:
        """What is to be told of a judgement now: itself, or nothing."""
        where = (judgement.rule, judgement.key)
        if not isinstance(judgement, AlertRaised):
            return [] if self._kept.pop(where, None) is not None else [judgement]
        if self._are_open(judgement.rule, moment):
            self._kept.pop(where, None)
            return [judgement]
        if not judgement.is_momentary:
            self._kept[where] = judgement
        return []

    def opened(self, moment: Moment) -> list[AlertRaised]:
        """What was kept back and may be told now."""
        if not self._kept:
            return []
        told = [kept for kept in self._kept.values() if self._are_open(kept.rule, moment)]
        for one in told:
            del self._kept[one.rule, one.key]
        return told

    def _are_open(self, rule_id: str, moment: Moment) -> bool:
        return all(gate(moment) for gate in self._gates.get(rule_id, ()))
