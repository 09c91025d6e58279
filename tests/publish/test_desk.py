"""The desk over the wire: who may do what, who is told, and what a client has after it was cut off."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.accounts.office import AccountsOffice
from monitor.accounts.roles import Account, Role
from monitor.config import AccountSettings
from monitor.publish import desk_api
from monitor.publish.access import COOKIE, Access
from monitor.publish.protocol import (
    DeskAlertMessage,
    DeskMuteMessage,
    DeskSnapshot,
    DeskStateMessage,
    ErrorMessage,
    Heartbeat,
)
from tests.publish.conftest import CallScript, Client, OpenSite, Site

PASSWORD = "a quiet river at noon"
NAMES = ("root", "li", "he", "wang", "eve")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[AccountsOffice]:
    with AccountsOffice.open(tmp_path / "accounts", AccountSettings()) as opened:
        for account in (
            Account(name="root", display="Root", role=Role.ADMIN),
            Account(name="li", display="Li", role=Role.SUPERVISOR, teams=("postal",)),
            Account(name="he", display="He", role=Role.SUPERVISOR, teams=("night",)),
            Account(name="wang", display="", role=Role.AGENT, team="postal", agent="A1"),
            Account(name="zhou", display="", role=Role.AGENT, team="night", agent="A2"),
            Account(name="eve", display="", role=Role.VIEWER),
        ):
            opened.book.create(account)
        yield opened


class Signed:
    """Browsers of accounts, and what they ask of a site."""

    def __init__(self, site: Site, office: AccountsOffice) -> None:
        self.site, self._sessions = site, office.sessions
        self.cookies = {name: self._sessions.open(office.book.account(name)) for name in NAMES}

    async def ask(self, name: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and body."""
        headers = {"origin": self.site.url, "cookie": f"{COOKIE}={self.cookies[name]}"}
        async with httpx.AsyncClient(base_url=self.site.url, headers=headers) as client:
            answer = await client.request(method, path, json=body)
        return answer.status_code, answer.json()

    async def act(self, name: str, action: str, *alerts: str, **given: Any) -> tuple[int, Any]:
        """Does something about alerts of the form call/alert."""
        refs = [dict(zip(("call_id", "alert_id"), alert.split("/"), strict=True)) for alert in alerts]
        return await self.ask(name, "POST", "/api/desk/acts", {"alerts": refs, "action": action, **given})

    def stream(self, name: str) -> Any:
        """A stream of somebody's."""
        return self.site.client(additional_headers={"cookie": f"{COOKIE}={self.cookies[name]}"})


def access_of(office: AccountsOffice) -> Access:
    return Access(office.book, office.sessions, office.trail, is_open=False)


def start_calls(site: Site) -> None:
    """A call of A1 with two alerts, and one of A2 with one."""
    one, two = CallScript("one", "A1"), CallScript("two", "A2")
    site.emit(one.started(), one.alert("a1"), one.alert("a2"))
    site.emit(two.started(), two.alert("a1"))


async def desk_of(client: Client) -> DeskSnapshot:
    await client.subscribe("desk")
    found = await client.next(DeskSnapshot)
    assert isinstance(found, DeskSnapshot)
    return found


async def test_an_act_is_seen_by_others_at_once(open_site: OpenSite, office: AccountsOffice) -> None:
    async with open_site(access=access_of(office), has_desk=True) as site:
        signed = Signed(site, office)
        start_calls(site)
        async with signed.stream("root") as root, signed.stream("eve") as eve:
            before = await desk_of(root)
            assert [(alert.call_id, alert.alert_id) for alert in before.alerts] == [
                ("one", "a1"),
                ("one", "a2"),
                ("two", "a1"),
            ]
            assert (before.states, before.mutes) == ([], [])
            await desk_of(eve)
            status, answer = await signed.act("li", "acknowledge", "one/a1", "one/a2")
            assert (status, len(answer["states"])) == (200, 2)
            for client in (root, eve):
                told = [(await client.next(DeskStateMessage)).state for _ in range(2)]
                assert [state.alert_id for state in told] == ["a1", "a2"]
                assert all(state.acknowledged.by == "li" for state in told)
        async with signed.stream("root") as again:
            after = await desk_of(again)
            assert [state.acknowledged and state.acknowledged.by for state in after.states] == ["li", "li"]
        assert (await signed.ask("root", "GET", "/api/desk/calls/one"))[1]["acts"][0]["by"] == "li"


