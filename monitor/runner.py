"""One call, from its source to its sinks: the only asyncio around a session.

Live, answers of the recogniser reach the session when they come. Offline, they reach it at fixed delays of
call time, however long they took, so that the same file gives the same events on any machine.
"""

from __future__ import annotations

import asyncio
import heapq
import traceback
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Protocol

from monitor.core.audio import AudioFrame, Party
from monitor.core.clock import BLOCK_SAMPLES, samples
from monitor.core.events import Event
from monitor.core.inputs import CallEnd, RequestDropped, SessionInput, SoundEnd
from monitor.core.recognition import Hypothesis, TranscriptionRequest
from monitor.core.replay import Numbering
from monitor.core.tally import Tally
from monitor.errors import TingyinError
from monitor.ingest.source import Source
from monitor.log import log

_INBOX = 64
"""Inputs that wait for the analysis: at 100 ms a frame of each party, 3 s, after which the source waits."""

_LAST_ANSWERS_S = 20.0
"""How long a live call that has ended waits for its last words,"""
_LAST_ANSWERS_CUT_S = 2.0
"""and one that is asked to end. Nobody waits longer for a server that is to stop."""
_LOOK_AGAIN_S = 0.25
"""How soon a call that waits for its last words notices that it is asked to end."""

GUESS_DELAY_S = 0.6
FINAL_DELAY_S = 0.3
PARTIAL_DELAY_S = 0.4
"""Offline, an answer is told this long after its request: about what a machine with room to spare takes. A
final that was asked for on a guess, 0.3 s before its utterance was known to be over, is told as late as one
that was not, so that words come at the same time either way."""


class Session(Protocol):
    """What the runner needs of `CallSession`."""

    @property
    def now(self) -> int:
        """Call time up to which both parties are judged, in samples."""

    def receive(self, item: SessionInput) -> list[Event]:
        """Takes one input and returns what it made known."""

    def requests(self) -> list[TranscriptionRequest]:
        """The requests made since the last call."""


class Transcriber(Protocol):
    """Answers requests; None means that the request went stale and was dropped."""

    def submit(self, call_id: str, request: TranscriptionRequest) -> Awaitable[Hypothesis | None]:
        """Takes a request at once; the answer is awaited."""


class Sink(Protocol):
    """Takes a call's numbered events, in order, without waiting."""

    def emit(self, call_id: str, events: Sequence[Event]) -> None:
        """Takes events that follow all that it was given before."""


class Journal(Protocol):
    """Keeps inputs in the order in which the session was told them."""

    def write(self, item: SessionInput) -> None:
        """Keeps one input."""


class _Inbox:
    """What waits for the analysis, at most `_INBOX` inputs."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[SessionInput] = asyncio.Queue(_INBOX)
        self._changed = asyncio.Event()

    async def put(self, item: SessionInput) -> None:
        """Waits while the inbox is full."""
        await self._queue.put(item)
        self._changed.set()

    def wake(self) -> None:
        """Ends a `wait` though nothing came."""
        self._changed.set()

    async def wait(self, pump: asyncio.Task[None]) -> None:
        """Returns when there is something, or when the pump is done. Takes nothing out, so that a
        cancellation loses nothing."""
        self._changed.clear()
        if self._queue.empty() and not pump.done():
            await self._changed.wait()

    def drain(self) -> Iterator[SessionInput]:
        """Takes out all that is there."""
        return _drain(self._queue)

    @property
    def is_empty(self) -> bool:
        """True while nothing waits."""
        return self._queue.empty()


@dataclass(slots=True)
class _Call:
    """What a call's tasks share."""

    call_id: str
    session: Session
    transcriber: Transcriber | None
    sinks: Sequence[Sink]
    journal: Journal | None
    numbering: Numbering = field(init=False)
    tally: Tally = field(default_factory=Tally)
    """What was told so far, for the end of a call whose session cannot say it any more."""

    def __post_init__(self) -> None:
        self.numbering = Numbering(self.call_id)

    def analyse(self, items: Iterable[SessionInput]) -> tuple[list[Event], list[TranscriptionRequest]]:
        """Tells the session; runs in a worker thread, one at a time for a call."""
        events: list[Event] = []
        for item in items:
            if self.journal is not None:
                self.journal.write(item)
            events.extend(self.session.receive(item))
        return self.numbering.number(events), self.session.requests()

    def emit(self, events: Sequence[Event]) -> None:
        if events:
            self.tally.count(events)
            for sink in self.sinks:
                sink.emit(self.call_id, events)


