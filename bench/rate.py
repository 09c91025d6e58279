"""Syllable rate of the live path against known counts of syllables, over about 10 s of speech and over 3 s.

Read speech of many texts (`asr/manifest.csv`): each reader's recordings, half a second apart, are one call.
A stretch begins with each recording and takes whole ones until it holds enough speech, so that what is known
needs no cutting of words: aligning words to the sound and cutting there cost r 0.1 by the cuts alone. The
syllables come from a pronouncing dictionary, in Mandarin from the characters. CASIA, acted, comes with its
counts; RAVDESS is left out, because with two sentences it says nothing about English.

Known is a second of what the live path takes for speech in the clean recording, told a second of what it
takes for speech on that line: a line that confuses the speech detector shows. `three tempi` adds the same at
0.8 and 1.25 of the tempo. Slope: by how much the told rate grows where the known one grows by one.
Readers in `_TUNED_ON` chose the counter's numbers; the others only judge it.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from bench.ears import blocks, clean, data_folder, noisy, read, telephone
from bench.rate_references import Times, references
from bench.syllables import SyllableCount
from monitor.core.audio import Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, SAMPLE_RATE_HZ, Span
from monitor.core.prosody.pace import SyllableCounter
from monitor.core.prosody.spectrum import FRAMES_PER_BLOCK, MARGIN_SAMPLES, block_spectrum
from monitor.core.prosody.tracker import ProsodyTracker
from monitor.core.settings import CoreSettings
from monitor.core.speech import SpeechSegmenter
from monitor.engines.f0 import SwiftF0Model
from monitor.engines.silero import SileroSpeechModel

_LANGUAGES = {"zh": "Mandarin", "en": "English"}
_ACTED = {"casia": "Mandarin"}
_TUNED_ON = frozenset(["1688", "2033", "2609", "S0150", "S0766", "S0768", "S0770", "S0902"])
_GAP_SAMPLES = SAMPLE_RATE_HZ // 2
_TEMPI = (1.0, 0.8, 1.25)
_LENGTHS_S = (10.0, 3.0)
_GROUP = 4
"""Neighbouring stretches share recordings: the bootstrap draws this many of them together."""
_Floats = npt.NDArray[np.float64]
_Pairs = list[tuple[float, float]]


def _noisy_telephone(pcm: Pcm) -> Pcm:
    return telephone(noisy(pcm, 20.0))


LINES: dict[str, Callable[[Pcm], Pcm]] = {
    "clean": clean,
    "G.711": telephone,
    "G.711, 20 dB": _noisy_telephone,
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Recordings of one person as one call."""

    name: str
    pcm: Pcm
    recordings: tuple[tuple[Span, int], ...]
    """Where each lies, the pause after it included, and its syllables."""

    def at_tempo(self, tempo: float) -> Speaker:
        """The same, faster or slower at the same pitch."""
        if tempo == 1.0:
            return self
        spans = [Span(round(s.start / tempo), round(s.end / tempo)) for s, _ in self.recordings]
        counts = [count for _, count in self.recordings]
        return Speaker(self.name, _stretched(self.pcm, tempo), tuple(zip(spans, counts, strict=True)))


def speaker_of(name: str, files: list[tuple[Path, int]]) -> Speaker:
    """Joins the recordings of (path, syllables)."""
    gap = np.zeros(_GAP_SAMPLES, dtype=np.float32)
    parts: list[Pcm] = []
    found, at = [], 0
    for path, syllables in files:
        parts += [read(path), gap]
        end = at + len(parts[-2]) + len(gap)
        found.append((Span(at, end), syllables))
        at = end
    return Speaker(name, np.concatenate(parts), tuple(found))


def _stretched(pcm: Pcm, tempo: float) -> Pcm:
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=SAMPLE_RATE_HZ, format="flt", layout="mono")
    change, sink = graph.add("atempo", str(tempo)), graph.add("abuffersink")
    source.link_to(change)
    change.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(pcm[np.newaxis], format="flt", layout="mono")
    frame.sample_rate, frame.pts = SAMPLE_RATE_HZ, 0
    graph.push(frame)
    graph.push(None)
    parts = []
    while True:
        try:
            parts.append(graph.pull().to_ndarray()[0])
        except (av.BlockingIOError, av.EOFError):
            return np.concatenate(parts).astype(np.float32)


