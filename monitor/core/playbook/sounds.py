"""Mandarin by its sound: terms that the recogniser wrote with other characters of the same syllables.

Recognisers of Mandarin err in homophones: 投诉 is written 头诉, 权限 全线. Each Chinese character is
read as its most usual syllable without tone. Terms of four characters and more are also found when the
sounds differ only in what many speakers do not tell apart: zh/z, ch/c, sh/s, and -ng/-n after a, e, i.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from pypinyin import Style, pinyin

from monitor.core.playbook.normalise import is_han

_LOOSE_FROM = 4
"""Characters of a term from which near-homophones count too: shorter terms would be found everywhere."""
_BASE = 0xE000
"""Syllables are coded as characters of the private use area, so that searching is string searching."""


@lru_cache(maxsize=8192)
def syllable(character: str) -> str:
    """The usual toneless syllable of a Chinese character; the character itself where it has none."""
    if not is_han(character):
        return character
    return str(pinyin(character, style=Style.NORMAL)[0][0])


def _loose(sound: str) -> str:
    for initial in ("zh", "ch", "sh"):
        if sound.startswith(initial):
            sound = initial[0] + sound[2:]
    if sound.endswith(("ang", "eng", "ing")):
        sound = sound[:-1]
    return sound


class _Codes(dict[int, str]):
    """A table for `str.translate`: each Chinese character to the code of its syllable, one character.

    Syllables are numbered as they are first met, in the order of the text alone.
    """

    def __init__(self, *, is_loose: bool) -> None:
        super().__init__()
        self._is_loose = is_loose
        self._codes: dict[str, str] = {}

    def __missing__(self, point: int) -> str:
        character = chr(point)
        if is_han(character):
            sound = _loose(syllable(character)) if self._is_loose else syllable(character)
            character = self._codes.setdefault(sound, chr(_BASE + len(self._codes)))
        self[point] = character
        return character


class SoundIndex:
    """Finds terms by their sound."""

    def __init__(self, terms: Iterable[str]) -> None:
        self._indexes: list[tuple[_Codes, dict[str, list[tuple[str, str]]]]] = []
        distinct = sorted(set(terms))
        for is_loose in (False, True):
            codes = _Codes(is_loose=is_loose)
            index: dict[str, list[tuple[str, str]]] = {}
            for term in distinct:
                if (len(term) >= _LOOSE_FROM) is is_loose:
                    code = term.translate(codes)
                    index.setdefault(code[:2], []).append((term, code))
            if index:
                self._indexes.append((codes, index))

    def find(self, text: str) -> Iterator[tuple[int, str]]:
        """Places (index, term) where `text` sounds like a term but is written otherwise."""
        for codes, index in self._indexes:
            coded = text.translate(codes)
            for at in range(len(coded) - 1):
                for term, code in index.get(coded[at : at + 2], ()):
                    if coded.startswith(code, at) and not text.startswith(term, at):
                        yield at, term
