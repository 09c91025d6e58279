"""F0 of the live path against a laryngograph, beside reference methods in the same run.

Gross error: voiced in both and more than 20 % off. Voicing error: voiced in one only. Frame error: either of
them, over all frames. The truth has a value every 15 ms (its length against the sound's says so), looked up
at the same times in every method. References that are not installed are named and left out.
"""

from __future__ import annotations

import importlib
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import numpy.typing as npt
import soundfile

from bench.ears import LINES, data_folder, listen, read
from monitor.core.audio import Pcm
from monitor.core.clock import SAMPLE_RATE_HZ

_Track = npt.NDArray[np.float64]
_Method = Callable[[Pcm, _Track], tuple[_Track, float]]
_TRUTH_S = 0.015
_GROSS = 0.2
_LOW_HZ, _HIGH_HZ = 60.0, 500.0
_COST_S = 60
"""Of each real call."""
_SLOW_SHARE = 5
"""Of the slow reference only every fifth recording."""


def at_times(track: _Track, hop_s: float, offset_s: float, times_s: _Track) -> _Track:
    """The value of the frame nearest to each time, 0 beyond the ends; frame `i` stands at
    `i * hop_s + offset_s`."""
    index = np.round((times_s - offset_s) / hop_s).astype(np.int64)
    inside = (index >= 0) & (index < len(track))
    return np.where(inside, track[np.clip(index, 0, max(0, len(track) - 1))], 0.0)


def errors(truth: _Track, found: _Track) -> npt.NDArray[np.int64]:
    """(frames, frames voiced in both, gross errors, voicing errors)."""
    both = (truth > 0) & (found > 0)
    gross = both & (np.abs(found - truth) > _GROSS * truth)
    return np.array([len(truth), both.sum(), gross.sum(), ((truth > 0) != (found > 0)).sum()])


def live(pcm: Pcm, times_s: _Track) -> tuple[_Track, float]:
    """The product's own way; the cost is that of everything that it hears on a channel."""
    heard = listen(pcm)
    return at_times(heard.f0_hz().astype(np.float64), 0.01, 0.005, times_s), heard.cost_s


def timed(run: Callable[[Pcm], tuple[_Track, float, float]]) -> _Method:
    """A method of `run`, which gives a track with its hop and offset in seconds."""

    def method(pcm: Pcm, times_s: _Track) -> tuple[_Track, float]:
        started = time.process_time()
        track, hop_s, offset_s = run(pcm)
        cost_s = time.process_time() - started
        return at_times(np.nan_to_num(np.asarray(track, dtype=np.float64)), hop_s, offset_s, times_s), cost_s

    return method


def pyin(pcm: Pcm) -> tuple[_Track, float, float]:
    """librosa's."""
    track, _, _ = librosa.pyin(pcm, fmin=_LOW_HZ, fmax=_HIGH_HZ, sr=SAMPLE_RATE_HZ, hop_length=160)
    return track, 0.01, 0.0


def swift(module: Any) -> Callable[[Pcm], tuple[_Track, float, float]]:
    """SwiftF0 over whole recordings, as its own package runs it."""
    detector = module.SwiftF0(threads=1)

    def run(pcm: Pcm) -> tuple[_Track, float, float]:
        found = detector.detect(pcm, SAMPLE_RATE_HZ, _LOW_HZ, _HIGH_HZ)
        track = np.where(found.confidence >= 0.5, found.pitch_hz, 0.0)
        return track, 0.016, float(found.timestamps[0])

    return run


def rapt(module: Any) -> Callable[[Pcm], tuple[_Track, float, float]]:
    """RAPT of SPTK."""
    return lambda pcm: (
        module.rapt(
            (pcm * 32768).astype(np.float32), fs=SAMPLE_RATE_HZ, hopsize=160, min=_LOW_HZ, max=_HIGH_HZ
        ),
        0.01,
        0.005,
    )


def praat(module: Any) -> Callable[[Pcm], tuple[_Track, float, float]]:
    """Praat's cross-correlation."""

    def run(pcm: Pcm) -> tuple[_Track, float, float]:
        pitch = module.Sound(pcm.astype(np.float64), SAMPLE_RATE_HZ).to_pitch_cc(
            time_step=0.01, pitch_floor=_LOW_HZ, pitch_ceiling=_HIGH_HZ
        )
        return np.asarray(pitch.selected_array["frequency"]), 0.01, float(pitch.xs()[0])

    return run


def egemaps(module: Any) -> Callable[[Pcm], tuple[_Track, float, float]]:
    """openSMILE's eGeMAPS, of whose 25 descriptors F0 is one: its cost is that of all."""
    smile = descriptors(module)

    def run(pcm: Pcm) -> tuple[_Track, float, float]:
        semitones = smile.process_signal(pcm, SAMPLE_RATE_HZ)["F0semitoneFrom27.5Hz_sma3nz"].to_numpy()
        # Its frames of 60 ms stand at their middle: of 0 to 40 ms, 30 gives it the fewest errors.
        return np.where(semitones > 0.0, 27.5 * 2.0 ** (semitones / 12.0), 0.0), 0.01, 0.03

    return run


