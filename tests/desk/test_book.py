"""What supervisors do is kept, attributed and timed; it survives a restart and a full disk."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from monitor.desk import book as book_module
from monitor.desk.book import AlertMarks, DeskBook, Wish
from monitor.desk.database import DeskFile, forget_call, forget_mutes
from monitor.errors import AccountError, DeskError, StoreError
from tests.desk.conftest import Clock, alert


def wish(action: Any, by: str = "li", **given: Any) -> Wish:
    return Wish(by=by, action=action, **given)


def test_acts_are_kept_with_who_and_when(book: DeskBook, clock: Clock, tmp_path: Path) -> None:
    book.do([alert("a1"), alert("a2")], wish("acknowledge"))
    clock.advance(seconds=9)
    (state,) = book.do([alert("a1")], wish("comment", "he", text="I call back"))
    assert state.acknowledged is not None and state.acknowledged.by == "li"
    assert [(note.by, note.at, note.text) for note in state.comments] == [("he", clock(), "I call back")]
    with closing(DeskFile(tmp_path)) as again:
        reread = DeskBook(again)
        assert reread.states([alert("a1"), alert("a2"), alert("a3")])[0] == state
        assert [(act.alert_id, act.action, act.by) for act in reread.acts_of_call("c1")] == [
            ("a1", "acknowledge", "li"),
            ("a2", "acknowledge", "li"),
            ("a1", "comment", "he"),
        ]


def test_what_changes_nothing_is_not_written(book: DeskBook) -> None:
    (first,) = book.do([alert()], wish("acknowledge"))
    (second,) = book.do([alert()], wish("acknowledge", "he"))
    assert first == second
    assert len(book.acts_of_call("c1")) == 1


def test_only_its_author_takes_a_comment_back_and_its_words_are_gone(book: DeskBook, tmp_path: Path) -> None:
    (state,) = book.do([alert()], wish("comment", text="typed into the wrong window"))
    number = state.comments[0].number
    with pytest.raises(AccountError, match=r"account\.forbidden"):
        book.do([alert()], wish("withdraw", "he", comment=number))
    (state,) = book.do([alert()], wish("withdraw", comment=number))
    assert state.comments == []
    assert [act.text for act in book.acts_of_call("c1")] == ["", ""]


def test_acts_about_one_alert_have_a_bound(book: DeskBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_module, "ACTS_MAX", 3)
    for n in range(3):
        book.do([alert()], wish("comment", text=f"{n}"))
    with pytest.raises(DeskError, match=r"desk\.too_many"):
        book.do([alert("a2"), alert("a1")], wish("comment", text="one more"))
    assert len(book.acts_of_call("c1")) == 3, "of one request all or nothing is done"


def test_mutes_end_by_time_and_by_hand(book: DeskBook, clock: Clock) -> None:
    one = book.mute("hot_temper", None, clock.later(minutes=10), "li")
    two = book.mute("dead_air", {"A2", "A1"}, clock.later(minutes=30), "he")
    assert book.mutes() == [one, two]
    assert two.agents == ["A1", "A2"]
    clock.advance(minutes=11)
    assert book.mutes() == [two]
    ended = book.unmute(two.id, "li")
    assert (ended.ended_by, book.mutes()) == ("li", [])
    assert book.unmute(two.id, "root").ended_by == "li"
    with pytest.raises(DeskError, match=r"desk\.unknown_mute"):
        book.unmute(99, "li")


def test_mutes_have_a_bound(book: DeskBook, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_module, "MUTES_MAX", 1)
    book.mute("hot_temper", None, clock.later(minutes=10), "li")
    with pytest.raises(DeskError, match=r"desk\.too_many"):
        book.mute("dead_air", None, clock.later(minutes=10), "li")
    clock.advance(minutes=11)
    book.mute("dead_air", None, clock.later(minutes=10), "li")


def test_marks_are_counted_by_when_the_alert_was_raised(book: DeskBook) -> None:
    old, new = alert("a1", raised_at="2026-01-01T00:00:00.000Z"), alert("a2", agent="A2")
    book.do([old], wish("mark_false"))
    book.do([new], wish("mark_false"))
    book.do([new], wish("mark_true", "he"))
    book.do([alert("a3")], wish("acknowledge"))
    book.do([alert("a4")], wish("mark_true"))
    book.do([alert("a4")], wish("unmark"))
    book.do([alert("a5")], wish("comment", text="no judgement"))
    day = ("2026-01-02T00:00:00.000Z", "2026-01-03T00:00:00.000Z")
    assert book.marks(*day) == [
        AlertMarks(rule="hot_temper", verdict="true", is_acknowledged=False),
        AlertMarks(rule="hot_temper", verdict=None, is_acknowledged=True),
        AlertMarks(rule="hot_temper", verdict=None, is_acknowledged=False),
    ]
    assert [mark.verdict for mark in book.marks(*day, agents={"A2"})] == ["true"]
    assert book.marks(*day, agents=set()) == []


def test_a_forgotten_call_leaves_nothing(book: DeskBook, clock: Clock, tmp_path: Path) -> None:
    book.do([alert(), alert(call_id="c2")], wish("acknowledge"))
    book.mute("hot_temper", None, clock.later(minutes=10), "li")
    forget_call(tmp_path, "c1")
    forget_mutes(tmp_path, clock.later(minutes=9))
    assert (len(book.acts_of_call("c1")), len(book.acts_of_call("c2")), len(book.mutes())) == (0, 1, 1)
    forget_mutes(tmp_path, clock.later(minutes=11))
    assert book.mutes() == []
    forget_call(tmp_path / "nowhere", "c1")


def test_a_full_disk_refuses_the_act_and_the_next_one_works(book: DeskBook) -> None:
    connection: sqlite3.Connection = book._file._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError) as full:
        for n in range(90):
            book.do([alert(f"a{n}")], wish("comment", text="x" * 500))
    assert full.value.code == "store.full"
    kept = len(book.acts_of_call("c1"))
    connection.execute("PRAGMA max_page_count = 1000000")
    book.do([alert()], wish("acknowledge"))
    assert len(book.acts_of_call("c1")) == kept + 1


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "desk.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError) as damaged:
        DeskFile(tmp_path)
    assert damaged.value.code == "store.damaged"


def test_others_may_not_read_the_file(tmp_path: Path) -> None:
    with closing(DeskFile(tmp_path)):
        assert (tmp_path / "desk.db").stat().st_mode & 0o077 == 0
