"""Everything about accounts, opened together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain, count
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
        """The path of a one-time link for an administrator, while no administrator can sign in.

        Whoever made accounts for others first, by the command, has no administrator: one is made.
        """
        accounts = self.book.accounts()
        admins = [known for known in accounts if known.role is Role.ADMIN and known.is_enabled]
        if any(known.has_password or known.is_external for known in admins):
            return None
        first = next(iter(admins), None) or self._first_admin({known.name.lower() for known in accounts})
        return f"/welcome/{self.book.make_link(first.name)}"

    def _first_admin(self, taken: Collection[str]) -> Account:
        names = chain([FIRST_NAME], (f"{FIRST_NAME}{number}" for number in count(2)))
        name = next(name for name in names if name not in taken)
        return self.book.create(Account(name=name, display=name, role=Role.ADMIN))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()
