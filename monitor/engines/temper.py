"""Weights of the trained ear, from the models' folder."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from monitor.core.temper.trained import VoiceWeights
from monitor.errors import ModelError
from monitor.resources import resource


def voice_weights_path() -> Path:
    """Where the shipped weights stand."""
    return resource("models") / "temper" / "voice.json"


@cache
def load_voice_weights(path: Path | None = None) -> VoiceWeights:
    """The weights in `path`, by default the shipped ones; read once.

    Raises:
        ModelError: `model.unloadable`, where they are missing or not for this version.
    """
    path = path or voice_weights_path()
    try:
        return VoiceWeights.parse(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ModelError("model.unloadable", path=str(path), reason=str(error)) from error
