"""Results on their way to disk: a file takes its name only when it is whole."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.errors import SourceError, StoreError


class OutputFile:
    """A file that is written beside its place and moved there at the end of the `with` block.

    A run that fails or is stopped leaves neither half a file nor loses the one that was there before. What
    is no regular file (a pipe, /dev/stdout), or stands in a folder that may not be changed, is written as it
    is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._target = self._work = path
        if self._is_movable():
            self._target = path.resolve()  # the file that a link stands for is replaced, not the link
            self._work = self._target.with_name(f".{self._target.name}.part")

    def _is_movable(self) -> bool:
        if self.path.absolute().parts[1:2] in (("dev",), ("proc",)):  # names of what is open already
            return False
        if self.path.is_file():
            return os.access(self.path.resolve().parent, os.W_OK)
        return not self.path.exists()

    def __enter__(self) -> Self:
        """Opens the file.

        Raises:
            StoreError: store.unwritable.
        """
        try:
            is_there = self._work != self._target and self._target.exists()
            if is_there and not os.access(self._target, os.W_OK):
                raise PermissionError(0, "it is write-protected")
            self._file = self._work.open("wb")
            if is_there:  # what only its owner may read stays so
                self._work.chmod(stat.S_IMODE(self._target.stat().st_mode))
        except OSError as error:
            raise self._unwritable(error) from error
        return self

    def write(self, content: bytes) -> None:
        """Takes more content.

        Raises:
            StoreError: store.unwritable, also where the disk is full.
        """
        try:
            self._file.write(content)
        except OSError as error:
            raise self._unwritable(error) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Puts the file in its place, or takes away what there is of it."""
        try:
            self._file.close()
            if error is None and self._work != self._target:
                self._work.replace(self._target)
        except OSError as failure:
            self._discard()
            if error is None:
                raise self._unwritable(failure) from failure
        if error is not None:
            self._discard()

    def _discard(self) -> None:
        if self._work != self._target:
            self._work.unlink(missing_ok=True)

    def _unwritable(self, error: OSError) -> StoreError:
        return StoreError("store.unwritable", path=self.path, reason=error.strerror)


def refuse_overwriting(outputs: list[Path], inputs: list[Path]) -> None:
    """Makes sure that no result would replace a recording, or another result.

    Raises:
        SourceError: source.arguments.
    """
    taken = {path.resolve() for path in inputs}
    for output in outputs:
        if output.resolve() in taken:
            raise SourceError("source.arguments", reason=f"{output} is given twice; write to another file")
        taken.add(output.resolve())
