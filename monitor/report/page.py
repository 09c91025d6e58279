"""The page: the template filled with a call's facts, its style and script inside it.

Words that a party said are text wherever they stand: the template escapes everything, and the page's
content security policy runs no script but its own, which it names by its hash.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from monitor.core.events import AnyEvent
from monitor.report import charts
from monitor.report.facts import PARTIES, CallFacts, Utterance, gather
from monitor.report.scorecard import scorecard, total
from monitor.report.story import SLOTS, passed_s, phases, risk_peak, seen_by, stood_out, timeline
from monitor.report.wording import CLEAR_REASONS, WORDS, notice_rows, summary
from monitor.store.records import MessageToAgent


def build_report(told: Iterable[AnyEvent], messages: Sequence[MessageToAgent] = ()) -> str:
    """One call's report as a self-contained HTML page.

    `told` are the call's events in order, `messages` what supervisors wrote to its agent. Without `Prosody`
    the charts stay empty, without `CallEnded` the figures are those up to the last event. Equal events and
    messages give equal text.
    """
    told = list(told)
    facts = gather(told, messages)
    topics = scorecard(facts)
    environment = _environment()
    css, js = _asset("report.css"), _asset("report.js")
    return environment.get_template("report.html.j2").render(
        f=facts,
        title=facts.started.title if facts.started is not None else (told[0].call_id if told else ""),
        call_id=told[0].call_id if told else "",
        is_chinese=facts.is_chinese or not facts.languages,
        words=WORDS,
        reasons=CLEAR_REASONS,
        strips=charts.strips(facts),
        g=charts,
        clock=charts.clock,
        passed_s=passed_s,
        seen_by=seen_by,
        number=_number,
        share=_share(facts),
        by_agent=facts.interruptions_by("agent"),
        by_caller=facts.interruptions_by("caller"),
        over=_overlapped(facts),
        summary=summary(facts),
        notices=notice_rows(facts),
        types=stood_out(facts, "types"),
        needs=stood_out(facts, "needs"),
        phases=phases(facts),
        risk_peak=risk_peak(facts),
        slots={slot.slot: slot for slot in facts.reading.slots} if facts.reading is not None else {},
        slot_names=SLOTS,
        topics=topics,
        total=total(topics),
        timeline=timeline(facts),
        css=css,
        js=js,
        css_hash=_hash(css),
        js_hash=_hash(js),
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("monitor", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _asset(name: str) -> Markup:
    """A file of ours that goes into the page as it is."""
    source = _environment().loader
    assert source is not None
    return Markup(source.get_source(_environment(), name)[0])


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _share(facts: CallFacts) -> dict[str, Any]:
    """Each party's part of the talk in whole percent; they add up to 100, or are both 0."""
    talk_s = facts.talk_s
    total = sum(talk_s.values())
    if total <= 0:
        return dict.fromkeys(PARTIES, 0)
    agent = round(100 * talk_s["agent"] / total)
    return {"agent": agent, "caller": 100 - agent}


def _overlapped(facts: CallFacts) -> list[Utterance]:
    """The utterances that began as an interruption."""
    return [
        u
        for u in facts.utterances
        if any(i.by == u.party and u.start_s - 0.5 <= i.start_s < u.end_s for i in facts.interruptions)
    ]
