"""What the readings of a call add up to: its phases, what stood out when, and what happened in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from monitor.core import events
from monitor.core.events import PartyName, Text
from monitor.report.facts import CallFacts
from monitor.store.records import MessageToAgent

SLOTS: tuple[events.SlotName, ...] = get_args(events.SlotName)
SHOWN_FROM = 0.3
"""A score that never rose above this said nothing of the caller."""
PROOFS_MAX = 8
"""Reasons listed of one score: the first ones, which are those that made it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseSpan:
    """A stretch of the call in one phase."""

    phase: events.PhaseName
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StoodOut:
    """A type or need at its highest, with all reasons that were told."""

    leaning: events.Leaning
    at_s: float
    proofs: tuple[events.ReadingProof, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of the timeline."""

    at_s: float
    kind: Literal["phase", "alert", "cue", "promise", "offer", "cut_in", "finding", "message"]
    party: PartyName | None
    text: Text


def phases(facts: CallFacts) -> list[PhaseSpan]:
    """The call's phases in order, from its beginning to its end; a call may come back to one."""
    if not facts.readings:
        return []
    changes: list[tuple[events.PhaseName, float]] = [("opening", 0.0)]
    for reading in facts.readings:
        if reading.phase != changes[-1][0]:
            changes.append((reading.phase, max(changes[-1][1], reading.phase_since_s)))
    ends = [start for _, start in changes[1:]] + [max(facts.duration_s, changes[-1][1])]
    return [
        PhaseSpan(phase=phase, start_s=start, end_s=end)
        for (phase, start), end in zip(changes, ends, strict=True)
        if end > start
    ]


def stood_out(facts: CallFacts, which: Literal["types", "needs"]) -> list[StoodOut]:
    """The types, or the needs, that showed at all in this call, the strongest first."""
    best: dict[str, tuple[events.Leaning, float]] = {}
    proofs: dict[str, dict[tuple[str, str], events.ReadingProof]] = {}
    for reading in facts.readings:
        for leaning in reading.types if which == "types" else reading.needs:
            if leaning.name not in best or leaning.score > best[leaning.name][0].score:
                best[leaning.name] = (leaning, reading.t_s)
            known = proofs.setdefault(leaning.name, {})
            for proof in leaning.proofs:
                known.setdefault(_key(proof), proof)
    found = [
        StoodOut(
            leaning=leaning,
            at_s=at_s,
            proofs=tuple(sorted(proofs[name].values(), key=lambda proof: proof.at_s)[:PROOFS_MAX]),
        )
        for name, (leaning, at_s) in best.items()
        if leaning.score >= SHOWN_FROM
    ]
    return sorted(found, key=lambda one: (-one.leaning.score, one.leaning.name))


def named_by(facts: CallFacts) -> list[events.Leaning]:
    """The strongest type and the strongest need, where they were named at their highest."""
    strongest = [*stood_out(facts, "types")[:1], *stood_out(facts, "needs")[:1]]
    return [one.leaning for one in strongest if one.leaning.is_named]


def risk_peak(facts: CallFacts) -> events.Reading | None:
    """The reading at which the risk of escalation was highest; None where there was never any."""
    highest = max(facts.readings, key=lambda reading: reading.risk, default=None)
    return highest if highest is not None and highest.risks else None


def timeline(facts: CallFacts) -> list[Happening]:
    """What happened, in order, each with its second."""
    rows = [
        Happening(at_s=span.start_s, kind="phase", party=None, text=PHASE_BEGINS[span.phase])
        for span in phases(facts)
    ]
    rows.extend(
        Happening(at_s=story.alert.raised_at_s, kind="alert", party=story.alert.party, text=story.alert.title)
        for story in facts.alerts
    )
    rows.extend(
        Happening(at_s=story.cue.raised_at_s, kind="cue", party="agent", text=story.cue.text)
        for story in facts.cues
    )
    rows.extend(
        Happening(at_s=cut.start_s, kind="cut_in", party=cut.by, text=_CUTS_IN[cut.by])
        for cut in facts.interruptions
    )
    rows.extend(
        Happening(at_s=found.about.start_s, kind="finding", party=found.party, text=found.title)
        for found in facts.findings
    )
    rows.extend(
        Happening(
            at_s=message.t_s,
            kind="message",
            party=None,
            text=Text(zh=f"给坐席的消息：{message.text.zh}", en=f"message to the agent: {message.text.en}"),
        )
        for message in facts.messages
    )
    if facts.reading is not None:
        rows.extend(
            Happening(at_s=made.at_s, kind="promise", party="agent", text=Text(zh=made.what, en=made.what))
            for made in facts.reading.promises
        )
        rows.extend(
            Happening(at_s=made.at_s, kind="offer", party="agent", text=Text(zh=made.what, en=made.what))
            for made in facts.reading.concessions
        )
    return sorted(rows, key=lambda row: row.at_s)


def seen_by(message: MessageToAgent) -> str:
    """How far a message came, as a word of `WORDS`."""
    if message.seen_at is not None:
        return "seen"
    return "not_shown" if message.shown_at is None else "shown_only"


def passed_s(message: MessageToAgent) -> float | None:
    """How long after it was sent a message was seen, or else shown; None where it was neither."""
    until = message.seen_at or message.shown_at
    if until is None:
        return None
    sent, then = (datetime.fromisoformat(at.replace("Z", "+00:00")) for at in (message.at, until))
    return max(0.0, (then - sent).total_seconds())


PHASE_BEGINS: dict[events.PhaseName, Text] = {
    "opening": Text(zh="开场", en="opening"),
    "first_account": Text(zh="客户开始陈述", en="the caller begins to tell the matter"),
    "comfort": Text(zh="进入安抚", en="on to comfort"),
    "fact_finding": Text(zh="开始问清情况", en="on to finding out"),
    "handling": Text(zh="开始处理", en="on to handling"),
    "closing": Text(zh="进入收尾", en="on to closing"),
}
_CUTS_IN: dict[PartyName, Text] = {
    "agent": Text(zh="坐席打断客户", en="the agent cut in"),
    "caller": Text(zh="客户打断坐席", en="the caller cut in"),
}


def _key(proof: events.ReadingProof) -> tuple[str, str]:
    """Proofs are the same if their words are; of heat, which is told anew each time, one is enough."""
    text = "".join(character for character in proof.text.en if not character.isdigit())
    return (text, "" if text.startswith("temper at") else f"{proof.at_s:.1f}")
