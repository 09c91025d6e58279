"""The second reader's labels are sound, and agreement is counted as the product is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.labelled import BATCHES, Conversation, LabelError, load_conversation, load_conversations
from bench.second_reader import BATCH, agreement, relabelled, show

CALL = """
id = "small"
language = "en"
domain = "test"
caller_type = "none"
need = "none"
turns = [
  { a = "Hello, how can I help you today?" },
  { c = "I want to speak to your manager.", fires = ["S3-07"], also_ok = ["@outside"] },
  { a = "No." , fires = ["@refusal"], near = ["S2-03"] },
  { c = "Why not?" },
  { a = "That is how it is." },
  { c = "I see." },
  { a = "Goodbye, then." },
  { c = "Goodbye." },
]
"""


@pytest.fixture
def call(tmp_path: Path) -> Conversation:
    file = tmp_path / "small.toml"
    file.write_text(CALL, "utf-8")
    return load_conversation(file)


def read(call: Conversation, labels: str, folder: Path) -> list[Conversation]:
    file = folder / "labels"
    file.write_text(f"[small]\n{labels}", "utf-8")
    return relabelled([call], file)


def test_every_call_of_the_batch_is_labelled_a_second_time() -> None:
    calls = [call for call in load_conversations() if BATCHES[call.batch] == BATCH]
    again = relabelled(calls)
    assert [call.id for call in again] == [call.id for call in calls]
    for call, other in zip(calls, again, strict=True):
        assert call.said == other.said and any(turn.also_ok for turn in other.turns)
    turns = [
        (turn.fires, new.fires)
        for c, o in zip(calls, again, strict=True)
        for turn, new in zip(c.turns, o.turns, strict=True)
    ]
    assert any(first != second for first, second in turns), "these are labels of another reader"
    assert relabelled([call for call in load_conversations() if BATCHES[call.batch] != BATCH]) == []


@pytest.mark.parametrize(
    ("labels", "right", "found", "lenient"),
    [
        ('1 = { fires = ["S3-07"] }\n2 = { fires = ["S0-10"] }', (2, 2), (2, 2), (2, 2)),
        ('3 = { fires = ["S3-07"] }', (1, 1), (1, 2), (1, 2)),
        ('4 = { fires = ["S3-07"] }', (0, 1), (0, 2), (0, 2)),
        ('1 = { fires = ["S0-28"], also_ok = ["S3-07"] }', (1, 1), (0, 2), (1, 2)),
        ('2 = { fires = ["S2-03"] }', (0, 1), (0, 2), (0, 2)),
        ('2 = { fires = ["S4-01", "S3-08"] }', (0, 0), (0, 2), (0, 2)),
    ],
    ids=["alike", "two turns late", "three turns late", "allowed", "near miss", "what nobody scores"],
)
def test_a_reader_is_judged_as_the_product_is(
    call: Conversation,
    labels: str,
    right: tuple[int, int],
    found: tuple[int, int],
    lenient: tuple[int, int],
    tmp_path: Path,
) -> None:
    told = agreement([call], read(call, labels, tmp_path))
    assert (told.precision.part, told.precision.whole) == right
    assert (told.recall.part, told.recall.whole) == found
    assert (told.lenient.part, told.lenient.whole) == lenient


def test_chance_is_what_labels_in_other_places_reach(call: Conversation, tmp_path: Path) -> None:
    told = agreement([call], read(call, '1 = { fires = ["S3-07"] }', tmp_path))
    # Of the caller's four turns two are within two turns of the label.
    assert told.precision.part == 1 and 0.3 < told.chance < 0.7


@pytest.mark.parametrize("labels", ['9 = { fires = ["S3-07"] }', '1 = { fires = ["S9-07"] }'])
def test_labels_of_no_turn_or_no_rule_are_refused(call: Conversation, labels: str, tmp_path: Path) -> None:
    with pytest.raises(LabelError):
        read(call, labels, tmp_path)


@pytest.mark.parametrize(("only", "calls", "good"), [("", 28, 10), ("_e8_bank", 1, 0), ("zh_e8_good", 5, 5)])
def test_what_is_printed_has_the_good_calls_of_those_named(
    only: str, calls: int, good: int, capsys: pytest.CaptureFixture[str]
) -> None:
    named = [call for call in load_conversations() if BATCHES[call.batch] == BATCH and only in call.id]
    show(named, relabelled(named))
    printed = capsys.readouterr().out
    assert f"{calls} calls" in printed and f"false alarms in {good} good calls" in printed
