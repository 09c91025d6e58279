"""What fired against what the labels say: precision, recall and their intervals.

A firing counts for a label when it comes between the start of the labelled turn (with the silence before it)
and 15 s after its end or the end of the second turn after it, whichever is later. It is right when one of the
rules that the product's rule names as its source is labelled there, as `fires` or as `also_ok`. A label is
found by such a firing (a family by that of any of its rules), or by an earlier right one of the same rule
within 30 s: a rule that has just spoken does not speak again at once.

Rules that ask what kind of caller it is, what the need, or what is missing of the complaint are also found
where the reading of the call shows it; how right the reading is has figures of its own
(`bench/reading_scores.py`).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bench.labelled import Conversation, SaidTurn, rules_of
from bench.staging import Stage
from monitor.core.events import Alert, Cue, Event, Reading
from monitor.core.playbook.model import RuleBook

LATE_S = 15.0
LATE_TURNS = 2
EARLY_S = 0.5
"""A turn's start is where its first word starts; what hears the voice may be a little before it. The silence
before a turn belongs to it: a late answer is told while it is late."""
SPEAKS_AGAIN_S = 30.0
_NOT_LIVE_TEXT = """
    S0-05 S0-16 S0-19 S0-20 S0-47 S1-13 S2-02 S2-04 S2-10 S2-12 S2-16 S2-21 S2-26 S2-30 S2-36 S2-37 S3-01
    S3-08 S3-16 S3-19 S4-19 S4-30 S4-31 S4-32 S4-33
"""
NOT_LIVE = frozenset(_NOT_LIVE_TEXT.split())
"""Rules that the table does not call live-capable: a firing is judged, but none is missed."""
READ_AS = {
    "subjective": "S0-01",
    "commanding": "S0-08",
    "wavering": "S0-16",
    "irritable": "S0-24",
    "resolve": "S1-01",
    "respect": "S1-05",
    "compensation": "S1-08",
    "venting": "S1-13",
}
"""Rules that ask what kind of caller it is and what the need: the page shows it without an alert."""
READ_SOURCES = frozenset({*READ_AS.values(), "S1-21", "S4-01"})
"""Rules that name what kind of call it is: the labels hold many, which would outweigh what agents do."""
MISSING_AS = {"about_whom": "S4-08", "cause": "S4-09", "course": "S4-09", "demand": "S4-10", "name": "S4-11"}
"""Rules that ask for a part of the complaint: the page shows it as missing while it is."""
FACTS = frozenset({"order_number", "contact", "name", "course"})
"""Slots that capture facts in passing (S1-21)."""
_RESAMPLES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """An alert or a cue, with where its rule comes from."""

    rule: str
    sources: frozenset[str]
    t_s: float
    is_right: bool
    near: frozenset[str]
    """Of its sources, those that the turn names as near misses, where it is wrong."""
    turn: int
    """The last turn that had begun."""


@dataclass(slots=True, kw_only=True)
class CallScore:
    """One conversation's part."""

    conversation: Conversation
    length_s: float
    alerts: list[Firing] = field(default_factory=list)
    cues: list[Firing] = field(default_factory=list)
    found: list[tuple[str, int]] = field(default_factory=list)
    """Labels that were found: a rule or a family of rules, and the turn."""
    missed: list[tuple[str, int]] = field(default_factory=list)
    near: int = 0
    """Labels of near misses."""


def score(stage: Stage, events: Sequence[Event], rulebook: RuleBook) -> CallScore:
    """Judges one call's events by its labels."""
    judged = CallScore(conversation=stage.conversation, length_s=stage.end_s)
    windows = [_window(stage.turns, turn) for turn in stage.turns]
    for event in events:
        if isinstance(event, Alert | Cue):
            firing = _judged(event.rule, event.t_s, stage, windows, rulebook)
            (judged.alerts if isinstance(event, Alert) else judged.cues).append(firing)
    right: dict[str, list[float]] = defaultdict(list)
    for firing in judged.alerts:
        if firing.is_right:
            for source in firing.sources:
                right[source].append(firing.t_s)
    for source, at_s in shown(events):
        right[source].append(at_s)
    for turn, (start_s, end_s) in zip(stage.turns, windows, strict=True):
        judged.near += len(turn.near)
        for label in sorted(turn.fires):
            rules = rules_of([label], stage.conversation.id) - NOT_LIVE
            told = [at_s for rule in rules for at_s in right[rule]]
            is_found = any(start_s - SPEAKS_AGAIN_S <= at_s <= end_s for at_s in told)
            if rules:
                (judged.found if is_found else judged.missed).append((label, turn.index))
    return judged


