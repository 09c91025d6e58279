"""The spectrum of a voice and the dynamics of its envelope, for the trained ear.

What is meant by alpha ratio, Hammarberg index and spectral slope follows the Geneva minimalistic set (Eyben
et al. 2016) as far as 300-3400 Hz reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

SLOPE_FRAMES = 3
"""Slopes are taken over 30 ms."""
SLOPE_S = 0.01 * SLOPE_FRAMES

_BANDS = 16
_LOW_HZ, _HIGH_HZ = 300.0, 3400.0
_CEPSTRA = 12
_MOVING_CEPSTRA = 7
_ACTIVE_DB = 30.0
"""Frames further below the window's loud ones are pauses."""
_PAIRS_MIN = 6
"""Fewer frames of a kind say nothing about it."""
_USUAL_UNVOICED_DB = -12.0
_USUAL_UNVOICED_ALPHA_DB = 5.0
"""Where too few frames are unvoiced to tell."""
_MODULATION_HZ = (1.0, 3.0, 5.0, 8.0, 14.0, 25.0)
_MODULATION_SIZE = 512
_MODULATION_DEPTH_DB = 35.0

_Array = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]


def _centres_hz() -> _Array:
    low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (_LOW_HZ, _HIGH_HZ))
    edges = 700.0 * (10.0 ** (np.linspace(low, high, _BANDS + 1) / 2595.0) - 1.0)
    centres: _Array = (edges[1:] + edges[:-1]) / 2.0
    return centres


def _slope_weights(octaves: _Array) -> _Array:
    """A product with these is the slope of the straight line through levels at `octaves`."""
    off = octaves - octaves.mean()
    weights: _Array = off / float(off @ off)
    return weights


_CENTRES_HZ = _centres_hz()
_IS_HIGH = _CENTRES_HZ >= 1000.0
_IS_UPPER = _CENTRES_HZ >= 2000.0
_OCTAVES = np.log2(_CENTRES_HZ / 1000.0)
_SLOPE = _slope_weights(_OCTAVES)
_SLOPE_LOW, _SLOPE_HIGH = _slope_weights(_OCTAVES[~_IS_HIGH]), _slope_weights(_OCTAVES[_IS_HIGH])
_COSINES = np.cos(np.pi * np.outer(np.arange(1, _CEPSTRA + 1), (np.arange(_BANDS) + 0.5) / _BANDS)) * np.sqrt(
    2.0 / _BANDS
)
_RATES_HZ = np.fft.rfftfreq(_MODULATION_SIZE, 0.01)

