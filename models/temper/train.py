"""Trains the ear for anger and writes its weights: `python models/temper/train.py --data FOLDER`.

FOLDER holds emotion/<corpus>/labels.csv (path, speaker, emotion) and asr/manifest.csv (path, speaker,
language); sound is 16 kHz mono. Each speaker's clips of one emotion are joined and heard twice by the live
path: as recorded, and over a G.711 line whose gain and noise are drawn for each speaker. The same data gives
the same weights.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import soundfile
import soxr

from monitor.core.audio import Pcm
from monitor.core.temper.trained import VoiceWeights
from monitor.core.temper.voice import FEATURE_NAMES
from monitor.engines.temper_training import VoiceSamples, hear, joined, train, windows

CORPORA = ("casia", "emodb", "ravdess")
_DIGITS = 5
_MU = 255.0


def recordings(data: Path) -> Iterator[tuple[str, str, str, list[Path]]]:
    """(corpus, speaker, label, files), one for each speaker and label, in a fixed order."""
    found: dict[tuple[str, str, str], list[Path]] = {}
    for corpus in CORPORA:
        folder = data / "emotion" / corpus
        for row in csv.DictReader((folder / "labels.csv").open(encoding="utf-8")):
            found.setdefault((corpus, row["speaker"], row["emotion"]), []).append(folder / row["path"])
    for row in csv.DictReader((data / "asr" / "manifest.csv").open(encoding="utf-8")):
        key = (f"read_{row['language']}", row["speaker"], "neutral")
        found.setdefault(key, []).append(data / "asr" / row["path"])
    for (corpus, speaker, label), paths in sorted(found.items()):
        yield corpus, speaker, label, paths


@dataclass(frozen=True, slots=True)
class Line:
    """A speaker's telephone line: one for all clips, as a call has one for calm and for anger."""

    gain: float
    noise: float
    """RMS."""


def line_of(speaker: str, loudness: float) -> Line:
    """-12 to +6 dB, with noise 25 to 45 dB below the RMS `loudness` of the speaker; the same every time."""
    rng = np.random.default_rng(list(speaker.encode()))
    gain_db, noise_db = rng.uniform(-12.0, 6.0), -rng.uniform(25.0, 45.0)
    return Line(10.0 ** (gain_db / 20.0), loudness * 10.0 ** (noise_db / 20.0))


def telephone(pcm: Pcm, line: Line) -> Pcm:
    """Over a G.711 line (8 kHz, mu-law)."""
    spoiled = line.gain * (pcm + line.noise * np.random.default_rng(0).standard_normal(len(pcm)))
    narrow = np.clip(soxr.resample(spoiled, 16_000, 8_000), -1.0, 1.0)
    squeezed = np.sign(narrow) * np.log1p(_MU * np.abs(narrow)) / np.log1p(_MU)
    coarse = np.round((squeezed + 1.0) / 2.0 * 255.0) / 255.0 * 2.0 - 1.0
    linear = np.sign(coarse) * np.expm1(np.abs(coarse) * np.log1p(_MU)) / _MU
    return np.asarray(soxr.resample(linear, 8_000, 16_000), dtype=np.float32)


def samples(data: Path) -> tuple[VoiceSamples, VoiceSamples]:
    """All windows: as recorded, and by telephone."""
    clean: list[VoiceSamples] = []
    narrow: list[VoiceSamples] = []
    for (corpus, speaker), group in groupby(recordings(data), key=lambda item: item[:2]):
        sounds = {
            label: joined(np.asarray(soundfile.read(path, dtype="float32")[0]) for path in paths)
            for _, _, label, paths in group
        }
        line = line_of(speaker, float(np.sqrt(np.mean(np.square(np.concatenate([*sounds.values()]))))))
        for label, pcm in sounds.items():
            for made, sound in ((clean, pcm), (narrow, telephone(pcm, line))):
                made.append(VoiceSamples.of(windows(hear(sound)), corpus, speaker, label))
        print(f"{corpus} {speaker}: {sum(len(pcm) for pcm in sounds.values()) / 16_000:.0f} s", flush=True)
    return VoiceSamples.join(clean), VoiceSamples.join(narrow)


def cached_samples(data: Path, cache: Path | None) -> tuple[VoiceSamples, VoiceSamples]:
    """`samples`, kept in the folder `cache` where one is given: hearing all takes minutes."""
    names = ("clean", "telephone")
    if cache is not None and all((cache / f"{name}.npz").exists() for name in names):
        loaded = (np.load(cache / f"{name}.npz") for name in names)
        clean, narrow = (VoiceSamples(**{key: file[key] for key in file.files}) for file in loaded)
        return clean, narrow
    heard = samples(data)
    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
        for name, part in zip(names, heard, strict=True):
            np.savez_compressed(
                cache / f"{name}.npz",
                features=part.features,
                corpus=part.corpus,
                speaker=part.speaker,
                label=part.label,
            )
    return heard


def write(weights: VoiceWeights, path: Path) -> None:
    """The weights as JSON, numbers to five digits."""
    arrays = {
        name: np.vectorize(lambda value: float(f"{value:.{_DIGITS}g}"))(getattr(weights, name)).tolist()
        for name in ("population", "scale", "coefficients", "intercepts")
    }
    data = {"features": list(FEATURE_NAMES), "classes": list(weights.classes), **arrays}
    path.write_text(json.dumps(data, indent=None, separators=(",", ":")) + "\n", encoding="utf-8")


def main() -> None:
    """Hears, trains, writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("TINGYIN_DATA"), required=False)
    parser.add_argument("--cache", type=Path, help="folder that keeps the features between runs")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "voice.json")
    given = parser.parse_args()
    if given.data is None:
        parser.error("give the folder of recordings by --data or TINGYIN_DATA")
    clean, narrow = cached_samples(Path(given.data), given.cache)
    write(train(VoiceSamples.join([clean, narrow])), given.out)
    print(f"{len(clean.label)} + {len(narrow.label)} windows -> {given.out}")


if __name__ == "__main__":
    main()
