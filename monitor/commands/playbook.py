"""`tingyin playbook check`: what is wrong or doubtful about playbook files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import msgspec
import typer

from monitor.core.playbook.check import Doubt, doubts
from monitor.core.playbook.model import DETECTOR_RULES, Rule
from monitor.core.playbook.source import BookError, SourceRow, book_of, read_sources
from monitor.errors import PlaybookError
from monitor.playbook_files import playbook_paths, read_texts, told


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `check --json`."""

    level: str
    """error: the playbook is refused, or the rule cannot do what it says; warning: look at it."""
    code: str
    file: str
    line: int
    rule: str
    message: str


def check(places: Sequence[Path], *, is_json: bool = False) -> int:
    """Tells faults and doubts of files or folders; returns how many errors there are.

    A file is read together with the other files of its folder, on which its rules may build; only what
    stands in the places that were named is told.

    Raises:
        PlaybookError: there is no such file or folder.
    """
    named = {str(path) for place in places for path in playbook_paths(place)}
    around = {str(path) for place in places if place.is_file() for path in _neighbours(place)}
    texts, found = _texts(sorted(named | around), named)
    rows, faults = read_sources(texts)
    found += [_of_fault(fault) for fault in faults if fault.file in named]
    broken = {fault.file for fault in faults} | (around - {path for path, _ in texts})
    if broken - named:
        found.append(_not_compared(sorted(broken - named)))
    if not faults and len(texts) == len(named | around):
        found += [_of_doubt(doubt) for doubt in doubts(rows, book_of(rows)) if doubt.file in named]
        found += _without_words(places, rows)
    counted = [row for row in rows if row.file in named]
    _tell(found, counted, is_json=is_json)
    return sum(1 for one in found if one.level == "error")


def _texts(paths: Iterable[str], named: Collection[str]) -> tuple[list[tuple[str, str]], list[Fault]]:
    """The texts of those files that can be read, and why the others, where they were named, cannot."""
    texts: list[tuple[str, str]] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            texts.extend(read_texts([Path(path)]))
        except PlaybookError as error:
            if path in named:
                line = error.values.get("line", 1)
                faults.append(_of_error(error, path, line if isinstance(line, int) else 1))
    return texts, faults


def _not_compared(others: Sequence[str]) -> Fault:
    """Says that rules were judged one by one: with a broken file among them, no book comes about."""
    message = (
        "this file of the same folder has errors, so that whether the rules fit together was not looked at; "
        f"`tingyin playbook check {Path(others[0]).parent}` tells them"
    )
    return Fault(level="warning", code="playbook.doubtful", file=others[0], line=1, rule="", message=message)


def _neighbours(path: Path) -> Iterable[Path]:
    return path.parent.glob("*.toml")


def _without_words(places: Sequence[Path], rows: Iterable[SourceRow]) -> list[Fault]:
    """Of a whole folder: the detectors that are left without words."""
    known = {row.row.id for row in rows}
    return [
        _of_error(PlaybookError("playbook.missing", path=place, rule=rule), str(place))
        for place in places
        if place.is_dir()
        for rule in DETECTOR_RULES
        if rule not in known
    ]


def _of_fault(fault: BookError) -> Fault:
    error = told(fault)
    return Fault(
        level="error",
        code=error.code,
        file=fault.file,
        line=fault.line,
        rule=fault.rule,
        message=error.sentence,
    )


def _of_error(error: PlaybookError, file: str, line: int = 1) -> Fault:
    return Fault(level="error", code=error.code, file=file, line=line, rule="", message=error.sentence)


def _of_doubt(doubt: Doubt) -> Fault:
    return Fault(
        level=doubt.level,
        code="playbook.doubtful",
        file=doubt.file,
        line=doubt.line,
        rule=doubt.rule,
        message=doubt.message,
    )


def _tell(found: Sequence[Fault], rows: Sequence[SourceRow], *, is_json: bool) -> None:
    if is_json:
        for one in found:
            typer.echo(msgspec.json.encode(one).decode())
        return
    for one in found:
        where = f"{one.file}:{one.line}"
        if one.code == "playbook.doubtful":
            typer.echo(f"{one.level}  {where}  {f'{one.rule}: ' if one.rule else ''}{one.message}")
        else:
            typer.echo(f"{one.level}  {where}  {one.code}  {one.message}")
    rules = sum(1 for row in rows if isinstance(row.row, Rule))
    errors = sum(1 for one in found if one.level == "error")
    counts = [counted(rules, "rule"), counted(len(rows) - rules, "signal")]
    verdict = (
        "all sound" if not found else f"{counted(errors, 'error')}, {counted(len(found) - errors, 'warning')}"
    )
    typer.echo(f"{', '.join(counts)}: {verdict}")


def counted(number: int, name: str) -> str:
    """A number and its noun, of which there may be one."""
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