def descriptors(module: Any) -> Any:
    """eGeMAPS frame by frame, in one thread."""
    return module.Smile(
        feature_set=module.FeatureSet.eGeMAPSv02,
        feature_level=module.FeatureLevel.LowLevelDescriptors,
        num_workers=1,
    )


def methods() -> dict[str, _Method]:
    """The product and what is installed of the references."""
    found: dict[str, _Method] = {"live path": live}
    for name, module, make in (
        ("SwiftF0, whole", "swift_f0", swift),
        ("RAPT (pysptk)", "pysptk", rapt),
        ("Praat cc", "parselmouth", praat),
        ("eGeMAPS, all", "opensmile", egemaps),
    ):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found[name] = timed(make(importlib.import_module(module)))
        except ImportError as error:
            print(f"{name}: not installed ({error})")
    found["librosa.pyin"] = timed(pyin)
    return found


def main() -> int:
    """Prints one line for each method and line."""
    data = data_folder(__doc__.splitlines()[0], "f0")
    if data is None:
        return 0
    recordings = [(read(path), truth_of(path)) for path in sorted((data / "f0").glob("*.flac"))]
    print(f"{len(recordings)} recordings, {sum(len(pcm) for pcm, _ in recordings) / SAMPLE_RATE_HZ:.0f} s")
    print("errors in % of frames (gross: of frames voiced in both), 95 % interval of the frame error by")
    print("bootstrap over recordings; RTF: CPU seconds a second of sound, of the live path for everything")
    print("that it hears on a channel (speech detector, F0, level, alpha, Hammarberg, harmonicity, rate)")
    print(f"{'':16}{'line':13}{'gross':>6}{'voicing':>9}{'frame':>7}{'interval':>14}{'RTF':>8}")
    for name, method in methods().items():
        chosen = recordings[::_SLOW_SHARE] if name == "librosa.pyin" else recordings
        for line, through in LINES.items():
            rows, cost_s = [], 0.0
            for pcm, truth in chosen:
                found, cost = method(through(pcm), _TRUTH_S * np.arange(len(truth), dtype=np.float64))
                rows.append(errors(truth, found))
                cost_s += cost
            print(
                line_of(name, line, np.array(rows), cost_s / sum(len(p) / SAMPLE_RATE_HZ for p, _ in chosen))
            )
    cost_of_all(data, recordings)
    return 0


def cost_of_all(data: Path, recordings: list[tuple[Pcm, _Track]]) -> None:
    """Everything that the live path hears on a channel against all of eGeMAPS, sound by sound, in turn."""
    try:
        smile = descriptors(importlib.import_module("opensmile"))
    except ImportError as error:
        print(f"cost of all features: opensmile is not installed ({error})")
        return
    calls = [soundfile.read(path, dtype="float32")[0] for path in sorted((data / "calls").glob("*.flac"))]
    sounds = {
        "speech without pauses": [np.concatenate([pcm for pcm, _ in recordings])],
        "real calls, each channel": [
            call[: _COST_S * SAMPLE_RATE_HZ, side] for call in calls for side in (0, 1)
        ],
    }
    for name, channels in sounds.items():
        ours_s = theirs_s = length_s = 0.0
        for pcm in channels:
            ours_s += listen(pcm).cost_s
            started = time.process_time()
            smile.process_signal(pcm, SAMPLE_RATE_HZ)
            theirs_s += time.process_time() - started
            length_s += len(pcm) / SAMPLE_RATE_HZ
        print(
            f"all features, {name} ({length_s:.0f} s): live path RTF {ours_s / length_s:.4f}, "
            f"eGeMAPS {theirs_s / length_s:.4f}, ratio {ours_s / theirs_s:.2f}"
        )


def truth_of(path: Path) -> _Track:
    """Hz every 15 ms, 0 where unvoiced."""
    return np.array([float(line) for line in path.with_suffix(".f0ref").read_text().split()])


def line_of(name: str, line: str, rows: npt.NDArray[np.int64], rtf: float) -> str:
    """One line of the table."""
    rng = np.random.default_rng(0)
    again = rows[rng.integers(0, len(rows), (1000, len(rows)))].sum(axis=1)
    low, high = np.quantile(100 * (again[:, 2] + again[:, 3]) / again[:, 0], [0.025, 0.975])
    frames, both, gross, voicing = rows.sum(axis=0)
    frame = 100 * (gross + voicing) / frames
    return (
        f"{name:16}{line:13}{100 * gross / max(1, both):6.2f}{100 * voicing / frames:9.2f}{frame:7.2f}"
        f"{f'{low:.1f}-{high:.1f}':>14}{rtf:8.4f}"
    )


if __name__ == "__main__":
    sys.exit(main())
