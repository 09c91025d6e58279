"""How late words come, on a busy machine and the same on any day: real calls, real answers, simulated time.

Sessions, queue and recogniser are the product's. Packets come every 100 ms of a made clock, an answer takes
what `bench.decode_costs` says it costs, two decoders share two cores with the analysis of sound. So a law of
the queue or a way of decoding can be judged without a quiet machine; `bench.asr_latency` has the last word.

    python -m bench.asr_simulated [--calls 1,2,5,8,10] [--seconds 45] [--answers FILE]
"""

from __future__ import annotations

import argparse
import hashlib
import heapq
import json
import pickle
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from bench.asr_calls import SpokenCall, calls_of, composed_calls, shipped_calls
from bench.asr_latency import AIM, MUST, numbers
from bench.asr_measures import Delays, Stream, delays_of, percentiles, unstable_words
from bench.decode_costs import Counted, Operation, batch_ms
from bench.streamed import NoF0
from monitor.commands.common import load_engine
from monitor.config import load_settings
from monitor.core import events
from monitor.core.audio import AudioFrame, Party
from monitor.core.clock import BLOCK_SAMPLES, SAMPLE_RATE_HZ
from monitor.core.hearing import Ears
from monitor.core.inputs import CallInfo, RequestDropped, SessionInput, SoundEnd
from monitor.core.playbook.model import RuleBook
from monitor.core.recognition import Effort, Hypothesis, TranscriptionRequest
from monitor.core.session import CallSession
from monitor.core.settings import CoreSettings
from monitor.engines.queue import Item, RequestQueue
from monitor.engines.scripted import ScriptedTranscriber, ScriptedWord
from monitor.engines.silero import SileroSpeechModel
from monitor.engines.whisper import WhisperEngine
from monitor.engines.whisper_looks import first_look

_BLOCK_S = BLOCK_SAMPLES / SAMPLE_RATE_HZ
_ANALYSIS_LATE_S = 0.03
"""From a packet or an answer to what the analysis makes of it."""
_TRAIL_S = 0.2
_PATIENCE_S = 20.0


class Answers:
    """The engine's answers, each computed once: by what was asked, whenever it is asked."""

    def __init__(self, engine: WhisperEngine, file: Path | None) -> None:
        self._engine = engine
        self._counted = Counted(engine._model)
        engine._model = self._counted
        self._file = file
        self._known: dict[str, tuple[Hypothesis, list[Operation]]] = {}
        self.computed = 0
        if file is not None and file.exists():
            self._known = pickle.loads(file.read_bytes())

    def of(
        self, call: SpokenCall, request: TranscriptionRequest, *, effort: Effort
    ) -> tuple[Hypothesis, list[Operation]]:
        """What the engine answers, and what that took."""
        asked = (
            hashlib.sha1(request.pcm.tobytes()).hexdigest(), request.span, request.is_final, request.language,
            request.is_language_open, request.hint, int(effort),
            0 if request.run_up is None else hashlib.sha1(request.run_up.tobytes()).hexdigest(),
        )  # fmt: skip
        key = repr(asked)
        if key not in self._known:
            self._counted.operations = []
            (answer,) = self._engine.decode([request], effort=effort)
            self._known[key] = answer, list(self._counted.operations)
            self.computed += 1
        return self._known[key]

    def keep(self) -> None:
        """Writes the answers to the file, for another run."""
        if self._file is not None:
            self._file.write_bytes(pickle.dumps(self._known))


