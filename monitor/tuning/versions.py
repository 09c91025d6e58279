"""Every state of what was tuned: who saved it when and why. Versions are only ever added."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from monitor.store.shared import SharedFile

Kind = Literal["saved", "restored", "outside"]
"""How a version came to be; `outside` was edited by hand in the files."""

VERSIONS_MAX = 500
"""Versions in one answer; older ones are kept and can be asked for by number."""

_MIGRATIONS = (
    """
    CREATE TABLE versions (
        number INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        author TEXT NOT NULL,
        kind TEXT NOT NULL,
        comment TEXT NOT NULL,
        restores INTEGER,
        rules TEXT NOT NULL,
        thresholds TEXT NOT NULL
    );
    """,
)


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version. `restores` is the number of the version whose content it took again."""

    number: int
    at: str
    author: str
    kind: str
    comment: str
    restores: int | None


class Versions:
    """Adds and reads versions. Number 0 is the state in which nothing is tuned."""

    def __init__(self, folder: Path, *, now: Callable[[], float] = time.time) -> None:
        """Opens `tuning.db` in `folder`.

        Raises:
            StoreError: as `SharedFile`.
        """
        self._file = SharedFile(folder / "tuning.db", _MIGRATIONS)
        self._now = now

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    @property
    def latest(self) -> int:
        """The number of the version in force; 0 before the first."""
        (found,) = self._file.rows("SELECT MAX(number) FROM versions")
        return int(found[0] or 0)

    def add(
        self,
        texts: tuple[str, str],
        *,
        base: int,
        author: str,
        kind: Kind,
        comment: str = "",
        restores: int | None = None,
    ) -> int | None:
        """Adds a version with the texts of rules and thresholds, if the latest one is still `base`.

        Returns its number, or None where somebody else was faster.

        Raises:
            StoreError: the disk does not take it.
        """
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._now()))
        with self._file.transaction() as connection:
            latest = connection.execute("SELECT MAX(number) FROM versions").fetchone()[0] or 0
            if latest != base:
                return None
            connection.execute(
                "INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (base + 1, at, author, kind, comment, restores, *texts),
            )
        return base + 1

    def all(self) -> list[Version]:
        """The latest first."""
        rows = self._file.rows(
            "SELECT number, at, author, kind, comment, restores FROM versions ORDER BY number DESC LIMIT ?",
            (VERSIONS_MAX,),
        )
        return [
            Version(number=row[0], at=row[1], author=row[2], kind=row[3], comment=row[4], restores=row[5])
            for row in rows
        ]

    def texts(self, number: int) -> tuple[str, str] | None:
        """The texts of rules and thresholds of a version; None where there is no such version."""
        if number == 0:
            return "", ""
        if number > self.latest:  # also one that is too great for SQLite
            return None
        rows = self._file.rows("SELECT rules, thresholds FROM versions WHERE number = ?", (number,))
        return (str(rows[0][0]), str(rows[0][1])) if rows else None
