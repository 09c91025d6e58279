"""Text as it is compared and as it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.transcription.text import (
    is_han,
    is_punctuation,
    normalise,
    to_script,
    units,
    without_last_punctuation,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好，世界！", ["你", "好", "世", "界"]),
        (" I don't know.", ["i", "dont", "know"]),
        ("ＥＭＳ快递单号１２３", ["ems", "快", "递", "单", "号", "1", "2", "3"]),
        ("in-house", ["in", "house"]),
        ("……", []),
        ("", []),
    ],
)
def test_units(text: str, expected: list[str]) -> None:
    assert units(text) == expected


def test_normalise_spaces_only_between_words_without_ideographs() -> None:
    assert normalise("我的 iPhone 15, please!") == "我的iphone 15 please"


def test_normalise_is_idempotent_on_mixed_text() -> None:
    once = normalise("Hello 你好 WORLD，it's 3点")
    assert normalise(once) == once


@pytest.mark.parametrize("character", ["你", "㐀", "豈"])
def test_ideographs(character: str) -> None:
    assert is_han(character)


def test_letters_are_no_ideographs() -> None:
    assert not any(is_han(c) for c in "aé1，。 か")


def test_punctuation() -> None:
    assert is_punctuation("，。") and is_punctuation("") and not is_punctuation("a,")
    assert without_last_punctuation("退款。」") == "退款"
    assert without_last_punctuation("...") == ""


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("請您不要著急", "请您不要着急"),
        ("先生,请您不要著急。", "先生,请您不要着急。"),
        ("我看著它送走的", "我看着它送走的"),
        ("上面寫著名字", "上面写着名字"),
        ("妳說甚麼", "你说什么"),
        ("很著名的原著作者", "很著名的原著作者"),
        ("顯著，卓著，執著", "显著，卓著，执着"),
        ("甚至", "甚至"),
        ("什么时候", "什么时候"),
    ],
)
def test_simplified_is_as_the_mainland_writes_it(written: str, expected: str) -> None:
    assert to_script([written], "simplified") == [expected]
    assert to_script(list(written), "simplified") == list(expected)


def test_traditional_keeps_its_own_characters() -> None:
    assert to_script(["妳看著"], "traditional") == ["妳看著"]


def test_traditional_becomes_simplified_and_keeps_its_word_borders() -> None:
    assert to_script(["這個", "郵件", "沒有", "收到。"], "simplified") == ["这个", "邮件", "没有", "收到。"]


def test_simplified_becomes_traditional_where_wanted() -> None:
    assert to_script(["快递", "发", "错了"], "traditional") == ["快遞", "發", "錯了"]


def test_text_without_ideographs_is_left_alone() -> None:
    assert to_script([" Hello", " there"], "simplified") == [" Hello", " there"]


@given(st.lists(st.text(alphabet="這郵件沒有收到退款ab ，", max_size=4), max_size=6))
def test_conversion_keeps_the_number_of_words(texts: list[str]) -> None:
    converted = to_script(texts, "simplified")
    assert len(converted) == len(texts)
    assert to_script(converted, "simplified") == converted
