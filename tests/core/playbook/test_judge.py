"""Conditions as they hold and cease to hold: each leaf fires, has a lookalike that does not, and clears."""

from __future__ import annotations

import pytest

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.facts import AlertRaised, ProsodyFrame, TemperState
from monitor.core.playbook.model import RuleBook
from monitor.core.playbook.source import parse_book
from monitor.core.reading.context import CallerNeed, CallerType, CallState, ComplaintSlot, FilledSlot, Phase
from tests.core.playbook.scene import Scene

SIGNALS = """
[[signal]]
id = "comfort"
who = "agent"
phrases = { zh = ["理解"], en = ["i understand"] }
[[signal]]
id = "grievance"
who = "caller"
phrases = { zh = ["没收到"], en = ["never came"] }
[[signal]]
id = "refusal"
who = "agent"
phrases = { zh = ["不可以", "办不了"], en = ["we cannot"] }
[[signal]]
id = "farewell"
who = "agent"
phrases = { zh = ["再见"], en = ["goodbye"] }
[[signal]]
id = "policy"
who = "agent"
phrases = { zh = ["规定"], en = ["policy"] }
"""


def book(what: str, who: str = "agent", more: str = "", signals: str = SIGNALS) -> RuleBook:
    """A book with one rule, `r`, of this condition."""
    rule = f"""
[[rule]]
id = "r"
who = "{who}"
title = {{ zh = "题", en = "title" }}
severity = "medium"
because = {{ zh = "因为{{phrase}}", en = "because {{phrase}}" }}
what = {what}
{more}
"""
    return parse_book({"book": signals + rule})


def test_said_together_in_one_turn() -> None:
    rules = book('{ all = [{ said = "refusal" }, { said = "policy" }] }')
    assert Scene(rules).say("agent", "按规定，这个办不了").finish().fired == ["r"]
    apart = Scene(rules).say("agent", "这个办不了").say("caller", "为什么呀为什么", 2.0)
    assert apart.say("agent", "这是规定", 2.0).finish().fired == []


def test_a_window_of_seconds_and_of_turns() -> None:
    rules = book('{ all = [{ said = "refusal" }, { said = "grievance", within_s = 10 }] }')
    assert Scene(rules).say("caller", "我没收到").say("agent", "不可以").finish().fired == ["r"]
    assert Scene(rules).say("caller", "我没收到").say("agent", "不可以", 12.0).finish().fired == []
    assert Scene(rules).say("agent", "不可以").say("caller", "我没收到").finish().fired == []
    turns = book('{ all = [{ said = "refusal" }, { said = "grievance", within_turns = 1 }] }')
    assert Scene(turns).say("caller", "我没收到").say("agent", "不可以").finish().fired == ["r"]
    later = Scene(turns).say("caller", "我没收到").say("agent", "稍等一下").say("caller", "快一点好不好", 2.0)
    assert later.say("agent", "不可以", 2.0).finish().fired == []


def test_not_said_within_turns_fires_once_and_clears() -> None:
    rules = book('{ not_said = "comfort", after = "grievance", within_turns = 1 }')
    scene = Scene(rules).say("caller", "我没收到").say("agent", "请问您的单号是多少").wait(2.0)
    assert scene.fired == ["r"]
    scene.say("caller", "一二三").say("agent", "好的").wait(2.0)
    assert scene.fired == ["r"], "once at the point"
    scene.say("agent", "我很理解").wait(2.0)
    assert scene.ended == [("r", "said")]
    assert scene.raised("r").values["phrase"] == "没收到"
    comforted = Scene(rules).say("caller", "我没收到").say("agent", "我理解您")
    assert comforted.finish().fired == []


def test_what_was_said_shortly_before_counts() -> None:
    lines = [("agent", "我理解您"), ("caller", "我没收到"), ("agent", "请问您的单号")]

    def run(condition: str) -> list[str]:
        scene = Scene(book(condition))
        for who, text in lines:
            scene.say(who, text)
        return scene.finish().fired

    assert run('{ not_said = "comfort", after = "grievance", within_turns = 1 }') == []
    assert run('{ not_said = "comfort", after = "grievance", within_turns = 1, counts_for_s = 0 }') == ["r"]


def test_nobody_is_late_while_somebody_speaks() -> None:
    rules = book('{ not_said = "comfort", after = "grievance", within_s = 5 }')
    scene = Scene(rules).say("caller", "我没收到")
    scene.say("caller", "这个事情" * 12, 0.5)
    assert scene.fired == [], "the agent could not say it yet"
    scene.say("agent", "我理解您的感受", 0.3).wait(3.0)
    assert scene.fired == [], "the words were on their way"
    late = Scene(rules).say("caller", "我没收到").wait(8.0)
    assert late.fired == ["r"]