async def test_alerts_come_live_after_the_snapshot(open_site: OpenSite) -> None:
    call = CallScript()
    async with open_site(has_desk=True) as site, site.client() as client:
        site.emit(call.started())
        assert (await desk_of(client)).alerts == []
        site.emit(call.words(), call.alert(), call.cleared())
        site.emit(call.ended())
        told = [(await client.next(DeskAlertMessage)).alert for _ in range(3)]
        assert [(alert.cleared_at_s is not None, alert.is_call_over) for alert in told] == [
            (False, False),
            (True, False),
            (True, True),
        ]


async def test_everybody_sees_their_own_teams_desk(open_site: OpenSite, office: AccountsOffice) -> None:
    async with open_site(access=access_of(office), has_desk=True) as site:
        signed = Signed(site, office)
        start_calls(site)
        async with signed.stream("he") as he:
            assert [alert.call_id for alert in (await desk_of(he)).alerts] == ["two"]
            await signed.act("li", "acknowledge", "one/a1")
            await signed.act("root", "acknowledge", "two/a1")
            assert (await he.next(DeskStateMessage)).state.call_id == "two"
        async with signed.stream("wang") as wang:
            await wang.subscribe("desk")
            assert (await wang.next(ErrorMessage)).code == "account.forbidden"
        for name, path in (
            ("wang", "/api/desk/mutes"),
            ("wang", "/api/marks/rules"),
            ("he", "/api/desk/calls/one"),
        ):
            assert (await signed.ask(name, "GET", path))[0] in {403, 404}, path


@pytest.mark.parametrize(
    ("name", "alert", "status", "code"),
    [
        ("eve", "one/a1", 403, "account.forbidden"),
        ("wang", "one/a1", 403, "account.forbidden"),
        ("he", "one/a1", 404, "desk.unknown_alert"),
        ("li", "one/a9", 404, "desk.unknown_alert"),
        ("li", "nine/a1", 404, "desk.unknown_alert"),
    ],
)
async def test_who_may_not_act(
    open_site: OpenSite, office: AccountsOffice, name: str, alert: str, status: int, code: str
) -> None:
    async with open_site(access=access_of(office), has_desk=True) as site:
        signed = Signed(site, office)
        start_calls(site)
        answered, body = await signed.act(name, "acknowledge", alert)
        assert (answered, body["code"]) == (status, code)


async def test_assigning_is_to_somebody_who_may_act_on_the_call(
    open_site: OpenSite, office: AccountsOffice
) -> None:
    async with open_site(access=access_of(office), has_desk=True) as site:
        signed = Signed(site, office)
        start_calls(site)
        for name in ("eve", "wang", "he", "nobody", "local"):
            status, body = await signed.act("root", "assign", "one/a1", to=name)
            assert (status, body["code"]) == (409, "desk.assignee"), name
        status, body = await signed.act("root", "assign", "one/a1", to="li")
        assert (status, body["states"][0]["assigned"]["to"]) == (200, "li")
        people = (await signed.ask("li", "GET", "/api/desk/people"))[1]["people"]
        assert [person["name"] for person in people] == ["he", "li", "root"]


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("snooze", {}),
        ("snooze", {"for_s": 1e9}),
        ("comment", {"text": "  "}),
        ("comment", {"text": "x" * 501}),
        ("assign", {}),
        ("withdraw", {}),
        ("shout", {}),
        ("acknowledge", {"more": 1}),
    ],
)
async def test_what_does_not_fit_is_refused(
    open_site: OpenSite, office: AccountsOffice, action: str, given: dict[str, Any]
) -> None:
    async with open_site(access=access_of(office), has_desk=True) as site:
        signed = Signed(site, office)
        start_calls(site)
        status, body = await signed.act("root", action, "one/a1", **given)
        assert (status, body["code"]) == (400, "server.malformed")
        assert (await signed.act("root", "acknowledge"))[0] == 400, "about no alert nothing is done"


