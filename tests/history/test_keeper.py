"""The index keeps up with the log, whatever happens to either."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.core.events import AnyEvent
from monitor.errors import StoreError
from monitor.history import figures as figures_module
from monitor.history import index as index_module
from monitor.history import keeper as keeper_module
from monitor.history.index import forget, index_path
from monitor.history.keeper import HistoryKeeper
from monitor.history.search import History, Question
from monitor.store.log import EventLog
from monitor.store.retention import Retention
from tests.history.made_calls import MadeCall, hold


def ids(history: History, words: str = "") -> list[str]:
    return [call.call_id for call in history.search(Question(words=words)).calls]


def test_a_call_is_found_when_it_ends_and_not_before(log: EventLog, history: History) -> None:
    with HistoryKeeper(log) as keeper:
        assert keeper.settle()
        call = MadeCall("live", lines=[("caller", "退款")])
        for events in (call.events(is_over=False), [call.ended()]):
            assert ids(history) == []
            log.append("live", events)
            keeper.emit("live", events)
        assert keeper.settle()
        assert ids(history, "退款") == ["live"]
        assert keeper.waiting == 0


def test_calls_of_before_are_read_in_and_a_start_goes_on_where_it_was_left(
    log: EventLog, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(log, *(MadeCall(f"call-{number}") for number in range(6)))
    read: list[str] = []
    real = HistoryKeeper._read_in

    def read_in(self: HistoryKeeper, call_id: str, *rest: sqlite3.Connection) -> None:
        real(self, call_id, *rest)  # type: ignore[arg-type]
        read.append(call_id)
        if len(read) == 2:
            self._is_closing = True

    monkeypatch.setattr(HistoryKeeper, "_read_in", read_in)
    first = HistoryKeeper(log).start()
    first._thread.join(10)
    assert read == ["call-5", "call-4"], "the latest first"
    assert first.waiting == 4
    monkeypatch.setattr(HistoryKeeper, "_read_in", real)
    with HistoryKeeper(log) as second:
        assert second.settle()
    assert ids(history) == [f"call-{number}" for number in reversed(range(6))]


def test_a_comparison_is_bounded_and_the_next_goes_on_where_it_ended(
    log: EventLog, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also past calls that cannot be read in, which no comparison may begin with for ever."""
    monkeypatch.setattr(keeper_module, "COMPARED", 3)
    real, asked = HistoryKeeper._read_in, list[str]()

    def read_in(self: HistoryKeeper, call_id: str, *rest: sqlite3.Connection) -> None:
        asked.append(call_id)
        assert len(self._past) <= 3
        if call_id in {"call-9", "call-8", "call-7"}:
            raise KeyError(call_id)
        real(self, call_id, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(HistoryKeeper, "_read_in", read_in)
    hold(log, *(MadeCall(f"call-{number}") for number in range(10)))
    with HistoryKeeper(log) as keeper:
        assert keeper.settle()
        assert keeper.waiting == 0
    assert asked == [f"call-{number}" for number in reversed(range(10))], "each once, the latest first"
    assert ids(history) == [f"call-{number}" for number in reversed(range(7))]
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute("DELETE FROM calls WHERE number <= 5")
    with HistoryKeeper(log) as keeper:
        assert keeper.settle()
    assert len(ids(history)) == 2, "what the log forgot goes, though it is more than one comparison finds"


def test_a_new_call_does_not_wait_for_those_of_the_past(
    log: EventLog, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(log, *(MadeCall(f"old-{number}") for number in range(30)))
    monkeypatch.setattr(keeper_module, "REST", 1e9)
    monkeypatch.setattr(keeper_module, "REST_MOST_S", 60.0)
    with HistoryKeeper(log) as keeper:
        call = MadeCall("new")
        hold(log, call)
        keeper.emit("new", call.events()[-1:])
        with keeper._condition:
            assert keeper._condition.wait_for(lambda: not keeper._ended, 10)
        assert "new" in ids(history)
        assert keeper.waiting > 20


@pytest.mark.parametrize("error", [KeyError("x"), OverflowError(), sqlite3.IntegrityError()])
def test_a_call_that_cannot_be_read_in_keeps_no_other_out(
    log: EventLog, history: History, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    real = figures_module.figures

    def figures(told: list[AnyEvent]) -> object:
        if any(event.call_id == "odd" for event in told):
            raise error
        return real(told)

    monkeypatch.setattr("monitor.history.keeper.figures", figures)
    hold(log, MadeCall("past"))
    with HistoryKeeper(log) as keeper:
        for call in (MadeCall("odd"), MadeCall("new")):
            hold(log, call)
            keeper.emit(call.call_id, call.events()[-1:])
        assert keeper.settle()
        assert ids(history) == ["new", "past"]


@pytest.mark.parametrize("harm", ["gone", "damaged", "older", "not ours"])
def test_an_index_that_does_not_fit_is_made_anew(
    remember: Callable[..., History],
    log: EventLog,
    tmp_path: Path,
    harm: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    history = remember(MadeCall("call", lines=[("caller", "退款")]))
    assert ids(history, "退款") == ["call"]
    path = index_path(tmp_path)
    if harm == "gone":
        index_module.remove(path)
    elif harm == "damaged":
        index_module.remove(path)
        path.write_bytes(b"no database " * 1000)
    elif harm == "older":
        monkeypatch.setattr(index_module, "_VERSION", 9_999)
    else:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA user_version = 77")
    with HistoryKeeper(log) as keeper:
        assert keeper.settle()
        assert ids(history, "退款") == ["call"]


def test_an_index_of_another_log_is_corrected(
    remember: Callable[..., History], log: EventLog, tmp_path: Path
) -> None:
    history = remember(MadeCall("one", lines=[("caller", "退款")]), MadeCall("two"))
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute("DELETE FROM calls WHERE call_id = 'one'")
        connection.execute("UPDATE calls SET call_id = 'three' WHERE call_id = 'two'")
        connection.execute("UPDATE events SET call_id = 'three' WHERE call_id = 'two'")
    with HistoryKeeper(log) as keeper:
        assert keeper.settle()
    assert ids(history) == ["three"]
    assert ids(history, "退款") == []


def test_a_forgotten_call_leaves_no_word_in_the_file(
    remember: Callable[..., History], log: EventLog, tmp_path: Path
) -> None:
    history = remember(
        MadeCall("old", lines=[("caller", "zebracrossing please"), ("caller", "独角兽")]),
        MadeCall("kept", lines=[("caller", "zebra 独木桥")]),
    )
    now = datetime.now(UTC)
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute(
            "UPDATE calls SET ended_at = ? WHERE call_id = 'old'", ((now - timedelta(days=40)).isoformat(),)
        )
    assert Retention(tmp_path, 30).sweep() == ["old"]
    assert ids(history) == ["kept"]
    assert ids(history, "zebra") == ["kept"]
    assert ids(history, "独角") == []
    history.close()
    with closing(sqlite3.connect(index_path(tmp_path))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    stored = index_path(tmp_path).read_bytes()
    for word in ("crossing", "独角", "角兽"):
        assert word.encode() not in stored
    forget(tmp_path, "nobody")


def test_a_disk_that_fails_is_told_and_overcome(
    log: EventLog, history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper_module, "LOOK_AGAIN_S", 0.2)
    said: list[str] = []
    hold(log, MadeCall("call"))
    index_path(tmp_path).mkdir()
    keeper = HistoryKeeper(
        log, report=lambda error: said.append(error.code), resolve=lambda code: said.append(f"over {code}")
    )
    with keeper:
        assert keeper.settle()
        assert said[0] == "store.unwritable"
        assert isinstance(StoreError(said[0], path="", reason=""), StoreError)
        index_path(tmp_path).rmdir()
        with keeper._condition:
            assert keeper._condition.wait_for(lambda: "over store.unwritable" in said, 10)
        assert keeper.settle()
    assert ids(history) == ["call"]
