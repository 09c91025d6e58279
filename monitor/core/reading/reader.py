"""Folds a call's facts and phrases into what is known of the call: the reading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.facts import (
    Interruption,
    Ipu,
    ProsodyFrame,
    Said,
    SpeechStarted,
    TemperReading,
    TemperState,
    TimelineEvent,
    Turn,
    Words,
)
from monitor.core.reading.context import (
    CallContext,
    CallerNeed,
    CallerType,
    CallState,
    ComplaintSlot,
    FilledSlot,
    Note,
    RiskKind,
)
from monitor.core.reading.demands import Demands
from monitor.core.reading.grievances import PLAIN_RISK, Grievances
from monitor.core.reading.ledgers import ConcessionLedger, Counts, PromiseLedger
from monitor.core.reading.meaning import Meaning
from monitor.core.reading.phases import PhaseReader
from monitor.core.reading.risk import Reason, Risk, joined
from monitor.core.reading.scores import Fading, Leaning, Proof
from monitor.core.reading.tellings import Tellings
from monitor.core.settings import ReadingSettings

_HEAT_IN_TYPE = 1.3
"""A caller who is hot by sound alone (0.7) is irritable by 0.6; words and cutting in add to it."""
_CUTS_IN = 0.3
_CUTS_IN_MEMORY_S = 90.0
_HEAT_FADES_S = 45.0
"""As the temper's own score fades in silence."""
_CHANGED = 0.4
_CHANGES_MIN = 2
"""From one demand to another once is a new thought; twice is wavering."""
_REPEATED = 0.35
_REFUSED = 0.3
_REFUSED_WITHIN_S = 60.0
_REFUSED_MONEY = 0.3
"""Compensation that is wanted and refused escalates soonest (rule S1-10)."""
_LONG_ACCOUNT = 0.7
_RELIEF_LEAVES = 0.55
_FALLS_BY = 0.08
_GONE = 0.02
_COMMA = re.compile("[，,。.；;]")
_DIGITS = re.compile(r"(?:\d[ -]?){6,}(?=\d{2})")


