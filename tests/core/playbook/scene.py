"""A scripted conversation for the tests of rules: what is said becomes speech, words and turns.

    scene = Scene(book)
    scene.say("caller", "你们这都一个礼拜了")
    scene.say("agent", "我没有权限")
    assert scene.fired == ["no_authority"]

What the reading of the call would know is set by hand: `scene.context.phase = Phase.COMFORT`. With
`reader=`, a function that is told everything, it can be the real one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count

from monitor.core.audio import Party
from monitor.core.clock import BLOCK_SAMPLES, Span, samples
from monitor.core.facts import (
    AlertEnded,
    AlertRaised,
    InterruptionBegan,
    Ipu,
    Judgement,
    SpeechStarted,
    TimelineEvent,
    Turn,
    Word,
    Words,
)
from monitor.core.playbook.judge import RuleJudge
from monitor.core.playbook.listener import Listener
from monitor.core.playbook.model import RuleBook
from monitor.core.reading.context import CallState

TOKEN = re.compile(r"[㐀-鿿][^㐀-鿿A-Za-z0-9]*|\s*[A-Za-z0-9'’%]+[^\s㐀-鿿A-Za-z0-9]*")
_A_TOKEN_S = {True: 0.2, False: 0.35}
_WORDS_LATE_S = 0.6
_TURN_OVER_S = 1.2


class Scene:
    """One call as the rules see it."""

    def __init__(self, book: RuleBook, context: CallState | None = None) -> None:
        self.listener = Listener(book)
        self.judge = RuleJudge(book)
        self.context = context or CallState()
        self.now = 0
        self.told: list[Judgement] = []
        self._utterances = count(1)
        self._pending: list[tuple[int, int, TimelineEvent]] = []
        self._order = count()

    @property
    def fired(self) -> list[str]:
        """The rules that fired, in order."""
        return [one.rule for one in self.told if isinstance(one, AlertRaised)]

    @property
    def ended(self) -> list[tuple[str, str]]:
        """The lasting findings that ended, with why."""
        return [(one.rule, one.reason) for one in self.told if isinstance(one, AlertEnded)]

    def raised(self, rule: str) -> AlertRaised:
        """The last finding of a rule."""
        return [one for one in self.told if isinstance(one, AlertRaised) and one.rule == rule][-1]

    def say(self, who: str, text: str, after_s: float = 0.5, *, over: bool = False) -> Scene:
        """A party says something after a silence; with `over`, at once and while the call goes on beneath."""
        party = Party(who)
        self.wait(after_s)
        start, words = self.now, []
        at = start
        is_han = re.search("[㐀-鿿]", text) is not None
        for token in TOKEN.findall(text):
            end = at + samples(_A_TOKEN_S[is_han])
            words.append(Word(party=party, span=Span(at, end), text=token, probability=0.9))
            at = end
        self._fact(SpeechStarted(party=party, at=start))
        span = Span(start, at)
        self._later(at, Ipu(party=party, span=span))
        said = Words(
            party=party,
            words=tuple(words),
            language="zh" if is_han else "en",
            utterance=next(self._utterances),
        )
        self._later(at + samples(_WORDS_LATE_S), said)
        turn = Turn(party=party, span=span, text=text, rate_syl_s=None, f0_median_st=None, level_db=None)
        self._later(at + samples(_TURN_OVER_S), turn)
        self.context.language = said.language
        if not over:
            self._run(at)
        return self

    def speak(self, who: str, for_s: float, after_s: float = 0.5) -> Scene:
        """A party speaks, and no words come of it."""
        party = Party(who)
        self.wait(after_s)
        span = Span(self.now, self.now + samples(for_s))
        self._fact(SpeechStarted(party=party, at=span.start))
        self._later(span.end, Ipu(party=party, span=span))
        turn = Turn(party=party, span=span, text="", rate_syl_s=None, f0_median_st=None, level_db=None)
        self._later(span.end + samples(_TURN_OVER_S), turn)
        return self.wait(for_s)

    def cut_in(self, who: str) -> Scene:
        """A party cuts in on the other."""
        self._fact(InterruptionBegan(at=self.now, by=Party(who), of=Party(who).other))
        return self

    def wait(self, silence_s: float) -> Scene:
        """Time passes."""
        self._run(self.now + samples(silence_s))
        return self

    def finish(self) -> Scene:
        """What was said is known, and the call is over."""
        self.wait(3.0)
        for said in self.listener.finish(self.now):
            self.told.extend(self.judge.on_said(said, self.context, self.now))
        self.told.extend(self.judge.finish(self.context, self.now))
        return self

    def _later(self, at: int, fact: TimelineEvent) -> None:
        self._pending.append((at, next(self._order), fact))

    def _run(self, until: int) -> None:
        while self.now < until:
            self.now = min(until, self.now + BLOCK_SAMPLES)
            for item in sorted(one for one in self._pending if one[0] <= self.now):
                self._pending.remove(item)
                self._fact(item[2])
            self.context.now = self.now
            for said in self.listener.on_tick(self.now):
                self.told.extend(self.judge.on_said(said, self.context, self.now))
            self.told.extend(self.judge.on_tick(self.context, self.now))

    def _fact(self, fact: TimelineEvent) -> None:
        for said in self.listener.on_event(fact, self.now):
            self.told.extend(self.judge.on_said(said, self.context, self.now))
        self.told.extend(self.judge.on_event(fact, self.context, self.now))


def fires(book: RuleBook, lines: Iterable[tuple[str, str]], context: CallState | None = None) -> list[str]:
    """The rules that fire in a conversation of these lines, to its end."""
    scene = Scene(book, context)
    for who, text in lines:
        scene.say(who, text)
    return scene.finish().fired
