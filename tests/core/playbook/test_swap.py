"""Swapped channels, by what is said on them."""

from __future__ import annotations

from collections.abc import Callable

from monitor.core.audio import Party
from monitor.core.facts import Words
from monitor.core.playbook.swap import SWAPPED, SwapWatch

Say = Callable[..., Words]
AGENT, CALLER = Party.AGENT, Party.CALLER


def notices(say: Say, lines: list[tuple[Party, str]]) -> list[str]:
    """Codes that a conversation brings."""
    watch = SwapWatch()
    codes = [watch.on_words(say(party, text, after_s=1.0)) for party, text in lines]
    return [code for code in codes if code is not None]


MANDARIN = [
    (AGENT, "您好，工号三零二为您服务，请问有什么可以帮您"),
    (CALLER, "我的快递怎么还没到，你们公司到底怎么回事"),
    (AGENT, "请您提供一下订单号，我马上帮您查询"),
    (CALLER, "订单号是三五八零二七一"),
]
ENGLISH = [
    (AGENT, "Thank you for calling, how may I help you?"),
    (CALLER, "Where is my parcel? It was due on Monday and I want a refund."),
    (AGENT, "Could I have your order number, please?"),
    (CALLER, "Four five six seven."),
]


def swapped(lines: list[tuple[Party, str]]) -> list[tuple[Party, str]]:
    """The same with the channels the wrong way round."""
    return [(party.other, text) for party, text in lines]


def test_right_channels_are_left_alone(say: Say) -> None:
    assert notices(say, MANDARIN * 3) == []
    assert notices(say, ENGLISH * 3) == []


def test_swapped_channels_are_told_once(say: Say) -> None:
    assert notices(say, swapped(MANDARIN) * 3) == [SWAPPED]
    assert notices(say, swapped(ENGLISH) * 3) == [SWAPPED]


def test_a_caller_who_quotes_an_agent_is_no_evidence(say: Say) -> None:
    lines = [
        (CALLER, "Hello."),
        (AGENT, "Hello, this is the parcel desk, good morning to you."),
        (CALLER, "Thank you for calling me back. My order is late."),
    ]
    assert notices(say, lines) == []


def test_nothing_is_said_before_the_agent_was_heard(say: Say) -> None:
    assert notices(say, [line for line in swapped(MANDARIN) if line[0] is CALLER]) == []


def test_two_agents_are_no_swap(say: Say) -> None:
    assert notices(say, MANDARIN + swapped(MANDARIN)) == []
