"""How fast a recorded call is judged, as a multiple of real time: with words and by its sound alone.

Beside it, in the same run, faster-whisper's own `transcribe` of both channels with the same model (beam 5,
its speech detector on): words only, no judgement.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import soundfile
from faster_whisper import WhisperModel

from bench.common import TOP
from monitor.config import load_settings
from monitor.weights import model_folder

RUNS = 3
CALLS = ("zh_parcel", "en_parcel")


def replay_s(path: Path, *options: str) -> float:
    """Seconds that `tingyin replay` takes as a process, start-up included."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "monitor", "replay", str(path), *options]
    subprocess.run(command, cwd=TOP, check=True, capture_output=True)
    return time.perf_counter() - begun


def reference_s(model: WhisperModel, path: Path, language: str) -> float:
    """Seconds that faster-whisper takes for both channels, the model loaded."""
    sound, rate = soundfile.read(path, dtype="float32")
    assert rate == 16_000
    begun = time.perf_counter()
    for channel in np.ascontiguousarray(sound.T):
        segments, _ = model.transcribe(channel, language=language, beam_size=5, vad_filter=True)
        for _ in segments:
            pass
    return time.perf_counter() - begun


def main() -> None:
    """Prints medians over the runs, the three taking turns so that a noisy machine hurts all alike."""
    settings = load_settings()
    model = WhisperModel(
        str(model_folder("base", settings.engine.models_folder)), device="cpu", compute_type="int8"
    )
    for name in CALLS:
        path = TOP / "monitor" / "calls" / f"{name}.flac"
        length_s = soundfile.info(path).duration
        took: dict[str, list[float]] = {"with words": [], "sound alone": [], "faster-whisper": []}
        for _ in range(RUNS):
            took["with words"].append(replay_s(path))
            took["sound alone"].append(replay_s(path, "--no-asr"))
            took["faster-whisper"].append(reference_s(model, path, name[:2]))
        print(f"{name}, {length_s:.0f} s, median of {RUNS}:")
        for what, values in took.items():
            median = statistics.median(values)
            print(f"  {what:15} {length_s / median:6.1f} times real time  ({median:.1f} s)")


if __name__ == "__main__":
    main()
