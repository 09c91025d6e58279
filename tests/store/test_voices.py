"""Agents' voices between calls: joined by speech, forgotten in time, an input of the call."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from monitor.config import Settings
from monitor.core.audio import AudioFrame, Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES
from monitor.core.events import Event, Prosody, encode
from monitor.core.inputs import CallEnd, CallInfo, KnownVoice, SessionInput, SoundEnd, SourceNotice
from monitor.core.prosody import baseline
from monitor.core.replay import replay
from monitor.core.settings import CoreSettings
from monitor.errors import StoreError
from monitor.ingest.source import SourceInfo
from monitor.playbook_files import load_playbook
from monitor.store.journal import JOURNAL_VERSION, JournalHeader, JournalWriter, read_journal
from monitor.store.voices import REMEMBERED_S, AgentVoices
from monitor.switchboard import Switchboard, make_session

Voice = Callable[..., Pcm]

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def heard(f0_st: float = 10.0, speech_s: float = 60.0) -> KnownVoice:
    return KnownVoice(f0_st=f0_st, alpha_db=-12.0, rate_syl_s=4.4, speech_s=speech_s)


def voices(folder: Path, days: float = 0.0) -> AgentVoices:
    return AgentVoices(folder, 90.0, lambda: NOW + timedelta(days=days))


def test_nothing_is_known_of_a_stranger_or_of_nobody(tmp_path: Path) -> None:
    kept = voices(tmp_path / "agents")
    assert kept.load("7001") is None
    kept.keep("", heard())
    assert kept.load("") is None
    assert not (tmp_path / "agents").exists()


@pytest.mark.parametrize("agent", ["7001", "坐席/../7", "a" * 500])
def test_calls_count_by_their_speech(tmp_path: Path, agent: str) -> None:
    kept = voices(tmp_path / "agents")
    kept.keep(agent, heard(10.0, 60.0))
    kept.keep(agent, heard(13.0, 30.0))
    voice = kept.load(agent)
    assert voice is not None
    assert voice.f0_st == pytest.approx(11.0, abs=0.01)
    assert voice.speech_s == 90.0
    assert kept.load(agent + "x") is None
    assert [path.parent for path in tmp_path.rglob("*.json")] == [tmp_path / "agents"]


def test_what_is_kept_is_no_level_and_nothing_else(tmp_path: Path) -> None:
    voices(tmp_path).keep("7001", heard())
    (path,) = tmp_path.glob("*.json")
    assert set(json.loads(path.read_text(encoding="utf-8"))) == {
        "version", "agent", "heard_at", "f0_st", "alpha_db", "rate_syl_s", "speech_s",
    }  # fmt: skip


def test_a_voice_can_change_over_months(tmp_path: Path) -> None:
    kept = voices(tmp_path)
    kept.keep("7001", heard(10.0, 10.0 * REMEMBERED_S))
    for _ in range(20):
        kept.keep("7001", heard(14.0, 300.0))
    voice = kept.load("7001")
    assert voice is not None
    assert voice.f0_st > 13.5


def test_old_voices_are_forgotten(tmp_path: Path) -> None:
    voices(tmp_path).keep("7001", heard())
    assert voices(tmp_path, 89.0).load("7001") is not None
    assert voices(tmp_path, 91.0).load("7001") is None
    (path,) = tmp_path.glob("*.json")
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    assert voices(tmp_path, 89.0).forget_old() == 0
    assert voices(tmp_path, 91.0).forget_old() == 1
    assert not list(tmp_path.glob("*.json"))


@pytest.mark.parametrize(
    "content", ["", "{}", "[1]", '{"heard_at": "x"}', '{"heard_at": "2026-11-01T10:00:00"}', "\x00\x01"]
)
def test_a_damaged_file_is_no_voice_and_is_written_anew(tmp_path: Path, content: str) -> None:
    kept = voices(tmp_path)
    kept.keep("7001", heard())
    (path,) = tmp_path.glob("*.json")
    path.write_text(content, encoding="utf-8")
    assert kept.load("7001") is None
    kept.keep("7001", heard(5.0))
    voice = kept.load("7001")
    assert voice is not None
    assert voice.f0_st == 5.0


@pytest.mark.parametrize(
    "change", [{"f0_st": 500.0}, {"rate_syl_s": 0.0}, {"alpha_db": float("nan")}, {"version": 1}]
)
def test_what_no_person_sounds_like_or_was_measured_otherwise_is_not_believed(
    tmp_path: Path, change: dict[str, float]
) -> None:
    kept = voices(tmp_path)
    kept.keep("7001", heard())
    (path,) = tmp_path.glob("*.json")
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")
    assert kept.load("7001") is None


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "agents").write_text("a file")
    with pytest.raises(StoreError, match="cannot be written"):
        voices(tmp_path / "agents").keep("7001", heard())


def inputs(agent: Pcm) -> list[SessionInput]:
    quiet = np.zeros(BLOCK_SAMPLES, dtype=np.float32)
    told: list[SessionInput] = []
    for at in range(0, len(agent) - BLOCK_SAMPLES + 1, BLOCK_SAMPLES):
        told.append(AudioFrame(party=Party.AGENT, start=at, pcm=agent[at : at + BLOCK_SAMPLES]))
        told.append(AudioFrame(party=Party.CALLER, start=at, pcm=quiet))
    return [*told, SoundEnd(), CallEnd()]


def test_a_known_voice_is_in_the_journal_and_replays_to_the_same_events(
    tmp_path: Path, synthetic_voice: Voice
) -> None:
    info = CallInfo(
        call_id="c", started_at="", source="stream", title="line", agent="7001", agent_voice=heard(3.2)
    )
    settings = Settings()
    header = JournalHeader(
        version=JOURNAL_VERSION,
        info=info,
        settings=CoreSettings().model_dump(mode="json"),
        has_words=False,
    )
    told = inputs(synthetic_voice(4.0))
    with JournalWriter(tmp_path / "c.journal", header) as journal:
        for item in told:
            journal.write(item)
    kept = read_journal(tmp_path / "c.journal")
    assert kept.header.info == info

    def events_of(whose: CallInfo, items: list[SessionInput]) -> list[bytes]:
        session = make_session(whose, settings, load_playbook(), has_words=False)
        return [encode(event) for event in replay(session, "c", items)]

    live = events_of(info, told)
    assert events_of(kept.header.info, list(kept.inputs)) == live
    stranger = events_of(CallInfo(call_id="c", started_at="", source="stream", title="line"), told)
    assert any(b'"type":"prosody"' in line for line in live)
    assert live != stranger, "a known voice is compared with from the first word"


class Spoken:
    """A source in which the agent speaks."""

    def __init__(self, items: list[SessionInput], agent: str) -> None:
        self._items = items
        self.info = SourceInfo(kind="stream", title="line", agent=agent)

    async def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
        for item in self._items:
            if isinstance(item, AudioFrame):
                yield item


class Nobody:
    """A sink."""

    def __init__(self) -> None:
        self.prosody: list[Prosody] = []

    def emit(self, call_id: str, events: Sequence[Event]) -> None:
        self.prosody.extend(event for event in events if isinstance(event, Prosody))


@pytest.mark.parametrize("is_on", [True, False])
async def test_an_agent_s_second_call_begins_with_the_voice_of_the_first(
    tmp_path: Path, synthetic_voice: Voice, monkeypatch: pytest.MonkeyPatch, is_on: bool
) -> None:
    monkeypatch.setattr(baseline, "KEPT_S", 2.0)
    settings = Settings()
    store = settings.store.model_copy(update={"folder": tmp_path, "keeps_agent_voices": is_on})
    settings = settings.model_copy(update={"store": store})
    told = inputs(synthetic_voice(6.0))
    first: list[float | None] = []
    for _ in range(2):
        sink = Nobody()
        board = Switchboard(settings, load_playbook(), [sink], transcriber=None)
        await board.wait(board.start(Spoken(told, "7001")))
        await board.stop()
        first.append(sink.prosody[0].f0_st)
    assert first[0] is None
    assert (first[1] is not None) == is_on
    assert len(list(tmp_path.rglob("agents/*.json"))) == int(is_on)
