"""Tries a draft on calls that are over, in a process of its own: live calls lose nothing by it."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

import msgspec

from monitor.config import Settings
from monitor.core.events import Alert
from monitor.core.playbook.source import digest, parse_book
from monitor.core.settings import CoreSettings
from monitor.errors import TingyinError, TuningError
from monitor.store.facts import facts_path
from monitor.whatif import Change, Side, open_call, what_if

CALLS_MAX = 20
"""Calls of one trial, the latest ones."""
ALERTS_MAX = 200
"""Alerts that come or go that are listed; the counts are of all."""
TIME_MAX_S = 300.0
"""A trial that takes longer tells what it has seen so far: `calls_done` is then less than `calls`. The clock
is looked at once for each minute of a call."""
_NICE = 15


@dataclass(frozen=True, slots=True)
class TrialRequest:
    """What is tried: two playbooks as their files, two sets of thresholds, and the calls. `before_core` None
    takes each call's own."""

    calls: tuple[str, ...]
    store: Path
    before: tuple[tuple[str, str], ...]
    before_core: CoreSettings
    after: tuple[tuple[str, str], ...]
    after_core: CoreSettings


class MovedAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that comes or goes, with where to listen: `at_s` into the call."""

    call_id: str
    call_title: str
    comes: bool
    rule: str
    title: dict[str, str]
    because: dict[str, str]
    severity: str
    at_s: float


class RuleRate(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's alerts before and after, in all calls of the trial."""

    rule: str
    title: dict[str, str]
    before: int
    after: int


class Trial(msgspec.Struct, kw_only=True):
    """How far a trial is, and what it found so far. Rates are made by `hours`."""

    id: str
    status: Literal["running", "done", "cancelled", "failed"] = "running"
    progress: float = 0.0
    """0 to 1."""
    calls: int = 0
    calls_done: int = 0
    calls_left_out: int = 0
    """Calls that cannot be judged again."""
    hours: float = 0.0
    alerts_before: int = 0
    alerts_after: int = 0
    cues_before: int = 0
    cues_after: int = 0
    rules: list[RuleRate] = []
    moved: list[MovedAlert] = []
    moved_count: int = 0
    error: str = ""


@dataclass(slots=True)
class _Sums:
    """What the calls of a trial add up to."""

    trial: Trial
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    titles: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, change: Change) -> None:
        """One call more."""
        trial = self.trial
        trial.hours += change.duration_s / 3600
        trial.cues_before += change.cues_before
        trial.cues_after += change.cues_after
        trial.moved_count += len(change.came) + len(change.went)
        for alert in (*change.went, *change.stayed):
            self.before[alert.rule] += 1
        for alert in (*change.came, *change.stayed):
            self.after[alert.rule] += 1
        moved = [*((True, alert) for alert in change.came), *((False, alert) for alert in change.went)]
        for comes, alert in sorted(moved, key=lambda one: one[1].raised_at_s):
            self.titles[alert.rule] = {"zh": alert.title.zh, "en": alert.title.en}
            if len(trial.moved) < ALERTS_MAX:
                trial.moved.append(_moved(change, alert, comes=comes))
        trial.alerts_before, trial.alerts_after = self.before.total(), self.after.total()
        trial.rules = [
            RuleRate(rule=rule, title=self.titles[rule], before=self.before[rule], after=self.after[rule])
            for rule in sorted(self.titles, key=lambda rule: -abs(self.after[rule] - self.before[rule]))
        ]


class _OutOfTimeError(Exception):
    """The trial has taken its time; the call that it is in is not counted."""


def _moved(change: Change, alert: Alert, *, comes: bool) -> MovedAlert:
    return MovedAlert(
        call_id=change.call.call_id,
        call_title=change.call.title,
        comes=comes,
        rule=alert.rule,
        title={"zh": alert.title.zh, "en": alert.title.en},
        because={"zh": alert.because.zh, "en": alert.because.en},
        severity=alert.severity,
        at_s=max(0.0, round(alert.about.start_s - 2.0, 1)),
    )


