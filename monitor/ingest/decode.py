"""Any sound file as a stream of samples: which library reads which format.

WAV is read by `monitor.ingest.wav`; lossless formats by libsndfile; lossy ones and containers by FFmpeg
through PyAV, because libsndfile gives up on an Ogg file whose end is missing and writes a cut MP3's faults
to the terminal.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import av
import av.error
import numpy as np
import soundfile

from monitor.errors import SourceError
from monitor.ingest.decoder import Decoder, Ending, Samples
from monitor.ingest.wav import WavDecoder, read_header

MIN_RATE_HZ = 8_000
MAX_RATE_HZ = 768_000
"""Beyond any recorder: a header that says so is damaged."""

MAX_CHANNELS = 64
"""Beyond any recorder's file of a call."""

_MPEG_SUFFIXES = frozenset({".mp1", ".mp2", ".mp3", ".m1a", ".m2a", ".mpg"})
"""Names that make libsndfile look for MPEG sound in anything, and complain on the terminal meanwhile."""

_MAX_BAD_PACKETS = 200
"""Packets in a row that do not decode before a file is given up as no sound."""

_TRUNCATION_S = 0.5
"""A container's length is rounded and padded: only this much missing means that the end is gone."""


class SoundfileDecoder:
    """Lossless formats by libsndfile: FLAC, AIFF, AU, CAF, W64, RF64, ADPCM and GSM in WAV."""

    full_scale = 1.0
    is_damaged = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self._size_at_open = path.stat().st_size
        self._sound = soundfile.SoundFile(str(path))
        self.rate_hz: int = self._sound.samplerate
        self.channels: int = self._sound.channels
        self.frames_expected: int | None = self._sound.frames
        self.duration_s: float | None = self._sound.frames / self.rate_hz
        self._read_frames = 0
        self._has_failed = False

    def read(self, frames: int) -> Samples:
        """The next `frames` frames; a file that stops decoding ends there."""
        if self._has_failed:
            return np.zeros((0, self.channels), np.float32)
        try:
            samples: Samples = self._sound.read(frames, dtype="float32", always_2d=True)
        except soundfile.SoundFileError:
            self._has_failed = True
            return np.zeros((0, self.channels), np.float32)
        self._read_frames += len(samples)
        return samples

    @property
    def ending(self) -> Ending:
        """By the header's count of frames, and by whether the file grew meanwhile."""
        if self.path.exists() and self.path.stat().st_size > self._size_at_open:
            return Ending.GROWING
        is_short = self._has_failed or self._read_frames < (self.frames_expected or 0)
        return Ending.TRUNCATED if is_short else Ending.COMPLETE

    def close(self) -> None:
        """Closes the file."""
        self._sound.close()


class _Seekable:
    """A file for FFmpeg, told of an impossible place by -1; an exception would end up on the terminal."""

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read
        self.tell = file.tell
        self._seek = file.seek

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As a file's, but damaged headers may ask for anything."""
        try:
            return self._seek(offset, whence)
        except (OSError, OverflowError, ValueError):
            return -1