def shown(events: Iterable[Event]) -> Iterator[tuple[str, float]]:
    """What the reading of the call shows that rules of the table ask for, with each time of its showing."""
    for event in events:
        if not isinstance(event, Reading):
            continue
        for leaning in (*event.types, *event.needs):
            if leaning.is_named:
                yield READ_AS[leaning.name], event.t_s
        filled = {slot.slot for slot in event.slots}
        if event.is_complaint:
            yield "S4-01", event.t_s
            for name, source in MISSING_AS.items():
                if name not in filled:
                    yield source, event.t_s
        for slot in event.slots:
            if slot.slot in FACTS:
                yield "S1-21", slot.at_s


def _window(turns: Sequence[SaidTurn], turn: SaidTurn) -> tuple[float, float]:
    later = turns[min(turn.index + LATE_TURNS, len(turns) - 1)]
    return turn.start_s - max(EARLY_S, turn.lead_s), max(turn.end_s + LATE_S, later.end_s)


def _judged(
    rule: str, t_s: float, stage: Stage, windows: Sequence[tuple[float, float]], rulebook: RuleBook
) -> Firing:
    sources = frozenset(rulebook[rule].source)
    here = [
        turn for turn, (start_s, end_s) in zip(stage.turns, windows, strict=True) if start_s <= t_s <= end_s
    ]
    may = stage.conversation.also_ok.union(*(turn.fires | turn.also_ok for turn in here))
    is_right = bool(sources & may)
    near = frozenset[str]().union(*(turn.near for turn in here)) & sources
    begun = [turn.index for turn in stage.turns if turn.start_s <= t_s]
    return Firing(
        rule=rule,
        sources=sources,
        t_s=t_s,
        is_right=is_right,
        near=frozenset() if is_right else near,
        turn=begun[-1] if begun else 0,
    )


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its counts and the 95 % interval over conversations drawn again and again."""

    part: int
    whole: int
    low: float
    high: float

    def __str__(self) -> str:
        if not self.whole:
            return "none"
        return f"{self.part / self.whole:.3f} [{self.low:.3f}, {self.high:.3f}] ({self.part} of {self.whole})"


def share(scores: Sequence[CallScore], count: Callable[[CallScore], tuple[int, int]]) -> Share:
    """`count` gives a conversation's part and whole."""
    return share_of([count(one) for one in scores])


def share_of(counts: Sequence[tuple[int, int]]) -> Share:
    """From each conversation's part and whole. What a call says hangs together, so whole calls are drawn."""
    part, whole = sum(p for p, _ in counts), sum(w for _, w in counts)
    draw = random.Random(5)
    drawn: list[float] = []
    for _ in range(_RESAMPLES):
        again = draw.choices(counts, k=len(counts))
        total = sum(w for _, w in again)
        if total:
            drawn.append(sum(p for p, _ in again) / total)
    drawn.sort()
    if not drawn:
        return Share(part, whole, 0.0, 0.0)
    return Share(part, whole, drawn[len(drawn) // 40], drawn[-1 - len(drawn) // 40])


def precision(scores: Sequence[CallScore]) -> Share:
    """Right alerts of all alerts."""
    return share(scores, lambda one: (sum(alert.is_right for alert in one.alerts), len(one.alerts)))


def recall(scores: Sequence[CallScore], only: frozenset[str] | None = None) -> Share:
    """Labels found of all labels, or of those that one of the rules `only` answers."""

    def is_counted(label: str) -> bool:
        return only is None or not only.isdisjoint(rules_of([label], "label"))

    def count(one: CallScore) -> tuple[int, int]:
        found = sum(is_counted(label) for label, _ in one.found)
        return found, found + sum(is_counted(label) for label, _ in one.missed)

    return share(scores, count)


def cue_precision(scores: Sequence[CallScore]) -> Share:
    """Right cues of all cues."""
    return share(scores, lambda one: (sum(cue.is_right for cue in one.cues), len(one.cues)))


def by_rule(scores: Sequence[CallScore]) -> dict[str, tuple[int, int]]:
    """For each of the product's rules that fired: right firings and all."""
    counts: dict[str, tuple[int, int]] = {}
    for one in scores:
        for alert in one.alerts:
            right, every = counts.get(alert.rule, (0, 0))
            counts[alert.rule] = (right + alert.is_right, every + 1)
    return counts


def by_source(scores: Sequence[CallScore]) -> dict[str, tuple[int, int]]:
    """For each rule of the table, and each family, that is labelled: labels found and all."""
    counts: dict[str, tuple[int, int]] = {}
    for one in scores:
        for labels, is_found in ((one.found, 1), (one.missed, 0)):
            for rule, _ in labels:
                found, every = counts.get(rule, (0, 0))
                counts[rule] = (found + is_found, every + 1)
    return counts
