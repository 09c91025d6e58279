"""Conditions of one thing each, as rows of a playbook file: the leaves of what a rule looks for.

What a leaf means while a call runs is in `monitor.core.playbook.leaves`; how leaves are joined is in
`monitor.core.playbook.tree`.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from monitor.core.audio import Party
from monitor.core.facts import TemperState
from monitor.core.playbook.phrases import EXAMPLES_MAX, PositiveSeconds, Row, RuleId
from monitor.core.reading.context import CallerNeed, CallerType, ComplaintSlot, Note, Phase

Share = Annotated[float, Field(ge=0, le=1)]
Ids = Annotated[tuple[RuleId, ...], Field(min_length=1, max_length=30)]


class Leaf(Row):
    """A condition of one thing. `IDS` are its fields that name signals or rules."""

    IDS: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="before")
    @classmethod
    def _one_id_is_a_list_of_one(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {
            name: [value] if name in cls.IDS and isinstance(value, str) else value
            for name, value in data.items()
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of signals and rules that it names."""
        return tuple(id_ for field in self.IDS for id_ in getattr(self, field) or ())


# --- what is said ---------------------------------------------------------------------------------------


class SaidLeaf(Leaf):
    """One of these is said: now, or within the time before now.

    Without `within_s` and `within_turns` it is the moment at which the rule looks: the phrase was said
    just now, in the turn that goes on. Under `not` it then means "so far in the call".
    """

    IDS: ClassVar[tuple[str, ...]] = ("said",)

    said: Ids
    within_s: PositiveSeconds | None = None
    within_turns: int | None = Field(None, ge=1, le=20)
    """Of the party that says it, the turn in which it is said not counted."""
    at_least: int = Field(1, ge=1, le=20)
    """How often: within `within_s`, or 60 s."""

    @model_validator(mode="after")
    def _has_one_window(self) -> Self:
        if self.within_s is not None and self.within_turns is not None:
            raise ValueError("give `within_s` or `within_turns`, not both")
        return self

    @property
    def is_moment(self) -> bool:
        """Whether it names the moment at which the rule looks."""
        return self.within_turns is None and (self.within_s is None or self.at_least > 1)


class NotSaidLeaf(Leaf):
    """None of these has been said when it was due; true from then until one is said.

    Due `by_s` after the call's start, or `within_s` or `within_turns` (of the party that owes it; 0 is the
    turn in which the party itself says what it is due after) `after` something was said, or when the call
    reaches `by_phase`, or `by_end` of the call. Nobody is late while somebody speaks: a time that runs out
    then waits for the words.
    """

    IDS: ClassVar[tuple[str, ...]] = ("not_said", "after")

    not_said: Ids
    after: Ids | None = None
    within_s: PositiveSeconds | None = None
    within_turns: int | None = Field(None, ge=0, le=20)
    counts_for_s: float = Field(60.0, ge=0, le=7200)
    """With `after`: said this long before counts as well."""
    by_s: PositiveSeconds | None = None
    by_phase: Phase | None = None
    by_end: bool = False

    @model_validator(mode="after")
    def _is_due_once(self) -> Self:
        points = [self.after is not None, self.by_s is not None, self.by_phase is not None, self.by_end]
        if sum(points) != 1:
            raise ValueError(
                "say when it is due: exactly one of `after`, `by_s`, `by_phase`, `by_end = true`"
            )
        windows = (self.within_s is not None) + (self.within_turns is not None)
        if windows != int(self.after is not None):
            raise ValueError("`after` takes one of `within_s` and `within_turns`, and nothing else does")
        if self.after is not None and set(self.after) & set(self.not_said):
            raise ValueError("`after` and `not_said` name the same: it would always be said at once")
        return self


class OrderLeaf(Leaf):
    """The second of `order` is said, and the first was not said before it (`within_s` before, if given)."""

    IDS: ClassVar[tuple[str, ...]] = ("order",)

    order: tuple[RuleId, RuleId]
    within_s: PositiveSeconds | None = None

    @model_validator(mode="after")
    def _are_two(self) -> Self:
        if self.order[0] == self.order[1]:
            raise ValueError("`order` takes two different things")
        return self


class CountLeaf(Leaf):
    """Any of these has been said so often within the window; a new count begins when the rule fires."""

    IDS: ClassVar[tuple[str, ...]] = ("count",)

    count: Ids
    at_least: int = Field(2, ge=2, le=20)
    within_s: PositiveSeconds = 60.0


class RepeatsLeaf(Leaf):
    """The party says nearly the same sentence again: `times` in all within the window.

    Short answers, fillers and numbers that are read out do not count. With `saying`, only sentences in
    which one of these is said.
    """

    IDS: ClassVar[tuple[str, ...]] = ("saying",)

    repeats: Party
    times: int = Field(2, ge=2, le=10)
    within_s: PositiveSeconds = 180.0
    at_least: Share = 0.7
    saying: Ids | None = None


class LikeLeaf(Leaf):
    """A sentence of the party is like one of the examples, whichever their language."""

    like: tuple[Annotated[str, Field(min_length=4, max_length=200)], ...] = Field(
        min_length=1, max_length=EXAMPLES_MAX
    )
    at_least: Share = 0.7


# --- when it is said ------------------------------------------------------------------------------------


