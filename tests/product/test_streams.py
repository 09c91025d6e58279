"""Clients of every kind against a running server: those that watch, and those that bring calls."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from monitor.core import events
from monitor.core.audio import Pcm
from monitor.resources import resource
from tests.conftest import make_voice
from tests.product.conftest import PATIENCE_S, Program, Tingyin, wait_for
from tests.product.test_server import HURRIED, SERVE, calls, get, kept

PACKET = 1_600
START = {"type": "start", "format": "pcm_s16le", "rate": 16_000, "channels": 2, "title": "line 3"}


def stream(program: Program, path: str, **options: Any) -> ClientConnection:
    url = program.url().replace("http", "ws", 1) + path
    opened: ClientConnection = connect(url, open_timeout=PATIENCE_S, close_timeout=1.0, **options)
    return opened


def received(socket: ClientConnection) -> dict[str, Any]:
    return json.loads(socket.recv(timeout=PATIENCE_S))  # type: ignore[no-any-return]


def until(socket: ClientConnection, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first message that is the wanted one."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        message = received(socket)
        if is_it(message):
            return message
    raise AssertionError("it never came")


def packets(sound: Pcm) -> Iterator[bytes]:
    """16-bit packets of 100 ms of a sound of shape (frames, 2)."""
    for at in range(0, len(sound), PACKET):
        yield (sound[at : at + PACKET] * 32767).astype("<i2").tobytes()


def bring(program: Program, sound: Pcm) -> str:
    """Streams a call as fast as it is taken; returns its id."""
    with stream(program, "/ingest") as sender:
        sender.send(json.dumps(START))
        accepted = received(sender)
        assert accepted["type"] == "accepted", accepted
        for packet in packets(sound):
            sender.send(packet)
        sender.send('{"type": "stop"}')
        with contextlib.suppress(ConnectionClosed):
            while True:
                sender.recv(timeout=PATIENCE_S)
    return str(accepted["call_id"])


@pytest.fixture
def office(tingyin: Tingyin) -> Program:
    """A running server."""
    program = tingyin.start(*SERVE, env={"TINGYIN_SERVER__CLIENT_QUEUE": "64"})
    program.url()
    return program


def shipped(name: str = "zh_parcel") -> Pcm:
    sound, _ = soundfile.read(resource("calls") / f"{name}.flac", dtype="float32")
    return sound  # type: ignore[no-any-return]


def test_a_call_that_a_stream_brings_is_on_the_wall_with_its_alerts(
    tingyin: Tingyin, office: Program
) -> None:
    with stream(office, "/ws") as watcher:
        watcher.send('{"type": "subscribe", "topic": "wall"}')
        until(watcher, lambda message: message["type"] == "snapshot")
        call_id = bring(office, shipped())
        started = until(watcher, lambda m: m.get("event", {}).get("type") == "call_started")
        assert started["event"]["call_id"] == call_id
        assert (started["event"]["title"], started["event"]["source"]) == ("line 3", "stream")
        alert = until(watcher, lambda m: m.get("event", {}).get("type") == "alert")
        assert alert["event"]["call_id"] == call_id
        until(watcher, lambda m: m.get("event", {}).get("type") == "call_ended")
    wait_for(lambda: calls(office)[0]["state"] == "ended", PATIENCE_S, lambda: str(calls(office)))
    assert kept(tingyin, call_id)
    assert sum(calls(office)[0]["alerts"].values()) > 0


def test_calls_side_by_side_are_told_apart(tingyin: Tingyin, office: Program) -> None:
    """Half a minute of both shipped calls at once: each gets the events that it gets alone."""
    names = ("zh_parcel", "en_parcel")
    sounds = {name: shipped(name)[30 * 16_000 : 55 * 16_000] for name in names}
    with ThreadPoolExecutor() as pool:
        ids = dict(zip(names, pool.map(lambda name: bring(office, sounds[name]), names), strict=True))
    wait_for(
        lambda: {call["state"] for call in calls(office)} == {"ended"}, PATIENCE_S, lambda: str(calls(office))
    )
    for name in names:
        soundfile.write(tingyin.folder / "alone.wav", sounds[name], 16_000, subtype="PCM_16")
        tingyin.run("replay", "alone.wav", "--no-asr", "--events", "alone.jsonl")
        live = [(event.t_s, event.__struct_config__.tag) for event in kept(tingyin, ids[name])]
        alone = [(event.t_s, event.__struct_config__.tag) for event in tingyin.events("alone.jsonl")]
        assert live == alone


def test_who_brought_a_call_may_ask_for_it_at_once(office: Program) -> None:
    """Before its first sound, and so before its first event."""
    with stream(office, "/ingest") as sender, stream(office, "/ws") as watcher:
        sender.send(json.dumps(START))
        call_id = received(sender)["call_id"]
        assert get(office, f"/api/calls/{call_id}")["call"] is None
        assert get(office, f"/api/calls/{call_id}/events")["events"] == []
        watcher.send(json.dumps({"type": "subscribe", "topic": "call", "call_id": call_id}))
        time.sleep(0.2)
        for packet in packets(np.zeros((4_800, 2), np.float32)):
            sender.send(packet)
        first = until(watcher, lambda message: message["type"] in {"event", "error"})
        assert first.get("event", {}).get("type") == "call_started", first


# --- streams that are no calls -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        "hello",
        "{}",
        json.dumps({**START, "rate": 96_000}),
        json.dumps({**START, "channels": 1}),
        json.dumps({**START, "title": "x" * 1_000}),
        b"\x00" * 3_200,
        "[" * 5_000,
    ],
)
def test_a_stream_that_does_not_begin_as_one_is_refused(office: Program, message: str | bytes) -> None:
    with stream(office, "/ingest") as sender:
        sender.send(message)
        answer = received(sender)
        assert (answer["type"], answer["code"]) == ("error", "source.stream_start")
        with pytest.raises(ConnectionClosed):
            received(sender)
    assert calls(office) == []


def test_packets_that_cannot_be_used_are_told_and_the_call_goes_on(office: Program) -> None:
    with stream(office, "/ingest") as sender:
        sender.send(json.dumps(START))
        call_id = received(sender)["call_id"]
        unusable: tuple[str | bytes, ...] = (b"\x00" * 3, "talk", b"\x00" * 200_000)
        for odd in unusable:
            sender.send(odd)
            assert received(sender)["code"] == "source.stream_packet"
        for packet in packets(np.zeros((16_000, 2), np.float32)):
            sender.send(packet)
        sender.send('{"type": "stop"}')
    wait_for(lambda: [call["state"] for call in calls(office)] == ["ended"], 20.0, lambda: str(calls(office)))
    assert calls(office)[0]["call_id"] == call_id


def test_a_sender_that_vanishes_leaves_a_call_with_an_end(tingyin: Tingyin, office: Program) -> None:
    sender = stream(office, "/ingest")
    sender.send(json.dumps(START))
    call_id = received(sender)["call_id"]
    voice = make_voice(3.0)
    for packet in packets(np.stack([voice, np.zeros_like(voice)], axis=1)):
        sender.send(packet)
    sender.socket.shutdown(socket.SHUT_RDWR)
    sender.socket.close()
    over = [["ended"], ["failed"]]
    wait_for(lambda: [call["state"] for call in calls(office)] in over, 20.0, lambda: office.err)
    assert kept(tingyin, call_id)[-1].t_s > 2.0


# --- watchers that misbehave while a call plays --------------------------------------------------------


def test_clients_that_misbehave_cost_nobody_else_anything(tingyin: Tingyin) -> None:
    """Malformed, oversized, binary and deaf clients; a good one sees the call to its end meanwhile."""
    program = tingyin.start(
        *("demo", "--once", "--no-asr", "--port", "0", "--language", "zh"),
        stage=HURRIED,
        env={"TINGYIN_SERVER__SEND_TIMEOUT_S": "2", "TINGYIN_SERVER__CLIENT_QUEUE": "64"},
    )
    call_id = ""

    def on_wall() -> bool:
        nonlocal call_id
        found = get(program, "/api/wall")["calls"]
        call_id = found[0]["call_id"] if found else ""
        return bool(found)

    wait_for(on_wall, PATIENCE_S, lambda: program.err)
    deaf = [deaf_client(program, call_id) for _ in range(3)]
    with stream(program, "/ws", max_queue=None) as good:
        good.send(json.dumps({"type": "subscribe", "topic": "call", "call_id": call_id}))
        malformed: tuple[str | bytes, ...] = ("{", b"\x00", "[]", '{"type": "subscribe", "topic": "all"}')
        for message in malformed:
            with stream(program, "/ws") as bad:
                bad.send(message)
                assert until(bad, lambda m: m["type"] == "error")["code"] == "server.malformed"
        with stream(program, "/ws") as bad:
            bad.send("x" * 70_000)
            assert until(bad, lambda message: message["type"] == "error")["code"] == "server.oversized"
            with pytest.raises(ConnectionClosed):
                until(bad, lambda message: False)
        with stream(program, "/ws") as bad, contextlib.suppress(ConnectionClosed):
            bad.send("x" * 5_000_000)
            until(bad, lambda message: False)
        with stream(program, "/ws") as bad:
            bad.send('{"type": "subscribe", "topic": "call", "call_id": "none"}')
            assert until(bad, lambda m: m["type"] == "error")["code"] == "server.unknown_call"
        wait_for(lambda: heard_s(program) > 30.0, PATIENCE_S, lambda: program.err)
        program.signal(signal.SIGTERM)
        numbers = []
        with contextlib.suppress(ConnectionClosed):
            while True:
                told = received(good)
                if told["type"] == "event" and told["event"]["type"] != "prosody":
                    numbers.append(told["event"]["seq"])
                    if told["event"]["type"] == "call_ended":
                        break
    assert program.wait(10.0) == 0, "deaf clients do not keep the server from ending"
    assert "Traceback" not in program.err
    for client in deaf:
        client.close()
    # Prosody alone may be thinned for a client that falls behind; all else comes once, in order.
    lasting = [event.seq for event in kept(tingyin, call_id) if not isinstance(event, events.Prosody)]
    assert numbers == lasting and len(numbers) > 10


def heard_s(program: Program) -> float:
    """Call time of the one call on the wall."""
    found = get(program, "/api/wall")["calls"]
    return float(found[0]["t_s"]) if found else 0.0


def deaf_client(program: Program, call_id: str) -> socket.socket:
    """A client with a tiny buffer that asks for everything and reads nothing after the handshake."""
    host, port = program.url().removeprefix("http://").split(":")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect((host, int(port)))
    client.sendall(
        f"GET /ws HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    assert b"101" in client.recv(1024)
    for topic in ({"topic": "wall"}, {"topic": "call", "call_id": call_id}):
        body = json.dumps({"type": "subscribe", **topic}).encode()
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(body))
        client.sendall(bytes([0x81, 0x80 | len(body)]) + mask + masked)
    return client


def test_half_a_request_keeps_nobody_waiting(office: Program) -> None:
    host, port = office.url().removeprefix("http://").split(":")
    waiting = [socket.create_connection((host, int(port))) for _ in range(20)]
    for client in waiting:
        client.sendall(b"GET /api/hea")
    assert get(office, "/api/health")["status"] == "ok"
    office.signal(signal.SIGTERM)
    assert office.wait(10.0) == 0
    for client in waiting:
        client.close()


@pytest.mark.slow
def test_a_long_call_stays_within_its_memory(office: Program) -> None:
    """Six minutes of a call as fast as it is heard: what the process holds stops to grow after the second."""
    sound = shipped()
    minutes = 6
    resident: list[float] = []
    process = psutil.Process(office.pid)
    with stream(office, "/ingest") as sender:
        sender.send(json.dumps(START))
        call_id = received(sender)["call_id"]
        at = 0
        for minute in range(1, minutes + 1):
            piece = np.take(sound, np.arange(at, at + 60 * 16_000) % len(sound), axis=0)
            at += len(piece)
            for packet in packets(piece):
                sender.send(packet)
            until_s = minute * 60 - 20
            while heard_s(office) < until_s:
                time.sleep(0.05)
            resident.append(process.memory_info().rss / 2**20)
    assert call_id
    assert resident[-1] - resident[1] < 20.0, resident


def replay_resident_mb(tingyin: Tingyin, path: Path) -> list[float]:
    program = tingyin.start("replay", path, "--no-asr", "--events", "/dev/null")
    process = psutil.Process(program.pid)
    resident = []
    while not program.is_over():
        with contextlib.suppress(psutil.Error):
            resident.append(process.memory_info().rss / 2**20)
        time.sleep(0.25)
    assert program.code == 0, program.err
    return resident


@pytest.mark.slow
def test_a_long_file_is_replayed_within_bounded_memory(tingyin: Tingyin) -> None:
    """Five minutes: the second half of the replay holds hardly more than its first quarter did."""
    sound = shipped()
    with soundfile.SoundFile(tingyin.folder / "long.flac", "w", 16_000, 2) as file:
        for _ in range(round(5 * 60 * 16_000 / len(sound))):
            file.write(sound)
    resident = replay_resident_mb(tingyin, tingyin.folder / "long.flac")
    quarter = len(resident) // 4
    assert quarter > 4
    assert max(resident[-quarter:]) - max(resident[:quarter]) < 25.0, resident
