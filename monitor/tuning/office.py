"""The office of tuning: what can be tuned, whether a draft is sound, and which version is in force.

The files in `<store>/tuning` are what is in force; versions are their history. A hand that edits the files is
noticed and becomes a version. Tuned rules come into force for running calls, between turns, because the watch
over the playbook reads them with it; tuned thresholds for calls that begin later: a running call keeps the
detectors that it began with, and its journal replays exactly.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from monitor.core.playbook.check import doubts
from monitor.core.playbook.source import book_of, read_sources
from monitor.core.settings import CoreSettings
from monitor.errors import PlaybookError, StoreError, TingyinError, TuningError
from monitor.log import log
from monitor.playbook_files import playbook_paths, read_text, read_texts, shipped_or, told
from monitor.playbook_watch import whole_of_texts
from monitor.tuning.catalogue import Threshold, TunableRule, thresholds, tunable_rules
from monitor.tuning.in_force import tuned_settings
from monitor.tuning.overlay import FOLDER, RULES_FILE, THRESHOLDS_FILE, Overlay, read_overlay
from monitor.tuning.trial import Trials
from monitor.tuning.versions import Kind, Version, Versions

LOOK_EVERY_S = 1.0


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong, or to be looked at, about a draft.

    `rule` is empty of a threshold, whose name is then the `field` (`detectors.raised_level_db`); `line` is
    that of the file of tuned rules, 0 where it is not known.
    """

    level: str
    """error: it cannot come into force; warning: look at it."""
    rule: str
    field: str
    line: int
    message: str


class State(msgspec.Struct, frozen=True, kw_only=True):
    """All that the page needs: what can be tuned, and what is."""

    version: int
    tuned: Overlay
    fault: str
    """Why the files as they are edited by hand are not in force; empty where they are."""
    thresholds: list[Threshold]
    rules: list[TunableRule]


@dataclass(frozen=True, slots=True)
class Draft:
    """A sound draft: the overlay with the texts and settings that it makes."""

    overlay: Overlay
    files: tuple[tuple[str, str], ...]
    core: CoreSettings


