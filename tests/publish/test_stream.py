"""The event stream, with real clients on loopback."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from monitor.publish.protocol import (
    ErrorMessage,
    EventMessage,
    Gap,
    Heartbeat,
    Snapshot,
    Status,
)
from monitor.store import writer
from monitor.store.database import open_database
from monitor.store.log import EventLog

if TYPE_CHECKING:
    from tests.publish.conftest import CallScript, OpenSite, Site


async def test_wall_begins_with_a_snapshot_and_goes_on_live(
    open_site: OpenSite, script: type[CallScript]
) -> None:
    call = script()
    async with open_site() as site, site.client() as client:
        site.emit(call.started(), call.speaking(), call.alert())
        await client.subscribe("wall")
        snapshot = await client.next(Snapshot)
        assert [alert.rule for alert in snapshot.calls[0].open_alerts] == ["hot_temper"]
        assert snapshot.pos == site.publisher.log.pos
        site.emit(call.words(), call.prosody(), call.partial(), call.cleared())
        (event,) = await client.events(1)
        assert event.topic == "wall"
        assert event.event.seq == 7
        assert event.pos == snapshot.pos + 3  # words and prosody have their places; a partial has none


async def test_call_brings_its_past_and_then_everything(
    open_site: OpenSite, script: type[CallScript]
) -> None:
    call, other = script("one"), script("two")
    async with open_site() as site, site.client() as client:
        site.emit(call.started(), call.partial("gone"), call.words())
        site.emit(other.started())
        await client.subscribe("call", "one")
        assert [event.event.seq for event in await client.events(2)] == [1, 3]
        site.emit(other.words())
        site.emit(call.partial("你"), call.prosody())
        first, second = await client.events(2)
        assert (first.event.call_id, first.pos) == ("one", None)
        assert second.event.seq == 5
        assert second.pos is not None


async def test_a_client_that_was_cut_off_resumes_without_hole_or_double(
    open_site: OpenSite, script: type[CallScript]
) -> None:
    """Connections break again and again while events flow, also out of memory's reach."""
    call = script()
    total = 3_000
    seen: list[int] = []
    positions: list[int] = []
    async with open_site() as site:
        site.publisher.hub._recent_events = 100  # most of what is missed must come from the log
        site.emit(call.started())

        async def speak() -> None:
            while call.seq < total:
                site.emit(*(call.words(str(call.seq)) for _ in range(10)))
                await asyncio.sleep(0.001)

        speaking = asyncio.create_task(speak())
        while not seen or seen[-1] < total:
            async with site.client() as client:
                await client.subscribe("call", call.call_id, positions[-1] if positions else None)
                stop_at = min(total, (seen[-1] if seen else 0) + 450)
                while not seen or seen[-1] < stop_at:
                    message = await client.next(EventMessage)
                    seen.append(message.event.seq)
                    positions.append(message.pos)
            await asyncio.sleep(0.02)
        await speaking
    assert seen == list(range(1, seen[-1] + 1))
    assert positions == sorted(set(positions))


async def test_resume_over_a_restart(open_site: OpenSite, script: type[CallScript]) -> None:
    call = script()
    async with open_site() as site, site.client() as client:
        site.emit(call.started(), call.alert("a1"))
        await client.subscribe("wall")
        pos = (await client.next(Snapshot)).pos
        site.emit(call.alert("a2"))
        site.publisher.log.flush()
    async with open_site() as site, site.client() as client:
        await client.subscribe("wall", after=pos)
        alert, *cleared, ended = await client.events(4)
        assert alert.event.id == "a2"
        assert [(one.event.id, one.event.reason) for one in cleared] == [
            ("a1", "call_ended"),
            ("a2", "call_ended"),
        ]
        assert (ended.event.reason, ended.event.seq) == ("cut_off", 6)


async def test_too_far_behind_is_a_gap(open_site: OpenSite, script: type[CallScript]) -> None:
    call = script()
    async with open_site(catch_up_events=50) as site, site.client() as client:
        site.publisher.hub._recent_events = 10
        site.emit(call.started(), call.alert())
        for _ in range(200):
            site.emit(call.temper())
        site.publisher.log.flush()
        await client.subscribe("wall", after=1)
        gap, snapshot = await client.next(Gap), await client.receive()
        assert gap.is_lossy
        assert isinstance(snapshot, Snapshot)
        await client.subscribe("call", call.call_id, after=1)
        gap = await client.next(Gap)
        assert gap.is_lossy
        events = await client.events(50)
        assert events[0].pos is not None
        assert events[0].pos > gap.pos
        assert events[-1].event.seq == call.seq


