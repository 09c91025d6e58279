"""The phrases of many rules, compiled so that most of them are never looked at.

Each pattern names strings that a match cannot do without; a few characters of the rarest of them are
its key. A text is read once for keys, and only the patterns whose key it holds are run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.core.playbook.by_sound import SoundBook
from monitor.core.playbook.model import Phrases
from monitor.core.playbook.normalise import has_han, has_latin, is_han
from monitor.core.playbook.numerals import spelled
from monitor.core.playbook.patterns import Pattern
from monitor.core.playbook.sounds import SoundIndex

_KEY_HAN = 2
_KEY_LATIN = 5
_REACH_HAN = 14
_REACH_LATIN = 60
"""How far from a match an exclusion counts, in characters: about one clause. Recognisers of Mandarin write
few full stops, so that "the same sentence" alone would reach much too far."""
_SOUND_MATCH_MIN = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """One match in a text: rule `rule` at [start, end)."""

    rule: str
    start: int
    end: int
    is_tentative: bool
    """Whether words that follow could still undo it."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    phrases: Phrases
    patterns: tuple[Pattern, ...]
    exclusions: tuple[Pattern, ...]


class PhraseBook:
    """Patterns of many rules, searched together."""

    def __init__(self, phrases: Mapping[str, Phrases]) -> None:
        self._rules = {
            rule: _Compiled(
                row,
                tuple(Pattern.compile(source) for source in (*row.zh, *row.en)),
                tuple(Pattern.compile(source) for source in (*row.unless_zh, *row.unless_en)),
            )
            for rule, row in phrases.items()
        }
        self._by_key: dict[str, list[tuple[str, Pattern]]] = {}
        self._keyless: list[tuple[str, Pattern]] = []
        self._index()
        self._keys = frozenset(self._by_key)
        self._han_lengths = tuple(sorted({len(key) for key in self._by_key if is_han(key[0])}))
        self._latin_lengths = tuple(sorted({len(key) for key in self._by_key if not is_han(key[0])}))
        self._by_term: dict[str, list[str]] = {}
        for rule, compiled in self._rules.items():
            for term in (*compiled.phrases.sounds_zh, *compiled.phrases.sounds_alone_zh):
                self._by_term.setdefault(term, []).append(rule)
        self._sounds = SoundIndex(self._by_term)
        self._by_sound = SoundBook(
            {rule: compiled.patterns for rule, compiled in self._rules.items()},
            {rule: compiled.exclusions for rule, compiled in self._rules.items()},
        )

    def __len__(self) -> int:
        return len(self._rules)

    def search(self, text: str, since: int, breaks: Sequence[int] = ()) -> Iterator[Hit]:
        """Matches in one sentence that end after position `since`, rule by rule, each place once.

        A match may reach over `breaks` (rising positions inside the text), but an exclusion counts only
        between the breaks around the match. A rule's matches never overlap and come in order of place.
        """
        by_rule: dict[str, list[Hit]] = {}
        for rule, pattern in self._candidates(text):
            if pattern.regex.search(text) is not None:  # most candidates are not there after all
                by_rule.setdefault(rule, []).extend(self._hits(rule, pattern, text, since, breaks))
        for rule, hit in self._spelled(text, breaks):
            if hit.end > since:
                by_rule.setdefault(rule, []).append(hit)
        for rule, pattern, start, end in self._by_sound.search(text):
            sounded = self._hit(rule, pattern, text, start, end, breaks) if end > since else None
            if sounded is not None:
                by_rule.setdefault(rule, []).append(sounded)
        for rule, repaired, places in self._heard_otherwise(text):
            for pattern in self._rules[rule].patterns:
                by_rule.setdefault(rule, []).extend(
                    hit
                    for hit in self._hits(rule, pattern, repaired, since, breaks)
                    if self._is_sound_match(rule, hit, places)
                )
        for rule in sorted(by_rule):
            end = -1
            for hit in sorted(by_rule[rule], key=lambda hit: (hit.start, -hit.end)):
                if hit.start >= end:
                    yield hit
                    end = hit.end

    def _index(self) -> None:
        counts: Counter[str] = Counter()
        for compiled in self._rules.values():
            for pattern in compiled.patterns:
                for needed in pattern.needs:
                    counts.update(set(_grams(needed)))
        for rule, compiled in self._rules.items():
            for pattern in compiled.patterns:
                if not pattern.needs:
                    self._keyless.append((rule, pattern))
                    continue
                keys = {min(_grams(needed), key=lambda gram: counts[gram]) for needed in pattern.needs}
                for key in sorted(keys):
                    self._by_key.setdefault(key, []).append((rule, pattern))

    def _candidates(self, text: str) -> Iterable[tuple[str, Pattern]]:
        found: dict[tuple[str, str], tuple[str, Pattern]] = {
            (rule, pattern.source): (rule, pattern) for rule, pattern in self._keyless
        }
        lengths: list[int] = []
        if has_han(text):
            lengths.extend(self._han_lengths)
        if has_latin(text):
            lengths.extend(self._latin_lengths)
        for length in sorted(set(lengths)):
            grams = {text[at : at + length] for at in range(len(text) - length + 1)}
            for key in sorted(grams & self._keys):
                for rule, pattern in self._by_key[key]:
                    found[rule, pattern.source] = (rule, pattern)
        return found.values()

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
        """A match, unless the clause about it holds, or sounds like, what the rule excludes."""
        exclusions = self._rules[rule].exclusions
        if exclusions:
            around = _around(text, start, end, breaks)
            if any(exclusion.regex.search(around) for exclusion in exclusions):
                return None
            if self._by_sound.excludes(rule, around):
                return None
        return Hit(rule, start, end, end == len(text) and (bool(exclusions) or pattern.looks_ahead))

    def _spelled(self, text: str, breaks: Sequence[int]) -> Iterator[tuple[str, Hit]]:
        """Matches of the text with its numbers as they are said, at their places in the text as it is."""
        said = spelled(text)
        if said is None:
            return
        moved = [said.at(place) for place in breaks]
        for rule, pattern in self._candidates(said.text):
            for hit in self._hits(rule, pattern, said.text, 0, moved):
                start, end = said.starts[hit.start], said.ends[hit.end - 1]
                as_written = self._hit(rule, pattern, text, start, end, breaks)
                if as_written is not None:
                    yield rule, replace(as_written, is_tentative=hit.is_tentative)

    def _heard_otherwise(self, text: str) -> Iterator[tuple[str, str, list[tuple[int, str]]]]:
        """Each rule some of whose terms the text only sounds like, with the text as it should read."""
        if not has_han(text):
            return
        places: dict[str, list[tuple[int, str]]] = {}
        for at, term in self._sounds.find(text):
            for rule in self._by_term[term]:
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


def _grams(needed: str) -> list[str]:
    """The stretches of a needed string that can be its key, first ones first."""
    length = _KEY_HAN if is_han(needed[0]) else _KEY_LATIN
    if len(needed) <= length:
        return [needed]
    return [needed[at : at + length] for at in range(len(needed) - length + 1)]


def _around(text: str, start: int, end: int, breaks: Sequence[int]) -> str:
    """The clause about a match, where exclusions are looked for."""
    reach = _REACH_HAN if is_han(text[start]) else _REACH_LATIN
    low = max([start - reach, 0, *(at for at in breaks if at <= start)])
    high = min([end + reach, len(text), *(at for at in breaks if at >= end)])
    return text[low:high]
