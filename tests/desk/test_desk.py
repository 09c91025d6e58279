"""The desk: which alerts are recent, what survives a restart, and how rules are judged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from monitor.core.events import Event
from monitor.desk import recent as recent_module
from monitor.desk.book import DeskBook, Wish
from monitor.desk.desk import Desk, seen_by
from monitor.desk.recent import RecentAlerts, is_over
from monitor.desk.records import DeskChange, Mute, RuleMarks
from monitor.errors import DeskError
from monitor.store import alert_index
from monitor.store.alert_index import AlertEvent, AlertIndex
from monitor.store.log import EventLog
from tests.desk.conftest import Clock
from tests.publish.conftest import CallScript

NOW = "2026-01-02T03:10:00.000Z"


def taken(recent: RecentAlerts, *events: Event) -> list[str]:
    return [
        f"{alert.alert_id}{' over' if is_over(alert) else ''}"
        for event in events
        for alert in recent.apply(event.call_id, event, NOW)
    ]


def test_alerts_are_raised_cleared_and_over_with_their_call() -> None:
    call, recent = CallScript(), RecentAlerts()
    events = [
        call.started(),
        call.alert("a1"),
        call.alert("a2"),
        call.cleared("a1"),
        call.words(),
        call.ended(),
    ]
    assert taken(recent, *events) == ["a1", "a2", "a1 over", "a1 over", "a2 over"]
    first = recent.get("call-1", "a1")
    assert first is not None and first.agent == "A1"
    assert first.raised_at == "2026-01-02T03:04:07.000Z", "the call's start and the call time"
    assert taken(recent, call.alert("late")) == [], "of a call that is over nothing is raised"


def test_the_oldest_that_are_over_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_module, "ALERTS_MAX", 2)
    call, recent = CallScript(), RecentAlerts()
    taken(recent, call.started(), call.alert("a1"), call.alert("a2"), call.cleared("a2"), call.alert("a3"))
    assert [alert.alert_id for alert in recent] == ["a1", "a3"]
    taken(recent, call.alert("a4"))
    assert [alert.alert_id for alert in recent] == ["a3", "a4"]


def test_what_was_over_long_ago_is_let_go() -> None:
    call, recent = CallScript(), RecentAlerts()
    taken(recent, call.started(), call.alert("a1"), call.alert("a2"), call.cleared("a1"))
    recent.forget_old("2026-01-02T10:00:00.000Z")
    assert len(list(recent)) == 2
    recent.forget_old("2026-01-02T12:00:00.000Z")
    assert [alert.alert_id for alert in recent] == ["a2"]


@pytest.fixture
def log(tmp_path: Path, clock: Clock) -> Iterator[EventLog]:
    with EventLog(tmp_path, now=clock) as opened:
        yield opened


def feed(log: EventLog, *events: Event) -> None:
    for event in events:
        log.append(event.call_id, [event])
    assert log.flush()


def test_a_restart_finds_recent_alerts_and_what_was_done(log: EventLog, book: DeskBook, clock: Clock) -> None:
    call = CallScript()
    events = [call.started(), call.alert("a1"), call.alert("a2"), call.cleared("a1"), call.ended()]
    feed(log, *events)
    before = Desk(book, AlertIndex(log), now=clock)
    for event in events:
        before.emit("call-1", [event])
    before.acted(book.do([before.find("call-1", "a2", None)], Wish(by="li", action="acknowledge")))
    mute = book.mute("hot_temper", ["A1"], clock.later(minutes=5), "li")
    after = Desk(book, AlertIndex(log), now=clock)
    assert after.alerts(None) == before.alerts(None)
    assert after.states(None) == before.states(None) != []
    assert after.mutes(None) == [mute]
    clock.advance(hours=9)
    late = Desk(book, AlertIndex(log), now=clock)
    assert (late.alerts(None), late.states(None), late.mutes(None)) == ([], [], [])
    assert late.find("call-1", "a2", {"A1"}).is_call_over
    assert late.of_call("call-1")[0][0].acknowledged is not None


def test_an_alert_of_another_version_stops_no_start(log: EventLog, book: DeskBook, clock: Clock) -> None:
    call = CallScript()
    feed(log, call.started(), call.alert("a1"), call.alert("a2"), call.ended())
    with closing(sqlite3.connect(log.path)) as file, file:
        assert file.execute(
            "UPDATE events SET body = ? WHERE type = 'alert' AND pos = (SELECT min(pos) FROM events"
            " WHERE type = 'alert')",
            (b'{"type":"alert","id":"a1"}',),
        ).rowcount
    desk = Desk(book, AlertIndex(log), now=clock)
    assert [alert.alert_id for alert in desk.alerts(None)] == ["a2"]


def test_of_others_calls_nothing_is_known(log: EventLog, book: DeskBook) -> None:
    mine, other = CallScript("mine", "A1"), CallScript("other", "A2")
    feed(log, mine.started(), mine.alert(), other.started(), other.alert())
    desk = Desk(book, AlertIndex(log))
    assert desk.find("mine", "a1", {"A1"}).agent == "A1"
    for call_id, alert_id in (("other", "a1"), ("mine", "a2"), ("no call", "a1")):
        with pytest.raises(DeskError, match=r"desk\.unknown_alert"):
            desk.find(call_id, alert_id, {"A1"})


def test_a_mute_names_no_agents_of_others() -> None:
    mute = Mute(id=1, rule="hot_temper", agents=["A1", "A2"], until=NOW, by="li", at=NOW)
    shown = seen_by(mute, {"A2", "A3"})
    assert isinstance(shown, Mute) and shown.agents == ["A2"]
    assert seen_by(mute, {"A3"}) is None
    assert seen_by(mute, None) == mute
    everybody = Mute(id=1, rule="hot_temper", agents=None, until=NOW, by="li", at=NOW)
    assert seen_by(everybody, {"A3"}) == everybody


def test_changes_are_told_once_and_never_backwards(log: EventLog, book: DeskBook) -> None:
    call = CallScript()
    events = [call.started(), call.alert()]
    feed(log, *events)
    desk = Desk(book, AlertIndex(log))
    desk.emit("call-1", events)
    told: list[DeskChange] = []
    desk.listeners.append(told.append)
    found = desk.find("call-1", "a1", None)
    first = book.do([found], Wish(by="li", action="acknowledge"))
    second = book.do([found], Wish(by="li", action="comment", text="called"))
    for states in (second, first, second):
        desk.acted(states)
    assert told == desk.states(None) == second


def test_rules_are_judged_with_counts(log: EventLog, book: DeskBook) -> None:
    call, other = CallScript("c1"), CallScript("c2", "A2")
    feed(
        log,
        call.started(),
        *(call.alert(f"a{n}") for n in range(5)),
        call.ended(),
        other.started(),
        other.alert(),
    )
    desk = Desk(book, AlertIndex(log))
    find = [desk.find("c1", f"a{n}", None) for n in range(5)]
    book.do(find[:1], Wish(by="li", action="mark_false"))
    book.do(find[1:3], Wish(by="li", action="mark_true"))
    book.do(find[2:4], Wish(by="li", action="acknowledge"))
    day = ("2026-01-02T00:00:00.000Z", "2026-01-03T00:00:00.000Z")
    (rule,) = desk.rule_marks(*day, {"A1"})
    assert rule == RuleMarks(
        rule="hot_temper",
        raised=5,
        marked_false=1,
        marked_true=2,
        unmarked=2,
        acknowledged_unmarked=1,
        precision=2 / 3,
    )
    (rule,) = desk.rule_marks(*day, None)
    assert (rule.raised, rule.unmarked) == (6, 3)
    (rule,) = desk.rule_marks(*day, {"A2"})
    assert (rule.raised, rule.precision) == (1, None)
    assert desk.rule_marks("2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z", None) == []


def test_alerts_are_found_by_their_index(log: EventLog) -> None:
    asked: list[str] = []

    class Listening(AlertIndex):
        def _aside(self, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
            asked.append(sql)
            return super()._aside(sql, values)

        def _events(self, condition: str, values: tuple[object, ...], limit: int = -1) -> list[AlertEvent]:
            asked.append(f"SELECT e.body FROM {alert_index._ALERTS} WHERE {condition} ORDER BY e.pos LIMIT ?")
            return super()._events(condition, values, limit)

    index = Listening(log)
    index.of_call("x")
    index.since(NOW, 10)
    index.raised_by_rule(NOW, NOW, {"A1"})
    assert len(asked) == 3
    for sql in asked:
        plan = [row[3] for row in log.rows(f"EXPLAIN QUERY PLAN {sql}", (0,) * sql.count("?"))]
        assert any("USING INDEX alert_events" in step for step in plan), plan
        assert not any(step.startswith("SCAN e") for step in plan), plan
