"""Successive hypotheses of one utterance become words that never change.

The rule is local agreement (Macháček et al. 2023, after Liu et al. 2020): what two successive hypotheses
begin with is committed, save the newest sound, whose words still move. What much sound follows in a sure
hypothesis is committed at first sight: a second would hear it the same way.

Doubtful hypotheses agree on the same mishearing. So where the newer one is not sure of itself, only words
that are probable, each by itself, and that much sound follows are committed; and an improbable word of a sure
one waits, with all that follow it, for more sound and a second hypothesis.

A hypothesis that ends in silence ends in no half-heard word: it is committed whole, or, where it is not quite
sure, up to its first improbable word and without what stands next to the silence. The final hypothesis
decides what follows the words already committed. Committed text only ever grows at its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from monitor.core.audio import Party
from monitor.core.clock import SAMPLE_RATE_HZ, Span
from monitor.core.facts import Word
from monitor.core.recognition import HypothesisWord
from monitor.core.transcription.text import is_punctuation, units, without_last_punctuation

_EDITS_PER_SECOND = 0.5
"""What a second of disagreement about where the committed words end weighs, in edits. Times only break
ties: a recogniser misplaces a word by half a second more often than it mishears the same word twice."""

_LAST_UNIT_BONUS = 0.25
"""Less than an edit: of two cuts with equal edits, the one that ends on the last committed unit."""

_PROBABLE = 0.4
"""A word under this, by its least probable token, is often heard otherwise once more was said. In hypotheses
that are not sure of themselves the final heard 17 of 60 such words otherwise, whatever sound followed, but
26 of the 472 others that two of them agreed on."""

_PROBABLE_IN_DOUBT = 0.7
"""The same in a hypothesis that is not sure of itself: a mishearing that two of them agree on is often likely
enough, in Mandarin above all, where another word has the same sound."""

_AT_LAST = 1.5
"""Once so many times the sound follows that settles a word, no more is asked of it than in a sure hypothesis:
one doubtful word would hold back all that follow it, up to the end of the utterance."""


@dataclass(frozen=True, slots=True)
class _Unit:
    text: str
    end: int


class Committer:
    """Folds one utterance's hypotheses into committed words of `party`.

    Words that precede in time (`not_before`, in samples) belong to earlier utterances: spans are clamped so
    that all committed words of a party are ordered. `hold_back` and `settled_after` count from the end of the
    sound (samples); None always waits for agreement.
    """

    def __init__(
        self, party: Party, *, hold_back: int, not_before: int, settled_after: int | None = None
    ) -> None:
        self._party = party
        self._hold_back = hold_back
        self._settled_after = settled_after
        self._end = not_before
        self._committed: list[_Unit] = []
        self._tail: list[HypothesisWord] = []

    @property
    def tail(self) -> str:
        """What the latest hypothesis has after the committed words; it may still change."""
        return "".join(word.text for word in self._tail).strip()

    @property
    def has_words(self) -> bool:
        """Whether anything is committed."""
        return bool(self._committed)

    @property
    def end(self) -> int:
        """Where the committed words end, in samples; at first, where they may begin."""
        return self._end

    def raise_floor(self, not_before: int) -> None:
        """No later word may begin before this sample: an earlier utterance ended there."""
        self._end = max(self._end, not_before)

    def on_partial(
        self, words: Sequence[HypothesisWord], heard_until: int, *, is_sure: bool = True
    ) -> list[Word]:
        """The words that this hypothesis and the last one agree on, up to the hold-back before
        `heard_until` (samples), and those that `settled_after` samples follow; of a hypothesis that is not
        sure, those of which both is true and that are probable, the more so the less sound follows."""
        before = self._tail
        tail = self._after_committed(words)
        agreed = _words_within(tail, _common(_units_of(before), _units_of(tail)))
        settled = self._settled(tail, heard_until)
        if is_sure:
            older = _ended_by(tail, heard_until - self._hold_back)
            count = max(settled, min(older, agreed))
            count = min(count, max(_probable(tail, _PROBABLE), min(settled, agreed)))
        else:
            at_last = self._settled(tail, heard_until, _AT_LAST)
            count = max(
                min(settled, _probable(tail, _PROBABLE_IN_DOUBT)),
                min(at_last, _probable(tail, _PROBABLE)),
            )
            count = min(count, agreed)
        while count and is_punctuation(tail[count - 1].text):
            count -= 1
        stable = list(tail[:count])
        if stable:
            stable[-1] = _with_agreed_ending(stable, before)
        self._tail = tail[count:]
        return self._commit(stable)

    def on_phrase(self, words: Sequence[HypothesisWord]) -> list[Word]:
        """The words of a hypothesis whose sound ended in silence: no sound cut short is left to hold back."""
        return self.on_final(words)

    def on_fair_phrase(self, words: Sequence[HypothesisWord], heard_until: int) -> list[Word]:
        """Those of the words that `settled_after` samples follow, up to the first improbable one, of a phrase
        that is not quite sure."""
        tail = self._after_committed(words)
        count = min(self._settled(tail, heard_until), _probable(tail, _PROBABLE))
        self._tail = tail[count:]
        return self._commit(tail[:count])

    def on_final(self, words: Sequence[HypothesisWord]) -> list[Word]:
        """The final hypothesis's words after the committed ones; nothing is held back."""
        rest = self._after_committed(words)
        self._tail = []
        return self._commit(rest)

    def commit_tail(self) -> list[Word]:
        """Commits the latest partial as it stands: for a final that the recogniser failed to give."""
        rest, self._tail = self._tail, []
        return self._commit(rest)

    def _settled(self, tail: Sequence[HypothesisWord], heard_until: int, times: float = 1.0) -> int:
        """How many of the words so much sound follows, or so many `times` as much, that a second hypothesis
        would hear them the same."""
        if self._settled_after is None:
            return 0
        return _ended_by(tail, heard_until - round(times * self._settled_after))

    def _commit(self, words: Sequence[HypothesisWord]) -> list[Word]:
        """Makes words of them, in order and after all before, and remembers their units."""
        committed: list[Word] = []
        for word, span in zip(words, _ordered_spans(words, self._end), strict=True):
            committed.append(Word(party=self._party, span=span, text=word.text, probability=word.probability))
            self._committed.extend(_Unit(unit, span.end) for unit in units(word.text))
            self._end = max(self._end, span.end)
        return committed

    def _after_committed(self, words: Sequence[HypothesisWord]) -> list[HypothesisWord]:
        """The words of a hypothesis that follow what is committed; a word may be cut in two."""
        if not self._committed:
            return list(words)
        heard = [(unit, index) for index, word in enumerate(words) for unit in units(word.text)]
        ends = [words[index].span.end for _, index in heard]
        skipped = _prefix_length(self._committed, [unit for unit, _ in heard], ends)
        if skipped == 0:
            return list(words)
        last = heard[skipped - 1][1]
        rest = list(words[last + 1 :])
        inside = sum(1 for _, index in heard[skipped:] if index == last)
        if inside:
            rest.insert(0, _ending(words[last], inside))
        while rest and is_punctuation(rest[0].text):
            rest.pop(0)
        return rest


