"""How late words come, for 1 to 16 two-party calls in real time through the real switchboard, and how many
calls hold the goals; beside it, in the same run, faster-whisper's own `transcribe` in a sliding window.

Each call is another part of the shipped calls (`--data FOLDER`: of calls composed of a folder's read speech),
so that none speak in step. Delays count from the true end of each word: to when it was first shown, and to
when it was committed. Run it on a machine that does nothing else: every figure is of the wall's clock.

    python -m bench.asr_latency [--calls 1,2,5,8,10,16] [--seconds 45] [--finals 16,24] [--peer 2,5]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import peer_streaming
from bench.asr_calls import CallSource, SpokenCall, calls_of, composed_calls, shipped_calls
from bench.asr_measures import Delays, Stream, delays_of, percentiles, unstable_words
from monitor.commands.common import engine_workers, load_engine
from monitor.config import Settings, load_settings
from monitor.core import events
from monitor.core.audio import AudioFrame, Party
from monitor.core.clock import SAMPLE_RATE_HZ
from monitor.core.recognition import Effort, Hypothesis, SpeechRecogniser, TranscriptionRequest
from monitor.engines.capacity import estimate, measure
from monitor.engines.scheduler import Scheduler
from monitor.ingest.paced import PacedSource
from monitor.ingest.source import SourceNotice
from monitor.playbook_files import load_playbook
from monitor.switchboard import Switchboard

_PACKET_S = 0.1
_TRAIL_S = 0.2
"""Silence that is decoded after the last speech (`core.transcription.utterances`)."""

MUST = {"shown p50": 1.0, "shown p95": 1.8, "committed mean": 1.8, "committed p95": 3.0, "final p95": 1.5}
AIM = {"shown p50": 0.8, "shown p95": 1.4, "committed mean": 1.2, "committed p95": 2.4, "final p95": 1.2}
"""Seconds, from the design of the stream."""


class Clocked:
    """A source that notes when its call began: its first packet's first sample."""

    def __init__(self, call: SpokenCall) -> None:
        self._source = PacedSource(CallSource(call))
        self.info = self._source.info
        self.begun_at = 0.0

    async def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
        """The call's packets, each when its last sample would have been heard."""
        self.begun_at = time.monotonic()
        async for item in self._source.frames():
            yield item


class TimedRecogniser:
    """Notes when each request's decoding began."""

    def __init__(self, recogniser: SpeechRecogniser) -> None:
        self._recogniser = recogniser
        self.begun_at: dict[int, float] = {}
        self.guards: Any = getattr(recogniser, "guards", {})

    def decode(self, requests: Sequence[TranscriptionRequest], *, effort: Effort) -> list[Hypothesis]:
        """Decodes."""
        now = time.monotonic()
        self.begun_at.update((id(request), now) for request in requests)
        return self._recogniser.decode(requests, effort=effort)


@dataclass(slots=True)
class FinalDelays:
    """Seconds from the last speech of an utterance to its final answer, and how they were spent."""

    endpoint_s: list[float] = field(default_factory=list)
    queue_s: list[float] = field(default_factory=list)
    compute_s: list[float] = field(default_factory=list)
    total_s: list[float] = field(default_factory=list)


class TimedTranscriber:
    """The scheduler, with a stopwatch on every final that ended an utterance."""

    def __init__(self, scheduler: Scheduler, recogniser: TimedRecogniser) -> None:
        self._scheduler, self._recogniser = scheduler, recogniser
        self.sources: dict[str, Clocked] = {}
        self.finals = FinalDelays()
        self.failed = 0

    async def submit(self, call_id: str, request: TranscriptionRequest) -> Hypothesis | None:
        """Passes a request on."""
        asked_at = time.monotonic()
        answer = await self._scheduler.submit(call_id, request)
        told_at = time.monotonic()
        begun_at = self._recogniser.begun_at.pop(id(request), asked_at)
        is_kept = request.speculation is None or request.speculation.is_kept
        if answer is None or not request.is_final or not is_kept:
            return answer
        self.failed += answer.rejected == "engine_failed"
        spoken_at = self.sources[call_id].begun_at + request.span.end / SAMPLE_RATE_HZ - _TRAIL_S
        self.finals.endpoint_s.append(asked_at - spoken_at)
        self.finals.queue_s.append(begun_at - asked_at)
        self.finals.compute_s.append(told_at - begun_at)
        self.finals.total_s.append(told_at - spoken_at)
        return answer


