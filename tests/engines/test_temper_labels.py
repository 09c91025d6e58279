"""An ear from own labels: what is refused and why, and one whole training on made-up voices."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from monitor.cli import app
from monitor.core.temper.voice import FEATURE_NAMES
from monitor.engines import temper_labels
from monitor.engines.temper import load_voice_weights
from monitor.engines.temper_labels import read_labels
from monitor.engines.temper_training import require_library
from monitor.errors import TrainingError

HEADER = "file,channel,start_s,end_s,speaker,label\n"
ENOUGH = "".join(
    f"c{caller}.wav,{side},{at},{at + 4},s{caller},{label}\n"
    for caller in range(4)
    for side, at, label in (("left", 0, "calm"), ("left", 4, "hot"), ("left", 8, "other"))
)


def labels(folder: Path, rows: str = ENOUGH, header: str = HEADER) -> Path:
    path = folder / "labels.csv"
    path.write_text(header + rows, encoding="utf-8")
    return path


def code_of(path: Path) -> tuple[str, str]:
    with pytest.raises(TrainingError) as caught:
        read_labels(path)
    return caught.value.code, caught.value.sentence


def test_rows_are_read(tmp_path: Path) -> None:
    rows = ENOUGH + "more.wav,2,,,s0,HOT\n"
    stretches = read_labels(labels(tmp_path, rows))
    assert len(stretches) == 13
    assert stretches[0].path == tmp_path / "c0.wav"
    last = stretches[-1]
    assert (last.line, last.channel, last.start_s, last.end_s, last.label) == (14, 1, 0.0, None, "hot")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    code, sentence = code_of(tmp_path / "none.csv")
    assert code == "training.labels"
    assert "none.csv" in sentence


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(b"\xff\xfe\x00\x81")
    assert code_of(path)[0] == "training.labels"


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    code, sentence = code_of(labels(tmp_path, header="file,start_s,end_s,speaker,label\n"))
    assert code == "training.columns"
    assert "channel" in sentence


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a.wav,left,0,4,s0,furious", "furious"),
        ("a.wav,middle,0,4,s0,hot", "middle"),
        ("a.wav,0,0,4,s0,hot", "number from 1"),
        ("a.wav,left,4,4,s0,hot", "ends after"),
        ("a.wav,left,nan,4,s0,hot", "begins at 0"),
        ("a.wav,left,x,4,s0,hot", "seconds"),
        (",left,0,4,s0,hot", "file is empty"),
        ("a.wav,left,0,4,,hot", "speaker is empty"),
        ("a.wav,left", "speaker is empty"),
    ],
)
def test_a_row_without_sense_is_told_by_its_line(tmp_path: Path, row: str, told: str) -> None:
    code, sentence = code_of(labels(tmp_path, row + "\n"))
    assert code == "training.row"
    assert "line 2" in sentence
    assert told in sentence


def test_one_class_is_not_enough(tmp_path: Path) -> None:
    rows = "".join(f"a.wav,left,0,4,s{caller},calm\n" for caller in range(5))
    assert code_of(labels(tmp_path, rows))[0] == "training.one_class"


def test_two_hot_callers_are_too_few(tmp_path: Path) -> None:
    rows = "".join(f"a.wav,left,0,4,s{i},calm\na.wav,left,0,4,s{i % 2},hot\n" for i in range(5))
    code, sentence = code_of(labels(tmp_path, rows))
    assert code == "training.few_speakers"
    assert "2 caller(s)" in sentence


def test_a_missing_library_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("sklearn"):
            raise ImportError("absent", name="sklearn")
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(TrainingError, match="pip install scikit-learn"):
        require_library()


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: None, "there is no file"),
        (lambda path: path.write_bytes(b"no sound at all"), "not sound"),
        (lambda path: soundfile.write(path, np.zeros((48_000, 2)), 16_000), "3.0 s, before"),
    ],
    ids=["missing", "no sound", "too short"],
)
def test_a_recording_that_cannot_be_used_is_told_by_its_line(tmp_path: Path, make: Any, told: str) -> None:
    path = labels(tmp_path)
    make(tmp_path / "c0.wav")
    with pytest.raises(TrainingError, match=told) as caught:
        temper_labels.hear_labels(path, read_labels(path))
    assert caught.value.code == "training.recording"


def test_a_channel_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = labels(tmp_path, ENOUGH.replace("left", "right"))
    soundfile.write(tmp_path / "c0.wav", np.zeros(200_000), 16_000)
    with pytest.raises(TrainingError, match="1 channel"):
        temper_labels.hear_labels(path, read_labels(path))


def test_silence_teaches_nothing(tmp_path: Path) -> None:
    path = labels(tmp_path)
    for caller in range(4):
        soundfile.write(tmp_path / f"c{caller}.wav", np.zeros(200_000), 16_000)
    with pytest.raises(TrainingError) as caught:
        temper_labels.hear_labels(path, read_labels(path))
    assert caught.value.code == "training.no_speech"


def test_the_command_writes_an_ear_that_loads_and_a_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The models that hear are left out: a stretch's mean level stands for its voice."""

    def heard(pcm: np.ndarray[Any, Any]) -> list[_At]:
        return [_At(float(np.abs(pcm[len(pcm) // 2 :]).max()))]

    def features(frames: list[float]) -> list[np.ndarray[Any, Any]]:
        rng = np.random.default_rng(round(1e6 * frames[0]))
        rows = rng.normal(size=(12, len(FEATURE_NAMES)))
        rows[:, 0] += 6.0 * (frames[0] > 0.4)
        return list(rows)

    monkeypatch.setattr(temper_labels, "hear", heard)
    monkeypatch.setattr(temper_labels, "windows", lambda frames: features([frame.value for frame in frames]))
    for caller in range(4):
        level = np.repeat([0.1, 0.5, 0.2], 4 * 16_000) + 0.01 * caller
        soundfile.write(tmp_path / f"c{caller}.wav", level, 16_000)
    out = tmp_path / "own.json"
    told = CliRunner().invoke(app, ["models", "train", "temper", str(labels(tmp_path)), "--out", str(out)])
    assert told.exit_code == 0, told.output
    ear = load_voice_weights(out)
    assert "anger" in ear.classes
    assert json.loads(out.read_text())["speakers"] == [], "nobody's name leaves the labels"
    card = (tmp_path / "own.md").read_text()
    assert "| hot | 4 | 4 | 48 |" in card
    assert "AUC" in card
    assert "s0" not in card


class _At:
    """A frame late enough to count, with a number that stands for its voice."""

    at = 10**9

    def __init__(self, value: float) -> None:
        self.value = value


def test_the_command_tells_errors_by_their_code(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["models", "train", "temper", str(tmp_path / "none.csv")])
    assert told.exit_code == 1
    assert "training.labels" in told.output
