"""Numbers spelled as they are said, and patterns that are found by them."""

from __future__ import annotations

import pytest

from monitor.core.playbook.numerals import spelled
from monitor.core.playbook.phrasebook import PhraseBook
from monitor.core.playbook.phrases import Phrases


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("i want 50 pounds back", "i want fifty pounds back"),
        ("100% our fault", "one hundred percent our fault"),
        ("it took 24 hours", "it took twenty four hours"),
        ("315 days or 2000", "three hundred and fifteen days or two thousand"),
        ("1999 or 1024", "one thousand nine hundred and ninety nine or one thousand and twenty four"),
        ("赔我2000", "赔我两千"),
        ("100%是我们的错", "百分之百是我们的错"),
        ("等了2天", "等了两天"),
        ("10倍20%", "十倍百分之二十"),
        ("305块1050块12000块", "三百零五块一千零五十块一万两千块"),
        ("110块15块", "一百一十块十五块"),
    ],
)
def test_numbers_are_spelled_as_they_are_said(text: str, said: str) -> None:
    made = spelled(text)
    assert made is not None and made.text == said
    assert len(made.starts) == len(made.ends) == len(made.text)


@pytest.mark.parametrize(
    "text", ["no number", "没有数字", "call 13812345678", "version 3.5", "pin 0042", "a4"]
)
def test_what_is_no_amount_stays(text: str) -> None:
    assert spelled(text) is None


def found(text: str, phrases: Phrases, since: int = 0, breaks: tuple[int, ...] = ()) -> list[str]:
    book = PhraseBook({"row": phrases})
    return [text[hit.start : hit.end] for hit in book.search(text, since, breaks)]


def test_a_pattern_is_found_where_its_number_is_written_in_digits() -> None:
    refund = Phrases(en=(r"\bat least (?:fifty|hundred) (?:pounds|dollars)\b",), zh=("至少赔我?两千",))
    assert found("i want at least 50 pounds now", refund) == ["at least 50 pounds"]
    assert found("你们至少赔我2000块", refund) == ["至少赔我2000"]
    assert found("i want at least 51 pounds now", refund) == []


def test_a_place_is_told_once_and_not_again() -> None:
    some = Phrases(en=(r"\b(?:\d{2}|fifty) pounds\b",))
    text = "50 pounds and 20 pounds and 50 pounds"
    assert found(text, some) == ["50 pounds", "20 pounds", "50 pounds"]
    assert found(text, some, since=10) == ["20 pounds", "50 pounds"]


def test_an_exclusion_counts_where_numbers_are_spelled() -> None:
    some = Phrases(en=(r"\bfifty pounds\b",), unless_en=(r"\bten percent of\b",))
    assert found("10% of 50 pounds", some) == []
    digits = Phrases(en=(r"\bfifty pounds\b",), unless_en=(r"\b10%",))
    assert found("10% of 50 pounds", digits) == []
    assert found("10% of that 50 pounds", some, breaks=(12,)) == ["50 pounds"]