class Heard:
    """What the live path made of one sound."""

    def __init__(self, pcm: Pcm) -> None:
        settings = CoreSettings()
        speech = SpeechSegmenter(Party.CALLER, SileroSpeechModel(), settings.speech)
        self._tracker = ProsodyTracker(Party.CALLER, SwiftF0Model(), settings.prosody)
        frames = []
        start = 0
        for block in blocks(pcm):
            speech.push(block)
            frames += self._tracker.push(block, start, speech.is_speech(start, start + BLOCK_SAMPLES))
            start += BLOCK_SAMPLES
        frames += self._tracker.finish()
        self._ends = np.array([frame.at for frame in frames])

    def speech_s(self, span: Span) -> float:
        """Seconds of speech within it."""
        middle = self._ends - BLOCK_SAMPLES // 2
        return 0.1 * int(((middle >= span.start) & (middle < span.end)).sum())

    def rate(self, span: Span) -> float | None:
        """Syllables a second of speech; None where there is too little."""
        return self._tracker.describe(span).rate_syl_s


def stretches(speaker: Speaker, known: Heard, length_s: float) -> Iterator[tuple[Span, float]]:
    """(span, known rate) from each recording on, of whole recordings that hold `length_s` of speech."""
    for first in range(len(speaker.recordings)):
        syllables = 0
        for span, count in speaker.recordings[first:]:
            syllables += count
            whole = Span(speaker.recordings[first][0].start, span.end)
            speech_s = known.speech_s(whole)
            if speech_s >= length_s:
                yield whole, syllables / speech_s
                break


_Table = dict[tuple[str, str, str, float, str], _Pairs]
"""(group, tempi, line, seconds, method) -> pairs of known and told, speaker by speaker."""


def measure(
    speaker: Speaker,
    groups: list[str],
    methods: dict[str, Callable[[Pcm], Times]],
    table: _Table,
    tempi: tuple[float, ...] = _TEMPI,
) -> None:
    """One speaker's stretches, over every line and at every tempo, into the rows of all `groups`.

    The plain telephone line only as spoken: it lies between the other two.
    """

    def add(tempo: float, line: str, length_s: float, method: str, pairs: _Pairs) -> None:
        for name in ("as spoken", "three tempi") if tempo == 1.0 else ("three tempi",):
            for group in groups:
                table.setdefault((group, name, line, length_s, method), []).extend(pairs)

    for tempo in tempi:
        original = speaker.at_tempo(tempo)
        known = Heard(original.pcm)
        for line, through in LINES.items():
            if line == "G.711" and tempo != 1.0:
                continue
            pcm = through(original.pcm)
            heard = known if line == "clean" else Heard(pcm)
            nuclei = {name: method(pcm) for name, method in methods.items()}
            for length_s in _LENGTHS_S:
                found = list(stretches(original, known, length_s))
                told = [(rate, heard.rate(span)) for span, rate in found]
                add(tempo, line, length_s, "live path", [(a, b) for a, b in told if b is not None])
                for name, times_s in nuclei.items():
                    pairs = [(rate, _within(times_s, span) / known.speech_s(span)) for span, rate in found]
                    add(tempo, line, length_s, name, pairs)


def _within(times_s: Times, span: Span) -> int:
    at = times_s * SAMPLE_RATE_HZ
    return int(((at >= span.start) & (at < span.end)).sum())


def readers(data: Path, count: SyllableCount) -> Iterator[tuple[Speaker, list[str]]]:
    """Each reader, and the rows that he belongs to."""
    found: dict[tuple[str, str], list[tuple[Path, int]]] = {}
    for row in csv.DictReader((data / "asr" / "manifest.csv").open(encoding="utf-8")):
        files = found.setdefault((row["language"], row["speaker"]), [])
        files.append((data / "asr" / row["path"], count.of(row["text"])))
    for (language, name), files in found.items():
        group = _LANGUAGES[language]
        kept = [] if name in _TUNED_ON else [f"{group}, kept aside"]
        yield speaker_of(name, files), [group, *kept]


