"""Calls coming and going for minutes or hours, through the switchboard, the event log, the publisher and the
history: does memory grow, does anything wait ever longer, are words invented where nothing is said.

In real time, with the real recogniser (`--minutes`, `--hours`): a few lines are always taken. When a call
ends, another begins a moment later, of another part of the shipped calls, of other length. Every fourth call
holds no speech: silence, line noise, ring-back tones or hold music. Memory is looked at every 5 s as the
process has it, with nothing collected for the look's sake, and its slope is that of the run's second half
(the first fills caches), beside what is in use on the heap: where only the resident memory grows, the C
library holds what nobody uses. The queue's age says something only where the machine has nothing else to do.

Accelerated (`--calls`): as many calls as asked for, as fast as they are judged, with real ears and store, and
words of a script. That is honest for what is kept of a call that has ended (sessions, tasks, tables by call,
the log), since it depends on how many calls there were and not on how long ago: a thousand short calls are
a day's. It says nothing of the recogniser's memory, of queues, or of invented words, and prints none of it.

    python -m bench.soak [--minutes 5 | --hours 1 | --calls 1000] [--lines 3]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.asr_calls import CallSource, SpokenCall, shipped_calls
from bench.soak_meters import Meter
from monitor.commands.common import engine_workers, load_engine
from monitor.config import Settings, load_settings
from monitor.core.audio import Party, Pcm
from monitor.core.clock import SAMPLE_RATE_HZ, samples
from monitor.core.recognition import Effort, Hypothesis, TranscriptionRequest
from monitor.engines.scheduler import Scheduler
from monitor.engines.scripted import ScriptedTranscriber, ScriptedWord
from monitor.heap import Heap
from monitor.history.keeper import HistoryKeeper
from monitor.ingest.paced import PacedSource
from monitor.playbook_files import load_playbook
from monitor.publish.publisher import Publisher
from monitor.store.log import EventLog
from monitor.switchboard import Switchboard

_LENGTHS_S = (20.0, 75.0)
_BETWEEN_S = (0.2, 4.0)
_SILENT_EVERY = 4
_LENGTH_ACCELERATED_S = 4.0
_WEIGH_EVERY_CALLS = 5


class Reader:
    """The scripted recogniser, without its memory of what it was asked: the test double must not grow."""

    def __init__(self, kinds: Sequence[SpokenCall]) -> None:
        words = [ScriptedWord(one.party, one.start_s, one.end_s, one.text) for one in kinds[0].words]
        self._scripted = ScriptedTranscriber(words)

    def decode(self, requests: Sequence[TranscriptionRequest], *, effort: Effort) -> list[Hypothesis]:
        """Answers from the script."""
        answers = self._scripted.decode(requests, effort=effort)
        self._scripted.asked.clear()
        return answers


@dataclass(frozen=True, slots=True)
class Office:
    """Where the calls are heard."""

    board: Switchboard
    scheduler: Scheduler
    meter: Meter


@contextmanager
def open_office(folder: Path, kinds: Sequence[SpokenCall], *, is_scripted: bool) -> Iterator[Office]:
    """Everything that a server keeps of a call, in `folder`."""
    settings = _kept_in(folder, load_settings())
    recogniser = Reader(kinds) if is_scripted else load_engine(settings)
    meter = Meter()
    with (
        EventLog(folder) as log,
        HistoryKeeper(log) as history,
        closing(Publisher(log, settings.server)) as out,
    ):
        scheduler = Scheduler(recogniser, workers=engine_workers(settings))
        heap = Heap()
        board = Switchboard(
            settings,
            load_playbook(),
            [out, history, meter],
            transcriber=scheduler,
            announce=out.expect,
            heap=heap,
        )
        heap.settle()
        try:
            yield Office(board, scheduler, meter)
        finally:
            scheduler.close()


def _kept_in(folder: Path, settings: Settings) -> Settings:
    return settings.model_copy(update={"store": settings.store.model_copy(update={"folder": folder})})


def nothing_said(kind: int, length_s: float, rng: np.random.Generator) -> Pcm:
    """Sound without speech: silence, noise, ring-back, or chords as hold music has them."""
    time_s = np.arange(samples(length_s)) / SAMPLE_RATE_HZ
    if kind == 0:
        pcm = np.zeros(len(time_s))
    elif kind == 1:
        pcm = 0.02 * rng.standard_normal(len(time_s))
    elif kind == 2:
        pcm = 0.15 * np.sin(2 * np.pi * 450 * time_s) * (time_s % 5 < 1)
    else:
        root = 220 * 2 ** (np.floor(time_s / 0.5) % 7 / 12)
        phase = 2 * np.pi * np.cumsum(root) / SAMPLE_RATE_HZ
        pcm = 0.08 * (np.sin(phase) + np.sin(1.25 * phase) + np.sin(1.5 * phase))
    return pcm.astype(np.float32)


def next_call(
    number: int, kinds: Sequence[SpokenCall], length_s: float, rng: np.random.Generator
) -> tuple[SpokenCall, bool]:
    """The call of this number, and whether anybody speaks in it."""
    if number % _SILENT_EVERY == _SILENT_EVERY - 1:
        kind = number // _SILENT_EVERY % 4
        sound = {party: nothing_said(kind, length_s, rng) for party in Party}
        return SpokenCall(f"no speech {kind}", "zh", sound, ()), False
    whole = kinds[number % len(kinds)]
    return whole.part(float(rng.uniform(0, whole.length_s)), length_s), True


async def line(index: int, lines: int, office: Office, kinds: Sequence[SpokenCall], until: float) -> None:
    """One line: call after call."""
    rng = np.random.default_rng(index)
    meter = office.meter
    number = index
    while time.monotonic() < until:
        call, has_speech = next_call(number, kinds, float(rng.uniform(*_LENGTHS_S)), rng)
        call_id = office.board.start(PacedSource(CallSource(call)))
        meter.calls += 1
        meter.call_s += call.length_s
        if not has_speech:
            meter.silent.add(call_id)
            meter.silent_s += call.length_s
        await office.board.wait(call_id)
        meter.silent.discard(call_id)
        number += lines
        await asyncio.sleep(float(rng.uniform(*_BETWEEN_S)))


async def soak(minutes: float, lines: int) -> int:
    """Runs in real time and prints; 1 where finals were lost or words invented beyond the goal of one an
    hour."""
    kinds = shipped_calls()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_office(Path(folder), kinds, is_scripted=False) as office,
    ):
        begun, cpu = time.monotonic(), time.process_time()
        watch = asyncio.create_task(office.meter.watch(office.scheduler, begun))
        until = begun + 60 * minutes
        await asyncio.gather(*(line(index, lines, office, kinds, until) for index in range(lines)))
        watch.cancel()
        await office.board.stop()
    meter, scheduler = office.meter, office.scheduler
    cpu = time.process_time() - cpu
    lost = sum(scheduler.counters[name] for name in ("failed", "given_up", "hung", "abandoned"))
    print(
        f"{meter.calls} calls on {lines} lines in {(time.monotonic() - begun) / 60:.1f} min "
        f"({meter.call_s / 60:.1f} min of call, {meter.silent_s / 60:.1f} of them without speech), "
        f"{cpu / meter.call_s:.3f} cores a second of call"
    )
    print(meter.memory_told(3600.0, "an hour"))
    print(
        f"oldest in the queue: at most {max(meter.ages_s):.2f}, p95 {np.quantile(meter.ages_s, 0.95):.2f} s; "
        f"finals lost {lost}; words where nothing is said {meter.words_on_silence}"
    )
    print(f"requests {json.dumps(dict(scheduler.counters))}; guards {json.dumps(dict(scheduler.guards))}")
    print(f"events {json.dumps(dict(meter.counts.most_common(8)))}")
    allowed = max(1.0, meter.silent_s / 3600)
    return 1 if lost or meter.words_on_silence > allowed else 0


async def accelerated(calls: int, lines: int) -> int:
    """Runs as fast as calls are judged and prints; 1 where objects are left of calls that have ended."""
    kinds = shipped_calls()
    begun = time.monotonic()
    objects: list[Counter[str]] = []
    numbers = iter(range(calls))

    async def one_line(index: int, office: Office) -> None:
        rng = np.random.default_rng(index)
        for number in numbers:
            call, _ = next_call(number, kinds, _LENGTH_ACCELERATED_S, rng)
            await office.board.wait(office.board.start(CallSource(call)))
            office.meter.calls += 1
            if office.meter.calls % _WEIGH_EVERY_CALLS == 0:
                office.meter.weigh(float(office.meter.calls))

    with (
        tempfile.TemporaryDirectory() as folder,
        open_office(Path(folder), kinds, is_scripted=True) as office,
    ):
        for quarter in range(4):
            numbers = iter(range(calls * quarter // 4, calls * (quarter + 1) // 4))
            await asyncio.gather(*(one_line(index, office) for index in range(lines)))
            gc.collect()
            objects.append(Counter(type(one).__name__ for one in gc.get_objects()))
        await office.board.stop()
    meter = office.meter
    print(
        f"{meter.calls} calls of {_LENGTH_ACCELERATED_S:.0f} s in {(time.monotonic() - begun) / 60:.1f} min"
    )
    print(meter.memory_told(1000.0, "a thousand calls"))
    print(f"objects after each quarter of the calls: {', '.join(str(found.total()) for found in objects)}")
    grown = objects[3] - objects[1]
    print(f"more of them after the last quarter than after the second: {grown.most_common(8)}")
    return 0


def main() -> int:
    """Parses, runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--hours", type=float, default=0.0)
    parser.add_argument("--calls", type=int, default=0, help="accelerated: so many calls, words of a script")
    parser.add_argument("--lines", type=int, default=3, help="calls at once")
    options = parser.parse_args()
    if options.calls:
        return asyncio.run(accelerated(options.calls, options.lines))
    return asyncio.run(soak(60 * options.hours or options.minutes, options.lines))


if __name__ == "__main__":
    sys.exit(main())
