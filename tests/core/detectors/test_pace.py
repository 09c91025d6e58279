"""Fast and slow pace, against own usual and by an absolute norm."""

from __future__ import annotations

from typing import Any

from monitor.core.audio import Party
from monitor.core.detectors.pace import Pace
from monitor.core.facts import Severity
from monitor.core.settings import DetectorSettings

A, C = Party.AGENT, Party.CALLER


def fast() -> Pace:
    return Pace("fast", DetectorSettings())


def slow() -> Pace:
    return Pace("slow", DetectorSettings())


def test_fast_agent_fires_after_fifteen_seconds_of_speech(scene: Any) -> None:
    scene.speaks(A, 0, 10).speaks(C, 10.5, 12)
    heard = scene.speaks(A, 13, 27, rate_syl_s=6.2, rate_ratio=1.38).play(fast(), end_s=27)
    assert heard.alert.party is A
    assert heard.alert.severity is None
    assert heard.alert.rule == "fast_pace"
    assert heard.raised_at_s < 24.0
    assert 25 <= int(heard.alert.values["percent"]) <= 38


def test_fast_caller_is_information(scene: Any) -> None:
    heard = scene.speaks(C, 0, 17, rate_syl_s=6.5, rate_ratio=1.4).play(fast(), end_s=17)
    assert heard.alert.severity is Severity.INFO


def test_a_slow_talker_who_livens_up_is_not_fast(scene: Any) -> None:
    assert not scene.speaks(A, 0, 40, rate_syl_s=4.2, rate_ratio=1.4).play(fast()).raised


def test_somebody_who_always_talks_fast_is_not_fast(scene: Any) -> None:
    assert not scene.speaks(A, 0, 40, rate_syl_s=6.6, rate_ratio=1.02).play(fast()).raised


def test_a_lively_stretch_of_a_calm_caller_is_no_fast_pace(scene: Any) -> None:
    """As in a real calm call: a third over own usual for 13 s, at five syllables a second."""
    scene.speaks(C, 0, 30, rate_syl_s=3.9).speaks(C, 31, 44, rate_syl_s=5.05, rate_ratio=1.33)
    assert not scene.speaks(C, 45, 60, rate_syl_s=4.2, rate_ratio=1.05).play(fast()).raised


def test_one_fast_sentence_is_not_a_fast_pace(scene: Any) -> None:
    scene.speaks(A, 0, 10).speaks(A, 10.5, 14, rate_syl_s=6.5, rate_ratio=1.4).speaks(A, 14.5, 30)
    assert not scene.play(fast()).raised


def test_fast_pace_clears_when_the_agent_slows_down(scene: Any) -> None:
    scene.speaks(A, 0, 12, rate_syl_s=6.2, rate_ratio=1.38).speaks(A, 12.5, 30)
    heard = scene.play(fast())
    assert len(heard.raised) == 1
    assert 15.0 <= heard.ended_at_s <= 20.0


def test_fast_pace_clears_in_silence(scene: Any) -> None:
    heard = scene.speaks(A, 0, 17, rate_syl_s=6.2, rate_ratio=1.38).play(fast(), end_s=45)
    assert [end.reason for _, end in heard.ended] == ["quiet"]


def test_slow_pace_fires_and_clears(scene: Any) -> None:
    scene.speaks(A, 0, 17, rate_syl_s=2.4, rate_ratio=0.55).speaks(A, 17.5, 35)
    heard = scene.play(slow())
    assert heard.alert.rule == "slow_pace"
    assert heard.alert.values["percent"] == 45
    assert 17.5 <= heard.ended_at_s <= 27.0


def test_normal_pace_is_not_slow(scene: Any) -> None:
    assert not scene.speaks(A, 0, 40, rate_syl_s=3.6, rate_ratio=0.68).play(slow()).raised
