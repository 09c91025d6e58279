"""Words of the stream against the same model offline: error rates, stability, terms; and invented words.

Reads `asr/manifest.csv` of `--data` (or TINGYIN_DATA), or of a folder of one's own by `--folder`: columns
path, text, language, in any order. Each language's recordings become one call, the parties in turn. The
stream is the product's session with its recogniser, thorough (the machine has time) and quick (it has none);
offline is faster-whisper's `transcribe` of each recording, whole, beam 5. Scores: one script, no punctuation,
numerals alike however they are written. `--full` takes every recording, `--noise` non-speech alone.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from faster_whisper import WhisperModel

from bench.asr_measures import error_rate, unstable_words
from bench.ears import noisy, telephone
from bench.non_speech import report_non_speech
from bench.streamed import Heard, Quick, stream
from bench.transcripts import scored_units
from monitor.commands.common import load_engine
from monitor.config import load_settings
from monitor.core.audio import Party, Pcm
from monitor.core.clock import SAMPLE_RATE_HZ
from monitor.core.recognition import SpeechRecogniser
from monitor.core.settings import CoreSettings, PrivacySettings, TranscriptionSettings
from monitor.core.transcription.vocabulary import word_counts
from monitor.weights import model_folder

_GAP = np.zeros(round(1.5 * SAMPLE_RATE_HZ), dtype=np.float32)
_QUICK_EVERY = 5
"""Of the recordings, those that are decoded without being asked for all."""
_TERMS_RARE = 100
"""A word that the dictionary counts this seldom is one that a deployment would list."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording and what is said in it."""

    pcm: Pcm
    text: str


def _line(pcm: Pcm) -> Pcm:
    """A telephone line with noise 20 dB below the voice."""
    return telephone(noisy(pcm, 20.0))


LINES: dict[str, Callable[[Pcm], Pcm]] = {"clean": lambda pcm: pcm, "mu-law, 20 dB": _line}


