"""The recipes: which calls are composed, from whom, over what lines.

Every call has its own generator, seeded by the run's seed and the call's name, so that adding one leaves the
others as they were.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from bench.composer import lines, noises
from bench.composer.meetings import MEETINGS, run
from bench.composer.stage import Composed, Stage
from bench.composer.voices import MOODS, TUNING, Voice
from bench.ears import telephone
from monitor.core.audio import Party, Pcm

A, C = Party.AGENT, Party.CALLER

Generator = np.random.Generator
_Line = Callable[[Pcm, Generator], Pcm]

LINES: dict[str, _Line] = {
    "wideband": lambda pcm, rng: pcm,
    "G.711": lambda pcm, rng: telephone(pcm),
    "G.711, 15 dB noise": lambda pcm, rng: telephone(
        pcm + noises.white(rng, len(pcm) / 16_000, -41.0)[: len(pcm)]
    ),
    "8 kHz upsampled": lambda pcm, rng: lines.upsampled(pcm),
}
"""Drawn for each call that is not about its line."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One call to compose."""

    name: str
    scenario: str
    make: Callable[[Generator, str], Composed]
    seed: int

    def compose(self) -> Composed:
        """The call, the same each time."""
        return self.make(np.random.default_rng([self.seed, zlib.crc32(self.name.encode())]), self.name)


