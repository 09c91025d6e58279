"""The wall: what the events of all calls so far add up to, one summary a call. A pure fold."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Collection, Sequence
from typing import Literal

from monitor.core.events import (
    Alert,
    AlertCleared,
    AudioLost,
    CallEnded,
    CallStarted,
    EngineLagging,
    Event,
    InterruptionHeard,
    Notice,
    Speaking,
    Temper,
)
from monitor.publish.protocol import (
    CallState,
    CallSummary,
    OpenAlert,
    PartyCounts,
    PartyFlags,
    PartySpeech,
)

HEAT_WINDOW_S = 300.0
"""The wall shows the caller's heat over the last minutes: five are enough to see where a call is going."""

HEAT_STEP_S = 0.5
"""Readings come every half second; of those that share a step the last is kept: a snapshot stays bounded."""

SPEECH_MAX = 200
"""Stretches of speech kept of a party: more than anybody begins in five minutes."""

ENDED_KEPT = 20
"""Calls that stay on the wall after their end, the latest ones: a page that is opened then finds them."""

NOTICES_MAX = 32
"""Different notices kept of one call."""


class WallCall:
    """One call's fold. Feed it the events of the call in order; `summary` is what they add up to."""

    def __init__(self, started: CallStarted) -> None:
        self._started = started
        self._state: CallState = "live"
        self._t_s = started.t_s
        self._duration_s = started.duration_s
        self._speaking = {"agent": False, "caller": False}
        self._speech: dict[str, deque[tuple[float, float | None]]] = {
            party: deque(maxlen=SPEECH_MAX) for party in ("agent", "caller")
        }
        self._interruptions = {"agent": 0, "caller": 0}
        self._heat: deque[tuple[float, float]] = deque()
        self._score: float | None = None
        self._temper_state: Literal["calm", "raised", "hot"] = "calm"
        self._alerts: dict[str, OpenAlert] = {}
        self._notices: list[str] = []
        self._is_lagging = False

    @property
    def is_live(self) -> bool:
        """True until the call's last event."""
        return self._state == "live"

    def apply(self, event: Event) -> None:
        """Takes the call's next event."""
        self._t_s = max(self._t_s, event.t_s)
        match event:
            case Speaking():
                self._on_speaking(event)
            case Temper():
                self._on_temper(event)
            case Alert():
                self._alerts[event.id] = OpenAlert(
                    id=event.id,
                    rule=event.rule,
                    title=event.title,
                    severity=event.severity,
                    party=event.party,
                    raised_at_s=event.raised_at_s,
                    because=event.because,
                )
            case AlertCleared():
                self._alerts.pop(event.id, None)
            case InterruptionHeard():
                self._interruptions[event.by] += 1
            case EngineLagging():
                self._is_lagging = event.is_lagging
            case Notice():
                self._note(event.code)
            case AudioLost():
                self._note("audio_lost")
            case CallEnded():
                self._on_end(event)
            case _:
                pass

    @property
    def agent(self) -> str:
        """Whose call it is."""
        return self._started.agent

    def summary(self) -> CallSummary:
        """The call as the wall shows it."""
        started = self._started
        return CallSummary(
            call_id=started.call_id,
            title=started.title,
            agent=started.agent,
            source=started.source,
            started_at=started.started_at,
            state=self._state,
            t_s=self._t_s,
            duration_s=self._duration_s,
            speaking=PartyFlags(**self._speaking),
            speech=PartySpeech(**{party: list(stretches) for party, stretches in self._speech.items()}),
            score=self._score,
            temper_state=self._temper_state,
            heat=list(self._heat),
            open_alerts=list(self._alerts.values()),
            has_words=started.has_words,
            is_lagging=self._is_lagging,
            notices=list(self._notices),
            interruptions=PartyCounts(**self._interruptions),
        )

    def _on_speaking(self, event: Speaking) -> None:
        self._speaking[event.party] = event.is_speaking
        stretches = self._speech[event.party]
        if stretches and stretches[-1][1] is None:
            stretches.pop()
        end_s = None if event.is_speaking else event.t_s if event.end_s is None else event.end_s
        stretches.append((event.start_s, end_s))
        # The oldest has ended long ago where a later one follows, so that its end is known.
        while (stretches[0][1] or event.t_s) < event.t_s - HEAT_WINDOW_S:
            stretches.popleft()

    def _on_temper(self, event: Temper) -> None:
        self._score, self._temper_state = event.score, event.state
        if self._heat and event.t_s // HEAT_STEP_S == self._heat[-1][0] // HEAT_STEP_S:
            self._heat.pop()
        self._heat.append((event.t_s, event.score))
        while self._heat[0][0] < event.t_s - HEAT_WINDOW_S:
            self._heat.popleft()

    def _on_end(self, event: CallEnded) -> None:
        self._state = "ended" if event.reason == "completed" else event.reason
        self._duration_s = event.duration_s
        self._speaking = {"agent": False, "caller": False}
        for stretches in self._speech.values():
            if stretches and stretches[-1][1] is None:
                stretches.append((stretches.pop()[0], self._t_s))
        self._alerts.clear()
        self._is_lagging = False

    def _note(self, code: str) -> None:
        if code not in self._notices and len(self._notices) < NOTICES_MAX:
            self._notices.append(code)


class Wall:
    """All live calls, and the last that ended."""

    def __init__(self) -> None:
        self._calls: OrderedDict[str, WallCall] = OrderedDict()
        self._ended: deque[str] = deque()

    def apply(self, call_id: str, event: Event) -> None:
        """Takes the next event of a call. A call that never started, or has ended, is left out."""
        if isinstance(event, CallStarted):
            if call_id in self._ended:
                self._ended.remove(call_id)
            self._calls[call_id] = WallCall(event)
            return
        call = self._calls.get(call_id)
        if call is None or not call.is_live:
            return
        call.apply(event)
        if not call.is_live:
            self._ended.append(call_id)
            while len(self._ended) > ENDED_KEPT:
                self._calls.pop(self._ended.popleft(), None)

    def apply_all(self, call_id: str, events: Sequence[Event]) -> None:
        """Takes events of a call, in order."""
        for event in events:
            self.apply(call_id, event)

    @property
    def live_count(self) -> int:
        """Calls that have not ended."""
        return len(self._calls) - len(self._ended)

    def __contains__(self, call_id: object) -> bool:
        return call_id in self._calls

    def summary(self, call_id: str) -> CallSummary | None:
        """One call's summary, or None when it is not on the wall."""
        call = self._calls.get(call_id)
        return call.summary() if call else None

    def agent_of(self, call_id: str) -> str | None:
        """Whose call it is, as the telephone system calls the agent; None when it is not on the wall."""
        call = self._calls.get(call_id)
        return call.agent if call else None

    def snapshot(self, agents: Collection[str] | None = None) -> list[CallSummary]:
        """Every call's summary, or those of some agents, the one that started last first."""
        return [
            call.summary()
            for call in reversed(self._calls.values())
            if agents is None or call.agent in agents
        ]
