"""What decoding costs on a machine that does nothing else: the operations of each answer, and a price list.

`Counted` notes every operation that the recogniser asks of the model. Their prices (milliseconds of one core,
Whisper base int8, 2 cores of a server of 2021 with AVX-512) make an answer's cost the same on any day,
however busy the machine is that the bench runs on; `python -m bench.decode_costs` measures them anew.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ctranslate2 import StorageView

from monitor.commands.common import load_engine
from monitor.config import load_settings
from monitor.engines.capacity import spoken

_ENCODE_FRAMES = (0, 300, 400, 500, 600, 800, 1000, 1200, 1500, 2000, 3000)
_ENCODE_MS = (0.0, 30.0, 40.0, 51.0, 63.0, 88.0, 119.0, 150.0, 208.0, 360.0, 800.0)
_STEP_MS = 6.2
"""A step of the decoder for no row at all: its weights pass through the processor. With the whole vocabulary
it was 7.0, and a row 0.75; both at 0.88 without what Mandarin and English are not written with."""
_ROW_MS = 0.66
_KEYS_MS_FRAME = 0.0165
"""Keys and values of the encoded sound, made anew for each generation and alignment."""
_ALIGN_MS = 12.0
_FIXED_MS = 2.0
"""Features, text, guard."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One use of the model for one stretch of sound."""

    kind: str
    """encode, detect, generate or align."""
    frames: int
    beam: int = 0
    tokens: int = 0


def encode_ms(frames: int) -> float:
    """The encoder's price."""
    return float(np.interp(frames, _ENCODE_FRAMES, _ENCODE_MS))


def generate_ms(frames: int, beam: int, tokens: Sequence[int]) -> float:
    """The price of one batch whose texts are so many tokens long."""
    rows = beam * len(tokens)
    return _KEYS_MS_FRAME * frames * len(tokens) + (max(tokens) + 1) * (_STEP_MS + _ROW_MS * rows)


def batch_ms(answers: Sequence[Sequence[Operation]]) -> float:
    """The price of answers that are decoded together: their first generations are one batch where they
    have the same context and beam."""
    total = _FIXED_MS * len(answers)
    groups: dict[tuple[int, int, int], list[int]] = {}
    for operations in answers:
        number = 0
        for operation in operations:
            if operation.kind == "encode":
                total += encode_ms(operation.frames)
            elif operation.kind == "detect":
                total += generate_ms(operation.frames, 1, [0])
            elif operation.kind == "align":
                total += _ALIGN_MS + _KEYS_MS_FRAME * operation.frames
            else:
                groups.setdefault((number, operation.frames, operation.beam), []).append(operation.tokens)
                number += 1
    return total + sum(generate_ms(frames, beam, tokens) for (_, frames, beam), tokens in groups.items())


class Counted:
    """A CTranslate2 Whisper model that notes what is asked of it, one thread at a time."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.operations: list[Operation] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def encode(self, features: StorageView, **options: Any) -> Any:
        """Encodes."""
        self.operations.append(Operation("encode", features.shape[2]))
        return self._model.encode(features, **options)

    def detect_language(self, encoded: StorageView) -> Any:
        """Finds the language."""
        self.operations.append(Operation("detect", 2 * encoded.shape[1]))
        return self._model.detect_language(encoded)

    def generate(self, encoded: StorageView, prompts: Any, **options: Any) -> Any:
        """Writes."""
        results = self._model.generate(encoded, prompts, **options)
        tokens = max(len(result.sequences_ids[0]) for result in results)
        self.operations.append(
            Operation("generate", 2 * encoded.shape[1], options.get("beam_size", 5), tokens)
        )
        return results

    def align(self, encoded: StorageView, start: Any, texts: Any, frames: Any, **options: Any) -> Any:
        """Times."""
        self.operations.append(Operation("align", 2 * encoded.shape[1], tokens=len(texts[0])))
        return self._model.align(encoded, start, texts, frames, **options)


def _best_ms(work: Callable[[], object], runs: int = 5) -> float:
    work()
    took = []
    for _ in range(runs):
        begun = time.process_time()
        work()
        took.append(time.process_time() - begun)
    return 1000 * min(took)


def main() -> int:
    """Prints the price list of this machine, by processor time, beside the one that is used."""
    engine = load_engine(load_settings())
    model: Any = engine.whisper.model
    features = np.asarray(engine.whisper.feature_extractor(spoken("en")), dtype=np.float32)
    start = engine.start_tokens("en")
    for frames in _ENCODE_FRAMES[1:]:
        padded = np.zeros((1, features.shape[0], frames), dtype=np.float32)
        width = min(frames, features.shape[1])
        padded[0, :, :width] = features[:, :width]
        view = StorageView.from_array(padded)
        took = _best_ms(lambda view=view: model.encode(view))  # type: ignore[misc]
        print(f"encode {frames:4} frames {took:6.1f} ms (used {encode_ms(frames):6.1f})")
        if frames not in (500, 800):
            continue
        one = np.array(model.encode(view))
        for count, beam in ((1, 1), (2, 1), (4, 1), (1, 3), (4, 3), (1, 5)):
            rows = StorageView.from_array(np.concatenate([one] * count))

            def write(rows: StorageView = rows, beam: int = beam, count: int = count) -> Any:
                return model.generate(rows, [start] * count, beam_size=beam)

            tokens = len(write()[0].sequences_ids[0])
            used = generate_ms(frames, beam, [tokens] * count)
            print(f"  {count} of {tokens} tokens, beam {beam}: {_best_ms(write):6.1f} ms (used {used:6.1f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
