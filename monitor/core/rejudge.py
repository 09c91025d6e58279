"""A call judged again from its facts: other rules or thresholds, the same call, no sound.

A session can give a record of what it told its `Judging`, in order. Told to a `Judging` with the same book
and settings, the record gives the same alerts and cues, to the byte. With an edited book it says what the
edit would have changed. What lies before the facts is as it was: speech, words, prosody, and the caller's
temper, which is itself a fact here. To change those a call must be heard again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile

from monitor.core.events import Alert, Cue, Event
from monitor.core.facts import Judgement, Said, TimelineEvent
from monitor.core.inputs import CueAnswer, CuesPaused, RulesChanged
from monitor.core.judging import Ears, Judging
from monitor.core.playbook.listener import Listener
from monitor.core.playbook.model import RuleBook
from monitor.core.playbook.source import cached_book
from monitor.core.reading.texts import ReadingTexts
from monitor.core.settings import CoreSettings


@dataclass(frozen=True, slots=True)
class FactTold:
    """A fact, told at `now`, and what the detectors found in it."""

    now: int
    fact: TimelineEvent
    found: tuple[Judgement, ...] = ()


@dataclass(frozen=True, slots=True)
class Ticked:
    """100 ms passed, up to `now`, and what the detectors found."""

    now: int
    found: tuple[Judgement, ...] = ()


@dataclass(frozen=True, slots=True)
class SameSound:
    """From here on both channels carry the same sound, or no longer do."""

    is_same_sound: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """The agent answered a cue."""

    now: int
    answer: CueAnswer


@dataclass(frozen=True, slots=True)
class PauseTold:
    """The agent put the cues off, or had them again."""

    now: int
    pause: CuesPaused


@dataclass(frozen=True, slots=True)
class Rebooked:
    """An edited playbook came into force."""

    now: int
    change: RulesChanged


@dataclass(frozen=True, slots=True)
class Told:
    """What followed on the record before: an alert that was raised, or a cue that was shown."""

    event: Alert | Cue


@dataclass(frozen=True, slots=True)
class Finished:
    """The call was over."""

    now: int


Record = FactTold | Ticked | SameSound | Answered | PauseTold | Rebooked | Told | Finished

Recorder = Callable[[Record], None]


class Rejudging:
    """Judges a call again, record by record.

    A record that breaks off, as of a process that died, is finished where it ends. Answers of the agent
    belong to cues that another book may not show, and edits in mid-call to the book of that day: both are
    passed over unless the call is to be judged `is_as_it_was`.
    """

    def __init__(
        self,
        rulebook: RuleBook,
        settings: CoreSettings,
        texts: ReadingTexts | None = None,
        *,
        are_detectors_new: bool = False,
        anew: Collection[str] = (),
        is_as_it_was: bool = False,
        ears: Ears | None = None,
        quiet: Collection[str] = (),
    ) -> None:
        """What the detectors found is taken from the record, but for those in `anew`, whose thresholds are
        others than the call's; `are_detectors_new` takes it of none. With `texts` the readings are told, too.
        `quiet` are the rules that showed no cue in the call.
        """
        self._judging = Judging(
            rulebook, settings, texts, tells_reading=texts is not None, anew=anew, ears=ears, quiet=quiet
        )
        self._are_detectors_new = are_detectors_new
        self._is_as_it_was = is_as_it_was
        self._now = 0

    def take(self, record: Record) -> list[Event]:
        """The alerts and cues that follow on a record, without numbers."""
        judging = self._judging
        match record:
            case Ticked():
                self._now = record.now
                return judging.on_tick(record.now, None if self._are_detectors_new else record.found)
            case FactTold():
                self._now = record.now
                found = None if self._are_detectors_new else record.found
                return judging.on_fact(record.fact, record.now, found)
            case SameSound():
                judging.is_same_sound = record.is_same_sound
            case PauseTold():
                return judging.on_pause(record.pause, record.now)
            case Answered() if self._is_as_it_was:
                return judging.on_answer(record.answer, record.now)
            case Rebooked() if self._is_as_it_was:
                return judging.rebook(cached_book(record.change.files), record.now)
            case _:
                pass
        return []

    def finish(self) -> list[Event]:
        """The call is over."""
        return self._judging.finish(self._now)


def rejudge(
    records: Iterable[Record],
    rulebook: RuleBook,
    settings: CoreSettings,
    texts: ReadingTexts | None = None,
    *,
    are_detectors_new: bool = False,
    is_as_it_was: bool = False,
) -> Iterator[Event]:
    """The alerts and cues of a call from its record, and with `texts` its readings: see `Rejudging`."""
    again = Rejudging(
        rulebook, settings, texts, are_detectors_new=are_detectors_new, is_as_it_was=is_as_it_was
    )
    for record in until_over(records):
        yield from again.take(record)
    yield from again.finish()


def until_over(records: Iterable[Record]) -> Iterator[Record]:
    """The records before the call was over."""
    return takewhile(lambda record: not isinstance(record, Finished), records)


class Hearer:
    """Hears a book's phrases for two judgings that are told the same facts one after the other.

    Hearing is a third of the work, and an edit seldom changes what is listened for. `first` must be asked
    before `second`, each time.
    """

    def __init__(self, rulebook: RuleBook) -> None:
        self._told: list[Said] = []
        self.first: Ears = _First(Listener(rulebook), self)
        self.second: Ears = _Second(self)

    def tell(self, told: list[Said]) -> list[Said]:
        """Keeps what was heard, for the second."""
        self._told = told
        return told

    @property
    def told(self) -> list[Said]:
        """What was heard last."""
        return self._told


class _First:
    def __init__(self, listener: Listener, hearer: Hearer) -> None:
        self._listener, self._hearer = listener, hearer

    def on_event(self, fact: TimelineEvent, now: int) -> list[Said]:
        return self._hearer.tell(self._listener.on_event(fact, now))

    def on_tick(self, now: int) -> list[Said]:
        return self._hearer.tell(self._listener.on_tick(now))

    def finish(self, now: int) -> list[Said]:
        return self._hearer.tell(self._listener.finish(now))

    def rebook(self, rulebook: RuleBook) -> None:
        self._listener.rebook(rulebook)


class _Second:
    def __init__(self, hearer: Hearer) -> None:
        self._hearer = hearer

    def on_event(self, fact: TimelineEvent, now: int) -> list[Said]:
        return self._hearer.told

    def on_tick(self, now: int) -> list[Said]:
        return self._hearer.told

    def finish(self, now: int) -> list[Said]:
        return self._hearer.told

    def rebook(self, rulebook: RuleBook) -> None:
        """Follows the first."""
