"""Trains the ear for anger and writes its weights: `python models/temper/train.py --data FOLDER`.

FOLDER holds emotion/<corpus>/labels.csv (path, speaker, emotion) and asr/manifest.csv (path, speaker,
language); sound is 16 kHz mono. Each speaker is heard by the live path four times: as recorded,
over a telephone with noise and a gain for each clip, and over such telephones as somebody with a higher and
with a lower voice, for the corpora have few speakers. The same data gives the same weights.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from monitor.core.audio import Pcm
from monitor.core.temper.trained import VoiceWeights
from monitor.core.temper.voice import VOICE_BLOCKS, VOICE_BLOCKS_MIN, texture_features
from monitor.engines.temper import write_voice_weights
from monitor.engines.temper_lines import LINES, over_line
from monitor.engines.temper_training import (
    VoiceSamples,
    calibrate,
    hear,
    held_out,
    train,
    window_ends,
)

CORPORA = ("casia", "emodb", "ravdess")
TRAINED_ON = ("clean", "G.711, gain, noise", "higher voice", "lower voice")
CALIBRATED_FOR = 10
"""Windows of usual voice that are known where the probability is made true."""

_PAUSE_SAMPLES = 6400
_BABBLE_VOICES = 8
_BABBLE_S = 20
_VOICED_MIN = 30
_CLIP_BLOCKS_MIN = 6
_CLIP_VOICED_MIN = 20
"""Single utterances are shorter than windows."""

_Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording."""

    corpus: str
    speaker: str
    label: str
    path: Path
    language: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heard:
    """One speaker over one line: blocks of speech of all clips, label by label."""

    clip: npt.NDArray[np.int64]
    """(blocks,): which of the speaker's clips."""
    f0_hz: npt.NDArray[np.float32]
    """(blocks, 10)"""
    voicing: npt.NDArray[np.float32]
    bands_db: npt.NDArray[np.float32]
    """(blocks, 10, 16)"""
    harmonicity_db: npt.NDArray[np.float32]
    level_dbfs: npt.NDArray[np.float32]
    """(blocks,)"""
    alpha_db: npt.NDArray[np.float32]
    rate_syl_s: npt.NDArray[np.float32]
    """These two are NaN where unknown."""

    def features(self, blocks: npt.NDArray[np.int64], voiced_min: int) -> _Array | None:
        """What the ear hears in these blocks, as one stretch."""
        return texture_features(
            self.f0_hz[blocks].reshape(-1),
            self.voicing[blocks].reshape(-1),
            self.bands_db[blocks].reshape(-1, self.bands_db.shape[2]),
            self.harmonicity_db[blocks].reshape(-1),
            voiced_min,
        )


def recordings(data: Path) -> list[Clip]:
    """All recordings, sorted by corpus, speaker and label."""
    found = []
    for corpus in CORPORA:
        folder = data / "emotion" / corpus
        for row in csv.DictReader((folder / "labels.csv").open(encoding="utf-8")):
            found.append(Clip(corpus, row["speaker"], row["emotion"], folder / row["path"], row["language"]))
    for row in csv.DictReader((data / "asr" / "manifest.csv").open(encoding="utf-8")):
        path, language = data / "asr" / row["path"], row["language"]
        found.append(Clip(f"read_{language}", row["speaker"], "neutral", path, language))
    return sorted(found, key=lambda clip: (clip.corpus, clip.speaker, clip.label))


@cache
def babble(data: Path) -> Pcm:
    """Eight readers at once."""
    readers: dict[str, list[Path]] = {}
    for clip in recordings(data):
        if clip.corpus.startswith("read_"):
            readers.setdefault(clip.speaker, []).append(clip.path)
    voices = [
        np.concatenate([read(path) for path in paths[:3]]) for paths in [*readers.values()][:_BABBLE_VOICES]
    ]
    mixed = sum(np.resize(voice / np.sqrt(np.mean(np.square(voice))), _BABBLE_S * 16_000) for voice in voices)
    return np.asarray(mixed, dtype=np.float32)


def read(path: Path) -> Pcm:
    """A mono recording at 16 kHz."""
    return np.asarray(soundfile.read(path, dtype="float32")[0], dtype=np.float32)


def speakers(data: Path) -> Iterator[tuple[str, str, list[Clip]]]:
    """(corpus, speaker, clips), in a fixed order."""
    for (corpus, speaker), clips in groupby(recordings(data), key=lambda clip: (clip.corpus, clip.speaker)):
        yield corpus, speaker, list(clips)


