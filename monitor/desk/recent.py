"""The alerts of live calls and of those that ended lately: a fold over events, with a bound."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from monitor.core.events import Alert, AlertCleared, CallEnded, CallStarted, Event
from monitor.desk.records import DeskAlert
from monitor.store.alert_index import AlertEvent

ALERTS_MAX = 1_000
"""Alerts held, about half a megabyte on the wire: five each of two hundred live calls. Beyond, the oldest
that are over go first."""

KEPT = timedelta(hours=8)
"""Alerts that are over stay for a working day."""

_NEVER = "1970-01-01T00:00:00.000Z"

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Call:
    agent: str
    title: str
    started_at: str


class RecentAlerts:
    """Feed it the events of all calls, each call's in order."""

    def __init__(self, alerts: Iterable[DeskAlert] = ()) -> None:
        """`alerts` are those of before, the oldest first."""
        self._calls: dict[str, _Call] = {}
        self._alerts: OrderedDict[_Key, DeskAlert] = OrderedDict(
            ((alert.call_id, alert.alert_id), alert) for alert in alerts
        )
        self._trim()

    def apply(self, call_id: str, event: Event, now: str) -> list[DeskAlert]:
        """Takes the next event of a call, which came at `now` (RFC 3339); returns the alerts that changed."""
        match event:
            case CallStarted():
                self._calls[call_id] = _Call(event.agent, event.title, event.started_at)
                return []
            case Alert() if call_id in self._calls:
                return [self._raise(call_id, event, now)]
            case AlertCleared():
                return self._put(
                    replace(known, cleared_at_s=event.cleared_at_s) for known in self._of(call_id, event.id)
                )
            case CallEnded():
                self._calls.pop(call_id, None)
                return self._put(replace(known, is_call_over=True) for known in self._of(call_id))
            case _:
                return []

    def get(self, call_id: str, alert_id: str) -> DeskAlert | None:
        """One alert, if it is held."""
        return self._alerts.get((call_id, alert_id))

    def __iter__(self) -> Iterator[DeskAlert]:
        """All, the oldest first."""
        return iter(self._alerts.values())

    def __contains__(self, key: object) -> bool:
        return key in self._alerts

    def forget_old(self, now: str) -> None:
        """Lets go of what was over long before `now`."""
        before = moment(now) - KEPT
        old = [
            key for key, alert in self._alerts.items() if is_over(alert) and moment(alert.raised_at) < before
        ]
        for key in old:
            del self._alerts[key]

    def _raise(self, call_id: str, event: Alert, now: str) -> DeskAlert:
        call = self._calls[call_id]
        alert = desk_alert(
            event, call_id, call.agent, call.title, call.started_at or now, is_dated=bool(call.started_at)
        )
        self._alerts[call_id, event.id] = alert
        self._trim()
        return alert

    def _of(self, call_id: str, alert_id: str | None = None) -> list[DeskAlert]:
        if alert_id is not None:
            known = self._alerts.get((call_id, alert_id))
            return [] if known is None else [known]
        return [alert for alert in self._alerts.values() if alert.call_id == call_id]

    def _put(self, changed: Iterable[DeskAlert]) -> list[DeskAlert]:
        put = list(changed)
        for alert in put:
            self._alerts[alert.call_id, alert.alert_id] = alert
        return put

    def _trim(self) -> None:
        while len(self._alerts) > ALERTS_MAX:
            over = (key for key, alert in self._alerts.items() if is_over(alert))
            del self._alerts[next(over, next(iter(self._alerts)))]


def is_over(alert: DeskAlert) -> bool:
    """Whether the alert has cleared, or its call has ended."""
    return alert.cleared_at_s is not None or alert.is_call_over


def desk_alert(
    event: Alert, call_id: str, agent: str, title: str, started_at: str, *, is_dated: bool = True
) -> DeskAlert:
    """An alert as supervisors see it. Without `is_dated`, `started_at` stands for when it was raised."""
    raised_at = moment(started_at) + timedelta(seconds=event.raised_at_s if is_dated else 0.0)
    return DeskAlert(
        call_id=call_id,
        alert_id=event.id,
        agent=agent,
        call_title=title,
        rule=event.rule,
        title=event.title,
        severity=event.severity,
        party=event.party,
        because=event.because,
        raised_at_s=event.raised_at_s,
        raised_at=text_of(raised_at),
    )


def alerts_of(found: Iterable[AlertEvent]) -> list[DeskAlert]:
    """Alerts from their events in the log, in the order in which they were raised."""
    alerts: dict[_Key, DeskAlert] = {}
    for one in found:
        match one.event:
            case Alert() as event:
                is_dated = bool(one.started_at)
                started_at = one.started_at or one.ended_at or _NEVER
                alert = desk_alert(event, one.call_id, one.agent, one.title, started_at, is_dated=is_dated)
                alerts[one.call_id, event.id] = replace(alert, is_call_over=one.ended_at is not None)
            case AlertCleared() as event if (one.call_id, event.id) in alerts:
                known = alerts[one.call_id, event.id]
                alerts[one.call_id, event.id] = replace(known, cleared_at_s=event.cleared_at_s)
            case _:
                pass
    return list(alerts.values())


def moment(text: str) -> datetime:
    """An RFC 3339 time in UTC as a moment."""
    return datetime.fromisoformat(text)


def text_of(at: datetime) -> str:
    """A moment as RFC 3339 in UTC, to the millisecond: times of one form sort as they follow one another."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
