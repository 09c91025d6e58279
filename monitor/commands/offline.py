"""`tingyin replay` and `tingyin report`: calls that are over, as fast as the machine allows."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, cast

import msgspec
from pydantic import ValidationError
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from monitor.commands.common import console, engine_workers, load_engine
from monitor.commands.output import OutputFile
from monitor.config import Settings
from monitor.core import events
from monitor.core.clock import seconds
from monitor.core.inputs import CallEnd, CallInfo, SessionInput, SoundEnd
from monitor.core.playbook.model import RuleBook
from monitor.core.playbook.source import cached_book
from monitor.core.reading.texts import ReadingTexts
from monitor.core.replay import replay
from monitor.core.settings import CoreSettings
from monitor.engines.offline import OfflineTranscriber
from monitor.errors import PlaybookError, StoreError, TingyinError
from monitor.ingest.file import FileSource
from monitor.reading_files import reading_texts_of
from monitor.runner import run_offline
from monitor.store.journal import JournalHeader, read_journal, unpack_playbook
from monitor.store.reader import read_call
from monitor.store.side import read_messages
from monitor.switchboard import make_session
from monitor.tuning.in_force import InForce, in_force
from monitor.tuning.overlay import FOLDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where a replay's results go."""

    events: Path | None = None
    report: Path | None = None


class _Collector:
    """A sink that writes events as lines and keeps what the summary and the report need."""

    def __init__(self, stack: ExitStack, outputs: Outputs) -> None:
        """Opens the files now: a place that cannot be written must show before the call is judged."""
        self._report_path = outputs.report or Path()
        self._lines, self._report = (
            None if path is None else stack.enter_context(OutputFile(path))
            for path in (outputs.events, outputs.report)
        )
        self.kept: list[events.AnyEvent] = []
        self.count = 0

    def emit(self, call_id: str, told: Sequence[events.Event]) -> None:
        for event in told:
            self.count += 1
            if self._lines is not None:
                self._lines.write(events.encode(event) + b"\n")
            if self._report is not None or not isinstance(
                event, events.Prosody | events.Partial | events.Speaking
            ):
                self.kept.append(cast("events.AnyEvent", event))

    def finish(self) -> None:
        """Writes the report of what was taken."""
        if self._report is not None:
            from monitor.report import build, format_of

            self._report.write(build(self.kept, format_of(self._report_path)).encode())


def _leave(failures: Sequence[TingyinError]) -> NoReturn:
    """Ends the process though a thread hangs in native code: everything is written by now."""
    for failure in failures:
        console.print(f"[bold red]{failure.code}[/]  {escape(failure.sentence)}", soft_wrap=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1 if failures else 0)


def replay_file(
    source: FileSource, settings: Settings, outputs: Outputs, *, has_words: bool, with_tuning: bool = True
) -> None:
    """Judges a recorded call by what is in force; writes its events and report and prints a summary.

    Raises:
        TingyinError: the model is missing, the outputs cannot be written, or the sound stopped in mid-call
            (what was heard before is written then).
    """
    now = in_force(settings, with_tuning=with_tuning)
    settings = now.settings
    _tell_tuning(now)
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
    session = make_session(info, settings, now.book, has_words=has_words)
    begun = time.perf_counter()
    failures: list[TingyinError] = []
    with ExitStack() as stack:
        collector = _Collector(stack, outputs)
        if transcriber is not None:
            stack.callback(transcriber.close)
        with _progress() as bar:
            task = bar.add_task(source.info.title, total=source.info.duration_s)
            asyncio.run(
                run_offline(
                    call_id,
                    session,
                    source,
                    transcriber,
                    [collector],
                    on_progress=lambda now: bar.update(task, completed=seconds(now)),
                    on_failure=failures.append,
                )
            )
        collector.finish()
    _summarise(collector.kept, collector.count, time.perf_counter() - begun)
    if transcriber is not None and transcriber.has_hung:
        _leave(failures)
    for failure in failures:
        raise failure


def _tell_tuning(now: InForce) -> None:
    """Says by what a call is judged, where that is not what settings and playbook say by themselves."""
    if now.is_tuned:
        folder = escape(str(now.settings.store.folder / FOLDER))
        console.print(f"judged with what is tuned in {folder} (--untuned judges without)", soft_wrap=True)
    for trouble in now.troubles:
        console.print(f"[yellow]{escape(trouble)}[/]", soft_wrap=True)