def actors(data: Path, corpus: str) -> Iterator[Speaker]:
    """Each speaker and emotion of an acted corpus."""
    folder = data / "emotion" / corpus
    groups: dict[tuple[str, str], list[tuple[Path, int]]] = {}
    for row in csv.DictReader((folder / "labels.csv").open(encoding="utf-8")):
        files = groups.setdefault((row["speaker"], row["emotion"]), [])
        files.append((folder / row["path"], int(row["n_syll"])))
    for (name, _), files in groups.items():
        yield speaker_of(name, files)


def correlation(pairs: _Floats) -> float:
    """Of known and told."""
    return float(np.corrcoef(pairs[:, 0], pairs[:, 1])[0, 1])


def interval(pairs: _Floats) -> tuple[float, float]:
    """95 % of the correlation, by bootstrap over groups of neighbours."""
    rng = np.random.default_rng(0)
    groups = [pairs[start : start + _GROUP] for start in range(0, len(pairs), _GROUP)]
    drawn = rng.integers(0, len(groups), (500, len(groups)))
    again = [np.concatenate([groups[index] for index in row]) for row in drawn]
    low, high = np.quantile([correlation(one) for one in again if one[:, 0].std() > 0.0], [0.025, 0.975])
    return float(low), float(high)


def line_of(name: str, pairs: _Pairs) -> str:
    """One line of the table."""
    table = np.array(pairs)
    low, high = interval(table)
    off = table[:, 1] - table[:, 0]
    r, (spread_known, spread_told) = correlation(table), table.std(axis=0)
    return (
        f"{name:66}{len(table):5}{table[:, 0].mean():6.2f}{spread_known:6.2f}{r:7.3f}"
        f"{f'{low:.2f}-{high:.2f}':>11}{off.mean():+7.2f}{np.abs(off).mean():6.2f}"
        f"{r * spread_told / spread_known:7.2f}"
    )


def cost_of_counting(pcm: Pcm) -> float:
    """CPU seconds of the counter alone a second of speech; spectrum and F0 are made for other features."""
    counter = SyllableCounter(window_blocks=30, min_blocks=15, long_blocks=100)
    padded = np.pad(pcm[: 60 * SAMPLE_RATE_HZ], MARGIN_SAMPLES)
    is_voiced = np.ones(FRAMES_PER_BLOCK, dtype=np.bool_)
    whole = BLOCK_SAMPLES + 2 * MARGIN_SAMPLES
    bands = [
        block_spectrum(padded[start : start + whole]).mel
        for start in range(0, len(padded) - whole + 1, BLOCK_SAMPLES)
    ]
    started = time.process_time()
    for mel in bands:
        counter.push(mel, is_voiced)
    return (time.process_time() - started) / (0.1 * len(bands))


def main() -> int:
    """One line for each language, line, way of speaking and method."""
    data = data_folder(__doc__.splitlines()[0], "asr")
    if data is None:
        return 0
    count, methods = SyllableCount(), references()
    table: _Table = {}
    people = list(readers(data, count))
    for reader, groups in people:
        measure(reader, groups, methods, table)
    for corpus, language in _ACTED.items():
        if (data / "emotion" / corpus).is_dir():
            for actor in actors(data, corpus):
                measure(actor, [f"{language}, acted ({corpus})"], {}, table, _TEMPI[:1])
    length_s = sum(len(reader.pcm) for reader, _ in people) / SAMPLE_RATE_HZ
    print(
        f"{len(people)} readers, {length_s:.0f} s; not in the dictionary: {', '.join(sorted(count.unknown))}"
    )
    print("syllables a second of speech; known: mean and spread over stretches; r with its 95 % interval")
    print(f"{'':66}{'n':>5}{'known':>6}{'sd':>6}{'r':>7}{'95 %':>11}{'bias':>7}{'MAE':>6}{'slope':>7}")
    for (group, tempi, line, seconds, method), pairs in sorted(table.items()):
        if tempi == "as spoken" or ("acted" not in group and line != "G.711"):
            print(line_of(f"{group}, {tempi}, {line}, {seconds:.0f} s, {method}", pairs))
    cost_us = 1e6 * cost_of_counting(people[0][0].pcm)
    print(f"cost of the counter alone: {cost_us:.0f} us of CPU a second of speech")
    return 0


if __name__ == "__main__":
    sys.exit(main())
