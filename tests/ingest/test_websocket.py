"""A telephone system's websocket: a stream becomes a call, and what cannot be used is refused by name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from monitor.config import ServerSettings
from monitor.core.audio import AudioFrame, Party
from monitor.errors import SourceError
from monitor.ingest.stream import StreamSource
from monitor.ingest.websocket import REFUSALS_MAX, Intake
from monitor.publish.run import Server, listen

START = {"type": "start", "format": "pcm_s16le", "rate": 16000, "channels": 2, "agent_channel": "right"}


class Desk:
    """Hears every stream to its end."""

    def __init__(self) -> None:
        self.heard: dict[Party, list[AudioFrame]] = {party: [] for party in Party}
        self.error: SourceError | None = None
        self.ended = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, source: StreamSource) -> str:
        self._tasks.append(asyncio.create_task(self._hear(source)))
        return "call-7"

    async def _hear(self, source: StreamSource) -> None:
        try:
            async for item in source.frames():
                if isinstance(item, AudioFrame):
                    self.heard[item.party].append(item)
        except SourceError as error:
            self.error = error
        self.ended.set()


@asynccontextmanager
async def client(desk: Desk, idle_s: float = 5.0) -> AsyncIterator[ClientConnection]:
    app = Starlette(routes=[WebSocketRoute("/ingest", Intake(desk.start, idle_s=idle_s).serve)])
    async with (
        Server(app, listen(ServerSettings(port=0))) as server,
        connect(server.url.replace("http", "ws") + "/ingest") as connection,
    ):
        yield connection


async def reply(connection: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await asyncio.wait_for(connection.recv(), 5))
    return message


def packet(length: int) -> bytes:
    return np.stack([np.full(length, 1000), np.full(length, -2000)], axis=1).astype("<i2").tobytes()


async def test_a_stream_is_a_call_with_its_parties_apart() -> None:
    desk = Desk()
    async with client(desk) as connection:
        await connection.send(json.dumps(START))
        assert await reply(connection) == {"type": "accepted", "call_id": "call-7"}
        for _ in range(10):
            await connection.send(packet(320))
        await connection.send(json.dumps({"type": "stop"}))
        await asyncio.wait_for(desk.ended.wait(), 5)
    assert desk.error is None
    for party, value in ((Party.CALLER, 1000), (Party.AGENT, -2000)):
        pcm = np.concatenate([frame.pcm for frame in desk.heard[party]])
        assert len(pcm) == 3200
        assert np.all(np.rint(pcm * 32768) == value)


async def test_a_sender_that_hangs_up_ends_its_call() -> None:
    desk = Desk()
    async with client(desk) as connection:
        await connection.send(json.dumps(START))
        await reply(connection)
        await connection.send(packet(1600))
        await connection.close()
        await asyncio.wait_for(desk.ended.wait(), 5)
    assert desk.error is None
    assert sum(len(frame.pcm) for frame in desk.heard[Party.AGENT]) == 1600


@pytest.mark.parametrize("first", ["hello", json.dumps(START | {"rate": 5}), b"\x00\x01"])
async def test_a_start_that_is_none_is_refused(first: str | bytes) -> None:
    desk = Desk()
    async with client(desk) as connection:
        await connection.send(first)
        assert (await reply(connection))["code"] == "source.stream_start"
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(connection.recv(), 5)
        assert connection.close_code == 1003


async def test_a_bad_packet_costs_itself_alone_but_only_so_often() -> None:
    desk = Desk()
    async with client(desk) as connection:
        await connection.send(json.dumps(START))
        await reply(connection)
        await connection.send(b"odd")
        assert (await reply(connection))["code"] == "source.stream_packet"
        await connection.send(packet(1600))
        for _ in range(REFUSALS_MAX - 1):
            await connection.send(b"odd")
        await asyncio.wait_for(desk.ended.wait(), 5)
    assert desk.error is not None
    assert sum(len(frame.pcm) for frame in desk.heard[Party.AGENT]) == 1600


async def test_a_sender_that_falls_silent_is_given_up() -> None:
    desk = Desk()
    async with client(desk, idle_s=0.2) as connection:
        await connection.send(json.dumps(START))
        await reply(connection)
        assert (await reply(connection))["code"] == "source.failed"
        await asyncio.wait_for(desk.ended.wait(), 5)
    assert desk.error is not None
    assert desk.error.code == "source.failed"


@pytest.mark.parametrize("fails", [OSError("gone"), RuntimeError("a fault of ours")])
@pytest.mark.parametrize("at", ["accepted", "refused"])
async def test_a_line_that_breaks_while_it_is_answered_ends_its_call(at: str, fails: Exception) -> None:
    """Else the call would be live for ever, and nobody could end it."""
    desk = Desk()
    messages: list[dict[str, Any]] = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": json.dumps(START)},
    ]
    messages.append({"type": "websocket.receive", "bytes": b"odd"})

    async def receive() -> MutableMapping[str, Any]:
        return messages.pop(0) if messages else {"type": "websocket.disconnect", "code": 1006}

    async def send(message: MutableMapping[str, Any]) -> None:
        if ("accepted" if "accepted" in message.get("text", "") else "refused") == at and "text" in message:
            raise fails

    socket = WebSocket({"type": "websocket", "headers": [], "path": "/ingest"}, receive, send)
    with suppress(RuntimeError):
        await Intake(desk.start).serve(socket)
    await asyncio.wait_for(desk.ended.wait(), 1)


async def test_a_sender_whose_call_has_failed_is_let_go() -> None:
    """Nobody takes its sound any more: it must neither wait for room nor go on for nobody."""

    class Failing(Desk):
        async def _hear(self, source: StreamSource) -> None:
            async with aclosing(source.frames()) as frames:
                await anext(frames)
            self.ended.set()

    desk = Failing()
    async with client(desk) as connection:
        await connection.send(json.dumps(START))
        await reply(connection)
        await connection.send(packet(1600))
        await asyncio.wait_for(desk.ended.wait(), 5)
        with pytest.raises(ConnectionClosed):
            for _ in range(40):
                await connection.send(packet(16000))
            await asyncio.wait_for(connection.recv(), 2)
