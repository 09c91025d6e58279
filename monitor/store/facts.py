"""The facts of a call as they were judged: what another playbook is tried on, without sound.

A file of blocks (`monitor.store.blocks`) with the magic `TYF1`; each payload is deflated MessagePack. The
first block is the header, every other one an array of records, each its kind's number and what it holds.

Words are kept as they were told, masked where the settings mask them. A voice's texture is not kept.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from monitor.core import facts as core_facts
from monitor.core import rejudge
from monitor.core.events import Alert, Cue
from monitor.core.facts import AlertEnded, AlertRaised
from monitor.core.inputs import CallInfo, CueAnswer, CuesPaused, RulesChanged
from monitor.core.playbook.listener import Place
from monitor.core.playbook.model import RuleBook
from monitor.core.rejudge import Record
from monitor.core.settings import CoreSettings
from monitor.core.tape import NO_MARKS, NOTHING_FOLLOWED, Marks, Placed, Ruled, Tape, marks_of
from monitor.errors import StoreError
from monitor.store.blocks import BlockWriter, Complain, begins_with, inflate, read_blocks

FACTS_VERSION = 4
TOLD_SINCE = 2
"""The version from which on a record holds what was told, too."""

_MAGIC = b"TYF1"
_BLOCK_RECORDS = 2_000
"""Records of one block: about a minute and a half of a call, which a process that is killed may lose."""
_DEFLATE_LEVEL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsHeader:
    """What judging the call again needs to know. `settings` is the tree of the core's, as plain values."""

    version: int
    info: CallInfo
    settings: dict[str, Any]
    playbook: str = ""
    """The digest of the playbook that was in force at the call's beginning."""
    marks: Marks = NO_MARKS
    """Of that playbook: what of another one is heard and judged alike, so that the tape holds for it."""


def facts_header(info: CallInfo, core: CoreSettings, rulebook: RuleBook, playbook: str) -> FactsHeader:
    """The header of a call that begins; `playbook` is the digest of the book's text."""
    return FactsHeader(
        version=FACTS_VERSION,
        info=info,
        settings=core.model_dump(mode="json"),
        playbook=playbook,
        marks=marks_of(rulebook),
    )


class _Form:
    """One type of fact or judgement as a MessagePack array, and back."""

    def __init__(self, number: int, type_: type) -> None:
        self.number = number
        self._type = type_
        hints = get_type_hints(type_)
        named = [field for field in fields(type_) if field.name != "texture"]
        self._names = [field.name for field in named]
        self._form = msgspec.defstruct(
            f"{type_.__name__}Form", [(name, hints[name]) for name in self._names], array_like=True
        )
        self._read = attrgetter(*self._names)
        self._setters = [getattr(type_, name).__set__ for name in self._names]
        self._lacks_texture = any(field.name == "texture" for field in fields(type_))

    def pack(self, value: Any) -> tuple[int, list[Any]]:
        return self.number, [getattr(value, name) for name in self._names]

    def unpack(self, values: list[Any]) -> Any:
        """A fact by its slots: a frozen class sets its fields three times as slowly, and there are many."""
        made: Any = object.__new__(self._type)
        for put, value in zip(self._setters, self._read(msgspec.convert(values, self._form)), strict=True):
            put(made, value)
        if self._lacks_texture:
            object.__setattr__(made, "texture", None)
        return made


_FACT_TYPES = (
    core_facts.SpeechStarted,
    core_facts.Ipu,
    core_facts.Words,
    core_facts.ProsodyFrame,
    core_facts.Turn,
    core_facts.Pause,
    core_facts.Gap,
    core_facts.Overlap,
    core_facts.Backchannel,
    core_facts.InterruptionBegan,
    core_facts.Interruption,
    core_facts.TemperReading,
)
_FORMS = {type_: _Form(number, type_) for number, type_ in enumerate((*_FACT_TYPES, AlertRaised, AlertEnded))}
_SAID = _Form(-1, core_facts.Said)
_BY_NUMBER = {form.number: form for form in _FORMS.values()}

_FACT, _TICK, _SAME, _ANSWER, _BOOK, _END, _TOLD, _PAUSE = range(8)


def _pack(record: Record) -> tuple[Any, ...]:
    match record:
        case rejudge.FactTold():
            fact = _FORMS[type(record.fact)].pack(record.fact)
            return (_FACT, record.now, fact, _found(record.found), *_packed_tape(record.tape))
        case rejudge.Ticked():
            return (_TICK, record.now, _found(record.found), *_packed_tape(record.tape))
        case rejudge.SameSound():
            return (_SAME, record.is_same_sound)
        case rejudge.Answered():
            return (_ANSWER, record.now, record.answer)
        case rejudge.PauseTold():
            return (_PAUSE, record.now, record.pause)
        case rejudge.Rebooked():
            return (_BOOK, record.now, record.change)
        case rejudge.Told():
            return (_TOLD, record.event)
        case rejudge.Finished():
            return (_END, record.now, *_packed_tape(record.tape))


def _packed_tape(tape: Tape) -> tuple[Any, ...]:
    """The tape at a record's end; nothing where nothing followed, as on most."""
    if not tape.heard and not tape.ruled:
        return ()
    heard = [(one.place, _SAID.pack(one.said)[1]) for one in tape.heard]
    ruled = [(one.step, *_FORMS[type(one.judgement)].pack(one.judgement), one.order) for one in tape.ruled]
    return heard, ruled


def _tape(packed: list[Any]) -> Tape:
    heard, ruled = packed
    return Tape(
        tuple([Placed(_place(place), _SAID.unpack(said)) for place, said in heard]),
        tuple([_ruled(*one) for one in ruled]),
    )


