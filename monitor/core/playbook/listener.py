"""Hears what parties say: the one place where committed words become the playbook's phrases."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from monitor.core.audio import Party
from monitor.core.facts import Said, TimelineEvent, Turn, Word, Words
from monitor.core.playbook.conditions import LikeLeaf
from monitor.core.playbook.likeness import Examples, is_comparable
from monitor.core.playbook.matcher import SETTLE, PhraseListener
from monitor.core.playbook.model import RuleBook
from monitor.core.playbook.phrasebook import PhraseBook
from monitor.core.playbook.phrases import Phrases
from monitor.core.playbook.sentences import SentenceCutter, SentenceSaid
from monitor.core.playbook.tree import walk

CLEARS = "#"
"""`rule#n`: the phrases that clear the rule's n-th cue."""
LIKE = "~"
"""`rule~n`: the rule's n-th `like` among its conditions."""


class Listener:
    """Tells each phrase of a book, of signals, rules and cues, once where it is said.

    It tells what is certain with these words, and later what waited for words that could undo it. Rows with
    `like` are told when the sentence is over. Everything comes in order of place for each party.
    """

    def __init__(self, rulebook: RuleBook) -> None:
        self._listeners = {party: PhraseListener(phrases_of(rulebook, party)) for party in Party}
        self._examples = {party: examples_of(rulebook, party) for party in Party}
        self._questions = {party: questions_of(rulebook, party) for party in Party}
        self._cutter = SentenceCutter() if self._needs_sentences else None

    @property
    def _needs_sentences(self) -> bool:
        return any(self._examples.values()) or any(self._questions.values())

    def rebook(self, rulebook: RuleBook) -> None:
        """Listens for another book from here on; what is half said is still heard."""
        for party, listener in self._listeners.items():
            listener.rebook(phrases_of(rulebook, party))
        self._examples = {party: examples_of(rulebook, party) for party in Party}
        self._questions = {party: questions_of(rulebook, party) for party in Party}
        if self._cutter is None and self._needs_sentences:
            self._cutter = SentenceCutter()

    def on_event(self, fact: TimelineEvent, now: int) -> list[Said]:
        """What is said for certain once `fact` is known; only words and ends of turns tell anything."""
        if isinstance(fact, Words):
            found = self._listeners[fact.party].hear(fact, now)
        elif isinstance(fact, Turn):
            found = self._listeners[fact.party].turn_ended(fact.span)
        else:
            return []
        told = _said(fact.party, found)
        if self._cutter is not None:
            told.extend(self._compared(self._cutter.on_event(fact, now)))
        return told

    def on_tick(self, now: int) -> list[Said]:
        """What has waited long enough."""
        told: list[Said] = []
        for party, listener in self._listeners.items():
            if listener.is_waiting:
                told.extend(_said(party, listener.settle(now)))
        if self._cutter is not None:
            told.extend(self._compared(self._cutter.on_tick(now)))
        return told

    def finish(self, now: int) -> list[Said]:
        """The call is over: no word will come that could undo what waits."""
        told = self.on_tick(now + SETTLE)
        if self._cutter is not None:
            told.extend(self._compared(self._cutter.finish()))
        return told

    def _compared(self, sentences: Iterable[SentenceSaid]) -> list[Said]:
        told: list[Said] = []
        for sentence in sentences:
            rows = self._questions[sentence.party] if sentence.is_question else ()
            if is_comparable(sentence.bag):
                rows = (*rows, *(row for row, _ in self._examples[sentence.party].find(sentence.bag)))
            told.extend(Said(id=row, party=sentence.party, words=sentence.words) for row in rows)
        return told


def like_id(rule_id: str, number: int) -> str:
    """The name under which the rule's `number`-th `like` is told."""
    return f"{rule_id}{LIKE}{number}"


def hear_alike(one: RuleBook, other: RuleBook) -> bool:
    """Whether two books listen for the same phrases, of the same names."""
    return all(
        _phrases(one, party) == _phrases(other, party) and _likes(one, party) == _likes(other, party)
        for party in Party
    )


@lru_cache(maxsize=16)
def phrases_of(rulebook: RuleBook, party: Party) -> PhraseBook:
    """The compiled phrases that a book looks for in one party's words; calls share them."""
    return PhraseBook(_phrases(rulebook, party))


@lru_cache(maxsize=16)
def examples_of(rulebook: RuleBook, party: Party) -> Examples:
    """The compiled example sentences that a book compares with one party's words."""
    return Examples(_likes(rulebook, party))


def _phrases(rulebook: RuleBook, party: Party) -> dict[str, Phrases]:
    rows = (*rulebook, *rulebook.signals.values())
    phrases: dict[str, Phrases] = {
        row.id: row.phrases for row in rows if row.phrases is not None and row.who is party
    }
    if party is Party.AGENT:
        for rule in rulebook:
            for number, cue in enumerate(rule.cues):
                if cue.clearing_phrases is not None:
                    phrases[f"{rule.id}{CLEARS}{number}"] = cue.clearing_phrases
    return phrases


def _likes(rulebook: RuleBook, party: Party) -> dict[str, tuple[tuple[str, ...], float]]:
    rows = (*rulebook, *rulebook.signals.values())
    examples: dict[str, tuple[tuple[str, ...], float]] = {
        row.id: (row.like, row.like_at_least) for row in rows if row.like and row.who is party
    }
    for rule in rulebook:
        if rule.what is not None and rule.who is party:
            likes = [part for part in walk(rule.what) if isinstance(part, LikeLeaf)]
            for number, leaf in enumerate(likes):
                examples[like_id(rule.id, number)] = (leaf.like, leaf.at_least)
    return examples


@lru_cache(maxsize=16)
def questions_of(rulebook: RuleBook, party: Party) -> tuple[str, ...]:
    """The signals for which every question of one party counts."""
    return tuple(row.id for row in rulebook.signals.values() if row.any_question and row.who is party)


def _said(party: Party, found: Iterable[tuple[str, tuple[Word, ...]]]) -> list[Said]:
    return [Said(id=id_, party=party, words=words) for id_, words in found]
