"""Band powers of known sounds; syllables of known envelopes."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.core.clock import BLOCK_SAMPLES
from monitor.core.prosody.pace import SyllableCounter
from monitor.core.prosody.spectrum import MARGIN_SAMPLES, TELEPHONE_BANDS, block_spectrum, decibels

TIME_S = np.arange(BLOCK_SAMPLES + 2 * MARGIN_SAMPLES) / 16_000


@pytest.mark.parametrize("level", [0.9, 0.05])
def test_power_of_a_tone_is_its_mean_square(level: float) -> None:
    spectrum = block_spectrum((level * np.sin(2 * np.pi * 500 * TIME_S)).astype(np.float32))
    assert spectrum.full.shape == (10,)
    assert spectrum.full == pytest.approx(np.full(10, level**2 / 2), rel=0.02)
    assert spectrum.low == pytest.approx(spectrum.full, rel=0.01)
    assert np.all(spectrum.high < 1e-3 * spectrum.low)


def test_dc_and_hum_have_no_level() -> None:
    spectrum = block_spectrum(np.full(len(TIME_S), 0.5, dtype=np.float32))
    assert np.all(10 * np.log10(np.maximum(spectrum.full, 1e-10)) < -55)


def test_decibels_have_a_floor() -> None:
    assert decibels(1.0) == 0.0
    assert decibels(0.0) == -100.0


VOICED = np.ones(10, dtype=np.bool_)


def envelope(syllables_s: float, length_s: float, gain: float) -> np.ndarray:
    """Blocks of ten frames in all bands alike: no vowel without voice."""
    time_s = np.arange(round(length_s * 100)) / 100
    power = gain * np.square(0.52 - 0.5 * np.cos(2 * np.pi * syllables_s * time_s))
    return np.repeat(power.reshape(-1, 10, 1), TELEPHONE_BANDS, axis=2)


@pytest.mark.parametrize("syllables_s", [3.0, 4.5, 6.0])
@pytest.mark.parametrize("gain", [1.0, 1e-3])
def test_rate_of_a_steady_envelope(syllables_s: float, gain: float) -> None:
    counter = SyllableCounter(window_blocks=30, min_blocks=15)
    for frames in envelope(syllables_s, 6.0, gain):
        counter.push(frames, VOICED)
    assert counter.rate_syl_s == pytest.approx(syllables_s, abs=0.4)


def test_rate_needs_enough_speech() -> None:
    counter = SyllableCounter(window_blocks=30, min_blocks=15)
    for frames in envelope(4.0, 1.4, 1.0):
        counter.push(frames, VOICED)
    assert counter.rate_syl_s is None


def test_pauses_cost_no_time_and_no_syllables() -> None:
    steady, broken = (SyllableCounter(window_blocks=100, min_blocks=15) for _ in range(2))
    for index, frames in enumerate(envelope(4.0, 10.0, 1.0)):
        steady.push(frames, VOICED)
        broken.push(frames, VOICED)
        if index % 20 == 19:
            broken.pause()
    assert broken.rate_syl_s == pytest.approx(steady.rate_syl_s, abs=0.6)


def test_silence_has_no_syllables() -> None:
    counter = SyllableCounter(window_blocks=30, min_blocks=15)
    assert sum(counter.push(np.zeros((10, TELEPHONE_BANDS)), VOICED) for _ in range(40)) == 0
    assert counter.rate_syl_s == 0.0


def test_what_has_no_voice_is_no_syllable() -> None:
    counter = SyllableCounter(window_blocks=60, min_blocks=15)
    for index, frames in enumerate(envelope(5.0, 6.0, 1.0)):
        counter.push(frames, VOICED if index // 2 % 2 else ~VOICED)
    assert counter.rate_syl_s == pytest.approx(2.5, abs=0.4)


def coloured(blocks: np.ndarray, high: float) -> np.ndarray:
    """The same blocks with the bands from 1.9 kHz on as strong as is said."""
    made = blocks.copy()
    made[:, :, 11:] *= high
    return made


@pytest.mark.parametrize(("high", "syllables_s"), [(0.1, 5.0), (2.0, 0.0)])
def test_a_vowel_that_f0_does_not_follow_is_a_syllable_and_a_fricative_is_none(
    high: float, syllables_s: float
) -> None:
    counter = SyllableCounter(window_blocks=60, min_blocks=15)
    for frames in coloured(envelope(5.0, 6.0, 1.0), high):
        counter.push(frames, ~VOICED)
    assert counter.rate_syl_s == pytest.approx(syllables_s, abs=0.4)


def test_a_fricative_between_two_vowels_leaves_the_dip_between_them() -> None:
    counter = SyllableCounter(window_blocks=60, min_blocks=15)
    blocks = envelope(4.0, 6.0, 1.0)
    blocks[:, :, 11:] = 0.5
    for frames in blocks:
        counter.push(frames, VOICED)
    assert counter.rate_syl_s == pytest.approx(4.0, abs=0.4)


def test_what_is_far_below_the_vowels_is_no_syllable() -> None:
    counter = SyllableCounter(window_blocks=60, min_blocks=15)
    for frames in coloured(envelope(5.0, 3.0, 1.0), 0.1):
        counter.push(frames, VOICED)
    quiet = coloured(envelope(5.0, 1.4, 10.0**-2.5), 0.1)
    assert sum(counter.push(frames, ~VOICED) for frames in quiet) <= 1, "the last loud one may end in it"


def test_silence_and_clipping_give_numbers() -> None:
    counter = SyllableCounter(window_blocks=30, min_blocks=15)
    for power in (0.0, 1.0, 0.0, 1e-30):
        for _ in range(10):
            counter.push(np.full((10, TELEPHONE_BANDS), power), VOICED)
        counter.pause()
    assert counter.rate_syl_s is not None
    assert 0.0 <= counter.rate_syl_s < 5.0
