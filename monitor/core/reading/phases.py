"""How far the call has come: a small table of states, and the signs that move it.

The signs are what the parties say, who holds the floor, and time; where phrases are missed, the floor and
time carry the call on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from enum import StrEnum

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.facts import Said, TemperReading, TemperState, Turn
from monitor.core.reading.context import Note, Phase
from monitor.core.reading.meaning import Meaning
from monitor.core.reading.tellings import Tellings


class Sign(StrEnum):
    """What can move a call from one phase to another."""

    TELLS = "tells"
    """The caller has begun to say what the matter is."""
    PASSES = "passes"
    """The caller has told it, and the agent has the floor."""
    RESUMES = "resumes"
    """It was only a breath: the caller goes on telling."""
    COMFORTS = "comforts"
    ASKS = "asks"
    HANDLES = "handles"
    CLOSES = "closes"
    MOVES_ON = "moves_on"
    """Nothing else was heard for long, or the agent talks at length."""
    FLARES = "flares"
    """The caller's temper turns hot."""
    REOPENS = "reopens"
    """The caller brings something up when all seemed said."""


NEXT: Mapping[tuple[Phase, Sign], Phase] = {
    (Phase.OPENING, Sign.TELLS): Phase.FIRST_ACCOUNT,
    (Phase.OPENING, Sign.FLARES): Phase.FIRST_ACCOUNT,
    (Phase.OPENING, Sign.CLOSES): Phase.CLOSING,
    (Phase.FIRST_ACCOUNT, Sign.PASSES): Phase.COMFORT,
    (Phase.FIRST_ACCOUNT, Sign.COMFORTS): Phase.COMFORT,
    (Phase.FIRST_ACCOUNT, Sign.ASKS): Phase.FACT_FINDING,
    (Phase.FIRST_ACCOUNT, Sign.HANDLES): Phase.HANDLING,
    (Phase.FIRST_ACCOUNT, Sign.CLOSES): Phase.CLOSING,
    (Phase.COMFORT, Sign.RESUMES): Phase.FIRST_ACCOUNT,
    (Phase.COMFORT, Sign.ASKS): Phase.FACT_FINDING,
    (Phase.COMFORT, Sign.HANDLES): Phase.HANDLING,
    (Phase.COMFORT, Sign.MOVES_ON): Phase.FACT_FINDING,
    (Phase.COMFORT, Sign.CLOSES): Phase.CLOSING,
    (Phase.FACT_FINDING, Sign.HANDLES): Phase.HANDLING,
    (Phase.FACT_FINDING, Sign.MOVES_ON): Phase.HANDLING,
    (Phase.FACT_FINDING, Sign.FLARES): Phase.COMFORT,
    (Phase.FACT_FINDING, Sign.CLOSES): Phase.CLOSING,
    (Phase.HANDLING, Sign.FLARES): Phase.COMFORT,
    (Phase.HANDLING, Sign.CLOSES): Phase.CLOSING,
    (Phase.CLOSING, Sign.REOPENS): Phase.HANDLING,
    (Phase.CLOSING, Sign.FLARES): Phase.COMFORT,
}
"""All moves there are; a sign that is not here for a phase leaves the call where it is."""

_SIGN_OF = {
    Phase.COMFORT: Sign.COMFORTS,
    Phase.FACT_FINDING: Sign.ASKS,
    Phase.HANDLING: Sign.HANDLES,
    Phase.CLOSING: Sign.CLOSES,
}
_TELLS_AFTER = samples(4.0)
"""Caller's speech that is more than a greeting, whatever the words."""
_ACCOUNT_MIN = samples(2.5)
"""Caller's speech that can be an account; a shorter one is made of known words."""
_PASSES_AFTER = samples(1.8)
"""Agent's speech, not talked over, that is more than a sign of listening."""
_ON_TOP = samples(0.3)
"""Of an agent's phrase, how much the caller may speak under it before it was said on top of the caller."""
_BREATH = samples(1.5)
"""A caller who goes on within this time had not finished (rule S4-18)."""
_SMALL = samples(3.0)
"""Agent's speech up to which such a pause was only a breath."""
_RESUMED = samples(3.0)
"""Caller's speech after the breath that shows it."""
_STAYS = samples(60.0)
"""How long the comfort phase lasts where nothing says that it is over."""
_ANSWER = samples(1.5)
_STATEMENT = samples(3.0)
"""Agent's turn that is more than a sign of listening; among questions a longer one, as they get replies."""
_SIGNS_KEPT = 16
_LONG_TALK = samples(14.0)
"""Agent's speech without a pause that is no question any more: something is being explained."""


