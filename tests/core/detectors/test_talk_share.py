"""Talk share over a sliding window."""

from __future__ import annotations

from typing import Any

from monitor.core.audio import Party
from monitor.core.detectors.talk_share import TalkShare
from monitor.core.settings import DetectorSettings

A, C = Party.AGENT, Party.CALLER


def detector() -> TalkShare:
    return TalkShare(DetectorSettings(talk_window_s=90.0, talk_speech_s=40.0))


def exchange(scene: Any, start_s: float, end_s: float, agent_s: float, caller_s: float) -> None:
    """Turns of the given lengths, one after the other."""
    at = start_s
    while at < end_s:
        scene.speaks(A, at, at + agent_s).speaks(C, at + agent_s + 0.3, at + agent_s + 0.3 + caller_s)
        at += agent_s + caller_s + 0.6


def test_agent_who_does_the_talking(scene: Any) -> None:
    exchange(scene, 0, 80, 8.0, 1.5)
    heard = scene.play(detector(), end_s=80)
    assert heard.alert.party is A
    assert int(heard.alert.values["percent"]) >= 75


def test_of_a_caller_who_does_the_talking_nothing_is_told(scene: Any) -> None:
    exchange(scene, 0, 80, 1.5, 8.0)
    assert not scene.play(detector(), end_s=80).raised


def test_an_agent_who_explains_may_talk_more_than_the_caller(scene: Any) -> None:
    exchange(scene, 0, 200, 6.9, 3.0)
    assert not scene.play(detector()).raised


def test_an_even_conversation(scene: Any) -> None:
    exchange(scene, 0, 200, 6.0, 4.0)
    assert not scene.play(detector()).raised


def test_an_opening_is_too_short_to_judge(scene: Any) -> None:
    scene.speaks(A, 0, 12).speaks(C, 12.5, 13.5).speaks(A, 14, 26)
    assert not scene.play(detector()).raised


def test_an_echo_is_nobodys_talk(scene: Any) -> None:
    at = 0.0
    while at < 90:
        scene.speaks(A, at, at + 6.0).speaks(C, at + 0.4, at + 6.1, is_echo=True)
        scene.speaks(C, at + 6.5, at + 8.0)
        at += 9.0
    assert scene.play(detector(), end_s=90).alert.party is A


def test_clears_when_the_other_gets_to_talk(scene: Any) -> None:
    exchange(scene, 0, 70, 8.0, 1.5)
    exchange(scene, 80, 180, 3.0, 7.0)
    heard = scene.play(detector(), end_s=180)
    assert heard.raised[0][1].party is A
    assert 85 <= heard.ended[0][0] <= 160


def test_a_line_that_brings_the_agent_alone_says_nothing_of_shares(scene: Any) -> None:
    for at in range(0, 80, 9):
        scene.speaks(A, at, at + 8)
    assert not scene.play(detector(), end_s=80).raised
