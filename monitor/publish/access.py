"""Lets people in: who asks, what they may, and the routes of signing in.

The rule of each address is one row of `NEEDS`. A browser keeps its session's token in a cookie that scripts
cannot read and other sites cannot use; programs (a telephone system, Prometheus) send the settings' token.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from monitor.accounts.book import AccountBook
from monitor.accounts.limits import AttemptLimit
from monitor.accounts.provider import IdentityProvider
from monitor.accounts.roles import Account, Right, Role, TunedBy
from monitor.accounts.sessions import Session, Sessions
from monitor.accounts.trail import Trail
from monitor.errors import AccountError
from monitor.publish.publisher import Publisher
from monitor.publish.side import SideDesk
from monitor.publish.stream import Stream

COOKIE = "tingyin_session"
ASKED_COOKIE = "tingyin_asked"
"""What was asked of the identity provider from this browser; it must come back with the answer."""

SIGNED_OUT, COME_AGAIN = 4401, 4409
"""Close codes of streams."""

EVERYBODY, PROGRAMS = "everybody", "programs"

NEEDS: dict[str, Right | str] = {
    "/api/session": EVERYBODY,
    "/api/links": EVERYBODY,
    "/api/provider": EVERYBODY,
    "/api/version": EVERYBODY,
    "/api/accounts": Right.MANAGE,
    "/api/trail": Right.MANAGE,
    "/api/history": Right.SEE_CALLS,
    "/api/desk": Right.SEE_CALLS,
    "/api/tuning": Right.TUNE,
    "/api/cues": Right.SEE_CALLS,
    "/api/rules": Right.SEE_CALLS,
    "/api/marks": Right.SEE_CALLS,
    "/api": Right.SEE_OWN_CALL,
    "/ws": Right.SEE_OWN_CALL,
    "/listen": Right.HEAR_CALLS,
    "/ingest": PROGRAMS,
    "/metrics": PROGRAMS,
    "/api/health": PROGRAMS,
    "": EVERYBODY,
}
"""What an address needs: of its beginnings found here, the longest counts. Whose call somebody sees is
judged where the call is known. The pages themselves hold nothing that anybody said."""

GUEST = Account(name="local", display="local", role=Role.ADMIN)
"""Who everybody is where nobody signs in: on loopback, when the settings say so."""

SIGN_IN_BURST, SIGN_IN_EVERY_S = 10, 30.0
"""Attempts to sign in to one account or from one address: ten, then two a minute."""


_STAY_EVERY_S = 15.0
"""How soon an open stream learns what a command (`tingyin accounts`) changed beside this server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who asks. `session` is None for a guest."""

    account: Account
    address: str
    session: Session | None = None


class Access:
    """Knows who asks. `is_open` takes everybody for the guest: for loopback only."""

    def __init__(
        self,
        book: AccountBook,
        sessions: Sessions,
        trail: Trail,
        *,
        is_open: bool,
        program_token: str = "",
        provider: IdentityProvider | None = None,
        tuned_by: TunedBy = "house",
    ) -> None:
        self._tuned_by: TunedBy = tuned_by
        self.book, self.sessions, self.trail, self.provider = book, sessions, trail, provider
        self.is_open = is_open
        self.limit = AttemptLimit(SIGN_IN_BURST, SIGN_IN_EVERY_S)
        self._program_token = program_token
        self._followers: set[Callable[[int], None]] = set()

    def visitor(self, headers: Headers, address: str) -> Visitor:
        """Who asks.

        Raises:
            AccountError: account.signed_out.
        """
        if self.is_open:
            return Visitor(account=GUEST, address=address)
        token = cookie_of(headers)
        if not token:
            raise AccountError("account.signed_out")
        session, account = self.sessions.find(token)
        return Visitor(account=account, address=address, session=session)

    def may(self, account: Account, right: Right) -> bool:
        """Whether the account has the right here."""
        return account.may_tune(self._tuned_by) if right is Right.TUNE else account.may(right)

    def is_program(self, headers: Headers) -> bool:
        """Whether a program shows the settings' token."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        is_given = bool(self._program_token) and scheme.lower() == "bearer"
        return is_given and hmac.compare_digest(given.strip().encode(), self._program_token.encode())

    def agents_of(self, account: Account) -> frozenset[str] | None:
        """Whose calls the account may see, as the telephone system calls the agents; None: everybody's."""
        if account.role is Role.AGENT:
            return frozenset({account.agent} - {""})
        if not account.teams:
            return None
        return frozenset(
            known.agent for known in self.book.accounts() if known.agent and known.team in account.teams
        )

    @contextmanager
    def following(self, visitor: Visitor, end: Callable[[int], None]) -> Iterator[None]:
        """Calls `end` with a websocket's close code, from any thread, when the visitor's stream must end.

        That is when they are signed out (4401), and when accounts have changed and with them perhaps what
        they may see (4409: come again; 1012 is a server that stops).
        """
        take_back = (
            self.sessions.on_end(visitor.session, lambda: end(SIGNED_OUT))
            if visitor.session is not None
            else lambda: None
        )
        self._followers.add(end)
        try:
            yield
        finally:
            self._followers.discard(end)
            take_back()

    def accounts_changed(self) -> None:
        """Streams begin anew, with what their clients may see now."""
        for end in list(self._followers):
            end(COME_AGAIN)


