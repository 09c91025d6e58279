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
from monitor.core.facts import Judgement, TimelineEvent
from monitor.core.inputs import CueAnswer, CuesPaused, RulesChanged
from monitor.core.judging import Judging
from monitor.core.playbook.model import RuleBook
from monitor.core.playbook.source import cached_book
from monitor.core.reading.texts import ReadingTexts
from monitor.core.settings import CoreSettings
from monitor.core.tape import NOTHING_FOLLOWED, Tape
from monitor.core.taped import TapedEars, TapedRules


@dataclass(frozen=True, slots=True)
class FactTold:
    """A fact, told at `now`, and what the detectors found in it."""

    now: int
    fact: TimelineEvent
    found: tuple[Judgement, ...] = ()
    tape: Tape = NOTHING_FOLLOWED


@dataclass(frozen=True, slots=True)
class Ticked:
    """100 ms passed, up to `now`, and what the detectors found."""

    now: int
    found: tuple[Judgement, ...] = ()
    tape: Tape = NOTHING_FOLLOWED


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
    tape: Tape = NOTHING_FOLLOWED


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
        ears: TapedEars | None = None,
        taped: TapedRules | None = None,
        quiet: Collection[str] = (),
    ) -> None:
        """What the detectors found is taken from the record, but for those in `anew`, whose thresholds are
        others than the call's; `are_detectors_new` takes it of none. With `texts` the readings are told, too.
        With `ears` what was heard is taken from the records' tape, and with `taped` what the rules found.
        `quiet` are the rules that showed no cue in the call.
        """
        self._judging = Judging(
            rulebook,
            settings,
            texts,
            tells_reading=texts is not None,
            anew=anew,
            ears=ears,
            taped=taped,
            quiet=quiet,
        )
        self._ears, self._taped = ears, taped
        self._are_detectors_new = are_detectors_new
        self._is_as_it_was = is_as_it_was
        self._now = 0

    @property
    def tape(self) -> Tape:
        """What followed on the latest record, so that it can be kept."""
        return self._judging.tape

    def _play(self, tape: Tape, found: tuple[Judgement, ...]) -> None:
        if self._ears is not None:
            self._ears.play(tape)
        if self._taped is not None:
            self._taped.play(tape, found)

    def take(self, record: Record) -> list[Event]:
        """The alerts and cues that follow on a record, without numbers."""
        judging = self._judging
        match record:
            case Ticked():
                self._now = record.now
                self._play(record.tape, record.found)
                return judging.on_tick(record.now, None if self._are_detectors_new else record.found)
            case FactTold():
                self._now = record.now
                self._play(record.tape, record.found)
                found = None if self._are_detectors_new else record.found
                return judging.on_fact(record.fact, record.now, found)
            case SameSound():
                judging.is_same_sound = record.is_same_sound
            case PauseTold():
                return judging.on_pause(record.pause, record.now)
            case Finished():
                return self.finish(record.tape)
            case Answered() if self._is_as_it_was:
                return judging.on_answer(record.answer, record.now)
            case Rebooked() if self._is_as_it_was:
                return judging.rebook(cached_book(record.change.files), record.now)
            case _:
                pass
        return []

    def finish(self, tape: Tape = NOTHING_FOLLOWED) -> list[Event]:
        """The call is over; `tape` is that of its end."""
        self._play(tape, ())
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
