"""What people do beside live calls: messages to agents, pauses of the cues, who listens in.

The desk holds what is open now and tells those who watch; what must outlive the call is written first
(`monitor.store.side`), so that nothing is shown that is not kept. Used from the event loop's thread.
"""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from monitor.accounts.limits import AttemptLimit
from monitor.accounts.roles import Account
from monitor.config import MessageSettings
from monitor.core.event_parts import Text
from monitor.core.events import CallEnded, Event
from monitor.core.inputs import CuesPaused
from monitor.errors import MessageError
from monitor.publish.protocol import CuePause, Side
from monitor.store.log import utc_now
from monitor.store.records import MessageToAgent
from monitor.store.side import SideStore

MESSAGES_MAX = 100
"""Messages of one call: what is told to who watches holds them all, 20 kB then."""

PAUSES_AT_ONCE, PAUSES_EVERY_S = 6, 20.0
"""Pauses of one call: nobody needs more, and each is kept."""

Mark = Literal["shown", "seen"]


@dataclass(slots=True)
class _OpenPause:
    number: int
    at: str
    for_s: float
    until_s: float
    """By the loop's clock."""
    timer: asyncio.TimerHandle


@dataclass(slots=True)
class _Beside:
    """One call's side, while somebody has to do with it."""

    loading: asyncio.Future[list[MessageToAgent]]
    """The one reading of what is kept, for all who come meanwhile."""
    messages: dict[str, MessageToAgent] = field(default_factory=dict)
    is_loaded: bool = False
    pause: _OpenPause | None = None
    listeners: list[str] = field(default_factory=list)
    watches: set[Watch] = field(default_factory=set)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One change at a time: what is written rests upon what was read before."""
    holders: int = 0
    """Who reads or changes it at this moment: it must not be forgotten meanwhile."""

    @property
    def is_idle(self) -> bool:
        return not (self.pause or self.listeners or self.watches or self.holders)


class Watch:
    """Somebody who is told of one call's side. `is_due` is set whenever it has changed."""

    def __init__(self, call_id: str, wake: Callable[[], None]) -> None:
        self.call_id = call_id
        self.is_due = True
        self._wake = wake

    def stir(self) -> None:
        """Something has changed."""
        self.is_due = True
        self._wake()


