"""Words until it is known what they belong to: a turn, or a short overlap."""

from __future__ import annotations

from collections import deque

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.facts import Word, Words
from monitor.core.settings import TimelineSettings

_EDGE = samples(0.3)
"""How far a recogniser's word may stray over the edge of the speech that it belongs to."""

_WORDS_MAX = 2_000
"""Words of a party that wait for their turn; at five a second, over six minutes."""

_RECENT_MAX = 64
"""Of a party's newest words, by which a short overlap is judged."""


class Spoken:
    """Both parties' committed words, waited for at most `words_wait_s`. Memory is bounded."""

    def __init__(self, settings: TimelineSettings, *, has_words: bool) -> None:
        """`has_words` is false where nothing is recognised."""
        self._wait = samples(settings.words_wait_s)
        self._has_words = has_words
        self._waiting: dict[Party, deque[Word]] = {p: deque(maxlen=_WORDS_MAX) for p in Party}
        self._recent: dict[Party, deque[Word]] = {p: deque(maxlen=_RECENT_MAX) for p in Party}
        self._until = dict.fromkeys(Party, 0)
        self.now = 0
        """Samples of call time; kept by the timeline."""
        self.is_finished = False
        """Nothing is waited for any more."""

    def receive(self, told: Words) -> None:
        """Takes committed words; those of one party come in order."""
        self._waiting[told.party].extend(told.words)
        self._recent[told.party].extend(told.words)
        if told.words:
            self._until[told.party] = max(self._until[told.party], told.span.end)

    def is_awaited(self, party: Party, end: int) -> bool:
        """True while words of speech that ended at `end` may still come."""
        is_heard = self._until[party] >= end - _EDGE
        is_late = self.now >= end + self._wait
        return self._has_words and not is_heard and not is_late and not self.is_finished

    def said(self, party: Party, span: Span) -> str | None:
        """What the party said in a span; None while it may still come."""
        if self.is_awaited(party, span.end):
            return None
        inside = [word for word in self._recent[party] if span.start <= _middle(word) < span.end]
        return "".join(word.text for word in inside)

    def take(self, party: Party, span: Span, next_start: int | None) -> str:
        """The words of a turn; they, and older ones that belong to none, are forgotten.

        Args:
            next_start: where the party's next turn begins, which words may not stray over.
        """
        words, said = self._waiting[party], []
        edge = span.end + _EDGE
        if next_start is not None:
            edge = min(edge, (span.end + next_start) // 2)
        while words and (middle := _middle(words[0])) < edge:
            word = words.popleft()
            if middle >= span.start - _EDGE:
                said.append(word.text)
        return "".join(said).strip()


def _middle(word: Word) -> int:
    return (word.span.start + word.span.end) // 2
