"""All that follows from the facts of a call: what was said, how the call is read, alerts, cues.

A session makes facts from sound and words and tells them here. The same facts, kept, can be told to another
`Judging` with other rules or thresholds: that is how an edited playbook is tried on calls that are over,
without hearing or decoding anything again (`monitor.core.rejudge`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import repeat

from monitor.core.alerts import AlertDesk
from monitor.core.cues import CueDesk
from monitor.core.detectors import READS, Detector, build_detectors
from monitor.core.events import Event
from monitor.core.facts import AlertRaised, Judgement, ProsodyFrame, Said, TemperReading, TimelineEvent
from monitor.core.findings import findings
from monitor.core.inputs import CueAnswer, CuesPaused
from monitor.core.notices import notice_event
from monitor.core.playbook.judge import RuleJudge
from monitor.core.playbook.listener import Listener
from monitor.core.playbook.model import RuleBook
from monitor.core.reading.reader import CallReader
from monitor.core.reading.teller import ReadingTeller
from monitor.core.reading.texts import ReadingTexts
from monitor.core.settings import CoreSettings
from monitor.core.tape import AT_END, FOUND_FROM, NOTHING_FOLLOWED, Placed, Ruled, Tape
from monitor.core.taped import Ears, Rules, TapedRules

_ORDER = {rule: number for number, rule in enumerate(READS)}


def _nobody(_: Judgement | Said) -> None:
    """Nobody else wants to know."""


class Judging:
    """Judges one call by a book, told the call's facts in their order and every 100 ms."""

    def __init__(
        self,
        rulebook: RuleBook,
        settings: CoreSettings,
        texts: ReadingTexts | None = None,
        *,
        on_judgement: Callable[[Judgement | Said], None] = _nobody,
        tells_reading: bool = True,
        anew: Collection[str] = (),
        ears: Ears | None = None,
        quiet: Collection[str] = (),
        taped: TapedRules | None = None,
    ) -> None:
        """
        Args:
            texts: how a caller's type and need are named and met; None names them plainly.
            on_judgement: is told every judgement as it is made, and every phrase as it is heard.
            tells_reading: false makes no `reading` events; alerts and cues are the same.
            anew: detectors that judge although what they found is known: their thresholds are others.
            ears: hears the phrases; None makes a `Listener`.
            quiet: rules that show no cue in this call.
            taped: tells what the rules find; None asks all of them. With it the call is read where that is
                asked for, and nothing but alerts and cues can be told.
        """
        self._rulebook = rulebook
        self._on_judgement = on_judgement
        self._listener: Ears = ears or Listener(rulebook)
        self._reader = CallReader(rulebook.meanings(), settings.reading)
        self._teller = ReadingTeller(self._reader, texts or ReadingTexts(), settings.reading.shown_score)
        self._tells_reading = tells_reading
        self._rules: Rules = taped or RuleJudge(rulebook, settings.rules)
        self._is_read = taped is None or taped.is_reading_asked
        self._detectors = build_detectors(settings.detectors)
        self._anew = [one for one in self._detectors if one.rule in anew]
        self._alerts = AlertDesk(rulebook)
        self._cues = CueDesk(rulebook, settings.cues, quiet)
        self.found_now: Sequence[Judgement] = ()
        """What the detectors found in the latest fact, or in the latest 100 ms."""
        self._heard: list[Placed] = []
        self._ruled: list[Ruled] = []
        self.is_same_sound = False
        """Both channels carry the same sound: nobody knows who speaks, so nothing is held against a party."""

    def on_fact(self, fact: TimelineEvent, now: int, found: Sequence[Judgement] | None = None) -> list[Event]:
        """Takes one fact: the agent's cue first, then the reading, what was said in it, detectors, rules.

        `found` is what the detectors make of it, where that is known; `found_now` tells it afterwards.
        """
        if found is not None and not found and not self._anew and isinstance(fact, ProsodyFrame):
            return self._on_frame(fact, now)
        out: list[Event] = []
        self._begin_tape()
        if not isinstance(fact, TemperReading):
            out.extend(self._cues.on_event(fact, now))
        if self._is_read:
            self._reader.hear(fact, now)
        out.extend(self._on_said(self._listener.on_event(fact, now), now))
        if found is None:
            found = [judgement for one in self._detectors for judgement in one.on_event(fact, now)]
        elif self._anew:
            found = self._merged(found, lambda one: one.on_event(fact, now))
        self.found_now = found
        if found:
            out.extend(self._settle_found(found, now))
        followed = self._noted(AT_END, self._rules.on_event(fact, self._reader.context, now))
        if followed:
            out.extend(self._settle(followed, now))
        return out

    def _on_frame(self, frame: ProsodyFrame, now: int) -> list[Event]:
        """A frame in which nothing was found, as in nearly all of ten a second: the short way."""
        self.found_now = ()
        self._begin_tape()
        told = self._cues.on_event(frame, now)
        if self._is_read:
            self._reader.hear(frame, now)
        self._rules.on_event(frame, self._reader.context, now)
        return list(told)

    def on_tick(self, now: int, found: Sequence[Judgement] | None = None) -> list[Event]:
        """100 ms have passed, after the facts of them; `found` as in `on_fact`."""
        self._begin_tape()
        out = self._on_said(self._listener.on_tick(now), now)
        if self._is_read:
            self._reader.tick(now)
        if found is None:
            found = [judgement for one in self._detectors for judgement in one.on_tick(now)]
        elif self._anew:
            found = self._merged(found, lambda one: one.on_tick(now))
        self.found_now = found
        if found:
            out.extend(self._settle_found(found, now))
        followed = self._noted(AT_END, self._rules.on_tick(self._reader.context, now))
        if followed:
            out.extend(self._settle(followed, now))
        for muted in self._rules.muted():
            out.append(notice_event("playbook.muted", now, None, {"rule": muted.rule, "times": muted.times}))
        if self._tells_reading:
            out.extend(self._teller.tick(now))
        alerts = self._alerts.on_tick(now)
        out.extend(alerts)
        out.extend(self._cues.on_alerts(alerts, now))
        out.extend(self._cues.on_tick(now))
        return out

    def on_answer(self, answer: CueAnswer, now: int) -> list[Event]:
        """The agent answered a cue."""
        return list(self._cues.on_answer(answer, now))

    def on_pause(self, pause: CuesPaused, now: int) -> list[Event]:
        """The agent put the cues off, or has them again."""
        return list(self._cues.on_pause(is_paused=pause.is_paused, now=now))

    def rebook(self, rulebook: RuleBook, now: int) -> list[Event]:
        """Judges by another book from here on; what was said and read so far is remembered.

        How strongly words speak for a hot temper stays as it was at the call's beginning.
        """
        self._rulebook = rulebook
        self._listener.rebook(rulebook)
        self._reader.rebook(rulebook.meanings())
        ended = self._rules.rebook(rulebook, self._reader.context, now)
        self._cues.rebook(rulebook)
        out = self._settle(ended, now)
        self._alerts.rebook(rulebook)
        return out

    def finish(self, now: int) -> list[Event]:
        """The call is over, and so is every alert and cue."""
        self._begin_tape()
        out = self._on_said(self._listener.finish(now), now)
        if self._is_read:
            self._reader.finish(now)
        followed = self._noted(AT_END, self._rules.finish(self._reader.context, now))
        out.extend(self._settle(followed, now))
        if self._tells_reading:
            out.extend(self._teller.finish(now))
        out.extend(findings(self._rules.report_findings(), self._rulebook, now))
        alerts = self._alerts.finish(now)
        out.extend(alerts)
        out.extend(self._cues.on_alerts(alerts, now))
        out.extend(self._cues.finish(now))
        return out

    # --- the tape ----------------------------------------------------------------------------------------

    @property
    def tape(self) -> Tape:
        """What followed on the latest fact, the latest 100 ms, or the end."""
        if not self._heard and not self._ruled:
            return NOTHING_FOLLOWED
        return Tape(tuple(self._heard), tuple(self._ruled))

    def _begin_tape(self) -> None:
        if self._heard or self._ruled:
            self._heard, self._ruled = [], []

    def _noted(self, step: int, judgements: Sequence[Judgement]) -> Sequence[Judgement]:
        if judgements:
            orders = self._rules.orders
            self._ruled.extend(map(Ruled, repeat(step), judgements, orders))
        return judgements

    # --- what follows ------------------------------------------------------------------------------------

    def _on_said(self, told: Sequence[Said], now: int) -> list[Event]:
        """Phrases move the reading first, so that rules see the call as it stands with them."""
        out: list[Event] = []
        if not told:
            return out
        self._heard.extend(map(Placed, self._listener.places, told))
        for step, said in enumerate(told):
            if self.is_same_sound:
                continue
            self._on_judgement(said)
            if self._is_read:
                self._reader.on_said(said, now)
            followed = self._noted(step, self._rules.on_said(said, self._reader.context, now))
            out.extend(self._settle(followed, now))
            out.extend(self._cues.on_said(said, now))
        return out

    def _settle(self, judgements: Iterable[Judgement], now: int) -> list[Event]:
        """Judgements become alerts, alerts become cues."""
        out: list[Event] = []
        for judgement in judgements:
            is_about_a_party = isinstance(judgement, AlertRaised) and judgement.party is not None
            if is_about_a_party and self.is_same_sound:
                continue
            self._on_judgement(judgement)
            alerts = self._alerts.receive(judgement, now)
            out.extend(alerts)
            out.extend(self._cues.on_alerts(alerts, now))
        return out

    def _merged(
        self, found: Sequence[Judgement], ask: Callable[[Detector], Iterable[Judgement]]
    ) -> Sequence[Judgement]:
        """What was found, with what the detectors that judge anew find in its place, in their order."""
        told = [judgement for one in self._anew for judgement in ask(one)]
        if not told and not found:
            return ()
        rules = {one.rule for one in self._anew}
        told.extend(judgement for judgement in found if judgement.rule not in rules)
        return sorted(told, key=lambda judgement: _ORDER[judgement.rule])

    def _settle_found(self, judgements: Sequence[Judgement], now: int) -> list[Event]:
        """Detectors' judgements, and those of the rules that follow on them."""
        out: list[Event] = []
        for number, judgement in enumerate(judgements):
            if not self._rulebook.keeps_back(judgement.rule):
                out.extend(self._settle([judgement], now))
            told = self._rules.on_judgement(judgement, self._reader.context, now)
            followed = self._noted(FOUND_FROM + number, told)
            out.extend(self._settle(followed, now))
        return out
