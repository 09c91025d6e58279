"""What followed on each fact of a call, kept beside it: another book then does only what it does otherwise.

A tape has the phrases that were heard and what the rules made of them. Where a book listens for a row in the
same words, what was heard of it is taken from the tape; where all of its rules judge as they did, so is what
they found, and neither the reading nor a rule is asked again. What is not the same is heard and judged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from monitor.core.audio import Party
from monitor.core.facts import Judgement, Said, TimelineEvent
from monitor.core.playbook.listener import Listener, Place, phrase_rows, sentence_rows
from monitor.core.playbook.model import RuleBook

AT_END = -1
"""The step of a fact, a tick or a call's end after all that was said and found in it."""
FOUND_FROM = 1_000
"""The first of the steps that are about what detectors found; those before are about what was said."""
_WORDING = frozenset(
    {"title", "because", "severity", "cue", "variants", "cool_down_s", "topic", "source", "is_on"}
    | {"temper_weight"}
)
"""Fields of a row of which nothing that it finds depends."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A phrase that was heard, and its place among what is heard at one time."""

    place: Place
    said: Said


@dataclass(frozen=True, slots=True)
class Ruled:
    """What a rule found at one step of judging a fact."""

    step: int
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Tape:
    """What followed on one fact, tick or end of a call."""

    heard: tuple[Placed, ...] = ()
    ruled: tuple[Ruled, ...] = ()


NOTHING_FOLLOWED = Tape()


@dataclass(frozen=True, slots=True)
class Marks:
    """By what a call was heard and judged, as digests, so that it can be told what of a book is the same.

    `heard` has one for each row of phrases, and one for each party of what is compared with whole sentences;
    `judged` is one of all rules. Empty of a call that has no tape.
    """

    heard: Mapping[str, str]
    judged: str


NO_MARKS = Marks({}, "")


@lru_cache(maxsize=16)
def marks_of(rulebook: RuleBook) -> Marks:
    """The marks of a book."""
    heard = {
        _phrase_mark(party, id_): _digest(phrases.model_dump_json())
        for party in Party
        for id_, phrases in phrase_rows(rulebook, party).items()
    }
    for party in Party:
        heard[_sentence_mark(party)] = _digest(repr(sentence_rows(rulebook, party)))
    rows = (*rulebook.signals.values(), *rulebook)
    judged = _digest("\n".join(row.model_dump_json(exclude=set(_WORDING)) for row in rows))
    return Marks(heard, judged)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _phrase_mark(party: Party, id_: str) -> str:
    return f"{party.value}:{id_}"


def _sentence_mark(party: Party) -> str:
    return f"{party.value}:?"


def judges_alike(rulebook: RuleBook, marks: Marks, anew: Collection[str]) -> bool:
    """Whether a book's rules find what is on the tape, though the detectors `anew` judge again."""
    if marks_of(rulebook).judged != marks.judged:
        return False
    return not anew or not any(rule.names.intersection(anew) for rule in rulebook)


class Ears(Protocol):
    """Hears a book's phrases: `Listener`, or `TapedEars`."""

    @property
    def places(self) -> Sequence[Place]:
        """The places of what was told last."""
        ...

    def on_event(self, fact: TimelineEvent, now: int) -> list[Said]: ...
    def on_tick(self, now: int) -> list[Said]: ...
    def finish(self, now: int) -> list[Said]: ...
    def rebook(self, rulebook: RuleBook) -> None: ...


class TapedEars:
    """Tells what is on the tape of the rows that are the same, and listens for the others."""

    def __init__(self, rulebook: RuleBook, marks: Marks) -> None:
        own = marks_of(rulebook).heard
        self._same = {mark for mark, digest in own.items() if marks.heard.get(mark) == digest}
        ids = {
            party: [id_ for id_ in phrase_rows(rulebook, party) if _phrase_mark(party, id_) not in self._same]
            for party in Party
        }
        parties = [party for party in Party if _sentence_mark(party) not in self._same]
        is_needed = any(ids.values()) or any(any(sentence_rows(rulebook, party)) for party in parties)
        self._listener = Listener(rulebook, only=ids, sentences_of=parties) if is_needed else None
        self._tape: Sequence[Placed] = ()
        self.places: Sequence[Place] = ()

    def play(self, tape: Tape) -> None:
        """What is asked for next followed on a fact with this tape."""
        self._tape = tape.heard

    def on_event(self, fact: TimelineEvent, now: int) -> list[Said]:
        """What is said for certain once `fact` is known."""
        return self._told(() if self._listener is None else self._listener.on_event(fact, now))

    def on_tick(self, now: int) -> list[Said]:
        """What has waited long enough."""
        return self._told(() if self._listener is None else self._listener.on_tick(now))

    def finish(self, now: int) -> list[Said]:
        """The call is over."""
        return self._told(() if self._listener is None else self._listener.finish(now))

    def rebook(self, rulebook: RuleBook) -> None:
        """
        Raises:
            RuntimeError: always; a tape is of one book, and a call that got another is judged without it.
        """
        raise RuntimeError("a tape is of one book")

    def _told(self, anew: Sequence[Said]) -> list[Said]:
        if not anew and not self._tape:
            self.places = ()
            return []
        told = [one for one in self._tape if self._mark(one) in self._same]
        if anew and self._listener is not None:
            told += [Placed(place, said) for place, said in zip(self._listener.places, anew, strict=True)]
            told.sort(key=lambda one: (one.place, one.said.id))
        self.places = [one.place for one in told]
        return [one.said for one in told]

    @staticmethod
    def _mark(one: Placed) -> str:
        party = one.said.party
        return _sentence_mark(party) if one.place[0] else _phrase_mark(party, one.said.id)


class TapedRules:
    """Tells what the rules found when the call was judged, as it is on the tape: no rule is asked."""

    def __init__(self) -> None:
        self._steps: dict[int, int] = {}
        """By identity of what was said or found, the step that is about it."""
        self._found: dict[int, list[Judgement]] = {}

    def play(self, tape: Tape, found: Sequence[Judgement]) -> None:
        """What is told next is the fact with this tape, in which the detectors had `found` this."""
        self._found = {}
        if not tape.ruled:
            return
        for one in tape.ruled:
            self._found.setdefault(one.step, []).append(one.judgement)
        self._steps = {id(one.said): step for step, one in enumerate(tape.heard)}
        self._steps.update((id(one), FOUND_FROM + number) for number, one in enumerate(found))

    def about(self, what: Said | Judgement) -> list[Judgement]:
        """What followed on a phrase or on what a detector found; nothing where it is not of this tape."""
        return self._found.get(self._steps[id(what)], []) if self._found and id(what) in self._steps else []

    def at_end(self) -> list[Judgement]:
        """What followed on the fact, the tick or the end itself."""
        return self._found.get(AT_END, []) if self._found else []
