"""Where a replay's results go: places that cannot be written, runs that are stopped, cut journals."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.config import Settings
from monitor.core import events
from monitor.core.inputs import CallInfo
from monitor.core.playbook.source import cached_book
from monitor.ingest.file import open_file_source
from monitor.playbook_files import load_playbook
from monitor.playbook_watch import playbook_text
from monitor.resources import resource
from monitor.runner import run_call
from monitor.store.journal import JOURNAL_VERSION, JournalHeader, JournalWriter, pack_playbook, read_journal
from monitor.switchboard import make_session
from tests.product.conftest import Tingyin, wait_for
from tests.replays.scenario import Recorder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a quarter of a megabyte; skips where none may be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=256k", "none", str(place)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.parametrize("option", ["--events", "--report"])
def test_a_place_that_does_not_exist_is_refused_before_the_call_is_judged(
    tingyin: Tingyin, call_file: Path, option: str
) -> None:
    refused = tingyin.refuses("store.unwritable", "replay", call_file, "--no-asr", option, "none/out")
    assert "none/out cannot be written: No such file or directory" in refused.err


def test_a_folder_is_no_place_for_events(tingyin: Tingyin, call_file: Path) -> None:
    (tingyin.folder / "out").mkdir()
    tingyin.refuses("store.unwritable", "replay", call_file, "--no-asr", "--events", "out")


def test_a_device_that_is_full_is_told(tingyin: Tingyin, call_file: Path) -> None:
    done = tingyin.run("replay", call_file, "--no-asr", "--events", "/dev/full")
    assert done.code == 1
    assert "Traceback" not in done.err
    assert "store.unwritable  /dev/full cannot be written: No space left on device" in done.err


def test_a_disk_that_fills_up_leaves_no_half_of_a_file(
    tingyin: Tingyin, call_file: Path, small_disk: Path
) -> None:
    before = b"the events of an earlier run\n"
    (small_disk / "out.jsonl").write_bytes(before)
    with (small_disk / "fill").open("wb", buffering=0) as fill, contextlib.suppress(OSError):
        while True:
            fill.write(bytes(4096))
    done = tingyin.run("replay", call_file, "--no-asr", "--events", small_disk / "out.jsonl")
    assert done.code == 1
    assert "Traceback" not in done.err and "store.unwritable  " in done.err
    assert (small_disk / "out.jsonl").read_bytes() == before
    assert sorted(path.name for path in small_disk.iterdir()) == ["fill", "out.jsonl"]


def test_a_replay_that_is_interrupted_leaves_no_half_of_a_file(tingyin: Tingyin) -> None:
    shipped = resource("calls") / "zh_parcel.flac"
    program = tingyin.start("replay", shipped, "--no-asr", "--events", "out.jsonl")
    part = tingyin.folder / ".out.jsonl.part"
    wait_for(lambda: part.exists() and part.stat().st_size, 30.0, lambda: program.err)
    program.signal(signal.SIGINT)
    assert program.wait() not in (0, None)
    assert "Traceback" not in program.err
    assert not part.exists() and not (tingyin.folder / "out.jsonl").exists()


def test_results_replace_what_was_there_and_keep_who_may_read_them(tingyin: Tingyin, call_file: Path) -> None:
    target, link = tingyin.folder / "out.jsonl", tingyin.folder / "link.jsonl"
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to(target)
    assert tingyin.run("replay", call_file, "--no-asr", "--events", "link.jsonl").code == 0
    assert link.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o600
    assert isinstance(tingyin.events()[-1], events.CallEnded)


def test_events_go_to_standard_output_when_asked(tingyin: Tingyin, call_file: Path) -> None:
    done = tingyin.run("replay", call_file, "--no-asr", "--events", "/dev/stdout")
    assert done.code == 0
    told = [events.decode(line) for line in done.out.splitlines()]
    assert isinstance(told[-1], events.CallEnded)


def test_a_disk_that_fails_in_mid_call_is_told_and_what_was_heard_is_kept(
    tingyin: Tingyin, call_file: Path
) -> None:
    done = tingyin.run(
        *("replay", call_file, "--no-asr", "--events", "out.jsonl"),
        stage={"failing_disk": {"after_reads": 30}},
    )
    assert done.code == 1
    assert "Traceback" not in done.err
    assert done.err.splitlines()[-1].startswith("source.failed  the sound stopped: Input/output error")
    end = tingyin.events()[-1]
    assert isinstance(end, events.CallEnded)
    assert (end.reason, end.code) == ("failed", "source.failed")
    assert end.duration_s > 2.0


OWN_RULE = """
[[rule]]
id = "own_rule"
title = { zh = "开始两秒", en = "Two seconds in" }
severity = "info"
because = { zh = "通话过了两秒", en = "The call is two seconds long" }
what = { call_longer_than_s = 2 }
"""

# --- journals ----------------------------------------------------------------------------------------


@pytest.fixture
def live(call_file: Path) -> tuple[Path, list[bytes]]:
    """The journal of a live call, and the events that it had."""
    settings, recorder = Settings(), Recorder()
    info = CallInfo(call_id="call", started_at="2026-01-02T03:04:05.000Z", source="device", title="line 3")
    session = make_session(info, settings, load_playbook(), has_words=False)
    core = settings.core.model_dump(mode="json")
    header = JournalHeader(version=JOURNAL_VERSION, info=info, settings=core, has_words=False)
    path = call_file.with_suffix(".journal")
    with JournalWriter(path, header) as writer:
        source = open_file_source(call_file)
        asyncio.run(run_call("call", session, source, None, [recorder], journal=writer))
    return path, recorder.lines


def test_a_journal_gives_the_events_that_the_live_call_had(
    tingyin: Tingyin, live: tuple[Path, list[bytes]]
) -> None:
    path, lines = live
    done = tingyin.run("replay", path, "--events", "out.jsonl")
    assert done.code == 0, done.err
    assert (tingyin.folder / "out.jsonl").read_bytes().splitlines() == lines


def test_a_journal_is_judged_by_the_playbook_that_its_call_began_with(
    tingyin: Tingyin, call_file: Path
) -> None:
    files = (*playbook_text(None), ("own.toml", OWN_RULE))
    settings, recorder = Settings(), Recorder()
    info = CallInfo(call_id="call", started_at="2026-01-02T03:04:05.000Z", source="device", title="line 3")
    session = make_session(info, settings, cached_book(files), has_words=False)
    header = JournalHeader(
        version=JOURNAL_VERSION,
        info=info,
        settings=settings.core.model_dump(mode="json"),
        has_words=False,
        playbook=pack_playbook(files),
    )
    path = call_file.with_suffix(".journal")
    with JournalWriter(path, header) as writer:
        asyncio.run(run_call("call", session, open_file_source(call_file), None, [recorder], journal=writer))
    assert b"own_rule" in b"".join(recorder.lines), "the edit showed in the live call"

    assert tingyin.run("replay", path, "--events", "out.jsonl").code == 0
    assert (tingyin.folder / "out.jsonl").read_bytes().splitlines() == recorder.lines


def test_a_journal_whose_playbook_is_damaged_is_refused(tingyin: Tingyin, call_file: Path) -> None:
    info = CallInfo(call_id="call", started_at="2026-01-02T03:04:05.000Z", source="device", title="line 3")
    core = Settings().core.model_dump(mode="json")
    path = call_file.with_suffix(".journal")
    for packed in (b"no playbook", pack_playbook((("own.toml", "[[rule"),))):
        header = JournalHeader(
            version=JOURNAL_VERSION, info=info, settings=core, has_words=False, playbook=packed
        )
        JournalWriter(path, header).close()
        done = tingyin.run("replay", path, "--events", "out.jsonl")
        assert done.code == 1
        assert "store.journal" in done.err
        assert "Traceback" not in done.err


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_a_cut_journal_is_heard_as_far_as_it_goes(
    tingyin: Tingyin, live: tuple[Path, list[bytes]], share: float
) -> None:
    path, lines = live
    whole = path.read_bytes()
    path.write_bytes(whole[: round(share * len(whole))])
    done = tingyin.run("replay", path, "--events", "out.jsonl")
    assert done.code == 0, done.err
    assert "store.journal_cut  the journal" in done.err
    *told, last = (tingyin.folder / "out.jsonl").read_bytes().splitlines()
    assert told[:5] == lines[:5]
    end = events.decode(last)
    assert isinstance(end, events.CallEnded)
    assert (end.reason, end.code) == ("cut_off", "store.journal_cut")


def test_a_journal_that_is_damaged_in_its_middle_is_refused(
    tingyin: Tingyin, live: tuple[Path, list[bytes]]
) -> None:
    path, _ = live
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    tingyin.refuses("store.journal", "replay", path, "--events", "out.jsonl")
    assert not (tingyin.folder / "out.jsonl").exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"version": JOURNAL_VERSION + 1}, "newer than"),
        ({"settings": {"speech": {"whisker_s": 1.0}}}, "another version wrote it"),
        ({"settings": {"humour": {}}}, "another version wrote it"),
    ],
)
def test_a_journal_of_another_version_is_refused(
    tingyin: Tingyin, live: tuple[Path, list[bytes]], changes: dict[str, Any], says: str
) -> None:
    path, _ = live
    header = replace(read_journal(path).header, **changes)
    JournalWriter(path, header).close()
    assert says in tingyin.refuses("store.journal", "replay", path, "--events", "out.jsonl").err
    assert not (tingyin.folder / "out.jsonl").exists()


def test_a_journal_of_a_call_that_was_never_heard_has_a_beginning_and_an_end(
    tingyin: Tingyin, live: tuple[Path, list[bytes]]
) -> None:
    path, _ = live
    JournalWriter(path, read_journal(path).header).close()
    assert tingyin.run("replay", path, "--events", "out.jsonl").code == 0
    first, *_, last = tingyin.events()
    assert isinstance(first, events.CallStarted)
    assert isinstance(last, events.CallEnded) and last.duration_s == 0.0


# --- reports -----------------------------------------------------------------------------------------


def test_a_report_is_made_of_a_file_of_events(tingyin: Tingyin, call_file: Path) -> None:
    tingyin.run("replay", call_file, "--no-asr", "--events", "out.jsonl", "--report", "one.html")
    assert tingyin.run("report", "out.jsonl", "--out", "two.html").code == 0
    assert (tingyin.folder / "one.html").read_bytes() == (tingyin.folder / "two.html").read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a letter\n",
        b'{"type":"cue"}\n',
        b'{"type":"engine_lagging","t_s":0,"is_lagging":true,"delay_s":1}\n',
        b"\xff\xfe\n",
    ],
)
def test_a_report_of_what_holds_no_events_is_refused(tingyin: Tingyin, content: bytes) -> None:
    (tingyin.folder / "odd.jsonl").write_bytes(content)
    tingyin.refuses("store.events", "report", "odd.jsonl", "--out", "out.html")
    assert not (tingyin.folder / "out.html").exists()


def test_a_report_of_an_unknown_call_is_refused(tingyin: Tingyin) -> None:
    tingyin.refuses("store.unknown_call", "report", "20260102-030405-abcdef01", "--out", "out.html")