def cookie_of(headers: Headers) -> str:
    """The session's token; empty where there is none."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value


def need_of(path: str) -> Right | str:
    """What an address needs."""
    while path not in NEEDS:
        path = path.rpartition("/")[0]
    return NEEDS[path]


class AccessMiddleware:
    """Turns away who may not, and tells the routes who asks (`scope["visitor"]`)."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or stream."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        need = need_of(scope["path"].rstrip("/"))
        try:
            if need != EVERYBODY:
                scope["visitor"] = await self._admit(scope, need)
        except AccountError as error:
            await _refuse(error, scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope, need: Right | str) -> Visitor | None:
        """Who asks, if they may; None for a program.

        Raises:
            AccountError: account.signed_out, account.program, account.forbidden.
        """
        headers = Headers(scope=scope)
        if need == PROGRAMS and not self._access.is_open:
            if self._access.is_program(headers):
                return None
            if not cookie_of(headers):
                raise AccountError("account.program")
        visitor = await asyncio.to_thread(self._access.visitor, headers, address_of(scope))
        needed = Right.MANAGE if need == PROGRAMS else Right(need)
        if not self._access.may(visitor.account, needed):
            raise AccountError("account.forbidden")
        return visitor


@asynccontextmanager
async def staying_in(
    access: Access,
    socket: WebSocket,
    visitor: Visitor,
    agents: frozenset[str] | None,
    end: Callable[[int], None],
) -> AsyncIterator[None]:
    """Lasts as long as a stream; `end` is called on the loop's thread, with a close code, when it must end.

    `agents` are those whose calls the stream may show. Meanwhile the open page keeps its session alive, until
    the session is over, or shows something else.
    """
    loop = asyncio.get_running_loop()

    def end_soon(code: int) -> None:
        loop.call_soon_threadsafe(end, code)

    def look() -> bool:
        account = access.visitor(socket.headers, visitor.address).account
        return account == visitor.account and access.agents_of(account) == agents

    with access.following(visitor, end_soon):
        staying = asyncio.create_task(_stay(visitor, look, end))
        try:
            yield
        finally:
            staying.cancel()


async def serve_stream(
    socket: WebSocket, publisher: Publisher, access: Access | None, side: SideDesk | None = None
) -> None:
    """One client of the event stream, for as long as they are signed in."""
    if access is None:
        await Stream(socket, publisher, side=side).run()
        return
    visitor = visitor_of(socket.scope)
    agents = await asyncio.to_thread(access.agents_of, visitor.account)
    stream = Stream(socket, publisher, agents, side, sees_desk=visitor.account.may(Right.SEE_CALLS))
    async with staying_in(access, socket, visitor, agents, stream.end):
        await stream.run()


async def _stay(visitor: Visitor, look: Callable[[], bool], end: Callable[[int], None]) -> None:
    while visitor.session is not None:
        await asyncio.sleep(_STAY_EVERY_S)
        try:
            is_as_before = await asyncio.to_thread(look)
        except AccountError:
            end(SIGNED_OUT)
            return
        if not is_as_before:
            end(COME_AGAIN)
            return


def address_of(scope: Scope) -> str:
    """Where a request comes from."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def visitor_of(scope: Scope) -> Visitor:
    """Who asks, as the middleware found; the guest where no middleware stands before the routes."""
    found = scope.get("visitor")
    return found if isinstance(found, Visitor) else Visitor(account=GUEST, address=address_of(scope))


async def _refuse(error: AccountError, scope: Scope, receive: Receive, send: Send) -> None:
    answer = JSONResponse(
        {"code": error.code, "message": error.sentence},
        status_code=403 if error.code == "account.forbidden" else 401,
        headers={"cache-control": "no-store"},
    )
    if scope["type"] == "websocket":
        socket = WebSocket(scope, receive, send)
        await socket.receive()
        await socket.send_denial_response(answer)
    else:
        await answer(scope, receive, send)
