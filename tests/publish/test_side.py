"""Messages to agents, pauses of the cues and who listens, with real clients on loopback."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.accounts.office import AccountsOffice
from monitor.config import MessageSettings, MessageTemplate
from monitor.errors import StoreError
from monitor.publish.live_sound import LiveSound
from monitor.publish.protocol import ErrorMessage, Side, Unsubscribe, encode_message
from monitor.publish.side import MESSAGES_MAX, PAUSES_AT_ONCE
from monitor.store.side import SideStore, forget_side
from tests.publish.conftest import CallScript, Client, OpenSite, Site
from tests.publish.test_access import access_of, browser, cookies, office
from tests.publish.test_listen import listening, told

__all__ = ["office"]

EAGER = MessageSettings(burst=20, every_s=1.0)


async def watching(stream: Client, call_id: str) -> Side:
    await stream.subscribe("side", call_id)
    side: Side = await stream.next(Side)
    return side


async def send(client: httpx.AsyncClient, call_id: str, **body: Any) -> httpx.Response:
    return await client.post(f"/api/calls/{call_id}/messages", json=body)


async def mark(client: httpx.AsyncClient, call_id: str, message_id: str, what: str) -> httpx.Response:
    return await client.post(f"/api/calls/{call_id}/messages/{message_id}", json={"mark": what})


def begun(site: Site, call_id: str = "call-1") -> CallScript:
    call = CallScript(call_id)
    site.emit(call.started())
    site.emit(call.words())
    return call


async def test_a_message_reaches_the_agent_and_the_supervisor_sees_that_it_was_seen(
    open_site: OpenSite, office: AccountsOffice
) -> None:
    async with (
        open_site(access=access_of(office)) as site,
        browser(site, "li") as li,
        browser(site, "root") as root,
        browser(site, "wang") as wang,
        site.client(**cookies(root)) as other_desk,
        site.client(**cookies(wang)) as agent,
    ):
        begun(site)
        assert (await watching(other_desk, "call-1")).messages == []
        assert (await watching(agent, "call-1")).messages == []
        answer = await send(li, "call-1", text="  Ask for the\n number. ", is_urgent=True)
        assert answer.status_code == 201, answer.text
        for stream in (other_desk, agent):
            (message,) = (await stream.next(Side)).messages
            assert (message.text.en, message.text.zh) == ("Ask for the number.", "Ask for the number.")
            assert (message.sender, message.is_urgent, message.t_s) == ("li", True, 1.0)
            assert message.shown_at is message.seen_at is message.template is None
        for what, is_seen in (("shown", False), ("seen", True)):
            assert (await mark(wang, "call-1", message.id, what)).status_code == 200
            (now,) = (await other_desk.next(Side)).messages
            assert now.shown_at is not None and (now.seen_at is not None) == is_seen
        again = await mark(wang, "call-1", message.id, "shown")
        assert (again.json()["shown_at"], again.json()["seen_at"]) == (now.shown_at, now.seen_at)
        assert (await mark(wang, "call-1", "nonsense", "seen")).json()["code"] == "message.unknown"
    sent = [(entry.name, entry.object) for entry in office.trail.read() if entry.action == "message_sent"]
    assert sent == [("li", "call-1")]


async def test_what_cannot_be_written_down_is_not_sent_and_what_is_refused_is_not_written_down(
    open_site: OpenSite, office: AccountsOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_site(access=access_of(office)) as site, browser(site, "li") as li:
        begun(site)
        assert (await send(li, "call-1", text="x" * 500)).status_code == 400
        assert not [entry for entry in office.trail.read() if entry.action == "message_sent"]

        def full(*_: object, **__: object) -> None:
            raise StoreError("store.full", path="accounts.db", reason="no space")

        monkeypatch.setattr(office.trail, "note", full)
        refused = await send(li, "call-1", text="hello")
        assert refused.json()["code"] == "store.full"
        assert (await li.get("/api/calls/call-1/side")).json()["messages"] == []


async def test_what_comes_at_once_is_kept_one_after_another(open_site: OpenSite, tmp_path: Path) -> None:
    async with open_site(messages=EAGER) as site, browser(site) as client:
        begun(site)
        message_id = (await send(client, "call-1", text="hello")).json()["id"]
        keep, order = site.side._store.mark_message, iter([0.2, 0.0])

        def slowly(message: Any) -> None:
            time.sleep(next(order))  # the first of two takes longer: it must not undo the second
            keep(message)

        site.side._store.mark_message = slowly  # type: ignore[method-assign]
        shown = asyncio.create_task(mark(client, "call-1", message_id, "shown"))
        await asyncio.sleep(0.05)
        seen = (await mark(client, "call-1", message_id, "seen")).json()
        await shown
        assert seen["seen_at"] is not None
        side = (await client.get("/api/calls/call-1/side")).json()
        assert side["messages"] == [seen]
        pauses = [client.post("/api/calls/call-1/pause", json={"for_s": 60}) for _ in range(3)]
        assert [answer.status_code for answer in await asyncio.gather(*pauses)] == [204] * 3
        kept = site.side._store.pauses("call-1")
        assert [pause.ended_at is not None for pause in kept] == [True, True, False]


async def test_only_supervisors_write_and_only_the_agent_answers(
    open_site: OpenSite, office: AccountsOffice
) -> None:
    async with (
        open_site(access=access_of(office)) as site,
        browser(site, "li") as li,
        browser(site, "wang") as wang,
        browser(site, "zhou") as zhou,
        browser(site, "eve") as eve,
        site.client(**cookies(zhou)) as stranger,
    ):
        begun(site)
        for client, status in ((wang, 403), (eve, 403), (zhou, 404)):
            assert (await send(client, "call-1", text="hello")).status_code == status
        message_id = (await send(li, "call-1", text="hello")).json()["id"]
        for client, status in ((li, 403), (eve, 403), (zhou, 404), (wang, 200)):
            assert (await mark(client, "call-1", message_id, "seen")).status_code == status
        for client, status in ((li, 403), (eve, 403), (zhou, 404), (wang, 204)):
            assert (await client.post("/api/calls/call-1/pause", json={"for_s": 60})).status_code == status
        assert (await eve.get("/api/calls/call-1/side")).status_code == 200
        assert (await zhou.get("/api/calls/call-1/side")).status_code == 404
        await stranger.subscribe("side", "call-1")
        assert (await stranger.next(ErrorMessage)).code == "server.unknown_call"


async def test_templates_are_the_settings_own_and_come_in_both_languages(open_site: OpenSite) -> None:
    own = MessageSettings(templates={"calm": MessageTemplate(zh="别急", en="No hurry")})
    async with open_site(messages=own) as site, browser(site) as client:
        begun(site)
        assert (await client.get("/api/templates")).json() == {
            "templates": [{"id": "calm", "text": {"zh": "别急", "en": "No hurry"}}],
            "length_max": own.length_max,
        }
        sent = (await send(client, "call-1", template="calm")).json()
        assert (sent["template"], sent["text"]) == ("calm", {"zh": "别急", "en": "No hurry"})
        refused = await send(client, "call-1", template="panic")
        assert (refused.status_code, refused.json()["code"]) == (400, "message.template")


def test_shipped_templates_fit_what_may_be_sent() -> None:
    settings = MessageSettings()
    assert len(settings.templates) >= 6
    for template in settings.templates.values():
        assert len(template.zh) <= settings.length_max and len(template.en) <= settings.length_max


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 121])
async def test_a_message_is_one_short_line(open_site: OpenSite, text: str) -> None:
    async with open_site() as site, browser(site) as client:
        begun(site)
        refused = await send(client, "call-1", text=text)
        assert (refused.status_code, refused.json()["code"]) == (400, "message.length")


async def test_messages_are_few(open_site: OpenSite) -> None:
    async with open_site(messages=MessageSettings(burst=2, every_s=30.0)) as site, browser(site) as client:
        begun(site)
        answers = [await send(client, "call-1", text=f"line {number}") for number in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert answers[2].json()["code"] == "message.too_often"
        assert 0 < int(answers[2].headers["retry-after"]) <= 30


async def test_a_call_takes_so_many_messages_and_no_more(open_site: OpenSite) -> None:
    async with open_site(messages=EAGER) as site, browser(site) as client:
        begun(site)
        site.side._limit.take = lambda key: 0.0  # type: ignore[method-assign]
        codes = [(await send(client, "call-1", text="again")).status_code for _ in range(MESSAGES_MAX + 1)]
        assert codes == [201] * MESSAGES_MAX + [409]


async def test_a_call_that_is_over_takes_none_and_keeps_what_was_said(
    open_site: OpenSite, tmp_path: Path
) -> None:
    async with open_site() as site, browser(site) as client:
        call = begun(site)
        message_id = (await send(client, "call-1", text="Ask for the number.")).json()["id"]
        site.emit(call.ended())
        for path, body in (
            ("messages", {"text": "too late"}),
            ("pause", {"for_s": 60}),
        ):
            refused = await client.post(f"/api/calls/call-1/{path}", json=body)
            assert (refused.status_code, refused.json()["code"]) == (409, "message.over")
        assert (await send(client, "nobody", text="hello")).status_code == 404
        assert (await mark(client, "call-1", message_id, "seen")).status_code == 200
        assert site.side._sides == {}, "nothing is held for a call that nobody watches"
    async with open_site() as site, browser(site) as client, site.client() as stream:
        kept = (await client.get("/api/calls/call-1/side")).json()
        assert [one["text"]["en"] for one in kept["messages"]] == ["Ask for the number."]
        assert (await watching(stream, "call-1")).messages[0].seen_at is not None


async def test_a_client_that_comes_back_gets_all_that_it_missed(open_site: OpenSite) -> None:
    async with open_site(messages=EAGER) as site, browser(site) as client:
        begun(site)
        async with site.client() as stream:
            assert (await watching(stream, "call-1")).messages == []
        for number in range(5):
            await send(client, "call-1", text=f"line {number}")
        async with site.client() as stream:
            said = [one.text.en for one in (await watching(stream, "call-1")).messages]
            assert said == [f"line {number}" for number in range(5)]
            await stream.socket.send(encode_message(Unsubscribe(topic="side", call_id="call-1")))
            await watching(stream, "call-1")


async def test_a_pause_ends_by_time_by_the_agent_and_with_the_call(
    open_site: OpenSite, tmp_path: Path
) -> None:
    async with open_site() as site, browser(site) as client, site.client() as stream:
        call = begun(site)
        assert (await watching(stream, "call-1")).pause is None
        assert (await client.post("/api/calls/call-1/pause", json={"for_s": 5})).status_code == 400
        await site.side.pause("call-1", 0.2)
        pause = (await stream.next(Side)).pause
        assert pause is not None and pause.for_s == 0.2 and 0 < pause.left_s <= 0.2
        assert (await stream.next(Side)).pause is None, "its time is over"
        await client.post("/api/calls/call-1/pause", json={"for_s": 600})
        assert (await stream.next(Side)).pause is not None
        assert (await client.delete("/api/calls/call-1/pause")).status_code == 204
        assert (await stream.next(Side)).pause is None
        await client.post("/api/calls/call-1/pause", json={"for_s": 600})
        assert (await stream.next(Side)).pause is not None
        site.emit(call.ended())
        assert (await stream.next(Side)).pause is None
    with closing(SideStore(tmp_path / "store")) as store:
        pauses = store.pauses("call-1")
    assert [(one.for_s, one.ended_at is not None) for one in pauses] == [
        (0.2, False),
        (600.0, True),
        (600.0, False),
    ]


async def test_a_live_call_is_told_of_its_pauses_and_by_another_pause_not_of_an_end(
    open_site: OpenSite,
) -> None:
    told: list[tuple[str, bool]] = []
    async with open_site() as site:
        site.side._tell_call = lambda call_id, pause: told.append((call_id, pause.is_paused))
        call = begun(site)
        await site.side.pause("call-1", 60.0)
        await site.side.pause("call-1", 0.1)
        assert told == [("call-1", True), ("call-1", True)]
        async with asyncio.timeout(5):
            while len(told) < 3:
                await asyncio.sleep(0.02)
        assert told.pop() == ("call-1", False), "its time is over"
        await site.side.resume("call-1")
        assert len(told) == 2
        await site.side.pause("call-1", 60.0)
        await site.side.resume("call-1")
        assert [is_paused for _, is_paused in told[2:]] == [True, False]
        site.emit(call.ended())
        assert len(told) == 4


async def test_pauses_are_few(open_site: OpenSite) -> None:
    async with open_site() as site, browser(site) as client:
        begun(site)
        answers = [
            await client.post("/api/calls/call-1/pause", json={"for_s": 60})
            for _ in range(PAUSES_AT_ONCE + 1)
        ]
        assert [answer.status_code for answer in answers] == [204] * PAUSES_AT_ONCE + [429]


async def test_supervisors_are_told_who_listens_and_agents_are_not(
    open_site: OpenSite, office: AccountsOffice
) -> None:
    async with (
        open_site(access=access_of(office), sound=LiveSound()) as site,
        browser(site, "root") as root,
        browser(site, "li") as li,
        browser(site, "wang") as wang,
        site.client(**cookies(root)) as other_desk,
        site.client(**cookies(wang)) as agent,
    ):
        begun(site)
        assert (await watching(other_desk, "call-1")).listeners == []
        await watching(agent, "call-1")
        async with listening(site, "call-1", **cookies(li)) as socket:
            assert (await told(socket))["type"] == "listening"
            assert (await other_desk.next(Side)).listeners == ["li"]
            assert (await agent.next(Side)).listeners == []
            message = await send(li, "call-1", text="hello")
            assert message.status_code == 201
            async with asyncio.timeout(5):
                while not (await other_desk.next(Side)).messages:
                    pass
        assert (await other_desk.next(Side)).listeners == []


async def test_what_is_kept_is_forgotten_with_the_call(tmp_path: Path, open_site: OpenSite) -> None:
    folder = tmp_path / "store"
    async with open_site() as site, browser(site) as client:
        begun(site)
        await send(client, "call-1", text="Ask for the number.")
        await client.post("/api/calls/call-1/pause", json={"for_s": 60})
    forget_side(folder, "another")
    with closing(SideStore(folder)) as store:
        assert store.messages("call-1") and store.pauses("call-1")
        forget_side(folder, "call-1")
        assert store.messages("call-1") == [] and store.pauses("call-1") == []
    forget_side(tmp_path / "nothing here", "call-1")
