"""The pattern language: what it takes, what it refuses, and that what it takes is harmless."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.playbook.patterns import PATHS_MAX, Pattern, PatternError


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("我.{0,3}没有?权限", "我这边没权限"),
        ("最多赔.{0,3}\\d", "最多赔您五十"),
        ("最多赔.{0,3}\\d", "最多赔您50"),
        ("i (?:can't|cannot) help", "i cant help"),
        ("^不行(?!吗)", "不行啊"),
        ("(?<!您)没有权限", "我没有权限"),
        ("[^您]没有", "我没有"),
        ("(?:我们?的?)?领导", "我们的领导"),
        ("100%", "100%"),
        ("a{2}b", "aab"),
    ],
)
def test_pattern_matches(source: str, text: str) -> None:
    assert Pattern.compile(source).regex.search(text)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("(?:a+)+b", "unbounded"),
        ("a*", "unbounded"),
        ("(?:a{0,9}){0,9}", "itself repeats"),
        ("(?:a?){2,9}b", "itself repeats"),
        ("a{0,99}", "repeat outside"),
        ("a??b", "repeat of a repeat"),
        ("(a", "not closed"),
        ("a)", "too many"),
        ("[a", "not closed"),
        ("(?P<x>a)", "not known"),
        ("(?i)a", "not known"),
        ("\\1", "not known"),
        ("\\D", "capital"),
        ("a|", "empty alternative"),
        ("a?", "matches empty"),
        ("(?!a)", "matches empty"),
        ("", "matches empty"),
        (" ", "matches empty"),
        ("(?<=a{1,3})b", "look-behind"),
        (".{0,40}.{0,40}.{0,40}a", "too many ways"),
        ("x" * 401, "longer"),
        ("(?:(?:(?:(?:(?:(?:(?:a)))))))", "deep"),
        ("[b-a]", "class"),
        ("{2}", "repeat of nothing"),
        ("a^?", "repeat of a place"),
    ],
)
def test_pattern_is_refused(source: str, reason: str) -> None:
    with pytest.raises(PatternError, match=reason):
        Pattern.compile(source)


def test_what_a_match_needs() -> None:
    assert Pattern.compile("我.{0,3}没有权限").needs == {"没有权限"}
    assert Pattern.compile("(?:投诉|举报)你").needs == {"投诉", "举报"}
    assert Pattern.compile(".{1,3}").needs == frozenset()
    assert Pattern.compile("没有?权限不?够").needs == {"权限"}


def test_what_may_be_undone() -> None:
    assert Pattern.compile("不行(?!吗)").looks_ahead
    assert Pattern.compile("没办法$").looks_ahead
    assert not Pattern.compile("(?<!您)没办法").looks_ahead


_ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "(?:a|b)", "(?:ab|a)", "^", "$", "\\b", "\\d", "(?!a)"])
_REPEATS = st.sampled_from(["", "", "?", "{0,3}", "{2,9}", "{0,40}"])


@given(st.lists(st.tuples(_ATOMS, _REPEATS), min_size=1, max_size=8))
def test_whatever_is_taken_is_quick_and_needs_what_it_says(parts: list[tuple[str, str]]) -> None:
    source = "".join(atom + repeat for atom, repeat in parts)
    try:
        pattern = Pattern.compile(source)
    except PatternError:
        return
    assert re.compile(pattern.expression).groups == 0
    for text in ("a" * 200, "ab" * 100, "b" * 199 + "a"):
        started = time.perf_counter()
        found = pattern.regex.search(text)
        assert time.perf_counter() - started < 1.0
        if found and pattern.needs:
            assert any(needed in found[0] for needed in pattern.needs)


def test_the_costliest_pattern_that_is_taken_is_bounded() -> None:
    pattern = Pattern.compile(".{0,40}a.{0,40}b.{0,1}c")
    assert PATHS_MAX >= 41 * 41 * 2
    started = time.perf_counter()
    assert pattern.regex.search("ab" * 100) is None
    assert time.perf_counter() - started < 1.0
