"""The event log: positions, reading, and what happens when the disk, the process or the file fails."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.core.events import (
    Alert,
    AlertCleared,
    CallEnded,
    CallStarted,
    Event,
    InterruptionHeard,
    OverlapHeard,
    Partial,
    Speaking,
    Stretch,
    Text,
    TurnEnded,
    decode,
)
from monitor.errors import StoreError
from monitor.store import writer
from monitor.store.database import MIGRATIONS, open_database
from monitor.store.log import EventLog

PARTY_ALERT: dict[str, Any] = {
    "rule": "hot_temper",
    "title": Text("热", "hot"),
    "severity": "high",
    "party": "caller",
    "about": Stretch(start_s=0.0, end_s=1.0),
    "raised_at_s": 1.0,
    "because": Text("因", "why"),
    "evidence": [],
}


def started(call_id: str, seq: int = 1) -> Event:
    return CallStarted(
        call_id=call_id,
        seq=seq,
        t_s=0.0,
        started_at="2026-01-02T03:04:05.000Z",
        source="file",
        title="call.wav",
        agent="A1",
        duration_s=None,
        has_words=True,
    )


def turn(call_id: str, seq: int, text: str = "你好") -> Event:
    return TurnEnded(
        call_id=call_id,
        seq=seq,
        t_s=float(seq),
        party="caller",
        start_s=0.0,
        end_s=1.0,
        text=text,
        rate_syl_s=None,
        f0_median_st=None,
        level_db=None,
    )


def ended(call_id: str, seq: int) -> Event:
    return CallEnded(
        call_id=call_id,
        seq=seq,
        t_s=float(seq),
        reason="completed",
        duration_s=9.5,
        talk_s={"agent": 1.0, "caller": 2.0},
        overlap_s=0.0,
        alerts={"high": 2},
        interruptions={"agent": 1, "caller": 0},
    )


def wait_until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    """Waits for another thread."""
    until = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


def test_positions_grow_over_all_calls_and_partials_have_none(tmp_path: Path) -> None:
    partial = Partial(call_id="a", seq=3, t_s=1.0, party="agent", utterance=1, start_s=0, end_s=1, text="x")
    with EventLog(tmp_path) as log:
        first = log.append("a", [started("a"), turn("a", 2), partial, turn("a", 4)])
        second = log.append("b", [started("b")])
        assert [event.pos for event in first] == [1, 2, None, 3]
        assert [event.pos for event in second] == [4]
        assert log.flush()
        assert [event.seq for event in log.read_call("a")] == [1, 2, 4]
        assert decode(log.read_call("a", after_seq=2)[0].body) == turn("a", 4)


def test_reads_by_call_and_by_position(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        log.append("a", [started("a"), *(turn("a", seq) for seq in range(2, 12))])
        log.append("b", [started("b"), *(turn("b", seq) for seq in range(2, 12))])
        log.flush()
        assert [event.seq for event in log.read_call("a", after_seq=4, limit=3)] == [5, 6, 7]
        assert [event.pos for event in log.read_after(9, limit=4)] == [10, 11, 12, 13]
        assert [event.pos for event in log.read_after(9, until=11)] == [10, 11]
        assert [event.pos for event in log.read_after(0, types={"call_started"})] == [1, 12]
        assert [event.seq for event in log.read_after(12, call_id="b", limit=2)] == [2, 3]
        assert log.nth_last_pos(5) == 17
        assert log.nth_last_pos(5, call_id="a") == 6
        assert log.nth_last_pos(5, after=17) is None
        assert log.nth_last_pos(1, types={"call_started"}) == 1


def test_read_after_waits_for_what_is_on_its_way(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        for seq in range(2, 300):
            log.append("a", [turn("a", seq)])
        assert len(log.read_after(0, until=log.pos)) == 298


def test_history_of_calls(tmp_path: Path) -> None:
    with EventLog(tmp_path, now=lambda: "2026-01-02T04:00:00.000Z") as log:
        for name in ("a", "b", "c"):
            log.append(name, [started(name)])
        log.append("b", [ended("b", 2)])
        log.flush()
        assert [call.call_id for call in log.calls()] == ["c", "b", "a"]
        assert [call.call_id for call in log.calls(limit=1)] == ["c"]
        assert [call.call_id for call in log.calls(before=3)] == ["b", "a"]
        assert [call.call_id for call in log.calls(state="ended")] == ["b"]
        call = log.call("b")
        assert call is not None
        assert (call.state, call.duration_s, call.ended_at) == ("ended", 9.5, "2026-01-02T04:00:00.000Z")
        assert (call.alerts, call.interruptions) == ({"high": 2}, {"agent": 1, "caller": 0})
        assert (call.agent, call.title, call.source, call.has_words) == ("A1", "call.wav", "file", True)
        assert log.call("nobody") is None


def test_positions_go_on_after_a_clean_stop(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        log.append("a", [started("a"), ended("a", 2)])
    with EventLog(tmp_path) as log:
        assert log.pos == 2
        assert log.cut_off_calls == []
        assert log.append("b", [started("b")])[0].pos == 3


def live_call() -> list[Event]:
    """A call without an end."""
    return [
        started("live"),
        Speaking(call_id="live", seq=2, t_s=1.0, party="agent", is_speaking=True, start_s=1.0, end_s=None),
        Speaking(call_id="live", seq=3, t_s=3.0, party="agent", is_speaking=False, start_s=1.0, end_s=3.0),
        Speaking(call_id="live", seq=4, t_s=4.0, party="caller", is_speaking=True, start_s=4.0, end_s=None),
        OverlapHeard(call_id="live", seq=5, t_s=5.0, start_s=4.0, end_s=4.5, holder=None, kind="brief"),
        InterruptionHeard(
            call_id="live", seq=6, t_s=5.0, by="caller", of="agent", start_s=4.0, end_s=5.0, yielded=True
        ),
        Alert(call_id="live", seq=7, t_s=6.0, id="x", **PARTY_ALERT),
    ]


_DIES = """
import os, pathlib, signal, sys
sys.path.insert(0, {tests!r})
import test_log
log = test_log.EventLog(pathlib.Path({folder!r}))
log.append("done", [test_log.started("done"), test_log.ended("done", 2)])
log.append("live", test_log.live_call())
log.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_calls_of_a_killed_process_are_marked_cut_off(tmp_path: Path) -> None:
    program = _DIES.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    died = subprocess.run([sys.executable, "-c", program], timeout=60, check=False, cwd=Path.cwd())
    assert died.returncode == -signal.SIGKILL
    with EventLog(tmp_path) as log:
        assert log.cut_off_calls == ["live"]
        call = log.call("live")
        assert call is not None
        assert (call.state, call.duration_s, call.alerts) == ("cut_off", 6.0, {"high": 1})
        over, last = (decode(event.body) for event in log.read_call("live")[-2:])
        assert isinstance(over, AlertCleared), "an open alert ends with its call"
        assert (over.seq, over.cleared_at_s, over.reason) == (8, 6.0, "call_ended")
        assert last == CallEnded(
            call_id="live",
            seq=9,
            t_s=6.0,
            reason="cut_off",
            duration_s=6.0,
            talk_s={"agent": 2.0, "caller": 2.0},
            overlap_s=0.5,
            alerts={"high": 1},
            interruptions={"agent": 0, "caller": 1},
        )
        done = log.call("done")
        assert done is not None
        assert done.state == "ended"
        # Positions that the dead process may have given, and shown, are never given again.
        assert log.pos > writer.RESERVE
    with EventLog(tmp_path) as log:
        assert log.cut_off_calls == []


