"""The caller does not let the agent speak."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.core.audio import Party
from monitor.core.detectors.not_letting_speak import NotLettingSpeak
from monitor.core.settings import DetectorSettings

A, C = Party.AGENT, Party.CALLER


def detector() -> NotLettingSpeak:
    return NotLettingSpeak(DetectorSettings())


def test_cut_off_twice(scene: Any) -> None:
    scene.speaks(A, 0, 4).speaks(C, 3, 10).speaks(A, 10.5, 14).speaks(C, 13, 20)
    heard = scene.play(detector(), end_s=20)
    assert heard.alert.party is C
    assert heard.alert.values["count"] == 2
    assert heard.raised_at_s <= 15.0


def test_tried_twice_in_vain(scene: Any) -> None:
    scene.speaks(C, 0, 30).speaks(A, 8, 9.6).speaks(A, 18, 19.5)
    heard = scene.play(detector(), end_s=30)
    assert heard.alert.values["count"] == 2
    assert heard.raised_at_s <= 20.5


def test_a_long_account_that_is_listened_to_is_fine(scene: Any) -> None:
    at = 0.0
    while at < 90:
        scene.speaks(C, at, at + 5.5).speaks(A, at + 3, at + 3.4)
        at += 6.0
    assert not scene.play(detector()).raised


def test_one_attempt_in_a_very_long_turn(scene: Any) -> None:
    at = 0.0
    while at < 60:
        scene.speaks(C, at, at + 5.5)
        at += 6.0
    heard = scene.speaks(A, 30, 31.5).play(detector(), end_s=60)
    assert heard.raised_at_s == pytest.approx(45.0, abs=0.6)
    assert [item.feature for item in heard.alert.evidence] == ["attempts", "turn"]


def test_who_talks_on_over_people_behind_the_caller_is_let_speak(scene: Any) -> None:
    scene.speaks(C, 0, 60).is_babble(C, 5).speaks(A, 0.4, 2)
    for at in range(6, 60, 6):
        scene.speaks(A, at, at + 4)
    assert not scene.play(detector(), end_s=60).raised


def test_an_agent_who_cuts_in_and_gets_the_floor_is_let_speak(scene: Any) -> None:
    scene.speaks(C, 0, 6).speaks(A, 5, 12).speaks(C, 12.5, 18).speaks(A, 17, 24)
    assert not scene.play(detector()).raised


def test_clears_when_the_agent_gets_to_speak(scene: Any) -> None:
    scene.speaks(A, 0, 4).speaks(C, 3, 10).speaks(A, 10.5, 14).speaks(C, 13, 20)
    scene.speaks(A, 20.5, 28).speaks(C, 23, 23.5)
    heard = scene.play(detector(), end_s=30)
    assert len(heard.raised) == 1
    assert 24 <= heard.ended_at_s <= 26.5
    assert heard.ended[0][1].reason == "agent_speaks"


def test_clears_in_time_when_nobody_tries_any_more(scene: Any) -> None:
    scene.speaks(A, 0, 4).speaks(C, 3, 10).speaks(A, 10.5, 14).speaks(C, 13, 20)
    heard = scene.play(detector(), end_s=100)
    assert 70 <= heard.ended_at_s <= 80
