"""Whatever a line brings: numbers stay numbers, nothing crashes, and no fault passes for a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import numpy as np
import numpy.typing as npt
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from monitor.core.audio import Party, Pcm, to_grid
from monitor.core.clock import BLOCK_SAMPLES, Span
from monitor.core.facts import ProsodyFrame
from monitor.core.prosody.tracker import ProsodyTracker
from monitor.core.settings import ProsodySettings
from monitor.engines.f0 import SwiftF0Model

Voice = Callable[..., Pcm]
RATE_HZ = 16_000
TIME_S = np.arange(4 * RATE_HZ) / RATE_HZ


def listen(
    pcm: npt.NDArray[np.floating], party: Party = Party.CALLER
) -> tuple[list[ProsodyFrame], list[str]]:
    """Frames and codes of sound that is all taken for speech."""
    tracker = ProsodyTracker(party, SwiftF0Model(), ProsodySettings())
    clean = to_grid(pcm)
    frames: list[ProsodyFrame] = []
    for at in range(0, len(clean) - BLOCK_SAMPLES + 1, BLOCK_SAMPLES):
        frames.extend(tracker.push(clean[at : at + BLOCK_SAMPLES], at, True))
    frames.extend(tracker.finish())
    turn = tracker.describe(Span(0, len(clean)))
    for value in (turn.rate_syl_s, turn.f0_median_st, turn.level_db):
        assert value is None or np.isfinite(value)
    return frames, [found.code for found in tracker.take_found()]


@pytest.fixture(scope="module")
def voice(synthetic_voice: Voice) -> Pcm:
    """Long enough that a baseline is known after it."""
    return synthetic_voice(13.0, level_dbfs=-22.0)


@pytest.fixture(scope="module")
def heard(voice: Pcm) -> list[ProsodyFrame]:
    """Its frames over a faultless line."""
    return listen(voice[: 6 * RATE_HZ])[0]


def check(frames: list[ProsodyFrame]) -> None:
    """Every number in the frames is one, and within what it can be."""
    for frame in frames:
        for field in fields(frame):
            value = getattr(frame, field.name)
            if isinstance(value, float):
                assert np.isfinite(value), field.name
        assert frame.f0_hz is None or 50.0 <= frame.f0_hz <= 510.0
        assert -100.0 <= frame.level_dbfs <= 1.0
        assert 0.0 <= frame.voicing <= 1.0
        assert 0.0 <= frame.confidence <= 1.0
        assert 0.0 < frame.level_confidence <= 1.0
        assert frame.rate_syl_s is None or 0.0 <= frame.rate_syl_s < 50.0
        if frame.texture is not None:
            for name in ("f0_hz", "voicing", "bands_db", "harmonicity_db"):
                assert np.isfinite(getattr(frame.texture, name)).all()


@given(
    arrays.arrays(np.float32, (64,), elements=st.floats(width=32, allow_nan=True, allow_infinity=True)),
    st.integers(1, 1600),
    st.sampled_from(Party),
)
@settings(max_examples=25)
def test_any_samples_at_all(samples: npt.NDArray[np.float32], stretch: int, party: Party) -> None:
    pcm = np.resize(np.repeat(samples, stretch), 8 * BLOCK_SAMPLES)
    grid = to_grid(pcm)
    assert np.isfinite(grid).all()
    assert np.abs(grid).max() <= 1.0
    frames, _ = listen(pcm, party)
    assert len(frames) == 8
    check(frames)


def tone(*hz: float, level: float = 0.2) -> npt.NDArray[np.float64]:
    waves: npt.NDArray[np.float64] = np.sin(2.0 * np.pi * np.outer(hz, TIME_S)).mean(axis=0)
    return level * waves


def dtmf() -> npt.NDArray[np.float64]:
    """A key every 200 ms."""
    keys: npt.NDArray[np.float64] = tone(770.0, 1336.0) * (np.floor(TIME_S * 10.0) % 2)
    return keys


def music() -> npt.NDArray[np.float64]:
    """A chord that changes every second."""
    roots = 220.0 * 2.0 ** (np.array([0, 5, 7, 3])[TIME_S.astype(int) % 4] / 12.0)
    phase = 2.0 * np.pi * np.cumsum(roots) / RATE_HZ
    chord: npt.NDArray[np.float64] = np.sin(np.outer((1.0, 1.25, 1.5), phase)).mean(axis=0)
    return 0.3 * chord


FAULTS: dict[str, Callable[[Pcm], npt.NDArray[np.floating]]] = {
    "dc": lambda voice: voice + 0.4,
    "hum": lambda voice: voice + np.resize(tone(50.0, 150.0, level=0.05), len(voice)),
    "clipping": lambda voice: np.clip(12.0 * voice, -1.0, 1.0),
    "dtmf": lambda voice: np.concatenate([voice, dtmf()]),
    "hold music": lambda voice: np.concatenate([voice, music()]),
    "silence": lambda voice: np.concatenate([voice, np.zeros(4 * RATE_HZ)]),
    "8 kHz": lambda voice: soxr.resample(soxr.resample(voice, RATE_HZ, 8_000), 8_000, RATE_HZ),
    "lost packets": lambda voice: (
        voice * np.repeat(np.random.default_rng(5).random(len(voice) // 320) > 0.05, 320)
    ),
    "full scale": lambda voice: np.sign(voice),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_line_has_no_other_person_on_it(fault: str, voice: Pcm) -> None:
    is_later = fault in {"dtmf", "hold music", "silence"}
    frames, codes = listen(FAULTS[fault](voice if is_later else voice[: 6 * RATE_HZ]))
    check(frames)
    assert not {"sound.voice_changed", "sound.gain_unsteady"} & set(codes)
    assert ("sound.clipping" in codes) == (fault in {"clipping", "full scale"})


@pytest.mark.parametrize("fault", ["dc", "hum", "8 kHz", "lost packets"])
def test_a_faulty_line_changes_little_of_what_is_heard(
    fault: str, voice: Pcm, heard: list[ProsodyFrame]
) -> None:
    faulty = listen(FAULTS[fault](voice[: 6 * RATE_HZ]))[0]
    hz = [
        (one.f0_hz, other.f0_hz)
        for one, other in zip(heard, faulty, strict=True)
        if one.f0_hz is not None and other.f0_hz is not None
    ]
    assert len(hz) > 0.9 * sum(frame.f0_hz is not None for frame in heard)
    steps = np.abs(12.0 * np.log2([one / other for one, other in hz]))
    assert np.mean(steps > 3.0) < 0.02, "octave errors are rare"
    assert faulty[-1].rate_10s_syl_s == pytest.approx(heard[-1].rate_10s_syl_s, abs=0.8)


@pytest.mark.parametrize("gain_db", [-30.0, -12.0, 12.0])
def test_f0_and_pace_do_not_hang_on_the_gain(gain_db: float, voice: Pcm, heard: list[ProsodyFrame]) -> None:
    other = listen(voice[: 6 * RATE_HZ] * 10.0 ** (gain_db / 20.0))[0]
    pairs = list(zip(heard, other, strict=True))
    assert sum((a.f0_hz is None) != (b.f0_hz is None) for a, b in pairs) <= 2
    steps = [abs(12.0 * np.log2(a.f0_hz / b.f0_hz)) for a, b in pairs if a.f0_hz and b.f0_hz]
    assert np.quantile(steps, 0.95) < 0.3
    assert heard[-1].rate_syl_s == pytest.approx(other[-1].rate_syl_s, abs=0.7)
