"""What the tests of the engines share."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import Settings
from monitor.errors import ModelError
from monitor.weights import model_folder


@pytest.fixture(scope="session")
def whisper_base() -> Path:
    """The folder of Whisper base, where it is installed; tests never fetch it."""
    try:
        return model_folder("base", Settings().engine.models_folder)
    except ModelError as error:
        pytest.skip(f"Whisper base is not there: {error.sentence}")
