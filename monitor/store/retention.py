"""Forgets calls that are older than they may be kept, with all that was kept of them; agents' voices too."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from monitor.desk.database import forget_call, forget_mutes
from monitor.history import index as history
from monitor.store.database import connect
from monitor.store.facts import facts_path
from monitor.store.side import forget_side
from monitor.store.sound import sound_path
from monitor.store.voices import AgentVoices

CHUNK_EVENTS = 2_000
"""Events that one transaction deletes: a few milliseconds, in which the log's writer waits."""

EVERY_S = 3_600.0
_CLOCK_SLIP = timedelta(hours=1)
"""A wall clock that moved this much more or less than time did since the start has jumped."""

_log = structlog.get_logger(__name__)


def wall_clock() -> datetime:
    """The time of day, in UTC."""
    return datetime.now(UTC)


class Retention:
    """Deletes what ended more than `keep_days` ago, in a thread of its own, once an hour.

    A wall clock that jumps must not cost a history: after a jump nothing is deleted until the next start.
    The file does not shrink; what is freed is used for the calls to come.
    """

    def __init__(
        self,
        folder: Path,
        keep_days: float,
        *,
        now: Callable[[], datetime] = wall_clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`folder` is the event log's; it must have been opened by its server."""
        self._folder = folder
        self._keep = timedelta(days=keep_days)
        self._now, self._monotonic = now, monotonic
        self._started_at, self._started = now(), monotonic()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)

    def start(self) -> None:
        """Begins with a first sweep."""
        self._thread.start()

    def close(self, timeout_s: float = 5.0) -> None:
        """Ends the thread, between two transactions."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def sweep(self) -> list[str]:
        """Deletes what is too old; returns the ids of the calls that are gone.

        Raises:
            sqlite3.Error: the log cannot be written; what was not deleted is tried again the next time.
            OSError: a journal cannot be deleted.
        """
        now = self._now()
        passed = timedelta(seconds=self._monotonic() - self._started)
        if abs(now - self._started_at - passed) > _CLOCK_SLIP:
            _log.warning("the clock has jumped: no old call is forgotten until the next start")
            return []
        AgentVoices(self._folder / "agents", self._keep / timedelta(days=1), self._now).forget_old()
        before = (now - self._keep).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        forget_mutes(self._folder, before)
        gone: list[str] = []
        with closing(connect(self._folder / "events.db")) as connection:
            old = connection.execute(
                "SELECT call_id FROM calls WHERE state != 'live' AND ended_at < ? ORDER BY number", (before,)
            ).fetchall()
            for (call_id,) in old:
                if not self._forget(connection, call_id):
                    break
                gone.append(call_id)
        if gone:
            history.purge_words(self._folder)
        return gone

    def _forget(self, connection: sqlite3.Connection, call_id: str) -> bool:
        """Deletes a call, its row last, so that half a deletion is found again; False when told to stop."""
        history.forget(self._folder, call_id)
        (self._folder / "journals" / f"{call_id}.journal").unlink(missing_ok=True)
        facts_path(self._folder, call_id).unlink(missing_ok=True)
        sound_path(self._folder, call_id).unlink(missing_ok=True)
        forget_call(self._folder, call_id)
        forget_side(self._folder, call_id)
        deleted = CHUNK_EVENTS
        while deleted == CHUNK_EVENTS:
            if self._stopping.is_set():
                return False
            deleted = connection.execute(
                "DELETE FROM events WHERE pos IN (SELECT pos FROM events WHERE call_id = ? LIMIT ?)",
                (call_id, CHUNK_EVENTS),
            ).rowcount
        connection.execute("DELETE FROM calls WHERE call_id = ?", (call_id,))
        return True

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                gone = self.sweep()
            except (sqlite3.Error, OSError) as error:
                _log.warning("old calls could not be forgotten", reason=type(error).__name__)
            else:
                if gone:
                    _log.info("old calls were forgotten", calls=len(gone))
            self._stopping.wait(EVERY_S)
