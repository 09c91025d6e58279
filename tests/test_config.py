"""Settings: a file, then the environment, then the command line; nothing unknown passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import load_settings
from monitor.errors import SettingsError


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_stand_where_nothing_is_said() -> None:
    settings = load_settings()
    assert settings.server.host == "127.0.0.1"
    assert not settings.store.keeps_journal, "sound is kept only where somebody asks for it"


def test_the_later_source_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(
        tmp_path / "t.toml", "[server]\nport = 1111\nclient_queue = 7\n[speech]\nmin_speech_s = 0.3\n"
    )
    assert load_settings(path).server.port == 1111
    monkeypatch.setenv("TINGYIN_SERVER__PORT", "2222")
    settings = load_settings(path)
    assert (settings.server.port, settings.server.client_queue) == (2222, 7)
    settings = load_settings(path, {"server": {"port": 3333, "host": None}})
    assert (settings.server.port, settings.server.host) == (3333, "127.0.0.1")
    assert settings.core.speech.min_speech_s == 0.3


@pytest.mark.parametrize(
    ("text", "code", "names"),
    [
        ("[server]\nprot = 1\n", "settings.unknown", "server.prot"),
        ("[servre]\nport = 1\n", "settings.unknown", "servre"),
        ("[server]\nport = 'x'\n", "settings.invalid", "server.port"),
        ("[speech]\nstart_probability = 2\n", "settings.invalid", "speech.start_probability"),
        ("[server\n", "settings.unreadable", "t.toml"),
        ("port = 1\n", "settings.unknown", "do you mean 'server.port'?"),
        ("[sever]\nport = 1\n", "settings.unknown", "do you mean 'server'?"),
        ("[detectors]\nhot_aftr_s = 1\n", "settings.unknown", "do you mean 'detectors.hot_after_s'?"),
        ("[server]\nport = 'x'\n", "settings.invalid", "a whole number is needed"),
        ("[store]\nfolder = 3\n", "settings.invalid", "a path is written in quotes"),
        (
            "[messages.templates.x]\nzh = '好'\n",
            "settings.invalid",
            "x.en' does not take None: it is req",
        ),
        ("[privacy]\npatterns = ['(']\n", "settings.invalid", "'(' is not a regular expression"),
        ("[privacy]\npatterns = ['(a+)+$']\n", "settings.invalid", "takes too long"),
    ],
)
def test_what_does_not_fit_is_told_by_name(tmp_path: Path, text: str, code: str, names: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(write(tmp_path / "t.toml", text))
    assert error.value.code == code
    assert names in error.value.sentence


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("TINGYIN_SERVER__PROT", "1", "settings.unknown"),
        ("TINGYIN_SERVR__PORT", "1", "settings.unknown"),
        ("TINGYIN_PORT", "1", "settings.unknown"),
        ("TINGYIN_SERVER__PORT", "99999", "settings.invalid"),
        ("TINGYIN_SERVER", "8765", "settings.invalid"),
        ("TINGYIN_SERVER", "none", "settings.invalid"),
        ("TINGYIN_ENGINE__LANGUAGES", "zh", "settings.invalid"),
    ],
)
def test_a_variable_that_does_not_fit_is_told(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, code: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert error.value.code == code
    assert name.removeprefix("TINGYIN_").replace("__", ".").lower() in error.value.sentence.lower().replace(
        "__", "."
    )


def test_variables_of_benches_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINGYIN_DATA", "/data")
    assert load_settings() == load_settings()


def test_an_option_that_does_not_fit_is_told_with_its_section() -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(None, {"server": {"port": 99_999}})
    assert "server.port" in error.value.sentence


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(tmp_path / "none.toml")
    assert error.value.code == "settings.unreadable"


def test_the_vocabulary_may_be_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "terms.txt").write_text("\ufeff# our products\n邮件号\n\n 代收货款 \n", encoding="utf-8")
    path = tmp_path / "settings.toml"
    path.write_text('[transcription]\nvocabulary = "terms.txt"\n', encoding="utf-8")
    assert load_settings(path).transcription.vocabulary == ("邮件号", "代收货款")
    path.write_text('[transcription]\nvocabulary = ["权限"]\n', encoding="utf-8")
    assert load_settings(path).transcription.vocabulary == ("权限",)


def test_a_vocabulary_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[transcription]\nvocabulary = "none.txt"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"none\.txt"):
        load_settings(path)


def test_a_file_that_is_no_text_or_no_file_is_told_without_numbers(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_bytes(b"\xff\xfe")
    for path, said in ((tmp_path / "t.toml", "it is no text in UTF-8"), (tmp_path, "Is a directory")):
        with pytest.raises(SettingsError, match=said) as error:
            load_settings(path)
        assert "Errno" not in error.value.sentence


@pytest.mark.parametrize(
    "token", ["x", "fifteen-letters", "x" * 513, " a telephone system's", "电话系统的令牌电话系统的令牌电话"]
)
def test_a_token_that_is_guessed_or_cannot_be_sent_is_refused(tmp_path: Path, token: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(write(tmp_path / "t.toml", f'[accounts]\nprogram_token = "{token}"\n'))
    assert error.value.code == "settings.invalid"
    assert "accounts.program_token" in error.value.sentence and "a token " in error.value.sentence


def test_a_token_of_sixteen_letters_is_taken_and_none_is_no_token(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path / "t.toml", '[accounts]\nprogram_token = "sixteen--letters"\n'))
    assert settings.accounts.program_token.get_secret_value() == "sixteen--letters"
    assert not load_settings().accounts.program_token.get_secret_value()


@pytest.mark.parametrize("name", ["language", "agent_language", "caller_language"])
def test_a_language_that_nothing_is_written_for_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=rf"transcription\.{name}.*'fr'.*'zh' or 'en'") as error:
        load_settings(None, {"transcription": {name: "fr"}})
    assert error.value.code == "settings.invalid"


@pytest.mark.parametrize("text", ["program_token = 5551234\n", "provider_client_secret = ['5551234']\n"])
def test_what_opens_a_door_is_in_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(write(tmp_path / "t.toml", f"[accounts]\n{text}"))
    assert "5551234" not in error.value.sentence
    monkeypatch.setenv("TINGYIN_ACCOUNTS", '{"program_token": "5551234"')
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert "5551234" not in error.value.sentence