class _LiveCall:
    """A call that is heard as its sound comes."""

    def __init__(
        self,
        call: _Call,
        source: Source,
        executor: Executor | None,
        extra: asyncio.Queue[SessionInput] | None,
    ) -> None:
        self._call = call
        self._executor = executor
        self._extra: asyncio.Queue[SessionInput] = asyncio.Queue() if extra is None else extra
        self._inbox = _Inbox()
        self._answers: dict[asyncio.Task[None], int] = {}
        """What waits for the recogniser's answers, and to which request."""
        self._answers_until = 0.0
        """When the loop's clock says that the last words were waited for long enough."""
        self._pump = asyncio.create_task(self._take(source))
        self._pump.add_done_callback(lambda _: self._inbox.wake())

    async def run(self) -> CallEnd:
        """To the end, even when cancelled meanwhile."""
        try:
            end = await self._hear()
            self._wait_for_answers(_LAST_ANSWERS_CUT_S if end.reason == "cut_off" else _LAST_ANSWERS_S)
            closing = asyncio.create_task(self._close(end))
            try:
                await _finish(closing, lambda: self._wait_for_answers(_LAST_ANSWERS_CUT_S))
            except asyncio.CancelledError:
                if closing.cancelled():  # by who ends the loop, with everything in it
                    raise
        except Exception as error:  # noqa: BLE001 - whatever fails in one call must spare the others
            end = _crashed(self._call, error)
        finally:
            for task in (self._pump, *self._answers):
                task.cancel()
        return end

    async def _take(self, source: Source) -> None:
        async with aclosing(source.frames()) as items:
            async for item in items:
                await self._inbox.put(item)

    async def _hear(self) -> CallEnd:
        """Until the source ends, fails, or the call is cancelled."""
        try:
            while not (self._pump.done() and self._inbox.is_empty):
                if self._extra.empty():
                    await self._inbox.wait(self._pump)
                items = [*self._inbox.drain(), *_drain(self._extra)]
                if items:
                    await _finish(self._tell(items))
            return _end_of(self._pump, self._call.call_id)
        except asyncio.CancelledError:
            return CallEnd(reason="cut_off")

    async def _close(self, end: CallEnd) -> None:
        """Judges what is left, tells the last words if they come in time, and ends the call."""
        self._pump.cancel()
        await asyncio.wait({self._pump})
        await self._tell([*self._inbox.drain(), SoundEnd()])
        loop = asyncio.get_running_loop()
        while self._answers or not self._inbox.is_empty:
            if self._inbox.is_empty:
                left = self._answers_until - loop.time()
                if left <= 0:
                    break
                await asyncio.wait(
                    self._answers, timeout=min(left, _LOOK_AGAIN_S), return_when=asyncio.FIRST_COMPLETED
                )
            await self._tell(list(self._inbox.drain()))
        # What was answered behind a request that hangs is not lost with it.
        missing = [RequestDropped(request_id=request_id) for request_id in self._answers.values()]
        await self._tell([*missing, end])

    def _wait_for_answers(self, patience_s: float) -> None:
        self._answers_until = asyncio.get_running_loop().time() + patience_s

    async def _tell(self, items: Sequence[SessionInput]) -> None:
        loop = asyncio.get_running_loop()
        events, requests = await loop.run_in_executor(self._executor, self._call.analyse, items)
        self._call.emit(events)
        if self._call.transcriber is None:
            return
        for request in requests:
            task = asyncio.create_task(self._answer(self._call.transcriber, request))
            self._answers[task] = request.id
            task.add_done_callback(self._answers.pop)

    async def _answer(self, transcriber: Transcriber, request: TranscriptionRequest) -> None:
        hypothesis = await transcriber.submit(self._call.call_id, request)
        await self._inbox.put(hypothesis or RequestDropped(request_id=request.id))


async def run_call(
    call_id: str,
    session: Session,
    source: Source,
    transcriber: Transcriber | None,
    sinks: Sequence[Sink],
    *,
    journal: Journal | None = None,
    executor: Executor | None = None,
    extra: asyncio.Queue[SessionInput] | None = None,
) -> CallEnd:
    """Runs one call as its sound comes, to its end; returns how it ended.

    Cancelling ends the call as cut off: everything heard so far is judged and told first. A call whose sound
    is over stays complete; cancelling only cuts short how long its last words are waited for. `executor`
    runs the analysis (None: asyncio's own threads). `extra` brings inputs that come neither from the source
    nor from the recogniser (engine lag).
    """
    call = _Call(call_id, session, transcriber, sinks, journal)
    return await _LiveCall(call, source, executor, extra).run()


