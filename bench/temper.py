"""Anger by the live path: windows of 3 s with each speaker left out, composed calls, and real calm calls.

Every figure of a speaker comes from an ear that was trained without that speaker. "first" is before anything
of the caller's usual voice is known, "based" after ten windows of it. Composed calls: 25 s of the speaker's
neutral clips, then up to 20 s of anger or of joy, over G.711; the published rules hear the same calls. Real
calls are calm from end to end, each channel heard as if it were a caller's.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt
import soundfile
from sklearn.metrics import roc_auc_score

from bench.ears import blocks, read, telephone
from monitor.core.audio import Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, seconds
from monitor.core.facts import TemperReading, TemperState
from monitor.core.prosody.tracker import ProsodyTracker
from monitor.core.settings import CoreSettings
from monitor.core.speech import SpeechSegmenter
from monitor.core.temper import TemperScorer, VoiceWeights
from monitor.core.temper.trained import usual_voice
from monitor.engines.f0 import SwiftF0Model
from monitor.engines.silero import SileroSpeechModel
from monitor.engines.temper import load_voice_weights
from monitor.engines.temper_training import USUAL, VoiceSamples, joined, train
from monitor.resources import resource

_CORPORA = ("casia", "emodb", "ravdess")
_BASED_WINDOWS = 10
_CALM_S, _AROUSED_S = 25.0, 20.0
_RUN = 3
"""Windows overlap: the bootstrap draws runs of three."""

_Array = npt.NDArray[np.float64]


@dataclass(slots=True)
class Tape:
    """A caller's sound with what the models made of it, so that many settings can hear it cheaply."""

    blocks: list[Pcm]
    is_speech: list[bool]
    f0: list[tuple[Pcm, Pcm]]

    delay_samples = 2 * BLOCK_SAMPLES


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


def play(tape: Tape, settings: CoreSettings, voice: VoiceWeights | None) -> list[TemperReading]:
    """The readings of a call, with baselines that do not learn heat, as in a session."""
    tracker = ProsodyTracker(Party.CALLER, _Replayed(tape), settings.prosody)
    scorer = TemperScorer(settings.temper, voice=voice)
    readings = []
    for index, (block, is_speech) in enumerate(zip(tape.blocks, tape.is_speech, strict=True)):
        for frame in tracker.push(block, index * BLOCK_SAMPLES, is_speech):
            reading = scorer.push(frame)
            if reading is not None:
                tracker.is_learning = reading.state is TemperState.CALM
                readings.append(reading)
    return readings


def hot_at(readings: list[TemperReading]) -> float | None:
    """When the caller was first called hot, in seconds."""
    return next((seconds(reading.at) for reading in readings if reading.state is TemperState.HOT), None)


