"""Prosody of a synthetic voice: right, relative to the party, in time, flat in memory, and deaf to gain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from monitor.core.audio import Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, Span
from monitor.core.facts import ProsodyFrame
from monitor.core.prosody.tracker import ProsodyTracker
from monitor.core.settings import ProsodySettings

Voice = Callable[..., Pcm]


class KnownF0:
    """Says what F0 there is, 100 ms late; sound below -60 dBFS has none."""

    delay_samples = BLOCK_SAMPLES

    def __init__(self, f0_hz: float = 120.0) -> None:
        self.f0_hz = f0_hz
        self._late: tuple[Pcm, Pcm] | None = None

    def push(self, pcm: Pcm, is_wanted: bool = True) -> tuple[Pcm, Pcm]:
        voiced = np.abs(pcm.reshape(10, -1)).max(axis=1) > 0.001
        known = self._late or (np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.float32))
        f0 = np.where(voiced, self.f0_hz, 0.0).astype(np.float32)
        self._late = (f0, voiced.astype(np.float32))
        return known


def blocks(pcm: Pcm) -> list[Pcm]:
    return [pcm[at : at + BLOCK_SAMPLES] for at in range(0, len(pcm) - BLOCK_SAMPLES + 1, BLOCK_SAMPLES)]


def follow(
    pcm: Pcm, tracker: ProsodyTracker | None = None, start: int = 0, is_last: bool = True
) -> list[ProsodyFrame]:
    """Frames of `pcm`, in which every block that sounds is speech."""
    tracker = tracker or ProsodyTracker(Party.CALLER, KnownF0(), ProsodySettings())
    frames = []
    for index, block in enumerate(blocks(pcm)):
        at = start + index * BLOCK_SAMPLES
        frames.extend(tracker.push(block, at, bool(np.abs(block).max() > 0.002)))
    return frames + (tracker.finish() if is_last else [])


def silence(length_s: float) -> Pcm:
    return np.zeros(round(length_s * 10) * BLOCK_SAMPLES, dtype=np.float32)


def test_every_block_of_speech_has_its_frame_and_silence_none(synthetic_voice: Voice) -> None:
    frames = follow(np.concatenate([silence(1.0), synthetic_voice(2.0), silence(1.0)]))
    assert [frame.at for frame in frames] == [BLOCK_SAMPLES * (11 + i) for i in range(20)]


def test_one_block_alone_is_a_click(synthetic_voice: Voice) -> None:
    assert follow(np.concatenate([silence(1.0), synthetic_voice(0.1), silence(1.0)])) == []


def test_values_of_a_known_voice(synthetic_voice: Voice) -> None:
    frames = follow(synthetic_voice(20.0, level_dbfs=-26.0, syllables_s=4.0))
    last = frames[-20:]
    assert np.median([frame.level_dbfs for frame in last]) == pytest.approx(-26.0, abs=3.0)
    assert all(frame.f0_hz == pytest.approx(120.0, rel=0.001) for frame in last)
    assert all(frame.f0_st == pytest.approx(0.0, abs=0.3) for frame in last)
    assert np.mean([frame.level_db or 0.0 for frame in last]) == pytest.approx(0.0, abs=2.0)
    assert last[-1].rate_syl_s == pytest.approx(4.0, abs=0.5)
    assert last[-1].rate_ratio == pytest.approx(1.0, abs=0.15)
    assert last[-1].confidence > 0.7
    assert frames[0].level_db is None
    assert frames[0].rate_syl_s is None


def test_a_heated_stretch_shows_in_all_witnesses(synthetic_voice: Voice) -> None:
    tracker = ProsodyTracker(Party.CALLER, model := KnownF0(), ProsodySettings())
    calm = synthetic_voice(25.0, syllables_s=4.0, level_dbfs=-30.0)
    follow(calm, tracker, is_last=False)
    model.f0_hz = 120.0 * 2 ** (4 / 12)
    hot = follow(
        synthetic_voice(8.0, f0_hz=151.0, syllables_s=5.2, level_dbfs=-20.0, tilt_db=3.0, seed=1),
        tracker,
        len(calm),
    )[-40:]
    assert np.median([frame.level_db or 0.0 for frame in hot]) == pytest.approx(10.0, abs=2.5)
    assert np.median([frame.f0_st or 0.0 for frame in hot]) == pytest.approx(4.0, abs=0.4)
    assert np.median([frame.alpha_delta_db or 0.0 for frame in hot]) > 1.5
    assert np.median([frame.rate_ratio or 0.0 for frame in hot]) > 1.12


@pytest.mark.parametrize("gain_db", [10.0, -10.0])
def test_a_change_of_gain_is_not_a_change_of_voice(synthetic_voice: Voice, gain_db: float) -> None:
    tracker = ProsodyTracker(Party.CALLER, KnownF0(), ProsodySettings())
    calm, later = (
        synthetic_voice(25.0, level_dbfs=-25.0),
        synthetic_voice(10.0, level_dbfs=-25.0 + gain_db, seed=0),
    )
    follow(calm, tracker, is_last=False)
    frames = follow(later, tracker, len(calm))
    assert abs(np.median([frame.level_db or 0.0 for frame in frames[-30:]])) < 3.0


def test_level_alone_changes_with_gain(synthetic_voice: Voice) -> None:
    loud, soft = (follow(synthetic_voice(12.0, level_dbfs=level)) for level in (-18.0, -34.0))
    for one, other in zip(loud[30:], soft[30:], strict=True):
        assert one.level_dbfs - other.level_dbfs == pytest.approx(16.0, abs=0.3)
        assert one.alpha_delta_db == pytest.approx(other.alpha_delta_db, abs=1.0)
        assert one.rate_ratio == pytest.approx(other.rate_ratio, abs=0.2)


def test_describe_a_turn(synthetic_voice: Voice) -> None:
    tracker = ProsodyTracker(Party.AGENT, KnownF0(), ProsodySettings())
    follow(np.concatenate([synthetic_voice(12.0), silence(1.0), synthetic_voice(3.0, seed=2)]), tracker)
    turn = tracker.describe(Span(13 * 16_000, 16 * 16_000))
    assert turn.rate_syl_s == pytest.approx(4.0, abs=0.7)
    assert turn.f0_median_st == pytest.approx(0.0, abs=0.3)
    assert turn.level_db == pytest.approx(0.0, abs=2.0)
    nothing = tracker.describe(Span(12 * 16_000 + 8_000, 13 * 16_000 - 8_000))
    assert (nothing.rate_syl_s, nothing.f0_median_st, nothing.level_db) == (None, None, None)


@pytest.mark.parametrize(
    "pcm",
    [silence(3.0), np.full(48_000, 0.5, dtype=np.float32), np.full(48_000, -1.0, dtype=np.float32)],
    ids=["silence", "dc", "full scale"],
)
def test_odd_sound_gives_finite_numbers(pcm: Pcm) -> None:
    tracker = ProsodyTracker(Party.CALLER, KnownF0(), ProsodySettings())
    frames = []
    for index, block in enumerate(blocks(pcm)):
        frames.extend(tracker.push(block, index * BLOCK_SAMPLES, True))
    for frame in frames:
        for value in (frame.level_dbfs, frame.level_db, frame.alpha_db, frame.rate_syl_s, frame.voicing):
            assert value is None or np.isfinite(value)
        assert frame.f0_hz is None or frame.f0_hz > 0


def test_frames_are_at_most_200_ms_late(synthetic_voice: Voice) -> None:
    tracker = ProsodyTracker(Party.CALLER, KnownF0(), ProsodySettings())
    for index, block in enumerate(blocks(synthetic_voice(3.0))):
        now = (index + 1) * BLOCK_SAMPLES
        for frame in tracker.push(block, index * BLOCK_SAMPLES, True):
            assert now - frame.at <= 2 * BLOCK_SAMPLES


class LateF0(KnownF0):
    """Voice in every second frame, wherever anything sounds."""

    def push(self, pcm: Pcm, is_wanted: bool = True) -> tuple[Pcm, Pcm]:
        f0, voicing = super().push(pcm, is_wanted)
        f0[::2] = 0.0
        return f0, voicing


@pytest.mark.parametrize(("is_voiced", "first"), [(True, 10), (False, 11)], ids=["voice", "breath"])
def test_a_late_detector_loses_no_voice(is_voiced: bool, first: int, synthetic_voice: Voice) -> None:
    voice = synthetic_voice(2.0) if is_voiced else synthetic_voice(2.0) * np.float32(1e-3)
    pcm = np.concatenate([silence(1.0), voice[: 2 * BLOCK_SAMPLES], synthetic_voice(1.0)])
    tracker = ProsodyTracker(Party.CALLER, LateF0(), ProsodySettings())
    frames = []
    for index, block in enumerate(blocks(pcm)):
        frames.extend(tracker.push(block, index * BLOCK_SAMPLES, index >= 12))
    assert frames[0].at == (first + 2) * BLOCK_SAMPLES
