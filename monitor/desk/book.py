"""Writes down what supervisors do, and finds it again."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from monitor.desk.database import DeskFile
from monitor.desk.fold import changes, fold
from monitor.desk.records import Act, Action, AlertState, DeskAlert, Mute, Verdict
from monitor.errors import AccountError, DeskError
from monitor.store.log import utc_now

ACTS_MAX = 100
"""Acts about one alert: more is a script that runs wild, and every one is folded again and again."""

MUTES_MAX = 200
"""Mutes in force at once; every page holds them all."""

_ACT = 'number, at, by, call_id, alert_id, action, "to", until, text, comment'
_MUTE = "id, rule, agents, until, by, at, ended_by"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to do about alerts; `until` goes with `snooze`, and so on, as in `Act`."""

    by: str
    action: Action
    to: str = ""
    until: str = ""
    text: str = ""
    comment: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMarks:
    """What the marks of one alert come to."""

    rule: str
    verdict: Verdict | None
    is_acknowledged: bool


class DeskBook:
    """Acts and mutes. Every method may raise StoreError when the disk fails."""

    def __init__(self, file: DeskFile, *, now: Callable[[], str] = utc_now) -> None:
        """`now` is the wall clock, RFC 3339 in UTC."""
        self._file = file
        self._now = now

    # --- acts ---

    def do(self, alerts: Sequence[DeskAlert], wish: Wish) -> list[AlertState]:
        """Writes an act about each of the alerts, all or none, and returns what is so now.

        What would change nothing is not written.

        Raises:
            DeskError: desk.too_many; AccountError: account.forbidden: the comment is another's.
        """
        at = self._now()
        states: list[AlertState] = []
        with self._file.transaction() as connection:
            for alert in alerts:
                acts = _acts(connection, alert.call_id, alert.alert_id)
                state = fold(_nothing(alert), acts)
                act = Act(
                    number=state.number,
                    at=at,
                    by=wish.by,
                    call_id=alert.call_id,
                    alert_id=alert.alert_id,
                    action=wish.action,
                    to=wish.to,
                    until=wish.until,
                    text=wish.text,
                    comment=wish.comment,
                )
                if not changes(state, act):
                    states.append(state)
                    continue
                if len(acts) >= ACTS_MAX:
                    raise DeskError("desk.too_many", what="acts about one alert", limit=ACTS_MAX)
                if act.action == "withdraw":
                    _take_back(connection, state, act)
                states.append(fold(state, [replace(act, number=_insert(connection, alert, act))]))
        return states

    def states(self, alerts: Iterable[DeskAlert]) -> list[AlertState]:
        """What was done about alerts; those about which nothing was done are left out."""
        states = []
        for alert in alerts:
            acts = self._acts_of(alert.call_id, alert.alert_id)
            if acts:
                states.append(fold(_nothing(alert), acts))
        return states

    def acts_of_call(self, call_id: str) -> list[Act]:
        """All that was done about a call's alerts, in order."""
        rows = self._file.rows(f"SELECT {_ACT} FROM acts WHERE call_id = ? ORDER BY number", (call_id,))
        return [_act(row) for row in rows]

    def _acts_of(self, call_id: str, alert_id: str) -> list[Act]:
        rows = self._file.rows(
            f"SELECT {_ACT} FROM acts WHERE call_id = ? AND alert_id = ? ORDER BY number", (call_id, alert_id)
        )
        return [_act(row) for row in rows]

    def marks(self, start: str, end: str, agents: Collection[str] | None = None) -> list[AlertMarks]:
        """What is marked and acknowledged of the alerts raised in [start, end), of some agents or all."""
        condition = "raised_at >= ? AND raised_at < ?"
        values: list[object] = [start, end]
        if agents is not None:
            condition += f" AND agent IN ({', '.join('?' * len(agents))})"
            values += sorted(agents)
        rows = self._file.rows(
            "SELECT call_id, alert_id, rule, action FROM acts WHERE action IN ('acknowledge',"
            f" 'unacknowledge', 'mark_false', 'mark_true', 'unmark') AND {condition} ORDER BY number",
            tuple(values),
        )
        rules: dict[tuple[str, str], str] = {}
        actions: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for call_id, alert_id, rule, action in rows:
            rules[call_id, alert_id] = rule
            actions[call_id, alert_id].append(action)
        return [
            AlertMarks(rule=rule, verdict=_verdict(actions[where]), is_acknowledged=_is_seen(actions[where]))
            for where, rule in rules.items()
        ]

    # --- mutes ---

    def mute(self, rule: str, agents: Collection[str] | None, until: str, by: str) -> Mute:
        """Mutes a rule for some agents' calls, or everybody's.

        Raises:
            DeskError: desk.too_many.
        """
        at = self._now()
        with self._file.transaction() as connection:
            (running,) = connection.execute(
                "SELECT count(*) FROM mutes WHERE until > ? AND ended_by IS NULL", (at,)
            ).fetchone()
            if running >= MUTES_MAX:
                raise DeskError("desk.too_many", what="mutes at once", limit=MUTES_MAX)
            row = connection.execute(
                "INSERT INTO mutes (rule, agents, until, by, at) VALUES (?, ?, ?, ?, ?)",
                (rule, None if agents is None else json.dumps(sorted(agents)), until, by, at),
            )
            return self._mute_row(connection, int(row.lastrowid or 0))

    def unmute(self, mute_id: int, by: str) -> Mute:
        """Ends a mute before its time; a second time changes nothing.

        Raises:
            DeskError: desk.unknown_mute.
        """
        with self._file.transaction() as connection:
            connection.execute(
                "UPDATE mutes SET ended_by = ?, ended_at = ? WHERE id = ? AND ended_by IS NULL",
                (by, self._now(), mute_id),
            )
            return self._mute_row(connection, mute_id)

    def mutes(self) -> list[Mute]:
        """Those in force, the latest last."""
        rows = self._file.rows(
            f"SELECT {_MUTE} FROM mutes WHERE until > ? AND ended_by IS NULL ORDER BY id", (self._now(),)
        )
        return [_mute(row) for row in rows]

    def _mute_row(self, connection: sqlite3.Connection, mute_id: int) -> Mute:
        row = connection.execute(f"SELECT {_MUTE} FROM mutes WHERE id = ?", (mute_id,)).fetchone()
        if row is None:
            raise DeskError("desk.unknown_mute", id=mute_id)
        return _mute(row)


