"""The routes of tuning: what can be tuned, drafts, trials on past calls, versions. All need `tune`."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.accounts.roles import Account
from monitor.errors import ServerError
from monitor.publish.access import Access, visitor_of
from monitor.publish.account_api import body_of
from monitor.publish.answers import json_answer
from monitor.store.facts import facts_path
from monitor.store.log import EventLog
from monitor.tuning.office import TuningOffice
from monitor.tuning.overlay import Overlay
from monitor.tuning.trial import CALLS_MAX, Trial, TrialRequest

_BODY_BYTES_MAX = 512 * 1024
"""Of a draft: every rule of a playbook, tuned."""
_COMMENT_MAX = 500


class Saved(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body that saves a draft. `base` is the version that it began at."""

    base: int
    tuned: Overlay
    comment: str = ""


class Restored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body that takes an earlier version again."""

    base: int
    comment: str = ""


class Drafted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a check and of a trial."""

    tuned: Overlay


class TuningApi:
    """Answers what is asked about tuning."""

    def __init__(self, office: TuningOffice, log: EventLog, access: Access | None) -> None:
        self._office = office
        self._log = log
        self._store = log.path.parent
        self._access = access

    def routes(self) -> list[Route]:
        """Path by path."""
        return [
            Route(path, getattr(self, answer.__name__), methods=[method])
            for (method, path), answer in TUNING_API.items()
        ]

    async def state(self, _request: Request) -> Response:
        """What can be tuned, and what is: `State`."""
        return json_answer(await asyncio.to_thread(self._office.state))

    async def check(self, request: Request) -> Response:
        """Takes `Drafted`; answers what is wrong or doubtful about it: `{"faults": [Fault]}`."""
        given = await body_of(request, Drafted, _BODY_BYTES_MAX)
        return json_answer({"faults": await asyncio.to_thread(self._office.check, given.tuned)})

    async def try_it(self, request: Request) -> Response:
        """Takes `Drafted`, and begins to try it on the latest calls: 202 and the `Trial`."""
        given = await body_of(request, Drafted, _BODY_BYTES_MAX)
        account = visitor_of(request.scope).account
        return json_answer(await asyncio.to_thread(self._begin, given.tuned, account), 202)

    async def trial(self, request: Request) -> Response:
        """How far a trial is, and what it has found: `Trial`."""
        owner = visitor_of(request.scope).account.name
        get = self._office.trials.get  # it waits where another trial just begins
        return json_answer(await asyncio.to_thread(get, request.path_params["trial_id"], owner))

    async def cancel(self, request: Request) -> Response:
        """Ends a trial; answers what it has found: `Trial`."""
        owner = visitor_of(request.scope).account.name
        cancel = self._office.trials.cancel
        return json_answer(await asyncio.to_thread(cancel, request.path_params["trial_id"], owner))

    async def versions(self, _request: Request) -> Response:
        """The versions, the latest first: `{"versions": [Version]}`."""
        return json_answer({"versions": await asyncio.to_thread(self._office.versions)})

    async def version(self, request: Request) -> Response:
        """What was tuned in a version, and in the one before it: `{"tuned": …, "before": …}`."""
        number = int(request.path_params["number"])
        tuned = await asyncio.to_thread(self._office.version, number)
        before = await asyncio.to_thread(self._office.version, max(0, number - 1))
        return json_answer({"tuned": tuned, "before": before})

    async def save(self, request: Request) -> Response:
        """Takes `Saved`; puts the draft in force as a new version: 201 and `{"version": number}`. 409 where
        somebody saved another one meanwhile."""
        given = await body_of(request, Saved, _BODY_BYTES_MAX)
        author = visitor_of(request.scope).account.name
        await self._note(request, "tuning_saved", f"v{given.base + 1}")
        number = await asyncio.to_thread(
            lambda: self._office.save(
                given.tuned, base=given.base, author=author, comment=_comment(given.comment)
            )
        )
        return json_answer({"version": number}, 201)

    async def restore(self, request: Request) -> Response:
        """Takes `Restored`; puts an earlier version's content in force, as a new version: as `save`."""
        given = await body_of(request, Restored)
        number = int(request.path_params["number"])
        author = visitor_of(request.scope).account.name
        await self._note(request, "tuning_restored", f"v{number}")
        made = await asyncio.to_thread(
            lambda: self._office.restore(
                number, base=given.base, author=author, comment=_comment(given.comment)
            )
        )
        return json_answer({"version": made}, 201)

    def _begin(self, tuned: Overlay, account: Account) -> Trial:
        before, after = self._office.in_force(), self._office.draft(tuned)
        agents = None if self._access is None else self._access.agents_of(account)
        latest = self._log.calls(10 * CALLS_MAX, None, "ended", agents)
        kept = [call.call_id for call in latest if facts_path(self._store, call.call_id).is_file()]
        return self._office.trials.begin(
            TrialRequest(
                calls=tuple(kept[:CALLS_MAX]),
                store=self._store,
                before=before.files,
                before_core=before.core,
                after=after.files,
                after_core=after.core,
            ),
            account.name,
        )

    async def _note(self, request: Request, action: Any, object_: str) -> None:
        if self._access is None:
            return
        visitor, note = visitor_of(request.scope), self._access.trail.note
        await asyncio.to_thread(lambda: note(visitor.account.name, action, object_, address=visitor.address))


TUNING_API = {
    ("GET", "/api/tuning"): TuningApi.state,
    ("POST", "/api/tuning/check"): TuningApi.check,
    ("POST", "/api/tuning/trials"): TuningApi.try_it,
    ("GET", "/api/tuning/trials/{trial_id}"): TuningApi.trial,
    ("DELETE", "/api/tuning/trials/{trial_id}"): TuningApi.cancel,
    ("GET", "/api/tuning/versions"): TuningApi.versions,
    ("POST", "/api/tuning/versions"): TuningApi.save,
    ("GET", "/api/tuning/versions/{number:int}"): TuningApi.version,
    ("POST", "/api/tuning/versions/{number:int}/restore"): TuningApi.restore,
}
"""What can be asked about tuning, and what answers it."""


def _comment(text: str) -> str:
    """A comment of a line or two.

    Raises:
        ServerError: server.parameter: it is too long.
    """
    if len(text) > _COMMENT_MAX:
        raise ServerError(
            "server.parameter", name="comment", value="…", reason=f"{_COMMENT_MAX} characters at most"
        )
    return text.strip()
