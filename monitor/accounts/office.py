"""Everything about accounts, opened together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.accounts.book import AccountBook
from monitor.accounts.database import AccountsFile
from monitor.accounts.provider import IdentityProvider
from monitor.accounts.roles import Account, Role
from monitor.accounts.sessions import Sessions
from monitor.accounts.trail import Trail
from monitor.config import AccountSettings

BY_COMMAND = "command line"
"""Who did what `tingyin accounts` did, in the trail: no account's name has a space."""

FIRST_NAME = "admin"
"""The account that a first start makes."""


@dataclass(frozen=True, slots=True)
class AccountsOffice:
    """The accounts of one server."""

    file: AccountsFile
    book: AccountBook
    sessions: Sessions
    trail: Trail
    provider: IdentityProvider | None

    @classmethod
    def open(cls, folder: Path, settings: AccountSettings) -> Self:
        """Opens the accounts that are kept in `folder`.

        Raises:
            StoreError: they cannot be read or written.
        """
        file = AccountsFile(folder)
        book = AccountBook(file)
        provider = None
        if settings.provider_issuer:
            provider = IdentityProvider(
                issuer=settings.provider_issuer,
                client_id=settings.provider_client_id,
                client_secret=settings.provider_client_secret.get_secret_value(),
                name_claim=settings.provider_name_claim,
            )
        sessions = Sessions(file, book, idle_s=settings.idle_s, length_s=settings.session_s)
        return cls(file, book, sessions, Trail(file), provider)

    def welcome(self) -> str | None:
        """The path of a one-time link for the administrator, while nobody has chosen a password yet."""
        if self.book.is_empty:
            self.book.create(Account(name=FIRST_NAME, display=FIRST_NAME, role=Role.ADMIN))
        accounts = self.book.accounts()
        if any(known.has_password or known.is_external for known in accounts):
            return None
        first = next((known for known in accounts if known.role is Role.ADMIN), None)
        return None if first is None else f"/welcome/{self.book.make_link(first.name)}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()
