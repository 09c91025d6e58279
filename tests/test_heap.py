"""What is held when nobody needs it any more: objects are counted, not bytes."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections.abc import Sequence

import numpy as np

from monitor.core.audio import Party
from monitor.core.clock import Span
from monitor.core.recognition import Effort, Hypothesis, TranscriptionRequest
from monitor.engines.queue import failed
from monitor.engines.scheduler import Scheduler
from monitor.heap import Heap
from monitor.store.records import StoredEvent


class Circle:
    """Holds itself, as the parts of a call do."""

    def __init__(self) -> None:
        self.itself = self


def test_what_holds_itself_is_freed_before_memory_is_given_back() -> None:
    found: list[bool] = []
    gc.disable()
    try:
        left = weakref.ref(Circle())
        assert left() is not None
        Heap(lambda: found.append(left() is None)).tidy()
    finally:
        gc.enable()
    assert found == [True]


def test_events_held_for_clients_are_spared_by_collections() -> None:
    """There are thousands, and every collection between calls would look at each."""
    assert not gc.is_tracked(StoredEvent(1, "call-1", 0, "words", 0.0, b"{}"))


def test_this_machine_gives_memory_back() -> None:
    Heap().tidy()


class Nothing:
    """A recogniser that keeps nothing and hears nothing."""

    def decode(self, requests: Sequence[TranscriptionRequest], *, effort: Effort) -> list[Hypothesis]:
        return [failed(request) for request in requests]


async def test_an_idle_worker_holds_no_sound() -> None:
    scheduler = Scheduler(Nothing(), workers=1)
    asked = TranscriptionRequest(
        id=1,
        party=Party.CALLER,
        utterance=0,
        span=Span(0, 16000),
        pcm=np.zeros(16000, dtype=np.float32),
        is_final=True,
        language=None,
        hint="",
        issued_at=16000,
    )
    sound = weakref.ref(asked.pcm)
    await scheduler.submit("a", asked)
    del asked
    until = time.monotonic() + 10.0
    while sound() is not None and time.monotonic() < until:
        await asyncio.sleep(0.01)
    assert sound() is None
    scheduler.close()
