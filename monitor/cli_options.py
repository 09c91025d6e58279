"""Options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.config import Settings, load_settings

SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="a TOML file of settings (SETTINGS.md lists them)")
]


def read_settings(path: Path | None, **overrides: dict[str, Any]) -> Settings:
    """The settings of the file, of the environment, and of options that were given.

    Raises:
        SettingsError: see `load_settings`.
    """
    return load_settings(path, overrides)
