"""Who is signed in: sessions that end by themselves, by signing out, or everywhere at once."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from monitor.accounts.book import AccountBook, digest_of
from monitor.accounts.database import AccountsFile
from monitor.accounts.roles import Account
from monitor.errors import AccountError

_TOUCH_EVERY_S = 60.0
"""How exactly it is kept when a session was last used."""

_CLOCK_SLIP_S = 300.0
"""A clock that is corrected by less signs nobody out."""


@dataclass(slots=True, eq=False)
class Session:
    """Somebody who is signed in."""

    digest: bytes
    name: str
    started_s: float
    seen_s: float
    endings: list[Callable[[], None]] = field(default_factory=list)
    """Called once, from any thread, when the session is ended before its time: open streams close."""


class Sessions:
    """Opens, finds and ends sessions. A token is kept as a digest only."""

    def __init__(
        self,
        file: AccountsFile,
        book: AccountBook,
        *,
        idle_s: float,
        length_s: float,
        now: Callable[[], float] = time.time,
    ) -> None:
        """A session ends `idle_s` after its last use, and `length_s` after its start at the latest."""
        self._file, self._book, self._now = file, book, now
        self._idle_s, self._length_s = idle_s, length_s
        self._lock = threading.Lock()
        self._known: dict[bytes, Session] = {}

    def open(self, account: Account) -> str:
        """Signs somebody in; returns the token that their browser keeps."""
        token = secrets.token_urlsafe(32)
        now = self._now()
        with self._file.transaction() as connection:
            connection.execute(
                "DELETE FROM sessions WHERE seen_s < ? OR started_s < ?",
                (now - self._idle_s, now - self._length_s),
            )
            connection.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?)", (digest_of(token), account.name, now, now)
            )
        return token

    def find(self, token: str) -> tuple[Session, Account]:
        """The session of a token, and whose it is; using it keeps it alive.

        Raises:
            AccountError: account.signed_out: there is none, it has ended, or the account is shut.
        """
        digest, now = digest_of(token), self._now()
        session = self._recall(digest)
        if session is None or not self._is_alive(session, now):
            self._end(digest)
            raise AccountError("account.signed_out")
        try:
            account = self._book.account(session.name)
        except AccountError as error:
            self._end(digest)
            raise AccountError("account.signed_out") from error
        if not account.is_enabled:
            self._end(digest)
            raise AccountError("account.signed_out")
        if abs(now - session.seen_s) >= min(_TOUCH_EVERY_S, self._idle_s / 4):
            session.seen_s = now
            with self._file.transaction() as connection:
                connection.execute("UPDATE sessions SET seen_s = ? WHERE digest = ?", (now, digest))
        return session, account

    def close(self, token: str) -> None:
        """Signs one session out."""
        self._end(digest_of(token))

    def close_all(self, name: str) -> int:
        """Signs an account out everywhere; returns how many sessions that ended."""
        rows = self._file.rows("SELECT digest FROM sessions WHERE name = ?", (name,))
        for (digest,) in rows:
            self._end(digest)
        return len(rows)

    def on_end(self, session: Session, ending: Callable[[], None]) -> Callable[[], None]:
        """Has `ending` called when the session is ended; returns what takes that back."""
        with self._lock:
            session.endings.append(ending)

        def take_back() -> None:
            with self._lock:
                if ending in session.endings:
                    session.endings.remove(ending)

        return take_back

    def _is_alive(self, session: Session, now: float) -> bool:
        if session.started_s - now > _CLOCK_SLIP_S:
            return False  # a clock that was set back makes nobody's session longer than it was
        return now - session.started_s <= self._length_s and now - session.seen_s <= self._idle_s

    def _recall(self, digest: bytes) -> Session | None:
        # The file is asked each time: a command beside this server may have ended the session.
        rows = self._file.rows(
            "SELECT digest, name, started_s, seen_s FROM sessions WHERE digest = ?", (digest,)
        )
        if not rows:
            return None
        with self._lock:
            return self._known.setdefault(digest, Session(*rows[0]))

    def _end(self, digest: bytes) -> None:
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE digest = ?", (digest,))
        with self._lock:
            session = self._known.pop(digest, None)
            endings = [] if session is None else list(session.endings)
        for ending in endings:
            ending()
