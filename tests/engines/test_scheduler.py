"""Who is decoded first, what is dropped, and what a failing recogniser costs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from monitor.core.audio import Party
from monitor.core.clock import Span
from monitor.core.inputs import EngineLag
from monitor.core.recognition import Effort, Hypothesis, TranscriptionRequest
from monitor.engines.offline import OfflineTranscriber
from monitor.engines.queue import FAILED, failed
from monitor.engines.scheduler import BACK, DOWN, RESTARTED, Scheduler
from monitor.engines.scripted import ScriptedTranscriber, ScriptedWord


def request(
    number: int, *, is_final: bool = False, utterance: int = 0, party: Party = Party.CALLER
) -> TranscriptionRequest:
    return TranscriptionRequest(
        id=number,
        party=party,
        utterance=utterance,
        span=Span(0, 16000),
        pcm=np.zeros(16000, dtype=np.float32),
        is_final=is_final,
        language=None,
        hint="",
        issued_at=16000,
    )


class Gate:
    """A recogniser that decodes when it is let; remembers what it was given, batch by batch."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.efforts: list[Effort] = []
        self.bad: set[int] = set()
        self._open = threading.Event()
        self._entered = threading.Semaphore(0)

    def decode(self, requests: Sequence[TranscriptionRequest], *, effort: Effort) -> list[Hypothesis]:
        self.batches.append([item.id for item in requests])
        self.efforts.append(effort)
        self._entered.release()
        assert self._open.wait(20)
        if any(item.id in self.bad for item in requests):
            raise MemoryError
        return [ScriptedTranscriber([]).answer(item) for item in requests]

    async def entered(self) -> None:
        """Waits until a batch is in the recogniser."""
        assert await asyncio.to_thread(self._entered.acquire, timeout=20)

    def open(self) -> None:
        self._open.set()


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def scheduler(gate: Gate, clock: Clock) -> AsyncIterator[Scheduler]:
    made = Scheduler(gate, workers=1, clock=clock, hang_s=30.0, crowding=lambda: 1.0)
    yield made
    gate.open()
    await asyncio.to_thread(made.close)


async def occupied(scheduler: Scheduler, gate: Gate) -> asyncio.Future[Hypothesis | None]:
    """Keeps the only worker busy, so that what follows queues."""
    future = scheduler.submit("other", request(1000, is_final=True))
    await gate.entered()
    return future


async def test_an_answer_comes_back(scheduler: Scheduler, gate: Gate) -> None:
    gate.open()
    answer = await scheduler.submit("a", request(1, is_final=True))
    assert answer is not None and answer.request_id == 1
    assert scheduler.counters["finals"] == 1


async def test_finals_go_before_partials_and_the_oldest_first(
    scheduler: Scheduler, gate: Gate, clock: Clock
) -> None:
    await occupied(scheduler, gate)
    futures = [scheduler.submit("p", request(1))]
    for number in (2, 3):
        clock.now += 0.01
        futures.append(scheduler.submit(f"call {number}", request(number, is_final=True)))
    gate.open()
    await asyncio.gather(*futures)
    assert gate.batches == [[1000], [2, 3], [1]]


async def test_a_batch_holds_at_most_four_of_a_kind(scheduler: Scheduler, gate: Gate) -> None:
    await occupied(scheduler, gate)
    futures = [scheduler.submit(f"call {number}", request(number)) for number in range(6)]
    gate.open()
    await asyncio.gather(*futures)
    assert [len(batch) for batch in gate.batches[1:]] == [4, 2]


async def test_a_newer_partial_takes_the_place_of_the_waiting_one(scheduler: Scheduler, gate: Gate) -> None:
    await occupied(scheduler, gate)
    older = scheduler.submit("a", request(1))
    between = scheduler.submit("b", request(2))
    newer = scheduler.submit("a", request(3))
    agent = scheduler.submit("a", request(4, party=Party.AGENT))
    gate.open()
    assert await older is None
    assert all(await asyncio.gather(between, newer, agent))
    assert sorted(gate.batches[1]) == [2, 3, 4]
    assert scheduler.counters["coalesced"] == 1


async def test_a_final_drops_its_utterances_waiting_partial(scheduler: Scheduler, gate: Gate) -> None:
    await occupied(scheduler, gate)
    partial = scheduler.submit("a", request(1, utterance=3))
    final = scheduler.submit("a", request(2, utterance=3, is_final=True))
    gate.open()
    assert await partial is None
    assert await final is not None


