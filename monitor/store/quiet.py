"""Which rules show no cue for some hours, because agents keep sending their cues away.

An agent who sends a rule's cues away again and again, over calls, is not shown them for a while; when several
agents do, nobody is. What is not shown is still told to the supervisor and stands in the report. A team lead
sees what is quiet and can have it shown again. Kept in `quiet.json` of the store's folder: the rule, the
agent's label and the time, no words; what is older than the window is forgotten.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from monitor.core.events import CueCleared, Event
from monitor.core.settings import CueSettings
from monitor.errors import StoreError

FILE = "quiet.json"
EVERYBODY = ""
"""Stands for all agents. Agents without a label are not told apart, so that they are not followed."""
_KEPT = 5_000
"""Times that are kept: a thousand agents who send five cues away a day."""
_HOUR_S = 3600.0
_AWAY = ("dismissed", "not_helpful")


class SentAway(msgspec.Struct, frozen=True):
    """An agent sent a rule's cue away; `at_s` in seconds of the epoch."""

    rule: str
    agent: str
    at_s: float


class QuietRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule without cues for now. `agent` is empty where it is so for everybody."""

    rule: str
    agent: str
    times: int
    """How often its cues were sent away within the window."""
    since_s: float
    until_s: float
    """Seconds of the epoch."""


class QuietRules:
    """Counts what agents send away, and says which rules are quiet. Any thread may ask."""

    def __init__(
        self,
        folder: Path | None,
        settings: CueSettings,
        *,
        now: Callable[[], float] = time.time,
        report: Callable[[StoreError], None] = lambda error: None,
    ) -> None:
        """`folder` None keeps nothing over a restart. A file that cannot be read is begun anew."""
        self._path = None if folder is None else folder / FILE
        self._settings, self._now, self._report = settings, now, report
        self._lock = threading.Lock()
        # Cues are sent away on the event loop's thread, on which no call waits for the disk.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="quiet")
        self._away: list[SentAway] = self._read()

    def note(self, agent: str, rule: str) -> None:
        """The agent sent one of the rule's cues away. Never waits."""
        if agent == EVERYBODY:
            return
        with self._lock:
            self._away = [*self._lately(), SentAway(rule, agent, self._now())][-_KEPT:]
        self._writer.submit(self._write)

    def of(self, agent: str) -> tuple[str, ...]:
        """The rules that show this agent no cue now."""
        return tuple(sorted({row.rule for row in self.all() if row.agent in {EVERYBODY, agent}}))

    def all(self) -> list[QuietRule]:
        """What is quiet now, the rules that are so for everybody first."""
        with self._lock:
            away = self._lately()
        by: dict[tuple[str, str], list[float]] = defaultdict(list)
        for one in away:
            by[one.rule, one.agent].append(one.at_s)
        quiet = [self._row(rule, agent, times) for (rule, agent), times in by.items()]
        rows = [row for row in quiet if row is not None]
        for rule in {row.rule for row in rows}:
            of_rule = [row for row in rows if row.rule == rule]
            if len(of_rule) >= self._settings.quiet_agents:
                times = sorted(at_s for (id_, _), all_ in by.items() if id_ == rule for at_s in all_)
                rows.append(
                    QuietRule(
                        rule=rule,
                        agent=EVERYBODY,
                        times=len(times),
                        since_s=max(row.since_s for row in of_rule),
                        until_s=max(row.until_s for row in of_rule),
                    )
                )
        return sorted(rows, key=lambda row: (row.agent != EVERYBODY, row.rule, row.agent))

    def wake(self, rule: str, agents: Collection[str] | None = None) -> bool:
        """Shows the rule's cues again, to some agents or (None) everybody; false where it was not quiet.

        It is on the disk when this returns.
        """
        was_quiet = any(row.rule == rule and (agents is None or row.agent in agents) for row in self.all())
        with self._lock:
            self._away = [
                one
                for one in self._lately()
                if one.rule != rule or (agents is not None and one.agent not in agents)
            ]
        self._writer.submit(self._write).result()
        return was_quiet

    def close(self) -> None:
        """Writes what waits."""
        self._writer.shutdown()

    def _row(self, rule: str, agent: str, times: list[float]) -> QuietRule | None:
        if len(times) < self._settings.quiet_times:
            return None
        until_s = times[-1] + self._settings.quiet_hours * _HOUR_S
        if until_s <= self._now():
            return None
        return QuietRule(rule=rule, agent=agent, times=len(times), since_s=times[-1], until_s=until_s)

    def _lately(self) -> list[SentAway]:
        since_s = self._now() - self._settings.quiet_window_hours * _HOUR_S
        return [one for one in self._away if one.at_s >= since_s]

    def _read(self) -> list[SentAway]:
        if self._path is None:
            return []
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=list[SentAway])
        except (OSError, msgspec.DecodeError):
            return []

    def _write(self) -> None:
        """Puts the file in the place of the last, whole; nobody but its owner may read it."""
        if self._path is None:
            return
        with self._lock:
            content = msgspec.json.encode(self._away)
        new = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            new.unlink(missing_ok=True)
            new.touch(mode=0o600)
            new.write_bytes(content)
            new.replace(self._path)
        except OSError as error:
            with contextlib.suppress(OSError):
                new.unlink(missing_ok=True)
            self._report(StoreError("store.unwritable", path=self._path, reason=error.strerror))


class QuietSink:
    """Takes a call's events and notes what its agent sends away."""

    def __init__(self, quiet: QuietRules, agent: str) -> None:
        self._quiet, self._agent = quiet, agent

    def emit(self, call_id: str, events: Sequence[Event]) -> None:
        """See `monitor.runner.Sink`."""
        for event in events:
            if isinstance(event, CueCleared) and event.outcome in _AWAY:
                self._quiet.note(self._agent, event.rule)
