"""The facts of a call as they were judged: what another playbook is tried on, without sound.

A file is the magic `TYF1`, then blocks: length and CRC-32 of the payload, both 32 bits, little endian, and
the payload, deflated MessagePack. The first block is the header, every other one an array of records, each
its kind's number and what it holds. A process that dies leaves half a block at the end at worst: reading ends
before it.

Words are kept as they were told, masked where the settings mask them. A voice's texture is not kept.
"""

from __future__ import annotations

import errno
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from monitor.core import facts as core_facts
from monitor.core import rejudge
from monitor.core.facts import AlertEnded, AlertRaised, TimelineEvent
from monitor.core.inputs import CallInfo, CueAnswer, RulesChanged
from monitor.core.rejudge import Record
from monitor.errors import StoreError

FACTS_VERSION = 1

_MAGIC = b"TYF1"
_HEAD = struct.Struct("<II")
_BLOCK_RECORDS = 2_000
"""Records of one block: about a minute and a half of a call, which a process that is killed may lose."""
BLOCK_BYTES_MAX = 16 * 2**20
_DEFLATE_LEVEL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsHeader:
    """What judging the call again needs to know. `settings` is the tree of the core's, as plain values."""

    version: int
    info: CallInfo
    settings: dict[str, Any]
    playbook: str = ""
    """The digest of the playbook that was in force at the call's beginning."""


class _Form:
    """One type of fact or judgement as a MessagePack array, and back."""

    def __init__(self, number: int, type_: type) -> None:
        self.number = number
        self._type = type_
        hints = get_type_hints(type_)
        self._names = [field.name for field in fields(type_) if field.name != "texture"]
        self._form = msgspec.defstruct(
            f"{type_.__name__}Form", [(name, hints[name]) for name in self._names], array_like=True
        )

    def pack(self, value: Any) -> tuple[int, list[Any]]:
        return self.number, [getattr(value, name) for name in self._names]

    def unpack(self, raw: msgspec.Raw) -> Any:
        form = msgspec.msgpack.decode(raw, type=self._form)
        return self._type(**{name: getattr(form, name) for name in self._names})


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
_BY_NUMBER = {form.number: form for form in _FORMS.values()}

_Packed = tuple[int, msgspec.Raw]

_FACT, _TICK, _SAME, _ANSWER, _BOOK, _END = range(6)


def _pack(record: Record) -> tuple[Any, ...]:
    match record:
        case rejudge.FactTold():
            return (_FACT, record.now, _FORMS[type(record.fact)].pack(record.fact), _found(record.found))
        case rejudge.Ticked():
            return (_TICK, record.now, _found(record.found))
        case rejudge.SameSound():
            return (_SAME, record.is_same_sound)
        case rejudge.Answered():
            return (_ANSWER, record.now, record.answer)
        case rejudge.Rebooked():
            return (_BOOK, record.now, record.change)
        case rejudge.Finished():
            return (_END, record.now)


def _found(judgements: tuple[core_facts.Judgement, ...]) -> list[tuple[int, list[Any]]]:
    return [_FORMS[type(judgement)].pack(judgement) for judgement in judgements]


class _Unpacker:
    def __init__(self) -> None:
        self._packed = msgspec.msgpack.Decoder(_Packed)
        self._many = msgspec.msgpack.Decoder(list[_Packed])
        self._int = msgspec.msgpack.Decoder(int)

    def unpack(self, raw: list[msgspec.Raw]) -> Record:
        kind = self._int.decode(raw[0])
        if kind == _FACT:
            number, packed = self._packed.decode(raw[2])
            fact: TimelineEvent = _BY_NUMBER[number].unpack(packed)
            return rejudge.FactTold(self._int.decode(raw[1]), fact, self._judgements(raw[3]))
        if kind == _TICK:
            return rejudge.Ticked(self._int.decode(raw[1]), self._judgements(raw[2]))
        if kind == _SAME:
            return rejudge.SameSound(msgspec.msgpack.decode(raw[1], type=bool))
        if kind == _END:
            return rejudge.Finished(self._int.decode(raw[1]))
        if kind == _ANSWER:
            answer = msgspec.msgpack.decode(raw[2], type=CueAnswer)
            return rejudge.Answered(self._int.decode(raw[1]), answer)
        change = msgspec.msgpack.decode(raw[2], type=RulesChanged)
        return rejudge.Rebooked(self._int.decode(raw[1]), change)

    def _judgements(self, raw: msgspec.Raw) -> tuple[core_facts.Judgement, ...]:
        if bytes(raw) == b"\x90":  # an empty array, as it nearly always is
            return ()
        return tuple(_BY_NUMBER[number].unpack(packed) for number, packed in self._many.decode(raw))


