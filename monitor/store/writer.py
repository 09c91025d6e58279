"""The thread that writes the event log, so that no call ever waits for the disk."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from monitor.store.database import store_error
from monitor.store.records import StoredEvent, StoreHealth

COMMIT_EVERY_S = 0.05
"""Events of this long share a transaction: 20 commits a second at most, and little to lose in a crash."""

RETRY_S = 1.0
"""A disk that was full is tried again this often."""

RESERVE = 1_000_000
"""Positions are reserved in the file this many at a time: after a crash the log goes on behind all that can
have been given, so that no position is ever given twice. It is an hour of 300 events a second."""

LOST_RANGES_MAX = 1_000
"""One range stands for one time of trouble; the oldest are forgotten."""

_UPSERT_CALL = """
    INSERT INTO calls (call_id, started_at, ended_at, state, title, source, agent, has_words, duration_s,
                       alerts, interruptions)
    VALUES (:call_id, :started_at, :ended_at, :state, :title, :source, :agent, :has_words, :duration_s,
            :alerts, :interruptions)
    ON CONFLICT (call_id) DO UPDATE SET ended_at = :ended_at, state = :state, duration_s = :duration_s,
        alerts = :alerts, interruptions = :interruptions
"""

_EventRow = tuple[int | None, str, int, str, float, bytes]

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class CallRow:
    """A row of the table of calls, as it is written. `alerts` and `interruptions` are JSON."""

    call_id: str
    started_at: str
    ended_at: str | None
    state: str
    title: str
    source: str
    agent: str
    has_words: bool
    duration_s: float | None
    alerts: str = "{}"
    interruptions: str = "{}"

    def parameters(self) -> dict[str, object]:
        """By column."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Batch:
    """What one `append` brings."""

    events: Sequence[StoredEvent]
    calls: Sequence[CallRow]


