"""The shell around a session: order, ends, failures, and the independence of offline runs from timing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial

import numpy as np
import pytest
import structlog

from monitor import runner
from monitor.core import events
from monitor.core.audio import AudioFrame, Framer, Party
from monitor.core.clock import BLOCK_SAMPLES, Span, seconds
from monitor.core.events import Event
from monitor.core.inputs import CallEnd, RequestDropped, SessionInput, SourceNotice
from monitor.core.recognition import Hypothesis, TranscriptionRequest
from monitor.core.replay import replay
from monitor.engines.scripted import ScriptedTranscriber
from monitor.errors import SourceError
from monitor.ingest.source import SourceInfo
from monitor.runner import run_call, run_offline

CALL = "call-1"


class Recorder:
    """A sink."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, call_id: str, told: Sequence[Event]) -> None:
        assert call_id == CALL
        self.events.extend(told)


class Notebook:
    """A journal."""

    def __init__(self) -> None:
        self.items: list[SessionInput] = []

    def write(self, item: SessionInput) -> None:
        self.items.append(item)


class BlockSession:
    """A session that asks for a decode every `every` blocks and tells what it is told, with its time."""

    def __init__(self, every: int = 5, crash_at: int | None = None) -> None:
        self.now = 0
        self._every = every
        self._crash_at = crash_at
        self._framers = {party: Framer(BLOCK_SAMPLES) for party in Party}
        self._blocks = dict.fromkeys(Party, 0)
        self._made: list[TranscriptionRequest] = []
        self._ids = 0

    def receive(self, item: SessionInput) -> list[Event]:
        match item:
            case AudioFrame():
                self._blocks[item.party] += sum(1 for _ in self._framers[item.party].push(item.pcm))
                return self._step()
            case Hypothesis() | RequestDropped():
                return [self._note(f"answer.{item.request_id}")]
            case SourceNotice():
                return [self._note(item.code)]
            case CallEnd():
                return [self._note(f"end.{item.reason}")]
            case _:
                return [self._note(type(item).__name__)]

    def requests(self) -> list[TranscriptionRequest]:
        made, self._made = self._made, []
        return made

    def _step(self) -> list[Event]:
        told: list[Event] = []
        while self.now // BLOCK_SAMPLES < min(self._blocks.values()):
            self.now += BLOCK_SAMPLES
            block = self.now // BLOCK_SAMPLES
            assert block != self._crash_at, "scripted to crash"
            if block % self._every == 0:
                self._ids += 1
                self._made.append(
                    TranscriptionRequest(
                        id=self._ids,
                        party=Party.CALLER,
                        utterance=self._ids,
                        span=Span(0, self.now),
                        pcm=np.zeros(0, dtype=np.float32),
                        is_final=True,
                        language=None,
                        hint="",
                        issued_at=self.now,
                    )
                )
            told.append(self._note("block"))
        return told

    def _note(self, code: str) -> Event:
        text = events.Text(zh=code, en=code)
        return events.Notice(t_s=seconds(self.now), code=code, level="info", text=text)


class Tape:
    """A source of `length` samples a party, in packets."""

    def __init__(
        self,
        length: int,
        packet: int = BLOCK_SAMPLES,
        *,
        pause: Callable[[int], float] = lambda at: 0.0,
        fails_at: int | None = None,
    ) -> None:
        self.info = SourceInfo(kind="file", title="tape")
        self._length, self._packet, self._pause, self._fails_at = length, packet, pause, fails_at

    async def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
        for at in range(0, self._length, self._packet):
            if self._fails_at is not None and at >= self._fails_at:
                raise SourceError("source.failed", reason="the cable")
            await asyncio.sleep(self._pause(at))
            size = min(self._packet, self._length - at)
            for party in Party:
                yield AudioFrame(party=party, start=at, pcm=np.zeros(size, dtype=np.float32))
        yield SourceNotice(code="source.done", at=self._length)


def codes(told: Sequence[Event]) -> list[str]:
    return [event.code for event in told if isinstance(event, events.Notice)]


def transcriber(
    delay_s: Callable[[TranscriptionRequest], float] = lambda request: 0.0,
) -> ScriptedTranscriber:
    return ScriptedTranscriber([], delay_s=delay_s)


async def offline(packet: int, delay_s: Callable[[TranscriptionRequest], float]) -> list[Event]:
    sink = Recorder()
    source = Tape(40 * BLOCK_SAMPLES + 77, packet)
    end = await run_offline(CALL, BlockSession(), source, transcriber(delay_s), [sink])
    assert end.reason == "completed"
    return sink.events


def _uneven(delay_s: float, request: TranscriptionRequest) -> float:
    return delay_s * (request.id % 3)