class Watcher:
    """A sink that keeps every text with when it came."""

    def __init__(self) -> None:
        self.streams: dict[tuple[str, str], Stream] = {}
        self.sources: dict[str, Clocked] = {}
        self.lagging = 0

    def emit(self, call_id: str, told: Sequence[events.Event]) -> None:
        """Takes events."""
        at_s = time.monotonic() - self.sources[call_id].begun_at
        for event in told:
            if isinstance(event, events.WordsCommitted):
                stream = self._stream(call_id, event.party)
                for word in event.words:
                    stream.commit(at_s, word.text)
                stream.show(at_s, "")
            elif isinstance(event, events.Partial):
                self._stream(call_id, event.party).show(at_s, event.text)
            elif isinstance(event, events.EngineLagging):
                self.lagging += event.is_lagging

    def _stream(self, call_id: str, party: str) -> Stream:
        return self.streams.setdefault((call_id, party), Stream())


@dataclass(slots=True)
class Result:
    """What one run measured."""

    calls: int
    delays: Delays
    finals: FinalDelays
    cores: float
    """Of the whole product, a second of call."""
    unstable: float
    queue_age_max_s: float
    lagging: int
    dropped_finals: int
    counters: dict[str, int]

    @property
    def figures(self) -> dict[str, float]:
        """What the goals are set for."""
        shown, committed = percentiles(self.delays.shown_s), percentiles(self.delays.committed_s)
        return {
            "shown p50": shown["p50"],
            "shown p95": shown["p95"],
            "committed mean": committed["mean"],
            "committed p95": committed["p95"],
            "final p95": percentiles(self.finals.total_s)["p95"],
        }

    def holds(self, goals: dict[str, float], *, finals_only: bool = False) -> bool:
        """Whether every figure is within its goal and no final was dropped."""
        wanted = {"final p95": goals["final p95"]} if finals_only else goals
        return not self.dropped_finals and all(self.figures[name] <= most for name, most in wanted.items())


async def run(calls: Sequence[SpokenCall], settings: Settings, engine: SpeechRecogniser) -> Result:
    """Hears the calls side by side, in real time."""
    recogniser = TimedRecogniser(engine)
    scheduler = Scheduler(recogniser, workers=engine_workers(settings))
    transcriber, watcher = TimedTranscriber(scheduler, recogniser), Watcher()
    sources = [Clocked(call) for call in calls]
    transcriber.sources = watcher.sources = {}
    board = Switchboard(settings, load_playbook(), [watcher], transcriber=transcriber)
    scheduler.watch_lag(board.tell_lag)
    ages: list[float] = []
    cpu = time.process_time()
    ids = []
    for source in sources:
        ids.append(board.start(source))
        watcher.sources[ids[-1]] = source
        await asyncio.sleep(_PACKET_S / len(sources))  # no two calls' packets come in step
    waits = asyncio.gather(*(board.wait(call_id) for call_id in ids))
    while not waits.done():
        ages.append(scheduler.queue_age_s)
        await asyncio.sleep(0.1)
    cpu = time.process_time() - cpu
    length_s = sum(call.length_s for call in calls)
    await board.stop()
    await asyncio.to_thread(scheduler.close)
    delays, changed, said = Delays(), 0, 0
    for call_id, call in zip(ids, calls, strict=True):
        for party in Party:
            stream = watcher.streams.get((call_id, party.value), Stream())
            delays.add(delays_of([word for word in call.words if word.party is party], stream))
            wrong, total = unstable_words(stream)
            changed, said = changed + wrong, said + total
    return Result(
        calls=len(calls),
        delays=delays,
        finals=transcriber.finals,
        cores=cpu / length_s,
        unstable=changed / max(1, said),
        queue_age_max_s=max(ages, default=0.0),
        lagging=watcher.lagging,
        dropped_finals=transcriber.failed + scheduler.counters["given_up"],
        counters=dict(scheduler.counters),
    )


