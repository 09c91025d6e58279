"""What many calls add up to, by day, week or agent: sums, from which pages make rates beside their counts.

Behaviours only: nothing here is about what an agent feels. Two agents are not compared by one number.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Literal

import msgspec

from monitor.core.events import PartyName
from monitor.history.search import History, Question

By = Literal["day", "week", "agent"]

_COLUMNS = (
    "started_s, agent, duration_s, talk_agent_s, talk_caller_s, interruptions_agent, interruptions_caller,"
    " alerts, cues, cues_followed, rate_agent, words_per_min"
)


class Sums(msgspec.Struct, kw_only=True):
    """What the calls of a day, a week or an agent add up to.

    `calls` that last together `hours` had `alerts`; rates follow from them. `rate_syl_s` and `words_per_min`
    are the agent's pace, weighted by the time that the agent talked; null where no call has it.
    """

    key: str
    """The day (`2026-03-01`), the Monday of the week, or the agent."""
    calls: int = 0
    hours: float = 0.0
    talk_s: dict[PartyName, float] = msgspec.field(default_factory=lambda: {"agent": 0.0, "caller": 0.0})
    interruptions: dict[PartyName, int] = msgspec.field(default_factory=lambda: {"agent": 0, "caller": 0})
    alerts: int = 0
    cues: int = 0
    cues_followed: int = 0
    rate_syl_s: float | None = None
    words_per_min: float | None = None


class _Mean:
    """A mean of what is known, each with its weight."""

    def __init__(self) -> None:
        self._sum, self._weight = 0.0, 0.0

    def add(self, value: float | None, weight: float) -> None:
        if value is not None and weight > 0:
            self._sum += value * weight
            self._weight += weight

    @property
    def value(self) -> float | None:
        return round(self._sum / self._weight, 3) if self._weight else None


def trends(history: History, question: Question, by: By, zone: tzinfo = UTC) -> list[Sums]:
    """The sums of the calls that fit, in order; days without a call between others are there, too.

    Raises:
        StoreError: the index cannot be read.
    """
    sums: dict[str, Sums] = {}
    paces: dict[str, tuple[_Mean, _Mean]] = {}
    for row in history.table(question, _COLUMNS):
        key = row[1] if by == "agent" else _day(row[0], by, zone).isoformat()
        found = sums.setdefault(key, Sums(key=key))
        _add(found, row)
        rate, words = paces.setdefault(key, (_Mean(), _Mean()))
        rate.add(row[10], row[3])
        words.add(row[11], row[3])
    for key, (rate, words) in paces.items():
        found = sums[key]
        found.rate_syl_s, found.words_per_min = rate.value, words.value
        found.hours = round(found.hours, 5)
        for party in found.talk_s:
            found.talk_s[party] = round(found.talk_s[party], 2)
    if by != "agent":
        for key in _between(sums, by):
            sums.setdefault(key, Sums(key=key))
    return [sums[key] for key in sorted(sums)]


def _add(sums: Sums, row: tuple[Any, ...]) -> None:
    sums.calls += 1
    sums.hours += row[2] / 3_600
    sums.talk_s["agent"] += row[3]
    sums.talk_s["caller"] += row[4]
    sums.interruptions["agent"] += row[5]
    sums.interruptions["caller"] += row[6]
    sums.alerts += row[7]
    sums.cues += row[8]
    sums.cues_followed += row[9]


def _day(at_s: int, by: By, zone: tzinfo) -> date:
    day = datetime.fromtimestamp(at_s, zone).date()
    return day - timedelta(days=day.weekday()) if by == "week" else day


def _between(keys: Iterable[str], by: By) -> list[str]:
    days = [date.fromisoformat(key) for key in keys]
    if not days:
        return []
    step = timedelta(days=7 if by == "week" else 1)
    count = (max(days) - min(days)) // step
    return [(min(days) + number * step).isoformat() for number in range(count)]
