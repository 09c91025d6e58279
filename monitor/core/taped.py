"""Ears and rules that take from a call's tape what another book would not hear or find otherwise.

See `monitor.core.tape`, which says what is on a tape and what of it holds for another book.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from monitor.core.audio import Party
from monitor.core.facts import AlertRaised, Judgement, Said, TimelineEvent
from monitor.core.playbook.judge import Order, RuleJudge, RuleMuted
from monitor.core.playbook.listener import Listener, Place, phrase_rows, sentence_rows
from monitor.core.playbook.model import RuleBook
from monitor.core.playbook.reach import looks_at_reading, with_what_they_need
from monitor.core.reading.context import CallContext
from monitor.core.settings import RuleSettings
from monitor.core.tape import (
    AT_END,
    FOUND_FROM,
    Marks,
    Placed,
    Ruled,
    Tape,
    marks_of,
    phrase_mark,
    sentence_mark,
)


class Ears(Protocol):
    """Hears a book's phrases: `Listener`, or `TapedEars`."""

    @property
    def places(self) -> Sequence[Place]:
        """The places of what was told last."""
        ...

    def on_event(self, fact: TimelineEvent, now: int) -> list[Said]: ...
    def on_tick(self, now: int) -> list[Said]: ...
    def finish(self, now: int) -> list[Said]: ...
    def rebook(self, rulebook: RuleBook) -> None: ...


class Rules(Protocol):
    """Judges by a book's rules: `RuleJudge`, or `TapedRules`."""

    @property
    def orders(self) -> Sequence[Order]:
        """Where each judgement stands that was told last."""
        ...

    def on_said(self, said: Said, context: CallContext, now: int) -> Sequence[Judgement]: ...
    def on_judgement(self, judgement: Judgement, context: CallContext, now: int) -> Sequence[Judgement]: ...
    def on_event(self, fact: TimelineEvent, context: CallContext, now: int) -> Sequence[Judgement]: ...
    def on_tick(self, context: CallContext, now: int) -> Sequence[Judgement]: ...
    def finish(self, context: CallContext, now: int) -> Sequence[Judgement]: ...
    def rebook(self, rulebook: RuleBook, context: CallContext, now: int) -> Sequence[Judgement]: ...
    def muted(self) -> list[RuleMuted]: ...
    def report_findings(self) -> tuple[AlertRaised, ...]: ...


class TapedEars:
    """Tells what is on the tape of the rows that are the same, and listens for the others."""

    def __init__(self, rulebook: RuleBook, marks: Marks) -> None:
        own = marks_of(rulebook).heard
        self._same = {mark for mark, digest in own.items() if marks.heard.get(mark) == digest}
        ids = {
            party: [id_ for id_ in phrase_rows(rulebook, party) if phrase_mark(party, id_) not in self._same]
            for party in Party
        }
        parties = [party for party in Party if sentence_mark(party) not in self._same]
        is_needed = any(ids.values()) or any(any(sentence_rows(rulebook, party)) for party in parties)
        self._listener = Listener(rulebook, only=ids, sentences_of=parties) if is_needed else None
        self._tape: Sequence[Placed] = ()
        self.places: Sequence[Place] = ()

    def play(self, tape: Tape) -> None:
        """What is asked for next followed on a fact with this tape."""
        self._tape = tape.heard

    def on_event(self, fact: TimelineEvent, now: int) -> list[Said]:
        """What is said for certain once `fact` is known."""
        return self._told(() if self._listener is None else self._listener.on_event(fact, now))

    def on_tick(self, now: int) -> list[Said]:
        """What has waited long enough."""
        return self._told(() if self._listener is None else self._listener.on_tick(now))

    def finish(self, now: int) -> list[Said]:
        """The call is over."""
        return self._told(() if self._listener is None else self._listener.finish(now))

    def rebook(self, rulebook: RuleBook) -> None:
        """
        Raises:
            RuntimeError: always; a tape is of one book, and a call that got another is judged without it.
        """
        raise RuntimeError("a tape is of one book")

    def _told(self, anew: Sequence[Said]) -> list[Said]:
        if not anew and not self._tape:
            self.places = ()
            return []
        told = [one for one in self._tape if self._mark(one) in self._same]
        if anew and self._listener is not None:
            told += [Placed(place, said) for place, said in zip(self._listener.places, anew, strict=True)]
            told.sort(key=lambda one: (one.place, one.said.id))
        self.places = [one.place for one in told]
        return [one.said for one in told]

    @staticmethod
    def _mark(one: Placed) -> str:
        party = one.said.party
        return sentence_mark(party) if one.place[0] else phrase_mark(party, one.said.id)


