"""Whose voice a channel has not carried yet: people who talk behind a party are not the party."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from statistics import median

import numpy as np

from monitor.core.audio import Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES

_FAINT_DB = 10.0
"""Speech this much below the other party's usual level may be somebody's behind the party. A voice's own
blocks lie within 6 dB of its usual level for the most part, people at other desks 15 dB and more below."""
_OWN_BLOCKS = 5
_OWN_WITHIN = 10 * BLOCK_SAMPLES
"""Half a second of speech within a second that is not faint is a voice of the party's own."""
_ALONE_BLOCKS = 10
"""So is a second of speech, however faint, while the other is silent: a soft line's answer. Who talks behind
a party does not wait for the other's pauses, and these are shorter."""
_FAINT_BLOCKS = 5
"""A voice's own onset holds a few faint blocks."""
_ONSET = 5 * BLOCK_SAMPLES
"""A voice may begin this much before its first block that is not faint."""
_QUIET_DBFS = -100.0


class Faintness:
    """Knows from when on each party has been heard with a voice of its own on this line.

    Until then what is far below the other party's usual level takes no floor, and is nobody's usual voice.
    Once a party has been heard, nothing of it is called faint any more: a voice may drop.
    """

    def __init__(self) -> None:
        self._voices = {party: _Voice() for party in Party}

    def is_faint_at(self, party: Party, at: int) -> bool:
        """True where only faint speech of the party had been heard at `at`, as far as is known."""
        voice = self._voices[party]
        return voice.is_faint and (voice.since is None or at < voice.since - _ONSET)

    def push(
        self,
        start: int,
        blocks: Mapping[Party, Pcm],
        is_speech: Mapping[Party, bool],
        usual_dbfs: Mapping[Party, float | None],
    ) -> dict[Party, bool]:
        """Takes the 100 ms from `start`; returns whether what each party's channel carries is faint.

        Args:
            usual_dbfs: each party's usual level, None where nothing is known of it.
        """
        faint = {}
        for party, voice in self._voices.items():
            usual, is_alone = usual_dbfs[party.other], not is_speech[party.other]
            voice.compare(usual)
            if is_speech[party] and (voice.since is None or voice.is_provisional):
                faint[party] = voice.hear(start, _level_dbfs(blocks[party]), usual, is_alone=is_alone)
            else:
                faint[party] = False
            if not is_alone:
                voice.alone.clear()
        return faint


class _Voice:
    """What is known of one party's voice."""

    def __init__(self) -> None:
        self.since: int | None = None
        """Where the party was heard first."""
        self._faint_blocks = 0
        self.is_provisional = False
        """The other has not been heard yet, with whom to compare."""
        self.alone: deque[int] = deque(maxlen=_ALONE_BLOCKS)
        """Starts of the blocks in which the party has spoken since the other did."""
        self._own: deque[int] = deque(maxlen=_OWN_BLOCKS)
        """Starts of the last blocks that were not faint."""
        self._levels: deque[float] = deque(maxlen=_ALONE_BLOCKS)

    @property
    def is_faint(self) -> bool:
        """More faint speech was heard than a voice's onset holds."""
        return self._faint_blocks > _FAINT_BLOCKS

    def compare(self, usual_dbfs: float | None) -> None:
        """Takes back what was believed before the other was heard, where it proves to be faint."""
        if not self.is_provisional or usual_dbfs is None:
            return
        self.is_provisional = False
        if median(self._levels) < usual_dbfs - _FAINT_DB:
            self.since = None
            self.alone.clear()

    def hear(self, start: int, level_dbfs: float, usual_dbfs: float | None, *, is_alone: bool) -> bool:
        """Takes a block of the party's speech; returns whether it is faint."""
        if is_alone:
            self.alone.append(start)
        is_long_alone = len(self.alone) == _ALONE_BLOCKS
        if usual_dbfs is None:
            self._levels.append(level_dbfs)
            if is_long_alone and self.since is None:
                self.since, self.is_provisional = self.alone[0], True
            return False
        is_own = level_dbfs >= usual_dbfs - _FAINT_DB
        if is_own:
            self._own.append(start)
        if len(self._own) == _OWN_BLOCKS and start - self._own[0] < _OWN_WITHIN:
            self.since = self._own[0]
        elif is_long_alone:
            self.since = self.alone[0]
        if self.since is not None or is_own:
            return False
        self._faint_blocks += 1
        return self.is_faint


def _level_dbfs(pcm: Pcm) -> float:
    power = float(np.square(pcm, dtype=np.float64).mean())
    return max(_QUIET_DBFS, 10.0 * float(np.log10(max(power, 1e-10))))
