"""A deployment's own rule of what is masked: a Python function that the settings name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

from monitor.core.transcription.redaction import Finder
from monitor.errors import SettingsError
from monitor.log import log

_NAME = "privacy.hook"


@lru_cache(maxsize=4)
def load_finders(hook: str) -> tuple[Finder, ...]:
    """The rule that `hook` ("package.module:function") names; none where it is empty.

    The function takes a text and gives stretches (start, end) of it. Where it fails, all of the text is
    masked: what it would have hidden must not get out, and the call goes on.

    Raises:
        SettingsError: there is no such function.
    """
    if not hook:
        return ()
    module, _, function = hook.partition(":")
    try:
        find: Any = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise SettingsError("settings.invalid", name=_NAME, value=hook, reason=error) from error
    if not callable(find):
        raise SettingsError("settings.invalid", name=_NAME, value=hook, reason="it cannot be called")

    def guarded(text: str) -> Sequence[tuple[int, int]]:
        try:
            return [(int(start), int(end)) for start, end in find(text)]
        except Exception as error:  # noqa: BLE001 - whatever fails in it, nothing gets out
            log.error("the masking hook failed", error=type(error).__name__)
            return [(0, len(text))]

    return (guarded,)
