"""A call judged again: exactly as it was by the same book, and otherwise by an edited one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from monitor.cli import app
from monitor.config import Settings
from monitor.core import events
from monitor.core.events import Alert, AlertCleared, Cue, CueCleared, Event
from monitor.core.inputs import CallInfo
from monitor.core.judging import Judging
from monitor.core.rejudge import FactTold, Finished, Record, Ticked
from monitor.core.retold import of_transcript
from monitor.core.wire import to_event
from monitor.errors import StoreError
from monitor.playbook_files import load_playbook
from monitor.resources import resource
from monitor.store.facts import FACTS_VERSION, FactsHeader, FactsWriter
from monitor.whatif import Side, judge_again, needs_sound, open_call, what_if

CALL = """# two turns each
[0:02] 坐席: 您好，请问有什么可以帮您
客户: 我的快递到现在还没收到，都一个礼拜了
坐席：这个我没有权限
客户: 叫你们领导来
agent: I am so sorry about that
[1:02] caller: Are you there
"""
TOLD = (Alert, AlertCleared, Cue, CueCleared)


def lines(told: Iterable[Event]) -> list[bytes]:
    """Alerts and cues as they are written, but for their numbers."""
    return [
        events.encode(msgspec.structs.replace(event, seq=0, call_id=""))
        for event in told
        if isinstance(event, TOLD)
    ]


def heard(text: str) -> tuple[list[Record], list[Event]]:
    """The record that a live call of this transcript would have kept, and its events."""
    judging = Judging(load_playbook(), Settings().core)
    records: list[Record] = []
    told: list[Event] = []
    for record in of_transcript(text):
        if isinstance(record, FactTold):
            told += judging.on_fact(record.fact, record.now)
            records.append(FactTold(record.now, record.fact, tuple(judging.found_now)))
        elif isinstance(record, Ticked):
            told += judging.on_tick(record.now)
            records.append(Ticked(record.now, tuple(judging.found_now)))
        elif isinstance(record, Finished):
            told += judging.finish(record.now)
            records.append(record)
    return records, told


def test_kept_facts_say_what_an_edit_changes(tmp_path: Path) -> None:
    records, told = heard(CALL)
    path = tmp_path / "call.facts"
    info = CallInfo(call_id="c", started_at="", source="file", title="talk")
    core = Settings().core
    header = FactsHeader(version=FACTS_VERSION, info=info, settings=core.model_dump(mode="json"))
    writer = FactsWriter(path, header)
    for record in records:
        writer.write(record)
    writer.close()
    past, book = open_call(str(path), Settings()), load_playbook()
    assert past.is_exact
    assert "dead_air" in {event.rule for event in told if isinstance(event, Alert)}
    assert lines(judge_again(past, Side(book))) == lines(told)
    same = what_if(past, Side(book), Side(book))
    assert (same.came, same.went) == ([], [])
    assert len(same.stayed) == sum(isinstance(event, Alert) for event in told)
    detectors = core.detectors.model_copy(update={"dead_air_cue_s": 100.0, "dead_air_alert_s": 100.0})
    tuned = what_if(past, Side(book), Side(book, core.model_copy(update={"detectors": detectors})))
    assert {alert.rule for alert in tuned.went} == {"dead_air"}
    assert tuned.came == []
    assert 60 < tuned.duration_s < 90
    speech = core.speech.model_copy(update={"min_silence_s": 0.3})
    assert needs_sound(core, core.model_copy(update={"speech": speech, "detectors": detectors})) == ["speech"]


def test_a_transcript_can_be_judged(tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    path.write_text(CALL, encoding="utf-8")
    past = open_call(str(path), Settings())
    rules = [event.rule for event in judge_again(past, Side(load_playbook())) if isinstance(event, Alert)]
    assert {"no_authority", "demands_leader"} <= set(rules)
    path.write_text("nobody: says this\n", encoding="utf-8")
    with pytest.raises(StoreError, match="line 1"):
        open_call(str(path), Settings())
    with pytest.raises(StoreError):
        open_call("no-such-call", Settings(store={"folder": tmp_path}))


def test_events_of_a_call_can_be_judged(tmp_path: Path) -> None:
    told: list[Event] = [
        events.CallStarted(
            t_s=0.0, started_at="", source="file", title="t", agent="", duration_s=None, has_words=True
        )
    ]
    for record in of_transcript(CALL):
        if isinstance(record, FactTold):
            told.append(to_event(record.fact, record.now))
    path = tmp_path / "call.jsonl"
    path.write_bytes(b"\n".join(events.encode(event) for event in told))
    past = open_call(str(path), Settings())
    assert not past.is_exact
    again = lines(judge_again(past, Side(load_playbook())))
    live = [event for event in heard(CALL)[1] if isinstance(event, Alert)]
    assert [json.loads(line)["rule"] for line in again if b'"type":"alert",' in line] == [
        alert.rule for alert in live
    ]


def run(*arguments: str) -> tuple[int, str]:
    """A command's exit code and output."""
    result = CliRunner().invoke(app, ["playbook", *arguments])
    return result.exit_code, result.output


def test_commands(tmp_path: Path) -> None:
    talk = tmp_path / "talk.txt"
    talk.write_text(CALL, encoding="utf-8")
    code, said = run("try", "no_authority", str(talk))
    assert code == 0
    assert "1 time" in said
    assert "我没有权限" in said
    folder = tmp_path / "playbook"
    shutil.copytree(resource("playbooks"), folder)
    path = folder / "agent_phrases.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('id = "no_authority"', 'id = "no_authority_at_all"'), encoding="utf-8")
    for file in folder.glob("*.toml"):
        named = file.read_text(encoding="utf-8")
        file.write_text(named.replace('"no_authority"', '"no_authority_at_all"'), encoding="utf-8")
    code, said = run("whatif", str(folder), str(talk))
    assert code == 0, said
    assert "+ 0:" in said
    assert "- 0:" in said
    code, said = run("whatif", str(folder), str(talk), "--json")
    row = json.loads(said)
    assert [alert["rule"] for alert in row["came"]] == ["no_authority_at_all"]
    assert row["is_exact"] is False
    code, _ = run("try", "no_such_rule", str(talk))
    assert code == 1


def test_check_tells_lines_and_counts(tmp_path: Path) -> None:
    code, said = run("check", str(resource("playbooks")))
    assert code == 0, said
    path = tmp_path / "mine.toml"
    path.write_text(
        '[[rule]]\nid = "mine"\ntitle = { zh = "题", en = "title" }\nseverity = "low"\nwho = "agent"\n'
        'because = { zh = "因", en = "why" }\nphrases = { zh = ["没有这个权力"] }\n',
        encoding="utf-8",
    )
    assert run("check", str(path)) == (0, "1 rule, 0 signals: all sound\n")
    path.write_text(path.read_text(encoding="utf-8").replace("low", "loud"), encoding="utf-8")
    code, said = run("check", str(path), "--json")
    assert code == 1
    row = json.loads(said)
    assert (row["level"], row["code"], row["line"], row["rule"]) == ("error", "playbook.invalid", 4, "mine")
    code, said = run("check", str(tmp_path / "none.toml"))
    assert code == 1
