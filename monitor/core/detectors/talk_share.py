"""One party does nearly all of the talking."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from monitor.core.audio import Party
from monitor.core.clock import SAMPLE_RATE_HZ, Span, samples, seconds
from monitor.core.detectors.base import Activity
from monitor.core.facts import (
    AlertEnded,
    AlertRaised,
    Evidence,
    Ipu,
    Judgement,
    Overlap,
    Severity,
    TimelineEvent,
)
from monitor.core.settings import DetectorSettings

_STEP = SAMPLE_RATE_HZ
"""Shares move slowly: they are judged once a second."""


class TalkShare:
    """Measures each party's share of the speech in the last `talk_window_s`, echoes left out.

    Nothing is said before both together have spoken for `talk_speech_s`. A caller who does the talking is
    mostly telling what happened, which is good: that is information and no more.
    """

    rule = "talk_share"

    def __init__(self, settings: DetectorSettings) -> None:
        self._settings = settings
        self._window = samples(settings.talk_window_s)
        self._activity = Activity()
        self._spoken: dict[Party, deque[Span]] = {party: deque() for party in Party}
        self._next = 0
        self._open: Party | None = None

    def on_event(self, event: TimelineEvent, now: int) -> Iterable[Judgement]:
        """Takes speech, and takes back what turned out to be echo."""
        self._activity.take(event)
        if isinstance(event, Ipu):
            self._spoken[event.party].append(event.span)
        elif isinstance(event, Overlap) and event.kind == "echo" and event.holder is not None:
            echoes = self._spoken[event.holder.other]
            kept = [span for span in echoes if not _mostly(span, event.span)]
            self._spoken[event.holder.other] = deque(kept)
        return ()

    def on_tick(self, now: int) -> Iterable[Judgement]:
        """Judges once a second."""
        if now < self._next:
            return
        self._next = now + _STEP
        since = max(0, now - self._window)
        talk = {party: self._talk(party, since, now) for party in Party}
        total = sum(talk.values())
        if self._open is not None:
            if total == 0 or talk[self._open] / total < self._settings.talk_share_clear:
                yield AlertEnded(rule=self.rule, key=self._open)
                self._open = None
            return
        if total < samples(self._settings.talk_speech_s):
            return
        for party in Party:
            if talk[party] / total >= self._settings.talk_share:
                self._open = party
                yield from self._raise(party, talk[party] / total, Span(since, now))

    def _raise(self, party: Party, share: float, about: Span) -> Iterator[Judgement]:
        percent = round(100 * share)
        yield AlertRaised(
            rule=self.rule,
            party=party,
            about=about,
            evidence=(Evidence(feature="talk_share", value=percent, unit="%"),),
            values={"percent": percent, "window_s": round(seconds(about.length))},
            key=party,
            severity=None if party is Party.AGENT else Severity.INFO,
        )

    def _talk(self, party: Party, since: int, now: int) -> int:
        spans = self._spoken[party]
        while spans and spans[0].end <= since:
            spans.popleft()
        closed = sum(span.end - max(span.start, since) for span in spans)
        started = self._activity.since(party)
        return closed + (max(0, now - max(started, since)) if started is not None else 0)


def _mostly(span: Span, within: Span) -> bool:
    common = span.overlap(within)
    return common is not None and 2 * common.length >= span.length
