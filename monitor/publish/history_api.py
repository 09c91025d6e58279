"""The routes of the history: search, what can be searched for, trends, and reports to take along."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal, cast, get_args
from zoneinfo import ZoneInfo

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.accounts.roles import Right
from monitor.core.events import AnyEvent, Text
from monitor.errors import AccountError, ServerError
from monitor.history.figures import SEVERITIES
from monitor.history.keeper import stored_events
from monitor.history.search import PAST_STATES, History, PastCall, PastState, Question
from monitor.history.trends import By, Sums, trends
from monitor.publish.access import Access, visitor_of
from monitor.publish.account_api import raw_body_of
from monitor.publish.answers import json_answer
from monitor.publish.publisher import Publisher
from monitor.publish.queries import whole_number
from monitor.report.data import build_csv, build_json, safe_cell
from monitor.report.page import build_report
from monitor.store.database import connect
from monitor.store.records import MessageToAgent
from monitor.store.side import read_messages

PAGE_MAX = 200
"""Calls of one answer."""

EXPORT_MAX = 10_000
"""Calls of one exported list."""

_WORDS_MAX = 200
"""Characters of a search."""

_FORM_BYTES_MAX = 64 * 1024
"""Of a question that is posted: a search's words and the agents of a house, with their escapes."""

_BYS: tuple[By, ...] = get_args(By)

ReportFormat = Literal["html", "json", "csv"]
_Build = Callable[[list[AnyEvent], Sequence[MessageToAgent]], str]
_REPORTS: dict[ReportFormat, tuple[_Build, str]] = {
    "html": (build_report, "text/html; charset=utf-8"),
    "json": (build_json, "application/json"),
    "csv": (build_csv, "text/csv; charset=utf-8"),
}