def _prefix_length(committed: Sequence[_Unit], heard: Sequence[str], ends: Sequence[int]) -> int:
    """How many units of a hypothesis say what is committed already.

    Edit distance between the committed units and every prefix of the heard ones (Levenshtein, unit
    costs); the cheapest prefix wins, where it ends in time breaks ties.
    """
    if len(heard) >= len(committed) and all(
        unit.text == heard[index] for index, unit in enumerate(committed)
    ):
        return len(committed)
    row = list(range(len(heard) + 1))
    for number, unit in enumerate(committed, start=1):
        above, row = row, [number]
        for index, other in enumerate(heard, start=1):
            row.append(min(above[index] + 1, row[index - 1] + 1, above[index - 1] + (unit.text != other)))
    best, best_cost = 0, float("inf")
    for length, edits in enumerate(row):
        if length:
            apart_s = abs(ends[length - 1] - committed[-1].end) / SAMPLE_RATE_HZ
            matches = heard[length - 1] == committed[-1].text
            cost = edits + _EDITS_PER_SECOND * apart_s - _LAST_UNIT_BONUS * matches
        else:
            cost = edits + _EDITS_PER_SECOND
        if cost < best_cost:
            best, best_cost = length, cost
    return best


def _ended_by(words: Sequence[HypothesisWord], end: int) -> int:
    """How many leading words have ended by the sample `end`."""
    return sum(1 for _ in takewhile(lambda word: word.span.end <= end, words))


def _probable(words: Sequence[HypothesisWord], least: float) -> int:
    """How many leading words are at least this probable, each by itself."""
    return sum(1 for _ in takewhile(lambda word: word.probability >= least, words))


def _units_of(words: Sequence[HypothesisWord]) -> list[str]:
    return [unit for word in words for unit in units(word.text)]


def _common(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """What both begin with."""
    return [a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))]


def _words_within(words: Sequence[HypothesisWord], agreed: Sequence[str]) -> int:
    """How many leading words lie wholly within the units `agreed`, with which they begin."""
    left = len(agreed)
    for count, word in enumerate(words):
        left -= len(units(word.text))
        if left < 0:
            return count
    return len(words)


def _with_agreed_ending(stable: Sequence[HypothesisWord], before: Sequence[HypothesisWord]) -> HypothesisWord:
    """The last of the `stable` words, keeping the punctuation at its end only where `before` has it too:
    the end of a sentence is a guess while speech goes on."""
    word = stable[-1]
    bare = without_last_punctuation(word.text)
    ending = word.text[len(bare) :]
    if not ending:
        return word
    wanted = sum(len(units(other.text)) for other in stable)
    position = 0
    for other in before:
        position += len(units(other.text))
        if position >= wanted:
            is_same = position == wanted and other.text.endswith(ending)
            return word if is_same else replace(word, text=bare)
    return replace(word, text=bare)


def _ending(word: HypothesisWord, units_kept: int) -> HypothesisWord:
    """The part of a word that holds its last units, with its share of the time."""
    wanted = units(word.text)[-units_kept:]
    start = max(at for at in range(len(word.text)) if units(word.text[at:])[-units_kept:] == wanted)
    share = (len(word.text) - start) / len(word.text)
    begin = word.span.end - round(word.span.length * share)
    return replace(word, text=word.text[start:], span=Span(begin, word.span.end))


def _ordered_spans(words: Sequence[HypothesisWord], not_before: int) -> list[Span]:
    """The words' spans, none before `not_before` and none before the last one's end.

    Words that the clamp would leave without length share the time up to the next word that has some.
    """
    spans: list[Span] = []
    floor = not_before
    index = 0
    while index < len(words):
        squeezed = index
        while squeezed < len(words) and words[squeezed].span.end <= floor:
            squeezed += 1
        if squeezed == index:
            span = words[index].span
            start = max(span.start, floor)
            spans.append(Span(start, span.end))
            floor = span.end
            index += 1
            continue
        shared = words[index : min(squeezed + 1, len(words))]
        end = max(floor, shared[-1].span.end)
        edges = [floor + (end - floor) * n // len(shared) for n in range(len(shared) + 1)]
        spans.extend(Span(a, b) for a, b in pairwise(edges))
        floor = end
        index += len(shared)
    return spans
