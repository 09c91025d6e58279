"""The index of the calls that are over: figures, rules raised, words. `history.db`, beside the event log.

All of it follows from the event log, so it is never repaired: what is damaged, or of another version, is made
anew from the log. Words stand in it as they stand in the log, masked where the settings mask them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from monitor.errors import StoreError
from monitor.history.figures import FIGURES_VERSION, SEVERITIES, CallFigures, Said
from monitor.history.words import CUT_VERSION, indexed
from monitor.store.database import connect, open_database, store_error
from monitor.store.records import CallRecord

SHIFT = 16
"""An utterance's id is its call's number, shifted by this, plus its place in the call: the call is known from
a hit without another look-up, and 65,536 utterances are a day of talk."""

UTTERANCES_MAX = 1 << SHIFT

SCHEMA = """
    CREATE TABLE calls (
        number INTEGER PRIMARY KEY,
        call_id TEXT NOT NULL UNIQUE,
        started_at TEXT NOT NULL,
        started_s INTEGER NOT NULL,
        state TEXT NOT NULL,
        title TEXT NOT NULL,
        source TEXT NOT NULL,
        agent TEXT NOT NULL,
        has_words INTEGER NOT NULL,
        duration_s REAL NOT NULL,
        talk_agent_s REAL NOT NULL,
        talk_caller_s REAL NOT NULL,
        overlap_s REAL NOT NULL,
        interruptions_agent INTEGER NOT NULL,
        interruptions_caller INTEGER NOT NULL,
        heat_peak REAL,
        hot_s REAL NOT NULL,
        cues INTEGER NOT NULL,
        cues_followed INTEGER NOT NULL,
        rate_agent REAL,
        rate_caller REAL,
        words_per_min REAL,
        alerts INTEGER NOT NULL
    );
    CREATE INDEX calls_by_agent ON calls (agent, number);
    CREATE INDEX calls_by_start ON calls (started_s);
    CREATE TABLE raised (
        number INTEGER NOT NULL,
        rule TEXT NOT NULL,
        severity INTEGER NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (number, rule, severity)
    ) WITHOUT ROWID;
    CREATE INDEX raised_by_rule ON raised (rule, number);
    CREATE INDEX raised_by_severity ON raised (severity, number);
    CREATE TABLE rules (rule TEXT PRIMARY KEY, zh TEXT NOT NULL, en TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE said (
        id INTEGER PRIMARY KEY,
        party TEXT NOT NULL,
        start_s REAL NOT NULL,
        text TEXT NOT NULL,
        times BLOB NOT NULL
    );
"""
_WORDS = "CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0, tokenize='unicode61')"
_VERSION = FIGURES_VERSION * 1_000 + CUT_VERSION

_PURGE_PAGES = 64
"""Pages that one step of a purge writes: a few milliseconds."""

_log = structlog.get_logger(__name__)


def index_path(folder: Path) -> Path:
    """Where the index is; `folder` is the store's."""
    return folder / "history.db"


class HistoryIndex:
    """One connection that writes the index. For one thread."""

    def __init__(self, folder: Path) -> None:
        """Opens the index, or begins a new one where there is none that fits.

        Raises:
            StoreError: store.full, store.unwritable.
        """
        self.path = index_path(folder)
        try:
            self._connection = _open(self.path)
        except StoreError as error:
            if error.code not in {"store.damaged", "store.version"}:
                raise
            _log.warning("the index of the history is made anew", code=error.code)
            remove(self.path)
            self._connection = _open(self.path)
        if (found := self._connection.execute("SELECT value FROM facts").fetchone()[0]) != _VERSION:
            _log.info("the index of the history is made anew for this version", found=found, version=_VERSION)
            self._connection.close()
            remove(self.path)
            self._connection = _open(self.path)
        self.has_words = has_words_table(self._connection)

    def add(self, call: CallRecord, found: CallFigures) -> None:
        """Puts a call in, all of it or nothing.

        Raises:
            sqlite3.Error: the disk does not take it.
        """
        with _transaction(self._connection) as connection:
            _remove_call(connection, call.number, has_words=self.has_words)
            connection.execute(
                f"INSERT INTO calls VALUES ({', '.join('?' * 23)})",
                (
                    call.number,
                    call.call_id,
                    call.started_at,
                    _started_s(call),
                    call.state,
                    call.title,
                    call.source,
                    call.agent,
                    call.has_words,
                    found.duration_s,
                    found.talk_s.get("agent", 0.0),
                    found.talk_s.get("caller", 0.0),
                    found.overlap_s,
                    found.interruptions["agent"],
                    found.interruptions["caller"],
                    found.heat_peak,
                    found.hot_s,
                    found.cues,
                    found.cues_followed,
                    found.rate_syl_s["agent"],
                    found.rate_syl_s["caller"],
                    found.words_per_min,
                    sum(found.raised.values()),
                ),
            )
            connection.executemany(
                "INSERT INTO raised VALUES (?, ?, ?, ?)",
                [
                    (call.number, rule, SEVERITIES.index(severity), count)
                    for (rule, severity), count in found.raised.items()
                ],
            )
            connection.executemany(
                "INSERT OR REPLACE INTO rules VALUES (?, ?, ?)",
                [(rule, title.zh, title.en) for rule, title in found.titles.items()],
            )
            self._add_words(connection, call.number, list(found.said)[:UTTERANCES_MAX])

    def _add_words(self, connection: sqlite3.Connection, number: int, said: list[Said]) -> None:
        first = number << SHIFT
        connection.executemany(
            "INSERT INTO said VALUES (?, ?, ?, ?, ?)",
            [(first + at, one.party, one.start_s, one.text, one.times) for at, one in enumerate(said)],
        )
        if self.has_words:
            connection.executemany(
                "INSERT INTO words (rowid, text) VALUES (?, ?)",
                [(first + at, indexed(one.text)) for at, one in enumerate(said)],
            )

    def remove(self, number: int) -> None:
        """Takes a call out."""
        with _transaction(self._connection) as connection:
            _remove_call(connection, number, has_words=self.has_words)

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()


def forget(folder: Path, call_id: str) -> None:
    """Takes a call out of the index in `folder`, if it is there. What it said is overwritten in the file.

    Raises:
        sqlite3.Error: the index cannot be written.
    """
    path = index_path(folder)
    if not path.is_file():
        return
    with closing(connect(path)) as connection:
        is_index = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'calls'").fetchone()
        row = (
            is_index
            and connection.execute("SELECT number FROM calls WHERE call_id = ?", (call_id,)).fetchone()
        )
        if not row:
            return
        has_words = has_words_table(connection)
        with _transaction(connection):
            _remove_call(connection, row[0], has_words=has_words)


def purge_words(folder: Path) -> None:
    """Rewrites the search's lists: else removed words would stand in them until they are next merged.

    In steps of a few milliseconds, between which others write.

    Raises:
        sqlite3.Error: the index cannot be written.
    """
    path = index_path(folder)
    if not path.is_file():
        return
    with closing(connect(path)) as connection:
        if not has_words_table(connection):
            return
        # A negative count first makes one whole of all parts; each later step goes on with it. A step that
        # changes fewer than two rows had nothing left to do.
        pages, changed = -_PURGE_PAGES, 2
        while changed >= 2:
            before = connection.total_changes
            connection.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (pages,))
            pages, changed = _PURGE_PAGES, connection.total_changes - before


