"""A deployment's own words in the place of what sounds like them, and nowhere else."""

from __future__ import annotations

import re

import pytest

from monitor.core.clock import Span
from monitor.core.recognition import HypothesisWord
from monitor.core.transcription.vocabulary import Vocabulary

TERMS = ("邮件号", "代收货款", "权限", "保价", "Tingyin", "WayBill", "parcel locker")


def heard(text: str, probability: float) -> list[HypothesisWord]:
    pieces = re.findall(r" [^ ]+|[^ ]", text)
    return [
        HypothesisWord(span=Span(at * 100, at * 100 + 90), text=piece, probability=probability)
        for at, piece in enumerate(pieces)
    ]


def corrected(text: str, probability: float = 0.5) -> str:
    return "".join(word.text for word in Vocabulary(TERMS).corrected(heard(text, probability)))


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("请提供一下油建号", "请提供一下邮件号"),
        ("请提供一下有件号", "请提供一下邮件号"),
        ("没有全现", "没有权限"),
        ("代收火款", "代收货款"),
        ("贷收货宽的单子", "代收货款的单子"),
        (" ting in is here", " Tingyin is here"),
        (" a parsel locker.", " a parcel locker."),
    ],
)
def test_what_sounds_like_a_term_is_written_as_it(said: str, written: str) -> None:
    assert corrected(said) == written


@pytest.mark.parametrize(
    "said",
    [
        "这个完全显示",
        "我们的权限不够",
        "他完全限制了",
        "你好",
        "请说普通话",
        " timing is all",
        " the local parcel",
    ],
)
def test_other_words_stay(said: str) -> None:
    assert corrected(said) == said


@pytest.mark.parametrize("said", ["股市全线飘红", "报价多少", " parcel locked"])
def test_a_word_of_which_the_recogniser_is_sure_stays(said: str) -> None:
    assert corrected(said, 0.95) == said


@pytest.mark.parametrize("said", ["邮件好像丢了", "邮件好几天没到", "邮件好吗", "有件好事", "有件好吃的"])
@pytest.mark.parametrize("probability", [0.65, 0.95])
def test_a_sure_syllable_of_another_tone_is_no_term_s(said: str, probability: float) -> None:
    assert corrected(said, probability) == said


def test_a_term_of_which_one_tone_was_heard_otherwise_is_found() -> None:
    assert corrected("我的有件号是多少", 0.9) == "我的邮件号是多少"
    assert corrected("代收火款", 0.9) == "代收货款"


def test_letters_in_other_pieces_are_the_term() -> None:
    assert corrected(" the way bill number", 0.95) == " the WayBill number"


def test_words_keep_their_times() -> None:
    words = heard("查油建号", 0.5)
    assert [word.span for word in Vocabulary(TERMS).corrected(words)] == [word.span for word in words]


def test_a_term_in_place_of_two_words_has_the_time_of_both() -> None:
    (word,) = Vocabulary(TERMS).corrected(heard(" ting in", 0.5))
    assert word.span == Span(0, 190)


def test_traditional_text_is_corrected_too() -> None:
    assert "".join(w.text for w in Vocabulary(("郵件號",)).corrected(heard("查油建號", 0.5))) == "查郵件號"


def test_a_hint_holds_what_the_language_can_say() -> None:
    vocabulary = Vocabulary(TERMS)
    assert "邮件号" in vocabulary.hint("zh")
    assert "邮" not in vocabulary.hint("en")
    assert vocabulary.hint(None) == vocabulary.hint("en")
    assert Vocabulary(()).hint("zh") == ""


def test_no_terms_change_nothing() -> None:
    words = heard("查油建号 parsel locker", 0.2)
    assert Vocabulary((" ", "")).corrected(words) == words
    assert not Vocabulary(())
