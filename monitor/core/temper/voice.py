"""What a trained model hears in the last three seconds of a voice: numbers that no gain knob changes.

All of them come from 300-3400 Hz, so that a telephone leaves them; what is meant by alpha ratio, Hammarberg
index and spectral slope follows the Geneva minimalistic set (Eyben et al. 2016) as far as that band reaches.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from monitor.core.facts import ProsodyFrame

VOICE_BLOCKS = 30
"""Three seconds of speech: longer ones hear little more and later."""
VOICE_BLOCKS_MIN = 15
_VOICED_MIN = 30
"""Voiced 10 ms frames in a window that can be judged."""

_BANDS = 16
_LOW_HZ, _HIGH_HZ = 300.0, 3400.0
_CEPSTRA = 7
_SLOPE_FRAMES = 3
"""Slopes are taken over 30 ms."""
_SLOPE_S = 0.01 * _SLOPE_FRAMES
_MOVE_ST_MAX = 6.0
"""A larger move within 30 ms is an error of the tracker or another phrase."""
_ACTIVE_DB = 30.0
"""Frames further below the window's loud ones are pauses."""
_USUAL_RATE_SYL_S = 4.5
"""Where too little was said to know the rate."""

_Array = npt.NDArray[np.float64]


def _centres_hz() -> _Array:
    low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (_LOW_HZ, _HIGH_HZ))
    edges = 700.0 * (10.0 ** (np.linspace(low, high, _BANDS + 1) / 2595.0) - 1.0)
    centres: _Array = (edges[1:] + edges[:-1]) / 2.0
    return centres


_CENTRES_HZ = _centres_hz()
_IS_HIGH = _CENTRES_HZ >= 1000.0
_IS_UPPER = _CENTRES_HZ >= 2000.0
_OCTAVES = np.log2(_CENTRES_HZ / 1000.0)
_SLOPE = (_OCTAVES - _OCTAVES.mean()) / float(np.sum(np.square(_OCTAVES - _OCTAVES.mean())))
_COSINES = np.cos(np.pi * np.outer(np.arange(1, _CEPSTRA + 1), (np.arange(_BANDS) + 0.5) / _BANDS)) * np.sqrt(
    2.0 / _BANDS
)