async def test_a_snooze_ends_by_the_servers_clock(open_site: OpenSite, office: AccountsOffice) -> None:
    async with open_site(access=access_of(office), has_desk=True) as site:
        signed = Signed(site, office)
        start_calls(site)
        _, body = await signed.act("root", "snooze", "one/a1", for_s=600)
        snoozed = body["states"][0]["snoozed"]
        assert snoozed["at"] < snoozed["until"]
        async with signed.stream("root") as root:
            desk = await desk_of(root)
            assert desk.now < snoozed["until"]


async def test_a_script_that_runs_wild_is_slowed_down(
    open_site: OpenSite, office: AccountsOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_api, "BURST", 2)
    async with open_site(access=access_of(office), has_desk=True) as site:
        signed = Signed(site, office)
        start_calls(site)
        codes = [(await signed.act("root", "comment", "one/a1", text=f"{n}"))[0] for n in range(4)]
        assert codes == [200, 200, 429, 429]
        assert (await signed.act("li", "acknowledge", "one/a1"))[0] == 200, "others are not"


async def test_mutes(open_site: OpenSite, office: AccountsOffice) -> None:
    async with open_site(access=access_of(office), has_desk=True) as site:
        signed = Signed(site, office)
        start_calls(site)
        async with signed.stream("he") as he, signed.stream("li") as li:
            await desk_of(he)
            await desk_of(li)
            body = {"rule": "hot_temper", "for_s": 600}
            status, team = await signed.ask("li", "POST", "/api/desk/mutes", body)
            assert (status, team["agents"], team["by"]) == (201, ["A1"], "li"), "everybody of one's teams"
            assert (await li.next(DeskMuteMessage)).mute.id == team["id"]
            status, own = await signed.ask("he", "POST", "/api/desk/mutes", {**body, "agent": "A2"})
            assert (await he.next(DeskMuteMessage)).mute.id == own["id"], "of the other's nothing was told"
            status, everybody = await signed.ask("root", "POST", "/api/desk/mutes", body)
            assert everybody["agents"] is None
            assert (await li.next(DeskMuteMessage)).mute == (await he.next(DeskMuteMessage)).mute
            listed = (await signed.ask("li", "GET", "/api/desk/mutes"))[1]["mutes"]
            assert [mute["id"] for mute in listed] == [team["id"], everybody["id"]]
            for mute in (own, everybody):
                status, answer = await signed.ask("li", "DELETE", f"/api/desk/mutes/{mute['id']}")
                assert (status, answer["code"]) == (403, "account.forbidden")
            status, ended = await signed.ask("root", "DELETE", f"/api/desk/mutes/{team['id']}")
            assert (status, ended["ended_by"]) == (200, "root")
            assert (await li.next(DeskMuteMessage)).mute.ended_by == "root"
            status, answer = await signed.ask("root", "DELETE", f"/api/desk/mutes/{team['id']}")
            assert (status, answer["code"]) == (404, "desk.unknown_mute")
        refused = [
            ("li", {**body, "agent": "A2"}, 403),
            ("eve", body, 403),
            ("root", {**body, "rule": "no_such_rule"}, 404),
            ("root", {**body, "for_s": 5}, 400),
            ("root", {**body, "for_s": 1e9}, 400),
        ]
        for name, given, expected in refused:
            assert (await signed.ask(name, "POST", "/api/desk/mutes", given))[0] == expected, given
    noted = [(entry.name, entry.action, entry.object) for entry in reversed(office.trail.read())]
    assert noted == [
        ("li", "rule_muted", "hot_temper"),
        ("he", "rule_muted", "hot_temper"),
        ("root", "rule_muted", "hot_temper"),
        ("root", "rule_unmuted", "hot_temper"),
    ]


