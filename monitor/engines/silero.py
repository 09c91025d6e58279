"""The speech detector: the Silero model that faster-whisper carries, run as a stream."""

from __future__ import annotations

import numpy as np

from monitor.core.audio import Pcm
from monitor.engines._onnx import package_file, shared_session

WINDOW_SAMPLES = 512
_CONTEXT_SAMPLES = 64
"""The model sees the last 4 ms before each window."""
_STATE_SHAPE = (1, 1, 128)
_SILENCE_PEAK = 2.0**-11
"""Windows that stay below -66 dBFS hold no speech that anybody could follow, on any telephone line."""


class SileroSpeechModel:
    """Probability of speech for one party's sound, window by window.

    The weights and their session are shared by all instances; the recurrent state is the instance's own.
    Windows are given in a row in call order. The model's first axis is time, so that several windows of one
    party cost about half when they are run together (`probabilities`); two parties cannot share a run.
    """

    window_samples = WINDOW_SAMPLES

    def __init__(self) -> None:
        self._session = shared_session(package_file("faster_whisper", "assets/silero_vad*.onnx"))
        self._hidden = np.zeros(_STATE_SHAPE, dtype=np.float32)
        self._cell = np.zeros(_STATE_SHAPE, dtype=np.float32)
        self._context = np.zeros(_CONTEXT_SAMPLES, dtype=np.float32)

    def probability(self, pcm: Pcm) -> float:
        """Probability that the next 512 samples hold speech, 0..1."""
        return self.probabilities(pcm)[0]

    def probabilities(self, pcm: Pcm) -> list[float]:
        """Probabilities for the next windows, whose samples follow one another in `pcm`.

        A window below -66 dBFS is silence and does not reach the model, which also spares the time of the
        party that listens on a digital line.

        Raises:
            ValueError: `pcm` is not a whole number of windows.
        """
        count, rest = divmod(len(pcm), WINDOW_SAMPLES)
        if rest:
            raise ValueError(f"{len(pcm)} samples are not a whole number of windows of {WINDOW_SAMPLES}")
        windows = np.empty((count, _CONTEXT_SAMPLES + WINDOW_SAMPLES), dtype=np.float32)
        windows[:, _CONTEXT_SAMPLES:] = pcm.reshape(count, WINDOW_SAMPLES)
        windows[0, :_CONTEXT_SAMPLES] = self._context
        windows[1:, :_CONTEXT_SAMPLES] = windows[:-1, -_CONTEXT_SAMPLES:]
        self._context = windows[-1, -_CONTEXT_SAMPLES:].copy()

        audible = np.abs(windows[:, _CONTEXT_SAMPLES:]).max(axis=1) >= _SILENCE_PEAK
        result = np.zeros(count, dtype=np.float32)
        if audible.any():
            output, self._hidden, self._cell = self._session.run(
                None, {"input": windows[audible], "h": self._hidden, "c": self._cell}
            )
            result[audible] = np.asarray(output, dtype=np.float32).reshape(-1)
        return [float(value) for value in result]
