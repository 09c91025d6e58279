"""Searching a large history: time of a search, size of the index, and what keeping it costs beside the log.

Calls are composed of the lines of the labelled conversations, half Mandarin, half English, each with as many
other events (speaking, prosody, temper, turns, alerts) as `--events` asks for. They are written into an event
log as the product writes them, and read into the index as the product reads them, without its rests.

    python -m bench.history --calls 10000 --events 300
"""

from __future__ import annotations

import argparse
import random
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args
from zoneinfo import ZoneInfo

from bench.common import describe_machine, percentile
from bench.labelled import load_conversations
from monitor.core.events import Alert, Event, Prosody, Speaking, Stretch, Temper, Text
from monitor.history.figures import NOT_NEEDED, figures
from monitor.history.index import HistoryIndex, index_path
from monitor.history.keeper import stored_events
from monitor.history.search import History, Question
from monitor.history.trends import By, trends
from monitor.store.log import EventLog
from tests.history.made_calls import MadeCall

Found = TypeVar("Found")

AGENTS = [f"{number}" for number in range(8001, 8031)]
RULES = [f"S{table}-{number:02d}" for table in range(5) for number in range(1, 33)]
CUES: tuple[Literal["done", "ignored"], ...] = ("done", "ignored")
RUNS = 15

QUESTIONS: dict[str, Question] = {
    "no filter": Question(),
    "one character, common (我)": Question(words="我"),
    "two characters (投诉)": Question(words="投诉"),
    "four characters (我要投诉)": Question(words="我要投诉"),
    "a word (refund)": Question(words="refund"),
    "a common word (the)": Question(words="the"),
    "a phrase": Question(words='"tracking number"'),
    "two words (退款 投诉)": Question(words="退款 投诉"),
    "a word that nobody said": Question(words="xylophone"),
    "an agent's calls": Question(agents=[AGENTS[7]]),
    "a word in an agent's calls": Question(words="我", agents=[AGENTS[7]]),
    "a rule, grave, of ten agents": Question(rules=[RULES[3]], severity="high", agents=AGENTS[:10]),
}


def conversations() -> list[list[tuple[str, str]]]:
    """What is said in the labelled conversations, by party."""
    return [
        [(str(turn.party), "".join(word.text for word in turn.words).strip()) for turn in conversation.turns]
        for conversation in load_conversations()
    ]


def other_events(call_id: str, seq: int, count: int, dice: random.Random) -> Iterator[Event]:
    """What a call has besides its words: mostly prosody, as in life."""
    for number in range(count):
        common: dict[str, Any] = {"call_id": call_id, "seq": seq + number, "t_s": number * 0.5}
        kind = dice.random()
        if kind < 0.75:
            yield Prosody(
                **common,
                party="caller",
                at_s=number * 0.5,
                f0_hz=round(dice.uniform(90, 300), 1),
                f0_st=round(dice.uniform(-4, 8), 2),
                level_dbfs=-21.5,
                level_db=1.5,
                rate_syl_s=5.1,
                rate_ratio=1.07,
                alpha_db=-8.2,
                voicing=0.91,
                confidence=0.8,
            )
        elif kind < 0.9:
            yield Temper(**common, party="caller", score=dice.random(), state="calm", evidence=[])
        elif kind < 0.99:
            yield Speaking(
                **common, party="agent", is_speaking=False, start_s=number * 0.5, end_s=number * 0.5 + 1
            )
        else:
            rule = dice.choice(RULES)
            yield Alert(
                **common,
                id=f"a{number}",
                rule=rule,
                title=Text(f"规则 {rule}", f"Rule {rule}"),
                severity=dice.choice(["low", "medium", "high", "critical"]),
                party="agent",
                about=Stretch(start_s=number * 0.5, end_s=number * 0.5 + 1),
                raised_at_s=number * 0.5,
                because=Text("因为", "because"),
                evidence=[],
            )


def make_calls(count: int, events: int) -> Iterator[list[Event]]:
    """Calls of the last ninety days, each with all its events."""
    dice = random.Random(7)
    told = conversations()
    first = datetime.now(UTC) - timedelta(days=90)
    for number in range(count):
        started = first + timedelta(days=90) * (number / count)
        lines = [line for part in dice.sample(told, 3) for line in part]
        call = MadeCall(
            f"call-{number:06d}",
            agent=dice.choice(AGENTS),
            started_at=started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            lines=lines,  # type: ignore[arg-type]
            duration_s=dice.uniform(60, 900),
            interruptions=["agent"] * dice.randrange(4),
            cues=CUES[: dice.randrange(3)],
        )
        begun = call.events(is_over=False)
        others = list(other_events(call.call_id, call._seq + 1, max(0, events - len(begun)), dice))
        call._seq += len(others)
        yield [*begun, *others, call.ended()]


