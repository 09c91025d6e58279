"""The text of playbook files -> a book, or what is wrong with it and on which line."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from typing import Any
from weakref import WeakValueDictionary

from pydantic import ValidationError

from monitor.core.playbook.model import Rule, RuleBook, Signal
from monitor.core.playbook.places import Key, Place, places
from monitor.core.playbook.tune import tuned

OTHER_TABLES = frozenset({"type", "need", "limits", "slot", "phase", "risk", "tune"})
"""Tables of playbook files that are not rules: wording and limits of the reading of the call, and what is
tuned about rules of other files (`monitor.core.playbook.tune`)."""

NESTING_MAX = 24
"""How deep tables and arrays may lie in one another; nothing that anybody reads lies deeper."""

_NO_KEY = frozenset("{}[](),?|:")
"""What stands between the dots of a pattern, and not between those of a key."""

_BEGINS = re.compile(r"""^[ \t]*(?:\[|["'\w.-]+[ \t]*=)""", re.MULTILINE)
"""A line that begins a table or a key's value."""
_SEARCHED_MAX = 200_000
"""Characters of a text in which it is looked for where a value was left open: it is read a dozen times."""

PLAIN = {
    "model_type": 'a table is needed here; words for people take both languages: { zh = "...", en = "..." }',
    "missing": "it is missing",
    "extra_forbidden": "there is no such field here; PLAYBOOK.md lists all fields, and `all = [...]` joins "
    "two conditions",
}
"""What a mistake that is often made means to somebody who writes rules."""

COUNTED = {
    "too_short": "at least {min_length} must stand here",
    "too_long": "at most {max_length} may stand here",
    "string_too_short": "at least {min_length} character(s) must stand here",
    "string_too_long": "at most {max_length} character(s) may stand here",
    "string_type": "a text in quotes is needed here",
    "bool_type": "true or false is needed here",
}
"""The same, with the limits of the field."""


class BookError(ValueError):
    """Something in a playbook's text is not sound.

    `kind` is unreadable (no TOML, or no rules), invalid (a row does not fit) or duplicate (of `other`).
    """

    def __init__(
        self, kind: str, file: str, reason: str, *, line: int = 1, rule: str = "", other: str = ""
    ) -> None:
        super().__init__(f"{file}, line {line}: {reason}")
        self.kind, self.file, self.reason = kind, file, reason
        self.line, self.rule, self.other = line, rule, other


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A rule or signal with where it stands."""

    row: Rule | Signal
    file: str
    place: Place

    def line(self, *path: Key) -> int:
        """The line of a field of the row, or of the row."""
        return self.place.find(path).line


@dataclass(frozen=True, slots=True)
class Tune:
    """What a file tunes about one rule, with where it says so."""

    change: dict[str, Any]
    file: str
    place: Place


def parse_tunes(text: str, file: str) -> dict[str, Tune]:
    """What a file's text tunes, by the rule's id.

    Raises:
        BookError: as `parse_rows`.
    """
    if "tune" not in text:
        return {}
    tables = _content(text, file).get("tune", {})
    where = places(text).find(("tune",))
    if not isinstance(tables, dict) or not all(isinstance(one, dict) for one in tables.values()):
        raise BookError("unreadable", file, "it holds no [tune.<rule>]: each is a table", line=where.line)
    return {id_: Tune(change, file, where.find((id_,))) for id_, change in tables.items()}


def parse_rows(
    text: str, file: str, tunes: Mapping[str, Tune] | None = None
) -> tuple[list[SourceRow], list[BookError]]:
    """The sound rows of one file's text in its order, with what is tuned about them, and the faults of the
    others.

    Raises:
        BookError: the text is not TOML or holds a table that no playbook has.
    """
    content = _content(text, file)
    parse_tunes(text, file)
    where = places(text)
    rows: list[SourceRow] = []
    faults: list[BookError] = []
    kinds: tuple[tuple[str, type[Signal] | type[Rule]], ...] = (("signal", Signal), ("rule", Rule))
    for table, kind in kinds:
        listed = content.get(table, [])
        if not isinstance(listed, list):
            raise BookError("unreadable", file, f"it holds no [[{table}]]; write the name in two brackets")
        for index, row in enumerate(listed):
            place = where.find((table, index))
            tune = (tunes or {}).get(str(row.get("id"))) if isinstance(row, dict) else None
            try:
                told = row if tune is None else tuned(row, tune.change)
                told = {"topic": _stem(file), **told} if kind is Rule and isinstance(told, dict) else told
                rows.append(SourceRow(kind.model_validate(told), file, place))
            except ValidationError as error:
                if tune is None:
                    faults.append(_fault(error, row, file, place))
                else:
                    faults.append(_fault(error, row, tune.file, tune.place))
            except ValueError as error:
                assert tune is not None
                field, reason = error.args
                line = tune.place.find((field,)).line
                faults.append(
                    BookError("invalid", tune.file, f"{field}: {reason}", line=line, rule=str(row["id"]))
                )
            except RecursionError:
                faults.append(BookError("invalid", file, "it is nested too deeply", line=place.line))
    return rows, faults


def read_sources(
    files: Mapping[str, str] | Iterable[tuple[str, str]],
) -> tuple[list[SourceRow], list[BookError]]:
    """All rows of the files (name to text), and all faults that show without looking at what rows mean."""
    rows: list[SourceRow] = []
    faults: list[BookError] = []
    homes: dict[str, SourceRow] = {}
    files = list(files.items() if isinstance(files, Mapping) else files)
    tunes: dict[str, Tune] = {}
    for file, text in files:
        with suppress(BookError):  # told when its rows are read
            tunes.update(parse_tunes(text, file))
    for file, text in files:
        try:
            found, wrong = parse_rows(text, file, tunes)
        except BookError as fault:
            faults.append(fault)
            continue
        faults.extend(wrong)
        for row in found:
            home = homes.setdefault(row.row.id, row)
            if home is row:
                rows.append(row)
                continue
            other = f"{home.file}, line {home.line('id')}"
            reason = f"there is another {row.row.id!r}"
            faults.append(
                BookError("duplicate", file, reason, line=row.line("id"), rule=row.row.id, other=other)
            )
    faults.extend(unknown_names(rows))
    known = {row.row.id for row in rows} | {fault.rule for fault in faults}
    faults.extend(
        BookError("invalid", tune.file, "there is no such rule to tune", line=tune.place.line, rule=id_)
        for id_, tune in tunes.items()
        if id_ not in known
    )
    return rows, faults


def unknown_names(rows: Iterable[SourceRow]) -> Iterator[BookError]:
    """Faults of rows that name what does not exist, or whose firing waits for itself."""
    rows = list(rows)
    known = {row.row.id for row in rows}
    rules = {row.row.id: row for row in rows if isinstance(row.row, Rule)}
    for id_, row in rules.items():
        for name in sorted(_rule(row).names):
            if name not in (rules if name in _rule(row).yields_to else known):
                reason = f"it names {name!r}, which no rule or signal is called"
                yield BookError("invalid", row.file, reason, line=_line_of_name(row, name), rule=id_)
    cycle = _cycle({id_: _waits_for(_rule(row), rules) for id_, row in rules.items()})
    if cycle:
        row = rules[cycle[0]]
        reason = f"it waits for itself: {' → '.join(cycle)}"
        yield BookError("invalid", row.file, reason, line=row.line("id"), rule=cycle[0])


def _stem(file: str) -> str:
    """A file's name without its folder and ending."""
    return file.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".toml")


def _rule(row: SourceRow) -> Rule:
    assert isinstance(row.row, Rule)
    return row.row


def _waits_for(rule: Rule, rules: Mapping[str, SourceRow]) -> list[str]:
    """Rules whose firing the rule listens for, and rules that it yields to."""
    fired = [name for name in rule.names if name in rules and not rules[name].row.is_said]
    return sorted({*fired, *(name for name in rule.yields_to if name in rules)})


def _cycle(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """A circle in which rules wait for one another, first and last alike; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [str(name) for name in reversed(error.args[1])]
    return []


def parse_book(files: Mapping[str, str] | Iterable[tuple[str, str]]) -> RuleBook:
    """The book that the files (name to text) hold together.

    Raises:
        BookError: the first fault, of the file and line that it names.
    """
    rows, faults = read_sources(files)
    for fault in faults:
        raise fault
    return book_of(rows)


def book_of(rows: Iterable[SourceRow]) -> RuleBook:
    """The book of sound rows.

    Raises:
        BookError: there are too many.
    """
    rows = list(rows)
    try:
        return RuleBook(
            [row.row for row in rows if isinstance(row.row, Rule)],
            [row.row for row in rows if isinstance(row.row, Signal)],
        )
    except ValueError as error:
        raise BookError("unreadable", rows[0].file if rows else "", str(error)) from error


_in_use: WeakValueDictionary[tuple[tuple[str, str], ...], RuleBook] = WeakValueDictionary()
"""Books by the files that they were read from, as long as anybody has them."""


@lru_cache(maxsize=8)
def cached_book(files: tuple[tuple[str, str], ...]) -> RuleBook:
    """As `parse_book`; calls that are told of the same files share the book, with all compiled for it."""
    book = _in_use.get(files)
    return share_book(files, parse_book(files)) if book is None else book


def share_book(files: tuple[tuple[str, str], ...], book: RuleBook) -> RuleBook:
    """The book that everybody uses for these files: this one, read from them, if there is none yet."""
    return _in_use.setdefault(files, book)


def digest(files: Iterable[tuple[str, str]]) -> str:
    """A short name of the files' content: equal content, equal digest."""
    hashed = hashlib.sha256()
    for name, text in files:
        for part in (name, text):
            hashed.update(len(part.encode()).to_bytes(8, "big") + part.encode())
    return hashed.hexdigest()[:16]


def _content(text: str, file: str) -> dict[str, Any]:
    deep = _line_of_deep_key(text)
    if deep:
        raise BookError("unreadable", file, "it is nested too deeply", line=deep)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else _line_of_open_value(text)
        reason = str(error).replace("at end of document", f"it begins at line {line}")
        raise BookError("unreadable", file, reason, line=line) from error
    except RecursionError as error:
        raise BookError("unreadable", file, "it is nested too deeply") from error
    unknown = sorted(set(content) - {"rule", "signal"} - OTHER_TABLES)
    if unknown:
        line = places(text).find((unknown[0],)).line
        raise BookError("unreadable", file, f"there is no table {unknown[0]!r} (line {line})", line=line)
    if not content:
        raise BookError("unreadable", file, "it holds no [[rule]]")
    if _nesting(content) > NESTING_MAX:
        raise BookError("unreadable", file, "it is nested too deeply")
    return content


def _line_of_open_value(text: str) -> int:
    """Where the value begins that is still open where the text ends: the first key or head after which the
    text is sound no longer."""
    begins = [0, *(match.start() for match in _BEGINS.finditer(text)), len(text)]
    if len(text) > _SEARCHED_MAX:
        return text.count("\n") + 1
    low, high = 0, len(begins) - 1
    while high - low > 1:
        middle = (low + high) // 2
        try:
            tomllib.loads(text[: begins[middle]])
            low = middle
        except tomllib.TOMLDecodeError:
            high = middle
    return text.count("\n", 0, begins[low]) + 1


def _line_of_deep_key(text: str) -> int:
    """The line of a key of more than `NESTING_MAX` parts, as a.b.c is of three; 0 where there is none.

    The time that TOML's reader takes grows with the square of the parts.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") <= NESTING_MAX:
            continue
        parts = 0
        for part in line.split("."):
            parts = parts + 1 if part and _NO_KEY.isdisjoint(part) else 1
            if parts > NESTING_MAX:
                return number
    return 0


def _nesting(value: Any) -> int:
    """How deep a value is, counted without recursion and only as far as it matters."""
    level, depth = [value], 0
    while level and depth <= NESTING_MAX:
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        level, depth = inner, depth + 1
    return depth


def _fault(error: ValidationError, row: Any, file: str, place: Place) -> BookError:
    first = error.errors()[0]
    found = [part for part in first["loc"] if not (isinstance(part, str) and part[:1].isupper())]
    name = str(row.get("id", "?"))[:60] if isinstance(row, dict) else "?"
    message = PLAIN.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    if first["type"] in COUNTED:
        message = COUNTED[first["type"]].format(**first.get("ctx", {}))
    where = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in found).lstrip(".")
    return BookError(
        "invalid",
        file,
        f"{where}: {message}" if where else message,
        line=place.find(found).line,
        rule=name,
    )


def _line_of_name(row: SourceRow, name: str) -> int:
    """The line of the condition that names `name`: the deepest place whose row's value holds it."""

    def lines(value: Any, place: Place) -> Iterator[int]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from lines(inner, place.within.get(key, place))
        elif isinstance(value, list | tuple):
            for index, inner in enumerate(value):
                yield from lines(inner, place.within.get(index, place))
        elif value == name:
            yield place.line

    fields = row.row.model_dump(by_alias=True, include={"when", "what", "cue", "variants", "yields_to"})
    return next(lines(fields, row.place), row.line())
