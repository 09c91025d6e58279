"""Facts of a call, kept and read again."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from monitor.core import facts
from monitor.core.audio import Party
from monitor.core.clock import Span
from monitor.core.facts import (
    AlertEnded,
    AlertRaised,
    Evidence,
    Said,
    Severity,
    TemperReading,
    TemperState,
    Word,
)
from monitor.core.inputs import CallInfo, CueAnswer, CuesPaused, RulesChanged
from monitor.core.rejudge import Answered, FactTold, Finished, PauseTold, Rebooked, Record, SameSound, Ticked
from monitor.core.tape import AT_END, Placed, Ruled, Tape
from monitor.errors import StoreError
from monitor.store.facts import _FORMS, FACTS_VERSION, FactsHeader, FactsWriter, is_facts, read_facts

HEADER = FactsHeader(
    version=FACTS_VERSION,
    info=CallInfo(call_id="call-1", started_at="", source="file", title="call.wav"),
    settings={"cues": {"between_s": 8.0}},
    playbook="0123",
)
AGENT, CALLER = Party.AGENT, Party.CALLER
SPAN = Span(1600, 4800)
EVIDENCE = (Evidence(feature="level", value=6.1, unit="dB", contribution=0.1 + 0.2),)
RAISED = AlertRaised(
    rule="hot_temper",
    party=CALLER,
    about=SPAN,
    evidence=EVIDENCE,
    values={"since": "0:01", "percent": 3, "x": 0.5},
    severity=Severity.HIGH,
)
SAID = Said(id="thanks", party=AGENT, words=(Word(party=AGENT, span=SPAN, text="您好", probability=0.5),))
TAPE = Tape(
    (Placed((0, 1, 2, 4), SAID),), (Ruled(0, RAISED), Ruled(AT_END, AlertEnded(rule="x", reason="y")))
)
RECORDS: tuple[Record, ...] = (
    FactTold(1600, facts.SpeechStarted(party=AGENT, at=1600)),
    FactTold(4800, facts.Ipu(party=AGENT, span=SPAN)),
    SameSound(True),
    FactTold(
        4800,
        facts.Words(
            party=AGENT,
            words=(Word(party=AGENT, span=SPAN, text="您好", probability=0.1),),
            language="zh",
            utterance=3,
        ),
        (RAISED, AlertEnded(rule="dead_air", reason="spoken")),
    ),
    FactTold(4800, TemperReading(at=4800, score=1 / 3, state=TemperState.HOT, evidence=EVIDENCE), (RAISED,)),
    FactTold(4800, facts.Overlap(span=SPAN, holder=None, kind="brief")),
    FactTold(4800, facts.InterruptionBegan(at=4800, by=AGENT, of=CALLER)),
    Ticked(4800),
    FactTold(4800, facts.Ipu(party=AGENT, span=SPAN), (RAISED,), TAPE),
    Ticked(6400, (RAISED,)),
    Ticked(6400, (), TAPE),
    Answered(6400, CueAnswer(cue_id="c1", answer="dismissed")),
    PauseTold(6400, CuesPaused(is_paused=True)),
    Rebooked(6400, RulesChanged(files=(("a.toml", "x = 1"),))),
    Finished(8000, TAPE),
)


def write(path: Path, records: tuple[Record, ...] = RECORDS) -> None:
    writer = FactsWriter(path, HEADER)
    for record in records:
        writer.write(record)
    writer.close()
    writer.close()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "call.facts"
    write(path, RECORDS * 500)
    read = read_facts(path)
    assert read.header == HEADER
    assert tuple(read.records()) == RECORDS * 500
    assert is_facts(path)


def test_a_process_that_died_leaves_whole_blocks(tmp_path: Path) -> None:
    path = tmp_path / "call.facts"
    write(path, RECORDS * 500)
    path.write_bytes(path.read_bytes()[:-7])
    found = tuple(read_facts(path).records())
    assert 0 < len(found) < len(RECORDS * 500)
    assert found == (RECORDS * 500)[: len(found)]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"TYJ1" + data[4:],
        lambda data: data[:20] + b"\x00\x00\x00" + data[23:],
        lambda data: data[:4] + b"\xff" * 8 + data[12:],
    ],
)
def test_damage_is_told(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "call.facts"
    write(path)
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(StoreError) as caught:
        list(read_facts(path).records())
    assert caught.value.code == "store.facts"
    with pytest.raises(StoreError):
        read_facts(tmp_path / "nowhere.facts")


def test_a_newer_version_is_refused(tmp_path: Path) -> None:
    newer = FactsHeader(version=FACTS_VERSION + 1, info=HEADER.info, settings={})
    FactsWriter(tmp_path / "call.facts", newer).close()
    with pytest.raises(StoreError, match="newer"):
        read_facts(tmp_path / "call.facts")


def test_a_disk_that_fails_is_told_and_a_file_without_a_call_goes(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("x")
    with pytest.raises(StoreError) as caught:
        FactsWriter(in_the_way / "call.facts", HEADER)
    assert caught.value.code == "store.unwritable"
    writer = FactsWriter(tmp_path / "call.facts", HEADER)
    writer.discard()
    assert not (tmp_path / "call.facts").exists()


def test_a_full_disk_ends_the_record_and_never_the_call(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this machine has no device that is always full")
    writer = FactsWriter(tmp_path / "call.facts", HEADER)
    writer._blocks._file.close()
    writer._blocks._file = full.open("wb", buffering=0)
    for record in RECORDS * 300:
        writer.write(record)
    writer.close()
    assert writer.failure is not None
    assert writer.failure.code == "store.call_full"


def test_the_form_of_a_record_belongs_to_the_version() -> None:
    """Records are arrays: a field that comes, goes or moves makes old files lie and needs a new version."""
    forms = [
        (number, type_.__name__, form._names) for type_, form in _FORMS.items() for number in [form.number]
    ]
    assert (FACTS_VERSION, hashlib.sha256(repr(forms).encode()).hexdigest()[:12]) == (4, "53d64304c1e2")
