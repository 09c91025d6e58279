"""Listening in over a websocket, with real clients on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from monitor.accounts.office import AccountsOffice
from monitor.core.audio import AudioFrame, Party
from monitor.publish.live_sound import HEADER, LiveSound
from tests.publish.conftest import CallScript, OpenSite, Site
from tests.publish.test_access import access_of, browser, cookies, office

__all__ = ["office"]

HOP = 320


def frame(number: int, party: Party = Party.CALLER, value: float = 0.5) -> AudioFrame:
    return AudioFrame(party=party, start=number * HOP, pcm=np.full(HOP, value, dtype=np.float32))


@asynccontextmanager
async def listening(site: Site, call_id: str, **options: Any) -> AsyncIterator[ClientConnection]:
    url = site.url.replace("http", "ws", 1)
    async with connect(f"{url}/listen/{call_id}", **{"close_timeout": 0.2, **options}) as socket:
        yield socket


async def told(socket: ClientConnection) -> dict[str, Any]:
    """The next message that is not sound."""
    async with asyncio.timeout(5):
        while isinstance(message := await socket.recv(), bytes):
            pass
    return msgspec.json.decode(message, type=dict)


async def heard(socket: ClientConnection) -> tuple[int, int, int]:
    """The next sound: its party, place and first sample."""
    async with asyncio.timeout(5):
        message = await socket.recv()
    assert isinstance(message, bytes)
    _, party, _, start, count, _ = HEADER.unpack_from(message)
    samples = np.frombuffer(message[HEADER.size :], dtype="<i2")
    assert len(samples) == count
    return party, start, int(samples[0])


async def closed(socket: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as ending:
        while True:
            async with asyncio.timeout(5):
                await socket.recv()
    assert ending.value.rcvd is not None
    return ending.value.rcvd.code


async def test_sound_flows_of_those_who_were_chosen_until_the_call_is_over(open_site: OpenSite) -> None:
    sound = LiveSound()
    async with open_site(sound=sound) as site:
        call = CallScript()
        site.emit(call.started())
        async with listening(site, call.call_id) as socket:
            assert await told(socket) == {
                "type": "listening",
                "call_id": call.call_id,
                "sample_rate_hz": 16_000,
            }
            for party in Party:
                sound.hear(call.call_id, frame(0, party))
            assert [await heard(socket), await heard(socket)] == [(0, 0, 16384), (1, 0, 16384)]
            await socket.send('{"type":"choose","parties":["agent"]}')
            await socket.send('{"type":"ping","number":7}')
            assert await told(socket) == {"type": "pong", "number": 7}
            for party in (Party.CALLER, Party.AGENT):
                sound.hear(call.call_id, frame(1, party))
            assert await heard(socket) == (0, HOP, 16384)
            sound.over(call.call_id)
            assert await told(socket) == {"type": "over"}
            assert await closed(socket) == 1000
        assert sound.listeners == 0


async def test_a_call_whose_sound_is_over_twice_is_over_once() -> None:
    sound = LiveSound()
    listener = sound.join("call-1", lambda: None)
    for _ in range(2):
        sound.over("call-1")
    assert listener.is_over
    assert list(sound._over) == ["call-1"]


async def test_a_stalled_listener_delays_neither_the_call_nor_another(open_site: OpenSite) -> None:
    sound = LiveSound()
    async with open_site(sound=sound) as site:
        call = CallScript()
        site.emit(call.started())
        async with (
            listening(site, call.call_id, max_queue=1) as stalled,
            listening(site, call.call_id, max_queue=None) as quick,
        ):
            assert (await told(stalled))["type"] == (await told(quick))["type"] == "listening"
            # Far more than all buffers between the server and a client that reads nothing.
            for number in range(20_000):
                sound.hear(call.call_id, frame(number))
                if number % 20 == 19:
                    places = [(await heard(quick))[1] for _ in range(20)]
                    assert places == [at * HOP for at in range(number - 19, number + 1)]
            lost = [listener.lost for listener in sound._listeners[call.call_id]]
            assert lost[0] > 0 and lost[1] == 0


async def test_what_cannot_be_listened_to_says_why(open_site: OpenSite) -> None:
    sound = LiveSound(of_call_max=1)
    async with open_site(sound=sound) as site:
        call, over = CallScript(), CallScript("over")
        site.emit(call.started())
        site.emit(over.started(), over.ended())
        async with listening(site, call.call_id) as first:
            assert (await told(first))["type"] == "listening"
            for call_id, code in (
                (call.call_id, "listen.full"),
                ("over", "listen.over"),
                ("nobody", "server.unknown_call"),
            ):
                async with listening(site, call_id) as socket:
                    refusal = await told(socket)
                    assert (refusal["type"], refusal["code"]) == ("error", code)
                    assert await closed(socket) == 1008


async def test_who_talks_nonsense_is_cut_off(open_site: OpenSite) -> None:
    async with open_site(sound=LiveSound()) as site:
        call = CallScript()
        site.emit(call.started())
        async with listening(site, call.call_id) as socket:
            await told(socket)
            for _ in range(5):
                await socket.send('{"type":"choose","parties":["the neighbour"]}')
            assert (await told(socket))["code"] == "listen.malformed"
            assert await closed(socket) == 1008


async def test_a_page_of_another_site_hears_nothing(open_site: OpenSite) -> None:
    async with open_site(sound=LiveSound()) as site:
        with pytest.raises(InvalidStatus) as refused:
            async with listening(site, "call-1", additional_headers={"origin": "https://evil.example"}):
                pass
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize("name", [None, "wang", "eve"])
async def test_who_may_not_hear_calls_does_not(
    open_site: OpenSite, office: AccountsOffice, name: str | None
) -> None:
    async with open_site(access=access_of(office), sound=LiveSound()) as site, browser(site, name) as client:
        call = CallScript()
        site.emit(call.started())
        with pytest.raises(InvalidStatus) as refused:
            async with listening(site, call.call_id, **(cookies(client) if name else {})):
                pass
        assert refused.value.response.status_code == (403 if name else 401)
    assert not [entry for entry in office.trail.read() if entry.action.startswith("call_heard")]


async def test_only_calls_of_one_s_teams_are_heard_and_the_trail_tells_from_when_to_when(
    open_site: OpenSite, office: AccountsOffice
) -> None:
    sound = LiveSound()
    async with open_site(access=access_of(office), sound=sound) as site, browser(site, "li") as client:
        mine, other = CallScript("mine"), CallScript("other")
        site.emit(mine.started())
        started = other.started()
        site.emit(msgspec.structs.replace(started, agent="A2"))
        async with listening(site, "other", **cookies(client)) as socket:
            assert (await told(socket))["code"] == "server.unknown_call"
        async with listening(site, "mine", **cookies(client)) as socket:
            assert (await told(socket))["type"] == "listening"
            heard_now = [entry.action for entry in office.trail.read() if entry.object == "mine"]
            assert heard_now == ["call_heard"]
        async with asyncio.timeout(5):
            while sound.listeners:
                await asyncio.sleep(0.01)
    trail = [(entry.name, entry.action, entry.object) for entry in office.trail.read()]
    assert trail[:2] == [("li", "call_heard_until", "mine"), ("li", "call_heard", "mine")]
    assert not [entry for entry in trail if entry[2] == "other"]


async def test_signing_out_ends_the_listening(open_site: OpenSite, office: AccountsOffice) -> None:
    async with (
        open_site(access=access_of(office), sound=LiveSound()) as site,
        browser(site, "li") as client,
    ):
        call = CallScript()
        site.emit(call.started())
        async with listening(site, call.call_id, **cookies(client)) as socket:
            await told(socket)
            await client.delete("/api/session")
            assert await closed(socket) == 4401
