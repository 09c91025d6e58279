"""A deployment's own masking function: found by its name, and never a leak."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from monitor.errors import SettingsError
from monitor.masking import load_finders


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
