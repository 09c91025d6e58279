"""A deployment's own rules of what is masked: patterns, and a Python function that the settings name."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

from monitor.core.transcription.redaction import Finder
from monitor.errors import SettingsError
from monitor.log import log

_NAME = "privacy.hook"

_SLOW_S = 0.05
"""Processor time on one sentence; a pattern that is sound takes a thousandth of it."""
_LENGTHS = (*range(8, 26, 2), 32, 64, 128, 256, 512)
"""Characters of the sentences that are tried, shortest first: what doubles its time with each character is
found before it takes long. An utterance has some hundred."""
_LETTERS_MAX = 10


def refuse_slow_patterns(patterns: Sequence[str]) -> None:
    """Tries each pattern on sentences that are hard for it.

    Python's `re` cannot be stopped once it runs, and holds up all calls meanwhile: `(a+)+$` takes 20 s on 27
    letters. So patterns are tried on repetitions of what they name, with an end that they do not expect.

    Raises:
        SettingsError: settings.invalid: one takes too long.
    """
    for pattern in patterns:
        compiled = re.compile(pattern, re.IGNORECASE)
        for text in _hard_sentences(pattern):
            began = time.thread_time()
            for _ in compiled.finditer(text):
                pass
            if time.thread_time() - began > _SLOW_S:
                reason = (
                    f"it takes too long on a sentence of {len(text)} characters and would hold up all calls; "
                    "write {1,20} for + and {0,20} for *, and no repeat of what itself repeats"
                )
                raise SettingsError("settings.invalid", name="privacy.patterns", value=pattern, reason=reason)


def _hard_sentences(pattern: str) -> Iterator[str]:
    named = re.sub(r"\\[A-Za-z]", "", pattern)
    letters = list(dict.fromkeys([*"a1 中", *(one for one in named if one.isalnum())]))[:_LETTERS_MAX]
    seeds = [one + other if one != other else one for one in letters for other in letters]
    for length in _LENGTHS:
        for seed in seeds:
            yield (seed * length)[: length - 1] + "\0"


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
