"""`tingyin replay` and `tingyin report`: calls that are over, as fast as the machine allows."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from monitor.commands.common import console, engine_workers, load_engine
from monitor.config import Settings
from monitor.core import events
from monitor.core.clock import seconds
from monitor.core.inputs import CallInfo
from monitor.core.replay import replay
from monitor.core.settings import CoreSettings
from monitor.engines.scheduler import OfflineTranscriber
from monitor.errors import StoreError
from monitor.ingest.file import FileSource
from monitor.playbook_files import load_playbook
from monitor.runner import run_offline
from monitor.store.journal import read_journal
from monitor.store.reader import read_call
from monitor.switchboard import make_session


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where a replay's results go."""

    events: Path | None = None
    report: Path | None = None


class _Collector:
    """A sink that writes events as lines and keeps what the summary and the report need."""

    def __init__(self, lines: BinaryIO | None, *, keeps_all: bool) -> None:
        self._lines = lines
        self._keeps_all = keeps_all
        self.kept: list[events.AnyEvent] = []
        self.count = 0

    def emit(self, call_id: str, told: Sequence[events.Event]) -> None:
        for event in told:
            self.count += 1
            if self._lines is not None:
                self._lines.write(events.encode(event) + b"\n")
            if self._keeps_all or not isinstance(event, events.Prosody | events.Partial | events.Speaking):
                self.kept.append(cast("events.AnyEvent", event))


def replay_file(source: FileSource, settings: Settings, outputs: Outputs, *, has_words: bool) -> None:
    """Judges a recorded call; writes its events and report and prints a summary.

    Raises:
        TingyinError: the model is missing, or the outputs cannot be written.
    """
    call_id = file_call_id(source.info.title)
    info = CallInfo(
        call_id=call_id,
        started_at="",
        source=source.info.kind,
        title=source.info.title,
        agent=source.info.agent,
        duration_s=source.info.duration_s,
        parties=source.info.parties,
    )
    transcriber = (
        OfflineTranscriber(load_engine(settings), workers=engine_workers(settings)) if has_words else None
    )
    session = make_session(info, settings, load_playbook(), has_words=has_words)
    begun = time.perf_counter()
    with ExitStack() as stack:
        collector = _collector(stack, outputs)
        bar = stack.enter_context(_progress())
        task = bar.add_task(source.info.title, total=source.info.duration_s)
        asyncio.run(
            run_offline(
                call_id,
                session,
                source,
                transcriber,
                [collector],
                on_progress=lambda now: bar.update(task, completed=seconds(now)),
            )
        )
    if transcriber is not None:
        transcriber.close()
    _finish(collector, outputs, time.perf_counter() - begun)


def replay_journal(path: Path, settings: Settings, outputs: Outputs) -> None:
    """Replays a call from the journal of its inputs: the events that the live call had.

    Raises:
        StoreError: the file is no journal, or of a newer version.
    """
    journal = read_journal(path)
    header = journal.header
    core = CoreSettings.model_validate(header.settings)
    settings = settings.model_copy(update={name: getattr(core, name) for name in CoreSettings.model_fields})
    session = make_session(header.info, settings, load_playbook(), has_words=header.has_words)
    begun = time.perf_counter()
    with ExitStack() as stack:
        collector = _collector(stack, outputs)
        for event in replay(session, header.info.call_id, journal.inputs):
            collector.emit(header.info.call_id, [event])
    _finish(collector, outputs, time.perf_counter() - begun)


def report_call(call: str, settings: Settings, target: Path) -> None:
    """Writes the report of a call of the event log, or of a file of events.

    Raises:
        StoreError: there is no such call, or the log cannot be read.
    """
    path = Path(call)
    from monitor.report import build_report

    told = _events_of_file(path) if path.is_file() else _events_of_log(call, settings)
    _write(target, build_report(told).encode())
    console.print(f"report: {target}")


def file_call_id(title: str) -> str:
    """A call's id from its file's name, so that the same file always gives the same events."""
    return re.sub(r"[^\w.-]+", "-", title).strip("-") or "call"


def _collector(stack: ExitStack, outputs: Outputs) -> _Collector:
    lines = None
    if outputs.events is not None:
        try:
            lines = stack.enter_context(outputs.events.open("wb"))
        except OSError as error:
            raise StoreError("store.unwritable", path=outputs.events, reason=error.strerror) from error
    return _Collector(lines, keeps_all=outputs.report is not None)


def _finish(collector: _Collector, outputs: Outputs, took_s: float) -> None:
    if outputs.report is not None:
        from monitor.report import build_report

        _write(outputs.report, build_report(collector.kept).encode())
    _summarise(collector.kept, collector.count, took_s)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise StoreError("store.unwritable", path=path, reason=error.strerror) from error


def _events_of_file(path: Path) -> Iterator[events.AnyEvent]:
    with path.open("rb") as lines:
        for line in lines:
            yield events.decode(line)


def _events_of_log(call_id: str, settings: Settings) -> Iterator[events.AnyEvent]:
    for body in read_call(settings.store.folder, call_id):
        yield events.decode(body)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
    )


def _summarise(kept: Iterable[events.Event], count: int, took_s: float) -> None:
    kept = list(kept)
    ended = next(event for event in kept if isinstance(event, events.CallEnded))
    cleared = {event.id: event.cleared_at_s for event in kept if isinstance(event, events.AlertCleared)}
    speed = ended.duration_s / took_s if took_s > 0 else 0.0
    console.print(
        f"{ended.duration_s:.1f} s of call in {took_s:.1f} s ({speed:.1f} times real time), {count} events; "
        f"speech: agent {ended.talk_s['agent']:.0f} s, caller {ended.talk_s['caller']:.0f} s; "
        f"interruptions: by agent {ended.interruptions['agent']}, by caller {ended.interruptions['caller']}"
    )
    alerts = [event for event in kept if isinstance(event, events.Alert)]
    if alerts:
        table = Table("raised", "cleared", "severity", "party", "rule", "because", box=None, pad_edge=False)
        for alert in alerts:
            table.add_row(
                f"{alert.raised_at_s:.1f}",
                f"{cleared[alert.id]:.1f}" if alert.id in cleared else "",
                alert.severity,
                alert.party or "",
                alert.rule,
                alert.because.en,
            )
        console.print(table)
    for notice in (event for event in kept if isinstance(event, events.Notice)):
        console.print(f"[yellow]{notice.code}[/]  {notice.text.en}", soft_wrap=True)
    if ended.reason != "completed":
        console.print(f"[red]the call was {ended.reason.replace('_', ' ')}[/] {ended.code}")