class AvDecoder:
    """Lossy formats and containers by FFmpeg: MP3, AAC, Opus, Vorbis, and the sound of a video."""

    full_scale = 1.0

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_damaged = False
        self._file: BinaryIO = path.open("rb")
        with ExitStack() as opened:
            opened.callback(self._file.close)
            # A playlist could name other files or addresses: nothing but this very file may be opened.
            self._container = av.open(
                _Seekable(self._file), "r", options={"protocol_whitelist": "pipe"}, metadata_errors="ignore"
            )
            opened.callback(self._container.close)
            self._open_stream()
            opened.pop_all()

    def _open_stream(self) -> None:
        self._size_at_open = os.fstat(self._file.fileno()).st_size
        stream = next(iter(self._container.streams.audio), None)
        # A codec that is not known leaves the stream without the very attribute.
        if stream is None or not getattr(stream, "rate", 0) or not stream.channels:
            raise SourceError("source.not_audio", path=self.path, reason="it has no sound track")
        self.rate_hz: int = stream.rate
        self.channels: int = stream.channels
        self.duration_s: float | None = None
        if stream.duration is not None and stream.time_base is not None:
            self.duration_s = float(stream.duration * stream.time_base)
        elif self._container.duration is not None:
            self.duration_s = self._container.duration / av.time_base
        self.frames_expected = None if self.duration_s is None else round(self.duration_s * self.rate_hz)
        self._resampler = av.AudioResampler(format="flt", layout=stream.layout, rate=self.rate_hz)
        self._chunks = self._decoded()
        self._rest = np.zeros((0, self.channels), np.float32)
        self._read_frames = 0
        try:  # decode a little now, so that what is no sound is refused before a call begins
            self._chunks = chain([next(self._chunks)], self._chunks)
        except StopIteration:
            reason = "nothing in it can be decoded"
            raise SourceError("source.not_audio", path=self.path, reason=reason) from None

    def _decoded(self) -> Iterator[Samples]:
        """Decoded chunks; a packet that does not decode leaves a hole, which its successor's time fills."""
        bad_in_a_row, given, first_time = 0, 0, None
        for packet in self._packets():
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                bad_in_a_row += 1
                if bad_in_a_row > _MAX_BAD_PACKETS:
                    return
                continue
            for frame in frames:
                if first_time is None:
                    first_time = frame.time
                if bad_in_a_row and given and frame.time is not None and first_time is not None:
                    hole = round((frame.time - first_time) * self.rate_hz) - given
                    if 0 < hole <= bad_in_a_row * self.rate_hz:
                        yield np.zeros((hole, self.channels), np.float32)
                        given += hole
                self.is_damaged = self.is_damaged or bool(bad_in_a_row and given)
                bad_in_a_row = 0
                for samples in self._samples(frame):
                    given += len(samples)
                    yield samples

    def _packets(self) -> Iterator[Any]:
        try:
            yield from self._container.demux(audio=0)
        except av.error.FFmpegError:
            return

    def _samples(self, frame: Any) -> Iterator[Samples]:
        try:
            converted = self._resampler.resample(frame)
        except (ValueError, av.error.FFmpegError):  # the sound changes its form in mid-file
            self.is_damaged = True
            return
        for piece in converted:
            yield piece.to_ndarray().reshape(-1, self.channels).astype(np.float32, copy=False)

    def read(self, frames: int) -> Samples:
        """The next `frames` frames."""
        pieces, have = [self._rest], len(self._rest)
        while have < frames and (chunk := next(self._chunks, None)) is not None:
            pieces.append(chunk)
            have += len(chunk)
        joined = np.concatenate(pieces)
        self._rest = joined[frames:]
        self._read_frames += len(joined[:frames])
        return joined[:frames]

    @property
    def ending(self) -> Ending:
        """By the container's length, an Ogg file's last page, and whether the file grew meanwhile."""
        if self.path.exists() and self.path.stat().st_size > self._size_at_open:
            return Ending.GROWING
        missing = (self.frames_expected or 0) - self._read_frames
        is_short = missing > max(_TRUNCATION_S * self.rate_hz, 0.02 * (self.frames_expected or 0))
        return Ending.TRUNCATED if is_short or _lacks_ogg_end(self.path) else Ending.COMPLETE

    def close(self) -> None:
        """Closes the container and the file."""
        self._container.close()
        self._file.close()


def _lacks_ogg_end(path: Path) -> bool:
    """Whether this is an Ogg file whose last page is not marked as the last (RFC 3533, section 6)."""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"OggS":
                return False
            file.seek(max(0, path.stat().st_size - 2 * 65_307))  # a page is at most 65,307 bytes
            tail = file.read()
    except OSError:
        return False
    at = tail.rfind(b"OggS")
    return at < 0 or len(tail) < at + 6 or not tail[at + 5] & 0x04


def open_decoder(path: Path) -> Decoder:
    """Opens a sound file.

    Raises:
        SourceError: it is missing, empty, no sound, or below the telephone's rate.
    """
    try:
        if path.is_dir():
            raise SourceError("source.not_audio", path=path, reason="it is a folder")
        if path.stat().st_size == 0:
            raise SourceError("source.empty", path=path)
        decoder = _open(path)
    except FileNotFoundError:
        raise SourceError("source.missing", path=path) from None
    except OSError as error:
        raise SourceError("source.unreadable", path=path, reason=error.strerror or error) from error
    try:
        _check(decoder)
    except SourceError:
        decoder.close()
        raise
    return decoder


def _open(path: Path) -> Decoder:
    file = path.open("rb")
    try:
        head = file.read(4)
        header = read_header(file)
        if header is not None:
            return WavDecoder(path, file, header)
    except BaseException:
        file.close()
        raise
    file.close()
    is_lossy = head in (b"OggS",) or head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1:2] >= b"\xe0")
    if not is_lossy and path.suffix.lower() not in _MPEG_SUFFIXES:
        try:
            return SoundfileDecoder(path)
        except (soundfile.SoundFileError, TypeError):  # TypeError: it takes ".raw" for a file without header
            pass
    try:
        return AvDecoder(path)
    except (av.error.FFmpegError, OSError, ValueError) as error:  # PyAV lets the system's own errors through
        reason = getattr(error, "strerror", None) or "no known format"
        raise SourceError("source.not_audio", path=path, reason=reason) from error


def _check(decoder: Decoder) -> None:
    path = decoder.path
    if not 0 < decoder.channels <= MAX_CHANNELS or decoder.rate_hz > MAX_RATE_HZ:
        raise SourceError("source.not_audio", path=path, reason="its header makes no sense")
    if decoder.rate_hz < MIN_RATE_HZ:
        raise SourceError("source.rate", path=path, rate=decoder.rate_hz)
    if decoder.duration_s == 0:
        raise SourceError("source.no_sound", path=path)
