"""Whose voice a channel has not carried yet."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.core.audio import Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, Span, samples
from monitor.core.events import InterruptionHeard, Prosody
from monitor.core.faintness import Faintness
from tests.core.simulated_call import Caller, new_session, silence, voice

A, C = Party.AGENT, Party.CALLER


class Line:
    """Both channels, told in stretches: the level of each in dBFS, None where it is silent."""

    def __init__(self, usual_dbfs: float | None = -26.0) -> None:
        self.meter = Faintness()
        self.usual_dbfs = usual_dbfs
        self._at = 0

    def hear(self, length_s: float, agent: float | None = None, caller: float | None = None) -> list[bool]:
        """Whether the caller's blocks are faint; the agent's usual level is `usual_dbfs`."""
        found = []
        for _ in range(round(length_s * 10)):
            levels = {A: agent, C: caller}
            blocks: dict[Party, Pcm] = {
                party: np.full(
                    BLOCK_SAMPLES, 10.0 ** ((-100.0 if level is None else level) / 20.0), np.float32
                )
                for party, level in levels.items()
            }
            is_speech = {party: level is not None for party, level in levels.items()}
            usual = {A: self.usual_dbfs, C: None}
            found.append(self.meter.push(self._at, blocks, is_speech, usual)[C])
            self._at += BLOCK_SAMPLES
        return found

    def is_faint_at(self, at_s: float) -> bool:
        """Whether nobody had been heard yet at a moment."""
        return self.meter.is_faint(C, Span(samples(at_s), samples(at_s)))

    def is_last_faint(self, length_s: float) -> bool:
        """Whether what the caller said in the last seconds is nobody's voice of its own."""
        return self.meter.is_faint(C, Span(self._at - samples(length_s), self._at))


def test_babble_under_the_agent_is_faint_until_the_caller_speaks() -> None:
    line = Line()
    assert sum(line.hear(4.0, agent=-26.0, caller=-44.0)) == 35
    assert all(line.hear(0.7, caller=-44.0)), "a breath of the agent's makes nobody of it"
    assert all(line.hear(4.0, agent=-26.0, caller=-44.0))
    assert not any(line.hear(2.0, caller=-30.0))
    assert not any(line.hear(5.0, agent=-26.0, caller=-44.0)), "once heard, a voice may drop"
    assert line.is_faint_at(3.0)
    assert not line.is_faint_at(9.0)


def test_who_cuts_in_with_the_first_word_is_heard_from_there() -> None:
    line = Line()
    line.hear(3.0, agent=-26.0)
    line.hear(0.2, agent=-26.0, caller=-38.0)
    line.hear(0.6, agent=-26.0, caller=-30.0)
    assert not line.is_faint_at(3.0)


def test_a_soft_line_is_heard_once_it_answers() -> None:
    line = Line()
    line.hear(2.0, agent=-26.0)
    assert line.hear(2.0, caller=-46.0)[-1] is False
    assert not line.is_faint_at(2.1)


@pytest.mark.parametrize(("level_dbfs", "is_faint"), [(-28.0, False), (-45.0, True)])
def test_what_came_before_the_other_spoke_is_compared_later(level_dbfs: float, is_faint: bool) -> None:
    line = Line(usual_dbfs=None)
    assert not any(line.hear(3.0, caller=level_dbfs)), "there is nobody to compare with"
    line.usual_dbfs = -26.0
    line.hear(2.0, agent=-26.0, caller=level_dbfs)
    assert line.is_faint_at(4.0) is is_faint


@pytest.mark.parametrize("gain_db", [-20.0, 0.0, 12.0])
def test_a_gain_of_both_channels_changes_nothing(gain_db: float) -> None:
    line = Line(-26.0 + gain_db)
    assert sum(line.hear(3.0, agent=-26.0 + gain_db, caller=-44.0 + gain_db)) == 25


def test_babble_behind_a_caller_who_has_spoken_is_not_the_caller() -> None:
    line = Line()
    line.hear(4.0, caller=-26.0)
    line.hear(1.0, agent=-26.0)
    line.hear(1.5, agent=-26.0, caller=-42.0)
    assert line.is_last_faint(1.5)
    line.hear(0.3, agent=-26.0, caller=-33.0)
    assert not line.is_last_faint(1.8), "the caller speaks up, however softly"


def test_babble_in_the_gaps_hardly_moves_the_callers_own_level() -> None:
    line = Line()
    for _ in range(5):
        line.hear(2.0, caller=-26.0)
        line.hear(1.5, caller=-40.0)
    line.hear(1.5, agent=-26.0, caller=-40.0)
    assert line.is_last_faint(1.5)


def test_nothing_is_behind_a_caller_of_whom_little_was_heard_alone() -> None:
    line = Line()
    line.hear(1.5, caller=-26.0)
    line.hear(1.5, agent=-26.0, caller=-42.0)
    assert not line.is_last_faint(1.5)


@pytest.mark.parametrize("by_db", [-12.0, 12.0])
def test_a_line_that_changes_is_no_other_people_for_long(by_db: float) -> None:
    line = Line()
    line.hear(6.0, caller=-26.0)
    line.hear(4.0, caller=-26.0 + by_db)
    line.hear(1.0, agent=-26.0 + by_db, caller=-23.0 + by_db)
    assert not line.is_last_faint(1.0)
    line.hear(1.0, agent=-26.0 + by_db, caller=-44.0 + by_db)
    assert line.is_last_faint(1.0)


def babble(length_s: float, level: float, seed: int) -> Pcm:
    """Noise that swells and falls as syllables do: what is steady on both channels passes for an echo."""
    rng = np.random.default_rng(seed)
    swell = np.repeat(rng.uniform(0.5, 1.5, round(length_s * 10)), BLOCK_SAMPLES)
    return (level * swell * rng.standard_normal(len(swell))).astype(np.float32)


@pytest.mark.parametrize("gain", [0.6, 1.0, 1.6])
def test_people_behind_a_caller_cut_nobody_off(gain: float) -> None:
    def told_of(under_the_agent: float) -> list[str]:
        call = Caller(new_session(has_words=False))
        call.hear(agent=babble(2.0, 0.15 * gain, 1))
        call.hear(agent=silence(1.0))
        call.hear(caller=babble(4.0, 0.15 * gain, 2))
        call.hear(agent=silence(1.0))
        call.hear(agent=babble(3.0, 0.15 * gain, 3))
        call.hear(agent=babble(2.0, 0.15 * gain, 4), caller=babble(2.0, under_the_agent * gain, 5))
        call.hear(agent=silence(3.0))
        return [event.by for event in call.of(InterruptionHeard)]

    assert told_of(0.15) == ["caller"]
    assert told_of(0.03) == []


def test_what_is_faint_is_not_learned_as_the_callers_usual_voice() -> None:
    call = Caller(new_session(has_words=False))
    call.hear(agent=voice(6.0, 0.4), caller=voice(6.0, 0.03))
    call.hear(caller=voice(2.0, 0.3))
    call.hear(agent=silence(1.0))
    heard = [frame for frame in call.of(Prosody) if frame.party == "caller"]
    assert sum(frame.t_s < 6.0 for frame in heard) < 20, "at first nobody has a usual level"
    assert sum(frame.t_s > 6.0 for frame in heard) > 15
