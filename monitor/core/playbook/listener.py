"""Hears what parties say: the one place where committed words become the playbook's phrases."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from monitor.core.audio import Party
from monitor.core.facts import Said, TimelineEvent, Turn, Words
from monitor.core.playbook.conditions import LikeLeaf
from monitor.core.playbook.kept import once_for_each_book
from monitor.core.playbook.likeness import Examples, is_comparable
from monitor.core.playbook.matcher import SETTLE, Given, PhraseListener
from monitor.core.playbook.model import RuleBook
from monitor.core.playbook.phrasebook import PhraseBook
from monitor.core.playbook.phrases import Phrases
from monitor.core.playbook.sentences import SentenceCutter, SentenceSaid
from monitor.core.playbook.tree import walk

CLEARS = "#"
"""`rule#n`: the phrases that clear the rule's n-th cue."""
LIKE = "~"
"""`rule~n`: the rule's n-th `like` among its conditions."""

Place = tuple[int, int, int, int]
"""Where a phrase stands among those that are told at one time: first 0 for phrases, more for what is compared
with whole sentences."""


class Listener:
    """Tells each phrase of a book, of signals, rules and cues, once where it is said.

    It tells what is certain with these words, and later what waited for words that could undo it. Rows with
    `like` are told when the sentence is over. Everything comes in order of place for each party.
    """

    def __init__(
        self,
        rulebook: RuleBook,
        only: Mapping[Party, Collection[str]] | None = None,
        sentences_of: Collection[Party] = tuple(Party),
    ) -> None:
        """
        Args:
            only: the rows of phrases that are listened for; None listens for all.
            sentences_of: the parties whose whole sentences are compared.
        """
        self._listeners = {
            party: PhraseListener(_phrases_of(rulebook, party, only))
            for party in Party
            if only is None or only[party]
        }
        self._of = frozenset(sentences_of)
        self._cutter: SentenceCutter | None = None
        self._take_sentences(rulebook)
        self.places: list[Place] = []
        """The places of what was told last."""

    def _take_sentences(self, rulebook: RuleBook) -> None:
        self._examples = {party: examples_of(rulebook, party) for party in Party if party in self._of}
        self._questions = {party: questions_of(rulebook, party) for party in Party if party in self._of}
        is_needed = any(self._examples.values()) or any(self._questions.values())
        if self._cutter is None and is_needed:
            self._cutter = SentenceCutter()

    def rebook(self, rulebook: RuleBook) -> None:
        """Listens for another book from here on; what is half said is still heard."""
        for party, listener in self._listeners.items():
            listener.rebook(phrases_of(rulebook, party))
        self._take_sentences(rulebook)

    def on_event(self, fact: TimelineEvent, now: int) -> list[Said]:
        """What is said for certain once `fact` is known; only words and ends of turns tell anything."""
        self.places = []
        if not isinstance(fact, Words | Turn):
            return []
        told: list[Said] = []
        listener = self._listeners.get(fact.party)
        if listener is not None:
            found = listener.hear(fact, now) if isinstance(fact, Words) else listener.turn_ended(fact.span)
            told = self._said(fact.party, found)
        if self._cutter is not None:
            told.extend(self._compared(self._cutter.on_event(fact, now), 1))
        return told

    def on_tick(self, now: int) -> list[Said]:
        """What has waited long enough."""
        self.places = []
        told: list[Said] = []
        for number, party in enumerate(Party):
            listener = self._listeners.get(party)
            if listener is not None and listener.is_waiting:
                told.extend(self._said(party, listener.settle(now), 2 * number))
        if self._cutter is not None:
            told.extend(self._compared(self._cutter.on_tick(now), 1))
        return told

    def finish(self, now: int) -> list[Said]:
        """The call is over: no word will come that could undo what waits."""
        told = self.on_tick(now + SETTLE)
        if self._cutter is not None:
            told.extend(self._compared(self._cutter.finish(), 2))
        return told

    def _said(self, party: Party, found: Iterable[Given], order: int = 0) -> list[Said]:
        told = []
        for id_, words, (waited, start, end) in found:
            told.append(Said(id=id_, party=party, words=words))
            self.places.append((0, order + waited, start, end))
        return told

    def _compared(self, sentences: Iterable[SentenceSaid], order: int) -> list[Said]:
        told: list[Said] = []
        for number, sentence in enumerate(sentences):
            party = sentence.party
            if party not in self._of:
                continue
            rows = self._questions[party] if sentence.is_question else ()
            if is_comparable(sentence.bag):
                rows = (*rows, *(row for row, _ in self._examples[party].find(sentence.bag)))
            told.extend(Said(id=row, party=party, words=sentence.words) for row in rows)
            self.places.extend((order, number, at, 0) for at in range(len(rows)))
        return told


def like_id(rule_id: str, number: int) -> str:
    """The name under which the rule's `number`-th `like` is told."""
    return f"{rule_id}{LIKE}{number}"


@once_for_each_book
def phrases_of(rulebook: RuleBook, party: Party) -> PhraseBook:
    """The compiled phrases that a book looks for in one party's words; calls share them."""
    return PhraseBook(phrase_rows(rulebook, party))


def compile_book(rulebook: RuleBook) -> None:
    """Compiles all that calls listen for by a book, which the first of them would otherwise wait for."""
    for party in Party:
        phrases_of(rulebook, party)
        examples_of(rulebook, party)


def _phrases_of(rulebook: RuleBook, party: Party, only: Mapping[Party, Collection[str]] | None) -> PhraseBook:
    if only is None:
        return phrases_of(rulebook, party)
    wanted = frozenset(only[party])
    return PhraseBook({id_: row for id_, row in phrase_rows(rulebook, party).items() if id_ in wanted})


def sentence_rows(rulebook: RuleBook, party: Party) -> tuple[Mapping[str, object], tuple[str, ...]]:
    """All that a book compares with one party's whole sentences: examples, and signals of any question."""
    return _likes(rulebook, party), questions_of(rulebook, party)


@once_for_each_book
def examples_of(rulebook: RuleBook, party: Party) -> Examples:
    """The compiled example sentences that a book compares with one party's words."""
    return Examples(_likes(rulebook, party))


def phrase_rows(rulebook: RuleBook, party: Party) -> dict[str, Phrases]:
    """The rows of phrases that a book looks for in one party's words, by the id under which they are told."""
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


@once_for_each_book
def questions_of(rulebook: RuleBook, party: Party) -> tuple[str, ...]:
    """The signals for which every question of one party counts."""
    return tuple(row.id for row in rulebook.signals.values() if row.any_question and row.who is party)
