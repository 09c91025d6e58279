"""Real voices by speaker and mood, cut to where they speak and brought to one level for each speaker."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.ears import read
from monitor.core.audio import Pcm
from monitor.core.clock import SAMPLE_RATE_HZ

USUAL_DBFS = -26.0
"""Level of every speaker's usual speech: the nominal active level of telephony (ITU-T P.56, G.100)."""
_LIMIT_DB = 9.0
_LIMIT_SHARE = 1.0 / 3.0
"""Where a clip is over 9 dB louder than the speaker's usual, a third of the rest is kept, as a handset's
limiter does: RAVDESS's actors shout up to 30 dB over their neutral, which no telephone passes on."""

_HOP = SAMPLE_RATE_HZ // 100
_ACTIVE_DB = 20.0
"""Frames further below a clip's loud ones are silence or breath,"""
_FLOOR_DB, _LEAST_DB = 12.0, 16.0
"""and so are those within 12 dB of its noise, unless they are loud."""
_EDGE_HOPS = 4
_CLICK_HOPS = 5
_HOLD_HOPS = 6
"""A dip of up to 60 ms is within a word."""

_NOISY = ("1688",)
"""Readers whose recordings are too noisy to say where their speech begins."""

USUAL_MOODS = ("neutral", "calm")
MOODS = ("anger", "happy", "surprise", "sad", "fear")

TUNING = ("cas_liuchanhg", "emo03", "emo08", "emo11", *(f"rav{number:02}" for number in range(1, 7)))
"""Whose acted moods thresholds may be tuned on; all other actors are held out for the figures."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A recording of one speaker, cut at both ends to where speech is heard."""

    pcm: Pcm
    active: npt.NDArray[np.bool_]
    """Is speech heard, every 10 ms."""

    @property
    def length_s(self) -> float:
        """Length in seconds."""
        return len(self.pcm) / SAMPLE_RATE_HZ

    def part(self, start_s: float, end_s: float) -> Clip:
        """A stretch of it, with edges of 10 ms that do not click."""
        first, last = round(start_s * 100), round(end_s * 100)
        pcm = self.pcm[first * _HOP : last * _HOP].copy()
        edge = np.linspace(0.0, 1.0, min(_HOP, len(pcm) // 2), dtype=np.float32)
        if len(edge):
            pcm[: len(edge)] *= edge
            pcm[-len(edge) :] *= edge[::-1]
        return Clip(pcm, self.active[first:last])


@dataclass(slots=True)
class Voice:
    """One speaker. All clips share one gain: usual speech comes to `USUAL_DBFS`, and what the corpus has of
    level differences between moods stays as it was recorded up to 9 dB, less beyond. (EMO-DB rode the gain:
    its anger is no louder than its neutral.)"""

    speaker: str
    language: str
    paths: dict[str, list[Path]] = field(default_factory=dict)
    _gain: float | None = None

    @property
    def is_actor(self) -> bool:
        """True where the speaker has moods."""
        return any(mood in self.paths for mood in MOODS)

    def clips(self, mood: str) -> list[Clip]:
        """All clips of a mood ("usual": neutral, calm or read), at the speaker's one gain."""
        moods = USUAL_MOODS if mood == "usual" else (mood,)
        gain = self.gain()
        return [
            Clip(clip.pcm * np.float32(gain * limit(level_dbfs(clip) + decibels(gain))), clip.active)
            for name in moods
            for path in self.paths.get(name, [])
            if (clip := _clip(path)) is not None
        ]

    def gain(self) -> float:
        """What brings the median of the usual clips' levels to `USUAL_DBFS`."""
        if self._gain is None:
            levels = [
                level_dbfs(clip)
                for mood in USUAL_MOODS
                for path in self.paths.get(mood, [])
                if (clip := _clip(path)) is not None
            ]
            self._gain = 10.0 ** ((USUAL_DBFS - float(np.median(levels))) / 20.0)
        return self._gain


def voices(data: Path) -> dict[str, Voice]:
    """Every speaker of the emotional corpora and of the read speech who has at least 15 s of usual speech."""
    found: dict[str, Voice] = {}
    for corpus in ("casia", "emodb", "ravdess"):
        folder = data / "emotion" / corpus
        for row in csv.DictReader((folder / "labels.csv").open(encoding="utf-8")):
            voice = found.setdefault(row["speaker"], Voice(row["speaker"], row["language"]))
            voice.paths.setdefault(row["emotion"], []).append(folder / row["path"])
    lengths: dict[str, float] = {}
    for row in csv.DictReader((data / "asr" / "manifest.csv").open(encoding="utf-8")):
        speaker = row["speaker"]
        voice = found.setdefault(speaker, Voice(speaker, row["language"]))
        voice.paths.setdefault("neutral", []).append(data / "asr" / row["path"])
        lengths[speaker] = lengths.get(speaker, 0.0) + float(row["duration_s"])
    return {
        name: voice for name, voice in found.items() if lengths.get(name, 15.0) >= 15.0 and name not in _NOISY
    }


def limit(level: float) -> float:
    """The gain of the limiter at a clip's level in dBFS."""
    excess_db = max(0.0, level - USUAL_DBFS - _LIMIT_DB)
    return float(10.0 ** (-(1.0 - _LIMIT_SHARE) * excess_db / 20.0))


def decibels(gain: float) -> float:
    """A gain in dB."""
    return 20.0 * float(np.log10(gain))


def level_dbfs(clip: Clip) -> float:
    """RMS level of the frames in which speech is heard."""
    power = _powers(clip.pcm)[: len(clip.active)][clip.active]
    return 10.0 * float(np.log10(power.mean() + 1e-12))


@lru_cache(maxsize=4_096)
def _clip(path: Path) -> Clip | None:
    """A recording cut to its speech; None where none is heard."""
    pcm = read(path)
    pcm = pcm - np.float32(pcm.mean())
    power = _powers(pcm)
    level_db = 10.0 * np.log10(np.maximum(power, 1e-12))
    floor_db, loud_db = np.quantile(level_db, [0.05, 0.95])
    active = level_db > max(loud_db - _ACTIVE_DB, min(floor_db + _FLOOR_DB, loud_db - _LEAST_DB))
    active = _without_clicks(active)
    heard = np.flatnonzero(active)
    if not len(heard):
        return None
    first, last = max(0, heard[0] - _EDGE_HOPS), min(len(active), heard[-1] + 1 + _EDGE_HOPS)
    return Clip(pcm[first * _HOP : last * _HOP], _held(active[first:last]))


def _without_clicks(active: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Bursts shorter than 50 ms are left out."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], active, [False]]).astype(np.int8)))
    kept = np.zeros_like(active)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        kept[start:end] = end - start >= _CLICK_HOPS
    return kept


def _held(active: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Dips shorter than a word's own are filled."""
    filled = active.copy()
    heard = np.flatnonzero(active)
    for before, after in pairwise(heard):
        if after - before <= _HOLD_HOPS:
            filled[before:after] = True
    return filled


def _powers(pcm: Pcm) -> npt.NDArray[np.float64]:
    whole = len(pcm) // _HOP * _HOP
    powers: npt.NDArray[np.float64] = np.square(pcm[:whole].astype(np.float64)).reshape(-1, _HOP).mean(axis=1)
    return powers
