"""What acts add up to. Pure: no clock, no file."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from monitor.desk.records import (
    COMMENTS_TOLD,
    Act,
    Action,
    AlertState,
    Assigned,
    Comment,
    Done,
    Marked,
    Snoozed,
    Verdict,
)

Step = Callable[[AlertState, Act], AlertState]


def fold(start: AlertState, acts: Iterable[Act]) -> AlertState:
    """The state after acts about one alert, in their order."""
    state = start
    for act in acts:
        state = replace(STEPS[act.action](state, act), number=act.number)
    return state


def changes(state: AlertState, act: Act) -> bool:
    """Whether the act would change anything: to acknowledge what is acknowledged does not."""
    return STEPS[act.action](state, act) != state


def told(state: AlertState) -> AlertState:
    """The state as the stream tells it: its size has a bound."""
    return replace(state, comments=state.comments[-COMMENTS_TOLD:])


def _acknowledge(state: AlertState, act: Act) -> AlertState:
    if state.acknowledged is not None:
        return state  # the first who did it has done it
    return replace(state, acknowledged=Done(by=act.by, at=act.at), snoozed=None)


def _assign(state: AlertState, act: Act) -> AlertState:
    if state.assigned is not None and state.assigned.to == act.to:
        return state
    return replace(state, assigned=Assigned(to=act.to, by=act.by, at=act.at))


def _mark(state: AlertState, act: Act) -> AlertState:
    verdict: Verdict = "false" if act.action == "mark_false" else "true"
    if state.marked is not None and state.marked.verdict == verdict:
        return state
    return replace(state, marked=Marked(verdict=verdict, by=act.by, at=act.at))


def _comment(state: AlertState, act: Act) -> AlertState:
    if not act.text:
        return state  # it was withdrawn, and its words are gone
    noted = Comment(number=act.number, by=act.by, at=act.at, text=act.text)
    return replace(state, comments=[*state.comments, noted])


STEPS: dict[Action, Step] = {
    "acknowledge": _acknowledge,
    "unacknowledge": lambda state, _: replace(state, acknowledged=None),
    "assign": _assign,
    "unassign": lambda state, _: replace(state, assigned=None),
    "snooze": lambda state, act: replace(state, snoozed=Snoozed(until=act.until, by=act.by, at=act.at)),
    "unsnooze": lambda state, _: replace(state, snoozed=None),
    "comment": _comment,
    "withdraw": lambda state, act: replace(
        state, comments=[comment for comment in state.comments if comment.number != act.comment]
    ),
    "mark_false": _mark,
    "mark_true": _mark,
    "unmark": lambda state, _: replace(state, marked=None),
}
"""What each act does."""