async def test_a_long_past_comes_without_its_older_prosody(
    open_site: OpenSite, script: type[CallScript]
) -> None:
    call = script()
    async with open_site(catch_up_events=50) as site, site.client() as client:
        site.publisher.hub._recent_events = 10
        site.emit(call.started())
        for _ in range(30):
            site.emit(call.words(), *(call.prosody() for _ in range(10)))
        site.publisher.log.flush()
        await client.subscribe("call", call.call_id)
        seqs: dict[str, list[int]] = {"call_started": [], "words": [], "prosody": []}
        while not seqs["prosody"] or seqs["prosody"][-1] < call.seq:
            message = await client.next(EventMessage, Gap)
            assert isinstance(message, EventMessage)
            seqs[str(message.event.__struct_config__.tag)].append(message.event.seq)
        assert seqs["call_started"] == [1]
        assert seqs["words"] == list(range(2, call.seq, 11))
        assert 40 <= len(seqs["prosody"]) <= 50
        assert seqs["prosody"] == sorted(set(seqs["prosody"]))


async def test_a_call_of_the_past_comes_whole(open_site: OpenSite, script: type[CallScript]) -> None:
    call = script()
    async with open_site(catch_up_events=50) as site, site.client() as client:
        site.publisher.hub._recent_events = 10
        site.emit(call.started(), *(call.prosody() for _ in range(300)), call.ended())
        site.publisher.log.flush()
        await client.subscribe("call", call.call_id)
        assert [message.event.seq for message in await client.events(302)] == list(range(1, 303))


async def test_a_position_of_another_log_starts_over(open_site: OpenSite, script: type[CallScript]) -> None:
    call = script()
    async with open_site() as site, site.client() as client:
        site.emit(call.started())
        await client.subscribe("wall", after=10**12)
        assert (await client.next(Gap)).is_lossy
        assert len((await client.next(Snapshot)).calls) == 1


async def test_a_stalled_client_delays_nobody_and_costs_little(
    open_site: OpenSite, script: type[CallScript]
) -> None:
    call = script()
    text = "长" * 600
    async with open_site(client_queue=64) as site:
        site.emit(call.started())
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        narrow.connect(("127.0.0.1", int(site.url.rsplit(":")[-1])))
        narrow.setblocking(False)
        async with (
            site.client(sock=narrow, max_queue=2, ping_interval=None) as stalled,
            site.client() as lively,
        ):
            await stalled.subscribe("call", call.call_id)
            await lively.subscribe("call", call.call_id)
            await lively.events(1)
            worst_s = 0.0
            loop = asyncio.get_running_loop()
            for _ in range(1_500):
                event = call.words(text)
                began = loop.time()
                site.emit(event)
                (message,) = await lively.events(1)
                worst_s = max(worst_s, loop.time() - began)
                assert message.event.seq == event.seq
            assert worst_s < 0.5
            assert site.publisher.hub.waiting <= 64
            assert site.publisher.hub.overflows >= 1
            # When it reads again, it has missed no word.
            seqs: list[int] = []
            gaps = 0
            while not seqs or seqs[-1] < call.seq:
                received = await stalled.receive()
                if isinstance(received, EventMessage):
                    seqs.append(received.event.seq)
                elif isinstance(received, Gap):
                    assert not received.is_lossy
                    gaps += 1
            assert seqs == list(range(1, call.seq + 1))
            assert gaps >= 1


async def test_a_client_that_takes_nothing_is_cut_off(open_site: OpenSite, script: type[CallScript]) -> None:
    call = script()
    async with open_site(send_timeout_s=0.3) as site:
        site.emit(call.started())
        async with site.client(max_queue=1, ping_interval=None, close_timeout=0.1) as client:
            await client.subscribe("call", call.call_id)
            text = "x" * 60_000
            async with asyncio.timeout(10):
                while site.publisher.streams:
                    site.emit(call.words(text))
                    await asyncio.sleep(0.002)


