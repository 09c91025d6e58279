"""Where things stand in a TOML text: the line of every key and of every element of an array.

`tomllib` reads values and forgets places. This reads places and forgets values, of text that `tomllib` has
already found sound; on anything else its answers mean nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

Key = str | int

_SPACE = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")
_KEY = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")
_STRING = re.compile(
    r'''"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*\'''', re.DOTALL
)
_SCALAR = re.compile(r"[^,\]}\n#]*")


@dataclass(slots=True)
class Place:
    """A line, counted from 1, and the places of what lies within."""

    line: int
    within: dict[Key, Place] = field(default_factory=dict)
    elements: int = 0
    """How many tables of an array of tables lie within."""

    def find(self, path: Sequence[Key]) -> Place:
        """The place of `path`, or of the deepest part of it that stands in the text.

        Parts that do not stand there are passed over, so that a path may hold names of the schema's own.
        """
        place = self
        for part in path:
            place = place.within.get(part, place)
        return place

    def inside(self, key: Key, line: int) -> Place:
        """The place under `key`; made, at `line`, where it is new."""
        return self.within.setdefault(key, Place(line))


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted = 0

    def read(self) -> Place:
        top = Place(1)
        table = top
        while self._skip_space():
            if self._text.startswith("[[", self._at):
                self._at += 2
                table = self._header(top, is_array=True)
                self._at += 2
            elif self._text[self._at] == "[":
                self._at += 1
                table = self._header(top, is_array=False)
                self._at += 1
            else:
                self._pair(table)
        return top

    def _skip_space(self) -> bool:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._at < len(self._text)

    def _now(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _keys(self) -> list[str]:
        keys = []
        while found := _KEY.match(self._text, self._at):
            keys.append(next(group for group in found.groups() if group is not None))
            self._at = found.end()
            if not self._text.startswith(".", self._at):
                break
            self._at += 1
        return keys

    def _header(self, top: Place, *, is_array: bool) -> Place:
        line, place = self._now(), top
        keys = self._keys()
        for depth, key in enumerate(keys):
            place = place.inside(key, line)
            is_last = depth == len(keys) - 1
            if is_last and is_array:
                place.elements += 1
                place = place.inside(place.elements - 1, line)
            elif place.elements:
                place = place.within[place.elements - 1]
        return place

    def _pair(self, table: Place) -> None:
        line, place = self._now(), table
        keys = self._keys()
        if not keys:  # not TOML; go on rather than stand still
            self._at += 1
            return
        for key in keys:
            place = place.inside(key, line)
        self._at += 1  # the equals sign
        self._value(place)

    def _value(self, place: Place) -> None:
        self._skip_space()
        opening = self._text[self._at : self._at + 1]
        if opening in ('"', "'"):
            found = _STRING.match(self._text, self._at)
        elif opening == "[":
            self._at += 1
            self._elements(place)
            return
        elif opening == "{":
            self._at += 1
            while self._skip_space() and self._text[self._at] != "}":
                self._pair(place)
            self._at += 1
            return
        else:
            found = _SCALAR.match(self._text, self._at)
        self._at = max(found.end() if found else 0, self._at + 1)

    def _elements(self, place: Place) -> None:
        number = 0
        while self._skip_space() and self._text[self._at] != "]":
            self._value(place.inside(number, self._now()))
            number += 1
        self._at += 1


def places(text: str) -> Place:
    """Where every key of a sound TOML text stands."""
    return _Reader(text).read()
