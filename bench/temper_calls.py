"""Whole calls for the temper's bench: composed of each speaker's clips over G.711, read speech, real calls.

A call is heard once (`Tape`), and judged as often as there are settings.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from bench.ears import blocks, read, telephone
from monitor.core.audio import Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, seconds
from monitor.core.detectors.hot_temper import HotTemper
from monitor.core.facts import AlertRaised, Judgement, TemperReading, TemperState
from monitor.core.prosody.tracker import ProsodyTracker
from monitor.core.settings import CoreSettings
from monitor.core.speech import SpeechSegmenter
from monitor.core.temper import TemperScorer, VoiceWeights
from monitor.engines.f0 import SwiftF0Model
from monitor.engines.silero import SileroSpeechModel
from monitor.engines.temper_training import USUAL

CORPORA = ("casia", "emodb", "ravdess")
_CALM_S, _AROUSED_S, _AFTER_S, _READ_S = 25.0, 15.0, 14.0, 40.0
_PAUSE_S = 0.4
_QUIET = ("aws_auto_repairs_40", "genesys_audiohook_test")
"""Recordings with a party on each channel."""


@dataclass(slots=True)
class Tape:
    """A caller's sound with what the models made of it."""

    blocks: list[Pcm]
    is_speech: list[bool]
    f0: list[tuple[Pcm, Pcm]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of one caller, and what is true of it."""

    name: str
    tape: Tape
    corpus: str
    speaker: str = ""
    language: str = ""
    label: str = ""
    """What follows the calm beginning; empty where the call is calm from end to end."""
    start_s: float = 0.0
    end_s: float = 0.0
    """Of what follows; calm clips come after anger."""


class _Replayed:
    """The F0 of a tape, as a model."""

    delay_samples = 2 * BLOCK_SAMPLES

    def __init__(self, tape: Tape) -> None:
        self._rest = iter(tape.f0)

    def push(self, pcm: Pcm, is_wanted: bool = True) -> tuple[Pcm, Pcm]:
        """What the model said at this block; nothing after the end."""
        nothing = np.zeros(0, dtype=np.float32)
        return next(self._rest, (nothing, nothing))


def tape_of(pcm: Pcm) -> Tape:
    """Hears a caller's sound once."""
    settings = CoreSettings()
    segmenter, model = SpeechSegmenter(Party.CALLER, SileroSpeechModel(), settings.speech), SwiftF0Model()
    tape = Tape([], [], [])
    # Two more blocks of silence let the last ones through.
    for index, block in enumerate(blocks(np.pad(pcm, (0, 2 * BLOCK_SAMPLES)))):
        segmenter.push(block)
        is_speech = segmenter.is_speech(index * BLOCK_SAMPLES, (index + 1) * BLOCK_SAMPLES)
        tape.blocks.append(block)
        tape.is_speech.append(is_speech)
        tape.f0.append(model.push(block, is_speech))
    return tape


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a scorer made of a call."""

    readings: list[TemperReading]
    alerts_s: list[tuple[float, float | None]]
    """When hot-temper alerts were raised and cleared; None where one was open at the end."""

    @property
    def hot(self) -> int:
        """Readings called hot."""
        return sum(reading.state is TemperState.HOT for reading in self.readings)


def play(tape: Tape, settings: CoreSettings, voice: VoiceWeights | None, language: str = "") -> Judged:
    """A call, with baselines that do not learn heat, as in a session."""
    tracker = ProsodyTracker(Party.CALLER, _Replayed(tape), settings.prosody)
    scorer = TemperScorer(settings.temper, voice=voice)
    scorer.expect(language)
    detector = HotTemper(settings.detectors)
    readings: list[TemperReading] = []
    alerts: list[tuple[float, float | None]] = []
    for index, (block, is_speech) in enumerate(zip(tape.blocks, tape.is_speech, strict=True)):
        now = (index + 1) * BLOCK_SAMPLES
        told: list[Judgement] = []
        for frame in tracker.push(block, index * BLOCK_SAMPLES, is_speech):
            reading = scorer.push(frame)
            if reading is not None:
                tracker.is_learning = reading.state is TemperState.CALM
                readings.append(reading)
                told.extend(detector.on_event(reading, now))
        told.extend(detector.on_tick(now))
        for judgement in told:
            if isinstance(judgement, AlertRaised):
                alerts.append((seconds(now), None))
            else:
                alerts[-1] = (alerts[-1][0], seconds(now))
    return Judged(readings=readings, alerts_s=alerts)


def joined(clips: Sequence[Pcm]) -> Pcm:
    """One stretch of sound of several clips, with short pauses of faint noise between them."""
    noise = np.random.default_rng(0).standard_normal(round(_PAUSE_S * 16_000)).astype(np.float32) * 1e-4
    return np.concatenate([part for clip in clips for part in (clip, noise)])


def stretch(paths: Sequence[Path], length_s: float) -> Pcm:
    """The first clips that fill `length_s`, with pauses."""
    chosen: list[Pcm] = []
    for path in paths:
        if sum(len(clip) for clip in chosen) >= length_s * 16_000:
            break
        chosen.append(read(path))
    return joined(chosen)


def composed(data: Path) -> Iterator[tuple[Call, Callable[[], Pcm]]]:
    """Calls of every actor: calm, then anger (and calm again), joy or sadness; and how each sounds."""
    for corpus in CORPORA:
        folder = data / "emotion" / corpus
        clips: dict[tuple[str, str], list[Path]] = {}
        language = ""
        for row in csv.DictReader((folder / "labels.csv").open(encoding="utf-8")):
            language = row["language"]
            clips.setdefault((row["speaker"], row["emotion"]), []).append(folder / row["path"])
        for speaker in sorted({speaker for speaker, _ in clips}):
            usual = [path for label in USUAL for path in clips.get((speaker, label), [])]
            for label in ("anger", "happy", "sad"):
                if (speaker, label) not in clips:
                    continue
                calm = stretch(usual[::2], _CALM_S)
                aroused = stretch(clips[speaker, label], _AROUSED_S)
                after = stretch(usual[1::2], _AFTER_S) if label == "anger" else np.zeros(0, np.float32)
                call = Call(
                    name=f"{corpus}-{speaker}-{label}",
                    tape=Tape([], [], []),
                    corpus=corpus,
                    speaker=speaker,
                    language=language,
                    label=label,
                    start_s=len(calm) / 16_000,
                    end_s=(len(calm) + len(aroused)) / 16_000,
                )
                sound = np.concatenate([calm, aroused, after])
                yield call, lambda sound=sound: telephone(sound)  # type: ignore[misc]


def calm_calls(data: Path) -> Iterator[tuple[Call, Callable[[], Pcm]]]:
    """Read speech over G.711, and real calls, every channel as a caller's."""
    readers: dict[tuple[str, str], list[Path]] = {}
    for row in csv.DictReader((data / "asr" / "manifest.csv").open(encoding="utf-8")):
        readers.setdefault((row["language"], row["speaker"]), []).append(data / "asr" / row["path"])
    for (language, speaker), paths in sorted(readers.items()):
        call = Call(
            name=f"read-{speaker}",
            tape=Tape([], [], []),
            corpus=f"read_{language}",
            speaker=speaker,
            language=language,
        )
        yield call, lambda paths=paths: telephone(stretch(paths, _READ_S))  # type: ignore[misc]
    for name in _QUIET:
        path = data / "calls" / f"{name}.flac"
        for channel in range(2) if path.exists() else ():
            call = Call(name=f"{name}-{channel}", tape=Tape([], [], []), corpus="real", language="en")
            yield call, lambda path=path, channel=channel: _channel(path, channel)  # type: ignore[misc]


def _channel(path: Path, channel: int) -> Pcm:
    sound, _ = soundfile.read(path, dtype="float32", always_2d=True)
    return np.ascontiguousarray(sound[:, channel])


def taped(calls: Iterator[tuple[Call, Callable[[], Pcm]]], kept: Path) -> list[Call]:
    """Hears the calls, or takes what is kept of them in the folder `kept`."""
    kept.mkdir(parents=True, exist_ok=True)
    found = []
    for call, sound in calls:
        path = kept / f"{call.name}.npz"
        if not path.exists():
            tape = tape_of(sound())
            np.savez(
                path,
                pcm=np.array(tape.blocks),
                is_speech=np.array(tape.is_speech),
                sizes=np.array([len(f0_hz) for f0_hz, _ in tape.f0]),
                f0_hz=np.concatenate([f0_hz for f0_hz, _ in tape.f0]),
                voicing=np.concatenate([voicing for _, voicing in tape.f0]),
            )
        with np.load(path) as file:
            ends = np.cumsum(file["sizes"])[:-1]
            f0 = zip(np.split(file["f0_hz"], ends), np.split(file["voicing"], ends), strict=True)
            call.tape.blocks.extend(file["pcm"])
            call.tape.is_speech.extend(bool(value) for value in file["is_speech"])
            call.tape.f0.extend(f0)
        found.append(call)
    return found
