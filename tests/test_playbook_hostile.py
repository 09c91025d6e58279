"""Whatever somebody puts where a playbook is read: told with its code and line, and nothing waits for it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.cli import app
from monitor.errors import PlaybookError
from monitor.playbook_files import BYTES_MAX, FILE_BYTES_MAX, load_files, read_texts
from monitor.playbook_watch import LoadedPlaybook, PlaybookWatch, playbook_digest
from monitor.resources import resource

RULE = """[[rule]]
id = "mine"
title = { zh = "题目", en = "title" }
who = "agent"
severity = "low"
because = { zh = "因为", en = "why" }
phrases = { zh = ["从来没有这种事"] }
"""


def loop(path: Path) -> None:
    """A link that leads to itself by another one."""
    other = path.with_name("other")
    path.symlink_to(other)
    other.symlink_to(path)


HOSTILE: dict[str, tuple[Callable[[Path], object], str, int]] = {
    "gbk": (lambda path: path.write_bytes(RULE.encode("gbk")), "UTF-8", 3),
    "utf-16": (lambda path: path.write_bytes(RULE.encode("utf-16")), "UTF-8", 1),
    "utf-16 without a mark": (lambda path: path.write_bytes('id = "a"\n'.encode("utf-16-le")), "NUL", 1),
    "nul": (lambda path: path.write_text(RULE + 'note = "\0"\n', encoding="utf-8"), "NUL", 8),
    "junk": (lambda path: path.write_bytes(bytes(range(255, 0, -1)) * 40), "UTF-8", 1),
    "huge": (lambda path: path.write_text("#" * (FILE_BYTES_MAX + 1), encoding="utf-8"), "bytes", 1),
    "endless": (lambda path: path.symlink_to("/dev/zero"), "plain file", 1),
    "pipe": (os.mkfifo, "plain file", 1),
    "folder": (lambda path: path.mkdir(), "directory", 1),
    "loop of links": (loop, "symbolic links", 1),
    "link to nothing": (lambda path: path.symlink_to("nowhere"), "No such file", 1),
}
"""What makes the file, what is said of it, and the line."""


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_text_is_told_at_once(name: str, tmp_path: Path) -> None:
    make, said, line = HOSTILE[name]
    path = tmp_path / "mine.toml"
    make(path)
    begun = time.perf_counter()
    with pytest.raises(PlaybookError) as caught:
        load_files([path])
    assert time.perf_counter() - begun < 5
    assert caught.value.code == "playbook.unreadable"
    assert said in caught.value.sentence
    (tmp_path / "good.toml").write_text(RULE, encoding="utf-8")
    told = CliRunner().invoke(app, ["playbook", "check", str(tmp_path), "--json"])
    rows = [json.loads(row) for row in told.output.splitlines()]
    found = [row for row in rows if row["code"] == "playbook.unreadable"]
    assert told.exit_code == 1
    assert [(row["level"], row["line"], row["file"]) for row in found] == [("error", line, str(path))]


def test_a_mark_and_line_ends_of_other_systems_are_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + RULE.replace("\n", "\r\n").encode())
    assert read_texts([path]) == ((str(path), RULE),)
    assert [rule.id for rule in load_files([path])] == ["mine"]


def test_many_files_are_together_no_larger_than_a_playbook_can_be(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.toml" for number in range(BYTES_MAX // FILE_BYTES_MAX + 1)]
    for path in paths:
        path.write_text("#" * FILE_BYTES_MAX, encoding="utf-8")
    with pytest.raises(PlaybookError, match="over"):
        read_texts(paths)
    assert len(read_texts(paths[:-1])) == len(paths) - 1


async def test_a_hostile_edit_leaves_the_last_good_playbook_in_force_and_holds_up_nobody(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "playbook"
    shutil.copytree(resource("playbooks"), folder)
    loaded: list[LoadedPlaybook] = []
    said: list[str] = []
    watch = PlaybookWatch(
        folder,
        digest=playbook_digest(folder),
        in_force=loaded.append,
        report=lambda error: said.append(error.sentence),
        resolve=lambda code: said.append(f"over {code}"),
    )
    path = folder / "mine.toml"
    latest: list[float] = []

    async def tick() -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0.01)
            latest.append(time.perf_counter() - begun)

    ticking = asyncio.create_task(tick())
    for make, expected, _ in HOSTILE.values():
        make(path)
        said.clear()
        for _ in range(2):
            await asyncio.wait_for(watch.look(), 60)
        assert len(said) == 1
        assert expected in said[0]
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        path.with_name("other").unlink(missing_ok=True)
    ticking.cancel()
    assert not loaded
    assert max(latest) < 2, "the loop of the calls went on"
    path.write_text(RULE, encoding="utf-8")
    for _ in range(2):
        await watch.look()
    assert len(loaded) == 1
    assert "mine" in loaded[0].book
