"""Reads calls into the index: each when it ends, and in the background those that were stored before.

A thread of its own does it, from the event log's file. No call waits for it, and the log's writer meets it
only on the disk. Calls of the past are read the newest first, in a quarter of the thread's time, so that a
large log of an older version costs a start nothing.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import structlog

from monitor.core.events import AnyEvent, CallEnded, Event, decode
from monitor.errors import StoreError
from monitor.history.figures import NOT_NEEDED, figures
from monitor.history.index import HistoryIndex
from monitor.store.database import connect, store_error
from monitor.store.log import EventLog

REST = 3.0
"""After a call of the past the thread rests this many times as long as the call took,"""
REST_MOST_S = 0.5
"""and not longer than this."""

LOOK_AGAIN_S = 300.0
"""How often the index is compared with the log: what could not be written, or was forgotten meanwhile."""

COMPARED = 1_000
"""Calls that one comparison finds, each way; the next goes on where it ended."""

_MISSING = """
    FROM main.calls LEFT JOIN history.calls AS known USING (number, call_id)
    WHERE main.calls.state != 'live' AND known.number IS NULL AND number < ?
"""
_GONE = """
    SELECT known.number FROM history.calls AS known LEFT JOIN main.calls AS there
    ON there.number = known.number AND there.call_id = known.call_id AND there.state != 'live'
    WHERE there.number IS NULL LIMIT ?
