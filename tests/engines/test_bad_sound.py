"""What is written of sound that real lines bring, through the whole session and the real recogniser.

Each is a few seconds of the shipped calls, spoilt; words are counted against what was truly said.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bench.non_speech import dtmf, hold_music
from monitor.config import Settings, StoreSettings
from monitor.core import events
from monitor.core.audio import AudioFrame, Party, Pcm, to_grid
from monitor.core.clock import BLOCK_SAMPLES, SAMPLE_RATE_HZ, samples
from monitor.core.inputs import CallInfo, SourceNotice
from monitor.core.recognition import Effort, Hypothesis, TranscriptionRequest
from monitor.core.transcription.text import to_script, units
from monitor.engines.offline import OfflineTranscriber
from monitor.engines.queue import failed
from monitor.engines.scheduler import Scheduler
from monitor.engines.whisper import WhisperEngine
from monitor.ingest.source import SourceInfo
from monitor.playbook_files import load_playbook
from monitor.resources import resource
from monitor.runner import run_offline
from monitor.switchboard import Switchboard, make_session
from tests.core.test_bad_input import clipped

pytestmark = pytest.mark.slow

Sound = Mapping[Party, Pcm]


class Call:
    """A shipped call: the sound of its parties and their words."""

    def __init__(self, name: str) -> None:
        self.truth: dict[str, Any] = json.loads((resource("calls") / f"{name}.json").read_text("utf-8"))
        pcm, _ = soundfile.read(resource("calls") / self.truth["file"], dtype="float32")
        self.sound: dict[Party, Pcm] = {
            Party(who): pcm[:, column] for column, who in enumerate(self.truth["channels"])
        }

    def words(self, party: Party) -> list[dict[str, Any]]:
        return [w for u in self.truth["utterances"] if u["party"] == party.value for w in u["words"]]

    def part(self, party: Party, start_s: float, end_s: float) -> Pcm:
        return np.asarray(self.sound[party][samples(start_s) : samples(end_s)], dtype=np.float32)


class Source:
    """Both parties' sound, as long as the longer of the two and a second more."""

    def __init__(self, sound: Sound) -> None:
        self.info = SourceInfo(kind="file", title="bad")
        length = max(map(len, sound.values())) + SAMPLE_RATE_HZ
        length += -length % BLOCK_SAMPLES
        self._sound = {
            party: to_grid(np.pad(sound[party], (0, length - len(sound[party])))) for party in Party
        }

    async def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
        for at in range(0, len(self._sound[Party.AGENT]), BLOCK_SAMPLES):
            for party, pcm in self._sound.items():
                yield AudioFrame(party=party, start=at, pcm=pcm[at : at + BLOCK_SAMPLES])


class Told:
    """A sink, which knows what was asked for it as well."""

    def __init__(self) -> None:
        self.events: list[events.Event] = []
        self.finals: list[TranscriptionRequest] = []

    def emit(self, call_id: str, told: Sequence[events.Event]) -> None:
        self.events.extend(told)

    def text(self, party: Party, since_s: float = 0.0) -> str:
        """What was committed of a party, from a time of the call on."""
        committed = [
            e for e in self.events if isinstance(e, events.WordsCommitted) and e.party == party.value
        ]
        return "".join(word.text for event in committed for word in event.words if word.start_s >= since_s)

    @property
    def notices(self) -> list[tuple[str, str | None]]:
        return [(event.code, event.party) for event in self.events if isinstance(event, events.Notice)]


@pytest.fixture(scope="module")
def engine(whisper_base: Path) -> WhisperEngine:
    return WhisperEngine(whisper_base, workers=2)


@pytest.fixture(scope="module")
def mandarin() -> Call:
    return Call("zh_parcel")


@pytest.fixture(scope="module")
def english() -> Call:
    return Call("en_parcel")


def settings(**transcription: object) -> Settings:
    """Without partials, which are not judged here and would be most of the time."""
    made = Settings()
    changed = made.transcription.model_copy(update={"has_partials": False, **transcription})
    return made.model_copy(update={"transcription": changed})


async def heard(engine: WhisperEngine, sound: Sound, **transcription: object) -> Told:
    """Everything that the product tells of a call."""
    info = CallInfo(call_id="call-1", started_at="", source="file", title="bad")
    session = make_session(info, settings(**transcription), load_playbook(), has_words=True)
    told = Told()
    transcriber = OfflineTranscriber(engine)

    class Noted:
        async def submit(self, call_id: str, request: TranscriptionRequest) -> Hypothesis | None:
            told.finals += [request] if request.is_final else []
            return await transcriber.submit(call_id, request)

    await run_offline("call-1", session, Source(sound), Noted(), [told])
    transcriber.close()
    return told


