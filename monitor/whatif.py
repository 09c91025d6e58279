"""What an edited playbook or threshold would have changed: two judgements of one call, compared.

    call = open_call("20261123-101500-ab12cd34", settings)
    change = what_if(call, before, after)

Everything before the judging is as it was (`monitor.core.rejudge`), so a call of an hour takes seconds. This
is the API for programs; `tingyin playbook whatif` prints it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from pydantic import ValidationError

from monitor.config import Settings
from monitor.core.clock import seconds
from monitor.core.events import Alert, AnyEvent, CallStarted, Cue, Event, decode
from monitor.core.playbook.model import RuleBook
from monitor.core.rejudge import Finished, Record, Ticked, rejudge
from monitor.core.replay import replay
from monitor.core.retold import TranscriptError, of_events, of_transcript
from monitor.core.settings import CoreSettings
from monitor.errors import StoreError
from monitor.playbook_files import load_playbook
from monitor.store.facts import facts_path, is_facts, read_facts
from monitor.store.journal import is_journal, read_journal
from monitor.store.reader import read_call

SAME_S = 2.0
"""Alerts of one rule and party that are raised within this time of one another are the same alert."""

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


@dataclass(frozen=True, slots=True)
class Side:
    """A playbook and thresholds. `settings` None takes each call's own."""

    book: RuleBook
    settings: CoreSettings | None = None


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


def what_if(call: PastCall, before: Side, after: Side) -> Change:
    """Judges the call twice and compares."""
    records = list(call.records())
    told_before = list(judge_again(call, before, records))
    told_after = list(judge_again(call, after, records))
    return compare(call, records, told_before, told_after)


def judge_again(call: PastCall, side: Side, records: Iterable[Record] | None = None) -> Iterator[Event]:
    """The alerts and cues of a call by a side, in order."""
    settings = side.settings or call.settings
    are_new = not call.is_exact or settings.detectors != call.settings.detectors
    again = call.records() if records is None else records
    return rejudge(again, side.book, settings, are_detectors_new=are_new)


def compare(
    call: PastCall, records: Iterable[Record], before: Iterable[Event], after: Iterable[Event]
) -> Change:
    """Which alerts are in both, in one, or in the other; how many cues each has."""
    ends = [record.now for record in records if isinstance(record, Finished | Ticked)]
    change = Change(call, seconds(max(ends, default=0)))
    old, new = list(before), list(after)
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
    return [
        name
        for name in CoreSettings.model_fields
        if name not in _JUDGED and getattr(one, name) != getattr(other, name)
    ]


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
    return PastCall(info.call_id, info.title, core, facts.records, is_exact=True)


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
    return PastCall(header.info.call_id, header.info.title, core, lambda: records, is_exact=True)


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
