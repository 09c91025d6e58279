"""Speech probability -> inter-pausal units (IPUs), for one party."""

from __future__ import annotations

from collections import deque
from typing import Protocol, runtime_checkable

import numpy as np

from monitor.core.audio import Framer, Party, Pcm
from monitor.core.clock import Span, samples
from monitor.core.facts import Ipu, SpeechStarted
from monitor.core.recognition import SpeechModel
from monitor.core.settings import SpeechSettings

_HISTORY_SAMPLES = samples(3.0)
"""How far back `speech_share` is answered."""

_EDGE_WINDOWS = 2
"""The detector is up to this many windows late, at both edges."""

_EDGE_SHARE = 0.01
"""Windows 20 dB below the speech beside them are no part of it: on CASIA's neutral clips the detector
alone begins 35 ms late and ends 59 ms late (medians) against the envelope 20 dB under its peaks."""


@runtime_checkable
class _SeveralWindows(Protocol):
    """A speech model that takes several windows at once for less than one by one."""

    def probabilities(self, pcm: Pcm) -> list[float]:
        """One probability for each window in `pcm`."""


class SpeechSegmenter:
    """Says when one party speaks, with hysteresis.

    Speech begins with the first window at `start_probability` or above, and is told once `min_speech_s` of it
    has been heard, so that clicks never open an IPU. It ends where the probability fell below
    `end_probability`, told when that has lasted `min_silence_s`. Edges are the windows' edges (32 ms), moved
    to where the sound itself begins and ends within two windows of them.
    """

    def __init__(self, party: Party, model: SpeechModel, settings: SpeechSettings) -> None:
        self._party = party
        self._model = model
        self._several = model if isinstance(model, _SeveralWindows) else None
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
        self._last_end = 0
        """Where the previous IPU ended; none may begin before."""
        self._power = 0.0
        """Sum of the mean squares of the windows with speech since `_start`."""
        self._marks: deque[tuple[int, bool, float]] = deque(maxlen=_HISTORY_SAMPLES // self._window + 1)
        """(start of a window, is it speech, its mean square), newest last."""

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
        for at, is_speech, _ in reversed(self._marks):
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
        joined = np.concatenate(windows)
        if self._several is not None:
            probabilities = self._several.probabilities(joined)
        else:
            probabilities = [self._model.probability(window) for window in windows]
        told: list[SpeechStarted | Ipu] = []
        # Of all windows at once: one by one, this took a tenth of a channel's whole cost.
        powers = np.square(joined).reshape(len(windows), -1).mean(axis=1).tolist()
        for power, probability in zip(powers, probabilities, strict=True):
            told.extend(self._step(probability, power))
        return told

    def _step(self, probability: float, power: float) -> list[SpeechStarted | Ipu]:
        at, self._heard = self._heard, self._heard + self._window
        threshold = (
            self._settings.start_probability if self._start is None else self._settings.end_probability
        )
        is_speech = probability >= threshold
        self._marks.append((at, is_speech, power))
        if is_speech:
            if self._start is None:
                self._start, self._speech_samples, self._power = at, 0, 0.0
            self._speech_end = self._heard
            self._speech_samples += self._window
            self._power += power
            if not self._is_told and self._speech_samples >= self._min_speech:
                self._is_told = True
                self._start = self._onset(self._start)
                return [SpeechStarted(party=self._party, at=self._start)]
            return []
        if self._start is not None and self._heard - self._speech_end >= self._min_silence:
            if self._is_told:
                return [self._close()]
            self._start = None
        return []

    def _close(self) -> Ipu:
        assert self._start is not None
        end = max(self._start, min(self._offset(self._speech_end), self._pushed))
        span = Span(self._start, end)
        self._start, self._is_told, self._last_end = None, False, end
        return Ipu(party=self._party, span=span)

    def _floor(self) -> float:
        """The mean square below which a window beside the current speech is not part of it."""
        mean = self._power * self._window / self._speech_samples
        return mean * _EDGE_SHARE

    def _onset(self, start: int) -> int:
        """`start`, or earlier by as many audible windows as the detector may have missed."""
        floor, earliest = self._floor(), max(self._last_end, start - _EDGE_WINDOWS * self._window)
        for at, _, power in reversed(self._marks):
            if at < earliest or (at < start and power < floor):
                break
            start = min(start, at)
        return start

    def _offset(self, end: int) -> int:
        """`end`, or earlier by as many inaudible windows as the detector may have added."""
        floor, earliest = self._floor(), end - _EDGE_WINDOWS * self._window
        for at, _, power in reversed(self._marks):
            if at + self._window > end:
                continue
            if at < earliest or power >= floor:
                break
            end = at
        return end
