"""What the rules remember of a call: what was said, who spoke when, how it sounded. All of it bounded."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import count, islice, takewhile

from monitor.core.audio import Party
from monitor.core.clock import BLOCK_SAMPLES, Span, samples
from monitor.core.detectors.base import Activity
from monitor.core.facts import (
    Interruption,
    InterruptionBegan,
    Ipu,
    ProsodyFrame,
    SpeechStarted,
    TemperState,
    TimelineEvent,
    Turn,
    Words,
)
from monitor.core.playbook.said_before import SaidBefore
from monitor.core.playbook.sentences import SentenceSaid
from monitor.core.reading.context import CallContext

HEARD_MAX = 32
"""Instances of one phrase that are remembered: the most that a count can ask for, and some."""
SPEECH_MAX = 600
"""Stretches of one party's speech that are remembered: about 20 minutes."""
SOUND_FRAMES_MAX = 300
"""Frames of a party's voice that are remembered: 30 s of speech."""
SENTENCES_MAX = 60
"""Sentences of a party with which its next one is compared."""
_CUTS_MAX = 20
_TURN_GAP = samples(2.0)
"""Own silence after which a party's speech is a new turn, whoever spoke meanwhile."""
_TAKES_FLOOR = samples(1.0)
"""The other's speech alone after which a party's speech is a new turn."""
_SAME_CUT = samples(2.0)
_PAIRS = tuple((party, party.other) for party in Party)
_UNHEARD = samples(15.0)
"""Speech of a party without words after which nobody knows what it says. Words are 5 s late at most, or are
given up."""
_TRUST = 0.5
"""How well a party's own usual must be known before its voice is compared with it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that happened once: a phrase that was said, a rule that fired, a party that cut in."""

    serial: int
    id: str
    party: Party | None
    span: Span
    phrase: str


def sentence_id(party: Party) -> str:
    """Under which name the judge finds who listens for a party's sentences."""
    return f"<sentence:{party}>"