class PhaseReader:
    """Holds the phase, when each was reached, and when the caller's first account was over."""

    def __init__(self) -> None:
        self.phase = Phase.OPENING
        self.since = 0
        self.reached: dict[Phase, int] = {Phase.OPENING: 0}
        self.account_ended_at: int | None = None
        self._account_began: int | None = None
        self._is_told = False
        """Whether known words said what the matter is."""
        self._is_hot = False
        self._spoken: deque[tuple[int, Sign]] = deque(maxlen=_SIGNS_KEPT)
        """The agent's latest signs, with where they were said."""
        self._turn: Span | None = None
        """An agent's turn that is to be looked at once its last phrases are known."""

    def on_said(self, said: Said, meaning: Meaning, now: int, tellings: Tellings) -> None:
        """A signal was heard."""
        if said.party is Party.CALLER:
            self._on_caller(said, meaning, now)
            return
        if meaning.notes is Note.QUESTION:
            self._spoken.append((said.span.start, Sign.ASKS))
        for evidence in meaning.speaks_for:
            sign = _SIGN_OF.get(evidence.phase) if evidence.phase is not None else None
            if sign is not None:
                self._spoken.append((said.span.start, sign))
                self._on_agent(sign, said.span, now, tellings)
        if meaning.notes is Note.QUESTION and self.phase is Phase.COMFORT:
            self._on_agent(Sign.ASKS, said.span, now, tellings)

    def on_turn(self, turn: Turn) -> None:
        """A turn is over, and its words are known."""
        if turn.party is Party.AGENT and turn.text and turn.span.length >= _ANSWER:
            self._turn = turn.span

    def on_temper(self, reading: TemperReading, now: int) -> None:
        """The caller's temper was read."""
        is_hot = reading.state is TemperState.HOT
        if is_hot and not self._is_hot:
            self._move(Sign.FLARES, now)
        self._is_hot = is_hot

    def tick(self, now: int, tellings: Tellings) -> None:
        """What the floor and time say."""
        if self._turn is not None:
            self._answered(self._turn, now)
            self._turn = None
        match self.phase:
            case Phase.OPENING:
                if self._caller_spoke(now, tellings) >= _TELLS_AFTER:
                    self._account_began = now - _TELLS_AFTER
                    self._move(Sign.TELLS, now)
            case Phase.FIRST_ACCOUNT:
                began = self._floor_passed(now, tellings)
                if began is not None:
                    self._end_account(began, tellings)
                    self._move(Sign.PASSES, now)
            case Phase.COMFORT:
                if self._has_resumed(now, tellings):
                    self._move(Sign.RESUMES, now)
                elif now - self.since >= _STAYS:
                    self._move(Sign.MOVES_ON, now)
            case Phase.FACT_FINDING:
                since = tellings.since(Party.AGENT)
                if since is not None and now - max(since, self.since) >= _LONG_TALK:
                    self._move(Sign.MOVES_ON, now)
            case _:
                pass

    def _answered(self, turn: Span, now: int) -> None:
        """An agent who neither comforts nor asks, once the account is over, deals with the matter."""
        if self.account_ended_at is None or turn.end < max(self.account_ended_at, self.since):
            return
        signs = {sign for at, sign in self._spoken if turn.start - _ON_TOP <= at <= turn.end}
        is_long = turn.length >= (_STATEMENT if self.phase is Phase.FACT_FINDING else _ANSWER)
        if is_long and not signs & {Sign.COMFORTS, Sign.ASKS, Sign.CLOSES}:
            self._move(Sign.HANDLES, now)

    def _on_caller(self, said: Said, meaning: Meaning, now: int) -> None:
        is_the_matter = (
            meaning.fills is not None
            or meaning.notes is Note.COMPLAINT
            or any(e.need is not None or e.risk is not None or e.type is not None for e in meaning.speaks_for)
        )
        phases = {e.phase for e in meaning.speaks_for}
        if is_the_matter:
            self._is_told = True
            if self.phase is Phase.OPENING:
                self._account_began = said.span.start
                self._move(Sign.TELLS, now)
            elif self.phase is Phase.CLOSING and said.span.start >= self.since:
                self._move(Sign.REOPENS, now)
        elif Phase.CLOSING in phases and self.phase is Phase.HANDLING:
            self._move(Sign.CLOSES, now)

    def _on_agent(self, sign: Sign, span: Span, now: int, tellings: Tellings) -> None:
        if self.phase is Phase.FIRST_ACCOUNT:
            if sign is not Sign.CLOSES and self._is_on_top(sign, span, now, tellings):
                return
            self._end_account(span.start, tellings)
        self._move(sign, now)

    def _is_on_top(self, sign: Sign, span: Span, now: int, tellings: Tellings) -> bool:
        """Whether the agent's phrase fell into the account: under it, or into a breath of it."""
        if self._account_began is not None and span.end <= self._account_began:
            return True
        if tellings.spoken(Party.CALLER, span, now) > _ON_TOP:
            return True
        after = Span(span.end, max(span.end, min(now, span.end + _BREATH)))
        goes_on = tellings.spoken(Party.CALLER, after, now) > _ON_TOP
        # After a question, what follows at once is its answer.
        return goes_on and sign is Sign.COMFORTS

    def _floor_passed(self, now: int, tellings: Tellings) -> int | None:
        """When the agent began to speak, if the account is over by that."""
        since, caller_end = tellings.since(Party.AGENT), tellings.last_end(Party.CALLER)
        if since is None or caller_end is None or tellings.since(Party.CALLER) is not None:
            return None
        if self._account_began is None or since <= self._account_began:
            return None
        has_account = self._is_told or self._caller_spoke(now, tellings) >= _ACCOUNT_MIN
        passed = now - max(since, caller_end) >= _PASSES_AFTER
        return since if has_account and passed else None

    def _end_account(self, agent_began: int, tellings: Tellings) -> None:
        ended = tellings.last_end(Party.CALLER)
        self.account_ended_at = agent_began if ended is None else min(ended, agent_began)

    def _has_resumed(self, now: int, tellings: Tellings) -> bool:
        """The caller went on within a breath, after no more than a few words of the agent's."""
        ended, since = self.account_ended_at, tellings.since(Party.CALLER)
        if ended is None or since is None or now - since < _RESUMED or self.since < ended:
            return False
        if Phase.FACT_FINDING in self.reached or Phase.HANDLING in self.reached:
            return False
        agent_end = tellings.last_end(Party.AGENT)
        between = Span(ended, max(ended, since))
        is_breath = agent_end is not None and since - agent_end <= _BREATH
        return is_breath and tellings.spoken(Party.AGENT, between, now) <= _SMALL

    def _caller_spoke(self, now: int, tellings: Tellings) -> int:
        return tellings.spoken(Party.CALLER, Span(self._account_began or 0, max(now, 0)), now)

    def _move(self, sign: Sign, now: int) -> None:
        to = NEXT.get((self.phase, sign))
        if to is None:
            return
        if sign is Sign.RESUMES:
            self.account_ended_at = None
        if to is Phase.FIRST_ACCOUNT and self._account_began is None:
            self._account_began = now
        self.phase, self.since = to, now
        self.reached.setdefault(to, now)
