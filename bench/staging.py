"""Plays a labelled conversation to the real core: no sound is decoded, words come as a recogniser's answers.

The session is the product's own. What it hears is staged: a buzz with the syllables of the words, as loud,
high and fast as the labels say, heard by ears that are told when somebody speaks and at which F0. So turns,
overlaps, pauses, pace, loudness and temper come to be as they do on a call, and the words are exactly those
that were written (or, for a conversation that was spoken and recognised, those that the recogniser wrote).
"""

from __future__ import annotations

import heapq
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.labelled import FOLDER, Conversation, SaidTurn, SaidWord
from monitor.core.audio import AudioFrame, Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, SAMPLE_RATE_HZ, samples
from monitor.core.events import Event, Prosody, Speaking, WordsCommitted
from monitor.core.hearing import Ears
from monitor.core.inputs import CallEnd, CallInfo, SessionInput, SoundEnd
from monitor.core.playbook.model import RuleBook
from monitor.core.recognition import Hypothesis
from monitor.core.session import CallSession
from monitor.core.settings import CoreSettings
from monitor.engines.scripted import ScriptedTranscriber, ScriptedWord

FINAL_DELAY_S = 0.6
"""How long after its request an answer comes: as in the product's offline runs."""
LEVEL_DBFS = -24.0
HOT_LEVEL_DB = 9.0
HOT_SHIFT_ST = 4.0
"""As the shipped calls have it: an angry voice is louder and higher by about this much."""
_F0_HZ = {Party.AGENT: 190.0, Party.CALLER: 130.0}
_WANDER_ST = 1.5
"""How far F0 moves about its middle: nobody speaks on one note."""
_F0_STEP = 160
_BREATH_S = 0.12
"""Words nearer than this are one breath: the detector hears no silence between them."""
_TAIL_S = 3.0
_FLOOR = 10 ** (-65 / 20)
_PRESSED_DB = 6.0
"""How much more of its upper harmonics a voice has at full heat."""
_VOWELS = re.compile("[aeiouy]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a call is played from."""

    conversation: Conversation
    turns: tuple[SaidTurn, ...]
    """With the times at which they are heard."""
    words: dict[Party, tuple[SaidWord, ...]]
    """What the recogniser answers."""
    is_recognised: bool

    @property
    def end_s(self) -> float:
        """Where the sound ends."""
        return max(turn.end_s for turn in self.turns) + _TAIL_S


def exact(conversation: Conversation) -> Stage:
    """The words as they are written."""
    words = {
        party: tuple(word for turn in conversation.turns if turn.party is party for word in turn.words)
        for party in Party
    }
    return Stage(conversation=conversation, turns=conversation.turns, words=words, is_recognised=False)


def recognised(conversation: Conversation, folder: Path = FOLDER / "recognised") -> Stage | None:
    """The words as the recogniser wrote them down; None for a conversation that was not spoken.

    Raises:
        ValueError: the conversation says other words than when it was spoken.
    """
    path = folder / f"{conversation.id}.json"
    if not path.exists():
        return None
    kept = json.loads(path.read_text("utf-8"))
    if kept["said"] != conversation.said:
        raise ValueError(f"{path.name} was spoken from an older text: speak it again")
    turns = tuple(
        turn.moved(start_s, end_s)
        for turn, (start_s, end_s) in zip(conversation.turns, kept["turns"], strict=True)
    )
    words = {
        party: tuple(SaidWord(text=text, start_s=start, end_s=end) for start, end, text in kept[party.value])
        for party in Party
    }
    return Stage(conversation=conversation, turns=turns, words=words, is_recognised=True)


def play(stage: Stage, rulebook: RuleBook) -> list[Event]:
    """Every event of the call, without the measurements of the voices."""
    session, voices, recogniser = _set_up(stage, rulebook)
    told = (event for _, events in _run(session, voices, recogniser) for event in events)
    return [event for event in told if not isinstance(event, Prosody | Speaking)]


def seconds_for_words(stage: Stage, rulebook: RuleBook) -> tuple[float, int]:
    """Processor time that the session takes over the recogniser's answers, and words that it committed."""
    session, voices, recogniser = _set_up(stage, rulebook)
    taken_s, words = 0.0, 0
    run = _run(session, voices, recogniser)
    for is_answer, events in run:
        begun = time.process_time()
        made = list(events)
        if is_answer:
            taken_s += time.process_time() - begun
            words += sum(len(event.words) for event in made if isinstance(event, WordsCommitted))
    return taken_s, words


def _set_up(
    stage: Stage, rulebook: RuleBook
) -> tuple[CallSession, dict[Party, PlannedVoice], ScriptedTranscriber]:
    language = stage.conversation.language
    settings = CoreSettings()
    settings = settings.model_copy(
        update={
            "transcription": settings.transcription.model_copy(
                update={"has_partials": False, "language": language}
            )
        }
    )
    voices = {party: _voice(stage, party) for party in Party}
    ears = {party: Ears(speech=voice, f0=PlannedF0(voice)) for party, voice in voices.items()}
    info = CallInfo(
        call_id=stage.conversation.id,
        started_at="2026-01-01T00:00:00.000Z",
        source="file",
        title=stage.conversation.id,
        duration_s=stage.end_s,
    )
    session = CallSession(info, settings, rulebook, ears, has_words=True)
    script = [
        ScriptedWord(party, word.start_s, word.end_s, word.text)
        for party, words in stage.words.items()
        for word in words
    ]
    return session, voices, ScriptedTranscriber(script, language=language)


def _run(
    session: CallSession, voices: dict[Party, PlannedVoice], recogniser: ScriptedTranscriber
) -> Iterator[tuple[bool, Iterator[Event]]]:
    """Tells the session everything: whether it was an answer, and the events that are to be drawn from it."""
    due: list[tuple[int, int, Hypothesis]] = []
    for at in range(0, len(voices[Party.AGENT].pcm), BLOCK_SAMPLES):
        while due and due[0][0] <= at:
            yield True, _told(session, heapq.heappop(due)[2])
        for party, voice in voices.items():
            pcm = voice.pcm[at : at + BLOCK_SAMPLES]
            yield False, _told(session, AudioFrame(party=party, start=at, pcm=pcm))
        due_at = session.now + samples(FINAL_DELAY_S)
        for request in session.requests():
            heapq.heappush(due, (due_at, request.id, recogniser.answer(request)))
    yield False, _told(session, SoundEnd())
    while True:
        for request in session.requests():
            heapq.heappush(due, (session.now, request.id, recogniser.answer(request)))
        if not due:
            break
        yield True, _told(session, heapq.heappop(due)[2])
    yield False, _told(session, CallEnd())


def _told(session: CallSession, item: SessionInput) -> Iterator[Event]:
    """Tells the session when the first event is drawn, so that whoever draws can measure it."""
    yield from session.receive(item)


class PlannedVoice:
    """One party's staged sound, and the speech detector that knows where it speaks."""

    window_samples = 512

    def __init__(self, pcm: Pcm, is_speech: npt.NDArray[np.bool_], f0_hz: npt.NDArray[np.float32]) -> None:
        self.pcm = pcm
        self.f0_hz = f0_hz
        """One for each 10 ms, 0 where nothing is said."""
        self._is_speech = is_speech
        self._at = 0

    def probability(self, pcm: Pcm) -> float:
        """Of the next window, from the plan."""
        window = self._is_speech[self._at : self._at + self.window_samples]
        self._at += len(pcm)
        return 0.95 if len(window) and float(window.mean()) >= 0.5 else 0.02


class PlannedF0:
    """The F0 tracker that reads the plan."""

    delay_samples = 0

    def __init__(self, voice: PlannedVoice) -> None:
        self._voice = voice
        self._at = 0

    def push(self, pcm: Pcm, is_wanted: bool = True) -> tuple[Pcm, Pcm]:
        """The next frames."""
        count = len(pcm) // _F0_STEP
        f0_hz = self._voice.f0_hz[self._at : self._at + count]
        f0_hz = np.pad(f0_hz, (0, count - len(f0_hz)))
        self._at += count
        return f0_hz, np.where(f0_hz > 0, 0.95, 0.05).astype(np.float32)


def _voice(stage: Stage, party: Party) -> PlannedVoice:
    """The sound of a party's turns: for each word its syllables, on the turn's level and F0."""
    length = -(-samples(stage.end_s) // BLOCK_SAMPLES) * BLOCK_SAMPLES
    noise = np.random.default_rng(7 if party is Party.AGENT else 8)
    pcm = (_FLOOR * noise.standard_normal(length)).astype(np.float32)
    is_speech = np.zeros(length, dtype=bool)
    f0_hz = np.zeros(length // _F0_STEP, dtype=np.float32)
    for turn in stage.turns:
        if turn.party is not party:
            continue
        for start_s, end_s, syllables in _breaths(stage, turn):
            start, end = samples(start_s), min(samples(end_s), length)
            is_speech[start:end] = True
            frames = slice(start // _F0_STEP, end // _F0_STEP)
            time_s = np.arange(frames.start, frames.stop) * _F0_STEP / SAMPLE_RATE_HZ
            st = HOT_SHIFT_ST * turn.heat + _WANDER_ST * np.sin(2 * np.pi * 0.7 * time_s)
            f0_hz[frames] = _F0_HZ[party] * 2 ** (st / 12)
            level_db = LEVEL_DBFS + turn.loud_db + HOT_LEVEL_DB * turn.heat
            pcm[start:end] += _buzz(start, end, syllables, _F0_HZ[party], turn.heat, level_db)
    grid = np.round(np.clip(pcm, -1, 1) * 32768) / 32768
    return PlannedVoice(grid.astype(np.float32), is_speech, f0_hz)


def _breaths(stage: Stage, turn: SaidTurn) -> Iterator[tuple[float, float, int]]:
    """Stretches of a turn without silence: start, end and syllables."""
    start_s, end_s, syllables = turn.words[0].start_s, turn.words[0].start_s, 0
    for word in turn.words:
        if word.start_s - end_s > _BREATH_S:
            yield start_s, end_s, max(1, syllables)
            start_s, syllables = word.start_s, 0
        end_s = word.end_s
        syllables += 1 if stage.conversation.language == "zh" else max(1, len(_VOWELS.findall(word.text)))
    yield start_s, end_s, max(1, syllables)


def _buzz(start: int, end: int, syllables: int, f0_hz: float, heat: float, level_db: float) -> Pcm:
    """A voice of harmonics up to 3.4 kHz, one swell for each syllable."""
    time_s = np.arange(start, end, dtype=np.float64) / SAMPLE_RATE_HZ
    shifted_hz = f0_hz * 2 ** (HOT_SHIFT_ST * heat / 12)
    sound = np.zeros(end - start)
    for number in range(1, int(3_400 / shifted_hz)):
        hz = number * shifted_hz
        tilt_db = -9.0 * np.log2(number) * 0.7 + (_PRESSED_DB * heat if hz > 1_000 else 0.0)
        sound += 10 ** (tilt_db / 20) * np.sin(2 * np.pi * hz * time_s + number)
    phase = 2 * np.pi * syllables * (time_s - time_s[0]) * SAMPLE_RATE_HZ / max(1, end - start)
    sound *= 0.55 - 0.45 * np.cos(phase)
    rms = float(np.sqrt(np.mean(np.square(sound)))) or 1.0
    return (sound * 10 ** (level_db / 20) / rms).astype(np.float32)
