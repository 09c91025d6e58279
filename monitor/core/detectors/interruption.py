"""One party keeps cutting in on the other: the policy that turns interruptions into an alert."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from monitor.core.audio import Party
from monitor.core.clock import Span, samples, seconds
from monitor.core.detectors.base import Activity, rounded
from monitor.core.facts import (
    AlertEnded,
    AlertRaised,
    Evidence,
    Interruption,
    InterruptionBegan,
    Judgement,
    TimelineEvent,
)
from monitor.core.settings import DetectorSettings

_SETTLED = samples(0.35)
"""An open IPU's speech is certain up to this long ago (the timeline's own figure)."""

_KEPT_MAX = 20
"""Interruptions that are remembered; more in one window change nothing."""


class InterruptionPolicy:
    """Raises an alert for `interruptions` within `interruption_window_s`, or one of `long_overlap_s`.

    Each direction has its own alert. It is raised while the interruption lasts, as soon as it counts, and
    clears when `interruption_clear_s` have passed without another one.
    """

    rule = "interruption"

    def __init__(self, settings: DetectorSettings) -> None:
        self._activity = Activity()
        self._directions = {party: _Direction(party, settings, self._activity) for party in Party}

    def on_event(self, event: TimelineEvent, now: int) -> Iterable[Judgement]:
        """Takes interruptions as they begin and as they end."""
        self._activity.take(event)
        if isinstance(event, InterruptionBegan):
            return self._directions[event.by].began(event, now)
        if isinstance(event, Interruption):
            return self._directions[event.by].ended(event, now)
        return ()

    def on_tick(self, now: int) -> Iterable[Judgement]:
        """Notices an overlap that grows long, and clears old alerts."""
        for direction in self._directions.values():
            yield from direction.tick(now)


class _Direction:
    """Interruptions by one party."""

    def __init__(self, by: Party, settings: DetectorSettings, activity: Activity) -> None:
        self._by = by
        self._settings = settings
        self._activity = activity
        self._recent: deque[Span] = deque(maxlen=_KEPT_MAX)
        """Interruptions within the window, as far as they are known, oldest first."""
        self._is_lasting = False
        self._last = 0
        self._is_open = False

    def began(self, event: InterruptionBegan, now: int) -> Iterator[Judgement]:
        """An interruption that lasts."""
        self._recent.append(Span(event.at, max(event.at, now - _SETTLED)))
        self._is_lasting, self._last = True, now
        yield from self._judge(now)

    def ended(self, event: Interruption, now: int) -> Iterator[Judgement]:
        """Its whole span is known."""
        if self._recent and self._recent[-1].start == event.span.start:
            self._recent.pop()
        self._recent.append(event.span)
        self._is_lasting, self._last = False, now
        yield from self._judge(now)

    def tick(self, now: int) -> Iterator[Judgement]:
        """Lets the lasting one grow, and ends the alert after a quiet while."""
        both_speak = all(self._activity.is_speaking(party) for party in Party)
        if self._is_lasting and self._recent and both_speak:
            start = self._recent.pop().start
            self._recent.append(Span(start, max(start, now - _SETTLED)))
            self._last = now
            yield from self._judge(now)
        if self._is_open and now - self._last >= samples(self._settings.interruption_clear_s):
            self._is_open = False
            self._recent.clear()
            yield AlertEnded(rule=InterruptionPolicy.rule, key=self._by)

    def _judge(self, now: int) -> Iterator[Judgement]:
        since = now - samples(self._settings.interruption_window_s)
        while self._recent and self._recent[0].end < since:
            self._recent.popleft()
        if self._is_open or not self._recent:
            return
        longest = max(self._recent, key=lambda span: span.length)
        count = len(self._recent)
        is_long = longest.length >= samples(self._settings.long_overlap_s)
        if count < self._settings.interruptions and not is_long:
            return
        self._is_open = True
        longest_s = rounded(seconds(longest.length))
        yield AlertRaised(
            rule=InterruptionPolicy.rule,
            party=self._by,
            about=Span(self._recent[0].start, self._recent[-1].end),
            evidence=(
                Evidence(feature="interruptions", value=count, unit=""),
                Evidence(feature="overlap", value=longest_s, unit="s"),
            ),
            values={
                "count": count,
                "window_s": round(self._settings.interruption_window_s),
                "longest_s": longest_s,
            },
            key=self._by,
        )
