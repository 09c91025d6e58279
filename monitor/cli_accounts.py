"""The command line of accounts: arguments and options; `monitor.commands.accounts` does the work."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.accounts.roles import Account, Role
from monitor.cli_options import SettingsFile, read_settings
from monitor.commands.common import told_errors

accounts_app = typer.Typer(no_args_is_help=True, help="Accounts: who may sign in, and as what.")

Name = Annotated[str, typer.Argument(help="the account's name")]
Team = Annotated[str | None, typer.Option("--team", help="the team that an agent belongs to")]
Teams = Annotated[
    list[str] | None,
    typer.Option("--sees", help="a team whose calls a supervisor or viewer sees; repeat it; none: all"),
]
Agent = Annotated[
    str | None, typer.Option("--agent", help="the label by which the telephone system names an agent's calls")
]


@accounts_app.command("list")
def accounts_list(settings_file: SettingsFile = None) -> None:
    """List the accounts, their roles and teams."""
    from monitor.commands import accounts

    with told_errors():
        accounts.list_accounts(read_settings(settings_file))


@accounts_app.command("add")
def accounts_add(
    name: Name,
    role: Annotated[Role, typer.Option("--role", help="what the account may do")],
    display: Annotated[str, typer.Option("--display", help="the name that pages show")] = "",
    team: Team = None,
    teams: Teams = None,
    agent: Agent = None,
    is_external: Annotated[
        bool, typer.Option("--external", help="signs in through the identity provider of the settings")
    ] = False,
    settings_file: SettingsFile = None,
) -> None:
    """Make an account, and print its one-time link."""
    from monitor.commands import accounts

    with told_errors():
        account = Account(
            name=name,
            display=display,
            role=role,
            team=team or "",
            teams=tuple(teams or ()),
            agent=agent or "",
            is_external=is_external,
        )
        accounts.add(read_settings(settings_file), account)


@accounts_app.command("link")
def accounts_link(name: Name, settings_file: SettingsFile = None) -> None:
    """Print a one-time link to choose a new password."""
    from monitor.commands import accounts

    with told_errors():
        accounts.link(read_settings(settings_file), name)


@accounts_app.command("role")
def accounts_role(
    name: Name,
    role: Annotated[Role, typer.Argument(help="what the account may do from now on")],
    team: Team = None,
    teams: Teams = None,
    agent: Agent = None,
    settings_file: SettingsFile = None,
) -> None:
    """Change what an account may do, and of which teams."""
    from monitor.accounts.book import AccountChange
    from monitor.commands import accounts

    with told_errors():
        wanted = AccountChange(
            role=role, team=team, teams=None if teams is None else tuple(teams), agent=agent
        )
        accounts.change(read_settings(settings_file), name, wanted)


@accounts_app.command("disable")
def accounts_disable(name: Name, settings_file: SettingsFile = None) -> None:
    """Let an account in no more. Its sessions end."""
    from monitor.accounts.book import AccountChange
    from monitor.commands import accounts

    with told_errors():
        accounts.change(read_settings(settings_file), name, AccountChange(is_enabled=False))


@accounts_app.command("enable")
def accounts_enable(name: Name, settings_file: SettingsFile = None) -> None:
    """Let an account in again."""
    from monitor.accounts.book import AccountChange
    from monitor.commands import accounts

    with told_errors():
        accounts.change(read_settings(settings_file), name, AccountChange(is_enabled=True))


@accounts_app.command("remove")
def accounts_remove(name: Name, settings_file: SettingsFile = None) -> None:
    """Remove an account; the trail of what it did stays."""
    from monitor.commands import accounts

    with told_errors():
        accounts.remove(read_settings(settings_file), name)


@accounts_app.command("sign-out-everywhere")
def accounts_sign_out_everywhere(name: Name, settings_file: SettingsFile = None) -> None:
    """End all of an account's sessions, on every machine."""
    from monitor.commands import accounts

    with told_errors():
        accounts.sign_out_everywhere(read_settings(settings_file), name)
