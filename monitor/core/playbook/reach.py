"""How far a change of a book reaches: which of its rules may find something else because of it.

A rule finds what follows from the facts, from what is said by the ids that it names, from the rules that it
names, and, where it looks at it, from the reading. What none of that has changed for finds what it found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from monitor.core.playbook import conditions as rows
from monitor.core.playbook.model import Rule, RuleBook
from monitor.core.playbook.phrases import Row
from monitor.core.playbook.tree import GROUPS, walk

_UNREAD_CONDITIONS: tuple[type[Row], ...] = (
    rows.SaidLeaf,
    rows.OrderLeaf,
    rows.CountLeaf,
    rows.RepeatsLeaf,
    rows.LikeLeaf,
    rows.TurnLongerLeaf,
    rows.TurnsLeaf,
    rows.SilentLeaf,
    rows.ReplyGapLeaf,
    rows.UnacknowledgedLeaf,
    rows.TalkShareLeaf,
    rows.SpokenLeaf,
    rows.CallLongerLeaf,
    rows.InterruptsLeaf,
    rows.SoundsLeaf,
    *GROUPS.values(),
)
"""Conditions that look at nothing of the reading; any other is taken to."""
_UNREAD_GATES = frozenset({"after", "before", "within_s", "score_at_least"})


def looks_at_reading(rule: Rule) -> bool:
    """Whether what the rule finds may depend on how the call is read, the temper included."""
    gates = {name for name, value in rule.when if value is not None}
    return not gates <= _UNREAD_GATES or any(map(_is_read, _parts(rule)))


def _is_read(part: object) -> bool:
    match part:
        case rows.TimingLeaf():
            return "account" in part.timing
        case rows.NotSaidLeaf():
            return part.by_phase is not None
        case _:
            return not isinstance(part, _UNREAD_CONDITIONS)


def _parts(rule: Rule) -> Iterator[object]:
    return iter(()) if rule.condition is None else walk(rule.condition)


def judged_by(rule: Rule) -> frozenset[str]:
    """The signals and rules on which it depends what the rule finds."""
    named = {*rule.when.names, *rule.yields_to}
    named.update(id_ for part in _parts(rule) for id_ in getattr(part, "names", ()))
    return frozenset(named)


def reached(rulebook: RuleBook, changed: Iterable[str], *, is_read_anew: bool) -> frozenset[str]:
    """The rules that find something else, maybe, where these signals, rules and detectors are others.

    With `is_read_anew` the reading is another one, too.
    """
    found = set(changed)
    if is_read_anew:
        found.update(rule.id for rule in rulebook if looks_at_reading(rule))
    named = {rule.id: judged_by(rule) for rule in rulebook}
    while more := {id_ for id_, names in named.items() if id_ not in found and names & found}:
        found |= more
    return frozenset(id_ for id_ in found if id_ in rulebook)


def with_what_they_need(rulebook: RuleBook, rules: Collection[str]) -> frozenset[str]:
    """These rules and those that must be judged beside them, since they name them."""
    needed: set[str] = set()
    left = list(rules)
    while left:
        id_ = left.pop()
        if id_ in rulebook and id_ not in needed:
            needed.add(id_)
            left.extend(judged_by(rulebook[id_]))
    return frozenset(needed)
