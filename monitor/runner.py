"""One call, from its source to its sinks: the only asyncio around a session.

Live, answers of the recogniser reach the session when they come. Offline, they reach it at fixed delays of
call time, however long they took, so that the same file gives the same events on any machine.
"""

from __future__ import annotations

import asyncio
import heapq
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
"""How long a live call that has ended waits for its last words."""

FINAL_DELAY_S = 0.6
PARTIAL_DELAY_S = 0.4
"""Offline, an answer is told this long after its request: about what a machine with room to spare takes."""


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


@dataclass(slots=True)
class _Call:
    """What a call's tasks share."""

    call_id: str
    session: Session
    transcriber: Transcriber | None
    sinks: Sequence[Sink]
    journal: Journal | None
    numbering: Numbering = field(init=False)

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
            for sink in self.sinks:
                sink.emit(self.call_id, events)


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

    Cancelling ends the call as cut off: everything heard so far is judged and told first. `executor` runs
    the analysis (None: asyncio's own threads). `extra` brings inputs that come neither from the source nor
    from the recogniser (engine lag).
    """
    call = _Call(call_id, session, transcriber, sinks, journal)
    inbox: asyncio.Queue[SessionInput] = asyncio.Queue(_INBOX)
    pump = asyncio.create_task(_pump(source, inbox))
    waiting: set[asyncio.Task[None]] = set()
    loop = asyncio.get_running_loop()

    async def tell(items: Sequence[SessionInput]) -> None:
        events, requests = await loop.run_in_executor(executor, call.analyse, items)
        call.emit(events)
        for request in requests:
            task = asyncio.create_task(_answer(call, request, inbox))
            waiting.add(task)
            task.add_done_callback(waiting.discard)

    try:
        end = CallEnd()
        try:
            while not (pump.done() and inbox.empty()):
                items = await _next_items(inbox, pump, extra)
                if items:
                    await _finish(tell(items))
            end = _end_of(pump, call_id)
        except asyncio.CancelledError:
            end = CallEnd(reason="cut_off")
        finally:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)
        await _finish(tell([*_drain(inbox), SoundEnd()]))
        patience_s = 2.0 if end.reason == "cut_off" else _LAST_ANSWERS_S
        await _last_answers(waiting, inbox, tell, patience_s)
        await _finish(tell([end]))
    except Exception as error:  # noqa: BLE001 - whatever fails in one call must spare the others
        end = _crashed(call, error)
    return end


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
                delay = samples(FINAL_DELAY_S if request.is_final else PARTIAL_DELAY_S)
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


async def _pump(source: Source, inbox: asyncio.Queue[SessionInput]) -> None:
    async with aclosing(source.frames()) as items:
        async for item in items:
            await inbox.put(item)


async def _next_items(
    inbox: asyncio.Queue[SessionInput],
    pump: asyncio.Task[None],
    extra: asyncio.Queue[SessionInput] | None,
) -> list[SessionInput]:
    """Everything that waits; waits for something where nothing does, but not beyond the source's end."""
    if inbox.empty() and (extra is None or extra.empty()):
        getter = asyncio.create_task(inbox.get())
        try:
            await asyncio.wait({getter, pump}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not getter.done():
                getter.cancel()
        await asyncio.gather(getter, return_exceptions=True)
        first = [] if getter.cancelled() else [getter.result()]
    else:
        first = []
    return [*first, *_drain(inbox), *([] if extra is None else _drain(extra))]


def _crashed(call: _Call, error: Exception) -> CallEnd:
    """Ends a call whose analysis failed: its events so far stand, and the wall is told that it is over."""
    code = "engine.analysis"
    log.error("call crashed", call_id=call.call_id, code=code, exc_info=error)
    end = CallEnd(reason="failed", code=code)
    call.emit(call.numbering.number([Tally().ended(call.session.now, end)]))
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


async def _answer(call: _Call, request: TranscriptionRequest, inbox: asyncio.Queue[SessionInput]) -> None:
    if call.transcriber is None:
        return
    hypothesis = await call.transcriber.submit(call.call_id, request)
    await inbox.put(hypothesis or RequestDropped(request_id=request.id))


async def _last_answers(
    waiting: set[asyncio.Task[None]],
    inbox: asyncio.Queue[SessionInput],
    tell: Callable[[Sequence[SessionInput]], Awaitable[None]],
    patience_s: float,
) -> None:
    """Tells what the recogniser still owes, for as long as is decent."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience_s
    while waiting or not inbox.empty():
        if inbox.empty():
            left = until - loop.time()
            if left <= 0:
                break
            await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        await tell(list(_drain(inbox)))
    for task in list(waiting):
        task.cancel()


async def _finish(work: Awaitable[None]) -> None:
    """Lets `work` end even when the call is being cancelled, then passes the cancellation on."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


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
