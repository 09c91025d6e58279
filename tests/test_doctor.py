"""What `tingyin doctor` finds and how it tells it; the recogniser and the sound devices are doubles."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from monitor import weights
from monitor.commands import doctor as module
from monitor.commands.doctor import NO_MODEL, READY, TOO_SLOW, Finding, ModelFinding, examine, lines
from monitor.config import Settings
from monitor.core.recognition import Effort, Hypothesis, TranscriptionRequest
from monitor.engines.capacity import Cost, Estimate
from monitor.engines.machine import choose
from monitor.engines.queue import failed
from monitor.errors import DeviceError, ModelError


def finding(cost: Cost | None, *, cores: int = 2) -> Finding:
    model = ModelFinding(
        name="base",
        state="whole" if cost else "missing",
        languages=("zh", "en"),
        cost=cost,
        calls=Estimate(5, 11) if cost else None,
        trouble="" if cost else "the model is not installed",
    )
    return Finding(
        cores=cores,
        memory_mib=24_000,
        memory_free_mib=20_000,
        disk_free_mib={"store": 9_000, "models": 9_000},
        cards=0,
        device="cpu",
        compute_type="int8",
        workers=cores,
        sound_devices=(),
        sound_trouble="the sound library PortAudio is missing",
        speech_rtf=0.005,
        f0_rtf=0.02,
        analysis_rtf=0.05,
        model="base",
        models=(model,),
    )


def test_the_exit_code_says_whether_calls_get_words() -> None:
    assert finding(Cost(final_s=0.4, partial_s=0.15)).exit_code == READY
    assert finding(None).exit_code == NO_MODEL
    assert finding(Cost(final_s=9.0, partial_s=4.0)).exit_code == TOO_SLOW


def test_the_lines_say_what_to_expect_and_what_is_missing() -> None:
    text = "\n".join(lines(finding(Cost(final_s=0.4, partial_s=0.15))))
    assert "5 with words as they are spoken, 11 with words after each utterance" in text
    assert "PortAudio is missing" in text and "2 side by side" in text
    assert "the model is not installed" in "\n".join(lines(finding(None)))


class Quick:
    """A recogniser that answers at once."""

    known_languages = frozenset({"zh", "en"})

    def __init__(self, *_args: object, **_options: object) -> None:
        pass

    def decode(self, requests: Sequence[TranscriptionRequest], *, effort: Effort) -> list[Hypothesis]:
        return [failed(request) for request in requests]


def folder_of(name: str, folder: Path) -> Path:
    if name == "tiny.en":
        raise ModelError("model.damaged", name=name, file="model.bin", reason="short")
    return folder


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    def none() -> list[Any]:
        raise DeviceError("device.none")

    monkeypatch.setattr(module, "WhisperEngine", Quick)
    monkeypatch.setattr(module, "list_devices", none)
    monkeypatch.setattr(weights, "model_folder", folder_of)
    monkeypatch.setattr(module, "_names", lambda settings: [settings.engine.model, "tiny.en"])
    settings = Settings()
    engine = settings.engine.model_copy(update={"models_folder": tmp_path / "not" / "there"})
    return settings.model_copy(update={"engine": engine})


def test_everything_is_measured_and_a_damaged_model_is_told(machine: Settings) -> None:
    ticks = itertools.count()
    found = examine(machine, clock=lambda: next(ticks) * 0.1)
    base, tiny = found.models
    assert base.cost is not None and round(base.cost.final_s, 3) == 0.1
    assert base.cost.partial_s == pytest.approx(0.025)
    assert base.calls is not None and base.calls.with_finals >= base.calls.with_partials >= 1
    assert tiny.state == "unusable" and "model.bin" in tiny.trouble
    assert found.speech_rtf > 0 and found.f0_rtf > 0 and found.analysis_rtf > 0
    assert found.sound_devices == () and "no input device" in found.sound_trouble


def test_as_json_it_is_for_programs(machine: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        module.doctor(machine, is_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["exit_code"] == ended.value.code == READY
    assert {"cores", "models", "disk_free_mib", "speech_rtf"} <= set(told)


def test_a_card_is_used_where_there_is_one() -> None:
    card = choose(cores=8, cards=lambda: 1, can_do=lambda device: {"float32", "float16", "int8_float16"})
    assert (card.device, card.compute_type) == ("cuda", "float16") and card.workers < 8
    old = choose(cores=8, cards=lambda: 1, can_do=lambda device: {"float32", "int8_float16"})
    assert old.compute_type == "int8_float16"


def test_without_a_card_each_core_decodes_in_int8() -> None:
    found = choose(cores=6, cards=lambda: 0, can_do=lambda device: {"int8", "float32"})
    assert (found.device, found.compute_type, found.workers) == ("cpu", "int8", 6)


def test_what_the_settings_say_is_taken() -> None:
    found = choose("cpu", "float32", 3, cores=8, cards=lambda: 1, can_do=lambda device: {"int8"})
    assert (found.device, found.compute_type, found.workers) == ("cpu", "float32", 3)