def test_an_alert_about_something_unsaid_does_not_stay_for_ever() -> None:
    scene = Scene(book('{ not_said = "comfort", after = "grievance", within_s = 5 }'))
    scene.say("caller", "我没收到").wait(80.0)
    assert scene.ended == [("r", "over")]
    scene.say("caller", "我没收到").wait(8.0)
    assert scene.fired == ["r", "r"], "the next occasion counts anew"


def test_not_said_by_a_point() -> None:
    assert Scene(book('{ not_said = "comfort", by_s = 20 }')).wait(25.0).fired == ["r"]
    assert Scene(book('{ not_said = "comfort", by_s = 20 }')).say("agent", "我理解").wait(25.0).fired == []
    phase = Scene(book('{ not_said = "comfort", by_phase = "handling" }')).wait(1.0)
    phase.context.reached[Phase.FACT_FINDING] = 1
    phase.context.phase = Phase.FACT_FINDING
    assert phase.wait(1.0).fired == []
    phase.context.reached[Phase.HANDLING] = 2
    phase.context.phase = Phase.HANDLING
    assert phase.wait(1.0).fired == ["r"]
    end = book('{ not_said = "comfort", by_end = true }')
    assert Scene(end).say("agent", "您好").finish().fired == ["r"]
    assert Scene(end).say("agent", "我理解").finish().fired == []


@pytest.mark.parametrize(
    "what",
    [
        '{ not_said = "comfort", by_s = 40 }',
        '{ not_said = "comfort", after = "grievance", within_turns = 2 }',
        '{ all = [{ noted = "question", at_most = 0 }, { spoken_s = 10, who = "caller" }] }',
    ],
)
def test_what_a_party_left_unsaid_is_unknown_where_no_words_of_it_come(what: str) -> None:
    def call() -> Scene:
        return Scene(book(what)).speak("agent", 16.0).say("caller", "东西一直没收到，真是的" * 5)

    assert call().speak("agent", 3.0).speak("agent", 3.0, 2.5).wait(40.0).fired == []
    heard = call().say("agent", "查一下").say("agent", "查一下", 2.5).wait(40.0)
    assert heard.fired == ["r"]


def test_order() -> None:
    rules = book('{ order = ["comfort", "farewell"] }')
    assert Scene(rules).say("agent", "好的再见").finish().fired == ["r"]
    assert Scene(rules).say("agent", "我理解").say("agent", "好的再见").finish().fired == []
    near = book('{ order = ["comfort", "farewell"], within_s = 10 }')
    assert Scene(near).say("agent", "我理解").say("agent", "好的再见", 15.0).finish().fired == ["r"]


def test_count_begins_anew_when_it_fires() -> None:
    rules = book('{ count = "refusal", at_least = 2, within_s = 30 }')
    scene = Scene(rules).say("agent", "不可以").say("agent", "办不了", 2.0)
    assert scene.wait(2.0).fired == ["r"]
    assert scene.raised("r").values["count"] == 2
    assert scene.say("agent", "不可以", 2.0).wait(2.0).fired == ["r"]
    assert scene.say("agent", "不可以", 2.0).finish().fired == ["r", "r"]
    assert Scene(rules).say("agent", "不可以").say("agent", "不可以", 40.0).finish().fired == []


@pytest.mark.parametrize("who", ["agent", "caller"])
def test_what_either_party_said_holds_within_its_time(who: str) -> None:
    rules = book('{ all = [{ said = "farewell" }, { said = ["policy", "grievance"], within_s = 20 }] }')
    text = {"agent": "我们的规定", "caller": "我没收到"}[who]
    assert Scene(rules).say(who, text).say("agent", "好的再见").finish().fired == ["r"]
    assert Scene(rules).say(who, text).say("agent", "好的再见", 25.0).finish().fired == []
    assert Scene(rules).say("agent", "好的再见").finish().fired == []


def test_the_same_words_count_once() -> None:
    shorter = SIGNALS.replace('"规定"', '"不可以"')
    rules = book('{ count = ["refusal", "policy"], at_least = 2, within_s = 30 }', signals=shorter)
    assert Scene(rules).say("agent", "不可以").finish().fired == []
    assert Scene(rules).say("agent", "不可以的，办不了").finish().fired == ["r"]


