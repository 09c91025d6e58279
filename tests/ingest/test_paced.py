"""Playing a source in real time against a clock that may misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import numpy as np
import pytest

from monitor.core.audio import AudioFrame, Party
from monitor.ingest.paced import PacedSource
from monitor.ingest.source import SourceInfo, SourceNotice


class TenSeconds:
    """Ten seconds of silence in packets of 100 ms."""

    info = SourceInfo(kind="file", title="ten seconds")

    async def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
        for start in range(0, 160_000, 1_600):
            for party in Party:
                yield AudioFrame(party=party, start=start, pcm=np.zeros(1_600, np.float32))


class Clock:
    """A clock that moves by sleeping, and by jumps (call time in samples -> seconds)."""

    def __init__(self, jumps: dict[int, float] | None = None) -> None:
        self.now = 1_000.0
        self.jumps = jumps or {}
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, length_s: float) -> None:
        self.slept.append(length_s)
        self.now += length_s


def play(clock: Clock, speed: float = 1.0) -> list[float]:
    """When each packet of the caller was given, in seconds from the start."""

    async def run() -> list[float]:
        given = []
        async for item in PacedSource(TenSeconds(), speed, clock, clock.sleep).frames():
            assert isinstance(item, AudioFrame)
            if item.party is Party.CALLER:
                given.append(clock.now - 1_000)
                clock.now += clock.jumps.get(item.start, 0.0)
        return given

    return asyncio.run(run())


@pytest.mark.parametrize("speed", [0.5, 1.0, 4.0])
def test_each_frame_comes_when_its_last_sample_was_heard(speed: float) -> None:
    given = play(Clock(), speed)
    assert given == pytest.approx([0.1 * (n + 1) / speed for n in range(100)])


def test_a_short_stall_is_caught_up() -> None:
    given = play(Clock({16_000: 2.0}))
    assert given[11:29] == pytest.approx([3.1] * 18, abs=0.11)
    assert given[-1] == pytest.approx(10.0)


def test_after_a_night_asleep_the_call_goes_on_in_its_own_time() -> None:
    clock = Clock({16_000: 30_000.0})
    given = play(clock)
    assert given[11] == pytest.approx(30_001.1), "the late frame comes at once"
    assert given[12] - given[11] == pytest.approx(0.1)
    assert given[-1] == pytest.approx(30_000 + 10, abs=0.2)


def test_a_clock_set_back_does_not_stop_the_call() -> None:
    clock = Clock({16_000: -5_000.0})
    play(clock)
    assert max(clock.slept) < 6


def test_a_speed_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="speed"):
        PacedSource(TenSeconds(), 0.0)
