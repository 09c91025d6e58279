"""The routes of the desk: what supervisors do about alerts, mutes of rules, and marks rule by rule."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection
from datetime import UTC, timedelta
from typing import Annotated, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.accounts.limits import AttemptLimit
from monitor.accounts.roles import Right
from monitor.accounts.trail import Action as TrailAction
from monitor.desk.book import Wish
from monitor.desk.desk import Desk, sees
from monitor.desk.recent import moment, text_of
from monitor.desk.records import Act, Action, AlertState, Mute, RuleMarks
from monitor.errors import AccountError, DeskError, ServerError
from monitor.publish.access import GUEST, Access, Visitor, visitor_of
from monitor.publish.account_api import body_of
from monitor.publish.answers import json_answer
from monitor.publish.publisher import Publisher

ALERTS_MAX = 50
"""Alerts of one request: a bad minute has a handful."""

COMMENT_MAX = 500
"""Characters of a comment."""

SNOOZE_S_MAX = 24 * 3600.0
MUTE_S_MAX = 31 * 24 * 3600.0
"""A mute ends by itself: a rule that should be silent for longer is one to switch off or tune."""

BURST, EVERY_S = 60, 0.5
"""Acts of one account: sixty at once, then two a second. Nobody clicks faster; a page that runs wild does."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class AlertRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which alert."""

    call_id: Name
    alert_id: Name


class DeskAct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body that does something about alerts: about all of them, or none."""

    alerts: Annotated[list[AlertRef], msgspec.Meta(min_length=1, max_length=ALERTS_MAX)]
    action: Action
    to: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """With `assign`: to which account."""
    for_s: Annotated[float, msgspec.Meta(ge=0, le=SNOOZE_S_MAX)] = 0.0
    """With `snooze`: for how long."""
    text: Annotated[str, msgspec.Meta(max_length=COMMENT_MAX)] = ""
    """With `comment`."""
    comment: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    """With `withdraw`: the number of one's own comment."""