async def test_marks_are_counted_and_stand_in_the_trail(open_site: OpenSite, office: AccountsOffice) -> None:
    async with open_site(access=access_of(office), has_desk=True) as site:
        signed = Signed(site, office)
        start_calls(site)
        await signed.act("li", "mark_false", "one/a1")
        await signed.act("root", "acknowledge", "one/a2")
        path = "/api/marks/rules?from=2026-01-01T00:00:00Z&to=2026-01-05T08:00:00%2B08:00"
        status, body = await signed.ask("eve", "GET", path)
        assert (status, body["end"]) == (200, "2026-01-05T00:00:00.000Z")
        assert body["rules"] == [
            {
                "rule": "hot_temper",
                "raised": 3,
                "marked_false": 1,
                "marked_true": 0,
                "unmarked": 2,
                "acknowledged_unmarked": 1,
                "precision": 0.0,
            }
        ]
        status, body = await signed.ask("he", "GET", path)
        assert (body["rules"][0]["raised"], body["rules"][0]["precision"]) == (1, None)
        for wrong in (
            "from=yesterday",
            "from=2026-01-01T00:00:00",
            "to=0001-01-01T00:00:00%2B08:00",
            "to=9999-12-31T23:59:00-08:00",
        ):
            status, body = await signed.ask("eve", "GET", f"/api/marks/rules?{wrong}")
            assert (status, body["code"]) == (400, "server.parameter")
        for comment in (-1, 2**63, 10**30):
            act = {"alerts": [{"call_id": "one", "alert_id": "a1"}], "action": "unmark", "comment": comment}
            status, body = await signed.ask("li", "POST", "/api/desk/acts", act)
            assert (status, body["code"]) == (400, "server.malformed")
    assert [(entry.action, entry.object) for entry in office.trail.read()] == [("alert_marked", "one a1")]


async def test_a_client_that_reads_too_slowly_gets_the_desk_anew(open_site: OpenSite) -> None:
    call = CallScript()
    async with open_site(has_desk=True, client_queue=4, heartbeat_s=0.2) as site, site.client() as client:
        site.emit(call.started())
        await desk_of(client)
        # At one go, so that the writer has no turn between: the queue of four overflows.
        for n in range(12):
            site.emit(call.alert(f"a{n}"))
        known: dict[str, Any] = {}
        async with asyncio.timeout(5):
            while len(known) < 12:
                message = await client.receive()
                if isinstance(message, DeskSnapshot):
                    known = {alert.alert_id: alert for alert in message.alerts}
                elif isinstance(message, DeskAlertMessage):
                    known[message.alert.alert_id] = message.alert
        assert site.publisher.hub.overflows == 1
        await client.next(Heartbeat)
        site.emit(call.alert("after"))
        assert (await client.next(DeskAlertMessage)).alert.alert_id == "after"


async def test_a_full_disk_refuses_the_act_and_tells_nobody(
    open_site: OpenSite, office: AccountsOffice
) -> None:
    async with open_site(access=access_of(office), has_desk=True) as site:
        signed = Signed(site, office)
        start_calls(site)
        desk = site.publisher.desk
        assert desk is not None
        connection: sqlite3.Connection = desk.book._file._connection
        connection.execute("PRAGMA query_only = 1")
        status, body = await signed.act("root", "acknowledge", "one/a1")
        assert (status, body["code"]) == (503, "store.unwritable")
        assert desk.states(None) == []
        connection.execute("PRAGMA query_only = 0")
        assert (await signed.act("root", "acknowledge", "one/a1"))[0] == 200


async def test_without_a_desk_the_topic_says_so(open_site: OpenSite) -> None:
    async with open_site() as site, site.client() as client:
        await client.subscribe("desk")
        assert (await client.next(ErrorMessage)).code == "desk.nothing"
