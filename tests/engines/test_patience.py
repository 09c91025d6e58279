"""How soon a decode that hangs is noticed, and that a slow one is none."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from monitor.core.recognition import Effort, Hypothesis, TranscriptionRequest
from monitor.engines.queue import FAILED
from monitor.engines.scheduler import Scheduler
from tests.engines.test_scheduler import Clock, Gate, request


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Steady(Gate):
    """Takes `took_s` for each batch, until it `hangs`."""

    def __init__(self, clock: Clock, took_s: float) -> None:
        super().__init__()
        self.took_s, self.hangs = took_s, False
        self._clock = clock
        self.open()

    def decode(self, requests: Sequence[TranscriptionRequest], *, effort: Effort) -> list[Hypothesis]:
        if self.hangs:
            self._open.clear()
        else:
            self._clock.now += self.took_s
        return super().decode(requests, effort=effort)


async def hanging(recogniser: Steady, clock: Clock, finals: int, **told: Any) -> tuple[Scheduler, Any]:
    """A scheduler whose recogniser has decoded so many finals and now takes another, for ever."""
    scheduler = Scheduler(recogniser, workers=1, clock=clock, hang_s=30.0, crowding=lambda: 1.0, **told)
    for number in range(finals):
        await asyncio.wait_for(scheduler.submit("a", request(number, is_final=True)), 10)
    recogniser.hangs = True
    hung = scheduler.submit("a", request(99, is_final=True))
    for _ in range(finals + 1):
        await recogniser.entered()
    return scheduler, hung


async def outlives(scheduler: Scheduler, asked: asyncio.Future[Any], clock: Clock, *, hung: int) -> None:
    """Nobody gives up on what takes 25 s; `hung` decodes were given up before."""
    clock.now += 25.0
    await asyncio.sleep(0.5)
    assert not asked.done() and scheduler.counters["hung"] == hung


@pytest.mark.parametrize(
    ("took_s", "finals", "lives_s", "hangs_s"),
    [
        (0.5, 40, 9.0, 11.0),  # quick: no less than ten seconds
        (2.0, 40, 11.5, 13.0),
        (4.0, 40, 23.0, 25.0),  # a slow machine has as many times as long
        (9.0, 40, 29.0, 31.0),  # and never more than half a minute
        (0.5, 10, 29.0, 31.0),  # too little is known yet
    ],
)
async def test_a_hang_is_noticed_by_what_decodes_have_taken(
    clock: Clock, took_s: float, finals: int, lives_s: float, hangs_s: float
) -> None:
    scheduler, hung = await hanging(Steady(clock, took_s), clock, finals)
    clock.now += lives_s
    await asyncio.sleep(0.5)
    assert not hung.done() and scheduler.counters["hung"] == 0, "it may be alive"
    clock.now += hangs_s - lives_s
    answer = await asyncio.wait_for(hung, 10)
    assert answer is not None and answer.rejected == FAILED
    await asyncio.to_thread(scheduler.close, 0.1)


async def test_after_a_hang_the_next_has_its_half_minute(clock: Clock) -> None:
    """The one given up may have been alive, and have no other recogniser in its place."""
    steady = Steady(clock, 0.5)
    scheduler, hung = await hanging(steady, clock, 40)
    clock.now += 11.0
    await asyncio.wait_for(hung, 10)
    slow = scheduler.submit("a", request(100, is_final=True))
    await steady.entered()
    await outlives(scheduler, slow, clock, hung=1)
    steady.open()
    await asyncio.wait_for(slow, 10)
    await asyncio.to_thread(scheduler.close, 0.1)


async def test_a_decoder_that_grows_slower_is_not_called_hung(clock: Clock) -> None:
    steady = Steady(clock, 0.5)
    scheduler = Scheduler(steady, workers=1, clock=clock, hang_s=30.0, crowding=lambda: 1.0)
    for number in range(60):
        steady.took_s = min(28.0, 0.5 * 1.2**number)
        answer = await asyncio.wait_for(scheduler.submit("a", request(number, is_final=True)), 10)
        assert answer is not None and answer.rejected is None
        await asyncio.sleep(0)
    assert scheduler.counters["hung"] == 0
    await asyncio.to_thread(scheduler.close)


async def test_partials_say_nothing_of_how_long_finals_take(clock: Clock) -> None:
    steady = Steady(clock, 0.1)
    scheduler = Scheduler(steady, workers=1, clock=clock, hang_s=30.0, crowding=lambda: 1.0)
    for number in range(40):
        clock.now += 2.0
        await asyncio.wait_for(scheduler.submit("a", request(number)), 10)
    steady.hangs = True
    slow = scheduler.submit("a", request(99, is_final=True))
    await asyncio.sleep(0.3)
    await outlives(scheduler, slow, clock, hung=0)
    steady.open()
    await asyncio.wait_for(slow, 10)
    await asyncio.to_thread(scheduler.close)


async def test_of_a_new_recogniser_nothing_is_known(clock: Clock) -> None:
    second = Steady(clock, 0.5)
    second.hangs = True
    scheduler, hung = await hanging(Steady(clock, 0.5), clock, 40, restart=lambda: second)
    clock.now += 11.0
    await asyncio.wait_for(hung, 10)
    slow = scheduler.submit("a", request(1, is_final=True))
    await second.entered()
    await outlives(scheduler, slow, clock, hung=1)
    second.open()
    answer = await asyncio.wait_for(slow, 10)
    assert answer is not None and answer.rejected is None
    await asyncio.to_thread(scheduler.close, 0.1)
