"""Finds phrases in committed words, over batches and cuts, each place once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from monitor.core.clock import Span, samples
from monitor.core.facts import Word, Words
from monitor.core.playbook.normalise import joint, normalise
from monitor.core.playbook.phrasebook import Hit, PhraseBook

TAIL_CHARACTERS_MAX = 200
"""What is kept of a turn for phrases that are split over batches of words; bounds every search."""
_TURN_GAP = samples(2.0)
"""Own silence after which words belong to a new turn, whoever spoke meanwhile."""
SETTLE = samples(0.8)
"""How long a match at the very end of what was said waits for a word that may undo it (不可以 … 吗)."""
_CUT = "…"
"""Stands for what was cut off, so that ^ does not match there."""


Given = tuple[str, tuple[Word, ...], tuple[int, int, int]]
"""A rule, the words matched, and the place: 0 where it had waited, else 1; and where it begins and ends."""


@dataclass(slots=True)
class _Tail:
    """The end of one party's turn: normalised text, the word of each character, and sentence ends."""

    text: str = ""
    owners: list[Word] = field(default_factory=list)
    hard_ends: list[int] = field(default_factory=list)
    """Ends that the recogniser wrote inside a batch: no phrase reaches over them."""
    soft_ends: list[int] = field(default_factory=list)
    """Ends of utterances, which may have been cut anywhere: phrases reach over, exclusions do not."""

    def extend(self, words: tuple[Word, ...]) -> int:
        """Appends words; returns where the new text starts."""
        new = normalise([word.text for word in words])
        if self.text:
            self.soft_ends.append(len(self.text))
        gap = joint(self.text, new.text)
        if gap:
            self.text += gap
            self.owners.append(words[0])
        start = len(self.text)
        self.hard_ends.extend(start + end for end in new.ends if end < len(new.text))
        self.text += new.text
        self.owners.extend(words[index] for index in new.words)
        return start

    def trim(self) -> int:
        """Cuts what is too old; returns how many positions everything moved left."""
        surplus = len(self.text) - TAIL_CHARACTERS_MAX
        if surplus <= 0:
            return 0
        self.text = _CUT + self.text[surplus + 1 :]
        del self.owners[:surplus]
        self.hard_ends = [end - surplus for end in self.hard_ends if end > surplus]
        self.soft_ends = [end - surplus for end in self.soft_ends if end > surplus]
        return surplus


class PhraseListener:
    """Finds a book's phrases in one party's committed words, each place once.

    `hear` takes the words and gives what is certain; `settle` gives what has waited long enough.
    """

    def __init__(self, book: PhraseBook) -> None:
        self._book = book
        self._tail = _Tail()
        self._last_word_end: int | None = None
        self._turn_end: int | None = None
        self._reported: dict[str, int] = {}
        """By rule, the position in the tail up to which matches were given."""
        self._waiting: list[Hit] = []
        self._due = 0

    @property
    def is_waiting(self) -> bool:
        """Whether there is anything that `settle` could give."""
        return bool(self._waiting)

    def rebook(self, book: PhraseBook) -> None:
        """Looks for another book's phrases from here on; what was said so far is not looked at again."""
        self._book = book
        self._waiting = []

    def hear(self, words: Words, now: int) -> Iterator[Given]:
        """Rules whose phrases are complete with these words, with the words matched."""
        given: list[Given] = []
        if self._is_new_turn(words.span.start):
            given.extend(self._release())
            self._tail, self._reported = _Tail(), {}
        self._last_word_end = words.span.end
        since = self._tail.extend(words.words)
        waited = {hit.rule: hit.start for hit in self._waiting}
        self._waiting = []
        for hit in self._search(since, waited):
            if hit.is_tentative:
                self._waiting.append(hit)
                self._due = now + SETTLE
            else:
                given.append(self._give(hit, 1))
        moved = self._tail.trim()
        if moved:
            self._reported = {rule: end - moved for rule, end in self._reported.items() if end > moved}
            self._waiting = [
                Hit(hit.rule, max(1, hit.start - moved), hit.end - moved, True, hit.is_complete)
                for hit in self._waiting
                if hit.end > moved
            ]
        yield from given

    def turn_ended(self, span: Span) -> Iterator[Given]:
        """The party's turn is over: nothing more can undo what waits, once its words are known."""
        self._turn_end = span.end
        if self._last_word_end is not None and self._last_word_end >= span.end - samples(0.5):
            yield from self._release()

    def settle(self, now: int) -> Iterator[Given]:
        """What waited for a word that did not come."""
        if self._waiting and now >= self._due:
            yield from self._release()

    def _is_new_turn(self, start: int) -> bool:
        last = self._last_word_end
        if last is None:
            return False
        turn_is_between = self._turn_end is not None and last <= self._turn_end + samples(0.3) <= start
        return start - last > _TURN_GAP or (turn_is_between and start - last > samples(0.5))

    def _search(self, since: int, waited: dict[str, int]) -> list[Hit]:
        """New matches in the sentences that the new text touches, in order of place."""
        tail = self._tail
        hits: list[Hit] = []
        earliest = min([since, *waited.values()])
        bounds = [0, *tail.hard_ends, len(tail.text)]
        for low, high in pairwise(bounds):
            if high <= earliest:
                continue
            own = {rule: start - low for rule, start in waited.items() if start < since}
            for hit in self._book.search(tail.text[low:high], since - low, self._soft_ends(low, high), own):
                is_open = hit.is_tentative and high == bounds[-1]
                if not hit.is_complete and not is_open:
                    continue
                found = Hit(hit.rule, hit.start + low, hit.end + low, is_open, hit.is_complete)
                known = self._reported.get(hit.rule, 0)
                if found.start >= known and (found.end > since or found.start >= waited.get(hit.rule, since)):
                    hits.append(found)
        return sorted(hits, key=lambda hit: (hit.start, hit.end, hit.rule))

    def _soft_ends(self, low: int, high: int) -> list[int]:
        return [end - low for end in self._tail.soft_ends if low < end < high]

    def _give(self, hit: Hit, order: int) -> Given:
        self._reported[hit.rule] = hit.end
        matched: list[Word] = []
        for word in self._tail.owners[hit.start : hit.end]:
            if not matched or matched[-1] is not word:
                matched.append(word)
        return hit.rule, tuple(matched), (order, hit.start, hit.end)

    def _release(self) -> list[Given]:
        given = [self._give(hit, 0) for hit in self._waiting if hit.is_complete]
        self._waiting = []
        return given
