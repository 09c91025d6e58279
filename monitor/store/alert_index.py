"""Finds alerts in the event log without reading whole calls."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import msgspec

from monitor.core.events import AnyEvent, decode
from monitor.store.database import connect, store_error
from monitor.store.log import EventLog

_ALERTS = (
    "calls c CROSS JOIN events e INDEXED BY alert_events"
    " ON e.call_id = c.call_id AND e.type IN ('alert', 'alert_cleared')"
)
"""Calls first, then their alerts by the index, whose words these are: left to itself, SQLite may read all
events."""

_RAISED_AT = (
    "strftime('%Y-%m-%dT%H:%M:%fZ', c.started_at,"
    " '+' || json_extract(CAST(e.body AS TEXT), '$.raised_at_s') || ' seconds')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """An event of an alert with its call's."""

    call_id: str
    agent: str
    title: str
    started_at: str
    ended_at: str | None
    event: AnyEvent


class AlertIndex:
    """Answers from the log. Every method may raise StoreError where it cannot be read.

    Events of another version are left out.
    """

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def of_call(self, call_id: str) -> list[AlertEvent]:
        """A call's alerts raised and cleared, in order."""
        return self._events("c.call_id = ?", (call_id,))

    def since(self, ended_at: str, limit: int) -> list[AlertEvent]:
        """Alerts raised and cleared in the calls that ended after a time, in order; the latest `limit`."""
        return self._events("c.state != 'live' AND c.ended_at >= ?", (ended_at,), limit)

    def raised_by_rule(self, start: str, end: str, agents: Collection[str] | None = None) -> dict[str, int]:
        """How many alerts each rule raised in [start, end) (RFC 3339, UTC), in some agents' calls or all."""
        condition, values = "", list[object]()
        if agents is not None:
            condition = f" AND c.agent IN ({', '.join('?' * len(agents))})"
            values += sorted(agents)
        # A call that began before the period may have raised alerts in it; none lasts longer than a day.
        rows = self._aside(
            f"SELECT json_extract(CAST(e.body AS TEXT), '$.rule') AS rule, count(*) FROM {_ALERTS}"
            " AND e.type = 'alert'"
            " WHERE c.started_at != '' AND c.started_at >= strftime('%Y-%m-%dT%H:%M:%fZ', ?, '-1 day')"
            f" AND c.started_at < ? AND {_RAISED_AT} >= ? AND {_RAISED_AT} < ?{condition} GROUP BY rule",
            (start, end, start, end, *values),
        )
        return {str(rule): int(count) for rule, count in rows}

    def _aside(self, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        """Asks by a connection of its own: a quarter's alerts take seconds, for which no client may wait."""
        try:
            with closing(connect(self._log.path)) as connection:
                return connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise store_error(error, self._log.path) from error

    def _events(self, condition: str, values: tuple[object, ...], limit: int = -1) -> list[AlertEvent]:
        rows = self._log.rows(
            f"SELECT c.call_id, c.agent, c.title, c.started_at, c.ended_at, e.body FROM {_ALERTS}"
            f" WHERE {condition} ORDER BY e.pos DESC LIMIT ?",
            (*values, limit),
        )
        found = []
        for call_id, agent, title, started_at, ended_at, body in reversed(rows):
            try:
                event = decode(body)
            except msgspec.DecodeError:
                continue  # of another version: a start must not fail for it
            found.append(
                AlertEvent(
                    call_id=call_id,
                    agent=agent,
                    title=title,
                    started_at=started_at,
                    ended_at=ended_at,
                    event=event,
                )
            )
        return found
