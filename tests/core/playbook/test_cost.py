"""What a committed word costs does not grow with rules that have nothing to do with it."""

from __future__ import annotations

import time

from monitor.core.audio import Party
from monitor.core.playbook.listener import phrases_of
from monitor.core.playbook.model import RuleBook
from monitor.core.playbook.source import parse_book
from tests.core.playbook.scene import Scene

TALK = [
    ("agent", "您好，请问有什么可以帮您"),
    ("caller", "我的快递到现在还没收到，都一个礼拜了"),
    ("agent", "好的，我帮您查一下，请您稍等"),
    ("caller", "快一点好不好"),
    ("agent", "您的包裹昨天已经到站，今天下午派送"),
]
KINDS = (
    '{{ said = "signal_{n}" }}',
    '{{ not_said = "signal_{n}", after = "other_{n}", within_turns = 2 }}',
    '{{ all = [{{ said = "signal_{n}" }}, {{ said = "other_{n}", within_s = 20 }}] }}',
    '{{ count = "signal_{n}", at_least = 3 }}',
    '{{ order = ["other_{n}", "signal_{n}"] }}',
)


def book(rules: int) -> RuleBook:
    """A book of so many rules of all kinds, each on two signals of its own."""
    first, second = "春夏秋冬东南西北", "金木水火土风雷电"

    def words(n: int, characters: str) -> str:
        return "".join(characters[n // 8**power % 8] for power in range(4)) + "案"

    rows = "".join(
        f'[[signal]]\nid = "signal_{n}"\nwho = "agent"\nphrases = {{ zh = ["{words(n, first)}"] }}\n'
        f'[[signal]]\nid = "other_{n}"\nwho = "caller"\nphrases = {{ zh = ["{words(n, second)}"] }}\n'
        f'[[rule]]\nid = "rule_{n}"\nwho = "agent"\ntitle = {{ zh = "题", en = "title" }}\nseverity = "low"\n'
        f'because = {{ zh = "因", en = "why" }}\nwhat = {KINDS[n % len(KINDS)].format(n=n)}\n'
        for n in range(rules)
    )
    return parse_book({"many": rows})


def talk(rules: RuleBook) -> Scene:
    """The conversation, judged by the rules."""
    scene = Scene(rules)
    for who, text in TALK:
        scene.say(who, text)
    return scene.finish()


def test_rules_that_nothing_was_said_for_are_not_asked() -> None:
    assert talk(book(20)).judge.asked == talk(book(1000)).judge.asked == 0


def test_patterns_of_other_rules_are_not_run() -> None:
    phrases = phrases_of(book(1000), Party.AGENT)
    assert list(phrases._candidates("您的包裹昨天已经到站今天下午派送", 0)) == []


def test_a_word_is_cheap_with_a_thousand_rules() -> None:
    """Far from the goal of a millisecond, so that a busy machine does not fail it; `bench` measures."""
    rules = book(1000)
    talk(rules)
    begun = time.process_time()
    for _ in range(5):
        talk(rules)
    characters = 5 * sum(len(text) for _, text in TALK)
    assert (time.process_time() - begun) / characters < 0.005
