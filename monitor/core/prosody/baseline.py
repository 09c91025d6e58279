"""What is usual for one party on this line: robust running medians that are trusted slowly."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monitor.core.inputs import KnownVoice
from monitor.core.settings import ProsodySettings

TRIM = 0.15
"""Share of values left out at both ends of a trimmed mean."""

_Values = npt.NDArray[np.float64]

BLOCK_S = 0.1

KEPT_S = 30.0
"""Less speech of a party says too little of its usual voice to be kept for the next call."""

REFERENCE_HZ = 100.0
"""Semitones inside the baseline count from here."""


_CHANGED_LINE_SHARE = 0.5
"""How well a baseline is known at most, just after another codec has come on the line."""


def trimmed_mean(values: Iterable[float]) -> float:
    """The mean without the outer 15 % at both ends: on calm speech its spread is 0.9 of the median's.

    Raises:
        ValueError: there are no values.
    """
    known = sorted(values)
    if not known:
        raise ValueError("no values to average")
    out = int(TRIM * len(known))
    inside = known[out : len(known) - out]
    return sum(inside) / len(inside)


class RunningMedian:
    """The median of a stream of numbers, in a histogram that slowly forgets.

    A histogram takes the same memory after an hour, and single wild values cannot move it. Values outside
    its range count in its outermost bins.
    """

    def __init__(self, low: float, high: float, step: float, memory: float) -> None:
        self._low, self._step = low, step
        self._counts = np.zeros(max(1, round((high - low) / step)), dtype=np.float64)
        self._memory = memory
        self.weight = 0.0
        """Weight of all that is remembered, at most `memory`."""

    def add(self, values: _Values, weight: float) -> None:
        """Adds values that together weigh `weight`; what was known fades so that `memory` is kept."""
        if not len(values):
            return
        keep = 1.0 - weight / self._memory
        self._counts *= keep
        last = len(self._counts) - 1
        if len(values) == 1:
            # Most values come alone, and arrays of one take several times as long as a number.
            self._counts[min(max(int((float(values[0]) - self._low) / self._step), 0), last)] += weight
        else:
            bins = np.clip(((values - self._low) / self._step).astype(np.int64), 0, last)
            np.add.at(self._counts, bins, weight / len(values))
        self.weight = self.weight * keep + weight

    def shift(self, by: float) -> None:
        """Moves everything that is remembered by `by`, to a whole number of bins."""
        bins = round(by / self._step)
        moved = np.zeros_like(self._counts)
        index = np.clip(np.arange(len(moved)) + bins, 0, len(moved) - 1)
        np.add.at(moved, index, self._counts)
        self._counts = moved

    def median(self) -> float | None:
        """The median, interpolated within its bin; None while nothing is known."""
        total = float(self._counts.sum())
        if total <= 0.0:
            return None
        cumulated = np.cumsum(self._counts)
        at = int(np.searchsorted(cumulated, total / 2.0))
        before = float(cumulated[at - 1]) if at else 0.0
        share = (total / 2.0 - before) / float(self._counts[at])
        return self._low + self._step * (at + share)

    def trimmed_mean(self) -> float | None:
        """The mean between the 15th and the 85th percentile; None while nothing is known.

        Steadier than the median where values come in two heaps, as alpha ratios of open and close vowels do.
        """
        total = float(self._counts.sum())
        if total <= 0.0:
            return None
        edges = np.concatenate([[0.0], np.cumsum(self._counts)])
        inside = np.diff(np.clip(edges, TRIM * total, (1.0 - TRIM) * total))
        centres = self._low + self._step * (np.arange(len(self._counts)) + 0.5)
        return float((inside * centres).sum() / inside.sum())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observation:
    """What a block of speech (100 ms) teaches; None or an empty array where it holds nothing of a kind."""

    f0_st: _Values
    """Voiced 10 ms frames, semitones re 100 Hz."""
    level_dbfs: float | None
    """Of a voiced block."""
    alpha_db: float | None
    rate_syl_s: float | None
    shape_db: _Values | None = None
    """(16,) of `VoiceQuality`."""


class _Usual:
    """One quantity's usual value: a robust average, drawn towards a prior worth `prior_s` of speech."""

    def __init__(
        self, median: RunningMedian, prior: float, prior_s: float, min_s: float, is_trimmed: bool = False
    ) -> None:
        self._median, self._prior, self._prior_s, self._min_s = median, prior, prior_s, min_s
        self._is_trimmed = is_trimmed
        self._cached: float | None = None
        self._is_stale = False

    @property
    def own(self) -> float | None:
        """What was heard itself, without the prior."""
        return self._median.trimmed_mean() if self._is_trimmed else self._median.median()

    def lean_on(self, prior: float, prior_s: float) -> None:
        """Another prior, which holds until more is heard."""
        self._prior, self._prior_s, self._min_s = prior, prior_s, 0.0
        self._cached = prior

    def add(self, values: _Values, weight: float) -> None:
        if len(values):
            self._median.add(values, weight)
            self._is_stale = True

    def shift(self, by: float) -> None:
        self._median.shift(by)
        self._is_stale = True

    @property
    def value(self) -> float | None:
        """The usual value; None before `min_s` of speech was heard of it."""
        if self._is_stale:
            median = self._median.trimmed_mean() if self._is_trimmed else self._median.median()
            known = self._median.weight
            if median is not None and known >= self._min_s:
                self._cached = (median * known + self._prior * self._prior_s) / (known + self._prior_s)
            self._is_stale = False
        return self._cached


