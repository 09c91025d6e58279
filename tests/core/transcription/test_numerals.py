"""Numbers in digits, and what merely looks like numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.transcription.numerals import chinese_value, spoken_digits, with_digits


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("我的电话是幺三八零零一三八零零零谢谢", "我的电话是13800138000谢谢"),
        ("二零二四年十一月二十三号", "2024年11月23号"),
        ("三百五十块钱", "350块钱"),
        ("一万两千五百块", "12500块"),
        ("三万块", "3万块"),
        ("一亿两千万元", "1亿2000万元"),
        ("一千零五十元", "1050元"),
        ("百分之三十", "30%"),
        ("三点五公斤", "3.5公斤"),
        ("八点二十分到", "8点20分到"),
        ("三百五十塊錢", "350塊錢"),
        ("兩萬元", "2萬元"),
        ("二十四小时之内", "24小时之内"),
        ("第十五单", "第15单"),
        ("打九九六再打一二三一五", "打996再打12315"),
        ("邮件号是1 2 3 4 5", "邮件号是12345"),
        ("It's one three eight double zero one", "It's 138001"),
        ("three hundred and fifty dollars", "350 dollars"),
        ("in twenty-four hours", "in 24 hours"),
        ("forty two twenty two eighteen thirty one", "42221831"),
        ("1-3-8-0-0-1", "138001"),
        ("call oh seven seven double oh nine one two three", "call 077009123"),
        ("oh one six one four nine six oh one", "016149601"),
    ],
)
def test_numbers_become_digits(said: str, written: str) -> None:
    assert with_digits(said) == written


@pytest.mark.parametrize(
    "said",
    [
        "一点", "等一下", "三心二意", "一会儿", "十分感谢", "千万不要", "万一丢了呢", "七七八八",
        "不管三七二十一", "三四十块", "二百五", "三个工作日", "十几个", "百分之百", "说了一百遍",
        "一个一个来",
        "五六天", "一五一十",
        "一点半点", "一百个放心", "十年如一日", "one or two", "no one knows", "one hundred percent",
        "twenty three", "oh one more thing", "2,500 yuan", "1, 2", "1, 2, 3 or 4",
        "the one two punch", "oh, one",
    ],
)  # fmt: skip
def test_what_is_no_certain_number_stays(said: str) -> None:
    assert with_digits(said) == said


_ONES = "零一二三四五六七八九"


def _in_chinese(value: int) -> str:
    """The number as it is said, below ten thousand."""
    said, has_gap = "", False
    for unit, size in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit = value // size % 10
        if digit:
            said += ("零" if has_gap and said else "") + _ONES[digit] + unit
        has_gap = not digit
    return said.removeprefix("一") if 10 <= value < 20 else said


@given(st.integers(1, 9999))
def test_every_chinese_number_has_its_value(value: int) -> None:
    assert chinese_value(_in_chinese(value)) == value


@given(st.integers(1, 9999), st.integers(1, 9999))
def test_and_with_ten_thousands(high: int, low: int) -> None:
    zero = "零" if low < 1000 else ""
    assert chinese_value(f"{_in_chinese(high)}万{zero}{_in_chinese(low)}") == high * 10_000 + low


@pytest.mark.parametrize("said", ["", "零", "三四十", "十十", "百", "百三", "三百五", "万", "千万"])
def test_what_is_not_well_formed_has_no_value(said: str) -> None:
    assert chinese_value(said) is None


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("六二二二", "6222"),
        ("forty two", "42"),
        ("forty zero", "400"),
        ("eighteen", "18"),
        ("6 2, 二幺", "6221"),
    ],
)
def test_all_digits_of_a_text(said: str, digits: str) -> None:
    assert spoken_digits(said) == digits
