"""The file of accounts, and how every part of them reads and writes it."""

from __future__ import annotations

from pathlib import Path

from monitor.store.shared import SharedFile

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


class AccountsFile(SharedFile):
    """The file of accounts. Nobody who was signed out comes back after a power cut."""

    def __init__(self, folder: Path) -> None:
        """Opens `accounts.db` in `folder`.

        Raises:
            StoreError: as `SharedFile`.
        """
        super().__init__(folder / "accounts.db", MIGRATIONS)
