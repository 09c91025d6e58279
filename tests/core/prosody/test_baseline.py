"""What a party is like: robust, slow to trust, blind to hot stretches, of one size for ever."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.inputs import KnownVoice
from monitor.core.prosody.baseline import Observation, PartyBaseline, RunningMedian
from monitor.core.settings import ProsodySettings


def block(
    f0_st: float = 5.0, level: float = -25.0, alpha: float = -10.0, rate: float | None = 4.5
) -> Observation:
    return Observation(f0_st=np.full(8, f0_st), level_dbfs=level, alpha_db=alpha, rate_syl_s=rate)


def learned(seconds: float, **kind: float) -> PartyBaseline:
    baseline = PartyBaseline(ProsodySettings())
    for _ in range(round(seconds * 10)):
        baseline.learn(block(**kind))
    return baseline


@given(st.lists(st.floats(-9.9, 9.9), min_size=1, max_size=60))
def test_running_median_is_the_median_to_a_bin(values: list[float]) -> None:
    running = RunningMedian(-10.0, 10.0, 0.1, memory=1e9)
    for value in values:
        running.add(np.array([value]), 1.0)
    found = running.median()
    assert found is not None
    low, high = np.quantile(values, 0.5, method="lower"), np.quantile(values, 0.5, method="higher")
    assert low - 0.11 <= found <= high + 0.11
    trimmed = running.trimmed_mean()
    assert trimmed is not None
    assert min(values) - 0.11 <= trimmed <= max(values) + 0.11


def test_nothing_is_known_of_nothing() -> None:
    running = RunningMedian(0.0, 1.0, 0.1, memory=10.0)
    running.add(np.array([]), 1.0)
    assert running.median() is None
    assert running.trimmed_mean() is None
    baseline = PartyBaseline(ProsodySettings())
    assert (baseline.f0_st, baseline.level_dbfs, baseline.alpha_db, baseline.rate_syl_s) == (None,) * 4
    assert baseline.confidence == 0.0


def test_confidence_grows_with_speech_to_one() -> None:
    assert 0.1 < learned(5.0).confidence < 0.5
    assert learned(40.0).confidence == 1.0


def test_single_wild_values_do_not_move_it() -> None:
    baseline = learned(20.0)
    for _ in range(10):
        baseline.learn(block(f0_st=29.0, level=-3.0, alpha=15.0))
    assert baseline.f0_st == pytest.approx(5.0, abs=0.3)
    assert baseline.level_dbfs == pytest.approx(-25.0, abs=0.6)
    assert baseline.alpha_db == pytest.approx(-10.0, abs=0.6)


def test_pace_leans_on_the_population_first() -> None:
    first, later = learned(1.5, rate=7.0).rate_syl_s, learned(60.0, rate=7.0).rate_syl_s
    assert first is not None
    assert later is not None
    assert 4.5 < first < 5.5
    assert later > 6.5


def test_what_led_to_a_hot_stretch_is_not_learned() -> None:
    baseline = learned(30.0)
    for _ in range(40):
        baseline.learn(block(level=-15.0))
    baseline.is_learning = False
    for _ in range(300):
        baseline.learn(block(level=-15.0))
    assert baseline.level_dbfs == pytest.approx(-25.0, abs=0.5)
    baseline.is_learning = True
    for _ in range(100):
        baseline.learn(block())
    assert baseline.level_dbfs == pytest.approx(-25.0, abs=0.5)


def test_a_wrong_first_baseline_does_not_stay_for_ever() -> None:
    baseline = learned(10.0, level=-40.0)
    baseline.is_learning = False
    for _ in range(6_000):
        baseline.learn(block(level=-20.0))
    assert baseline.level_dbfs == pytest.approx(-20.0, abs=1.0)


def test_it_follows_the_line_slowly() -> None:
    baseline = learned(60.0)
    for _ in range(100):
        baseline.learn(block(level=-31.0))
    assert baseline.level_dbfs == pytest.approx(-25.0, abs=1.5)
    for _ in range(3_000):
        baseline.learn(block(level=-31.0))
    assert baseline.level_dbfs == pytest.approx(-31.0, abs=1.0)


def test_a_gain_step_moves_the_usual_level_at_once() -> None:
    baseline = learned(30.0)
    baseline.shift_level(8.0)
    baseline.learn(block(level=-17.0))
    assert baseline.level_dbfs == pytest.approx(-17.0, abs=0.6)


KNOWN = KnownVoice(f0_st=9.0, alpha_db=-14.0, rate_syl_s=5.5, speech_s=300.0)


def test_a_known_voice_is_leaned_on_and_outweighed() -> None:
    baseline = PartyBaseline(ProsodySettings())
    baseline.know(KNOWN)
    assert (baseline.f0_st, baseline.alpha_db, baseline.rate_syl_s) == (9.0, -14.0, 5.5)
    assert baseline.level_dbfs is None, "the level is the line's"
    assert 0.0 < baseline.confidence < 0.5
    for _ in range(600):
        baseline.learn(block())
    assert baseline.f0_st == pytest.approx(5.0, abs=0.9)
    assert baseline.voice() is not None


def test_what_is_kept_of_a_call_is_its_own_showing() -> None:
    baseline = PartyBaseline(ProsodySettings())
    baseline.know(KNOWN)
    for _ in range(250):
        baseline.learn(block())
    assert baseline.voice() is None, "too little to be worth keeping"
    for _ in range(200):
        baseline.learn(block())
    voice = baseline.voice()
    assert voice is not None
    assert voice.f0_st == pytest.approx(5.0, abs=0.3), "the prior is not kept twice"
    assert voice.speech_s == pytest.approx(baseline.heard_s, abs=0.1)


def test_another_line_counts_for_less_and_another_voice_starts_afresh() -> None:
    baseline = learned(40.0)
    baseline.recentre(6.0, -3.0)
    assert baseline.level_dbfs == pytest.approx(-19.0, abs=0.6)
    assert baseline.alpha_db == pytest.approx(-13.0, abs=0.6)
    assert baseline.f0_st == pytest.approx(5.0, abs=0.3)
    assert baseline.confidence == 0.5
    baseline.restart([block(f0_st=12.0)] * 20)
    assert baseline.f0_st == pytest.approx(12.0, abs=0.3)
    assert baseline.confidence == pytest.approx(0.1)
