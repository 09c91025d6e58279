"""Edits of the playbook while the server runs: sound ones in force, broken ones told."""

from __future__ import annotations

import asyncio
import gc
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monitor import playbook_watch
from monitor.core.events import Alert
from monitor.core.inputs import RulesChanged
from monitor.core.playbook import listener, source
from monitor.core.playbook.listener import Listener, compile_book
from monitor.core.playbook.model import RuleBook
from monitor.core.playbook.source import cached_book, parse_book
from monitor.errors import PlaybookError
from monitor.playbook_watch import (
    LoadedPlaybook,
    PlaybookWatch,
    load_whole,
    playbook_digest,
    tuned_playbook,
)
from monitor.resources import resource
from tests.core.simulated_call import Caller, hypothesis, new_session, silence, voice

RULE = """
[[rule]]
id = "brand_new"
title = { zh = "新", en = "new" }
who = "agent"
severity = "low"
because = { zh = "因", en = "why" }
phrases = { zh = ["从来没有这种事"], en = ["never heard of such"] }
"""


class Desk:
    """A watched folder, and what was told of it."""

    def __init__(self, folder: Path, *, digest: str = "", tuned: Path | None = None) -> None:
        self.folder = folder
        self.loaded: list[LoadedPlaybook] = []
        self.said: list[str] = []
        self.watch = PlaybookWatch(
            folder,
            digest=digest or playbook_digest(folder, tuned),
            in_force=self.loaded.append,
            report=self._report,
            resolve=self._resolve,
            tuned=tuned,
        )

    def _report(self, error: PlaybookError) -> None:
        self.said.append(error.sentence)

    def _resolve(self, code: str) -> None:
        self.said.append(f"over {code}")

    async def edit(self, change: Callable[[], object]) -> None:
        """Changes something, and looks until it has stood still."""
        change()
        await self.watch.look()
        await self.watch.look()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A copy of the shipped playbook."""
    folder = tmp_path / "playbook"
    shutil.copytree(resource("playbooks"), folder)
    return Desk(folder)


async def test_an_edit_comes_into_force_once(desk: Desk) -> None:
    await desk.watch.look()
    assert desk.loaded == []
    mine = desk.folder / "zz_mine.toml"
    await desk.edit(lambda: mine.write_text(RULE, encoding="utf-8"))
    (loaded,) = desk.loaded
    assert "brand_new" in loaded.book
    assert ("zz_mine.toml", RULE) in loaded.files, "names of files, not where they lie"
    await desk.edit(lambda: None)
    await desk.edit(lambda: mine.touch())
    assert len(desk.loaded) == 1, "the same text is no edit"
    await desk.edit(mine.unlink)
    assert "brand_new" not in desk.loaded[-1].book


async def test_a_file_that_is_being_written_is_left_alone(desk: Desk) -> None:
    mine = desk.folder / "zz_mine.toml"
    mine.write_text(RULE[:60], encoding="utf-8")
    await desk.watch.look()
    mine.write_text(RULE, encoding="utf-8")
    await desk.watch.look()
    assert (desk.loaded, desk.said) == ([], [])
    await desk.watch.look()
    assert len(desk.loaded) == 1


async def test_a_broken_edit_is_told_and_the_last_good_playbook_stays(desk: Desk) -> None:
    mine = desk.folder / "zz_mine.toml"
    await desk.edit(lambda: mine.write_text(RULE.replace('"low"', '"loud"'), encoding="utf-8"))
    assert desk.loaded == []
    assert len(desk.said) == 1
    assert "zz_mine.toml, line 6" in desk.said[0]
    await desk.edit(lambda: None)
    assert len(desk.said) == 1, "told once"
    await desk.edit(lambda: mine.write_text(RULE, encoding="utf-8"))
    assert desk.said[1:] == ["over playbook.edit"]
    assert len(desk.loaded) == 1
    await desk.edit(lambda: (desk.folder / "conversation.toml").unlink())
    assert "last good one stays" in desk.said[-1]


async def test_a_running_call_takes_the_edit_between_turns(desk: Desk) -> None:
    await desk.edit(lambda: (desk.folder / "zz_mine.toml").write_text(RULE, encoding="utf-8"))
    change = RulesChanged(files=desk.loaded[0].files)

    def alerts(*, changes_at: str) -> list[str]:
        call = Caller(new_session(), lambda request: hypothesis(request, "从来没有这种事"))
        call.hear(agent=np.concatenate([voice(1.5), silence(3.0)]))
        if changes_at == "pause":
            call.tell(change)
        call.hear(agent=voice(0.5))
        if changes_at == "speech":
            call.tell(change)
        call.hear(agent=np.concatenate([voice(2.0), silence(3.0)]))
        call.end()
        return [alert.rule for alert in call.of(Alert) if alert.rule == "brand_new"]

    assert alerts(changes_at="never") == []
    assert alerts(changes_at="pause") == ["brand_new"], "what is said from then on"
    assert alerts(changes_at="speech") == ["brand_new"], "the words came after the turn"


async def test_no_call_waits_until_an_edit_is_compiled(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    live = Caller(new_session(), lambda request: hypothesis(request, ""))
    await desk.edit(lambda: (desk.folder / "zz_mine.toml").write_text(RULE, encoding="utf-8"))
    (loaded,) = desk.loaded
    for tried in range(20):
        compile_book(parse_book((("tried.toml", RULE.replace("brand_new", f"tried_{tried}")),)))
    monkeypatch.setattr(listener, "PhraseBook", _never)
    monkeypatch.setattr(source, "parse_book", _never)
    Listener(loaded.book)
    live.tell(RulesChanged(files=loaded.files))
    live.hear(agent=silence(1.0))


def _never(*_: object) -> None:
    raise AssertionError("it was made already")


async def test_an_edit_is_parsed_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    parse_rows = source.parse_rows

    def counted(text: str, file: str, *more: Any) -> Any:
        parsed.append(Path(file).name)
        return parse_rows(text, file, *more)

    monkeypatch.setattr(source, "parse_rows", counted)
    unseen = RULE.replace("brand_new", "parsed_once")
    await desk.edit(lambda: (desk.folder / "zz_mine.toml").write_text(unseen, encoding="utf-8"))
    assert cached_book(desk.loaded[0].files) is desk.loaded[0].book, "what live calls are told of"
    assert parsed.count("zz_mine.toml") == 1


def test_what_is_made_of_a_book_goes_with_it() -> None:
    for tried in range(20):
        compile_book(parse_book((("tried.toml", RULE.replace("brand_new", f"gone_{tried}")),)))
    gc.collect()
    left = [one for one in gc.get_objects() if isinstance(one, RuleBook) and len(one) == 1]
    assert not [one for one in left if next(iter(one)).id.startswith("gone_")]


async def test_an_edit_while_the_server_starts_comes_into_force(desk: Desk) -> None:
    """Loading the models takes seconds, after the playbook was read."""
    begun_with = playbook_digest(desk.folder)
    (desk.folder / "zz_mine.toml").write_text(RULE, encoding="utf-8")
    late = Desk(desk.folder, digest=begun_with)
    await late.watch.look()
    (loaded,) = late.loaded
    assert "brand_new" in loaded.book


async def test_what_was_tuned_and_does_not_fit_is_told_until_it_does(tmp_path: Path) -> None:
    tuned = tmp_path / "tuned_rules.toml"
    tuned.write_text("[tune.nobody]\nis_on = false\n", encoding="utf-8")
    playbook, untuned = tuned_playbook(None, tuned)
    assert untuned is not None
    desk = Desk(resource("playbooks"), digest=playbook.digest, tuned=tuned)
    await desk.watch.look()
    assert desk.said == [untuned.sentence]
    await desk.edit(lambda: tuned.write_text("[tune.no_authority]\nis_on = false\n", encoding="utf-8"))
    assert desk.said[1:] == ["over playbook.edit"]
    assert not desk.loaded[-1].book["no_authority"].is_on


async def test_an_edit_that_could_not_be_compiled_is_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_playbook: LoadedPlaybook) -> LoadedPlaybook:
        raise MemoryError

    mine = desk.folder / "zz_mine.toml"
    monkeypatch.setattr(playbook_watch, "compile_book", fail)
    with pytest.raises(MemoryError):
        await desk.edit(lambda: mine.write_text(RULE, encoding="utf-8"))
    monkeypatch.undo()
    await desk.edit(mine.touch)
    assert "brand_new" in desk.loaded[-1].book


async def test_an_unexpected_error_ends_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch says that it could not look, and looks on."""

    def fail() -> None:
        raise RuntimeError("never thought of")

    monkeypatch.setattr(playbook_watch, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(desk.watch, "_signature", fail)
    watching = asyncio.create_task(desk.watch.run())
    for _ in range(500):
        await asyncio.sleep(0.01)
        if desk.said:
            break
    assert "could not be looked at" in desk.said[0]
    monkeypatch.undo()
    monkeypatch.setattr(playbook_watch, "LOOK_EVERY_S", 0.01)
    (desk.folder / "zz_mine.toml").write_text(RULE, encoding="utf-8")
    for _ in range(1_000):
        await asyncio.sleep(0.01)
        if desk.loaded:
            break
    watching.cancel()
    assert "brand_new" in desk.loaded[-1].book
    assert desk.said[-1] == "over playbook.edit"


def test_a_folder_of_one_s_own_rules_alone_says_what_to_copy(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(RULE, encoding="utf-8")
    with pytest.raises(PlaybookError, match="copy the files of"):
        load_whole(tmp_path)


async def test_what_is_tuned_comes_and_goes_with_its_file(tmp_path: Path) -> None:
    loaded: list[LoadedPlaybook] = []
    tuned = tmp_path / "tuned_rules.toml"
    watch = PlaybookWatch(
        None,
        digest=playbook_digest(None),
        in_force=loaded.append,
        report=lambda _: None,
        resolve=lambda _: None,
        tuned=tuned,
    )
    for text, is_on in (("[tune.no_authority]\nis_on = false\n", False), ("", True)):
        if text:
            tuned.write_text(text, encoding="utf-8")
        else:
            tuned.unlink()
        await watch.look()
        await watch.look()
        assert loaded[-1].book["no_authority"].is_on is is_on
