"""Calls that are older than they may be kept are forgotten, and no others."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.core.events import CallEnded, CallStarted, GapHeard
from monitor.core.inputs import KnownVoice
from monitor.desk.book import DeskBook, Wish
from monitor.desk.database import DeskFile
from monitor.desk.recent import text_of
from monitor.store import retention
from monitor.store.log import EventLog
from monitor.store.retention import Retention
from monitor.store.side import SideStore
from monitor.store.sound import sound_path
from monitor.store.voices import AgentVoices
from tests.desk.conftest import alert

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class Clock:
    """A wall clock and the time that passes, apart."""

    def __init__(self) -> None:
        self.wall = START
        self.passed_s = 0.0

    def advance(self, step: timedelta) -> None:
        self.wall += step
        self.passed_s += step.total_seconds()

    def text(self) -> str:
        return self.wall.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(tmp_path: Path, clock: Clock) -> Iterator[EventLog]:
    with EventLog(tmp_path, now=clock.text) as opened:
        yield opened


def retention_of(log: EventLog, clock: Clock, keep_days: float = 30.0) -> Retention:
    return Retention(log.path.parent, keep_days, now=lambda: clock.wall, monotonic=lambda: clock.passed_s)


def hold_call(log: EventLog, clock: Clock, call_id: str, *, events: int = 10, is_over: bool = True) -> None:
    started = CallStarted(
        t_s=0.0, seq=1, call_id=call_id, started_at=clock.text(), source="file", title="", agent="",
        duration_s=None, has_words=False,
    )  # fmt: skip
    gaps = [
        GapHeard(t_s=1.0, seq=2 + n, call_id=call_id, start_s=0.0, end_s=1.0, before="agent", after="caller")
        for n in range(events)
    ]
    ended = CallEnded(
        t_s=2.0, seq=events + 2, call_id=call_id, reason="completed", duration_s=2.0, talk_s={},
        overlap_s=0.0, alerts={}, interruptions={},
    )  # fmt: skip
    log.append(call_id, [started, *gaps, ended] if is_over else [started, *gaps])
    assert log.flush()
    journal = log.path.parent / "journals" / f"{call_id}.journal"
    journal.parent.mkdir(exist_ok=True)
    journal.write_bytes(b"sound")
    sound = sound_path(log.path.parent, call_id)
    sound.parent.mkdir(exist_ok=True)
    sound.write_bytes(b"sound")


def test_an_old_call_goes_with_its_events_and_its_journal(log: EventLog, clock: Clock) -> None:
    hold_call(log, clock, "old")
    sweeper = retention_of(log, clock)
    clock.advance(timedelta(days=31))
    hold_call(log, clock, "new")
    assert sweeper.sweep() == ["old"]
    assert [call.call_id for call in log.calls()] == ["new"]
    assert log.read_call("old") == []
    assert len(log.read_call("new")) == 12
    assert [path.stem for path in (log.path.parent / "journals").iterdir()] == ["new"]
    assert [path.stem for path in (log.path.parent / "audio").iterdir()] == ["new"]


def test_nothing_of_an_old_call_stays_in_the_file(tmp_path: Path, clock: Clock) -> None:
    with EventLog(tmp_path, now=clock.text) as log:
        hold_call(log, clock, "call-of-long-ago")
        sweeper = retention_of(log, clock)
        clock.advance(timedelta(days=31))
        hold_call(log, clock, "call-of-today")
        assert sweeper.sweep() == ["call-of-long-ago"]
    held = (tmp_path / "events.db").read_bytes()
    assert b"call-of-today" in held
    assert b"call-of-long-ago" not in held


def test_messages_to_the_agent_go_with_the_call(log: EventLog, clock: Clock) -> None:
    hold_call(log, clock, "old")
    with closing(SideStore(log.path.parent)) as store:
        for call_id in ("old", "new"):
            store.keep_pause(call_id, at=clock.text(), t_s=1.0, for_s=60.0)
        sweeper = retention_of(log, clock)
        clock.advance(timedelta(days=31))
        assert sweeper.sweep() == ["old"]
        assert store.pauses("old") == [] and len(store.pauses("new")) == 1


def test_what_supervisors_did_goes_with_the_call(log: EventLog, clock: Clock) -> None:
    folder = log.path.parent
    with closing(DeskFile(folder)) as file:
        book = DeskBook(file, now=clock.text)
        hold_call(log, clock, "old")
        book.do([alert(call_id="old"), alert(call_id="new")], Wish(by="li", action="acknowledge"))
        book.mute("hot_temper", None, text_of(clock.wall + timedelta(hours=1)), "li")
        clock.advance(timedelta(days=31))
        assert retention_of(log, clock).sweep() == ["old"]
        assert (len(book.acts_of_call("old")), len(book.acts_of_call("new"))) == (0, 1)
        assert file.rows("SELECT id FROM mutes") == []


def test_a_call_that_still_goes_on_is_kept_however_old(log: EventLog, clock: Clock) -> None:
    hold_call(log, clock, "long", is_over=False)
    sweeper = retention_of(log, clock)
    clock.advance(timedelta(days=300))
    assert sweeper.sweep() == []
    assert len(log.read_call("long")) == 11


def test_more_events_than_one_transaction_deletes(
    log: EventLog, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK_EVENTS", 4)
    hold_call(log, clock, "old", events=21)
    sweeper = retention_of(log, clock)
    clock.advance(timedelta(days=31))
    assert sweeper.sweep() == ["old"]
    assert log.read_call("old") == []


@pytest.mark.parametrize("jump", [timedelta(days=3650), -timedelta(days=3650)])
def test_a_clock_that_jumps_costs_no_history(log: EventLog, clock: Clock, jump: timedelta) -> None:
    hold_call(log, clock, "kept")
    sweeper = retention_of(log, clock)
    clock.wall += jump
    assert sweeper.sweep() == []
    assert len(log.read_call("kept")) == 12


def test_positions_go_on_behind_what_was_forgotten(log: EventLog, clock: Clock) -> None:
    hold_call(log, clock, "old")
    last = log.pos
    sweeper = retention_of(log, clock)
    clock.advance(timedelta(days=31))
    sweeper.sweep()
    log.close()
    with EventLog(log.path.parent, now=clock.text) as again:
        assert again.pos >= last


def test_the_thread_sweeps_at_once_and_ends_when_told(log: EventLog, clock: Clock) -> None:
    hold_call(log, clock, "old")
    sweeper = retention_of(log, clock)
    clock.advance(timedelta(days=31))
    done = threading.Event()
    sweep = sweeper.sweep

    def watched() -> list[str]:
        gone = sweep()
        done.set()
        return gone

    sweeper.sweep = watched  # type: ignore[method-assign]
    sweeper.start()
    assert done.wait(5.0)
    sweeper.close()
    assert log.calls() == []


def test_an_agent_s_voice_is_forgotten_while_the_product_runs(log: EventLog, clock: Clock) -> None:
    kept = AgentVoices(log.path.parent / "agents", 30.0, lambda: clock.wall)
    kept.keep("7001", KnownVoice(f0_st=5.0, alpha_db=-12.0, rate_syl_s=4.5, speech_s=60.0))
    (path,) = (log.path.parent / "agents").iterdir()
    os.utime(path, (clock.wall.timestamp(), clock.wall.timestamp()))
    sweeper = retention_of(log, clock)
    clock.advance(timedelta(days=29))
    sweeper.sweep()
    assert path.exists()
    clock.advance(timedelta(days=2))
    sweeper.sweep()
    assert not path.exists()
