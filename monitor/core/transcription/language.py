"""Which language a party speaks: detected until two utterances agree, then kept while it fits."""

from __future__ import annotations

from monitor.core.recognition import Hypothesis
from monitor.core.transcription.text import units

_CONFIDENT_PROBABILITY = 0.8
"""Of the detected language, among those expected."""

_CONFIDENT_LOG_PROBABILITY = -0.8
"""Whole utterances of Whisper base in their own language lie above this in 97 of 100 cases."""

_CONFIDENT_UNITS = 3
"""A lone "OK" or 嗯 says little of the language."""

_SAYS_NOTHING = frozenset({"engine_failed", "too_short", "no_speech", "phantom"})
"""Refusals that are not for want of sense: the machine failed, or there was nobody to hear."""

_LOCK_AFTER = 2
_UNLOCK_AFTER = 2


class LanguageLock:
    """One party's language: fixed by the settings, or found.

    Two confident utterances in a row in the same language lock it; two in a row that score badly, or that
    a guard refused, open it again.
    """

    def __init__(self, fixed: str | None) -> None:
        self._fixed = fixed
        self._locked: str | None = None
        self._candidate = ""
        self._confident = 0
        self._bad = 0

    @property
    def language(self) -> str | None:
        """The language to decode in; None to detect it."""
        return self._fixed or self._locked

    def on_final(self, hypothesis: Hypothesis) -> None:
        """Learns from a whole utterance."""
        if self._fixed or hypothesis.rejected in _SAYS_NOTHING:
            return
        is_scored_well = (
            hypothesis.rejected is None and hypothesis.average_log_probability >= _CONFIDENT_LOG_PROBABILITY
        )
        if self._locked:
            self._bad = 0 if is_scored_well else self._bad + 1
            if self._bad >= _UNLOCK_AFTER:
                self._locked, self._confident, self._bad = None, 0, 0
            return
        if (
            not is_scored_well
            or hypothesis.language_probability < _CONFIDENT_PROBABILITY
            or len(units(hypothesis.text)) < _CONFIDENT_UNITS
        ):
            return
        self._confident = self._confident + 1 if hypothesis.language == self._candidate else 1
        self._candidate = hypothesis.language
        if self._confident >= _LOCK_AFTER:
            self._locked = self._candidate
