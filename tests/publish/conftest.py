"""A server on loopback with real clients, and calls to feed it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from monitor.config import MessageSettings, ServerSettings, Settings
from monitor.core.events import (
    Alert,
    AlertCleared,
    CallEnded,
    CallStarted,
    Event,
    Partial,
    Prosody,
    Speaking,
    Stretch,
    Temper,
    Text,
    WordsCommitted,
)
from monitor.core.playbook.model import RuleBook
from monitor.desk.book import DeskBook
from monitor.desk.database import DeskFile
from monitor.desk.desk import Desk
from monitor.publish import protocol
from monitor.publish.access import Access
from monitor.publish.live_sound import LiveSound
from monitor.publish.publisher import Publisher
from monitor.publish.run import Server, listen
from monitor.publish.server import Recordings, create_app
from monitor.publish.side import SideDesk
from monitor.store.alert_index import AlertIndex
from monitor.store.log import EventLog
from monitor.store.quiet import QuietRules
from monitor.store.side import SideStore
from monitor.tuning.office import TuningOffice


class CallScript:
    """Makes a call's events, numbered, one method a kind; half a second passes with each."""

    def __init__(self, call_id: str = "call-1", agent: str = "A1") -> None:
        self.call_id = call_id
        self.agent = agent
        self.seq = 0

    def _common(self) -> dict[str, Any]:
        self.seq += 1
        return {"call_id": self.call_id, "seq": self.seq, "t_s": self.seq / 2}

    def started(self) -> Event:
        return CallStarted(
            **self._common(),
            started_at="2026-01-02T03:04:05.000Z",
            source="file",
            title="call.wav",
            agent=self.agent,
            duration_s=60.0,
            has_words=True,
        )

    def ended(self) -> Event:
        return CallEnded(
            **self._common(),
            reason="completed",
            duration_s=60.0,
            talk_s={"agent": 20.0, "caller": 30.0},
            overlap_s=1.0,
            alerts={"high": 1},
            interruptions={"agent": 0, "caller": 2},
        )

    def speaking(self, is_speaking: bool = True) -> Event:
        common = self._common()
        end_s = None if is_speaking else common["t_s"]
        return Speaking(**common, party="caller", is_speaking=is_speaking, start_s=0.5, end_s=end_s)

    def temper(self, score: float = 0.5) -> Event:
        return Temper(**self._common(), party="caller", score=score, state="raised", evidence=[])

    def alert(self, alert_id: str = "a1") -> Event:
        return Alert(
            **self._common(),
            id=alert_id,
            rule="hot_temper",
            title=Text("客户情绪激动", "The caller is upset"),
            severity="high",
            party="caller",
            about=Stretch(start_s=1.0, end_s=2.0),
            raised_at_s=2.0,
            because=Text("语速加快", "faster"),
            evidence=[],
        )

    def cleared(self, alert_id: str = "a1") -> Event:
        common = self._common()
        return AlertCleared(
            **common, id=alert_id, rule="hot_temper", cleared_at_s=common["t_s"], reason="ended"
        )

    def words(self, text: str = "你好") -> Event:
        return WordsCommitted(
            **self._common(),
            party="caller",
            utterance=1,
            start_s=0.0,
            end_s=1.0,
            text=text,
            language="zh",
            words=[],
        )

    def prosody(self) -> Event:
        common = self._common()
        return Prosody(
            **common,
            party="caller",
            at_s=common["t_s"],
            f0_hz=200.0,
            f0_st=1.0,
            level_dbfs=-20.0,
            level_db=1.0,
            rate_syl_s=None,
            rate_ratio=None,
            alpha_db=None,
            voicing=1.0,
            confidence=0.5,
        )

    def partial(self, text: str = "你") -> Event:
        return Partial(**self._common(), party="caller", utterance=1, start_s=0.0, end_s=1.0, text=text)


class Client:
    """A client of the stream."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def receive(self, timeout_s: float = 5.0) -> protocol.ServerMessage:
        """The next message."""
        async with asyncio.timeout(timeout_s):
            return protocol.decode_server_message(await self.socket.recv())

    async def next(self, *kinds: type[Any], timeout_s: float = 5.0) -> Any:
        """The next message of these kinds; others are passed over."""
        async with asyncio.timeout(timeout_s):
            while True:
                message = await self.receive()
                if isinstance(message, kinds):
                    return message

    async def events(self, count: int) -> list[Any]:
        """The next events."""
        return [await self.next(protocol.EventMessage) for _ in range(count)]

    async def subscribe(
        self, topic: protocol.TopicName, call_id: str | None = None, after: int | None = None
    ) -> None:
        """Asks for a topic."""
        message = protocol.Subscribe(topic=topic, call_id=call_id, after=after)
        await self.socket.send(protocol.encode_message(message))


class Site:
    """A running server, and what feeds it."""

    def __init__(self, publisher: Publisher, server: Server, side: SideDesk) -> None:
        self.publisher = publisher
        self.side = side
        self.server = server
        self.url = server.url
        self.stream_url = f"{server.url.replace('http', 'ws', 1)}/ws"

    def emit(self, *events: Event) -> None:
        """Publishes events of one call."""
        for sink in (self.publisher, self.side):
            sink.emit(events[0].call_id, events)

    @asynccontextmanager
    async def client(self, **options: Any) -> AsyncIterator[Client]:
        """A connected client, past the greeting."""
        # A client that has not read all hears no farewell: the test need not wait for one.
        async with connect(self.stream_url, **{"close_timeout": 0.2, **options}) as socket:
            client = Client(socket)
            assert isinstance(await client.receive(), protocol.Hello)
            yield client


OpenSite = Callable[..., AbstractAsyncContextManager[Site]]


@pytest.fixture
def script() -> type[CallScript]:
    """Makes events."""
    return CallScript


@pytest.fixture
def open_site(tmp_path: Path) -> OpenSite:
    """Starts a server on a free port of loopback, with an event log in the test's folder."""

    @asynccontextmanager
    async def opened(
        *,
        folder: Path | None = None,
        log: EventLog | None = None,
        recordings: Recordings | None = None,
        dashboard: Path | None = None,
        access: Access | None = None,
        has_desk: bool = False,
        sound: LiveSound | None = None,
        messages: MessageSettings | None = None,
        has_tuning: bool = False,
        quiet: QuietRules | None = None,
        rulebook: RuleBook | None = None,
        **settings: Any,
    ) -> AsyncIterator[Site]:
        server_settings = ServerSettings(port=0, **settings)
        with ExitStack() as stack:
            kept = stack.enter_context(log or EventLog(folder or tmp_path / "store"))
            desk = None
            if has_desk:
                file = stack.enter_context(closing(DeskFile(kept.path.parent)))
                desk = Desk(DeskBook(file), AlertIndex(kept), knows_rule=lambda rule: rule != "no_such_rule")
            publisher = Publisher(kept, server_settings, desk=desk)
            side_store = stack.enter_context(closing(SideStore(kept.path.parent)))
            side = SideDesk(side_store, messages or MessageSettings(), call_time=publisher.call_time)
            store, core = kept.path.parent, Settings().core
            office = stack.enter_context(closing(TuningOffice(store, None, core))) if has_tuning else None
            app = create_app(
                publisher,
                tuning=office,
                recordings=recordings,
                dashboard=dashboard or tmp_path / "dist",
                access=access,
                sound=sound,
                side=side,
                quiet=quiet,
                rulebook=None if rulebook is None else lambda: rulebook,
            )
            async with Server(app, listen(server_settings), publisher.metrics) as server:
                yield Site(publisher, server, side)
            publisher.close()

    return opened
