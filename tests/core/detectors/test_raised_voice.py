"""Raised voice: louder, with effort to be heard in the voice; never volume alone."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.core.audio import Party
from monitor.core.detectors.raised_voice import RaisedVoice
from monitor.core.settings import DetectorSettings

A, C = Party.AGENT, Party.CALLER


def detector() -> RaisedVoice:
    return RaisedVoice(DetectorSettings())


@pytest.mark.parametrize("party", list(Party))
def test_fires_for_either_party(scene: Any, party: Party) -> None:
    scene.speaks(party, 0, 10).speaks(party, 11, 16, level_db=7.5, alpha_delta_db=3.5, f0_st=1.0)
    heard = scene.play(detector(), end_s=16)
    assert heard.alert.party is party
    assert heard.raised_at_s < 15.0
    level, alpha = heard.alert.evidence
    assert (level.feature, alpha.feature) == ("level", "alpha")
    assert 6.0 <= level.value <= 7.5
    assert 2.0 <= alpha.value <= 3.5
    assert heard.alert.values["level_db"] == level.value


def test_f0_is_a_witness_too(scene: Any) -> None:
    heard = scene.speaks(C, 0, 6, level_db=8.0, f0_st=4.0, alpha_delta_db=1.2).play(detector(), end_s=6)
    assert [item.feature for item in heard.alert.evidence] == ["level", "f0"]


def test_a_loud_high_exclamation_without_effort_is_intonation(scene: Any) -> None:
    """As a calm caller of a real call made: +7 dB, +7 semitones, the alpha ratio as usual."""
    assert not scene.speaks(C, 0, 6, level_db=7.2, f0_st=7.2, alpha_delta_db=0.2).play(detector()).raised


@pytest.mark.parametrize("close_vowels", [14, 15, 16])
def test_one_vowel_more_or_less_does_not_decide(scene: Any, close_vowels: int) -> None:
    """Of the same exclamation: open and close vowels 15 dB apart, their mean the usual alpha ratio."""
    for at in range(30):
        is_close = at % 2 * 15 + at // 2 < close_vowels  # every second one, until there are as many
        alpha_db = -8.0 if is_close else 7.0
        scene.speaks(C, at / 10, (at + 1) / 10, level_db=7.2, f0_st=7.2, alpha_delta_db=alpha_db)
    assert not scene.play(detector(), end_s=6).raised


def test_where_the_alpha_ratio_is_not_known_f0_is_enough(scene: Any) -> None:
    assert scene.speaks(C, 0, 6, level_db=8.0, f0_st=4.0, alpha_delta_db=None).play(detector()).raised


def test_volume_alone_never_fires(scene: Any) -> None:
    assert not scene.speaks(C, 0, 10).speaks(C, 11, 60, level_db=12.0).play(detector()).raised


def test_effort_without_volume_is_no_raised_voice(scene: Any) -> None:
    assert not scene.speaks(C, 0, 30, level_db=2.0, alpha_delta_db=5.0, f0_st=5.0).play(detector()).raised


def test_one_shouted_word_is_not_enough(scene: Any) -> None:
    scene.speaks(C, 0, 10).speaks(C, 10.5, 11.5, level_db=12.0, alpha_delta_db=6.0).speaks(C, 12, 20)
    assert not scene.play(detector()).raised


def test_an_unknown_voice_is_not_judged(scene: Any) -> None:
    scene.speaks(C, 0, 10, level_db=9.0, alpha_delta_db=6.0, confidence=0.2)
    assert not scene.play(detector()).raised


def test_clears_when_the_voice_is_normal_again(scene: Any) -> None:
    scene.speaks(A, 0, 5, level_db=8.0, alpha_delta_db=4.0).speaks(A, 6, 20, level_db=0.5)
    heard = scene.play(detector())
    assert len(heard.raised) == 1
    assert 9.0 <= heard.ended_at_s <= 14.5


def test_clears_when_the_voice_is_silent(scene: Any) -> None:
    heard = scene.speaks(A, 0, 5, level_db=8.0, alpha_delta_db=4.0).play(detector(), end_s=20)
    assert heard.ended_at_s == pytest.approx(11.0, abs=0.2)
