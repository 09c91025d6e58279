"""Whether a channel carries its party's voice: people who talk behind a party are not the party."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from math import log10
from statistics import median

import numpy as np

from monitor.core.audio import Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, Span

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

_BEHIND_DB = 7.0
"""Under the other's speech a party is heard where a block comes to within this of its level alone. The
loudest block of each of 150 true bids came to within 3 dB; people at other desks stay 11 dB below."""
_BEHIND_BLOCKS = 4
"""A shorter stretch may be a voice's own soft onset."""
_LEVEL_BLOCKS, _LEVEL_BLOCKS_MIN = 80, 20
"""A party's level alone is that of its last eight seconds, and known after two. It is a mean of powers, which
louder speech makes: babble in the gaps hardly moves it, a line that changed does within four seconds."""
_HEARD_BLOCKS = 128
"""Blocks of speech that are remembered one by one: longer than anything is asked of."""


class Faintness:
    """Tells a party's voice on its line from people who talk behind it, by their level.

    Until a party has been heard with a voice of its own, what is far below the other party's usual level
    takes no floor, and is nobody's usual voice. Once it has been heard a voice may drop; but what is said
    under the other's speech, and is far below what the party has when it speaks alone, takes no floor either.
    """

    def __init__(self) -> None:
        self._voices = {party: _Voice() for party in Party}

    def is_faint(self, party: Party, under: Span) -> bool:
        """True where the party's speech within a span, under the other's, is nobody's voice of its own.

        Either only faint speech of the party had been heard where the span starts, or what it holds is far
        below what the party has alone; as far as is known.
        """
        voice = self._voices[party]
        return voice.is_unheard_at(under.start) or voice.is_behind(under)

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
            faint[party] = False
            if is_speech[party]:
                level_dbfs = _level_dbfs(blocks[party])
                voice.note(start, level_dbfs, is_alone=is_alone)
                if voice.since is None or voice.is_provisional:
                    faint[party] = voice.hear(start, level_dbfs, usual, is_alone=is_alone)
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
        self._heard: deque[tuple[int, float]] = deque(maxlen=_HEARD_BLOCKS)
        """Start and level of the last blocks of speech."""
        self._powers: deque[float] = deque(maxlen=_LEVEL_BLOCKS)
        """Of those while the other was silent."""

    @property
    def is_faint(self) -> bool:
        """More faint speech was heard than a voice's onset holds."""
        return self._faint_blocks > _FAINT_BLOCKS

    def is_unheard_at(self, at: int) -> bool:
        """Only faint speech had been heard at `at`."""
        return self.is_faint and (self.since is None or at < self.since - _ONSET)

    def is_behind(self, under: Span) -> bool:
        """What is known of the speech within a span is far below the party's level alone."""
        if len(self._powers) < _LEVEL_BLOCKS_MIN:
            return False
        least_dbfs = 10.0 * log10(sum(self._powers) / len(self._powers)) - _BEHIND_DB
        levels = [dbfs for start, dbfs in self._heard if under.start <= start < under.end]
        return len(levels) >= _BEHIND_BLOCKS and max(levels) < least_dbfs

    def note(self, start: int, level_dbfs: float, *, is_alone: bool) -> None:
        """Takes the level of a block of the party's speech."""
        self._heard.append((start, level_dbfs))
        if is_alone:
            self._powers.append(10.0 ** (level_dbfs / 10.0))

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
