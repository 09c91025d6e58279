"""What the benches of the ears share: where the recordings are, telephone lines, and the live path itself."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from monitor.core.audio import Party, Pcm, to_grid
from monitor.core.clock import BLOCK_SAMPLES, SAMPLE_RATE_HZ
from monitor.core.facts import ProsodyFrame
from monitor.core.prosody.tracker import ProsodyTracker
from monitor.core.settings import CoreSettings
from monitor.core.speech import SpeechSegmenter
from monitor.engines.f0 import SwiftF0Model
from monitor.engines.silero import SileroSpeechModel

_MU = 255.0


def data_folder(what: str, folder: str) -> Path | None:
    """The recordings' folder from `--data` or TINGYIN_DATA; None, said plainly, where they are not here."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--data", type=Path, default=os.environ.get("TINGYIN_DATA"))
    given = parser.parse_args().data
    if given is None:
        print("skipped: no recordings; give their folder by --data or TINGYIN_DATA")
        return None
    if not (Path(given) / folder).is_dir():
        print(f"skipped: {given} holds no folder {folder}")
        return None
    return Path(given)


def read(path: Path) -> Pcm:
    """A mono recording at 16 kHz."""
    pcm, rate = soundfile.read(path, dtype="float32")
    assert rate == SAMPLE_RATE_HZ and pcm.ndim == 1, f"{path} is no mono recording at 16 kHz"
    return np.asarray(pcm, dtype=np.float32)


def telephone(pcm: Pcm) -> Pcm:
    """What a G.711 line leaves of it: 8 kHz, eight bits of mu-law, and back to 16 kHz."""
    narrow = np.clip(soxr.resample(pcm, SAMPLE_RATE_HZ, 8_000), -1.0, 1.0)
    squeezed = np.sign(narrow) * np.log1p(_MU * np.abs(narrow)) / np.log1p(_MU)
    coarse = np.round((squeezed + 1.0) / 2.0 * 255.0) / 255.0 * 2.0 - 1.0
    linear = np.sign(coarse) * np.expm1(np.abs(coarse) * np.log1p(_MU)) / _MU
    wide = soxr.resample(linear, 8_000, SAMPLE_RATE_HZ).astype(np.float32)
    return np.pad(wide, (0, max(0, len(pcm) - len(wide))))[: len(pcm)]


def noisy(pcm: Pcm, snr_db: float, seed: int = 0) -> Pcm:
    """White noise under it, `snr_db` below its own mean power."""
    noise = np.random.default_rng(seed).standard_normal(len(pcm)).astype(np.float32)
    scale = np.sqrt(float(np.mean(np.square(pcm))) / 10.0 ** (snr_db / 10.0))
    return pcm + np.float32(scale) * noise


def clean(pcm: Pcm) -> Pcm:
    """As recorded."""
    return pcm


LINES: dict[str, Callable[[Pcm], Pcm]] = {
    "clean": clean,
    "G.711": telephone,
    "10 dB noise": lambda pcm: noisy(pcm, 10.0),
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What the live path made of one recording."""

    frames: list[ProsodyFrame]
    length_s: float
    cost_s: float
    """CPU time of the speech detector, the segmenter, F0 and the tracker together."""

    def f0_hz(self) -> npt.NDArray[np.float32]:
        """F0 every 10 ms from the start, 0 where unvoiced or not taken for speech."""
        track = np.zeros(round(self.length_s * 100) + 10, dtype=np.float32)
        for frame in self.frames:
            assert frame.texture is not None
            first = (frame.at - BLOCK_SAMPLES) // 160
            track[first : first + 10] = frame.texture.f0_hz
        return track


def blocks(pcm: Pcm) -> Iterator[Pcm]:
    """Blocks of 100 ms; the last is filled with silence."""
    pcm = to_grid(np.pad(pcm, (0, -len(pcm) % BLOCK_SAMPLES)))
    for start in range(0, len(pcm), BLOCK_SAMPLES):
        yield pcm[start : start + BLOCK_SAMPLES]


def listen(pcm: Pcm) -> Heard:
    """Runs a caller's channel as a call does: speech detector, segmenter, F0 and tracker, in blocks."""
    settings = CoreSettings()
    speech = SpeechSegmenter(Party.CALLER, SileroSpeechModel(), settings.speech)
    tracker = ProsodyTracker(Party.CALLER, SwiftF0Model(), settings.prosody)
    frames: list[ProsodyFrame] = []
    started = time.process_time()
    start = 0
    for block in blocks(pcm):
        speech.push(block)
        frames.extend(tracker.push(block, start, speech.is_speech(start, start + BLOCK_SAMPLES)))
        start += BLOCK_SAMPLES
    frames.extend(tracker.finish())
    return Heard(frames, len(pcm) / SAMPLE_RATE_HZ, time.process_time() - started)
