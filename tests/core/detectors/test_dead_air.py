"""Dead air: silence of both, unless the agent asked for it."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.core.audio import Party
from monitor.core.detectors.dead_air import DeadAir
from monitor.core.facts import Severity
from monitor.core.settings import DetectorSettings

A, C = Party.AGENT, Party.CALLER


def detector() -> DeadAir:
    return DeadAir(DetectorSettings())


def test_cue_after_eight_seconds_and_alert_after_twenty(scene: Any) -> None:
    scene.speaks(C, 0, 4).speaks(A, 4.5, 6, says="嗯,这个情况")
    heard = scene.play(detector(), end_s=30)
    (first_s, first), (second_s, second) = heard.raised
    assert first_s == pytest.approx(14.0, abs=0.15)
    assert first.severity is Severity.INFO
    assert second_s == pytest.approx(26.0, abs=0.15)
    assert second.severity is None
    assert [(end.key, end.reason) for _, end in heard.ended] == [(first.key, "escalated")]
    assert second.values["seconds_s"] == pytest.approx(20.0, abs=0.15)


def test_clears_when_somebody_speaks(scene: Any) -> None:
    heard = scene.speaks(A, 0, 3).speaks(C, 13, 16).play(detector())
    assert len(heard.raised) == 1
    assert [end.reason for _, end in heard.ended] == ["speech"]
    assert heard.ended_at_s == pytest.approx(13.2, abs=0.1)


@pytest.mark.parametrize(
    "line",
    [
        "好的,请您稍等。",
        "您稍等一下,我查一下。",
        "麻烦您等一下",
        "我帮您查一下",
        "请您稍后",
        "您先别挂",
        "我给您转接一下",
        "请在线等待一下",
        "我需要几分钟查询一下",
        "我先请示一下主管",
        "请不要挂机",
        "您不用挂，大概半分钟",
        "我把单子开上，转十秒钟",
        "Please hold.",
        "it takes me half a minute",
        "it thinks for about a quarter of a minute",
        "don't worry if I go quiet",
        "One moment, please.",
        "Could you hold on for me",
        "Let me check that for you.",
        "Bear with me.",
        "I'll be right back",
        "Hang on a second",
        "Please stay on the line while I check",
        "May I place you on hold",
        "I'm just checking that for you",
        "let me transfer you",
        "allow me a moment to check",
        "I'm in the file now, that's about ten seconds",
        "I'll walk over to the workshop, I'll be about half a minute",
        "it'll be quiet while I read it",
    ],
)
def test_not_after_the_agent_asked_to_wait(scene: Any, line: str) -> None:
    scene.speaks(C, 0, 4).speaks(A, 4.5, 6, says=line).speaks(C, 6.3, 6.8, says="好的")
    assert not scene.play(detector(), end_s=45).raised


def test_what_was_raised_before_the_words_came_ends_with_them(scene: Any) -> None:
    scene.speaks(A, 0, 2, says="请稍等", words_after_s=9.0)
    heard = scene.play(detector(), end_s=40)
    assert heard.raised_at_s == pytest.approx(10.0, abs=0.15)
    assert heard.ended_at_s == pytest.approx(11.8, abs=0.2), "as soon as the words are certain"
    assert [end.reason for _, end in heard.ended] == ["hold"]


def test_a_hold_has_an_end(scene: Any) -> None:
    heard = scene.speaks(A, 0, 2, says="请稍等").play(detector(), end_s=80)
    assert heard.raised_at_s == pytest.approx(62.0, abs=0.15)
    assert heard.alert.severity is None


@pytest.mark.parametrize(
    "line",
    [
        "让您久等了",
        "您的包裹明天到",
        "稍后给您回电",
        "等会儿给您回电话",
        "您等了多久",
        "Thank you for holding.",
        "Thanks for waiting",
        "I will call you back in a moment",
        "it takes a minute to set up",
        "it went about ten minutes ago",
        "您的包裹大概十分钟到",
        "we hold your parcel for seven days",
    ],
)
def test_other_words_excuse_nothing(scene: Any, line: str) -> None:
    assert scene.speaks(A, 0, 2, says=line).play(detector(), end_s=11).raised


@pytest.mark.parametrize("line", ["等等啊我拿支笔", "您稍等我看看", "hang on a second", "let me find it"])
def test_a_caller_who_looks_for_something_is_waited_for(scene: Any, line: str) -> None:
    assert not scene.speaks(C, 0, 2, says=line).play(detector(), end_s=11).raised


@pytest.mark.parametrize("line", ["我等着呢", "你们让我等了半天", "how long do I wait", "I was on hold"])
def test_a_caller_who_waits_is_not_to_be_left_in_silence(scene: Any, line: str) -> None:
    assert scene.speaks(C, 0, 2, says=line).play(detector(), end_s=11).raised


def test_an_old_hold_excuses_no_later_silence(scene: Any) -> None:
    scene.speaks(A, 0, 2, says="请稍等").speaks(A, 20, 24, says="查到了").speaks(C, 24.5, 30)
    assert scene.play(detector(), end_s=40).raised


def test_ringing_before_the_first_word_is_not_judged(scene: Any) -> None:
    assert not scene.speaks(A, 40, 42).play(detector(), end_s=45).raised


def test_short_silences_are_fine(scene: Any) -> None:
    for start in range(0, 60, 9):
        scene.speaks(A, start, start + 2)
    assert not scene.play(detector(), end_s=60).raised


def test_a_line_that_brings_one_voice_only_is_not_dead(scene: Any) -> None:
    """The caller may speak, and not be heard: the sound's own notice says so."""
    assert not scene.speaks(A, 0, 4).speaks(A, 8, 12).play(detector(), end_s=40).raised