SPECTRUM_NAMES = (
    *(f"band_{index}_db" for index in range(_BANDS // 2)),
    *(f"loud_band_{index}_db" for index in range(_BANDS // 2)),
    *("alpha_db", "alpha_sd_db", "alpha_p10_db", "alpha_p90_db", "loud_alpha_db", "alpha_level"),
    *("hammarberg_db", "hammarberg_sd_db", "hammarberg_p10_db"),
    *("centroid_octaves", "centroid_sd_octaves", "loud_centroid_octaves"),
    *("slope_db_octave", "loud_slope_db_octave"),
    *("low_slope_db_octave", "low_slope_sd_db_octave", "high_slope_db_octave", "high_slope_sd_db_octave"),
    *(f"cepstrum_{index + 1}" for index in range(_CEPSTRA)),
    *(f"cepstrum_{index + 1}_sd" for index in range(_CEPSTRA)),
    *(f"cepstrum_{index + 1}_move_sd" for index in range(_MOVING_CEPSTRA)),
    *(f"cepstrum_{index + 1}_voiced_move" for index in range(_MOVING_CEPSTRA)),
    *("flux_db", "voiced_flux_db"),
    *("envelope_sd_db", "envelope_range_db", "envelope_crest_db", "envelope_rise_db_s"),
    *("envelope_fall_db_s", "voiced_level_sd_db", "shimmer_db", "unvoiced_level_db", "unvoiced_alpha_db"),
    *(f"modulation_{low:.0f}_{high:.0f}_hz_db" for low, high in pairwise(_MODULATION_HZ)),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sound:
    """Frames of 10 ms of a voice: their bands, and what follows from them."""

    shape_db: _Array
    """(frames, 16): bands re the frame's level."""
    envelope_db: _Array
    """(frames,)"""
    alpha_db: _Array
    hammarberg_db: _Array
    centroid_octaves: _Array
    is_voiced: _Bools
    voiced_db: _Array
    """(voiced,): the envelope there."""
    is_loud: _Bools
    """(voiced,): the louder two fifths."""

    @staticmethod
    def of(bands_db: _Array, is_voiced: _Bools) -> Sound:
        """
        Args:
            bands_db: (frames, 16), dB in the bands that share 300-3400 Hz.
            is_voiced: (frames,), at least one of them.
        """
        power = 10.0 ** (bands_db / 10.0)
        total = power.sum(axis=1)
        envelope_db = 10.0 * np.log10(total)
        voiced_db = envelope_db[is_voiced]
        low = power[:, ~_IS_HIGH].sum(axis=1)
        return Sound(
            shape_db=bands_db - envelope_db[:, np.newaxis],
            envelope_db=envelope_db,
            alpha_db=10.0 * np.log10((total - low) / low),
            hammarberg_db=bands_db[:, ~_IS_UPPER].max(axis=1) - bands_db[:, _IS_UPPER].max(axis=1),
            centroid_octaves=(power @ _OCTAVES) / total,
            is_voiced=is_voiced,
            voiced_db=voiced_db,
            is_loud=voiced_db >= quantiles(voiced_db, (0.6,))[0],
        )

    def features(self) -> _Array:
        """In the order of `SPECTRUM_NAMES`."""
        return np.concatenate([self._colour(), self._cepstra(), self._dynamics(), self._modulation()])

    def _colour(self) -> _Array:
        """Bands, alpha ratio, Hammarberg index, centroid and slopes of the voiced frames."""
        voiced, is_voiced = self.shape_db[self.is_voiced], self.is_voiced
        alpha, hammarberg = self.alpha_db[is_voiced], self.hammarberg_db[is_voiced]
        centroid = self.centroid_octaves[is_voiced]
        mean, loud = voiced.mean(axis=0), voiced[self.is_loud].mean(axis=0)
        loud_power = 10.0 ** (loud / 10.0)
        level = self.voiced_db - self.voiced_db.mean()
        alpha_level = float((level * (alpha - alpha.mean())).mean()) / (float(level.var()) + 1.0)
        low, high = voiced[:, ~_IS_HIGH] @ _SLOPE_LOW, voiced[:, _IS_HIGH] @ _SLOPE_HIGH
        return np.concatenate(
            [
                mean.reshape(-1, 2).mean(axis=1),
                loud.reshape(-1, 2).mean(axis=1),
                [alpha.mean(), alpha.std(), *quantiles(alpha, (0.1, 0.9))],
                [10.0 * np.log10(loud_power[_IS_HIGH].sum() / loud_power[~_IS_HIGH].sum()), alpha_level],
                [hammarberg.mean(), hammarberg.std(), *quantiles(hammarberg, (0.1,))],
                [centroid.mean(), centroid.std(), centroid[self.is_loud].mean()],
                [float(mean @ _SLOPE), float(loud @ _SLOPE)],
                [low.mean(), low.std(), high.mean(), high.std()],
            ]
        )

    def _cepstra(self) -> _Array:
        """Means and spreads of the voiced frames, and how fast the lower ones move over 30 ms."""
        cepstra = self.shape_db @ _COSINES.T
        voiced = cepstra[self.is_voiced]
        moves = cepstra[SLOPE_FRAMES:, :_MOVING_CEPSTRA] - cepstra[:-SLOPE_FRAMES, :_MOVING_CEPSTRA]
        spoken = _where(moves, _both(self._is_active, SLOPE_FRAMES))
        sung = _where(moves, _both(self.is_voiced, SLOPE_FRAMES))
        return np.concatenate(
            [voiced.mean(axis=0), voiced.std(axis=0), spoken.std(axis=0), np.abs(sung).mean(axis=0)]
        )

    def _dynamics(self) -> _Array:
        """Restlessness of the spectrum, and of the envelope where it is no pause."""
        is_active, is_voiced, envelope = self._is_active, self.is_voiced, self.envelope_db
        active = envelope[is_active]
        p10, p50, p90, p98 = quantiles(active, (0.1, 0.5, 0.9, 0.98))
        steps = np.abs(self.shape_db[1:] - self.shape_db[:-1])
        slopes = (envelope[SLOPE_FRAMES:] - envelope[:-SLOPE_FRAMES])[_both(is_active, SLOPE_FRAMES)]
        is_triple = is_voiced[2:] & is_voiced[1:-1] & is_voiced[:-2]
        is_unvoiced = is_active & ~is_voiced
        unvoiced_db, unvoiced_alpha = _USUAL_UNVOICED_DB, _USUAL_UNVOICED_ALPHA_DB
        if int(is_unvoiced.sum()) >= _PAIRS_MIN:
            unvoiced_db = float(envelope[is_unvoiced].mean() - self.voiced_db.mean())
            unvoiced_alpha = float(self.alpha_db[is_unvoiced].mean())
        return np.array(
            [
                mean_or_nought(steps[_both(is_active, 1)]),
                mean_or_nought(steps[_both(is_voiced, 1)]),
                *(active.std(), p90 - p10, p98 - p50, *rise_and_fall(slopes / SLOPE_S)),
                *(self.voiced_db.std(), mean_or_nought(np.abs(np.diff(envelope, 2))[is_triple])),
                *(unvoiced_db, unvoiced_alpha),
            ]
        )

    def _modulation(self) -> _Array:
        """How the envelope's movement shares out over rates, in dB re all of it: syllables are 3 to 8 Hz."""
        depth = np.maximum(self.envelope_db, self.envelope_db.max() - _MODULATION_DEPTH_DB)
        moving = (depth - depth.mean())[-_MODULATION_SIZE:]
        power = np.square(np.abs(np.fft.rfft(moving * np.hanning(len(moving)), _MODULATION_SIZE)))
        edges = np.searchsorted(_RATES_HZ, _MODULATION_HZ)
        shares = np.array([power[low:high].sum() for low, high in pairwise(edges)])
        found: _Array = 10.0 * np.log10(shares / (shares.sum() + 1e-9) + 1e-4)
        return found

    @property
    def _is_active(self) -> _Bools:
        return self.envelope_db > quantiles(self.envelope_db, (0.95,))[0] - _ACTIVE_DB


def quantiles(values: _Array, shares: Sequence[float]) -> list[float]:
    """Nearest ranks: exact enough for hundreds of values, and cheap."""
    ordered = np.sort(values)
    return [float(ordered[round(share * (len(ordered) - 1))]) for share in shares]


def mean_or_nought(values: _Array) -> float:
    """The mean; 0 of nothing."""
    return float(values.mean()) if values.size else 0.0


def rise_and_fall(slopes: _Array) -> tuple[float, float]:
    """Mean of those above 0 and, without its sign, of those below."""
    return mean_or_nought(slopes[slopes > 0.0]), mean_or_nought(-slopes[slopes < 0.0])


def _both(chosen: _Bools, lag: int) -> _Bools:
    """Where a frame and the one `lag` later are both chosen."""
    result: _Bools = chosen[lag:] & chosen[:-lag]
    return result


def _where(values: _Array, chosen: _Bools) -> _Array:
    """The rows chosen; all of them where these are too few."""
    return values[chosen] if int(chosen.sum()) >= _PAIRS_MIN else values