def test_a_long_phrase_hides_no_two_that_stand_in_it() -> None:
    longer = SIGNALS.replace('"规定"', '"我们不可以.{0,2}办不了"')
    rules = book('{ count = ["refusal", "policy"], at_least = 2, within_s = 30 }', signals=longer)
    both = Scene(rules).say("agent", "我们不可以也办不了").finish()
    assert both.fired == ["r"]
    assert both.raised("r").values["count"] == 2
    assert Scene(rules).say("agent", "我们不可以").finish().fired == []
    three = book('{ count = ["refusal", "policy"], at_least = 3, within_s = 30 }', signals=longer)
    assert Scene(three).say("agent", "我们不可以也办不了").finish().fired == []


def test_findings_about_stretches_that_overlap_count_each() -> None:
    """Of rules without phrases: the second finding is about a window that holds the first one's."""
    found = """
[[rule]]
id = "talk_share"
title = { zh = "题", en = "title" }
severity = "low"
because = { zh = "因为", en = "because" }
"""
    scene = Scene(book('{ count = "talk_share", at_least = 2, within_s = 300 }', signals=SIGNALS + found))
    for start_s in (0.0, 60.0):
        scene.wait(120.0)
        about = Span(samples(start_s), scene.now)
        judgement = AlertRaised(rule="talk_share", party=Party.AGENT, about=about)
        scene.told.extend(scene.judge.on_judgement(judgement, scene.context, scene.now))
    assert scene.fired == ["r"]


@pytest.mark.parametrize(
    ("first", "again", "fires"),
    [
        ("按照我们的规定单位地址只能投到收发室", "我们的规定是单位地址只能投递到收发室", True),
        ("Our policy only lets us deliver to the mail room.", "The parcel is at the mail room.", False),
        (
            "Our policy lets us deliver to the mail room",
            "Our policy only lets us deliver to the mail room",
            True,
        ),
        ("好的好的好的", "好的好的好的", False),
        ("您的单号是一二三四五六七八", "您的单号是一二三四五六七八", False),
        ("请您提供一下邮件号码", "我马上帮您查询投递情况", False),
    ],
)
def test_repeating_oneself(first: str, again: str, fires: bool) -> None:
    rules = book('{ repeats = "agent", at_least = 0.65 }')
    scene = Scene(rules).say("agent", first).say("caller", "那我怎么办啊到底", 1.0).say("agent", again, 2.0)
    assert scene.finish().fired == (["r"] if fires else [])


def test_repeating_what_a_signal_is_said_in() -> None:
    rules = book('{ repeats = "agent", saying = "policy", at_least = 0.65 }')
    policy = "按照规定单位地址只能投到收发室"
    assert Scene(rules).say("agent", policy).say("agent", policy, 5.0).finish().fired == ["r"]
    other = "请您耐心等待我们正在核实情况"
    assert Scene(rules).say("agent", other).say("agent", other, 5.0).finish().fired == []


def test_like_an_example() -> None:
    rules = book('{ like = ["您可以自己去收发室问一下", "you could ask at the mail room yourself"] }')
    assert Scene(rules).say("agent", "您可以自己去收发室问问").finish().fired == ["r"]
    assert Scene(rules).say("agent", "You could ask at the mail room").finish().fired == ["r"]
    assert Scene(rules).say("agent", "我自己去收发室帮您问").finish().fired == []
    assert Scene(rules).say("caller", "您可以自己去收发室问一下").finish().fired == []


def test_while_the_other_speaks() -> None:
    rules = book('{ all = [{ said = "refusal" }, { timing = "on_top_of_other" }] }')
    scene = Scene(rules).say("caller", "我没收到我的快递都一个礼拜了", over=True)
    assert scene.say("agent", "不可以", 0.5).finish().fired == ["r"]
    assert Scene(rules).say("caller", "我没收到").say("agent", "不可以", 1.0).finish().fired == []


def test_right_after_the_other() -> None:
    rules = book('{ all = [{ said = "refusal" }, { timing = "right_after_other" }] }')
    assert Scene(rules).say("caller", "我到现在没收到").say("agent", "不可以", 1.0).finish().fired == ["r"]
    assert Scene(rules).say("caller", "我到现在没收到").say("agent", "不可以", 6.0).finish().fired == []


def test_before_the_account_ends() -> None:
    rules = book('{ all = [{ said = "refusal" }, { timing = "before_account_ends" }] }')
    assert Scene(rules).say("agent", "不可以").finish().fired == ["r"]
    assert Scene(rules, CallState(account_ended_at=5)).say("agent", "不可以").finish().fired == []


