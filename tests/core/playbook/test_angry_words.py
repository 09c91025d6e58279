"""Plain words of anger name an irritable caller by themselves; what only looks like them does not."""

from __future__ import annotations

import pytest

from monitor.core.events import Reading
from monitor.playbook_files import load_playbook
from tests.core.playbook.performance import Performance

BOOK = load_playbook()

ANGRY = [
    "你们拿这两百块打发叫花子呢",
    "少跟我打官腔，你给句痛快话",
    "我冷静什么，换了是你你试试",
    "解释个屁，我不听",
    "东西没了还赖起我来了",
    "我就嚷怎么了",
    "你会不会说人话",
    "气死我了，跑了三趟都白跑",
    "真当我是冤大头啊",
    "你们这帮骗子",
    "oh for Pete's sake, I've told you that twice",
    "don't you dare tell me to be patient",
    "you must be joking",
    "what kind of cowboys are you",
    "this is daylight robbery",
    "are you even listening to me",
    "who do you think you are, talking to me like that",
    "I'm absolutely livid about it",
    "don't give me that, I was at home all day",
    "you useless pack of idiots",
]
CALM = [
    "骑手送来洒了一半，他还怪我没接电话",
    "上回你们同事跟我说是周五到",
    "这个说明书我看不懂，您讲得简单点行吗",
    "我家的表是不是有毛病，麻烦派人看看",
    "没事，别跟我说抱歉了",
    "请问这叫什么套餐",
    "I'd be furious if you gave it to just anyone",
    "I've broken my foot, so I can't get to the depot",
    "don't tell me the whole address, the postcode will do",
    "I'm standing in the bloody post office on my lunch break",
    "I'm worried that this is a con, so I rang you",
    "I don't want to go in there and make a fool of myself",
]


def is_named_irritable(line: str) -> bool:
    """Whether the reading still names the caller irritable five seconds after the line."""
    played = Performance(BOOK).play(["a: hello", f"c: {line}", "a: mm", "wait 5"])
    readings = [event for event in played.events if isinstance(event, Reading)]
    return any(one.name == "irritable" and one.is_named for last in readings[-1:] for one in last.types)


@pytest.mark.parametrize("line", ANGRY)
def test_angry_words_name_an_irritable_caller(line: str) -> None:
    assert is_named_irritable(line)


@pytest.mark.parametrize("line", CALM)
def test_a_calm_caller_is_not_named_irritable(line: str) -> None:
    assert not is_named_irritable(line)
