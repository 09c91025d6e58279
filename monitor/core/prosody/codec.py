"""What a line does to a voice besides its gain: how much of the band it carries, and whether it clips."""

from __future__ import annotations

from collections import deque

import numpy as np

from monitor.core.audio import Pcm

_BAND_BLOCKS = 20
"""Two seconds of speech, so that vowels and hisses are both among them."""
_BAND_SHARE = 0.8
_WIDE_DB = -35.0
_NARROW_DB = -56.0
"""Level above 4.3 kHz re 300-3400 Hz, of the block that 80 % of 2 s stay below: at least -27.5 dB in every
2 s of the clean recordings of CASIA and EMO-DB, at most -53.4 after G.711
(-60 in 95 %). A real call over several networks lies between, from -33 to -49, and must not flicker."""
_NOTHING_DBFS = -90.0
"""The 16-bit grid's own noise has -102 dBFS above 4.3 kHz: what is hardly more is nothing."""
_LEVEL_DB_MIN = -50.0
"""Fainter speech has nothing above either, over any line."""

_FLAT_PEAK = 0.1
_FLAT_SHARE = 0.98
_FLAT_RUNS = 6
"""Places in a block where four samples in a row are equal, within 2 % of its peak. On the 16-bit grid even a
tone of 100 Hz has none from a peak of 0.1 on, where its crests bend by more than a step."""
_CLIP_MEMORY_BLOCKS = 50.0
_CLIP_NOTICE_BLOCKS = 10
_CLIP_NOTICE_SHARE = 0.1


class LineBand:
    """Knows when the line begins or ceases to carry what lies above a telephone's band."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=_BAND_BLOCKS)
        self._is_wide: bool | None = None

    def on_speech(self, upper_db: float, telephone_db: float) -> bool:
        """Takes a block of speech: its levels above and within a telephone's band.

        Returns:
            True where the band has just changed.
        """
        if telephone_db < _LEVEL_DB_MIN:
            return False
        self._recent.append(upper_db - telephone_db if upper_db > _NOTHING_DBFS else _NOTHING_DBFS)
        if len(self._recent) < _BAND_BLOCKS:
            return False
        upper = sorted(self._recent)[round(_BAND_SHARE * (_BAND_BLOCKS - 1))]
        if _NARROW_DB <= upper <= _WIDE_DB:
            return False
        was_wide, self._is_wide = self._is_wide, upper > _WIDE_DB
        return was_wide is not None and was_wide != self._is_wide


class ClippingMeter:
    """How much of a party's speech has its crests cut off, at whatever level that happened."""

    def __init__(self) -> None:
        self.share = 0.0
        """Of the last 5 s of speech or so, 0..1."""
        self._clipped_blocks = 0
        self._speech_blocks = 0

    @property
    def is_noticeable(self) -> bool:
        """True once a second of speech was clipped, and that was no rare thing."""
        return (
            self._clipped_blocks >= _CLIP_NOTICE_BLOCKS
            and self._clipped_blocks >= _CLIP_NOTICE_SHARE * self._speech_blocks
        )

    def on_speech(self, pcm: Pcm) -> None:
        """Takes a block of speech."""
        self._speech_blocks += 1
        is_clipped = _is_clipped(pcm)
        self._clipped_blocks += is_clipped
        self.share += (float(is_clipped) - self.share) / min(self._speech_blocks, _CLIP_MEMORY_BLOCKS)


def _is_clipped(pcm: Pcm) -> bool:
    """True where crests are flat. A clipped line that was resampled afterwards does not show it."""
    size = np.abs(pcm)
    peak = float(size.max())
    if peak < _FLAT_PEAK:
        return False
    is_same = (pcm[1:] == pcm[:-1]) & (size[1:] >= _FLAT_SHARE * peak)
    return int((is_same[2:] & is_same[1:-1] & is_same[:-2]).sum()) >= _FLAT_RUNS
