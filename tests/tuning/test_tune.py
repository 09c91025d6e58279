"""`[tune.<rule>]`: laid over a rule of another file, by the fields and numbers that it names."""

from __future__ import annotations

import pytest

from monitor.core.alerts import AlertDesk
from monitor.core.audio import Party
from monitor.core.clock import Span
from monitor.core.facts import AlertRaised, Severity
from monitor.core.playbook.model import Rule, RuleBook
from monitor.core.playbook.source import parse_book, read_sources
from monitor.core.playbook.tune import numbers, tuned, unit_of

RULE = """
[[rule]]
id = "refusal"
title = { zh = "拒绝", en = "Refuses" }
who = "agent"
severity = "medium"
because = { zh = "拒绝", en = "refuses" }
phrases = { zh = ["办不了"], en = ["we cannot"] }
what = { all = [{ said = "refusal", at_least = 2, within_s = 60 }, { call_longer_than_s = 30 }] }
[rule.cue]
text = { zh = "讲原因", en = "Say why" }
say = { zh = "因为", en = "Because" }
"""
TUNE = """
[tune.refusal]
is_on = false
severity = "high"
cue = { say = { zh = "这是因为", en = "That is because" } }
phrases = { zh = ["不可以"] }
numbers = { "what.all.0.within_s" = 20, "what.all.1.call_longer_than_s" = 5.5 }
"""


def book(*texts: str) -> RuleBook:
    return parse_book([(f"{number}.toml", text) for number, text in enumerate(texts)])


def faults(tune: str) -> list[tuple[str, int, str]]:
    _, found = read_sources([("a.toml", RULE), ("t.toml", tune)])
    return [(fault.file, fault.line, fault.reason) for fault in found]


def test_only_what_is_named_changes() -> None:
    plain, changed = book(RULE)["refusal"], book(RULE, TUNE)["refusal"]
    assert (changed.is_on, changed.severity) == (False, Severity.HIGH)
    assert changed.cue is not None and plain.cue is not None
    assert changed.cue.text == plain.cue.text
    assert changed.cue.say is not None and changed.cue.say.en == "That is because"
    assert changed.phrases is not None and plain.phrases is not None
    assert (changed.phrases.zh, changed.phrases.en) == (("不可以",), plain.phrases.en)
    what = changed.model_dump()["what"]["all"]
    assert (what[0]["within_s"], what[1]["call_longer_than_s"], what[0]["at_least"]) == (20, 5.5, 2)
    assert book(RULE, "[tune.refusal]\n")["refusal"] == plain, "the order of files does not matter"
    assert book(TUNE, RULE)["refusal"].severity == changed.severity


@pytest.mark.parametrize(
    ("tune", "line", "reason"),
    [
        ('[tune.refusal]\ntitle = "x"', 2, "can be tuned"),
        ("[tune.nobody]\nis_on = false", 1, "no such rule"),
        ('[tune.refusal]\n\nnumbers = { "what.all.9.within_s" = 2 }', 3, "no number"),
        ('[tune.refusal]\nnumbers = { "what.all.0.within_s" = "2" }', 2, "takes a number"),
        ('[tune.refusal]\nnumbers = { "what.all.0.within_s" = -2 }', 1, "greater than 0"),
        ('[tune.refusal]\nseverity = "deadly"', 2, "severity"),
        ('[tune.refusal]\nphrases = { zh = ["(啊+)+"] }', 2, "phrases"),
        ("[tune]\nrefusal = 3", 1, "each is a table"),
        ('[tune.refusal]\ncue = "x"', 2, "no cue"),
    ],
)
def test_what_cannot_be_tuned_is_told_with_its_line(tune: str, line: int, reason: str) -> None:
    ((file, found, said),) = faults(tune)
    assert (file, found) == ("t.toml", line), said
    assert reason in said


def test_numbers_are_found_with_their_units_and_the_row_stays_as_it_was() -> None:
    row = {
        "id": "x",
        "cool_down_s": 3.0,
        "what": {"any": [{"f0_st_min": 2, "said": "a"}]},
        "when": {"a": True},
    }
    assert list(numbers(row)) == [("what.any.0.f0_st_min", 2)]
    assert tuned(row, {"numbers": {"what.any.0.f0_st_min": 3}})["what"] != row["what"]
    assert row["what"] == {"any": [{"f0_st_min": 2, "said": "a"}]}
    assert [unit_of(name) for name in ("within_s", "level_db_min", "f0_st_min", "at_least")] == [
        "s",
        "dB",
        "st",
        "",
    ]


def test_a_rule_that_is_off_tells_nobody() -> None:
    rule = book(RULE)["refusal"]
    raised = AlertRaised(rule="refusal", party=Party.AGENT, about=Span(0, 1))
    told: dict[bool, int] = {}
    for is_on in (True, False):
        rules = RuleBook([Rule.model_validate({**rule.model_dump(by_alias=True), "is_on": is_on})])
        told[is_on] = len(AlertDesk(rules).receive(raised, 0))
    assert told == {True: 1, False: 0}
