"""Who is decoded next: one queue for all calls of the process.

Finals go before partials, the earliest deadline first. A party's waiting partial gives its place to a newer
one, and is dropped when its utterance's final is queued. Under load partials come more rarely, then not at
all; a final is only ever replaced by a longer final of the same utterance.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from monitor.core.audio import Party
from monitor.core.inputs import EngineLag
from monitor.core.recognition import Hypothesis, SpeechRecogniser, TranscriptionRequest
from monitor.log import log

WORKER_NAME = "words"
"""What the threads that decode are called."""

FAILED = "engine_failed"
"""`rejected` of an answer that the recogniser could not give."""

_BATCH_MAX = 4
"""Greedy decoding of four together costs half of four apart; eight gain little more."""

_FINALS_MAX = 256
"""Finals that wait: a quarter of an hour of speech, or 60 MB. Beyond that the oldest are given up."""

_DEADLINE_S = 1.0
_PARTIAL_STALE_S = 2.0
"""A partial that waited this long shows the past: it is dropped undecoded."""

_PARTIALS_STOP_S = 0.75
"""While the oldest final waits longer than this, no partial is taken."""

_LAG_ON_S = 2.0
_LAG_OFF_S = 0.75

_BUSY_WINDOW_S = 10.0
_BUSY_MAX_THOROUGH = 0.5
"""Finals are decoded thoroughly while the workers are busy less than this share of the time."""

_WATCH_EVERY_S = 0.2
_REPLACEMENTS_MAX = 8
"""Workers started in place of hung ones; each hung one keeps its thread and memory."""


@dataclass(slots=True, eq=False)
class _Item:
    """A request that waits or is being decoded."""

    call_id: str
    request: TranscriptionRequest
    future: asyncio.Future[Hypothesis | None]
    loop: asyncio.AbstractEventLoop
    submitted_at: float
    """Whence its place in the queue counts: a newer request inherits it."""
    asked_at: float

    @property
    def deadline(self) -> float:
        return self.submitted_at + _DEADLINE_S

    def resolve(self, answer: Hypothesis | None) -> None:
        """Hands the answer to the loop that waits; a loop that is gone needs none."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._set, answer)

    def _set(self, answer: Hypothesis | None) -> None:
        if not self.future.done():
            self.future.set_result(answer)


@dataclass(slots=True, eq=False)
class _Slot:
    """What one worker does."""

    batch: list[_Item] = field(default_factory=list)
    since: float = 0.0
    is_abandoned: bool = False


