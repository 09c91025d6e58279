"""F0 of known sounds, as a stream: right, in time, and the same whatever else was wanted."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from monitor.core.audio import Pcm
from monitor.core.clock import BLOCK_SAMPLES
from monitor.engines._onnx import package_file, shared_session
from monitor.engines.f0 import FRAME_SAMPLES, SwiftF0Model
from monitor.engines.f0_network import HOP_SAMPLES, REACH_SAMPLES, F0Network
from monitor.errors import ModelError

ALWAYS: Callable[[int], bool] = lambda block: True  # noqa: E731


def harmonic(f0_hz: npt.NDArray[np.float64], level: float = 0.1) -> Pcm:
    phase = 2 * np.pi * np.cumsum(f0_hz) / 16_000
    harmonics = np.arange(1, 8)[:, np.newaxis]
    waves: Pcm = np.sum(np.sin(harmonics * phase) / harmonics, axis=0).astype(np.float32)
    return np.asarray(level * waves, dtype=np.float32)


def tracked(pcm: Pcm, is_wanted: Callable[[int], bool] = ALWAYS) -> tuple[Pcm, Pcm]:
    """F0 and voicing of `pcm`, which is a whole number of blocks; silence follows it."""
    model = SwiftF0Model()
    padded = np.concatenate([pcm, np.zeros(3 * BLOCK_SAMPLES, dtype=np.float32)])
    parts = []
    for block in range(len(padded) // BLOCK_SAMPLES):
        start = block * BLOCK_SAMPLES
        parts.append(model.push(padded[start : start + BLOCK_SAMPLES], is_wanted(block)))
    frames = len(pcm) // FRAME_SAMPLES
    return np.concatenate([f0 for f0, _ in parts])[:frames], np.concatenate([v for _, v in parts])[:frames]


@pytest.mark.parametrize("f0_hz", [80.0, 150.0, 260.0, 400.0])
def test_a_steady_voice(f0_hz: float) -> None:
    f0, voicing = tracked(harmonic(np.full(2 * 16_000, f0_hz)))
    inside = slice(15, -15)
    assert np.all(voicing[inside] >= 0.5)
    assert np.max(np.abs(12 * np.log2(f0[inside] / f0_hz))) < 0.6


def test_a_glide_is_followed_in_time() -> None:
    f0_hz = np.linspace(120.0, 240.0, 2 * 16_000)
    f0, _ = tracked(harmonic(f0_hz))
    centres = np.arange(20, 180) * FRAME_SAMPLES + FRAME_SAMPLES // 2
    assert np.median(np.abs(12 * np.log2(f0[20:180] / f0_hz[centres]))) < 0.25


def test_silence_noise_and_dc_have_no_f0() -> None:
    noise = (0.05 * np.random.default_rng(3).standard_normal(16_000)).astype(np.float32)
    for pcm in (np.zeros(16_000, dtype=np.float32), noise, np.full(16_000, 0.2, dtype=np.float32)):
        f0, voicing = tracked(pcm)
        assert np.mean(f0 > 0) < 0.1
        assert np.all(np.isfinite(f0))
        assert np.all((voicing >= 0) & (voicing <= 1))


def test_every_10_ms_gets_a_frame_within_the_promised_delay() -> None:
    model = SwiftF0Model()
    pcm = harmonic(np.full(16_000 * 2, 150.0))
    known = 0
    for start in range(0, len(pcm), BLOCK_SAMPLES):
        f0, voicing = model.push(pcm[start : start + BLOCK_SAMPLES])
        assert len(f0) == len(voicing)
        known += len(f0)
        pushed = start + BLOCK_SAMPLES
        assert pushed - model.delay_samples <= known * FRAME_SAMPLES <= pushed


def test_what_is_not_wanted_changes_nothing_of_what_is() -> None:
    pcm = harmonic(np.linspace(100.0, 200.0, 2 * 16_000))
    everything, _ = tracked(pcm)
    some, _ = tracked(pcm, lambda block: 8 <= block < 14)
    assert np.array_equal(some[80:140], everything[80:140])
    assert not some[:40].any()
    assert not some[170:].any()


def test_half_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="whole number of blocks"):
        SwiftF0Model().push(np.zeros(160, dtype=np.float32))


def test_the_two_halves_answer_as_the_whole_file_does() -> None:
    path = package_file("swift_f0", "model.onnx")
    rng = np.random.default_rng(5)
    pcm = harmonic(np.linspace(90.0, 300.0, 8_000)) + rng.normal(0.0, 0.01, 8_000).astype(np.float32)
    whole_hz, whole_confidence = shared_session(path).run(
        ["pitch", "confidence"],
        {
            "audio": pcm[np.newaxis],
            "fmin": np.asarray(60.0, dtype=np.float32),
            "fmax": np.asarray(500.0, dtype=np.float32),
        },
    )
    count = len(pcm) // HOP_SAMPLES
    silence = np.zeros(REACH_SAMPLES, dtype=np.float32)
    f0_hz, confidence = F0Network(path, 60.0, 500.0).judge(np.concatenate([silence, pcm]), count)
    assert (confidence > 0.5).sum() > count // 2
    assert np.max(np.abs(12 * np.log2(f0_hz / whole_hz[0, :count]))) < 0.01
    assert np.max(np.abs(confidence - whole_confidence[0, :count])) < 1e-3


def test_another_network_is_refused(tmp_path: Path) -> None:
    damaged = tmp_path / "model.onnx"
    damaged.write_bytes(b"no network")
    for path in (
        damaged,
        tmp_path / "missing.onnx",
        package_file("faster_whisper", "assets/silero_vad*.onnx"),
    ):
        with pytest.raises(ModelError) as refused:
            F0Network(path, 60.0, 500.0)
        assert refused.value.code == "model.unloadable"


def test_f0_stays_in_its_own_thread() -> None:
    """A library that wakes threads of its own for it takes the cores from the recogniser."""
    pcm = harmonic(np.full(16_000 * 8, 150.0))
    tracked(pcm[:32_000])
    own_s, all_s = time.thread_time(), time.process_time()
    tracked(pcm)
    own_s, all_s = time.thread_time() - own_s, time.process_time() - all_s
    assert all_s < 1.2 * own_s + 0.02
