"""Numbers that nobody should read: cards and identity cards, found in what is said and masked.

A number is a *run* of digits, however they are said (6222, 六二二二, "six two two two"), over spaces, dashes,
commas and hesitations. A run ends at any other word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from monitor.core.transcription.numerals import NUMERALS_EN, NUMERALS_ZH, spoken_digits

MASK = "*"

Finder = Callable[[str], Sequence[tuple[int, int]]]
"""A deployment's own rule: the stretches [start, end) of a text that are to be masked."""

SHOWN_UNTIL_SURE = 6
"""Digits that may be shown of a run that could still become a card: the issuer's, which payment rules let
one show (PCI DSS 3.4 allows the first six and the last four)."""

_LAST_SHOWN = 4
_CARD_MIN, _CARD_MAX = 13, 19
"""ISO/IEC 7812: a primary account number has up to 19 digits; in use are 13 and more."""
_CARD_SURELY = 16
"""So long a run is masked whatever its check digit says: recognisers mishear digits, and no telephone or
parcel number is as long."""
_CARD_FIRST = "234569"
"""Major industries of ISO/IEC 7812 by which banks issue cards; 9 is left to the countries."""

_PROVINCES = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
"""GB/T 2260: how every identity number begins."""
_CENTURIES = ("19", "20")
_YEAR_KNOWN = 10
"""Digits of an identity number, from its first, that hold the year of birth."""
_DATE = re.compile("(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""GB 11643-1999, with the check characters by remainder of 11."""
_CHECKS = "10X98765432"

_MOBILE = re.compile("1[3-9][0-9]{9}")
_LANDLINE = re.compile("0[0-9]{9,11}")
_FREE_LINE = re.compile("[48]00[0-9]{0,7}")

_TOKEN = re.compile(
    r"(?P<word>[a-z]+(?:'[a-z]+)?)|(?P<skip>然后|后面|接着|就是|[嗯呃啊哦额唔欸]|[\s,.，。、:：;；*\-—_/]+)|(?P<one>.)",
    re.DOTALL,
)
_SKIPPED_WORDS = frozenset({"uh", "um", "er", "erm", "hmm", "and", "then", "dash"})


@dataclass(frozen=True, slots=True)
class Token:
    """A digit or number word of a text, [start, end), with the digits that it stands for."""

    start: int
    end: int
    digits: str


@dataclass(slots=True)
class Run:
    """Digits that follow one another. `start` and `end` bound the run in its text."""

    start: int
    end: int
    tokens: list[Token] = field(default_factory=list)

    @property
    def digits(self) -> str:
        """All of its digits; X for the check character of an identity number."""
        return "".join(token.digits for token in self.tokens)


def runs(text: str) -> Iterator[Run]:
    """The runs of digits and number words in a text, in order."""
    run: Run | None = None
    lower = text.lower() if len(text.lower()) == len(text) else text
    for match in _TOKEN.finditer(lower):
        if match["skip"] or (match["word"] in _SKIPPED_WORDS):
            continue
        digits = _digits(match, run)
        if digits is None:
            if run is not None:
                yield run
            run = None
            continue
        run = run or Run(match.start(), match.end())
        run.end = match.end()
        run.tokens.append(Token(match.start(), match.end(), digits))
    if run is not None:
        yield run


def _digits(match: re.Match[str], run: Run | None) -> str | None:
    """The digits of a token; empty for a word of a number that has none (百); None for any other word."""
    token = match[0]
    if match["word"]:
        if token == "x" and run is not None:
            return "X"
        return spoken_digits(token) if token in NUMERALS_EN else None
    if token.isdecimal() or token in NUMERALS_ZH:
        return spoken_digits(token)
    return None


def is_skipped(text: str) -> bool:
    """Whether a number goes on over this text: spaces, punctuation, hesitations."""
    return all(match["skip"] or match["word"] in _SKIPPED_WORDS for match in _TOKEN.finditer(text.lower()))


def hidden(digits: str, kinds: Collection[str]) -> list[bool]:
    """Which digits of a whole run are to be masked, where `kinds` are card, identity and phone."""
    count = len(digits)
    if "identity" in kinds and _is_identity(digits):
        return [True] * count
    if "card" in kinds and _is_card(digits):
        shown = _LAST_SHOWN if count <= _CARD_MAX else 0
        return [True] * (count - shown) + [False] * shown
    if "phone" in kinds and (_MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits)):
        return [False] * 3 + [True] * (count - 3 - _LAST_SHOWN) + [False] * _LAST_SHOWN
    return [False] * count


def may_become_sensitive(digits: str, kinds: Collection[str]) -> bool:
    """Whether more digits could make a card or an identity number of a run that shows enough of it."""
    if len(digits) <= SHOWN_UNTIL_SURE or _FREE_LINE.fullmatch(digits):
        return False
    if "card" in kinds and digits[0] in _CARD_FIRST:
        return True
    return "identity" in kinds and _begins_like_identity(digits)


def is_valid_card(digits: str) -> bool:
    """Whether the digits pass the check of ISO/IEC 7812 (Luhn 1960) and are as many as a card has."""
    if not _CARD_MIN <= len(digits) <= _CARD_MAX or not digits.isdecimal():
        return False
    total = 0
    for place, character in enumerate(reversed(digits)):
        value = int(character) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_valid_identity(digits: str) -> bool:
    """Whether the 18 characters are an identity number of GB 11643-1999 with its right check character."""
    if len(digits) != len(_WEIGHTS) + 1 or not digits[:-1].isdecimal():
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False))
    return _CHECKS[total % 11] == digits[-1].upper()


def _is_card(digits: str) -> bool:
    if len(digits) >= _CARD_SURELY:
        return True
    return any(
        digits[start] in _CARD_FIRST and is_valid_card(digits[start:end])
        for start in range(len(digits) - _CARD_MIN + 1)
        for end in range(start + _CARD_MIN, len(digits) + 1)
    )


def _begins_like_identity(digits: str) -> bool:
    return (
        _PROVINCES.fullmatch(digits[:2]) is not None
        and any(century.startswith(digits[6:8]) for century in _CENTURIES)
        and (len(digits) < 14 or _DATE.fullmatch(digits[10:14]) is not None)
    )


def _is_identity(digits: str) -> bool:
    """Whether an identity number is in the digits, whole, or from its start beyond the year of birth."""
    if _MOBILE.fullmatch(digits):
        return False
    return any(
        is_valid_identity(digits[start : start + 18])
        or (start == 0 and len(digits) >= _YEAR_KNOWN and _begins_like_identity(digits))
        or (
            _PROVINCES.fullmatch(digits[start : start + 2])
            and digits[start + 6 : start + 8] in _CENTURIES
            and _DATE.fullmatch(digits[start + 10 : start + 14]) is not None
        )
        for start in range(max(1, len(digits) - 13))
    )