def has_words_table(connection: sqlite3.Connection) -> bool:
    """Whether words are indexed: not where this SQLite lacks FTS5. Then they are looked for one by one."""
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'words'").fetchone()
    return found is not None


def remove(path: Path) -> None:
    """Takes the index away, with what SQLite keeps beside it."""
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def _open(path: Path) -> sqlite3.Connection:
    connection = open_database(
        path, [SCHEMA + f"CREATE TABLE facts (value INTEGER); INSERT INTO facts VALUES ({_VERSION});"]
    )
    try:
        path.chmod(0o600)
        if not has_words_table(connection) and not connection.execute("SELECT 1 FROM calls").fetchone():
            connection.execute(_WORDS)
    except sqlite3.OperationalError:
        _log.warning("this SQLite has no FTS5: words are searched without an index, which takes longer")
    except OSError as error:
        raise StoreError("store.unwritable", path=path, reason=error.strerror) from error
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _remove_call(connection: sqlite3.Connection, number: int, *, has_words: bool) -> None:
    ids = (number << SHIFT, (number + 1) << SHIFT)
    if has_words:
        # The index holds no text of its own: it is told what stood there.
        said = connection.execute("SELECT id, text FROM said WHERE id >= ? AND id < ?", ids).fetchall()
        connection.executemany(
            "INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)",
            [(id_, indexed(text)) for id_, text in said],
        )
    connection.execute("DELETE FROM said WHERE id >= ? AND id < ?", ids)
    connection.execute("DELETE FROM raised WHERE number = ?", (number,))
    connection.execute("DELETE FROM calls WHERE number = ?", (number,))


def _started_s(call: CallRecord) -> int:
    """When the call began, in seconds since 1970; of one that does not say so, its end less its length."""
    for text, back_s in ((call.started_at, 0.0), (call.ended_at or "", call.duration_s or 0.0)):
        try:
            return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() - back_s)
        except ValueError:
            continue
    return 0


def rows(
    connection: sqlite3.Connection, sql: str, values: tuple[object, ...], path: Path
) -> list[tuple[Any, ...]]:
    """What a question answers.

    Raises:
        StoreError: the index cannot be read.
    """
    try:
        return connection.execute(sql, values).fetchall()
    except sqlite3.Error as error:
        raise store_error(error, path) from error
