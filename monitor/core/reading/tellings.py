"""What each party said lately, to be quoted: clauses around a phrase, with who spoke over them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.facts import Ipu, SpeechStarted, TimelineEvent, Word, Words

WORDS_KEPT = 240
"""Committed words kept of a party: about a minute of fast speech, more than any clause reaches."""
SPEECH_KEPT = 24
"""Stretches of speech kept of a party: enough for the last minute of a lively call."""
_SENTENCE_ENDS = frozenset("。！？!?；;…")
_COMMAS = frozenset("，,、：:")
_TRIMMED = " ，,、：:。.；;"
_Ends = Callable[[Word, Word], bool]
_GAP = samples(1.5)
"""Own silence between two words over which no clause reaches."""
QUOTE_CHARACTERS_MAX = 80
"""A quotation on the page is one glance."""
_QUOTE_WORDS_MIN = 8
"""Fewer words say little without the clause before them."""


class Tellings:
    """The last words and the last stretches of speech of both parties."""

    def __init__(self) -> None:
        self._words: dict[Party, deque[Word]] = {party: deque(maxlen=WORDS_KEPT) for party in Party}
        self._speech: dict[Party, deque[Span]] = {party: deque(maxlen=SPEECH_KEPT) for party in Party}
        self._open: dict[Party, int] = {}
        self._last_end: dict[Party, int] = {}

    def hear(self, fact: TimelineEvent) -> None:
        """Follows words and speech; other facts mean nothing here."""
        if isinstance(fact, Words):
            self._words[fact.party].extend(fact.words)
        elif isinstance(fact, SpeechStarted):
            self._open[fact.party] = fact.at
        elif isinstance(fact, Ipu):
            self._open.pop(fact.party, None)
            self._speech[fact.party].append(fact.span)
            self._last_end[fact.party] = max(fact.span.end, self._last_end.get(fact.party, 0))

    def since(self, party: Party) -> int | None:
        """Where the party's open stretch of speech began; None while it is silent."""
        return self._open.get(party)

    def last_end(self, party: Party) -> int | None:
        """Where the party's latest closed stretch ended."""
        return self._last_end.get(party)

    def spoken(self, party: Party, span: Span, now: int) -> int:
        """How much of `span` the party spoke, in samples."""
        total = sum(
            common.length for stretch in self._speech[party] if (common := stretch.overlap(span)) is not None
        )
        begun = self._open.get(party)
        if begun is not None and now > begun:
            common = Span(begun, now).overlap(span)
            total += common.length if common is not None else 0
        return total

    def quote(self, party: Party, span: Span) -> str:
        """What was said at `span` with the rest of its clause, for the page."""
        words, first, last = self._around(party, span, _ends_clause)
        while words and first > 0 and last + 1 - first < _QUOTE_WORDS_MIN:
            if _ends_sentence(words[first - 1], words[first]):
                break
            first -= 1
            while first > 0 and not _ends_clause(words[first - 1], words[first]):
                first -= 1
        text = "".join(word.text for word in words[first : last + 1]).strip(_TRIMMED)
        return text[:QUOTE_CHARACTERS_MAX]

    def sentence(self, party: Party, span: Span) -> tuple[str, int]:
        """The sentence about `span` as it is written, and where in it the span begins."""
        words, first, last = self._around(party, span, _ends_sentence)
        at = next((at for at in range(first, last + 1) if words[at].span.end > span.start), first)
        before = "".join(word.text for word in words[first:at]).lstrip()
        return before + "".join(word.text for word in words[at : last + 1]).rstrip(), len(before)

    def _around(self, party: Party, span: Span, ends: _Ends) -> tuple[list[Word], int, int]:
        """The party's words, and the first and last of those between two ends around `span`."""
        words = list(self._words[party])
        inside = [
            at for at, word in enumerate(words) if word.span.end > span.start and word.span.start < span.end
        ]
        if not inside:
            return [], 0, -1
        first, last = inside[0], inside[-1]
        while first > 0 and not ends(words[first - 1], words[first]):
            first -= 1
        while last + 1 < len(words) and not ends(words[last], words[last + 1]):
            last += 1
        return words, first, last


def _ends_sentence(before: Word, after: Word) -> bool:
    """Whether a sentence ends between two words."""
    is_end = before.text[-1:] in _SENTENCE_ENDS or (
        before.text[-1:] == "." and not before.text[-2:-1].isdigit()
    )
    return is_end or after.span.start - before.span.end > _GAP


def _ends_clause(before: Word, after: Word) -> bool:
    """Whether a clause ends between two words."""
    return before.text[-1:] in _COMMAS or _ends_sentence(before, after)
