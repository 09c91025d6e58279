"""How far two careful readers of the same rules agree: what a playbook can be asked to find.

The conversations of the eighth batch were labelled a second time, by a reader who knew the table of rules,
how labels are written and two conversations of the third batch, and never saw a label of the eighth nor a
pattern. Each was read once, and nothing was changed after the comparison; the names tell which calls are good
ones. `conversations/second_reader/eighth.toml` holds, by conversation and turn, what should be told there
(`fires`) and what may be (`also_ok`), written as in `bench/labelled.py`.

The reader is judged as the product is: what would be told is right where the first labels allow it within
two turns, and a first label is found where one of its rules would be told within two turns. Chance is what
the reader's labels reach when each is moved to another turn of the same party in the same call.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.labelled import FOLDER, Conversation, LabelError, SaidTurn, of_heat, rules_of
from bench.scoring import LATE_TURNS, NOT_LIVE, READ_SOURCES, Share, share_of

BATCH = "eighth"
LABELS = FOLDER / "second_reader" / f"{BATCH}.toml"
_UNSCORED = NOT_LIVE | READ_SOURCES
_MOVES = 50
"""How often each label is moved for chance."""


def relabelled(calls: Sequence[Conversation], path: Path = LABELS) -> list[Conversation]:
    """Those of `calls` that the second reader has labelled, with these labels in place of the first.

    Raises:
        LabelError: a turn is labelled that is not there, or with what is no rule.
    """
    told = tomllib.loads(path.read_text("utf-8"))
    return [_relabelled(call, told[call.id]) for call in calls if call.id in told]


def _relabelled(call: Conversation, told: Mapping[str, Mapping[str, Sequence[str]]]) -> Conversation:
    strange = set(told) - {str(turn.index) for turn in call.turns}
    if strange:
        raise LabelError(f"{call.id}: the second reader labels turns that are not there: {sorted(strange)}")
    turns = tuple(_relabelled_turn(call.id, turn, told.get(str(turn.index), {})) for turn in call.turns)
    return replace(call, also_ok=frozenset(), turns=turns)


def _relabelled_turn(where: str, turn: SaidTurn, told: Mapping[str, Sequence[str]]) -> SaidTurn:
    fires = frozenset(told.get("fires", ()))
    may = rules_of([*fires, *told.get("also_ok", ())], where) - fires
    return replace(turn, fires=fires, near=frozenset(), also_ok=may | of_heat(turn.heat) - fires)


@dataclass(frozen=True, slots=True)
class Agreement:
    """One reader's labels by those of another."""

    precision: Share
    """Of what the one would tell, what the other allows."""
    recall: Share
    """Of what the other would tell, what the one would."""
    lenient: Share
    """The same, counting what the one allows."""
    chance: float
    """The precision of the labels moved about."""


def agreement(calls: Sequence[Conversation], read: Sequence[Conversation]) -> Agreement:
    """The labels of `read` by those of `calls`, the same conversations in the same order."""
    pairs = list(zip(calls, read, strict=True))
    moved = [_moved(first, second) for first, second in pairs]
    return Agreement(
        precision=share_of([_allowed(first, _told(second)) for first, second in pairs]),
        recall=share_of([_found(first, second, may=False) for first, second in pairs]),
        lenient=share_of([_found(first, second, may=True) for first, second in pairs]),
        chance=sum(part for part, _ in moved) / max(1, sum(whole for _, whole in moved)),
    )


def _told(call: Conversation) -> list[tuple[int, frozenset[str]]]:
    """What should be told: the turn, and the rules of which any will do."""
    told = [
        (turn.index, rules_of([label], call.id) - _UNSCORED)
        for turn in call.turns
        for label in sorted(turn.fires)
    ]
    return [(index, rules) for index, rules in told if rules]


def _near(call: Conversation, index: int) -> Sequence[SaidTurn]:
    return call.turns[max(0, index - LATE_TURNS) : index + LATE_TURNS + 1]


def _allowed(call: Conversation, told: Collection[tuple[int, frozenset[str]]]) -> tuple[int, int]:
    """How many of `told` a conversation's labels allow, and of how many."""
    right = 0
    for index, rules in told:
        labels = [rules_of(turn.fires, call.id) | turn.also_ok for turn in _near(call, index)]
        right += not rules.isdisjoint(call.also_ok.union(*labels))
    return right, len(told)


def _found(call: Conversation, read: Conversation, *, may: bool) -> tuple[int, int]:
    """How many labels of a conversation the reader would tell (or at least allow), and of how many."""
    wanted = _told(call)
    found = 0
    for index, rules in wanted:
        labels = [
            rules_of(turn.fires, call.id) | (turn.also_ok if may else frozenset[str]())
            for turn in _near(read, index)
        ]
        found += not rules.isdisjoint(frozenset[str]().union(*labels))
    return found, len(wanted)


def _moved(call: Conversation, read: Conversation) -> tuple[int, int]:
    draw = random.Random(5)
    told = [
        (draw.choice([turn.index for turn in call.turns if turn.party is call.turns[index].party]), rules)
        for index, rules in _told(read)
        for _ in range(_MOVES)
    ]
    return _allowed(call, told)


def show(calls: Sequence[Conversation], read: Sequence[Conversation]) -> None:
    """Prints the second reader by the first labels: all, by language, and good calls."""
    print(f"\nthe second reader of the {BATCH} batch by the first labels: {len(read)} calls")
    parts = {
        "all": list(calls),
        "zh": [call for call in calls if call.language == "zh"],
        "en": [call for call in calls if call.language == "en"],
    }
    by_id = {call.id: call for call in read}
    for name, part in parts.items():
        if not part:
            continue
        found = agreement(part, [by_id[call.id] for call in part])
        print(f"  {name:3} right {found.precision}, by chance {found.chance:.2f}")
        print(f"      found {found.recall}, or at least allowed {found.lenient}")
    good = [call for call in calls if "_good_" in call.id]
    counts = [_allowed(call, _told(by_id[call.id])) for call in good]
    print(f"  false alarms in {len(good)} good calls    {sum(told - right for right, told in counts)}")
