"""A call judged again: exactly as it was by the same book, and otherwise by an edited one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from monitor.cli import app
from monitor.commands.whatif import Edit, tell_what_if
from monitor.config import Settings, load_settings
from monitor.core import events
from monitor.core.detectors import touched
from monitor.core.events import Alert, AlertCleared, Cue, CueCleared, Event
from monitor.core.inputs import CallInfo, CueAnswer, CuesPaused
from monitor.core.judging import Judging
from monitor.core.playbook.model import Phrases, RuleBook
from monitor.core.rejudge import Answered, FactTold, Finished, PauseTold, Record, Ticked, Told, rejudge
from monitor.core.retold import of_transcript
from monitor.core.wire import to_event
from monitor.errors import StoreError
from monitor.playbook_files import load_playbook
from monitor.resources import resource
from monitor.store.facts import FACTS_VERSION, FactsHeader, FactsWriter
from monitor.whatif import Change, PastCall, Side, judge_again, needs_sound, open_call, what_if

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


def kept(path: Path, records: Iterable[Record], digest: str = "", quiet: tuple[str, ...] = ()) -> PastCall:
    """The call of these records."""
    info = CallInfo(call_id="c", started_at="", source="file", title="talk", quiet_rules=quiet)
    settings = Settings().core.model_dump(mode="json")
    header = FactsHeader(version=FACTS_VERSION, info=info, settings=settings, playbook=digest)
    writer = FactsWriter(path, header)
    for record in records:
        writer.write(record)
    writer.close()
    return open_call(str(path), Settings())


def with_told(text: str, quiet: tuple[str, ...] = ()) -> list[Record]:
    """As a session keeps a call: each record, then what followed on it."""
    judging, records = Judging(load_playbook(), Settings().core, quiet=quiet), list[Record]()
    for record in of_transcript(text):
        if isinstance(record, FactTold):
            out = judging.on_fact(record.fact, record.now)
            records.append(FactTold(record.now, record.fact, tuple(judging.found_now)))
        elif isinstance(record, Ticked):
            out = judging.on_tick(record.now)
            records.append(Ticked(record.now, tuple(judging.found_now)))
        else:
            assert isinstance(record, Finished)
            out = judging.finish(record.now)
        records += [Told(event) for event in out if isinstance(event, Alert | Cue)]
    return [*records, Finished(0)]


def edited(rule_id: str, **changes: object) -> RuleBook:
    """The shipped book with one rule changed, or left out."""
    book = load_playbook()
    rules = [rule.model_copy(update=changes) if rule.id == rule_id else rule for rule in book]
    return RuleBook([rule for rule in rules if changes or rule.id != rule_id], book.signals.values())


def told_of(change: Change) -> tuple[list[str], list[str], list[str], int, int]:
    """A change, to be compared."""
    lists = [
        [f"{alert.rule} {alert.raised_at_s}" for alert in alerts]
        for alerts in (change.came, change.went, change.stayed)
    ]
    return lists[0], lists[1], lists[2], change.cues_before, change.cues_after


def test_what_was_told_stands_for_the_side_that_told_it(tmp_path: Path) -> None:
    """The short way, one judging, and the long one, two, say the same."""
    records = with_told(CALL)
    short, plain = kept(tmp_path / "a", records, "x"), kept(tmp_path / "b", records)
    book, after = load_playbook(), Side(edited("no_authority"))
    one = what_if(short, Side(book, digest="x"), after)
    other = what_if(plain, Side(book), after)
    assert told_of(one) == told_of(other)
    assert {alert.rule for alert in one.went} == {"no_authority"}
    wrong = [replace(one, event=replace_rule(one.event)) if isinstance(one, Told) else one for one in records]
    misled = what_if(kept(tmp_path / "c", wrong, "x"), Side(book, digest="x"), after)
    assert {alert.rule for alert in misled.went} == {"nobody"}, "what was told is looked at"
    answered = [*wrong[:-1], Answered(0, CueAnswer(cue_id="c1", answer="done")), wrong[-1]]
    assert told_of(what_if(kept(tmp_path / "d", answered, "x"), Side(book, digest="x"), after)) == told_of(
        other
    )


@pytest.mark.parametrize("digest", ["", "the same"])
def test_what_was_quiet_for_the_agent_is_quiet_by_both_sides(tmp_path: Path, digest: str) -> None:
    quiet = ("no_authority",)
    records = with_told(CALL, quiet)
    shown = [one.event.rule for one in records if isinstance(one, Told) and isinstance(one.event, Cue)]
    assert shown and "no_authority" not in shown
    call = kept(tmp_path / "a.facts", records, digest, quiet)
    change = what_if(call, Side(load_playbook(), digest=digest), Side(load_playbook()))
    assert (change.cues_before, change.cues_after) == (len(shown), len(shown))
    assert not change.came and not change.went


def test_a_pause_of_the_cues_is_one_by_both_sides(tmp_path: Path) -> None:
    records = [record for record in with_told(CALL) if not isinstance(record, Told)]
    paused = [PauseTold(0, CuesPaused(is_paused=True)), *records]
    change = what_if(kept(tmp_path / "a.facts", paused), Side(load_playbook()), Side(edited("no_authority")))
    assert {alert.rule for alert in change.went} == {"no_authority"}, "alerts know no pause"
    assert (change.cues_before, change.cues_after) == (0, 0)


def replace_rule(event: Alert | Cue) -> Alert | Cue:
    """The event, of a rule that does not exist."""
    return msgspec.structs.replace(event, rule="nobody")


def test_two_judgings_say_what_each_alone_says(tmp_path: Path) -> None:
    past, book = kept(tmp_path / "a", with_told(CALL)), load_playbook()
    other = edited("no_authority", phrases=Phrases(zh=("没有权限",)))
    change = what_if(past, Side(book), Side(other))
    for side, alerts in ((Side(book), change.went), (Side(other), change.came)):
        again = [event for event in judge_again(past, side) if isinstance(event, Alert)]
        compared = sorted(alert.rule for alert in (*alerts, *change.stayed))
        assert compared == sorted(alert.rule for alert in again)


def test_a_detector_judges_anew_only_where_its_thresholds_changed(tmp_path: Path) -> None:
    past, core, book = kept(tmp_path / "a", with_told(CALL)), Settings().core, load_playbook()
    detectors = core.detectors.model_copy(update={"dead_air_alert_s": 100.0})
    assert touched(core.detectors, detectors) == {"dead_air"}
    settings = core.model_copy(update={"detectors": detectors})
    some = judge_again(past, Side(book, settings))
    everyone = rejudge(past.records(), book, settings, are_detectors_new=True)
    assert lines(some) == lines(everyone)


def test_a_step_is_told_and_may_end_the_work(tmp_path: Path) -> None:
    past, side = kept(tmp_path / "a", with_told(CALL)), Side(load_playbook())
    seen: list[float] = []
    what_if(past, side, side, seen.append)
    assert seen == [0.1, 60.1]

    def stop(_: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        what_if(past, side, side, stop)


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
    path = folder / "agent_authority.toml"
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


MINE = (
    '[[rule]]\nid = "mine"\ntitle = { zh = "题", en = "title" }\nseverity = "low"\nwho = "agent"\n'
    'because = { zh = "因", en = "why" }\nphrases = { zh = ["没有这个权力"] }\n'
)


def test_check_tells_lines_and_counts(tmp_path: Path) -> None:
    code, said = run("check", str(resource("playbooks")))
    assert code == 0, said
    path = tmp_path / "mine.toml"
    path.write_text(MINE, encoding="utf-8")
    assert run("check", str(path)) == (0, "1 rule, 0 signals: all sound\n")
    path.write_text(path.read_text(encoding="utf-8").replace("low", "loud"), encoding="utf-8")
    code, said = run("check", str(path), "--json")
    assert code == 1
    row = json.loads(said)
    assert (row["level"], row["code"], row["line"], row["rule"]) == ("error", "playbook.invalid", 4, "mine")
    code, said = run("check", str(tmp_path / "none.toml"))
    assert code == 1


def test_a_file_beside_a_broken_one_is_not_called_sound(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(MINE, encoding="utf-8")
    (tmp_path / "broken.toml").write_text("[[rule]]\nid = 'x'\n", encoding="utf-8")
    code, said = run("check", str(tmp_path / "good.toml"))
    assert (code, "all sound" in said) == (0, False)
    assert "broken.toml" in said and "whether the rules fit together was not looked at" in said
    (tmp_path / "broken.toml").write_bytes(b"\xff\xfe\x00")
    assert "broken.toml" in run("check", str(tmp_path / "good.toml"))[1]


def test_thresholds_that_no_judging_reads_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.toml").write_text("[server]\nport = 2\n[cues]\nbetween_s = 30\n", encoding="utf-8")
    talk = tmp_path / "talk.txt"
    talk.write_text("agent: good morning\n", encoding="utf-8")
    tell_what_if(Edit(None, tmp_path / "t.toml"), [str(talk)], load_settings())
    assert "what is set in server changes no alert" in capsys.readouterr().err


def test_what_is_tuned_on_the_page_is_in_force_for_the_command_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that was switched off there neither comes nor goes by another edit."""
    monkeypatch.setenv("TINGYIN_STORE__FOLDER", str(tmp_path))
    tuned = tmp_path / "tuning" / "tuned_rules.toml"
    tuned.parent.mkdir()
    tuned.write_text("[tune.no_authority]\nis_on = false\n", encoding="utf-8")
    talk = tmp_path / "talk.txt"
    talk.write_text(CALL, encoding="utf-8")
    edit = tmp_path / "edit.toml"
    edit.write_text("[tune.demands_leader]\nis_on = false\n", encoding="utf-8")
    code, output = run("whatif", str(edit), str(talk))
    assert code == 0, output
    assert "demands_leader" in output
    assert "no_authority" not in output


def test_several_calls_are_told_in_their_order(tmp_path: Path) -> None:
    """They are judged in processes of their own; what is told is the same as of each alone."""
    names = []
    for number in range(3):
        talk = tmp_path / f"talk{number}.txt"
        talk.write_text(CALL if number != 1 else CALL.split("客户: 叫")[0], encoding="utf-8")
        names.append(str(talk))
    edit = tmp_path / "edit.toml"
    edit.write_text("[tune.demands_leader]\nis_on = false\n", encoding="utf-8")
    code, together = run("whatif", str(edit), *names, "--json")
    assert code == 0, together
    alone = [run("whatif", str(edit), name, "--json")[1].strip() for name in names]
    assert together.splitlines() == alone
    assert [len(json.loads(row)["went"]) for row in alone] == [1, 0, 1]
    code, said = run("whatif", str(edit), names[0], str(tmp_path / "none"))
    assert code == 1, said