class Scripted:
    """Answers without a recogniser: the words that are truly said, at the cost of hearing them."""

    computed = 0

    def of(
        self, call: SpokenCall, request: TranscriptionRequest, *, effort: Effort
    ) -> tuple[Hypothesis, list[Operation]]:
        """The words of the stretch, and what they would take."""
        space = "" if call.language == "zh" else " "
        script = [
            ScriptedWord(word.party, word.start_s, word.end_s, space + word.text) for word in call.words
        ]
        recogniser = ScriptedTranscriber(script, language=call.language)
        (answer,) = recogniser.decode([request], effort=effort)
        look = first_look(len(request.pcm) // 160, is_final=request.is_final, effort=effort)
        tokens = round(1.2 * sum(max(1, len(word.text) * (not space)) for word in answer.words))
        asked = [Operation("encode", look.frames), Operation("generate", look.frames, look.beam, tokens)]
        if request.is_language_open and not request.is_language_sure:
            asked.append(Operation("detect", look.frames))
        if request.is_final:
            asked.append(Operation("align", look.frames, tokens=tokens))
        return answer, asked

    def keep(self) -> None:
        """Nothing was computed."""


@dataclass(slots=True)
class _Call:
    """One call under way."""

    call: SpokenCall
    session: CallSession
    begun_s: float
    streams: dict[str, Stream] = field(default_factory=dict)


@dataclass(slots=True)
class _Task:
    """A batch that is being decoded."""

    batch: list[Item]
    answers: list[Hypothesis]
    begun_s: float
    left_s: float
    """Of a core's time."""


@dataclass(slots=True)
class Outcome:
    """What one simulated run gave."""

    calls: int
    delays: Delays = field(default_factory=Delays)
    finals_s: list[float] = field(default_factory=list)
    finals_queue_s: list[float] = field(default_factory=list)
    finals_compute_s: list[float] = field(default_factory=list)
    decode_core_s: float = 0.0
    call_s: float = 0.0
    unstable: tuple[int, int] = (0, 0)
    counters: Counter[str] = field(default_factory=Counter)
    spent_ms: Counter[str] = field(default_factory=Counter)


class Simulation:
    """Calls side by side on a machine of `cores`, with `workers` decoders."""

    def __init__(
        self,
        calls: Sequence[SpokenCall],
        settings: CoreSettings,
        answers: Answers | Scripted,
        *,
        cores: float = 2.0,
        workers: int = 2,
        analysis: float = 0.08,
    ) -> None:
        """`analysis` is what a second of call takes of a core without words."""
        self._answers = answers
        self._queue = RequestQueue(workers)
        self._workers = workers
        self._cores = max(0.5, cores - analysis * len(calls))
        self._now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._tasks: list[_Task] = []
        self._wake_s: float | None = None
        self.outcome = Outcome(len(calls))
        self._calls: dict[str, _Call] = {}
        for number, call in enumerate(calls):
            info = CallInfo(call_id=f"c{number}", started_at="", source="file", title="bench")
            ears = {party: Ears(speech=SileroSpeechModel(), f0=NoF0()) for party in Party}
            session = CallSession(info, settings, RuleBook(()), ears, has_words=True)
            begun_s = _BLOCK_S * (number * 0.381966 % 1.0)
            self._calls[info.call_id] = _Call(call, session, begun_s)
            self.outcome.call_s += call.length_s
            for block in range(int(call.length_s / _BLOCK_S)):
                at_s = begun_s + (block + 1) * _BLOCK_S + _ANALYSIS_LATE_S
                self._at(at_s, partial(self._hear, info.call_id, block))
            self._at(at_s, partial(self._tell, info.call_id, SoundEnd()))

    def run(self) -> Outcome:
        """To the end of all calls."""
        end_s = max(call.begun_s + call.call.length_s for call in self._calls.values()) + _PATIENCE_S
        while self._now < end_s:
            next_s = min([self._events[0][0]] if self._events else [end_s])
            if self._wake_s is not None:
                next_s = min(next_s, self._wake_s)
            speed = min(1.0, self._cores / max(1, len(self._tasks)))
            if self._tasks:
                next_s = min(next_s, self._now + min(task.left_s for task in self._tasks) / speed)
            elif not self._events and not len(self._queue):
                break
            for task in self._tasks:
                task.left_s -= (next_s - self._now) * speed
            self._now = next_s
            for task in [task for task in self._tasks if task.left_s <= 1e-9]:
                self._end(task)
            while self._events and self._events[0][0] <= self._now + 1e-9:
                heapq.heappop(self._events)[2]()
            self._start()
        self._score()
        return self.outcome

    def _at(self, at_s: float, work: Callable[[], None]) -> None:
        heapq.heappush(self._events, (at_s, next(self._order), work))

    def _hear(self, call_id: str, block: int) -> None:
        call = self._calls[call_id]
        at = block * BLOCK_SAMPLES
        for party, pcm in call.call.sound.items():
            frame = AudioFrame(party=party, start=at, pcm=pcm[at : at + BLOCK_SAMPLES])
            self._tell(call_id, frame)

    def _tell(self, call_id: str, item: SessionInput) -> None:
        call = self._calls[call_id]
        at_s = self._now - call.begun_s
        for event in call.session.receive(item):
            if isinstance(event, events.WordsCommitted):
                stream = call.streams.setdefault(event.party, Stream())
                for word in event.words:
                    stream.commit(at_s, word.text)
                stream.show(at_s, "")
            elif isinstance(event, events.Partial):
                call.streams.setdefault(event.party, Stream()).show(at_s, event.text)
        for request in call.session.requests():
            self._ask(call_id, request)

    def _ask(self, call_id: str, request: TranscriptionRequest) -> None:
        def resolve(answer: Hypothesis | None) -> None:
            told = answer or RequestDropped(request_id=request.id)
            self._at(self._now + _ANALYSIS_LATE_S, lambda: self._tell(call_id, told))

        self._queue.put(Item(call_id, request, resolve, lambda: False, self._now, self._now), self._now)

    def _start(self) -> None:
        self._wake_s = None
        while len(self._tasks) < self._workers:
            batch = self._queue.take(self._now)
            if not batch:
                due_s = self._queue.next_due_s(self._now)
                if due_s is not None:
                    self._wake_s = self._now + max(0.01, due_s)
                return
            running_s = sum(self._now - task.begun_s for task in self._tasks)
            effort = self._queue.effort(self._now, running_s)
            found = [
                self._answers.of(self._calls[item.call_id].call, item.request, effort=effort)
                for item in batch
            ]
            cost_s = batch_ms([operations for _, operations in found]) / 1000
            self.outcome.decode_core_s += cost_s
            kind = "final" if batch[0].request.is_final else "partial"
            self.outcome.spent_ms[kind] += round(1000 * cost_s)
            for _, operations in found:
                for operation in operations:
                    self.outcome.counters[f"{kind} {operation.kind}"] += 1
                    self.outcome.counters[f"{kind} tokens"] += operation.tokens * (
                        operation.kind == "generate"
                    )
            if effort is not Effort.QUICK:
                self.outcome.counters[effort.name.lower()] += sum(item.request.is_final for item in batch)
            self._tasks.append(_Task(batch, [answer for answer, _ in found], self._now, cost_s))

    def _end(self, task: _Task) -> None:
        self._tasks.remove(task)
        self._queue.done(task.batch, self._now, self._now - task.begun_s)
        for item, answer in zip(task.batch, task.answers, strict=True):
            request = item.request
            item.resolve(answer)
            if request.is_final and (request.speculation is None or not request.speculation.is_over):
                # Whether the guess is kept is known a moment later, so it is looked at then.
                at_s = self._now
                self._at(at_s + 0.5, partial(self._note_final, item, at_s, task))

    def _note_final(self, item: Item, at_s: float, task: _Task) -> None:
        request = item.request
        if request.speculation is not None and not request.speculation.is_kept:
            return
        spoken_s = self._calls[item.call_id].begun_s + request.span.end / SAMPLE_RATE_HZ - _TRAIL_S
        self.outcome.finals_s.append(at_s - spoken_s)
        self.outcome.finals_queue_s.append(task.begun_s - item.asked_at)
        self.outcome.finals_compute_s.append(at_s - task.begun_s)

    def _score(self) -> None:
        out = self.outcome
        for call in self._calls.values():
            for party in Party:
                stream = call.streams.get(party.value, Stream())
                out.delays.add(delays_of([word for word in call.call.words if word.party is party], stream))
                wrong, total = unstable_words(stream)
                out.unstable = out.unstable[0] + wrong, out.unstable[1] + total
        out.counters.update(self._queue.counters)


def describe(out: Outcome) -> str:
    """One run in a few lines."""
    shown, committed = percentiles(out.delays.shown_s), percentiles(out.delays.committed_s)
    final = percentiles(out.finals_s)
    figures = {
        "shown p50": shown["p50"],
        "shown p95": shown["p95"],
        "committed mean": committed["mean"],
        "committed p95": committed["p95"],
        "final p95": final["p95"],
    }
    goals = {"aim": AIM, "must": MUST}
    held = [name for name, goal in goals.items() if all(figures[key] <= goal[key] for key in goal)]
    wrong = 100 * out.delays.errors / max(1, out.delays.truths)
    unstable = 100 * out.unstable[0] / max(1, out.unstable[1])
    waited = {
        "queue": percentiles(out.finals_queue_s)["p95"],
        "compute": percentiles(out.finals_compute_s)["p95"],
    }
    return (
        f"{out.calls:2} calls: {out.decode_core_s / out.call_s:.3f} cores a second of call for words; goals: "
        f"{held[0] if held else 'NOT HELD'}; errors {wrong:.1f} % of {out.delays.truths}, "
        f"{out.delays.missed} never came; unstable {unstable:.1f} %\n"
        f"    {_line('shown', shown)}   {_line('committed', committed)}   {_line('final', final)} "
        f"(p95 of queue {waited['queue']:.2f}, of compute {waited['compute']:.2f})\n"
        f"    {json.dumps(dict(sorted(out.counters.items())))} core-ms {json.dumps(dict(out.spent_ms))}"
    )


def _line(name: str, found: Mapping[str, float]) -> str:
    return name + "".join(f" {share} {value:.2f}" for share, value in found.items())


def main() -> int:
    """Runs, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calls", default="1,2,5,8,10")
    parser.add_argument("--seconds", type=float, default=45.0)
    parser.add_argument("--data", type=Path, default=None, help="compose the calls of this folder's speech")
    parser.add_argument("--answers", type=Path, default=None, help="keeps answers from run to run")
    parser.add_argument("--scripted", action="store_true", help="the true words, not a recogniser's")
    parser.add_argument("--analysis", type=float, default=0.08, help="cores a second of call without words")
    options = parser.parse_args()
    settings = load_settings()
    engine = load_engine(settings)
    kinds: Any = (
        shipped_calls()
        if options.data is None
        else composed_calls(options.data / "asr" if (options.data / "asr").is_dir() else options.data, engine)
    )
    answers = Scripted() if options.scripted else Answers(engine, options.answers)
    for number in numbers(options.calls):
        calls = calls_of(number, options.seconds, kinds)
        print(
            describe(Simulation(calls, settings.core, answers, analysis=options.analysis).run()), flush=True
        )
    answers.keep()
    print(f"{answers.computed} answers computed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
