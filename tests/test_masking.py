"""A deployment's own masking function: found by its name, and never a leak."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from monitor.errors import SettingsError
from monitor.masking import load_finders, refuse_slow_patterns


@pytest.fixture(autouse=True)
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    made = ModuleType("our_masks")
    made.surnames = lambda text: [(at, at + 1) for at, c in enumerate(text) if c == "王"]  # type: ignore[attr-defined]
    made.broken = lambda text: 1 / 0  # type: ignore[attr-defined]
    made.number = 3  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "our_masks", made)
    return made


def test_no_hook_masks_nothing() -> None:
    assert load_finders("") == ()


def test_a_function_is_found_by_its_name() -> None:
    (find,) = load_finders("our_masks:surnames")
    assert find("找王先生") == [(1, 2)]


def test_a_function_that_fails_masks_everything() -> None:
    (find,) = load_finders("our_masks:broken")
    assert find("找王先生") == [(0, 4)]


@pytest.mark.parametrize(
    "hook", ["nowhere_at_all:f", "our_masks:nothing", "our_masks:number", ":f", "our_masks"]
)
def test_a_name_that_leads_nowhere_is_told(hook: str) -> None:
    with pytest.raises(SettingsError, match=r"privacy\.hook"):
        load_finders(hook)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(.*)*x",
        r"(\d+)+x",
        r"(?:工|工工)+号码",
        "(a|aa)+$",
        r"\d+\d+\d+\d+x",
        "(?:ab|a|b|ba)*c",
        r"(\w+\s?)*!",
    ],
)
def test_a_pattern_that_would_hold_up_all_calls_is_refused(pattern: str) -> None:
    with pytest.raises(SettingsError, match=r"privacy\.patterns.*takes too long"):
        refuse_slow_patterns([pattern])


@pytest.mark.parametrize(
    "pattern",
    [
        r"工号\d+",
        r"\bORD-\d{6,}\b",
        r"[A-Z]+\d+",
        r"(?:\d{4}[ -]?){3,4}",
        r"(?<=我叫)[\u4e00-\u9fff]{2,4}",
        r"\S+@\S+",
        ".*保密.*",
        "",
    ],
)
def test_patterns_as_people_write_them_are_taken(pattern: str) -> None:
    refuse_slow_patterns([pattern])
