"""How good an ear is: areas under the curve with intervals over speakers, and whether its odds are true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monitor.core.temper.trained import VoiceWeights
from monitor.engines.temper_training import USUAL, VoiceSamples

_DRAWS = 300
_BINS = 10

_Array = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """An area under the curve and its 95 % interval, by bootstrap over groups."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.2f}-{self.high:.2f})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Of a bin of told probabilities."""

    low: float
    high: float
    count: int
    told: float
    """The mean of what was told."""
    true: float
    """The share that was anger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What is to be said of an ear that was measured on speakers it did not know."""

    calm: Area
    """Anger against the usual voice."""
    rest: Area
    """Anger against everything else."""
    calibration_error: float
    """Expected calibration error, 0..1."""
    speakers: int


def auc(is_anger: _Bools, scores: _Array) -> float:
    """The share of pairs in which the angry one scores higher; ties count half. NaN without pairs."""
    count = int(is_anger.sum())
    if not 0 < count < len(scores):
        return float("nan")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]
    return float((ranks[is_anger].sum() - count * (count + 1) / 2.0) / (count * (len(scores) - count)))


def area(is_anger: _Bools, scores: _Array, groups: npt.NDArray[np.str_]) -> Area:
    """The area with its interval; whole groups are drawn: windows of one are not independent."""
    rng = np.random.default_rng(0)
    rows = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    drawn = []
    for _ in range(_DRAWS):
        index = np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))])
        drawn.append(auc(is_anger[index], scores[index]))
    known = [value for value in drawn if np.isfinite(value)]
    low, high = np.quantile(known, [0.025, 0.975]) if known else (np.nan, np.nan)
    return Area(value=auc(is_anger, scores), low=float(low), high=float(high))


def reliability(is_anger: _Bools, told: _Array, weights: _Array) -> list[Reliability]:
    """Ten bins of told probabilities and how often each was true; empty bins are left out."""
    found = []
    for low in np.arange(_BINS) / _BINS:
        high = low + 1.0 / _BINS
        inside = (told >= low) & ((told < high) | (high > 0.999))
        if inside.any():
            found.append(
                Reliability(
                    low=float(low),
                    high=float(high),
                    count=int(inside.sum()),
                    told=float(np.average(told[inside], weights=weights[inside])),
                    true=float(np.average(is_anger[inside], weights=weights[inside])),
                )
            )
    return found


def calibration_error(is_anger: _Bools, told: _Array, weights: _Array) -> float:
    """The mean distance between told and true over the bins."""
    share = weights / weights.sum()
    total = 0.0
    for row in reliability(is_anger, told, weights):
        inside = (told >= row.low) & ((told < row.high) | (row.high > 0.999))
        total += float(share[inside].sum()) * abs(row.told - row.true)
    return total


def told_probability(weights: VoiceWeights, scores: _Array) -> _Array:
    """Log odds of left-out speakers as the calibrated ear tells them."""
    slope, offset = weights.calibration
    result: _Array = 1.0 / (1.0 + np.exp(-(slope * scores + offset)))
    return result


def worth(samples: VoiceSamples, weights: VoiceWeights, scores: _Array) -> Worth:
    """
    Args:
        samples, scores: windows with their log odds by `held_out`; NaN ones do not count.
    """
    kept = ~np.isnan(scores)
    judged = samples.where(kept)
    anger, told = judged.label == "anger", told_probability(weights, scores[kept])
    usual = anger | np.isin(judged.label, USUAL)
    even = np.where(anger, 0.25 / max(1, int(anger.sum())), 0.75 / max(1, int((~anger).sum())))
    return Worth(
        calm=area(anger[usual], told[usual], judged.speaker[usual]),
        rest=area(anger, told, judged.speaker),
        calibration_error=calibration_error(anger, told, even),
        speakers=len(np.unique(judged.speaker)),
    )
