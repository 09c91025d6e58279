"""A deployment's own words, where the recogniser wrote something that sounds like them.

Product names and terms of a trade are rare in what recognisers learned from, so they are written with
commoner characters of the same sound: 邮件号 as 油建号, 权限 as 全现. A stretch is corrected only where it
sounds like a term and the term makes the likelier sentence; words that are common themselves stay.
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import jellyfish
from pypinyin import Style, pinyin

from monitor.core.clock import Span
from monitor.core.recognition import HypothesisWord
from monitor.core.transcription.text import is_han, to_script

_WORD_MAX = 5
"""Characters of the longest word that a sentence is divided into; 99 % of running words are shorter."""
_CONTEXT = 8
"""Characters on either side whose division into words is judged."""

_TERM_COUNT = 3_000
"""How often a term counts as found among the dictionary's 60 million words: as a usual word. Of 64 rare words
of read news this finds 55 of 68 occurrences instead of 38, and so does anything from 1000 to 30 000."""
_NEAR_COST = 2.0
"""What a syllable that only nearly sounds alike costs, in nats; a wrong one, of four or more, twice that."""
_TONE_COST = 2.0
_TONE_SURE_COST = 9.0
"""What each syllable of another tone costs, and where the recogniser is sure of it: who says 邮件好像
does not mean 邮件号, though 邮件 is rare in the dictionary's text. Of 68 rare words of read news these lose
none of the 60 that are found; 4 for the first loses two."""
_COMMON_COUNT = 1_000
"""A heard word as common as this stays what it is, whatever else it sounds like."""
_SURE = 0.6
"""A word of the dictionary of which the recogniser is this sure stays too."""

_NEAR_FROM = 3
"""Characters of a term from which a syllable may differ a little: shorter ones would be found everywhere."""
_WRONG_FROM = 4
"""And from which one may be quite another."""

_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("r", "l"), ("f", "h"))
_FINALS = (("ang", "an"), ("eng", "en"), ("ing", "in"), ("uang", "uan"), ("iang", "ian"))
"""What many speakers do not tell apart, and recognisers after them."""
_INITIAL = re.compile("[zcs]h|[bpmfdtnlgkhjqxrzcsyw]")

_LETTERS_MIN = 4
"""Letters of an English term that can be told by its sound."""
_ENDINGS = ".,!?;:"
_LETTERS_APART = 0.25
"""How much longer or shorter the heard letters may be."""
_SIMILAR = 0.75
_SIMILAR_UNSURE = 0.88
"""Jaro-Winkler similarity of spellings: with the same Metaphone code, and without it."""


class Vocabulary:
    """Corrects words that sound like the `terms`; they keep their times, and their number in Mandarin."""

    def __init__(self, terms: Sequence[str]) -> None:
        cleaned = sorted({term.strip() for term in terms if term.strip()})
        self._terms = cleaned
        self._chinese = [term for term in cleaned if len(term) > 1 and all(map(is_han, term))]
        self._english = [
            term
            for term in cleaned
            if not any(map(is_han, term)) and sum(map(str.isalpha, term)) >= _LETTERS_MIN
        ]
        self._sounds = {term: [_syllables(c) for c in term] for term in self._chinese}
        self._tones = {term: [_tone(c) for c in term] for term in self._chinese}

    def __bool__(self) -> bool:
        return bool(self._terms)

    def hint(self, language: str | None) -> str:
        """The terms as a prompt for the recogniser, those of the language that is spoken only."""
        if language == "zh":
            return "、".join(self._terms) + "。" if self._terms else ""
        terms = [term for term in self._terms if not any(map(is_han, term))]
        return ", ".join(terms) + "." if terms else ""

    def corrected(self, words: Sequence[HypothesisWord]) -> list[HypothesisWord]:
        """The words with the terms in the place of what sounds like them."""
        found = list(words)
        if self._chinese:
            found = self._corrected_chinese(found)
        if self._english:
            found = self._corrected_english(found)
        return found

    # --- Mandarin --------------------------------------------------------------------------------------

    def _corrected_chinese(self, words: list[HypothesisWord]) -> list[HypothesisWord]:
        text = "".join(word.text for word in words)
        (heard,) = to_script([text], "simplified")
        if len(heard) != len(text) or not any(map(is_han, heard)):
            return words
        sureness = [word.probability for word in words for _ in word.text]
        sounds = [_syllables(character) for character in heard]
        tones = [_tone(character) for character in heard]
        best: list[tuple[float, int, str]] = []
        for term, wanted in self._sounds.items():
            (plain,) = to_script([term], "simplified")
            for at in range(len(heard) - len(term) + 1):
                cost = _sound_cost(wanted, sounds[at : at + len(term)])
                if cost is None or heard[at : at + len(term)] == plain:
                    continue
                for place, tone in enumerate(self._tones[term], start=at):
                    if tone != tones[place]:
                        cost += _TONE_SURE_COST if sureness[place] >= _SURE else _TONE_COST
                sure = sum(sureness[at : at + len(term)]) / len(term)
                gain = self._gain(heard, at, len(term), sure) - cost
                if gain > 0:
                    best.append((gain, at, term))
        characters = list(text)
        taken: set[int] = set()
        for _, at, term in sorted(best, reverse=True):
            places = range(at, at + len(term))
            if not taken.intersection(places):
                taken.update(places)
                characters[at : at + len(term)] = term
        corrected: list[HypothesisWord] = []
        at = 0
        for word in words:
            own = "".join(characters[at : at + len(word.text)])
            corrected.append(word if own == word.text else replace(word, text=own))
            at += len(word.text)
        return corrected

    def _gain(self, heard: str, at: int, length: int, sure: float) -> float:
        """How much likelier the sentence is with a term in place of [at, at + length), in nats."""
        counts = word_counts()
        window = heard[at : at + length]
        own = counts.get(window, 0)
        if own >= _COMMON_COUNT or (own and sure >= _SURE):
            return -math.inf
        low, high = max(0, at - _CONTEXT), min(len(heard), at + length + _CONTEXT)
        as_heard = _division(heard[low:high])
        as_term = _division(heard[low:at]) + _log(_TERM_COUNT) + _division(heard[at + length : high])
        return as_term - as_heard

    # --- English ---------------------------------------------------------------------------------------

    def _corrected_english(self, words: list[HypothesisWord]) -> list[HypothesisWord]:
        found: list[HypothesisWord] = []
        at = 0
        while at < len(words):
            match = next((m for term in self._english if (m := self._match_english(words, at, term))), None)
            if match is None:
                found.append(words[at])
                at += 1
                continue
            found.append(match[0])
            at += match[1]
        return found

    def _match_english(
        self, words: Sequence[HypothesisWord], at: int, term: str
    ) -> tuple[HypothesisWord, int] | None:
        """A term in place of as many words as it has, one fewer or one more; and how many it takes."""
        size = len(term.split())
        wanted = _letters(term)
        best: tuple[float, int] | None = None
        for count in (size, size + 1, size - 1):
            heard = words[at : at + count]
            if not heard or len(heard) < count or any(map(is_han, "".join(word.text for word in heard))):
                continue
            text = "".join(word.text for word in heard)
            letters = _letters(text)
            if letters == wanted:
                # The same letters: only how they are divided and capitalised may be another's.
                best = None if _stripped(text) == term else (2.0, count)
                break
            is_unsure = sum(word.probability for word in heard) / count < _SURE
            similarity = _similarity(letters, wanted) if is_unsure else 0.0
            if similarity and (best is None or similarity > best[0]):
                best = (similarity, count)
        if best is None:
            return None
        heard = words[at : at + best[1]]
        text = heard[0].text[: len(heard[0].text) - len(heard[0].text.lstrip())] + term
        text += heard[-1].text[len(heard[-1].text.rstrip(_ENDINGS)) :]
        span = Span(heard[0].span.start, heard[-1].span.end)
        return replace(heard[0], text=text, span=span), best[1]


def _stripped(text: str) -> str:
    return text.strip().strip(_ENDINGS)


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _similarity(heard: str, term: str) -> float:
    """How like a term the heard letters sound and look, 0 where not enough."""
    codes = jellyfish.metaphone(heard), jellyfish.metaphone(term)
    if abs(len(heard) - len(term)) > _LETTERS_APART * len(term) or (
        heard[0] != term[0] and codes[0][:1] != codes[1][:1]
    ):
        return 0.0
    similarity = float(jellyfish.jaro_winkler_similarity(heard, term))
    return similarity if similarity >= (_SIMILAR if codes[0] == codes[1] else _SIMILAR_UNSURE) else 0.0


@lru_cache(maxsize=8192)
def _syllables(character: str) -> frozenset[str]:
    """The toneless syllables of a Chinese character, all its readings; none for any other character."""
    if not is_han(character):
        return frozenset()
    return frozenset(pinyin(character, style=Style.NORMAL, heteronym=True)[0])


@lru_cache(maxsize=8192)
def _tone(character: str) -> str:
    """The tone of a Chinese character by itself; empty for a light one and for any other character."""
    return (
        pinyin(character, style=Style.TONE3)[0][0][-1:].strip(string.ascii_letters)
        if is_han(character)
        else ""
    )


def _sound_cost(wanted: Sequence[frozenset[str]], heard: Sequence[frozenset[str]]) -> float | None:
    """What it costs to take the heard syllables for the wanted ones; None where they do not sound alike."""
    near = wrong = 0
    for one, other in zip(wanted, heard, strict=True):
        if not other:
            return None
        if one & other:
            continue
        if any(_is_near(a, b) for a in one for b in other):
            near += 1
        else:
            wrong += 1
    length = len(wanted)
    if wrong > (length >= _WRONG_FROM) or near + wrong > max(0, length - _NEAR_FROM + 1) or near + wrong > 2:
        return None
    return _NEAR_COST * (near + 2 * wrong)


@lru_cache(maxsize=16384)
def _is_near(one: str, other: str) -> bool:
    initial, final = _parts(one)
    other_initial, other_final = _parts(other)
    is_near_initial = initial == other_initial or _paired(initial, other_initial, _INITIALS)
    is_near_final = final == other_final or _paired(final, other_final, _FINALS)
    return is_near_initial and is_near_final


def _paired(one: str, other: str, pairs: Iterable[tuple[str, str]]) -> bool:
    return any((one, other) in ((a, b), (b, a)) for a, b in pairs)


def _parts(syllable: str) -> tuple[str, str]:
    match = _INITIAL.match(syllable)
    initial = match[0] if match else ""
    return initial, syllable[len(initial) :]


@lru_cache(maxsize=1)
def word_counts() -> Mapping[str, int]:
    """How often Mandarin words occur, from jieba's dictionary (60 million words of running text); those that
    are found ten times at least, which is a third of them. Read once, where there is a vocabulary."""
    import jieba

    counts: dict[str, int] = {}
    with jieba.get_dict_file() as lines:
        for line in lines:
            word, count, *_ = line.decode("utf-8").split(" ")
            if len(word) <= _WORD_MAX and int(count) >= 10:
                counts[word] = int(count)
    return counts


_TOTAL = 60_000_000


def _log(count: int) -> float:
    return math.log(max(1, count) / _TOTAL)


@lru_cache(maxsize=4096)
def _division(text: str) -> float:
    """The log-likelihood of the likeliest division of a text into words, each by its own frequency."""
    counts = word_counts()
    best = [0.0] + [-math.inf] * len(text)
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - _WORD_MAX), end):
            word = text[start:end]
            count = counts.get(word, 0)
            if count or end - start == 1:
                best[end] = max(best[end], best[start] + _log(count))
    return best[-1]
