"""Calls of the past, written into an event log as the product writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from monitor.core.events import (
    Alert,
    AlertCleared,
    CallEnded,
    CallStarted,
    Cue,
    CueCleared,
    Event,
    InterruptionHeard,
    PartyName,
    SeverityName,
    Stretch,
    Temper,
    Text,
    TurnEnded,
    WordItem,
    WordsCommitted,
)
from monitor.store.log import EventLog


@dataclass
class MadeCall:
    """One call. `lines` are what was said, a second each word; the rest is as its name says."""

    call_id: str
    agent: str = "8012"
    started_at: str = "2026-03-02T09:00:00.000Z"
    lines: Sequence[tuple[PartyName, str]] = ()
    alerts: Sequence[tuple[str, SeverityName]] = ()
    cues: Sequence[Literal["done", "ignored", "replaced"]] = ()
    interruptions: Sequence[PartyName] = ()
    heat: Sequence[float] = ()
    reason: Literal["completed", "cut_off", "failed"] = "completed"
    duration_s: float = 600.0
    talk_s: dict[PartyName, float] = field(default_factory=lambda: {"agent": 200.0, "caller": 300.0})
    rate_syl_s: float | None = 5.0
    _seq: int = 0

    def events(self, *, is_over: bool = True) -> list[Event]:
        """In order, numbered."""
        told: list[Event] = [
            CallStarted(
                **self._next(0.0),
                started_at=self.started_at,
                source="stream",
                title="",
                agent=self.agent,
                duration_s=None,
                has_words=True,
            )
        ]
        at_s = 1.0
        for number, (party, text) in enumerate(self.lines):
            told.append(self._words(party, number, text, at_s))
            told.append(
                TurnEnded(
                    **self._next(at_s + 9),
                    party=party,
                    start_s=at_s,
                    end_s=at_s + 9,
                    text=text,
                    rate_syl_s=self.rate_syl_s,
                    f0_median_st=0.0,
                    level_db=0.0,
                    words_per_min=None,
                )
            )
            at_s += 10
        told += [
            Temper(**self._next(at_s), party="caller", score=score, state="raised", evidence=[])
            for score in self.heat
        ]
        told += [
            InterruptionHeard(
                **self._next(at_s),
                by=by,
                of="caller" if by == "agent" else "agent",
                start_s=at_s,
                end_s=at_s + 1,
                yielded=True,
            )
            for by in self.interruptions
        ]
        for number, (rule, severity) in enumerate(self.alerts):
            told += self._alert(f"a{number}", rule, severity, at_s)
        for number, outcome in enumerate(self.cues):
            told += self._cue(f"c{number}", outcome, at_s)
        return [*told, self.ended()] if is_over else told

    def ended(self) -> Event:
        """The call's end."""
        return CallEnded(
            **self._next(self.duration_s),
            reason=self.reason,
            duration_s=self.duration_s,
            talk_s=self.talk_s,
            overlap_s=4.0,
            alerts={},
            interruptions={},
        )

    def _next(self, t_s: float) -> dict[str, Any]:
        self._seq += 1
        return {"call_id": self.call_id, "seq": self._seq, "t_s": t_s}

    def _words(self, party: PartyName, number: int, text: str, at_s: float) -> Event:
        parts = [" " + part for part in text.split()] if " " in text else list(text)
        words = [
            WordItem(start_s=at_s + place, end_s=at_s + place + 0.9, text=part, probability=0.9)
            for place, part in enumerate(parts)
        ]
        return WordsCommitted(
            **self._next(at_s + 8),
            party=party,
            utterance=number,
            start_s=at_s,
            end_s=at_s + 8,
            text=text,
            language="en" if " " in text else "zh",
            words=words,
        )

    def _alert(self, alert_id: str, rule: str, severity: SeverityName, at_s: float) -> list[Event]:
        return [
            Alert(
                **self._next(at_s),
                id=alert_id,
                rule=rule,
                title=Text(f"规则{rule}", f"Rule {rule}"),
                severity=severity,
                party="agent",
                about=Stretch(start_s=at_s, end_s=at_s + 1),
                raised_at_s=at_s,
                because=Text("因为", "because"),
                evidence=[],
            ),
            AlertCleared(**self._next(at_s), id=alert_id, rule=rule, cleared_at_s=at_s, reason="ended"),
        ]

    def _cue(self, cue_id: str, outcome: str, at_s: float) -> list[Event]:
        is_replaced = outcome == "replaced"
        return [
            Cue(
                **self._next(at_s),
                id=cue_id,
                rule="r",
                severity="low",
                text=Text("请", "please"),
                say=None,
                raised_at_s=at_s,
                clears_when=Text("", ""),
            ),
            CueCleared(
                **self._next(at_s),
                id=cue_id,
                rule="r",
                cleared_at_s=at_s,
                reason="replaced" if is_replaced else "done" if outcome == "done" else "expired",
                outcome="" if is_replaced else outcome,  # type: ignore[arg-type]
            ),
        ]


def hold(log: EventLog, *calls: MadeCall) -> None:
    """Writes calls into the log."""
    for call in calls:
        log.append(call.call_id, call.events())
    assert log.flush()