FEATURE_NAMES = (
    *("f0_p10_st", "f0_p50_st", "f0_p90_st", "f0_range_st", "f0_sd_st"),
    *("f0_rise_st_s", "f0_fall_st_s", "f0_move_st_s"),
    *("run_mean_s", "run_max_s", "voiced_share", "voicing", "harmonicity_db", "harmonicity_sd_db"),
    *(f"band_{index}_db" for index in range(_BANDS // 2)),
    *(
        "alpha_db",
        "hammarberg_db",
        "slope_db_octave",
        "centroid_octaves",
        "loud_slope_db_octave",
        "loud_alpha_db",
    ),
    *(f"cepstrum_{index + 1}" for index in range(_CEPSTRA)),
    *(f"cepstrum_{index + 1}_sd" for index in range(_CEPSTRA)),
    *("flux_db", "envelope_sd_db", "envelope_range_db", "envelope_crest_db"),
    *("envelope_rise_db_s", "envelope_fall_db_s", "rate_syl_s"),
)


def voice_features(frames: Sequence[ProsodyFrame]) -> _Array | None:
    """The features of these blocks of speech, in the order of `FEATURE_NAMES`.

    None where there is too little speech, too little of it is voiced, or the frames have no texture.
    """
    textures = [frame.texture for frame in frames if frame.texture is not None]
    if len(textures) < VOICE_BLOCKS_MIN:
        return None
    f0_hz = np.concatenate([texture.f0_hz for texture in textures]).astype(np.float64)
    is_voiced = f0_hz > 0.0
    if int(is_voiced.sum()) < _VOICED_MIN:
        return None
    voicing = np.concatenate([texture.voicing for texture in textures])[is_voiced]
    harmonicity = np.concatenate([texture.harmonicity_db for texture in textures])[is_voiced]
    bands_db = np.concatenate([texture.bands_db for texture in textures]).astype(np.float64)
    rates = [frame.rate_syl_s for frame in frames if frame.rate_syl_s is not None]
    return np.concatenate(
        [
            _f0(f0_hz, is_voiced),
            _runs(is_voiced),
            [is_voiced.mean(), voicing.mean(), harmonicity.mean(), harmonicity.std()],
            _spectrum(bands_db, is_voiced),
            [sum(rates) / len(rates) if rates else _USUAL_RATE_SYL_S],
        ]
    )


def _f0(f0_hz: _Array, is_voiced: npt.NDArray[np.bool_]) -> _Array:
    """Median and spread in semitones re 100 Hz; how fast it rises, falls and moves."""
    track = np.full(len(f0_hz), np.nan)
    track[is_voiced] = 12.0 * np.log2(f0_hz[is_voiced] / 100.0)
    p10, p50, p90 = _quantiles(track[is_voiced], (0.1, 0.5, 0.9))
    moves = track[_SLOPE_FRAMES:] - track[:-_SLOPE_FRAMES]
    moves = moves[np.abs(moves) < _MOVE_ST_MAX] / _SLOPE_S
    return np.array(
        [p10, p50, p90, p90 - p10, track[is_voiced].std(), *_rise_and_fall(moves), _mean(np.abs(moves))]
    )


def _runs(is_voiced: npt.NDArray[np.bool_]) -> _Array:
    """Mean and longest stretch of voice without a break, in seconds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_voiced, [False]]).astype(np.int8)))
    lengths_s = 0.01 * (edges[1::2] - edges[::2])
    return np.array([lengths_s.mean(), lengths_s.max()])


def _spectrum(bands_db: _Array, is_voiced: npt.NDArray[np.bool_]) -> _Array:
    """Shape of the spectrum where voiced, its restlessness, and the dynamics of the envelope."""
    power = 10.0 ** (bands_db / 10.0)
    total = power.sum(axis=1)
    envelope_db = 10.0 * np.log10(total)
    shape = bands_db - envelope_db[:, np.newaxis]
    voiced = shape[is_voiced]
    alpha = 10.0 * np.log10(power[:, _IS_HIGH].sum(axis=1) / power[:, ~_IS_HIGH].sum(axis=1))
    hammarberg = bands_db[:, ~_IS_UPPER].max(axis=1) - bands_db[:, _IS_UPPER].max(axis=1)
    centroid = (power @ _OCTAVES) / total
    cepstra = voiced @ _COSINES.T
    is_active = envelope_db > _quantiles(envelope_db, (0.95,))[0] - _ACTIVE_DB
    active = envelope_db[is_active]
    p10, p50, p60, p90, p98 = _quantiles(active, (0.1, 0.5, 0.6, 0.9, 0.98))
    is_loud = is_active & (envelope_db >= p60) & is_voiced
    loud = (shape[is_loud] if is_loud.any() else voiced).mean(axis=0)
    loud_power = 10.0 ** (loud / 10.0)
    is_pair = is_active[1:] & is_active[:-1]
    is_slope = is_active[_SLOPE_FRAMES:] & is_active[:-_SLOPE_FRAMES]
    slopes = (envelope_db[_SLOPE_FRAMES:] - envelope_db[:-_SLOPE_FRAMES])[is_slope] / _SLOPE_S
    flux = _mean(np.abs(shape[1:] - shape[:-1])[is_pair])
    return np.concatenate(
        [
            voiced.mean(axis=0).reshape(-1, 2).mean(axis=1),
            [alpha[is_voiced].mean(), hammarberg[is_voiced].mean(), float(voiced.mean(axis=0) @ _SLOPE)],
            [centroid[is_voiced].mean(), float(loud @ _SLOPE)],
            [10.0 * np.log10(loud_power[_IS_HIGH].sum() / loud_power[~_IS_HIGH].sum())],
            cepstra.mean(axis=0),
            cepstra.std(axis=0),
            [flux, active.std(), p90 - p10, p98 - p50, *_rise_and_fall(slopes)],
        ]
    )


def _quantiles(values: _Array, shares: Sequence[float]) -> list[float]:
    """Nearest ranks: exact enough for hundreds of values, and cheap."""
    ordered = np.sort(values)
    return [float(ordered[round(share * (len(ordered) - 1))]) for share in shares]


def _mean(values: _Array) -> float:
    return float(values.mean()) if values.size else 0.0


def _rise_and_fall(slopes: _Array) -> tuple[float, float]:
    return _mean(slopes[slopes > 0.0]), _mean(-slopes[slopes < 0.0])