class HistoryPage(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `/api/history`, the latest call first. `next_before` asks for the next page."""

    calls: list[PastCall]
    next_before: int | None
    total: int
    """Calls found, on all pages; 10,000 stands for that many or more."""
    waiting: int
    """Calls that are over and not searched yet: they are read in one after another."""


class HistoryFacets(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `/api/history/facets`: what can be searched for."""

    agents: list[str]
    teams: dict[str, list[str]]
    """The agents of each team, as the accounts have them."""
    rules: dict[str, Text]


class Trends(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `/api/history/trends`."""

    sums: list[Sums]


class HistoryApi:
    """Answers what is asked about calls that are over. Everything is judged by whose calls one may see."""

    def __init__(
        self,
        publisher: Publisher,
        access: Access | None,
        history: History,
    ) -> None:
        self._publisher, self._access, self._history = publisher, access, history

    def routes(self) -> list[Route]:
        """Path by path."""
        return [
            Route(
                path, getattr(self, answer.__name__), methods=["GET", "POST"] if path in _POSTED else ["GET"]
            )
            for path, answer in HISTORY_API.items()
        ]

    async def search(self, request: Request) -> Response:
        """Calls that are over, found by what they have: `HistoryPage`. Takes `from` and `to` (RFC 3339),
        `severity` (at least that grave), `agent`, `team`, `rule` and `state` (ended, cut_off, failed), which
        may be repeated, `limit` (50, at most 200) and, for the next page, `before`. By POST, as a form in the
        body, it takes them too, and `words` (all of them said in the call; phrases in quotes), which an
        address does not: proxies and browsers write addresses down."""
        query = await _asked(request)
        limit = whole_number(query, "limit", 50, most=PAGE_MAX)
        before = whole_number(query, "before", 2**47, most=2**47) if "before" in query else None
        question = await self._question(request, query)
        found = await self._publisher.study(self._history.search, question, limit=limit, before=before)
        return json_answer(
            HistoryPage(
                calls=found.calls,
                next_before=found.next_before,
                total=found.total,
                waiting=self._history.waiting(),
            )
        )

    async def facets(self, request: Request) -> Response:
        """Agents, teams and rules that can be searched for: `HistoryFacets`."""
        agents = await self._agents(request)
        found = await self._publisher.study(self._history.facets, agents)
        return json_answer(
            HistoryFacets(agents=found.agents, teams=await self._teams(agents), rules=found.rules)
        )

    async def trends(self, request: Request) -> Response:
        """What the calls that fit add up to: `Trends`. Takes what `/api/history` takes, `by` (day, week or
        agent) and `zone` (`Asia/Shanghai`): whose days they are."""
        query = await _asked(request)
        by = query.get("by", "day")
        if by not in _BYS:
            raise _unfit("by", by, f"one of {', '.join(_BYS)}")
        question = await self._question(request, query)
        zone = _zone(query.get("zone", "UTC"))
        sums = await self._publisher.study(trends, self._history, question, by, zone)
        return json_answer(Trends(sums=sums))

    async def export(self, request: Request) -> Response:
        """The calls found as a CSV file, at most 10,000 of them. Takes what `/api/history` takes."""
        question = await self._question(request, await _asked(request))
        await self._note(request, "list")
        text = await self._publisher.study(_list, self._history, question)
        return _file(text, "text/csv; charset=utf-8", "calls.csv")

    async def report(self, request: Request) -> Response:
        """The report of a call, with the messages to its agent, to take along: `format` html, json or csv."""
        format_ = request.query_params.get("format", "html")
        if format_ not in _REPORTS:
            raise _unfit("format", format_, f"one of {', '.join(_REPORTS)}")
        build, kind = _REPORTS[format_]
        call_id = str(request.path_params["call_id"])
        record = await self._publisher.read(self._publisher.log.call, call_id)
        agents = await self._agents(request)
        if record is None or (agents is not None and record.agent not in agents):
            raise ServerError("server.unknown_call", call_id=call_id)
        await self._note(request, call_id)
        text = await self._publisher.study(self._report, call_id, build)
        return _file(text, kind, f"{call_id}.{format_}")

    # --- inside ---

    def _report(self, call_id: str, build: _Build) -> str:
        self._publisher.log.flush(1.0)
        path = self._publisher.log.path
        with closing(connect(path)) as log:
            return build(stored_events(log, call_id), read_messages(path.parent, call_id))

    async def _question(self, request: Request, query: QueryParams) -> Question:
        words = query.get("words", "")
        if len(words) > _WORDS_MAX:
            # What was looked for may be what somebody said: it stands in no error and no log.
            raise _unfit("words", "…", f"at most {_WORDS_MAX} characters")
        severity = query.get("severity") or None
        if severity is not None and severity not in SEVERITIES:
            raise _unfit("severity", severity, f"one of {', '.join(SEVERITIES)}")
        states = [state for state in query.getlist("state") if state]
        if unknown := next((state for state in states if state not in PAST_STATES), None):
            raise _unfit("state", unknown, f"one of {', '.join(PAST_STATES)}")
        return Question(
            words=words,
            agents=await self._wanted_agents(request, query),
            from_s=_instant(query, "from"),
            to_s=_instant(query, "to"),
            rules=[rule for rule in query.getlist("rule") if rule],
            severity=severity,
            states=cast(list[PastState], states),
        )

    async def _wanted_agents(self, request: Request, query: QueryParams) -> frozenset[str] | None:
        """Those asked for, of those whose calls one may see; None: all."""
        visible = await self._agents(request)
        named = [agent for agent in query.getlist("agent") if agent]
        teams = [team for team in query.getlist("team") if team]
        if not named and not teams:
            return visible
        known = await self._teams(visible) if teams else {}
        wanted = frozenset([*named, *(agent for team in teams for agent in known.get(team, []))])
        return wanted if visible is None else wanted & visible

    async def _teams(self, agents: Collection[str] | None) -> dict[str, list[str]]:
        if self._access is None:
            return {}
        teams: dict[str, list[str]] = {}
        for known in await asyncio.to_thread(self._access.book.accounts):
            if known.team and known.agent and (agents is None or known.agent in agents):
                teams.setdefault(known.team, []).append(known.agent)
        return dict(sorted(teams.items()))

    async def _agents(self, request: Request) -> frozenset[str] | None:
        """Whose calls whoever asks may see; None: everybody's.

        Raises:
            AccountError: account.forbidden: the history is for those who see others' calls.
        """
        if self._access is None:
            return None
        account = visitor_of(request.scope).account
        if not account.may(Right.SEE_CALLS):
            raise AccountError("account.forbidden")
        return await asyncio.to_thread(self._access.agents_of, account)

    async def _note(self, request: Request, what: str) -> None:
        """Writes down who takes what along."""
        if self._access is None:
            return
        visitor, trail = visitor_of(request.scope), self._access.trail
        await asyncio.to_thread(
            lambda: trail.note(visitor.account.name, "call_exported", what, address=visitor.address)
        )


HISTORY_API = {
    "/api/history": HistoryApi.search,
    "/api/history/facets": HistoryApi.facets,
    "/api/history/trends": HistoryApi.trends,
    "/api/history/calls.csv": HistoryApi.export,
    "/api/calls/{call_id}/report": HistoryApi.report,
}
"""What can be asked, and what answers it."""

_POSTED = ("/api/history", "/api/history/trends", "/api/history/calls.csv")
"""What can be asked by POST, too."""

_LIST_COLUMNS = (
    "call_id",
    "started_at",
    "agent",
    "state",
    "duration_s",
    *(f"alerts_{severity}" for severity in reversed(SEVERITIES)),
    "rules",
    "interruptions_agent",
    "interruptions_caller",
    "talk_agent_s",
    "talk_caller_s",
    "heat_peak",
    "cues",
    "cues_followed",
    "rate_agent_syl_s",
    "words",
)


def _list(history: History, question: Question) -> str:
    """A search's calls as a table, with a byte order mark, without which spreadsheets misread Chinese."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_LIST_COLUMNS)
    before: int | None = None
    written = 0
    while written < EXPORT_MAX:
        page = history.search(question, limit=PAGE_MAX, before=before)
        for call in page.calls:
            writer.writerow([safe_cell(value) for value in _list_row(call)])
        written += len(page.calls)
        before = page.next_before
        if before is None:
            break
    return out.getvalue()


def _list_row(call: PastCall) -> list[Any]:
    return [
        call.call_id,
        call.started_at,
        call.agent,
        call.state,
        round(call.duration_s, 1),
        *(call.alerts.get(severity, 0) for severity in reversed(SEVERITIES)),
        " ".join(dict.fromkeys(one.rule for one in call.rules)),
        call.interruptions["agent"],
        call.interruptions["caller"],
        round(call.talk_s["agent"], 1),
        round(call.talk_s["caller"], 1),
        "" if call.heat_peak is None else f"{call.heat_peak:.2f}",
        call.cues,
        call.cues_followed,
        "" if call.rate_syl_s["agent"] is None else f"{call.rate_syl_s['agent']:.2f}",
        " | ".join(f"{hit.before}{hit.match}{hit.after}" for hit in call.hits),
    ]


async def _asked(request: Request) -> QueryParams:
    """What is asked for: in the address, or in the body.

    Raises:
        ServerError: server.parameter: words stand in an address; server.oversized, server.malformed.
    """
    if request.method == "POST":
        try:
            return QueryParams((await raw_body_of(request, _FORM_BYTES_MAX)).decode())
        except UnicodeDecodeError as error:
            raise ServerError("server.malformed", reason="the body is no form in UTF-8") from error
    if request.query_params.get("words"):
        raise _unfit("words", "…", "posted in the body: proxies and browsers write addresses down")
    return request.query_params


def _instant(query: Mapping[str, str], name: str) -> float | None:
    text = query.get(name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise _unfit(name, text, "an RFC 3339 time, as 2026-03-01T08:00:00Z") from error
    return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp()


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC  # is there, also on a machine that knows no others
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown, malformed, or a folder of the database
        raise _unfit("zone", name, "a name of the time zone database, as Asia/Shanghai") from error


def _unfit(name: str, value: str, reason: str) -> ServerError:
    return ServerError("server.parameter", name=name, value=value, reason=reason)


def _file(text: str, kind: str, name: str) -> Response:
    return Response(
        text.encode(),
        headers={
            "content-type": kind,
            "cache-control": "no-store",
            "content-disposition": f'attachment; filename="{name}"',
        },
    )
