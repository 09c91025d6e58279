"""What followed on each fact of a call, kept beside it: another book then does only what it does otherwise.

A tape has the phrases that were heard and what the rules made of them. Where a book listens for a row in the
same words, what was heard of it is taken from the tape; where nothing that a rule depends on has changed, so
is what it found. What is not the same is heard and judged (`monitor.core.taped`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from monitor.core.audio import Party
from monitor.core.facts import Judgement, Said
from monitor.core.playbook.judge import Order
from monitor.core.playbook.kept import once_for_each_book
from monitor.core.playbook.listener import Place, phrase_rows, sentence_rows
from monitor.core.playbook.model import Rule, RuleBook, Signal
from monitor.core.playbook.reach import reached

AT_END = -1
"""The step of a fact, a tick or a call's end after all that was said and found in it."""
FOUND_FROM = 1_000
"""The first of the steps that are about what detectors found; those before are about what was said."""
_WORDING = frozenset(
    {"title", "because", "severity", "cue", "variants", "cool_down_s", "topic", "source", "is_on"}
    | {"temper_weight", "provokes"}
)
"""Fields of a row of which nothing that it finds depends."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A phrase that was heard, and its place among what is heard at one time."""

    place: Place
    said: Said


@dataclass(frozen=True, slots=True)
class Ruled:
    """What a rule found at one step of judging a fact."""

    step: int
    judgement: Judgement
    order: Order = ()
    """Where it stands among what the rules found at this step."""


@dataclass(frozen=True, slots=True)
class Tape:
    """What followed on one fact, tick or end of a call."""

    heard: tuple[Placed, ...] = ()
    ruled: tuple[Ruled, ...] = ()


NOTHING_FOLLOWED = Tape()


@dataclass(frozen=True, slots=True)
class Marks:
    """By what a call was heard and judged, as digests, so that it can be told what of a book is the same."""

    heard: Mapping[str, str] = field(default_factory=dict)
    """One for each row of phrases, and one for each party of what is compared with whole sentences."""
    rows: Mapping[str, str] = field(default_factory=dict)
    """One for each signal and rule, in the book's order; empty where there is no tape of the rules."""
    read: str = ""
    """One of all that the reading is made of."""


NO_MARKS = Marks()


@once_for_each_book
def marks_of(rulebook: RuleBook) -> Marks:
    """The marks of a book."""
    heard = {
        phrase_mark(party, id_): _digest(phrases.model_dump_json())
        for party in Party
        for id_, phrases in phrase_rows(rulebook, party).items()
    }
    for party in Party:
        heard[sentence_mark(party)] = _digest(repr(sentence_rows(rulebook, party)))
    every: dict[str, Signal | Rule] = {**rulebook.signals, **{rule.id: rule for rule in rulebook}}
    rows = {id_: _digest(row.model_dump_json(exclude=set(_WORDING))) for id_, row in every.items()}
    read = _digest(repr(sorted((id_, rows[id_]) for id_ in rulebook.meanings())))
    return Marks(heard, rows, read)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def phrase_mark(party: Party, id_: str) -> str:
    """The name in `Marks.heard` of a row of phrases."""
    return f"{party.value}:{id_}"


def sentence_mark(party: Party) -> str:
    """The name in `Marks.heard` of what is compared with a party's whole sentences."""
    return f"{party.value}:?"


def judged_anew(
    rulebook: RuleBook, marks: Marks, detectors: Collection[str], *, is_read_anew: bool
) -> frozenset[str] | None:
    """The rules of a book that may find something else than is on the tape; None where any may.

    Args:
        detectors: those that judge by other thresholds than the call's.
        is_read_anew: the reading goes by other settings than the call's.
    """
    old, new = marks.rows, marks_of(rulebook).rows
    if not old or [id_ for id_ in old if id_ in new] != [id_ for id_ in new if id_ in old]:
        return None
    changed = {id_ for id_ in old.keys() | new.keys() if old.get(id_) != new.get(id_)}
    is_read_anew |= marks_of(rulebook).read != marks.read
    return reached(rulebook, changed.union(detectors), is_read_anew=is_read_anew)
