"""Normalised text and the way back to the words."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.playbook.normalise import joint, normalise, simplified


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["我", "没有", "，", "权限。"], "我没有权限"),
        (["我沒有", "權限"], "我没有权限"),
        (["您不要", "著", "急"], "您不要着急"),
        (["呃", "我我", "没有"], "我没有"),
        (["那个那个", "领导"], "那个领导"),
        (["打", "一二三一五"], "打12315"),
        (["一百二十"], "一百二十"),
        (["三千五百"], "三千五百"),
        (["ＡＢＣ"], "abc"),
        (["I", " don't", " HAVE", " it."], "i dont have it"),
        (["I", " don’t"], "i dont"),
        ([" um,", " I", " I", " can't"], "i cant"),
        (["100%", " sure"], "100% sure"),
        (["costs", " 3.5", " dollars"], "costs 3 5 dollars"),
        (["找", " manager", "来"], "找manager来"),
        (["，", "。"], ""),
        ([], ""),
    ],
)
def test_text(words: list[str], text: str) -> None:
    assert normalise(words).text == text


def test_map_leads_back_to_the_words() -> None:
    found = normalise(["呃，", "我没", "有", "權限"])
    assert found.text == "我没有权限"
    assert found.words == (1, 1, 2, 3, 3)


def test_sentence_ends() -> None:
    assert normalise(["好的。", "我要", "投诉！"]).ends == (2, 6)
    assert normalise(["It", " is", " 3.5", " metres."]).ends[-1:] == (16,)


def test_a_word_repeated_over_a_sentence_end_stays() -> None:
    assert normalise(["is", " it", " no.", " No", " way"]).text == "is it no no way"


def test_joint() -> None:
    assert joint("have", "it") == " "
    assert joint("没有", "权限") == ""
    assert joint("", "it") == ""


def test_simplified_keeps_the_length() -> None:
    text = "瞭解後臺軟體，髮廊乾淨"
    assert len(simplified(text)) == len(text)


@given(st.lists(st.text(alphabet="我要投诉呃權限 aAbum'，。.!?1九%", max_size=6), max_size=12))
def test_map_is_true_and_text_is_clean(words: list[str]) -> None:
    found = normalise(words)
    assert len(found.words) == len(found.text)
    assert all(before <= after for before, after in pairwise(found.words))
    assert all(0 <= index < len(words) for index in found.words)
    assert found.text == found.text.strip()
    assert all(before < after for before, after in pairwise(found.ends))
    assert all(0 < end <= len(found.text) for end in found.ends)
    assert not set(found.text) & set("，。.!?'呃")
