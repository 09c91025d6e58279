"""What a reader knows of a call at one moment: the contract between the reading and the rules.

The reader owns a `CallState` and keeps it up to date; everybody else sees it as a `CallContext`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from monitor.core.audio import Party
from monitor.core.clock import Span
from monitor.core.facts import TemperState


class Phase(StrEnum):
    """How far a call has come. A call may go back: to `comfort` when the caller flares up again."""

    OPENING = "opening"
    FIRST_ACCOUNT = "first_account"
    """The caller tells what happened for the first time."""
    COMFORT = "comfort"
    """The account is over and the agent meets the caller before the matter."""
    FACT_FINDING = "fact_finding"
    HANDLING = "handling"
    """Explaining, promising, conceding, refusing."""
    CLOSING = "closing"


class CallerType(StrEnum):
    """How a caller goes about it, as manners of this call and never as a trait of the person."""

    SUBJECTIVE = "subjective"
    """主观性强: pressed for time, judges by feeling."""
    COMMANDING = "commanding"
    """命令型: at once, must, my way."""
    WAVERING = "wavering"
    """反复不定型: from one complaint to the next, asks for this and then for that."""
    IRRITABLE = "irritable"
    """脾气火暴型: heated, fast, loud, cuts in."""


class CallerNeed(StrEnum):
    """What a caller wants most."""

    RESOLVE = "resolve"
    """解决问题: that it be put right soon."""
    RESPECT = "respect"
    """得到尊重: to be taken seriously."""
    COMPENSATION = "compensation"
    """得到补偿: to be made good."""
    VENTING = "venting"
    """宣泄不满: to let it out."""


class ComplaintSlot(StrEnum):
    """What must be known of a complaint before the call ends."""

    ABOUT_WHOM = "about_whom"
    CAUSE = "cause"
    COURSE = "course"
    OUTCOME = "outcome"
    DEMAND = "demand"
    NAME = "name"
    CONTACT = "contact"
    ORDER_NUMBER = "order_number"


class RiskKind(StrEnum):
    """What makes a complaint leave the house."""

    LEADER = "leader"
    REGULATOR = "regulator"
    MEDIA = "media"
    CONSUMER_BODY = "consumer_body"
    LAWYER = "lawyer"
    COMPLAINT = "complaint"
    """The caller says that it will complain formally."""
    LEAVING = "leaving"
    """The caller says that it will never come back."""
    REPEATED_DEMAND = "repeated_demand"
    REFUSED = "refused"
    """The caller asked, and was refused."""
    HEAT = "heat"


class Note(StrEnum):
    """What a signal enters into the call's books."""

    PROMISE = "promise"
    CONCESSION = "concession"
    APOLOGY = "apology"
    QUESTION = "question"
    ACKNOWLEDGEMENT = "acknowledgement"
    COMPLAINT = "complaint"
    """The caller complains: from here on the slots of a complaint matter."""
    REFUSAL = "refusal"
    """The agent refuses; soon after a demand that is a risk."""
    RELIEF = "relief"
    """The caller accepts, or gives thanks: heat and risk go down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledSlot:
    """A slot of the complaint with the words that filled it."""

    slot: ComplaintSlot
    words: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What the agent promised. `due` is the time as it was said ("今天下午三点前", "within 24 hours").

    It is None where no time was given, and is never resolved to a date: the core knows no wall clock.
    """

    what: str
    due: str | None
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Concession:
    """What the agent offered. `number` counts the call's concessions from 1; a call is one round."""

    what: str
    number: int
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How often something was said: `total` in the call, `recent` within `window_s`."""

    total: int = 0
    recent: int = 0
    limit: int | None = None
    """The most that `recent` should be, from the reading's settings; None: no limit."""
    window_s: float = 120.0

    @property
    def is_over(self) -> bool:
        """More often than the limit allows."""
        return self.limit is not None and self.recent > self.limit