def area(is_anger: npt.NDArray[np.bool_], scores: _Array, chosen: npt.NDArray[np.bool_]) -> str:
    """The area under the curve among the chosen windows, with its 95 % interval."""
    truth, found = is_anger[chosen], scores[chosen]
    if truth.all() or not truth.any():
        return "-"
    rng = np.random.default_rng(0)
    runs = np.array_split(np.arange(len(truth)), max(2, len(truth) // _RUN))
    areas = []
    for _ in range(300):
        index = np.concatenate([runs[i] for i in rng.integers(0, len(runs), len(runs))])
        if 0 < truth[index].sum() < len(index):
            areas.append(roc_auc_score(truth[index], found[index]))
    low, high = np.quantile(areas, [0.025, 0.975])
    return f"{roc_auc_score(truth, found):.3f} ({low:.2f}-{high:.2f})"


def score_windows(samples: VoiceSamples, ears: Callable[[str], VoiceWeights], known: int) -> _Array:
    """Each window's probability of anger by the ear that did not know its speaker; NaN where it was used."""
    scores = np.full(len(samples.label), np.nan)
    rng = np.random.default_rng(0)
    for speaker in np.unique(samples.speaker):
        mine = samples.speaker == speaker
        usual = rng.permutation(np.flatnonzero(mine & np.isin(samples.label, USUAL)))
        used = usual[: min(known, len(usual) // 2)]
        voice = ears(str(speaker))
        own = samples.features[used].mean(axis=0) if len(used) else voice.population
        scores[mine] = voice.anger(
            samples.features[mine] - usual_voice(voice.population, own, float(len(used)))
        )
        scores[used] = np.nan
    return scores


def report_windows(title: str, samples: VoiceSamples, ears: Callable[[str], VoiceWeights]) -> None:
    """One line for each corpus and state of the baseline."""
    for corpus in _CORPORA:
        part = samples.where(samples.corpus == corpus)
        for state, known in (("first", 0), ("based", _BASED_WINDOWS)):
            if not len(part.label):
                continue
            scores = score_windows(part, ears, known)
            anger, kept = part.label == "anger", ~np.isnan(scores)
            areas = [
                area(anger, scores, kept & (anger | np.isin(part.label, others)))
                for others in (USUAL, tuple(np.unique(part.label)), ("happy",), ("surprise",))
            ]
            print(f"{title:22}{corpus:8}{state:6}" + "".join(f"{text:>20}" for text in areas), flush=True)


def composed(data: Path) -> list[tuple[str, str, str, Tape, float]]:
    """(corpus, speaker, what follows, tape, when it follows in s) over G.711."""
    made = []
    for corpus in _CORPORA:
        folder = data / "emotion" / corpus
        clips: dict[tuple[str, str], list[Path]] = {}
        for row in csv.DictReader((folder / "labels.csv").open(encoding="utf-8")):
            clips.setdefault((row["speaker"], row["emotion"]), []).append(folder / row["path"])
        for speaker in sorted({speaker for speaker, _ in clips}):
            calm = stretch([path for label in USUAL for path in clips.get((speaker, label), [])], _CALM_S)
            for label in ("anger", "happy"):
                if (speaker, label) not in clips:
                    continue
                aroused = stretch(clips[speaker, label], _AROUSED_S)
                tape = tape_of(telephone(np.concatenate([calm, aroused])))
                made.append((corpus, speaker, label, tape, len(calm) / 16_000))
    return made


def stretch(paths: list[Path], length_s: float) -> Pcm:
    """The first clips that fill `length_s`, with pauses."""
    chosen: list[Pcm] = []
    for path in paths:
        if sum(len(clip) for clip in chosen) >= length_s * 16_000:
            break
        chosen.append(read(path))
    return joined(chosen)


def report_calls(
    name: str,
    calls: list[tuple[str, str, str, Tape, float]],
    settings: CoreSettings,
    ears: Callable[[str], VoiceWeights] | None,
) -> None:
    """Found, delay and false alarms of one scorer, by corpus."""
    for corpus in _CORPORA:
        found: dict[str, list[float | None]] = {"anger": [], "happy": []}
        early = 0
        for _, speaker, label, tape, start_s in (call for call in calls if call[0] == corpus):
            at = hot_at(play(tape, settings, ears(speaker) if ears else None))
            early += at is not None and at < start_s
            found[label].append(None if at is None else at - start_s)
        delays = sorted(at for at in found["anger"] if at is not None and at >= 0)
        middle = f"{np.median(delays):.1f} s" if delays else "-"
        happy = [at for at in found["happy"] if at is not None]
        print(
            f"{name:10}{corpus:8} anger found {len(delays)}/{len(found['anger'])}, median delay {middle}; "
            f"joy called hot {len(happy)}/{len(found['happy'])}; hot while still neutral {early}",
            flush=True,
        )


def report_real(data: Path, settings: dict[str, CoreSettings], voice: VoiceWeights) -> None:
    """Real calm calls, every channel as a caller's: how hot each scorer thinks it is."""
    for path in sorted((data / "calls").glob("*.flac")):
        sound, _ = soundfile.read(path, dtype="float32", always_2d=True)
        for channel in range(sound.shape[1]):
            tape = tape_of(np.ascontiguousarray(sound[:, channel]))
            told = []
            for name, chosen in settings.items():
                readings = play(tape, chosen, voice if name == "trained" else None)
                states = [reading.state for reading in readings]
                told.append(
                    f"{name} hot {states.count(TemperState.HOT)}, raised {states.count(TemperState.RAISED)}, "
                    f"highest {max((r.score for r in readings), default=0.0):.2f}"
                )
            print(f"{path.stem} channel {channel}, {len(readings)} readings: {'; '.join(told)}", flush=True)


def cost_line(data: Path, settings: dict[str, CoreSettings], voice: VoiceWeights) -> str:
    """What the features and the ear cost beside the models that hear speech and F0."""
    path = sorted((data / "calls").glob("*.flac"))[0]
    sound, _ = soundfile.read(path, dtype="float32", always_2d=True)
    tape = tape_of(np.ascontiguousarray(sound[: 60 * 16_000, 0]))
    told = []
    for name, chosen in settings.items():
        started = time.process_time()
        play(tape, chosen, voice if name == "trained" else None)
        told.append(f"{name} {(time.process_time() - started) / (len(tape.blocks) / 10):.4f}")
    return "RTF of prosody and temper without speech detector and F0: " + ", ".join(told)


def trainer() -> ModuleType:
    """models/temper/train.py, which is a script and not in the package."""
    spec = importlib.util.spec_from_file_location("train_temper", resource("models") / "temper" / "train.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where its dataclasses look for their names
    spec.loader.exec_module(module)
    return module


def main() -> int:
    """Prints all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("TINGYIN_DATA"))
    parser.add_argument("--cache", type=Path, help="folder that keeps the windows between runs")
    given = parser.parse_args()
    if given.data is None or not (Path(given.data) / "emotion").is_dir():
        print("skipped: no recordings; give their folder by --data or TINGYIN_DATA")
        return 0
    data = Path(given.data)
    clean, narrow = trainer().cached_samples(data, given.cache)
    both = VoiceSamples.join([clean, narrow])
    judged = np.unique(both.speaker[np.isin(both.corpus, _CORPORA)])
    ears = {str(speaker): train(both.where(both.speaker != speaker)) for speaker in judged}
    if importlib.util.find_spec("opensmile") is None:
        print("eGeMAPS (opensmile): not installed")
    print(
        f"{'windows of 3 s':36}"
        + "".join(f"{'anger / ' + o:>20}" for o in ("neutral", "all", "joy", "surprise"))
    )
    report_windows("clean", clean, ears.__getitem__)
    report_windows("G.711, gain, noise", narrow, ears.__getitem__)
    foreign = train(both.where(both.corpus != "casia"))
    report_windows("trained without CASIA", narrow.where(narrow.corpus == "casia"), lambda speaker: foreign)
    settings = {
        name: CoreSettings.model_validate({"temper": {"model": name}}) for name in ("rules", "trained")
    }
    calls = composed(data)
    report_calls("rules", calls, settings["rules"], None)
    report_calls("trained", calls, settings["trained"], ears.__getitem__)
    report_real(data, settings, load_voice_weights())
    print(cost_line(data, settings, load_voice_weights()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
