"""Messages to the agent, in every form of a call's report."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitor.core.events import AnyEvent, Text
from monitor.report import ReportFormat, build, build_csv, build_json, build_report
from monitor.store.records import MessageToAgent
from monitor.store.side import SideStore, read_messages


def message(id_: str, t_s: float, text: str, **more: Any) -> MessageToAgent:
    plain = MessageToAgent(
        id=id_,
        at="2026-03-01T09:00:10.000Z",
        t_s=t_s,
        sender="li",
        display="李 <b>",
        text=Text(zh=text, en=text),
        template=None,
        is_urgent=False,
        shown_at=None,
        seen_at=None,
    )
    return msgspec.structs.replace(plain, **more)


MESSAGES = [
    message(
        "m1", 10.0, "问一下单号", shown_at="2026-03-01T09:00:11.000Z", seen_at="2026-03-01T09:00:14.500Z"
    ),
    message("m2", 20.0, "=SUM(1)<script>", is_urgent=True, shown_at="2026-03-01T09:00:31.000Z"),
    message("m3", 30.0, "太晚了"),
]


def test_the_page_shows_what_was_written_by_whom_and_whether_it_was_seen(told: list[AnyEvent]) -> None:
    page = build_report(told, MESSAGES)
    section = page[page.index('id="h-messages"') :]
    section = section[: section.index("</section>")]
    assert "问一下单号" in section and "李 &lt;b&gt;" in section
    assert "seen by the agent" in section and "(<span" in section and " 4 s)" in section
    assert "shown, not confirmed" in section and "not shown" in section and "urgent" in section
    assert "<script>" not in section, "words are text"
    assert 'id="h-messages"' not in build_report(told), "a call without messages has no empty table"


def test_json_and_csv_hold_the_messages(told: list[AnyEvent]) -> None:
    data = json.loads(build_json(told, MESSAGES))
    assert [one["text"]["zh"] for one in data["messages"]] == ["问一下单号", "=SUM(1)<script>", "太晚了"]
    assert data["messages"][0]["seen_at"] == "2026-03-01T09:00:14.500Z"
    happened = [row for row in data["timeline"] if row["kind"] == "message"]
    assert [row["at_s"] for row in happened] == [10.0, 20.0, 30.0]
    rows = csv.DictReader(io.StringIO(build_csv(told, MESSAGES).removeprefix("\ufeff")))
    told_rows = [row for row in rows if row["kind"] == "message"]
    assert [row["at_s"] for row in told_rows] == ["10.0", "20.0", "30.0"]
    assert told_rows[0]["en"] == "李 <b>: 问一下单号 (seen by the agent)"


@pytest.mark.parametrize("kind", list(ReportFormat))
def test_equal_events_and_messages_give_equal_text(told: list[AnyEvent], kind: ReportFormat) -> None:
    assert build(told, kind, MESSAGES) == build(told, kind, MESSAGES) != build(told, kind)


def test_messages_are_read_beside_a_running_server(tmp_path: Path) -> None:
    assert read_messages(tmp_path, "call") == []
    with closing(SideStore(tmp_path)) as store:
        for one in MESSAGES:
            store.keep_message("call", one)
            store.mark_message(one)
        assert read_messages(tmp_path, "call") == MESSAGES
        assert read_messages(tmp_path, "another") == []
