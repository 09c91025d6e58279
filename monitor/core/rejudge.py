"""A call judged again from its facts: other rules or thresholds, the same call, no sound.

A session can give a record of what it told its `Judging`, in order. Told to a `Judging` with the same book
and settings, the record gives the same alerts and cues, to the byte. With an edited book it says what the
edit would have changed. What lies before the facts is as it was: speech, words, prosody, and the caller's
temper, which is itself a fact here. To change those a call must be heard again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from monitor.core.events import Event
from monitor.core.facts import Judgement, TimelineEvent
from monitor.core.inputs import CueAnswer, RulesChanged
from monitor.core.judging import Judging
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
class Rebooked:
    """An edited playbook came into force."""

    now: int
    change: RulesChanged


@dataclass(frozen=True, slots=True)
class Finished:
    """The call was over."""

    now: int


Record = FactTold | Ticked | SameSound | Answered | Rebooked | Finished

Recorder = Callable[[Record], None]


def rejudge(
    records: Iterable[Record],
    rulebook: RuleBook,
    settings: CoreSettings,
    texts: ReadingTexts | None = None,
    *,
    are_detectors_new: bool = False,
    is_as_it_was: bool = False,
) -> Iterator[Event]:
    """The alerts and cues of a call from its record, and with `texts` its readings, without numbers.

    A record that breaks off, as of a process that died, is finished where it ends. Answers of the agent
    belong to cues that another book may not show, and edits in mid-call to the book of that day: both are
    passed over unless the call is to be judged `is_as_it_was`. What the detectors found is taken from the
    record unless `are_detectors_new`, that is, their thresholds are others than the call's.
    """
    judging = Judging(rulebook, settings, texts, tells_reading=texts is not None)
    now = 0
    for record in records:
        match record:
            case FactTold():
                found = None if are_detectors_new else record.found
                yield from judging.on_fact(record.fact, record.now, found)
                now = record.now
            case Ticked():
                yield from judging.on_tick(record.now, None if are_detectors_new else record.found)
                now = record.now
            case SameSound():
                judging.is_same_sound = record.is_same_sound
            case Answered() if is_as_it_was:
                yield from judging.on_answer(record.answer, record.now)
            case Rebooked() if is_as_it_was:
                yield from judging.rebook(cached_book(record.change.files), record.now)
            case Finished():
                break
            case _:
                pass
    yield from judging.finish(now)
