"""Servers that cannot start, and servers that are stopped, killed or out of room while calls are live."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from monitor.core import events
from monitor.store.reader import read_call
from tests.product.conftest import PATIENCE_S, Program, Tingyin, wait_for

SERVE = ("serve", "--no-asr", "--port", "0")
DEMO = ("demo", "--no-asr", "--port", "0", "--language", "zh")
HURRIED = {"hurried": {"speed": 8.0}}
"""Eight seconds of the call in each of the test's, which a slow machine still hears in time."""


def get(program: Program, path: str) -> Any:
    with urllib.request.urlopen(program.url() + path, timeout=PATIENCE_S) as answer:
        return json.load(answer)


def calls(program: Program) -> list[dict[str, Any]]:
    return get(program, "/api/calls")["calls"]  # type: ignore[no-any-return]


def playing(tingyin: Tingyin, *arguments: str, heard_s: float = 8.0, **options: Any) -> tuple[Program, str]:
    """A demo that has heard some of its call; returns it with the call's id."""
    program = tingyin.start(*DEMO, *arguments, stage=HURRIED, **options)

    def heard() -> bool:
        found = get(program, "/api/wall")["calls"]
        return bool(found) and found[0]["t_s"] >= heard_s

    wait_for(heard, PATIENCE_S, lambda: program.err)
    return program, get(program, "/api/wall")["calls"][0]["call_id"]


def kept(tingyin: Tingyin, call_id: str) -> list[events.AnyEvent]:
    """The call in the log, checked to be whole: only partials are not kept."""
    told = [events.decode(body) for body in read_call(tingyin.store, call_id)]
    numbers = [event.seq for event in told]
    assert isinstance(told[0], events.CallStarted)
    if not told[0].has_words:
        assert numbers == list(range(1, len(told) + 1))
    assert numbers == sorted(set(numbers))
    assert isinstance(told[-1], events.CallEnded)
    return told


# --- servers that cannot start -------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_taken_is_told(tingyin: Tingyin, command: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = tingyin.refuses("server.port_in_use", command, "--no-asr", "--port", str(port))
    assert f"port {port} on 127.0.0.1 is taken" in refused.err and "--port" in refused.err
    assert not tingyin.store.exists()


@pytest.mark.parametrize("host", ["192.0.2.7", "no-such-host.invalid"])
def test_an_address_that_is_not_ours_is_told(tingyin: Tingyin, host: str) -> None:
    tingyin.refuses("server.host", "serve", "--no-asr", "--host", host)


def test_two_servers_on_one_database_are_one_too_many(tingyin: Tingyin) -> None:
    first = tingyin.start(*SERVE)
    first.url()
    refused = tingyin.refuses("store.locked", *SERVE)
    assert str(tingyin.store) in refused.err and "store.folder" in refused.err
    assert get(first, "/api/health")["status"] == "ok", "the first one goes on"
    first.signal(signal.SIGTERM)
    assert first.wait() == 0
    second = tingyin.start(*SERVE)
    assert get(second, "/api/health")["status"] == "ok", "and leaves the folder free"


def damage(path: Path) -> None:
    path.write_bytes(b"this is no database, whatever it is called\n" * 100)


