"""`tingyin playbook try` and `whatif`: rules on calls that are over."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import typer
from rich.markup import escape

from monitor.commands.common import console
from monitor.commands.playbook import counted
from monitor.config import Settings, load_settings
from monitor.core.clock import seconds
from monitor.core.events import Alert, AlertCleared
from monitor.core.facts import Turn
from monitor.core.playbook.listener import Listener
from monitor.core.playbook.model import Rule, RuleBook
from monitor.core.playbook.tree import walk
from monitor.core.rejudge import FactTold, Record, Ticked
from monitor.core.settings import CoreSettings
from monitor.errors import PlaybookError
from monitor.playbook_files import (
    book_of_texts,
    playbook_paths,
    read_texts,
    shipped_or,
)
from monitor.playbook_watch import tuned_playbook
from monitor.tuning.in_force import in_force
from monitor.tuning.overlay import FOLDER, RULES_FILE
from monitor.whatif import Change, PastCall, Side, judge_again, needs_sound, open_call, what_if

_TURNS_AROUND = 2
_NEAR_MISSES_MAX = 5
_NEAR_S = 3.0


# --- try ------------------------------------------------------------------------------------------------


def try_rule(rule_id: str, calls: Sequence[str], settings: Settings, edited: Path | None) -> None:
    """Tells where a rule fires in calls, what was said around it, and where it nearly did.

    Raises:
        TingyinError: the playbook is not sound or has no such rule, or a call cannot be read.
    """
    book = _edited(edited, settings) if edited is not None else in_force(settings).book
    if rule_id not in book:
        place = edited or shipped_or(settings.playbook.folder)
        raise PlaybookError("playbook.no_rule", path=place, rule=rule_id)
    total = 0
    for name in calls:
        call = open_call(name, settings)
        records = list(call.records())
        events = list(judge_again(call, Side(book), records))
        alerts = [event for event in events if isinstance(event, Alert) and event.rule == rule_id]
        total += len(alerts)
        typer.echo(f"{call.title}: {counted(len(alerts), 'time')}{'' if call.is_exact else ' (not exact)'}")
        turns = [one.fact for one in records if isinstance(one, FactTold) and isinstance(one.fact, Turn)]
        cleared = {event.id: event for event in events if isinstance(event, AlertCleared)}
        for alert in alerts:
            _tell_alert(alert, cleared.get(alert.id), turns)
        _tell_near_misses(book, book[rule_id], records, alerts)
    if len(calls) > 1:
        typer.echo(f"{counted(total, 'time')} in {counted(len(calls), 'call')}")


def _tell_alert(alert: Alert, cleared: AlertCleared | None, turns: Sequence[Turn]) -> None:
    gone = f", over at {clock(cleared.cleared_at_s)} ({cleared.reason})" if cleared is not None else ""
    typer.echo(f"  {clock(alert.raised_at_s)}  {alert.because.zh} · {alert.because.en}{gone}")
    before = [turn for turn in turns if seconds(turn.span.start) <= alert.about.end_s][-_TURNS_AROUND:]
    after = [turn for turn in turns if seconds(turn.span.start) > alert.about.end_s][:_TURNS_AROUND]
    for mark, turn in [*((" ", turn) for turn in before), *((">", turn) for turn in after)]:
        typer.echo(f"      {mark} {clock(seconds(turn.span.start))} {turn.party}: {turn.text}")


def _tell_near_misses(book: RuleBook, rule: Rule, records: Iterable[Record], alerts: Sequence[Alert]) -> None:
    """What the rule listens for, where it was said and the rule did not fire."""
    wanted = (
        {rule.id}
        if rule.what is None
        else {id_ for part in walk(rule.what) for id_ in getattr(part, "names", ())}
    )
    missed: list[tuple[float, str, str]] = []
    for at_s, id_, phrase in _said(book, records):
        is_told = any(
            alert.about.start_s - _NEAR_S <= at_s <= alert.raised_at_s + _NEAR_S for alert in alerts
        )
        if id_ in wanted and not is_told:
            missed.append((at_s, id_, phrase))
    for at_s, id_, phrase in missed[:_NEAR_MISSES_MAX]:
        typer.echo(f"  {clock(at_s)}  not raised, though {id_} was said: “{phrase}”")
    if len(missed) > _NEAR_MISSES_MAX:
        typer.echo(f"  and {len(missed) - _NEAR_MISSES_MAX} more times")


def _said(book: RuleBook, records: Iterable[Record]) -> Iterator[tuple[float, str, str]]:
    listener, now = Listener(book), 0
    for record in records:
        if isinstance(record, FactTold):
            found = listener.on_event(record.fact, record.now)
        elif isinstance(record, Ticked):
            found = listener.on_tick(record.now)
        else:
            continue
        now = record.now
        yield from ((seconds(said.span.start), said.id, said.phrase) for said in found)
    yield from ((seconds(said.span.start), said.id, said.phrase) for said in listener.finish(now))


# --- what if --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edit:
    """An edited playbook, or other settings, or both."""

    playbook: Path | None
    settings_file: Path | None


def tell_what_if(edit: Edit, calls: Sequence[str], settings: Settings, *, is_json: bool = False) -> None:
    """Tells which alerts an edit makes come and go in calls, how many an hour, and where to listen.

    Raises:
        TingyinError: the playbook or settings are not sound, or a call cannot be read.
    """
    in_force, _ = tuned_playbook(settings.playbook.folder, _tuned(settings))
    before = Side(in_force.book, digest=in_force.digest)
    book = before.book if edit.playbook is None else _edited(edit.playbook, settings)
    other = None
    if edit.settings_file is not None:
        tried = load_settings(edit.settings_file, {})
        other = tried.core
        _warn_of_idle(tried)
    changes = _compared(calls, settings, before, Side(book, other))
    if other is not None:
        for change in changes:
            _warn_of_sound(change.call, needs_sound(change.call.settings, other))
    if is_json:
        _tell_json(changes)
        return
    for change in changes:
        _tell_change(change)
    _tell_sum(changes)


def _compared(calls: Sequence[str], settings: Settings, before: Side, after: Side) -> list[Change]:
    """What changes in each call; several calls are judged at the same time, one on each core."""
    gc.freeze()  # the books stay: going through them again and again is a tenth of the work
    workers = min(len(calls), os.cpu_count() or 1)
    work = partial(_change, settings, before, after)
    if workers < 2:
        return [work(name) for name in calls]
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(work, calls))


def _change(settings: Settings, before: Side, after: Side, name: str) -> Change:
    """What changes in a call, without the call's records, which stay in this process."""
    change = what_if(open_call(name, settings), before, after)
    change.call = replace(change.call, records=tuple)
    return change


