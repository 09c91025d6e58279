"""Text as the playbook's patterns see it, with the way back to the words.

Simplified characters, half width, lower case, no punctuation; Mandarin without spaces, other languages
with single spaces; fillers and stutters dropped; digits that are read out one by one as Arabic digits.
What is left of each word remembers which word it was, so that a match is a run of words of the call.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from opencc import OpenCC

from monitor.core.script import mainland

FILLERS_ZH = frozenset("呃嗯唔啊哎唉诶欸喔噢")
"""Sounds that carry no meaning of their own in the patterns' sense. 吗, 吧 and 呢 do, and stay."""
FILLERS_EN = frozenset({"uh", "um", "erm", "er", "hmm", "mm", "mhm", "ah", "eh"})
_DOUBTERS = ("那个", "这个")
"""Words that fill a pause as often as they point; dropped when the same one comes twice in a row."""
_STUTTERED = frozenset("我你您他她它没不要就这那")
"""Characters that nobody doubles on purpose; a doubled one is a false start."""

_SENTENCE_END = frozenset("。！？!?；;…")
_SPOKEN_DIGITS = str.maketrans("零〇一二三四五六七八九幺", "001234567891")
_SPOKEN_NUMBER = re.compile("[零〇一二三四五六七八九幺]{3,}(?![十百千万亿])")
_KEPT_SYMBOLS = frozenset("%")


@dataclass(frozen=True, slots=True)
class Normalised:
    """Normalised text. `words[i]` is the index, in the input, of the word that character `i` comes from.

    `ends` are the positions in `text` after which a sentence ended, in rising order.
    """

    text: str
    words: tuple[int, ...]
    ends: tuple[int, ...]


def is_han(character: str) -> bool:
    """Whether the character is a Chinese one of the common planes."""
    return "㐀" <= character <= "鿿"


_HAN = re.compile("[㐀-鿿]")
_LATIN = re.compile("[!-~]")


def has_han(text: str) -> bool:
    """Whether there is any Chinese character."""
    return _HAN.search(text) is not None


def has_latin(text: str) -> bool:
    """Whether there is any letter, digit or sign of ASCII."""
    return _LATIN.search(text) is not None


def normalise(words: Sequence[str]) -> Normalised:
    """The words of one party, as they follow one another, in the form that patterns match.

    An English text neither begins nor ends with a space; join two stretches with `joint`.
    """
    characters: list[str] = []
    owners: list[int] = []
    ends: list[int] = []
    gap = False
    for index, word in enumerate(words):
        for character in _unfold(word):
            if character in _SENTENCE_END or (character == "." and not _inside_number(characters, word)):
                if characters and (not ends or ends[-1] != len(characters)):
                    ends.append(len(characters))
                gap = True
            elif character == "'":
                continue
            elif character.isalnum() or character in _KEPT_SYMBOLS:
                if gap and characters and not is_han(character) and not is_han(characters[-1]):
                    characters.append(" ")
                    owners.append(index)
                gap = False
                characters.append(character)
                owners.append(index)
            else:
                gap = True
    return _without_noise(characters, owners, ends)


def joint(before: str, after: str) -> str:
    """What stands between two stretches of normalised text: a space between words that need one."""
    if not before or not after or is_han(before[-1]) or is_han(after[0]):
        return ""
    return " "


def simplified(text: str) -> str:
    """Simplified characters, one for one."""
    return "".join(_simplified(character) for character in text)


@lru_cache(maxsize=1)
def _converter() -> OpenCC:
    return OpenCC("t2s")


@lru_cache(maxsize=8192)
def _simplified(character: str) -> str:
    if not is_han(character):
        return character
    converted = str(_converter().convert(character))
    return converted if len(converted) == 1 else character


def _unfold(word: str) -> str:
    folded = unicodedata.normalize("NFKC", word).lower().replace("’", "'").replace("‘", "'")
    return simplified(folded)


def _inside_number(characters: Sequence[str], word: str) -> bool:
    """Whether a full stop is a decimal point, as in 3.5."""
    return bool(characters) and characters[-1].isdigit() and bool(re.search(r"\d\.\d", word))


def _without_noise(characters: list[str], owners: list[int], ends: list[int]) -> Normalised:
    """Drops fillers and stutters; keeps the map and the sentence ends true."""
    text = mainland("".join(characters))
    dropped = [False] * len(text)
    for at, character in enumerate(text):
        is_stutter = character in _STUTTERED and text[at + 1 : at + 2] == character and at + 1 not in ends
        dropped[at] = is_stutter or character in FILLERS_ZH
    for doubter in _DOUBTERS:
        for found in re.finditer(f"(?:{doubter})+(?={doubter})", text):
            dropped[found.start() : found.end()] = [True] * (found.end() - found.start())
    previous = ""
    for found in re.finditer(r"[a-z]+(?: |$)?", text):
        token = found[0].strip()
        is_new_sentence = found.start() in ends or found.start() - 1 in ends
        if token in FILLERS_EN or (token == previous and not is_new_sentence):
            dropped[found.start() : found.end()] = [True] * (found.end() - found.start())
        previous = token
    kept = [at for at, is_dropped in enumerate(dropped) if not is_dropped]
    if kept and text[kept[-1]] == " ":
        kept.pop()
    numbered = _SPOKEN_NUMBER.sub(lambda found: found[0].translate(_SPOKEN_DIGITS), text)
    moved_ends = sorted({sum(1 for at in kept if at < end) for end in ends})
    return Normalised(
        "".join(numbered[at] for at in kept),
        tuple(owners[at] for at in kept),
        tuple(end for end in moved_ends if end > 0),
    )
