"""The line under a voice: notices when its gain changes, so that a knob is not taken for a mood."""

from __future__ import annotations

from collections import deque

import numpy as np

from monitor.core.prosody.baseline import RunningMedian

_QUIET_BLOCKS = 10
_VOICED_BLOCKS = 15
_STEP_DB_MIN = 4.0
"""Smaller steps are within a voice's own play."""
_MISMATCH_DB_MAX = 3.0
_FLOOR_DBFS_MIN = -78.0
"""Below, the line sends no noise of its own between words (a gate, digital silence): nothing to compare."""
_FLOOR_MEMORY_S = 60.0
_BLOCK_S = 0.1


class LineGain:
    """Compares the noise between words with the voice: a gain step moves both by the same.

    Nobody who grows loud makes the line's own noise louder; automatic gain, a new handset or a new codec do.
    """

    def __init__(self) -> None:
        self._usual_floor = RunningMedian(-100.0, 0.0, 0.5, _FLOOR_MEMORY_S)
        self._quiet: deque[float] = deque(maxlen=_QUIET_BLOCKS)
        self._voiced: deque[float] = deque(maxlen=_VOICED_BLOCKS)

    def on_quiet(self, level_dbfs: float) -> None:
        """Takes the level of a block well away from speech."""
        if len(self._quiet) == _QUIET_BLOCKS:
            self._usual_floor.add(np.array([self._quiet[0]]), _BLOCK_S)
        self._quiet.append(level_dbfs)

    def on_voiced(self, level_dbfs: float, usual_dbfs: float | None) -> float | None:
        """Takes a voiced block's level and the party's usual one.

        Returns:
            By how many dB the line's gain has just been found to have changed; None where it has not.
        """
        self._voiced.append(level_dbfs)
        usual_floor = self._usual_floor.median()
        if usual_dbfs is None or usual_floor is None or len(self._voiced) < _VOICED_BLOCKS:
            return None
        if len(self._quiet) < _QUIET_BLOCKS or usual_floor < _FLOOR_DBFS_MIN:
            return None
        floor_step = sorted(self._quiet)[len(self._quiet) // 2] - usual_floor
        level_step = sum(self._voiced) / len(self._voiced) - usual_dbfs
        if min(abs(floor_step), abs(level_step)) < _STEP_DB_MIN or (
            abs(floor_step - level_step) > _MISMATCH_DB_MAX
        ):
            return None
        self._usual_floor.shift(floor_step)
        self._voiced.clear()
        return level_step
