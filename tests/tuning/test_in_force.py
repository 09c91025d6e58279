"""What commands judge by: what is tuned counts, unless it does not fit or is left out on purpose."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from monitor.cli import app
from monitor.config import Settings
from monitor.core.inputs import CallInfo
from monitor.errors import PlaybookError
from monitor.reading_files import load_reading_texts
from monitor.store.facts import FACTS_VERSION, FactsHeader, FactsWriter, facts_path
from monitor.tuning import trial as trial_module
from monitor.tuning.in_force import in_force
from monitor.tuning.overlay import RULES_FILE, THRESHOLDS_FILE
from monitor.tuning.trial import Trial, TrialRequest, run_trial
from tests.test_whatif import CALL, with_told


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "tuning").mkdir()
    return Settings(store={"folder": tmp_path})


def tune(folder: Path, rules: str = "", thresholds: str = "") -> None:
    for name, text in ((RULES_FILE, rules), (THRESHOLDS_FILE, thresholds)):
        if text:
            (folder / "tuning" / name).write_text(text, encoding="utf-8")


def test_rules_and_thresholds_count_as_they_are_tuned(settings: Settings, tmp_path: Path) -> None:
    plain = in_force(settings)
    assert (plain.is_tuned, plain.troubles) == (False, ())
    tune(tmp_path, "[tune.no_authority]\ncool_down_s = 77\n", "[detectors]\nraised_level_db = 9.5\n")
    tuned = in_force(settings)
    assert tuned.is_tuned and tuned.troubles == ()
    assert tuned.settings.detectors.raised_level_db == 9.5
    assert plain.book["no_authority"].cool_down_s != 77 == tuned.book["no_authority"].cool_down_s
    without = in_force(settings, with_tuning=False)
    assert not without.is_tuned and without.book["no_authority"] == plain.book["no_authority"]
    assert without.settings.detectors == settings.detectors


@pytest.mark.parametrize(
    ("rules", "thresholds"),
    [
        ("[tune.long_gone]\nis_on = false\n", ""),
        ("", "[detectors]\nraised_level_db = -1\n"),
        ("", "[speech]\nmin_silence_s = 1\n"),
        ("", "[detectors\n"),
    ],
)
def test_what_does_not_fit_is_told_and_does_not_count(
    settings: Settings, tmp_path: Path, rules: str, thresholds: str
) -> None:
    tune(tmp_path, rules, thresholds)
    found = in_force(settings)
    assert len(found.troubles) == 1
    assert (found.is_tuned, found.settings.core) == (False, settings.core)


def test_a_recording_is_judged_by_what_is_in_force(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A minute of silence: nobody speaks for long, unless that is tuned to be longer."""
    import numpy as np
    import soundfile

    monkeypatch.setenv("TINGYIN_STORE__FOLDER", str(tmp_path))
    call, events = tmp_path / "call.wav", tmp_path / "events.jsonl"
    soundfile.write(call, np.zeros((16_000 * 5, 2), dtype=np.float32), 16_000)
    tune(tmp_path, "", "[detectors]\nraised_level_db = 9.5\n")

    def told(*options: str) -> str:
        result = CliRunner().invoke(app, ["replay", str(call), "--no-asr", "--events", str(events), *options])
        assert result.exit_code == 0, result.output
        return result.stderr

    assert "judged with what is tuned" in told()
    assert "judged with what is tuned" not in told("--untuned")


class Pipe:
    """What the trial's process tells."""

    def __init__(self) -> None:
        self.told: list[Trial] = []

    def send_bytes(self, message: bytes) -> None:
        self.told.append(msgspec.json.decode(message, type=Trial))


@pytest.mark.parametrize(("seconds", "done"), [(1e9, 1), (-1.0, 0)])
def test_a_trial_whose_time_is_over_ends_within_a_call(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, done: int
) -> None:
    info = CallInfo(call_id="one", started_at="", source="file", title="talk")
    header = FactsHeader(version=FACTS_VERSION, info=info, settings=settings.core.model_dump(mode="json"))
    writer = FactsWriter(facts_path(tmp_path, "one"), header)
    for record in with_told(CALL):
        writer.write(record)
    writer.close()
    monkeypatch.setattr(trial_module, "TIME_MAX_S", seconds)
    monkeypatch.setattr("os.nice", lambda _: 0)
    files = trial_module_files(settings)
    pipe = Pipe()
    run_trial(TrialRequest(("one",), tmp_path, files, settings.core, files, settings.core), pipe)  # type: ignore[arg-type]
    last = pipe.told[-1]
    assert (last.status, last.calls, last.calls_done, last.calls_left_out) == ("done", 1, done, 0)
    assert (last.hours > 0) is (done == 1)


def trial_module_files(settings: Settings) -> tuple[tuple[str, str], ...]:
    """The files of the shipped playbook."""
    from monitor.playbook_watch import playbook_text

    return playbook_text(settings.playbook.folder)


@pytest.mark.parametrize("kind", ["pipe", "endless", "deep", "NUL", "UTF-16"])
def test_thresholds_may_be_anything_that_somebody_put_there(
    settings: Settings, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "tuning" / THRESHOLDS_FILE
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "endless":
            path.symlink_to("/dev/zero")
        case "deep":
            path.write_text("x = " + "[" * 20_000)
        case "NUL":
            path.write_bytes(b"[detectors]\0")
        case _:
            path.write_text("[detectors]", encoding="utf-16")
    found = in_force(settings)
    assert len(found.troubles) == 1
    assert found.settings.detectors == settings.detectors


def test_a_pipe_among_the_texts_of_the_reading_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "reading.toml")
    with pytest.raises(PlaybookError, match="no plain file"):
        load_reading_texts(tmp_path)
    (tmp_path / "reading.toml").unlink()
    (tmp_path / "reading.toml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(PlaybookError):
        load_reading_texts(tmp_path)