class Memory:
    """One call's memory, told facts in their order."""

    def __init__(self) -> None:
        self._serials = count(1)
        self._heard: dict[str, deque[Heard]] = {}
        self._counts: dict[str, int] = {}
        self.activity = Activity()
        self.speech: dict[Party, deque[Span]] = {party: deque(maxlen=SPEECH_MAX) for party in Party}
        self._ends: dict[Party, list[int]] = {party: [] for party in Party}
        """Where each stretch of `speech` ended, and beside it how much had been spoken before it ended."""
        self._sums: dict[Party, list[int]] = {party: [] for party in Party}
        self._disordered: set[Party] = set()
        """Parties of whom a stretch began before the last one ended: a transcript with odd times."""
        self.speech_changes = 0
        """How often speech began or ended."""
        self._spoken: dict[Party, int] = dict.fromkeys(Party, 0)
        self.turn_start: dict[Party, int | None] = dict.fromkeys(Party)
        """Where the party's latest turn began."""
        self.turn_end: dict[Party, int] = dict.fromkeys(Party, 0)
        """Where the party's latest whole turn ended."""
        self.turn_ends: dict[Party, deque[Span]] = {party: deque(maxlen=64) for party in Party}
        self.turns: dict[Party, int] = dict.fromkeys(Party, 0)
        self.words_end: dict[Party, int] = dict.fromkeys(Party, 0)
        self.unacknowledged: dict[Party, int] = dict.fromkeys(Party, 0)
        """Samples of the other's speech since the party made a sound."""
        self._alone: dict[Party, int] = dict.fromkeys(Party, 0)
        """Samples that the party has spoken alone since the other did."""
        self.sentences: dict[Party, SaidBefore] = {party: SaidBefore(SENTENCES_MAX) for party in Party}
        self.cuts: dict[Party, deque[Heard]] = {party: deque(maxlen=_CUTS_MAX) for party in Party}
        self.frames: dict[Party, deque[ProsodyFrame]] = {
            party: deque(maxlen=SOUND_FRAMES_MAX) for party in Party
        }
        self.temper_since: dict[TemperState, int] = {TemperState.CALM: 0}
        """Since when the temper has been in each state that it is in, or beyond it on the way up."""
        self.calm_since: dict[TemperState, int] = dict.fromkeys(TemperState, 0)
        """Since when the temper has been at most this."""
        self._temper = TemperState.CALM
        self._has_speech = False

    # --- what was said ------------------------------------------------------------------------------------

    def hear(self, id_: str, party: Party | None, span: Span, phrase: str) -> Heard:
        """Remembers one instance."""
        heard = Heard(next(self._serials), id_, party, span, phrase)
        self._heard.setdefault(id_, deque(maxlen=HEARD_MAX)).append(heard)
        self._counts[id_] = self._counts.get(id_, 0) + 1
        return heard

    def last_heard(self, ids: Iterable[str]) -> Heard | None:
        """The latest instance of any of these."""
        last: Heard | None = None
        for id_ in ids:
            heard = self._heard.get(id_)
            if heard and (last is None or heard[-1].serial > last.serial):
                last = heard[-1]
        return last

    def heard(self, ids: Iterable[str]) -> list[Heard]:
        """The remembered instances of any of these, oldest first."""
        return sorted(self.instances(ids), key=lambda heard: heard.serial)

    def instances(self, ids: Iterable[str]) -> Iterator[Heard]:
        """The same, in no order."""
        for id_ in ids:
            yield from self._heard.get(id_, ())

    def count(self, ids: Collection[str]) -> int:
        """How often any of these was said in the whole call."""
        return sum(self._counts.get(id_, 0) for id_ in ids)

    def said_before(self, ids: Collection[str], just: Heard | None) -> bool:
        """Whether any of these was said, what has just been said not counted."""
        return self.count(ids) > (just is not None and just.id in ids)

    def said_within(self, ids: Iterable[str], just: Heard | None, at: int, window: int | None) -> bool:
        """Whether any of these was said up to `window` samples before `at`, or at all."""
        return any(
            heard is not just and (window is None or heard.span.end >= at - window)
            for heard in self.instances(ids)
        )

    def take_sentence(self, sentence: SentenceSaid) -> Heard:
        """Remembers a sentence; returns the instance of its being said."""
        self.sentences[sentence.party].add(sentence)
        return Heard(next(self._serials), sentence_id(sentence.party), sentence.party, sentence.span, "")

    # --- facts --------------------------------------------------------------------------------------------

    def take(self, fact: TimelineEvent, now: int) -> Heard | None:
        """Takes one fact; returns the instance that it is of a party's cutting in, if it is one."""
        match fact:
            case SpeechStarted():
                self._has_speech = True
                self._begins(fact.party, fact.at)
                self.activity.take(fact)
            case Ipu():
                self.activity.take(fact)
                self._spoke(fact.party, fact.span)
            case Words():
                self.words_end[fact.party] = max(self.words_end[fact.party], fact.span.end)
                if not self._has_speech:  # words alone must do where nobody tells of speech
                    self._begins(fact.party, fact.span.start)
                    self._spoke(fact.party, fact.span)
            case Turn():
                self.turn_end[fact.party] = fact.span.end
                self.turn_ends[fact.party].append(fact.span)
                self.turns[fact.party] += 1
            case ProsodyFrame():
                self.frames[fact.party].append(fact)
            case InterruptionBegan():
                return self._cut(fact.by, fact.at, now)
            case Interruption():
                return self._cut(fact.by, fact.span.start, now)
            case _:
                pass
        return None

    def tick(self, context: CallContext) -> None:
        """100 ms have passed."""
        for party, other in _PAIRS:
            if self.activity.is_speaking(party):
                self.unacknowledged[party] = 0
                if not self.activity.is_speaking(other):
                    self._alone[party] += BLOCK_SAMPLES
                    self._alone[other] = 0
            elif self.activity.is_speaking(other):
                self.unacknowledged[party] += BLOCK_SAMPLES
        self._follow(context.temper, context.now)

    def _follow(self, temper: TemperState, now: int) -> None:
        if temper is self._temper:
            return
        states = list(TemperState)
        level = states.index(temper)
        for at, state in enumerate(states):
            if at <= level:
                self.temper_since.setdefault(state, now)
            else:
                self.temper_since.pop(state, None)
            if level <= at:
                self.calm_since.setdefault(state, now)
            else:
                self.calm_since.pop(state, None)
        self._temper = temper

    def _spoke(self, party: Party, span: Span) -> None:
        if self.speech[party] and span.start < self.speech[party][-1].end:
            self._disordered.add(party)
        self.speech[party].append(span)
        self._spoken[party] += span.length
        self.speech_changes += 1
        ends, sums = self._ends[party], self._sums[party]
        ends.append(span.end)
        sums.append(self._spoken[party])
        if len(ends) > 2 * SPEECH_MAX:
            del ends[:-SPEECH_MAX], sums[:-SPEECH_MAX]

    def _begins(self, party: Party, at: int) -> None:
        self.speech_changes += 1
        last = self.speech[party][-1].end if self.speech[party] else None
        is_new = last is None or at - last > _TURN_GAP or self._alone[party.other] >= _TAKES_FLOOR
        if not is_new and last is not None and not self._has_speech:
            is_new = any(other.start >= last for other in self.speech[party.other])
        if is_new:
            self.turn_start[party] = at
            self._alone[party.other] = 0

    def _cut(self, by: Party, at: int, now: int) -> Heard | None:
        if any(abs(cut.span.start - at) <= _SAME_CUT for cut in self.cuts[by]):
            return None
        cut = Heard(next(self._serials), "", by, Span(at, max(at + 1, now)), "")
        self.cuts[by].append(cut)
        return cut

    # --- questions ----------------------------------------------------------------------------------------

    def turns_begun(self, party: Party, at: int) -> int:
        """Which turn of the party goes on at `at`, from 1; the next one where none does."""
        later = sum(1 for turn in self.turn_ends[party] if turn.end > at)
        return self.turns[party] - later + 1

    def spoken(self, party: Party, now: int) -> int:
        """Samples that the party has spoken in the call."""
        since = self.activity.since(party)
        return self._spoken[party] + (0 if since is None else max(0, now - since))

    def speech_of(self, party: Party, now: int) -> Iterator[Span]:
        """The party's remembered speech, latest first, with what goes on."""
        since = self.activity.since(party)
        if since is not None and now > since:
            yield Span(since, now)
        yield from reversed(self.speech[party])

    def spoken_within(self, party: Party, start: int, now: int) -> int:
        """Samples that the party spoke since `start`."""
        since = self.activity.since(party)
        total = 0 if since is None or now <= max(since, start) else now - max(since, start)
        ends, speech = self._ends[party], self.speech[party]
        if party in self._disordered:
            later_ones = takewhile(lambda span: span.end > start, reversed(speech))
            return total + sum(span.end - max(span.start, start) for span in later_ones)
        later = min(len(ends) - bisect_right(ends, start), len(speech))
        if not later:
            return total
        sums = self._sums[party]
        first = speech[-later]
        return total + sums[-1] - sums[-later] + first.end - max(first.start, start)

    def last_speech_end(self, party: Party) -> int | None:
        """Where the party's latest whole stretch of speech ended."""
        return self.speech[party][-1].end if self.speech[party] else None

    def quiet_since(self, party: Party | None) -> int | None:
        """Since when the party is, or both are, silent; None while one speaks, and before the first word."""
        if party is not None:
            return None if self.activity.is_speaking(party) else self.last_speech_end(party)
        if self.activity.is_anyone_speaking:
            return None
        ends = [spans[-1].end for spans in self.speech.values() if spans]
        return max(ends, default=None)

    def is_waiting_for_words(self, party: Party, now: int, patience: int) -> bool:
        """Whether the party has spoken and the words of it may still come."""
        if self.activity.is_speaking(party):
            return True
        end = self.last_speech_end(party)
        if not self._has_speech or end is None:
            return False
        return end - self.words_end[party] > samples(0.5) and now - end < patience

    def is_unheard(self, party: Party, now: int) -> bool:
        """Whether the party speaks and no words come: nothing is recognised, or nothing of this party."""
        return self._has_speech and self.spoken_within(party, self.words_end[party], now) >= _UNHEARD

    def mean_sound(self, party: Party, feature: str, frames: int) -> float | None:
        """The mean of a feature over the party's last frames of speech; None where too few are known."""
        kept = self.frames[party]
        if len(kept) < frames:
            return None
        recent = list(islice(reversed(kept), frames))[::-1]
        known: list[float] = [
            value
            for frame in recent
            if frame.confidence >= _TRUST and (value := getattr(frame, feature)) is not None
        ]
        if 2 * len(known) < frames:
            return None
        return sum(known) / len(known)
