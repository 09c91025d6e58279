"""Which model hears which language: what is refused, and what is warned of."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor import weights
from monitor.commands import common
from monitor.commands.common import load_engine
from monitor.config import Settings
from monitor.errors import SettingsError


class EnglishOnly:
    """A model like tiny.en."""

    known_languages = frozenset({"en"})

    def __init__(self, *_args: object, **options: object) -> None:
        self.options = options


@pytest.fixture(autouse=True)
def english_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "WhisperEngine", EnglishOnly)
    monkeypatch.setattr(weights, "model_folder", lambda name, folder: Path(name))


def settings_with(**changes: dict[str, object]) -> Settings:
    settings = Settings()
    return settings.model_copy(
        update={name: getattr(settings, name).model_copy(update=own) for name, own in changes.items()}
    )


def test_an_english_model_is_refused_for_mandarin_calls() -> None:
    wanted = settings_with(engine={"model": "tiny.en"}, transcription={"caller_language": "zh"})
    with pytest.raises(SettingsError) as raised:
        load_engine(wanted)
    assert raised.value.values["name"] == "transcription.caller_language"


def test_where_calls_may_be_mandarin_it_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    load_engine(settings_with(engine={"model": "tiny.en"}))
    told = " ".join(capsys.readouterr().err.split())
    assert "tiny.en knows en only" in told and 'engine.languages = ["en"]' in told


def test_for_english_calls_it_is_taken_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    engine = load_engine(settings_with(engine={"model": "tiny.en", "languages": ("en",), "workers": 3}))
    assert capsys.readouterr().err == ""
    assert vars(engine)["options"]["workers"] == 3
