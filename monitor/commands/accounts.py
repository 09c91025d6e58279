"""`tingyin accounts`: who may sign in, from a terminal of the server's machine.

A running server sees what is changed here at a page's next question, and ends open streams within seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from monitor.accounts.book import AccountChange
from monitor.accounts.office import BY_COMMAND, AccountsOffice
from monitor.accounts.roles import Account
from monitor.commands.common import console
from monitor.config import Settings
from monitor.publish.guard import is_loopback

WHERE = "this machine"
"""The address in the trail: whoever may run the command may read the file anyway."""


def list_accounts(settings: Settings) -> None:
    """One line for each account on standard output."""
    with _office(settings) as office:
        accounts = office.book.accounts()
        for account in accounts:
            typer.echo(_line(account))
        if not accounts:
            console.print("there are no accounts yet; `tingyin serve` makes the first and names its link")


def add(settings: Settings, account: Account) -> None:
    """Makes an account, and names the link by which its owner chooses a password.

    Raises:
        AccountError: account.name, account.exists.
    """
    with _office(settings) as office:
        office.book.check_new(account)
        office.trail.note(BY_COMMAND, "account_created", account.name, address=WHERE)
        made = office.book.create(account)
        typer.echo(_line(made))
        if not made.is_external:
            _tell_link(settings, office, made.name)


def link(settings: Settings, name: str) -> None:
    """Makes a one-time link; earlier ones of the account are void.

    Raises:
        AccountError: account.unknown.
    """
    with _office(settings) as office:
        account = office.book.account(name)
        office.trail.note(BY_COMMAND, "link_made", account.name, address=WHERE)
        _tell_link(settings, office, account.name)


def change(settings: Settings, name: str, wanted: AccountChange) -> None:
    """Changes an account. One that is disabled is signed out everywhere.

    Raises:
        AccountError: account.unknown, account.last_admin.
    """
    with _office(settings) as office:
        known = office.book.account(name)
        office.book.check_change(known.name, wanted)
        office.trail.note(BY_COMMAND, "account_changed", known.name, address=WHERE)
        changed = office.book.change(known.name, wanted)
        if not changed.is_enabled:
            office.sessions.close_all(changed.name)
        typer.echo(_line(changed))


def remove(settings: Settings, name: str) -> None:
    """Removes an account; the trail of what it did stays.

    Raises:
        AccountError: account.unknown, account.last_admin.
    """
    with _office(settings) as office:
        known = office.book.account(name)
        office.book.check_removal(known.name)
        office.trail.note(BY_COMMAND, "account_removed", known.name, address=WHERE)
        office.book.remove(known.name)
        console.print(f"{known.name} is removed; the trail keeps what they did")


def sign_out_everywhere(settings: Settings, name: str) -> None:
    """Ends all of an account's sessions.

    Raises:
        AccountError: account.unknown.
    """
    with _office(settings) as office:
        known = office.book.account(name)
        office.trail.note(BY_COMMAND, "signed_out_everywhere", known.name, address=WHERE)
        ended = office.sessions.close_all(known.name)
        console.print(f"{ended} session(s) of {known.name} ended")


@contextmanager
def _office(settings: Settings) -> Iterator[AccountsOffice]:
    with AccountsOffice.open(settings.store.folder, settings.accounts) as office:
        yield office


def _line(account: Account) -> str:
    """Name, role and what else there is to say, in columns."""
    notes = [f"team {account.team}"] if account.team else []
    notes += [f"sees {', '.join(account.teams)}"] if account.teams else []
    notes += [f"agent {account.agent}"] if account.agent else []
    notes += ["signs in through the company"] if account.is_external else []
    if not account.is_external and not account.has_password:
        notes.append("has no password yet")
    if not account.is_enabled:
        notes.append("disabled")
    return f"{account.name:24} {account.role.value:10} {' · '.join(notes)}".rstrip()


def _tell_link(settings: Settings, office: AccountsOffice, name: str) -> None:
    """The link on standard output, alone, so that a script can hand it on."""
    path = f"/welcome/{office.book.make_link(name)}"
    host, port = settings.server.host, settings.server.port
    if settings.accounts.is_https or not is_loopback(host):
        console.print("open this under the address by which people reach the server, once, within a day:")
        typer.echo(path)
    else:
        console.print("open this once, within a day:")
        typer.echo(f"http://{f'[{host}]' if ':' in host else host}:{port}{path}")
