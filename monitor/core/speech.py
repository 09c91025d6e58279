"""Speech probability -> inter-pausal units (IPUs), for one party."""

from __future__ import annotations

from collections import deque
from typing import Protocol, runtime_checkable

import numpy as np

from monitor.core.audio import Framer, Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, Span, samples
from monitor.core.facts import Ipu, SpeechStarted
from monitor.core.recognition import SpeechModel
from monitor.core.settings import SpeechSettings

_HISTORY_SAMPLES = samples(3.0)
"""How far back `speech_share` is answered."""


@runtime_checkable
class _SeveralWindows(Protocol):
    """A speech model that takes several windows at once for less than one by one."""

    def probabilities(self, pcm: Pcm) -> list[float]:
        """One probability for each window in `pcm`."""


class SpeechSegmenter:
    """Says when one party speaks, with hysteresis.

    Speech begins with the first window at `start_probability` or above, and is told once `min_speech_s` of it
    has been heard, so that clicks never open an IPU. It ends where the probability fell below
    `end_probability`, told when that has lasted `min_silence_s`. Edges are the windows' edges (32 ms).
    """

    def __init__(self, party: Party, model: SpeechModel, settings: SpeechSettings) -> None:
        self._party = party
        self._model = model
        self._settings = settings
        self._window = model.window_samples
        self._framer = Framer(self._window)
        self._min_silence = samples(settings.min_silence_s)
        self._min_speech = samples(settings.min_speech_s)
        self._heard = 0
        """Samples that the model has judged."""
        self._pushed = 0
        self._start: int | None = None
        """Where the current speech began, told or not yet told."""
        self._speech_end = 0
        """The end of the last window with speech."""
        self._speech_samples = 0
        self._is_told = False
        self._marks: deque[tuple[int, bool]] = deque(maxlen=_HISTORY_SAMPLES // self._window + 1)
        """(start of a window, is it speech), newest last."""

    @property
    def is_speaking(self) -> bool:
        """True while an IPU is open, through its silences shorter than `min_silence_s`."""
        return self._is_told

    @property
    def open_since(self) -> int | None:
        """Where the open IPU began, None when there is none."""
        return self._start if self._is_told else None

    def push(self, block: Pcm) -> list[SpeechStarted | Ipu]:
        """Takes the next samples; returns what they decided, in order."""
        self._pushed += len(block)
        windows = list(self._framer.push(block))
        return self._judge(windows) if windows else []

    def finish(self) -> list[SpeechStarted | Ipu]:
        """Judges the rest as if silence followed, and closes the open IPU. Nothing may be pushed after it."""
        rest = self._framer.flush()
        told = self._judge([rest]) if rest is not None else []
        if self._is_told:
            told.append(self._close())
        return told

    def speech_share(self, start: int, end: int) -> float:
        """The share of [start, end) that is speech, 0..1, as far as it is judged; up to 3 s back.

        The part of a block that still waits for its window counts as the window before it.
        """
        if end <= start:
            return 0.0
        total = 0
        for at, is_speech in reversed(self._marks):
            until = at + self._window
            if until <= start:
                break
            if is_speech:
                total += max(0, min(until, end) - max(at, start))
        if end > self._heard and self._marks and self._marks[-1][1]:
            total += end - max(self._heard, start)
        return min(1.0, total / (end - start))

    def is_speech(self, start: int, end: int) -> bool:
        """True where at least half of [start, end) is speech."""
        return self.speech_share(start, end) >= 0.5

    def _judge(self, windows: list[Pcm]) -> list[SpeechStarted | Ipu]:
        if isinstance(self._model, _SeveralWindows):
            probabilities = self._model.probabilities(np.concatenate(windows))
        else:
            probabilities = [self._model.probability(window) for window in windows]
        told: list[SpeechStarted | Ipu] = []
        for probability in probabilities:
            told.extend(self._step(probability))
        return told

    def _step(self, probability: float) -> list[SpeechStarted | Ipu]:
        at, self._heard = self._heard, self._heard + self._window
        threshold = (
            self._settings.start_probability if self._start is None else self._settings.end_probability
        )
        is_speech = probability >= threshold
        self._marks.append((at, is_speech))
        if is_speech:
            if self._start is None:
                self._start, self._speech_samples = at, 0
            self._speech_end = self._heard
            self._speech_samples += self._window
            if not self._is_told and self._speech_samples >= self._min_speech:
                self._is_told = True
                return [SpeechStarted(party=self._party, at=self._start)]
            return []
        if self._start is not None and self._heard - self._speech_end >= self._min_silence:
            if self._is_told:
                return [self._close()]
            self._start = None
        return []

    def _close(self) -> Ipu:
        assert self._start is not None
        span = Span(self._start, min(self._speech_end, self._pushed))
        self._start, self._is_told = None, False
        return Ipu(party=self._party, span=span)


assert BLOCK_SAMPLES < _HISTORY_SAMPLES
