"""Which rules' cues are quiet because agents keep sending them away, and having them shown again."""

from __future__ import annotations

import asyncio

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.accounts.roles import Right
from monitor.errors import AccountError, ServerError
from monitor.publish.access import Access, visitor_of
from monitor.publish.answers import json_answer
from monitor.store.quiet import QuietRule, QuietRules


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `/api/cues/quiet`."""

    rules: list[QuietRule]


class QuietApi:
    """Answers what is quiet."""

    def __init__(self, quiet: QuietRules, access: Access | None) -> None:
        self._quiet, self._access = quiet, access

    def routes(self) -> list[Route]:
        """Path by path."""
        return [
            Route(path, getattr(self, answer.__name__), methods=[method])
            for (method, path), answer in QUIET_API.items()
        ]

    async def quiet(self, request: Request) -> Response:
        """The rules that show no cue now, for whom and until when: `Quiet`. Whoever sees calls may ask, and
        is told of the agents whose calls they may see."""
        agents = await self._agents(request)
        rows = [row for row in self._quiet.all() if agents is None or not row.agent or row.agent in agents]
        return json_answer(Quiet(rules=rows))

    async def wake(self, request: Request) -> Response:
        """Shows a rule's cues again: to `?agent=`, or to all whose calls whoever asks may see. It takes the
        right to act."""
        if self._access is not None and not visitor_of(request.scope).account.may(Right.ACT):
            raise AccountError("account.forbidden")
        rule, agent = request.path_params["rule"], request.query_params.get("agent", "")
        agents = await self._agents(request)
        if agent:
            if agents is not None and agent not in agents:
                raise AccountError("account.forbidden")
            agents = frozenset({agent})
        if not await asyncio.to_thread(self._quiet.wake, rule, agents):
            raise ServerError("server.not_found", path=request.url.path)
        return Response(status_code=204, headers={"cache-control": "no-store"})

    async def _agents(self, request: Request) -> frozenset[str] | None:
        """Whose calls whoever asks may see; None: everybody's."""
        if self._access is None:
            return None
        return await asyncio.to_thread(self._access.agents_of, visitor_of(request.scope).account)


QUIET_API = {
    ("GET", "/api/cues/quiet"): QuietApi.quiet,
    ("DELETE", "/api/cues/quiet/{rule}"): QuietApi.wake,
}
"""What can be asked, and what answers it."""
