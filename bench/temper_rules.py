"""The published rules on single windows and utterances, for the temper's bench."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt

from monitor.core.settings import TemperSettings
from monitor.core.temper import PublishedRules, TemperFeatures
from monitor.engines.temper_training import USUAL

_Array = npt.NDArray[np.float64]


def rule_heats(script: ModuleType, data: Path, line: str, kept: Path, known: int) -> _Array:
    """The heat of each row of `script.samples`, level, F0, alpha ratio and pace re `known` usual windows."""
    rules = PublishedRules(TemperSettings())
    heats: list[float] = []
    for clips, found in script.heard(data, line, kept):
        rows = [
            (label, clip, _measures(found, blocks))
            for label, clip, blocks, voiced_min in script.stretches(clips, found)
            if int((found.f0_hz[blocks] > 0).sum()) >= voiced_min
        ]
        usual = np.array([row for label, clip, row in rows if label in USUAL and not clip])
        chosen = np.random.default_rng(0).permutation(len(usual))[:known]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a column may be unknown throughout
            own = np.nanmean(usual[chosen], axis=0) if len(chosen) else np.full(4, np.nan)
        heats.extend(_heat(rules, row, own) for _, _, row in rows)
    return np.array(heats)


def _measures(found: object, blocks: npt.NDArray[np.int64]) -> _Array:
    """Level in dBFS, F0 in st, alpha ratio in dB, pace in syllables a second; NaN where unknown."""
    f0_hz = found.f0_hz[blocks]  # type: ignore[attr-defined]
    voiced = f0_hz[f0_hz > 0]
    columns = [
        found.level_dbfs[blocks],  # type: ignore[attr-defined]
        12.0 * np.log2(voiced),
        found.alpha_db[blocks],  # type: ignore[attr-defined]
        found.rate_syl_s[blocks],  # type: ignore[attr-defined]
    ]
    known = [column[np.isfinite(column)] for column in columns]
    return np.array([np.median(column) if len(column) else np.nan for column in known])


def _heat(rules: PublishedRules, row: _Array, own: _Array) -> float:
    level, f0, alpha = (None if np.isnan(value) else float(value) for value in (row - own)[:3])
    rate = row[3] / own[3]
    features = TemperFeatures(
        at=0,
        level_db=level,
        f0_st=f0,
        alpha_delta_db=alpha,
        rate_ratio=None if np.isnan(rate) else float(rate),
        interruptions=0.0,
        words=0.0,
        confidence=1.0,
    )
    return rules.judge(features).heat
