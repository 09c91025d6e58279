"""Patterns of Mandarin by their sound: the recogniser wrote other characters that are said the same.

A pattern and the text are both written in codes of syllables, one character for one, and the pattern is
looked for as any other. What is short is said by chance within other words, so a match must take some
characters besides what the pattern leaves open, and more where the tones differ. Numerals are not read by
sound: 是 would be a number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from monitor.core.playbook.normalise import has_han
from monitor.core.playbook.patterns import DIGITS, Pattern
from monitor.core.playbook.sounds import Codes, Ear

LEAST = {Ear.NEAR: 4, Ear.LOOSE: 5}
"""How many characters a match must take for each way of hearing."""
Rows = Mapping[str, Iterable[Pattern]]
"""Patterns by the name of their rule."""
_KEY = 2
_NUMERALS = "".join(character for character in DIGITS if has_han(character))


class _Heard:
    """Patterns in the codes of one way of hearing, found by two sounds that a match cannot do without."""

    def __init__(self, ear: Ear, patterns: Rows, exclusions: Rows) -> None:
        self.codes = Codes(ear, kept=_NUMERALS)
        self.exclusions = {rule: self._coded(ear, own) for rule, own in exclusions.items()}
        self._by_key: dict[str, list[tuple[str, Pattern]]] = {}
        coded = [(rule, one) for rule, own in patterns.items() for one in self._coded(ear, own)]
        counts = Counter(gram for _, one in coded for needed in one.needs for gram in set(_grams(needed)))
        for rule, one in coded:
            keys = {min(_grams(needed), key=lambda gram: counts[gram]) for needed in one.needs}
            for key in sorted(keys):
                self._by_key.setdefault(key, []).append((rule, one))
        self._least = LEAST[ear]
        self._most = max((_most(one) for _, one in coded), default=0)

    def matches(self, pattern: Pattern, coded: str) -> Iterator[tuple[int, int]]:
        """Where the pattern takes enough characters, not counting what it leaves open."""
        for match in pattern.regex.finditer(coded):
            start, end = match.span()
            is_open = sum(high - low for low, high in match.regs[1:] if start <= low and high <= end)
            if end - start - is_open >= self._least:
                yield start, end

    def candidates(self, coded: str, since: int) -> Iterator[tuple[str, Pattern]]:
        """Rules and patterns, each once, that could match up to after `since`: a key of theirs is near it."""
        seen: set[tuple[str, str]] = set()
        for at in range(max(0, since - self._most + 1), len(coded) - _KEY + 1):
            for rule, pattern in self._by_key.get(coded[at : at + _KEY], ()):
                if (rule, pattern.source) not in seen:
                    seen.add((rule, pattern.source))
                    if pattern.regex.search(coded, max(0, since - _most(pattern) + 1)) is not None:
                        yield rule, pattern

    def _coded(self, ear: Ear, patterns: Iterable[Pattern]) -> tuple[Pattern, ...]:
        return tuple(
            _with_open_parts(branch.translated(self.codes))
            for pattern in patterns
            for branch in pattern.branches
            if branch.needs and all(map(_is_spoken, branch.needs))
        )


class SoundBook:
    """Finds what sounds like the patterns of rules, and like what they exclude."""

    def __init__(self, patterns: Rows, exclusions: Rows) -> None:
        self._ears = [_Heard(ear, patterns, exclusions) for ear in LEAST]

    def search(self, text: str, since: int = 0) -> Iterator[tuple[str, Pattern, int, int]]:
        """Each rule and pattern that the text sounds like, from where to where.

        What ends up to `since` may be left out.
        """
        if not has_han(text):
            return
        for heard in self._ears:
            coded = text.translate(heard.codes)
            for rule, pattern in heard.candidates(coded, since):
                for start, end in heard.matches(pattern, coded):
                    yield rule, pattern, start, end

    def excludes(self, rule: str, text: str) -> bool:
        """Whether the text sounds like what the rule excludes."""
        for heard in self._ears:
            exclusions = heard.exclusions[rule]
            coded = text.translate(heard.codes) if exclusions else ""
            if any(True for exclusion in exclusions for _ in heard.matches(exclusion, coded)):
                return True
        return False


_PARTS = re.compile(r"\\.|\[.[^\]]*\]|(\.(?:\{[^}]*\}|\?)?)")


def _with_open_parts(pattern: Pattern) -> Pattern:
    """The pattern with each stretch of "any character" as a group of its own."""
    grouped = _PARTS.sub(lambda found: f"({found[1]})" if found[1] else found[0], pattern.expression)
    return replace(pattern, expression=grouped)


def _most(pattern: Pattern) -> int:
    """The most characters that a match takes."""
    return max(way.most for way in pattern.ways)


def _is_spoken(needed: str) -> bool:
    return len(needed) >= _KEY and has_han(needed)


def _grams(needed: str) -> list[str]:
    return [needed[at : at + _KEY] for at in range(len(needed) - _KEY + 1)]
