"""Whole patterns by their sound."""

from __future__ import annotations

import pytest

from monitor.core.playbook.patterns import Pattern
from monitor.core.playbook.phrasebook import PhraseBook
from monitor.core.playbook.phrases import Phrases


def found(text: str, *patterns: str, unless: tuple[str, ...] = ()) -> list[str]:
    book = PhraseBook({"row": Phrases(zh=patterns, unless_zh=unless)})
    return [text[hit.start : hit.end] for hit in book.search(text, 0)]


@pytest.mark.parametrize(
    ("pattern", "heard", "match"),
    [
        ("打发要饭的", "你打发药范的呢", "打发药范的"),
        ("得赔(?:偿)?我们?", "你们得陪我们至少三百", "得陪我们"),
        ("(?:顶格|最多).{0,6}能批到\\d", "顶格也就能披到80", "顶格也就能披到8"),
        ("(?:明天|后天)[给跟]您?(?:一个)?答[复覆]", "明天给您一个达富", "明天给您一个达富"),
        ("责任都在我们", "所以则认都再我门这边", "则认都再我门"),
        ("你信不信|(?:不)?信我", "你幸不幸", "你幸不幸"),
    ],
)
def test_what_sounds_like_a_pattern_is_found(pattern: str, heard: str, match: str) -> None:
    assert found(heard, pattern) == [match]


@pytest.mark.parametrize(
    ("pattern", "heard"),
    [
        ("不管", "步馆"),  # two characters are said by chance
        ("得赔我", "得陪我"),  # and three, now and then
        ("你得赔我", "你得配我"),  # four, of other tones
        ("没.{0,6}用", "妹妹在那里用"),  # what lies between does not count
        ("要\\d", "要是"),  # 是 is no numeral
        ("赔我\\d百", "陪我是百"),
        ("i cant help", "i can't help"),
    ],
)
def test_what_sounds_so_by_chance_is_not_found(pattern: str, heard: str) -> None:
    assert found(heard, pattern) == []


def test_what_is_written_so_is_found_once() -> None:
    assert found("你打发要饭的呢", "打发要饭的") == ["打发要饭的"]


def test_an_exclusion_counts_by_its_sound_too() -> None:
    exclusion = ("法院说了",)
    assert found("你们得陪我三百", "你们得赔我", unless=exclusion) == ["你们得陪我"]
    assert found("法苑说了你们得陪我三百", "你们得赔我", unless=exclusion) == []
    assert found("法苑说了你们得赔我三百", "你们得赔我", unless=exclusion) == []
    assert found("法院说了你们得陪我三百", "你们得赔我", unless=exclusion) == []


def test_alternatives_are_read_one_by_one() -> None:
    branches = Pattern.compile("a(?:b|c)|[|)]d|e\\|f").branches
    assert [branch.source for branch in branches] == ["a(?:b|c)", "[|)]d", "e\\|f"]
    assert [branch.least for branch in branches] == [2, 2, 3]
    whole = Pattern.compile("(?:a|b)c")
    assert whole.branches == (whole,)