def test_lengths_of_time() -> None:
    assert Scene(book("{ turn_longer_than_s = 4 }")).say("agent", "这个" * 12).wait(2).fired == ["r"]
    assert Scene(book("{ turn_longer_than_s = 4 }")).say("agent", "这个").wait(9).fired == []
    quiet = Scene(book("{ silent_for_s = 5 }")).say("agent", "您好").wait(6.0)
    assert quiet.fired == ["r"]
    assert quiet.say("agent", "您好").ended == [("r", "ended")]
    assert Scene(book("{ silent_for_s = 5 }")).wait(9.0).fired == [], "nobody has spoken yet"
    gap = book("{ reply_gap_s = 3 }")
    assert Scene(gap).say("caller", "在吗在吗").wait(5.0).fired == ["r"]
    assert Scene(gap).say("caller", "在吗" * 20).wait(5.0).fired == [], "the line may bring one voice only"
    assert Scene(gap).say("agent", "我查一下").wait(5.0).fired == []
    unheard = book("{ unacknowledged_for_s = 4 }")
    assert Scene(unheard).say("agent", "您好").say("caller", "这个事情" * 7).wait(1).fired == ["r"]
    assert Scene(unheard).say("caller", "这个事情" * 7).wait(1).fired == [], (
        "the line may bring one voice only"
    )
    listened = Scene(unheard).say("caller", "这个事情" * 4, over=True).say("agent", "嗯", 2.0)
    assert listened.say("caller", "这个事情" * 3, 2.0).wait(1).fired == []


def test_shares_and_amounts() -> None:
    share = book("{ talk_share_at_least = 0.7, speech_s = 5 }")
    assert Scene(share).say("agent", "这个" * 16).wait(1).fired == ["r"]
    assert Scene(share).say("agent", "这个" * 8).say("caller", "那个" * 8).wait(1).fired == []
    spoken = '{ all = [{ spoken_s = 4, who = "caller" }, { not = { said = "comfort" } }] }'
    assert Scene(book(spoken)).say("caller", "这个" * 12).wait(1).fired == ["r"]
    assert Scene(book(spoken)).say("agent", "理解").wait(1).say("caller", "这个" * 12).wait(1).fired == []
    assert Scene(book("{ call_longer_than_s = 5 }")).wait(6).fired == ["r"]
    first = book('{ all = [{ said = "refusal" }, { turns_at_most = 1 }] }')
    assert Scene(first).say("agent", "不可以").finish().fired == ["r"]
    assert Scene(first).say("agent", "您好").wait(3).say("agent", "不可以").finish().fired == []


def test_cutting_in() -> None:
    rules = book('{ interrupts = "agent", at_least = 2, within_s = 60 }')
    scene = Scene(rules).cut_in("agent").wait(5)
    assert scene.fired == []
    assert scene.cut_in("agent").fired == ["r"]
    assert Scene(rules).cut_in("caller").wait(5).cut_in("caller").wait(1).fired == []


def test_how_it_sounds() -> None:
    rules = book("{ sounds = { rate_ratio_min = 1.25, for_s = 2 } }")

    def run(ratio: float, party: Party = Party.AGENT) -> list[str]:
        scene = Scene(rules)
        for _ in range(30):
            scene.wait(0.1)
            frame = ProsodyFrame(
                party=party,
                at=scene.now,
                f0_hz=None,
                f0_st=None,
                level_dbfs=-20.0,
                level_db=0.0,
                voicing=1.0,
                rate_syl_s=5.0,
                rate_ratio=ratio,
                alpha_db=None,
                alpha_delta_db=None,
                confidence=1.0,
            )
            scene.judge.on_event(frame, scene.context, scene.now)
        return scene.wait(1).fired

    assert run(1.4) == ["r"]
    assert run(1.1) == []
    assert run(1.4, Party.CALLER) == []


