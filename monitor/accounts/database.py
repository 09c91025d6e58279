"""The file of accounts, and how every part of them reads and writes it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from monitor.errors import StoreError
from monitor.store.database import open_database, store_error

MIGRATIONS = (
    """
    CREATE TABLE accounts (
        name TEXT PRIMARY KEY COLLATE NOCASE,
        display TEXT NOT NULL,
        role TEXT NOT NULL,
        team TEXT NOT NULL DEFAULT '',
        teams TEXT NOT NULL DEFAULT '[]',
        agent TEXT NOT NULL DEFAULT '',
        password TEXT,
        subject TEXT UNIQUE,
        is_enabled INTEGER NOT NULL DEFAULT 1,
        created_at TEXT NOT NULL
    );
    CREATE TABLE sessions (
        digest BLOB PRIMARY KEY,
        name TEXT NOT NULL COLLATE NOCASE,
        started_s REAL NOT NULL,
        seen_s REAL NOT NULL
    );
    CREATE INDEX sessions_of_account ON sessions (name);
    CREATE TABLE links (
        digest BLOB PRIMARY KEY,
        name TEXT NOT NULL COLLATE NOCASE,
        until_s REAL NOT NULL
    );
    CREATE TABLE trail (
        number INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        name TEXT NOT NULL,
        action TEXT NOT NULL,
        object TEXT NOT NULL,
        address TEXT NOT NULL
    );
    CREATE INDEX trail_of_account ON trail (name, number);
    """,
)


class AccountsFile:
    """One connection that every thread takes in turn; each use is a transaction.

    What was written is on the disk when a transaction is over: nobody who was signed out comes back after
    a power cut.
    """

    def __init__(self, folder: Path) -> None:
        """Opens `accounts.db` in `folder`; nobody but its owner may read it.

        Raises:
            StoreError: store.damaged, store.version, store.full, store.unwritable.
        """
        self.path = folder / "accounts.db"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
        except OSError as error:
            raise StoreError("store.unwritable", path=self.path, reason=error.strerror) from error
        self._connection = open_database(self.path, MIGRATIONS)
        self._connection.execute("PRAGMA synchronous = FULL")
        self._lock = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of the block, or nothing.

        Raises:
            StoreError: the disk does not take it.
        """
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error) and not isinstance(error, sqlite3.IntegrityError):
                    raise store_error(error, self.path) from error
                raise

    def rows(self, sql: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """What a query finds.

        Raises:
            StoreError: the file cannot be read.
        """
        with self._lock:
            try:
                return self._connection.execute(sql, parameters).fetchall()
            except sqlite3.Error as error:
                raise store_error(error, self.path) from error

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()
