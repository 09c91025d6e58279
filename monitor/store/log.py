"""The event log: every event of every call, with a position that clients resume from. SQLite, in WAL mode."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from monitor.core.events import CallEnded, CallStarted, Event, Partial, encode
from monitor.errors import StoreError
from monitor.store.closing import cut_off_events
from monitor.store.database import FolderLock, connect, open_database, store_error
from monitor.store.records import CallRecord, CallState, StoredEvent, StoreHealth
from monitor.store.writer import RESERVE, Batch, CallRow, LogWriter

QUEUE_EVENTS = 8_192
"""Events that wait for the disk: half a minute of 300 a second. Beyond that they are lost, and counted."""

_STATES: dict[str, CallState] = {"completed": "ended", "cut_off": "cut_off", "failed": "failed"}
_EVENT_COLUMNS = "pos, call_id, seq, type, t_s, body"
_CALL_COLUMNS = (
    "number, call_id, started_at, ended_at, state, title, source, agent, has_words, duration_s, alerts,"
    " interruptions"
)


def utc_now() -> str:
    """The wall clock, RFC 3339 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class EventLog:
    """Numbers events over all calls and keeps them. `append` never waits for the disk; reads do.

    When the disk is full or fails, calls go on: their events are counted as lost, `health` says why, and
    writing goes on by itself when the disk allows.
    """

    def __init__(
        self,
        folder: Path,
        *,
        queue_events: int = QUEUE_EVENTS,
        opener: Callable[[Path], sqlite3.Connection] = open_database,
        now: Callable[[], str] = utc_now,
    ) -> None:
        """Opens the log in `folder`, and marks calls that were live when a process died as cut off.

        Raises:
            StoreError: store.locked, store.damaged, store.version, store.full, store.unwritable.
        """
        self.path = folder / "events.db"
        self.queue_events = queue_events
        self._now = now
        self._append_lock = threading.Lock()
        self._read_lock = threading.Lock()
        self._live: dict[str, CallRow] = {}
        self._lock = FolderLock(folder)
        try:
            self._connection = opener(self.path)
        except StoreError:
            self._lock.release()
            raise
        try:
            self._pos = self._last_given_pos()
            self.cut_off_calls = self._cut_off_live_calls()
            reserved = self._reserve(self._pos + RESERVE)
            self._reader = connect(self.path)
        except sqlite3.Error as error:
            self._connection.close()
            self._lock.release()
            raise store_error(error, self.path) from error
        self._writer = LogWriter(
            self._connection, self.path, reserved_pos=reserved, queue_events=queue_events
        )

    # --- writing ---

    @property
    def pos(self) -> int:
        """The last position given."""
        return self._pos

    def append(self, call_id: str, events: Sequence[Event]) -> list[StoredEvent]:
        """Gives the events of a call their positions and hands them to the writer. Never waits.

        Returns the events as they are stored, in order; those that are not kept have no position.
        """
        with self._append_lock:
            stored: list[StoredEvent] = []
            calls: list[CallRow] = []
            for event in events:
                stored.append(self._place(call_id, event))
                row = self._call_row(call_id, event)
                if row is not None:
                    calls.append(row)
            kept = [event for event in stored if event.pos is not None]
            if kept:
                self._writer.put(Batch(kept, calls))
            return stored

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Waits until all that was appended is on disk or lost; False when it takes longer."""
        return self._writer.flush(timeout_s)

    def health(self) -> StoreHealth:
        """How the log fares now."""
        return self._writer.health()

    def on_write(self, callback: Callable[[float], None]) -> None:
        """Has `callback` called, in the writer's thread, with the seconds that each transaction took."""
        self._writer.on_write = callback

    def close(self) -> None:
        """Writes what waits, and frees the folder."""
        self._writer.close()
        # On a full disk the reserve stays as a crash leaves it, which the next start can do with.
        with contextlib.suppress(sqlite3.Error):
            self._reserve(self._pos)
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with self._read_lock:
            self._reader.close()
        self._connection.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- reading ---

    def read_call(self, call_id: str, after_seq: int = 0, limit: int = 1_000) -> list[StoredEvent]:
        """A call's events after `after_seq`, at most `limit`, in order."""
        return self._events("call_id = ? AND seq > ? ORDER BY seq LIMIT ?", (call_id, after_seq, limit))

    def read_after(
        self,
        pos: int,
        *,
        limit: int = 1_000,
        until: int | None = None,
        types: Collection[str] | None = None,
        call_id: str | None = None,
    ) -> list[StoredEvent]:
        """Events with a position in (pos, until], of all calls or one, of all types or some, in order.

        Waits for events up to `until` that are still on their way to the disk.
        """
        if until is not None and until > self._writer.settled_pos:
            self.flush()
        condition = "pos > ?"
        parameters: list[object] = [pos]
        if until is not None:
            condition += " AND pos <= ?"
            parameters.append(until)
        if types is not None:
            condition += f" AND type IN ({', '.join('?' * len(types))})"
            parameters += sorted(types)
        if call_id is not None:
            condition += " AND call_id = ?"
            parameters.append(call_id)
        return self._events(f"{condition} ORDER BY pos LIMIT ?", (*parameters, limit))

    def nth_last_pos(
        self,
        count: int,
        *,
        after: int = 0,
        types: Collection[str] | None = None,
        call_id: str | None = None,
    ) -> int | None:
        """The position after which exactly `count` of the events lie; None if no more follow `after`."""
        condition = "pos > ?"
        values: list[object] = [after]
        if types is not None:
            condition += f" AND type IN ({', '.join('?' * len(types))})"
            values += sorted(types)
        if call_id is not None:
            condition += " AND call_id = ?"
            values.append(call_id)
        rows = self._query(
            f"SELECT pos FROM events WHERE {condition} ORDER BY pos DESC LIMIT 1 OFFSET ?",
            (*values, count),
        )
        return int(rows[0][0]) if rows else None

    def has_lost(self, after: int, until: int) -> bool:
        """Whether events with a position in (after, until] were lost since the start."""
        return self._writer.has_lost(after, until)

    def calls(
        self,
        limit: int = 50,
        before: int | None = None,
        state: CallState | None = None,
        agents: Collection[str] | None = None,
    ) -> list[CallRecord]:
        """The latest calls first, all or some agents'; `before` is the last `number` of the page before."""
        condition = "number < ?"
        values: list[object] = [before if before is not None else 2**62]
        if state is not None:
            condition += " AND state = ?"
            values.append(state)
        if agents is not None:
            condition += f" AND agent IN ({', '.join('?' * len(agents))})"
            values += sorted(agents)
        return self._calls(f"{condition} ORDER BY number DESC LIMIT ?", (*values, limit))

    def call(self, call_id: str) -> CallRecord | None:
        """One call of the history."""
        found = self._calls("call_id = ?", (call_id,))
        return found[0] if found else None

    def rows(self, sql: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """What a question of another module finds in the tables (`monitor.store.database` has them).

        Raises:
            StoreError: the log cannot be read.
        """
        return self._query(sql, parameters)

    # --- inside ---

    def _place(self, call_id: str, event: Event) -> StoredEvent:
        pos: int | None = None
        if not isinstance(event, Partial):
            self._pos += 1
            pos = self._pos
        kind = type(event).__struct_config__.tag
        return StoredEvent(pos, call_id, event.seq, str(kind), event.t_s, encode(event))

    def _call_row(self, call_id: str, event: Event) -> CallRow | None:
        if isinstance(event, CallStarted):
            row = CallRow(
                call_id=call_id,
                started_at=event.started_at,
                ended_at=None,
                state="live",
                title=event.title,
                source=event.source,
                agent=event.agent,
                has_words=event.has_words,
                duration_s=event.duration_s,
            )
            self._live[call_id] = row
            return row
        if isinstance(event, CallEnded) and call_id in self._live:
            return self._closed(self._live.pop(call_id), event)
        return None

    def _closed(self, row: CallRow, event: CallEnded) -> CallRow:
        return CallRow(
            call_id=row.call_id,
            started_at=row.started_at,
            ended_at=self._now(),
            state=_STATES[event.reason],
            title=row.title,
            source=row.source,
            agent=row.agent,
            has_words=row.has_words,
            duration_s=event.duration_s,
            alerts=json.dumps(event.alerts),
            interruptions=json.dumps(event.interruptions),
        )

    def _last_given_pos(self) -> int:
        (written,) = self._connection.execute("SELECT coalesce(max(pos), 0) FROM events").fetchone()
        row = self._connection.execute("SELECT value FROM facts WHERE name = 'reserved_pos'").fetchone()
        return max(int(written), int(row[0]) if row else 0)

    def _reserve(self, pos: int) -> int:
        self._connection.execute("INSERT OR REPLACE INTO facts VALUES ('reserved_pos', ?)", (pos,))
        return pos

    def _cut_off_live_calls(self) -> list[str]:
        """Ends the calls that a process left behind when it died; returns their ids."""
        query = self._connection.execute
        left = [row[0] for row in query("SELECT call_id FROM calls WHERE state = 'live' ORDER BY number")]
        for call_id in left:
            ends, ended = cut_off_events(self._connection, call_id)
            kept = [self._place(call_id, event) for event in (*ends, ended)]
            query("BEGIN IMMEDIATE")
            for stored in kept:
                query(
                    "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)",
                    (stored.pos, call_id, stored.seq, stored.type, stored.t_s, stored.body),
                )
            query(
                "UPDATE calls SET state = 'cut_off', ended_at = ?, duration_s = ?, alerts = ?,"
                " interruptions = ? WHERE call_id = ?",
                (
                    self._now(),
                    ended.duration_s,
                    json.dumps(ended.alerts),
                    json.dumps(ended.interruptions),
                    call_id,
                ),
            )
            query("COMMIT")
        return left

    def _events(self, condition: str, parameters: tuple[object, ...]) -> list[StoredEvent]:
        rows = self._query(f"SELECT {_EVENT_COLUMNS} FROM events WHERE {condition}", parameters)
        return [StoredEvent(*row) for row in rows]

    def _calls(self, condition: str, parameters: tuple[object, ...]) -> list[CallRecord]:
        rows = self._query(f"SELECT {_CALL_COLUMNS} FROM calls WHERE {condition}", parameters)
        names = [name.strip() for name in _CALL_COLUMNS.split(",")]
        records = []
        for row in rows:
            fields: dict[str, Any] = dict(zip(names, row, strict=True))
            fields["has_words"] = bool(fields["has_words"])
            fields["alerts"] = json.loads(fields["alerts"])
            fields["interruptions"] = json.loads(fields["interruptions"])
            records.append(CallRecord(**fields))
        return records

    def _query(self, sql: str, parameters: tuple[object, ...]) -> list[tuple[Any, ...]]:
        try:
            with self._read_lock:
                return self._reader.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise store_error(error, self.path) from error
