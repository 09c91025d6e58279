"""Committed words as they are written and told: numbers in digits, and what nobody should read masked.

Whoever reads, stores or judges words gets them from here. Words that end in a number still being read out
are held back until it is over: only then is it known what it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitor.core.clock import Span, samples
from monitor.core.facts import Word, Words
from monitor.core.settings import PrivacySettings
from monitor.core.transcription.numerals import numbers
from monitor.core.transcription.redaction import (
    MASK,
    SHOWN_UNTIL_SURE,
    Finder,
    hidden,
    is_skipped,
    may_become_sensitive,
    runs,
)
from monitor.core.transcription.text import is_han

_PATIENCE = samples(2.0)
"""How long a number that may be a card's waits, in silence, for its next digits. A turn waits longer for
its words (`timeline.words_wait_s`)."""

_GOES_ON = samples(10.0)
"""Within this time, more digits belong to the number before them."""

_CONTEXT_CHARACTERS = 64
"""What is kept of told text for a deployment's own rules whose matches begin in it."""


@dataclass(frozen=True, slots=True)
class _Edit:
    """Characters [start, end) of a text become `text`."""

    start: int
    end: int
    text: str


def pattern_finder(patterns: Sequence[str]) -> Finder:
    """Finds what a deployment's regular expressions match, in any case.

    Raises:
        re.error: a pattern is not a regular expression.
    """
    compiled = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]

    def find(text: str) -> list[tuple[int, int]]:
        return [match.span() for pattern in compiled for match in pattern.finditer(text)]

    return find


class Writer:
    """Writes one party's committed words, which never change after they were told.

    `push` takes words in their order, `tick` gives what has waited long enough. `finders` are a deployment's
    own rules, which see the text as it is written. What is held is bounded by the number that is read out.
    """

    def __init__(self, settings: PrivacySettings, finders: Sequence[Finder] = ()) -> None:
        self._kinds = frozenset(settings.mask)
        self._finders = [*finders, pattern_finder(settings.patterns)]
        self._held: list[Words] = []
        """One for each utterance."""
        self._end = 0
        """Where the last word ended, told or held, in samples."""
        self._told_digits = ""
        """Of the number that the told text ends in."""
        self._context = ""

    @property
    def is_holding(self) -> bool:
        """Whether words wait."""
        return bool(self._held)

    def push(self, words: Words | None, *, is_final: bool) -> list[Words]:
        """Takes what an utterance committed next, and whether that was its last; gives what can be told."""
        told: list[Words] = []
        if words is not None:
            if words.span.start - self._end > _GOES_ON:
                told.extend(self.flush())
                self._told_digits = ""
            self._hold(words)
        at = _open_at("".join(_text(held) for held in self._held))
        if at is None:
            return [*told, *self.flush()]
        run = self._told_digits + _last_run("".join(_text(held) for held in self._held))
        if is_final and not may_become_sensitive(run, self._kinds):
            return [*told, *self.flush()]
        return [*told, *self._tell(self._take_before(at))]

    def tick(self, now: int) -> list[Words]:
        """What was held back for digits that did not come; to be asked while no answer is awaited."""
        return self.flush() if self._held and now - self._end >= _PATIENCE else []

    def flush(self) -> list[Words]:
        """All that is held: nothing more will come."""
        held, self._held = self._held, []
        return self._tell(held)

    def preview(self, tail: str) -> str:
        """What is held and a `tail` that may still change, for display. A number that may become a card's
        shows its first digits only."""
        before = "".join(_text(held) for held in self._held).strip()
        gap = " " if before and tail and not is_han(before[-1]) and not is_han(tail[0]) else ""
        text = _edited(before + gap + tail, _digit_edits(before + gap + tail))
        text = _edited(text, self._mask_edits(text, is_going_on=True))
        return _edited(text, self._own_edits(text))

    # --- holding ---------------------------------------------------------------------------------------

    def _hold(self, words: Words) -> None:
        self._end = max(self._end, words.span.end)
        last = self._held[-1] if self._held else None
        if last is not None and last.utterance == words.utterance:
            self._held[-1] = replace(last, words=(*last.words, *words.words))
        else:
            self._held.append(words)

    def _take_before(self, at: int) -> list[Words]:
        """Takes out the held words before the one that character `at` of all held text lies in."""
        taken: list[Words] = []
        while self._held:
            words = self._held[0]
            count, length = 0, 0
            for word in words.words:
                if length + len(word.text) > at:
                    break
                length += len(word.text)
                count += 1
            if count == len(words.words):
                taken.append(self._held.pop(0))
                at -= length
                continue
            if count:
                taken.append(replace(words, words=words.words[:count]))
                self._held[0] = replace(words, words=words.words[count:])
            break
        return taken

    # --- telling ---------------------------------------------------------------------------------------

    def _tell(self, groups: Sequence[Words]) -> list[Words]:
        """The words as they are written; what goes on in the words told before counts with them."""
        if not groups:
            return []
        written = [_rewritten(group.words, _digit_edits(_text(group))) for group in groups]
        for edits_of in (self._masks, self._own_edits):
            joined = " ".join("".join(word.text for word in words) for words in written)
            edits = edits_of(joined)
            at = 0
            for index, words in enumerate(written):
                length = sum(len(word.text) for word in words)
                own = [
                    _Edit(edit.start - at, edit.end - at, edit.text)
                    for edit in edits
                    if at <= edit.start and edit.end <= at + length
                ]
                written[index] = _rewritten(words, own)
                at += length + 1
        self._context = (self._context + joined)[-_CONTEXT_CHARACTERS:]
        return [
            replace(group, words=tuple(words)) for group, words in zip(groups, written, strict=True) if words
        ]

    def _masks(self, text: str) -> list[_Edit]:
        """What to mask in told text; remembers the number that it ends in."""
        edits = self._mask_edits(text, is_going_on=False)
        found = list(runs(text))
        is_open = bool(found) and is_skipped(text[found[-1].end :])
        if is_open:
            goes_on = len(found) == 1 and is_skipped(text[: found[0].start])
            self._told_digits = (self._told_digits if goes_on else "") + found[-1].digits
        elif not is_skipped(text):
            self._told_digits = ""
        return edits

    def _mask_edits(self, text: str, *, is_going_on: bool) -> list[_Edit]:
        edits: list[_Edit] = []
        for run in runs(text):
            told = self._told_digits if is_skipped(text[: run.start]) else ""
            digits = told + run.digits
            flags = hidden(digits, self._kinds)
            if any(flags) and len(told) > SHOWN_UNTIL_SURE:
                flags = [True] * len(digits)  # enough of it was told before it was known
            is_open = is_going_on and is_skipped(text[run.end :])
            if is_open and may_become_sensitive(digits, self._kinds):
                flags = [index >= SHOWN_UNTIL_SURE for index in range(len(digits))]
            at = len(told)
            for token in run.tokens:
                if any(flags[at : at + len(token.digits)]):
                    edits.append(_Edit(token.start, token.end, MASK * len(token.digits)))
                at += len(token.digits)
        return edits

    def _own_edits(self, text: str) -> list[_Edit]:
        """What the deployment's own rules mask, character by character."""
        before = len(self._context)
        marked = sorted(
            {
                at - before
                for find in self._finders
                for start, end in find(self._context + text)
                for at in range(max(start, before), min(end, before + len(text)))
            }
        )
        return [_Edit(at, at + 1, MASK) for at in marked if not text[at].isspace()]


