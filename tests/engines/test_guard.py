"""What the guard refuses, and what it must let through."""

from __future__ import annotations

import pytest

from monitor.engines.guard import REASONS, Draft, hums_heard, is_past_end, token_cap, verdict


def draft(
    text: str,
    *,
    log_probability: float = -0.3,
    no_speech: float = 0.05,
    length_s: float = 5.0,
    tokens: int = 12,
    hint: str = "",
    is_last_look: bool = False,
) -> Draft:
    return Draft(
        text=text,
        tokens=tokens,
        length_s=length_s,
        average_log_probability=log_probability,
        no_speech_probability=no_speech,
        hint=hint,
        is_last_look=is_last_look,
    )


@pytest.mark.parametrize(
    ("spoken", "reason"),
    [
        (draft("我要退款我要退款", tokens=token_cap(5.0)), "token_rate"),
        (draft("是的是的是的是的是的"), "repetition"),
        (draft("I know I know I know I know I know"), "repetition"),
        (draft("the one with the thing in the box " * 6), "repetition"),
        (
            draft("Margaret said Mr. Hale, as he returned. Margaret said Mr Hale, As he returned."),
            "retelling",
        ),
        (draft("今年3月3星公布今年3月三星公布"), "retelling"),
        (draft("几乎帮助了他们拿下这一年的主几书帮助他们拿下"), "retelling"),
        (
            draft("he who told it now and my lady hurt him. Ardao, who told it now and my lady hurt him"),
            "retelling",
        ),
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
        draft("13800138000 13800138000", tokens=14),
        draft("我要投诉，我要投诉，我要投诉你们"),
        draft("find out where the parcel is and where the sun is and where"),
        draft("The order number is ready but I never got the order number"),
        draft("What are you going to do? What are you going to do?", is_last_look=True),
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


@pytest.mark.parametrize(
    ("text", "length_s", "heard"),
    [
        ("嗯嗯嗯嗯嗯嗯嗯嗯嗯嗯", 0.5, "嗯"),
        ("嗯，嗯，嗯。", 0.4, "嗯"),
        (" Mm-mm-mm-mm", 0.6, "mm"),
        (" M.M.H.", 0.7, "Mm-hmm."),
        (" M. H. M.", 0.7, "Mm-hmm."),
        (" M.M.H.", 2.5, None),
        (" M.B.H.", 0.7, None),
        (" Mm-hmm", 0.7, None),
        ("嗯嗯", 1.0, None),
        ("嗯", 0.3, None),
        ("对对对对对对", 1.0, None),
        ("嗯嗯好的", 0.5, None),
    ],
)
def test_a_hum_that_is_written_too_often_is_one(text: str, length_s: float, heard: str | None) -> None:
    assert hums_heard(text, length_s) == heard


@pytest.mark.parametrize(
    ("text", "log_probability", "is_refused"),
    [
        ("邮件号、代收货款。", -0.2, True),
        ("邮件号", -0.7, True),
        ("邮件号", -0.2, False),
        ("请说一下邮件号", -0.7, False),
        ("权限不够，代收货款也不行", -0.3, False),
    ],
)
def test_a_recital_of_the_hint(text: str, log_probability: float, is_refused: bool) -> None:
    found = draft(text, log_probability=log_probability, hint="邮件号、代收货款、权限。")
    assert (verdict(found) == "recital") is is_refused


@pytest.mark.parametrize("text", ["88888888", "0000000000", "6222222222222222222"])
def test_numbers_may_repeat_themselves(text: str) -> None:
    assert verdict(draft(text)) is None


@pytest.mark.parametrize("text", ["感谢您的观看", "本字幕由Amara.org社群提供", "Thanks for listening."])
def test_more_lines_of_subtitles(text: str) -> None:
    assert verdict(draft(text)) == "phantom"


@pytest.mark.parametrize("text", ["Thank you.", "谢谢", "谢谢大家", "Thank you, bye."])
def test_thanks_at_the_end_of_a_call_are_heard(text: str) -> None:
    assert verdict(draft(text, log_probability=-0.4)) is None
