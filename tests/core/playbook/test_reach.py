"""How far a change of a book reaches."""

from __future__ import annotations

import pytest

from bench.labelled import FOLDER, load_conversation
from monitor.core.facts import TemperState
from monitor.core.playbook.judge import RuleJudge
from monitor.core.playbook.listener import Listener
from monitor.core.playbook.model import RuleBook
from monitor.core.playbook.reach import looks_at_reading, reached, with_what_they_need
from monitor.core.playbook.source import parse_book
from monitor.core.reading.context import CallState
from monitor.core.rejudge import FactTold, Ticked
from monitor.core.retold import of_transcript
from monitor.playbook_files import load_playbook

BOOK = load_playbook()
WORDS = """
[[signal]]
id = "{0}"
who = "agent"
phrases = {{ en = ["{0}"] }}
"""
RULE = """
[[rule]]
id = "{0}"
who = "agent"
title = {{ zh = "题", en = "title" }}
severity = "medium"
because = {{ zh = "因为", en = "because" }}
"""


def book(*rules: str) -> RuleBook:
    """Rules by their `what` and more, named r0, r1 and so on, beside the signals a, b and c."""
    rows = [RULE.format(f"r{number}") + text for number, text in enumerate(rules)]
    return parse_book({"book": "".join(map(WORDS.format, "abc")) + "\n".join(rows)})


CHAIN = book(
    'what = { said = "a" }',
    'what = { said = "r0" }',
    'what = { all = [{ said = "b" }, { not = { said = "c" } }] }\nyields_to = "r1"',
    'what = { said = "b" }\nwhen = { before = "c" }',
    'what = { all = [{ said = "b" }, { phase = "handling" }] }',
)


@pytest.mark.parametrize(
    ("changed", "rules"),
    [("a", "r0 r1 r2"), ("b", "r2 r3 r4"), ("c", "r2 r3"), ("r1", "r1 r2"), ("r3", "r3"), ("nothing", "")],
)
def test_a_change_reaches_what_names_it_and_what_follows(changed: str, rules: str) -> None:
    assert reached(CHAIN, [changed], is_read_anew=False) == frozenset(rules.split())


def test_another_reading_reaches_what_looks_at_it() -> None:
    assert reached(CHAIN, [], is_read_anew=True) == {"r4"}


def test_a_rule_needs_those_that_it_names() -> None:
    assert with_what_they_need(CHAIN, ["r2"]) == {"r0", "r1", "r2"}
    assert with_what_they_need(CHAIN, ["r3"]) == {"r3"}


class Unread(CallState):
    """A call of which only the clock may be asked."""

    asked: str = ""

    def __getattribute__(self, name: str) -> object:
        if name not in {"now", "revision", "temper"} and not name.startswith("_"):
            raise AssertionError(f"{name} of the reading was looked at")
        return super().__getattribute__(name)


@pytest.mark.parametrize("name", ["zh_course_veiled", "en_telecom_powerless", "zh_retail_haggle"])
def test_what_is_said_not_to_look_at_the_reading_does_not(name: str) -> None:
    """Else an edit that changes the reading would leave a rule as it was."""
    unread = {rule.id for rule in BOOK if not looks_at_reading(rule)}
    assert 40 < len(unread) < len(BOOK)
    judge, context = RuleJudge(BOOK, only=unread), Unread(temper=TemperState.CALM)
    conversation = load_conversation(FOLDER / f"{name}.toml")
    lines = [f"{turn.party}: {''.join(turn.pieces)}" for turn in conversation.turns]
    listener, told = Listener(BOOK), []
    for record in of_transcript("\n".join(lines)):
        if isinstance(record, FactTold):
            for said in listener.on_event(record.fact, record.now):
                told += judge.on_said(said, context, record.now)
            told += judge.on_event(record.fact, context, record.now)
        elif isinstance(record, Ticked):
            for said in listener.on_tick(record.now):
                told += judge.on_said(said, context, record.now)
            told += judge.on_tick(context, record.now)
    assert len(told) > 3