async def test_offline_events_depend_on_neither_packets_nor_the_machine() -> None:
    reference = await offline(BLOCK_SAMPLES, lambda request: 0.0)
    assert len([code for code in codes(reference) if code.startswith("answer")]) == 8
    for packet, delay_s in [(160, 0.0), (1_601, 0.01), (9_999, 0.0), (50_000, 0.005)]:
        uneven = partial(_uneven, delay_s)
        assert await offline(packet, uneven) == reference


async def test_offline_answers_come_after_their_delay_of_call_time() -> None:
    told = codes(await offline(BLOCK_SAMPLES, lambda request: 0.0))
    # The first request is made by block 5; its answer is told 0.3 s, three blocks, later.
    assert told.index("answer.1") == 8


async def test_events_are_numbered_without_holes() -> None:
    told = await offline(BLOCK_SAMPLES, lambda request: 0.0)
    assert [event.seq for event in told] == list(range(1, len(told) + 1))
    assert {event.call_id for event in told} == {CALL}


async def test_a_live_call_replays_exactly() -> None:
    sink, journal = Recorder(), Notebook()
    words = transcriber(lambda request: 0.002 * (request.id % 3))
    source = Tape(30 * BLOCK_SAMPLES, 700, pause=lambda at: 0.0004)
    end = await run_call(CALL, BlockSession(2), source, words, [sink], journal=journal)
    assert end.reason == "completed"
    assert list(replay(BlockSession(2), CALL, journal.items)) == sink.events
    assert len([code for code in codes(sink.events) if code.startswith("answer")]) == 15


async def test_an_ended_call_waits_for_its_last_words() -> None:
    sink = Recorder()
    await run_call(CALL, BlockSession(), Tape(10 * BLOCK_SAMPLES), transcriber(lambda request: 0.2), [sink])
    told = codes(sink.events)
    assert told[-1] == "end.completed"
    assert told.index("SoundEnd") < told.index("answer.2") < len(told) - 1