async def test_a_longer_final_replaces_the_one_at_the_first_silence(scheduler: Scheduler, gate: Gate) -> None:
    await occupied(scheduler, gate)
    first = scheduler.submit("a", request(1, utterance=3, is_final=True))
    other = scheduler.submit("a", request(2, utterance=4, is_final=True))
    second = scheduler.submit("a", request(3, utterance=3, is_final=True))
    gate.open()
    assert await first is None
    assert await other is not None and await second is not None


async def test_partials_stop_while_finals_wait(scheduler: Scheduler, gate: Gate, clock: Clock) -> None:
    await occupied(scheduler, gate)
    final = scheduler.submit("a", request(1, is_final=True))
    clock.now += 1.0
    assert await scheduler.submit("b", request(2)) is None
    assert scheduler.counters["shed"] == 1
    gate.open()
    assert await final is not None


async def test_a_stale_partial_is_dropped_undecoded(scheduler: Scheduler, gate: Gate, clock: Clock) -> None:
    await occupied(scheduler, gate)
    partial = scheduler.submit("a", request(1))
    clock.now += 2.5
    gate.open()
    assert await partial is None
    assert gate.batches == [[1000]]


async def test_one_bad_stretch_fails_alone(scheduler: Scheduler, gate: Gate) -> None:
    await occupied(scheduler, gate)
    gate.bad = {2}
    futures = [scheduler.submit(f"call {number}", request(number, is_final=True)) for number in (1, 2, 3)]
    gate.open()
    answers: list[Any] = await asyncio.gather(*futures)
    assert [answer.rejected for answer in answers] == [None, FAILED, None]
    assert scheduler.counters["failed"] == 1


