"""Streams of sound over a websocket: the transport around `monitor.ingest.stream`.

A telephone system (or `bench/`) connects to `/ingest`, sends the start message, then packets. The server
answers the start with `{"type": "accepted", "call_id": ...}`, a packet that it cannot use with
`{"type": "error", "code": ..., "message": ...}`, and takes the close of the connection, or a stop message, as
the end of the call.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from monitor.errors import SourceError, TingyinError
from monitor.ingest.stream import StreamSource, open_stream_source

IDLE_S = 10.0
"""A sender that is silent this long, without even packets of silence, is gone: its call has failed."""

REFUSALS_MAX = 20
"""After so many packets that cannot be used, the sender and this server do not mean the same thing."""

_CLOSE_UNUSABLE = 1003


class Accepted(msgspec.Struct, frozen=True, tag="accepted"):
    """The stream is heard, as this call."""

    call_id: str


class Refused(msgspec.Struct, frozen=True, tag="error"):
    """The last message could not be used."""

    code: str
    message: str


class Intake:
    """Takes streams and starts their calls with `start`, which returns a call's id."""

    def __init__(self, start: Callable[[StreamSource], str], *, idle_s: float = IDLE_S) -> None:
        self._start = start
        self._idle_s = idle_s

    async def serve(self, socket: WebSocket) -> None:
        """One connection, from its first message to its end."""
        await socket.accept()
        with contextlib.suppress(WebSocketDisconnect):
            try:
                source = open_stream_source(await self._message(socket))
                call_id = self._start(source)
            except TingyinError as error:
                await self._refuse(socket, error)
                await socket.close(_CLOSE_UNUSABLE)
                return
            try:
                await socket.send_text(msgspec.json.encode(Accepted(call_id)).decode())
                await self._feed(socket, source)
            finally:
                source.close()  # however the line ends: a call that nobody feeds would be live for ever

    async def _feed(self, socket: WebSocket, source: StreamSource) -> None:
        refusals = 0
        try:
            while not source.is_closed:
                await source.room()
                message = await self._message(socket)
                try:
                    source.feed(message)
                except SourceError as error:
                    refusals += 1
                    await self._refuse(socket, error)
                    if refusals >= REFUSALS_MAX:
                        source.close(error)
        except SourceError as error:
            source.close(error)
            await self._refuse(socket, error)
        await socket.close()

    async def _message(self, socket: WebSocket) -> bytes | str:
        """The next message.

        Raises:
            SourceError: none came for too long.
            WebSocketDisconnect: the sender is gone.
        """
        try:
            message = await asyncio.wait_for(socket.receive(), self._idle_s)
        except TimeoutError as error:
            reason = f"no packet came for {self._idle_s:.0f} s"
            raise SourceError("source.failed", reason=reason) from error
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        content: bytes | str | None = message.get("bytes")
        return message["text"] if content is None else content

    async def _refuse(self, socket: WebSocket, error: TingyinError) -> None:
        await socket.send_text(msgspec.json.encode(Refused(error.code, error.sentence)).decode())