async def test_an_answer_that_never_comes_is_given_up_before_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else what was said behind it, and heard, would not be told: words come in their order."""
    monkeypatch.setattr(runner, "_LAST_ANSWERS_S", 0.1)
    sink, journal = Recorder(), Notebook()
    hanging = transcriber(lambda request: 3600.0 if request.id == 1 else 0.0)
    await run_call(CALL, BlockSession(), Tape(10 * BLOCK_SAMPLES), hanging, [sink], journal=journal)
    assert codes(sink.events)[-2:] == ["answer.1", "end.completed"]
    assert journal.items[-2] == RequestDropped(request_id=1)
    assert codes(sink.events).count("answer.2") == 1


async def test_a_cancelled_call_is_cut_off_and_keeps_what_was_heard() -> None:
    sink = Recorder()
    source = Tape(1000 * BLOCK_SAMPLES, pause=lambda at: 0.0 if at < 20 * BLOCK_SAMPLES else 60.0)
    task = asyncio.create_task(run_call(CALL, BlockSession(), source, transcriber(), [sink]))
    while codes(sink.events).count("block") < 20:
        await asyncio.sleep(0.005)
    task.cancel()
    end = await task
    assert end.reason == "cut_off"
    assert codes(sink.events)[-1] == "end.cut_off"
    assert codes(sink.events).count("block") == 20


@pytest.mark.parametrize("steps", range(8))
async def test_what_came_just_before_the_end_is_asked_for_is_not_lost(steps: int) -> None:
    sink, journal = Recorder(), Notebook()

    class Ending(Tape):
        async def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
            async for item in super().frames():
                if isinstance(item, AudioFrame) and item.start == 3 * BLOCK_SAMPLES:
                    asyncio.create_task(end())  # noqa: RUF006 - it ends with the call
                yield item
                await asyncio.sleep(0)

    async def end() -> None:
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()

    source = Ending(1000 * BLOCK_SAMPLES)
    task = asyncio.create_task(run_call(CALL, BlockSession(), source, None, [sink], journal=journal))
    assert (await task).reason == "cut_off"
    heard = dict.fromkeys(Party, 0)
    for item in journal.items:
        if isinstance(item, AudioFrame):
            assert item.start == heard[item.party]
            heard[item.party] = item.end
    assert codes(sink.events)[-1] == "end.cut_off"


async def test_a_call_that_waits_for_its_last_words_still_ends_when_asked_to() -> None:
    sink = Recorder()
    slow = transcriber(lambda request: 3600.0)
    task = asyncio.create_task(run_call(CALL, BlockSession(), Tape(10 * BLOCK_SAMPLES), slow, [sink]))
    while "SoundEnd" not in codes(sink.events):
        await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.sleep(0.01)
    task.cancel()
    end = await asyncio.wait_for(task, 4.0)
    assert end.reason == "completed", "its sound was over"
    assert codes(sink.events)[-1] == "end.completed"
    assert {other for other in asyncio.all_tasks() if not other.done()} == {asyncio.current_task()}


@pytest.mark.parametrize("run", [run_call, run_offline])
async def test_a_source_that_fails_ends_the_call_with_its_code(run: Callable[..., object]) -> None:
    sink = Recorder()
    source = Tape(30 * BLOCK_SAMPLES, fails_at=10 * BLOCK_SAMPLES)
    end = await run(CALL, BlockSession(), source, None, [sink])  # type: ignore[misc]
    assert (end.reason, end.code) == ("failed", "source.failed")
    assert codes(sink.events).count("block") == 10
    assert codes(sink.events)[-1] == "end.failed"


async def test_a_crash_in_the_analysis_ends_the_call_and_is_told() -> None:
    sink = Recorder()
    end = await run_call(CALL, BlockSession(crash_at=7), Tape(30 * BLOCK_SAMPLES), None, [sink])
    assert (end.reason, end.code) == ("failed", "engine.analysis")
    last = sink.events[-1]
    assert isinstance(last, events.CallEnded)
    assert (last.reason, last.code, last.seq) == ("failed", "engine.analysis", len(sink.events))


async def test_a_crashed_call_still_says_what_it_added_up_to_and_leaves_nothing_running() -> None:
    class Talk(BlockSession):
        def receive(self, item: SessionInput) -> list[Event]:
            told = super().receive(item)
            if told and self.now == 3 * BLOCK_SAMPLES:
                told.append(
                    events.Speaking(t_s=0.3, party="caller", is_speaking=False, start_s=0.1, end_s=0.3)
                )
            return told

    sink = Recorder()
    slow = transcriber(lambda request: 3600.0)
    source = Tape(30 * BLOCK_SAMPLES, pause=lambda at: 0.001)
    await run_call(CALL, Talk(every=2, crash_at=7), source, slow, [sink])
    last = sink.events[-1]
    assert isinstance(last, events.CallEnded)
    assert last.talk_s["caller"] == pytest.approx(0.2)
    await asyncio.sleep(0)
    assert {task for task in asyncio.all_tasks() if not task.done()} == {asyncio.current_task()}


async def test_a_crash_ends_the_alerts_and_the_cue_that_are_open() -> None:
    text = events.Text(zh="火", en="hot")

    def alert(number: int) -> Event:
        return events.Alert(
            t_s=0.1,
            id=f"a{number}",
            rule="hot_temper",
            title=text,
            severity="high",
            party="caller",
            about=events.Stretch(start_s=0.0, end_s=0.1),
            raised_at_s=0.1,
            because=text,
            evidence=[],
        )

    class Alarmed(BlockSession):
        def receive(self, item: SessionInput) -> list[Event]:
            told = super().receive(item)
            if told and self.now == 2 * BLOCK_SAMPLES:
                cue = events.Cue(
                    t_s=0.2,
                    id="c1",
                    rule="hot_temper",
                    severity="high",
                    text=text,
                    say=None,
                    raised_at_s=0.2,
                    clears_when=text,
                )
                told.extend((alert(1), alert(2), cue))
            if told and self.now == 4 * BLOCK_SAMPLES:
                told.append(
                    events.AlertCleared(
                        t_s=0.4, id="a1", rule="hot_temper", cleared_at_s=0.4, reason="calmer"
                    )
                )
            return told

    sink = Recorder()
    source = Tape(30 * BLOCK_SAMPLES, pause=lambda at: 0.001)
    await run_call(CALL, Alarmed(crash_at=7), source, None, [sink])
    *_, alert_end, cue_end, end = sink.events
    assert isinstance(alert_end, events.AlertCleared)
    assert (alert_end.id, alert_end.reason, alert_end.t_s) == ("a2", "call_ended", 0.7)
    assert isinstance(cue_end, events.CueCleared)
    assert (cue_end.id, cue_end.reason) == ("c1", "ended")
    assert isinstance(end, events.CallEnded)
    assert [event.seq for event in sink.events] == list(range(1, len(sink.events) + 1))


async def test_the_log_of_a_crash_quotes_nobody() -> None:
    class Quoting(BlockSession):
        def receive(self, item: SessionInput) -> list[Event]:
            raise KeyError("my card number")

    with structlog.testing.capture_logs() as logged:
        await run_call(CALL, Quoting(), Tape(BLOCK_SAMPLES), None, [Recorder()])
    (entry,) = logged
    assert entry["error"] == "KeyError"
    assert "test_runner.py" in entry["where"][-1]
    assert "card" not in str(entry)
