"""Listening in on a live call: `/listen/{call_id}`, a websocket of its own for each listener.

It takes the right to hear calls, for an agent whose calls one may see. Each time somebody begins and stops
is in the trail. The sound is passed on as it comes; nothing of it is kept here.

The server first sends `listening`. Then come binary messages, one for each frame of a party's sound, as the
call's own source gives it (about 100 ms):

| bytes | type | what |
|---|---|---|
| 0 | uint8 | 1, the version of this form |
| 1 | uint8 | party: 0 agent, 1 caller |
| 2 | uint8 | flags: 1 lost on its way here; 2 silence, no samples follow; 4 what came before was not taken |
| 4 | uint32 | place of the first sample in the call, at 16 kHz |
| 8 | uint32 | how many samples |
| 12 | uint16 | milliseconds for which the server held it |
| 16 | int16 each | the samples; all numbers are little-endian |

Each party takes 32 kB a second and 16 bytes a frame; digital silence takes the 16 bytes alone. The listener
may send `choose`, after which only those parties are sent, and `ping`, which is answered by `pong`. One that
reads too slowly loses the oldest sound. When the call's sound is over, `over` comes; who is refused gets
`error`. Then the connection is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Literal

import msgspec
import structlog
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from monitor.core.audio import Party
from monitor.core.clock import SAMPLE_RATE_HZ
from monitor.errors import ListenError, ServerError, TingyinError
from monitor.publish.access import Access, Visitor, staying_in, visitor_of
from monitor.publish.live_sound import Listener, LiveSound
from monitor.publish.publisher import Publisher
from monitor.publish.side import SideDesk

MALFORMED_MAX = 5
"""After so many messages that are none, the client is not one of ours, and is cut off."""

_MESSAGE_CHARACTERS_MAX = 256

_CLOSE_NORMAL, _CLOSE_POLICY = 1000, 1008

_TURN_PACKETS = 32
"""Packets sent to one listener before the loop serves others: a send that need not wait does not yield."""

_log = structlog.get_logger(__name__)


class Choose(msgspec.Struct, frozen=True, kw_only=True, tag="choose", forbid_unknown_fields=True):
    """Listens to these parties alone from here on; at first, to both."""

    parties: list[Literal["agent", "caller"]]


class Ping(msgspec.Struct, frozen=True, kw_only=True, tag="ping", forbid_unknown_fields=True):
    """Asks for a sign of life; by the time it takes the page knows the way here and back."""

    number: int


class Listening(msgspec.Struct, frozen=True, kw_only=True, tag="listening"):
    """The first message: sound follows."""

    call_id: str
    sample_rate_hz: int = SAMPLE_RATE_HZ


class Pong(msgspec.Struct, frozen=True, kw_only=True, tag="pong"):
    """The answer to `ping`."""

    number: int


class Over(msgspec.Struct, frozen=True, kw_only=True, tag="over"):
    """The call's sound is over."""


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="error"):
    """There is nothing to listen to, or a message could not be used."""

    code: str
    message: str


FROM_LISTENER = (Choose, Ping)
TO_LISTENER = (Listening, Pong, Over, Refused)
"""What a listener may send, and gets besides sound."""

_decoder = msgspec.json.Decoder(Choose | Ping)


