"""Committed words as they are told: numbers whole and in digits, what is private masked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.facts import Word, Words
from monitor.core.settings import PrivacySettings
from monitor.core.transcription.redaction import is_valid_card, is_valid_identity
from monitor.core.transcription.writing import Writer

CARD = "6222021234567894"
IDENTITY = "11010519491231002X"
_CHINESE = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_ENGLISH = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class Said:
    """Makes words that follow one another, 0.3 s each."""

    def __init__(self) -> None:
        self.now = 0.0

    def words(self, *texts: str, utterance: int = 0) -> Words:
        made = []
        for text in texts:
            span = Span(samples(self.now), samples(self.now + 0.3))
            made.append(Word(party=Party.CALLER, span=span, text=text, probability=0.9))
            self.now += 0.3
        return Words(party=Party.CALLER, words=tuple(made), language="zh", utterance=utterance)


def text_of(told: Iterable[Words]) -> str:
    return "".join(word.text for words in told for word in words.words)


def writer(**given: object) -> Writer:
    return Writer(PrivacySettings.model_validate(given))


def valid_card(digits: str) -> str:
    """The digits with the last one such that they are a card's."""
    return next(digits + last for last in "0123456789" if is_valid_card(digits + last))


def holds_card(text: str) -> bool:
    digits = re.sub(r"[^0-9]", "", text)
    return any(
        is_valid_card(digits[start:end])
        for start in range(len(digits))
        for end in range(start + 13, min(len(digits), start + 19) + 1)
    )


def test_other_words_pass_at_once_and_unchanged() -> None:
    words = Said().words("您", "好", "，", "请", "说")
    assert writer().push(words, is_final=False) == [words]


def test_a_number_waits_for_its_end() -> None:
    said, out = Said(), writer()
    assert text_of(out.push(said.words("打", "幺", "三"), is_final=False)) == "打"
    assert out.push(said.words("八", "零", "零"), is_final=False) == []
    assert text_of(out.push(said.words("谢", "谢"), is_final=False)) == "13800谢谢"


def test_a_number_is_one_word_with_all_of_its_time() -> None:
    told = writer().push(Said().words("打", "一", "二", "三", "吧"), is_final=True)
    assert [(word.text, word.span) for word in told[0].words] == [
        ("打", Span(0, samples(0.3))),
        ("123", Span(samples(0.3), samples(1.2))),
        ("吧", Span(samples(1.2), samples(1.5))),
    ]


def test_an_amount_over_two_batches_is_whole() -> None:
    said, out = Said(), writer()
    first = out.push(said.words("要", "三", "百"), is_final=False)
    second = out.push(said.words("五", "十", "块", "钱"), is_final=True)
    assert text_of([*first, *second]) == "要350块钱"


@pytest.mark.parametrize("digits", ["13800138000", "4001234567", "1234567890123", "119"])
def test_telephone_and_parcel_numbers_are_told_with_their_utterance(digits: str) -> None:
    assert text_of(writer().push(Said().words("是", digits), is_final=True)) == f"是{digits}"


def test_a_card_shows_its_last_digits() -> None:
    told = writer().push(Said().words("卡", "号", CARD, "对"), is_final=True)
    assert text_of(told) == "卡号************7894对"


def test_an_identity_number_shows_nothing() -> None:
    assert is_valid_identity(IDENTITY)
    told = writer().push(
        Said().words("身", "份", "证", *"幺幺零幺零五幺九四九幺二三幺零零二", "x", "对"), is_final=True
    )
    assert text_of(told) == "身份证" + "*" * 18 + "对"


def test_an_identity_number_cut_short_is_masked_too() -> None:
    told = writer().push(Said().words("1101051949", "后", "面", "忘", "了"), is_final=True)
    assert "1949" not in text_of(told)


def test_a_card_read_in_groups_over_utterances() -> None:
    said, out = Said(), writer()
    told = []
    for number, group in enumerate(("6222", "0212", "3456", "7894")):
        told += out.push(said.words(group, utterance=number), is_final=True)
        told += out.tick(samples(said.now + 1.0))
        said.now += 1.0
    told += out.tick(samples(said.now + 2.0))
    assert text_of(told) == "6222********7894"
    assert not out.is_holding


