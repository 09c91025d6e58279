"""Every rule that looks at more than a phrase: a conversation that fires it, a look-alike, and its clearing.

The conversations are in `cases/*.toml`, by language. They are played to the real reading, rules and desks.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from monitor.playbook_files import load_playbook
from tests.core.playbook.performance import Performance

BOOK = load_playbook()
CASES: list[dict[str, Any]] = [
    case
    for path in sorted((Path(__file__).parent / "cases").glob("*.toml"))
    for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
]
KINDS = [(case, kind) for case in CASES for kind in ("fires", "near", "clears") if kind in case]


def name_of(given: object) -> str:
    return f"{given['rule']}-{given['in']}" if isinstance(given, dict) else str(given)


def test_every_such_rule_has_cases_in_both_languages() -> None:
    wanted = {rule.id for rule in BOOK if rule.what is not None}
    for language in ("zh", "en"):
        assert {case["rule"] for case in CASES if case["in"] == language} == wanted


def test_a_live_rule_says_how_it_clears() -> None:
    live = {rule.id for rule in BOOK if rule.what is not None and not rule.report_only}
    assert not {case["rule"] for case in CASES if case["rule"] in live and "clears" not in case}


@pytest.mark.parametrize(("case", "kind"), KINDS, ids=name_of)
def test_case(case: dict[str, Any], kind: str) -> None:
    rule: str = case["rule"]
    lines: list[str] = case["near"] if kind == "near" else case["fires"]
    played = Performance(BOOK).play(lines)
    if kind == "clears":
        played.wait(2.5)
        assert rule in played.alerts
        played.play(case["clears"]).wait(2.5)
        assert played.is_cleared(rule)
        return
    assert (rule in played.over().alerts) is (kind == "fires")
