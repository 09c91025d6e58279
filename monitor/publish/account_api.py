"""The routes of accounts: signing in and out, links, the identity provider, accounts and the trail."""

from __future__ import annotations

import asyncio
import hmac
import math
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from monitor.accounts.book import AccountChange
from monitor.accounts.provider import WAIT_S
from monitor.accounts.roles import Account, Right, Role
from monitor.accounts.trail import TrailEntry
from monitor.config import AccountSettings
from monitor.errors import AccountError, ServerError
from monitor.publish.access import ASKED_COOKIE, COOKIE, GUEST, Access, address_of, cookie_of, visitor_of
from monitor.publish.answers import json_answer
from monitor.publish.queries import whole_number

_BODY_BYTES_MAX = 16 * 1024
_TRAIL_MAX = 1_000

_log = structlog.get_logger(__name__)

T = TypeVar("T")


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that signs somebody in."""

    name: str
    password: str


class ChosenPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that uses a one-time link."""

    password: str


class NewAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that makes an account."""

    name: str
    role: Role
    display: str = ""
    team: str = ""
    teams: tuple[str, ...] = ()
    agent: str = ""
    is_external: bool = False


class ChangedAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that changes an account; what is left out stays."""

    display: str | None = None
    role: Role | None = None
    team: str | None = None
    teams: tuple[str, ...] | None = None
    agent: str | None = None
    is_enabled: bool | None = None


