"""Who the agents are: names and teams for the labels by which the telephone system knows them."""

from __future__ import annotations

import asyncio

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.publish.access import Access, visitor_of
from monitor.publish.answers import json_answer


class KnownAgent(msgspec.Struct, frozen=True, kw_only=True):
    """An agent, as the accounts know them. `team` is empty where none was given."""

    name: str
    team: str


class Agents(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `/api/agents`: by the label that calls carry as `agent`."""

    agents: dict[str, KnownAgent]


class AgentsApi:
    """Answers who the agents are."""

    def __init__(self, access: Access | None) -> None:
        self._access = access

    def routes(self) -> list[Route]:
        """Path by path."""
        return [Route(path, getattr(self, answer.__name__)) for path, answer in AGENTS_API.items()]

    async def agents(self, request: Request) -> Response:
        """Names and teams of the agents whose calls whoever asks may see: `Agents`. An agent without an
        account, or whose account has no label, is not in it."""
        found = await asyncio.to_thread(self._agents, request)
        return json_answer(found)

    def _agents(self, request: Request) -> Agents:
        if self._access is None:
            return Agents(agents={})
        seen = self._access.agents_of(visitor_of(request.scope).account)
        return Agents(
            agents={
                known.agent: KnownAgent(name=known.display, team=known.team)
                for known in self._access.book.accounts()
                if known.agent and (seen is None or known.agent in seen)
            }
        )


AGENTS_API = {"/api/agents": AgentsApi.agents}
"""What can be asked, and what answers it."""
