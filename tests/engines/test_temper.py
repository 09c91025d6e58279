"""Training the ear on made-up numbers, and loading the shipped one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from monitor.core.temper.trained import VoiceWeights
from monitor.core.temper.voice import FEATURE_NAMES
from monitor.engines.temper import load_voice_weights, voice_weights_path
from monitor.engines.temper_training import CLASS_OF, VoiceSamples, deviations, train
from monitor.errors import ModelError

COUNT = len(FEATURE_NAMES)
SHIFTED = {"anger": 3, "happy": 7}
"""The feature that tells a label."""


def speaker(name: str, seed: int, labels: tuple[str, ...] = ("neutral", "anger", "happy")) -> VoiceSamples:
    """A speaker whose voice is off by more than any emotion."""
    rng = np.random.default_rng(seed)
    own = 5.0 * rng.normal(size=COUNT)
    parts = []
    for label in labels:
        rows = own + rng.normal(size=(40, COUNT))
        if label in SHIFTED:
            rows[:, SHIFTED[label]] += 4.0
        parts.append(VoiceSamples.of(list(rows), "made", name, label))
    return VoiceSamples.join(parts)


@pytest.fixture(scope="module")
def taught() -> VoiceWeights:
    return train(VoiceSamples.join(speaker(f"s{seed}", seed) for seed in range(8)))


def test_what_is_taught_is_heard_of_an_unknown_speaker(taught: VoiceWeights) -> None:
    unknown = speaker("new", 99)
    off, is_free = deviations(unknown, taught.population, 20, np.random.default_rng(0))
    anger = taught.anger(off)
    middle = {
        label: np.median(anger[is_free & (unknown.label == label)]) for label in ("neutral", "anger", "happy")
    }
    assert middle["anger"] > 0.6
    assert middle["neutral"] < 0.4
    assert middle["happy"] < 0.4
    assert int((~is_free).sum()) == 20


def test_the_same_samples_teach_the_same_ear(taught: VoiceWeights) -> None:
    again = train(VoiceSamples.join(speaker(f"s{seed}", seed) for seed in range(8)))
    assert np.array_equal(again.coefficients, taught.coefficients)


def test_two_classes_are_enough() -> None:
    ear = train(VoiceSamples.join(speaker(f"s{seed}", seed, ("neutral", "anger")) for seed in range(4)))
    assert ear.classes == ("anger", "calm")
    assert ear.probabilities(np.zeros(COUNT)).sum() == pytest.approx(1.0)
    shifted = np.zeros(COUNT)
    shifted[SHIFTED["anger"]] = 4.0
    assert ear.anger(shifted) > ear.anger(np.zeros(COUNT)) + 0.2


def test_every_label_has_a_class() -> None:
    assert set(CLASS_OF.values()) == {"anger", "joy", "calm", "other"}


def test_the_shipped_ear_loads_and_is_small() -> None:
    ear = load_voice_weights()
    assert set(ear.classes) == {"anger", "joy", "calm", "other"}
    assert float(ear.anger(np.zeros(COUNT))) < 0.1, "the usual voice is not angry"
    assert voice_weights_path().stat().st_size < 100_000
    assert (voice_weights_path().parent / "CARD.md").exists()


@pytest.mark.parametrize("text", [None, "not json", json.dumps({"features": []})])
def test_a_damaged_ear_is_told_by_its_code(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "voice.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        load_voice_weights(path)
    assert caught.value.code == "model.unloadable"