def listen(clips: list[Clip], line: str, others: Pcm) -> Heard:
    """One speaker's clips over a line, those of a label as one stream with pauses between them."""
    sounds = over_line([read(clip.path) for clip in clips], LINES[line](clips[0].speaker), others)
    pause = np.random.default_rng(0).standard_normal(_PAUSE_SAMPLES).astype(np.float32) * 1e-4
    frames, owners = [], []
    for label in dict.fromkeys(clip.label for clip in clips):
        chosen = [index for index, clip in enumerate(clips) if clip.label == label]
        ends = np.cumsum([len(sounds[index]) + len(pause) for index in chosen])
        stream = np.concatenate([part for index in chosen for part in (sounds[index], pause)])
        for frame in hear(stream):
            frames.append(frame)
            at = int(np.searchsorted(ends, frame.at - 800, "right"))
            owners.append(chosen[min(at, len(chosen) - 1)])
    textures = [frame.texture for frame in frames]
    assert all(texture is not None for texture in textures)
    known = [texture for texture in textures if texture is not None]
    return Heard(
        clip=np.array(owners, dtype=np.int64),
        f0_hz=np.array([texture.f0_hz for texture in known], dtype=np.float32),
        voicing=np.array([texture.voicing for texture in known], dtype=np.float32),
        bands_db=np.array([texture.bands_db for texture in known], dtype=np.float32),
        harmonicity_db=np.array([texture.harmonicity_db for texture in known], dtype=np.float32),
        level_dbfs=np.array([frame.level_dbfs for frame in frames], dtype=np.float32),
        alpha_db=_numbers([frame.alpha_db for frame in frames]),
        rate_syl_s=_numbers([frame.rate_syl_s for frame in frames]),
    )


def _numbers(values: list[float | None]) -> npt.NDArray[np.float32]:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float32)


def heard(data: Path, line: str, kept: Path | None) -> Iterator[tuple[list[Clip], Heard]]:
    """Every speaker over a line; kept in the folder `kept` where one is given: hearing takes minutes."""
    names = list(Heard.__dataclass_fields__)
    for corpus, speaker, clips in speakers(data):
        path = (
            None
            if kept is None
            else kept / f"{line.replace(',', '').replace(' ', '_')}-{corpus}-{speaker}.npz"
        )
        if path is not None and path.exists():
            with np.load(path) as file:
                yield clips, Heard(**{name: file[name] for name in names})
            continue
        found = listen(clips, line, babble(data))
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(path, **{name: getattr(found, name) for name in names})
        print(f"{line}: {corpus} {speaker}, {len(found.clip) / 10:.0f} s of speech", flush=True)
        yield clips, found


def stretches(clips: list[Clip], found: Heard) -> Iterator[tuple[str, str, npt.NDArray[np.int64], int]]:
    """(label, clip or "" for a window of the stream, blocks, voiced frames needed), one by one."""
    labels = np.array([clip.label for clip in clips])[found.clip]
    for label in dict.fromkeys(clip.label for clip in clips):
        blocks = np.flatnonzero(labels == label)
        for end in window_ends(len(blocks)):
            if end >= VOICE_BLOCKS_MIN:
                yield label, "", blocks[max(0, end - VOICE_BLOCKS) : end], _VOICED_MIN
        for index in dict.fromkeys(found.clip[blocks].tolist()):
            own = blocks[found.clip[blocks] == index]
            if len(own) >= _CLIP_BLOCKS_MIN:
                yield label, clips[index].path.stem, own, _CLIP_VOICED_MIN


def samples(data: Path, line: str, kept: Path | None) -> VoiceSamples:
    """Windows of each label's stream, and each clip as a whole."""
    made: list[VoiceSamples] = []
    for clips, found in heard(data, line, kept):
        for label, clip, blocks, voiced_min in stretches(clips, found):
            row = found.features(blocks, voiced_min)
            if row is not None:
                who = clips[0]
                made.append(VoiceSamples.of([row], who.corpus, who.speaker, label, line, clip, who.language))
    return VoiceSamples.join(made)


def teach(given: VoiceSamples) -> VoiceWeights:
    """The ear that these samples teach, calibrated on speakers left out in turn."""
    is_window = given.clip == ""
    anybody, by_language = (np.where(is_window, found, np.nan) for found in held_out(given, CALIBRATED_FOR))
    return calibrate(train(given), given, anybody, by_language)


def main() -> None:
    """Hears, trains, writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("TINGYIN_DATA"), required=False)
    parser.add_argument("--cache", type=Path, help="folder that keeps what was heard between runs")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "voice.json")
    given = parser.parse_args()
    if given.data is None:
        parser.error("give the folder of recordings by --data or TINGYIN_DATA")
    learned = VoiceSamples.join(samples(Path(given.data), line, given.cache) for line in TRAINED_ON)
    write_voice_weights(teach(learned), given.out, sorted(set(learned.speaker.tolist())))
    print(
        f"{len(learned.label)} windows and clips -> {given.out}, {sha256(given.out.read_bytes()).hexdigest()}"
    )


if __name__ == "__main__":
    main()