class CallReader:
    """One call's reading. Owns its state, never waits, and has no time but `now`.

    `hear` takes facts, `on_said` phrases of the playbook, `tick` comes every 100 ms after both. About the
    agent it keeps what was said and promised, and nothing else.
    """

    def __init__(self, meanings: Mapping[str, Meaning], settings: ReadingSettings | None = None) -> None:
        """
        Args:
            meanings: what each signal of the playbook means, by id (`RuleBook.meanings()`).
        """
        self._settings = settings or ReadingSettings()
        self._meanings = meanings
        self._state = CallState()
        self._tellings = Tellings()
        self._phases = PhaseReader()
        memory_s = self._settings.memory_s
        self._types = {kind: Leaning(memory_s) for kind in CallerType}
        self._needs = {kind: Leaning(memory_s) for kind in CallerNeed}
        self._risk = Risk()
        self._risk_at = (0, 0.0)
        """When the risk was looked at, and the heat then."""
        self._demands = Demands()
        self._promises = PromiseLedger()
        self._concessions = ConcessionLedger()
        limits = {Note.APOLOGY: self._settings.apologies_max, Note.QUESTION: self._settings.questions_max}
        self._counts = Counts(limits, self._settings.count_window_s)
        self._heat = Fading(_HEAT_FADES_S)
        self._cuts_in = Fading(_CUTS_IN_MEMORY_S)
        self._grievances = Grievances()
        self._has_long_account = False
        self._is_counted_at = -samples(1.0)

    @property
    def context(self) -> CallContext:
        """The call as it stands; it changes as the reader is told more."""
        return self._state

    @property
    def reasons(self) -> list[Reason]:
        """What the risk is made of, the weightiest first."""
        return self._risk.reasons(*self._risk_at)

    def type_proofs(self, kind: CallerType) -> tuple[Proof, ...]:
        """Why a type scores as it does, newest first."""
        proofs = self._types[kind].proofs(self._state.now)
        return (*proofs, *self._sound_proofs()) if kind is CallerType.IRRITABLE else proofs

    def need_proofs(self, kind: CallerNeed) -> tuple[Proof, ...]:
        """Why a need scores as it does, newest first."""
        return self._needs[kind].proofs(self._state.now)

    # --- what it is told ---------------------------------------------------------------------------------

    def rebook(self, meanings: Mapping[str, Meaning]) -> None:
        """Reads by other meanings from here on; what was read stays."""
        self._meanings = meanings

    def hear(self, fact: TimelineEvent, now: int) -> None:
        """Takes one fact of the timeline."""
        state = self._state
        state.now = max(state.now, now)
        if isinstance(fact, ProsodyFrame):
            return
        self._moved()
        self._tellings.hear(fact)
        match fact:
            case SpeechStarted():
                state.since[fact.party] = fact.at
            case Ipu():
                state.since.pop(fact.party, None)
                state.holder = fact.party
                if fact.party is Party.CALLER:
                    self._on_long_account(now)
            case Words():
                state.language = fact.language
            case Turn():
                state.ended_turns[fact.party] += 1
                self._phases.on_turn(fact)
            case TemperReading():
                state.temper = fact.state
                self._heat.set(fact.at, fact.score)
                self._phases.on_temper(fact, now)
            case Interruption(by=Party.CALLER):
                self._cuts_in.add(fact.span.end, 1.0)
                proof = Proof(code="cuts_in", at=fact.span.start, weight=_CUTS_IN)
                self._types[CallerType.IRRITABLE].add(proof, "cuts_in")
            case _:
                pass

    def on_said(self, said: Said, now: int) -> None:
        """Takes a phrase that was said; ids that mean nothing to the reading are passed over."""
        meaning = self._meanings.get(said.id)
        if meaning is None or said.party is not meaning.who:
            return
        self._state.now = max(self._state.now, now)
        at = said.span.start
        self._phases.on_said(said, meaning, now, self._tellings)
        for evidence in meaning.speaks_for:
            words = said.phrase.strip("，,。.、；;？?！! ")
            proof = Proof(code="said", at=at, weight=evidence.weight, words=words)
            if evidence.type is not None:
                self._types[evidence.type].add(proof, said.id)
            elif evidence.need is not None:
                self._needs[evidence.need].add(proof, said.id)
            elif evidence.risk is not None:
                self._risk.add(evidence.risk, proof, said.id)
                self._on_sign(said, is_plain=evidence.weight >= PLAIN_RISK)
        if meaning.fills is not None:
            self._fill(meaning.fills, said)
        if meaning.notes is not None:
            self._note(meaning.notes, said, now)
        self._update(now)

    def tick(self, now: int) -> None:
        """Time has come to `now`: what the floor and the clock say; scores fade."""
        self._state.now = now
        self._phases.tick(now, self._tellings)
        self._promises.tick(now, self._tellings)
        if now - self._is_counted_at >= samples(1.0):
            self._is_counted_at = now
            self._update(now)
        self._copy_phase()

    def finish(self, now: int) -> None:
        """The call is over."""
        self._promises.finish(self._tellings)
        self._update(now)

    # --- what it makes of it -----------------------------------------------------------------------------

    def _note(self, note: Note, said: Said, now: int) -> None:
        self._counts.on_said(note, said)
        match note:
            case Note.PROMISE:
                self._promises.on_said(said, now, self._tellings)
            case Note.CONCESSION:
                self._concessions.on_said(said, now, self._tellings)
            case Note.COMPLAINT:
                self._on_sign(said, is_plain=False)
            case Note.REFUSAL:
                self._on_refusal(said)
            case Note.RELIEF:
                self._on_relief(now)
            case _:
                pass

    def _on_sign(self, said: Said, *, is_plain: bool) -> None:
        turns = self._state.ended_turns[Party.CALLER]
        speaks_for = self._meanings[said.id].speaks_for
        is_to_resolve = any(one.need is CallerNeed.RESOLVE for one in speaks_for)
        self._grievances.add(said.id, said.span.start, turns, is_to_resolve=is_to_resolve)
        self._state.is_complaint |= is_plain

    def _fill(self, slot: ComplaintSlot, said: Said) -> None:
        slots = self._state.slots
        if slot is ComplaintSlot.DEMAND:
            self._on_demand(said, any(one.need is not None for one in self._meanings[said.id].speaks_for))
        elif slot in slots:
            return
        words = self._tellings.quote(said.party, said.span)
        if slot in (ComplaintSlot.NAME, ComplaintSlot.CONTACT, ComplaintSlot.ORDER_NUMBER) or not words:
            words = said.phrase.strip("，,。.；; ")
        if slot is ComplaintSlot.NAME:
            words = _COMMA.split(words)[0]
        if slot is ComplaintSlot.CONTACT:
            words = masked(words)
        slots[slot] = FilledSlot(slot=slot, words=words, span=said.span)

    def _on_demand(self, said: Said, is_specific: bool) -> None:
        asking = self._demands.on_said(said, is_specific)
        at = said.span.start
        if asking.has_changed and asking.changes >= _CHANGES_MIN:
            proof = Proof(
                code="demand_changed", at=at, weight=_CHANGED, words=said.phrase, value=asking.changes
            )
            self._types[CallerType.WAVERING].add(proof, f"changed {asking.changes}")
        if asking.times > 1:
            proof = Proof(
                code="demand_repeated", at=at, weight=_REPEATED, words=said.phrase, value=asking.times
            )
            self._risk.add(RiskKind.REPEATED_DEMAND, proof, f"{said.id} {asking.times}")

    def _on_refusal(self, said: Said) -> None:
        """A refusal is a risk where something was asked for just before."""
        asked_at, at = self._demands.latest_at, said.span.start
        if asked_at is None or not 0 <= at - asked_at <= samples(_REFUSED_WITHIN_S):
            return
        is_money = self._needs[CallerNeed.COMPENSATION].score(at) >= self._settings.shown_score
        weight = _REFUSED + (_REFUSED_MONEY if is_money else 0.0)
        self._risk.add(
            RiskKind.REFUSED, Proof(code="refused", at=at, weight=weight, words=said.phrase), said.id
        )

    def _on_relief(self, now: int) -> None:
        self._risk.ease(now, _RELIEF_LEAVES)
        for leaning in self._types.values():
            leaning.ease(now, _RELIEF_LEAVES)
        self._needs[CallerNeed.VENTING].ease(now, _RELIEF_LEAVES)

    def _on_long_account(self, now: int) -> None:
        """A caller who talks for long, complains and asks for nothing wants to be heard (rule S1-13)."""
        state = self._state
        if self._has_long_account or not state.is_complaint or ComplaintSlot.DEMAND in state.slots:
            return
        window = Span(max(0, now - samples(2 * self._settings.long_account_s)), now)
        spoken = self._tellings.spoken(Party.CALLER, window, now)
        agents = self._tellings.spoken(Party.AGENT, window, now)
        if spoken >= samples(self._settings.long_account_s) and agents * 6 < spoken:
            self._has_long_account = True
            value = round(spoken / samples(1.0))
            proof = Proof(code="long_account", at=now, weight=_LONG_ACCOUNT, value=value)
            self._needs[CallerNeed.VENTING].add(proof, "long_account")

    def _sound_proofs(self) -> Iterable[Proof]:
        heat = self._heated(self._state.now)
        if heat > 0:
            yield Proof(code="heat", at=self._state.now, weight=_HEAT_IN_TYPE * heat, value=heat)

    def _heated(self, now: int) -> float:
        """The temper's score where it is raised at all, fading while the caller is silent."""
        return 0.0 if self._state.temper is TemperState.CALM else self._heat.value(now)

    def _moved(self) -> None:
        """Something may be other than before."""
        self._state.revision = (self._state.revision or 0) + 1

    def _update(self, now: int) -> None:
        self._moved()
        state = self._state
        heat = self._heated(now)
        state.is_complaint |= self._grievances.are_a_complaint(heat > 0)
        state.temper_score = self._heat.value(now)
        for kind, leaning in self._types.items():
            besides = _HEAT_IN_TYPE * heat if kind is CallerType.IRRITABLE else 0.0
            state.types[kind] = held(state.types[kind], leaning.score(now, besides))
        for need, leaning in self._needs.items():
            state.needs[need] = held(state.needs[need], leaning.score(now))
        self._risk_at = (now, heat)
        state.risk_reasons = self._risk.shares(now, heat)
        state.risk = joined(state.risk_reasons.values())
        state.counts = self._counts.tallies(now)
        state.promises = self._promises.entries
        state.concessions = self._concessions.entries
        self._copy_phase()

    def _copy_phase(self) -> None:
        state, phases = self._state, self._phases
        if state.phase is not phases.phase or state.account_ended_at != phases.account_ended_at:
            self._moved()
        state.phase, state.phase_since = phases.phase, phases.since
        state.reached = phases.reached
        state.account_ended_at = phases.account_ended_at


def held(before: float, score: float) -> float:
    """A score that rises at once and falls in steps, so that a little fading undoes nothing."""
    return score if score > before or score <= before - _FALLS_BY or score < _GONE else before


def masked(words: str) -> str:
    """Words with the digits of long numbers hidden but for the last ones: a contact is known, not shown."""
    return _DIGITS.sub("…", words)
