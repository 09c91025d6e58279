"""The agent does nearly all of the talking."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

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
    TimelineEvent,
)
from monitor.core.settings import DetectorSettings

_STEP = SAMPLE_RATE_HZ
"""Shares move slowly: they are judged once a second."""


class TalkShare:
    """Measures the agent's share of the speech in the last `talk_window_s`, echoes left out.

    Nothing is said before both together have spoken for `talk_speech_s`, nor where the caller has not been
    heard at all. A caller who does the talking is mostly telling what happened, which is good; of an agent
    who has nothing to say to it other rules tell.
    """

    rule = "talk_share"

    def __init__(self, settings: DetectorSettings) -> None:
        self._settings = settings
        self._window = samples(settings.talk_window_s)
        self._activity = Activity()
        self._spoken: dict[Party, deque[Span]] = {party: deque() for party in Party}
        self._next = 0
        self._is_open = False

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
        share = talk[Party.AGENT] / total if total else 0.0
        if self._is_open:
            if share < self._settings.talk_share_clear:
                self._is_open = False
                yield AlertEnded(rule=self.rule)
        elif (
            total >= samples(self._settings.talk_speech_s)
            and share >= self._settings.talk_share
            and not self._activity.is_one_sided
        ):
            self._is_open = True
            yield self._raised(share, Span(since, now))

    def _raised(self, share: float, about: Span) -> AlertRaised:
        percent = round(100 * share)
        return AlertRaised(
            rule=self.rule,
            party=Party.AGENT,
            about=about,
            evidence=(Evidence(feature="talk_share", value=percent, unit="%"),),
            values={"percent": percent, "window_s": round(seconds(about.length))},
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
