"""A party speaks much faster or slower than usual."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from statistics import fmean
from typing import Literal

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.detectors.base import rounded
from monitor.core.facts import (
    AlertEnded,
    AlertRaised,
    Evidence,
    Judgement,
    ProsodyFrame,
    Severity,
    TimelineEvent,
)
from monitor.core.settings import DetectorSettings

_FRAME_S = 0.1
_STALE = samples(40.0)
"""Speech older than this says nothing of the pace now."""

Direction = Literal["fast", "slow"]


class Pace:
    """Judges each party's articulation rate over `pace_speech_s` of own speech, pauses excluded.

    Fast (or slow) is so against the party's own usual *and* by an absolute norm: a slow talker who livens
    up is no fast talker. For the caller it is information for the supervisor, not a fault. The alert clears
    when over half of that speech `pace_clear_share` of the excess is gone, or the party falls silent.
    """

    def __init__(self, direction: Direction, settings: DetectorSettings) -> None:
        self.rule = f"{direction}_pace"
        self._talkers = {party: _Talker(self.rule, party, direction, settings) for party in Party}

    def on_event(self, event: TimelineEvent, now: int) -> Iterable[Judgement]:
        """Only prosody matters."""
        return self._talkers[event.party].hear(event) if isinstance(event, ProsodyFrame) else ()

    def on_tick(self, now: int) -> Iterable[Judgement]:
        """Clears the alert of a party that has fallen silent."""
        for talker in self._talkers.values():
            yield from talker.tick(now)


class _Talker:
    """One party's pace, in one direction."""

    def __init__(self, rule: str, party: Party, direction: Direction, settings: DetectorSettings) -> None:
        self._rule = rule
        self._party = party
        self._is_fast = direction == "fast"
        self._limit = settings.pace_ratio if self._is_fast else settings.slow_ratio
        self._norm = settings.fast_syl_s if self._is_fast else settings.slow_syl_s
        self._clear_share = settings.pace_clear_share
        self._min_confidence = settings.min_confidence
        self._quiet = samples(settings.pace_quiet_s)
        self._needed = max(2, round(settings.pace_speech_s / _FRAME_S))
        self._frames: deque[tuple[int, float, float]] = deque(maxlen=self._needed)
        """(at, rate_syl_s, rate_ratio), newest last."""
        self._last_heard = 0
        self._is_open = False

    def hear(self, frame: ProsodyFrame) -> Iterator[Judgement]:
        """Takes a frame of speech."""
        self._last_heard = frame.at
        if frame.rate_syl_s is None or frame.rate_ratio is None or frame.confidence < self._min_confidence:
            return
        self._frames.append((frame.at, frame.rate_syl_s, frame.rate_ratio))
        while self._frames[0][0] < frame.at - _STALE:
            self._frames.popleft()
        if self._is_open:
            recent = list(self._frames)[-self._needed // 2 :]
            if len(recent) >= self._needed // 2 and self._is_normal(fmean([ratio for _, _, ratio in recent])):
                yield self._end("ended")
        elif len(self._frames) == self._needed:
            yield from self._judge()

    def tick(self, now: int) -> Iterator[Judgement]:
        """Clears the alert when nothing has been said for `pace_quiet_s`."""
        if self._is_open and now - self._last_heard >= self._quiet:
            yield self._end("quiet")

    def _judge(self) -> Iterator[Judgement]:
        rate = fmean([rate for _, rate, _ in self._frames])
        ratio = fmean([ratio for _, _, ratio in self._frames])
        if self._is_fast:
            is_off = ratio >= self._limit and rate >= self._norm
        else:
            is_off = ratio <= self._limit and rate <= self._norm
        if not is_off:
            return
        self._is_open = True
        percent = round(100 * abs(ratio - 1))
        yield AlertRaised(
            rule=self._rule,
            party=self._party,
            about=Span(max(0, self._frames[0][0] - samples(_FRAME_S)), self._frames[-1][0]),
            evidence=(
                Evidence(feature="rate_ratio", value=rounded(ratio, 2), unit=""),
                Evidence(feature="rate", value=rounded(rate), unit="syl/s"),
            ),
            values={"rate_syl_s": rounded(rate), "percent": percent},
            key=self._party,
            severity=None if self._party is Party.AGENT else Severity.INFO,
        )

    def _is_normal(self, ratio: float) -> bool:
        clear = 1 + (self._limit - 1) * (1 - self._clear_share)
        return ratio <= clear if self._is_fast else ratio >= clear

    def _end(self, reason: str) -> AlertEnded:
        self._is_open = False
        self._frames.clear()
        return AlertEnded(rule=self._rule, key=self._party, reason=reason)