class TimingLeaf(Leaf):
    """When the party of the rule speaks, against the other.

    `before_account_ends`, `after_account_ends`: of the caller's first account. `on_top_of_other`: it was
    said while the other party spoke. `right_after_other`: in the first 3 s after the other's turn.
    `at_turn_start`: in the first 3 s of the party's own turn.
    """

    timing: Literal[
        "before_account_ends", "after_account_ends", "on_top_of_other", "right_after_other", "at_turn_start"
    ]


class TurnLongerLeaf(Leaf):
    """The party's turn has lasted longer than this."""

    turn_longer_than_s: PositiveSeconds
    who: Party | None = None


class TurnsLeaf(Leaf):
    """The party's present turn is at most, or at least, its n-th of the call."""

    turns_at_most: int | None = Field(None, ge=1, le=500)
    turns_at_least: int | None = Field(None, ge=1, le=500)
    who: Party | None = None


class SilentLeaf(Leaf):
    """Nobody, or not `who`, has spoken for this long; not before the first word of the call."""

    silent_for_s: PositiveSeconds
    who: Party | None = None


class ReplyGapLeaf(Leaf):
    """The other party has finished and nobody has spoken for this long: the party owes a reply."""

    reply_gap_s: PositiveSeconds
    who: Party | None = None


class UnacknowledgedLeaf(Leaf):
    """The other party has spoken this long, pauses excluded, without a sound of the party."""

    unacknowledged_for_s: PositiveSeconds
    who: Party | None = None


class TalkShareLeaf(Leaf):
    """The party's share of the talk of the last `within_s` is at least, or at most, so much."""

    talk_share_at_least: Share | None = None
    talk_share_at_most: Share | None = None
    within_s: float = Field(120.0, ge=10, le=600)
    speech_s: PositiveSeconds = 30.0
    """Speech of both in the window that it takes to judge."""
    who: Party | None = None


class SpokenLeaf(Leaf):
    """The party has spoken so much in the call in all."""

    spoken_s: PositiveSeconds
    who: Party | None = None


class CallLongerLeaf(Leaf):
    """The call has lasted longer than this."""

    call_longer_than_s: PositiveSeconds


class InterruptsLeaf(Leaf):
    """The party has cut in so often within the window."""

    interrupts: Party
    at_least: int = Field(1, ge=1, le=20)
    within_s: PositiveSeconds = 60.0


# --- how it sounds --------------------------------------------------------------------------------------


class Sounds(Row):
    """How the party sounds against its own usual, over its last `for_s` of speech; all that is given.

    Of an agent these are behaviours. What an agent feels is never looked at.
    """

    rate_ratio_min: float | None = Field(None, gt=0.5, le=3)
    rate_ratio_max: float | None = Field(None, gt=0.1, le=1)
    level_db_min: float | None = Field(None, ge=1, le=30)
    level_db_max: float | None = Field(None, ge=-30, le=-1)
    f0_st_min: float | None = Field(None, ge=0.5, le=24)
    for_s: float = Field(3.0, ge=1, le=30)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.bounds:
            raise ValueError("`sounds` needs a bound, such as `rate_ratio_min = 1.25`")
        return self

    @property
    def bounds(self) -> dict[str, float]:
        """The bounds that are given."""
        return {name: value for name, value in self if name != "for_s" and value is not None}


class SoundsLeaf(Leaf):
    """The party's voice against its own usual."""

    sounds: Sounds
    who: Party | None = None


class TemperLeaf(Leaf):
    """The caller's temper, held for `for_s`; never an agent's."""

    temper_at_least: Literal[TemperState.RAISED, TemperState.HOT] | None = None
    temper_at_most: Literal[TemperState.CALM, TemperState.RAISED] | None = None
    for_s: float = Field(0.0, ge=0, le=600)


# --- what the call is about -----------------------------------------------------------------------------


class SlotLeaf(Leaf):
    """Slots of the complaint: one of them is still empty (`is_filled = false`), or all are filled."""

    IDS: ClassVar[tuple[str, ...]] = ()

    slot: Annotated[tuple[ComplaintSlot, ...], Field(min_length=1)]
    is_filled: bool = False

    @model_validator(mode="before")
    @classmethod
    def _one_slot_is_a_list_of_one(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("slot"), str):
            return {**data, "slot": [data["slot"]]}
        return data


class ComplaintLeaf(Leaf):
    """Whether the caller complains."""

    is_complaint: bool


class RiskLeaf(Leaf):
    """How likely the complaint leaves the house."""

    risk_at_least: Share


class TypeLeaf(Leaf):
    """The caller goes about it in this manner."""

    type: CallerType
    at_least: Share = 0.5


class NeedLeaf(Leaf):
    """The caller wants this."""

    need: CallerNeed
    at_least: Share = 0.5


class PhaseLeaf(Leaf):
    """The call is in one of these phases."""

    phase: Annotated[tuple[Phase, ...], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _one_phase_is_a_list_of_one(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("phase"), str):
            return {**data, "phase": [data["phase"]]}
        return data


class NotedLeaf(Leaf):
    """How often the call's books have something in the whole call: promises, concessions, apologies…"""

    noted: Note
    at_least: int | None = Field(None, ge=1, le=100)
    at_most: int | None = Field(None, ge=0, le=100)

    @model_validator(mode="after")
    def _has_a_bound(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give `at_least` or `at_most`")
        return self
