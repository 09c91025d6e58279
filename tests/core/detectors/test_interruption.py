"""The policy on interruptions: two in a minute, or one long one."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.core.audio import Party
from monitor.core.detectors.interruption import InterruptionPolicy
from monitor.core.settings import DetectorSettings

A, C = Party.AGENT, Party.CALLER


def detector() -> InterruptionPolicy:
    return InterruptionPolicy(DetectorSettings())


@pytest.mark.parametrize(("by", "of"), [(A, C), (C, A)])
def test_two_within_a_minute_fire_in_either_direction(scene: Any, by: Party, of: Party) -> None:
    scene.speaks(of, 0, 6).speaks(by, 5, 9).speaks(of, 9.5, 20).speaks(by, 19, 24)
    heard = scene.play(detector(), end_s=24)
    assert heard.alert.party is by
    assert heard.alert.values["count"] == 2
    assert heard.raised_at_s <= 19.0 + 1.6, "told while it lasts"


def test_a_single_short_one_does_not(scene: Any) -> None:
    assert not scene.speaks(C, 0, 6).speaks(A, 5, 9).play(detector()).raised


def test_a_single_long_one_fires_while_it_lasts(scene: Any) -> None:
    heard = scene.speaks(C, 0, 12).speaks(A, 5, 9).play(detector(), end_s=12)
    assert heard.raised_at_s == pytest.approx(7.4, abs=0.2)
    assert heard.alert.values["longest_s"] >= 2.0


def test_two_that_lie_far_apart_do_not(scene: Any) -> None:
    scene.speaks(C, 0, 6).speaks(A, 5, 9).speaks(C, 79.5, 90).speaks(A, 89, 94)
    assert not scene.play(detector()).raised


def test_one_each_way_is_not_two(scene: Any) -> None:
    scene.speaks(C, 0, 6).speaks(A, 5, 15).speaks(C, 14, 20)
    assert not scene.play(detector()).raised


def test_backchannels_and_quick_answers_are_none(scene: Any) -> None:
    scene.speaks(C, 0, 20)
    for at in (3, 6, 9, 12, 15):
        scene.speaks(A, at, at + 0.5)
    scene.speaks(A, 19.7, 25).speaks(C, 24.8, 30).speaks(A, 29.7, 33)
    assert not scene.play(detector()).raised


def test_an_echo_interrupts_nobody(scene: Any) -> None:
    scene.speaks(A, 0, 20)
    for at in (3, 8, 13):
        scene.speaks(C, at, at + 3, is_echo=True)
    assert not scene.play(detector()).raised


def test_clears_after_a_while_without_another_one(scene: Any) -> None:
    scene.speaks(C, 0, 6).speaks(A, 5, 9).speaks(C, 9.5, 20).speaks(A, 19, 24).speaks(C, 25, 50)
    heard = scene.play(detector(), end_s=60)
    assert len(heard.raised) == 1
    assert 38 <= heard.ended_at_s <= 43
