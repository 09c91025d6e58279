"""Notices that a party's voice has been handed to another person, so that a voice is not taken for a mood."""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

from monitor.core.prosody.baseline import Observation, PartyBaseline

_PAUSE_BLOCKS = 10
"""Nobody takes over a telephone in less than a second."""
_JUDGED_BLOCKS = 25
"""2.5 s of voice after the pause: about 4 s of talk."""
_CONFIDENCE_MIN = 0.6
_LATEST_BLOCKS = 80
"""A voice that was the usual one for 8 s after the pause is the same person."""

_LOWER_ST = -7.0
"""No emotion of CASIA's or EMO-DB's speakers lowers the median F0 of 10 s this far (the 5th percentiles of
sadness are -3.3 and -4.2), but a calm caller of a real call sank by 5.6 st after the first sentences."""
_HIGHER_ST = 12.0
_EFFORT_ALPHA_DB = 3.0
_EFFORT_LEVEL_DB = 4.0
"""Anger raises F0 by up to 11 st in CASIA and 14 in EMO-DB, there with 7 dB more alpha ratio or above. With
lower bounds one angry and one joyful speaker of twelve were taken for another (bench/line.py), and anger
that is learned as usual is never found. A woman who takes over from a man is known by this; smaller steps up
are not."""
_SHAPE_DB = 1.8
"""Root mean square between the spectra's shapes: a speaker's own neutral blocks of 10 s lie within 2.2
(median 1.3), two speakers' 1.3 to 4.0 apart (median 3.2 in CASIA, 2.1 in EMO-DB, by telephone likewise). It
only has to rule out octave errors of one and the same voice."""

_Values = npt.NDArray[np.float64]


class Handover:
    """Compares the voice after each pause with the party's usual one.

    A raised voice must never pass for a new one, or anger would be learned as usual: upward steps count only
    without the effort that comes with a raised voice.
    """

    def __init__(self) -> None:
        self._quiet = 0
        self._seen = 0
        """Voiced blocks since the last long pause; none are counted before the first."""
        self._is_watching = False
        self._recent: deque[Observation] = deque(maxlen=_JUDGED_BLOCKS)

    def on_quiet(self) -> None:
        """A block without the party's speech."""
        self._quiet += 1
        if self._quiet == _PAUSE_BLOCKS:
            self._is_watching, self._seen = True, 0
            self._recent.clear()

    def on_voiced(self, observation: Observation, usual: PartyBaseline) -> tuple[Observation, ...]:
        """Takes a voiced block.

        Returns:
            What has been heard of the new voice, once it is certain that it is one; else nothing.
        """
        self._quiet = 0
        if not self._is_watching:
            return ()
        self._recent.append(observation)
        self._seen += 1
        if len(self._recent) < _JUDGED_BLOCKS:
            return ()
        if self._seen > _LATEST_BLOCKS:
            self._is_watching = False
            return ()
        if not self._is_other(usual):
            return ()
        self._is_watching = False
        heard = tuple(self._recent)
        self._recent.clear()
        return heard

    def _is_other(self, usual: PartyBaseline) -> bool:
        if (
            usual.f0_st is None
            or usual.level_dbfs is None
            or usual.alpha_db is None
            or usual.shape_db is None
            or usual.confidence < _CONFIDENCE_MIN
        ):
            return False
        f0 = np.array([float(np.median(block.f0_st)) for block in self._recent]) - usual.f0_st
        # The middle of both halves, so that neither one odd phrase nor the end of the old voice decides.
        half = len(f0) // 2
        steps = [float(np.median(f0[:half])), float(np.median(f0[half:]))]
        is_higher = min(steps) >= _HIGHER_ST and not self._has_effort(usual.level_dbfs, usual.alpha_db)
        if not is_higher and max(steps) > _LOWER_ST:
            return False
        shapes = [block.shape_db for block in self._recent if block.shape_db is not None]
        apart = np.mean(shapes, axis=0) - usual.shape_db
        return bool(np.sqrt(np.mean(np.square(apart))) >= _SHAPE_DB)

    def _has_effort(self, usual_level_dbfs: float, usual_alpha_db: float) -> bool:
        levels = [block.level_dbfs for block in self._recent if block.level_dbfs is not None]
        alphas = [block.alpha_db for block in self._recent if block.alpha_db is not None]
        level_db = sum(levels) / len(levels) - usual_level_dbfs
        alpha_db = sum(alphas) / len(alphas) - usual_alpha_db
        return level_db >= _EFFORT_LEVEL_DB or alpha_db >= _EFFORT_ALPHA_DB