def describe(result: Result) -> str:
    """One run in three lines."""
    d, f = result.delays, result.finals

    def spread(values: Sequence[float]) -> str:
        found = percentiles(values)
        return "  ".join(f"{name} {found[name]:5.2f}" for name in ("mean", "p50", "p95", "p99"))

    parts = " + ".join(
        f"{name} {percentiles(values)['p50']:.2f}/{percentiles(values)['p95']:.2f}"
        for name, values in (("endpoint", f.endpoint_s), ("queue", f.queue_s), ("compute", f.compute_s))
    )
    holds = "aim" if result.holds(AIM) else "must" if result.holds(MUST) else "NOT HELD"
    return (
        f"{result.calls:2} calls: {result.cores:.3f} cores a second of call, goals: {holds}; errors "
        f"{100 * d.errors / max(1, d.truths):.1f} % of {d.truths} words or characters, {d.missed} never came;"
        f" unstable partial words {100 * result.unstable:.1f} %; oldest in queue "
        f"{result.queue_age_max_s:.2f} s;"
        f" told of lag {result.lagging} times; finals dropped {result.dropped_finals}\n"
        f"    shown      {spread(d.shown_s)} s\n"
        f"    committed  {spread(d.committed_s)} s\n"
        f"    final      {spread(f.total_s)} s after the last speech (p50/p95: {parts})\n"
        f"    requests   {json.dumps(result.counters)}"
    )


def parse() -> argparse.Namespace:
    """The arguments; lists may be empty."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calls", default="1,2,5,8,10,16", help="calls side by side, one run each")
    parser.add_argument("--finals", default="16,24", help="the same without partials")
    parser.add_argument("--peer", default="2,5", help="calls for faster-whisper's sliding window")
    parser.add_argument("--seconds", type=float, default=45.0, help="length of each run")
    parser.add_argument(
        "--data", type=Path, default=None, help="a folder with a manifest, to compose the calls from"
    )
    parser.add_argument("--model", default=None, help="a model of the catalogue, a folder, a hub's name")
    return parser.parse_args()


def numbers(text: str) -> list[int]:
    """A list of numbers with commas."""
    return [int(part) for part in text.split(",") if part]


def main() -> int:
    """Runs all, prints as it goes."""
    options = parse()
    settings = load_settings(None, {"engine": {"model": options.model}})
    engine = load_engine(settings)
    kinds = shipped_calls()
    if options.data is not None:
        kinds = composed_calls(
            options.data / "asr" if (options.data / "asr").is_dir() else options.data, engine
        )
    told = estimate(measure(engine, known_languages=engine.known_languages), cores=os.cpu_count() or 1)
    print(
        f"model {settings.engine.model}, {options.seconds:.0f} s a run; doctor's estimate: "
        f"{told.with_partials} calls with partials, {told.with_finals} without",
        flush=True,
    )
    best = {"aim": 0, "must": 0, "finals only": 0}
    for count in numbers(options.calls):
        result = asyncio.run(run(calls_of(count, options.seconds, kinds), settings, engine))
        print(describe(result), flush=True)
        for name, goals in (("aim", AIM), ("must", MUST)):
            best[name] = max(best[name], count if result.holds(goals) else 0)
    quiet = settings.transcription.model_copy(update={"has_partials": False})
    for count in numbers(options.finals):
        finals_only = settings.model_copy(update={"transcription": quiet})
        result = asyncio.run(run(calls_of(count, options.seconds, kinds), finals_only, engine))
        print(f"without partials, {describe(result)}", flush=True)
        held = result.holds(MUST, finals_only=True)
        best["finals only"] = max(best["finals only"], count if held else 0)
    for count in numbers(options.peer):
        print(peer_streaming.run(calls_of(count, options.seconds, kinds), settings), flush=True)
    print(f"largest number of calls held: {json.dumps(best)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
