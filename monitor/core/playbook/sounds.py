"""Mandarin by its sound: terms that the recogniser wrote with other characters of the same syllables.

Recognisers of Mandarin err in homophones: 投诉 is written 头诉, 权限 全线. Each Chinese character is
read as its most usual syllable without tone. Terms of four characters and more are also found when the
sounds differ only in what many speakers do not tell apart: zh/z, ch/c, sh/s, and -ng/-n after a, e, i.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache

from pypinyin import Style, pinyin

from monitor.core.playbook.normalise import is_han

_LOOSE_FROM = 4
"""Characters of a term from which near-homophones count too: shorter terms would be found everywhere."""
_BASE = 0xE000
"""Syllables are coded as characters of the private use area, so that searching is string searching."""


class Ear(Enum):
    """What is told apart.

    `TONES`: syllables and tones. `NEAR`: tones, and of syllables only what all speakers tell apart.
    `SYLLABLES`: syllables without tones. `LOOSE`: of syllables what all speakers tell apart, without tones.
    """

    TONES = "tones"
    NEAR = "near"
    SYLLABLES = "syllables"
    LOOSE = "loose"


@lru_cache(maxsize=8192)
def syllable(character: str) -> str:
    """The usual toneless syllable of a Chinese character; the character itself where it has none."""
    if not is_han(character):
        return character
    return str(pinyin(character, style=Style.NORMAL)[0][0])


def _sound(character: str, ear: Ear) -> str:
    sound = syllable(character)
    if ear in (Ear.NEAR, Ear.LOOSE):
        sound = _loose(sound)
    if ear in (Ear.TONES, Ear.NEAR):
        sound += str(pinyin(character, style=Style.TONE3, neutral_tone_with_five=True)[0][0])[-1]
    return sound


def _loose(sound: str) -> str:
    for initial in ("zh", "ch", "sh"):
        if sound.startswith(initial):
            sound = initial[0] + sound[2:]
    if sound.endswith(("ang", "eng", "ing")):
        sound = sound[:-1]
    return sound


class Codes(dict[int, str]):
    """A table for `str.translate`: each Chinese character to the code of its sound, one character.

    Sounds are numbered as they are first met, in the order of the text alone.
    """

    def __init__(self, ear: Ear, *, kept: str = "") -> None:
        """`kept` are characters that stay as they are written."""
        super().__init__({ord(character): character for character in kept})
        self._ear = ear
        self._codes: dict[str, str] = {}

    def __missing__(self, point: int) -> str:
        character = chr(point)
        if is_han(character):
            code = chr(_BASE + len(self._codes))
            character = self._codes.setdefault(_sound(character, self._ear), code)
        self[point] = character
        return character


class SoundIndex:
    """Finds terms by their sound."""

    def __init__(self, terms: Iterable[str]) -> None:
        self._indexes: list[tuple[Codes, dict[str, list[tuple[str, str]]]]] = []
        distinct = sorted(set(terms))
        for is_loose in (False, True):
            codes = Codes(Ear.LOOSE if is_loose else Ear.SYLLABLES)
            index: dict[str, list[tuple[str, str]]] = {}
            for term in distinct:
                if (len(term) >= _LOOSE_FROM) is is_loose:
                    code = term.translate(codes)
                    index.setdefault(code[:2], []).append((term, code))
            if index:
                self._indexes.append((codes, index))

    def find(self, text: str, start: int = 0) -> Iterator[tuple[int, str]]:
        """Places (index, term) from `start` on where `text` sounds like a term but is written otherwise."""
        for codes, index in self._indexes:
            coded = text.translate(codes)
            for at in range(start, len(coded) - 1):
                for term, code in index.get(coded[at : at + 2], ()):
                    if coded.startswith(code, at) and not text.startswith(term, at):
                        yield at, term
