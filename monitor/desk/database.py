"""The file of what supervisors do, and how a call that is forgotten leaves it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from monitor.store.database import connect
from monitor.store.shared import SharedFile

MIGRATIONS = (
    """
    CREATE TABLE acts (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        by TEXT NOT NULL,
        call_id TEXT NOT NULL,
        alert_id TEXT NOT NULL,
        action TEXT NOT NULL,
        "to" TEXT NOT NULL DEFAULT '',
        until TEXT NOT NULL DEFAULT '',
        text TEXT NOT NULL DEFAULT '',
        comment INTEGER NOT NULL DEFAULT 0,
        rule TEXT NOT NULL,
        agent TEXT NOT NULL,
        raised_at TEXT NOT NULL
    );
    CREATE INDEX acts_of_alert ON acts (call_id, alert_id, number);
    CREATE INDEX acts_by_time ON acts (raised_at);
    CREATE TABLE mutes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        rule TEXT NOT NULL,
        agents TEXT,
        until TEXT NOT NULL,
        by TEXT NOT NULL,
        at TEXT NOT NULL,
        ended_by TEXT,
        ended_at TEXT
    );
    CREATE INDEX mutes_by_end ON mutes (until);
    """,
)
"""Of the alert, a row of `acts` repeats what its rule's marks are counted by."""


class DeskFile(SharedFile):
    """The file of the desk."""

    def __init__(self, folder: Path) -> None:
        """Opens `desk.db` in `folder`.

        Raises:
            StoreError: as `SharedFile`.
        """
        super().__init__(folder / "desk.db", MIGRATIONS)


def forget_call(folder: Path, call_id: str) -> None:
    """Deletes what was done about a call's alerts.

    Raises:
        sqlite3.Error: the file cannot be written.
    """
    _delete(folder, "DELETE FROM acts WHERE call_id = ?", call_id)


def forget_mutes(folder: Path, before: str) -> None:
    """Deletes mutes that ended before a time (RFC 3339, UTC).

    Raises:
        sqlite3.Error: the file cannot be written.
    """
    _delete(folder, "DELETE FROM mutes WHERE until < ?", before)


def _delete(folder: Path, sql: str, value: str) -> None:
    path = folder / "desk.db"
    if not path.exists():
        return
    with closing(connect(path)) as connection:
        # An older file, or one that is just being made, has nothing to forget.
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version:
            connection.execute(sql, (value,))
