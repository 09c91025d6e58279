"""Playbook files: TOML on disk -> the rule book in force. `python -m monitor.playbook_files` lists it.

A file holds rules and signals, tables `[[rule]]` and `[[signal]]` with the fields of
`monitor.core.playbook.model`; PLAYBOOK.md explains them.
"""

from __future__ import annotations

import codecs
import io
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

from monitor.core.playbook.model import DETECTOR_RULES, Rule, RuleBook
from monitor.core.playbook.source import BookError, SourceRow, book_of, read_sources
from monitor.errors import PlaybookError
from monitor.resources import resource

FILE_BYTES_MAX = 1_000_000
"""A larger file is not a playbook; it would only hold up the start."""
FILES_MAX = 200
"""Files of one playbook."""
BYTES_MAX = 5_000_000
"""Characters of all files of one playbook together, about seven times the shipped one."""


def load_playbook(folder: Path | None = None) -> RuleBook:
    """The rules of every `*.toml` in `folder` (the shipped playbooks where None), in order of file name.

    Raises:
        PlaybookError: a file cannot be read, a rule is not sound (it names the file, rule and line), or
            a built-in detector is left without words.
    """
    place = shipped_or(folder)
    book = load_files(playbook_paths(place))
    for rule in DETECTOR_RULES:
        if rule not in book:
            raise PlaybookError("playbook.missing", path=place, rule=rule)
    return book


def shipped_or(folder: Path | None) -> Path:
    """The folder, or that of the shipped playbooks."""
    return folder if folder is not None else resource("playbooks")


def playbook_paths(place: Path) -> list[Path]:
    """The files of a playbook: the file itself, or every `*.toml` of the folder in order of name.

    Raises:
        PlaybookError: there is no such file, or the folder holds none, or too many.
    """
    try:
        if place.is_file():
            return [place]
        paths = sorted(place.glob("*.toml")) if place.is_dir() else []
    except OSError as error:
        raise PlaybookError("playbook.unreadable", path=place, reason=error.strerror or error) from error
    if not paths:
        reason = "the folder holds no *.toml file" if place.is_dir() else "there is no such file or folder"
        raise PlaybookError("playbook.unreadable", path=place, reason=reason)
    if len(paths) > FILES_MAX:
        raise PlaybookError("playbook.unreadable", path=place, reason=f"over {FILES_MAX} files")
    return paths


def load_files(paths: Iterable[Path]) -> RuleBook:
    """The rules of these files together.

    Raises:
        PlaybookError: as `load_playbook`.
    """
    return book_of_texts(read_texts(paths))


def read_texts(paths: Iterable[Path]) -> tuple[tuple[str, str], ...]:
    """The name and text of each file.

    Raises:
        PlaybookError: playbook.unreadable.
    """
    texts: list[tuple[str, str]] = []
    room = BYTES_MAX
    for path in paths:
        text = read_text(path)
        room -= len(text)
        if room < 0:
            reason = f"with the files before it the playbook is over {BYTES_MAX} characters"
            raise PlaybookError("playbook.unreadable", path=path, reason=reason)
        texts.append((str(path), text))
    return tuple(texts)


def book_of_texts(texts: Iterable[tuple[str, str]]) -> RuleBook:
    """The rules of these files (name and text) together.

    Raises:
        PlaybookError: as `load_playbook`.
    """
    rows, faults = read_sources(texts)
    for fault in faults:
        raise told(fault)
    if not any(isinstance(row.row, Rule) for row in rows):
        name = next((file for file, _ in texts), "")
        raise PlaybookError("playbook.unreadable", path=name, reason="it holds no [[rule]]")
    return _book(rows)


def told(fault: BookError) -> PlaybookError:
    """A fault of a playbook's text as the error that people meet."""
    if fault.kind == "unreadable":
        return PlaybookError("playbook.unreadable", path=fault.file, reason=fault.reason)
    if fault.kind == "duplicate":
        return PlaybookError(
            "playbook.duplicate", path=fault.file, line=fault.line, rule=fault.rule, other=fault.other
        )
    return PlaybookError(
        "playbook.invalid", path=fault.file, line=fault.line, rule=fault.rule, reason=fault.reason
    )


def _book(rows: list[SourceRow]) -> RuleBook:
    try:
        return book_of(rows)
    except BookError as fault:
        raise told(fault) from fault


def read_text(path: Path) -> str:
    """A file's text. It may be anything that somebody put there, and may change while it is read.

    Raises:
        PlaybookError: playbook.unreadable.
    """
    try:
        with io.BufferedReader(io.FileIO(path, "r", opener=_not_waiting)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise PlaybookError("playbook.unreadable", path=path, reason="it is no plain file")
            data = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise PlaybookError("playbook.unreadable", path=path, reason=error.strerror or error) from error
    if len(data) > FILE_BYTES_MAX:
        raise PlaybookError("playbook.unreadable", path=path, reason=f"over {FILE_BYTES_MAX} bytes")
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise UnicodeDecodeError("utf-8", data, 0, 1, "UTF-16")
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = f"it is no text in UTF-8 (line {line}); save it with this encoding"
        raise PlaybookError("playbook.unreadable", path=path, reason=reason, line=line) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        reason = f"it is no text: line {line} holds a NUL byte"
        raise PlaybookError("playbook.unreadable", path=path, reason=reason, line=line)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _not_waiting(path: str, flags: int) -> int:
    """Opens a pipe at once, whether or not anybody writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


if __name__ == "__main__":
    from monitor.playbook_page import render_rules

    sys.stdout.write(render_rules(load_playbook()))
