"""The web application: what is asked (`/api`), what is told (`/ws`), the metrics and the pages."""

from __future__ import annotations

import asyncio
import platform
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal, Protocol, cast, get_args

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from monitor import __version__
from monitor.accounts.roles import Right, Role
from monitor.config import AccountSettings
from monitor.core.events import WIRE_VERSION
from monitor.core.inputs import CueAnswer
from monitor.core.playbook.model import RuleBook
from monitor.errors import AccountError, ServerError
from monitor.history.search import History
from monitor.publish.access import Access, AccessMiddleware, serve_stream, visitor_of
from monitor.publish.account_api import AccountApi, body_of
from monitor.publish.agents_api import AgentsApi
from monitor.publish.answers import json_answer
from monitor.publish.desk_api import DeskApi
from monitor.publish.guard import Gate, GuardMiddleware
from monitor.publish.history_api import HistoryApi
from monitor.publish.listen import ListeningPost
from monitor.publish.live_sound import LiveSound
from monitor.publish.metrics import CONTENT_TYPE
from monitor.publish.pages import Pages
from monitor.publish.plays import Plays
from monitor.publish.protocol import PROTOCOL_VERSION, CallState, CallSummary, Problem, Snapshot
from monitor.publish.publisher import Publisher
from monitor.publish.queries import whole_number
from monitor.publish.quiet_api import QuietApi
from monitor.publish.refusals import HANDLERS
from monitor.publish.rules_api import RulesApi
from monitor.publish.side import SideDesk
from monitor.publish.side_api import SideApi
from monitor.publish.tuning_api import TuningApi
from monitor.resources import resource
from monitor.store.quiet import QuietRules
from monitor.store.records import CallRecord, StoreHealth
from monitor.tuning.office import TuningOffice

CALLS_MAX = 500
"""Calls in one answer."""

EVENTS_MAX = 10_000
"""Events in one answer, about 4 MB."""

_READ_WAIT_S = 1.0
"""How long an answer waits for events that are on their way to the disk."""


class Recordings(Protocol):
    """Knows where the sound of a call is, if it is kept."""

    def audio(self, call_id: str) -> Path | None:
        """A file that browsers play, or None."""
        ...


class NoRecordings:
    """Sound is not kept unless somebody configures it."""

    def audio(self, call_id: str) -> Path | None:
        """Always None."""
        return None


AnswerCue = Callable[[str, CueAnswer], bool]
"""Tells a live call what its agent made of a cue; false where there is no such live call."""


class CueAnswerBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The question of `POST /api/calls/{call_id}/cues/{cue_id}`: what the agent made of the cue."""

    answer: Literal["done", "dismissed", "not_helpful"]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `/api/health`. `status` is `degraded` while there are problems."""

    status: str
    problems: list[Problem]
    uptime_s: float
    calls_live: int
    clients: int
    store: StoreHealth


