"""Plays a written conversation to all that judges a call: the real reading, rules, alerts and cues.

Lines are said one after the other: `c: …` by the caller, `a: …` by the agent, `c+: …` while the call goes on
beneath, `a!: …` loudly. Others are directions: `wait 5` (seconds), `hot`, `raised` and `calm` (the caller's
temper from here on), `cut a` (the agent cuts in).
"""

from __future__ import annotations

from collections.abc import Iterable

from monitor.core import events
from monitor.core.audio import Party
from monitor.core.clock import BLOCK_SAMPLES, samples
from monitor.core.facts import ProsodyFrame, TemperReading, TemperState, TimelineEvent
from monitor.core.judging import Judging
from monitor.core.playbook.model import RuleBook
from monitor.core.settings import CoreSettings
from tests.core.playbook.scene import Scene

_PARTIES = {"a": "agent", "c": "caller"}
_READ_EVERY = samples(0.5)
_SCORES = {TemperState.CALM: 0.1, TemperState.RAISED: 0.5, TemperState.HOT: 0.8}


class Performance(Scene):
    """One call, judged whole."""

    def __init__(self, book: RuleBook) -> None:
        super().__init__(book)
        self.judging = Judging(book, CoreSettings())
        self.events: list[events.Event] = []
        self._temper: TemperState | None = None
        self._loud: Party | None = None

    def play(self, lines: Iterable[str]) -> Performance:
        """Says lines and follows directions."""
        for line in lines:
            mark, colon, text = line.partition(": ")
            if colon and mark[0] in _PARTIES:
                self._loud = Party(_PARTIES[mark[0]]) if mark.endswith("!") else None
                self.say(_PARTIES[mark[0]], text, over=mark.endswith("+"))
                self._loud = None
                continue
            order, _, value = line.partition(" ")
            if order == "wait":
                self.wait(float(value))
            elif order == "cut":
                self.cut_in(_PARTIES[value])
            else:
                self._temper = TemperState(order)
                self.wait(7.0)
        return self

    def over(self) -> Performance:
        """The call is over."""
        self.wait(3.0)
        self.events.extend(self.judging.finish(self.now))
        return self

    @property
    def alerts(self) -> list[str]:
        """The rules whose alerts were raised, and those that were found for the report, in order."""
        return [event.rule for event in self.events if isinstance(event, events.Alert | events.Finding)]

    def is_cleared(self, rule: str) -> bool:
        """Whether the rule's last alert is over, or its cue was met."""
        ended = [
            event
            for event in self.events
            if isinstance(event, events.AlertCleared | events.CueCleared) and event.rule == rule
        ]
        return any(event.reason in {"said", "ended", "over", "done", "calmer"} for event in ended)

    def _run(self, until: int) -> None:
        while self.now < until:
            self.now = min(until, self.now + BLOCK_SAMPLES)
            for item in sorted(one for one in self._pending if one[0] <= self.now):
                self._pending.remove(item)
                self._fact(item[2])
            if self.now % _READ_EVERY < BLOCK_SAMPLES and self._temper is not None:
                self._read(self._temper)
            if self._loud is not None:
                self._fact(_shout(self._loud, self.now))
            self.events.extend(self.judging.on_tick(self.now))

    def _read(self, temper: TemperState) -> None:
        self._fact(TemperReading(at=self.now, score=_SCORES[temper], state=temper, evidence=()))

    def _fact(self, fact: TimelineEvent) -> None:
        self.events.extend(self.judging.on_fact(fact, self.now))


def _shout(party: Party, at: int) -> ProsodyFrame:
    return ProsodyFrame(
        party=party,
        at=at,
        f0_hz=260.0,
        f0_st=4.0,
        level_dbfs=-15.0,
        level_db=9.0,
        voicing=0.9,
        rate_syl_s=6.5,
        rate_ratio=1.4,
        alpha_db=-5.0,
        alpha_delta_db=4.0,
        confidence=1.0,
    )
