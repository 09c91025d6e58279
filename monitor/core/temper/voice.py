"""What a trained model hears in the last three seconds of a voice: numbers that no gain knob changes.

All of them come from 300-3400 Hz, so that a telephone leaves them. Here are F0, the runs of voice and how
clear the voice is; `voice_spectrum` has the spectrum and the envelope.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from monitor.core.facts import ProsodyFrame
from monitor.core.temper.voice_spectrum import (
    SLOPE_FRAMES,
    SLOPE_S,
    SPECTRUM_NAMES,
    Sound,
    mean_or_nought,
    quantiles,
    rise_and_fall,
)

VOICE_BLOCKS = 30
"""Three seconds of speech: longer ones hear little more and later."""
VOICE_BLOCKS_MIN = 15
_VOICED_MIN = 30
"""Voiced 10 ms frames in a window that can be judged."""

_MOVE_ST_MAX = 6.0
"""A larger move within 30 ms is an error of the tracker or another phrase."""
_JITTER_ST_MAX = 2.0
"""A larger change of direction within 10 ms is none of the voice's."""
_RUN_FRAMES_MIN = 6
"""Shorter runs of voice have no shape that could be measured."""
_RUN_SLOPE_MAX_ST_S = 80.0

_Array = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]

_F0_SHARES = (0.02, 0.1, 0.2, 0.5, 0.8, 0.9, 0.98)
FEATURE_NAMES = (
    *(f"f0_p{round(100 * share):02}_st" for share in _F0_SHARES),
    *("f0_range_st", "f0_sd_st", "f0_rise_st_s", "f0_fall_st_s", "f0_move_st_s", "f0_jitter_st"),
    *("run_mean_s", "run_max_s", "runs_s", "run_slope_st_s", "run_steepness_st_s", "run_range_st"),
    *("run_f0_sd_st", "run_peak_at", "run_crest_db"),
    *("voiced_share", "voicing", "voicing_sd", "voicing_loud"),
    *("harmonicity_db", "harmonicity_sd_db", "harmonicity_p10_db", "harmonicity_p90_db"),
    *("harmonicity_loud_db", "roughness_db"),
    *("f0_loud_st", "f0_level_correlation", "f0_level_st_db"),
    *SPECTRUM_NAMES,
)


def voice_features(frames: Sequence[ProsodyFrame]) -> _Array | None:
    """The features of these blocks of speech, in the order of `FEATURE_NAMES`.

    None where there is too little speech, too little of it is voiced, or the frames have no texture.
    """
    textures = [frame.texture for frame in frames if frame.texture is not None]
    if len(textures) < VOICE_BLOCKS_MIN:
        return None
    return texture_features(
        np.concatenate([texture.f0_hz for texture in textures]),
        np.concatenate([texture.voicing for texture in textures]),
        np.concatenate([texture.bands_db for texture in textures]),
        np.concatenate([texture.harmonicity_db for texture in textures]),
    )


def texture_features(
    f0_hz: npt.NDArray[np.floating],
    voicing: npt.NDArray[np.floating],
    bands_db: npt.NDArray[np.floating],
    harmonicity_db: npt.NDArray[np.floating],
    voiced_min: int = _VOICED_MIN,
) -> _Array | None:
    """The same of frames of 10 ms, a texture's arrays joined; None with fewer voiced than `voiced_min`."""
    is_voiced = f0_hz > 0.0
    if int(is_voiced.sum()) < voiced_min:
        return None
    track = np.full(len(f0_hz), np.nan)
    track[is_voiced] = 12.0 * np.log2(f0_hz[is_voiced].astype(np.float64) / 100.0)
    sound = Sound.of(bands_db.astype(np.float64), is_voiced)
    clear, harmonic = voicing[is_voiced].astype(np.float64), harmonicity_db.astype(np.float64)
    low, high = quantiles(harmonic[is_voiced], (0.1, 0.9))
    is_pair = is_voiced[1:] & is_voiced[:-1]
    return np.concatenate(
        [
            _f0(track, is_voiced),
            _runs(track, is_voiced, sound.envelope_db),
            [is_voiced.mean(), clear.mean(), clear.std(), clear[sound.is_loud].mean()],
            [harmonic[is_voiced].mean(), harmonic[is_voiced].std(), low, high],
            [harmonic[is_voiced][sound.is_loud].mean(), mean_or_nought(np.abs(np.diff(harmonic))[is_pair])],
            _with_level(track[is_voiced], sound),
            sound.features(),
        ]
    )


def _f0(track: _Array, is_voiced: _Bools) -> list[float]:
    """Percentiles and spread in semitones re 100 Hz; how fast it rises, falls, moves and trembles."""
    voiced = track[is_voiced]
    shares = quantiles(voiced, _F0_SHARES)
    moves = track[SLOPE_FRAMES:] - track[:-SLOPE_FRAMES]
    moves = moves[np.abs(moves) < _MOVE_ST_MAX] / SLOPE_S
    turns = np.abs(np.diff(track, 2))
    jitter = mean_or_nought(turns[turns < _JITTER_ST_MAX])
    return [
        *(*shares, shares[5] - shares[1], float(voiced.std())),
        *(*rise_and_fall(moves), mean_or_nought(np.abs(moves)), jitter),
    ]


def _runs(track: _Array, is_voiced: _Bools, envelope_db: _Array) -> list[float]:
    """Stretches of voice without a break: how long, how many, and their shape in F0 and level."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_voiced, [False]]).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    lengths_s = 0.01 * (ends - starts)
    shapes = [
        _shape(track[start:end], envelope_db[start:end])
        for start, end in zip(starts, ends, strict=True)
        if end - start >= _RUN_FRAMES_MIN
    ]
    slopes, ranges, means, peaks, crests = np.array(shapes or [(0.0,) * 5]).T
    return [
        *(float(lengths_s.mean()), float(lengths_s.max()), len(lengths_s) / (0.01 * len(is_voiced))),
        *(float(slopes.mean()), float(np.abs(slopes).mean()), float(ranges.mean()), float(means.std())),
        *(float(peaks.mean()), float(crests.mean())),
    ]


def _shape(track: _Array, envelope_db: _Array) -> tuple[float, float, float, float, float]:
    """Slope in st/s, range and mean in st, where its loudest frame is (0..1), and how far that stands out."""
    at_s = 0.01 * (np.arange(len(track)) - (len(track) - 1) / 2.0)
    slope = float(at_s @ track) / float(at_s @ at_s)
    return (
        min(_RUN_SLOPE_MAX_ST_S, max(-_RUN_SLOPE_MAX_ST_S, slope)),
        float(track.max() - track.min()),
        float(track.mean()),
        float(envelope_db.argmax()) / len(track),
        float(envelope_db.max() - envelope_db.mean()),
    )


def _with_level(voiced_st: _Array, sound: Sound) -> list[float]:
    """How F0 goes with level: higher in loud frames by, correlation, and semitones a dB."""
    level = sound.voiced_db - sound.voiced_db.mean()
    f0 = voiced_st - voiced_st.mean()
    together = float((level * f0).mean())
    return [
        float(f0[sound.is_loud].mean()),
        together / (float(level.std() * f0.std()) + 1e-3),
        together / (float(level.var()) + 1.0),
    ]
