"""What a call is judged by at this moment, for commands that run beside the server or without one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from monitor.config import Settings
from monitor.core.playbook.model import RuleBook
from monitor.core.settings import CoreSettings
from monitor.errors import PlaybookError, TuningError
from monitor.playbook_files import read_text, shipped_or
from monitor.playbook_watch import load_whole, tuned_playbook
from monitor.tuning.overlay import FOLDER, RULES_FILE, SECTIONS, THRESHOLDS_FILE, read_overlay


@dataclass(frozen=True, slots=True)
class InForce:
    """The rules and settings that are in force."""

    book: RuleBook
    settings: Settings
    is_tuned: bool
    """Something of it is tuned."""
    troubles: tuple[str, ...] = ()
    """Why what is tuned does not count, in sentences; then it is as configured."""


def in_force(settings: Settings, *, with_tuning: bool = True) -> InForce:
    """The playbook and settings with what is tuned in the store's folder; or without, as they are written.

    As when a server starts, what is tuned and does not fit any more does not count.

    Raises:
        PlaybookError: the playbook itself is not sound.
    """
    place = settings.playbook.folder
    if not with_tuning:
        return InForce(load_whole(shipped_or(place)).book, settings, is_tuned=False)
    folder = settings.store.folder / FOLDER
    playbook, untuned = tuned_playbook(place, folder / RULES_FILE)
    troubles = [] if untuned is None else [untuned.sentence]
    has_rules = untuned is None and (folder / RULES_FILE).is_file()
    core = settings.core
    try:
        path = folder / THRESHOLDS_FILE
        text = read_text(path) if path.exists() else ""
        core, faults = tuned_settings(core, read_overlay("", text).thresholds)
        if faults:
            raise ValueError(f"{faults[0][0]}: {faults[0][1]}")
    except (PlaybookError, ValueError) as error:
        core = settings.core
        reason = error.sentence if isinstance(error, PlaybookError) else error
        troubles.append(TuningError("tuning.invalid", reason=reason).sentence)
    sections = {name: getattr(core, name) for name in SECTIONS}
    return InForce(
        playbook.book,
        settings.model_copy(update=sections),
        is_tuned=has_rules or core != settings.core,
        troubles=tuple(troubles),
    )


def tuned_settings(
    configured: CoreSettings, thresholds: Mapping[str, Mapping[str, Any]]
) -> tuple[CoreSettings, list[tuple[str, str]]]:
    """The settings with tuned thresholds, and what is wrong with these: a field and why.

    A section with a fault stays as it is configured.
    """
    changed: dict[str, Any] = {}
    faults: list[tuple[str, str]] = []
    for section, values in thresholds.items():
        if section not in SECTIONS:
            faults.append((section, f"only {', '.join(SECTIONS)} can be tuned"))
            continue
        known = getattr(configured, section)
        odd = [name for name, value in values.items() if _is_no_number(getattr(known, name, None), value)]
        if odd:
            faults.extend((f"{section}.{name}", "a number is needed") for name in odd)
            continue
        try:
            changed[section] = type(known).model_validate({**known.model_dump(), **values})
        except ValidationError as error:
            for one in error.errors():
                name = ".".join(str(part) for part in one["loc"])
                faults.append((f"{section}.{name}", str(one["msg"])))
    return configured.model_copy(update=changed), faults


def _is_no_number(configured: object, given: object) -> bool:
    """Whether something else is given for a number: `true` would be read as 1, and "5" as 5."""
    is_number = isinstance(configured, int | float) and not isinstance(configured, bool)
    return is_number and isinstance(given, bool | str)
