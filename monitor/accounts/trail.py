"""The trail: who did what to whose call, and from where. It is only ever added to."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import msgspec

from monitor.accounts.database import AccountsFile

Action = Literal[
    "signed_in",
    "refused",
    "signed_out",
    "signed_out_everywhere",
    "password_set",
    "account_created",
    "account_changed",
    "account_removed",
    "link_made",
    "call_opened",
    "call_played",
    "call_heard",
    "call_heard_until",
    "message_sent",
    "call_exported",
    "alert_marked",
    "rule_muted",
    "rule_unmuted",
    "trail_read",
    "tuning_saved",
    "tuning_restored",
]
"""What is written down. `call_heard` is that somebody begins to listen in on a live call, `call_heard_until`
that they stop, `call_played` that they play one back."""


class TrailEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One act. `object` is a call's id, the name of an account or a rule, or a tuning's version; `number`
    counts up for ever."""

    number: int
    at: str
    name: str
    action: str
    object: str
    address: str


class Trail:
    """Writes and reads the trail."""

    def __init__(self, file: AccountsFile, *, now: Callable[[], float] = time.time) -> None:
        self._file, self._now = file, now

    def note(self, name: str, action: Action, object_: str = "", *, address: str = "") -> None:
        """Writes an act down before it is done: what cannot be written is not done.

        Raises:
            StoreError: the disk does not take it.
        """
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._now()))
        with self._file.transaction() as connection:
            connection.execute(
                "INSERT INTO trail (at, name, action, object, address) VALUES (?, ?, ?, ?, ?)",
                (at, name, action, object_, address),
            )

    def read(
        self, *, limit: int = 100, before: int | None = None, name: str | None = None
    ) -> list[TrailEntry]:
        """The latest acts first; `before` is the last `number` of the page before."""
        condition, values = "number < ?", [before if before is not None else 2**62]
        parameters: list[object] = list(values)
        if name is not None:
            condition += " AND name = ?"
            parameters.append(name)
        rows = self._file.rows(
            "SELECT number, at, name, action, object, address FROM trail"
            f" WHERE {condition} ORDER BY number DESC LIMIT ?",
            (*parameters, limit),
        )
        return [
            TrailEntry(number=row[0], at=row[1], name=row[2], action=row[3], object=row[4], address=row[5])
            for row in rows
        ]