def wrong(truth: str, text: str) -> float:
    """The share of units that are wrong: characters of Mandarin, words of English."""
    said, found = units(truth), units(to_script([text], "simplified")[0])
    row = list(range(len(found) + 1))
    for number, unit in enumerate(said, start=1):
        above, row = row, [number]
        for index, other in enumerate(found, start=1):
            row.append(min(above[index] + 1, row[-1] + 1, above[index - 1] + (unit != other)))
    return row[-1] / len(said)


def quiet(length: int) -> Pcm:
    return np.zeros(length, dtype=np.float32)


async def test_sound_that_stops_in_mid_word_gives_the_words_before_it(
    engine: WhisperEngine, mandarin: Call
) -> None:
    words = mandarin.words(Party.AGENT)[:10]
    middle_s = (words[-1]["start_s"] + words[-1]["end_s"]) / 2
    pcm = mandarin.part(Party.AGENT, 0.0, middle_s)
    told = await heard(engine, {Party.AGENT: pcm, Party.CALLER: quiet(len(pcm))})
    assert wrong("".join(word["text"] for word in words[:-1]), told.text(Party.AGENT)) <= 0.25
    assert isinstance(told.events[-1], events.CallEnded)


async def test_clipped_speech_is_written_and_nothing_is_invented(
    engine: WhisperEngine, mandarin: Call
) -> None:
    pcm = np.asarray(clipped(mandarin.part(Party.AGENT, 0.0, 5.6).astype(np.float64)), dtype=np.float32)
    told = await heard(engine, {Party.AGENT: pcm, Party.CALLER: quiet(len(pcm))})
    assert wrong(mandarin.truth["utterances"][0]["text"], told.text(Party.AGENT)) <= 0.35
    assert told.text(Party.CALLER) == ""
    assert ("sound.clipping", "agent") in told.notices


async def test_a_monologue_without_a_pause_is_cut_and_loses_no_words(
    engine: WhisperEngine, english: Call
) -> None:
    """Longer than an utterance may be, so that it must be cut in the midst of speech."""
    said = [u for u in english.truth["utterances"] if u["party"] == "caller" and len(u["words"]) > 32][:2]
    pieces = [
        english.part(Party.CALLER, words[0]["start_s"], words[-1]["end_s"])
        for words in (utterance["words"] for utterance in said)
    ]
    pcm = without_pauses(np.concatenate([quiet(SAMPLE_RATE_HZ), *pieces]))
    longest = samples(Settings().transcription.max_utterance_s)
    assert len(pcm) > longest + samples(2.0)
    told = await heard(engine, {Party.CALLER: pcm, Party.AGENT: quiet(len(pcm))})
    assert len({request.utterance for request in told.finals}) > 1
    assert max(request.span.length for request in told.finals) <= longest + samples(0.5)
    assert wrong(" ".join(utterance["text"] for utterance in said), told.text(Party.CALLER)) <= 0.2


