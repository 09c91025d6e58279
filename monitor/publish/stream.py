"""One client of the event stream: the thin asynchronous shell around its subscriptions."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Collection

import msgspec
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from monitor import __version__
from monitor.errors import AccountError, DeskError, ServerError, StoreError, TingyinError
from monitor.publish.desk_stream import desk_snapshot
from monitor.publish.hub import Subscription
from monitor.publish.protocol import (
    LASTING_TYPES,
    WALL_TYPES,
    ClientMessage,
    ErrorMessage,
    Gap,
    Heartbeat,
    Hello,
    Problem,
    ServerMessage,
    Snapshot,
    Status,
    Subscribe,
    TopicName,
    decode_client_message,
    encode_event,
    encode_message,
)
from monitor.publish.publisher import Publisher
from monitor.publish.side import SideDesk
from monitor.publish.side_topics import SideTopics
from monitor.store.records import StoredEvent

MESSAGE_BYTES_MAX = 64 * 1024
"""A client only ever subscribes: its messages are a hundred bytes."""

MALFORMED_MAX = 5
"""After so many messages that are none, the client is not one of ours, and is cut off."""

TOPICS_MAX = 16
"""Topics of one stream; each costs a queue."""

_WHOLE_CALL_EVENTS = 150_000
"""A call of the past is sent whole up to this many events: three hours, 60 MB."""

_PAGE_EVENTS = 256
"""Events fetched at a time for a client that catches up."""

_TURN_MESSAGES = 32
"""Messages sent to one client before the loop serves others: a send that need not wait does not yield."""

_CLOSE_POLICY, _CLOSE_TOO_BIG, _CLOSE_TRY_AGAIN = 1008, 1009, 1013

_log = structlog.get_logger(__name__)

_TopicKey = tuple[TopicName, str | None]


class Stream:
    """Reads a client's wishes and writes what it asked for, until either side ends it."""

    def __init__(
        self,
        socket: WebSocket,
        publisher: Publisher,
        agents: Collection[str] | None = None,
        side: SideDesk | None = None,
        *,
        sees_desk: bool = True,
    ) -> None:
        """`agents` are those whose calls the client may see; None: everybody's. `side` is what people do
        beside calls. With `sees_desk` the client may also see what supervisors do: about alerts, and that
        they listen in."""
        self._socket = socket
        self._sees_desk = sees_desk
        self._agents = agents
        self._publisher = publisher
        self._hub = publisher.hub
        self._settings = publisher.settings
        self._subscriptions: dict[_TopicKey, Subscription] = {}
        self._outbox: deque[ServerMessage] = deque()
        self._wake = asyncio.Event()
        self._sides = SideTopics(side, self._wake.set, shows_listeners=sees_desk)
        self._shown_problems: list[Problem] = []
        self._malformed = 0
        self._close_code: int | None = None
        self._sent_in_turn = 0

    async def run(self) -> None:
        """Serves the client; returns when the stream is over."""
        await self._socket.accept()
        self._publisher.streams += 1
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._publisher.streams -= 1
            for subscription in self._subscriptions.values():
                self._hub.unsubscribe(subscription)
            self._subscriptions.clear()
            self._sides.close_all()
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect | TimeoutError):
                _log.error("a stream failed", error=type(result).__name__)

    def end(self, code: int) -> None:
        """Says farewell with a websocket's close code. From the loop's thread."""
        self._close(code)

    def _sees(self, call_id: str) -> bool:
        """Whether a call that is on the wall is one that the client may see."""
        return self._agents is None or self._publisher.wall.agent_of(call_id) in self._agents

    # --- the client's messages ---

    async def _read(self) -> None:
        while self._close_code is None:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            size = len(text.encode()) if text is not None else len(message.get("bytes") or b"")
            if size > MESSAGE_BYTES_MAX:
                self._refuse(ServerError("server.oversized", limit=MESSAGE_BYTES_MAX))
                self._close(_CLOSE_TOO_BIG)
            elif text is None:
                self._on_malformed("messages are text")
            else:
                await self._on_text(text)
        await asyncio.sleep(self._settings.send_timeout_s)  # the writer closes, and ends this task

    async def _on_text(self, text: str) -> None:
        try:
            message = decode_client_message(text)
        except msgspec.DecodeError as error:
            self._on_malformed(str(error))
            return
        key: _TopicKey = (message.topic, None if message.topic == "wall" else message.call_id)
        if isinstance(message, Subscribe):
            await self._on_subscribe(key, message)
        else:
            self._forget(key)

    def _on_malformed(self, reason: str) -> None:
        self._malformed += 1
        self._refuse(ServerError("server.malformed", reason=reason))
        if self._malformed >= MALFORMED_MAX:
            self._close(_CLOSE_POLICY)

    async def _on_subscribe(self, key: _TopicKey, message: Subscribe) -> None:
        topic, call_id = key
        after = message.after
        if topic in {"call", "side"}:
            after = after or 0
            try:
                if call_id is None or not await self._publisher.knows(call_id, self._agents):
                    raise ServerError("server.unknown_call", call_id=call_id)
                if topic == "side":
                    await self._sides.open(call_id)
                    return
            except TingyinError as error:
                self._refuse(error, message)
                return
        if topic == "desk" and not (self._sees_desk and self._publisher.desk):
            self._refuse(
                AccountError("account.forbidden") if not self._sees_desk else DeskError("desk.nothing"),
                message,
            )
            return
        self._forget(key)
        if len(self._subscriptions) >= TOPICS_MAX:
            self._refuse(ServerError("server.too_many_topics", limit=TOPICS_MAX), message)
            return
        self._subscriptions[key] = self._hub.subscribe(
            topic,
            call_id,
            after,
            self._wake.set,
            None if self._agents is None else self._sees,
            self._agents,
        )
        self._wake.set()

    def _forget(self, key: _TopicKey) -> None:
        if key[0] == "side":
            self._sides.close(key[1])
        known = self._subscriptions.pop(key, None)
        if known is not None:
            self._hub.unsubscribe(known)

    def _refuse(self, error: TingyinError, message: ClientMessage | None = None) -> None:
        self._post(
            ErrorMessage(
                code=error.code,
                message=error.sentence,
                topic=message.topic if message else None,
                call_id=message.call_id if message else None,
            )
        )

    def _post(self, message: ServerMessage) -> None:
        self._outbox.append(message)
        # A client that asks and asks and never reads must not fill the memory.
        if len(self._outbox) > self._settings.client_queue:
            self._close(_CLOSE_POLICY)
        self._wake.set()

    def _close(self, code: int) -> None:
        self._close_code = self._close_code or code
        self._wake.set()

    # --- the server's messages ---

    async def _write(self) -> None:
        hello = Hello(version=__version__, heartbeat_s=self._settings.heartbeat_s, pos=self._hub.pos)
        await self._send_message(hello)
        while True:
            self._wake.clear()
            is_idle = not await self._send_ready()
            if self._close_code is not None and not self._outbox:
                await self._close_socket(self._close_code)
                return
            if is_idle:
                await self._wait()

    async def _wait(self) -> None:
        """Waits for something to send; breaks a long silence."""
        try:
            async with asyncio.timeout(self._settings.heartbeat_s):
                await self._wake.wait()
        except TimeoutError:
            if self._wake.is_set():
                return  # something came in the last moment, and its position is not the client's yet
            # Every subscription is live and its queue is empty, so this much the client has.
            await self._send_message(Heartbeat(pos=self._hub.pos))

    async def _send_ready(self) -> bool:
        """Sends some of what is ready; False when there was nothing."""
        has_sent = False
        problems = self._publisher.problems()
        if problems != self._shown_problems:
            self._shown_problems = problems
            self._outbox.append(Status(problems=problems))
        while self._outbox:
            has_sent = True
            await self._send_message(self._outbox.popleft())
        if self._close_code is not None:
            return has_sent
        for side in self._sides.take():
            has_sent = True
            await self._send_message(side)
        for subscription in list(self._subscriptions.values()):
            if not subscription.is_live:
                has_sent = True
                await self._catch_up(subscription)
                continue
            for _ in range(_TURN_MESSAGES):
                item = subscription.take()
                if item is None:
                    break
                has_sent = True
                await self._send(item.text)
        return has_sent

    async def _catch_up(self, subscription: Subscription) -> None:
        """Brings a subscription that is behind to the present, and live."""
        if subscription.topic == "desk":
            await self._send_desk(subscription)
            return
        if subscription.has_overflowed:
            await self._send_gap(subscription, is_lossy=False)
        if subscription.topic == "wall" and subscription.cursor is None:
            await self._send_snapshot(subscription)
            return
        try:
            if await self._has_missed_too_much(subscription) and subscription.topic == "wall":
                await self._send_snapshot(subscription)
                return
            while self._is_wanted(subscription):
                if not self._hub.holds_after(subscription.cursor or 0):
                    await self._send_from_log(subscription)
                    continue
                events, reach = self._hub.recent_after(subscription, _PAGE_EVENTS)
                if reach == self._hub.pos:
                    # Live before they are sent: what comes meanwhile waits behind them in the queue.
                    self._hub.go_live(subscription)
                    await self._send_events(subscription, events)
                    return
                await self._send_events(subscription, events)
                subscription.cursor = reach
        except StoreError as error:
            await self._send_message(
                ErrorMessage(
                    code=error.code,
                    message=error.sentence,
                    topic=subscription.topic,
                    call_id=subscription.call_id,
                )
            )
            await self._start_over(subscription)

    async def _has_missed_too_much(self, subscription: Subscription) -> bool:
        """Moves the cursor, and tells the client, where the past is lost or too long to be sent."""
        hub, log, cursor = self._hub, self._publisher.log, subscription.cursor or 0
        if cursor > hub.pos:
            # A position of another log: nothing that the client has is of this one.
            subscription.cursor = hub.pos if subscription.topic == "wall" else 0
        elif hub.holds_after(cursor):
            return False
        else:
            start = await self._start_of_recent(subscription)
            if start is not None:
                subscription.cursor = start
            elif not log.has_lost(cursor, hub.recent_from):
                return False
        if self._is_wanted(subscription):
            await self._send_gap(subscription, is_lossy=True)
        return True

    async def _start_of_recent(self, subscription: Subscription) -> int | None:
        """Where the past that is sent begins, if it is too long to be sent from the cursor on."""
        log, limit, after = self._publisher.log, self._settings.catch_up_events, subscription.cursor or 0
        if subscription.topic == "wall":
            return await self._publisher.read(log.nth_last_pos, limit, after=after, types=WALL_TYPES)
        call_id = subscription.call_id
        record = await self._publisher.read(log.call, call_id or "")
        if record is not None and record.state != "live":
            # Who opens a call of the past wants all of it, and has nothing newer to wait for.
            limit = max(limit, _WHOLE_CALL_EVENTS)
        start = await self._publisher.read(log.nth_last_pos, limit, after=after, call_id=call_id)
        if start is None:
            return None
        # Most of a call is prosody: without the older of it, hours of words and alerts can be sent.
        subscription.thin_until = start
        return await self._publisher.read(
            log.nth_last_pos, limit, after=after, call_id=call_id, types=LASTING_TYPES
        )

    async def _send_from_log(self, subscription: Subscription) -> None:
        """Sends a page of the log and advances the cursor past it."""
        cursor, until = subscription.cursor or 0, self._hub.recent_from
        types = WALL_TYPES if subscription.topic == "wall" else None
        if cursor < subscription.thin_until:
            types, until = LASTING_TYPES, min(until, subscription.thin_until)
        events = await self._publisher.read(
            self._publisher.log.read_after,
            cursor,
            limit=_PAGE_EVENTS,
            until=until,
            types=types,
            call_id=subscription.call_id,
        )
        await self._send_events(subscription, [event for event in events if subscription.wants(event)])
        is_last = len(events) < _PAGE_EVENTS
        subscription.cursor = until if is_last else events[-1].pos

    async def _start_over(self, subscription: Subscription) -> None:
        """The log cannot be read: the client is told that it misses something, and goes on from now."""
        if not self._is_wanted(subscription):
            return
        subscription.cursor = self._hub.pos
        if subscription.topic == "wall":
            await self._send_gap(subscription, is_lossy=True)
            await self._send_snapshot(subscription)
            return
        self._hub.go_live(subscription)
        await self._send_gap(subscription, is_lossy=True)

    def _is_wanted(self, subscription: Subscription) -> bool:
        """False once the client gave the topic up or started it anew, which may happen at any await."""
        key: _TopicKey = (subscription.topic, subscription.call_id)
        return self._subscriptions.get(key) is subscription

    async def _send_snapshot(self, subscription: Subscription) -> None:
        if not self._is_wanted(subscription):
            return
        self._hub.go_live(subscription)
        await self._send_message(
            Snapshot(pos=self._hub.pos, calls=self._publisher.wall.snapshot(self._agents))
        )

    async def _send_desk(self, subscription: Subscription) -> None:
        """The whole of the desk. What changes from here on waits behind it in the queue."""
        desk = self._publisher.desk
        if desk is None or not self._is_wanted(subscription):
            return
        self._hub.go_live(subscription)
        await self._send_message(desk_snapshot(desk, self._agents))

    async def _send_gap(self, subscription: Subscription, *, is_lossy: bool) -> None:
        await self._send_message(
            Gap(
                topic=subscription.topic,
                call_id=subscription.call_id,
                pos=subscription.cursor or 0,
                is_lossy=is_lossy,
            )
        )

    async def _send_events(self, subscription: Subscription, events: list[StoredEvent]) -> None:
        for event in events:
            await self._send(encode_event(subscription.topic, event.pos, event.body))

    async def _send_message(self, message: ServerMessage) -> None:
        await self._send(encode_message(message))

    async def _send(self, text: str) -> None:
        self._sent_in_turn += 1
        if self._sent_in_turn >= _TURN_MESSAGES:
            self._sent_in_turn = 0
            await asyncio.sleep(0)
        async with asyncio.timeout(self._settings.send_timeout_s):
            await self._socket.send_text(text)

    async def _close_socket(self, code: int) -> None:
        if self._socket.application_state is WebSocketState.CONNECTED:
            with contextlib.suppress(RuntimeError):  # the client was faster
                await self._socket.close(code)
