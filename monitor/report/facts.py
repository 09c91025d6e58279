"""A call's events, gathered into what its report tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median

from monitor.core import events
from monitor.core.events import AnyEvent, PartyName
from monitor.store.records import MessageToAgent

PARTIES: tuple[PartyName, ...] = ("agent", "caller")
SEVERITIES: tuple[events.SeverityName, ...] = ("critical", "high", "medium", "low", "info")


@dataclass(slots=True)
class Utterance:
    """What one party said in one breath of the recogniser, with the alerts that are about it."""

    party: PartyName
    start_s: float
    end_s: float
    text: str
    alerts: list[events.Alert] = field(default_factory=list)


@dataclass(slots=True)
class AlertStory:
    """An alert and its end; `cleared` is None where the call ended first."""

    alert: events.Alert
    cleared: events.AlertCleared | None = None


@dataclass(slots=True)
class CueStory:
    """A cue and how it ended; `cleared` is None where the call ended first."""

    cue: events.Cue
    cleared: events.CueCleared | None = None


@dataclass(slots=True)
class CallFacts:
    """Everything that the report shows, in call order; times in seconds of the call."""

    started: events.CallStarted | None = None
    ended: events.CallEnded | None = None
    last_s: float = 0.0
    utterances: list[Utterance] = field(default_factory=list)
    turns: list[events.TurnEnded] = field(default_factory=list)
    speech: dict[PartyName, list[tuple[float, float]]] = field(
        default_factory=lambda: {"agent": [], "caller": []}
    )
    prosody: dict[PartyName, list[events.Prosody]] = field(
        default_factory=lambda: {"agent": [], "caller": []}
    )
    temper: list[events.Temper] = field(default_factory=list)
    overlaps: list[events.OverlapHeard] = field(default_factory=list)
    interruptions: list[events.InterruptionHeard] = field(default_factory=list)
    backchannels: list[events.BackchannelHeard] = field(default_factory=list)
    gaps: list[events.GapHeard] = field(default_factory=list)
    alerts: list[AlertStory] = field(default_factory=list)
    cues: list[CueStory] = field(default_factory=list)
    readings: list[events.Reading] = field(default_factory=list)
    findings: list[events.Finding] = field(default_factory=list)
    notices: list[events.Notice] = field(default_factory=list)
    lost: list[events.AudioLost] = field(default_factory=list)
    lagging: list[events.EngineLagging] = field(default_factory=list)
    languages: dict[str, int] = field(default_factory=dict)
    messages: list[MessageToAgent] = field(default_factory=list)
    """What supervisors wrote to the agent meanwhile: kept beside the events, not among them."""

    @property
    def duration_s(self) -> float:
        """The call's length; of a call without an end, the time of its last event."""
        return self.ended.duration_s if self.ended is not None else self.last_s

    @property
    def talk_s(self) -> dict[PartyName, float]:
        """Speech of each party: as the call's end tells it, else as heard so far."""
        if self.ended is not None:
            return {party: self.ended.talk_s.get(party, 0.0) for party in PARTIES}
        return {party: sum(end - start for start, end in self.speech[party]) for party in PARTIES}

    @property
    def overlap_s(self) -> float:
        """Time in which both spoke."""
        if self.ended is not None:
            return self.ended.overlap_s
        return sum(overlap.end_s - overlap.start_s for overlap in self.overlaps)

    def interruptions_by(self, party: PartyName) -> list[events.InterruptionHeard]:
        """The interruptions that a party made."""
        return [event for event in self.interruptions if event.by == party]

    def alerts_by_severity(self) -> dict[events.SeverityName, int]:
        """How many alerts of each severity, gravest first, those without any left out."""
        counts = {name: sum(story.alert.severity == name for story in self.alerts) for name in SEVERITIES}
        return {name: count for name, count in counts.items() if count}

    @property
    def longest_silence(self) -> events.GapHeard | None:
        """The longest silence between the parties."""
        return max(self.gaps, key=lambda gap: gap.end_s - gap.start_s, default=None)

    @property
    def answer_gap_s(self) -> float | None:
        """The agent's usual delay in answering the caller: median of the gaps before the agent."""
        gaps = [gap.end_s - gap.start_s for gap in self.gaps if gap.after == "agent"]
        return median(gaps) if gaps else None

    def rate_syl_s(self, party: PartyName) -> float | None:
        """A party's usual pace: median over its turns, pauses excluded."""
        rates = [t.rate_syl_s for t in self.turns if t.party == party and t.rate_syl_s is not None]
        return median(rates) if rates else None

    @property
    def reading(self) -> events.Reading | None:
        """What was read of the call by its end."""
        return self.readings[-1] if self.readings else None

    @property
    def peak(self) -> events.Temper | None:
        """The reading at which the caller was hottest."""
        return max(self.temper, key=lambda reading: reading.score, default=None)

    @property
    def hot_s(self) -> float:
        """How long the caller was heated: between a hot reading and the next reading."""
        total = 0.0
        for reading, following in _pairs_with_end(self.temper, self.duration_s):
            if reading.state == "hot":
                total += max(0.0, following - reading.t_s)
        return total

    @property
    def is_chinese(self) -> bool:
        """Whether most of what was understood is Chinese."""
        return sum(n for language, n in self.languages.items() if language.startswith("zh")) * 2 > sum(
            self.languages.values()
        )


