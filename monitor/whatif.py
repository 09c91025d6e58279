"""What an edited playbook or threshold would have changed: two judgements of one call, compared.

    call = open_call("20261123-101500-ab12cd34", settings)
    change = what_if(call, before, after)

Everything before the judging is as it was (`monitor.core.rejudge`), so a call of an hour takes seconds. This
is the API for programs; `tingyin playbook whatif` prints it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from pydantic import ValidationError

from monitor.config import Settings
from monitor.core.clock import samples, seconds
from monitor.core.detectors import touched
from monitor.core.events import Alert, AnyEvent, CallStarted, Cue, Event, decode
from monitor.core.playbook.model import RuleBook
from monitor.core.rejudge import Answered, Finished, Rebooked, Record, Rejudging, Ticked, Told, until_over
from monitor.core.replay import replay
from monitor.core.retold import TranscriptError, of_events, of_transcript
from monitor.core.settings import CoreSettings
from monitor.core.tape import NO_MARKS, Marks, judged_anew
from monitor.core.taped import TapedEars, TapedRules
from monitor.errors import StoreError
from monitor.playbook_files import load_playbook
from monitor.store.facts import TOLD_SINCE, facts_path, is_facts, read_facts
from monitor.store.journal import is_journal, read_journal
from monitor.store.reader import read_call

SAME_S = 2.0
"""Alerts of one rule and party that are raised within this time of one another are the same alert."""

_STEP = samples(60.0)

_JUDGED = ("detectors", "cues", "reading", "rules")
"""Sections of the settings that judging looks at; the others need the sound."""

_TEXT_BYTES_MAX = 100_000_000
"""Of a file of events: a day of calls."""


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call that can be judged again."""

    call_id: str
    title: str
    settings: CoreSettings
    """With which it was judged."""
    records: Callable[[], Iterable[Record]]
    is_exact: bool
    """False of events and transcripts, which are near the call and not equal to it."""
    playbook: str = ""
    """The digest of the playbook by which it was judged, where that is known."""
    has_told: bool = False
    """Whether the records hold what was told as the call happened."""
    marks: Marks = NO_MARKS
    """Of the book by which the records' tape was made; empty where they have none."""
    quiet: tuple[str, ...] = ()
    """Rules that showed the agent no cue, whatever the book: they show none by either side."""


@dataclass(frozen=True, slots=True)
class Side:
    """A playbook and thresholds. `settings` None takes each call's own."""

    book: RuleBook
    settings: CoreSettings | None = None
    digest: str = ""
    """The name of the playbook's content (`monitor.playbook_watch.playbook_digest`), where it is known."""


@dataclass(slots=True)
class Change:
    """What another playbook or other thresholds do to one call."""

    call: PastCall
    duration_s: float = 0.0
    came: list[Alert] = field(default_factory=list)
    went: list[Alert] = field(default_factory=list)
    stayed: list[Alert] = field(default_factory=list)
    cues_before: int = 0
    cues_after: int = 0

    def per_hour(self, number: int) -> float:
        """A count as a rate over the call."""
        return 3600 * number / self.duration_s if self.duration_s else 0.0


def what_if(
    call: PastCall, before: Side, after: Side, step: Callable[[float], None] = lambda at_s: None
) -> Change:
    """Judges the call by both sides and compares.

    Where the call was judged by the side `before` as it happened, what was told then is taken for it. What
    the agent answered and edits in mid-call are no part of a side: with these the call is judged twice. So is
    one whose process died: nothing was told of its end.

    `step` is told the call time that is reached, once for each minute of the call; what it raises ends the
    work.
    """
    try:
        change = _beside_told(call, after, step) if _was_judged_by(call, before) else None
        return change or _twice(call, before, after, step, has_tape=True)
    except _TapeEndsError:
        return _twice(call, before, after, step, has_tape=False)


class _TapeEndsError(Exception):
    """What follows is not on the tape: an edited playbook came into force, or the call's process died."""


