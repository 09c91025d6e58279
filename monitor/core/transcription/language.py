"""Which language a party speaks: given or found, kept while it fits, and found again when it does not."""

from __future__ import annotations

from monitor.core.recognition import Hypothesis
from monitor.core.transcription.text import units

_CONFIDENT_PROBABILITY = 0.8
"""Of the detected language, among those expected."""

_CONFIDENT_LOG_PROBABILITY = -0.8
"""Whole utterances of Whisper base in their own language lie above this in 97 of 100 cases."""

_CONFIDENT_UNITS = 3
"""A lone "OK" or 嗯 says little of the language."""

_SAYS_NOTHING = frozenset({"engine_failed", "too_short", "no_speech", "phantom", "recital"})
"""Refusals that are not for want of sense: the machine failed, or there was nobody to hear."""

_LOCK_AFTER = 2
_UNLOCK_AFTER = 2


class LanguageLock:
    """One party's language: the settings', or the one found.

    Two confident utterances in a row in the same language lock it, and unlock another: a recogniser that
    surely hears another language than it was asked for answers in that one. Two in a row that score badly,
    or that a guard refused, open a found lock; a given language is kept until another is surely heard.
    """

    def __init__(self, given: str | None) -> None:
        self._given = given
        self._locked = given
        self._candidate = ""
        self._confident = 0
        self._bad = 0
        self._is_sure = False

    @property
    def language(self) -> str | None:
        """The language to decode in; None to detect it."""
        return self._locked

    @property
    def expected(self) -> str | None:
        """The language to ask for while another may be heard: the one kept, or of one sure utterance.

        A short sound by itself is taken for any language, and decoded in a wrong one it is nothing.
        """
        return self._locked or (self._candidate if self._confident else None)

    @property
    def is_sure(self) -> bool:
        """Whether utterances have borne the language out, the last one too: partials need no second
        opinion then."""
        return self._is_sure

    @property
    def unexpected(self) -> str | None:
        """The language that is spoken though the settings give another; None where they are right."""
        return self._locked if self._given is not None and self._locked != self._given else None

    def on_final(self, hypothesis: Hypothesis) -> None:
        """Learns from a whole utterance."""
        if hypothesis.rejected in _SAYS_NOTHING:
            return
        is_scored_well = (
            hypothesis.rejected is None and hypothesis.average_log_probability >= _CONFIDENT_LOG_PROBABILITY
        )
        if self._locked is not None and hypothesis.language == self._locked:
            self._fits(is_scored_well)
            return
        self._is_sure = False
        if (
            not is_scored_well
            or hypothesis.language_probability < _CONFIDENT_PROBABILITY
            or len(units(hypothesis.text)) < _CONFIDENT_UNITS
        ):
            return
        self._confident = self._confident + 1 if hypothesis.language == self._candidate else 1
        self._candidate = hypothesis.language
        if self._confident >= _LOCK_AFTER:
            self._locked, self._is_sure = self._candidate, True
            self._confident, self._bad = 0, 0

    def _fits(self, is_scored_well: bool) -> None:
        """An utterance in the locked language."""
        self._confident = 0
        self._bad = 0 if is_scored_well else self._bad + 1
        self._is_sure = is_scored_well
        if self._bad >= _UNLOCK_AFTER and self._locked != self._given:
            self._locked, self._bad, self._is_sure = self._given, 0, False
