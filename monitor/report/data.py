"""A call's report as data: JSON of everything in it, and CSV with one line for each thing that happened."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from monitor.core import events
from monitor.core.events import AnyEvent, Text
from monitor.report.facts import PARTIES, CallFacts, gather
from monitor.report.scorecard import Topic, scorecard, total
from monitor.report.story import SLOTS, StoodOut, phases, risk_peak, seen_by, stood_out, timeline
from monitor.report.wording import WORDS, summary
from monitor.store.records import MessageToAgent

COLUMNS = ("kind", "at_s", "end_s", "party", "severity", "rule", "topic", "points", "zh", "en")
"""Of the CSV: `kind` says what a line is; cells that mean nothing for it are empty."""
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""What a spreadsheet takes for a formula at the beginning of a cell."""


def build_json(told: Iterable[AnyEvent], messages: Sequence[MessageToAgent] = ()) -> str:
    """The report as one JSON object, indented, with the same facts as the page. Equal events, equal text."""
    told = list(told)
    facts = gather(told, messages)
    content = _content(facts, told[0].call_id if told else "")
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode() + "\n"


def build_csv(told: Iterable[AnyEvent], messages: Sequence[MessageToAgent] = ()) -> str:
    """The report as a table: the summary, then one line for each thing with its second.

    It begins with a byte order mark, without which spreadsheets misread Chinese, and no cell begins as a
    formula does: words of a call are text.
    """
    facts = gather(told, messages)
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in _rows(facts):
        writer.writerow({name: safe_cell(value) for name, value in row.items()})
    return out.getvalue()


def _content(facts: CallFacts, call_id: str) -> dict[str, Any]:
    started, reading, topics = facts.started, facts.reading, scorecard(facts)
    peak = risk_peak(facts)
    known = {slot.slot: slot for slot in reading.slots} if reading is not None else {}
    return {
        "call_id": call_id,
        "title": started.title if started is not None else "",
        "agent": started.agent if started is not None else "",
        "started_at": started.started_at if started is not None else "",
        "duration_s": facts.duration_s,
        "ended": facts.ended.reason if facts.ended is not None else "unknown",
        "summary": summary(facts),
        "talk_s": facts.talk_s,
        "overlap_s": facts.overlap_s,
        "interruptions": {party: len(facts.interruptions_by(party)) for party in PARTIES},
        "heat": {"peak": facts.peak.score if facts.peak is not None else None, "hot_s": facts.hot_s},
        "phases": phases(facts),
        "types": [_stood_out(one) for one in stood_out(facts, "types")],
        "needs": [_stood_out(one) for one in stood_out(facts, "needs")],
        "risk": {
            "peak": peak.risk if peak is not None else 0.0,
            "peak_at_s": peak.t_s if peak is not None else None,
            "at_the_end": reading.risk if reading is not None else 0.0,
            "reasons": peak.risks if peak is not None else [],
        },
        "is_complaint": reading.is_complaint if reading is not None else False,
        "checklist": [
            {
                "slot": name,
                "title": WORDS[f"slot.{name}"],
                "words": known[name].words if name in known else None,
                "at_s": known[name].at_s if name in known else None,
            }
            for name in SLOTS
        ],
        "promises": reading.promises if reading is not None else [],
        "concessions": reading.concessions if reading is not None else [],
        "counts": reading.counts if reading is not None else [],
        "alerts": [{"alert": story.alert, "cleared": story.cleared} for story in facts.alerts],
        "findings": facts.findings,
        "cues": [{"cue": story.cue, "cleared": story.cleared} for story in facts.cues],
        "messages": facts.messages,
        "scorecard": {"total": total(topics), "topics": [_topic(topic) for topic in topics]},
        "timeline": timeline(facts),
        "transcript": [
            {"party": said.party, "start_s": said.start_s, "end_s": said.end_s, "text": said.text}
            for said in facts.utterances
        ],
    }


def _stood_out(one: StoodOut) -> dict[str, Any]:
    leaning = one.leaning
    return {
        "name": leaning.name,
        "title": leaning.title,
        "peak": leaning.score,
        "peak_at_s": one.at_s,
        "is_named": leaning.is_named,
        "meet": leaning.meet,
        "proofs": one.proofs,
    }


def _topic(topic: Topic) -> dict[str, Any]:
    return {"name": topic.name, "title": topic.title, "score": topic.score, "points": topic.points}