def _beside_told(call: PastCall, after: Side, step: Callable[[float], None]) -> Change | None:
    """The call judged once and compared with what was told as it happened; None where that is no side."""
    again = _again(call, after)
    told: list[Event] = []
    after_told: list[Event] = []
    end = 0
    for record in _stepping(call, step):
        if isinstance(record, Answered | Rebooked):
            return None
        if isinstance(record, Told):
            told.append(record.event)
            continue
        after_told.extend(again.take(record))
        if isinstance(record, Finished):
            return compare(call, end, told, after_told)
        end = record.now if isinstance(record, Ticked) else end
    raise _TapeEndsError


def _twice(
    call: PastCall, before: Side, after: Side, step: Callable[[float], None], *, has_tape: bool
) -> Change:
    one = _again(call, before, has_tape=has_tape)
    other = _again(call, after, has_tape=has_tape)
    told: tuple[list[Event], list[Event]] = ([], [])
    end, is_over = 0, False
    for record in _stepping(call, step):
        if has_tape and isinstance(record, Rebooked):
            raise _TapeEndsError
        told[0].extend(one.take(record))
        told[1].extend(other.take(record))
        end = record.now if isinstance(record, Ticked) else end
        is_over = isinstance(record, Finished)
    if not is_over:
        if has_tape and call.marks.heard:
            raise _TapeEndsError
        told[0].extend(one.finish())
        told[1].extend(other.finish())
    return compare(call, end, *told)


def _was_judged_by(call: PastCall, side: Side) -> bool:
    is_same_book = call.has_told and side.digest != "" and side.digest == call.playbook
    return is_same_book and (side.settings is None or not differs(side.settings, call.settings, _JUDGED))


def _stepping(call: PastCall, step: Callable[[float], None]) -> Iterator[Record]:
    """The call's records up to its end, which is missing where its process died."""
    next_step = 0
    for record in call.records():
        if isinstance(record, Ticked) and record.now >= next_step:
            next_step = record.now + _STEP
            step(seconds(record.now))
        yield record
        if isinstance(record, Finished):
            return


def judge_again(call: PastCall, side: Side, records: Iterable[Record] | None = None) -> Iterator[Event]:
    """The alerts and cues of a call by a side, in order. Everything is heard and judged: no tape is used."""
    again = _again(call, side, has_tape=False)
    for record in until_over(call.records() if records is None else records):
        yield from again.take(record)
    yield from again.finish()


def _again(call: PastCall, side: Side, *, has_tape: bool = True) -> Rejudging:
    settings = side.settings or call.settings
    anew = touched(call.settings.detectors, settings.detectors)
    is_new = not call.is_exact
    ears, taped = None, None
    if has_tape and call.marks.heard:
        ears = TapedEars(side.book, call.marks)
        is_read_anew = bool(differs(settings, call.settings, ("reading",)))
        rules = judged_anew(side.book, call.marks, anew, is_read_anew=is_read_anew)
        if rules is not None and settings.rules == call.settings.rules:
            taped = TapedRules(side.book, settings.rules, rules)
    return Rejudging(
        side.book, settings, are_detectors_new=is_new, anew=anew, ears=ears, taped=taped, quiet=call.quiet
    )


def compare(call: PastCall, end: int, before: Sequence[Event], after: Sequence[Event]) -> Change:
    """Which alerts are in both, in one, or in the other; how many cues each has. `end` is in samples."""
    change = Change(call, seconds(end))
    old, new = before, after
    change.cues_before = sum(1 for event in old if isinstance(event, Cue))
    change.cues_after = sum(1 for event in new if isinstance(event, Cue))
    left: dict[tuple[str, str | None], list[Alert]] = {}
    for event in old:
        if isinstance(event, Alert):
            left.setdefault((event.rule, event.party), []).append(event)
    for event in new:
        if not isinstance(event, Alert):
            continue
        candidates = left.get((event.rule, event.party), [])
        same = next((one for one in candidates if abs(one.raised_at_s - event.raised_at_s) <= SAME_S), None)
        if same is None:
            change.came.append(event)
        else:
            candidates.remove(same)
            change.stayed.append(event)
    change.went = sorted((one for many in left.values() for one in many), key=lambda alert: alert.raised_at_s)
    return change


