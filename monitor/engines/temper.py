"""Weights of the trained ear: the shipped ones of the models' folder, or a deployment's own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from monitor.core.settings import TemperSettings
from monitor.core.temper.trained import VERSION, Leaning, VoiceWeights
from monitor.core.temper.voice import FEATURE_NAMES
from monitor.errors import ModelError
from monitor.resources import resource

_DIGITS = 5


def voice_weights_path() -> Path:
    """Where the shipped weights stand."""
    return resource("models") / "temper" / "voice.json"


@cache
def load_voice_weights(path: Path | None = None) -> VoiceWeights:
    """The weights in `path`, by default the shipped ones; read once.

    Raises:
        ModelError: `model.weights`, or of the shipped ones `model.unloadable`, where they are missing,
            altered, or not for this version.
    """
    code = "model.unloadable" if path is None else "model.weights"
    path = path or voice_weights_path()
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise ValueError("the file holds no model")
        weights = VoiceWeights.parse(data)
        if data.get("sha256") != _digest(data):
            raise ValueError("the numbers are not those that were written")
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise ModelError(code, path=path, reason=reason) from error
    return weights


def voice_for(settings: TemperSettings) -> VoiceWeights | None:
    """The ear that the settings ask for; None where rules judge.

    Raises:
        ModelError: its weights do not load.
    """
    return load_voice_weights(settings.weights) if settings.model == "trained" else None


def known_speakers(path: Path | None = None) -> frozenset[str]:
    """The speakers that the weights in `path` learned, as `speaker_digest` tells them."""
    data = json.loads((path or voice_weights_path()).read_text(encoding="utf-8"))
    return frozenset(data["speakers"])


def speaker_digest(name: str) -> str:
    """Tells whether a speaker was learned without telling who was."""
    return sha256(name.encode()).hexdigest()[:12]


def encode_voice_weights(weights: VoiceWeights, speakers: Sequence[str]) -> bytes:
    """The weights as JSON, numbers to five digits, with a digest of their own."""
    leaning = ("coefficients", "intercepts", "calibration")
    arrays = {
        **_rounded(weights, ("population", "scale", *leaning)),
        "by_language": {name: _rounded(part, leaning) for name, part in sorted(weights.by_language.items())},
    }
    data: dict[str, Any] = {
        "version": VERSION,
        "features": list(FEATURE_NAMES),
        "classes": list(weights.classes),
        "speakers": sorted(speaker_digest(name) for name in speakers),
        **arrays,
    }
    data["sha256"] = _digest(data)
    return (json.dumps(data, separators=(",", ":")) + "\n").encode()


def _rounded(part: VoiceWeights | Leaning, names: Sequence[str]) -> dict[str, Any]:
    return {
        name: np.vectorize(lambda value: float(f"{value:.{_DIGITS}g}"))(getattr(part, name)).tolist()
        for name in names
    }


def write_voice_weights(weights: VoiceWeights, path: Path, speakers: Sequence[str]) -> None:
    """Writes `encode_voice_weights` to `path`."""
    path.write_bytes(encode_voice_weights(weights, speakers))


def _digest(data: dict[str, Any]) -> str:
    rest = {name: value for name, value in data.items() if name != "sha256"}
    return sha256(json.dumps(rest, separators=(",", ":"), sort_keys=True).encode()).hexdigest()
