"""The phrases of many rules, compiled so that most of them are never looked at.

Each pattern names strings that a match cannot do without; a few characters of the rarest of them are
its key. A text is read once for keys, and only the patterns whose key it holds are run. What was looked
through before is not looked through again: a pattern knows how long a match can be, so its key, and its
match, must stand so near the new text that a match could reach into it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from monitor.core.playbook.by_sound import SoundBook
from monitor.core.playbook.model import Phrases
from monitor.core.playbook.normalise import has_han, has_latin, is_han
from monitor.core.playbook.numerals import spelled
from monitor.core.playbook.patterns import Branch, Pattern
from monitor.core.playbook.sounds import SoundIndex

_KEY_HAN = 2
_KEY_LATIN = 5
_REACH_HAN = 14
_REACH_LATIN = 60
"""How far from a match an exclusion counts, in characters: about one clause. Recognisers of Mandarin write
few full stops, so that "the same sentence" alone would reach much too far."""
_SOUND_MATCH_MIN = 3
_SHORT = 16
"""Characters of a match up to which it is looked for by the letters near the new text alone."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One match in a text: rule `rule` at [start, end)."""

    rule: str
    start: int
    end: int
    is_tentative: bool
    """Whether words that follow could still undo it, or complete it."""
    is_complete: bool = True
    """False where what must be beside it has not been said yet."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    phrases: Phrases
    patterns: tuple[Pattern, ...]
    exclusions: tuple[Pattern, ...]
    beside_han: tuple[Pattern, ...]
    """Of which one must be near a match in Han characters, where there are any. A match that begins with a
    number (12315) needs none: it is of either language."""
    beside_latin: tuple[Pattern, ...]


class _Entry:
    """One alternative of a rule's pattern. Two are never equal, so that a set of them is quick."""

    __slots__ = ("_branch", "_regex", "letters", "most", "pattern", "rule")

    def __init__(self, rule: str, pattern: Pattern, branch: Branch) -> None:
        self.rule = rule
        self.pattern = pattern
        self.most = branch.most
        letters = {frozenset(string[0] for string in strings) for strings in branch.required}
        self.letters = tuple(sorted(letters, key=lambda some: (len(some), sorted(some))))
        """Sets of characters of each of which a match has one."""
        self._branch = branch
        self._regex: re.Pattern[str] | None = None

    @property
    def required(self) -> tuple[frozenset[str], ...]:
        """Sets of strings; a match holds one of each."""
        return self._branch.required

    def is_in(self, text: str, since: int, near: Collection[str], far: Collection[str]) -> bool:
        """Whether there can be a match that ends after `since`; what stands before it is looked at, too.

        `near` and `far` are the letters from where a short match, and any match, could begin.
        """
        letters = near if self.most <= _SHORT else far
        for wanted in self.letters:
            if wanted.isdisjoint(letters):
                return False
        regex = self._regex
        if regex is None:  # most are never needed, so they are made when they are
            regex = self._regex = self._branch.regex
        start = since - self.most + 1
        return regex.search(text, start if start > 0 else 0) is not None