def recordings(folder: Path, language: str, every: int) -> list[Recording]:
    """A language's recordings, each `every`-th."""
    with (folder / "manifest.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["language"] == language]
    found = []
    for row in rows[::every]:
        pcm, rate = soundfile.read(folder / row["path"], dtype="float32")
        assert rate == SAMPLE_RATE_HZ and pcm.ndim == 1, f"{row['path']} is no mono recording at 16 kHz"
        found.append(Recording(np.asarray(pcm, dtype=np.float32), row["text"]))
    return found


def offline(model: WhisperModel, recording: Recording, language: str, through: Callable[[Pcm], Pcm]) -> str:
    """What the model hears with 30 s of context and beam 5."""
    segments, _ = model.transcribe(
        through(recording.pcm), language=language, beam_size=5, condition_on_previous_text=False
    )
    return "".join(segment.text for segment in segments)


def streamed(
    those: Sequence[Recording],
    settings: CoreSettings,
    recogniser: SpeechRecogniser,
    through: Callable[[Pcm], Pcm],
) -> tuple[list[str], Heard]:
    """The stream's text of each recording, and all that was told."""
    parts: dict[Party, list[Pcm]] = {party: [_GAP] for party in Party}
    bounds: list[tuple[Party, float]] = []
    at = len(_GAP)
    for number, recording in enumerate(those):
        party = list(Party)[number % 2]
        pcm = through(recording.pcm)
        for other in Party:
            parts[other] += [pcm if other is party else np.zeros_like(pcm), _GAP]
        at += len(pcm) + len(_GAP)
        bounds.append((party, (at - len(_GAP) // 2) / SAMPLE_RATE_HZ))
    heard = stream({party: np.concatenate(sound) for party, sound in parts.items()}, settings, recogniser)
    texts = []
    for number, (party, end_s) in enumerate(bounds):
        start_s = bounds[number - 1][1] if number else 0.0
        words = [w.text for w in heard.words(party) if start_s <= (w.start_s + w.end_s) / 2 < end_s]
        texts.append("".join(words))
    return texts, heard


def rate(those: Sequence[Recording], texts: Sequence[str], language: str) -> float:
    """Error rate in percent over all recordings, by the units said."""
    errors = total = 0.0
    for recording, text in zip(those, texts, strict=True):
        wanted = scored_units(recording.text, language)
        errors += error_rate(wanted, scored_units(text, language)) * len(wanted)
        total += len(wanted)
    return 100 * errors / max(1.0, total)


def rare_terms(those: Sequence[Recording]) -> list[str]:
    """Words of the transcripts that a deployment would list: rare ones, of two characters and more."""
    import jieba

    jieba.setLogLevel("ERROR")
    words = {word for recording in those for word in jieba.cut(recording.text, HMM=False) if len(word) > 1}
    counts = word_counts()
    return sorted(word for word in words if counts.get(word, 0) < _TERMS_RARE)


def term_scores(
    those: Sequence[Recording], texts: Sequence[str], terms: Sequence[str]
) -> tuple[int, int, int]:
    """(terms said, found where said, written where not said)."""
    said = found = wrong = 0
    for recording, text in zip(those, texts, strict=True):
        plain = "".join(scored_units(text, "zh"))
        for term in terms:
            here = "".join(scored_units(term, "zh"))
            wanted = "".join(scored_units(recording.text, "zh")).count(here)
            said += wanted
            found += min(wanted, plain.count(here))
            wrong += max(0, plain.count(here) - wanted)
    return said, found, wrong


def settings_of(language: str, **given: object) -> CoreSettings:
    """Default settings, the language given; long numbers are compared, not masked."""
    options = TranscriptionSettings.model_validate({"language": language, **given})
    return CoreSettings(privacy=PrivacySettings(mask=()), transcription=options)


def report_language(
    folder: Path, language: str, every: int, engine: SpeechRecogniser, model: WhisperModel
) -> None:
    """The lines of one language."""
    those = recordings(folder, language, every)
    length_s = sum(len(recording.pcm) for recording in those) / SAMPLE_RATE_HZ
    kind = "CER" if language == "zh" else "WER"
    print(f"\n{language}: {len(those)} recordings, {length_s:.0f} s of sound; {kind} in percent")
    settings = settings_of(language)
    for name, through in LINES.items():
        least = rate(those, [offline(model, recording, language, through) for recording in those], language)
        texts, heard = streamed(those, settings, engine, through)
        found = rate(those, texts, language)
        quick, _ = streamed(those, settings, Quick(engine), through)
        hurried = rate(those, quick, language)
        counts = [unstable_words(stream_) for stream_ in heard.streams().values()]
        changed, total = (sum(values) for values in zip(*counts, strict=True))
        print(
            f"  {name:14} offline {least:5.1f}   stream {found:5.1f} ({found - least:+.1f})   "
            f"quick {hurried:5.1f} ({hurried - least:+.1f})   unstable partial words "
            f"{100 * changed / max(1, total):.1f} %   committed words changed {heard.changed()}"
        )
    auto, heard = streamed(those, settings_of("auto"), engine, LINES["clean"])
    print(f"  language found  stream {rate(those, auto, language):5.1f}")
    if language == "zh":
        report_terms(those, engine)


def report_terms(those: Sequence[Recording], engine: SpeechRecogniser) -> None:
    """What a vocabulary gains and harms: rare words of the transcripts, half of them of recordings that are
    not played."""
    terms = rare_terms(those)
    played = those[::2]
    for name, given in (
        ("no vocabulary", {}),
        ("corrected", {"vocabulary": terms}),
        ("corrected, hint", {"vocabulary": terms[:40], "has_vocabulary_hint": True}),
    ):
        texts, _ = streamed(played, settings_of("zh", **given), engine, LINES["clean"])
        said, found, wrong = term_scores(played, texts, terms)
        print(
            f"  {name:15} {len(terms)} terms: {found} of {said} found, {wrong} written where not said; "
            f"CER {rate(played, texts, 'zh'):.1f}"
        )


def main() -> int:
    """A paragraph for each language, then non-speech."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("TINGYIN_DATA"))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--noise", action="store_true")
    given = parser.parse_args()
    settings = load_settings()
    engine = load_engine(settings)
    folder = given.folder or (given.data and Path(given.data) / "asr")
    if folder is None or not (folder / "manifest.csv").is_file():
        print("no recordings; give their folder by --data, --folder or TINGYIN_DATA")
    elif not given.noise:
        weights = model_folder(settings.engine.model, settings.engine.models_folder)
        model = WhisperModel(str(weights), device="cpu", compute_type="int8", cpu_threads=2)
        with (folder / "manifest.csv").open(encoding="utf-8") as lines:
            languages = sorted({row["language"] for row in csv.DictReader(lines)})
        for language in languages:
            report_language(folder, language, 1 if given.full else _QUICK_EVERY, engine, model)
    report_non_speech(engine, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
