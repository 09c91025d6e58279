"""What one party says, as rows of a playbook: sentences for people, and patterns over committed words."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from monitor.core.playbook.patterns import Pattern, PatternError

PositiveSeconds = Annotated[float, Field(gt=0, le=7200)]

RuleId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
"""What rules and signals are called."""

HAN = re.compile("[㐀-鿿]")

PATTERNS_MAX = 60
"""Patterns of one language in one row; more are several rows."""
_SHOWN_MAX = 80
"""Characters that an error shows of a pattern: enough to find it, on one line of a page."""
EXAMPLES_MAX = 40
"""Example sentences of one row."""


class Row(BaseModel):
    """A table of a playbook file: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


PLACEHOLDER = re.compile(r"\{(\w+)\}")
"""What a sentence takes from an alert's values; any other brace stands for itself."""


class Sentence(Row):
    """One sentence in both languages. `{name}` is filled from an alert's values."""

    zh: str = Field(min_length=1, max_length=300)
    en: str = Field(min_length=1, max_length=300)


class Phrases(Row):
    """Words that one party says. A pattern matches committed words of one turn.

    `zh` and `en` are patterns (`monitor.core.playbook.patterns`) over normalised text
    (`monitor.core.playbook.normalise`: simplified, lower case, no punctuation); `unless` are exclusions
    looked for in the same sentence. `beside` are patterns of which one must be near, too: a name alone is no
    threat, and with a word of intent it is. `sounds_zh` are terms of the patterns for which the recogniser
    may write other characters of the same sound: what sounds like them is read as them, where the patterns
    then match at least three characters. `sounds_alone_zh` are such terms of two characters that may be the
    whole match because nothing usual sounds the same.
    """

    zh: tuple[str, ...] = Field((), max_length=PATTERNS_MAX)
    en: tuple[str, ...] = Field((), max_length=PATTERNS_MAX)
    unless_zh: tuple[str, ...] = Field((), max_length=PATTERNS_MAX)
    unless_en: tuple[str, ...] = Field((), max_length=PATTERNS_MAX)
    beside_zh: tuple[str, ...] = Field((), max_length=PATTERNS_MAX)
    beside_en: tuple[str, ...] = Field((), max_length=PATTERNS_MAX)
    sounds_zh: tuple[str, ...] = Field((), max_length=PATTERNS_MAX)
    sounds_alone_zh: tuple[str, ...] = Field((), max_length=PATTERNS_MAX)
    count: int = Field(1, ge=1, le=20, description="how many matches within `window_s` it takes")
    window_s: PositiveSeconds = 60.0

    @field_validator("zh", "en", "unless_zh", "unless_en", "beside_zh", "beside_en")
    @classmethod
    def _patterns_are_sound(cls, sources: tuple[str, ...]) -> tuple[str, ...]:
        for source in sources:
            try:
                Pattern.compile(source)
            except PatternError as error:
                shown = source if len(source) <= _SHOWN_MAX else f"{source[:_SHOWN_MAX]}…"
                raise ValueError(f"pattern {shown!r}: {error}") from error
        return sources

    @field_validator("sounds_zh", "sounds_alone_zh")
    @classmethod
    def _terms_are_chinese(cls, terms: tuple[str, ...]) -> tuple[str, ...]:
        for term in terms:
            if len(term) < 2 or len(HAN.findall(term)) != len(term):
                raise ValueError(f"{term!r} is not a term of at least two Chinese characters")
        return terms

    @model_validator(mode="after")
    def _has_patterns(self) -> Phrases:
        if not self.zh and not self.en:
            raise ValueError("phrases need at least one pattern")
        return self
