"""Decoding for all live calls of the process: threads around one queue, and a recogniser that may fail.

What is decoded next is the queue's matter (`monitor.engines.queue`). Here requests become answers: a stretch
that the recogniser fails on costs that answer alone; a decode that hangs is given up and its worker
replaced; a recogniser that hangs, or fails again and again, is replaced by a new one, after a wait that grows
each time. Meanwhile calls go on by their sound alone, and whoever watches is told.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from monitor.core.inputs import EngineLag
from monitor.core.recognition import Effort, Hypothesis, SpeechRecogniser, TranscriptionRequest
from monitor.engines.machine import crowding
from monitor.engines.patience import Patience
from monitor.engines.queue import Item, RequestQueue, failed
from monitor.log import log

_Told = TypeVar("_Told")

WORKER_NAME = "words"
"""What the threads that decode are called."""

RESTARTED = "words.restarted"
DOWN = "words.down"
BACK = "words.back"
"""The notices that a recogniser's failures give (`monitor.core.notices`)."""

_LAG_ON_S = 2.0
_LAG_OFF_S = 0.75
_LAG_OFF_AFTER_S = 10.0
"""Words come late where the oldest final has waited for so long, and in time again once none has waited for
three quarters of a second for ten: on a machine that is just too small the queue comes and goes."""

_WATCH_EVERY_S = 0.2
_HANGS_MAX = 8
"""Hung decodes that are borne with; each keeps its thread, and its recogniser's memory."""

_CROWDING_MAX = 10.0
"""A machine where each thread gets less than a tenth of a core carries no call, and may as well give up."""

_FAILURES_MAX = 3
"""Failures in a row after which the recogniser itself is taken to be broken."""

_RESTART_WAIT_S = 5.0
_RESTART_WAIT_MAX_S = 300.0
"""Before the second restart, twice as long before each further one; the first is at once."""
_RESTARTS_FORGOTTEN_S = 600.0
"""After so long without trouble a restart counts as the first again."""


@dataclass(slots=True, eq=False)
class _Slot:
    """What one worker does."""

    batch: list[Item] = field(default_factory=list)
    since: float = 0.0
    is_abandoned: bool = False