class LogWriter:
    """Takes batches from any thread and writes them in order.

    A batch that cannot be written is lost and counted: its events were shown, and are not kept. Rows of
    calls are owed instead, and written when the disk takes them again.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        *,
        reserved_pos: int,
        queue_events: int,
        on_write: Callable[[float], None] | None = None,
    ) -> None:
        self._connection = connection
        self._path = path
        self._reserved_pos = reserved_pos
        self._queue_events = queue_events
        self.on_write = on_write
        self._condition = threading.Condition()
        self._queue: deque[Batch] = deque()
        self._waiting_events = 0
        self._taken, self._settled = 0, 0
        self._is_closing = False
        self._hurry = threading.Event()
        self._owed: dict[str, CallRow] = {}
        self._retry_at = 0.0
        self._code, self._sentence = "", ""
        self._lost_events, self._written_events, self._last_write_s = 0, 0, 0.0
        self._lost_ranges: deque[tuple[int, int]] = deque(maxlen=LOST_RANGES_MAX)
        self._last_pos = 0
        self.settled_pos = 0
        """The last position that the writer has dealt with: written, or lost."""
        self._thread = threading.Thread(target=self._run, name="event-log", daemon=True)
        self._thread.start()

    # --- for the callers' threads ---

    def put(self, batch: Batch) -> None:
        """Hands a batch over without waiting; when the queue is full, its events are lost."""
        with self._condition:
            if self._waiting_events + len(batch.events) > self._queue_events and self._queue:
                self._lose(batch)
                return
            self._queue.append(batch)
            self._waiting_events += len(batch.events)
            self._taken += 1
            self._condition.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Waits until all that was put is written or lost; False when the time is over before."""
        with self._condition:
            target = self._taken
            self._hurry.set()
            return self._condition.wait_for(lambda: self._settled >= target, timeout_s)

    def close(self, timeout_s: float = 10.0) -> None:
        """Writes what waits, and ends the thread."""
        with self._condition:
            self._is_closing = True
            self._hurry.set()
            self._condition.notify_all()
        self._thread.join(timeout_s)

    def health(self) -> StoreHealth:
        """How the log fares now."""
        with self._condition:
            return StoreHealth(
                code=self._code,
                sentence=self._sentence,
                lost_events=self._lost_events,
                waiting_events=self._waiting_events,
                written_events=self._written_events,
                last_write_s=self._last_write_s,
            )

    def has_lost(self, after: int, until: int) -> bool:
        """Whether an event with a position in (after, until] was lost."""
        with self._condition:
            return any(first <= until and last > after for first, last in self._lost_ranges)

    # --- the thread ---

    def _run(self) -> None:
        while True:
            batches = self._take()
            if batches is None:
                return
            self._write(batches)
            with self._condition:
                self._settled += len(batches)
                for batch in batches:
                    self.settled_pos = batch.events[-1].pos or self.settled_pos
                self._waiting_events -= sum(len(batch.events) for batch in batches)
                self._condition.notify_all()

    def _take(self) -> list[Batch] | None:
        """All that waits, or an empty list when a retry is due; None at the end."""
        with self._condition:
            while not self._queue:
                if self._is_closing:
                    return None
                if not self._condition.wait(RETRY_S if self._code else None) and self._code:
                    return []
        self._hurry.wait(COMMIT_EVERY_S)
        with self._condition:
            self._hurry.clear()
            if self._is_closing:
                self._hurry.set()
            batches = list(self._queue)
            self._queue.clear()
            return batches

    def _write(self, batches: list[Batch]) -> None:
        started = time.monotonic()
        if self._code and started < self._retry_at and not self._is_closing:
            self._drop(batches)
            return
        try:
            written, dropped = self._commit(batches)
        except sqlite3.Error as error:
            self._roll_back()
            self._fail(error)
            self._drop(batches)
            return
        took = time.monotonic() - started
        with self._condition:
            recovered, self._code, self._sentence = self._code, "", ""
            self._written_events += written
            self._lost_events += dropped
            self._last_write_s = took
            lost = self._lost_events
        if recovered:
            _log.warning("the event log is written again", lost_events=lost)
        if self.on_write is not None:
            self.on_write(took)

    def _commit(self, batches: list[Batch]) -> tuple[int, int]:
        """Returns how many events were written, and how many were refused (a number given twice)."""
        rows: list[_EventRow] = [
            (event.pos, event.call_id, event.seq, event.type, event.t_s, event.body)
            for batch in batches
            for event in batch.events
        ]
        with self._condition:
            owed, self._owed = self._owed, {}
        try:
            return self._transact(rows, self._latest(owed, batches))
        except sqlite3.Error:
            with self._condition:
                self._owed = {**owed, **self._owed}
            raise

    @staticmethod
    def _latest(owed: dict[str, CallRow], batches: list[Batch]) -> list[CallRow]:
        calls = dict(owed)
        for call in (call for batch in batches for call in batch.calls):
            known = calls.get(call.call_id)
            if known is None or known.ended_at is None:
                calls[call.call_id] = call
        return list(calls.values())

    def _transact(self, rows: list[_EventRow], calls: list[CallRow]) -> tuple[int, int]:
        last_pos = max((row[0] or 0 for row in rows), default=self._last_pos)
        reserved = self._reserved_pos
        if last_pos > reserved - RESERVE // 2 or not rows:
            reserved = max(reserved, last_pos + RESERVE)
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        if reserved != self._reserved_pos or not rows:
            execute("INSERT OR REPLACE INTO facts VALUES ('reserved_pos', ?)", (reserved,))
        for call in calls:
            execute(_UPSERT_CALL, call.parameters())
        written = self._connection.executemany(
            "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?)", rows
        ).rowcount
        execute("COMMIT")
        self._reserved_pos, self._last_pos = reserved, last_pos
        return max(written, 0), len(rows) - max(written, 0)

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:  # what failed first is what the operator must know
                _log.warning("the event log could not roll back", reason=type(error).__name__)

    def _fail(self, error: sqlite3.Error) -> None:
        trouble = store_error(error, self._path)
        with self._condition:
            is_new = trouble.code != self._code
            self._code, self._sentence = trouble.code, trouble.sentence
            self._retry_at = time.monotonic() + RETRY_S
        if is_new:
            _log.error("the event log is not written", code=trouble.code, error=trouble.sentence)

    def _drop(self, batches: list[Batch]) -> None:
        with self._condition:
            for batch in batches:
                self._lose(batch)

    def _lose(self, batch: Batch) -> None:
        """Counts a batch's events as lost, and owes its calls. The condition is held."""
        self._owed.update((call.call_id, call) for call in batch.calls)
        positions = [event.pos for event in batch.events if event.pos is not None]
        if not positions:
            return
        self._lost_events += len(positions)
        first, last = positions[0], positions[-1]
        if self._lost_ranges and self._lost_ranges[-1][1] == first - 1:
            first = self._lost_ranges.pop()[0]
        self._lost_ranges.append((first, last))
