"""Database files: one writer by a lock, a schema with a version, errors with codes."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.errors import StoreError

MIGRATIONS = (
    """
    CREATE TABLE calls (
        number INTEGER PRIMARY KEY,
        call_id TEXT NOT NULL UNIQUE,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        state TEXT NOT NULL,
        title TEXT NOT NULL,
        source TEXT NOT NULL,
        agent TEXT NOT NULL,
        has_words INTEGER NOT NULL,
        duration_s REAL,
        alerts TEXT NOT NULL DEFAULT '{}',
        interruptions TEXT NOT NULL DEFAULT '{}'
    );
    CREATE INDEX calls_by_state ON calls (state, number);
    CREATE TABLE events (
        pos INTEGER PRIMARY KEY,
        call_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        type TEXT NOT NULL,
        t_s REAL NOT NULL,
        body BLOB NOT NULL
    );
    CREATE UNIQUE INDEX events_by_call ON events (call_id, seq);
    CREATE INDEX events_of_call ON events (call_id, pos);
    CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
    """,
    # Alerts are found without reading whole calls: of an hour's ten thousand events some twenty are theirs.
    "CREATE INDEX alert_events ON events (call_id, pos) WHERE type IN ('alert', 'alert_cleared');",
)
"""One script for each version of the schema. A released script never changes; a new version adds one."""

_CHECKED_BYTES = 64 * 2**20
"""A full check of a file up to this size takes well under a second; larger ones are trusted."""


class FolderLock:
    """Keeps a second server off the folder while this process lives; the kernel frees it when it dies."""

    def __init__(self, folder: Path) -> None:
        """Takes the lock.

        Raises:
            StoreError: store.locked, store.unwritable.
        """
        path = folder / "events.lock"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError("store.unwritable", path=folder, reason=error.strerror) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.release()
            raise StoreError("store.locked", path=folder) from error

    def release(self) -> None:
        """Gives the folder free; a second time does nothing."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def open_database(path: Path, migrations: Sequence[str] = MIGRATIONS) -> sqlite3.Connection:
    """The database at `path`, made or brought to the schema of `migrations`, by default the event log's.

    Write-ahead logging: readers never wait for the writer, and a process that dies loses nothing that was
    committed. Commits are not forced to the disk one by one: a machine that loses power may lose its last
    second.

    Raises:
        StoreError: store.damaged, store.version, store.full, store.unwritable.
    """
    try:
        connection = connect(path)
        # Before anything is written: what cannot be used is left as it was.
        _check(connection, path)
        found = _check_version(connection, path, len(migrations))
        connection.execute("PRAGMA journal_mode = WAL")
        _migrate(connection, migrations, found)
    except sqlite3.Error as error:
        raise store_error(error, path) from error
    return connection


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode, for whichever thread holds its lock.

    What is deleted is overwritten: what calls said does not stay in the file's free places.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that only reads: beside a process that writes, or where none does.

    Raises:
        StoreError: store.unwritable: the file cannot be opened.
    """
    try:
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=5.0,
        )
        connection.execute("PRAGMA query_only = ON")
    except sqlite3.Error as error:
        raise store_error(error, path) from error
    return connection


def store_error(error: sqlite3.Error, path: Path) -> StoreError:
    """SQLite's error as one that says what to do."""
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if kind == sqlite3.SQLITE_FULL:
        return StoreError("store.full", path=path)
    if kind in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return StoreError("store.damaged", path=path, reason=error)
    return StoreError("store.unwritable", path=path, reason=error)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if path.stat().st_size > _CHECKED_BYTES:
        return
    (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if finding != "ok":
        raise StoreError("store.damaged", path=path, reason=" ".join(finding.split()))


def _check_version(connection: sqlite3.Connection, path: Path, known: int) -> int:
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found > known:
        raise StoreError("store.version", path=path, found=found, known=known)
    return int(found)


def _migrate(connection: sqlite3.Connection, migrations: Sequence[str], found: int) -> None:
    for version, script in enumerate(migrations[found:], start=found + 1):
        connection.executescript(f"BEGIN; {script} PRAGMA user_version = {version}; COMMIT;")