def _text(words: Words) -> str:
    return "".join(word.text for word in words.words)


def _digit_edits(text: str) -> list[_Edit]:
    return [_Edit(number.start, number.end, number.written) for number in numbers(text)]


def _open_at(text: str) -> int | None:
    """Where the number begins that the text ends in; None where it ends in none."""
    found = list(runs(text))
    return found[-1].start if found and is_skipped(text[found[-1].end :]) else None


def _last_run(text: str) -> str:
    found = list(runs(text))
    return found[-1].digits if found else ""


def _edited(text: str, edits: Sequence[_Edit]) -> str:
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _rewritten(words: Sequence[Word], edits: Sequence[_Edit]) -> list[Word]:
    """The words with edits of their joined text; words that one edit reaches over become one word."""
    characters = [(character, index) for index, word in enumerate(words) for character in word.text]
    joined_to = list(range(len(words)))
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        first, last = characters[edit.start][1], characters[edit.end - 1][1]
        for index in range(first + 1, last + 1):
            joined_to[index] = first
        characters[edit.start : edit.end] = [(character, first) for character in edit.text]
    for index in range(len(words)):
        joined_to[index] = joined_to[joined_to[index]]
    told: list[Word] = []
    for head in sorted(set(joined_to)):
        members = [word for index, word in enumerate(words) if joined_to[index] == head]
        text = "".join(character for character, index in characters if joined_to[index] == head)
        if len(members) == 1 and text == members[0].text:
            told.append(members[0])
        elif text:
            span = Span(members[0].span.start, max(word.span.end for word in members))
            probability = sum(word.probability for word in members) / len(members)
            told.append(replace(members[0], span=span, text=text, probability=probability))
    return told
