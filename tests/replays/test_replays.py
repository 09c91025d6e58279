"""The shipped calls, judged whole: golden scores, independence of packets, exact replay, and the truth."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitor.config import Settings
from monitor.core import events
from monitor.core.playbook.compiled import RuleState
from monitor.core.rejudge import rejudge
from monitor.core.replay import replay
from monitor.ingest.file import open_file_source
from monitor.ingest.paced import PacedSource
from monitor.playbook_files import load_playbook
from monitor.resources import resource
from monitor.runner import run_call
from monitor.store.facts import FACTS_VERSION, FactsHeader, FactsWriter, read_facts
from monitor.store.journal import JOURNAL_VERSION, JournalHeader, JournalWriter, read_journal
from tests.replays.scenario import FOLDER, SCENARIOS, Recorder, run_scenario, score, script_of, session_of

_TIME_TOLERANCE_S = 0.3
"""Another processor may round a detector's probability to the other side of a threshold."""


@cache
def run(name: str) -> Recorder:
    return run_scenario(name)


@cache
def truth(name: str) -> dict[str, Any]:
    return json.loads((resource("calls") / f"{name}.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def parsed(text: str) -> list[tuple[float, str]]:
    return [(float(line[:6]), line[8:]) for line in text.splitlines()]


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_score_is_the_golden_one(name: str) -> None:
    golden = parsed((FOLDER / name / "score.txt").read_text(encoding="utf-8"))
    today = parsed(score(run(name).events))
    assert [what for _, what in today] == [what for _, what in golden]
    late = [
        (what, then, now)
        for (now, what), (then, _) in zip(today, golden, strict=True)
        if abs(now - then) > _TIME_TOLERANCE_S
    ]
    assert not late


@pytest.mark.parametrize("packet_samples", [441, 15_999])
def test_packets_do_not_show(packet_samples: int) -> None:
    assert run_scenario("zh_parcel", packet_samples).lines == run("zh_parcel").lines


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_journal_replays_to_the_same_bytes(name: str, tmp_path: Path) -> None:
    recorder = run(name)
    session = session_of(name)
    header = JournalHeader(version=JOURNAL_VERSION, info=session.info, settings={}, has_words=True)
    with JournalWriter(tmp_path / "call.journal", header) as writer:
        for item in recorder.inputs:
            writer.write(item)
    journal = read_journal(tmp_path / "call.journal")
    assert [events.encode(event) for event in replay(session, name, journal.inputs)] == recorder.lines


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_facts_give_the_same_alerts_and_cues_without_sound(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = run(name)
    settings, book = Settings().core, load_playbook()
    header = FactsHeader(
        version=FACTS_VERSION, info=session_of(name).info, settings=settings.model_dump(mode="json")
    )
    writer = FactsWriter(tmp_path / "call.facts", header)
    for record in recorder.facts:
        writer.write(record)
    writer.close()
    told = (events.Alert, events.AlertCleared, events.Cue, events.CueCleared)

    def lines(all_events: Iterable[events.Event]) -> list[bytes]:
        return [
            events.encode(msgspec.structs.replace(event, seq=0, call_id=""))
            for event in all_events
            if isinstance(event, told)
        ]

    kept = read_facts(tmp_path / "call.facts")
    assert lines(rejudge(kept.records(), book, settings)) == lines(recorder.events)
    assert lines(rejudge(recorder.facts, book, settings, are_detectors_new=True)) == lines(recorder.events)
    monkeypatch.setattr(RuleState, "is_asleep", lambda self, moment: False)
    assert lines(rejudge(kept.records(), book, settings)) == lines(recorder.events), "no rule sleeps"


def test_a_live_run_with_a_slow_recogniser_replays_exactly() -> None:
    """Sixteen times as fast as it was spoken, with answers that come when they come."""
    name, recorder = "en_parcel", Recorder()
    words = script_of(name, delay_s=lambda request: 0.01 * (request.id % 5))
    source = PacedSource(open_file_source(resource("calls") / f"{name}.flac"), speed=16.0)
    end = asyncio.run(run_call(name, session_of(name), source, words, [recorder], journal=recorder))
    assert end.reason == "completed"
    assert [
        events.encode(event) for event in replay(session_of(name), name, recorder.inputs)
    ] == recorder.lines


@pytest.mark.parametrize("name", SCENARIOS)
def test_events_keep_their_promises(name: str) -> None:
    told = run(name).events
    assert [event.seq for event in told] == list(range(1, len(told) + 1))
    assert isinstance(told[0], events.CallStarted)
    assert isinstance(told[-1], events.CallEnded)
    assert all(one.t_s <= two.t_s for one, two in pairwise(told)), "call time never goes back"
    raised = [event.id for event in told if isinstance(event, events.Alert)]
    cleared = [event.id for event in told if isinstance(event, events.AlertCleared)]
    assert sorted(raised) == sorted(cleared), "every alert is over by the end"
    assert len(set(raised)) == len(raised)
    open_cues = 0
    for event in told:
        open_cues += isinstance(event, events.Cue) - isinstance(event, events.CueCleared)
        assert open_cues in (0, 1), "at most one cue is on screen"
    text = b"\n".join(run(name).lines)
    assert not re.search(rb"\bNaN\b|Infinity", text)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_truth_is_found(name: str) -> None:
    told, known = run(name).events, truth(name)
    heat = known["heated"][0]
    hot = [event for event in told if isinstance(event, events.Alert) and event.rule == "hot_temper"]
    assert len(hot) == 1
    assert heat["start_s"] < hot[0].raised_at_s < heat["start_s"] + 6.0
    for item in known["interruptions"]:
        # One interruption may be heard as two, where the interrupter draws breath; the last one settles it.
        heard = [
            event
            for event in told
            if isinstance(event, events.InterruptionHeard)
            and event.by == item["by"]
            and item["start_s"] - 0.5 < event.start_s < item["end_s"]
        ]
        assert heard
        assert heard[-1].yielded == item["is_yielded"]
    words = _bare("".join(event.text for event in told if isinstance(event, events.WordsCommitted)))
    for phrase in known["phrases"]:
        assert _bare(phrase["text"]) in words
    phrases = [
        event
        for event in told
        if isinstance(event, events.Alert)
        and any(abs(event.about.start_s - item["start_s"]) < 2.0 for item in known["phrases"])
    ]
    assert phrases, "a forbidden phrase raised an alert"


def _bare(text: str) -> str:
    """Letters and characters alone."""
    return re.sub(r"\W", "", text).lower()