class NewMute(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body that mutes a rule."""

    rule: Name
    for_s: Annotated[float, msgspec.Meta(ge=60, le=MUTE_S_MAX)]
    agent: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    """Whose calls; null: those of everybody whom the account sees."""


class DeskAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `DeskAct`: what is so now, alert by alert."""

    states: list[AlertState]


class CallDesk(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `/api/desk/calls/{call_id}`: what was done about its alerts, with every act of it."""

    states: list[AlertState]
    acts: list[Act]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody to whom alerts can be assigned."""

    name: str
    display: str


class MarksAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `/api/marks/rules`."""

    start: str
    end: str
    rules: list[RuleMarks]


class DeskApi:
    """Answers what is asked of the desk."""

    def __init__(self, desk: Desk, publisher: Publisher, access: Access | None) -> None:
        self._desk, self._publisher, self._access = desk, publisher, access
        self._limit = AttemptLimit(BURST, EVERY_S)
        # One at a time, so that what is told follows the order in which it was written.
        self._turn = asyncio.Lock()

    def routes(self) -> list[Route]:
        """Path by path."""
        return [
            Route(path, getattr(self, answer.__name__), methods=[method])
            for (method, path), answer in DESK_API.items()
        ]

    # --- alerts ---

    async def act(self, request: Request) -> Response:
        """Takes `DeskAct`; answers `DeskAnswer`. Everybody who sees the calls is told by the topic `desk`."""
        visitor = self._actor(request)
        given = await body_of(request, DeskAct)
        _check(given)
        agents = await self._agents(visitor)
        alerts = [
            await self._publisher.read(self._desk.find, ref.call_id, ref.alert_id, agents)
            for ref in dict.fromkeys(given.alerts)
        ]
        if given.action == "assign":
            for agent in {alert.agent for alert in alerts}:
                await asyncio.to_thread(self._check_assignee, given.to, agent)
        if given.action in {"mark_false", "mark_true", "unmark"}:
            for alert in alerts:
                await self._note(visitor, "alert_marked", f"{alert.call_id} {alert.alert_id}")
        wish = Wish(
            by=visitor.account.name,
            action=given.action,
            to=given.to,
            until=self._in(given.for_s) if given.action == "snooze" else "",
            text=" ".join(given.text.split()),
            comment=given.comment,
        )
        async with self._turn:
            states = await self._publisher.read(self._desk.book.do, alerts, wish)
            self._desk.acted(states)
        return json_answer(DeskAnswer(states=states))

    async def of_call(self, request: Request) -> Response:
        """What was done about the alerts of a call, however old: `CallDesk`."""
        call_id = str(request.path_params["call_id"])
        agents = await self._agents(visitor_of(request.scope))
        agent = self._publisher.wall.agent_of(call_id)
        if agent is None:
            record = await self._publisher.read(self._publisher.log.call, call_id)
            agent = None if record is None else record.agent
        if agent is None or not sees(agents, agent):
            raise ServerError("server.unknown_call", call_id=call_id)
        states, acts = await self._publisher.read(self._desk.of_call, call_id)
        return json_answer(CallDesk(states=states, acts=acts))

    async def people(self, request: Request) -> Response:
        """To whom alerts can be assigned: `{"people": [Person]}`. Whether somebody sees the call of an alert
        is judged when it is assigned."""
        own = visitor_of(request.scope).account
        accounts = [] if self._access is None else await asyncio.to_thread(self._access.book.accounts)
        found = {known.name: known for known in accounts if known.may(Right.ACT)}
        if own.may(Right.ACT):
            found.setdefault(own.name, own)
        return json_answer({"people": [Person(name=one.name, display=one.display) for one in found.values()]})

    # --- mutes ---

    async def mutes(self, request: Request) -> Response:
        """The mutes in force: `{"mutes": [Mute]}`."""
        return json_answer({"mutes": self._desk.mutes(await self._agents(visitor_of(request.scope)))})

    async def mute(self, request: Request) -> Response:
        """Takes `NewMute`; answers the `Mute`. Alerts are raised and kept as before, and shown as muted."""
        visitor = self._actor(request)
        given = await body_of(request, NewMute)
        if not self._desk.knows_rule(given.rule):
            raise DeskError("desk.unknown_rule", rule=given.rule)
        agents = await self._agents(visitor)
        if given.agent is not None and not sees(agents, given.agent):
            raise AccountError("account.forbidden")
        whose = agents if given.agent is None else {given.agent}
        await self._note(visitor, "rule_muted", given.rule)
        async with self._turn:
            until = self._in(given.for_s)
            book = self._desk.book
            muted = await self._publisher.read(book.mute, given.rule, whose, until, visitor.account.name)
            self._desk.muted(muted)
        return json_answer(muted, 201)

    async def unmute(self, request: Request) -> Response:
        """Ends a mute; answers it. Only who sees all whom it covers may."""
        visitor = self._actor(request)
        mute_id = int(request.path_params["mute_id"])
        agents = await self._agents(visitor)
        muted = self._desk.mute(mute_id)
        if not _covers(agents, muted):
            raise AccountError("account.forbidden")
        await self._note(visitor, "rule_unmuted", muted.rule)
        async with self._turn:
            ended = await self._publisher.read(self._desk.book.unmute, mute_id, visitor.account.name)
            self._desk.muted(ended)
        return json_answer(ended)

    # --- marks ---

    async def marks(self, request: Request) -> Response:
        """How supervisors judged the alerts raised in a period, rule by rule: `MarksAnswer`. Takes `from` and
        `to` (RFC 3339; the last 30 days)."""
        now = moment(self._desk.now)
        end = _time(request, "to", text_of(now))
        start = _time(request, "from", text_of(moment(end) - timedelta(days=30)))
        agents = await self._agents(visitor_of(request.scope))
        rules = await self._publisher.read(self._desk.rule_marks, start, end, agents)
        return json_answer(MarksAnswer(start=start, end=end, rules=rules))

    # --- inside ---

    def _actor(self, request: Request) -> Visitor:
        """Who acts, if they may and do not do so too often."""
        visitor = visitor_of(request.scope)
        if not visitor.account.may(Right.ACT):
            raise AccountError("account.forbidden")
        wait_s = self._limit.take(visitor.account.name)
        if wait_s > 0:
            raise AccountError("account.too_often", wait_s=math.ceil(wait_s))
        return visitor

    async def _agents(self, visitor: Visitor) -> Collection[str] | None:
        if self._access is None:
            return None
        return await asyncio.to_thread(self._access.agents_of, visitor.account)

    def _check_assignee(self, name: str, agent: str) -> None:
        if name == GUEST.name and (self._access is None or self._access.is_open):
            return
        try:
            if self._access is None:
                raise AccountError("account.unknown", name=name)
            account = self._access.book.account(name)
        except AccountError as error:
            raise DeskError("desk.assignee", name=name) from error
        if not account.may(Right.ACT) or not sees(self._access.agents_of(account), agent):
            raise DeskError("desk.assignee", name=name)

    async def _note(self, visitor: Visitor, action: TrailAction, object_: str) -> None:
        if self._access is not None:
            note = self._access.trail.note
            name, address = visitor.account.name, visitor.address
            await asyncio.to_thread(lambda: note(name, action, object_, address=address))

    def _in(self, seconds: float) -> str:
        return text_of(moment(self._desk.now) + timedelta(seconds=seconds))


DESK_API = {
    ("POST", "/api/desk/acts"): DeskApi.act,
    ("GET", "/api/desk/calls/{call_id}"): DeskApi.of_call,
    ("GET", "/api/desk/people"): DeskApi.people,
    ("GET", "/api/desk/mutes"): DeskApi.mutes,
    ("POST", "/api/desk/mutes"): DeskApi.mute,
    ("DELETE", "/api/desk/mutes/{mute_id:int}"): DeskApi.unmute,
    ("GET", "/api/marks/rules"): DeskApi.marks,
}
"""What can be asked of the desk, and what answers it."""

_GIVEN: dict[str, Literal["to", "for_s", "text", "comment"]] = {
    "assign": "to",
    "snooze": "for_s",
    "comment": "text",
    "withdraw": "comment",
}
"""What an act needs besides its alerts."""


def _check(given: DeskAct) -> None:
    """Raises ServerError, server.malformed, where an act lacks what it needs."""
    needed = _GIVEN.get(given.action)
    value = None if needed is None else getattr(given, needed)
    is_empty = not value.strip() if isinstance(value, str) else not value
    if needed is not None and is_empty:
        raise ServerError("server.malformed", reason=f"the act {given.action!r} needs {needed!r}")


def _covers(agents: Collection[str] | None, mute: Mute) -> bool:
    """Whether all whom the mute covers are among those that somebody sees."""
    return agents is None or (mute.agents is not None and set(mute.agents) <= set(agents))


def _time(request: Request, name: str, default: str) -> str:
    text = request.query_params.get(name, default)
    try:
        at = moment(text)
        if at.tzinfo is not None and at.year >= 1970:
            return text_of(at.astimezone(UTC))
    except (ValueError, OverflowError):  # the last hours of the year 9999 have no UTC in every zone
        pass
    reason = "a time since 1970, as 2026-01-31T08:00:00Z"
    raise ServerError("server.parameter", name=name, value=text[:40], reason=reason)
