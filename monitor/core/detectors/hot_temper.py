"""The caller's temper is hot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from monitor.core.audio import Party
from monitor.core.clock import Span, samples, seconds
from monitor.core.detectors.base import rounded
from monitor.core.facts import (
    AlertEnded,
    AlertRaised,
    Evidence,
    Judgement,
    TemperReading,
    TemperState,
    TimelineEvent,
)
from monitor.core.settings import DetectorSettings


class HotTemper:
    """Reads the temper's state, which has its own dwell and hysteresis; never judges an agent.

    The alert clears when the state has not been hot for `hot_clear_s`, or when the caller has not been heard
    for `hot_quiet_s`: a caller who listens that long is no longer in a rage that anybody can hear. Heat that
    comes back within `hot_again_s` was told already, and is told again by what is heard of it after that: an
    alert that only waited for its cool-down would come when it is over.
    """

    rule = "hot_temper"

    def __init__(self, settings: DetectorSettings) -> None:
        self._after = samples(settings.hot_after_s)
        self._clear = samples(settings.hot_clear_s)
        self._quiet = samples(settings.hot_quiet_s)
        self._again = samples(settings.hot_again_s)
        self._told_from = 0
        """Before this, heat is not told again."""
        self._since: int | None = None
        """Since when the temper has been raised or hot."""
        self._hot_since: int | None = None
        self._last_hot = 0
        self._last_heard = 0
        self._is_open = False

    def on_event(self, event: TimelineEvent, now: int) -> Iterable[Judgement]:
        """Only readings of the temper matter."""
        return self._read(event) if isinstance(event, TemperReading) else ()

    def on_tick(self, now: int) -> Iterable[Judgement]:
        """Clears what has cooled down."""
        is_cool = self._hot_since is None and now - self._last_hot >= self._clear
        if self._is_open and (is_cool or now - self._last_heard >= self._quiet):
            self._is_open, self._hot_since, self._since = False, None, None
            self._told_from = now + self._again
            yield AlertEnded(rule=self.rule, reason="calmer" if is_cool else "quiet")

    def _read(self, reading: TemperReading) -> Iterator[Judgement]:
        self._last_heard = reading.at
        if reading.state is TemperState.CALM:
            self._since = None
        elif self._since is None:
            self._since = reading.at
        if reading.state is not TemperState.HOT:
            self._hot_since = None
            return
        self._last_hot = reading.at
        if self._hot_since is None:
            self._hot_since = reading.at
        if self._is_open or reading.at - self._hot_since < self._after:
            return
        if self._told_from and (reading.at < self._told_from or not reading.evidence):
            return  # the state outlasts a pause, but nothing is heard yet that speaks for it
        self._is_open = True
        since = self._since if self._since is not None else reading.at
        percent = round(100 * reading.score)
        yield AlertRaised(
            rule=self.rule,
            party=Party.CALLER,
            about=Span(since, reading.at),
            evidence=(*reading.evidence, Evidence(feature="temper_score", value=percent, unit="%")),
            values={
                "since": _clock(since),
                "score_percent": percent,
                "seconds_s": rounded(seconds(reading.at - since)),
            },
        )


def _clock(at: int) -> str:
    """Call time as people read it, 1:05; true whenever it is read, as "for 0.5 s" is not."""
    minutes, left_s = divmod(int(seconds(at)), 60)
    return f"{minutes}:{left_s:02}"