async def test_silence_is_broken_and_says_how_far_the_client_is(
    open_site: OpenSite, script: type[CallScript]
) -> None:
    call = script()
    async with open_site(heartbeat_s=0.05) as site, site.client() as client:
        site.emit(call.started(), call.words())
        await client.subscribe("wall")
        await client.next(Snapshot)
        site.emit(call.words())
        assert (await client.next(Heartbeat)).pos >= site.publisher.log.pos - 1
        assert (await client.next(Heartbeat)).pos == site.publisher.log.pos


async def test_problems_are_told_and_taken_back(open_site: OpenSite) -> None:
    async with open_site(heartbeat_s=0.05) as site, site.client() as client:
        site.publisher.report("engine.stopped", "the recogniser has stopped")
        assert [problem.code for problem in (await client.next(Status)).problems] == ["engine.stopped"]
        site.publisher.resolve("engine.stopped")
        assert (await client.next(Status)).problems == []


async def test_unsubscribe_ends_a_topic(open_site: OpenSite, script: type[CallScript]) -> None:
    call = script()
    async with open_site() as site, site.client() as client:
        site.emit(call.started())
        await client.subscribe("wall")
        await client.next(Snapshot)
        await client.socket.send(json.dumps({"type": "unsubscribe", "topic": "wall"}))
        await client.subscribe("call", call.call_id)
        await client.events(1)
        site.emit(call.alert())
        (event,) = await client.events(1)
        assert event.topic == "call"
        assert site.publisher.hub.subscriptions == 1


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"type":"subscribe"}', '{"type":"dance"}', '{"type":"subscribe","topic":"all"}', "\x00", ""],
)
async def test_malformed_messages_are_refused_and_the_stream_goes_on(open_site: OpenSite, text: str) -> None:
    async with open_site() as site, site.client() as client:
        await client.socket.send(text)
        assert (await client.next(ErrorMessage)).code == "server.malformed"
        await client.subscribe("wall")
        await client.next(Snapshot)


async def test_binary_is_malformed_and_too_much_of_it_ends_the_stream(open_site: OpenSite) -> None:
    async with open_site() as site, site.client() as client:
        for _ in range(5):
            await client.socket.send(b"\x00\x01")
        with pytest.raises(ConnectionClosed):
            while True:
                assert (await client.next(ErrorMessage)).code == "server.malformed"
        assert client.socket.close_code == 1008


async def test_oversized_messages_end_the_stream(open_site: OpenSite) -> None:
    async with open_site() as site:
        async with site.client() as client:
            await client.socket.send("x" * 65_537)
            assert (await client.next(ErrorMessage)).code == "server.oversized"
            with pytest.raises(ConnectionClosed):
                await client.receive()
            assert client.socket.close_code == 1009
        async with site.client() as client:
            with pytest.raises(ConnectionClosed):
                await client.socket.send("x" * 10_000_000)
                await client.receive()
            assert client.socket.close_code in {1009, 1006}
        await _is_well(site)


async def test_unknown_call_and_too_many_topics(open_site: OpenSite, script: type[CallScript]) -> None:
    async with open_site() as site, site.client() as client:
        await client.subscribe("call", "nobody")
        error = await client.next(ErrorMessage)
        assert (error.code, error.call_id) == ("server.unknown_call", "nobody")
        for number in range(17):
            call = script(f"call-{number}")
            site.emit(call.started())
            await client.subscribe("call", call.call_id)
        assert (await client.next(ErrorMessage)).code == "server.too_many_topics"


@pytest.mark.parametrize(
    ("origin", "is_welcome"),
    [
        (None, True),
        ("http://localhost:{port}", True),
        ("http://127.0.0.1:{port}", True),
        ("http://[::1]:{port}", True),
        ("http://localhost:1", False),
        ("http://evil.example", False),
        ("http://evil.example:{port}", False),
        ("null", False),
        ("file://", False),
        ("https://calls.example.org", True),
    ],
)
async def test_only_own_pages_may_open_the_stream(
    open_site: OpenSite, origin: str | None, is_welcome: bool
) -> None:
    async with open_site(allowed_origins=("https://calls.example.org",)) as site:
        port = site.url.rsplit(":")[-1]
        given = origin.format(port=port) if origin else None
        if is_welcome:
            async with connect(site.stream_url, origin=given) as client:  # type: ignore[arg-type]
                await client.recv()
            return
        with pytest.raises(InvalidStatus) as refused:
            await connect(site.stream_url, origin=given)  # type: ignore[arg-type]
        assert refused.value.response.status_code == 403
        assert json.loads(refused.value.response.body)["code"] == "server.forbidden_origin"