def without_pauses(pcm: Pcm) -> Pcm:
    """Whatever stays soft for more than a tenth of a second, cut down to that."""
    hop = SAMPLE_RATE_HZ // 100
    frames = pcm[: len(pcm) // hop * hop].reshape(-1, hop)
    loud = np.abs(frames).max(axis=1) > 0.01
    since = np.zeros(len(loud), dtype=int)
    for index, is_loud in enumerate(loud):
        since[index] = 0 if is_loud else since[index - 1] + 1
    lead = len(loud) if not loud.any() else int(np.argmax(loud))
    keep = (since <= 10) | (np.arange(len(loud)) < lead)
    return np.ascontiguousarray(frames[keep].reshape(-1))


async def test_an_echo_is_not_written_a_second_time(engine: WhisperEngine, mandarin: Call) -> None:
    pcm = mandarin.part(Party.AGENT, 0.0, 5.6)
    echo = np.float32(0.3) * np.concatenate([quiet(samples(0.12)), pcm[: -samples(0.12)]])
    told = await heard(engine, {Party.AGENT: pcm, Party.CALLER: echo})
    assert wrong(mandarin.truth["utterances"][0]["text"], told.text(Party.AGENT)) <= 0.2
    assert {request.party for request in told.finals} == {Party.AGENT}


async def test_keys_and_a_minute_of_hold_music_are_not_asked_about(engine: WhisperEngine) -> None:
    told = await heard(engine, {Party.AGENT: dtmf(20.0), Party.CALLER: hold_music(60.0)})
    assert not told.finals
    assert not [event for event in told.events if isinstance(event, events.WordsCommitted)]


async def test_a_wrong_language_is_told_and_the_right_one_is_written(
    engine: WhisperEngine, english: Call
) -> None:
    pcm = english.part(Party.CALLER, 0.0, 22.0)
    told = await heard(engine, {Party.CALLER: pcm, Party.AGENT: quiet(len(pcm))}, language="zh")
    said = " ".join(word["text"] for word in english.words(Party.CALLER) if word["end_s"] < 22.0)
    assert told.notices.count(("words.language", "caller")) == 1
    assert wrong(said, told.text(Party.CALLER)) <= 0.25


def babble(call: Call, length: int) -> Pcm:
    """Six stretches of the call's voices at once: a full room, of which nobody follows a word."""
    voices = np.concatenate([call.sound[Party.AGENT], call.sound[Party.CALLER]])
    voices = voices[np.abs(voices) > 1e-3]
    starts = np.random.default_rng(4).integers(0, len(voices) - length, 6)
    return np.asarray(np.sum([voices[at : at + length] for at in starts], axis=0), dtype=np.float32)


async def test_low_babble_behind_a_caller_adds_no_words(
    engine: WhisperEngine, mandarin: Call, english: Call
) -> None:
    """A room of others 20 dB below who speaks, also while nobody speaks."""
    pcm = mandarin.part(Party.AGENT, 0.0, 5.6)
    room = babble(english, len(pcm) + samples(4.0))
    room *= 0.1 * np.sqrt(np.mean(pcm[samples(1.0) : samples(5.0)] ** 2) / np.mean(room**2))
    sound = np.concatenate([pcm, quiet(samples(4.0))]) + room
    told = await heard(engine, {Party.CALLER: sound, Party.AGENT: quiet(len(sound))})
    assert wrong(mandarin.truth["utterances"][0]["text"], told.text(Party.CALLER)) <= 0.3


class Exhausted:
    """A recogniser for whose arrays there is no memory."""

    def decode(self, requests: Sequence[TranscriptionRequest], *, effort: Effort) -> list[Hypothesis]:
        raise MemoryError


class Stuck:
    """A recogniser that never comes back, until the test is over."""

    def __init__(self) -> None:
        self.over = threading.Event()

    def decode(self, requests: Sequence[TranscriptionRequest], *, effort: Effort) -> list[Hypothesis]:
        self.over.wait()
        return [failed(request) for request in requests]


class Again(Source):
    """The same sound again and again until the recogniser works, and then once more."""

    def __init__(self, sound: Sound, works: asyncio.Event) -> None:
        super().__init__(sound)
        self._works = works
        self.last_s = 0.0
        """When the sound begins for the last time, in seconds of the call."""

    async def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
        at = 0
        for _ in range(20):
            is_last = self._works.is_set()
            self.last_s = at / SAMPLE_RATE_HZ
            end = at
            async for item in super().frames():
                assert isinstance(item, AudioFrame)
                frame = replace(item, start=at + item.start)
                end = frame.end
                yield frame
            at = end
            if is_last:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._works.wait(), 3.0)


@pytest.mark.parametrize("broken", [Exhausted(), Stuck()], ids=["out of memory", "hangs"])
async def test_a_broken_recogniser_is_replaced_and_the_supervisor_told(
    engine: WhisperEngine, mandarin: Call, tmp_path: Path, broken: Exhausted | Stuck
) -> None:
    """The call loses the words that it was broken for, and has those that come after."""
    restarted = asyncio.Event()
    told = Told()
    # A decode of a machine with too much to do must not pass for one that hangs.
    scheduler = Scheduler(
        broken,
        workers=1,
        restart=lambda: engine,
        hang_s=2.0,
        crowding=lambda: 10.0 if restarted.is_set() else 1.0,
    )
    board = Switchboard(
        Settings(store=StoreSettings(folder=tmp_path)), load_playbook(), [told], transcriber=scheduler
    )
    scheduler.watch_trouble(board.tell_trouble)
    scheduler.watch_trouble(lambda code: restarted.set())
    pcm = mandarin.part(Party.AGENT, 0.0, 5.6)
    source = Again({Party.AGENT: pcm, Party.CALLER: quiet(len(pcm))}, restarted)
    try:
        await board.wait(board.start(source))
    finally:
        if isinstance(broken, Stuck):
            broken.over.set()
        await board.stop()
        scheduler.close()
    assert [code for code, _ in told.notices if code.startswith("words.")] == ["words.restarted"]
    assert wrong(mandarin.truth["utterances"][0]["text"], told.text(Party.AGENT, source.last_s)) <= 0.3
