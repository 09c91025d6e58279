"""What a call adds up to: the counts of its last event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from monitor.core import events
from monitor.core.alerts import CALL_ENDED
from monitor.core.clock import seconds
from monitor.core.inputs import CallEnd


class Tally:
    """Counts a call's events."""

    def __init__(self) -> None:
        self._talk_s: dict[events.PartyName, float] = {"agent": 0.0, "caller": 0.0}
        self._interruptions: dict[events.PartyName, int] = {"agent": 0, "caller": 0}
        self._alerts: dict[events.SeverityName, int] = dict.fromkeys(get_args(events.SeverityName), 0)
        self._overlap_s = 0.0
        self._open: dict[str, events.Alert | events.Cue] = {}
        """Alerts and cues that have not been cleared, by id."""

    def count(self, told: Iterable[events.Event]) -> None:
        """Takes events, each once."""
        for event in told:
            match event:
                case events.Speaking(end_s=float() as end_s):
                    self._talk_s[event.party] += end_s - event.start_s
                case events.OverlapHeard() if event.kind != "echo":
                    self._overlap_s += event.end_s - event.start_s
                case events.InterruptionHeard():
                    self._interruptions[event.by] += 1
                case events.Alert():
                    self._alerts[event.severity] += 1
                    self._open[event.id] = event
                case events.Cue():
                    self._open[event.id] = event
                case events.AlertCleared() | events.CueCleared():
                    self._open.pop(event.id, None)
                case _:
                    pass

    def closings(self, now: int) -> list[events.Event]:
        """The ends of what was told to be open, for a call that ends without its session."""
        at_s = seconds(now)
        return [
            events.AlertCleared(t_s=at_s, id=told.id, rule=told.rule, cleared_at_s=at_s, reason=CALL_ENDED)
            if isinstance(told, events.Alert)
            else events.CueCleared(t_s=at_s, id=told.id, rule=told.rule, cleared_at_s=at_s, reason="ended")
            for told in self._open.values()
        ]

    def ended(self, now: int, end: CallEnd) -> events.CallEnded:
        """The call's last event."""
        return events.CallEnded(
            t_s=seconds(now),
            reason=end.reason,
            code=end.code,
            duration_s=seconds(now),
            talk_s={party: round(talk_s, 2) for party, talk_s in self._talk_s.items()},
            overlap_s=round(self._overlap_s, 2),
            alerts=dict(self._alerts),
            interruptions=dict(self._interruptions),
        )
