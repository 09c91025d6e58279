"""The Silero model as a stream: one state for each instance, and deaf to what is no voice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from monitor.core.audio import Pcm
from monitor.engines._onnx import package_file, shared_session
from monitor.engines.silero import WINDOW_SAMPLES, SileroSpeechModel
from monitor.errors import ModelError

TIME_S = np.arange(4 * 16_000) / 16_000


def whole(pcm: Pcm) -> Pcm:
    return pcm[: len(pcm) // WINDOW_SAMPLES * WINDOW_SAMPLES].astype(np.float32)


def test_rows_equal_one_by_one(synthetic_voice: Callable[..., Pcm]) -> None:
    pcm = whole(synthetic_voice(2.0))
    one = SileroSpeechModel()
    single = [one.probability(pcm[at : at + WINDOW_SAMPLES]) for at in range(0, len(pcm), WINDOW_SAMPLES)]
    assert SileroSpeechModel().probabilities(pcm) == pytest.approx(single, abs=1e-4)


def test_a_voice_is_speech_and_instances_do_not_disturb_each_other(
    synthetic_voice: Callable[..., Pcm],
) -> None:
    pcm = whole(synthetic_voice(3.0))
    alone = SileroSpeechModel().probabilities(pcm)
    assert np.mean(np.array(alone[10:]) > 0.5) > 0.8
    party, other = SileroSpeechModel(), SileroSpeechModel()
    mixed = []
    for at in range(0, len(pcm), WINDOW_SAMPLES):
        mixed.append(party.probability(pcm[at : at + WINDOW_SAMPLES]))
        other.probability(np.full(WINDOW_SAMPLES, 0.3, dtype=np.float32))
    assert mixed == pytest.approx(alone, abs=1e-4)


def test_sessions_are_shared() -> None:
    path = package_file("faster_whisper", "assets/silero_vad*.onnx")
    assert shared_session(path) is shared_session(path)


@pytest.mark.parametrize(
    "pcm",
    [
        np.zeros_like(TIME_S),
        np.full_like(TIME_S, 0.5),
        0.3 * np.sin(2 * np.pi * 450 * TIME_S) * (TIME_S % 0.7 < 0.35),
        0.2 * (np.sin(2 * np.pi * 770 * TIME_S) + np.sin(2 * np.pi * 1336 * TIME_S)) * (TIME_S % 0.4 < 0.2),
        0.1 * np.random.default_rng(0).standard_normal(len(TIME_S)),
        0.2 * np.sin(2 * np.pi * 50 * TIME_S),
    ],
    ids=["silence", "dc", "busy tone", "keypad", "noise", "hum"],
)
def test_what_is_no_voice_is_no_speech(pcm: Pcm) -> None:
    assert max(SileroSpeechModel().probabilities(whole(pcm))) < 0.5


def test_half_a_window_is_refused() -> None:
    with pytest.raises(ValueError, match="whole number of windows"):
        SileroSpeechModel().probabilities(np.zeros(700, dtype=np.float32))


def test_missing_and_damaged_weights_are_model_errors(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as missing:
        package_file("no_such_package_anywhere", "*.onnx")
    assert missing.value.code == "model.unloadable"
    with pytest.raises(ModelError):
        package_file("numpy", "no-such-file*.onnx")
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"not a model")
    with pytest.raises(ModelError):
        shared_session(damaged)
