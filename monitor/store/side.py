"""What people did beside a call: messages to its agent, and the agent's pauses of the cues. `side.db`.

It is no part of the event log. A call's events follow from its inputs, so that a replay gives the same ones
again and their numbers have no holes; what a supervisor types is no input and is not judged. So it is kept
apart, under the call's id, and forgotten with the call.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from monitor.core.event_parts import Text
from monitor.store.database import connect, connect_to_read, store_error
from monitor.store.records import MessageToAgent
from monitor.store.shared import SharedFile

MIGRATIONS = (
    """
    CREATE TABLE messages (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        call_id TEXT NOT NULL,
        at TEXT NOT NULL,
        t_s REAL NOT NULL,
        sender TEXT NOT NULL,
        display TEXT NOT NULL,
        zh TEXT NOT NULL,
        en TEXT NOT NULL,
        template TEXT,
        is_urgent INTEGER NOT NULL,
        shown_at TEXT,
        seen_at TEXT
    );
    CREATE INDEX messages_of_call ON messages (call_id, number);
    CREATE TABLE pauses (
        number INTEGER PRIMARY KEY,
        call_id TEXT NOT NULL,
        at TEXT NOT NULL,
        t_s REAL NOT NULL,
        for_s REAL NOT NULL,
        ended_at TEXT
    );
    CREATE INDEX pauses_of_call ON pauses (call_id, number);
    """,
)


_MESSAGES = (
    "SELECT id, at, t_s, sender, display, zh, en, template, is_urgent, shown_at, seen_at"
    " FROM messages WHERE call_id = ? ORDER BY number"
)


def _message(row: Sequence[Any]) -> MessageToAgent:
    return MessageToAgent(
        id=row[0],
        at=row[1],
        t_s=row[2],
        sender=row[3],
        display=row[4],
        text=Text(zh=row[5], en=row[6]),
        template=row[7],
        is_urgent=bool(row[8]),
        shown_at=row[9],
        seen_at=row[10],
    )


class KeptPause(msgspec.Struct, frozen=True, kw_only=True):
    """A pause of the cues, as it is kept: for how long it was asked, and when it was ended before that."""

    number: int
    at: str
    t_s: float
    for_s: float
    ended_at: str | None


class SideStore(SharedFile):
    """Keeps messages and pauses, call by call."""

    def __init__(self, folder: Path) -> None:
        """Opens `side.db` in `folder`.

        Raises:
            StoreError: store.damaged, store.version, store.full, store.unwritable.
        """
        super().__init__(folder / "side.db", MIGRATIONS)

    def messages(self, call_id: str) -> list[MessageToAgent]:
        """A call's messages, the first first.

        Raises:
            StoreError: the file cannot be read.
        """
        return [_message(row) for row in self.rows(_MESSAGES, (call_id,))]

    def keep_message(self, call_id: str, message: MessageToAgent) -> None:
        """Keeps a new message.

        Raises:
            StoreError: the disk does not take it.
        """
        with self.transaction() as connection:
            connection.execute(
                "INSERT INTO messages (id, call_id, at, t_s, sender, display, zh, en, template, is_urgent)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    message.id,
                    call_id,
                    message.at,
                    message.t_s,
                    message.sender,
                    message.display,
                    message.text.zh,
                    message.text.en,
                    message.template,
                    message.is_urgent,
                ),
            )

    def mark_message(self, message: MessageToAgent) -> None:
        """Keeps when a message was shown and seen.

        Raises:
            StoreError: the disk does not take it.
        """
        with self.transaction() as connection:
            connection.execute(
                "UPDATE messages SET shown_at = ?, seen_at = ? WHERE id = ?",
                (message.shown_at, message.seen_at, message.id),
            )

    def pauses(self, call_id: str) -> list[KeptPause]:
        """A call's pauses, the first first.

        Raises:
            StoreError: the file cannot be read.
        """
        rows = self.rows(
            "SELECT number, at, t_s, for_s, ended_at FROM pauses WHERE call_id = ? ORDER BY number",
            (call_id,),
        )
        return [
            KeptPause(number=row[0], at=row[1], t_s=row[2], for_s=row[3], ended_at=row[4]) for row in rows
        ]

    def keep_pause(self, call_id: str, *, at: str, t_s: float, for_s: float) -> int:
        """Keeps that a pause begins; returns its number.

        Raises:
            StoreError: the disk does not take it.
        """
        with self.transaction() as connection:
            number = connection.execute(
                "INSERT INTO pauses (call_id, at, t_s, for_s) VALUES (?, ?, ?, ?)", (call_id, at, t_s, for_s)
            ).lastrowid
        assert number is not None
        return number

    def end_pause(self, number: int, at: str) -> None:
        """Keeps that a pause was ended before its time.

        Raises:
            StoreError: the disk does not take it.
        """
        with self.transaction() as connection:
            connection.execute("UPDATE pauses SET ended_at = ? WHERE number = ?", (at, number))


def read_messages(folder: Path, call_id: str) -> list[MessageToAgent]:
    """A call's messages, without being its server: beside one that runs, or where none does.

    Raises:
        StoreError: the file is there and cannot be read.
    """
    path = folder / "side.db"
    if not path.is_file():
        return []
    try:
        with closing(connect_to_read(path)) as connection:
            return [_message(row) for row in connection.execute(_MESSAGES, (call_id,))]
    except sqlite3.Error as error:
        raise store_error(error, path) from error


def forget_side(folder: Path, call_id: str) -> None:
    """Deletes all that is kept of a call.

    Raises:
        sqlite3.Error: the file cannot be written.
    """
    path = folder / "side.db"
    if not path.exists():
        return
    with closing(connect(path)) as connection:
        # One that is just being made has nothing to forget.
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version:
            connection.execute("DELETE FROM messages WHERE call_id = ?", (call_id,))
            connection.execute("DELETE FROM pauses WHERE call_id = ?", (call_id,))
