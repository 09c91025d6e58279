"""What waits, what is taken, and how partials give way as the decoders fill up."""

from __future__ import annotations

import threading

import numpy as np

from monitor.core.audio import Party
from monitor.core.clock import Span
from monitor.core.recognition import Effort, Hypothesis, Speculation, TranscriptionRequest
from monitor.engines.queue import Item, RequestQueue


def item(
    call_id: str,
    now: float,
    *,
    is_final: bool = False,
    number: int = 1,
    speculation: Speculation | None = None,
) -> Item:
    request = TranscriptionRequest(
        id=number,
        party=Party.CALLER,
        utterance=0,
        span=Span(0, 16000),
        pcm=np.zeros(1, dtype=np.float32),
        is_final=is_final,
        language=None,
        hint="",
        issued_at=0,
        speculation=speculation,
    )
    answers: list[Hypothesis | None] = []
    return Item(call_id, request, answers.append, lambda: False, now, now)


def served_s(calls: int, *, cost_s: float, final_cost_s: float = 0.0, length_s: float = 40.0) -> list[float]:
    """When one call's partials are taken, where `calls` ask for one every half second, on one worker that
    takes `cost_s` for each, and every call has a final every four seconds."""
    queue = RequestQueue(1)
    taken: list[float] = []
    free_at = now = 0.0
    while now < length_s:
        tick = round(now * 100)
        for call in range(calls):
            if tick % 50 == call % 50:
                queue.put(item(f"call {call}", now), now)
            if final_cost_s and tick % 400 == 7 * call % 400:
                queue.put(item(f"call {call}", now, is_final=True), now)
        if now >= free_at and (batch := queue.take(now)):
            took_s = sum(final_cost_s if one.request.is_final else cost_s for one in batch)
            free_at = now + took_s
            queue.done(batch, free_at, took_s)
            taken += [now for one in batch if one.call_id == "call 0" and not one.request.is_final]
        now += 0.01
    return taken


def test_while_there_is_room_every_partial_is_taken() -> None:
    assert len(served_s(1, cost_s=0.1)) >= 75


def test_under_load_partials_come_more_rarely_but_do_come() -> None:
    taken = served_s(6, cost_s=0.2)
    gaps = np.diff([at for at in taken if at > 10])
    assert 1.0 <= float(np.mean(gaps)) <= 1.4, "six parties at 0.2 s each share a worker, and none idles"


def test_no_worker_idles_for_parties_who_no_longer_speak() -> None:
    queue = RequestQueue(1)
    now = 0.0
    for number in range(30):
        queue.put(item(f"call {number % 6}", now, number=number), now)
        queue.done(queue.take(now), now + 0.25, 0.25)
        now += 0.25
    queue.put(item("call 5", now + 0.3, number=99), now + 0.3)
    assert queue.cadence_s(now + 0.3) > 1.0, "six spoke of late"
    assert queue.take(now + 0.3), "the one that waits need not wait for them"


def test_when_finals_need_the_worker_partials_stop() -> None:
    assert [at for at in served_s(6, cost_s=0.3, final_cost_s=0.52) if at > 20] == []


def test_the_load_aim_is_kept() -> None:
    queue = RequestQueue(2)
    for number in range(40):
        queue.put(item(f"call {number % 8}", number * 0.25), number * 0.25)
        if batch := queue.take(number * 0.25):
            queue.done(batch, number * 0.25 + 0.2, 0.2 * len(batch))
    assert 0.2 < queue.busy_share(10.0) < 0.8


def test_a_partial_that_waits_for_its_time_says_when() -> None:
    queue = RequestQueue(1)
    taken_at = 0.0
    for number in range(20):
        queue.put(item("a", number * 1.0, number=number), number * 1.0)
        for one in queue.take(number * 1.0):
            queue.done([one], number * 1.0 + 0.9, 0.9)
            taken_at = number * 1.0
    now = taken_at + 0.2
    queue.put(item("a", now, number=99), now)
    wait_s = queue.next_due_s(now)
    assert wait_s is not None and wait_s > 0 and queue.take(now) == []
    assert queue.take(now + wait_s + 0.01) != []


def test_the_wait_is_one_that_a_lock_takes_when_finals_need_all_the_time() -> None:
    queue = RequestQueue(1)
    queue.put(item("a", 0.0, is_final=True), 0.0)
    finals = queue.take(0.0)
    queue.put(item("b", 7.0), 7.0)
    queue.done(finals, 8.0, 8.0)
    wait_s = queue.next_due_s(8.0)
    assert queue.cadence_s(8.0) == float("inf")
    assert wait_s is not None and 0 < wait_s < threading.TIMEOUT_MAX


def test_finals_are_thorough_only_while_the_workers_idle() -> None:
    queue = RequestQueue(1)
    queue.put(item("a", 0.0, is_final=True), 0.0)
    assert queue.effort(0.0) is Effort.QUICK, "others wait"
    queue.done(queue.take(0.0), 0.5, 0.5)
    queue.put(item("a", 0.5, is_final=True), 0.5)
    queue.done(queue.take(0.5), 1.0, 0.5)
    assert queue.effort(1.0) is Effort.QUICK and queue.effort(10.0) is Effort.THOROUGH


def test_finals_get_the_least_effort_while_others_are_late() -> None:
    queue = RequestQueue(1)
    for call in "abcdef":
        queue.put(item(call, 0.0, is_final=True), 0.0)
    queue.done(queue.take(0.1), 0.6, 0.5)
    assert queue.effort(0.6) is Effort.QUICK, "two wait, and not for long"
    assert queue.effort(0.9) is Effort.LEAST
    queue.take(0.9)
    assert queue.effort(0.9) is not Effort.LEAST, "nobody waits behind these"


def loaded() -> RequestQueue:
    """A queue whose one worker has long had too much to do for partials every second."""
    queue = RequestQueue(1)
    for number in range(20):
        queue.put(item("a", number * 0.5, is_final=True), number * 0.5)
        queue.done(queue.take(number * 0.5), number * 0.5 + 0.4, 0.4)
        queue.put(item("b", number * 0.5), number * 0.5)
    return queue


def test_while_there_is_room_a_guess_is_decoded_at_once() -> None:
    queue = RequestQueue(1)
    guess = item("a", 0.0, is_final=True, speculation=Speculation())
    queue.put(guess, 0.0)
    assert queue.take(0.0) == [guess]


def test_under_load_a_guess_waits_until_the_utterance_is_over() -> None:
    queue = loaded()
    speculation = Speculation()
    guess = item("c", 10.0, is_final=True, speculation=speculation)
    queue.put(guess, 10.0)
    assert guess not in queue.take(10.0)
    wait_s = queue.next_due_s(10.0)
    assert wait_s is not None and wait_s <= 0.1, "nobody tells the queue that an utterance is over"
    speculation.is_kept = True
    assert queue.take(10.3) == [guess]


def test_under_load_a_wrong_guess_costs_nothing() -> None:
    queue = loaded()
    guess = item("c", 10.0, is_final=True, speculation=Speculation(is_over=True))
    queue.put(guess, 10.0)
    assert guess not in queue.take(10.0)
    assert queue.counters["retracted"] == 1 and not queue.has_finals