class Whoami(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `/api/session`. `account` is null where nobody is signed in."""

    account: Account | None
    rights: list[str]
    is_open: bool
    """Nobody needs to sign in here."""
    has_provider: bool


class AccountApi:
    """Answers what is asked about accounts."""

    def __init__(self, access: Access, settings: AccountSettings) -> None:
        self._access = access
        self._settings = settings

    def routes(self) -> list[Route]:
        """Path by path."""
        return [
            Route(path, getattr(self, answer.__name__), methods=[method])
            for (method, path), answer in ACCOUNT_API.items()
        ]

    # --- signing in and out ---

    async def whoami(self, request: Request) -> Response:
        """Who is signed in: `Whoami`."""
        try:
            visitor = await asyncio.to_thread(
                self._access.visitor, request.headers, address_of(request.scope)
            )
        except AccountError:
            return json_answer(self._whoami(None))
        return json_answer(self._whoami(visitor.account))

    async def sign_in(self, request: Request) -> Response:
        """Takes `SignIn`; answers `Whoami` and sets the cookie."""
        given = await body_of(request, SignIn)
        address = address_of(request.scope)
        for key in (f"account {given.name.lower()}", f"address {address}"):
            self._take_attempt(key)
        try:
            account = await asyncio.to_thread(self._access.book.prove, given.name, given.password)
        except AccountError:
            await self._note(given.name[:64], "refused", address=address)
            raise
        self._access.limit.forgive(f"account {given.name.lower()}")
        return await self._signed_in(account, address, json_answer(self._whoami(account)))

    async def sign_out(self, request: Request) -> Response:
        """Ends this browser's session; with `?everywhere=1` all of the account's."""
        token = cookie_of(request.headers)
        try:
            visitor = await asyncio.to_thread(
                self._access.visitor, request.headers, address_of(request.scope)
            )
        except AccountError:
            visitor = None
        if visitor is not None and visitor.account is not GUEST:
            is_everywhere = request.query_params.get("everywhere") == "1"
            action = "signed_out_everywhere" if is_everywhere else "signed_out"
            await self._note(visitor.account.name, action, address=visitor.address)
            if is_everywhere:
                await asyncio.to_thread(self._access.sessions.close_all, visitor.account.name)
            else:
                await asyncio.to_thread(self._access.sessions.close, token)
        answer = json_answer(self._whoami(None))
        answer.delete_cookie(COOKIE, path="/")
        return answer

    async def linked(self, request: Request) -> Response:
        """Whose one-time link this is: `{"name": …}`."""
        self._take_attempt(f"link {address_of(request.scope)}")
        account = await asyncio.to_thread(self._access.book.linked, request.path_params["token"])
        return json_answer({"name": account.name})

    async def redeem(self, request: Request) -> Response:
        """Takes `ChosenPassword`, voids the link, ends the account's other sessions and signs in."""
        given = await body_of(request, ChosenPassword)
        address = address_of(request.scope)
        self._take_attempt(f"link {address}")
        token = request.path_params["token"]
        account = await asyncio.to_thread(self._access.book.redeem, token, given.password)
        await self._note(account.name, "password_set", address=address)
        await asyncio.to_thread(self._access.sessions.close_all, account.name)
        return await self._signed_in(account, address, json_answer(self._whoami(account)))

    async def to_provider(self, request: Request) -> Response:
        """Sends the browser to the identity provider, or back to the sign-in page where that fails."""
        try:
            if self._access.provider is None:
                raise AccountError("account.provider", reason="none is set up")
            address = await self._access.provider.start(_return_address(request))
        except AccountError as error:
            return _to_sign_in(error)
        answer = RedirectResponse(address, 303)
        # Only the browser that asked can finish: nobody is signed in by a link to somebody else's answer.
        answer.set_cookie(
            ASKED_COOKIE,
            parse_qs(urlsplit(address).query)["state"][0],
            max_age=int(WAIT_S),
            path="/api/provider",
            httponly=True,
            secure=self._settings.is_https,
            samesite="lax",
        )
        return answer

    async def from_provider(self, request: Request) -> Response:
        """Takes the browser back from the identity provider, and on to the pages; where it is not let in, the
        sign-in page says why (`/?refused=account.not_invited`)."""
        try:
            account = await self._provided(request)
        except AccountError as error:
            answer = _to_sign_in(error)
            name = str(error.values.get("name", ""))[:64]
            await self._note(name, "refused", error.code, address=address_of(request.scope))
        else:
            answer = await self._signed_in(account, address_of(request.scope), RedirectResponse("/", 303))
        answer.delete_cookie(ASKED_COOKIE, path="/api/provider")
        return answer

    async def _provided(self, request: Request) -> Account:
        query = request.query_params
        state = query.get("state", "")
        if self._access.provider is None or "code" not in query:
            raise AccountError("account.provider", reason="it sent no code")
        if not hmac.compare_digest(state.encode(), request.cookies.get(ASKED_COOKIE, "").encode()):
            raise AccountError("account.provider", reason="it took too long, or was begun elsewhere")
        return await self._access.provider.finish(
            self._access.book, state=state, code=query["code"], return_to=_return_address(request)
        )

    async def _signed_in(self, account: Account, address: str, answer: Response) -> Response:
        await self._note(account.name, "signed_in", address=address)
        token = await asyncio.to_thread(self._access.sessions.open, account)
        # Lax, not strict: coming back from the identity provider is a step from another site. What changes
        # anything is refused to other sites by the gate.
        answer.set_cookie(
            COOKIE,
            token,
            max_age=int(self._settings.session_s),
            path="/",
            httponly=True,
            secure=self._settings.is_https,
            samesite="lax",
        )
        return answer

    # --- managing accounts ---

    async def accounts(self, _request: Request) -> Response:
        """All accounts."""
        return json_answer({"accounts": await asyncio.to_thread(self._access.book.accounts)})

    async def create(self, request: Request) -> Response:
        """Takes `NewAccount`; answers the account and, unless it is external, its one-time link."""
        given = await body_of(request, NewAccount)
        account = Account(
            name=given.name,
            display=given.display,
            role=given.role,
            team=given.team,
            teams=given.teams,
            agent=given.agent,
            is_external=given.is_external,
        )
        await asyncio.to_thread(self._access.book.check_new, account)
        await self._note_by(request, "account_created", given.name)
        made = await asyncio.to_thread(self._access.book.create, account)
        self._access.accounts_changed()
        if made.is_external:
            return json_answer({"account": made, "link": None}, 201)
        token = await asyncio.to_thread(self._access.book.make_link, made.name)
        return json_answer({"account": made, "link": f"/welcome/{token}"}, 201)

    async def change(self, request: Request) -> Response:
        """Takes `ChangedAccount`; answers the account. One that is shut is signed out everywhere."""
        name = request.path_params["name"]
        given = await body_of(request, ChangedAccount)
        change = AccountChange(**msgspec.structs.asdict(given))
        await asyncio.to_thread(self._access.book.check_change, name, change)
        await self._note_by(request, "account_changed", name)
        changed = await asyncio.to_thread(self._access.book.change, name, change)
        if not changed.is_enabled:
            await asyncio.to_thread(self._access.sessions.close_all, changed.name)
        self._access.accounts_changed()
        return json_answer({"account": changed})

    async def remove(self, request: Request) -> Response:
        """Removes an account."""
        name = request.path_params["name"]
        await asyncio.to_thread(self._access.book.check_removal, name)
        await self._note_by(request, "account_removed", name)
        await asyncio.to_thread(self._access.sessions.close_all, name)
        await asyncio.to_thread(self._access.book.remove, name)
        self._access.accounts_changed()
        return Response(status_code=204)

    async def make_link(self, request: Request) -> Response:
        """A one-time link to choose a password, for the administrator to hand on."""
        name = (await asyncio.to_thread(self._access.book.account, request.path_params["name"])).name
        await self._note_by(request, "link_made", name)
        token = await asyncio.to_thread(self._access.book.make_link, name)
        return json_answer({"link": f"/welcome/{token}"}, 201)

    async def sign_out_everywhere(self, request: Request) -> Response:
        """Ends all of an account's sessions."""
        name = (await asyncio.to_thread(self._access.book.account, request.path_params["name"])).name
        await self._note_by(request, "signed_out_everywhere", name)
        ended = await asyncio.to_thread(self._access.sessions.close_all, name)
        return json_answer({"ended": ended})

    async def trail(self, request: Request) -> Response:
        """The trail, the latest first. Takes `before`, `limit` (100, at most 1000) and `name`; reading it is
        in it."""
        query = request.query_params
        limit = whole_number(query, "limit", 100, most=_TRAIL_MAX)
        before = whole_number(query, "before", 0, most=2**62) if "before" in query else None
        if before is None:
            await self._note_by(request, "trail_read", query.get("name", ""))
        entries: list[TrailEntry] = await asyncio.to_thread(
            lambda: self._access.trail.read(limit=limit, before=before, name=query.get("name"))
        )
        return json_answer(
            {"entries": entries, "next_before": entries[-1].number if len(entries) == limit else None}
        )

    # --- inside ---

    def _whoami(self, account: Account | None) -> Whoami:
        may = self._access.may
        return Whoami(
            account=account,
            rights=sorted(right.value for right in Right if account is not None and may(account, right)),
            is_open=self._access.is_open,
            has_provider=self._access.provider is not None,
        )

    def _take_attempt(self, key: str) -> None:
        wait_s = self._access.limit.take(key)
        if wait_s > 0:
            raise AccountError("account.too_often", wait_s=math.ceil(wait_s))

    async def _note_by(self, request: Request, action: Any, object_: str) -> None:
        visitor = visitor_of(request.scope)
        await self._note(visitor.account.name, action, object_[:64], address=visitor.address)

    async def _note(self, name: str, action: Any, object_: str = "", *, address: str) -> None:
        await asyncio.to_thread(lambda: self._access.trail.note(name, action, object_, address=address))


ACCOUNT_API = {
    ("GET", "/api/session"): AccountApi.whoami,
    ("POST", "/api/session"): AccountApi.sign_in,
    ("DELETE", "/api/session"): AccountApi.sign_out,
    ("GET", "/api/links/{token}"): AccountApi.linked,
    ("POST", "/api/links/{token}"): AccountApi.redeem,
    ("GET", "/api/provider"): AccountApi.to_provider,
    ("GET", "/api/provider/return"): AccountApi.from_provider,
    ("GET", "/api/accounts"): AccountApi.accounts,
    ("POST", "/api/accounts"): AccountApi.create,
    ("PATCH", "/api/accounts/{name}"): AccountApi.change,
    ("DELETE", "/api/accounts/{name}"): AccountApi.remove,
    ("POST", "/api/accounts/{name}/link"): AccountApi.make_link,
    ("DELETE", "/api/accounts/{name}/sessions"): AccountApi.sign_out_everywhere,
    ("GET", "/api/trail"): AccountApi.trail,
}
"""What can be asked about accounts, and what answers it."""


def _to_sign_in(error: AccountError) -> Response:
    """The sign-in page, with what went wrong: a browser that comes from elsewhere sees no bare JSON."""
    _log.warning(
        "the identity provider let nobody in", code=error.code, reason=error.values.get("reason", "")
    )
    return RedirectResponse(f"/?refused={error.code}", 303, headers={"cache-control": "no-store"})


async def body_of(request: Request, kind: type[T], bytes_max: int = _BODY_BYTES_MAX) -> T:
    """The request's JSON body, of at most `bytes_max`.

    Raises:
        ServerError: server.oversized, server.malformed.
    """
    body = await raw_body_of(request, bytes_max)
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ServerError("server.malformed", reason=str(error)) from error


async def raw_body_of(request: Request, bytes_max: int) -> bytes:
    """The request's body as it came, of at most `bytes_max`.

    Raises:
        ServerError: server.oversized.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            raise ServerError("server.oversized", limit=bytes_max)
    return body


def _return_address(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers['host']}/api/provider/return"