def cpu_s() -> float:
    """Seconds that this process has computed, over all its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def fill(folder: Path, calls: int, events: int) -> tuple[float, int]:
    """Writes the log; returns CPU seconds of appending and writing, and the events written."""
    spent, written = 0.0, 0
    with EventLog(folder, queue_events=1_000_000) as log:
        for told in make_calls(calls, events):
            before = cpu_s()
            log.append(told[0].call_id, told)
            log.flush(60.0)
            spent += cpu_s() - before
            written += len(told)
    return spent, written


def read_in(folder: Path) -> tuple[float, int]:
    """Reads every call into the index; returns CPU seconds and the utterances."""
    index, spoken = HistoryIndex(folder), 0
    with EventLog(folder) as log, closing(sqlite3.connect(log.path)) as reader:
        records = []
        before: int | None = None
        while page := log.calls(500, before):
            records += page
            before = page[-1].number
        began = cpu_s()
        for record in records:
            found = figures(stored_events(reader, record.call_id, NOT_NEEDED))
            index.add(record, found)
            spoken += len(found.said)
        spent = cpu_s() - began
    index.close()
    return spent, spoken


def size_mb(path: Path) -> float:
    """With what SQLite keeps beside it."""
    parts = [path.with_name(path.name + end) for end in ("", "-wal")]
    return sum(part.stat().st_size for part in parts if part.exists()) / 1e6


@dataclass(frozen=True)
class Times:
    """Of each run, milliseconds that passed and milliseconds that were computed."""

    passed: list[float]
    computed: list[float]


def timed(work: Callable[[], Found]) -> tuple[Times, Found]:
    """How long each run took, and what the last gave."""
    times = Times([], [])
    for _ in range(RUNS):
        began, computing = time.perf_counter(), time.thread_time()
        answer = work()
        times.passed.append((time.perf_counter() - began) * 1e3)
        times.computed.append((time.thread_time() - computing) * 1e3)
    return times, answer


def report(name: str, times: Times, found: int) -> None:
    """Prints one line."""
    p50, p95 = percentile(times.passed, 0.5), percentile(times.passed, 0.95)
    cpu = percentile(times.computed, 0.5)
    print(f"  {name:30} p50 {p50:6.1f} ms, p95 {p95:6.1f} ms, CPU {cpu:6.1f} ms  {found:6} found", flush=True)


def main() -> None:
    """Prints the figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--calls", type=int, default=10_000)
    asked.add_argument("--events", type=int, default=300, help="events of a call")
    asked.add_argument("--folder", type=Path, help="keep the log here, and use it if it is there")
    given = asked.parse_args()
    print(describe_machine())
    with tempfile.TemporaryDirectory() as made:
        folder = given.folder or Path(made)
        if not (folder / "events.db").exists():
            wrote_s, written = fill(folder, given.calls, given.events)
            print(f"{given.calls} calls, {written} events: log {size_mb(folder / 'events.db'):.0f} MB")
            read_s, spoken = read_in(folder)
            print(
                f"index {size_mb(index_path(folder)):.1f} MB for {spoken} utterances; CPU of a call:"
                f" log {wrote_s / given.calls * 1e3:.2f} ms, index {read_s / given.calls * 1e3:.2f} ms"
                f" ({read_s / wrote_s:.2f} of the log's)"
            )
        history = History(folder)
        print("searches, a page of 50 with its places and the count of all:")
        for name, question in QUESTIONS.items():
            times, answer = timed(partial(history.search, question))
            report(name, times, answer.total)
        page = history.search(QUESTIONS["no filter"], limit=1)
        last = max(1, page.calls[0].number - given.calls + 60)
        times, _ = timed(lambda: history.search(QUESTIONS["no filter"], before=last))
        report("the last page", times, 50)
        zone = ZoneInfo("Asia/Shanghai")
        for by in get_args(By):
            times, sums = timed(partial(trends, history, Question(), by, zone))
            report(f"trends of all by {by}", times, len(sums))
        history.close()


if __name__ == "__main__":
    main()