"""
_ALL = 2**62

_log = structlog.get_logger(__name__)


class HistoryKeeper:
    """A sink that keeps the index of the history in step with the event log in the same folder."""

    def __init__(
        self,
        log: EventLog,
        *,
        report: Callable[[StoreError], None] = lambda error: None,
        resolve: Callable[[str], None] = lambda code: None,
    ) -> None:
        """`report` is told why the index cannot be kept, `resolve` by its code that it is kept again."""
        self._log = log
        self.report, self.resolve = report, resolve
        self._condition = threading.Condition()
        self._ended: deque[str] = deque()
        self._past: list[str] = []
        self._older: tuple[int, int] | None = None
        """Where the next comparison begins, and how many calls it has before it; None: there are none."""
        self._is_busy = True
        self._is_closing = False
        self._trouble = ""
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)

    @property
    def folder(self) -> Path:
        """Where log and index are."""
        return self._log.path.parent

    @property
    def waiting(self) -> int:
        """Calls that are over and not in the index yet."""
        with self._condition:
            older = 0 if self._older is None else self._older[1]
            return len(self._ended) + len(self._past) + older

    def start(self) -> Self:
        """Begins, with the calls of the past."""
        self._thread.start()
        return self

    def emit(self, call_id: str, events: Sequence[Event]) -> None:
        """Takes a call's events; only the last matters. Never waits."""
        if any(isinstance(event, CallEnded) for event in events):
            with self._condition:
                self._ended.append(call_id)
                self._condition.notify_all()

    def settle(self, timeout_s: float = 10.0) -> bool:
        """Waits until all calls that have ended are in the index; False when it takes longer."""
        with self._condition:
            return self._condition.wait_for(
                lambda: not (self._is_busy or self._ended or self._past or self._older), timeout_s
            )

    def close(self, timeout_s: float = 5.0) -> None:
        """Ends the thread between two calls; the next start goes on."""
        with self._condition:
            self._is_closing = True
            self._condition.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- the thread ---

    def _run(self) -> None:
        while not self._is_closing:
            try:
                self._keep()
            except (sqlite3.Error, OSError, StoreError) as error:
                self._tell(error)
                with self._condition:
                    self._is_busy = False
                    self._condition.notify_all()
                    self._condition.wait_for(lambda: self._is_closing, LOOK_AGAIN_S / 10)

    def _keep(self) -> None:
        """Until it is closed, or the disk fails."""
        index = HistoryIndex(self.folder)
        try:
            with closing(connect(self._log.path)) as log:
                log.execute("ATTACH DATABASE ? AS history", (str(index.path),))
                while not self._is_closing:
                    self._compare(log, index)
                    if self._trouble:
                        self.resolve(self._trouble)
                        self._trouble = ""
                    self._work(log, index)
        finally:
            index.close()

    def _compare(self, log: sqlite3.Connection, index: HistoryIndex) -> None:
        """Finds what the index lacks, the latest calls first, and takes out what the log has forgotten."""
        before = _ALL if self._older is None else self._older[0]
        while gone := log.execute(_GONE, (COMPARED,)).fetchall():
            for (number,) in gone:
                index.remove(number)
        missing = log.execute(
            f"SELECT number, call_id {_MISSING} ORDER BY number DESC LIMIT ?", (before, COMPARED)
        ).fetchall()
        older = None
        if len(missing) == COMPARED:
            ((count,),) = log.execute(f"SELECT count(*) {_MISSING}", (missing[-1][0],)).fetchall()
            older = (missing[-1][0], count) if count else None
        with self._condition:
            self._past = [call_id for _, call_id in reversed(missing)]
            self._older = older

    def _work(self, log: sqlite3.Connection, index: HistoryIndex) -> None:
        """Reads calls in until there is none left and it is time to compare again."""
        until = time.monotonic() + LOOK_AGAIN_S
        while not self._is_closing:
            with self._condition:
                is_past = not self._ended
                call_id = self._ended[0] if self._ended else self._past[-1] if self._past else None
                if call_id is None and self._older is not None:
                    return
                if call_id is None:
                    self._is_busy = False
                    self._condition.notify_all()
                    left = until - time.monotonic()
                    if left <= 0 or not self._condition.wait_for(
                        lambda: self._is_closing or bool(self._ended), left
                    ):
                        return
                    continue
                self._is_busy = True
            began = time.monotonic()
            try:
                self._read_in(call_id, log, index)
            except Exception as error:
                if _is_of_the_disk(error):
                    raise
                # One call that cannot be read in must not keep all others out; it is tried again later.
                _log.error("a call is not in the history", call_id=call_id, error=type(error).__name__)
            with self._condition:
                waiting = self._past if is_past else self._ended
                if call_id in waiting:
                    waiting.remove(call_id)
                self._condition.notify_all()
                if is_past:
                    rest_s = min(REST_MOST_S, REST * (time.monotonic() - began))
                    self._condition.wait_for(lambda: self._is_closing or bool(self._ended), rest_s)

    def _read_in(self, call_id: str, log: sqlite3.Connection, index: HistoryIndex) -> None:
        self._log.flush()
        call = self._log.call(call_id)
        if call is None or call.state == "live":
            return  # the log has not got its end on the disk: a later comparison finds it
        index.add(call, figures(stored_events(log, call_id, NOT_NEEDED)))

    def _tell(self, error: sqlite3.Error | OSError | StoreError) -> None:
        path = self.folder / "history.db"
        if isinstance(error, sqlite3.Error):
            error = store_error(error, path)
        elif isinstance(error, OSError):
            error = StoreError("store.unwritable", path=path, reason=error.strerror)
        if error.code != self._trouble:
            _log.error("the history is not kept", code=error.code, error=error.sentence)
        self._trouble = error.code
        self.report(error)


def _is_of_the_disk(error: Exception) -> bool:
    if isinstance(error, sqlite3.Error):
        return not isinstance(error, sqlite3.IntegrityError | sqlite3.DataError)
    return isinstance(error, OSError | StoreError)


def stored_events(log: sqlite3.Connection, call_id: str, without: Sequence[str] = ()) -> list[AnyEvent]:
    """A stored call's events in order, but for some types. Events of another version are left out.

    Raises:
        sqlite3.Error: the log cannot be read.
    """
    marks = ", ".join("?" * len(without))
    found = []
    for (body,) in log.execute(
        f"SELECT body FROM events WHERE call_id = ? AND type NOT IN ({marks}) ORDER BY seq",
        (call_id, *without),
    ):
        try:
            found.append(decode(body))
        except msgspec.DecodeError:
            continue
    return found
