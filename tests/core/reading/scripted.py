"""Conversations without sound: who says what, when, as the timeline and the listener would tell it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from monitor.core.audio import Party
from monitor.core.clock import BLOCK_SAMPLES, Span, samples
from monitor.core.facts import (
    Interruption,
    Ipu,
    Said,
    SpeechStarted,
    TemperReading,
    TemperState,
    TimelineEvent,
    Turn,
    Word,
    Words,
)
from monitor.core.playbook.listener import Listener
from monitor.core.playbook.model import RuleBook
from monitor.core.reading.context import CallContext, Phase
from monitor.core.reading.meaning import Meaning
from monitor.core.reading.reader import CallReader
from monitor.playbook_files import load_playbook

AGENT, CALLER = Party.AGENT, Party.CALLER
BOOK: RuleBook = load_playbook()
_TOKEN = re.compile(r"[㐀-鿿][^㐀-鿿A-Za-z0-9]*|\s*[A-Za-z0-9'’%-]+[^\s㐀-鿿A-Za-z0-9]*")
_WORD_S = {"zh": 0.22, "en": 0.32}
_WORDS_LATE_S = 0.6


class Conversation:
    """Tells a reader of a conversation; each line follows the last after `gap_s`."""

    def __init__(self, book: RuleBook = BOOK, meanings: Mapping[str, Meaning] | None = None) -> None:
        self.reader = CallReader(book.meanings() if meanings is None else meanings)
        self.listener = Listener(book)
        self.now = 0
        self.said: list[Said] = []
        self.utterance = 0

    @property
    def context(self) -> CallContext:
        return self.reader.context

    def phase(self) -> Phase:
        """How far the call has come."""
        return self.reader.context.phase

    def wait(self, length_s: float) -> None:
        """Time passes."""
        end = self.now + samples(length_s)
        while self.now < end:
            self.now += BLOCK_SAMPLES
            self._take(self.listener.on_tick(self.now))
            self.reader.tick(self.now)

    def tell(self, fact: TimelineEvent) -> None:
        """One fact, now."""
        self.reader.hear(fact, self.now)
        self._take(self.listener.on_event(fact, self.now))

    def say(self, party: Party, text: str, gap_s: float = 0.5) -> None:
        """A turn: speech of the text's length, whose words come a little later."""
        self.wait(gap_s)
        tokens = _TOKEN.findall(text)
        language = "zh" if re.search("[㐀-鿿]", text) else "en"
        step = samples(_WORD_S[language])
        start = self.now
        self.tell(SpeechStarted(party=party, at=start))
        pieces = [tokens[at : at + 40] for at in range(0, len(tokens), 40)]
        spoken: list[Words] = []
        at = start
        for piece in pieces:
            words = []
            for token in piece:
                words.append(Word(party=party, span=Span(at, at + step), text=token, probability=0.9))
                at += step
            self.utterance += 1
            spoken.append(Words(party=party, words=tuple(words), language=language, utterance=self.utterance))
            self.wait(step * len(piece) / samples(1.0))
            if len(spoken) > 1:
                self.tell(spoken[-2])
        end = self.now
        self.tell(Ipu(party=party, span=Span(start, end)))
        self.wait(_WORDS_LATE_S)
        self.tell(spoken[-1])
        self.tell(
            Turn(
                party=party, span=Span(start, end), text=text, rate_syl_s=4.5, f0_median_st=0.0, level_db=0.0
            )
        )

    def talk(self, *lines: tuple[Party, str]) -> CallContext:
        """Lines one after another; returns the call as it stands after them."""
        for party, text in lines:
            self.say(party, text)
        self.wait(4.0)
        return self.context

    def heat(self, score: float, state: TemperState) -> None:
        """A reading of the caller's temper."""
        self.tell(TemperReading(at=self.now, score=score, state=state, evidence=()))

    def cut_in(self, by: Party) -> None:
        """`by` has just cut in."""
        of = AGENT if by is CALLER else CALLER
        span = Span(max(0, self.now - samples(1.0)), self.now)
        self.tell(Interruption(span=span, by=by, of=of, is_yielded=True))

    def _take(self, told: list[Said]) -> None:
        for said in told:
            self.said.append(said)
            self.reader.on_said(said, self.now)