def replay_journal(path: Path, settings: Settings, outputs: Outputs) -> None:
    """Replays a call from the journal of its inputs: the events that the live call had.

    Raises:
        StoreError: the file is no journal, or of a newer version.
    """
    journal = read_journal(path)
    header = journal.header
    try:
        core = CoreSettings.model_validate(header.settings)
    except ValidationError as error:
        reason = "another version wrote it, with settings that this one does not have"
        raise StoreError("store.journal", path=path, reason=reason) from error
    settings = settings.model_copy(update={name: getattr(core, name) for name in CoreSettings.model_fields})
    book, texts = _playbook_of(header, settings, path)
    session = make_session(header.info, settings, book, has_words=header.has_words, texts=texts)
    begun = time.perf_counter()
    with ExitStack() as stack:
        collector = _Collector(stack, outputs)
        for event in replay(session, header.info.call_id, _to_the_end(journal.inputs, path)):
            collector.emit(header.info.call_id, [event])
        collector.finish()
    _summarise(collector.kept, collector.count, time.perf_counter() - begun)


def _playbook_of(
    header: JournalHeader, settings: Settings, path: Path
) -> tuple[RuleBook, ReadingTexts | None]:
    """The playbook that the call began with; where the journal is too old to hold it, the one in force."""
    if not header.playbook:
        return in_force(settings).book, None
    try:
        files = unpack_playbook(header.playbook)
        return cached_book(files), reading_texts_of(files)
    except (ValueError, PlaybookError) as error:
        reason = f"the playbook in it cannot be used ({error})"
        raise StoreError("store.journal", path=path, reason=reason) from error


def _to_the_end(inputs: Iterable[SessionInput], path: Path) -> Iterator[SessionInput]:
    """The inputs, with an end where the journal has none because its process was killed."""
    last: SessionInput | None = None
    has_sound_ended = False
    for last in inputs:
        has_sound_ended = has_sound_ended or isinstance(last, SoundEnd)
        yield last
    if isinstance(last, CallEnd):
        return
    if not has_sound_ended:
        yield SoundEnd()
    cut = StoreError("store.journal_cut", path=path)
    console.print(f"[yellow]{cut.code}[/]  {escape(cut.sentence)}", soft_wrap=True)
    yield CallEnd(reason="cut_off", code=cut.code)


def report_call(call: str, settings: Settings, target: Path, kind: str | None = None) -> None:
    """Writes the report of a call of the event log, or of a file of events.

    `kind` is html, json or csv; None goes by the ending of `target`.

    Raises:
        StoreError: there is no such call, or the log cannot be read.
    """
    from monitor.report import ReportFormat, build, format_of

    path = Path(call)
    is_file = path.is_file()
    told = list(_events_of_file(path) if is_file else _events_of_log(call, settings))
    messages = [] if is_file else read_messages(settings.store.folder, call)
    with OutputFile(target) as out:
        out.write(build(told, format_of(target) if kind is None else ReportFormat(kind), messages).encode())
    console.print(f"report: {escape(str(target))}", soft_wrap=True)


def file_call_id(title: str) -> str:
    """A call's id from its file's name, so that the same file always gives the same events."""
    return re.sub(r"[^\w.-]+", "-", title).strip("-") or "call"


def _events_of_file(path: Path) -> Iterator[events.AnyEvent]:
    """The events of one call.

    Raises:
        StoreError: store.events: a line is no event, or the call's beginning is missing.
    """
    number = 0
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                event = events.decode(line)
                if number == 1 and not isinstance(event, events.CallStarted):
                    raise StoreError("store.events", path=path, reason="its first line is not `call_started`")
                yield event
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreError("store.events", path=path, reason=f"line {number}: {error}") from error
    except OSError as error:
        raise StoreError("store.events", path=path, reason=error.strerror) from error
    if not number:
        raise StoreError("store.events", path=path, reason="it is empty")


def _events_of_log(call_id: str, settings: Settings) -> Iterator[events.AnyEvent]:
    for body in read_call(settings.store.folder, call_id):
        yield events.decode(body)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
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
        f"interruptions: by agent {ended.interruptions['agent']}, by caller {ended.interruptions['caller']}",
        soft_wrap=True,
    )
    alerts = [event for event in kept if isinstance(event, events.Alert)]
    if alerts:
        table = Table("raised", "cleared", "severity", "party", box=None, pad_edge=False)
        table.add_column("rule", overflow="fold")  # whole: people hand it to `playbook try`
        table.add_column("because")
        for alert in alerts:
            table.add_row(
                f"{alert.raised_at_s:.1f}",
                f"{cleared[alert.id]:.1f}" if alert.id in cleared else "",
                alert.severity,
                alert.party or "",
                alert.rule,
                escape(alert.because.en),
            )
        console.print(table)
    for notice in (event for event in kept if isinstance(event, events.Notice)):
        party = f" ({notice.party})" if notice.party else ""
        console.print(f"[yellow]{notice.code}[/]{party}  {escape(notice.text.en)}", soft_wrap=True)
    if ended.reason != "completed":
        console.print(f"[red]the call was {ended.reason.replace('_', ' ')}[/] {ended.code}")