async def test_finals_that_nobody_gets_to_are_given_up_oldest_first(
    scheduler: Scheduler, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.engines.queue.FINALS_MAX", 3)
    busy = scheduler.submit("a", request(0, is_final=True))
    await gate.entered()
    waiting = [scheduler.submit("a", request(n, is_final=True, utterance=n)) for n in range(1, 6)]
    given_up = await asyncio.gather(*waiting[:2])
    assert [answer.rejected for answer in given_up if answer] == [FAILED, FAILED]
    assert (scheduler.queue_length, scheduler.counters["given_up"]) == (3, 2)
    gate.open()
    for answer in await asyncio.gather(busy, *waiting[2:]):
        assert answer is not None
        assert answer.rejected is None


async def test_when_every_worker_hangs_nothing_waits_for_ever(
    scheduler: Scheduler, gate: Gate, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.engines.scheduler._HANGS_MAX", 1)
    stuck = scheduler.submit("a", request(0, is_final=True))
    await gate.entered()
    waiting = scheduler.submit("b", request(1, is_final=True))
    clock.now += 31.0
    for future in (stuck, waiting, scheduler.submit("c", request(2, is_final=True))):
        answer = await asyncio.wait_for(future, 5.0)
        assert answer is not None
        assert answer.rejected == FAILED
    later = await asyncio.wait_for(scheduler.submit("d", request(3, is_final=True)), 5.0)
    assert later is not None
    assert later.rejected == FAILED
    gate.open()


async def test_a_hang_is_noticed_and_its_worker_replaced(
    scheduler: Scheduler, gate: Gate, clock: Clock
) -> None:
    hung = await occupied(scheduler, gate)
    waiting = scheduler.submit("a", request(1, is_final=True))
    clock.now += 31.0
    answer = await asyncio.wait_for(hung, 10)
    assert answer is not None and answer.rejected == FAILED
    await gate.entered()
    gate.open()
    answer = await asyncio.wait_for(waiting, 10)
    assert answer is not None and answer.rejected is None
    assert scheduler.counters["hung"] == 1


async def test_on_a_crowded_machine_a_decode_has_longer(gate: Gate, clock: Clock) -> None:
    crowd = [4.0]
    scheduler = Scheduler(gate, workers=1, clock=clock, hang_s=30.0, crowding=lambda: crowd[0])
    slow = await occupied(scheduler, gate)
    clock.now += 100.0
    await asyncio.sleep(0.5)
    assert not slow.done() and scheduler.counters["hung"] == 0
    crowd[0] = 1.0
    answer = await asyncio.wait_for(slow, 10)
    assert answer is not None and answer.rejected == FAILED
    gate.open()
    await asyncio.to_thread(scheduler.close)


class Makes:
    """Makes recognisers in place of broken ones; `refuses` so many times first."""

    def __init__(self, *, refuses: int = 0) -> None:
        self.made: list[Gate] = []
        self._refuses = refuses

    def __call__(self) -> Gate:
        if self._refuses:
            self._refuses -= 1
            raise MemoryError
        gate = Gate()
        gate.open()
        self.made.append(gate)
        return gate


async def restarting(gate: Gate, clock: Clock, makes: Makes) -> tuple[Scheduler, asyncio.Queue[str]]:
    scheduler = Scheduler(gate, workers=1, clock=clock, hang_s=30.0, restart=makes, crowding=lambda: 1.0)
    told: asyncio.Queue[str] = asyncio.Queue()
    scheduler.watch_trouble(told.put_nowait)
    return scheduler, told


async def test_after_a_hang_a_new_recogniser_answers_and_it_is_told(gate: Gate, clock: Clock) -> None:
    makes = Makes()
    scheduler, told = await restarting(gate, clock, makes)
    hung = await occupied(scheduler, gate)
    waiting = scheduler.submit("a", request(1, is_final=True))
    clock.now += 31.0
    lost, kept = await asyncio.wait_for(asyncio.gather(hung, waiting), 10)
    assert lost is not None and lost.rejected == FAILED
    assert kept is not None and kept.rejected is None
    assert makes.made[0].batches == [[1]], "the new recogniser decodes, not the one that hangs"
    assert await asyncio.wait_for(told.get(), 10) == RESTARTED
    gate.open()
    await asyncio.to_thread(scheduler.close)


async def test_a_recogniser_that_fails_again_and_again_is_replaced(gate: Gate, clock: Clock) -> None:
    makes = Makes()
    scheduler, told = await restarting(gate, clock, makes)
    gate.open()
    gate.bad = {1, 2, 3}
    for number in (1, 2, 3):
        answer = await scheduler.submit("a", request(number, is_final=True))
        assert answer is not None and answer.rejected == FAILED
    assert await asyncio.wait_for(told.get(), 10) == RESTARTED
    answer = await scheduler.submit("a", request(2, is_final=True))
    assert answer is not None and answer.rejected is None
    await asyncio.to_thread(scheduler.close)


async def test_now_and_then_a_failure_does_not_replace_the_recogniser(gate: Gate, clock: Clock) -> None:
    makes = Makes()
    scheduler, _ = await restarting(gate, clock, makes)
    gate.open()
    gate.bad = {1}
    for number in (1, 1, 2, 1, 1, 2):
        await scheduler.submit("a", request(number, is_final=True))
    assert scheduler.counters["failed"] == 4 and not makes.made
    await asyncio.to_thread(scheduler.close)


async def test_a_recogniser_that_does_not_start_leaves_calls_without_words_until_it_does(
    gate: Gate, clock: Clock
) -> None:
    makes = Makes(refuses=2)
    scheduler, told = await restarting(gate, clock, makes)
    gate.open()
    gate.bad = {1}
    for _ in range(3):
        await scheduler.submit("a", request(1, is_final=True))
    assert await asyncio.wait_for(told.get(), 10) == DOWN
    assert scheduler.is_down
    answer = await scheduler.submit("a", request(2, is_final=True))
    assert answer is not None and answer.rejected == FAILED, "nobody waits for a recogniser that is down"
    while told.empty():
        clock.now += 6.0
        await asyncio.sleep(0.05)
    assert told.get_nowait() == BACK
    answer = await scheduler.submit("a", request(2, is_final=True))
    assert answer is not None and answer.rejected is None
    await asyncio.to_thread(scheduler.close)


async def test_guards_are_counted_over_all_recognisers(gate: Gate, clock: Clock) -> None:
    vars(gate)["guards"] = {"repetition": 2}
    scheduler, told = await restarting(gate, clock, Makes())
    gate.open()
    gate.bad = {1}
    for _ in range(3):
        await scheduler.submit("a", request(1, is_final=True))
    await asyncio.wait_for(told.get(), 10)
    assert scheduler.guards == {"repetition": 2}
    await asyncio.to_thread(scheduler.close)


async def test_lag_is_told_when_it_begins_and_when_it_ends(
    scheduler: Scheduler, gate: Gate, clock: Clock
) -> None:
    told: asyncio.Queue[EngineLag] = asyncio.Queue()
    stop = scheduler.watch_lag(told.put_nowait)
    await occupied(scheduler, gate)
    final = scheduler.submit("a", request(1, is_final=True))
    clock.now += 2.5
    lag = await asyncio.wait_for(told.get(), 10)
    assert lag.is_lagging and lag.delay_s == 2.5
    assert scheduler.lag.is_lagging and scheduler.queue_age_s == 2.5 and scheduler.queue_length == 1
    gate.open()
    await final
    clock.now += 9.0
    await asyncio.sleep(0.5)
    assert told.empty() and scheduler.lag.is_lagging, "not before the queue has been short for a while"
    clock.now += 2.0
    lag = await asyncio.wait_for(told.get(), 10)
    assert not lag.is_lagging
    stop()


async def test_finals_are_thorough_only_while_there_is_time(
    scheduler: Scheduler, gate: Gate, clock: Clock
) -> None:
    await occupied(scheduler, gate)
    clock.now += 8.0
    first = scheduler.submit("a", request(1, is_final=True))
    gate.open()
    await first
    clock.now += 20.0
    await scheduler.submit("a", request(2, is_final=True))
    assert gate.efforts == [Effort.THOROUGH, Effort.QUICK, Effort.THOROUGH]


async def test_a_cancelled_request_is_not_decoded(scheduler: Scheduler, gate: Gate) -> None:
    busy = await occupied(scheduler, gate)
    scheduler.submit("a", request(1, is_final=True)).cancel()
    scheduler.submit("a", request(2)).cancel()
    gate.open()
    await busy
    await scheduler.submit("b", request(3))
    assert gate.batches == [[1000], [3]]
    assert scheduler.counters["abandoned"] == 1


async def test_closing_answers_what_waits_and_what_comes_later(gate: Gate) -> None:
    scheduler = Scheduler(gate, workers=1)
    busy = await occupied(scheduler, gate)
    waiting = scheduler.submit("a", request(1, is_final=True))
    closing = asyncio.create_task(asyncio.to_thread(scheduler.close))
    answer = await asyncio.wait_for(waiting, 10)
    assert answer is not None and answer.rejected == FAILED
    gate.open()
    await closing
    answer = await asyncio.wait_for(busy, 10)
    assert answer is not None and answer.rejected is None
    answer = await scheduler.submit("a", request(2, is_final=True))
    assert answer is not None and answer.rejected == FAILED


async def test_many_calls_on_several_workers_all_get_their_answers() -> None:
    recogniser = ScriptedTranscriber([ScriptedWord(Party.CALLER, 0.1, 0.5, "好")], delay_s=lambda r: 0.001)
    scheduler = Scheduler(recogniser, workers=3)
    futures = [
        scheduler.submit(f"call {number % 7}", request(number, utterance=number, is_final=True))
        for number in range(60)
    ]
    answers = await asyncio.gather(*futures)
    assert sorted(answer.request_id for answer in answers if answer) == list(range(60))
    await asyncio.to_thread(scheduler.close)


async def test_offline_each_request_is_decoded_by_itself_and_thoroughly(gate: Gate) -> None:
    gate.open()
    gate.bad = {2}
    offline = OfflineTranscriber(gate)
    answers: list[Any] = await asyncio.gather(
        *(offline.submit("a", request(number, is_final=True)) for number in (1, 2, 3))
    )
    assert [answer.rejected for answer in answers] == [None, FAILED, None]
    assert sorted(gate.batches) == [[1], [2], [3]] and set(gate.efforts) == {Effort.THOROUGH}
    await asyncio.to_thread(offline.close)


async def test_offline_a_hang_costs_its_answer_alone(gate: Gate) -> None:
    offline = OfflineTranscriber(gate, workers=1, hang_s=0.05)
    lost = await offline.submit("a", request(1, is_final=True))
    assert lost is not None and lost.rejected == FAILED and offline.has_hung
    gate.open()
    kept = await offline.submit("a", request(2, is_final=True))
    assert kept is not None and kept.rejected is None
    offline.close()


def test_a_failed_answer_is_empty() -> None:
    answer = failed(request(5, is_final=True))
    assert answer.request_id == 5 and answer.words == () and answer.text == ""