async def run_offline(
    call_id: str,
    session: Session,
    source: Source,
    transcriber: Transcriber | None,
    sinks: Sequence[Sink],
    *,
    journal: Journal | None = None,
    on_progress: Callable[[int], None] | None = None,
    on_failure: Callable[[TingyinError], None] | None = None,
) -> CallEnd:
    """Runs one call as fast as the machine allows; the events depend on the sound alone.

    Answers are told in order of their requests, at fixed delays of call time, and the sound is cut into
    pieces that end where the analysis steps, so neither the machine's speed nor the source's packets show.
    `on_failure` is told why the sound stopped before its end; else the log is.
    """
    call = _Call(call_id, session, transcriber, sinks, journal)
    due: list[tuple[int, int, asyncio.Future[Hypothesis | None]]] = []

    def tell(item: SessionInput) -> None:
        events, requests = call.analyse([item])
        call.emit(events)
        for request in requests:
            if transcriber is not None:
                delay = samples(_delay_s(request))
                answer = asyncio.ensure_future(transcriber.submit(call_id, request))
                heapq.heappush(due, (session.now + delay, request.id, answer))

    async def tell_due(now: int | None) -> None:
        while due and (now is None or due[0][0] <= now):
            _, request_id, answer = heapq.heappop(due)
            tell(await answer or RequestDropped(request_id=request_id))

    end = CallEnd()
    try:
        async with aclosing(source.frames()) as items:
            async for item in items:
                for piece in _pieces(item) if isinstance(item, AudioFrame) else [item]:
                    before = session.now
                    tell(piece)
                    if session.now != before:
                        await tell_due(session.now)
                        if on_progress is not None:
                            on_progress(session.now)
    except TingyinError as error:
        end = CallEnd(reason="failed", code=error.code)
        if on_failure is not None:
            on_failure(error)
        else:
            log.warning("call failed", call_id=call_id, code=error.code)
    tell(SoundEnd())
    await tell_due(None)
    tell(end)
    return end


def _delay_s(request: TranscriptionRequest) -> float:
    if not request.is_final:
        return PARTIAL_DELAY_S
    return FINAL_DELAY_S if request.speculation is None else GUESS_DELAY_S


def _crashed(call: _Call, error: Exception) -> CallEnd:
    """Ends a call whose analysis failed: its events so far stand, what is open ends, the wall is told."""
    code = "engine.analysis"
    # Where, not what: the message of an exception may quote what somebody said.
    where = [f"{at.filename}:{at.lineno}" for at in traceback.extract_tb(error.__traceback__)]
    log.error("call crashed", call_id=call.call_id, code=code, error=type(error).__name__, where=where)
    end = CallEnd(reason="failed", code=code)
    now = call.session.now
    call.emit(call.numbering.number([*call.tally.closings(now), call.tally.ended(now, end)]))
    return end


def _drain(queue: asyncio.Queue[SessionInput]) -> Iterator[SessionInput]:
    while not queue.empty():
        yield queue.get_nowait()


def _end_of(pump: asyncio.Task[None], call_id: str) -> CallEnd:
    error = None if pump.cancelled() else pump.exception()
    if error is None:
        return CallEnd(reason="cut_off" if pump.cancelled() else "completed")
    if not isinstance(error, TingyinError):
        raise error
    log.warning("call failed", call_id=call_id, code=error.code)
    return CallEnd(reason="failed", code=error.code)


async def _finish(work: Awaitable[None], on_cancel: Callable[[], None] = lambda: None) -> None:
    """Lets `work` end however often the call is cancelled meanwhile, then passes the cancellation on."""
    task = asyncio.ensure_future(work)
    is_cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            is_cancelled = True
            on_cancel()
    task.result()
    if is_cancelled:
        raise asyncio.CancelledError


def _pieces(frame: AudioFrame) -> Iterator[AudioFrame]:
    """The frame, cut where the analysis steps."""
    at = frame.start
    while at < frame.end:
        end = min(frame.end, (at // BLOCK_SAMPLES + 1) * BLOCK_SAMPLES)
        yield AudioFrame(
            party=Party(frame.party),
            start=at,
            pcm=frame.pcm[at - frame.start : end - frame.start],
            is_concealed=frame.is_concealed,
        )
        at = end
