"""Files of blocks, as journals and records of facts are: a magic, then blocks with their length and CRC-32.

Both numbers have 32 bits, little endian. A process that dies leaves half a block at the end at worst: reading
ends before it. Damage anywhere else is an error.
"""

from __future__ import annotations

import errno
import io
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from monitor.errors import StoreError

BLOCK_BYTES_MAX = 16 * 2**20
"""A longer block is damage: of a journal, eight minutes of one party's sound in one frame."""

INFLATED_BYTES_MAX = 64 * 2**20
"""A payload that unfolds to more was not written here: a block of facts holds a minute and a half."""

_HEAD = struct.Struct("<II")

Complain = Callable[[str], StoreError]
"""Makes the error of a file from what is wrong with it."""


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class BlockWriter:
    """Writes blocks. A disk that fails ends the file, never the call: `failure` says why."""

    def __init__(self, path: Path, magic: bytes) -> None:
        """Makes the file, with its folder; nobody but its owner may read it.

        Raises:
            StoreError: store.unwritable.
        """
        self.path = path
        self.failure: StoreError | None = None
        self._buffer = bytearray(magic)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = io.FileIO(path, "w", opener=_for_owner)
        except OSError as error:
            raise StoreError("store.unwritable", path=path, reason=error.strerror) from error

    @property
    def waiting(self) -> int:
        """Bytes that no `flush` has handed on."""
        return len(self._buffer)

    def add(self, payload: bytes) -> None:
        """Takes the next block; `flush` hands it to the file."""
        self._buffer += _HEAD.pack(len(payload), zlib.crc32(payload))
        self._buffer += payload

    def flush(self) -> None:
        """Hands what waits to the file."""
        if self.failure is None:
            try:
                view = memoryview(self._buffer)
                while view:
                    view = view[self._file.write(view) :]
                del view
            except OSError as error:
                self.failure = _write_error(error, self.path)
        self._buffer = bytearray()

    def close(self) -> None:
        """Writes what waits and closes the file; a second time does nothing."""
        if not self._file.closed:
            self.flush()
            self._file.close()

    def discard(self) -> None:
        """Closes the file and takes it away."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def _write_error(error: OSError, path: Path) -> StoreError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StoreError("store.call_full", path=path.parent)
    return StoreError("store.unwritable", path=path, reason=error.strerror)


def begins_with(path: Path, magic: bytes) -> bool:
    """True where the file begins so; false also where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(magic)) == magic
    except OSError:
        return False


def read_blocks(path: Path, magic: bytes, complain: Complain) -> Iterator[bytes]:
    """The payloads of the whole blocks, in order, read as they are asked for.

    Raises:
        StoreError: made by `complain`: the file cannot be opened, does not begin so, or a block that is not
            the last one is damaged.
    """
    try:
        size = path.stat().st_size
        file = path.open("rb")
    except OSError as error:
        raise complain(error.strerror or str(error)) from error
    with file:
        if file.read(len(magic)) != magic:
            raise complain(f"it does not begin with {magic.decode()}")
        at = len(magic)
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            length, crc = _HEAD.unpack(head)
            at += _HEAD.size + length
            if length > BLOCK_BYTES_MAX and at <= size:
                raise complain(f"damage before byte {at}")
            if at > size:
                return
            payload = file.read(length)
            if zlib.crc32(payload) != crc:
                if at == size:
                    return
                raise complain(f"damage before byte {at}")
            yield payload


def inflate(payload: bytes, bytes_max: int = INFLATED_BYTES_MAX) -> bytes:
    """What `zlib.compress` made the payload of.

    Raises:
        ValueError: it is damaged, cut short, or unfolds to more than `bytes_max`.
    """
    inflater = zlib.decompressobj()
    try:
        unfolded = inflater.decompress(payload, bytes_max)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if inflater.unconsumed_tail:
        raise ValueError(f"it unfolds to more than {bytes_max} bytes")
    if not inflater.eof:
        raise ValueError("it is cut short")
    return unfolded
