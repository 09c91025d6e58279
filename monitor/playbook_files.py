"""Playbook files: TOML on disk -> the rule book in force. `python -m monitor.playbook_files` lists it.

A file holds rules, each a table `[[rule]]` with the fields of `monitor.core.playbook.model.Rule`.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from monitor.core.playbook.model import DETECTOR_RULES, Rule, RuleBook
from monitor.errors import PlaybookError
from monitor.resources import resource

FILE_BYTES_MAX = 1_000_000
"""A larger file is not a playbook; it would only hold up the start."""

_RULE_HEADER = re.compile(r"^\s*\[\[\s*rule\s*\]\]")
_TABLE_HEADER = re.compile(r"^\s*\[(?!\[)\s*([^\]]+?)\s*\]")


_PLAIN = {
    "model_type": 'a table is needed here; words for people take both languages: { zh = "...", en = "..." }',
    "missing": "it is missing",
    "extra_forbidden": "there is no such field; RULES.md and the shipped playbooks show which there are",
}
"""What a mistake that is often made means to somebody who writes rules."""


def load_playbook(folder: Path | None = None) -> RuleBook:
    """The rules of every `*.toml` in `folder` (the shipped playbooks where None), in order of file name.

    Raises:
        PlaybookError: a file cannot be read, a rule is not sound (it names the file, rule and line), or
            a built-in detector is left without words.
    """
    place = folder if folder is not None else resource("playbooks")
    paths = sorted(place.glob("*.toml")) if place.is_dir() else []
    if not paths:
        raise PlaybookError("playbook.unreadable", path=place, reason="the folder holds no *.toml file")
    book = load_files(paths)
    for rule in DETECTOR_RULES:
        if rule not in book:
            raise PlaybookError("playbook.missing", path=place, rule=rule)
    return book


def load_files(paths: Iterable[Path]) -> RuleBook:
    """The rules of these files together.

    Raises:
        PlaybookError: as `load_playbook`.
    """
    rules: list[Rule] = []
    homes: dict[str, Path] = {}
    for path in paths:
        text = _read(path)
        for index, rule in enumerate(parse_playbook(text, path)):
            if rule.id in homes:
                raise PlaybookError(
                    "playbook.duplicate",
                    path=path,
                    line=_line(text, index, ("id",)),
                    rule=rule.id,
                    other=homes[rule.id],
                )
            homes[rule.id] = path
            rules.append(rule)
    return RuleBook(rules)


def parse_playbook(text: str, path: Path) -> list[Rule]:
    """The rules in a file's text; `path` is for the errors only.

    Raises:
        PlaybookError: the text is not TOML (`playbook.unreadable`), or a rule does not fit
            (`playbook.invalid`).
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlaybookError("playbook.unreadable", path=path, reason=error) from error
    unknown = sorted(set(content) - {"rule"})
    if unknown:
        raise PlaybookError("playbook.unreadable", path=path, reason=f"there is no table {unknown[0]!r}")
    rows = content.get("rule", [])
    if not isinstance(rows, list) or not rows:
        raise PlaybookError("playbook.unreadable", path=path, reason="it holds no [[rule]]")
    return [_rule(row, index, text, path) for index, row in enumerate(rows)]


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise PlaybookError("playbook.unreadable", path=path, reason=f"over {FILE_BYTES_MAX} bytes")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlaybookError("playbook.unreadable", path=path, reason=error) from error


def _rule(row: Any, index: int, text: str, path: Path) -> Rule:
    try:
        return Rule.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        field = tuple(str(part) for part in first["loc"] if isinstance(part, str))
        name = row.get("id", "?") if isinstance(row, dict) else "?"
        message = _PLAIN.get(first["type"]) or first["msg"].removeprefix("Value error, ")
        where = ".".join(field)
        raise PlaybookError(
            "playbook.invalid",
            path=path,
            line=_line(text, index, field),
            rule=name,
            reason=f"{where}: {message}" if where else message,
        ) from error


def _line(text: str, rule_index: int, field: Sequence[str]) -> int:
    """The line of a rule's field: of the deepest part of its name that the rule's text shows."""
    lines = text.splitlines()
    headers = [number for number, line in enumerate(lines) if _RULE_HEADER.match(line)]
    if rule_index >= len(headers):
        return 1
    start = headers[rule_index]
    end = headers[rule_index + 1] if rule_index + 1 < len(headers) else len(lines)
    best, depth, table = start, 0, ""
    for number in range(start + 1, end):
        header = _TABLE_HEADER.match(lines[number])
        if header:
            table = header[1].removeprefix("rule").lstrip(".")
        key = re.match(r"^\s*([\w.-]+)\s*=", lines[number])
        name = ".".join(part for part in (table, key[1] if key else "") if part)
        for length in range(len(field), depth, -1):
            if name == ".".join(field[:length]):
                best, depth = number, length
                break
    return best + 1


if __name__ == "__main__":
    from monitor.playbook_page import render_rules

    sys.stdout.write(render_rules(load_playbook()))
