"""Promises with their time, offers each once, and times as they are said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.reading.dues import due_in
from tests.core.reading.scripted import AGENT, CALLER, Conversation


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("我今天下午三点前给您回电", "今天下午三点前"),
        ("二十四小时内答复您", "二十四小时内"),
        ("明天上午给您回复", "明天上午"),
        ("3到5个工作日内退回", "3到5个工作日内"),
        ("下周一上午十点", "下周一上午十点"),
        ("今天下班前", "今天下班前"),
        ("上午10点半左右", "上午10点半左右"),
        ("周五前处理好", "周五前"),
        ("We will call you back within 24 hours.", "within 24 hours"),
        ("We'll call you by 3 pm tomorrow", "by 3 pm tomorrow"),
        ("I'll ring you tomorrow morning", "tomorrow morning"),
        ("I'll let you know by Friday", "by Friday"),
        ("you will have it in two business days", "in two business days"),
        ("by the end of the day", "by the end of the day"),
    ],
)
def test_a_time_is_found_as_it_is_said(text: str, due: str) -> None:
    assert due_in(text) == due


@pytest.mark.parametrize(
    "text",
    [
        "您一点都不要急",
        "我们有三点要说",
        "稍后给您回电",
        "请拨打10号线",
        "at least one of them",
        "尽快",
        "",
        "soon",
    ],
)
def test_what_only_looks_like_a_time_is_none(text: str) -> None:
    assert due_in(text) is None


def test_of_two_times_the_nearer_one_counts() -> None:
    text = "包裹昨天到的，明天上午送到，我下午三点前给您回电"
    assert due_in(text, text.index("给您回电")) == "下午三点前"


@given(st.text(alphabet="今天明下午三点前内小时个工作日周一号月后半 abinwthrs3:0.", max_size=60))
def test_a_time_is_always_a_part_of_the_text(text: str) -> None:
    due = due_in(text)
    assert due is None or (due and due in text)


def promises(*lines: str) -> list[tuple[str, str | None]]:
    """What the agent promised with these lines."""
    call = Conversation()
    call.say(CALLER, "我的快递还没收到")
    for line in lines:
        call.say(AGENT, line)
    call.wait(5.0)
    return [(made.what, made.due) for made in call.context.promises]


def test_a_promise_is_entered_with_its_time() -> None:
    assert promises("好的，我今天下午三点前给您回电") == [("我今天下午三点前给您回电", "今天下午三点前")]
    assert promises("We will call you back within 24 hours.") == [
        ("We will call you back within 24 hours", "within 24 hours")
    ]


def test_a_promise_without_a_time_says_so() -> None:
    ((what, due),) = promises("我会尽快为您处理")
    assert (what, due) == ("我会尽快为您处理", None)


def test_the_time_may_follow() -> None:
    ((_, due),) = promises("我给您回电，明天上午十点之前")
    assert due == "明天上午十点之前"


@pytest.mark.parametrize(
    "line",
    [
        "这个我不能保证",
        "需不需要我给您回电",
        "昨天已经给您回复过了",
        "I can't promise anything",
        "I won't call back",
    ],
)
def test_what_is_no_promise_is_not_entered(line: str) -> None:
    assert promises(line) == []


def test_the_caller_s_words_are_no_promise() -> None:
    call = Conversation()
    call.say(CALLER, "我明天上午给您回电，我会在三天内把钱退给您")
    call.wait(5.0)
    assert not call.context.promises
    assert not call.context.concessions


def offers(*lines: tuple[object, str]) -> list[tuple[int, str]]:
    """What the agent offered in these lines."""
    call = Conversation()
    call.say(CALLER, "我的水壶坏了")
    for party, line in lines:
        call.say(party, line)  # type: ignore[arg-type]
    call.wait(3.0)
    return [(made.number, made.what) for made in call.context.concessions]


def test_an_offer_is_entered_once_however_often_it_is_said() -> None:
    made = offers(
        (AGENT, "我给您申请二十元代金券"),
        (CALLER, "什么"),
        (AGENT, "就是给您补二十元的代金券，您看可以吗"),
    )
    assert made == [(1, "我给您申请二十元代金券")]


def test_a_second_offer_in_the_same_round_is_noted() -> None:
    made = offers(
        (AGENT, "我给您申请二十元代金券"),
        (CALLER, "太少了，我不接受，这点钱打发谁呢"),
        (AGENT, "那我再给您补三十元优惠券"),
    )
    assert [number for number, _ in made] == [1, 2]
    made = offers(
        (AGENT, "I can offer you a ten dollar voucher"),
        (CALLER, "That is not good enough, I want more than that"),
        (AGENT, "Then I can offer you a full refund"),
    )
    assert [number for number, _ in made] == [1, 2]


def test_another_sum_after_a_sound_of_the_callers_is_another_offer() -> None:
    made = offers(
        (AGENT, "I can offer you a fifty pound voucher"),
        (CALLER, "oh"),
        (AGENT, "I can offer you a hundred pound voucher then"),
    )
    assert [number for number, _ in made] == [1, 2]
    made = offers(
        (AGENT, "I can offer you a fifty pound voucher"),
        (CALLER, "oh"),
        (AGENT, "I can offer you that fifty pound voucher today"),
    )
    assert [number for number, _ in made] == [1]


@pytest.mark.parametrize(
    "line",
    ["我们不能给您赔偿", "按照规定符合条件才可以退款", "您是想要退款还是换货", "We can't offer you a refund"],
)
def test_what_is_no_offer_is_not_entered(line: str) -> None:
    assert offers((AGENT, line)) == []