def _ruled(step: int, number: int, values: list[Any], order: Sequence[Any] = ()) -> Ruled:
    """Version 3 kept no order."""
    return Ruled(
        int(step),
        _BY_NUMBER[number].unpack(values),
        tuple([one if isinstance(one, str) else int(one) for one in order]),
    )


def _place(values: list[Any]) -> Place:
    order, number, start, end = values
    return int(order), int(number), int(start), int(end)


def _found(judgements: tuple[core_facts.Judgement, ...]) -> list[tuple[int, list[Any]]]:
    return [_FORMS[type(judgement)].pack(judgement) for judgement in judgements]


def _unpack(record: list[Any]) -> Record:
    """A record from its plain values.

    Raises:
        ValueError, KeyError, IndexError, TypeError: it is damaged.
    """
    kind = record[0]
    if kind == _FACT:
        number, values = record[2]
        fact, found = _BY_NUMBER[number].unpack(values), _judgements(record[3])
        tape = _tape(record[4:]) if len(record) > 4 else NOTHING_FOLLOWED
        return rejudge.FactTold(int(record[1]), fact, found, tape)
    if kind == _TICK:
        tape = _tape(record[3:]) if len(record) > 3 else NOTHING_FOLLOWED
        return rejudge.Ticked(int(record[1]), _judgements(record[2]), tape)
    if kind == _SAME:
        return rejudge.SameSound(bool(record[1]))
    if kind == _END:
        return rejudge.Finished(int(record[1]), _tape(record[2:]) if len(record) > 2 else NOTHING_FOLLOWED)
    if kind == _ANSWER:
        return rejudge.Answered(int(record[1]), msgspec.convert(record[2], CueAnswer))
    if kind == _PAUSE:
        return rejudge.PauseTold(int(record[1]), msgspec.convert(record[2], CuesPaused))
    if kind == _TOLD:
        return rejudge.Told(msgspec.convert(record[1], Alert | Cue))
    if kind == _BOOK:
        return rejudge.Rebooked(int(record[1]), msgspec.convert(record[2], RulesChanged))
    raise ValueError(f"there is no record of kind {kind!r}")


def _judgements(packed: list[Any]) -> tuple[core_facts.Judgement, ...]:
    return tuple([_BY_NUMBER[number].unpack(values) for number, values in packed]) if packed else ()


class FactsWriter:
    """Keeps a call's record. A disk that fails ends it, never the call: `failure` says why."""

    def __init__(self, path: Path, header: FactsHeader) -> None:
        """Makes the file.

        Raises:
            StoreError: store.unwritable.
        """
        self.path = path
        self._records: list[tuple[Any, ...]] = []
        self._encoder = msgspec.msgpack.Encoder()
        self._blocks = BlockWriter(path, _MAGIC)
        self._add(header)
        self._blocks.flush()

    @property
    def failure(self) -> StoreError | None:
        """Why the record is not whole; None while it is."""
        return self._blocks.failure

    def write(self, record: Record) -> None:
        """Keeps one record."""
        self._records.append(_pack(record))
        if len(self._records) >= _BLOCK_RECORDS:
            self.flush()

    def flush(self) -> None:
        """Hands what waits to the file."""
        records, self._records = self._records, []
        if records:
            self._add(records)
            self._blocks.flush()

    def close(self) -> None:
        """Writes what waits and closes the file; a second time does nothing."""
        self.flush()
        self._blocks.close()

    def discard(self) -> None:
        """Closes the file and takes it away: there was no call."""
        self._blocks.discard()

    def _add(self, value: object) -> None:
        self._blocks.add(zlib.compress(self._encoder.encode(value), _DEFLATE_LEVEL))


@dataclass(frozen=True, slots=True)
class Facts:
    """A call's record: its header, and the records, which are read as they are asked for."""

    header: FactsHeader
    path: Path

    def records(self) -> Iterator[Record]:
        """The records up to the last whole block.

        Raises:
            StoreError: store.facts: a block is damaged.
        """
        decoder = msgspec.msgpack.Decoder(list[list[Any]])
        blocks = _blocks(self.path)
        next(blocks)
        for block in blocks:
            try:
                for record in decoder.decode(block):
                    yield _unpack(record)
            except (msgspec.DecodeError, KeyError, IndexError, TypeError, ValueError) as error:
                raise _damaged(self.path)(f"a record is damaged ({error})") from error


def is_facts(path: Path) -> bool:
    """True where the file begins as records of facts do; false also where it cannot be read."""
    return begins_with(path, _MAGIC)


def read_facts(path: Path) -> Facts:
    """The record at `path`.

    Raises:
        StoreError: store.facts: there is none, or its header is damaged, or a newer version wrote it.
    """
    block = next(_blocks(path), b"")
    try:
        version = msgspec.msgpack.decode(block, type=dict[str, Any])["version"]
        if version > FACTS_VERSION:
            raise _damaged(path)(f"its version {version} is newer than {FACTS_VERSION}")
        return Facts(msgspec.msgpack.decode(block, type=FactsHeader), path)
    except (msgspec.DecodeError, KeyError) as error:
        raise _damaged(path)(f"its header is damaged ({error})") from error


def facts_path(folder: Path, call_id: str) -> Path:
    """Where the record of a stored call is kept."""
    return folder / "facts" / f"{call_id}.facts"


def _blocks(path: Path) -> Iterator[bytes]:
    damaged = _damaged(path)
    for payload in read_blocks(path, _MAGIC, damaged):
        try:
            yield inflate(payload)
        except ValueError as error:
            raise damaged(f"a block is damaged ({error})") from error


def _damaged(path: Path) -> Complain:
    return lambda reason: StoreError("store.facts", path=path, reason=reason)