def _rows(facts: CallFacts) -> Iterator[dict[str, Any]]:
    yield _row("summary", 0.0, summary(facts), end_s=facts.duration_s)
    for span in phases(facts):
        yield _row("phase", span.start_s, WORDS[f"phase.{span.phase}"], end_s=span.end_s)
    for kind, found in (("type", stood_out(facts, "types")), ("need", stood_out(facts, "needs"))):
        for one in found:
            yield _row(kind, one.at_s, one.leaning.title, points=round(100 * one.leaning.score))
            for proof in one.proofs:
                yield _row(f"{kind}_proof", proof.at_s, proof.text, party="caller")
    peak = risk_peak(facts)
    if peak is not None:
        yield _row("risk", peak.t_s, WORDS["risk"], points=round(100 * peak.risk))
        for reason in peak.risks:
            for proof in reason.proofs:
                text = Text(
                    zh=f"{reason.title.zh}：{proof.text.zh}", en=f"{reason.title.en}: {proof.text.en}"
                )
                yield _row("risk_proof", proof.at_s, text)
    if facts.reading is not None:
        yield from _books(facts.reading)
    for story in facts.alerts:
        yield _judged("alert", story.alert)
    for found_ in facts.findings:
        yield _judged("finding", found_)
    for told in facts.cues:
        how = WORDS[told.cleared.reason if told.cleared is not None else "until_end"]
        end_s = told.cleared.cleared_at_s if told.cleared is not None else None
        text = Text(zh=f"{told.cue.text.zh}（{how.zh}）", en=f"{told.cue.text.en} ({how.en})")
        yield _row(
            "cue", told.cue.raised_at_s, text, end_s=end_s, party="agent", rule=told.cue.rule,
            severity=told.cue.severity,
        )  # fmt: skip
    for message in facts.messages:
        seen = WORDS[seen_by(message)]
        by, text = message.display, message.text
        yield _row(
            "message",
            message.t_s,
            Text(zh=f"{by}：{text.zh}（{seen.zh}）", en=f"{by}: {text.en} ({seen.en})"),
        )
    for topic in scorecard(facts):
        yield _row("score", None, topic.title, topic=topic.name, points=topic.score)
        for point in topic.points:
            text = Text(
                zh=f"{point.title.zh}：{point.because.zh}", en=f"{point.title.en}: {point.because.en}"
            )
            yield _row("point", point.at_s, text, rule=point.rule, topic=topic.name, points=point.points)
    for said in facts.utterances:
        yield _row("said", said.start_s, Text(zh=said.text, en=said.text), end_s=said.end_s, party=said.party)


def _books(reading: events.Reading) -> Iterator[dict[str, Any]]:
    known = {slot.slot: slot for slot in reading.slots}
    for name in SLOTS:
        slot, title = known.get(name), WORDS[f"slot.{name}"]
        if slot is not None:
            text = Text(zh=f"{title.zh}：{slot.words}", en=f"{title.en}: {slot.words}")
            yield _row("slot", slot.at_s, text, party="caller")
        elif reading.is_complaint:
            missing = WORDS["missing"]
            text = Text(zh=f"{title.zh}：{missing.zh}", en=f"{title.en}: {missing.en}")
            yield _row("slot", None, text)
    for made in reading.promises:
        due, none = made.due, WORDS["no_time"]
        text = Text(zh=f"{made.what}（{due or none.zh}）", en=f"{made.what} ({due or none.en})")
        yield _row("promise", made.at_s, text, party="agent")
    for offer in reading.concessions:
        yield _row("offer", offer.at_s, Text(zh=offer.what, en=offer.what), party="agent")
    for count in reading.counts:
        yield _row("count", None, WORDS[f"count.{count.what}"], party="agent", points=count.total)


def _judged(kind: str, found: events.Alert | events.Finding) -> dict[str, Any]:
    text = Text(zh=f"{found.title.zh}：{found.because.zh}", en=f"{found.title.en}: {found.because.en}")
    return _row(
        kind, found.about.start_s, text, end_s=found.about.end_s, party=found.party, rule=found.rule,
        severity=found.severity, topic=found.topic,
    )  # fmt: skip


def _row(kind: str, at_s: float | None, text: Text, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "at_s": at_s, "zh": text.zh, "en": text.en, **more}


def safe_cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, str):
        plain = value.replace("\x00", "")
        return "'" + plain if plain.startswith(_FORMULA) else plain
    return value