class PartyBaseline:
    """The usual F0, level, alpha ratio and rate of one party, and how sure they are.

    Learning lags behind the sound: when a stretch turns out to be hot, the seconds that led to it were not
    learned yet and are dropped (`is_learning = False`). A party that stays frozen for long is learned
    again, at a fraction of the speed, because a first baseline that was wrong must not stay wrong for ever.
    """

    def __init__(self, settings: ProsodySettings) -> None:
        self._settings = settings
        self._is_learning = True
        self._frozen_s = 0.0
        self._skipped = 0
        self.heard_s = 0.0
        """Speech learned so far."""
        self._waiting: deque[Observation] = deque()
        self._forget()

    def _forget(self) -> None:
        settings, memory = self._settings, self._settings.baseline_memory_s
        self._f0 = _Usual(RunningMedian(-12.0, 31.0, 0.25, memory), 0.0, 0.0, 0.5)
        self._level = _Usual(RunningMedian(-90.0, 0.0, 0.5, memory), 0.0, 0.0, 0.5, is_trimmed=True)
        self._alpha = _Usual(RunningMedian(-50.0, 20.0, 0.5, memory), 0.0, 0.0, 0.5, is_trimmed=True)
        self._rate = _Usual(
            RunningMedian(0.0, 12.0, 0.1, memory), settings.usual_rate_syl_s, settings.usual_rate_prior_s, 1.0
        )
        self._shape_db: _Values | None = None
        self._shape_s = 0.0
        self._known_s = 0.0
        """What an earlier acquaintance is worth."""
        self._waiting.clear()
        self.heard_s = 0.0

    @property
    def is_learning(self) -> bool:
        """False while the party's speech is not to be taken for its usual one."""
        return self._is_learning

    @is_learning.setter
    def is_learning(self, value: bool) -> None:
        if self._is_learning and not value:
            self._waiting.clear()
        if value:
            self._frozen_s = 0.0
        self._is_learning = value

    @property
    def confidence(self) -> float:
        """How well the usual values are known, 0..1: linear in the speech heard."""
        return min(1.0, (self.heard_s + self._known_s) / self._settings.baseline_full_s)

    @property
    def f0_st(self) -> float | None:
        """The party's median F0 in semitones re 100 Hz."""
        return self._f0.value

    @property
    def level_dbfs(self) -> float | None:
        """The party's usual level of voiced speech."""
        return self._level.value

    @property
    def alpha_db(self) -> float | None:
        """The party's usual alpha ratio on this line."""
        return self._alpha.value

    @property
    def rate_syl_s(self) -> float | None:
        """The party's usual articulation rate, drawn towards the population's until enough is heard."""
        return self._rate.value

    @property
    def shape_db(self) -> _Values | None:
        """(16,): the mean shape of the party's spectrum, without its tilt."""
        return self._shape_db

    def learn(self, observation: Observation) -> None:
        """Takes a block of speech, in order; it counts once it is older than the lag."""
        if not self._is_learning:
            self._frozen_s += BLOCK_S
            self._skipped += 1
            if self._frozen_s < self._settings.freeze_max_s or self._skipped % 5:
                return
        self._waiting.append(observation)
        lag_s = min(self._settings.learning_lag_s, 0.25 * self.heard_s)
        while len(self._waiting) * BLOCK_S > lag_s:
            self._take(self._waiting.popleft())

    def shift_level(self, by_db: float) -> None:
        """The line's gain has changed by `by_db`: the usual level with it. What waits is dropped."""
        self._waiting.clear()
        self._level.shift(by_db)

    def recentre(self, level_by_db: float, alpha_by_db: float) -> None:
        """The line has changed: usual level and alpha ratio with it, and both count for less than before."""
        self.shift_level(level_by_db)
        self._alpha.shift(alpha_by_db)
        self.heard_s = min(self.heard_s, _CHANGED_LINE_SHARE * self._settings.baseline_full_s)

    def know(self, voice: KnownVoice) -> None:
        """A voice known from earlier calls: F0, alpha ratio and pace lean on it from the first word.

        Its level is not known: that is the line's.
        """
        known_s = min(self._settings.known_voice_s, voice.speech_s)
        if known_s <= 0.0:
            return
        self._known_s = known_s
        self._f0.lean_on(voice.f0_st, known_s)
        self._alpha.lean_on(voice.alpha_db, known_s)
        self._rate.lean_on(voice.rate_syl_s, known_s)

    def voice(self) -> KnownVoice | None:
        """What this call itself showed; None where too little was heard to be worth keeping."""
        f0_st, alpha_db, rate_syl_s = self._f0.own, self._alpha.own, self._rate.own
        if f0_st is None or alpha_db is None or rate_syl_s is None or self.heard_s < KEPT_S:
            return None
        return KnownVoice(
            f0_st=f0_st, alpha_db=alpha_db, rate_syl_s=rate_syl_s, speech_s=round(self.heard_s, 1)
        )

    def restart(self, heard: Iterable[Observation]) -> None:
        """Another voice: what was usual is forgotten, and `heard` of the new one is learned."""
        self._forget()
        self._is_learning, self._frozen_s = True, 0.0
        for observation in heard:
            self._take(observation)

    def _take(self, observation: Observation) -> None:
        self.heard_s += BLOCK_S
        if observation.shape_db is not None:
            self._shape_s = min(self._shape_s + BLOCK_S, self._settings.baseline_memory_s)
            if self._shape_db is None:
                self._shape_db = observation.shape_db
            else:
                self._shape_db = self._shape_db + (observation.shape_db - self._shape_db) * (
                    BLOCK_S / self._shape_s
                )
        self._f0.add(observation.f0_st, BLOCK_S * len(observation.f0_st) / 10.0)
        for usual, value in (
            (self._level, observation.level_dbfs),
            (self._alpha, observation.alpha_db),
            (self._rate, observation.rate_syl_s),
        ):
            if value is not None:
                usual.add(np.array([value]), BLOCK_S)
