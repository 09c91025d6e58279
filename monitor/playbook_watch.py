"""Watches the playbook's folder: an edit comes into force without a restart, a broken one does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from monitor.core.playbook.listener import compile_book
from monitor.core.playbook.model import DETECTOR_RULES, RuleBook
from monitor.core.playbook.source import digest, share_book
from monitor.core.reading.texts import ReadingTexts
from monitor.errors import PlaybookError, TingyinError
from monitor.log import log
from monitor.playbook_files import book_of_texts, playbook_paths, read_texts, shipped_or
from monitor.reading_files import load_reading_texts

LOOK_EVERY_S = 1.0
"""How often the folder is looked at. An edit counts when the files have stood still from one look to the
next, so that a file that is being written is not read half."""

EDIT_CODE = "playbook.edit"

Signature = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class LoadedPlaybook:
    """A playbook that is sound, with the text that it was read from."""

    files: tuple[tuple[str, str], ...]
    book: RuleBook
    texts: ReadingTexts
    digest: str


def load_whole(place: Path, tuned: Path | None = None) -> LoadedPlaybook:
    """The playbook of a folder, its rules and the texts of the reading, with what the file `tuned`, where
    there is one, tunes about the rules.

    Raises:
        PlaybookError: it is not sound, or a built-in detector is left without words.
    """
    return whole_of_texts(place, _texts(place, tuned))


def whole_of_texts(place: Path, texts: tuple[tuple[str, str], ...]) -> LoadedPlaybook:
    """The playbook of these files of a folder (name and text).

    Raises:
        PlaybookError: as `load_whole`.
    """
    book = book_of_texts(texts)
    for rule in DETECTOR_RULES:
        if rule not in book:
            raise PlaybookError("playbook.missing", path=place, rule=rule)
    files = _named(texts)
    # Live calls are told of the files, new ones take the book: they are to share what is compiled for it.
    return LoadedPlaybook(files, share_book(files, book), load_reading_texts(place), digest(files))


def tuned_playbook(folder: Path | None, tuned: Path) -> tuple[LoadedPlaybook, PlaybookError | None]:
    """The playbook to begin with: as it is tuned, or, where that does not fit any more, without; and why.

    Raises:
        PlaybookError: the playbook itself is not sound.
    """
    place = shipped_or(folder)
    try:
        return load_whole(place, tuned), None
    except PlaybookError as error:
        plain = load_whole(place)
        return plain, PlaybookError(EDIT_CODE, reason=error.sentence)


def playbook_digest(folder: Path | None, tuned: Path | None = None) -> str:
    """The digest of a folder's playbook as it stands; empty where it cannot be read."""
    files = playbook_text(folder, tuned)
    return digest(files) if files else ""


def playbook_text(folder: Path | None, tuned: Path | None = None) -> tuple[tuple[str, str], ...]:
    """The files of a folder's playbook as they stand, as a journal holds them; none if unreadable."""
    try:
        return _named(_texts(shipped_or(folder), tuned))
    except PlaybookError:
        return ()


def _texts(place: Path, tuned: Path | None) -> tuple[tuple[str, str], ...]:
    texts = read_texts(playbook_paths(place))
    return texts if tuned is None or not tuned.is_file() else (*texts, *read_texts([tuned]))


def _named(texts: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The files by their names alone: where they lie on this machine is nobody's business in a journal."""
    return tuple((Path(path).name, text) for path, text in texts)


class PlaybookWatch:
    """Looks at a folder once a second, and tells of each edit once."""

    def __init__(
        self,
        folder: Path | None,
        *,
        digest: str,
        in_force: Callable[[LoadedPlaybook], None],
        report: Callable[[PlaybookError], None],
        resolve: Callable[[str], None],
        tuned: Path | None = None,
    ) -> None:
        """
        Args:
            digest: of the playbook that is in force; files that are others by now are an edit.
            tuned: a file of what is tuned about the rules; it may come and go.
            in_force: takes a playbook that is sound and other than the last.
            report: takes why an edit is not in force; the last good playbook stays.
            resolve: takes that away again, by its code.
        """
        self._place, self._tuned = shipped_or(folder), tuned
        self._in_force, self._report, self._resolve = in_force, report, resolve
        self._seen = self._signature()
        is_in_force = playbook_digest(folder, tuned) == digest
        self._read: Signature | None = self._seen if is_in_force else None
        self._digest = digest
        self._trouble = False

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - the watch goes on: the next edit may be one that it understands
                log.exception("the playbook could not be looked at", error=type(error).__name__)
                self._refuse(PlaybookError("playbook.watch", reason=type(error).__name__))

    async def look(self) -> None:
        """Looks once; reading and compiling happen in a thread, so that calls go on."""
        found = await asyncio.to_thread(self._signature)
        is_still, self._seen = found == self._seen, found
        if not is_still or found == self._read:
            return
        self._read = found
        try:
            loaded = await asyncio.to_thread(load_whole, self._place, self._tuned)
        except TingyinError as error:
            self._refuse(error)
            return
        if loaded.digest != self._digest:
            await asyncio.to_thread(compile_book, loaded.book)
            log.info("playbook edited", rules=len(loaded.book), signals=len(loaded.book.signals))
            self._in_force(loaded)
            self._digest = loaded.digest
        if self._trouble:
            self._trouble = False
            self._resolve(EDIT_CODE)

    def _refuse(self, error: TingyinError) -> None:
        self._trouble = True
        log.warning("playbook edit refused", code=error.code, reason=error.sentence)
        self._report(PlaybookError(EDIT_CODE, reason=error.sentence))

    def _signature(self) -> Signature:
        """Names, times and sizes of the files; a file that goes away meanwhile counts as gone.

        A link that leads nowhere does not: a server that started with it would fail.
        """
        found = []
        paths = sorted(self._place.glob("*.toml")) if self._place.is_dir() else [self._place]
        for path in paths if self._tuned is None else [*paths, self._tuned]:
            try:
                status = path.stat()
                found.append((path.name, status.st_mtime_ns, status.st_size))
            except OSError:
                with suppress(OSError):
                    found.append((path.name, path.lstat().st_mtime_ns, -1))
        return tuple(found)
