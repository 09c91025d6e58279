"""Leakage: copies are found, voices that merely speak at once are not."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest

from monitor.core.audio import Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, SAMPLE_RATE_HZ, Span, samples
from monitor.core.leakage import LeakageMeter

A, C = Party.AGENT, Party.CALLER


def voice(seed: int, length_s: float, f0_hz: float = 130.0) -> Pcm:
    """A babble that is like speech: harmonics of a moving F0 and hiss, in syllables, never the same twice."""
    random = np.random.default_rng(seed)
    n = samples(length_s)
    knots = random.normal(0.0, 1.0, n // 1600 + 2)
    f0 = f0_hz * 2 ** (np.interp(np.arange(n) / 1600, np.arange(len(knots)), knots) * 3 / 12)
    phase = 2 * np.pi * np.cumsum(f0) / SAMPLE_RATE_HZ
    weights = random.uniform(0.2, 1.0, 20)
    tone = sum(w / k * np.sin(k * phase) for k, w in enumerate(weights, start=1))
    syllables = np.interp(
        np.arange(n) / 1200, np.arange(n // 1200 + 2), random.uniform(0.0, 1.0, n // 1200 + 2) ** 2
    )
    sound = (tone + 0.3 * random.normal(0.0, 1.0, n)) * syllables
    return np.asarray(0.1 * sound / np.sqrt(np.mean(sound**2)), dtype=np.float32)


def noise(seed: int, length: int, level_db: float) -> Pcm:
    sound = np.random.default_rng(seed).normal(0.0, 10 ** (level_db / 20), length)
    return np.asarray(sound, dtype=np.float32)


def copy(sound: Pcm, delay_s: float, level_db: float) -> Pcm:
    delay = samples(delay_s)
    late = np.concatenate([np.zeros(delay, dtype=np.float32), sound])[: len(sound)]
    return np.asarray(late * 10 ** (level_db / 20), dtype=np.float32)


def by_telephone(sound: Pcm) -> Pcm:
    """Mu-law's quantisation, 8 bits."""
    squeezed = np.sign(sound) * np.log1p(255 * np.abs(sound)) / np.log1p(255)
    coarse = np.round(squeezed * 127) / 127
    return np.asarray(np.sign(coarse) * np.expm1(np.abs(coarse) * np.log1p(255)) / 255, dtype=np.float32)


def heard(agent: Pcm, caller: Pcm) -> LeakageMeter:
    meter = LeakageMeter()
    for at in range(0, min(len(agent), len(caller)) - BLOCK_SAMPLES + 1, BLOCK_SAMPLES):
        meter.push(agent[at : at + BLOCK_SAMPLES], caller[at : at + BLOCK_SAMPLES])
    return meter


def span(start_s: float, end_s: float) -> Span:
    return Span(samples(start_s), samples(end_s))


@pytest.mark.parametrize("delay_s", [0.0, 0.02, 0.15, 0.29])
@pytest.mark.parametrize("level_db", [-6.0, -20.0, -30.0])
def test_an_echo_is_found(delay_s: float, level_db: float) -> None:
    agent = voice(1, 6.0)
    echo = copy(agent, delay_s, level_db) + noise(2, len(agent), -65.0)
    meter = heard(by_telephone(agent), by_telephone(echo))
    assert meter.is_echo(C, span(2.0, 5.0))
    assert meter.is_echo(C, span(4.0, 4.6))
    assert not meter.is_echo(A, span(2.0, 5.0)), "the source is nobody's echo"


@pytest.mark.parametrize("seed", range(6))
def test_two_voices_at_once_are_no_echo(seed: int) -> None:
    meter = heard(voice(seed, 6.0, 120.0), voice(seed + 100, 6.0, 210.0) * np.float32(0.2))
    found = [meter.is_echo(C, span(at, at + 0.4)) for at in np.arange(1.0, 5.5, 0.2)]
    assert not any(one and two for one, two in pairwise(found)), (
        "once may be a soft syllable; the gate asks twice"
    )
    assert not meter.is_echo(C, span(1.5, 5.5))


def test_own_speech_over_an_echo_is_own_speech() -> None:
    agent = voice(1, 6.0)
    caller = voice(2, 6.0, 210.0) + copy(agent, 0.1, -20.0)
    assert not heard(agent, caller).is_echo(C, span(2.0, 5.0))


def test_the_noise_of_the_line_is_nothing_of_ones_own() -> None:
    agent = voice(1, 6.0)
    caller = np.concatenate([voice(2, 3.0, 210.0), np.zeros(samples(3.0), dtype=np.float32)])
    meter = heard(agent, caller + noise(3, len(agent), -60.0))
    assert meter.is_echo(C, span(4.0, 4.4))
    assert not meter.is_echo(C, span(2.0, 2.4))


def test_what_is_not_remembered_is_not_judged() -> None:
    agent = voice(1, 30.0)
    meter = heard(agent, copy(agent, 0.1, -20.0))
    assert not meter.is_echo(C, span(1.0, 3.0))
    assert not meter.is_echo(C, span(29.0, 29.05))
    assert not meter.is_echo(C, span(40.0, 42.0))
    assert meter.is_echo(C, span(2.0, 30.0)), "a long span is judged by its end"


def test_the_same_sound_on_both_channels() -> None:
    mix = voice(1, 14.0)
    assert heard(mix, mix).is_same_sound
    assert heard(mix, copy(mix, 0.01, -3.0) + noise(3, len(mix), -60.0)).is_same_sound


def test_an_echo_is_not_the_same_sound() -> None:
    agent = voice(1, 14.0)
    assert not heard(agent, copy(agent, 0.1, -20.0)).is_same_sound


def test_two_voices_and_silence_are_not_the_same_sound() -> None:
    quiet = np.zeros(samples(14.0), dtype=np.float32)
    assert not heard(voice(1, 14.0), voice(2, 14.0)).is_same_sound
    assert not heard(quiet, quiet).is_same_sound


def test_it_is_cheap() -> None:
    agent, caller = voice(1, 20.0), voice(2, 20.0)
    started = time.process_time()
    heard(agent, caller)
    assert (time.process_time() - started) / 20.0 < 0.02, "ten times what it should cost on a quiet machine"
