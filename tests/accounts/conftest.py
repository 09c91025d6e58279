"""Accounts in a folder of their own, with a clock that tests set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.accounts.book import AccountBook
from monitor.accounts.database import AccountsFile
from monitor.accounts.roles import Account, Role
from monitor.accounts.sessions import Sessions
from monitor.accounts.trail import Trail

PASSWORD = "a quiet river at noon"


class Clock:
    """The time of day in seconds."""

    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Iterator[AccountsFile]:
    opened = AccountsFile(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def book(file: AccountsFile, clock: Clock) -> AccountBook:
    return AccountBook(file, now=clock)


@pytest.fixture
def sessions(file: AccountsFile, book: AccountBook, clock: Clock) -> Sessions:
    return Sessions(file, book, idle_s=1_800.0, length_s=43_200.0, now=clock)


@pytest.fixture
def trail(file: AccountsFile, clock: Clock) -> Trail:
    return Trail(file, now=clock)


@pytest.fixture
def li(book: AccountBook) -> Account:
    """A supervisor with a password."""
    book.create(Account(name="li", display="李组长", role=Role.SUPERVISOR, teams=("postal",)))
    book.set_password("li", PASSWORD)
    return book.account("li")
