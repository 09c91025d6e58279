"""The line under a voice: notices when its gain changes, so that a knob is not taken for a mood."""

from __future__ import annotations

from collections import deque

import numpy as np

from monitor.core.prosody.baseline import RunningMedian

_QUIET_BLOCKS = 10
_VOICED_BLOCKS = 15
"""1.5 s of voiced speech against a floor that moved too."""
_PLAIN_BLOCKS = 25
"""2.5 s of voiced speech, about 4 s of talk, against a voice that did not change."""
_PLAIN_ALPHA_DB = 2.5
_PLAIN_F0_ST = 1.5
"""A voice that gets 10 dB louder by effort gains about 5 dB of alpha ratio and 3 semitones; below these
bounds it made no effort. The same, the other way round, for one that gets softer."""
_EFFORT_ALPHA_DB = 4.0
_EFFORT_F0_ST = 2.5
"""Where the voice itself made this much effort, what moved between the words may be anything: nobody's shout
is put down to the line."""
_STEP_DB_MIN = 4.0
"""Smaller steps are within a voice's own play."""
_MISMATCH_DB_MAX = 3.0
_FLOOR_DBFS_MIN = -78.0
"""Below, the line sends no noise of its own between words (a gate, digital silence): nothing to compare."""
_FLOOR_MEMORY_S = 60.0
_BLOCK_S = 0.1


class LineGain:
    """Knows two signs of a gain step.

    The noise between words moves with the voice: nobody who grows loud makes the line's own noise louder;
    automatic gain, a new handset or a new codec do. Or the voice is louder, or softer, for seconds with
    neither its F0 nor its alpha ratio moved, which no voice does by itself.
    """

    def __init__(self) -> None:
        self._usual_floor = RunningMedian(-100.0, 0.0, 0.5, _FLOOR_MEMORY_S)
        self._quiet: deque[float] = deque(maxlen=_QUIET_BLOCKS)
        self._voiced: deque[tuple[float, float, float]] = deque(maxlen=_PLAIN_BLOCKS)
        """(level in dBFS, alpha ratio re usual, F0 re usual) of voiced blocks."""

    def on_quiet(self, level_dbfs: float) -> None:
        """Takes the level of a block well away from speech."""
        if len(self._quiet) == _QUIET_BLOCKS:
            self._usual_floor.add(np.array([self._quiet[0]]), _BLOCK_S)
        self._quiet.append(level_dbfs)

    def on_voiced(
        self, level_dbfs: float, usual_dbfs: float, alpha_delta_db: float, f0_st: float
    ) -> float | None:
        """Takes a voiced block: its level, the party's usual one, and how the voice itself differs.

        Returns:
            By how many dB the line's gain has just been found to have changed; None where it has not.
        """
        self._voiced.append((level_dbfs, alpha_delta_db, f0_st))
        step_db = self._step_with_floor(usual_dbfs)
        if step_db is None:
            step_db = self._step_without_effort(usual_dbfs)
        if step_db is not None:
            self._voiced.clear()
        return step_db

    def _step_with_floor(self, usual_dbfs: float) -> float | None:
        usual_floor = self._usual_floor.median()
        if (
            usual_floor is None
            or usual_floor < _FLOOR_DBFS_MIN
            or len(self._quiet) < _QUIET_BLOCKS
            or len(self._voiced) < _VOICED_BLOCKS
        ):
            return None
        floor_step = sorted(self._quiet)[len(self._quiet) // 2] - usual_floor
        recent = list(self._voiced)[-_VOICED_BLOCKS:]
        level_step = sum(level for level, _, _ in recent) / len(recent) - usual_dbfs
        is_step = min(abs(floor_step), abs(level_step)) >= _STEP_DB_MIN
        if not is_step or abs(floor_step - level_step) > _MISMATCH_DB_MAX:
            return None
        way = 1.0 if level_step > 0.0 else -1.0
        alpha, f0 = (sum(values) / len(recent) for values in list(zip(*recent, strict=True))[1:])
        if way * alpha > _EFFORT_ALPHA_DB or way * f0 > _EFFORT_F0_ST:
            return None
        self._usual_floor.shift(floor_step)
        return level_step

    def _step_without_effort(self, usual_dbfs: float) -> float | None:
        if len(self._voiced) < _PLAIN_BLOCKS:
            return None
        voiced = list(self._voiced)
        half = _PLAIN_BLOCKS // 2
        # Both halves must show it, or the first second of a raised voice, averaged with what was before it,
        # could pass for a gain step.
        for part in (voiced[:half], voiced[half:]):
            level, alpha, f0 = (sum(values) / len(values) for values in zip(*part, strict=True))
            way = 1.0 if level > usual_dbfs else -1.0
            has_effort = way * alpha > _PLAIN_ALPHA_DB or way * f0 > _PLAIN_F0_ST
            if has_effort or abs(level - usual_dbfs) < _STEP_DB_MIN:
                return None
        return sum(level for level, _, _ in voiced) / len(voiced) - usual_dbfs