def test_what_was_told_too_early_lets_nothing_more_out() -> None:
    said, out = Said(), writer()
    out.push(said.words("62220212345"), is_final=True)
    early = text_of(out.tick(samples(said.now + 3.0)))
    assert early == "62220212345"
    said.now += 3.5
    assert (
        text_of(out.push(said.words("6", "7", "8", "9", "4", "好", utterance=1), is_final=True)) == "*****好"
    )


def test_another_number_long_after_is_another() -> None:
    said, out = Said(), writer()
    assert text_of(out.push(said.words("62220"), is_final=True)) == "62220"
    said.now += 60
    assert (
        text_of(out.push(said.words("21234567894", utterance=1), is_final=True) + out.flush())
        == "21234567894"
    )


def test_hesitations_do_not_hide_a_card() -> None:
    told = writer().push(
        Said().words("6222", "嗯", "，", "0212", "然", "后", "3456", "7894", "好"), is_final=True
    )
    assert not holds_card(text_of(told))
    assert text_of(told).endswith("7894好")


def test_partials_show_the_first_digits_only() -> None:
    said, out = Said(), writer()
    out.push(said.words("卡", "6222", "0212"), is_final=False)
    assert out.preview("345") == "622202** ***"
    assert out.preview("34567894是") == "******** ****7894是"
    assert writer().preview("电话13800138000") == "电话13800138000"


def test_nothing_is_masked_where_nothing_is_to_be() -> None:
    assert text_of(writer(mask=()).push(Said().words(CARD), is_final=True)) == CARD


def test_telephone_numbers_are_masked_on_demand() -> None:
    assert text_of(writer(mask=("phone",)).push(Said().words("13800138000"), is_final=True)) == "138****8000"


def test_own_patterns_over_batches() -> None:
    said, out = Said(), writer(patterns=[r"工号\s*[a-z]{2}\d{4}"])
    told = out.push(said.words("我", "的", "工", "号"), is_final=False)
    told += out.push(said.words("AB", "1234", "谢", "谢"), is_final=True)
    assert text_of(told) == "我的工号******谢谢"


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="not a regular expression"):
        PrivacySettings(patterns=("(",))


def test_an_own_finder() -> None:
    out = Writer(PrivacySettings(), [lambda text: [(0, 1)] if text.startswith("王") else []])
    assert text_of(out.push(Said().words("王", "先", "生"), is_final=True)) == "*先生"


def test_held_words_can_be_flushed() -> None:
    out = writer()
    out.push(Said().words("6222", "0212"), is_final=True)
    assert text_of(out.flush()) == "62220212"
    assert out.flush() == []


# --- no card ever gets out, however it is said and cut ------------------------------------------------


def _spoken(digits: str, how: Sequence[int]) -> list[str]:
    """Each digit as an Arabic one, a Chinese one, or an English word."""
    forms = [(digit, _CHINESE[digit], f" {_ENGLISH[int(digit)]}") for digit in digits]
    return [form[how[at % len(how)]] for at, form in enumerate(forms)]


@settings(max_examples=300)
@given(
    st.sampled_from("3456"),
    st.text("0123456789", min_size=11, max_size=17),
    st.lists(st.integers(0, 2), min_size=1, max_size=5),
    st.lists(
        st.tuples(st.integers(1, 6), st.booleans(), st.sampled_from(["", "-", " ", "，", "嗯", " uh"])),
        min_size=8,
    ),
    st.sampled_from(["", "卡号是", "my card is "]),
)
def test_no_card_is_ever_told(
    first: str, rest: str, how: list[int], cuts: list[tuple[int, bool, str]], before: str
) -> None:
    card = valid_card(first + rest)
    tokens = _spoken(card, how)
    said, out = Said(), writer()
    told: list[Words] = []
    shown: list[str] = []
    utterance = 0
    if before:
        told += out.push(said.words(*before), is_final=False)
    while tokens:
        count, is_final, between = cuts.pop(0) if cuts else (len(tokens), True, "")
        texts, tokens = tokens[:count], tokens[count:]
        shown.append(out.preview("".join(texts)))
        told += out.push(
            said.words(*texts, *([between] if between else []), utterance=utterance), is_final=is_final
        )
        shown.append(text_of(told) + out.preview(""))
        utterance += is_final
    told += out.push(said.words("好", "的", utterance=utterance), is_final=True)
    assert not any(holds_card(text) for text in (*shown, text_of(told)))
    visible = re.sub(r"[^0-9]", "", text_of(told))
    assert len(visible) <= 10, "no more than the first six and the last four"
    assert text_of(told).endswith("好的")
