"""What is tuned, as a value and as the two files that a team lead may edit by hand, too.

`tuned_rules.toml` holds `[tune.<rule>]` (`monitor.core.playbook.tune`) and is read with the playbook's files;
`tuned_thresholds.toml` holds tables of the settings that a call is judged by, as `[detectors]`.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import msgspec

SECTIONS = ("detectors", "cues", "rules", "reading")
"""Sections of the settings that can be tuned: those by which facts are judged, none that needs the sound."""

FOLDER = "tuning"
"""In the store's folder: where what is tuned is kept."""
RULES_FILE, THRESHOLDS_FILE = "tuned_rules.toml", "tuned_thresholds.toml"

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_RULES_HEAD = (
    "# What is tuned about the playbook's rules. The page “Tuning” writes this file; what you edit here by\n"
    "# hand comes into force as well, and the page shows it as a version that was edited outside.\n"
)
_THRESHOLDS_HEAD = (
    "# Thresholds that were tuned: they win over the settings, for calls that begin from now on.\n"
)


class Overlay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is tuned: values by section and name, and changes by rule. What is not named stays as it is."""

    thresholds: dict[str, dict[str, Any]] = {}
    rules: dict[str, dict[str, Any]] = {}

    def rules_text(self) -> str:
        """The file of rules; empty where no rule is tuned."""
        if not any(self.rules.values()):
            return ""
        return _RULES_HEAD + "".join(
            f"\n[tune.{_key(id_)}]\n{_pairs(change)}" for id_, change in sorted(self.rules.items()) if change
        )

    def thresholds_text(self) -> str:
        """The file of thresholds; empty where none is tuned."""
        if not any(self.thresholds.values()):
            return ""
        return _THRESHOLDS_HEAD + "".join(
            f"\n[{_key(section)}]\n{_pairs(values)}"
            for section, values in sorted(self.thresholds.items())
            if values
        )


def read_overlay(rules_text: str, thresholds_text: str) -> Overlay:
    """The overlay of two files' texts.

    Raises:
        ValueError: a text is no TOML, or holds something else.
    """
    try:
        rules = tomllib.loads(rules_text).get("tune", {})
        thresholds = tomllib.loads(thresholds_text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    for tables in (rules, thresholds):
        if not isinstance(tables, dict) or not all(isinstance(one, dict) for one in tables.values()):
            raise ValueError("it holds something that is no table")
    return Overlay(thresholds=thresholds, rules=rules)


def _pairs(table: dict[str, Any]) -> str:
    return "".join(f"{_key(name)} = {_value(value)}\n" for name, value in table.items())


def _key(name: str) -> str:
    return name if _PLAIN_KEY.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    """A value as TOML writes it, tables and lists in one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(one) for one in value)}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(name)} = {_value(one)}' for name, one in value.items())} }}"
    raise ValueError(f"{type(value).__name__} cannot be written")


def _text(text: str) -> str:
    """A basic string: JSON's escapes are TOML's, but for one character that JSON lets stand."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
