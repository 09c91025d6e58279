"""The journal of a call: exactly what its analysis was told, in the order of arrival, so that it replays.

A journal is a file of blocks (`monitor.store.blocks`) with the magic `TYJ1`, each a record: a MessagePack
array of the record's name and its fields. The first record is the header.

Sound is stored without loss, as 16-bit samples (inputs are on that grid): differences of neighbours, low
bytes and high bytes apart, deflated. That keeps 40 to 70 % of the bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import numpy as np
import numpy.typing as npt

from monitor.core.audio import AudioFrame, Party, Pcm
from monitor.core.inputs import (
    CallEnd,
    CallInfo,
    CueAnswer,
    CuesPaused,
    EngineLag,
    RequestDropped,
    RulesChanged,
    SessionInput,
    SoundEnd,
    SourceNotice,
)
from monitor.core.recognition import Hypothesis
from monitor.errors import StoreError
from monitor.store.blocks import BlockWriter, begins_with, inflate, read_blocks

JOURNAL_VERSION = 1

_MAGIC = b"TYJ1"

_BUFFER_BYTES = 32 * 1024
"""About a second of a call's sound: that much a process that is killed may lose."""

_DEFLATE_LEVEL = 1
"""Higher levels take several times as long for a few percent."""


PlaybookText = tuple[tuple[str, str], ...]
"""The files of a playbook: their names, without folders, and their text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalHeader:
    """What a replay needs before the first input. `settings` is the settings' tree as plain values."""

    version: int
    info: CallInfo
    settings: dict[str, Any]
    has_words: bool
    """False where the call was judged by its sound alone."""
    playbook: bytes = b""
    """The playbook's files that the call began with, by `pack_playbook`; empty in journals of before."""


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal's header and its inputs, which are read as they are asked for, once."""

    header: JournalHeader
    inputs: Iterator[SessionInput]


@lru_cache(maxsize=2)
def pack_playbook(files: PlaybookText) -> bytes:
    """The files of a playbook, deflated: some 130 kB for the shipped one, the same for every call."""
    return zlib.compress(msgspec.msgpack.encode(files))


def unpack_playbook(packed: bytes) -> PlaybookText:
    """The files of `pack_playbook`.

    Raises:
        ValueError: they are damaged.
    """
    try:
        return msgspec.msgpack.decode(zlib.decompress(packed), type=PlaybookText)
    except (zlib.error, msgspec.DecodeError) as error:
        raise ValueError(str(error)) from error


# --- records -----------------------------------------------------------------------------------------


def pack_pcm(pcm: Pcm) -> bytes:
    """Samples on the 16-bit grid as bytes, without loss.

    Raises:
        ValueError: a sample is not on the grid (`monitor.core.audio.to_grid` puts it there).
    """
    scaled = pcm * np.float32(32768.0)
    whole = scaled.astype(np.int16)
    if not np.array_equal(whole, scaled):
        raise ValueError("the samples are not on the 16-bit grid, so that they cannot be kept exactly")
    steps = np.diff(whole, prepend=np.int16(0)).astype("<i2")
    planes = steps.view(np.uint8).reshape(-1, 2).T
    return zlib.compress(planes.tobytes(), _DEFLATE_LEVEL)


def unpack_pcm(packed: bytes) -> Pcm:
    """The samples of `pack_pcm`.

    Raises:
        ValueError: the bytes are damaged, or unfold to more than any frame holds.
    """
    planes = np.frombuffer(inflate(packed), dtype=np.uint8)
    steps: npt.NDArray[np.int16] = np.ascontiguousarray(planes.reshape(2, -1).T).view("<i2").ravel()
    whole = np.cumsum(steps, dtype=np.int16)
    return whole.astype(np.float32) / np.float32(32768.0)


class _AudioRecord(msgspec.Struct, frozen=True, array_like=True):
    party: Party
    start: int
    is_concealed: bool
    pcm: bytes


def _from_audio(frame: AudioFrame) -> _AudioRecord:
    return _AudioRecord(frame.party, frame.start, frame.is_concealed, pack_pcm(frame.pcm))


def _to_audio(record: _AudioRecord) -> AudioFrame:
    return AudioFrame(
        party=record.party,
        start=record.start,
        is_concealed=record.is_concealed,
        pcm=unpack_pcm(record.pcm),
    )


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class _Kind:
    """How inputs of one type are recorded: under which name, in which form, and back."""

    name: str
    input_type: type
    record_type: type
    to_record: Callable[[Any], Any] = _same
    to_input: Callable[[Any], Any] = _same