def test_two_servers_on_one_database(tmp_path: Path) -> None:
    with EventLog(tmp_path):
        with pytest.raises(StoreError) as caught:
            EventLog(tmp_path)
        assert caught.value.code == "store.locked"
    EventLog(tmp_path).close()


@pytest.mark.parametrize("damage", ["text", "cut", "scribble"])
def test_damaged_database(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "events.db"
    with EventLog(tmp_path) as log:
        for seq in range(2, 500):
            log.append("a", [turn("a", seq)])
    if damage == "text":
        path.write_bytes(b"this is no database at all" * 100)
    elif damage == "cut":
        os.truncate(path, path.stat().st_size // 2)
    else:
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(os.urandom(8192))
    with pytest.raises(StoreError) as caught:
        EventLog(tmp_path)
    assert caught.value.code == "store.damaged"
    path.unlink()
    EventLog(tmp_path).close()  # the lock was freed


def test_newer_schema(tmp_path: Path) -> None:
    EventLog(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "events.db")
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(StoreError) as caught:
        EventLog(tmp_path)
    assert caught.value.code == "store.version"


def test_unwritable_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError) as caught:
        EventLog(tmp_path / "file" / "store")
    assert caught.value.code == "store.unwritable"


class SmallDisk:
    """A database that cannot grow beyond some pages until `grow` is called."""

    def __init__(self, pages: int) -> None:
        self._pages = pages
        self._connection: sqlite3.Connection | None = None

    def open(self, path: Path) -> sqlite3.Connection:
        self._connection = open_database(path)
        self._connection.execute(f"PRAGMA max_page_count = {self._pages}")
        return self._connection

    def grow(self) -> None:
        assert self._connection is not None
        self._connection.execute("PRAGMA max_page_count = 1000000")


def test_full_disk_costs_events_and_not_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "RETRY_S", 0.02)
    disk = SmallDisk(12)
    with EventLog(tmp_path, opener=disk.open) as log:
        log.append("a", [started("a")])
        assert log.flush()
        assert log.health().code == ""
        log.append("a", [turn("a", seq, "长" * 300) for seq in range(2, 102)])
        log.append("b", [started("b")])
        log.append("a", [ended("a", 102)])
        assert log.flush()
        health = log.health()
        assert health.code == "store.full"
        assert "full" in health.sentence
        assert health.lost_events == 102
        assert log.has_lost(50, 60)
        assert not log.has_lost(0, 1)
        before = log.pos
        disk.grow()
        wait_until(lambda: log.health().code == "")
        # What was lost stays lost; calls that began or ended meanwhile are known again.
        stored = log.append("b", [turn("b", 2)])
        log.flush()
        assert stored[0].pos == before + 1
        assert [event.pos for event in log.read_after(1)] == [before + 1]
        a, b = log.call("a"), log.call("b")
        assert a is not None
        assert b is not None
        assert (a.state, b.state) == ("ended", "live")
        assert log.health().lost_events == 102


