"""What the desk keeps and tells: alerts as supervisors see them, what was done about them, and mutes."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from monitor.core.events import PartyName, SeverityName, Text

Action: TypeAlias = Literal[
    "acknowledge",
    "unacknowledge",
    "assign",
    "unassign",
    "snooze",
    "unsnooze",
    "comment",
    "withdraw",
    "mark_false",
    "mark_true",
    "unmark",
]
"""What can be done about an alert. `withdraw` takes a comment back, `mark_false` calls the alarm false."""

Verdict = Literal["false", "true"]

COMMENTS_TOLD = 20
"""Comments of one alert that the stream tells, the latest; the call's own answer has them all."""


class DeskAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert with what is needed to show it away from its call."""

    call_id: str
    alert_id: str
    agent: str
    """Whose call it is."""
    call_title: str
    rule: str
    title: Text
    severity: SeverityName
    party: PartyName | None
    because: Text
    raised_at_s: float
    """In call time."""
    raised_at: str
    """By the wall clock, RFC 3339, UTC."""
    cleared_at_s: float | None = None
    """In call time; null while it is open, and where the call broke off before."""
    is_call_over: bool = False
    """The call has ended: the alert is over with it."""


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody did about an alert. `number` counts up for ever."""

    number: int
    at: str
    by: str
    call_id: str
    alert_id: str
    action: Action
    to: str = ""
    """With `assign`: to which account."""
    until: str = ""
    """With `snooze`: RFC 3339, UTC."""
    text: str = ""
    """With `comment`; empty once it is withdrawn."""
    comment: int = 0
    """With `withdraw`: the comment's number."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """Who did it, and when."""

    by: str
    at: str


class Assigned(msgspec.Struct, frozen=True, kw_only=True):
    """Whose matter the alert is."""

    to: str
    by: str
    at: str


class Snoozed(msgspec.Struct, frozen=True, kw_only=True):
    """The alert is put off until then, and comes back if it is still open."""

    until: str
    by: str
    at: str


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody judged whether the alarm was right."""

    verdict: Verdict
    by: str
    at: str


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody noted."""

    number: int
    by: str
    at: str
    text: str


class AlertState(msgspec.Struct, frozen=True, kw_only=True):
    """What was done about an alert so far: all of it, whatever came before."""

    call_id: str
    alert_id: str
    agent: str
    number: int = 0
    """Of the last act; of two states of an alert the one with the greater number is the later."""
    acknowledged: Done | None = None
    assigned: Assigned | None = None
    snoozed: Snoozed | None = None
    marked: Marked | None = None
    comments: list[Comment] = []
    """The latest of them, oldest first."""


class Mute(msgspec.Struct, frozen=True, kw_only=True):
    """A rule whose alerts are shown as muted, for some agents or everybody, for a time."""

    id: int
    rule: str
    agents: list[str] | None
    """Whose calls; null: everybody's."""
    until: str
    by: str
    at: str
    ended_by: str | None = None
    """Who ended it before its time."""


class RuleMarks(msgspec.Struct, frozen=True, kw_only=True):
    """How supervisors judged a rule's alerts. `raised` = `marked_false` + `marked_true` + `unmarked`."""

    rule: str
    raised: int
    marked_false: int
    marked_true: int
    unmarked: int
    acknowledged_unmarked: int
    """Of the unmarked, those that somebody acknowledged: seen, but nobody said whether they were right."""
    precision: float | None
    """`marked_true` / (`marked_true` + `marked_false`); null where nobody marked any. It is the share among
    the marked ones, which supervisors choose: no estimate for the rest."""


DeskChange = DeskAlert | AlertState | Mute