class CallPage(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `/api/calls`, the latest first. `next_before` asks for the next page; null: no more."""

    calls: list[CallRecord]
    next_before: int | None


class CallDetail(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `/api/calls/{call_id}`. `summary` is there while the call is on the wall."""

    call: CallRecord | None
    summary: CallSummary | None
    has_audio: bool


class EventPage(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `/api/calls/{call_id}/events`. `next_after_seq` asks for the next page; null: no more."""

    events: list[msgspec.Raw]
    next_after_seq: int | None


class Api:
    """The questions that have an answer now."""

    def __init__(
        self,
        publisher: Publisher,
        recordings: Recordings,
        access: Access | None,
        answer: AnswerCue | None = None,
    ) -> None:
        self._publisher = publisher
        self._answer = answer
        self._access = access
        self._recordings = recordings
        self._started = time.monotonic()
        self._plays = Plays()

    def routes(self) -> list[Route]:
        """Path by path."""
        return [
            *(Route(path, getattr(self, question.__name__)) for path, question in API.items()),
            *(
                Route(path, getattr(self, answer.__name__), methods=[method])
                for (method, path), answer in ANSWERS.items()
            ),
        ]

    async def health(self, _request: Request) -> Response:
        """Whether all is well: `Health`; 200 as long as calls are heard, with what is wrong."""
        problems = self._publisher.problems()
        return json_answer(
            Health(
                status="degraded" if problems else "ok",
                problems=problems,
                uptime_s=round(time.monotonic() - self._started, 3),
                calls_live=self._publisher.wall.live_count,
                clients=self._publisher.streams,
                store=self._publisher.log.health(),
            )
        )

    async def version(self, _request: Request) -> Response:
        """Versions of the product, of its events and of the stream's messages."""
        return json_answer(
            {
                "version": __version__,
                "events": WIRE_VERSION,
                "protocol": PROTOCOL_VERSION,
                "python": platform.python_version(),
            }
        )

    async def wall(self, request: Request) -> Response:
        """The wall as it stands, as the stream's `snapshot`."""
        agents = await self._agents(request)
        return json_answer(Snapshot(pos=self._publisher.hub.pos, calls=self._publisher.wall.snapshot(agents)))

    async def calls(self, request: Request) -> Response:
        """The history, page by page: `CallPage`. Takes `limit` (50, at most 500 calls), `state` (live,
        ended, cut_off or failed) and, for the next page, `before`."""
        limit = whole_number(request.query_params, "limit", 50, most=CALLS_MAX)
        before = whole_number(request.query_params, "before", 2**62, least=0, most=2**62)
        state = request.query_params.get("state")
        if state is not None and state not in get_args(CallState):
            raise ServerError(
                "server.parameter",
                name="state",
                value=state,
                reason=f"one of {', '.join(get_args(CallState))}",
            )
        await self._settle()
        known = cast(CallState | None, state)
        agents = await self._agents(request)
        calls = await self._publisher.read(self._publisher.log.calls, limit, before, known, agents)
        return json_answer(
            CallPage(calls=calls, next_before=calls[-1].number if len(calls) == limit else None)
        )

    async def call(self, request: Request) -> Response:
        """One call: `CallDetail`."""
        call_id = await self._known_call(request)
        record = await self._publisher.read(self._publisher.log.call, call_id)
        return json_answer(
            CallDetail(
                call=record,
                summary=self._publisher.wall.summary(call_id),
                has_audio=self._recordings.audio(call_id) is not None,
            )
        )

    async def events(self, request: Request) -> Response:
        """A call's events in order, page by page: `EventPage`. Takes `limit` (1000, at most 10000
        events) and, for the next page, `after_seq`."""
        after_seq = whole_number(request.query_params, "after_seq", 0, least=0, most=2**62)
        limit = whole_number(request.query_params, "limit", 1_000, most=EVENTS_MAX)
        call_id = await self._known_call(request)
        stored = await self._publisher.read(self._publisher.log.read_call, call_id, after_seq, limit)
        return json_answer(
            EventPage(
                events=[msgspec.Raw(event.body) for event in stored],
                next_after_seq=stored[-1].seq if len(stored) == limit else None,
            )
        )

    async def audio(self, request: Request) -> Response:
        """A call's sound, whole or in ranges."""
        call_id = await self._known_call(request)
        path = self._recordings.audio(call_id)
        if path is None or not path.is_file():
            raise ServerError("server.no_audio", call_id=call_id)
        await self._note_played(request, call_id)
        return FileResponse(path, headers={"cache-control": "no-store"})

    async def answer_cue(self, request: Request) -> Response:
        """The agent answers the cue on the screen: `{"answer": "done"}`, `dismissed` or `not_helpful`. 202:
        the call is told, and says by `cue_cleared` when the cue is gone; an answer to one that is gone
        already changes nothing. Agents answer the cues of their own calls."""
        call_id = await self._known_call(request)
        if self._access is not None:
            account = visitor_of(request.scope).account
            if account.role is not Role.AGENT and not account.may(Right.ACT):
                raise AccountError("account.forbidden")
        body = await body_of(request, CueAnswerBody)
        told = CueAnswer(cue_id=str(request.path_params["cue_id"])[:40], answer=body.answer)
        if self._answer is None or not self._answer(call_id, told):
            raise ServerError("server.unknown_call", call_id=call_id)
        return Response(status_code=202, headers={"cache-control": "no-store"})

    async def metrics(self, _request: Request) -> Response:
        """Metrics in the text format of Prometheus."""
        return Response(self._publisher.metrics.text(), media_type=CONTENT_TYPE)

    async def _known_call(self, request: Request) -> str:
        call_id = str(request.path_params["call_id"])
        await self._settle()
        if not await self._publisher.knows(call_id, await self._agents(request)):
            raise ServerError("server.unknown_call", call_id=call_id)
        return call_id

    async def _agents(self, request: Request) -> frozenset[str] | None:
        """Whose calls whoever asks may see; None: everybody's."""
        if self._access is None:
            return None
        return await asyncio.to_thread(self._access.agents_of, visitor_of(request.scope).account)

    async def _note_played(self, request: Request, call_id: str) -> None:
        """Writes down who plays a call, once for each time it is begun.

        Raises:
            AccountError: account.forbidden: who sees a call may not always hear it.
        """
        if self._access is None:
            return
        visitor = visitor_of(request.scope)
        if not visitor.account.may(Right.HEAR_CALLS):
            raise AccountError("account.forbidden")
        # A browser asks for a long file piece by piece: the first piece is the play, wherever it begins.
        if self._plays.begins(visitor.account.name, call_id, request.headers.get("range", "")):
            note = self._access.trail.note
            await asyncio.to_thread(
                lambda: note(visitor.account.name, "call_played", call_id, address=visitor.address)
            )

    async def _settle(self) -> None:
        """An answer holds what was told before it was asked for."""
        await self._publisher.read(self._publisher.log.flush, _READ_WAIT_S)


API = {
    "/api/health": Api.health,
    "/api/version": Api.version,
    "/api/wall": Api.wall,
    "/api/calls": Api.calls,
    "/api/calls/{call_id}": Api.call,
    "/api/calls/{call_id}/events": Api.events,
    "/api/calls/{call_id}/audio": Api.audio,
    "/metrics": Api.metrics,
}
"""What can be asked, and what answers it."""

ANSWERS = {("POST", "/api/calls/{call_id}/cues/{cue_id}"): Api.answer_cue}
"""What can be told to a call, and who takes it."""


def create_app(
    publisher: Publisher,
    *,
    recordings: Recordings | None = None,
    intake: Callable[[WebSocket], Awaitable[None]] | None = None,
    dashboard: Path | None = None,
    access: Access | None = None,
    accounts: AccountSettings | None = None,
    answer: AnswerCue | None = None,
    history: History | None = None,
    sound: LiveSound | None = None,
    side: SideDesk | None = None,
    tuning: TuningOffice | None = None,
    quiet: QuietRules | None = None,
    rulebook: Callable[[], RuleBook] | None = None,
) -> Starlette:
    """The application.

    `intake` takes calls that stream their sound to `/ingest`. `dashboard` is the folder of the built
    pages, by default where they are built. `access` lets people in; None lets everybody do everything.
    `answer` tells live calls what agents make of their cues. `history` is that of the publisher's event log,
    by default as it stands.
    `sound` is where people listen to live calls,
    `side` where their messages to agents are, `tuning` where thresholds and rules are tuned, `rulebook` what
    rules are in force.
    """

    async def stream(socket: WebSocket) -> None:
        await serve_stream(socket, publisher, access, side)

    settings = publisher.settings
    pages = Pages(dashboard or resource("dashboard"))
    guards = [Middleware(GuardMiddleware, gate=Gate(settings.host, settings.allowed_origins))]
    account_routes: list[Route] = []
    if access is not None:
        guards.append(Middleware(AccessMiddleware, access=access))
        account_routes = AccountApi(access, accounts or AccountSettings()).routes()
    desk = publisher.desk
    return Starlette(
        routes=[
            *account_routes,
            *([] if desk is None else DeskApi(desk, publisher, access).routes()),
            *Api(publisher, recordings or NoRecordings(), access, answer).routes(),
            *HistoryApi(publisher, access, history or History(publisher.log.path.parent)).routes(),
            *AgentsApi(access).routes(),
            *([] if tuning is None else TuningApi(tuning, publisher.log, access).routes()),
            WebSocketRoute("/ws", stream),
            *([] if sound is None else ListeningPost(publisher, sound, access, side).routes()),
            *([] if side is None else SideApi(publisher, side, access).routes()),
            *([] if quiet is None else QuietApi(quiet, access).routes()),
            *([] if rulebook is None else RulesApi(rulebook).routes()),
            *([] if intake is None else [WebSocketRoute("/ingest", intake)]),
            Route("/{path:path}", pages.__call__),
        ],
        middleware=guards,
        exception_handlers=HANDLERS,
    )