class Cast:
    """Who plays: actors as callers, everybody as agents; the held-out actors or those for tuning."""

    def __init__(self, voices: dict[str, Voice], which: str) -> None:
        chosen = {
            name: voice
            for name, voice in voices.items()
            if not voice.is_actor or which == "all" or (name in TUNING) == (which == "tuning")
        }
        self.actors = [voice for voice in chosen.values() if voice.is_actor]
        self.readers = [voice for voice in chosen.values() if not voice.is_actor]

    def actor(self, index: int, mood: str) -> Voice:
        """The `index`th actor who has the mood, the corpora taking turns so that none rules the figures."""
        able = [voice for voice in self.actors if mood in voice.paths]
        by_corpus = [
            [voice for voice in able if voice.speaker.startswith(prefix)] for prefix in ("cas", "rav", "emo")
        ]
        by_corpus = [group for group in by_corpus if group]
        group = by_corpus[index % len(by_corpus)]
        return group[index // len(by_corpus) % len(group)]

    def agent(self, rng: Generator, caller: Voice) -> Voice:
        """Somebody else, of the caller's language where there is one."""
        able = [voice for voice in self.readers if voice.language == caller.language] or self.readers
        able = [voice for voice in able if voice is not caller]
        return able[int(rng.integers(len(able)))]


def recipes(voices: dict[str, Voice], which: str, seed: int, scale: int = 1) -> Iterator[Recipe]:
    """All calls of a run; `scale` times as many of each kind."""
    cast = Cast(voices, which)
    for index in range(10 * scale):
        caller = cast.actor(index, "anger")
        yield Recipe(f"turns hot {index}", "hot", partial(turns_hot, cast, caller), seed)
    for index in range(4 * scale):
        caller = cast.actor(index + 1, "anger")
        yield Recipe(
            f"hot at once {index}", "hot at once", partial(mood_call, cast, caller, "anger", 0.0), seed
        )
    for index in range(5 * scale):
        caller = cast.actor(index, "neutral")
        yield Recipe(f"calm {index}", "calm", partial(calm, cast, caller), seed)
    for mood in MOODS[1:]:
        for index in range(3 * scale):
            caller = cast.actor(index, mood)
            yield Recipe(f"{mood} {index}", mood, partial(mood_call, cast, caller, mood, 20.0), seed)
    for index in range(3 * scale):
        yield Recipe(f"overlaps {index}", "overlaps", partial(overlaps, cast, index), seed)
    for scenario, make, kinds in (
        ("line", line_change, LINE_CHANGES),
        ("bad input", bad_input, BAD_INPUTS),
    ):
        for at, what in enumerate(kinds):
            for index in range(scale):
                caller = cast.actor(index + at, "neutral")
                yield Recipe(f"{what} {index}", scenario, partial(make, cast, caller, what), seed)
    yield Recipe("long account", "talk share", partial(long_account, cast), seed)


def _stage(cast: Cast, caller: Voice, rng: Generator) -> Stage:
    return Stage({C: caller, A: cast.agent(rng, caller)}, rng)


def _talk(stage: Stage, length_s: float, mood: str = "usual") -> None:
    """Agent and caller in turns; the caller's are the longer ones."""
    end_s = stage.now_s + length_s
    while stage.now_s < end_s:
        stage.turn(A, float(stage.rng.uniform(1.5, 4.0)))
        stage.gap()
        stage.turn(C, float(stage.rng.uniform(3.0, 7.0)), mood)
        stage.gap()


def _over_a_line(stage: Stage, rng: Generator, name: str, scenario: str, line: str | None = None) -> Composed:
    chosen = LINES[line or list(LINES)[int(rng.integers(len(LINES)))]]
    sound = {party: chosen(pcm, rng) for party, pcm in stage.sound().items()}
    return stage.composed(name, scenario, sound)


def turns_hot(cast: Cast, caller: Voice, rng: Generator, name: str) -> Composed:
    """Calm for 25-45 s, hot for 18-28 s, calm again."""
    stage = _stage(cast, caller, rng)
    _talk(stage, float(rng.uniform(25.0, 40.0)))
    stage.turn(A, 1.5)
    stage.gap()
    end_s = stage.now_s + float(rng.uniform(18.0, 28.0))
    while stage.now_s < end_s:
        stage.turn(C, float(rng.uniform(4.0, 9.0)), "anger")
        stage.gap(0.1, 0.6)
        stage.turn(A, float(rng.uniform(1.0, 2.5)))
        stage.gap(0.1, 0.6)
    _talk(stage, 14.0)
    return _over_a_line(stage, rng, name, "hot")


def mood_call(cast: Cast, caller: Voice, mood: str, usual_s: float, rng: Generator, name: str) -> Composed:
    """The caller's usual voice for a while (0: never), then a mood for about 25 s."""
    stage = _stage(cast, caller, rng)
    if usual_s:
        _talk(stage, usual_s)
    _talk(stage, 22.0, mood)
    return _over_a_line(stage, rng, name, mood if usual_s else "hot at once")


def calm(cast: Cast, caller: Voice, rng: Generator, name: str) -> Composed:
    """A minute of calm talk."""
    stage = _stage(cast, caller, rng)
    _talk(stage, 55.0)
    return _over_a_line(stage, rng, name, "calm")


def overlaps(cast: Cast, index: int, rng: Generator, name: str) -> Composed:
    """Every kind of overlap in both directions, in random order, with plain turns between."""
    people = [*cast.readers, *(v for v in cast.actors if not v.speaker.startswith("rav"))]
    pair = [people[int(i)] for i in rng.choice(len(people), 2, replace=False)]
    stage = Stage({C: pair[0], A: pair[1]}, rng)
    todo = [(what, by) for what in MEETINGS for by in Party]
    todo += [(what, by) for what in ("yielded", "fought off", "terminal") for by in Party]
    for at in rng.permutation(len(todo)):
        what, by = todo[int(at)]
        if rng.random() < 0.3:
            stage.turn(by, float(rng.uniform(1.2, 2.5)))
        stage.gap()
        MEETINGS[what](stage, by)
        stage.gap(0.3, 0.9)
    line = ("wideband", "G.711")[index % 2]
    composed = _over_a_line(stage, rng, name, "overlaps", line)
    if index % 3 == 2:
        leaked = {p: lines.echo(pcm, composed.sound[p.other], -24.0) for p, pcm in composed.sound.items()}
        composed.sound, composed.has_leak = leaked, True
    return composed


LINE_CHANGES = ("+12 dB in mid-call", "-12 dB in mid-call", "+6 dB in mid-call", "to G.711 and back")
"""On both channels, half a minute into a calm call."""


def line_change(cast: Cast, caller: Voice, what: str, rng: Generator, name: str) -> Composed:
    """A calm call whose line changes under it."""
    stage = _stage(cast, caller, rng)
    _talk(stage, 55.0)
    sound = stage.sound()
    for party, pcm in sound.items():
        if what == "to G.711 and back":
            sound[party] = lines.codec_between(pcm, 22.0, 42.0)
        else:
            sound[party] = lines.gain(pcm, float(what.split(" ")[0]), 28.0)
    return stage.composed(name, "line", sound)


BAD_INPUTS = (
    "clipping",
    "DC offset",
    "hum",
    "hold music",
    "ring-back and DTMF",
    "silence",
    "a party who never speaks",
    "handed over",
    "packet loss",
    "echo at -20 dB",
    "babble behind the caller",
    "10 dB noise",
)
"""All calm. Nothing may be alleged of anybody in any of them."""


def bad_input(cast: Cast, caller: Voice, what: str, rng: Generator, name: str) -> Composed:
    """A calm call of about 40 s with one thing wrong."""
    stage = _stage(cast, caller, rng)
    if what == "hold music":
        _talk(stage, 16.0)
        at_s, length_s = stage.now_s, 25.0
        stage.silence(length_s)
        _talk(stage, 8.0)
        sound = stage.sound()
        _add(sound, A, noises.music(rng, length_s - 1.0), at_s + 0.5)
        return stage.composed(name, "bad input", sound)
    if what == "ring-back and DTMF":
        stage.silence(12.0)
        _talk(stage, 20.0)
        at_s = stage.now_s
        stage.now_s += 3.0
        _talk(stage, 8.0)
        sound = stage.sound()
        _add(sound, C, noises.ring_back(11.0), 0.5)
        _add(sound, C, noises.dialling(rng), at_s + 0.3)
        return stage.composed(name, "bad input", sound)
    if what == "silence":
        stage.silence(30.0)
        return stage.composed(name, "bad input", {p: np.zeros(30 * 16_000, np.float32) for p in Party})
    if what == "a party who never speaks":
        while stage.now_s < 40.0:
            stage.turn(C, float(rng.uniform(3.0, 8.0)))
            stage.gap(1.0, 3.0)
        return stage.composed(name, "bad input")
    _talk(stage, 20.0)
    if what == "handed over":
        others = [voice for voice in cast.actors if voice is not caller]
        stage.replace(C, others[int(rng.integers(len(others)))])
        _talk(stage, 25.0)
    _talk(stage, 18.0)
    return _spoilt(cast, stage, what, rng, name)


def _spoilt(cast: Cast, stage: Stage, what: str, rng: Generator, name: str) -> Composed:
    composed = stage.composed(name, "bad input")
    sound = composed.sound
    if what == "clipping":
        composed.sound = {party: lines.clipped(pcm) for party, pcm in sound.items()}
    elif what == "DC offset":
        composed.sound = {party: lines.offset(pcm) for party, pcm in sound.items()}
    elif what == "hum":
        for party in Party:
            _add(sound, party, noises.hum(composed.length_s), 0.0)
    elif what == "packet loss":
        for party, pcm in sound.items():
            sound[party], composed.losses[party] = lines.lossy(pcm, 0.05, rng)
    elif what == "echo at -20 dB":
        composed.sound = {party: lines.echo(pcm, sound[party.other]) for party, pcm in sound.items()}
        composed.has_leak = True
    elif what == "babble behind the caller":
        people = [cast.readers[int(i)] for i in rng.choice(len(cast.readers), 5, replace=False)]
        _add(sound, C, noises.babble(people, rng, composed.length_s, -44.0), 0.0)
    elif what == "10 dB noise":
        for party in Party:
            _add(sound, party, noises.white(rng, composed.length_s, -36.0), 0.0)
    return composed


def long_account(cast: Cast, rng: Generator, name: str) -> Composed:
    """The agent does nearly all of the talking for two minutes."""
    stage = Stage({C: cast.actor(0, "neutral"), A: cast.readers[int(rng.integers(len(cast.readers)))]}, rng)
    while stage.now_s < 130.0:
        start_s = stage.now_s
        stage.now_s = stage.lay(A, run(stage, A, 12.0), start_s)
        stage.gap()
        stage.turn(C, 1.2)
        stage.gap()
    return stage.composed(name, "talk share")


def _add(sound: dict[Party, Pcm], party: Party, pcm: Pcm, at_s: float) -> None:
    start = round(at_s * 16_000)
    fitting = pcm[: max(0, len(sound[party]) - start)]
    sound[party][start : start + len(fitting)] += fitting
