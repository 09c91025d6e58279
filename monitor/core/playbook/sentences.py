"""Committed words -> sentences: the stretches that are compared for likeness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.facts import TimelineEvent, Turn, Word, Words
from monitor.core.playbook.likeness import features, norm
from monitor.core.playbook.normalise import normalise

_QUIET = samples(1.5)
"""A sentence to which no word has come for this long is over, whatever was written."""
_WORDS_MAX = 80
"""Words of the longest sentence; one that goes on is cut, so that memory is bounded."""
_QUESTION_MARKS = ("？", "?")
_ENDS = ("。", "！", "？", "!", "?", ".", "；", ";", "…")


@dataclass(frozen=True, slots=True)
class SentenceSaid:
    """A sentence as it was said, with the bag of features by which it is compared."""

    party: Party
    words: tuple[Word, ...]
    bag: Counter[str]
    span: Span = field(init=False)
    """From its first word's start to its last word's end."""
    norm: float = field(init=False)
    """The length of its bag, by which likeness divides: each sentence is compared many times."""

    def __post_init__(self) -> None:
        ends = max(word.span.end for word in self.words)
        object.__setattr__(self, "span", Span(self.words[0].span.start, ends))
        object.__setattr__(self, "norm", norm(self.bag))

    @property
    def is_question(self) -> bool:
        """Whether it is written as a question."""
        return self.words[-1].text.rstrip().endswith(_QUESTION_MARKS)


class SentenceCutter:
    """Cuts each party's words where a sentence, an utterance or a turn ends."""

    def __init__(self) -> None:
        self._words: dict[Party, list[Word]] = {party: [] for party in Party}
        self._utterance: dict[Party, int] = {}
        self._heard_at: dict[Party, int] = {}

    def on_event(self, event: TimelineEvent, now: int) -> Iterator[SentenceSaid]:
        """Words, and ends of turns; other facts mean nothing here."""
        if isinstance(event, Words):
            if self._utterance.get(event.party, event.utterance) != event.utterance:
                yield from self._close(event.party)
            self._utterance[event.party] = event.utterance
            self._heard_at[event.party] = now
            for word in event.words:
                self._words[event.party].append(word)
                if word.text.rstrip().endswith(_ENDS) or len(self._words[event.party]) >= _WORDS_MAX:
                    yield from self._close(event.party)
        elif isinstance(event, Turn):
            yield from self._close(event.party)

    def on_tick(self, now: int) -> Iterator[SentenceSaid]:
        """Sentences to which no word came any more."""
        for party, words in self._words.items():
            if words and now - self._heard_at[party] >= _QUIET:
                yield from self._close(party)

    def finish(self) -> Iterator[SentenceSaid]:
        """The call is over."""
        for party in Party:
            yield from self._close(party)

    def _close(self, party: Party) -> Iterator[SentenceSaid]:
        words, self._words[party] = tuple(self._words[party]), []
        if words:
            yield SentenceSaid(party, words, _bag(tuple(word.text for word in words)))


@lru_cache(maxsize=256)
def _bag(texts: tuple[str, ...]) -> Counter[str]:
    """The features of a sentence, not to be changed: phrases, rules and other books all ask for it."""
    return features(normalise(texts).text)
