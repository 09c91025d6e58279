"""What acts about an alert add up to."""

from __future__ import annotations

from typing import Any, get_args

from monitor.desk.fold import STEPS, changes, fold, told
from monitor.desk.records import COMMENTS_TOLD, Act, Action, AlertState

START = AlertState(call_id="c", alert_id="a1", agent="A1")


def acts(*steps: tuple[Any, ...]) -> list[Act]:
    """Acts of (action, by, fields), one a second."""
    return [
        Act(
            number=number,
            at=f"2026-01-02T03:04:{number:02}.000Z",
            by=by,
            call_id="c",
            alert_id="a1",
            action=action,
            **(given[0] if given else {}),
        )
        for number, (action, by, *given) in enumerate(steps, 1)
    ]


def test_every_act_has_its_step() -> None:
    assert set(STEPS) == set(get_args(Action))


def test_the_first_to_acknowledge_has_done_it() -> None:
    state = fold(START, acts(("acknowledge", "li"), ("acknowledge", "he")))
    assert state.acknowledged is not None and state.acknowledged.by == "li"
    assert state.number == 2
    assert fold(state, acts(("unacknowledge", "he"))).acknowledged is None


def test_acknowledging_ends_a_snooze() -> None:
    state = fold(START, acts(("snooze", "li", {"until": "2026-01-02T04:00:00.000Z"})))
    assert state.snoozed is not None and state.snoozed.until == "2026-01-02T04:00:00.000Z"
    assert fold(state, acts(("acknowledge", "li"))).snoozed is None
    assert fold(state, acts(("unsnooze", "li"))).snoozed is None


def test_assigning_again_keeps_who_assigned_first_unless_it_is_to_another() -> None:
    state = fold(START, acts(("assign", "li", {"to": "he"}), ("assign", "root", {"to": "he"})))
    assert state.assigned is not None and (state.assigned.to, state.assigned.by) == ("he", "li")
    state = fold(state, acts(("assign", "root", {"to": "li"})))
    assert state.assigned is not None and (state.assigned.to, state.assigned.by) == ("li", "root")
    assert fold(state, acts(("unassign", "he"))).assigned is None


def test_the_last_mark_counts() -> None:
    state = fold(START, acts(("mark_true", "li"), ("mark_false", "he")))
    assert state.marked is not None and (state.marked.verdict, state.marked.by) == ("false", "he")
    assert fold(state, acts(("unmark", "he"))).marked is None


def test_a_withdrawn_comment_is_gone() -> None:
    both = acts(("comment", "li", {"text": "calling back"}), ("comment", "he", {"text": "done"}))
    state = fold(START, [*both, *acts(("withdraw", "li", {"comment": 1}))])
    assert [comment.text for comment in state.comments] == ["done"]
    emptied = acts(("comment", "li", {"text": ""}))
    assert fold(START, emptied).comments == []


def test_what_changes_nothing_is_known_before() -> None:
    state = fold(START, acts(("acknowledge", "li")))
    again, other = acts(("acknowledge", "he"), ("unacknowledge", "he"))
    assert not changes(state, again) and changes(state, other)
    assert not changes(START, other)
    assert not changes(START, acts(("withdraw", "li", {"comment": 7}))[0])


def test_what_is_told_has_a_bound() -> None:
    many = fold(START, acts(*(("comment", "li", {"text": f"note {n}"}) for n in range(30))))
    assert [comment.text for comment in told(many).comments] == [
        f"note {n}" for n in range(30 - COMMENTS_TOLD, 30)
    ]