def _warn_of_sound(call: PastCall, sections: Sequence[str]) -> None:
    if sections:
        names = ", ".join(sections)
        console.print(
            f"[yellow]{escape(call.title)}[/]: what is set in {names} needs the sound: "
            "`tingyin replay FILE --settings …` shows it",
            soft_wrap=True,
        )


def _warn_of_idle(tried: Settings) -> None:
    """Says of settings that no judging reads that they are not tried, lest they pass for without effect."""
    usual = load_settings()
    names = [name for name in Settings.model_fields if name not in CoreSettings.model_fields]
    idle = [name for name in names if getattr(tried, name) != getattr(usual, name)]
    if idle:
        console.print(f"[yellow]what is set in {', '.join(idle)} changes no alert, and is not tried[/]")


def _edited(place: Path, settings: Settings) -> RuleBook:
    """The playbook of a folder; or the one in force with one file of it replaced, or a new one added.

    What is tuned on the page is laid over it, as it would be once the edit is in force.
    """
    tuned = _tuned(settings)
    if place.is_dir():
        return tuned_playbook(place, tuned)[0].book
    kept = [path for path in playbook_paths(shipped_or(settings.playbook.folder)) if path.name != place.name]
    laid_over = [tuned] if tuned.is_file() and tuned.name != place.name else []
    return book_of_texts(read_texts([*kept, *playbook_paths(place), *laid_over]))


def _tuned(settings: Settings) -> Path:
    return settings.store.folder / FOLDER / RULES_FILE


def _tell_change(change: Change) -> None:
    call = change.call
    told = [("+", alert) for alert in change.came] + [("-", alert) for alert in change.went]
    typer.echo(
        f"{call.title}: {counted(len(change.came), 'alert')} more, {len(change.went)} fewer, "
        f"{len(change.stayed)} as before; cues {change.cues_before} → {change.cues_after}"
        + ("" if call.is_exact else " (not exact: made from events or a transcript)")
    )
    for sign, alert in sorted(told, key=lambda one: one[1].raised_at_s):
        typer.echo(
            f"  {sign} {clock(alert.raised_at_s)}  listen from {clock(max(0.0, alert.about.start_s - 2))}  "
            f"{alert.rule}: {alert.because.zh} · {alert.because.en}"
        )


def _tell_sum(changes: Sequence[Change]) -> None:
    hours = sum(change.duration_s for change in changes) / 3600
    if not hours:
        return
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    for change in changes:
        before.update(alert.rule for alert in (*change.went, *change.stayed))
        after.update(alert.rule for alert in (*change.came, *change.stayed))
    typer.echo(f"in {hours:.2f} hours of {counted(len(changes), 'call')}, alerts an hour:")
    for rule in sorted(before | after, key=lambda rule: (before[rule] == after[rule], rule)):
        if before[rule] != after[rule]:
            typer.echo(f"  {rule:34} {before[rule] / hours:6.1f} → {after[rule] / hours:6.1f}")
    total = before.total() / hours, after.total() / hours
    typer.echo(f"  {'all':34} {total[0]:6.1f} → {total[1]:6.1f}")
    cues = [
        sum(getattr(change, name) for change in changes) / hours for name in ("cues_before", "cues_after")
    ]
    typer.echo(f"  {'cues':34} {cues[0]:6.1f} → {cues[1]:6.1f}")


def _tell_json(changes: Sequence[Change]) -> None:
    import msgspec

    for change in changes:
        row = {
            "call": change.call.call_id,
            "title": change.call.title,
            "is_exact": change.call.is_exact,
            "duration_s": round(change.duration_s, 1),
            "came": change.came,
            "went": change.went,
            "stayed": len(change.stayed),
            "cues": [change.cues_before, change.cues_after],
        }
        typer.echo(msgspec.json.encode(row).decode())


def clock(at_s: float) -> str:
    """Call time as people read it: 1:05."""
    minutes, left_s = divmod(int(at_s), 60)
    return f"{minutes}:{left_s:02}"
