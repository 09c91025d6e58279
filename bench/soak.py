"""Calls coming and going for minutes or hours, through the real switchboard and the real recogniser, in real
time: does memory grow, does anything wait ever longer, are words invented where nothing is said.

A few lines are always taken: when a call ends, another begins a moment later, of another part of the shipped
calls, of other length. Every fourth call holds no speech: silence, line noise, ring-back tones or hold music.
The memory's slope is fitted over the run's second half (the first fills caches).

    python -m bench.soak [--minutes 5 | --hours 1] [--lines 3]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import psutil

from bench.asr_calls import CallSource, SpokenCall, shipped_calls
from monitor.commands.common import engine_workers, load_engine
from monitor.config import load_settings
from monitor.core import events
from monitor.core.audio import Party, Pcm
from monitor.core.clock import SAMPLE_RATE_HZ, samples
from monitor.engines.scheduler import Scheduler
from monitor.ingest.paced import PacedSource
from monitor.playbook_files import load_playbook
from monitor.switchboard import Switchboard

_LENGTHS_S = (20.0, 75.0)
_BETWEEN_S = (0.2, 4.0)
_WEIGH_EVERY_S = 5.0
_SILENT_EVERY = 4


@dataclass(slots=True)
class Meter:
    """What is kept of a run; also a sink that counts events and keeps no text."""

    at_s: list[float] = field(default_factory=list)
    mib: list[float] = field(default_factory=list)
    ages_s: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    silent: set[str] = field(default_factory=set)
    """Calls without speech."""
    words_on_silence: int = 0
    calls: int = 0
    call_s: float = 0.0
    silent_s: float = 0.0

    def emit(self, call_id: str, told: Sequence[events.Event]) -> None:
        """Takes events."""
        for event in told:
            self.counts[type(event).__name__] += 1
            if isinstance(event, events.WordsCommitted) and call_id in self.silent:
                self.words_on_silence += len(event.words)

    def slope_mib_h(self) -> float:
        """Of the second half of the run."""
        half = len(self.at_s) // 2
        if len(self.at_s) - half < 3:
            return float("nan")
        return float(np.polyfit(self.at_s[half:], self.mib[half:], 1)[0] * 3600)


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


def next_call(number: int, kinds: Sequence[SpokenCall], rng: np.random.Generator) -> tuple[SpokenCall, bool]:
    """The call of this number, and whether anybody speaks in it."""
    length_s = float(rng.uniform(*_LENGTHS_S))
    if number % _SILENT_EVERY == _SILENT_EVERY - 1:
        kind = number // _SILENT_EVERY % 4
        sound = {party: nothing_said(kind, length_s, rng) for party in Party}
        return SpokenCall(f"no speech {kind}", "zh", sound, ()), False
    whole = kinds[number % len(kinds)]
    return whole.part(float(rng.uniform(0, whole.length_s)), length_s), True


async def line(
    index: int, lines: int, board: Switchboard, meter: Meter, kinds: Sequence[SpokenCall], until: float
) -> None:
    """One line: call after call."""
    rng = np.random.default_rng(index)
    number = index
    while time.monotonic() < until:
        call, has_speech = next_call(number, kinds, rng)
        call_id = board.start(PacedSource(CallSource(call)))
        meter.calls += 1
        meter.call_s += call.length_s
        if not has_speech:
            meter.silent.add(call_id)
            meter.silent_s += call.length_s
        await board.wait(call_id)
        number += lines
        await asyncio.sleep(float(rng.uniform(*_BETWEEN_S)))


async def weigh(meter: Meter, scheduler: Scheduler, begun: float) -> None:
    """Looks at memory and queue until it is cancelled."""
    process = psutil.Process()
    looks = 0
    while True:
        meter.ages_s.append(scheduler.queue_age_s)
        if looks % round(_WEIGH_EVERY_S / 0.1) == 0:
            gc.collect()
            meter.at_s.append(time.monotonic() - begun)
            meter.mib.append(process.memory_info().rss / 2**20)
        looks += 1
        await asyncio.sleep(0.1)


async def soak(minutes: float, lines: int) -> int:
    """Runs and prints; 1 where finals were dropped or words invented beyond the goal of one an hour."""
    settings = load_settings()
    scheduler = Scheduler(load_engine(settings), workers=engine_workers(settings))
    meter = Meter()
    board = Switchboard(settings, load_playbook(), [meter], transcriber=scheduler)
    kinds = shipped_calls()
    begun = time.monotonic()
    cpu = time.process_time()
    watch = asyncio.create_task(weigh(meter, scheduler, begun))
    until = begun + 60 * minutes
    await asyncio.gather(*(line(index, lines, board, meter, kinds, until) for index in range(lines)))
    watch.cancel()
    await board.stop()
    await asyncio.to_thread(scheduler.close)
    cpu = time.process_time() - cpu
    dropped = scheduler.counters["failed"] + scheduler.counters["given_up"] + scheduler.counters["hung"]
    print(
        f"{meter.calls} calls on {lines} lines in {(time.monotonic() - begun) / 60:.1f} min "
        f"({meter.call_s / 60:.1f} min of call, {meter.silent_s / 60:.1f} of them without speech), "
        f"{cpu / meter.call_s:.3f} cores a second of call"
    )
    print(
        f"memory {meter.mib[0]:.0f} MiB at the start, {max(meter.mib):.0f} at most, {meter.mib[-1]:.0f} at "
        f"the end; slope of the second half {meter.slope_mib_h():+.1f} MiB an hour"
    )
    print(
        f"oldest in the queue: at most {max(meter.ages_s):.2f}, p95 {np.quantile(meter.ages_s, 0.95):.2f} s; "
        f"finals lost {dropped}; words where nothing is said {meter.words_on_silence}"
    )
    print(f"requests {json.dumps(dict(scheduler.counters))}; guards {json.dumps(dict(scheduler.guards))}")
    print(f"events {json.dumps(dict(meter.counts.most_common(8)))}")
    allowed = max(1.0, meter.silent_s / 3600)
    return 1 if dropped or meter.words_on_silence > allowed else 0


def main() -> int:
    """Parses, runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--hours", type=float, default=0.0)
    parser.add_argument("--lines", type=int, default=3, help="calls at once")
    options = parser.parse_args()
    return asyncio.run(soak(60 * options.hours or options.minutes, options.lines))


if __name__ == "__main__":
    sys.exit(main())