async def test_shutdown_says_farewell(open_site: OpenSite) -> None:
    async with open_site() as site:
        socket_ = await connect(site.stream_url)
        await socket_.recv()
    with pytest.raises(ConnectionClosed):
        await socket_.recv()
    assert socket_.close_code == 1012


async def test_a_broken_database_is_told_and_the_stream_goes_on(
    open_site: OpenSite, script: type[CallScript], monkeypatch: pytest.MonkeyPatch
) -> None:
    call = script()
    async with open_site() as site, site.client() as client:
        site.publisher.hub._recent_events = 1
        site.emit(call.started(), call.words(), call.words())
        site.publisher.log.flush()
        site.publisher.log._reader.close()
        await client.subscribe("call", call.call_id, after=1)
        assert (await client.next(ErrorMessage)).code == "store.unwritable"
        assert (await client.next(Gap)).is_lossy
        site.emit(call.words())
        assert (await client.events(1))[0].event.seq == 4


async def test_a_full_disk_is_told_and_costs_a_gap(
    open_site: OpenSite, script: type[CallScript], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Many heartbeats long: a retry that has nothing to write succeeds even on this small disk, and takes the
    # problem away.
    monkeypatch.setattr(writer, "RETRY_S", 1.5)
    opened: list[sqlite3.Connection] = []

    def small(path: Path) -> sqlite3.Connection:
        opened.append(open_database(path))
        opened[0].execute("PRAGMA max_page_count = 12")
        return opened[0]

    call = script()
    log = EventLog(tmp_path / "small", opener=small)
    async with open_site(log=log, heartbeat_s=0.05) as site, site.client() as client:
        site.publisher.hub._recent_events = 10
        site.emit(call.started(), call.alert("before"))
        log.flush()
        await client.subscribe("wall")
        pos = (await client.next(Snapshot)).pos
        for _ in range(50):
            site.emit(call.words("长" * 300))
        site.emit(call.alert("lost"))
        site.emit(call.alert("seen"))
        codes: list[list[str]] = []
        ids: list[str] = []
        async with asyncio.timeout(10):
            while len(ids) < 2 or codes[-1:] != [[]]:
                message = await client.next(Status, EventMessage)
                if isinstance(message, Status):
                    codes.append([problem.code for problem in message.problems])
                    opened[0].execute("PRAGMA max_page_count = 100000")
                    site.emit(call.temper())  # something to write
                elif message.event.__struct_config__.tag == "alert":
                    ids.append(message.event.id)
        assert ids == ["lost", "seen"]  # the call went on
        assert codes == [["store.full"], []]
        for _ in range(20):
            site.emit(call.temper())
        async with site.client() as late:
            await late.subscribe("wall", after=pos)
            gap, snapshot = await late.next(Gap), await late.next(Snapshot)
            assert gap.is_lossy
            assert [alert.id for alert in snapshot.calls[0].open_alerts] == ["before", "lost", "seen"]
            await late.subscribe("call", call.call_id, after=pos)
            assert (await late.next(Gap)).is_lossy
            kinds = {event.event.__struct_config__.tag for event in await late.events(20)}
            assert "words" not in kinds


async def test_a_stalled_client_does_not_hold_up_the_end(
    open_site: OpenSite, script: type[CallScript]
) -> None:
    call = script()
    loop = asyncio.get_running_loop()
    async with open_site() as site:
        site.emit(call.started())
        stalled = await connect(site.stream_url, max_queue=1, ping_interval=None, close_timeout=0.1)
        await stalled.send('{"type":"subscribe","topic":"call","call_id":"call-1"}')
        for _ in range(300):
            site.emit(call.words("x" * 60_000))
            await asyncio.sleep(0)
        began = loop.time()
    assert loop.time() - began < 6.0
    await stalled.close()


async def _is_well(site: Site) -> None:
    async with connect(site.stream_url) as socket_:
        assert "hello" in str(await socket_.recv())
