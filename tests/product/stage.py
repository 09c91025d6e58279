"""What a test may replace in the program's process: the recogniser, the clock's pace, the sound library."""

from __future__ import annotations

import errno
import os
import sys
import types
from collections import Counter
from typing import Any

from monitor.commands import online
from monitor.config import Settings
from monitor.engines.scripted import ScriptedTranscriber
from monitor.ingest.decoder import Samples
from monitor.ingest.paced import PacedSource
from monitor.ingest.source import Source
from monitor.ingest.wav import WavDecoder
from tests.replays.scenario import script_of


def scripted_words(name: str) -> None:
    """The recogniser hears what the truth file of the shipped call `name` says."""
    recogniser: Any = script_of(name)
    recogniser.guards = Counter[str]()

    def load(settings: Settings) -> ScriptedTranscriber:
        assert isinstance(recogniser, ScriptedTranscriber)
        return recogniser

    vars(online)["load_engine"] = load


def hurried(speed: float) -> None:
    """The shipped calls are played `speed` times as fast."""

    def pace(source: Source) -> PacedSource:
        return PacedSource(source, speed=speed)

    vars(online)["PacedSource"] = pace


def no_sound_library() -> None:
    """PortAudio is not installed."""
    sys.modules["sounddevice"] = None  # type: ignore[assignment]


def no_sound_devices() -> None:
    """PortAudio is there and finds nothing."""
    _fake_library([])


def one_sound_device() -> None:
    """PortAudio finds a microphone with one channel."""
    _fake_library(
        [{"name": "Headset", "hostapi": 0, "max_input_channels": 1, "default_samplerate": 48_000.0}]
    )


def _fake_library(devices: list[dict[str, Any]]) -> None:
    library = types.ModuleType("sounddevice")
    vars(library).update(
        PortAudioError=type("PortAudioError", (Exception,), {}),
        query_hostapis=lambda: ({"name": "ALSA"},),
        query_devices=lambda: devices,
        default=types.SimpleNamespace(device=(-1, -1)),
        _terminate=lambda: None,
        _initialize=lambda: None,
    )
    sys.modules["sounddevice"] = library


def failing_disk(after_reads: int) -> None:
    """The disk that holds a recording gives an error after so many reads of 100 ms."""
    left = iter(range(after_reads))
    read = WavDecoder.read

    def failing(self: WavDecoder, frames: int) -> Samples:
        if next(left, None) is None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return read(self, frames)

    WavDecoder.read = failing  # type: ignore[method-assign]
