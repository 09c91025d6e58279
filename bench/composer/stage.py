"""A call while it is being composed: clips laid on two channels, and the truth written down beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from bench.composer.voices import Clip, Voice
from monitor.core.audio import Party, Pcm
from monitor.core.clock import SAMPLE_RATE_HZ

MeetingKind = Literal[
    "interruption",
    "backchannel",
    "terminal",
    "simultaneous_start",
    "completion",
    "false_start",
]
Generator = np.random.Generator

_FLOOR_DBFS = -62.0
"""Noise of the line under everything, as of a quiet room through a telephone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A clip as it was laid: who speaks, when, in what mood."""

    party: Party
    start_s: float
    end_s: float
    mood: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Both parties speak. `by` came in on the other; of a simultaneous start it is who began later."""

    kind: MeetingKind
    by: Party
    start_s: float
    end_s: float
    is_yielded: bool = False
    detail: str = ""


@dataclass(slots=True)
class Composed:
    """A call and the truth about it."""

    name: str
    scenario: str
    sound: dict[Party, Pcm]
    said: list[Said]
    meetings: list[Meeting]
    speakers: dict[Party, str]
    """Who speaks on each channel in the end."""
    callers: frozenset[str] = frozenset()
    """Everybody who spoke on the caller's channel."""
    language: str = ""
    """What the caller speaks."""
    losses: dict[Party, list[tuple[int, int]]] = field(default_factory=dict)
    """Samples that never arrived."""
    silences: list[tuple[float, float]] = field(default_factory=list)
    """Stretches of at least 8 s in which neither speaks."""
    has_leak: bool = False

    @property
    def length_s(self) -> float:
        """Length in seconds."""
        return len(self.sound[Party.AGENT]) / SAMPLE_RATE_HZ

    def stretches(self, mood: str) -> list[tuple[float, float]]:
        """Where the caller speaks in this mood, turns less than 15 s apart joined."""
        found: list[tuple[float, float]] = []
        for item in sorted(self.said, key=lambda item: item.start_s):
            if item.party is not Party.CALLER:
                continue
            if item.mood != mood:
                continue
            is_next = bool(found) and item.start_s - found[-1][1] < 15.0
            if is_next and not self._is_between(found[-1][1], item.start_s, mood):
                found[-1] = (found[-1][0], item.end_s)
            else:
                found.append((item.start_s, item.end_s))
        return found

    def _is_between(self, start_s: float, end_s: float, mood: str) -> bool:
        return any(
            item.party is Party.CALLER and item.mood != mood and start_s <= item.start_s < end_s
            for item in self.said
        )

    def spoken_s(self, party: Party, start_s: float, end_s: float) -> float:
        """Seconds of the party's clips in a stretch."""
        return sum(
            max(0.0, min(item.end_s, end_s) - max(item.start_s, start_s))
            for item in self.said
            if item.party is party
        )


class Deck:
    """Deals a voice's clips of a mood in random order, all of them before any comes again."""

    def __init__(self, voice: Voice, mood: str, rng: Generator) -> None:
        self._clips = voice.clips(mood)
        if not self._clips:
            raise ValueError(f"{voice.speaker} has no clip of {mood}")
        self._rng = rng
        self._order: list[int] = []

    def deal(self) -> Clip:
        """The next clip."""
        if not self._order:
            self._order = [int(index) for index in self._rng.permutation(len(self._clips))]
        return self._clips[self._order.pop()]

    def deal_long(self, least_s: float) -> Clip:
        """The next clip of at least this length, or the longest."""
        fitting = [clip for clip in self._clips if clip.length_s >= least_s]
        if not fitting:
            return max(self._clips, key=lambda clip: clip.length_s)
        return fitting[int(self._rng.integers(len(fitting)))]


class Stage:
    """Both channels from the call's start; speech is laid at `now_s` or wherever a meeting wants it."""

    def __init__(self, voices: dict[Party, Voice], rng: Generator) -> None:
        self.rng = rng
        self.now_s = 0.5
        self._voices = voices
        self._callers = frozenset([voices[Party.CALLER].speaker])
        self._decks: dict[tuple[str, str], Deck] = {}
        self._laid: list[tuple[Party, int, Pcm]] = []
        self.said: list[Said] = []
        self.meetings: list[Meeting] = []
        self.silences: list[tuple[float, float]] = []

    def replace(self, party: Party, voice: Voice) -> None:
        """The telephone is handed to somebody else."""
        self._voices[party] = voice
        if party is Party.CALLER:
            self._callers |= {voice.speaker}

    def deck(self, party: Party, mood: str = "usual") -> Deck:
        """The deck that the party's clips come from."""
        voice = self._voices[party]
        key = (voice.speaker, mood)
        if key not in self._decks:
            self._decks[key] = Deck(voice, mood, self.rng)
        return self._decks[key]

    def lay(self, party: Party, clip: Clip, at_s: float, mood: str = "usual") -> float:
        """Lays a clip; returns where it ends."""
        self._laid.append((party, round(at_s * SAMPLE_RATE_HZ), clip.pcm))
        end_s = at_s + clip.length_s
        self.said.append(Said(party=party, start_s=at_s, end_s=end_s, mood=mood))
        return end_s

    def turn(self, party: Party, least_s: float, mood: str = "usual") -> tuple[float, float]:
        """A turn at `now_s` of at least this much, clip after clip with pauses; `now_s` is then its end."""
        start_s = self.now_s
        while self.now_s - start_s < least_s:
            if self.now_s > start_s:
                self.now_s += float(self.rng.uniform(0.15, 0.6))
            self.now_s = self.lay(party, self.deck(party, mood).deal(), self.now_s, mood)
        return start_s, self.now_s

    def gap(self, low_s: float = 0.2, high_s: float = 0.9) -> None:
        """Silence before the other's turn."""
        self.now_s += float(self.rng.uniform(low_s, high_s))

    def silence(self, length_s: float) -> None:
        """Neither speaks."""
        self.silences.append((self.now_s, self.now_s + length_s))
        self.now_s += length_s

    def sound(self, tail_s: float = 3.0) -> dict[Party, Pcm]:
        """Both channels with a quiet line's noise."""
        length = round((max([self.now_s, *(item.end_s for item in self.said)]) + tail_s) * SAMPLE_RATE_HZ)
        level = 10.0 ** (_FLOOR_DBFS / 20.0)
        sound = {party: (level * self.rng.standard_normal(length)).astype(np.float32) for party in Party}
        for party, start, pcm in self._laid:
            sound[party][start : start + len(pcm)] += pcm[: max(0, length - start)]
        return sound

    def composed(self, name: str, scenario: str, sound: dict[Party, Pcm] | None = None) -> Composed:
        """The call as it is now."""
        return Composed(
            name=name,
            scenario=scenario,
            sound=self.sound() if sound is None else sound,
            said=sorted(self.said, key=lambda item: item.start_s),
            meetings=sorted(self.meetings, key=lambda meeting: meeting.start_s),
            speakers={party: voice.speaker for party, voice in self._voices.items()},
            callers=self._callers,
            language=self._voices[Party.CALLER].language,
            silences=list(self.silences),
        )
