"""What a rule looks for: a tree of conditions, and the gates before it.

A leaf is a table that has exactly one of the fields in `LEAVES`; `all`, `any` and `not` join leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from monitor.core.facts import TemperState
from monitor.core.playbook.conditions import (
    CallLongerLeaf,
    ComplaintLeaf,
    CountLeaf,
    Ids,
    InterruptsLeaf,
    Leaf,
    LikeLeaf,
    NeedLeaf,
    NotedLeaf,
    NotSaidLeaf,
    OrderLeaf,
    PhaseLeaf,
    RepeatsLeaf,
    ReplyGapLeaf,
    RiskLeaf,
    SaidLeaf,
    Share,
    SilentLeaf,
    SlotLeaf,
    SoundsLeaf,
    SpokenLeaf,
    TalkShareLeaf,
    TemperLeaf,
    TimingLeaf,
    TurnLongerLeaf,
    TurnsLeaf,
    TypeLeaf,
    UnacknowledgedLeaf,
)
from monitor.core.playbook.phrases import PositiveSeconds, Row
from monitor.core.reading.context import CallerNeed, CallerType, Phase

NODES_MAX = 40
"""Conditions of one rule, groups included: more cannot be read, nor argued about."""
DEPTH_MAX = 6
"""How deep groups may lie in one another."""


class AllOf(Row):
    """All of these hold."""

    all: Annotated[tuple[What, ...], Field(min_length=1, max_length=NODES_MAX)]


class AnyOf(Row):
    """One of these holds."""

    any: Annotated[tuple[What, ...], Field(min_length=1, max_length=NODES_MAX)]


class NoneOf(Row):
    """This does not hold."""

    not_: What = Field(alias="not")


LEAVES: dict[str, type[Leaf]] = {
    "said": SaidLeaf,
    "not_said": NotSaidLeaf,
    "order": OrderLeaf,
    "count": CountLeaf,
    "repeats": RepeatsLeaf,
    "like": LikeLeaf,
    "timing": TimingLeaf,
    "turn_longer_than_s": TurnLongerLeaf,
    "turns_at_most": TurnsLeaf,
    "turns_at_least": TurnsLeaf,
    "silent_for_s": SilentLeaf,
    "reply_gap_s": ReplyGapLeaf,
    "unacknowledged_for_s": UnacknowledgedLeaf,
    "talk_share_at_least": TalkShareLeaf,
    "talk_share_at_most": TalkShareLeaf,
    "spoken_s": SpokenLeaf,
    "call_longer_than_s": CallLongerLeaf,
    "interrupts": InterruptsLeaf,
    "sounds": SoundsLeaf,
    "temper_at_least": TemperLeaf,
    "temper_at_most": TemperLeaf,
    "slot": SlotLeaf,
    "is_complaint": ComplaintLeaf,
    "risk_at_least": RiskLeaf,
    "type": TypeLeaf,
    "need": NeedLeaf,
    "phase": PhaseLeaf,
    "noted": NotedLeaf,
}
"""Every leaf by the field that makes it one."""

WORDY = (SaidLeaf, NotSaidLeaf, OrderLeaf, CountLeaf, RepeatsLeaf, LikeLeaf)
"""Leaves about what is said or left unsaid."""

GROUPS: dict[str, type[Row]] = {"all": AllOf, "any": AnyOf, "not": NoneOf}

_KINDS: dict[str, type[Row]] = {**GROUPS, **LEAVES}


def _kind(value: Any) -> str | None:
    """Which kind of condition a table is: by the first field of `_KINDS` that it has."""
    if isinstance(value, dict):
        return next((_KINDS[name].__name__ for name in _KINDS if name in value), None)
    return type(value).__name__


What = Annotated[
    Annotated[AllOf, Tag("AllOf")]
    | Annotated[AnyOf, Tag("AnyOf")]
    | Annotated[NoneOf, Tag("NoneOf")]
    | Annotated[SaidLeaf, Tag("SaidLeaf")]
    | Annotated[NotSaidLeaf, Tag("NotSaidLeaf")]
    | Annotated[OrderLeaf, Tag("OrderLeaf")]
    | Annotated[CountLeaf, Tag("CountLeaf")]
    | Annotated[RepeatsLeaf, Tag("RepeatsLeaf")]
    | Annotated[LikeLeaf, Tag("LikeLeaf")]
    | Annotated[TimingLeaf, Tag("TimingLeaf")]
    | Annotated[TurnLongerLeaf, Tag("TurnLongerLeaf")]
    | Annotated[TurnsLeaf, Tag("TurnsLeaf")]
    | Annotated[SilentLeaf, Tag("SilentLeaf")]
    | Annotated[ReplyGapLeaf, Tag("ReplyGapLeaf")]
    | Annotated[UnacknowledgedLeaf, Tag("UnacknowledgedLeaf")]
    | Annotated[TalkShareLeaf, Tag("TalkShareLeaf")]
    | Annotated[SpokenLeaf, Tag("SpokenLeaf")]
    | Annotated[CallLongerLeaf, Tag("CallLongerLeaf")]
    | Annotated[InterruptsLeaf, Tag("InterruptsLeaf")]
    | Annotated[SoundsLeaf, Tag("SoundsLeaf")]
    | Annotated[TemperLeaf, Tag("TemperLeaf")]
    | Annotated[SlotLeaf, Tag("SlotLeaf")]
    | Annotated[ComplaintLeaf, Tag("ComplaintLeaf")]
    | Annotated[RiskLeaf, Tag("RiskLeaf")]
    | Annotated[TypeLeaf, Tag("TypeLeaf")]
    | Annotated[NeedLeaf, Tag("NeedLeaf")]
    | Annotated[PhaseLeaf, Tag("PhaseLeaf")]
    | Annotated[NotedLeaf, Tag("NotedLeaf")],
    Discriminator(
        _kind,
        custom_error_type="no_condition",
        custom_error_message="this is no condition; one of " + ", ".join(_KINDS) + " makes it one",
    ),
]

AllOf.model_rebuild()
AnyOf.model_rebuild()
NoneOf.model_rebuild()


class When(Row):
    """Gates: the rule is only looked at while all that are given hold."""

    phase: Annotated[tuple[Phase, ...], Field(min_length=1)] | None = None
    temper_at_least: Literal[TemperState.RAISED, TemperState.HOT] | None = None
    temper_at_most: Literal[TemperState.CALM, TemperState.RAISED] | None = None
    caller_type: Annotated[tuple[CallerType, ...], Field(min_length=1)] | None = None
    need: Annotated[tuple[CallerNeed, ...], Field(min_length=1)] | None = None
    score_at_least: Share = 0.5
    """What a caller type or need must score to count."""
    after: Ids | None = None
    """One of these has been said, `within_s` before where that is given."""
    within_s: PositiveSeconds | None = None
    before: Ids | None = None
    """None of these has been said yet."""
    is_complaint: bool | None = None
    language: Literal["zh", "en"] | None = None
    """Of the latest words."""

    @model_validator(mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        lists = {"phase", "caller_type", "need", "after", "before"}
        return {
            name: [value] if name in lists and isinstance(value, str) else value
            for name, value in data.items()
        }

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.within_s is not None and self.after is None:
            raise ValueError("`within_s` goes with `after`")
        both = set(self.after or ()) & set(self.before or ())
        if both:
            raise ValueError(f"`after` and `before` both name {sorted(both)[0]!r}: the rule could never fire")
        if self.temper_at_least is not None and self.temper_at_most is not None:
            order = list(TemperState)
            if order.index(self.temper_at_most) < order.index(self.temper_at_least):
                raise ValueError("`temper_at_most` is below `temper_at_least`: the rule could never fire")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of signals and rules that it names."""
        return (*(self.after or ()), *(self.before or ()))


def walk(what: Any, *, into_not: bool = True) -> Iterator[Row]:
    """A condition and all under it, outermost first; what may not hold too, if asked `into_not`."""
    yield what
    match what:
        case AllOf():
            for inner in what.all:
                yield from walk(inner, into_not=into_not)
        case AnyOf():
            for inner in what.any:
                yield from walk(inner, into_not=into_not)
        case NoneOf() if into_not:
            yield from walk(what.not_)
        case _:
            pass


def depth(what: Any) -> int:
    """How deep a condition is; a leaf is 1."""
    match what:
        case AllOf():
            return 1 + max(depth(inner) for inner in what.all)
        case AnyOf():
            return 1 + max(depth(inner) for inner in what.any)
        case NoneOf():
            return 1 + depth(what.not_)
        case _:
            return 1