class ListeningPost:
    """Lets people listen to live calls."""

    def __init__(
        self,
        publisher: Publisher,
        sound: LiveSound,
        access: Access | None,
        side: SideDesk | None = None,
    ) -> None:
        """`side` tells those who watch the call who listens."""
        self._publisher, self._sound, self._access, self._side = publisher, sound, access, side
        gauge, counter = publisher.metrics.watch_gauge, publisher.metrics.watch_counter
        gauge("tingyin_listeners", "People who listen to live calls now.", lambda: sound.listeners)
        counter("tingyin_listen_frames", "Frames encoded for listeners.", lambda: sound.encoded)
        counter("tingyin_listen_lost_samples", "Samples that listeners did not take.", lambda: sound.lost)

    def routes(self) -> list[BaseRoute]:
        """Path by path."""
        return [WebSocketRoute("/listen/{call_id}", self.serve)]

    async def serve(self, socket: WebSocket) -> None:
        """One listener, until either side ends it."""
        call_id = str(socket.path_params["call_id"])[:64]
        visitor = visitor_of(socket.scope)
        await socket.accept()
        wake = asyncio.Event()
        try:
            agents = await self._check(call_id, visitor)
            listener = self._sound.join(call_id, wake.set)
        except TingyinError as error:
            await _refuse(socket, error)
            return
        account = visitor.account
        try:
            async with self._told(call_id, account.display or account.name):
                await self._listen(socket, visitor, agents, listener, wake)
        except TingyinError as error:
            await _refuse(socket, error)
        finally:
            self._sound.leave(listener)

    def _told(self, call_id: str, display: str) -> AbstractAsyncContextManager[None]:
        return nullcontext() if self._side is None else self._side.listening(call_id, display)

    async def _check(self, call_id: str, visitor: Visitor) -> frozenset[str] | None:
        """Raises what stands against listening; returns whose calls the visitor may see.

        Raises:
            ServerError: server.unknown_call: also of a call that is not theirs to see.
            ListenError: listen.over.
        """
        agents = None
        if self._access is not None:
            agents = await asyncio.to_thread(self._access.agents_of, visitor.account)
        if not await self._publisher.knows(call_id, agents):
            raise ServerError("server.unknown_call", call_id=call_id)
        if not self._publisher.is_live(call_id):
            raise ListenError("listen.over", call_id=call_id)
        return agents

    async def _listen(
        self,
        socket: WebSocket,
        visitor: Visitor,
        agents: frozenset[str] | None,
        listener: Listener,
        wake: asyncio.Event,
    ) -> None:
        """From the entry in the trail that it begins to the one that it has ended.

        Raises:
            StoreError: what cannot be written down is not done.
        """
        session = _Session(socket, listener, wake, self._publisher.settings.send_timeout_s)
        if self._access is None:
            await session.run()
            return
        access, name, address = self._access, visitor.account.name, visitor.address
        note = access.trail.note
        await asyncio.to_thread(lambda: note(name, "call_heard", listener.call_id, address=address))
        try:
            async with staying_in(access, socket, visitor, agents, session.end):
                await session.run()
        finally:
            # In a thread that ends even where this task is cancelled, as when the server stops.
            await asyncio.to_thread(lambda: note(name, "call_heard_until", listener.call_id, address=address))


class _Session:
    """The two directions of one listener's connection."""

    def __init__(self, socket: WebSocket, listener: Listener, wake: asyncio.Event, timeout_s: float) -> None:
        self._socket, self._listener, self._wake, self._timeout_s = socket, listener, wake, timeout_s
        self._close_code: int | None = None
        self._answers: list[msgspec.Struct] = [Listening(call_id=listener.call_id)]
        self._malformed = 0

    def end(self, code: int) -> None:
        """Says farewell with a websocket's close code."""
        self._close_code = self._close_code or code
        self._wake.set()

    async def run(self) -> None:
        """Serves the listener; returns when it is over."""
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect | TimeoutError):
                _log.error("a listener's connection failed", error=type(result).__name__)

    async def _read(self) -> None:
        while self._close_code is None:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                self._on_text((message.get("text") or "")[:_MESSAGE_CHARACTERS_MAX])
            except msgspec.DecodeError as error:
                self._malformed += 1
                refusal = ListenError("listen.malformed", reason=str(error))
                self._answer(Refused(code=refusal.code, message=refusal.sentence))
                if self._malformed >= MALFORMED_MAX:
                    self.end(_CLOSE_POLICY)
        await asyncio.sleep(self._timeout_s)  # the writer closes, and ends this task

    def _on_text(self, text: str) -> None:
        wish = _decoder.decode(text)
        if isinstance(wish, Choose):
            self._listener.choose([Party(party) for party in wish.parties])
        else:
            self._answer(Pong(number=wish.number))

    def _answer(self, message: msgspec.Struct) -> None:
        self._answers.append(message)
        if len(self._answers) > _TURN_PACKETS:  # who asks and asks and never reads must not fill the memory
            self.end(_CLOSE_POLICY)
        self._wake.set()

    async def _write(self) -> None:
        while True:
            self._wake.clear()
            answers, self._answers = self._answers, []
            for answer in answers:
                await self._send(msgspec.json.encode(answer).decode())
            for _ in range(_TURN_PACKETS):
                packet = self._listener.take()
                if packet is None:
                    break
                await self._send(packet)
            else:
                self._wake.set()
                await asyncio.sleep(0)
                continue
            if self._close_code is not None:
                await _close(self._socket, self._close_code)
                return
            if self._listener.is_over:
                await self._send(msgspec.json.encode(Over()).decode())
                await _close(self._socket, _CLOSE_NORMAL)
                return
            await self._wake.wait()

    async def _send(self, message: str | bytes) -> None:
        async with asyncio.timeout(self._timeout_s):
            if isinstance(message, str):
                await self._socket.send_text(message)
            else:
                await self._socket.send_bytes(message)


async def _refuse(socket: WebSocket, error: TingyinError) -> None:
    """Browsers read no answer to a handshake, so the reason is a message of an open connection."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        refusal = Refused(code=error.code, message=error.sentence)
        await socket.send_text(msgspec.json.encode(refusal).decode())
        await _close(socket, _CLOSE_POLICY)


async def _close(socket: WebSocket, code: int) -> None:
    if socket.application_state is WebSocketState.CONNECTED:
        with contextlib.suppress(RuntimeError):  # the client was faster
            await socket.close(code)
