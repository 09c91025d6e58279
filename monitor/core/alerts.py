"""Judgements -> alerts: ids, severities, sentences, and when an alert is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from monitor.core.audio import Party
from monitor.core.clock import samples, seconds
from monitor.core.events import Alert, AlertCleared, EvidenceItem, PartyName, Stretch, Text
from monitor.core.evidence import evidence_items, shown
from monitor.core.facts import AlertEnded, AlertRaised, Evidence, Judgement
from monitor.core.playbook.model import Rule, RuleBook, Sentence
from monitor.core.playbook.phrases import PLACEHOLDER

AlertEvent = Alert | AlertCleared

ESCALATED = "escalated"
"""Why an alert ended whose place another one of the same rule takes at once."""

CALL_ENDED = "call_ended"
"""Why an alert ended that was open when the call did."""

MOMENT_OVER = "over"
"""Why a momentary alert ended: it was not said again for a while."""

SAID = "said"
"""Why an alert ended about something unsaid: it was said."""

_PARTIES = {
    Party.AGENT: Text(zh="坐席", en="agent"),
    Party.CALLER: Text(zh="客户", en="caller"),
}
_NOBODY = Text(zh="双方", en="both")


@dataclass(slots=True)
class _Open:
    """An alert that is open, or that waits for the cool-down to pass (`id` empty)."""

    id: str
    rule: Rule
    raised: AlertRaised
    last: int
    """When it was last said to be so."""


class AlertDesk:
    """Keeps a call's open alerts.

    Of one rule and key at most one alert is open; to say again what is open changes nothing, but keeps a
    momentary alert open for longer. After an alert's end its rule and key cool down: a momentary finding is
    dropped meanwhile, a lasting one waits and is raised if it still lasts then. A rule that the book lacks is
    switched off, and its judgements are dropped. Memory grows with the number of rules and keys only.
    """

    def __init__(self, rulebook: RuleBook) -> None:
        self._rulebook = rulebook
        self._count = 0
        self._open: dict[tuple[str, str], _Open] = {}
        self._cool_until: dict[tuple[str, str], int] = {}

    @property
    def open_ids(self) -> tuple[str, ...]:
        """Ids of the open alerts, oldest first."""
        return tuple(alert.id for alert in self._open.values() if alert.id)

    def rebook(self, rulebook: RuleBook) -> None:
        """Tells alerts in another book's words from here on; open ones keep their rule."""
        self._rulebook = rulebook

    def receive(self, judgement: Judgement, now: int) -> list[AlertEvent]:
        """Takes a detector's judgement, made at `now`."""
        where = (judgement.rule, judgement.key)
        if isinstance(judgement, AlertEnded):
            known = self._open.pop(where, None)
            return [self._cleared(known, now, judgement.reason)] if known is not None and known.id else []
        if judgement.rule not in self._rulebook or not self._rulebook[judgement.rule].is_on:
            return []
        known = self._open.get(where)
        if known is not None:
            known.last = now
            return []
        is_cooling = now < self._cool_until.get(where, 0)
        if is_cooling and judgement.is_momentary:
            return []
        self._open[where] = _Open("", self._rulebook[judgement.rule], judgement, now)
        return [] if is_cooling else [self._raised(self._open[where], now)]

    def on_tick(self, now: int) -> list[AlertEvent]:
        """Ends momentary alerts whose time is over, and raises what waited for a cool-down."""
        told: list[AlertEvent] = []
        if not self._open:
            return told
        for where, known in list(self._open.items()):
            if not known.id and now >= self._cool_until.get(where, 0):
                told.append(self._raised(known, now))
            elif known.raised.is_momentary and now - known.last >= samples(known.rule.moment_s):
                del self._open[where]
                told.append(self._cleared(known, now, MOMENT_OVER))
        return told

    def finish(self, now: int) -> list[AlertEvent]:
        """The call is over, and so is every alert."""
        told: list[AlertEvent] = [
            self._cleared(known, now, CALL_ENDED) for known in self._open.values() if known.id
        ]
        self._open.clear()
        return told

    def evidence_items(self, evidence: Iterable[Evidence]) -> list[EvidenceItem]:
        """Evidence as the wire carries it, each with its sentence in both languages."""
        return evidence_items(evidence)

    def _raised(self, known: _Open, now: int) -> Alert:
        self._count += 1
        known.id, known.last = f"a{self._count}", now
        raised = known.raised
        wording = known.rule.wording(raised.party)
        items = evidence_items(raised.evidence)
        return Alert(
            t_s=seconds(now),
            id=known.id,
            rule=raised.rule,
            title=_filled(wording.title, raised, items),
            severity=(raised.severity or wording.severity).value,
            party=None if raised.party is None else _name(raised.party),
            about=Stretch(start_s=seconds(raised.about.start), end_s=seconds(raised.about.end)),
            raised_at_s=seconds(now),
            because=_filled(wording.because, raised, items),
            evidence=items,
            topic=known.rule.topic,
        )

    def _cleared(self, known: _Open, now: int, reason: str) -> AlertCleared:
        if reason != ESCALATED:
            where = (known.raised.rule, known.raised.key)
            self._cool_until[where] = now + samples(known.rule.cool_down_s)
        return AlertCleared(
            t_s=seconds(now), id=known.id, rule=known.rule.id, cleared_at_s=seconds(now), reason=reason
        )


def _filled(sentence: Sentence, raised: AlertRaised, items: list[EvidenceItem]) -> Text:
    values = {name: shown(value) for name, value in raised.values.items()}
    who = _NOBODY if raised.party is None else _PARTIES[raised.party]
    other = _NOBODY if raised.party is None else _PARTIES[raised.party.other]
    zh = {"who": who.zh, "other": other.zh, "evidence": "，".join(item.label.zh for item in items)}
    en = {"who": who.en, "other": other.en, "evidence": ", ".join(item.label.en for item in items)}
    return Text(zh=_fill(sentence.zh, values, zh), en=_fill(sentence.en, values, en))


def _fill(template: str, values: Mapping[str, str], own: Mapping[str, str]) -> str:
    """The sentence with its placeholders filled; one without a value stays as it is written, to be seen.

    `str.format` would take more than names from whoever writes a playbook: `{` alone would end the call, and
    `{who:>900000000}` would fill the memory.
    """
    filling = {**values, **own}
    return PLACEHOLDER.sub(lambda found: filling.get(found[1], found[0]), template)


def _name(party: Party) -> PartyName:
    return "agent" if party is Party.AGENT else "caller"
