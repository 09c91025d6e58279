"""Hot temper: the state's alert, and when it is over."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.detectors.hot_temper import HotTemper
from monitor.core.facts import Evidence, TemperReading, TemperState
from monitor.core.settings import DetectorSettings


def detector() -> HotTemper:
    return HotTemper(DetectorSettings())


def test_fires_when_the_temper_is_hot(scene: Any) -> None:
    scene.temper(0, 6, TemperState.CALM, 0.1).temper(6, 9, TemperState.RAISED, 0.5)
    heard = scene.temper(9, 12, TemperState.HOT, 0.83).play(detector(), end_s=12)
    assert heard.raised_at_s == 9.5
    assert heard.alert.party is Party.CALLER
    assert heard.alert.about == Span(samples(6.5), samples(9.5))
    assert heard.alert.values == {"since": "0:06", "score_percent": 83, "seconds_s": 3.0}
    assert {item.feature for item in heard.alert.evidence} == {"level", "temper_score"}


def test_a_raised_temper_is_not_hot(scene: Any) -> None:
    assert not scene.temper(0, 30, TemperState.RAISED, 0.55).play(detector()).raised


def test_clears_when_the_caller_has_calmed_down(scene: Any) -> None:
    scene.temper(0, 5, TemperState.HOT).temper(5, 20, TemperState.CALM, 0.1)
    heard = scene.play(detector())
    assert 7.5 <= heard.ended_at_s <= 8.5
    assert [end.reason for _, end in heard.ended] == ["calmer"]


def test_a_dip_of_two_seconds_is_one_alert(scene: Any) -> None:
    scene.temper(0, 5, TemperState.HOT).temper(5, 7, TemperState.RAISED).temper(7, 12, TemperState.HOT)
    heard = scene.play(detector(), end_s=12)
    assert len(heard.raised) == 1
    assert not heard.ended


def test_clears_when_the_caller_is_not_heard_any_more(scene: Any) -> None:
    heard = scene.temper(0, 5, TemperState.HOT).play(detector(), end_s=60)
    assert heard.ended_at_s == 35.0


def test_heat_that_is_over_when_it_may_be_told_again_is_not_told(scene: Any) -> None:
    scene.temper(0, 5, TemperState.HOT).temper(5, 9, TemperState.CALM, 0.1)
    heard = scene.temper(9, 20, TemperState.HOT).play(detector(), end_s=60)
    assert len(heard.raised) == 1


def test_heat_that_lasts_until_it_may_be_told_again_is_told(scene: Any) -> None:
    scene.temper(0, 5, TemperState.HOT).temper(5, 9, TemperState.CALM, 0.1)
    heard = scene.temper(9, 40, TemperState.HOT).play(detector(), end_s=40)
    first, again = (at for at, _ in heard.raised)
    assert again == pytest.approx(heard.ended_at_s + 20.0, abs=0.5)
    assert first < 1.0


def test_a_state_that_outlasts_a_pause_is_not_told_again_before_something_speaks_for_it() -> None:
    hot = detector()
    loud = (Evidence(feature="level", value=8.0, unit="dB"),)

    def told(at_s: float, evidence: tuple[Evidence, ...]) -> int:
        reading = TemperReading(at=samples(at_s), score=0.7, state=TemperState.HOT, evidence=evidence)
        return len([*hot.on_event(reading, samples(at_s))])

    assert told(1.0, loud) == 1
    assert len([*hot.on_tick(samples(32.0))]) == 1
    assert told(40.0, loud) == 0, "too soon"
    assert told(60.0, ()) == 0, "the caller has only just resumed"
    assert told(60.5, loud) == 1
