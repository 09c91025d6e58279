"""Reference methods for the rate of syllables: when each one's nucleus is, heard in the whole recording."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.signal import butter, find_peaks, sosfiltfilt

from monitor.core.audio import Pcm
from monitor.core.clock import SAMPLE_RATE_HZ

Times = npt.NDArray[np.float64]
_HOP = SAMPLE_RATE_HZ // 100
_DIP_DB = 2.0
_BELOW_TOP_DB = 25.0


def envelope_peaks(pcm: Pcm) -> Times:
    """Peaks of 300-3400 Hz smoothed below 10 Hz that stand out by 2 dB, within 25 dB of the loudest: what
    counting syllables by the envelope comes to where nothing else is asked."""
    band = sosfiltfilt(butter(4, (300.0, 3400.0), "bandpass", fs=SAMPLE_RATE_HZ, output="sos"), pcm)
    slow = sosfiltfilt(butter(2, 10.0, fs=SAMPLE_RATE_HZ, output="sos"), np.square(band))[::_HOP]
    level_db = 10.0 * np.log10(np.maximum(slow, 1e-9))
    top_db = float(np.quantile(level_db, 0.99))
    peaks, _ = find_peaks(level_db, height=top_db - _BELOW_TOP_DB, prominence=_DIP_DB)
    return np.asarray(peaks, dtype=np.float64) / 100.0


def nuclei(module: Any) -> Callable[[Pcm], Times]:
    """Syllable nuclei as de Jong and Wempe (2009) find them in Praat: peaks of the intensity that are above
    a threshold, that a dip of 2 dB goes before, and that are voiced."""

    def run(pcm: Pcm) -> Times:
        sound = module.Sound(pcm.astype(np.float64), SAMPLE_RATE_HZ)
        intensity = sound.to_intensity(50.0)
        level_db, times_s = intensity.values[0], intensity.xs()
        threshold_db = max(float(np.quantile(level_db, 0.99)) - _BELOW_TOP_DB, float(level_db.min()))
        pitch = sound.to_pitch_ac(0.02, 30.0, 4, False, 0.03, 0.25, 0.01, 0.35, 0.25, 450.0)
        peaks, _ = find_peaks(level_db, height=threshold_db)
        found: list[float] = []
        for peak, following in zip(peaks, [*peaks[1:], len(level_db) - 1], strict=True):
            dip_db = float(level_db[peak : following + 1].min())
            if level_db[peak] - dip_db > _DIP_DB and pitch.get_value_at_time(times_s[peak]) > 0.0:
                found.append(float(times_s[peak]))
        return np.asarray(found)

    return run


def references() -> dict[str, Callable[[Pcm], Times]]:
    """What there is of them; what is not installed is named and left out."""
    found: dict[str, Callable[[Pcm], Times]] = {"envelope peaks": envelope_peaks}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found["Praat nuclei"] = nuclei(importlib.import_module("parselmouth"))
    except ImportError as error:
        print(f"Praat nuclei: not installed ({error})")
    return found
