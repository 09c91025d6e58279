"""A small database file that every thread of one process takes in turn."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from monitor.errors import StoreError
from monitor.store.database import open_database, store_error


class SharedFile:
    """One connection that every thread takes in turn; each use is a transaction.

    What was written is on the disk when a transaction is over, also after a power cut.
    """

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        """Opens the file at `path`, or makes it; nobody but its owner may read it.

        Raises:
            StoreError: store.damaged, store.version, store.full, store.unwritable.
        """
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
        except OSError as error:
            raise StoreError("store.unwritable", path=path, reason=error.strerror) from error
        self._connection = open_database(path, migrations)
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
