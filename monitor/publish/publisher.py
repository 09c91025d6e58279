"""Where the events of all calls go: the log, the wall, the clients and the counters, in one step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from monitor.config import ServerSettings
from monitor.core.events import Event
from monitor.desk.desk import Desk
from monitor.publish.desk_stream import DeskTeller
from monitor.publish.hub import Hub
from monitor.publish.metrics import Metrics
from monitor.publish.protocol import Problem
from monitor.publish.wall import Wall
from monitor.store.log import EventLog

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

READERS = 4
"""Threads that read the log for clients. They are a pool of their own: a disk that hangs must not take the
threads that the analysis needs."""

STUDENTS = 2
"""Threads that search the history and write reports, which may take seconds: apart from the readers, so that
no stream waits for them. A search takes the one connection; the other is for a report meanwhile."""


class Publisher:
    """The sink of the runner. Used from the event loop's thread; nothing in it waits.

    Publishing is synchronous on purpose: the wall, the positions and the clients' queues change together,
    so that a snapshot and the events after it fit without hole or double.
    """

    def __init__(
        self,
        log: EventLog,
        settings: ServerSettings,
        metrics: Metrics | None = None,
        desk: Desk | None = None,
    ) -> None:
        """`desk` is fed and told to clients; without one, nothing is kept of what is done about alerts."""
        self.log = log
        self.desk = desk
        self.settings = settings
        self.hub = Hub(log.pos, queue_limit=settings.client_queue)
        self.wall = Wall()
        if desk is not None:
            desk.listeners.append(DeskTeller(self.hub).tell)
        self.metrics = metrics or Metrics()
        self.streams = 0
        """Clients that are connected now."""
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="log-reader")
        self._students = ThreadPoolExecutor(STUDENTS, thread_name_prefix="history-reader")
        self._reported: dict[str, Problem] = {}
        self._expected: set[str] = set()
        log.on_write(self.metrics.observe_log_write)
        self._register()

    def expect(self, call_id: str) -> None:
        """Knows a call before its first event: who started it may ask for it at once."""
        self._expected.add(call_id)

    def is_live_or_expected(self, call_id: str) -> bool:
        """Whether the call has begun, or is about to; the log knows the others."""
        return call_id in self._expected or call_id in self.wall

    def call_time(self, call_id: str) -> float | None:
        """A live call's time, in seconds; None where there is no such live call."""
        summary = self.wall.summary(call_id)
        return summary.t_s if summary is not None and summary.state == "live" else None

    def is_live(self, call_id: str) -> bool:
        """Whether the call goes on now."""
        summary = self.wall.summary(call_id)
        return call_id in self._expected if summary is None else summary.state == "live"

    async def knows(self, call_id: str, agents: Collection[str] | None) -> bool:
        """Whether there is such a call, for somebody who may see those of `agents` (None: everybody's).

        Of a call that is not theirs people do not even learn that it exists.

        Raises:
            StoreError: the log cannot be read.
        """
        agent = self.wall.agent_of(call_id)
        if agent is None and agents is None and self.is_live_or_expected(call_id):
            return True
        if agent is None:
            record = await self.read(self.log.call, call_id)
            agent = None if record is None else record.agent
        return agent is not None and (agents is None or agent in agents)

    def emit(self, call_id: str, events: Sequence[Event]) -> None:
        """Publishes a call's next events, numbered already, in order."""
        self._expected.discard(call_id)
        stored = self.log.append(call_id, events)
        self.wall.apply_all(call_id, events)
        self.hub.publish(call_id, stored)
        if self.desk is not None:
            self.desk.emit(call_id, events)
        self.metrics.count_events([event.type for event in stored])

    async def read(
        self, question: Callable[_Parameters, _Result], *args: _Parameters.args, **kwargs: _Parameters.kwargs
    ) -> _Result:
        """Asks the log something in a reader's thread, and waits for the answer without blocking the loop.

        Raises:
            StoreError: the log cannot be read.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, lambda: question(*args, **kwargs))

    async def study(
        self, question: Callable[_Parameters, _Result], *args: _Parameters.args, **kwargs: _Parameters.kwargs
    ) -> _Result:
        """Asks something that may take long, as a search does: no reader of the log waits for it.

        Raises:
            StoreError: what is asked cannot be read.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._students, lambda: question(*args, **kwargs))

    def close(self) -> None:
        """Ends the readers' threads. The log is closed by whoever opened it."""
        for pool in (self._readers, self._students):
            pool.shutdown(wait=False, cancel_futures=True)

    def report(self, code: str, message: str) -> None:
        """Shows a problem of another part to every client and in the health, until `resolve`."""
        self._reported[code] = Problem(code=code, message=message)

    def resolve(self, code: str) -> None:
        """Takes a reported problem away."""
        self._reported.pop(code, None)

    def problems(self) -> list[Problem]:
        """What is wrong now."""
        problems = list(self._reported.values())
        health = self.log.health()
        if health.code:
            problems.append(Problem(code=health.code, message=health.sentence))
        return problems

    def _register(self) -> None:
        gauge, counter = self.metrics.watch_gauge, self.metrics.watch_counter
        gauge("tingyin_calls_live", "Calls that are live.", lambda: self.wall.live_count)
        gauge("tingyin_stream_clients", "Clients of the event stream.", lambda: self.streams)
        gauge(
            "tingyin_stream_queue_longest", "Messages in the longest queue of a client.", self._longest_queue
        )
        counter(
            "tingyin_stream_overflows",
            "Times that a client fell behind and went on from the log.",
            lambda: self.hub.overflows,
        )
        counter(
            "tingyin_stream_conflated",
            "Partials and prosody that newer ones replaced before a client took them.",
            lambda: self.hub.conflated,
        )
        gauge(
            "tingyin_log_waiting_events",
            "Events that wait for the disk.",
            lambda: self.log.health().waiting_events,
        )
        counter(
            "tingyin_log_lost_events",
            "Events that the log could not keep.",
            lambda: self.log.health().lost_events,
        )

    def _longest_queue(self) -> float:
        return self.hub.waiting
