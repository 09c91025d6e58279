"""Reads a call from the event log without being its server: beside one that runs, or where none does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from monitor.errors import StoreError
from monitor.store.database import connect_to_read, store_error


def read_call(folder: Path, call_id: str) -> Iterator[bytes]:
    """Every event of the call, one JSON object each, in order.

    Raises:
        StoreError: there is no log in `folder` or no such call in it, or the log cannot be read.
    """
    path = folder / "events.db"
    if not path.is_file():
        raise StoreError("store.unknown_call", call_id=call_id, path=path)
    try:
        with closing(connect_to_read(path)) as connection:
            rows = connection.execute("SELECT body FROM events WHERE call_id = ? ORDER BY seq", (call_id,))
            first = rows.fetchone()
            if first is None:
                raise StoreError("store.unknown_call", call_id=call_id, path=path)
            yield bytes(first[0])
            for (body,) in rows:
                yield bytes(body)
    except sqlite3.Error as error:
        raise store_error(error, path) from error
