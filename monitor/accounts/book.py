"""The book of accounts: who there is, what proves it, and one-time links to choose a password."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from monitor.accounts.database import AccountsFile
from monitor.accounts.passwords import hashed, is_outdated, is_right
from monitor.accounts.roles import Account, Role
from monitor.errors import AccountError

LINK_LIVES_S = 24 * 3600.0
"""A link that nobody has used within a day is void."""

_NAME = re.compile(r"[\w.@+-]{1,64}")
_COLUMNS = "name, display, role, team, teams, agent, is_enabled, password, subject, created_at"


def digest_of(token: str) -> bytes:
    """What is kept of a token: it lets nobody in who reads the file."""
    return hashlib.sha256(token.encode()).digest()


def invited(name: str) -> str:
    """Stands for the subject of somebody who has not signed in by the identity provider yet."""
    return f"invited {name.lower()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChange:
    """Fields to change; None leaves one as it is."""

    display: str | None = None
    role: Role | None = None
    team: str | None = None
    teams: tuple[str, ...] | None = None
    agent: str | None = None
    is_enabled: bool | None = None


class AccountBook:
    """Makes, changes and checks accounts. Every method may raise StoreError when the disk fails."""

    def __init__(self, file: AccountsFile, *, now: Callable[[], float] = time.time) -> None:
        """`now` is the wall clock in seconds."""
        self._file = file
        self._now = now

    def accounts(self) -> list[Account]:
        """All, by name."""
        return [_account(row) for row in self._file.rows(f"SELECT {_COLUMNS} FROM accounts ORDER BY name")]

    def account(self, name: str) -> Account:
        """One account.

        Raises:
            AccountError: account.unknown.
        """
        rows = self._file.rows(f"SELECT {_COLUMNS} FROM accounts WHERE name = ?", (name,))
        if not rows:
            raise AccountError("account.unknown", name=name)
        return _account(rows[0])

    def check_new(self, account: Account) -> None:
        """Raises what `create` would, and changes nothing: what is refused is not written in the trail."""
        if not _NAME.fullmatch(account.name):
            raise AccountError("account.name", name=account.name)
        if self._file.rows("SELECT 1 FROM accounts WHERE name = ?", (account.name,)):
            raise AccountError("account.exists", name=account.name)

    def check_change(self, name: str, change: AccountChange) -> None:
        """Raises what `change` would, and changes nothing."""
        if _loses_admin(self.account(name), change):
            with self._file.transaction() as connection:
                _keep_an_admin(connection, name)

    def check_removal(self, name: str) -> None:
        """Raises what `remove` would, and changes nothing."""
        self.check_change(name, AccountChange(is_enabled=False))

    def create(self, account: Account) -> Account:
        """Adds an account that has no password yet.

        With `is_external` it is for whom the identity provider knows by the same name.

        Raises:
            AccountError: account.name, account.exists.
        """
        if not _NAME.fullmatch(account.name):
            raise AccountError("account.name", name=account.name)
        created_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._now()))
        try:
            with self._file.transaction() as connection:
                connection.execute(
                    "INSERT INTO accounts (name, display, role, team, teams, agent, subject, is_enabled,"
                    " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        account.name,
                        account.display or account.name,
                        account.role.value,
                        account.team,
                        json.dumps(account.teams),
                        account.agent,
                        invited(account.name) if account.is_external else None,
                        account.is_enabled,
                        created_at,
                    ),
                )
        except sqlite3.IntegrityError as error:
            raise AccountError("account.exists", name=account.name) from error
        return self.account(account.name)

    def change(self, name: str, change: AccountChange) -> Account:
        """Changes an account.

        Raises:
            AccountError: account.unknown; account.last_admin: nobody could manage accounts afterwards.
        """
        known = self.account(name)
        given: dict[str, object] = {
            field: value for field in change.__slots__ if (value := getattr(change, field)) is not None
        }
        if "teams" in given:
            given["teams"] = json.dumps(given["teams"])
        with self._file.transaction() as connection:
            if _loses_admin(known, change):
                _keep_an_admin(connection, name)
            for field, value in given.items():
                connection.execute(f"UPDATE accounts SET {field} = ? WHERE name = ?", (value, name))
        return self.account(name)

    def remove(self, name: str) -> None:
        """Removes an account with its sessions and links; the trail of what it did stays.

        Raises:
            AccountError: account.unknown, account.last_admin.
        """
        known = self.account(name)
        with self._file.transaction() as connection:
            if known.role is Role.ADMIN:
                _keep_an_admin(connection, name)
            for table in ("accounts", "sessions", "links"):
                connection.execute(f"DELETE FROM {table} WHERE name = ?", (name,))

    # --- what proves it ---

    def set_password(self, name: str, password: str) -> None:
        """Gives the account a password.

        Raises:
            AccountError: account.unknown, account.password.
        """
        kept = hashed(password, self.account(name).name)
        with self._file.transaction() as connection:
            connection.execute("UPDATE accounts SET password = ? WHERE name = ?", (kept, name))

    def prove(self, name: str, password: str) -> Account:
        """The account whose password this is. Takes a good part of a tenth of a second, on purpose.

        Raises:
            AccountError: account.refused, whatever was wrong.
        """
        rows = self._file.rows("SELECT password, is_enabled FROM accounts WHERE name = ?", (name,))
        kept, is_enabled = rows[0] if rows else (None, False)
        if not is_right(kept, password) or not is_enabled:
            raise AccountError("account.refused")
        if is_outdated(kept):
            self.set_password(name, password)
        return self.account(name)

    def external(self, subject: str, name: str) -> Account | None:
        """The account of whom the identity provider calls `subject`.

        The first time, an account that was invited under `name` becomes theirs; None where there is none.
        """
        with self._file.transaction() as connection:
            connection.execute(
                "UPDATE accounts SET subject = ?1 WHERE name = ?2 AND subject = ?3"
                " AND NOT EXISTS (SELECT 1 FROM accounts WHERE subject = ?1)",
                (subject, name, invited(name)),
            )
        rows = self._file.rows(f"SELECT {_COLUMNS} FROM accounts WHERE subject = ?", (subject,))
        return _account(rows[0]) if rows else None

    # --- one-time links ---

    def make_link(self, name: str) -> str:
        """A token that lets whoever has it choose the account's password, once, within a day.

        Raises:
            AccountError: account.unknown.
        """
        known = self.account(name)
        token = secrets.token_urlsafe(32)
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM links WHERE name = ? OR until_s < ?", (name, self._now()))
            connection.execute(
                "INSERT INTO links VALUES (?, ?, ?)",
                (digest_of(token), known.name, self._now() + LINK_LIVES_S),
            )
        return token

    def linked(self, token: str) -> Account:
        """Whose link this is.

        Raises:
            AccountError: account.link: it was used, is too old, or never was.
        """
        rows = self._file.rows(
            "SELECT name FROM links WHERE digest = ? AND until_s >= ?", (digest_of(token), self._now())
        )
        if not rows:
            raise AccountError("account.link")
        return self.account(rows[0][0])

    def redeem(self, token: str, password: str) -> Account:
        """Sets the password of the link's account and voids the link.

        Raises:
            AccountError: account.link, account.password (the link stays good).
        """
        account = self.linked(token)
        kept = hashed(password, account.name)
        with self._file.transaction() as connection:
            used = connection.execute("DELETE FROM links WHERE digest = ?", (digest_of(token),)).rowcount
            if not used:
                raise AccountError("account.link")
            connection.execute("UPDATE accounts SET password = ? WHERE name = ?", (kept, account.name))
        return self.account(account.name)


def _loses_admin(known: Account, change: AccountChange) -> bool:
    return known.role is Role.ADMIN and (change.role not in {None, Role.ADMIN} or change.is_enabled is False)


def _keep_an_admin(connection: sqlite3.Connection, name: str) -> None:
    (others,) = connection.execute(
        "SELECT count(*) FROM accounts WHERE role = 'admin' AND is_enabled AND name != ?", (name,)
    ).fetchone()
    if not others:
        raise AccountError("account.last_admin", name=name)


def _account(row: tuple[Any, ...]) -> Account:
    name, display, role, team, teams, agent, is_enabled, password, subject, created_at = row
    return Account(
        name=name,
        display=display,
        role=Role(role),
        team=team,
        teams=tuple(json.loads(teams)),
        agent=agent,
        is_enabled=bool(is_enabled),
        has_password=password is not None,
        is_external=subject is not None,
        created_at=created_at,
    )