def gather(told: Iterable[AnyEvent], messages: Iterable[MessageToAgent] = ()) -> CallFacts:
    """One call's facts. Events may come in any number, also without beginning or end."""
    facts = CallFacts(messages=list(messages))
    alerts: dict[str, AlertStory] = {}
    cues: dict[str, CueStory] = {}
    utterances: dict[tuple[PartyName, int], Utterance] = {}
    for event in told:
        facts.last_s = max(facts.last_s, event.t_s)
        match event:
            case events.CallStarted():
                facts.started = event
            case events.CallEnded():
                facts.ended = event
            case events.WordsCommitted():
                _add_words(facts, utterances, event)
            case events.Alert():
                alerts[event.id] = AlertStory(event)
            case events.AlertCleared() if event.id in alerts:
                alerts[event.id].cleared = event
            case events.Cue():
                cues[event.id] = CueStory(event)
            case events.CueCleared() if event.id in cues:
                cues[event.id].cleared = event
            case _:
                _add(facts, event)
    facts.alerts = sorted(alerts.values(), key=lambda story: story.alert.raised_at_s)
    facts.cues = sorted(cues.values(), key=lambda story: story.cue.raised_at_s)
    facts.utterances = sorted(utterances.values(), key=lambda u: (u.start_s, u.end_s))
    for story in facts.alerts:
        _attach(facts.utterances, story.alert)
    return facts


def _add(facts: CallFacts, event: AnyEvent) -> None:
    match event:
        case events.Speaking(is_speaking=False, end_s=float(end_s)):
            facts.speech[event.party].append((event.start_s, end_s))
        case events.Prosody():
            facts.prosody[event.party].append(event)
        case events.Temper():
            facts.temper.append(event)
        case events.TurnEnded():
            facts.turns.append(event)
        case events.OverlapHeard():
            facts.overlaps.append(event)
        case events.InterruptionHeard():
            facts.interruptions.append(event)
        case events.BackchannelHeard():
            facts.backchannels.append(event)
        case events.GapHeard():
            facts.gaps.append(event)
        case events.Reading():
            facts.readings.append(event)
        case events.Finding():
            facts.findings.append(event)
        case events.Notice():
            facts.notices.append(event)
        case events.AudioLost():
            facts.lost.append(event)
        case events.EngineLagging():
            facts.lagging.append(event)
        case _:
            pass  # partials and clearings of what was never raised tell a finished call nothing


def _add_words(
    facts: CallFacts, utterances: dict[tuple[PartyName, int], Utterance], event: events.WordsCommitted
) -> None:
    facts.languages[event.language] = facts.languages.get(event.language, 0) + len(event.words)
    known = utterances.get((event.party, event.utterance))
    if known is None:
        utterances[event.party, event.utterance] = Utterance(
            event.party, event.start_s, event.end_s, event.text
        )
        return
    is_spaced = bool(event.words) and event.words[0].text.startswith(" ")
    known.text += (" " if is_spaced else "") + event.text
    known.start_s = min(known.start_s, event.start_s)
    known.end_s = max(known.end_s, event.end_s)


def _attach(utterances: list[Utterance], alert: events.Alert) -> None:
    """Puts an alert to the last utterance of its party that it is about."""
    if alert.party is None:
        return
    about = [
        u
        for u in utterances
        if u.party == alert.party and u.start_s < alert.about.end_s and u.end_s > alert.about.start_s
    ]
    if about:
        about[-1].alerts.append(alert)


def _pairs_with_end(readings: list[events.Temper], end_s: float) -> Iterator[tuple[events.Temper, float]]:
    """Each reading with the time of the next. Readings stop while the caller is silent: 5 s at most."""
    for index, reading in enumerate(readings):
        following = readings[index + 1].t_s if index + 1 < len(readings) else end_s
        yield reading, min(following, reading.t_s + 5.0)