class TuningOffice:
    """Reads, checks, saves and takes back what is tuned. Every method may be called from any thread."""

    def __init__(
        self,
        folder: Path,
        playbook: Path | None,
        core: CoreSettings,
    ) -> None:
        """
        Args:
            folder: of the store; the files are in its folder `tuning`.
            core: the settings as they are configured.

        Raises:
            StoreError: the versions cannot be opened.
        """
        self._folder = folder / FOLDER
        self._place = shipped_or(playbook)
        self._configured = core
        self._retune: Callable[[CoreSettings], None] = lambda core: None
        self.trials = Trials()
        self._lock = threading.Lock()
        self._versions = Versions(folder)
        self._seen: tuple[str, str] | None = None
        self._fault = ""
        self._faulty_base: tuple[tuple[str, str], ...] = ()
        self.core = core
        """The settings by which calls begin."""

    @property
    def rules_file(self) -> Path:
        """Where tuned rules are, whether or not there are any."""
        return self._folder / RULES_FILE

    def follow(self, retune: Callable[[CoreSettings], None]) -> None:
        """`retune` takes the thresholds for calls to come, as they are now and whenever they change."""
        self._retune = retune
        retune(self.core)

    def close(self) -> None:
        """Ends a trial that runs, and closes the versions."""
        self.trials.close()
        self._versions.close()

    # --- what is --------------------------------------------------------------------------------------------

    def state(self) -> State:
        """What can be tuned, and what is.

        Raises:
            PlaybookError: the playbook as it stands is not sound.
            StoreError: the files or the versions cannot be read.
        """
        self.look()
        base = self._base_files()
        for fault in read_sources(base)[1]:
            raise told(fault)
        return State(
            version=self._versions.latest,
            tuned=self._in_force(),
            fault=self._fault,
            thresholds=thresholds(self._configured),
            rules=tunable_rules(base),
        )

    def look(self) -> None:
        """Notices files that were edited by hand: sound ones are a version, others a fault.

        Raises:
            StoreError: the files or the versions cannot be read.
        """
        with self._lock:
            try:
                texts = self._files()
                # What was at fault may lie in the playbook's own files, and these may have been mended.
                if texts == self._seen and not (self._fault and self._base_files() != self._faulty_base):
                    return
                self._seen, self._faulty_base = texts, self._base_files()
                draft = self.draft(read_overlay(*texts))
            except StoreError:
                raise
            except (ValueError, TingyinError) as error:
                if isinstance(error, PlaybookError):
                    self._faulty_base = ()
                self._refuse(str(error.sentence if isinstance(error, TingyinError) else error))
                return
            self._fault = ""
            latest = self._versions.latest
            if texts != self._versions.texts(latest):
                self._versions.add(texts, base=latest, author="", kind="outside")
            self._take(draft.core)

    async def watch(self) -> None:
        """Looks once a second, until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await asyncio.to_thread(self.look)
            except Exception as error:  # noqa: BLE001 - the watch goes on: the next look may be one that succeeds
                code = error.code if isinstance(error, TingyinError) else type(error).__name__
                log.warning("the tuning's files could not be looked at", code=code)

    # --- drafts ---------------------------------------------------------------------------------------------

    def check(self, overlay: Overlay) -> list[Fault]:
        """What is wrong or doubtful about a draft, of the tuned rules alone.

        Raises:
            TuningError: tuning.invalid: it holds what no file can.
        """
        _, found = self._settings_of(overlay)
        files = self._files_with(overlay)
        rows, faults = read_sources(files)
        ours = [fault for fault in faults if fault.file == RULES_FILE]
        for fault in ours or faults:  # a row that is refused leaves others without what they name
            field, _, reason = fault.reason.partition(": ")
            is_field = reason != "" and " " not in field
            found.append(
                Fault(
                    level="error",
                    rule=fault.rule,
                    field=field if is_field else "",
                    line=fault.line if fault.file == RULES_FILE else 0,
                    message=reason if is_field else fault.reason,
                )
            )
        if not faults:
            plain, _ = read_sources(self._base_files())
            known = {(one.rule, one.message) for one in doubts(plain, book_of(plain))}
            found += [
                Fault(level=one.level, rule=one.rule, field="", line=0, message=one.message)
                for one in doubts(rows, book_of(rows))
                if (one.rule, one.message) not in known
            ]
        return found

    def draft(self, overlay: Overlay) -> Draft:
        """The draft with what it makes of playbook and settings.

        Raises:
            TuningError: tuning.invalid: it is not sound.
        """
        core, found = self._settings_of(overlay)
        if found:
            raise TuningError("tuning.invalid", reason=f"{found[0].field}: {found[0].message}")
        files = self._files_with(overlay)
        try:
            whole_of_texts(self._place, files)
        except TingyinError as error:
            raise TuningError("tuning.invalid", reason=error.sentence) from error
        return Draft(overlay, files, core)

    def in_force(self) -> Draft:
        """What is in force, as a draft of its own."""
        return self.draft(self._in_force())

    # --- versions -------------------------------------------------------------------------------------------

    def save(
        self,
        overlay: Overlay,
        *,
        base: int,
        author: str,
        comment: str = "",
        kind: Kind = "saved",
        restores: int | None = None,
    ) -> int:
        """Puts a draft in force as a new version, if `base` is still the latest one; the version's number.

        Raises:
            TuningError: tuning.invalid, tuning.conflict.
            StoreError: the disk does not take it.
        """
        self.look()
        errors = [fault for fault in self.check(overlay) if fault.level == "error"]
        if errors:
            where = " ".join(part for part in (errors[0].rule, errors[0].field) if part)
            raise TuningError("tuning.invalid", reason=f"{where}: {errors[0].message}")
        draft = self.draft(overlay)
        texts = (overlay.rules_text(), overlay.thresholds_text())
        with self._lock:
            number = self._versions.add(
                texts, base=base, author=author, kind=kind, comment=comment, restores=restores
            )
            if number is None:
                raise TuningError("tuning.conflict", latest=self._versions.latest, base=base)
            self._seen = (
                None  # where the disk does not take the files, what is there counts, and is a version
            )
            self._write(texts)
            self._seen, self._fault = texts, ""
            self._take(draft.core)
        return number

    def restore(self, number: int, *, base: int, author: str, comment: str = "") -> int:
        """Puts the content of an earlier version in force, as a new version.

        Raises:
            TuningError: as `save`, and tuning.unknown_version.
        """
        overlay = self.version(number)
        return self.save(overlay, base=base, author=author, comment=comment, kind="restored", restores=number)

    def versions(self) -> list[Version]:
        """The versions, the latest first."""
        self.look()
        return self._versions.all()

    def version(self, number: int) -> Overlay:
        """What was tuned in a version; 0 is nothing.

        Raises:
            TuningError: tuning.unknown_version.
        """
        texts = self._versions.texts(number)
        if texts is None:
            raise TuningError("tuning.unknown_version", number=number)
        return read_overlay(*texts)

    # --- inside ---------------------------------------------------------------------------------------------

    def _in_force(self) -> Overlay:
        try:
            return read_overlay(*self._files())
        except ValueError:
            return self.version(self._versions.latest)

    def _refuse(self, fault: str) -> None:
        if fault != self._fault:
            log.warning("what was tuned by hand is not in force")
        self._fault = fault

    def _take(self, core: CoreSettings) -> None:
        if core != self.core:
            self.core = core
            self._retune(core)

    def _files(self) -> tuple[str, str]:
        return self._read(RULES_FILE), self._read(THRESHOLDS_FILE)

    def _read(self, name: str) -> str:
        path = self._folder / name
        try:
            return read_text(path) if path.exists() else ""
        except PlaybookError as error:
            raise ValueError(error.sentence) from error
        except OSError as error:
            raise StoreError("store.unwritable", path=path, reason=error.strerror) from error

    def _write(self, texts: tuple[str, str]) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for name, text in zip((RULES_FILE, THRESHOLDS_FILE), texts, strict=True):
                path = self._folder / name
                if not text:
                    path.unlink(missing_ok=True)
                    continue
                new = path.with_suffix(".new")
                new.write_text(text, encoding="utf-8")
                new.replace(path)
        except OSError as error:
            raise StoreError("store.unwritable", path=self._folder, reason=error.strerror) from error

    def _base_files(self) -> tuple[tuple[str, str], ...]:
        return tuple((Path(path).name, text) for path, text in read_texts(playbook_paths(self._place)))

    def _files_with(self, overlay: Overlay) -> tuple[tuple[str, str], ...]:
        try:
            text = overlay.rules_text()
            overlay.thresholds_text()
        except ValueError as error:
            raise TuningError("tuning.invalid", reason=error) from error
        return (*self._base_files(), (RULES_FILE, text)) if text else self._base_files()

    def _settings_of(self, overlay: Overlay) -> tuple[CoreSettings, list[Fault]]:
        """The settings with the tuned thresholds, and what is wrong with these."""
        core, found = tuned_settings(self._configured, overlay.thresholds)
        return core, [
            Fault(level="error", rule="", field=field, line=0, message=message) for field, message in found
        ]