def needs_sound(one: CoreSettings, other: CoreSettings) -> list[str]:
    """Sections of the settings that differ and that judging again cannot show."""
    return differs(one, other, [name for name in CoreSettings.model_fields if name not in _JUDGED])


def differs(one: CoreSettings, other: CoreSettings, sections: Iterable[str]) -> list[str]:
    """Those of the sections in which the two are not the same."""
    return [name for name in sections if getattr(one, name) != getattr(other, name)]


# --- where calls come from ------------------------------------------------------------------------------


def open_call(call: str, settings: Settings) -> PastCall:
    """A call by its id, or by a file: a record of facts, a journal, events (.jsonl), or a transcript.

    Raises:
        StoreError: there is no such call, or its file is damaged or of another kind.
    """
    path = Path(call)
    if not path.is_file():
        kept = facts_path(settings.store.folder, call)
        if not kept.is_file():
            return _of_events(
                call, [decode(body) for body in read_call(settings.store.folder, call)], settings
            )
        path = kept
    if is_facts(path):
        return _of_facts(path)
    if is_journal(path):
        return _of_journal(path, settings)
    text = _text(path)
    if text.lstrip().startswith("{"):
        return _of_events(path.stem, _events(path, text), settings)
    try:
        records = of_transcript(text)
    except TranscriptError as error:
        raise StoreError("store.transcript", path=path, reason=error) from error
    return PastCall(path.stem, path.name, settings.core, lambda: records, is_exact=False)


def _of_facts(path: Path) -> PastCall:
    facts = read_facts(path)
    core = _core(facts.header.settings, path)
    info = facts.header.info
    return PastCall(
        info.call_id,
        info.title,
        core,
        facts.records,
        is_exact=True,
        playbook=facts.header.playbook,
        has_told=facts.header.version >= TOLD_SINCE,
        marks=facts.header.marks,
        quiet=info.quiet_rules,
    )


def _of_journal(path: Path, settings: Settings) -> PastCall:
    """Hears the journal's sound again, once: a journal has inputs and no facts."""
    from monitor.switchboard import make_session

    header = read_journal(path).header
    core = _core(header.settings, path)
    own = settings.model_copy(update={name: getattr(core, name) for name in CoreSettings.model_fields})
    records: list[Record] = []
    book = load_playbook(settings.playbook.folder)
    session = make_session(header.info, own, book, has_words=header.has_words, record=records.append)
    for _ in replay(session, header.info.call_id, read_journal(path).inputs):
        pass
    info = header.info
    return PastCall(info.call_id, info.title, core, lambda: records, is_exact=True, quiet=info.quiet_rules)


def _of_events(name: str, told: list[AnyEvent], settings: Settings) -> PastCall:
    started = next((event for event in told if isinstance(event, CallStarted)), None)
    title = started.title if started is not None else name
    records = list(of_events(told))
    return PastCall(name, title, settings.core, lambda: records, is_exact=False)


def _core(values: dict[str, object], path: Path) -> CoreSettings:
    try:
        return CoreSettings.model_validate(values)
    except ValidationError as error:
        reason = "another version wrote it, with settings that this one does not have"
        raise StoreError("store.facts", path=path, reason=reason) from error


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _TEXT_BYTES_MAX:
            raise StoreError("store.transcript", path=path, reason="it is too large")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise StoreError("store.transcript", path=path, reason="it is no text in UTF-8") from error
    except OSError as error:
        raise StoreError("store.transcript", path=path, reason=error.strerror) from error


def _events(path: Path, text: str) -> list[AnyEvent]:
    told: list[AnyEvent] = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            told.append(decode(line))
        except msgspec.DecodeError as error:
            raise StoreError("store.events", path=path, reason=f"line {number}: {error}") from error
    return told
