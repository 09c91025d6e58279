"""How types and needs of callers are named and met, from the playbook's files.

Any file of a playbook's folder may hold tables `[type.<name>]` and `[need.<name>]`
(`monitor.core.reading.texts`); the shipped ones are in `playbooks/reading.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from monitor.core.reading.texts import ReadingTexts
from monitor.errors import PlaybookError
from monitor.playbook_files import read_text
from monitor.resources import resource

_TABLES = ("type", "need")


def load_reading_texts(folder: Path | None = None) -> ReadingTexts:
    """The texts of `folder`, over the shipped ones: what a deployment's files leave out stays as shipped.

    Raises:
        PlaybookError: a file cannot be read, or a row is not sound.
    """
    places = [resource("playbooks")] if folder is None else [resource("playbooks"), folder]
    paths = [path for place in places for path in sorted(place.glob("*.toml"))]
    return _load(tuple((path, _changed_at(path)) for path in paths))


def reading_texts_of(files: Iterable[tuple[str, str]]) -> ReadingTexts:
    """The texts of a playbook's files as a journal holds them, over the shipped ones.

    Raises:
        PlaybookError: as `load_reading_texts`.
    """
    rows: dict[str, dict[str, Any]] = {table: {} for table in _TABLES}
    for path in sorted(resource("playbooks").glob("*.toml")):
        _add(rows, path)
    for name, text in files:
        _take(rows, name, text)
    return ReadingTexts.model_validate(rows)


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError as error:
        raise PlaybookError("playbook.unreadable", path=path, reason=error.strerror or error) from error


@lru_cache(maxsize=4)
def _load(paths: tuple[tuple[Path, int], ...]) -> ReadingTexts:
    """Reads again only what was edited: every call asks as it begins."""
    rows: dict[str, dict[str, Any]] = {table: {} for table in _TABLES}
    for path, _ in paths:
        _add(rows, path)
    return ReadingTexts.model_validate(rows)


def _add(rows: dict[str, dict[str, Any]], path: Path) -> None:
    _take(rows, path, read_text(path))


def _take(rows: dict[str, dict[str, Any]], path: Path | str, text: str) -> None:
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PlaybookError("playbook.unreadable", path=path, reason=error) from error
    found = {table: content[table] for table in _TABLES if table in content}
    try:
        ReadingTexts.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PlaybookError("playbook.unreadable", path=path, reason=f"{where}: {first['msg']}") from error
    for table, given in found.items():
        rows[table].update(given)
