"""Ears that do not know who speaks: the shipped one, trained again without the speakers of a call."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import numpy as np

from bench.common import TOP
from monitor.core.temper import VoiceWeights
from monitor.engines.temper import known_speakers, load_voice_weights, speaker_digest
from monitor.engines.temper_training import VoiceSamples, train
from monitor.resources import resource

EAR_CACHE = Path(tempfile.gettempdir()) / "tingyin-bench-temper"
"""Keeps between runs what the live path makes of the corpora."""
_HEARD_BY = (
    "core/prosody",
    "core/speech.py",
    "core/temper/voice.py",
    *(f"engines/{name}.py" for name in ("f0", "f0_network", "silero", "temper_lines", "temper_training")),
)


def ear_cache(folder: Path) -> Path:
    """The part of the folder that holds what today's live path heard: what an older one heard is not used."""
    tag = sha256((resource("models") / "temper" / "train.py").read_bytes())
    for name in _HEARD_BY:
        path = TOP / "monitor" / name
        for file in sorted(path.glob("*.py")) if path.is_dir() else [path]:
            tag.update(file.read_bytes())
    return folder / tag.hexdigest()[:12]


def trainer() -> ModuleType:
    """models/temper/train.py, which is a script and not in the package."""
    spec = importlib.util.spec_from_file_location("train_temper", resource("models") / "temper" / "train.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where its dataclasses look for their names
    spec.loader.exec_module(module)
    return module


def learned(script: ModuleType, data: Path, kept: Path | None) -> VoiceSamples:
    """What the shipped weights learned, heard by the live path as it is now; minutes where not in `kept`."""
    return VoiceSamples.join(script.samples(data, line, kept) for line in script.TRAINED_ON)


class LeftOutEars:
    """The shipped ear for speakers that it does not know, and for others one trained without them.

    Its calibration is the shipped one: a few numbers, which were fitted on speakers left out in turn.
    """

    def __init__(self, samples: VoiceSamples) -> None:
        self._samples = samples
        self._shipped, self._known = load_voice_weights(), known_speakers()
        self._made: dict[frozenset[str], VoiceWeights] = {frozenset(): self._shipped}

    @property
    def speakers(self) -> list[str]:
        """Everybody of whom there are samples."""
        return [str(name) for name in np.unique(self._samples.speaker)]

    def of(self, *speakers: str) -> VoiceWeights:
        """The ear for a call in which these speak."""
        out = self.known_of(speakers)
        if out not in self._made:
            rest = self._samples.where(~np.isin(self._samples.speaker, sorted(out)))
            self._made[out] = _calibrated_as(self._shipped, train(rest))
        return self._made[out]

    def without_corpus(self, corpus: str) -> VoiceWeights:
        """The ear that no speaker of this corpus taught."""
        return self.of(*np.unique(self._samples.speaker[self._samples.corpus == corpus]).tolist())

    def known_of(self, speakers: Iterable[str]) -> frozenset[str]:
        """Those of them whom the shipped weights learned."""
        return frozenset(name for name in speakers if speaker_digest(name) in self._known)


def _calibrated_as(shipped: VoiceWeights, made: VoiceWeights) -> VoiceWeights:
    by_language = {
        name: replace(part, calibration=shipped.by_language[name].calibration)
        for name, part in made.by_language.items()
    }
    return replace(made, calibration=shipped.calibration, by_language=by_language)
