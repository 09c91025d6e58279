"""What each role may do, as one table."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec


class Role(StrEnum):
    """What somebody is in the call centre."""

    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    VIEWER = "viewer"


class Right(StrEnum):
    """One thing that may be allowed."""

    SEE_CALLS = "see_calls"
    """The wall, calls, their words and charts, of one's teams."""
    SEE_OWN_CALL = "see_own_call"
    """One's own calls, and what an agent's page shows of the calls that one sees."""
    HEAR_CALLS = "hear_calls"
    """Listen in, and play back."""
    ACT = "act"
    """Acknowledge, assign, mute, comment, and send messages to agents."""
    TUNE = "tune"
    """Change thresholds and rules, which are the whole house's: see `may_tune`."""
    MANAGE = "manage"
    """Accounts, and the trail of what was done."""


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right),
    Role.SUPERVISOR: frozenset(
        {Right.SEE_CALLS, Right.SEE_OWN_CALL, Right.HEAR_CALLS, Right.ACT, Right.TUNE}
    ),
    Role.AGENT: frozenset({Right.SEE_OWN_CALL}),
    Role.VIEWER: frozenset({Right.SEE_CALLS, Right.SEE_OWN_CALL}),
}


TunedBy = Literal["admins", "house", "supervisors"]
"""Who tunes: administrators; with them supervisors who see everybody's calls; or those of teams, too."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who signs in, without what proves it.

    `team` is where an agent belongs; `teams` is whom a supervisor or viewer sees, and empty means all.
    `agent` is the label by which the telephone system names an agent's calls.
    """

    name: str
    display: str
    role: Role
    team: str = ""
    teams: tuple[str, ...] = ()
    agent: str = ""
    is_enabled: bool = True
    has_password: bool = False
    is_external: bool = False
    """Signs in through the identity provider."""
    created_at: str = ""

    def may(self, right: Right) -> bool:
        """Whether the account has the right, whoever's call it is about."""
        return self.is_enabled and right in RIGHTS[self.role]

    def may_tune(self, tuned_by: TunedBy) -> bool:
        """Whether the account may change what the calls of all teams are judged by."""
        if not self.may(Right.TUNE):
            return False
        if self.role is Role.ADMIN:
            return True
        return tuned_by == "supervisors" or (tuned_by == "house" and not self.teams)