class SideDesk:
    """Takes messages and pauses, and tells of them."""

    def __init__(
        self,
        store: SideStore,
        settings: MessageSettings,
        *,
        call_time: Callable[[str], float | None],
        tell_call: Callable[[str, CuesPaused], object] = lambda call_id, pause: None,
    ) -> None:
        """`call_time` gives a live call's time in seconds, and None for one that is over. `tell_call` tells a
        live call when its cues are put off, and when no longer."""
        self.settings = settings
        self._store = store
        self._call_time = call_time
        self._tell_call = tell_call
        self._limit = AttemptLimit(settings.burst, settings.every_s)
        self._pause_limit = AttemptLimit(PAUSES_AT_ONCE, PAUSES_EVERY_S)
        self._sides: dict[str, _Beside] = {}

    def emit(self, call_id: str, events: Sequence[Event]) -> None:
        """A sink of the runner: with the call its pause is over."""
        side = self._sides.get(call_id)
        if side is not None and any(isinstance(event, CallEnded) for event in events):
            self._end_pause(call_id, side)

    # --- telling ---

    async def watch(self, call_id: str, wake: Callable[[], None]) -> Watch:
        """Begins to watch a call; `wake` is called when there is something to take.

        Raises:
            StoreError: what is kept cannot be read.
        """
        async with self._held(call_id) as side:
            watch = Watch(call_id, wake)
            side.watches.add(watch)
        return watch

    def unwatch(self, watch: Watch) -> None:
        """Watches no more; a second time does nothing."""
        side = self._sides.get(watch.call_id)
        if side is not None:
            side.watches.discard(watch)
            self._tidy(watch.call_id, side)

    def take(self, watch: Watch, *, shows_listeners: bool) -> Side | None:
        """How the call's side stands, if that has changed since it was last taken."""
        side = self._sides.get(watch.call_id)
        if not watch.is_due or side is None:
            return None
        watch.is_due = False
        return _told(watch.call_id, side, shows_listeners=shows_listeners)

    async def of(self, call_id: str, *, shows_listeners: bool) -> Side:
        """How a call's side stands, also long after the call.

        Raises:
            StoreError: what is kept cannot be read.
        """
        async with self._held(call_id) as side:
            return _told(call_id, side, shows_listeners=shows_listeners)

    # --- what is done ---

    async def send(
        self,
        call_id: str,
        sender: Account,
        *,
        text: str = "",
        template: str | None = None,
        is_urgent: bool,
        note: Callable[[], object] = lambda: None,
    ) -> MessageToAgent:
        """Sends a message to a live call's agent: a free line, or a template.

        `note` writes down, in a thread, that it is sent: before it is, and only if nothing stands against it.

        Raises:
            MessageError: message.over, length, template, too_often, too_many.
            StoreError: it cannot be kept or written down, and is not sent.
        """
        said = self._text(text, template)
        async with self._held(call_id) as side, side.turn:
            t_s = self._time_of(call_id)
            if len(side.messages) >= MESSAGES_MAX:
                raise MessageError("message.too_many", limit=MESSAGES_MAX)
            _take(self._limit, sender.name)
            message = MessageToAgent(
                id=secrets.token_hex(6),
                at=utc_now(),
                t_s=t_s,
                sender=sender.name,
                display=sender.display or sender.name,
                text=said,
                template=template,
                is_urgent=is_urgent,
                shown_at=None,
                seen_at=None,
            )
            await asyncio.to_thread(note)
            await asyncio.to_thread(self._store.keep_message, call_id, message)
            side.messages[message.id] = message
            _stir(side)
        return message

    async def mark(self, call_id: str, message_id: str, mark: Mark) -> MessageToAgent:
        """The agent's screen showed a message, or the agent has seen it; the first time counts.

        Raises:
            MessageError: message.unknown.
            StoreError: it cannot be kept.
        """
        async with self._held(call_id) as side, side.turn:
            message = side.messages.get(message_id)
            if message is None:
                raise MessageError("message.unknown", message_id=message_id)
            now = utc_now()
            changed = msgspec.structs.replace(
                message,
                shown_at=message.shown_at or now,
                seen_at=message.seen_at or (now if mark == "seen" else None),
            )
            if changed == message:
                return message
            await asyncio.to_thread(self._store.mark_message, changed)
            side.messages[message_id] = changed
            _stir(side)
        return changed

    async def pause(self, call_id: str, for_s: float) -> None:
        """The agent puts the cues off; an earlier pause is over.

        Raises:
            MessageError: message.over, message.too_often.
            StoreError: it cannot be kept.
        """
        async with self._held(call_id) as side, side.turn:
            t_s, at = self._time_of(call_id), utc_now()
            _take(self._pause_limit, call_id)
            keep = self._store.keep_pause
            await self._keep_end(side, at)
            number = await asyncio.to_thread(lambda: keep(call_id, at=at, t_s=t_s, for_s=for_s))
            if self._call_time(call_id) is None:
                return  # the call has ended meanwhile, and with it the pause
            if side.pause is not None:
                side.pause.timer.cancel()
            loop = asyncio.get_running_loop()
            timer = loop.call_later(for_s, self._end_pause, call_id, side)
            side.pause = _OpenPause(number, at, for_s, loop.time() + for_s, timer)
            self._tell_call(call_id, CuesPaused(is_paused=True))
            _stir(side)

    async def resume(self, call_id: str) -> None:
        """The agent wants the cues back before the pause is over.

        Raises:
            StoreError: it cannot be kept.
        """
        async with self._held(call_id) as side, side.turn:
            await self._keep_end(side, utc_now())
            self._end_pause(call_id, side)

    @asynccontextmanager
    async def listening(self, call_id: str, display: str) -> AsyncIterator[None]:
        """Somebody listens in while the block lasts.

        Raises:
            StoreError: what is kept cannot be read.
        """
        async with self._held(call_id) as side:
            side.listeners.append(display)
            _stir(side)
            try:
                yield
            finally:
                side.listeners.remove(display)
                _stir(side)

    # --- inside ---

    @asynccontextmanager
    async def _held(self, call_id: str) -> AsyncIterator[_Beside]:
        """A call's side, read from the disk where nobody has to do with it yet."""
        side = self._sides.get(call_id)
        if side is None:
            loading = asyncio.ensure_future(asyncio.to_thread(self._store.messages, call_id))
            side = self._sides[call_id] = _Beside(loading)
        side.holders += 1
        try:
            kept = await asyncio.shield(side.loading)
            if not side.is_loaded:
                side.messages, side.is_loaded = {message.id: message for message in kept}, True
            yield side
        finally:
            side.holders -= 1
            self._tidy(call_id, side)

    def _tidy(self, call_id: str, side: _Beside) -> None:
        if side.is_idle and self._sides.get(call_id) is side:
            del self._sides[call_id]

    def _time_of(self, call_id: str) -> float:
        t_s = self._call_time(call_id)
        if t_s is None:
            raise MessageError("message.over", call_id=call_id)
        return t_s

    def _text(self, text: str, template: str | None) -> Text:
        if template is not None:
            found = self.settings.templates.get(template)
            if found is None:
                raise MessageError("message.template", template=template)
            return Text(zh=found.zh, en=found.en)
        line = " ".join(text.split())
        if not 1 <= len(line) <= self.settings.length_max:
            raise MessageError("message.length", limit=self.settings.length_max)
        return Text(zh=line, en=line)

    async def _keep_end(self, side: _Beside, at: str) -> None:
        if side.pause is not None:
            await asyncio.to_thread(self._store.end_pause, side.pause.number, at)

    def _end_pause(self, call_id: str, side: _Beside) -> None:
        if side.pause is None:
            return
        side.pause.timer.cancel()
        side.pause = None
        self._tell_call(call_id, CuesPaused(is_paused=False))
        _stir(side)
        self._tidy(call_id, side)


def _take(limit: AttemptLimit, key: str) -> None:
    wait_s = limit.take(key)
    if wait_s > 0:
        raise MessageError("message.too_often", wait_s=math.ceil(wait_s))


def _stir(side: _Beside) -> None:
    for watch in side.watches:
        watch.stir()


def _told(call_id: str, side: _Beside, *, shows_listeners: bool) -> Side:
    pause = None
    if side.pause is not None:
        left_s = side.pause.until_s - asyncio.get_running_loop().time()
        pause = CuePause(at=side.pause.at, for_s=side.pause.for_s, left_s=round(max(0.0, left_s), 3))
    return Side(
        call_id=call_id,
        messages=list(side.messages.values()),
        pause=pause,
        listeners=sorted(set(side.listeners)) if shows_listeners else [],
    )
