"""What is tuned about rules that stand in other files: `[tune.<rule>]`, laid over the rule's own row.

A rule is left as it is written and only what is tuned is said, so that a newer playbook keeps what was tuned,
and what was tuned can be taken back. Conditions are tuned by their numbers, each by its place in the row:
`numbers = { "what.all.0.within_s" = 20 }`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

FIELDS = frozenset({"is_on", "severity", "cool_down_s", "cue", "phrases", "numbers"})
"""What can be tuned about a rule, and about a signal (`phrases`, `numbers`)."""

_LAID_OVER = ("cue", "phrases")
"""Tables of which only what is named changes."""

_COUNTED = ("what", "when", "phrases", "cue", "like_at_least", "clears_after_s")
"""Fields whose numbers can be tuned by their place."""

UNITS = {"_s": "s", "_db": "dB", "_st": "st", "_hz": "Hz"}
"""The unit of a number, by the end of its name."""


def unit_of(name: str) -> str:
    """The unit that a name ends in; empty where it is a plain number."""
    name = name.removesuffix("_min").removesuffix("_max")
    return next((unit for end, unit in UNITS.items() if name.endswith(end)), "")


def numbers(row: Mapping[str, Any]) -> Iterator[tuple[str, int | float]]:
    """The numbers of a row as it is written in its file, each with its place."""

    def inside(value: Any, place: str) -> Iterator[tuple[str, int | float]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from inside(inner, f"{place}.{key}")
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from inside(inner, f"{place}.{index}")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield place, value

    for field in _COUNTED:
        if field in row:
            yield from inside(row[field], field)


def tuned(row: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """The row with what is tuned in the place of its own.

    Raises:
        ValueError: something cannot be tuned, or a place is none of the row's; its arguments are the field,
            and why.
    """
    unknown = sorted(set(change) - FIELDS)
    if unknown:
        raise ValueError(unknown[0], f"only {', '.join(sorted(FIELDS))} can be tuned")
    out: dict[str, Any] = _copied(row)
    for field in FIELDS - {"numbers", *_LAID_OVER}:
        if field in change:
            out[field] = change[field]
    for field in _LAID_OVER:
        if field not in change:
            continue
        if field not in out or not isinstance(change[field], dict):
            raise ValueError(field, f"the rule has no {field} that could be tuned")
        out[field] = _laid_over(out[field], change[field])
    places = change.get("numbers", {})
    if not isinstance(places, dict):
        raise ValueError("numbers", 'places and numbers are needed: { "what.within_s" = 20 }')
    known = dict(numbers(row))
    for place, value in places.items():
        if place not in known:
            raise ValueError("numbers", f"the rule has no number at {place!r}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("numbers", f"{place} takes a number")
        _put(out, place.split("."), value)
    return out


def _laid_over(under: Any, over: Any) -> Any:
    if isinstance(under, dict) and isinstance(over, dict):
        return {**under, **{key: _laid_over(under.get(key), value) for key, value in over.items()}}
    return over


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _put(row: Any, place: list[str], value: float) -> None:
    """Sets a number at a place that is known to be there."""
    at = row
    for part in place[:-1]:
        at = at[int(part)] if isinstance(at, list) else at[part]
    last = place[-1]
    at[int(last) if isinstance(at, list) else last] = value
