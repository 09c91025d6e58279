"""Another gain, another codec, clipping, another person: no mood; and a raised voice is none of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import soxr

from monitor.core.audio import Party, Pcm, to_grid
from monitor.core.clock import BLOCK_SAMPLES
from monitor.core.facts import ProsodyFrame
from monitor.core.prosody.codec import ClippingMeter, LineBand
from monitor.core.prosody.tracker import ProsodyTracker
from monitor.core.settings import ProsodySettings

Voice = Callable[..., Pcm]


class Line:
    """A tracker that is told the F0 of what it hears, and everything that came of it."""

    delay_samples = BLOCK_SAMPLES

    def __init__(self) -> None:
        self.f0_hz = 120.0
        self._late: tuple[Pcm, Pcm] | None = None
        self.tracker = ProsodyTracker(Party.CALLER, self, ProsodySettings())
        self.frames: list[ProsodyFrame] = []
        self.codes: list[str] = []
        self._at = 0

    def push(self, pcm: Pcm, is_wanted: bool = True) -> tuple[Pcm, Pcm]:
        voiced = np.abs(pcm.reshape(10, -1)).max(axis=1) > 0.003
        known = self._late or (np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.float32))
        self._late = (np.where(voiced, self.f0_hz, 0.0).astype(np.float32), voiced.astype(np.float32))
        return known

    def say(self, pcm: Pcm, f0_hz: float = 120.0, is_speech: bool = True) -> list[ProsodyFrame]:
        """Hears `pcm`; returns its frames."""
        self.f0_hz = f0_hz
        made: list[ProsodyFrame] = []
        for at in range(0, len(pcm) - BLOCK_SAMPLES + 1, BLOCK_SAMPLES):
            made.extend(self.tracker.push(pcm[at : at + BLOCK_SAMPLES], self._at, is_speech))
            self._at += BLOCK_SAMPLES
        self.frames.extend(made)
        self.codes.extend(found.code for found in self.tracker.take_found())
        return made

    def hush(self, length_s: float, floor_dbfs: float = -60.0) -> None:
        """Nobody speaks, over a line with some noise of its own."""
        noise = np.random.default_rng(len(self.frames)).standard_normal(round(length_s * 16_000))
        self.say(to_grid(noise * 10.0 ** (floor_dbfs / 20.0)), is_speech=False)


def hiss(pcm: Pcm, share: float = 0.05) -> Pcm:
    """With some sound above a telephone's band, as every wide line has."""
    noise = np.random.default_rng(1).standard_normal(len(pcm))
    return to_grid(pcm + share * np.abs(pcm).mean() * np.diff(noise, prepend=0.0))


def narrow(pcm: Pcm) -> Pcm:
    """A telephone's band."""
    return to_grid(np.asarray(soxr.resample(soxr.resample(pcm, 16_000, 8_000), 8_000, 16_000)))[: len(pcm)]


def middle(frames: list[ProsodyFrame], name: str) -> float:
    return float(np.median([value for frame in frames if (value := getattr(frame, name)) is not None]))


@pytest.mark.parametrize("by_db", [9.0, -9.0])
def test_a_gain_step_with_the_floor_is_told_and_taken_out(synthetic_voice: Voice, by_db: float) -> None:
    line = Line()
    for index in range(5):
        line.say(synthetic_voice(4.0, level_dbfs=-30.0, seed=index))
        line.hush(1.2)
    line.hush(1.0, -60.0 + by_db)
    later = line.say(synthetic_voice(6.0, level_dbfs=-30.0 + by_db, seed=1))
    assert line.codes == ["sound.gain_changed"]
    assert abs(middle(later[-20:], "level_db")) < 3.0


def test_a_shout_is_no_gain_step(synthetic_voice: Voice) -> None:
    line = Line()
    for index in range(5):
        line.say(synthetic_voice(4.0, level_dbfs=-32.0, seed=index))
        line.hush(1.2)
    shout = line.say(synthetic_voice(8.0, 160.0, level_dbfs=-20.0, tilt_db=4.0, seed=1), 160.0)
    assert line.codes == []
    assert middle(shout[-30:], "level_db") > 8.0
    assert middle(shout[-30:], "f0_st") == pytest.approx(5.0, abs=0.7)
    assert shout[-1].level_confidence == 1.0


