"""Numbers as people say them: the recogniser writes 50, 100% and 2000, the patterns fifty, 百分之百 and 两千.

A text with digits is read a second time with its numbers spelled. Numbers that are read out digit by digit,
and those with a decimal point, stay as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from monitor.core.playbook.normalise import has_han

_NUMBER = re.compile(r"(?<![\d.a-z])(?:[1-9]\d{0,3}|[1-9]\d{0,2}000)(?![\d.])(%?)")
_NAMES: tuple[str, ...] = tuple(
    re.findall(
        "[a-z]+",
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
        " sixteen seventeen eighteen nineteen",
    )
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_HAN = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Spelled:
    """A text with its numbers spelled, and where each of its characters stood."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def at(self, place: int) -> int:
        """Where the place of the text as it was lies now."""
        return next((at for at, start in enumerate(self.starts) if start >= place), len(self.text))


def spelled(text: str) -> Spelled | None:
    """The text with its numbers as they are said; None where it has none."""
    spell = _han if has_han(text) else _english
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for found in [*_NUMBER.finditer(text), None]:
        start, end = (len(text), len(text)) if found is None else found.span()
        pieces.append(text[done:start])
        starts.extend(range(done, start))
        ends.extend(range(done + 1, start + 1))
        if found is not None:
            said = spell(int(found[0].rstrip("%")), is_share=bool(found[1]))
            pieces.append(said)
            starts.extend([start] * len(said))
            ends.extend([end] * len(said))
        done = end
    return Spelled("".join(pieces), tuple(starts), tuple(ends)) if len(pieces) > 1 else None


def _english(number: int, *, is_share: bool) -> str:
    return _below_a_million(number) + (" percent" if is_share else "")


def _below_a_million(number: int) -> str:
    if number < 20:
        return _NAMES[number]
    if number < 100:
        tens = _TENS[number // 10 - 2]
        return f"{tens} {_NAMES[number % 10]}" if number % 10 else tens
    unit, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    many, rest = f"{_below_a_million(number // unit)} {name}", number % unit
    if not rest:
        return many
    return f"{many} {'and ' if rest < 100 else ''}{_below_a_million(rest)}"


def _han(number: int, *, is_share: bool) -> str:
    if is_share:
        return "百分之百" if number == 100 else "百分之" + _han_number(number)
    return "两" if number == 2 else _han_number(number)


def _han_number(number: int) -> str:
    if number >= 10_000:
        rest = number % 10_000
        return _han(number // 10_000, is_share=False) + "万" + (_han_number(rest) if rest else "")
    said, is_gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if not digit:
            is_gap = bool(said)
            continue
        said += "零" if is_gap else ""
        is_gap = False
        said += "两" if digit == 2 and unit >= 100 else _HAN[digit]
        said += name
    return said.removeprefix("一") if said.startswith("一十") else said