def run_trial(request: TrialRequest, tell: Connection) -> None:
    """The process's work: tells its `Trial`, as JSON, at every step."""
    os.nice(_NICE)
    trial = Trial(id="", calls=len(request.calls))
    sums = _Sums(trial)
    try:
        settings = Settings(store={"folder": request.store})
        book = parse_book(request.before)
        before = Side(book, request.before_core, digest(request.before))
        same = request.before == request.after
        after = Side(book if same else parse_book(request.after), request.after_core)
        until = time.monotonic() + TIME_MAX_S
        gc.freeze()  # the books stay: going through them again and again is a tenth of the work

        def look_at_the_clock(_at_s: float) -> None:
            if time.monotonic() > until:
                raise _OutOfTimeError

        for name in request.calls:
            try:
                call = open_call(str(facts_path(request.store, name)), settings)
                sums.add(what_if(call, before, after, look_at_the_clock))
            except TingyinError:
                trial.calls_left_out += 1
            except _OutOfTimeError:
                break
            trial.calls_done += 1
            trial.progress = trial.calls_done / trial.calls
            tell.send_bytes(msgspec.json.encode(trial))
        trial.status = "done"
    except TingyinError as error:
        trial.status, trial.error = "failed", error.code
    tell.send_bytes(msgspec.json.encode(trial))


class Trials:
    """At most one trial at a time; the last one's result is kept until the next begins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._trial: Trial | None = None
        self._owner = ""
        self._process: Any = None

    def begin(self, request: TrialRequest, owner: str) -> Trial:
        """Begins a trial, which its owner alone may look at: it shows what they may see.

        Raises:
            TuningError: tuning.busy, tuning.no_calls.
        """
        if not request.calls:
            raise TuningError("tuning.no_calls")
        with self._lock:
            if self._trial is not None and self._trial.status == "running":
                raise TuningError("tuning.busy")
            self._count += 1
            self._owner = owner
            trial = self._trial = Trial(id=str(self._count), calls=len(request.calls))
            context = get_context("spawn")  # no copy of what the server holds, its locks and threads
            mine, theirs = context.Pipe(duplex=False)
            process = context.Process(target=run_trial, args=(request, theirs), daemon=True, name="trial")
            process.start()
            theirs.close()
            self._process = process
        threading.Thread(
            target=self._follow, args=(trial.id, mine, process), name="trial", daemon=True
        ).start()
        return trial

    def get(self, id_: str, owner: str) -> Trial:
        """The trial as it stands.

        Raises:
            TuningError: tuning.unknown_trial.
        """
        with self._lock:
            if self._trial is None or self._trial.id != id_ or self._owner != owner:
                raise TuningError("tuning.unknown_trial")
            return self._trial

    def cancel(self, id_: str, owner: str) -> Trial:
        """Ends the trial; what it has found so far stays.

        Raises:
            TuningError: tuning.unknown_trial.
        """
        self.get(id_, owner)
        with self._lock:
            assert self._trial is not None
            if self._trial.status == "running":
                self._trial = msgspec.structs.replace(self._trial, status="cancelled")
                self._process.terminate()
            return self._trial

    def close(self) -> None:
        """Ends what runs."""
        with self._lock:
            if self._process is not None and self._process.is_alive():
                self._process.terminate()
                self._process.join(5.0)

    def _follow(self, id_: str, told: Connection, process: Any) -> None:
        """Takes what the process tells, until it ends."""
        try:
            while True:
                trial = msgspec.json.decode(told.recv_bytes(), type=Trial)
                self._take(id_, trial)
        except (EOFError, OSError, msgspec.DecodeError):
            pass
        process.join()
        with self._lock:
            known = self._trial
            if known is not None and known.id == id_ and known.status == "running":
                self._trial = msgspec.structs.replace(known, status="failed", error="tuning.trial_failed")

    def _take(self, id_: str, trial: Trial) -> None:
        with self._lock:
            if self._trial is not None and self._trial.id == id_ and self._trial.status == "running":
                trial.id = id_
                self._trial = trial
