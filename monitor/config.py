"""Settings: built-in defaults, then a TOML file, then the environment.

A file's table `[server]` with `port = 8765`, the variable `TINGYIN_SERVER__PORT=8765` and the command
line's `--port 8765` set the same leaf; the later wins. An unknown key is an error, never ignored.
"""

from __future__ import annotations

import os
import tomllib
from difflib import get_close_matches
from json import JSONDecodeError
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as UnparsableError

from monitor.accounts.roles import TunedBy
from monitor.core.settings import (
    CoreSettings,
    CueSettings,
    DetectorSettings,
    PrivacySettings,
    ProsodySettings,
    ReadingSettings,
    RuleSettings,
    Section,
    SpeechSettings,
    TemperSettings,
    TimelineSettings,
    TranscriptionSettings,
)
from monitor.errors import SettingsError
from monitor.masking import refuse_slow_patterns
from monitor.publish.templates import DEFAULT_TEMPLATES

_PREFIX = "TINGYIN_"

_OTHER_VARIABLES = frozenset({"TINGYIN_DATA", "TINGYIN_CHROMIUM"})
"""Variables of the benches and of the tests in the browser, which are no settings."""


class EngineSettings(Section):
    """Which recogniser runs, and on how much of the machine."""

    model: str = Field(
        "base",
        description="base or another of `tingyin models list`; a folder that holds one for ctranslate2; or, "
        "where the internet can be reached, small, medium, large-v3-turbo or a hub's name (owner/model), "
        "which is then downloaded once",
    )
    models_folder: Path = Field(
        user_cache_path("tingyin") / "models", description="where fetched models are kept"
    )
    device: str = Field("auto", pattern="^(auto|cpu|cuda)$", description="where the recogniser runs")
    compute_type: str = Field("auto", description="ctranslate2's compute type; auto: int8 on a CPU")
    workers: int = Field(0, ge=0, description="decoders side by side, one thread each; 0: one a core")
    calls_max: int = Field(
        0,
        ge=0,
        description="calls that have words at once; a further one is heard by its sound alone. 0: as many as "
        "this machine carries, measured at the start (`tingyin doctor` tells)",
    )
    languages: tuple[str, ...] = Field(
        ("zh", "en"), min_length=1, description="languages to choose among where a call's is not given"
    )


