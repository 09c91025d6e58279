"""WAV files as recorders leave them: finished, cut short, or still being written.

The common sound library trusts the header's length. A recorder that died or is still at work left a
header that is wrong, so plain RIFF files of linear, float or G.711 samples are read here by what is there.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from monitor.ingest.decoder import Ending, Samples
from monitor.ingest.g711 import ALAW_FULL_SCALE, MULAW_FULL_SCALE, decode_alaw, decode_mulaw

_MAX_CHUNKS = 256
"""Chunks looked at before `data`; more is no recorder's file."""

_OPEN_ENDED_BYTES = 0x7FFF_0000
"""Sizes from here up (0xFFFFFFFF, 0x7FFFFFFF less a header) are what streaming writers put for "unknown"."""


def _u8(raw: bytes) -> Samples:
    return ((np.frombuffer(raw, np.uint8).astype(np.float32) - 128) / 128).astype(np.float32)


def _i16(raw: bytes) -> Samples:
    return (np.frombuffer(raw, "<i2") / 32768).astype(np.float32)


def _i24(raw: bytes) -> Samples:
    padded = np.zeros((len(raw) // 3, 4), np.uint8)
    padded[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
    return (padded.view("<i4")[:, 0] / 2.0**31).astype(np.float32)


def _i32(raw: bytes) -> Samples:
    return (np.frombuffer(raw, "<i4") / 2.0**31).astype(np.float32)


def _f32(raw: bytes) -> Samples:
    return np.frombuffer(raw, "<f4").astype(np.float32)


def _f64(raw: bytes) -> Samples:
    with np.errstate(over="ignore"):  # beyond float32 becomes infinite, which is mended like NaN
        return np.frombuffer(raw, "<f8").astype(np.float32)


def _mulaw(raw: bytes) -> Samples:
    return decode_mulaw(np.frombuffer(raw, np.uint8))


def _alaw(raw: bytes) -> Samples:
    return decode_alaw(np.frombuffer(raw, np.uint8))


_CODECS: dict[tuple[int, int], tuple[Callable[[bytes], Samples], float]] = {
    (1, 8): (_u8, 127 / 128),
    (1, 16): (_i16, 1.0),
    (1, 24): (_i24, 1.0),
    (1, 32): (_i32, 1.0),
    (3, 32): (_f32, 1.0),
    (3, 64): (_f64, 1.0),
    (6, 8): (_alaw, ALAW_FULL_SCALE),
    (7, 8): (_mulaw, MULAW_FULL_SCALE),
}
"""(format tag, bits) -> how to read, and the loudest sample."""


@dataclass(frozen=True, slots=True)
class WavHeader:
    """What a RIFF header says. `data_bytes` is None where the writer did not know the length."""

    tag: int
    bits: int
    channels: int
    rate_hz: int
    data_at: int
    data_bytes: int | None


def read_header(file: BinaryIO) -> WavHeader | None:
    """The header of a RIFF WAVE file, or None where it is another format or one not read here."""
    size = os.fstat(file.fileno()).st_size
    file.seek(0)
    head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return None
    riff_bytes = int.from_bytes(head[4:8], "little")
    form: tuple[int, int, int, int] | None = None
    for _ in range(_MAX_CHUNKS):
        chunk = file.read(8)
        if len(chunk) < 8:
            return None
        length = int.from_bytes(chunk[4:], "little")
        if chunk[:4] == b"fmt ":
            form = _read_format(file.read(length + length % 2))
        elif chunk[:4] == b"data":
            if form is None or (form[0], form[1]) not in _CODECS:
                return None
            is_unfinished = length == 0 and riff_bytes + 8 != size
            known = None if is_unfinished or length >= _OPEN_ENDED_BYTES else length
            return WavHeader(*form, data_at=file.tell(), data_bytes=known)
        else:
            file.seek(length + length % 2, os.SEEK_CUR)
    return None


def _read_format(raw: bytes) -> tuple[int, int, int, int] | None:
    """(tag, bits, channels, rate) of a `fmt ` chunk; None where it is not plain."""
    if len(raw) < 16:
        return None
    tag, channels, rate_hz, _, block, bits = struct.unpack_from("<HHIIHH", raw)
    if tag == 0xFFFE and len(raw) >= 26:  # extensible: the tag proper opens the sub-format's identifier
        tag = int.from_bytes(raw[24:26], "little")
    if not channels or not rate_hz or block != channels * bits // 8:
        return None
    return tag, bits, channels, rate_hz


class WavDecoder:
    """Reads a plain WAV file to the end of what is there, also of what arrives meanwhile."""

    def __init__(self, path: Path, file: BinaryIO, header: WavHeader) -> None:
        self.path = path
        self.rate_hz = header.rate_hz
        self.channels = header.channels
        self._decode, self.full_scale = _CODECS[header.tag, header.bits]
        self._file = file
        self._header = header
        self._block_bytes = header.channels * header.bits // 8
        self._size_at_open = os.fstat(file.fileno()).st_size
        there = self._size_at_open - header.data_at
        self._is_open_ended = header.data_bytes is None
        self._is_short = header.data_bytes is not None and there < header.data_bytes
        self._limit = there if header.data_bytes is None else min(there, header.data_bytes)
        self._runs_to_end = self._limit == there
        self._read_bytes = 0
        self._has_grown = False
        self.is_damaged = False
        self.frames_expected = None if header.data_bytes is None else header.data_bytes // self._block_bytes
        self.duration_s: float | None = max(0, self._limit) // self._block_bytes / header.rate_hz

    def read(self, frames: int) -> Samples:
        """The next `frames` frames, shape (frames, channels); fewer only at the end."""
        wanted = frames * self._block_bytes
        if self._runs_to_end and self._limit - self._read_bytes < wanted:
            grown = os.fstat(self._file.fileno()).st_size - self._header.data_at
            if grown > self._limit:
                self._limit, self._has_grown = grown, True
        wanted = min(wanted, max(0, self._limit - self._read_bytes))
        self._file.seek(self._header.data_at + self._read_bytes)
        raw = self._file.read(wanted - wanted % self._block_bytes)
        raw = raw[: len(raw) - len(raw) % self._block_bytes]
        self._read_bytes += len(raw)
        decoded: npt.NDArray[np.float32] = self._decode(raw)
        return decoded.reshape(-1, self.channels)

    @property
    def ending(self) -> Ending:
        """How the file ended; meaningful once `read` came short."""
        if self._has_grown or self._is_open_ended:
            return Ending.GROWING
        return Ending.TRUNCATED if self._is_short else Ending.COMPLETE

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
