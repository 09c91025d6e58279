"""Memory of one call after 5 and after 60 minutes: the shipped Mandarin call, over and over, as one call.

The session is run offline with its real ears and with scripted words (a recogniser's memory does not grow
with a call's length and would only slow this down); memory is the process's resident set after collecting
garbage.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import AsyncGenerator, Sequence

import psutil

from monitor.core.audio import AudioFrame
from monitor.core.clock import SAMPLE_RATE_HZ
from monitor.core.events import Event
from monitor.engines.scripted import ScriptedTranscriber
from monitor.ingest.file import open_file_source
from monitor.ingest.source import SourceInfo, SourceNotice
from monitor.resources import resource
from monitor.runner import run_offline
from tests.replays.scenario import repeated_script, session_of

NAME = "zh_parcel"
MINUTES = (5, 60)


class Repeated:
    """A shipped call, again and again, as one long call."""

    def __init__(self, minutes: int) -> None:
        self.info = SourceInfo(kind="file", title=NAME)
        self._length = minutes * 60 * SAMPLE_RATE_HZ

    async def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
        """The call's sound."""
        offset = 0
        while offset < self._length:
            end = offset
            async for item in open_file_source(resource("calls") / f"{NAME}.flac").frames():
                if isinstance(item, AudioFrame):
                    start = offset + item.start
                    end = start + len(item.pcm)
                    yield AudioFrame(party=item.party, start=start, pcm=item.pcm)
            offset = end


class Meter:
    """A sink that weighs the process as call time passes."""

    def __init__(self, words: ScriptedTranscriber) -> None:
        self._words = words
        self.mib: dict[int, float] = {}

    def emit(self, call_id: str, told: Sequence[Event]) -> None:
        """Takes events, keeps none, and nothing of the sound that the test double remembers being asked."""
        self._words.asked.clear()
        for minute in MINUTES:
            if minute not in self.mib and told[-1].t_s >= minute * 60 - 1:
                gc.collect()
                self.mib[minute] = psutil.Process().memory_info().rss / 2**20


def main() -> int:
    """Runs an hour of call and prints."""
    words = repeated_script(NAME, times=40)
    meter = Meter(words)
    asyncio.run(run_offline(NAME, session_of(NAME), Repeated(max(MINUTES)), words, [meter]))
    first, last = (meter.mib[minute] for minute in MINUTES)
    minutes = MINUTES[1] - MINUTES[0]
    print(
        f"resident memory of one call: {first:.1f} MiB after {MINUTES[0]} min, {last:.1f} MiB after", end=" "
    )
    print(f"{MINUTES[1]} min; slope {(last - first) / minutes * 60:.2f} MiB an hour")
    return 0


if __name__ == "__main__":
    sys.exit(main())
