"""Phrases alone, judged as a call judges them: for tests that need no conversation around the words."""

from __future__ import annotations

from monitor.core.audio import Party
from monitor.core.facts import Judgement, TimelineEvent, Words
from monitor.core.playbook.judge import RuleJudge
from monitor.core.playbook.listener import CLEARS, Listener
from monitor.core.playbook.model import RuleBook
from monitor.core.reading.context import CallState


class PhraseJudge:
    """The listener and the judge of a book, told facts."""

    def __init__(self, book: RuleBook) -> None:
        self._listener, self._judge, self._context = Listener(book), RuleJudge(book), CallState()

    def on_event(self, event: TimelineEvent, now: int) -> list[Judgement]:
        """Takes one fact."""
        told: list[Judgement] = []
        for said in self._listener.on_event(event, now):
            told.extend(self._judge.on_said(said, self._context, now))
        return told + self._judge.on_event(event, self._context, now)

    def on_tick(self, now: int) -> list[Judgement]:
        """Time has come to `now`."""
        told: list[Judgement] = []
        for said in self._listener.on_tick(now):
            told.extend(self._judge.on_said(said, self._context, now))
        return told

    def finish(self, now: int) -> list[Judgement]:
        """The call is over."""
        told: list[Judgement] = []
        for said in self._listener.finish(now):
            told.extend(self._judge.on_said(said, self._context, now))
        return told


class ClearingWords:
    """Which rules' cues the agent meets by what it says."""

    def __init__(self, book: RuleBook) -> None:
        self._listener = Listener(book)

    def on_words(self, words: Words, now: int) -> frozenset[str]:
        """Ids of the rules whose cue these words meet for certain."""
        said = self._listener.on_event(words, now)
        return frozenset(
            one.id.partition(CLEARS)[0] for one in said if CLEARS in one.id and one.party is Party.AGENT
        )

    def on_tick(self, now: int) -> frozenset[str]:
        """And those met by words that waited."""
        said = self._listener.on_tick(now)
        return frozenset(one.id.partition(CLEARS)[0] for one in said if CLEARS in one.id)
