"""What the guard refuses, and what it must let through."""

from __future__ import annotations

import pytest

from monitor.engines.guard import REASONS, Draft, is_past_end, token_cap, verdict


def draft(
    text: str,
    *,
    log_probability: float = -0.3,
    no_speech: float = 0.05,
    length_s: float = 5.0,
    tokens: int = 12,
) -> Draft:
    return Draft(
        text=text,
        tokens=tokens,
        length_s=length_s,
        average_log_probability=log_probability,
        no_speech_probability=no_speech,
    )


@pytest.mark.parametrize(
    ("spoken", "reason"),
    [
        (draft("我要退款我要退款", tokens=token_cap(5.0)), "token_rate"),
        (draft("是的是的是的是的是的"), "repetition"),
        (draft("I know I know I know I know I know"), "repetition"),
        (draft("the one with the thing in the box " * 6), "repetition"),
        (draft("请不吝点赞 订阅 转发 打赏支持明镜与点点栏目"), "phantom"),
        (draft("Thank you for watching!"), "phantom"),
        (draft("謝謝觀看"), "phantom"),
        (draft("以下是普通话的句子。"), "phantom"),
        (draft("谢谢", log_probability=-1.1), "phantom"),
        (draft("you", log_probability=-0.7, no_speech=0.7), "phantom"),
        (draft("something like a sentence", log_probability=-0.8, no_speech=0.8), "no_speech"),
        (draft("words of no sense", log_probability=-1.5), "low_probability"),
    ],
)
def test_refused(spoken: Draft, reason: str) -> None:
    assert verdict(spoken) == reason
    assert reason in REASONS


@pytest.mark.parametrize(
    "spoken",
    [
        draft(""),
        draft("不不不不，你听我说"),
        draft("no no no no"),
        draft("谢谢"),
        draft("Thank you.", log_probability=-0.5),
        draft("好的，谢谢你，再见", log_probability=-0.6),
        draft("你们的邮件我一直没有收到，已经十天了，你们到底管不管", tokens=30),
        draft("一三八一三八一三八零零", tokens=14),
        draft("words that score low but are words", log_probability=-1.0),
    ],
)
def test_let_through(spoken: Draft) -> None:
    assert verdict(spoken) is None


def test_long_repetitive_text_is_compressible() -> None:
    text = " ".join(f"{word} and then the other thing that we said" for word in "abcdefg")
    assert verdict(draft(text, tokens=40)) == "compression"


def test_the_cap_follows_the_length() -> None:
    assert token_cap(0.0) == 10
    assert token_cap(14.0) == 136


def test_words_without_sound_are_past_the_end() -> None:
    assert is_past_end([0.3, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0])
    assert not is_past_end([0.3, 0.2, 0.2, 0.0])
    assert not is_past_end([])