class Scheduler:
    """Feeds one recogniser from all calls. `submit` from any event loop; decoding runs in own threads.

    Args:
        recogniser: decodes; called from `workers` threads at once.
        workers: decodings side by side.
        hang_s: a decode that takes longer is given up, its worker replaced.
        clock: seconds, monotonic; injected by tests.
    """

    def __init__(
        self,
        recogniser: SpeechRecogniser,
        *,
        workers: int = 2,
        hang_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._recogniser = recogniser
        self._workers = max(1, workers)
        self._hang_s = hang_s
        self._clock = clock
        self._lock = threading.Lock()
        self._queued = threading.Condition(self._lock)
        """Something waits for a worker, or workers should end; only workers wait on it."""
        self._ended = threading.Condition(self._lock)
        """A worker ended a batch, or the scheduler closes."""
        self._finals: list[_Item] = []
        self._partials: dict[tuple[str, Party], _Item] = {}
        self._slots: list[_Slot] = []
        self._replacements = 0
        self._busy: deque[tuple[float, float]] = deque()
        """(when a decode ended, how long it took), newest last, within the window."""
        self._started_at = clock()
        self._is_closed = False
        self._lag = EngineLag(is_lagging=False, delay_s=0.0)
        self._watchers: list[tuple[asyncio.AbstractEventLoop, Callable[[EngineLag], None]]] = []
        self.counters: Counter[str] = Counter()
        """finals, partials (decoded); coalesced, superseded, stale, shed (dropped undecoded); thorough,
        batches, failed, hung, given_up (finals, because too many waited)."""
        for _ in range(self._workers):
            self._start_worker()
        self._watch = threading.Thread(target=self._watch_over, name="words-watch", daemon=True)
        self._watch.start()

    # --- for calls ---------------------------------------------------------------------------------------

    def submit(self, call_id: str, request: TranscriptionRequest) -> asyncio.Future[Hypothesis | None]:
        """Queues a request. The answer is None where it went stale or a newer one took its place; a final
        of a finished utterance always gets a hypothesis, if only a failed one."""
        loop = asyncio.get_running_loop()
        now = self._clock()
        item = _Item(call_id, request, loop.create_future(), loop, now, now)
        with self._lock:
            if self._is_closed or not self._slots:
                item.resolve(failed(request))
            elif request.is_final:
                self._queue_final(item)
            elif self._oldest_final_age() > _PARTIALS_STOP_S:
                self._drop(item, "shed")
            else:
                self._queue_partial(item)
            self._queued.notify()
        return item.future

    def watch_lag(self, callback: Callable[[EngineLag], None]) -> Callable[[], None]:
        """Calls back, in the running loop, whenever lagging begins or ends; returns what ends that."""
        watcher = (asyncio.get_running_loop(), callback)
        with self._lock:
            self._watchers.append(watcher)

        def stop() -> None:
            with self._lock:
                if watcher in self._watchers:
                    self._watchers.remove(watcher)

        return stop

    @property
    def lag(self) -> EngineLag:
        """Whether words come late, and how long the oldest final has waited."""
        with self._lock:
            return EngineLag(is_lagging=self._lag.is_lagging, delay_s=round(self._oldest_final_age(), 3))

    @property
    def queue_age_s(self) -> float:
        """How long the oldest request of any kind has waited; 0 where none waits."""
        with self._lock:
            waiting = [*self._finals, *self._partials.values()]
            return max((self._clock() - item.submitted_at for item in waiting), default=0.0)

    @property
    def queue_length(self) -> int:
        """Requests that wait."""
        with self._lock:
            return len(self._finals) + len(self._partials)

    @property
    def busy_share(self) -> float:
        """The share of the workers' time that decoding took over the last 10 s."""
        with self._lock:
            return self._busy_share()

    def close(self, timeout_s: float = 5.0) -> None:
        """Stops: what waits is answered as failed, what is being decoded may end within the time."""
        with self._lock:
            self._is_closed = True
            self._fail_all()
            self._queued.notify_all()
            self._ended.notify_all()
            until = time.monotonic() + timeout_s
            while any(slot.batch for slot in self._slots):
                if not self._ended.wait(until - time.monotonic()):
                    break
            for slot in list(self._slots):
                self._abandon(slot)

    # --- the queue; all with the lock held -----------------------------------------------------------------

    def _queue_final(self, item: _Item) -> None:
        request = item.request
        key = (item.call_id, request.party)
        partial = self._partials.get(key)
        if partial is not None and partial.request.utterance <= request.utterance:
            del self._partials[key]
            self._drop(partial, "superseded")
        for index, other in enumerate(self._finals):
            if (other.call_id, other.request.party) == key and other.request.utterance == request.utterance:
                item.submitted_at = other.submitted_at
                self._finals[index] = item  # the longer final holds the shorter
                self._drop(other, "superseded")
                return
        self._finals.append(item)
        if len(self._finals) > _FINALS_MAX:
            oldest = min(self._finals, key=lambda waiting: waiting.submitted_at)
            self._finals.remove(oldest)
            self.counters["given_up"] += 1
            oldest.resolve(failed(oldest.request))

    def _queue_partial(self, item: _Item) -> None:
        key = (item.call_id, item.request.party)
        older = self._partials.get(key)
        if older is not None:
            item.submitted_at = older.submitted_at
            self._drop(older, "coalesced")
        self._partials[key] = item

    def _drop(self, item: _Item, reason: str) -> None:
        self.counters[reason] += 1
        item.resolve(None)

    def _take(self) -> list[_Item]:
        """The next batch of one kind: no more than this worker's share, so that none idles."""
        self._finals = [item for item in self._finals if not item.future.cancelled()]
        if self._finals:
            self._finals.sort(key=lambda item: item.deadline)
            count = self._share(len(self._finals))
            batch, self._finals = self._finals[:count], self._finals[count:]
            return batch
        now = self._clock()
        for key, item in list(self._partials.items()):
            if item.future.cancelled():
                del self._partials[key]
            elif now - item.asked_at > _PARTIAL_STALE_S:
                del self._partials[key]
                self._drop(item, "stale")
        waiting = sorted(self._partials.items(), key=lambda pair: pair[1].deadline)
        chosen = waiting[: self._share(len(waiting))]
        for key, _ in chosen:
            del self._partials[key]
        return [item for _, item in chosen]

    def _share(self, waiting: int) -> int:
        return min(_BATCH_MAX, -(-waiting // self._workers))

    def _oldest_final_age(self) -> float:
        now = self._clock()
        return max((now - item.submitted_at for item in self._finals), default=0.0)

    def _busy_share(self) -> float:
        now = self._clock()
        while self._busy and now - self._busy[0][0] > _BUSY_WINDOW_S:
            self._busy.popleft()
        running = sum(min(now - slot.since, _BUSY_WINDOW_S) for slot in self._slots if slot.batch)
        window = max(1.0, min(_BUSY_WINDOW_S, now - self._started_at))
        return min(1.0, (sum(took for _, took in self._busy) + running) / (window * self._workers))

    # --- the workers ---------------------------------------------------------------------------------------

    def _start_worker(self) -> None:
        slot = _Slot()
        self._slots.append(slot)
        threading.Thread(target=self._work, args=(slot,), name=WORKER_NAME, daemon=True).start()

    def _work(self, slot: _Slot) -> None:
        while True:
            with self._lock:
                while not (batch := self._take()):
                    if self._is_closed or slot.is_abandoned:
                        return
                    self._queued.wait()
                is_thorough = not self._finals and self._busy_share() < _BUSY_MAX_THOROUGH
                slot.batch, slot.since = batch, self._clock()
            answers = self._decode([item.request for item in batch], is_thorough=is_thorough)
            with self._lock:
                if slot.is_abandoned:
                    return
                now = self._clock()
                self._busy.append((now, now - slot.since))
                slot.batch = []
                self._count(batch, is_thorough=is_thorough)
                self._ended.notify_all()
            for item, answer in zip(batch, answers, strict=True):
                item.resolve(answer)

    def _decode(self, requests: Sequence[TranscriptionRequest], *, is_thorough: bool) -> list[Hypothesis]:
        """Decodes together; where that fails, one by one, so that one bad stretch fails alone."""
        try:
            answers = self._recogniser.decode(requests, is_thorough=is_thorough)
            if len(answers) == len(requests):
                return answers
            reason = "answers are missing"
        except Exception as error:  # noqa: BLE001 - whatever the decoder dies of, the calls go on
            reason = type(error).__name__
        if len(requests) > 1:
            return [self._decode([request], is_thorough=is_thorough)[0] for request in requests]
        with self._lock:
            self.counters["failed"] += 1
        log.warning("recogniser failed", reason=reason)
        return [failed(requests[0])]

    def _count(self, batch: Sequence[_Item], *, is_thorough: bool) -> None:
        finals = sum(item.request.is_final for item in batch)
        self.counters["batches"] += 1
        self.counters["finals"] += finals
        self.counters["partials"] += len(batch) - finals
        self.counters["thorough"] += finals if is_thorough else 0

    def _watch_over(self) -> None:
        """Tells of lag and gives up on what hangs."""
        with self._lock:
            while not self._is_closed:
                self._tell_lag()
                now = self._clock()
                for slot in [s for s in self._slots if s.batch and now - s.since > self._hang_s]:
                    self._abandon(slot)
                    self.counters["hung"] += 1
                    log.error("recogniser hangs", seconds=round(now - slot.since, 1))
                    if self._replacements < _REPLACEMENTS_MAX:
                        self._replacements += 1
                        self._start_worker()
                if not self._slots:
                    self._fail_all()  # nobody is left to decode
                self._ended.wait(_WATCH_EVERY_S)

    def _abandon(self, slot: _Slot) -> None:
        slot.is_abandoned = True
        self._slots = [other for other in self._slots if other is not slot]
        for item in slot.batch:
            item.resolve(failed(item.request))

    def _fail_all(self) -> None:
        for item in (*self._finals, *self._partials.values()):
            item.resolve(failed(item.request))
        self._finals.clear()
        self._partials.clear()

    def _tell_lag(self) -> None:
        age = self._oldest_final_age()
        is_lagging = age > (_LAG_OFF_S if self._lag.is_lagging else _LAG_ON_S)
        if is_lagging == self._lag.is_lagging:
            return
        self._lag = EngineLag(is_lagging=is_lagging, delay_s=round(age, 3))
        for loop, callback in self._watchers:
            if not loop.is_closed():
                loop.call_soon_threadsafe(callback, self._lag)


class OfflineTranscriber:
    """Decodes every request by itself and thoroughly, whatever else goes on: the same answers on any run."""

    def __init__(self, recogniser: SpeechRecogniser, *, workers: int = 2) -> None:
        self._recogniser = recogniser
        self._pool = ThreadPoolExecutor(max(1, workers), thread_name_prefix="words")

    def submit(self, call_id: str, request: TranscriptionRequest) -> asyncio.Future[Hypothesis | None]:
        """Queues a request; a decoder that fails costs that answer alone."""
        return asyncio.get_running_loop().run_in_executor(self._pool, self._decode, call_id, request)

    def close(self) -> None:
        """Lets what is being decoded end; what waits is given up."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _decode(self, call_id: str, request: TranscriptionRequest) -> Hypothesis | None:
        try:
            return self._recogniser.decode([request], is_thorough=True)[0]
        except Exception as error:  # noqa: BLE001 - whatever the decoder dies of, the call goes on
            log.warning("recogniser failed", call_id=call_id, reason=type(error).__name__)
            return failed(request)


def failed(request: TranscriptionRequest) -> Hypothesis:
    """The answer where the recogniser gives none."""
    return Hypothesis(
        request_id=request.id,
        party=request.party,
        utterance=request.utterance,
        span=request.span,
        is_final=request.is_final,
        language=request.language or "",
        language_probability=0.0,
        words=(),
        average_log_probability=0.0,
        rejected=FAILED,
    )
