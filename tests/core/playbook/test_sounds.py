"""Terms by their sound."""

from __future__ import annotations

import pytest

from monitor.core.playbook.sounds import SoundIndex, syllable


def test_syllable() -> None:
    assert syllable("权") == "quan"
    assert syllable("a") == "a"


@pytest.mark.parametrize(
    ("term", "text", "at"),
    [
        ("投诉", "我要头诉", 2),
        ("权限", "没有全线", 2),
        ("无能为力", "真是无能喂立", 2),
        ("市场监管", "去四场监管", 1),
        ("不归我们管", "这不贵我门管", 1),
    ],
)
def test_heard_otherwise(term: str, text: str, at: int) -> None:
    assert list(SoundIndex([term]).find(text)) == [(at, term)]


def test_the_term_itself_is_not_found() -> None:
    assert list(SoundIndex(["投诉"]).find("我要投诉")) == []


@pytest.mark.parametrize(("term", "text"), [("投诉", "我要偷树"), ("权限", "全现在"), ("律师函", "律诗汗水")])
def test_short_terms_need_the_same_syllables(term: str, text: str) -> None:
    found = list(SoundIndex([term]).find(text))
    assert all(syllable(a) == syllable(b) for at, _ in found for a, b in zip(text[at:], term, strict=False))


def test_other_languages_pass() -> None:
    assert list(SoundIndex(["投诉"]).find("i want to complain")) == []
