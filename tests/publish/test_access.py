"""Who is let in: signing in, roles, teams, programs and the trail, with real clients on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from monitor.accounts.book import AccountBook, AccountChange
from monitor.accounts.office import AccountsOffice
from monitor.accounts.roles import Account, Role
from monitor.config import AccountSettings
from monitor.errors import AccountError
from monitor.publish.access import COOKIE, Access
from monitor.publish.protocol import ErrorMessage, Snapshot
from tests.publish.conftest import CallScript, OpenSite, Site

PASSWORD = "a quiet river at noon"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[AccountsOffice]:
    with AccountsOffice.open(tmp_path / "accounts", AccountSettings()) as opened:
        for account in (
            Account(name="root", display="", role=Role.ADMIN),
            Account(name="li", display="", role=Role.SUPERVISOR, teams=("postal",)),
            Account(name="wang", display="", role=Role.AGENT, team="postal", agent="A1"),
            Account(name="zhou", display="", role=Role.AGENT, team="night", agent="A2"),
            Account(name="eve", display="", role=Role.VIEWER),
        ):
            opened.book.create(account)
            opened.book.set_password(account.name, PASSWORD)
        yield opened


def access_of(office: AccountsOffice, **given: Any) -> Access:
    return Access(office.book, office.sessions, office.trail, **{"is_open": False, **given})


class SoundOf:
    """Keeps one file as the sound of every call."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def audio(self, call_id: str) -> Path | None:
        return self.path