def _nothing(alert: DeskAlert) -> AlertState:
    return AlertState(call_id=alert.call_id, alert_id=alert.alert_id, agent=alert.agent)


def _acts(connection: sqlite3.Connection, call_id: str, alert_id: str) -> list[Act]:
    rows = connection.execute(
        f"SELECT {_ACT} FROM acts WHERE call_id = ? AND alert_id = ? ORDER BY number", (call_id, alert_id)
    )
    return [_act(row) for row in rows]


def _insert(connection: sqlite3.Connection, alert: DeskAlert, act: Act) -> int:
    row = connection.execute(
        'INSERT INTO acts (at, by, call_id, alert_id, action, "to", until, text, comment, rule, agent,'
        " raised_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            act.at,
            act.by,
            act.call_id,
            act.alert_id,
            act.action,
            act.to,
            act.until,
            act.text,
            act.comment,
            alert.rule,
            alert.agent,
            alert.raised_at,
        ),
    )
    return int(row.lastrowid or 0)


def _take_back(connection: sqlite3.Connection, state: AlertState, act: Act) -> None:
    """Forgets a comment's words, and keeps that there was one."""
    (comment,) = (known for known in state.comments if known.number == act.comment)
    if comment.by != act.by:
        raise AccountError("account.forbidden")
    connection.execute("UPDATE acts SET text = '' WHERE number = ?", (act.comment,))


def _act(row: tuple[Any, ...]) -> Act:
    return Act(**dict(zip((name.strip(' "') for name in _ACT.split(",")), row, strict=True)))


def _mute(row: tuple[Any, ...]) -> Mute:
    number, rule, agents, until, by, at, ended_by = row
    return Mute(
        id=number,
        rule=rule,
        agents=None if agents is None else json.loads(agents),
        until=until,
        by=by,
        at=at,
        ended_by=ended_by,
    )


def _verdict(actions: Sequence[str]) -> Verdict | None:
    last = next((action for action in reversed(actions) if "mark" in action), "unmark")
    verdicts: dict[str, Verdict] = {"mark_false": "false", "mark_true": "true"}
    return verdicts.get(last)


def _is_seen(actions: Sequence[str]) -> bool:
    return next((action for action in reversed(actions) if "acknowledge" in action), "") == "acknowledge"
