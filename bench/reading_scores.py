"""What is read of a call against what a careful reader noted: type, need, phases, slots, ledgers, threats."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.labelled import PHASES
from bench.scoring import Share, share_of
from bench.staging import Stage
from monitor.core.events import Event, Leaning, Reading

_NEAR_S = 8.0
"""A promise, an offer or a threat is noted while it is said or soon after."""
_RISKS = {
    "leader": {"leader"},
    "regulator": {"regulator"},
    "media": {"media"},
    "consumer body": {"consumer_body"},
    "recording": {"media"},
}
"""The labels' words for threats, as kinds of risk. Violence is an alert's matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCall:
    """One call's readings."""

    stage: Stage
    readings: tuple[Reading, ...]

    @property
    def type(self) -> str:
        """The caller type that was named with the highest score, or none."""
        return _highest(reading.types for reading in self.readings)

    @property
    def need(self) -> str:
        """The need that was named with the highest score, or none."""
        return _highest(reading.needs for reading in self.readings)

    def phase_start_s(self, phase: str) -> float | None:
        """When a phase was first read to have begun."""
        return next((r.phase_since_s for r in self.readings if r.phase == phase), None)


def read_call(stage: Stage, events: Iterable[Event]) -> ReadCall:
    """The readings among a call's events."""
    return ReadCall(stage=stage, readings=tuple(e for e in events if isinstance(e, Reading)))


def _highest(rows: Iterable[Sequence[Leaning]]) -> str:
    best: dict[str, float] = {}
    for row in rows:
        for leaning in row:
            if leaning.is_named:
                best[leaning.name] = max(leaning.score, best.get(leaning.name, 0.0))
    return max(best, key=lambda name: best[name]) if best else "none"


def show_reading(title: str, calls: Sequence[ReadCall]) -> None:
    """Prints all figures about the reading."""
    print(f"\nreading of the call, {title}:")
    for what in ("type", "need"):
        label = "caller_type" if what == "type" else "need"
        truths = [getattr(call.stage.conversation, label) for call in calls]
        read = [getattr(call, what) for call in calls]
        right = share_of([(int(a == b), 1) for a, b in zip(truths, read, strict=True)])
        mistaken = Counter((a, b) for a, b in zip(truths, read, strict=True) if a != b)
        print(f"  {what} right                     {right}")
        print("    mistaken: " + ", ".join(f"{a} as {b} {n}" for (a, b), n in mistaken.most_common(8)))
    _show_phases(calls)
    recall, precision = _slots(calls)
    print(f"  slots: recall                  {recall}")
    print(f"  slots: precision               {precision}")
    for what in ("promise", "concession"):
        found, right = _ledger(calls, what)
        print(f"  {what}s: recall              {found}")
        print(f"  {what}s: precision           {right}")
    print(f"  promises: a time where one was given, and none where none was   {_due(calls)}")
    print(f"  threats that the risk names    {_threats(calls)}")
    off = [_apologies(call) for call in calls]
    print(
        f"  apologies: off by a call       {statistics.mean(abs(error) for error in off):.2f}, bias "
        f"{statistics.mean(off):+.2f}"
    )


def _show_phases(calls: Sequence[ReadCall]) -> None:
    for phase in PHASES[1:]:
        errors: list[float] = []
        missed = 0
        for call in calls:
            start = next((turn.start_s for turn in call.stage.turns if turn.phase == phase), None)
            if start is None:
                continue
            read_s = call.phase_start_s(phase)
            if read_s is None:
                missed += 1
            else:
                errors.append(read_s - start)
        if not errors:
            print(f"  phase {phase:13} read in none of {missed}")
            continue
        off = sorted(abs(error) for error in errors)
        p90_s = off[int(0.9 * (len(off) - 1))]
        print(
            f"  phase {phase:13} read in {len(errors)} of {len(errors) + missed}; off by median "
            f"{statistics.median(off):.1f} s, p90 {p90_s:.1f} s, bias {statistics.median(errors):+.1f} s"
        )


def _slots(calls: Sequence[ReadCall]) -> tuple[Share, Share]:
    found: list[tuple[int, int]] = []
    right: list[tuple[int, int]] = []
    for call in calls:
        truth = {slot for turn in call.stage.turns for slot in turn.slots}
        last = call.readings[-1].slots if call.readings else []
        read = {slot.slot for slot in last} - {"order_number"}
        found.append((len(truth & read), len(truth)))
        right.append((len(truth & read), len(read)))
    return share_of(found), share_of(right)


def _ledger(calls: Sequence[ReadCall], what: str) -> tuple[Share, Share]:
    found: list[tuple[int, int]] = []
    right: list[tuple[int, int]] = []
    for call in calls:
        turns = [turn for turn in call.stage.turns if getattr(turn, what)]
        last = call.readings[-1] if call.readings else None
        times = [entry.at_s for entry in getattr(last, f"{what}s", [])]
        spans = [(turn.start_s - 0.5, turn.end_s + _NEAR_S) for turn in turns]
        found.append((sum(any(a <= t <= b for t in times) for a, b in spans), len(spans)))
        right.append((sum(any(a <= t <= b for a, b in spans) for t in times), len(times)))
    return share_of(found), share_of(right)


def _due(calls: Sequence[ReadCall]) -> Share:
    """Of promises that were found: whether a time was read exactly where the label has one."""
    counts: list[tuple[int, int]] = []
    for call in calls:
        right = every = 0
        last = call.readings[-1].promises if call.readings else []
        for turn in call.stage.turns:
            here = [entry for entry in last if turn.start_s - 0.5 <= entry.at_s <= turn.end_s + _NEAR_S]
            if turn.promise and here:
                every += 1
                right += bool(turn.by) == any(entry.due for entry in here)
        counts.append((right, every))
    return share_of(counts)


def _threats(calls: Sequence[ReadCall]) -> Share:
    counts: list[tuple[int, int]] = []
    for call in calls:
        truth = {
            kind
            for turn in call.stage.turns
            for threat in turn.threat.split(", ")
            for kind in _RISKS.get(threat, ())
        }
        read = {risk.kind for reading in call.readings for risk in reading.risks}
        counts.append((len(truth & read), len(truth)))
    return share_of(counts)


def _apologies(call: ReadCall) -> int:
    truth = sum(turn.apologies for turn in call.stage.turns)
    counts = call.readings[-1].counts if call.readings else []
    return next((count.total for count in counts if count.what == "apology"), 0) - truth