_KINDS = (
    _Kind("audio", AudioFrame, _AudioRecord, _from_audio, _to_audio),
    *(
        _Kind(name, input_type, input_type)
        for name, input_type in {
            "hypothesis": Hypothesis,
            "request_dropped": RequestDropped,
            "source_notice": SourceNotice,
            "engine_lag": EngineLag,
            "cue_answer": CueAnswer,
            "cues_paused": CuesPaused,
            "rules_changed": RulesChanged,
            "sound_end": SoundEnd,
            "call_end": CallEnd,
        }.items()
    ),
)
"""A new type of input is a new row; one that holds plain values needs no code of its own."""

_BY_TYPE = {kind.input_type: kind for kind in _KINDS}
_BY_NAME = {kind.name: kind for kind in _KINDS}


# --- writing -----------------------------------------------------------------------------------------


class JournalWriter:
    """Writes a call's journal. A disk that fails ends the journal, never the call: `failure` says why."""

    def __init__(self, path: Path, header: JournalHeader) -> None:
        """Makes the file; `header.version` is `JOURNAL_VERSION`.

        Raises:
            StoreError: store.unwritable.
        """
        self.path = path
        self._encoder = msgspec.msgpack.Encoder()
        self._blocks = BlockWriter(path, _MAGIC)
        self._record("header", asdict(header))
        self.flush()

    @property
    def failure(self) -> StoreError | None:
        """Why the journal is not whole; None while it is."""
        return self._blocks.failure

    def write(self, item: SessionInput) -> None:
        """Takes the call's next input. It reaches the file within about a second of sound.

        Raises:
            ValueError: sound that is not on the 16-bit grid.
        """
        kind = _BY_TYPE[type(item)]
        self._record(kind.name, kind.to_record(item))
        if self._blocks.waiting >= _BUFFER_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hands what waits to the file."""
        self._blocks.flush()

    def close(self) -> None:
        """Writes what waits and closes the file; a second time does nothing."""
        self._blocks.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _record(self, name: str, value: object) -> None:
        self._blocks.add(self._encoder.encode((name, value)))


# --- reading -----------------------------------------------------------------------------------------


def is_journal(path: Path) -> bool:
    """True where the file begins as journals do; false also where it cannot be read."""
    return begins_with(path, _MAGIC)


def read_journal(path: Path) -> Journal:
    """The journal at `path`, up to its last whole record.

    Raises:
        StoreError: store.journal: there is no such file, it is no journal, its header is damaged, or a
            newer version wrote it. While the inputs are read: a record in the middle is damaged.
    """
    records = _records(path)
    name, payload = next(records, ("", msgspec.Raw(b"\xc0")))
    if name != "header":
        raise StoreError("store.journal", path=path, reason="it has no header")
    return Journal(_header(path, payload), _inputs(path, records))


def _header(path: Path, payload: msgspec.Raw) -> JournalHeader:
    try:
        version = msgspec.msgpack.decode(payload, type=dict[str, Any])["version"]
        if version > JOURNAL_VERSION:
            raise StoreError(
                "store.journal", path=path, reason=f"its version {version} is newer than {JOURNAL_VERSION}"
            )
        return msgspec.msgpack.decode(payload, type=JournalHeader)
    except (msgspec.DecodeError, KeyError) as error:
        raise StoreError("store.journal", path=path, reason=f"its header is damaged ({error})") from error


def _inputs(path: Path, records: Iterator[tuple[str, msgspec.Raw]]) -> Iterator[SessionInput]:
    decoders: dict[str, msgspec.msgpack.Decoder[Any]] = {
        name: msgspec.msgpack.Decoder(kind.record_type) for name, kind in _BY_NAME.items()
    }
    for name, payload in records:
        if name not in _BY_NAME:
            raise StoreError("store.journal", path=path, reason=f"it has an unknown input {name!r}")
        try:
            yield _BY_NAME[name].to_input(decoders[name].decode(payload))
        except (msgspec.DecodeError, ValueError) as error:
            raise StoreError("store.journal", path=path, reason=f"a record is damaged ({error})") from error


def _records(path: Path) -> Iterator[tuple[str, msgspec.Raw]]:
    decoder = msgspec.msgpack.Decoder(tuple[str, msgspec.Raw])
    for payload in read_blocks(
        path, _MAGIC, lambda reason: StoreError("store.journal", path=path, reason=reason)
    ):
        try:
            record = decoder.decode(payload)
        except msgspec.DecodeError as error:
            reason = f"a record is damaged ({error})"
            raise StoreError("store.journal", path=path, reason=reason) from error
        yield record
