"""The caller does not let the agent speak."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from monitor.core.audio import Party
from monitor.core.clock import BLOCK_SAMPLES, Span, samples, seconds
from monitor.core.detectors.base import Activity
from monitor.core.facts import (
    AlertEnded,
    AlertRaised,
    Evidence,
    Interruption,
    Judgement,
    Overlap,
    SpeechStarted,
    TimelineEvent,
)
from monitor.core.settings import DetectorSettings

_TURN_GAP = samples(2.0)
"""A caller's silence that offers the floor: what follows is another turn."""

_ATTEMPT_MIN = samples(0.5)
"""A shorter start of the agent's at the same moment as the caller's was no attempt to speak."""

_INTERJECTION_MAX = samples(1.0)
"""Caller's speech alone that does not take the floor back from the agent."""

_ATTEMPTS_MAX = 20


class NotLettingSpeak:
    """Counts the agent's failed attempts: cut off by the caller, or given up while the caller talked on.

    `yields` of them within `yield_window_s` raise the alert; so does a single one in a caller's turn longer
    than `long_turn_s`. A long turn in which the agent did not try to speak is an account that is listened
    to, and no fault of anybody. Nor is one under which the agent has spoken for `let_speak_s` since: people
    who talk behind a caller keep nobody from speaking. The alert clears when the agent has spoken for
    `let_speak_s` without being talked over, or when no attempt has failed for `yield_window_s`.
    """

    rule = "not_letting_speak"

    def __init__(self, settings: DetectorSettings) -> None:
        self._settings = settings
        self._activity = Activity()
        self._attempts: deque[Span] = deque(maxlen=_ATTEMPTS_MAX)
        self._turn_start: int | None = None
        """Where the caller's turn began."""
        self._agent_alone = 0
        """Samples that the agent has spoken alone since the caller last took the floor."""
        self._agent_since = 0
        """Samples that the agent has spoken, alone or not, since the last failed attempt was told."""
        self._caller_alone = 0
        self._is_open = False

    def on_event(self, event: TimelineEvent, now: int) -> Iterable[Judgement]:
        """Takes speech and failed attempts."""
        self._follow_turn(event)
        self._activity.take(event)
        attempt = self._failed_attempt(event)
        if attempt is not None:
            self._attempts.append(attempt)
            self._agent_alone = self._agent_since = 0
            yield from self._judge(now)

    def on_tick(self, now: int) -> Iterable[Judgement]:
        """Measures who speaks alone, and clears the alert."""
        self._measure()
        window = samples(self._settings.yield_window_s)
        while self._attempts and now - self._attempts[0].end > window:
            self._attempts.popleft()
        is_let = self._agent_alone >= samples(self._settings.let_speak_s)
        if is_let:
            self._attempts.clear()
            self._turn_start = None
        if self._is_open and (is_let or not self._attempts):
            self._is_open = False
            yield AlertEnded(rule=self.rule, reason="agent_speaks" if is_let else "ended")
        elif not self._is_open and self._attempts:
            yield from self._judge(now)

    def _follow_turn(self, event: TimelineEvent) -> None:
        if not isinstance(event, SpeechStarted) or event.party is not Party.CALLER:
            return
        last_end = self._activity.last_end(Party.CALLER)
        if self._turn_start is None or last_end is None or event.at - last_end > _TURN_GAP:
            self._turn_start = event.at

    def _failed_attempt(self, event: TimelineEvent) -> Span | None:
        """The span of an attempt that this event shows to have failed."""
        if isinstance(event, Interruption):
            is_cut_off = event.by is Party.CALLER and event.is_yielded
            is_given_up = event.by is Party.AGENT and not event.is_yielded
            return event.span if is_cut_off or is_given_up else None
        if isinstance(event, Overlap) and event.kind == "simultaneous_start":
            agent_stopped = self._activity.is_speaking(Party.CALLER) and not self._activity.is_speaking(
                Party.AGENT
            )
            return event.span if agent_stopped and event.span.length >= _ATTEMPT_MIN else None
        return None

    def _measure(self) -> None:
        agent, caller = (self._activity.is_speaking(party) for party in (Party.AGENT, Party.CALLER))
        if agent:
            self._agent_since += BLOCK_SAMPLES
        if agent and not caller:
            self._agent_alone += BLOCK_SAMPLES
            self._caller_alone = 0
        elif caller and not agent:
            self._caller_alone += BLOCK_SAMPLES
            if self._caller_alone > _INTERJECTION_MAX:
                self._agent_alone = 0

    def _judge(self, now: int) -> Iterator[Judgement]:
        if self._is_open:
            return
        turn = 0
        if self._turn_start is not None and self._activity.is_speaking(Party.CALLER):
            turn = now - self._turn_start
        count = len(self._attempts)
        tried_in_turn = self._turn_start is not None and self._attempts[-1].end > self._turn_start
        is_silenced = tried_in_turn and self._agent_since < samples(self._settings.let_speak_s)
        is_long = turn >= samples(self._settings.long_turn_s) and is_silenced
        if count < self._settings.yields and not is_long:
            return
        self._is_open = True
        turn_s = round(seconds(turn))
        evidence = [Evidence(feature="attempts", value=count, unit="")]
        if is_long:
            evidence.append(Evidence(feature="turn", value=turn_s, unit="s"))
        about = Span(min(self._attempts[0].start, now), now)
        yield AlertRaised(
            rule=self.rule,
            party=Party.CALLER,
            about=about,
            evidence=tuple(evidence),
            values={"count": count, "window_s": round(self._settings.yield_window_s), "turn_s": turn_s},
        )
