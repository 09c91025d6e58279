"""Any source in real time: each frame is given when its last sample would have been heard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from monitor.core.audio import AudioFrame
from monitor.core.clock import SAMPLE_RATE_HZ
from monitor.ingest.source import Source, SourceNotice

CATCH_UP_S = 5.0
"""A frame may be this late and those after it still hurry to catch up; later, and the call goes on from
here: after a suspended night nobody wants the rest of the call within a second."""


class PacedSource:
    """Plays a source `speed` times as fast as it was spoken.

    `clock` gives monotonic seconds. It may stand still or jump: a late frame is given at once, and after a
    jump of more than `CATCH_UP_S` either way the schedule starts anew from the present.
    """

    def __init__(
        self,
        source: Source,
        speed: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if speed <= 0:
            raise ValueError("a call cannot be played at a speed of zero or less")
        self.info = source.info
        self._source = source
        self._speed = speed
        self._clock = clock
        self._sleep = sleep

    async def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
        """The source's frames and notices, each in its time.

        Raises:
            SourceError, DeviceError: as the source does.
        """
        begun_at = self._clock()
        async with aclosing(self._source.frames()) as items:
            async for item in items:
                if isinstance(item, AudioFrame):
                    begun_at = await self._wait(begun_at, item)
                yield item

    async def _wait(self, begun_at: float, frame: AudioFrame) -> float:
        """Waits until the frame is due; returns when the call began, as it now seems."""
        due_s = frame.end / SAMPLE_RATE_HZ / self._speed
        wait_s = begun_at + due_s - self._clock()
        length_s = len(frame.pcm) / SAMPLE_RATE_HZ / self._speed
        if wait_s < -CATCH_UP_S or wait_s > length_s + CATCH_UP_S:
            wait_s = 0.0
            begun_at = self._clock() - due_s
        if wait_s > 0:
            await self._sleep(wait_s)
        return begun_at
