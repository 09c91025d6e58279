"""What can be tuned: thresholds with their bounds and reasons, and rules as their files have them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from typing import Any

import msgspec

from monitor.core.playbook.tune import numbers, unit_of
from monitor.core.settings import CoreSettings
from monitor.report.topics import topic_name
from monitor.tuning.overlay import SECTIONS
from monitor.tuning.words import WORDS


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """A threshold that can be tuned. `configured` is what it is where it is not tuned."""

    section: str
    name: str
    label: dict[str, str]
    why: dict[str, str]
    unit: str
    is_whole: bool
    default: float
    configured: float
    least: float | None
    most: float | None
    is_least_allowed: bool
    is_most_allowed: bool


class TunableRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule or signal as its file has it, with the numbers that can be tuned. A signal has no severity."""

    id: str
    topic: dict[str, str]
    title: dict[str, str]
    because: dict[str, str]
    who: str
    severity: str
    is_on: bool
    is_report_only: bool
    cool_down_s: float
    cue: dict[str, Any] | None
    phrases: dict[str, Any] | None
    numbers: list[dict[str, Any]]


def thresholds(configured: CoreSettings) -> list[Threshold]:
    """Every threshold that can be tuned, with what it is where it is not."""
    listed = []
    for section in SECTIONS:
        known = getattr(configured, section)
        for name, field in type(known).model_fields.items():
            if field.annotation not in {int, float}:
                continue  # a word, not a threshold
            zh, en, why = WORDS[f"{section}.{name}"]
            bounds = {
                key: getattr(one, key) for one in field.metadata for key in _BOUNDS if hasattr(one, key)
            }
            least, most = bounds.get("ge", bounds.get("gt")), bounds.get("le", bounds.get("lt"))
            listed.append(
                Threshold(
                    section=section,
                    name=name,
                    label={"zh": zh, "en": en},
                    why={"zh": why, "en": str(field.description)},
                    unit=unit_of(name),
                    is_whole=field.annotation is int,
                    default=field.default,
                    configured=getattr(known, name),
                    least=least,
                    most=most,
                    is_least_allowed="ge" in bounds,
                    is_most_allowed="le" in bounds,
                )
            )
    return listed


def tunable_rules(files: Iterable[tuple[str, str]]) -> list[TunableRule]:
    """Every rule and signal of sound playbook files (name and text), as they are written."""
    listed: list[TunableRule] = []
    for file, text in files:
        content = tomllib.loads(text)
        topic = file.removesuffix(".toml")
        for table in ("rule", "signal"):
            listed += [_tunable(row, topic, is_rule=table == "rule") for row in content.get(table, [])]
    return listed


_BOUNDS = ("ge", "gt", "le", "lt")


def _tunable(row: dict[str, Any], topic: str, *, is_rule: bool) -> TunableRule:
    name = topic_name(str(row.get("topic", topic)))
    plain = {"zh": str(row["id"]), "en": str(row["id"]).replace("_", " ")}
    return TunableRule(
        id=row["id"],
        topic={"zh": name.zh, "en": name.en},
        title=row.get("title", plain),
        because=row.get("because", {"zh": "", "en": ""}),
        who=str(row.get("who", "")),
        severity=row.get("severity", "") if is_rule else "",
        is_on=row.get("is_on", True),
        is_report_only=row.get("report_only", False),
        cool_down_s=row.get("cool_down_s", 30.0),
        cue=row.get("cue"),
        phrases=row.get("phrases"),
        numbers=[
            {"place": place, "value": value, "unit": unit_of(place.rpartition(".")[2])}
            for place, value in numbers(row)
        ],
    )
