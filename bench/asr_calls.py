"""Two-party calls whose every word's time is known: the shipped ones, and ones composed of read speech.

The shipped calls carry their words' times from the voices that spoke them. Composed calls take utterances of
a folder with a manifest (path, language, text, duration_s) in turns; their words are aligned by the model
that is measured, with the whole context of 30 s, to the text that was truly read.
"""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from ctranslate2 import StorageView
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from monitor.core.audio import AudioFrame, Party, Pcm
from monitor.core.clock import SAMPLE_RATE_HZ, samples
from monitor.engines.whisper import WhisperEngine
from monitor.engines.whisper_words import to_pieces
from monitor.ingest.source import SourceInfo, SourceNotice
from monitor.resources import resource

PACKET_SAMPLES = 1600
_GAPS_S = (0.25, 0.5, 0.9, 0.4)
"""Between the turns of a composed call, in turn: gaps of natural conversation (Heldner & Edlund 2010)."""


@dataclass(frozen=True, slots=True)
class TruthWord:
    """A word truly said, with its times in seconds of the call."""

    party: Party
    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True)
class SpokenCall:
    """A call's sound, one row for each party, and its words."""

    name: str
    language: str
    sound: dict[Party, Pcm]
    words: tuple[TruthWord, ...]

    @property
    def length_s(self) -> float:
        """Of the sound."""
        return len(self.sound[Party.AGENT]) / SAMPLE_RATE_HZ

    def part(self, start_s: float, length_s: float) -> SpokenCall:
        """`length_s` of the call from `start_s` on, as if it went round and round."""
        whole = self.length_s
        order = np.arange(samples(start_s), samples(start_s) + samples(length_s)) % samples(whole)
        words = [
            TruthWord(word.party, word.start_s + shift, word.end_s + shift, word.text)
            for turn in range(int((start_s + length_s) // whole) + 1)
            for word in self.words
            if word.start_s + (shift := turn * whole - start_s) >= 0 and word.end_s + shift <= length_s
        ]
        sound = {party: np.ascontiguousarray(pcm[order]) for party, pcm in self.sound.items()}
        return SpokenCall(f"{self.name}+{start_s:.0f}", self.language, sound, tuple(words))


class CallSource:
    """A spoken call as a source of packets."""

    def __init__(self, call: SpokenCall) -> None:
        self.info = SourceInfo(kind="stream", title=call.name, duration_s=call.length_s)
        self._call = call

    async def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
        """Both parties' packets of 100 ms in turn."""
        length = len(self._call.sound[Party.AGENT])
        for at in range(0, length, PACKET_SAMPLES):
            for party, pcm in self._call.sound.items():
                yield AudioFrame(party=party, start=at, pcm=pcm[at : at + PACKET_SAMPLES])


def shipped_calls() -> list[SpokenCall]:
    """The Mandarin and the English one."""
    return [_shipped(name) for name in ("zh_parcel", "en_parcel")]


def _shipped(name: str) -> SpokenCall:
    truth = json.loads((resource("calls") / f"{name}.json").read_text(encoding="utf-8"))
    pcm, rate = soundfile.read(resource("calls") / truth["file"], dtype="float32", always_2d=True)
    assert rate == SAMPLE_RATE_HZ
    words = [
        TruthWord(Party(utterance["party"]), word["start_s"], word["end_s"], word["text"])
        for utterance in truth["utterances"]
        for word in utterance["words"]
    ]
    sound = {
        Party(name): np.ascontiguousarray(pcm[:, column]) for column, name in enumerate(truth["channels"])
    }
    return SpokenCall(name, truth["language"], sound, tuple(sorted(words, key=lambda word: word.end_s)))


def calls_of(count: int, length_s: float, kinds: Sequence[SpokenCall]) -> list[SpokenCall]:
    """`count` calls of equal length, each another part of one of the `kinds`, so that none speak in step."""
    made = []
    for number in range(count):
        kind = kinds[number % len(kinds)]
        made.append(kind.part(kind.length_s * (number * 0.381966 % 1.0), length_s))
    return made


def composed_calls(folder: Path, engine: WhisperEngine, *, length_s: float = 120.0) -> list[SpokenCall]:
    """One call of each language from a folder's manifest, `length_s` long or as long as the folder lasts."""
    model = engine.whisper
    rows = list(csv.DictReader((folder / "manifest.csv").open(encoding="utf-8")))
    return [
        _composed([row for row in rows if row["language"] == language], language, folder, model, length_s)
        for language in sorted({row["language"] for row in rows})
    ]


def _composed(
    rows: Sequence[dict[str, str]], language: str, folder: Path, model: WhisperModel, length_s: float
) -> SpokenCall:
    sound: dict[Party, list[Pcm]] = {party: [] for party in Party}
    words: list[TruthWord] = []
    at = 0
    for number, (row, gap_s) in enumerate(zip(rows, _forever(_GAPS_S), strict=False)):
        if at >= samples(length_s):
            break
        pcm, rate = soundfile.read(folder / row["path"], dtype="float32")
        assert rate == SAMPLE_RATE_HZ
        party = list(Party)[number % 2]
        silence = np.zeros(samples(gap_s), dtype=np.float32)
        for other in Party:
            sound[other] += [pcm if other is party else np.zeros_like(pcm), silence]
        words += align(model, pcm, row["text"], language, party, at / SAMPLE_RATE_HZ)
        at += len(pcm) + len(silence)
    joined = {party: np.concatenate(parts) for party, parts in sound.items()}
    return SpokenCall(f"composed-{language}", language, joined, tuple(words))


def align(
    model: WhisperModel, pcm: Pcm, text: str, language: str, party: Party, at_s: float
) -> list[TruthWord]:
    """The words of `text` where they lie in `pcm`, by the attention of `model` over 30 s of context."""
    engine: Any = model.model
    tokenizer = Tokenizer(
        model.hf_tokenizer, bool(engine.is_multilingual), task="transcribe", language=language
    )
    spoken = text.lower() if text.isupper() else text
    tokens = tokenizer.encode(spoken if language == "zh" else f" {spoken}")
    features = np.asarray(model.feature_extractor(pcm), dtype=np.float32)[:, :3000]
    frames = features.shape[1]
    padded = np.zeros((1, features.shape[0], 3000), dtype=np.float32)
    padded[0, :, :frames] = features
    encoded = engine.encode(StorageView.from_array(padded))
    (alignment,) = engine.align(encoded, tokenizer.sot_sequence, [tokens], frames)
    first: dict[int, int] = {}
    for token, frame in alignment.alignments:
        first.setdefault(token, frame)
    words, position = [], 0
    for piece in to_pieces(tokens, tokenizer.decode):
        begin = first.get(position, frames // 2) / 50
        position += piece.tokens
        end = first.get(position, frames // 2) / 50
        words.append(TruthWord(party, at_s + begin, at_s + max(begin, end), piece.text.strip()))
    return words


def _forever(values: Sequence[float]) -> Iterator[float]:
    while True:
        yield from values
