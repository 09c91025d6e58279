"""Syllable rate of the live path against known counts of syllables, over about 10 s of speech at a time.

Reads the labels of CASIA and RAVDESS (`n_syll` a clip); not of EMO-DB, most of whose clips here end after 2
s in mid-sentence while their labels count the whole of it, which once looked like a rate of 0.6. Clips of
one speaker and emotion are joined until they hold 10 s of sound; what is compared is the syllables of each
such block, heard and known, both per second of what the live path took for speech.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.ears import LINES, blocks, clean, data_folder, read, telephone
from monitor.core.audio import Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, SAMPLE_RATE_HZ, Span
from monitor.core.prosody.tracker import ProsodyTracker
from monitor.core.settings import CoreSettings
from monitor.core.speech import SpeechSegmenter
from monitor.engines.f0 import SwiftF0Model
from monitor.engines.silero import SileroSpeechModel

_CORPORA = {"casia": "Mandarin", "ravdess": "English"}
_BLOCK_S = 10.0
_PAUSE_S = 0.5


def spoken(data: Path, corpus: str) -> Iterator[tuple[Pcm, int, float]]:
    """(sound, syllables, seconds without the pauses between clips) of about 10 s each."""
    folder = data / "emotion" / corpus
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in csv.DictReader((folder / "labels.csv").open(encoding="utf-8")):
        groups.setdefault((row["speaker"], row["emotion"]), []).append(row)
    pause = np.zeros(round(_PAUSE_S * SAMPLE_RATE_HZ), dtype=np.float32)
    for rows in groups.values():
        parts: list[Pcm] = []
        syllables, length_s = 0, 0.0
        for row in rows:
            parts.extend((read(folder / row["path"]), pause))
            syllables += int(row["n_syll"])
            length_s += float(row["dur_s"])
            if length_s >= _BLOCK_S:
                yield np.concatenate(parts), syllables, length_s
                parts, syllables, length_s = [], 0, 0.0


def counted(pcm: Pcm) -> tuple[float, float]:
    """(syllables, seconds of speech) as the live path hears them."""
    settings = CoreSettings()
    speech = SpeechSegmenter(Party.CALLER, SileroSpeechModel(), settings.speech)
    tracker = ProsodyTracker(Party.CALLER, SwiftF0Model(), settings.prosody)
    start, speech_s = 0, 0.0
    frames = []
    for block in blocks(pcm):
        speech.push(block)
        frames.extend(tracker.push(block, start, speech.is_speech(start, start + BLOCK_SAMPLES)))
        start += BLOCK_SAMPLES
    frames.extend(tracker.finish())
    speech_s = 0.1 * len(frames)
    rate = tracker.describe(Span(0, start)).rate_syl_s
    return (rate or 0.0) * speech_s, speech_s


def interval(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> tuple[float, float]:
    """95 % of the correlation, by bootstrap over blocks."""
    rng = np.random.default_rng(0)
    again = rng.integers(0, len(one), (1000, len(one)))
    low, high = np.quantile([np.corrcoef(one[i], other[i])[0, 1] for i in again], [0.025, 0.975])
    return float(low), float(high)


def main() -> int:
    """One line for each language and line."""
    data = data_folder(__doc__.splitlines()[0], "emotion")
    if data is None:
        return 0
    print("syllables a second of speech, heard against known; counted: heard syllables of each known one")
    for corpus, language in _CORPORA.items():
        stretches = list(spoken(data, corpus))
        for name, through in LINES.items():
            if through not in (clean, telephone):
                continue
            heard = [counted(through(pcm)) for pcm, _, _ in stretches]
            known = np.array(
                [
                    syllables / speech_s
                    for (_, syllables, _), (_, speech_s) in zip(stretches, heard, strict=True)
                ]
            )
            found = np.array([syllables / speech_s for syllables, speech_s in heard])
            low, high = interval(known, found)
            print(
                f"{language:9} {name:7} {len(stretches)} blocks  r {np.corrcoef(known, found)[0, 1]:.3f} "
                f"({low:.2f}-{high:.2f})  bias {np.mean(found - known):+.2f} syl/s  "
                f"counted {found.sum() / known.sum():.2f}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