def test_what_the_reading_knows() -> None:
    def run(what: str, **known: object) -> list[str]:
        scene = Scene(book(what)).wait(1)
        for name, value in known.items():
            setattr(scene.context, name, value)
        return scene.wait(2).fired

    assert run('{ temper_at_least = "raised" }', temper=TemperState.HOT) == ["r"]
    assert run('{ temper_at_least = "hot" }', temper=TemperState.RAISED) == []
    assert run('{ temper_at_least = "raised", for_s = 5 }', temper=TemperState.HOT) == []
    assert run('{ temper_at_least = "raised", for_s = 1 }', temper=TemperState.HOT) == ["r"]
    assert run('{ type = "commanding" }', types={CallerType.COMMANDING: 0.6}) == ["r"]
    assert run('{ need = "respect", at_least = 0.8 }', needs={CallerNeed.RESPECT: 0.6}) == []
    assert run("{ risk_at_least = 0.6 }", risk=0.7) == ["r"]
    assert run('{ phase = "closing" }', phase=Phase.CLOSING) == ["r"]
    assert run("{ is_complaint = true }", is_complaint=True) == ["r"]
    slot = FilledSlot(slot=ComplaintSlot.CONTACT, words="139", span=samples_span())
    assert run('{ all = [{ slot = "contact" }, { phase = "closing" }] }', phase=Phase.CLOSING) == ["r"]
    filled = {ComplaintSlot.CONTACT: slot}
    assert (
        run('{ all = [{ slot = "contact" }, { phase = "closing" }] }', phase=Phase.CLOSING, slots=filled)
        == []
    )


def samples_span() -> Span:
    """Any stretch."""
    return Span(0, samples(1.0))


def test_gates_hold_when_a_rule_fires() -> None:
    rules = book('{ said = "refusal" }', more='when = { after = "grievance", temper_at_least = "raised" }')
    hot = CallState(temper=TemperState.HOT)
    assert Scene(rules, hot).say("agent", "不可以").finish().fired == []
    assert Scene(rules).say("caller", "我没收到").say("agent", "不可以").finish().fired == []
    hot = CallState(temper=TemperState.HOT)
    assert Scene(rules, hot).say("caller", "我没收到").say("agent", "不可以").finish().fired == ["r"]
    first = book('{ said = "refusal" }', more='when = { before = "comfort", language = "zh" }')
    assert Scene(first).say("agent", "不可以").finish().fired == ["r"]
    assert Scene(first).say("agent", "我理解").say("agent", "不可以").finish().fired == []
    assert Scene(first).say("agent", "we cannot do it").finish().fired == []


def test_a_rule_yields_where_both_are_about_the_same_words() -> None:
    limits = """
[[rule]]
id = "limits"
who = "agent"
title = { zh = "题", en = "title" }
severity = "high"
because = { zh = "因为", en = "because" }
phrases = { zh = ["没有权限"] }
"""
    rules = book('{ said = "refusal" }', more='yields_to = "limits"', signals=SIGNALS + limits)
    assert Scene(rules).say("agent", "我没有权限办不了").finish().fired == ["limits"]
    assert Scene(rules).say("agent", "这个办不了").finish().fired == ["r"]


def test_a_rule_follows_a_rule() -> None:
    first = """
[[rule]]
id = "first"
title = { zh = "题", en = "title" }
severity = "high"
because = { zh = "因为", en = "because" }
what = { count = "refusal", at_least = 2 }
"""
    rules = book('{ not_said = "comfort", after = "first", within_s = 5 }', signals=SIGNALS + first)
    scene = Scene(rules).say("agent", "不可以").say("agent", "办不了", 2.0).wait(10)
    assert scene.fired == ["first", "r"]


def test_rules_for_the_report_tell_nobody() -> None:
    scene = Scene(book('{ said = "refusal" }', more="report_only = true")).say("agent", "不可以").finish()
    assert scene.fired == []
    assert [one.rule for one in scene.judge.report_findings()] == ["r"]


def test_a_rule_that_fires_on_and_on_is_contained() -> None:
    scene = Scene(book('{ said = "refusal" }'))
    for _ in range(40):
        scene.say("agent", "不可以", 0.3)
    assert scene.fired == ["r"] * 12
    assert [one.rule for one in scene.judge.muted()] == ["r"]
    assert scene.judge.muted() == []


def test_another_book_from_here_on() -> None:
    rules = book('{ not_said = "comfort", after = "grievance", within_s = 5 }')
    scene = Scene(rules).say("caller", "我没收到").wait(1.0)
    scene.told.extend(scene.judge.rebook(rules, scene.context, scene.now))
    scene.listener.rebook(rules)
    assert scene.wait(8.0).fired == ["r"], "what is the same goes on"
    other = book('{ said = "farewell" }')
    scene.told.extend(scene.judge.rebook(other, scene.context, scene.now))
    scene.listener.rebook(other)
    assert scene.ended == [("r", "rule_changed")]
    assert isinstance(scene.say("agent", "再见").wait(2.0).told[-1], AlertRaised)
