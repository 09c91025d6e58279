"""What a call adds up to for the history, from its events alone, once, when it is over.

About the agent these are behaviours: talk, pace, interruptions, cues. The temper is the caller's.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from monitor.core import events
from monitor.core.events import AnyEvent, PartyName, SeverityName, Text
from monitor.report.facts import CallFacts, gather

FIGURES_VERSION = 1
"""Grows when the same events give other figures: those of older calls are then counted anew."""

SEVERITIES: tuple[SeverityName, ...] = ("info", "low", "medium", "high", "critical")
"""By rank, 0 to 4."""

NOT_NEEDED = ("prosody", "partial", "pause", "gap", "overlap", "backchannel", "reading")
"""Types of events that the figures do without: nine tenths of a call's bytes."""

_CENTISECONDS_MAX = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a party said in one breath: its text, and where in it the words begin and when.

    `times` are pairs of 16 bits, little endian: characters of a word, and its start in hundredths of a second
    from the utterance's. `start_s` is call time.
    """

    party: PartyName
    start_s: float
    text: str
    times: bytes

    def at_s(self, place: int) -> float:
        """When the word at a character of the text begins, in call time."""
        passed, found = 0, 0
        for length, start in struct.iter_unpack("<HH", self.times):
            if passed > place:
                break
            found = start
            passed += length
        return round(self.start_s + found / 100, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFigures:
    """One call's figures: durations in seconds, rates in syllables a second, heat 0..1; None: unknown."""

    duration_s: float
    talk_s: dict[PartyName, float]
    overlap_s: float
    interruptions: dict[PartyName, int]
    heat_peak: float | None
    hot_s: float
    cues: int
    """Cues that had their time on the agent's screen; those that went sooner do not count."""
    cues_followed: int
    rate_syl_s: dict[PartyName, float | None]
    """Articulation rate: the median of the party's turns."""
    words_per_min: float | None
    """The agent's: the median of the turns that have it."""
    raised: dict[tuple[str, SeverityName], int]
    """Alerts by rule and severity."""
    titles: dict[str, Text] = field(default_factory=dict)
    """Of the rules that were raised."""
    said: Sequence[Said] = ()


def figures(told: Iterable[AnyEvent]) -> CallFigures:
    """A call's figures. `told` are its events in order, without those of `NOT_NEEDED`."""
    told = list(told)
    facts = gather(told)
    raised = Counter((story.alert.rule, story.alert.severity) for story in facts.alerts)
    judged = [story for story in facts.cues if story.cleared is not None and _had_its_chance(story.cleared)]
    return CallFigures(
        duration_s=facts.duration_s,
        talk_s=facts.talk_s,
        overlap_s=facts.overlap_s,
        interruptions={
            "agent": len(facts.interruptions_by("agent")),
            "caller": len(facts.interruptions_by("caller")),
        },
        heat_peak=facts.peak.score if facts.peak is not None else None,
        hot_s=round(facts.hot_s, 2),
        cues=len(judged),
        cues_followed=sum(story.cleared is not None and story.cleared.reason == "done" for story in judged),
        rate_syl_s={"agent": facts.rate_syl_s("agent"), "caller": facts.rate_syl_s("caller")},
        words_per_min=_words_per_min(facts),
        raised=dict(raised),
        titles={story.alert.rule: story.alert.title for story in facts.alerts},
        said=_said(told),
    )


def _had_its_chance(cleared: events.CueCleared) -> bool:
    return cleared.reason == "done" or cleared.outcome != ""


def _words_per_min(facts: CallFacts) -> float | None:
    rates = sorted(
        turn.words_per_min for turn in facts.turns if turn.party == "agent" and turn.words_per_min is not None
    )
    return rates[len(rates) // 2] if rates else None


def _said(told: Iterable[AnyEvent]) -> list[Said]:
    """The call's utterances by their start."""
    parts: dict[tuple[PartyName, int], list[events.WordsCommitted]] = {}
    for event in told:
        if isinstance(event, events.WordsCommitted):
            parts.setdefault((event.party, event.utterance), []).append(event)
    found = [_utterance(party, several) for (party, _), several in parts.items()]
    return sorted((one for one in found if one.text), key=lambda one: one.start_s)


def _utterance(party: PartyName, parts: Sequence[events.WordsCommitted]) -> Said:
    start_s = min(part.start_s for part in parts)
    words: list[tuple[str, float]] = []
    for part in parts:
        if part.words:
            words.extend((word.text, word.start_s) for word in part.words)
        else:
            words.append((" " * bool(words) + part.text, part.start_s))
    if words:
        words[0] = (words[0][0].lstrip(), words[0][1])
    times = b"".join(
        struct.pack("<HH", min(len(text), _CENTISECONDS_MAX), _centiseconds(at_s - start_s))
        for text, at_s in words
    )
    return Said(party=party, start_s=start_s, text="".join(text for text, _ in words), times=times)


def _centiseconds(passed_s: float) -> int:
    return min(max(0, round(passed_s * 100)), _CENTISECONDS_MAX)
