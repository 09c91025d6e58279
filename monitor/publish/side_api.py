"""What is asked about messages to agents and their pauses, and what answers it."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.accounts.roles import Account, Right, Role
from monitor.core.event_parts import Text
from monitor.errors import AccountError, ServerError
from monitor.publish.access import Access, visitor_of
from monitor.publish.account_api import body_of
from monitor.publish.answers import json_answer
from monitor.publish.publisher import Publisher
from monitor.publish.side import SideDesk

PAUSE_S_MAX = 1_800.0
"""Half an hour: longer than that an agent has no use for this page."""


class NewMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The question of `POST /api/calls/{call_id}/messages`: a free line, or a template's name."""

    text: str = ""
    template: str | None = None
    is_urgent: bool = False
    """It shows even while the agent has paused the cues."""


class MarkedMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The question of `POST /api/calls/{call_id}/messages/{message_id}`."""

    mark: Literal["shown", "seen"]


class NewPause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The question of `POST /api/calls/{call_id}/pause`."""

    for_s: Annotated[float, msgspec.Meta(ge=10, le=PAUSE_S_MAX)]


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A line to pick."""

    id: str
    text: Text


class Templates(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `/api/templates`."""

    templates: list[Template]
    length_max: int
    """Characters of a free line."""


class SideApi:
    """Answers for messages and pauses."""

    def __init__(self, publisher: Publisher, desk: SideDesk, access: Access | None) -> None:
        self._publisher, self._desk, self._access = publisher, desk, access

    def routes(self) -> list[Route]:
        """Path by path."""
        return [
            Route(path, getattr(self, answer.__name__), methods=[method])
            for (method, path), answer in SIDE_API.items()
        ]

    async def templates(self, _request: Request) -> Response:
        """The lines that a supervisor may pick: `Templates`."""
        settings = self._desk.settings
        lines = [Template(id=id_, text=Text(zh=one.zh, en=one.en)) for id_, one in settings.templates.items()]
        return json_answer(Templates(templates=lines, length_max=settings.length_max))

    async def side(self, request: Request) -> Response:
        """What people did beside a call, live or past: the stream's `side`."""
        call_id = await self._known_call(request)
        shows = visitor_of(request.scope).account.may(Right.SEE_CALLS)
        return json_answer(await self._desk.of(call_id, shows_listeners=shows))

    async def send(self, request: Request) -> Response:
        """Writes to a live call's agent; takes `NewMessage`, answers 201 with the `MessageToAgent`. It takes
        the right to act."""
        call_id = await self._known_call(request)
        visitor = visitor_of(request.scope)
        if not visitor.account.may(Right.ACT):
            raise AccountError("account.forbidden")
        body = await body_of(request, NewMessage)
        access = self._access

        def note() -> None:
            if access is not None:
                access.trail.note(visitor.account.name, "message_sent", call_id, address=visitor.address)

        message = await self._desk.send(
            call_id,
            visitor.account,
            text=body.text,
            template=body.template,
            is_urgent=body.is_urgent,
            note=note,
        )
        return json_answer(message, 201)

    async def mark(self, request: Request) -> Response:
        """The agent's page has shown a message, or its agent has seen it: `MarkedMessage`. Only the agent of
        the call may say so."""
        call_id = await self._agents_own_call(request)
        body = await body_of(request, MarkedMessage)
        message_id = str(request.path_params["message_id"])[:40]
        return json_answer(await self._desk.mark(call_id, message_id, body.mark))

    async def pause(self, request: Request) -> Response:
        """The agent puts cues off for `for_s` seconds, at most until the call's end: `NewPause`."""
        call_id = await self._agents_own_call(request)
        body = await body_of(request, NewPause)
        await self._desk.pause(call_id, body.for_s)
        return _done()

    async def resume(self, request: Request) -> Response:
        """The agent wants the cues back."""
        await self._desk.resume(await self._agents_own_call(request))
        return _done()

    async def _known_call(self, request: Request) -> str:
        call_id = str(request.path_params["call_id"])
        agents = None
        if self._access is not None:
            agents = await asyncio.to_thread(self._access.agents_of, visitor_of(request.scope).account)
        if not await self._publisher.knows(call_id, agents):
            raise ServerError("server.unknown_call", call_id=call_id)
        return call_id

    async def _agents_own_call(self, request: Request) -> str:
        """A call of whoever asks. Where nobody signs in, everybody may be its agent.

        Raises:
            AccountError: account.forbidden: others who see the call, as its supervisors do.
        """
        call_id = await self._known_call(request)
        if not is_agent_here(visitor_of(request.scope).account, self._access):
            raise AccountError("account.forbidden")
        return call_id


def is_agent_here(account: Account, access: Access | None) -> bool:
    """Whether the account answers for the agent of the calls that it sees."""
    return access is None or access.is_open or account.role is Role.AGENT


SIDE_API = {
    ("GET", "/api/templates"): SideApi.templates,
    ("GET", "/api/calls/{call_id}/side"): SideApi.side,
    ("POST", "/api/calls/{call_id}/messages"): SideApi.send,
    ("POST", "/api/calls/{call_id}/messages/{message_id}"): SideApi.mark,
    ("POST", "/api/calls/{call_id}/pause"): SideApi.pause,
    ("DELETE", "/api/calls/{call_id}/pause"): SideApi.resume,
}
"""What can be asked and told, and what answers it."""


def _done() -> Response:
    return Response(status_code=204, headers={"cache-control": "no-store"})
