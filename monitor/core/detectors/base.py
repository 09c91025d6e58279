"""What every detector is, and what several of them need."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from monitor.core.audio import Party
from monitor.core.clock import samples
from monitor.core.facts import Ipu, Judgement, SpeechStarted, TimelineEvent

_ONE_SIDED = samples(5.0)
"""More speech than a greeting, which nobody may have answered yet."""


class Detector(Protocol):
    """Folds one call's timeline into judgements.

    Owns its state. Never awaits, logs, or reads a clock: `now`, samples of call time, is the only time it
    has. It says `AlertRaised` once when a behaviour begins and `AlertEnded` once when it is over.
    """

    rule: str

    def on_event(self, event: TimelineEvent, now: int) -> Iterable[Judgement]:
        """Takes one fact."""
        ...

    def on_tick(self, now: int) -> Iterable[Judgement]:
        """Time has come to `now`; called every 100 ms after the facts up to then."""
        ...


class Activity:
    """Who speaks now, as far as the speech detector has told."""

    def __init__(self) -> None:
        self._open: dict[Party, int] = {}
        self._last_end: dict[Party, int] = {}
        self._spoken = dict.fromkeys(Party, 0)

    def take(self, event: TimelineEvent) -> None:
        """Follows `SpeechStarted` and `Ipu`; other facts mean nothing here."""
        if isinstance(event, SpeechStarted):
            self._open[event.party] = event.at
        elif isinstance(event, Ipu):
            self._open.pop(event.party, None)
            self._spoken[event.party] += event.span.length
            self._last_end[event.party] = max(event.span.end, self._last_end.get(event.party, 0))

    def is_speaking(self, party: Party) -> bool:
        """True while an IPU of the party is open."""
        return party in self._open

    @property
    def is_anyone_speaking(self) -> bool:
        """True while an IPU of either party is open."""
        return bool(self._open)

    def since(self, party: Party) -> int | None:
        """Where the party's open IPU began."""
        return self._open.get(party)

    def last_end(self, party: Party) -> int | None:
        """Where the party's latest closed IPU ended."""
        return self._last_end.get(party)

    @property
    def is_one_sided(self) -> bool:
        """True where one party has not been heard at all and the other for long: the line may not bring it,
        and its silence says nothing."""
        return any(
            party not in self._open
            and party not in self._last_end
            and self._spoken[party.other] >= _ONE_SIDED
            for party in Party
        )

    @property
    def silent_since(self) -> int | None:
        """Since when nobody speaks; None while somebody does, and before the first word of the call."""
        return None if self._open else max(self._last_end.values(), default=None)


def rounded(value: float, digits: int = 1) -> float:
    """A value as it is shown and sent: rounded, so that equal calls print equal."""
    return round(float(value), digits)
