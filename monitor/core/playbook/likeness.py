"""How like two sentences are, without a model: shared sounds in Mandarin, shared stems elsewhere.

A sentence becomes a bag of features: pairs of neighbouring syllables (toneless pinyin, so that what the
recogniser writes with other characters counts as the same) and, in other languages, stems and pairs of
stems. Likeness is the cosine of two bags, 0..1 (Salton and McGill 1983), weighted by how rare a feature is
among the examples of the book where there are examples.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from monitor.core.playbook.normalise import is_han, normalise
from monitor.core.playbook.sounds import syllable

FEATURES_MIN = 4
"""Features that a sentence must have to be compared: 好的好的 and "no, thank you" repeat all day."""
FEATURES_MAX = 120
"""Features of one sentence that are looked at; bounds the work."""

_TOKEN = re.compile(r"[㐀-鿿]|[a-z]+")
_EMPTY_ZH = frozenset("的了吧呢吗嘛啊呀哦哈就那这")
_EMPTY_EN = frozenset(
    re.findall(
        "[a-z]+",
        "a an the to of and so well just it is i you we that this in on for at be do ok okay please",
    )
)
_SUFFIXES = (
    "ations",
    "ation",
    "ingly",
    "ments",
    "ment",
    "ings",
    "ing",
    "ies",
    "ied",
    "edly",
    "ed",
    "ly",
    "es",
    "s",
)
_STEM_MIN = 3


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """An English word without its usual endings; crude, but the same for both sides of a comparison."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _STEM_MIN:
            return word[: -len(suffix)]
    return word


def features(text: str) -> Counter[str]:
    """The bag of features of normalised text. Numbers are no features: they are read out, not repeated."""
    tokens = [
        syllable(token) if is_han(token) else stem(token)
        for token in _TOKEN.findall(text)
        if token not in _EMPTY_ZH and token not in _EMPTY_EN
    ][:FEATURES_MAX]
    bag = Counter(f"{first} {second}" for first, second in pairwise(tokens))
    bag.update(token for token in tokens if token.isascii() and len(token) > _STEM_MIN)
    return bag


def is_comparable(bag: Mapping[str, int]) -> bool:
    """Whether a sentence says enough to be compared."""
    return len(bag) >= FEATURES_MIN


def likeness(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The cosine of two bags of weights, 0..1; 0 where either is empty."""
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    shared = sum(weight * large.get(feature, 0.0) for feature, weight in small.items())
    if not shared:
        return 0.0
    return shared / (norm(one) * norm(other))


def norm(bag: Mapping[str, float]) -> float:
    """The length of a bag as a vector."""
    return math.sqrt(sum(weight * weight for weight in bag.values()))


class Examples:
    """Example sentences of many rows, compared with what is said at the cost of the features they share."""

    def __init__(self, sentences: Mapping[str, tuple[Sequence[str], float]]) -> None:
        """
        Args:
            sentences: for each row its examples, and the likeness from which a sentence counts as said.
        """
        self._floor = {row: floor for row, (_, floor) in sentences.items()}
        bags = [
            (row, features(normalise([text]).text)) for row, (texts, _) in sentences.items() for text in texts
        ]
        seen = Counter(feature for _, bag in bags for feature in bag)
        self._rarity = {
            feature: 1.0 + math.log((1 + len(bags)) / (1 + count)) for feature, count in seen.items()
        }
        self._usual = 1.0 + math.log(1 + len(bags))
        self._bags = [(row, self._weighed(bag)) for row, bag in bags if bag]
        self._norms = [norm(bag) for _, bag in self._bags]
        self._by_feature: dict[str, list[int]] = {}
        for number, (_, bag) in enumerate(self._bags):
            for feature in bag:
                self._by_feature.setdefault(feature, []).append(number)

    def __len__(self) -> int:
        return len(self._bags)

    def find(self, bag: Mapping[str, int]) -> list[tuple[str, float]]:
        """Rows one of whose examples a sentence is like, with the likeness, in order of name."""
        weighed = self._weighed(bag)
        shared: dict[int, float] = {}
        for feature, weight in weighed.items():
            for number in self._by_feature.get(feature, ()):
                shared[number] = shared.get(number, 0.0) + weight * self._bags[number][1][feature]
        length = norm(weighed)
        best: dict[str, float] = {}
        for number, product in shared.items():
            row = self._bags[number][0]
            value = product / (length * self._norms[number])
            if value >= self._floor[row]:
                best[row] = max(value, best.get(row, 0.0))
        return sorted(best.items())

    def _weighed(self, bag: Mapping[str, int]) -> dict[str, float]:
        return {feature: count * self._rarity.get(feature, self._usual) for feature, count in bag.items()}


def sentence_likeness(one: str, other: str) -> float:
    """How like two sentences are as people write them."""
    bags: Iterable[Counter[str]] = (features(normalise([text]).text) for text in (one, other))
    first, second = bags
    return likeness(first, second)
