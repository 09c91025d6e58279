"""Every shipped phrase rule: lines that fire it, and look-alikes that must not, in both languages."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.core.audio import Party
from monitor.core.clock import samples
from monitor.core.facts import AlertRaised, Judgement, Severity, Words
from monitor.core.playbook.model import RuleBook
from monitor.playbook_files import load_playbook
from tests.core.playbook.phrase_judge import PhraseJudge

Say = Callable[..., Words]
BOOK = load_playbook()


LINES = tomllib.loads((Path(__file__).parent / "shipped_lines.toml").read_text(encoding="utf-8"))
CASES: dict[str, dict[str, list[str]]] = LINES["rules"]


def heard(say: Say, party: Party, line: str, book: RuleBook = BOOK) -> list[AlertRaised]:
    """The alerts that a line raises, breath by breath, after everything has settled."""
    detector = PhraseJudge(book)
    judgements: list[Judgement] = []
    now = 0
    for number, breath in enumerate(line.split(" / ")):
        words = say(party, breath, after_s=1.0 if number else 0.0)
        now = words.span.end + samples(0.5)
        judgements.extend(detector.on_event(words, now))
    judgements.extend(detector.on_tick(now + samples(2.0)))
    return [judgement for judgement in judgements if isinstance(judgement, AlertRaised)]


def party_of(rule: str) -> Party:
    """Whose words the rule looks at."""
    who = BOOK[rule].who
    assert who is not None
    return who


FIRES = [(rule, line) for rule, case in CASES.items() for line in (*case["zh"], *case["en"])]
QUIET = [(rule, line) for rule, case in CASES.items() for line in (*case["not_zh"], *case["not_en"])]


def test_every_phrase_rule_has_cases_in_both_languages() -> None:
    assert set(CASES) == {rule.id for rule in BOOK if rule.phrases is not None}
    for rule, case in CASES.items():
        assert all(case[kind] for kind in ("zh", "not_zh", "en", "not_en")), rule


@pytest.mark.parametrize(("rule", "line"), FIRES)
def test_line_fires_once(say: Say, rule: str, line: str) -> None:
    raised = [alert for alert in heard(say, party_of(rule), line) if alert.rule == rule]
    assert len(raised) >= 1
    assert all(alert.is_momentary and alert.party is party_of(rule) for alert in raised)


@pytest.mark.parametrize(("rule", "line"), QUIET)
def test_look_alike_does_not_fire(say: Say, rule: str, line: str) -> None:
    assert [alert for alert in heard(say, party_of(rule), line) if alert.rule == rule] == []


@pytest.mark.parametrize(("rule", "line"), FIRES)
def test_the_other_party_may_say_it(say: Say, rule: str, line: str) -> None:
    assert rule not in {alert.rule for alert in heard(say, party_of(rule).other, line)}


@pytest.mark.parametrize("line", LINES["calm"]["agent"])
def test_calm_agent_raises_nothing(say: Say, line: str) -> None:
    assert heard(say, Party.AGENT, line) == []


@pytest.mark.parametrize("line", LINES["calm"]["caller"])
def test_calm_caller_raises_nothing(say: Say, line: str) -> None:
    told = heard(say, Party.CALLER, line)
    assert [alert.rule for alert in told if BOOK[alert.rule].severity is not Severity.INFO] == []
