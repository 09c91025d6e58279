"""Gates: what they know of, and what they keep back of what detectors find."""

from __future__ import annotations

import pytest

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.facts import AlertEnded, AlertRaised, Judgement
from monitor.core.playbook.model import RuleBook
from monitor.core.playbook.source import parse_book
from monitor.core.reading.context import Phase
from tests.core.playbook.scene import Scene
from tests.core.playbook.test_judge import SIGNALS, book

FIRST = """
[[rule]]
id = "first"
title = {{ zh = "题", en = "title" }}
severity = "high"
because = {{ zh = "因为", en = "because" }}
what = {{ count = "refusal", at_least = 2 }}
{more}
[[rule]]
id = "other"
who = "agent"
title = {{ zh = "题", en = "title" }}
severity = "high"
because = {{ zh = "因为", en = "because" }}
phrases = {{ zh = ["没有权限"] }}
"""


@pytest.mark.parametrize("more", ["", 'yields_to = "other"', "report_only = true"])
def test_gates_and_windows_know_of_rules_without_phrases(more: str) -> None:
    signals = SIGNALS + FIRST.format(more=more)

    def fires(rules: RuleBook, times: int) -> bool:
        scene = Scene(rules)
        for _ in range(times):
            scene.say("agent", "不可以", 2.0).wait(3.0)
        return "r" in scene.say("agent", "按规定", 2.0).finish().fired

    after = book('{ said = "policy" }', more='when = { after = "first" }', signals=signals)
    assert fires(after, 2) and not fires(after, 1)
    before = book('{ said = "policy" }', more='when = { before = "first" }', signals=signals)
    assert fires(before, 1) and not fires(before, 2)
    both = book('{ all = [{ said = "policy" }, { said = "first", within_s = 60 }] }', signals=signals)
    assert fires(both, 2) and not fires(both, 1)
    unless = book('{ all = [{ said = "policy" }, { not = { said = "first" } }] }', signals=signals)
    assert fires(unless, 1) and not fires(unless, 2)


def test_what_is_owed_in_the_same_turn() -> None:
    rules = book('{ not_said = "comfort", after = "refusal", within_turns = 0, counts_for_s = 5 }')
    scene = Scene(rules).say("agent", "这个办不了")
    assert scene.fired == [], "the turn may go on"
    assert scene.say("caller", "为什么呀", 0.3).wait(1.0).fired == ["r"], "and is over when the caller speaks"
    assert Scene(rules).say("agent", "这个办不了，我理解您的难处").finish().fired == []
    assert Scene(rules).say("agent", "我理解您，可是办不了").finish().fired == [], "said shortly before"
    late = Scene(rules).say("agent", "这个办不了").say("caller", "为什么呀").say("agent", "我理解您的难处")
    assert late.finish().fired == ["r"]


WATCHED = """
[[rule]]
id = "talk_share"
who = "agent"
title = { zh = "题", en = "title" }
severity = "low"
because = { zh = "因为", en = "because" }
when = { phase = ["handling"] }
"""
FOUND = AlertRaised(rule="talk_share", party=Party.AGENT, about=Span(0, samples(1.0)))


def tell(scene: Scene, judgement: Judgement) -> None:
    """What the detector finds comes to the judge, as the session brings it."""
    scene.told.extend(scene.judge.on_judgement(judgement, scene.context, scene.now))


def in_phase(phase: Phase, text: str = WATCHED) -> Scene:
    """A call in this phase."""
    scene = Scene(parse_book({"book": text}))
    scene.context.phase = phase
    return scene


def test_what_a_detector_finds_is_told_through_open_gates() -> None:
    assert parse_book({"book": WATCHED}).keeps_back(FOUND.rule)
    scene = in_phase(Phase.HANDLING)
    tell(scene, FOUND)
    tell(scene, AlertEnded(rule="talk_share"))
    assert scene.told == [FOUND, AlertEnded(rule="talk_share")]


def test_what_lasts_until_the_gates_open_is_told_then() -> None:
    scene = in_phase(Phase.OPENING)
    tell(scene, FOUND)
    assert scene.wait(1.0).fired == []
    scene.context.phase = Phase.HANDLING
    assert scene.wait(1.0).fired == ["talk_share"]
    assert scene.wait(5.0).fired == ["talk_share"], "once"
    scene.context.phase = Phase.CLOSING
    tell(scene, AlertEnded(rule="talk_share"))
    assert scene.ended == [("talk_share", "ended")], "an alert that was raised always ends"


def test_what_ends_behind_shut_gates_is_never_told() -> None:
    scene = in_phase(Phase.OPENING)
    tell(scene, FOUND)
    tell(scene, AlertEnded(rule="talk_share"))
    scene.context.phase = Phase.HANDLING
    assert scene.wait(1.0).told == []


def test_a_moment_behind_shut_gates_is_forgotten() -> None:
    scene = in_phase(Phase.OPENING)
    tell(scene, AlertRaised(rule="talk_share", party=None, about=Span(0, 1), is_momentary=True))
    scene.context.phase = Phase.HANDLING
    assert scene.wait(1.0).told == []


def test_another_book_may_have_no_gates() -> None:
    scene = in_phase(Phase.OPENING)
    tell(scene, FOUND)
    free = parse_book({"book": WATCHED.replace('when = { phase = ["handling"] }', "")})
    scene.told.extend(scene.judge.rebook(free, scene.context, scene.now))
    assert scene.wait(1.0).fired == ["talk_share"]
    assert not free.keeps_back(FOUND.rule), "from here on the session tells it itself"


def test_what_another_book_lets_through_is_followed_on() -> None:
    follows = """
[[rule]]
id = "after_it"
title = { zh = "题", en = "title" }
severity = "low"
because = { zh = "因为", en = "because" }
what = { said = "talk_share" }
"""
    scene = in_phase(Phase.OPENING, WATCHED + follows)
    tell(scene, FOUND)
    free = parse_book({"book": WATCHED.replace('when = { phase = ["handling"] }', "") + follows})
    scene.told.extend(scene.judge.rebook(free, scene.context, scene.now))
    assert scene.fired == ["talk_share", "after_it"]
