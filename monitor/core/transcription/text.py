"""Text as it is matched and as it is written: units of comparison, scripts, punctuation."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from opencc import OpenCC

from monitor.core.script import mainland


class _Converter(Protocol):
    def convert(self, text: str) -> str: ...


def is_han(character: str) -> bool:
    """Whether the character is a Chinese ideograph (the blocks that Mandarin text uses)."""
    return (
        "\u4e00" <= character <= "\u9fff"
        or "\u3400" <= character <= "\u4dbf"
        or "\uf900" <= character <= "\ufaff"
        or "\U00020000" <= character <= "\U0003ffff"
    )


def units(text: str) -> list[str]:
    """The units in which texts are compared: each ideograph, each digit, and each run of other letters.

    Width, case and punctuation do not count; an apostrophe joins ("don't" is one unit). Digits stand alone,
    because a number that is still being read out is written longer each time.
    """
    found: list[str] = []
    run = ""
    for character in unicodedata.normalize("NFKC", text).casefold():
        if is_han(character) or character.isdecimal():
            found.extend((run, character) if run else (character,))
            run = ""
        elif character.isalnum() or unicodedata.category(character) in ("Mn", "Mc"):
            run += character
        elif run and character in "'\u2019":
            continue
        elif run:
            found.append(run)
            run = ""
    return [*found, run] if run else found


def normalise(text: str) -> str:
    """The text for matching: units, ideographs unspaced, other words a space apart."""
    joined = ""
    for unit in units(text):
        is_number = unit.isdecimal() and joined[-1:].isdecimal()
        needs_space = joined and not is_number and not is_han(unit[0]) and not is_han(joined[-1])
        joined += f" {unit}" if needs_space else unit
    return joined


def is_punctuation(text: str) -> bool:
    """Whether nothing in the text is a letter, a digit or a combining mark. An empty text is."""
    return not any(c.isalnum() or unicodedata.category(c) in ("Mn", "Mc") for c in text)


def without_last_punctuation(text: str) -> str:
    """The text without the punctuation that ends it."""
    end = len(text)
    while end and is_punctuation(text[end - 1]):
        end -= 1
    return text[:end]


@lru_cache(maxsize=4)
def _converter(script: str) -> _Converter:
    # Reads its tables on the first use; the same text always gives the same answer.
    converter: _Converter = OpenCC("t2s" if script == "simplified" else "s2t")
    return converter


def _converted(text: str, script: str) -> str:
    converted = _converter(script).convert(text)
    return mainland(converted) if script == "simplified" else converted


def to_script(texts: Sequence[str], script: str) -> list[str]:
    """The texts of consecutive words in the `script`, "simplified" or "traditional".

    They are converted together, since the right form of an ideograph can hang on its neighbours, and
    each on its own where the conversion changes the length.
    """
    joined = "".join(texts)
    if not any(is_han(character) for character in joined):
        return list(texts)
    whole = _converted(joined, script)
    if len(whole) != len(joined):
        return [_converted(text, script) for text in texts]
    parts: list[str] = []
    at = 0
    for text in texts:
        parts.append(whole[at : at + len(text)])
        at += len(text)
    return parts