def damage_middle(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE calls (name TEXT)")
        database.executemany("INSERT INTO calls VALUES (?)", [("x" * 500,)] * 200)
    database.close()
    content = bytearray(path.read_bytes())
    content[5_000:30_000] = b"\xa5" * 25_000
    path.write_bytes(content)


def be_newer(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [(damage, "store.damaged"), (damage_middle, "store.damaged"), (be_newer, "store.version")],
)
def test_a_database_that_cannot_be_used_is_told_and_left_alone(
    tingyin: Tingyin, spoil: Any, code: str
) -> None:
    tingyin.store.mkdir()
    path = tingyin.store / "events.db"
    spoil(path)
    before = path.read_bytes()
    tingyin.refuses(code, *SERVE)
    assert path.read_bytes() == before


def test_a_store_that_is_a_file_is_told(tingyin: Tingyin) -> None:
    tingyin.store.write_text("not a folder")
    tingyin.refuses("store.unwritable", *SERVE)


def test_a_disk_that_is_full_from_the_start_is_told(tingyin: Tingyin) -> None:
    refused = tingyin.run(*SERVE, file_bytes_max=4096)
    assert refused.code == 1 and "Traceback" not in refused.err
    assert refused.err.startswith("store."), refused.err


# --- servers that are stopped --------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_server_keeps_everything_heard_so_far(tingyin: Tingyin, number: signal.Signals) -> None:
    program, call_id = playing(tingyin)
    heard_s = get(program, "/api/wall")["calls"][0]["t_s"]
    program.signal(number)
    assert program.wait(10.0) == 0
    assert "Traceback" not in program.err
    assert not (tingyin.store / "events.db-wal").exists(), "the log is closed, not dropped"
    *told, end = kept(tingyin, call_id)
    assert isinstance(end, events.CallEnded)
    assert end.reason == "cut_off"
    assert end.duration_s >= heard_s
    assert any(isinstance(event, events.Prosody) for event in told)


def test_a_server_without_calls_stops_at_once(tingyin: Tingyin) -> None:
    program = tingyin.start(*SERVE)
    program.url()
    program.signal(signal.SIGTERM)
    assert program.wait(5.0) == 0
    assert len(program.err.splitlines()) == 1, program.err


def test_a_killed_server_s_calls_are_cut_off_by_the_next_start(tingyin: Tingyin) -> None:
    program, call_id = playing(tingyin, heard_s=24.0, env={"TINGYIN_STORE__KEEPS_JOURNAL": "true"})
    program.signal(signal.SIGKILL)
    assert program.wait() == -signal.SIGKILL
    again = tingyin.start(*SERVE)
    (record,) = calls(again)
    assert (record["call_id"], record["state"]) == (call_id, "cut_off")
    *_, end = kept(tingyin, call_id)
    assert isinstance(end, events.CallEnded) and end.reason == "cut_off"
    assert end.duration_s > 16.0
    journal = tingyin.store / "journals" / f"{call_id}.journal"
    assert tingyin.run("replay", journal, "--events", "out.jsonl").code == 0
    live = [bytes(body) for body in read_call(tingyin.store, call_id)]
    replayed = (tingyin.folder / "out.jsonl").read_bytes().splitlines()
    assert isinstance(events.decode(replayed[-1]), events.CallEnded)
    same = [
        event.seq
        for event, again in zip(tingyin.events(), live, strict=False)
        if events.encode(event) == again
    ]
    assert len(same) > 50 and same == list(range(1, len(same) + 1)), "the journal tells what the log tells"


def test_a_disk_that_fills_up_while_a_call_is_logged_is_shown_and_ends_nothing(tingyin: Tingyin) -> None:
    """No file may grow beyond 200 kB: the log is full after some seconds, the call is heard to its end."""
    program = tingyin.start(*DEMO, "--once", stage=HURRIED, file_bytes_max=200_000)
    problems: list[Any] = []

    def is_degraded() -> bool:
        problems[:] = get(program, "/api/health")["problems"]
        return bool(problems)

    wait_for(is_degraded, PATIENCE_S, lambda: program.err)
    assert problems[0]["code"] in {"store.full", "store.unwritable"}
    before_s = get(program, "/api/wall")["calls"][0]["t_s"]
    wait_for(
        lambda: get(program, "/api/wall")["calls"][0]["t_s"] > before_s + 2.0,
        PATIENCE_S,
        lambda: "the call stands still",
    )
    program.signal(signal.SIGTERM)
    assert program.wait(15.0) == 0
    assert "Traceback" not in program.err


def test_the_log_of_the_program_never_holds_what_was_said(tingyin: Tingyin) -> None:
    """A scripted call with its words, alerts and cues, under --verbose; not one of its words is logged."""
    program = tingyin.start(
        *("--verbose", "demo", "--once", "--port", "0", "--language", "zh"),
        stage={"scripted_words": {"name": "zh_parcel"}, "hurried": {"speed": 14.0}},
    )
    url = program.url()
    assert url
    wait_for(lambda: program.is_over(), 90.0, lambda: program.err)
    assert program.code == 0
    (call_id,) = [
        row[0] for row in sqlite3.connect(tingyin.store / "events.db").execute("SELECT call_id FROM calls")
    ]
    told = kept(tingyin, call_id)
    words = [event for event in told if isinstance(event, events.WordsCommitted)]
    assert len(words) > 10
    assert any(isinstance(event, events.Alert) for event in told)
    log = program.err
    spoken = {event.text[at : at + 4] for event in words for at in range(len(event.text) - 3)}
    assert not [piece for piece in spoken if piece in log]
    assert not [character for character in log.split("end it with")[-1] if "\u4e00" <= character <= "\u9fff"]


def test_unknown_addresses_have_codes(tingyin: Tingyin) -> None:
    program = tingyin.start(*SERVE)
    for path, status, code in [
        ("/api/calls/none", 404, "server.unknown_call"),
        ("/api/calls?limit=x", 400, "server.parameter"),
        ("/api/nothing", 404, "server.not_found"),
    ]:
        with pytest.raises(urllib.error.HTTPError) as error:
            get(program, path)
        with error.value:
            assert error.value.code == status
            assert json.load(error.value)["code"] == code