class TapedRules:
    """Tells what the rules find: from the tape, or for those that may find something else by asking them.

    It stands in the place of a `RuleJudge`. Of rules that are not asked it tells judgements alone, so neither
    that they were contained nor what they found for the report.
    """

    def __init__(self, rulebook: RuleBook, settings: RuleSettings, anew: Collection[str]) -> None:
        """`anew` are the rules that may find something else (`judged_anew`)."""
        self._asked = with_what_they_need(rulebook, anew)
        self._judge = RuleJudge(rulebook, settings, self._asked) if self._asked else None
        self._numbers = {rule.id: number for number, rule in enumerate(rulebook)}
        self.is_reading_asked = any(looks_at_reading(rulebook[id_]) for id_ in self._asked)
        """Whether the call must be read for it."""
        self.orders: Sequence[Order] = ()
        """Where each judgement stands that was told last."""
        self._steps: dict[int, int] = {}
        """By identity of what was said or found, the step that is about it."""
        self._found: dict[int, list[Ruled]] = {}

    def play(self, tape: Tape, found: Sequence[Judgement]) -> None:
        """What is told next is the fact with this tape, in which the detectors had `found` this."""
        self._found = {}
        if not tape.ruled:
            return
        for one in tape.ruled:
            if one.judgement.rule not in self._asked:
                self._found.setdefault(one.step, []).append(one)
        self._steps = {id(one.said): step for step, one in enumerate(tape.heard)}
        self._steps.update((id(one), FOUND_FROM + number) for number, one in enumerate(found))

    def on_said(self, said: Said, context: CallContext, now: int) -> Sequence[Judgement]:
        """A phrase was said."""
        told = () if self._judge is None else self._judge.on_said(said, context, now)
        return self._joined(self._about(said), told)

    def on_judgement(self, judgement: Judgement, context: CallContext, now: int) -> Sequence[Judgement]:
        """A detector's judgement."""
        told = () if self._judge is None else self._judge.on_judgement(judgement, context, now)
        return self._joined(self._about(judgement), told)

    def on_event(self, fact: TimelineEvent, context: CallContext, now: int) -> Sequence[Judgement]:
        """A fact, after what was said in it."""
        told = () if self._judge is None else self._judge.on_event(fact, context, now)
        return self._joined(self._found.get(AT_END, ()), told)

    def on_tick(self, context: CallContext, now: int) -> Sequence[Judgement]:
        """100 ms have passed, after the facts of them."""
        told = () if self._judge is None else self._judge.on_tick(context, now)
        return self._joined(self._found.get(AT_END, ()), told)

    def finish(self, context: CallContext, now: int) -> Sequence[Judgement]:
        """The call is over."""
        told = () if self._judge is None else self._judge.finish(context, now)
        return self._joined(self._found.get(AT_END, ()), told)

    def rebook(self, rulebook: RuleBook, context: CallContext, now: int) -> Sequence[Judgement]:
        """
        Raises:
            RuntimeError: always; see `TapedEars.rebook`.
        """
        raise RuntimeError("a tape is of one book")

    def muted(self) -> list[RuleMuted]:
        """Of the rules that are asked, those that were contained since this was last asked."""
        return [] if self._judge is None else self._judge.muted()

    def report_findings(self) -> tuple[AlertRaised, ...]:
        """What those of the rules that are asked have found for the report alone."""
        return () if self._judge is None else self._judge.report_findings()

    def _about(self, what: Said | Judgement) -> Sequence[Ruled]:
        """What followed on a phrase or on what a detector found; nothing where it is not of this tape."""
        return self._found.get(self._steps[id(what)], ()) if self._found and id(what) in self._steps else ()

    def _joined(self, taped: Sequence[Ruled], told: Sequence[Judgement]) -> Sequence[Judgement]:
        """What is on the tape and what is found anew, as a judge of all rules would tell them."""
        if not taped and not told:
            self.orders = ()
            return ()
        placed = [(one.order, one.judgement) for one in taped]
        if told and self._judge is not None:
            placed.extend(zip(self._judge.orders, told, strict=True))
            placed.sort(key=lambda one: self._rank(one[0]))
        self.orders = [order for order, _ in placed]
        return [judgement for _, judgement in placed]

    def _rank(self, order: Order) -> tuple[int, ...]:
        return tuple([self._numbers[part] if isinstance(part, str) else part for part in order])
