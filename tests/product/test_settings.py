"""Settings, models and sound devices that are not what they should be, at the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor import weights
from tests.product.conftest import Tingyin


@pytest.mark.parametrize(
    ("env", "arguments", "code", "names"),
    [
        ({"TINGYIN_SERVER__PROT": "1"}, (), "settings.unknown", "server.prot"),
        ({"TINGYIN_SERVR__PORT": "1"}, (), "settings.unknown", "TINGYIN_SERVR__PORT"),
        ({"TINGYIN_SPEECH__START_PROBABILITY": "1.5"}, (), "settings.invalid", "speech.start_probability"),
        ({"TINGYIN_ENGINE__LANGUAGES": "zh"}, (), "settings.invalid", "TINGYIN_ENGINE__LANGUAGES"),
        ({}, ("--settings", "none.toml"), "settings.unreadable", "none.toml"),
        ({}, ("--settings", "odd.toml"), "settings.unknown", "server.prot"),
    ],
)
@pytest.mark.parametrize("command", ["replay", "serve"])
def test_a_setting_that_does_not_fit_is_refused(
    tingyin: Tingyin,
    call_file: Path,
    command: str,
    env: dict[str, str],
    arguments: tuple[str, ...],
    code: str,
    names: str,
) -> None:
    (tingyin.folder / "odd.toml").write_text("[server]\nprot = 1\n", encoding="utf-8")
    file = (call_file,) if command == "replay" else ()
    assert names in tingyin.refuses(code, command, *file, "--no-asr", *arguments, env=env).err


def test_an_option_that_does_not_fit_is_refused(tingyin: Tingyin) -> None:
    refused = tingyin.refuses("settings.invalid", "serve", "--no-asr", "--port", "70000")
    assert "server.port" in refused.err


@pytest.mark.parametrize("size", ["0", "16001"])
def test_a_packet_of_no_possible_size_is_a_wrong_use(tingyin: Tingyin, call_file: Path, size: str) -> None:
    done = tingyin.run("replay", call_file, "--no-asr", "--packet", size)
    assert done.code == 2
    assert "Traceback" not in done.err


# --- models ------------------------------------------------------------------------------------------


@pytest.fixture
def models(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A folder of models of the test's own, and the environment that names it."""
    folder = tmp_path / "models"
    folder.mkdir()
    return folder, {"TINGYIN_ENGINE__MODELS_FOLDER": str(folder)}


@pytest.mark.parametrize("command", ["replay", "serve"])
def test_a_missing_model_is_told_with_the_command_that_fetches_it(
    tingyin: Tingyin, call_file: Path, models: tuple[Path, dict[str, str]], command: str
) -> None:
    arguments = (call_file,) if command == "replay" else ("--port", "0")
    refused = tingyin.refuses("model.missing", command, *arguments, env=models[1])
    assert "run `tingyin models fetch base`" in refused.err


def test_a_truncated_model_is_told_with_the_command_that_mends_it(
    tingyin: Tingyin, models: tuple[Path, dict[str, str]]
) -> None:
    folder, env = models
    (folder / "base").mkdir()
    for name in weights.catalogue()["base"].files:
        (folder / "base" / name).write_bytes(b"cut")
    refused = tingyin.refuses("model.damaged", "serve", "--port", "0", env=env)
    assert "run `tingyin models fetch base` to get it anew" in refused.err
    listed = tingyin.run("models", "verify", env=env)
    assert listed.code == 1
    assert "damaged" in listed.out and "missing" in listed.out


def test_an_altered_model_is_told_although_its_size_is_right(
    tingyin: Tingyin, models: tuple[Path, dict[str, str]]
) -> None:
    folder, env = models
    (folder / "tiny.en").mkdir()
    for name, file in weights.catalogue()["tiny.en"].files.items():
        with (folder / "tiny.en" / name).open("wb") as weight:
            weight.truncate(file.size)
    refused = tingyin.refuses("model.damaged", "serve", "--port", "0", "--model", "tiny.en", env=env)
    assert "SHA-256" in refused.err


@pytest.mark.parametrize(
    ("model", "code"),
    [("huge", "model.unknown"), ("own", "model.unloadable"), ("hollow", "model.unloadable")],
)
def test_a_model_of_ones_own_that_does_not_load_is_told(
    tingyin: Tingyin, call_file: Path, model: str, code: str
) -> None:
    for name in ("own", "hollow"):
        (tingyin.folder / name).mkdir()
    (tingyin.folder / "own" / "model.bin").write_bytes(b"no model at all")
    tingyin.refuses(code, "replay", call_file, "--model", model)


# --- devices -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("devices",),
        ("listen", "--no-asr", "--device", "Headset"),
        ("listen", "--agent-device", "0", "--caller-device", "1"),
    ],
)
@pytest.mark.parametrize(
    ("stage", "code"), [("no_sound_library", "device.no_library"), ("no_sound_devices", "device.none")]
)
def test_a_machine_that_cannot_hear_says_why(
    tingyin: Tingyin, arguments: tuple[str, ...], stage: str, code: str
) -> None:
    tingyin.refuses(code, *arguments, stage={stage: {}})
    assert not tingyin.store.exists(), "nothing was begun"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), "device.arguments"),
        (("--device", "Line 7"), "device.unknown"),
        (("--device", "99"), "device.unknown"),
        (("--device", "Headset"), "device.channels"),
        (("--agent-device", "Headset"), "device.arguments"),
        (("--device", "0", "--caller-device", "0"), "device.arguments"),
    ],
)
def test_a_device_that_cannot_carry_a_call_is_refused(
    tingyin: Tingyin, arguments: tuple[str, ...], code: str
) -> None:
    tingyin.refuses(code, "listen", "--no-asr", *arguments, stage={"one_sound_device": {}})


def test_devices_are_listed(tingyin: Tingyin) -> None:
    listed = tingyin.run("devices", stage={"one_sound_device": {}})
    assert (listed.code, listed.out) == (0, "  0  Headset  (1 channels, 48000 Hz)\n")