class CallContext(Protocol):
    """A read-only view of the call as it stands. Times are samples of call time, scores 0..1."""

    @property
    def revision(self) -> int | None:
        """Another number whenever anything but `now` may be other than before; None: nobody counts."""
        ...

    @property
    def now(self) -> int: ...
    @property
    def phase(self) -> Phase: ...
    @property
    def phase_since(self) -> int: ...
    @property
    def reached(self) -> Mapping[Phase, int]:
        """When each phase was first entered; phases not yet reached are absent."""
        ...

    @property
    def account_ended_at(self) -> int | None:
        """When the caller's first account was over; None while it lasts or has not begun."""
        ...

    @property
    def has_account_ended(self) -> bool: ...
    @property
    def temper(self) -> TemperState:
        """The caller's; never an agent's."""
        ...

    @property
    def temper_score(self) -> float: ...
    @property
    def types(self) -> Mapping[CallerType, float]: ...
    @property
    def needs(self) -> Mapping[CallerNeed, float]: ...
    @property
    def is_complaint(self) -> bool:
        """The caller complains, so the slots matter."""
        ...

    @property
    def slots(self) -> Mapping[ComplaintSlot, FilledSlot]:
        """Slots that are filled; the others are absent."""
        ...

    @property
    def promises(self) -> Sequence[Promise]: ...
    @property
    def concessions(self) -> Sequence[Concession]: ...
    @property
    def counts(self) -> Mapping[Note, Tally]: ...
    @property
    def risk(self) -> float:
        """How likely the complaint leaves the house, 0..1."""
        ...

    @property
    def risk_reasons(self) -> Mapping[RiskKind, float]:
        """What the risk is made of, each 0..1; kinds that add nothing are absent."""
        ...

    @property
    def holder(self) -> Party | None:
        """Who spoke last alone; None before the first word."""
        ...

    @property
    def language(self) -> str:
        """Of the latest words, `zh` or `en` or as the recogniser names it; empty before them."""
        ...

    def is_speaking(self, party: Party) -> bool: ...
    def speaking_since(self, party: Party) -> int | None:
        """Since when the party has been speaking without giving up the floor; None while it does not."""
        ...

    def turns(self, party: Party) -> int:
        """Turns that the party has ended."""
        ...


@dataclass(slots=True, kw_only=True)
class CallState:
    """The reader's own copy, which it changes; also what a test of a rule hands in. See `CallContext`."""

    now: int = 0
    revision: int | None = None
    phase: Phase = Phase.OPENING
    phase_since: int = 0
    reached: dict[Phase, int] = field(default_factory=lambda: {Phase.OPENING: 0})
    account_ended_at: int | None = None
    temper: TemperState = TemperState.CALM
    temper_score: float = 0.0
    types: dict[CallerType, float] = field(default_factory=lambda: dict.fromkeys(CallerType, 0.0))
    needs: dict[CallerNeed, float] = field(default_factory=lambda: dict.fromkeys(CallerNeed, 0.0))
    is_complaint: bool = False
    slots: dict[ComplaintSlot, FilledSlot] = field(default_factory=dict)
    promises: list[Promise] = field(default_factory=list)
    concessions: list[Concession] = field(default_factory=list)
    counts: dict[Note, Tally] = field(default_factory=lambda: {note: Tally() for note in Note})
    risk: float = 0.0
    risk_reasons: dict[RiskKind, float] = field(default_factory=dict)
    holder: Party | None = None
    language: str = ""
    since: dict[Party, int] = field(default_factory=dict)
    """Parties that speak now, with when they began."""
    ended_turns: dict[Party, int] = field(default_factory=lambda: dict.fromkeys(Party, 0))

    @property
    def has_account_ended(self) -> bool:
        """The caller's first account is over."""
        return self.account_ended_at is not None

    def is_speaking(self, party: Party) -> bool:
        """The party's sound is speech now."""
        return party in self.since

    def speaking_since(self, party: Party) -> int | None:
        """When the party began what it says now."""
        return self.since.get(party)

    def turns(self, party: Party) -> int:
        """Turns that the party has ended."""
        return self.ended_turns[party]