def test_a_disk_that_hangs_delays_no_call(tmp_path: Path) -> None:
    blocker = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
    with EventLog(tmp_path, queue_events=50) as log:
        log.append("a", [started("a")])
        log.flush()
        blocker.execute("BEGIN IMMEDIATE")  # the writer now waits
        began = time.monotonic()
        for seq in range(2, 202):
            log.append("a", [turn("a", seq)])
        assert time.monotonic() - began < 0.5
        assert log.health().lost_events > 0
        assert log.health().waiting_events <= 50 + 1
        blocker.execute("ROLLBACK")
        blocker.close()
        assert log.flush()
        kept = len(log.read_call("a"))
        assert kept + log.health().lost_events == 201


def test_a_number_given_twice_loses_that_event_alone(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        log.append("a", [turn("a", 1), turn("a", 1), turn("a", 2)])
        log.append("b", [turn("b", 1)])
        log.flush()
        assert [event.seq for event in log.read_call("a")] == [1, 2]
        assert len(log.read_call("b")) == 1
        assert log.health().lost_events == 1


def test_appending_is_fast(tmp_path: Path) -> None:
    """An event costs the analysis some 20 microseconds; the bound leaves room for a busy machine."""
    with EventLog(tmp_path) as log:
        events = [turn("a", seq) for seq in range(1, 2_001)]
        began = time.process_time()
        for event in events:
            log.append("a", [event])
        assert (time.process_time() - began) / len(events) < 0.0005


def test_reader_after_a_write_error_says_what_is_wrong(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        log._reader.close()
        with pytest.raises(StoreError) as caught:
            log.read_call("a")
        assert caught.value.code == "store.unwritable"
        log._reader = sqlite3.connect(log.path)
