"""Many calls in one process: what one call's trouble leaves behind for the others."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monitor import switchboard as module
from monitor.config import Settings, StoreSettings
from monitor.core.audio import AudioFrame, Party
from monitor.core.clock import BLOCK_SAMPLES
from monitor.core.events import CallEnded, CallStarted, EngineLagging, Event, Notice
from monitor.core.inputs import EngineLag, SourceNotice
from monitor.core.session import CallSession
from monitor.core.settings import CoreSettings
from monitor.engines.capacity import Admission
from monitor.engines.scheduler import Scheduler
from monitor.engines.scripted import ScriptedTranscriber
from monitor.errors import ModelError, SourceError
from monitor.heap import Heap
from monitor.ingest.source import SourceInfo
from monitor.playbook_files import load_playbook
from monitor.playbook_watch import playbook_digest
from monitor.store.facts import facts_path, read_facts
from monitor.store.journal import read_journal
from monitor.switchboard import Switchboard


class Quiet:
    """A source of half a second of silence."""

    info = SourceInfo(kind="file", title="quiet")

    async def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
        for at in range(0, 5 * BLOCK_SAMPLES, BLOCK_SAMPLES):
            for party in Party:
                yield AudioFrame(party=party, start=at, pcm=np.zeros(BLOCK_SAMPLES, dtype=np.float32))


class Recorder:
    """A sink."""

    def __init__(self) -> None:
        self.told: dict[str, list[Event]] = {}

    def emit(self, call_id: str, events: Sequence[Event]) -> None:
        self.told.setdefault(call_id, []).extend(events)


def keeping_journals(folder: Path) -> Settings:
    settings = Settings()
    store = settings.store.model_copy(update={"folder": folder, "keeps_journal": True})
    return settings.model_copy(update={"store": store})


async def test_a_journal_s_trouble_is_over_when_the_next_one_is_kept(tmp_path: Path) -> None:
    said: list[str] = []
    sink = Recorder()
    board = Switchboard(
        keeping_journals(tmp_path),
        load_playbook(),
        [sink],
        transcriber=None,
        report=lambda error: said.append(f"trouble {error.code}"),
        resolve=lambda code: said.append(f"over {code}"),
    )
    journals = tmp_path / "journals"
    journals.write_text("in the way of the folder")
    for _ in range(2):
        call_id = board.start(Quiet())
        await board.wait(call_id)
        assert isinstance(sink.told[call_id][-1], CallEnded), "the call went on without its journal"
    journals.unlink()
    for _ in range(2):
        await board.wait(board.start(Quiet()))
    await board.stop()
    code = "store.unwritable"
    assert said == [f"trouble {code}", f"trouble {code}", f"over {code}"]


async def test_sound_is_kept_where_the_settings_say_so_and_played_when_the_call_is_over(
    tmp_path: Path,
) -> None:
    settings = Settings()
    store = settings.store.model_copy(update={"folder": tmp_path, "keeps_facts": False})
    said: list[str] = []
    for keeps in (False, True):
        kept = settings.model_copy(update={"store": store.model_copy(update={"keeps_audio": keeps})})
        board = Switchboard(
            kept,
            load_playbook(),
            [Recorder()],
            transcriber=None,
            report=lambda error: said.append(error.code),
        )
        call_id = board.start(Quiet())
        assert board.audio(call_id) is None
        await board.wait(call_id)
        await asyncio.sleep(0)
        path = board.audio(call_id)
        assert (path is not None and path.stat().st_size > 0) is keeps
        shipped = board.start(Quiet(), audio=tmp_path / "shipped.flac")
        await board.wait(shipped)
        assert board.audio(shipped) == tmp_path / "shipped.flac"
        await board.stop()
    assert sorted(file.name for file in tmp_path.rglob("*.ogg")) == [f"{call_id}.ogg"], (
        "what has a file is not kept twice"
    )
    assert said == []


async def test_a_call_that_cannot_be_heard_is_refused_and_not_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_args: object, **_options: object) -> None:
        raise ModelError("model.missing", name="ear")

    announced: list[str] = []
    board = Switchboard(
        keeping_journals(tmp_path), load_playbook(), [], transcriber=None, announce=announced.append
    )
    monkeypatch.setattr(module, "make_session", missing)
    with pytest.raises(ModelError):
        board.start(Quiet())
    assert (announced, board.live_calls) == ([], ())
    await board.stop()


def test_weights_that_lead_nowhere_are_told_before_the_first_call(tmp_path: Path) -> None:
    settings = keeping_journals(tmp_path)
    temper = settings.temper.model_copy(update={"weights": tmp_path / "nowhere.json"})
    with pytest.raises(ModelError, match=r"temper\.weights"):
        Switchboard(settings.model_copy(update={"temper": temper}), load_playbook(), [], transcriber=None)


class InChinese(Quiet):
    """A source that knows what is spoken."""

    info = SourceInfo(kind="stream", title="line 3", languages={"language": "zh", "caller_language": "en"})


async def test_a_source_that_knows_its_languages_is_heard_in_them(tmp_path: Path) -> None:
    settings = keeping_journals(tmp_path)
    board = Switchboard(settings, load_playbook(), [], transcriber=None)
    calls = [board.start(source) for source in (InChinese(), Quiet())]
    for call_id in calls:
        await board.wait(call_id)
    await board.stop()
    journals = [tmp_path / "journals" / f"{call_id}.journal" for call_id in calls]
    kept = [read_journal(path).header.settings for path in journals]
    languages = [CoreSettings.model_validate(one).transcription for one in kept]
    assert [[one.language_of(party) for party in Party] for one in languages] == [["zh", "en"], ["", ""]]


async def test_a_language_that_the_recogniser_was_not_loaded_with_is_refused(tmp_path: Path) -> None:
    settings = keeping_journals(tmp_path)
    engine = settings.engine.model_copy(update={"languages": ("zh",)})
    board = Switchboard(settings.model_copy(update={"engine": engine}), load_playbook(), [], transcriber=None)
    with pytest.raises(SourceError, match=r"caller_language.*\(zh\)"):
        board.start(InChinese())
    assert board.live_calls == ()
    await board.stop()


async def test_a_call_s_facts_name_the_playbook_and_go_where_there_is_no_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = keeping_journals(tmp_path)
    store = settings.store.model_copy(update={"keeps_facts": True})
    board = Switchboard(settings.model_copy(update={"store": store}), load_playbook(), [], transcriber=None)
    call_id = board.start(Quiet())
    await board.wait(call_id)
    kept = facts_path(tmp_path, call_id)
    assert read_facts(kept).header.playbook == playbook_digest(None) != ""

    def broken(*_args: object, **_options: object) -> None:
        raise RuntimeError("no ear")

    monkeypatch.setattr(module, "make_session", broken)
    with pytest.raises(RuntimeError):
        board.start(Quiet())
    assert list(kept.parent.iterdir()) == [kept]
    await board.stop()


class Held:
    """A source whose call lasts until it is let go."""

    info = SourceInfo(kind="file", title="held")

    def __init__(self) -> None:
        self.is_over = asyncio.Event()

    async def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
        for party in Party:
            yield AudioFrame(party=party, start=0, pcm=np.zeros(BLOCK_SAMPLES, dtype=np.float32))
        await self.is_over.wait()


def words_of(told: Sequence[Event]) -> bool:
    return next(event.has_words for event in told if isinstance(event, CallStarted))


def notices_of(told: Sequence[Event]) -> list[str]:
    return [e.code for e in told if isinstance(e, Notice) and e.code.startswith("words.")]


async def test_a_call_beyond_the_machine_s_capacity_is_heard_by_its_sound_and_says_so(tmp_path: Path) -> None:
    sink = Recorder()
    board = Switchboard(
        keeping_journals(tmp_path),
        load_playbook(),
        [sink],
        transcriber=ScriptedTranscriber([]),
        admission=Admission(1),
    )
    first = Held()
    carried = board.start(first)
    beyond = board.start(Quiet())
    beyond_too = board.start(Held())
    await asyncio.sleep(0)
    board.tell_lag(EngineLag(is_lagging=True, delay_s=3.0))
    await board.wait(beyond)
    board.tell_trouble("words.restarted")
    first.is_over.set()
    await board.wait(carried)
    later = board.start(Quiet())
    await board.wait(later)
    await board.stop()
    assert [words_of(sink.told[call]) for call in (carried, beyond, later)] == [True, False, True]
    assert notices_of(sink.told[beyond]) == ["words.capacity"]
    assert notices_of(sink.told[carried]) == ["words.restarted"], "what became of the recogniser is told"
    is_told = {call: any(isinstance(e, EngineLagging) for e in told) for call, told in sink.told.items()}
    assert is_told[carried] and not is_told[beyond_too], "words that nobody awaits are not late"
    assert isinstance(sink.told[beyond][-1], CallEnded)


async def test_who_listens_hears_every_frame_and_the_call_is_judged_as_if_nobody_did(tmp_path: Path) -> None:
    heard: list[tuple[str, Party, int]] = []
    over: list[str] = []
    told = []
    for hear in (None, lambda call_id, frame: heard.append((call_id, frame.party, frame.start))):
        sink = Recorder()
        board = Switchboard(
            Settings(store=StoreSettings(folder=tmp_path)),
            load_playbook(),
            [sink],
            transcriber=None,
            hear=hear,
            unheard=over.append,
        )
        call_id = board.start(Quiet())
        await board.wait(call_id)
        await board.stop()
        told.append([type(event) for event in sink.told[call_id]])
    places = [(party, at) for at in range(0, 5 * BLOCK_SAMPLES, BLOCK_SAMPLES) for party in Party]
    assert heard == [(call_id, party, at) for party, at in places]
    assert over == [call_id], "told once, and only where somebody may listen"
    assert told[0] == told[1]


async def test_only_the_latest_calls_sound_files_are_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FILES_KEPT", 2)
    board = Switchboard(keeping_journals(tmp_path), load_playbook(), [Recorder()], transcriber=None)
    played = []
    for number in range(3):
        played.append(board.start(Quiet(), audio=tmp_path / f"{number}.flac"))
        await board.wait(played[-1])
    await board.stop()
    assert [board.audio(call_id) is not None for call_id in played] == [False, True, True]


async def test_a_call_that_ends_before_its_first_frame_says_that_no_sound_will_come(tmp_path: Path) -> None:
    over: list[str] = []
    board = Switchboard(
        keeping_journals(tmp_path),
        load_playbook(),
        [Recorder()],
        transcriber=None,
        hear=lambda call_id, frame: None,
        unheard=over.append,
    )
    call_id = board.start(Quiet())
    await board.stop()  # before the call's task, or its source, was ever asked for anything
    await asyncio.sleep(0)
    assert over == [call_id]


class Sessions:
    """Those that a switchboard makes, watched without being held."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[weakref.ref[CallSession]] = []
        make = module.make_session

        def made(*args: Any, **kwargs: Any) -> CallSession:
            session = make(*args, **kwargs)
            self.made.append(weakref.ref(session))
            return session

        monkeypatch.setattr(module, "make_session", made)

    @property
    def left(self) -> int:
        return sum(session() is not None for session in self.made)


async def test_nothing_is_held_of_calls_that_have_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's own collection of what refers to itself in circles comes too late: it is off here."""
    monkeypatch.setattr(module, "TIDY_AFTER_S", 0.05)
    given_back: list[int] = []
    sessions = Sessions(monkeypatch)
    scheduler = Scheduler(ScriptedTranscriber([]), workers=1)
    board = Switchboard(
        keeping_journals(tmp_path),
        load_playbook(),
        [Recorder()],
        transcriber=scheduler,
        heap=Heap(lambda: given_back.append(sessions.left)),
    )
    gc.disable()
    try:
        for _ in range(3):
            await board.wait(board.start(Quiet()))
        until = time.monotonic() + 20.0
        while sessions.left and time.monotonic() < until:
            await asyncio.sleep(0.05)
    finally:
        gc.enable()
        await board.stop()
        scheduler.close()
    assert len(sessions.made) == 3
    assert sessions.left == 0
    assert given_back[-1] == 0