def test_gain_that_rides_makes_level_count_for_less(synthetic_voice: Voice) -> None:
    line = Line()
    line.say(synthetic_voice(20.0, level_dbfs=-28.0))
    for index, level in enumerate((-20.0, -30.0, -21.0, -31.0)):
        line.say(synthetic_voice(6.0, level_dbfs=level, seed=index))
    assert "sound.gain_unsteady" in line.codes
    assert line.frames[-1].level_confidence == 0.5


def test_another_codec_moves_level_and_alpha_and_is_told(synthetic_voice: Voice) -> None:
    line = Line()
    line.say(hiss(synthetic_voice(20.0, level_dbfs=-28.0)))
    assert line.codes == []
    later = line.say(narrow(hiss(synthetic_voice(12.0, level_dbfs=-22.0, seed=3))))
    assert "sound.line_changed" in line.codes
    assert abs(middle(later[-30:], "level_db")) < 2.5
    assert abs(middle(later[-30:], "alpha_delta_db")) < 2.0


def test_the_band_of_a_line_is_known_at_any_level() -> None:
    band = LineBand()
    assert not any(band.on_speech(-60.0, -30.0 + level) for level in range(-5, 5) for _ in range(10))
    assert not any(band.on_speech(-100.0, -60.0) for _ in range(30)), "too faint to say"
    told = [band.on_speech(-95.0, -25.0) for _ in range(60)]
    assert sum(told) == 1


@pytest.mark.parametrize(("f0_hz", "tilt_db"), [(75.0, -2.0), (260.0, 0.0)], ids=["lower", "higher"])
def test_another_person_starts_a_baseline_afresh(
    synthetic_voice: Voice, f0_hz: float, tilt_db: float
) -> None:
    line = Line()
    line.say(synthetic_voice(15.0, 120.0, level_dbfs=-26.0))
    line.hush(1.5)
    other = synthetic_voice(10.0, f0_hz, level_dbfs=-26.0, tilt_db=tilt_db, seed=9)
    frames = line.say(to_grid(np.convolve(other, (0.9, 0.0, 0.0, 0.6), "same").astype(np.float32)), f0_hz)
    assert "sound.voice_changed" in line.codes
    assert abs(middle(frames[-40:], "f0_st")) < 0.5
    assert abs(middle(frames[-40:], "level_db")) < 2.5
    first = next(i for i, frame in enumerate(frames) if frame.confidence < 0.3)
    assert first < 45, "known within about 4 s"


def test_a_raised_voice_after_a_pause_is_the_same_person(synthetic_voice: Voice) -> None:
    line = Line()
    line.say(synthetic_voice(15.0, 120.0, level_dbfs=-30.0))
    line.hush(1.5)
    line.say(synthetic_voice(8.0, 190.0, level_dbfs=-22.0, tilt_db=4.0, seed=9), 190.0)
    assert "sound.voice_changed" not in line.codes
    assert line.frames[-1].confidence > 0.7
    assert line.frames[-1].f0_st == pytest.approx(8.0, abs=0.7)


def test_without_a_pause_nobody_takes_over(synthetic_voice: Voice) -> None:
    line = Line()
    line.say(synthetic_voice(15.0, 120.0, level_dbfs=-26.0))
    line.say(synthetic_voice(6.0, 75.0, level_dbfs=-26.0, seed=4), 75.0)
    assert "sound.voice_changed" not in line.codes


def test_clipped_speech_is_told_and_its_level_counts_for_less(synthetic_voice: Voice) -> None:
    line = Line()
    loud = np.clip(4.0 * synthetic_voice(12.0, level_dbfs=-12.0), -1.0, 1.0)
    frames = line.say(to_grid(0.4 * loud))
    assert line.codes.count("sound.clipping") >= 1
    assert frames[-1].level_confidence < 0.5
    assert frames[-1].texture is not None
    assert frames[-1].texture.clipping > 0.5, "the ear for temper has to know"
    clean = Line()
    assert clean.say(synthetic_voice(12.0, level_dbfs=-20.0))[-1].level_confidence == 1.0
    assert clean.codes == []


@pytest.mark.parametrize("hz", [100.0, 220.0, 1000.0])
def test_tones_are_not_clipped(hz: float) -> None:
    meter = ClippingMeter()
    tone = to_grid(0.5 * np.sin(2.0 * np.pi * hz * np.arange(16_000 * 3) / 16_000))
    for at in range(0, len(tone), BLOCK_SAMPLES):
        meter.on_speech(tone[at : at + BLOCK_SAMPLES])
    assert meter.share == 0.0
    assert not meter.is_noticeable