class PhraseBook:
    """Patterns of many rules, searched together."""

    def __init__(self, phrases: Mapping[str, Phrases]) -> None:
        self._rules = {
            rule: _Compiled(
                row,
                tuple(Pattern.compile(source) for source in (*row.zh, *row.en)),
                tuple(Pattern.compile(source) for source in (*row.unless_zh, *row.unless_en)),
                tuple(Pattern.compile(source) for source in row.beside_zh),
                tuple(Pattern.compile(source) for source in row.beside_en),
            )
            for rule, row in phrases.items()
        }
        self._entries = {
            rule: tuple(
                _Entry(rule, pattern, branch)
                for pattern in dict.fromkeys(row.patterns)
                for branch in pattern.ways
            )
            for rule, row in self._rules.items()
        }
        self._most = max((entry.most for row in self._entries.values() for entry in row), default=0)
        self._by_key: dict[str, list[_Entry]] = {}
        self._keyless: list[_Entry] = []
        self._index()
        self._keys = frozenset(self._by_key)
        self._han_lengths = self._reach(is_in_han=True)
        self._latin_lengths = self._reach(is_in_han=False)
        self._by_term: dict[str, list[str]] = {}
        for rule, compiled in self._rules.items():
            for term in (*compiled.phrases.sounds_zh, *compiled.phrases.sounds_alone_zh):
                self._by_term.setdefault(term, []).append(rule)
        self._sounds = SoundIndex(self._by_term)
        self._by_sound = SoundBook(
            {rule: compiled.patterns for rule, compiled in self._rules.items()},
            {rule: compiled.exclusions for rule, compiled in self._rules.items()},
        )
        sounding = {rule for rules in self._by_term.values() for rule in rules}
        self._sound_reach = max(map(len, self._by_term), default=0) + max(
            (entry.most for rule in sounding for entry in self._entries[rule]), default=0
        )
        """How far before a match's end a term in it can begin."""

    def __len__(self) -> int:
        return len(self._rules)

    def search(
        self, text: str, since: int, breaks: Sequence[int] = (), own: Mapping[str, int] = MappingProxyType({})
    ) -> Iterator[Hit]:
        """Matches in one sentence that end after position `since`, rule by rule, each place once.

        A match, and what must be beside it, may reach over `breaks` (rising positions inside the text), but
        an exclusion counts only between the breaks around the match. A rule's matches never overlap and come
        in order of place. One that is not complete is told only where words that follow could complete it.
        Rules in `own` are looked for from an earlier position, each from its own: what is told of one rule
        does not depend on which others there are.
        """
        at, since = since, min([since, *own.values()])
        by_rule: dict[str, list[Hit]] = {}
        for rule, pattern in self._found(self._candidates(text, since), text, since):
            by_rule.setdefault(rule, []).extend(self._hits(rule, pattern, text, since, breaks))
        for rule, hit in self._spelled(text, breaks):
            if hit.end > since:
                by_rule.setdefault(rule, []).append(hit)
        for rule, pattern, start, end in self._by_sound.search(text, since):
            sounded = self._hit(rule, pattern, text, start, end, breaks) if end > since else None
            if sounded is not None:
                by_rule.setdefault(rule, []).append(sounded)
        for rule, repaired, places in self._heard_otherwise(text, since):
            for _, pattern in self._found(self._entries[rule], repaired, since):
                by_rule.setdefault(rule, []).extend(
                    hit
                    for hit in self._hits(rule, pattern, repaired, since, breaks)
                    if self._is_sound_match(rule, hit, places)
                )
        for rule in sorted(by_rule):
            end, after = -1, own.get(rule, at)
            for hit in sorted(by_rule[rule], key=lambda hit: (hit.start, -hit.end, hit.is_tentative)):
                if hit.start >= end and hit.end > after:
                    yield hit
                    end = hit.end

    def _found(self, entries: Iterable[_Entry], text: str, since: int) -> Iterable[tuple[str, Pattern]]:
        """The patterns, each once, one of whose alternatives is there: most candidates are not after all."""
        near, far = (set(text[_first_start(since, most) :]) for most in (_SHORT, self._most))
        return dict.fromkeys(
            [(entry.rule, entry.pattern) for entry in entries if entry.is_in(text, since, near, far)]
        )

    def _index(self) -> None:
        """Finds each alternative a key: of what it requires, that which other patterns seldom do.

        What patterns often require is what people often say, so that it would make many candidates.
        """
        counts: Counter[str] = Counter()
        for entries in self._entries.values():
            for entry in entries:
                for strings in entry.required:
                    for string in strings:
                        counts.update(set(_grams(string)))
        for entries in self._entries.values():
            for entry in entries:
                choices = [
                    sorted({min(_grams(string), key=lambda gram: counts[gram]) for string in strings})
                    for strings in entry.required
                ]
                keys = min(choices, key=lambda keys: (sum(counts[key] for key in keys), keys), default=None)
                if keys is None:
                    self._keyless.append(entry)
                for key in keys or ():
                    self._by_key.setdefault(key, []).append(entry)

    def _reach(self, *, is_in_han: bool) -> tuple[tuple[int, int], ...]:
        """The lengths of keys, each with the most characters that a match with such a key takes."""
        most: dict[int, int] = {}
        for key, entries in self._by_key.items():
            if is_han(key[0]) is is_in_han:
                most[len(key)] = max(most.get(len(key), 0), *(entry.most for entry in entries))
        return tuple(sorted(most.items()))

    def _candidates(self, text: str, since: int) -> Iterable[_Entry]:
        """The patterns whose key stands where a match that holds it could end after `since`."""
        found = dict.fromkeys(self._keyless)
        lengths: dict[int, int] = {}
        for is_there, reach in ((has_han(text), self._han_lengths), (has_latin(text), self._latin_lengths)):
            for length, most in reach if is_there else ():
                lengths[length] = max(most, lengths.get(length, 0))
        for length, most in sorted(lengths.items()):
            low = _first_start(since, most)
            last = {text[at : at + length]: at for at in range(low, len(text) - length + 1)}
            for key in sorted(self._keys.intersection(last)):
                at = last[key]
                for entry in self._by_key[key]:
                    if at > since - entry.most:
                        found[entry] = None
        return found

    def _hits(
        self, rule: str, pattern: Pattern, text: str, since: int, breaks: Sequence[int]
    ) -> Iterator[Hit]:
        for match in pattern.regex.finditer(text):
            if match.end() > since:
                hit = self._hit(rule, pattern, text, match.start(), match.end(), breaks)
                if hit is not None:
                    yield hit

    def _hit(
        self, rule: str, pattern: Pattern, text: str, start: int, end: int, breaks: Sequence[int]
    ) -> Hit | None:
        """A match, unless the clause about it holds, or sounds like, what the rule excludes.

        Mandarin patterns write letters without bounds (olt, sr): in an English word they mean nothing.
        """
        if _cuts_word(text, start, end) and pattern.source in self._rules[rule].phrases.zh:
            return None
        exclusions = self._rules[rule].exclusions
        if exclusions:
            around = _around(text, start, end, breaks)
            if any(exclusion.regex.search(around) for exclusion in exclusions):
                return None
            if self._by_sound.excludes(rule, around):
                return None
        if not self._has_beside(rule, text, start, end):
            can_come = len(text) - end < _reach(text[start])
            return Hit(rule, start, end, True, is_complete=False) if can_come else None
        return Hit(rule, start, end, end == len(text) and (bool(exclusions) or pattern.looks_ahead))

    def _has_beside(self, rule: str, text: str, start: int, end: int) -> bool:
        compiled = self._rules[rule]
        beside = compiled.beside_han if is_han(text[start]) else compiled.beside_latin
        if not beside or text[start].isdigit():
            return True
        near = _around(text, start, end, ())
        return any(companion.regex.search(near) for companion in beside)

    def _spelled(self, text: str, breaks: Sequence[int]) -> Iterator[tuple[str, Hit]]:
        """Matches of the text with its numbers as they are said, at their places in the text as it is."""
        said = spelled(text)
        if said is None:
            return
        moved = [said.at(place) for place in breaks]
        for rule, pattern in self._found(self._candidates(said.text, 0), said.text, 0):
            for hit in self._hits(rule, pattern, said.text, 0, moved):
                start, end = said.starts[hit.start], said.ends[hit.end - 1]
                as_written = self._hit(rule, pattern, text, start, end, breaks)
                if as_written is not None:
                    yield rule, replace(as_written, is_tentative=hit.is_tentative)

    def _heard_otherwise(self, text: str, since: int) -> Iterator[tuple[str, str, list[tuple[int, str]]]]:
        """Each rule some of whose terms the text only sounds like, with the text as it should read.

        Rules none of whose terms could be in a match that ends after `since` are left out.
        """
        if not has_han(text):
            return
        near = {
            rule
            for _, term in self._sounds.find(text, _first_start(since, self._sound_reach))
            for rule in self._by_term[term]
        }
        if not near:
            return
        places: dict[str, list[tuple[int, str]]] = {}
        for at, term in self._sounds.find(text):
            for rule in self._by_term[term]:
                if rule in near:
                    places.setdefault(rule, []).append((at, term))
        for rule, found in places.items():
            repaired = text
            for at, term in found:
                repaired = repaired[:at] + term + repaired[at + len(term) :]
            yield rule, repaired, found

    def _is_sound_match(self, rule: str, hit: Hit, places: list[tuple[int, str]]) -> bool:
        alone = self._rules[rule].phrases.sounds_alone_zh
        return any(
            hit.start < at + len(term)
            and at < hit.end
            and (hit.end - hit.start >= _SOUND_MATCH_MIN or term in alone)
            for at, term in places
        )


def _first_start(since: int, most: int) -> int:
    """Where a match of at most `most` characters that ends after `since` begins at the earliest."""
    return max(0, since - most + 1)


def _grams(needed: str) -> list[str]:
    """The stretches of a needed string that can be its key, first ones first."""
    length = _KEY_HAN if is_han(needed[0]) else _KEY_LATIN
    if len(needed) <= length:
        return [needed]
    return [needed[at : at + length] for at in range(len(needed) - length + 1)]


def _reach(character: str) -> int:
    return _REACH_HAN if is_han(character) else _REACH_LATIN


def _cuts_word(text: str, start: int, end: int) -> bool:
    """Whether a match begins or ends in the middle of a word in Latin letters."""
    edges = (text[max(0, start - 1) : start + 1], text[end - 1 : end + 1])
    return any(len(edge) == 2 and edge.isascii() and edge.isalpha() for edge in edges)


def _around(text: str, start: int, end: int, breaks: Sequence[int]) -> str:
    """The clause about a match, where exclusions are looked for."""
    reach = _reach(text[start])
    low = max([start - reach, 0, *(at for at in breaks if at <= start)])
    high = min([end + reach, len(text), *(at for at in breaks if at >= end)])
    return text[low:high]
