"""Scripted conversations for the detectors: who speaks when, how it sounds, and what is said."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from monitor.core.audio import Party
from monitor.core.clock import BLOCK_SAMPLES, Span, samples, seconds
from monitor.core.detectors.base import Detector
from monitor.core.facts import (
    AlertEnded,
    AlertRaised,
    Evidence,
    Ipu,
    ProsodyFrame,
    SpeechStarted,
    TemperReading,
    TemperState,
    TimelineEvent,
    Word,
    Words,
)
from monitor.core.settings import TimelineSettings
from monitor.core.timeline import Timeline


@dataclass(frozen=True)
class Plain:
    """A description of a turn in which nothing is known."""

    rate_syl_s: float | None = None
    f0_median_st: float | None = None
    level_db: float | None = None


@dataclass
class Heard:
    """What a detector said, with the second at which it said so."""

    raised: list[tuple[float, AlertRaised]] = field(default_factory=list)
    ended: list[tuple[float, AlertEnded]] = field(default_factory=list)

    @property
    def alert(self) -> AlertRaised:
        """The only alert."""
        ((_, alert),) = self.raised
        return alert

    @property
    def raised_at_s(self) -> float:
        """When the only alert was raised."""
        ((at_s, _),) = self.raised
        return at_s

    @property
    def ended_at_s(self) -> float:
        """When the only end was told."""
        ((at_s, _),) = self.ended
        return at_s


class Scene:
    """A conversation that is written down line by line, then played to a detector."""

    def __init__(self) -> None:
        self._facts: list[tuple[int, int, TimelineEvent]] = []
        self._end = 0
        self._utterance = 0
        self.echoes: list[tuple[Party, Span]] = []
        self.behind: dict[Party, int] = {}
        """From when on a party's line is known to carry people behind it, and not its own voice."""

    def speaks(
        self,
        party: Party,
        start_s: float,
        end_s: float,
        *,
        says: str = "",
        level_db: float | None = 0.0,
        f0_st: float | None = 0.0,
        alpha_delta_db: float | None = 0.0,
        rate_syl_s: float | None = 4.5,
        rate_ratio: float | None = 1.0,
        confidence: float = 1.0,
        is_echo: bool = False,
        words_after_s: float = 1.0,
    ) -> Scene:
        """One IPU; its words are committed `words_after_s` after it ends."""
        span = Span(samples(start_s), samples(end_s))
        self._add(start_s + 0.15, SpeechStarted(party=party, at=span.start))
        self._add(end_s + 0.25, Ipu(party=party, span=span))
        for at in range(span.start + BLOCK_SAMPLES, span.end + 1, BLOCK_SAMPLES):
            self._add(
                seconds(at) + 0.1,
                ProsodyFrame(
                    party=party,
                    at=at,
                    f0_hz=None if f0_st is None else 200.0,
                    f0_st=f0_st,
                    level_dbfs=-26.0 + (level_db or 0.0),
                    level_db=level_db,
                    voicing=0.9,
                    rate_syl_s=rate_syl_s,
                    rate_ratio=rate_ratio,
                    alpha_db=-12.0,
                    alpha_delta_db=alpha_delta_db,
                    confidence=confidence,
                ),
            )
        if says:
            self._utterance += 1
            word = Word(party=party, span=span, text=says, probability=0.9)
            self._add(
                end_s + words_after_s,
                Words(party=party, words=(word,), language="zh", utterance=self._utterance),
            )
        if is_echo:
            self.echoes.append((party, span))
        return self

    def is_babble(self, party: Party, from_s: float) -> Scene:
        """Under the other's speech the party's line is known from then on to carry others' voices alone."""
        self.behind[party] = samples(from_s)
        return self

    def temper(self, start_s: float, end_s: float, state: TemperState, score: float = 0.8) -> Scene:
        """Readings every half second of (start_s, end_s]."""
        evidence = (Evidence(feature="level", value=6.2, unit="dB", contribution=0.6),)
        at_s = start_s + 0.5
        while at_s <= end_s:
            self._add(at_s, TemperReading(at=samples(at_s), score=score, state=state, evidence=evidence))
            at_s += 0.5
        return self

    def play(self, detector: Detector, end_s: float | None = None) -> Heard:
        """Tells the detector everything as a session would, up to `end_s` or 3 s after the last fact."""
        heard, now = Heard(), 0
        facts = sorted(self._facts, key=lambda item: item[:2])
        end = samples(end_s) if end_s is not None else self._end + samples(3.0)
        timeline = Timeline(
            TimelineSettings(),
            lambda party, span: Plain(),
            self._is_echo,
            has_words=False,
            is_faint=lambda party, under: under.end > self.behind.get(party, under.end),
        )
        while now < end:
            now += BLOCK_SAMPLES
            told: list[TimelineEvent] = []
            while facts and facts[0][0] <= now:
                fact = facts.pop(0)[2]
                if isinstance(fact, SpeechStarted | Ipu | Words):
                    timeline.receive(fact)
                told.append(fact)
            told.extend(timeline.tick(now))
            judgements = [judgement for fact in told for judgement in detector.on_event(fact, now)]
            for judgement in [*judgements, *detector.on_tick(now)]:
                if isinstance(judgement, AlertRaised):
                    heard.raised.append((seconds(now), judgement))
                else:
                    heard.ended.append((seconds(now), judgement))
        return heard

    def _add(self, at_s: float, fact: TimelineEvent) -> None:
        self._facts.append((samples(at_s), len(self._facts), fact))
        self._end = max(self._end, samples(at_s))

    def _is_echo(self, party: Party, span: Span) -> bool:
        return any(who is party and about.overlap(span) for who, about in self.echoes)


@pytest.fixture
def scene() -> Scene:
    """An empty conversation."""
    return Scene()