@asynccontextmanager
async def browser(site: Site, name: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A browser, signed in where a name is given."""
    async with httpx.AsyncClient(base_url=site.url, headers={"origin": site.url}) as client:
        if name is not None:
            answer = await client.post("/api/session", json={"name": name, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
        yield client


def cookies(client: httpx.AsyncClient) -> dict[str, Any]:
    return {"additional_headers": {"cookie": f"{COOKIE}={client.cookies[COOKIE]}"}}


async def test_nobody_gets_anything_without_signing_in(
    open_site: OpenSite, office: AccountsOffice, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_site(access=access_of(office)) as site, browser(site) as client:
        for path in (
            "/api/wall",
            "/api/calls",
            "/api/calls/x/audio",
            "/api/accounts",
        ):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (401, "account.signed_out"), path
        for path in ("/metrics", "/api/health"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (401, "account.program"), path
        assert (await client.get("/api/session")).json()["account"] is None
        with pytest.raises(InvalidStatus) as refused:
            async with site.client():
                pass
        assert refused.value.response.status_code == 401
    assert "handshake" not in caplog.text, "whoever is turned away is no fault of the server"


async def test_signing_in_and_out(open_site: OpenSite, office: AccountsOffice) -> None:
    async with open_site(access=access_of(office)) as site, browser(site, "root") as client:
        cookie = next(iter(client.cookies.jar))
        assert cookie.has_nonstandard_attr("HttpOnly") and cookie.get_nonstandard_attr("SameSite") == "lax"
        assert (await client.get("/api/session")).json()["account"]["name"] == "root"
        assert (await client.get("/api/wall")).status_code == 200
        assert (await client.delete("/api/session")).status_code == 200
        assert (await client.get("/api/wall")).status_code == 401
    assert [entry.action for entry in office.trail.read()] == ["signed_out", "signed_in"]


async def test_guessing_is_slowed_down(open_site: OpenSite, office: AccountsOffice) -> None:
    async with open_site(access=access_of(office)) as site, browser(site) as client:
        codes = [
            (await client.post("/api/session", json={"name": "li", "password": f"guess {n}"})).json()["code"]
            for n in range(12)
        ]
    assert codes == ["account.refused"] * 10 + ["account.too_often"] * 2


async def test_another_site_can_change_nothing(open_site: OpenSite, office: AccountsOffice) -> None:
    async with open_site(access=access_of(office)) as site, browser(site, "root") as client:
        evil = {"origin": "https://evil.example"}
        answer = await client.post("/api/accounts", json={"name": "x", "role": "admin"}, headers=evil)
        assert (answer.status_code, answer.json()["code"]) == (403, "server.forbidden_origin")
        assert (await client.delete("/api/session", headers=evil)).status_code == 403
        assert (await client.get("/api/session")).json()["account"]["name"] == "root"


@pytest.mark.parametrize(
    ("name", "sees", "hears"), [("root", {"A1", "A2"}, True), ("li", {"A1"}, True), ("wang", {"A1"}, False),
                                ("eve", {"A1", "A2"}, False)],
)  # fmt: skip
async def test_everybody_sees_and_hears_what_is_theirs(
    open_site: OpenSite, office: AccountsOffice, tmp_path: Path, name: str, sees: set[str], hears: bool
) -> None:
    sound = tmp_path / "call.flac"
    sound.write_bytes(b"fLaC" + bytes(100))
    calls = {"A1": CallScript("one"), "A2": CallScript("two")}
    async with (
        open_site(access=access_of(office), recordings=SoundOf(sound)) as site,
        browser(site, name) as client,
        site.client(**cookies(client)) as stream,
    ):
        await stream.subscribe("wall")
        assert (await stream.next(Snapshot)).calls == []
        for agent, call in calls.items():
            started = call.started()
            site.emit(
                type(started)(
                    **{f: getattr(started, f) for f in started.__struct_fields__} | {"agent": agent}
                )
            )
            site.emit(call.alert())
        live = await stream.events(2 * len(sees))
        assert {event.event.call_id for event in live} == {calls[agent].call_id for agent in sees}
        wall = (await client.get("/api/wall")).json()["calls"]
        assert {call["agent"] for call in wall} == sees
        history = (await client.get("/api/calls")).json()["calls"]
        assert {call["agent"] for call in history} == sees
        for agent, call in calls.items():
            answer = await client.get(f"/api/calls/{call.call_id}/events")
            assert answer.status_code == (200 if agent in sees else 404)
            if agent in sees:
                played = await client.get(f"/api/calls/{call.call_id}/audio")
                assert played.status_code == (200 if hears else 403)
        if "A2" not in sees:
            await stream.subscribe("call", "two")
            assert (await stream.next(ErrorMessage)).code == "server.unknown_call"
    played_calls = [entry.object for entry in office.trail.read() if entry.action == "call_played"]
    assert set(played_calls) == ({calls[agent].call_id for agent in sees} if hears else set())


async def test_signing_out_everywhere_closes_open_pages(open_site: OpenSite, office: AccountsOffice) -> None:
    async with (
        open_site(access=access_of(office)) as site,
        browser(site, "li") as first,
        browser(site, "li") as second,
        site.client(**cookies(first)) as stream,
    ):
        await second.delete("/api/session?everywhere=1")
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await asyncio.wait_for(stream.receive(), 5.0)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4401
        assert (await first.get("/api/wall")).status_code == 401


async def test_a_change_of_teams_starts_pages_anew(open_site: OpenSite, office: AccountsOffice) -> None:
    async with (
        open_site(access=access_of(office)) as site,
        browser(site, "root") as admin,
        browser(site, "li") as client,
        site.client(**cookies(client)) as stream,
    ):
        answer = await admin.patch("/api/accounts/li", json={"teams": ["night"]})
        assert answer.json()["account"]["teams"] == ["night"]
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await asyncio.wait_for(stream.receive(), 5.0)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4409
        assert (await client.get("/api/wall")).status_code == 200, "they are still signed in"


async def test_an_administrator_makes_accounts(open_site: OpenSite, office: AccountsOffice) -> None:
    async with open_site(access=access_of(office)) as site, browser(site, "root") as admin:
        made = await admin.post("/api/accounts", json={"name": "new", "role": "viewer"})
        assert made.status_code == 201
        link = made.json()["link"].replace("/welcome/", "/api/links/")
        async with browser(site) as newcomer:
            assert (await newcomer.get(link)).json() == {"name": "new"}
            bad = await newcomer.post(link, json={"password": "short"})
            assert (bad.status_code, bad.json()["code"]) == (400, "account.password")
            chosen = await newcomer.post(link, json={"password": PASSWORD})
            assert chosen.json()["account"]["name"] == "new"
            assert (await newcomer.get("/api/wall")).status_code == 200
            assert (await newcomer.get("/api/accounts")).status_code == 403
            assert (await newcomer.post(link, json={"password": PASSWORD})).status_code == 410
        assert (await admin.delete("/api/accounts/new")).status_code == 204
        assert "new" not in {
            account["name"] for account in (await admin.get("/api/accounts")).json()["accounts"]
        }
        actions = [entry["action"] for entry in (await admin.get("/api/trail")).json()["entries"]]
    assert actions == [
        "trail_read", "account_removed", "signed_in", "password_set", "account_created", "signed_in",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("DELETE", "/api/accounts/root", None, "account.last_admin"),
        ("PATCH", "/api/accounts/root", {"role": "viewer"}, "account.last_admin"),
        ("DELETE", "/api/accounts/nobody", None, "account.unknown"),
        ("PATCH", "/api/accounts/nobody", {"team": "night"}, "account.unknown"),
        ("POST", "/api/accounts/nobody/link", None, "account.unknown"),
        ("DELETE", "/api/accounts/nobody/sessions", None, "account.unknown"),
        ("POST", "/api/accounts", {"name": "li", "role": "viewer"}, "account.exists"),
        ("POST", "/api/accounts", {"name": "two words", "role": "viewer"}, "account.name"),
    ],
)
async def test_what_is_refused_signs_nobody_out_and_is_in_no_trail(
    open_site: OpenSite, office: AccountsOffice, method: str, path: str, body: Any, code: str
) -> None:
    async with open_site(access=access_of(office)) as site, browser(site, "root") as admin:
        refused = await admin.request(method, path, json=body)
        assert refused.json()["code"] == code
        assert (await admin.get("/api/session")).json()["account"]["name"] == "root"
    assert [entry.action for entry in office.trail.read()] == ["signed_in"]


@pytest.mark.parametrize("asked", ["limit=-1", "limit=0", "limit=1001", "limit=x", "before=", "before=-3"])
async def test_the_trail_is_read_in_pages(open_site: OpenSite, office: AccountsOffice, asked: str) -> None:
    async with open_site(access=access_of(office)) as site, browser(site, "root") as admin:
        refused = await admin.get(f"/api/trail?{asked}")
        assert (refused.status_code, refused.json()["code"]) == (400, "server.parameter")


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[1]", b'{"name": 1, "password": "x"}', b"\xff", b"x" * 20_000]
)
async def test_bodies_that_are_none(open_site: OpenSite, office: AccountsOffice, body: bytes) -> None:
    async with open_site(access=access_of(office)) as site, browser(site) as client:
        answer = await client.post("/api/session", content=body)
        assert answer.json()["code"] in {"server.malformed", "server.oversized"}
        assert answer.status_code in {400, 413}


async def test_programs_show_the_settings_token(open_site: OpenSite, office: AccountsOffice) -> None:
    async with open_site(access=access_of(office, program_token="secret")) as site, browser(site) as client:
        right, wrong = {"authorization": "Bearer secret"}, {"authorization": "Bearer guess"}
        for path in ("/metrics", "/api/health"):
            assert (await client.get(path, headers=right)).status_code == 200
        assert (await client.get("/metrics", headers=wrong)).status_code == 401
        assert (await client.get("/api/wall", headers=right)).status_code == 401, "it opens nothing else"


async def test_agents_have_names_and_teams_for_whom_they_are_in_sight_of(
    open_site: OpenSite, office: AccountsOffice
) -> None:
    office.book.change("wang", AccountChange(display="王芳"))
    async with open_site(access=access_of(office)) as site:
        found = {}
        for name in ("root", "li", "wang"):
            async with browser(site, name) as client:
                found[name] = (await client.get("/api/agents")).json()["agents"]
        async with browser(site) as nobody:
            assert (await nobody.get("/api/agents")).status_code == 401
    assert found["li"] == found["wang"] == {"A1": {"name": "王芳", "team": "postal"}}
    assert found["root"] == {**found["li"], "A2": {"name": "zhou", "team": "night"}}


class Company:
    """An identity provider that knows one person; `tests/accounts/test_provider.py` has a whole one."""

    def __init__(self, account: Account | None) -> None:
        self.account = account

    async def start(self, return_to: str) -> str:
        return f"https://company.example/authorize?state=s1&redirect_uri={return_to}"

    async def finish(self, book: AccountBook, *, state: str, code: str, return_to: str) -> Account:
        if self.account is None:
            raise AccountError("account.not_invited", name="stranger")
        return self.account


async def test_the_company_lets_in_the_browser_that_asked(
    open_site: OpenSite, office: AccountsOffice
) -> None:
    company: Any = Company(office.book.account("li"))
    async with open_site(access=access_of(office, provider=company)) as site:
        back = "/api/provider/return?code=c&state=s1"
        async with browser(site) as other:
            answer = await other.get(back)
            assert answer.headers["location"] == "/?refused=account.provider", "they did not ask"
            assert COOKIE not in other.cookies
        async with browser(site) as client:
            assert (await client.get("/api/provider")).headers["location"].startswith("https://company.")
            assert (await client.get(back.replace("s1", "s2"))).headers["location"] != "/"
            await client.get("/api/provider")
            assert (await client.get(back)).headers["location"] == "/"
            assert (await client.get("/api/session")).json()["account"]["name"] == "li"


async def test_whom_the_company_does_not_bring_sees_a_page(
    open_site: OpenSite, office: AccountsOffice
) -> None:
    company: Any = Company(None)
    async with open_site(access=access_of(office, provider=company)) as site, browser(site) as client:
        await client.get("/api/provider")
        answer = await client.get("/api/provider/return?code=c&state=s1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/?refused=account.not_invited")
        denied = await client.get("/api/provider/return?error=access_denied")
        assert denied.headers["location"] == "/?refused=account.provider"
    (second, first) = office.trail.read()
    assert (first.name, first.action, first.object) == ("stranger", "refused", "account.not_invited")
    assert second.object == "account.provider"


async def test_what_a_command_ends_beside_the_server_is_ended(
    open_site: OpenSite, office: AccountsOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`tingyin accounts` writes the file from another process."""
    monkeypatch.setattr("monitor.publish.access._STAY_EVERY_S", 0.05)
    async with (
        open_site(access=access_of(office)) as site,
        browser(site, "li") as client,
        site.client(**cookies(client)) as stream,
    ):
        with AccountsOffice.open(tmp_path / "accounts", AccountSettings()) as beside:
            beside.book.change("li", AccountChange(teams=("night",)))
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(until_closed(stream), 10)
            assert closed.value.rcvd is not None and closed.value.rcvd.code == 4409
            beside.sessions.close_all("li")
        assert (await client.get("/api/wall")).status_code == 401


async def until_closed(stream: Any) -> None:
    while True:
        await stream.receive()


async def test_on_loopback_everybody_may_be_the_guest(open_site: OpenSite, office: AccountsOffice) -> None:
    async with open_site(access=access_of(office, is_open=True)) as site, browser(site) as client:
        me = (await client.get("/api/session")).json()
        assert me["is_open"] and me["account"]["role"] == "admin"
        assert (await client.get("/api/wall")).status_code == 200


def test_a_first_start_makes_an_administrator_once(tmp_path: Path) -> None:
    with AccountsOffice.open(tmp_path / "new", AccountSettings()) as office:
        first, second = office.welcome(), office.welcome()
        assert first is not None and second is not None and first != second
        office.book.redeem(second.removeprefix("/welcome/"), PASSWORD)
        assert office.welcome() is None
        assert [account.role for account in office.book.accounts()] == [Role.ADMIN]


def test_whoever_made_accounts_for_others_first_is_given_an_administrator(tmp_path: Path) -> None:
    with AccountsOffice.open(tmp_path / "new", AccountSettings()) as office:
        for name in ("li", "Admin"):
            office.book.create(Account(name=name, display=name, role=Role.SUPERVISOR))
            office.book.set_password(name, PASSWORD)
        welcome = office.welcome()
        assert welcome is not None, "supervisors can sign in, but nobody can make accounts"
        made = office.book.redeem(welcome.removeprefix("/welcome/"), PASSWORD)
        assert (made.name, made.role) == ("admin2", Role.ADMIN)
        assert office.welcome() is None