class Scheduler:
    """Feeds one recogniser from all calls. `submit` from any event loop; decoding runs in own threads.

    Args:
        recogniser: decodes; called from `workers` threads at once.
        workers: decodings side by side.
        restart: makes a new recogniser in place of a broken one; None keeps the one there is.
        hang_s: a decode that takes longer is given up, its worker replaced; sooner, once it is known how long
            they take (`monitor.engines.patience`). On a machine that others crowd it has so many times as
            long, up to ten: there a decode that only waits for a core looks the same.
        crowding: how many threads want each core; injected by tests.
        clock: seconds, monotonic; injected by tests.
    """

    def __init__(
        self,
        recogniser: SpeechRecogniser,
        *,
        workers: int = 2,
        restart: Callable[[], SpeechRecogniser] | None = None,
        hang_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
        crowding: Callable[[], float] = crowding,
    ) -> None:
        self._recogniser = recogniser
        self._restart = restart
        self._patience = Patience(hang_s)
        self._crowding = crowding
        self._clock = clock
        self._lock = threading.Lock()
        self._queued = threading.Condition(self._lock)
        """Something waits for a worker, or workers should end; only workers wait on it."""
        self._changed = threading.Condition(self._lock)
        """A worker ended a batch, the recogniser broke, or the scheduler closes."""
        self._queue = RequestQueue(max(1, workers))
        self._slots: list[_Slot] = []
        self._hangs = 0
        self._failures = 0
        """In a row."""
        self._broken_since: float | None = None
        """When the recogniser was found broken; None while it works."""
        self._restarts = 0
        self._restarted_at = 0.0
        self._is_down = False
        """Whether requests are answered as failed at once."""
        self._is_closed = False
        self._lag = EngineLag(is_lagging=False, delay_s=0.0)
        self._late_at = 0.0
        """When a final was last found to have waited too long."""
        self._lag_watchers: list[tuple[asyncio.AbstractEventLoop, Callable[[EngineLag], None]]] = []
        self._trouble_watchers: list[tuple[asyncio.AbstractEventLoop, Callable[[str], None]]] = []
        self._guards_before: Counter[str] = Counter()
        self.counters = self._queue.counters
        """What became of requests (`RequestQueue.counters`), and: thorough, failed, hung, restarts."""
        for _ in range(max(1, workers)):
            self._start_worker()
        threading.Thread(target=self._watch_over, name="words-watch", daemon=True).start()

    # --- for calls ---------------------------------------------------------------------------------------

    def submit(self, call_id: str, request: TranscriptionRequest) -> asyncio.Future[Hypothesis | None]:
        """Queues a request. The answer is None where it went stale or a newer one took its place; a final
        of a finished utterance always gets a hypothesis, if only a failed one."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Hypothesis | None] = loop.create_future()

        def resolve(answer: Hypothesis | None) -> None:
            if not loop.is_closed():  # a loop that is gone needs no answer
                loop.call_soon_threadsafe(lambda: None if future.done() else future.set_result(answer))

        now = self._clock()
        item = Item(call_id, request, resolve, future.cancelled, now, now)
        with self._lock:
            if self._is_closed or self._is_down:
                resolve(failed(request))
            else:
                for given_up in self._queue.put(item, now):
                    given_up.resolve(failed(given_up.request))
                self._queued.notify()
        return future

    def watch_lag(self, callback: Callable[[EngineLag], None]) -> Callable[[], None]:
        """Calls back, in the running loop, whenever lagging begins or ends; returns what ends that."""
        return self._watch(self._lag_watchers, callback)

    def watch_trouble(self, callback: Callable[[str], None]) -> Callable[[], None]:
        """Calls back, in the running loop, with `RESTARTED`, `DOWN` or `BACK`; returns what ends that."""
        return self._watch(self._trouble_watchers, callback)

    @property
    def lag(self) -> EngineLag:
        """Whether words come late, and how long the oldest final has waited."""
        with self._lock:
            delay_s = self._queue.final_age_s(self._clock())
            return EngineLag(is_lagging=self._lag.is_lagging, delay_s=round(delay_s, 3))

    @property
    def is_down(self) -> bool:
        """Whether the recogniser is given up for now: every request is answered as failed."""
        with self._lock:
            return self._is_down

    @property
    def queue_age_s(self) -> float:
        """How long the oldest request of any kind has waited; 0 where none waits."""
        with self._lock:
            return self._queue.age_s(self._clock())

    @property
    def queue_length(self) -> int:
        """Requests that wait."""
        with self._lock:
            return len(self._queue)

    @property
    def busy_share(self) -> float:
        """The share of the workers' time that decoding took over the last 10 s."""
        with self._lock:
            now = self._clock()
            return self._queue.busy_share(now, self._running_s(now))

    @property
    def cadence_s(self) -> float:
        """How far apart a party's partials are at the present load."""
        with self._lock:
            return self._queue.cadence_s(self._clock())

    @property
    def guards(self) -> Mapping[str, int]:
        """How often each rule against inventions fired, over all recognisers that there were."""
        with self._lock:
            return self._guards_before + _guards_of(self._recogniser)

    def close(self, timeout_s: float = 5.0) -> None:
        """Stops: what waits is answered as failed, what is being decoded may end within the time."""
        with self._lock:
            self._is_closed = True
            self._fail_waiting()
            self._queued.notify_all()
            self._changed.notify_all()
            until = time.monotonic() + timeout_s
            while any(slot.batch for slot in self._slots):
                if not self._changed.wait(until - time.monotonic()):
                    break
            for slot in list(self._slots):
                self._abandon(slot)

    def _watch(
        self,
        watchers: list[tuple[asyncio.AbstractEventLoop, Callable[[_Told], None]]],
        callback: Callable[[_Told], None],
    ) -> Callable[[], None]:
        watcher = (asyncio.get_running_loop(), callback)
        with self._lock:
            watchers.append(watcher)

        def stop() -> None:
            with self._lock:
                if watcher in watchers:
                    watchers.remove(watcher)

        return stop

    # --- the workers ---------------------------------------------------------------------------------------

    def _start_worker(self) -> None:
        slot = _Slot()
        self._slots.append(slot)
        threading.Thread(target=self._work, args=(slot,), name=WORKER_NAME, daemon=True).start()

    def _work(self, slot: _Slot) -> None:
        # What was decoded is no variable here: an idle worker would hold the last voices that it was given.
        while self._work_on_batch(slot):
            pass

    def _work_on_batch(self, slot: _Slot) -> bool:
        """Waits for a batch, decodes and answers it; False when the worker is to end."""
        with self._lock:
            batch = self._wait_for_batch(slot)
            if not batch:
                return False
            now = self._clock()
            effort = self._queue.effort(now, self._running_s(now))
            slot.batch, slot.since = batch, now
            recogniser = self._recogniser
        answers = self._decode(recogniser, [item.request for item in batch], effort=effort)
        with self._lock:
            if slot.is_abandoned:
                return False
            now = self._clock()
            self._queue.done(batch, now, now - slot.since)
            if recogniser is self._recogniser and any(item.request.is_final for item in batch):
                self._patience.saw(now - slot.since)
            slot.batch = []
            if effort is not Effort.QUICK:
                self.counters[effort.name.lower()] += sum(item.request.is_final for item in batch)
            self._changed.notify_all()
        for item, answer in zip(batch, answers, strict=True):
            item.resolve(answer)
        return True

    def _wait_for_batch(self, slot: _Slot) -> list[Item]:
        """Called with the lock held; nothing when the worker is to end."""
        while not (self._is_closed or slot.is_abandoned):
            if self._broken_since is not None:
                self._queued.wait()
                continue
            now = self._clock()
            batch = self._queue.take(now)
            if batch:
                return batch
            self._queued.wait(self._queue.next_due_s(now))
        return []

    def _decode(
        self, recogniser: SpeechRecogniser, requests: Sequence[TranscriptionRequest], *, effort: Effort
    ) -> list[Hypothesis]:
        """Decodes together; where that fails, one by one, so that one bad stretch fails alone."""
        try:
            answers = recogniser.decode(requests, effort=effort)
            if len(answers) == len(requests):
                with self._lock:
                    self._failures = 0
                return answers
            reason = "answers are missing"
        except Exception as error:  # noqa: BLE001 - whatever the decoder dies of, the calls go on
            reason = type(error).__name__
        if len(requests) > 1:
            return [self._decode(recogniser, [one], effort=effort)[0] for one in requests]
        log.warning("recogniser failed", reason=reason)
        with self._lock:
            self.counters["failed"] += 1
            self._failures += 1
            if self._failures >= _FAILURES_MAX and recogniser is self._recogniser:
                self._break()
        return [failed(requests[0])]

    def _running_s(self, now: float) -> float:
        return sum(now - slot.since for slot in self._slots if slot.batch)

    # --- trouble; all with the lock held -------------------------------------------------------------------

    def _watch_over(self) -> None:
        """Tells of lag and gives up on what hangs."""
        with self._lock:
            while not self._is_closed:
                self._tell_lag()
                now = self._clock()
                hang_s = self._patience.hang_s * min(_CROWDING_MAX, self._crowding())
                for slot in [s for s in self._slots if s.batch and now - s.since > hang_s]:
                    self._give_up_on(slot, now)
                self._changed.wait(_WATCH_EVERY_S)

    def _give_up_on(self, slot: _Slot, now: float) -> None:
        self._abandon(slot)
        self._hangs += 1
        self._patience.forget()  # it may have been alive after all
        self.counters["hung"] += 1
        log.error("recogniser hangs", seconds=round(now - slot.since, 1))
        if self._hangs >= _HANGS_MAX:
            self._go_down()
            return
        self._start_worker()
        self._break()

    def _abandon(self, slot: _Slot) -> None:
        slot.is_abandoned = True
        self._slots = [other for other in self._slots if other is not slot]
        for item in slot.batch:
            item.resolve(failed(item.request))

    def _break(self) -> None:
        """The recogniser is broken: has a new one made, where that is possible."""
        if self._restart is None or self._broken_since is not None or self._is_closed:
            return
        now = self._clock()
        self._broken_since = now
        if now - self._restarted_at > _RESTARTS_FORGOTTEN_S:
            self._restarts = 0
        threading.Thread(
            target=self._replace, args=(self._restart,), name="words-restart", daemon=True
        ).start()

    def _replace(self, make: Callable[[], SpeechRecogniser]) -> None:
        """Makes a new recogniser, however often that takes."""
        while True:
            with self._lock:
                wait_s = _RESTART_WAIT_S * 2 ** (self._restarts - 1) if self._restarts else 0.0
                self._restarts += 1
                if wait_s:
                    self._go_down()
                    self._pause(min(wait_s, _RESTART_WAIT_MAX_S))
                if self._is_closed:
                    return
            try:
                made = make()
            except Exception as error:  # noqa: BLE001 - for want of memory, say; it is tried again later
                log.error("recogniser does not start", reason=type(error).__name__)
                continue
            with self._lock:
                self._guards_before += _guards_of(self._recogniser)
                self._recogniser = made
                self._patience.forget()
                self._failures, self._broken_since = 0, None
                self._restarted_at = self._clock()
                self.counters["restarts"] += 1
                was_down, self._is_down = self._is_down, False
                self._tell(BACK if was_down else RESTARTED)
                self._queued.notify_all()
                return

    def _pause(self, length_s: float) -> None:
        until = self._clock() + length_s
        while not self._is_closed and self._clock() < until:
            self._changed.wait(_WATCH_EVERY_S)

    def _go_down(self) -> None:
        """Answers everything as failed until the recogniser is back."""
        self._fail_waiting()
        if not self._is_down:
            self._is_down = True
            log.error("recogniser is down")
            self._tell(DOWN)

    def _fail_waiting(self) -> None:
        for item in self._queue.clear():
            item.resolve(failed(item.request))

    def _tell(self, code: str) -> None:
        for loop, callback in self._trouble_watchers:
            if not loop.is_closed():
                loop.call_soon_threadsafe(callback, code)

    def _tell_lag(self) -> None:
        now = self._clock()
        age_s = self._queue.final_age_s(now)
        if age_s > (_LAG_OFF_S if self._lag.is_lagging else _LAG_ON_S):
            self._late_at = now
            is_lagging = True
        else:
            is_lagging = self._lag.is_lagging and now - self._late_at < _LAG_OFF_AFTER_S
        if is_lagging == self._lag.is_lagging:
            return
        self._lag = EngineLag(is_lagging=is_lagging, delay_s=round(age_s, 3))
        for loop, callback in self._lag_watchers:
            if not loop.is_closed():
                loop.call_soon_threadsafe(callback, self._lag)


def _guards_of(recogniser: SpeechRecogniser) -> Counter[str]:
    """A recogniser's own counts; a test double may keep none."""
    guards = getattr(recogniser, "guards", None)
    return Counter(guards) if guards is not None else Counter()