class FactsWriter:
    """Keeps a call's record. A disk that fails ends it, never the call: `failure` says why."""

    def __init__(self, path: Path, header: FactsHeader) -> None:
        """Makes the file.

        Raises:
            StoreError: store.unwritable.
        """
        self.path = path
        self.failure: StoreError | None = None
        self._records: list[tuple[Any, ...]] = []
        self._encoder = msgspec.msgpack.Encoder()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("wb", buffering=0)
        except OSError as error:
            raise StoreError("store.unwritable", path=path, reason=error.strerror) from error
        self._write(_MAGIC + self._block(header))

    def write(self, record: Record) -> None:
        """Keeps one record."""
        self._records.append(_pack(record))
        if len(self._records) >= _BLOCK_RECORDS:
            self.flush()

    def flush(self) -> None:
        """Hands what waits to the file."""
        records, self._records = self._records, []
        if records:
            self._write(self._block(records))

    def close(self) -> None:
        """Writes what waits and closes the file; a second time does nothing."""
        if not self._file.closed:
            self.flush()
            self._file.close()

    def discard(self) -> None:
        """Closes the file and takes it away: there was no call."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _block(self, value: object) -> bytes:
        payload = zlib.compress(self._encoder.encode(value), _DEFLATE_LEVEL)
        return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload

    def _write(self, data: bytes) -> None:
        if self.failure is not None:
            return
        try:
            view = memoryview(data)
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                self.failure = StoreError("store.full", path=self.path)
            else:
                self.failure = StoreError("store.unwritable", path=self.path, reason=error.strerror)


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
        unpacker, decoder = _Unpacker(), msgspec.msgpack.Decoder(list[list[msgspec.Raw]])
        blocks = _blocks(self.path)
        next(blocks)
        for block in blocks:
            try:
                for raw in decoder.decode(block):
                    yield unpacker.unpack(raw)
            except (msgspec.DecodeError, KeyError, IndexError) as error:
                raise StoreError(
                    "store.facts", path=self.path, reason=f"a record is damaged ({error})"
                ) from error


def is_facts(path: Path) -> bool:
    """True where the file begins as records of facts do; false also where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def read_facts(path: Path) -> Facts:
    """The record at `path`.

    Raises:
        StoreError: store.facts: there is none, or its header is damaged, or a newer version wrote it.
    """
    try:
        block = next(_blocks(path), b"")
    except OSError as error:
        raise StoreError("store.facts", path=path, reason=error.strerror) from error
    try:
        version = msgspec.msgpack.decode(block, type=dict[str, Any])["version"]
        if version > FACTS_VERSION:
            reason = f"its version {version} is newer than {FACTS_VERSION}"
            raise StoreError("store.facts", path=path, reason=reason)
        return Facts(msgspec.msgpack.decode(block, type=FactsHeader), path)
    except (msgspec.DecodeError, KeyError) as error:
        raise StoreError("store.facts", path=path, reason=f"its header is damaged ({error})") from error


def facts_path(folder: Path, call_id: str) -> Path:
    """Where the record of a stored call is kept."""
    return folder / "facts" / f"{call_id}.facts"


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise StoreError("store.facts", path=path, reason="it is no record of facts")
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            length, crc = _HEAD.unpack(head)
            if length > BLOCK_BYTES_MAX:
                raise StoreError("store.facts", path=path, reason="a block is damaged")
            payload = file.read(length)
            if len(payload) < length:
                return
            if zlib.crc32(payload) != crc:
                raise StoreError("store.facts", path=path, reason="a block is damaged")
            yield zlib.decompress(payload)