class ServerSettings(Section):
    """The web server."""

    host: str = Field("127.0.0.1", description="address to listen on; loopback unless told otherwise")
    port: int = Field(8765, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    client_queue: int = Field(
        512, gt=0, description="messages that wait for one client before it must resync"
    )
    heartbeat_s: float = Field(5.0, gt=0, description="silence on a stream is broken this often")
    catch_up_events: int = Field(
        20_000, gt=0, description="a client that missed more events of a topic than this gets a gap"
    )
    send_timeout_s: float = Field(
        30.0, gt=0, description="a client that takes no message for this long is cut off"
    )
    allowed_origins: tuple[str, ...] = Field(
        (), description="further origins (https://calls.example.org) whose pages may open the stream"
    )


class StoreSettings(Section):
    """What is kept, and where."""

    folder: Path = Field(user_data_path("tingyin"), description="the event log and journals")
    keeps_journal: bool = Field(
        False,
        description="keep each call's inputs, its sound among them, so that it replays exactly. For finding "
        "faults, not for keeping: a journal holds what was heard before anything is masked. The files can be "
        "read by the server's user alone, are not encrypted, and go with their call after `keep_days`",
    )
    keeps_audio: bool = Field(
        False,
        description="keep each call's sound (Opus, 22 MB an hour, agent left, caller right), so that it can "
        "be played back beside its words. Voices are personal data, and what is masked in the words is still "
        "heard in the sound: tell both parties, and see that the law and your agreements allow it. Only "
        "accounts with the right `hear_calls` play it, and the trail says who did; the files can be read by "
        "the server's user alone, and are not encrypted",
    )
    keeps_facts: bool = Field(
        True,
        description="keep each call's facts (3 MB an hour, no sound, words masked), so that an edited "
        "playbook can be tried on it",
    )
    keeps_agent_voices: bool = Field(
        False,
        description="keep each agent's usual F0, alpha ratio and pace: the next call knows them sooner",
    )
    keep_days: float = Field(
        90.0,
        ge=0,
        description="calls that ended longer ago are forgotten, with sound, journals, facts and index; "
        "0 keeps them for ever",
    )


TOKEN_LEAST, TOKEN_MOST = 16, 512
"""Characters of a program's token. Programs may try as often as they like, so it must not be short."""


class AccountSettings(Section):
    """Who may come in."""

    is_required: bool = Field(
        True,
        description="false lets everybody on this machine do everything without signing in; only on a "
        "loopback address",
    )
    idle_s: float = Field(1_800.0, ge=60, description="a session that no page uses for this long is over")
    session_s: float = Field(43_200.0, ge=300, description="a session is over after this long at the latest")
    is_https: bool = Field(
        False, description="browsers come by https (a proxy before the server has the certificate)"
    )
    tuned_by: TunedBy = Field(
        "house",
        description="who changes thresholds and rules, by which the calls of all teams are judged: `admins` "
        "alone; `house`: with them supervisors who see everybody's calls; `supervisors`: those of teams, too",
    )
    program_token: SecretStr = Field(
        SecretStr(""),
        description="what a telephone system and Prometheus send as a bearer token, 16 to 512 characters of "
        "ASCII (`openssl rand -hex 24` writes a good one); empty: no program comes in",
    )
    provider_issuer: str = Field("", description="the OpenID Connect provider's issuer; empty: none")
    provider_client_id: str = Field("", description="this server's name at the provider")
    provider_client_secret: SecretStr = Field(SecretStr(""), description="and its secret there")
    provider_name_claim: str = Field(
        "preferred_username", description="the claim that holds the name of the account that was made here"
    )

    @field_validator("program_token")
    @classmethod
    def _is_no_guess(cls, token: SecretStr) -> SecretStr:
        given = token.get_secret_value()
        if given and not TOKEN_LEAST <= len(given) <= TOKEN_MOST:
            raise ValueError(f"a token has {TOKEN_LEAST} to {TOKEN_MOST} characters, that nobody guesses it")
        if given.strip() != given or not (given.isascii() and given.isprintable()):
            raise ValueError("a token is sent in a header: printable ASCII, no space before or after it")
        return token


class MessageTemplate(Section):
    """A line for the agent, in both languages."""

    zh: str = Field(min_length=1, max_length=200)
    en: str = Field(min_length=1, max_length=200)


def _templates() -> dict[str, MessageTemplate]:
    return {id_: MessageTemplate(zh=zh, en=en) for id_, (zh, en) in DEFAULT_TEMPLATES.items()}


class MessageSettings(Section):
    """What supervisors write to agents in a call."""

    length_max: int = Field(120, ge=20, le=200, description="characters of a message: what one glance reads")
    burst: int = Field(4, ge=1, le=20, description="messages that one supervisor may send at once,")
    every_s: float = Field(10.0, ge=1, description="and one more after each time this long")
    templates: dict[str, MessageTemplate] = Field(
        default_factory=_templates,
        description="lines to pick from, in the order in which they are offered: a table "
        "`[messages.templates.NAME]` for each, with `zh` and `en`. Given ones take the place of the shipped "
        "ones (`GET /api/templates` tells which are in force)",
    )


class PlaybookSettings(Section):
    """Which rules are in force."""

    folder: Path | None = Field(
        None,
        description="a folder of playbook files (*.toml) to use instead of the shipped ones; copy "
        "`monitor/playbooks` to start from them",
    )


class Settings(BaseSettings):
    """The whole tree."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=_PREFIX, env_nested_delimiter="__"
    )

    speech: SpeechSettings = SpeechSettings()
    timeline: TimelineSettings = TimelineSettings()
    transcription: TranscriptionSettings = TranscriptionSettings()
    privacy: PrivacySettings = PrivacySettings()
    prosody: ProsodySettings = ProsodySettings()
    temper: TemperSettings = TemperSettings()
    detectors: DetectorSettings = DetectorSettings()
    cues: CueSettings = CueSettings()
    rules: RuleSettings = RuleSettings()
    reading: ReadingSettings = ReadingSettings()
    engine: EngineSettings = EngineSettings()
    server: ServerSettings = ServerSettings()
    store: StoreSettings = StoreSettings()
    playbook: PlaybookSettings = PlaybookSettings()
    accounts: AccountSettings = AccountSettings()
    messages: MessageSettings = MessageSettings()

    @property
    def core(self) -> CoreSettings:
        """What the pure core is told of them."""
        return CoreSettings(**{name: getattr(self, name) for name in CoreSettings.model_fields})

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, whose content arrives as the initial values."""
        return env_settings, init_settings


def load_settings(path: Path | None = None, overrides: dict[str, dict[str, Any]] | None = None) -> Settings:
    """The settings of `path` (TOML), of the environment, and of `overrides` (section -> name -> value).

    Raises:
        SettingsError: the file cannot be read, a key is unknown, or a value does not fit.
    """
    values: dict[str, Any] = _with_vocabulary(_read_toml(path), path.parent) if path else {}
    _check_variables()
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise _settings_error(error) from error
    except UnparsableError as error:
        raise _unparsable_error(error) from error
    changed: dict[str, Section] = {}
    for name, leaves in (overrides or {}).items():
        section: Section = getattr(settings, name)
        given = {leaf: value for leaf, value in leaves.items() if value is not None}
        try:
            changed[name] = type(section).model_validate({**section.model_dump(), **given})
        except ValidationError as error:
            raise _settings_error(error, name) from error
    loaded = settings.model_copy(update=changed)
    refuse_slow_patterns(loaded.privacy.patterns)
    return loaded


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _unreadable(path, error) from error


def _with_vocabulary(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The values, with the terms of the file that `transcription.vocabulary` names where it is no list: one
    a line, beside the settings' file."""
    section = values.get("transcription")
    if not isinstance(section, dict) or not isinstance(section.get("vocabulary"), str):
        return values
    path = folder / section["vocabulary"]
    try:
        terms = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    vocabulary = [term for term in terms if term and not term.startswith("#")]
    return {**values, "transcription": {**section, "vocabulary": vocabulary}}


def _check_variables() -> None:
    """Refuses a variable of this program's that sets nothing: the library passes over those in silence."""
    for name in os.environ:
        section = name.upper().removeprefix(_PREFIX).split("__")[0].lower()
        is_ours = name.upper().startswith(_PREFIX) and name not in _OTHER_VARIABLES
        if is_ours and section not in Settings.model_fields:
            hint = "a variable is named TINGYIN_SECTION__NAME; SETTINGS.md lists the sections and names"
            raise SettingsError("settings.unknown", name=name, hint=hint)


def _unreadable(path: Path, error: Exception) -> SettingsError:
    reason: object = error
    if isinstance(error, OSError):
        reason = error.strerror
    elif isinstance(error, UnicodeDecodeError):
        reason = "it is no text in UTF-8"
    return SettingsError("settings.unreadable", path=path, reason=reason)


_SECRETS = frozenset({"program_token", "provider_client_secret"})

_REASONS = {
    "missing": "it is required",
    "path_type": "a path is written in quotes",
    "string_type": "text is written in quotes",
    "int_parsing": "a whole number is needed",
    "int_type": "a whole number is needed",
    "int_from_float": "a whole number is needed",
    "float_parsing": "a number is needed",
    "float_type": "a number is needed",
    "bool_parsing": "true or false is needed",
    "bool_type": "true or false is needed",
}
"""What the library says of these in the words of programs."""


def _settings_error(error: ValidationError, section: str = "") -> SettingsError:
    first = error.errors()[0]
    name = ".".join(str(part) for part in (section, *first["loc"]) if part != "")
    if first["type"] == "extra_forbidden":
        return SettingsError("settings.unknown", name=name, hint=_hint(name))
    reason = _REASONS.get(first["type"], first["msg"].removeprefix("Value error, "))
    value = None if first["type"] == "missing" else first["input"]
    return SettingsError("settings.invalid", name=name, value=_told(name, value), reason=reason)


def _hint(name: str) -> str:
    """Which setting may be meant: the one of that name in another section, or one written nearly so."""
    sections = {title: field.annotation for title, field in Settings.model_fields.items()}
    known = [
        f"{title}.{leaf}" for title, one in sections.items() for leaf in getattr(one, "model_fields", ())
    ]
    namesakes = [one for one in known if one.rpartition(".")[2] == name.rpartition(".")[2]]
    near = (
        namesakes if len(namesakes) == 1 else get_close_matches(name, [*sections, *known], n=1, cutoff=0.75)
    )
    return f"do you mean {near[0]!r}? SETTINGS.md lists them all" if near else "SETTINGS.md lists them all"


def _told(name: str, value: object) -> object:
    """The value as an error may show it: what opens a door is in no log."""
    leaf = name.lower().rpartition(".")[2].rpartition("__")[2]
    # The variable TINGYIN_ACCOUNTS holds the whole section.
    return "…" if leaf in _SECRETS or leaf.endswith("accounts") else value


def _unparsable_error(error: UnparsableError) -> SettingsError:
    """A variable that holds a list or a whole section is JSON; the error's cause knows what it held."""
    cause = error.__cause__
    value = cause.doc if isinstance(cause, JSONDecodeError) else ""
    name = next((name for name, held in os.environ.items() if held == value and _PREFIX in name.upper()), "")
    reason = """lists and sections are JSON in the environment, as ["zh", "en"]"""
    name = name or str(error)
    return SettingsError("settings.invalid", name=name, value=_told(name, value), reason=reason)
