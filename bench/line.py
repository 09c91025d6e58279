"""What the live path makes of a new line and of a new voice in mid-call, over real voices.

A speaker talks calmly, pauses, and goes on: calmly, joyfully or angrily; over another gain or codec; or
another speaker goes on. Told: in how many of the cases each change of line or voice was found, and how far
level and F0 then stand from usual (medians over the last 3 s). What is calm must stay near 0, and anger must
not be found to be a change of line or voice.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from bench.ears import blocks, clean, data_folder, read, telephone
from monitor.core.audio import Party, Pcm, to_grid
from monitor.core.clock import BLOCK_SAMPLES, SAMPLE_RATE_HZ
from monitor.core.facts import ProsodyFrame
from monitor.core.prosody.tracker import ProsodyTracker
from monitor.core.settings import CoreSettings
from monitor.core.speech import SpeechSegmenter
from monitor.engines.f0 import SwiftF0Model
from monitor.engines.silero import SileroSpeechModel

_SPEAKERS = {"casia": 2, "emodb": 4, "ravdess": 6}
_CALM_S, _LATER_S = 24.0, 14.0
_FLOOR_DBFS = -66.0
_Clips = dict[tuple[str, str, str], list[Path]]


def clips_of(data: Path) -> _Clips:
    """(corpus, speaker, emotion) -> recordings."""
    found: _Clips = {}
    for corpus in _SPEAKERS:
        folder = data / "emotion" / corpus
        for row in csv.DictReader((folder / "labels.csv").open(encoding="utf-8")):
            found.setdefault((corpus, row["speaker"], row["emotion"]), []).append(folder / row["path"])
    return found


def talk(paths: list[Path], length_s: float, first: int = 0) -> Pcm:
    """About `length_s` of clips from `first` on, over again if need be, 0.4 s apart, over a quiet noise."""
    parts: list[Pcm] = []
    at, held = first, 0
    while held < length_s * SAMPLE_RATE_HZ:
        pcm = read(paths[at % len(paths)])
        parts.extend((pcm, np.zeros(round(0.4 * SAMPLE_RATE_HZ), dtype=np.float32)))
        held += len(pcm)
        at += 1
    return np.concatenate(parts)


def call(first: Pcm, second: Pcm, second_gain_db: float = 0.0, through: Callable[[Pcm], Pcm] = clean) -> Pcm:
    """Both with 1.5 s between, each over its line's noise; the second as much louder as is said."""
    pause = np.zeros(round(1.5 * SAMPLE_RATE_HZ), dtype=np.float32)
    rng = np.random.default_rng(0)

    def over_line(pcm: Pcm) -> Pcm:
        noise: Pcm = (10.0 ** (_FLOOR_DBFS / 20.0) * rng.standard_normal(len(pcm))).astype(np.float32)
        return pcm + noise

    gain = np.float32(10.0 ** (second_gain_db / 20.0))
    later = through(gain * over_line(np.concatenate([pause, second, pause])))
    both = np.concatenate([over_line(first), later])
    return to_grid(0.3 * both)


def heard(pcm: Pcm) -> tuple[list[str], list[ProsodyFrame]]:
    """Codes found, and the frames."""
    settings = CoreSettings()
    speech = SpeechSegmenter(Party.CALLER, SileroSpeechModel(), settings.speech)
    tracker = ProsodyTracker(Party.CALLER, SwiftF0Model(), settings.prosody)
    frames: list[ProsodyFrame] = []
    for index, block in enumerate(blocks(pcm)):
        start = index * BLOCK_SAMPLES
        speech.push(block)
        frames.extend(tracker.push(block, start, speech.is_speech(start, start + BLOCK_SAMPLES)))
    return [found.code for found in tracker.take_found()], frames


def scenes(clips: _Clips, corpus: str, speaker: str, other: str) -> Iterable[tuple[str, Pcm]]:
    """(name, the sound) of every way to go on."""
    own = clips[corpus, speaker, "neutral"]
    later = len(own) // 2
    calm, on = talk(own, _CALM_S), talk(own, _LATER_S, later)
    yield "calm", call(calm, on)
    yield "calm, +9 dB", call(calm, on, 9.0)
    yield "calm, -9 dB", call(calm, on, -9.0)
    yield "calm, then G.711", call(calm, on, through=telephone)
    yield "another speaker", call(calm, talk(clips[corpus, other, "neutral"], _LATER_S))
    for emotion in ("happy", "anger"):
        yield emotion, call(calm, talk(clips[corpus, speaker, emotion], _LATER_S))


def middle(frames: list[ProsodyFrame], name: str) -> float:
    """The median over the last 3 s of speech, of what is known."""
    known = [value for frame in frames[-30:] if (value := getattr(frame, name)) is not None]
    return float(np.median(known)) if known else float("nan")


def main() -> int:
    """One line for each way to go on."""
    data = data_folder(__doc__.splitlines()[0], "emotion")
    if data is None:
        return 0
    clips = clips_of(data)
    found: dict[str, Counter[str]] = {}
    rows: dict[str, list[tuple[float, float]]] = {}
    for corpus, count in _SPEAKERS.items():
        speakers = sorted({speaker for name, speaker, _ in clips if name == corpus})[:count]
        for index, speaker in enumerate(speakers):
            for name, sound in scenes(clips, corpus, speaker, speakers[index - 1]):
                codes, frames = heard(sound)
                found.setdefault(name, Counter()).update(set(codes))
                rows.setdefault(name, []).append((middle(frames, "level_db"), middle(frames, "f0_st")))
    print(f"{sum(_SPEAKERS.values())} speakers; found: cases in which each was told")
    for name, values in rows.items():
        level, f0 = np.nanmedian(np.abs(values), axis=0)
        told = ", ".join(f"{code.removeprefix('sound.')} {n}" for code, n in sorted(found[name].items()))
        print(f"{name:18} level off by {level:4.1f} dB, F0 by {f0:4.1f} st; {told or 'nothing'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
