"""A rule of the playbook, and the book that holds them: the schema of the files in `monitor/playbooks`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from monitor.core.audio import Party
from monitor.core.facts import Severity
from monitor.core.playbook.patterns import Pattern, PatternError

PositiveSeconds = Annotated[float, Field(gt=0)]

CUE_CHARACTERS_MAX = 17
"""Chinese characters of a cue: what is taken in at a glance, beside a conversation."""

DETECTOR_RULES = (
    "hot_temper",
    "raised_voice",
    "fast_pace",
    "slow_pace",
    "dead_air",
    "talk_share",
    "interruption",
    "not_letting_speak",
)
"""Rules that the detectors of the same names judge; a playbook must have words for each."""

_HAN = re.compile("[㐀-鿿]")
_SAFE_SYLLABLES_MIN = 3
"""A shorter term has too many homophones to stand for itself (领导 and 领到, 权限 and 全线)."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sentence(_Row):
    """One sentence in both languages. `{name}` is filled from an alert's values."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Phrases(_Row):
    """Words that one party says. A pattern matches committed words of one turn.

    `zh` and `en` are patterns (`monitor.core.playbook.patterns`) over normalised text
    (`monitor.core.playbook.normalise`: simplified, lower case, no punctuation); `unless` are exclusions
    looked for in the same sentence. `sounds_zh` are terms of the patterns for which the recogniser may
    write other characters of the same sound: what sounds like them is read as them, where the patterns
    then match at least three characters. `sounds_alone_zh` are such terms of two characters that may be
    the whole match because nothing usual sounds the same.
    """

    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()
    unless_zh: tuple[str, ...] = ()
    unless_en: tuple[str, ...] = ()
    sounds_zh: tuple[str, ...] = ()
    sounds_alone_zh: tuple[str, ...] = ()
    count: int = Field(1, ge=1, le=20, description="how many matches within `window_s` it takes")
    window_s: PositiveSeconds = 60.0

    @field_validator("zh", "en", "unless_zh", "unless_en")
    @classmethod
    def _patterns_are_sound(cls, sources: tuple[str, ...]) -> tuple[str, ...]:
        for source in sources:
            try:
                Pattern.compile(source)
            except PatternError as error:
                raise ValueError(f"pattern {source!r}: {error}") from error
        return sources

    @field_validator("sounds_zh", "sounds_alone_zh")
    @classmethod
    def _terms_are_chinese(cls, terms: tuple[str, ...]) -> tuple[str, ...]:
        for term in terms:
            if len(term) < 2 or len(_HAN.findall(term)) != len(term):
                raise ValueError(f"{term!r} is not a term of at least two Chinese characters")
        return terms

    @model_validator(mode="after")
    def _has_patterns(self) -> Phrases:
        if not self.zh and not self.en:
            raise ValueError("phrases need at least one pattern")
        return self


class CueText(_Row):
    """What the agent's screen shows, and when it goes away by itself."""

    text: Sentence
    say: Sentence | None = None
    clears_when: Literal["alert_ends", "agent_says", "agent_listens", "agent_speaks", "agent_slows"] = (
        "alert_ends"
    )
    clearing_phrases: Phrases | None = None
    """With `agent_says`: what the agent says that clears the cue."""
    expires_s: PositiveSeconds = 20.0

    @model_validator(mode="after")
    def _is_calm_and_clears(self) -> CueText:
        if len(_HAN.findall(self.text.zh)) > CUE_CHARACTERS_MAX:
            raise ValueError(
                f"the cue {self.text.zh!r} has more than {CUE_CHARACTERS_MAX} Chinese characters"
            )
        if (self.clears_when == "agent_says") != (self.clearing_phrases is not None):
            raise ValueError('`clearing_phrases` and `clears_when = "agent_says"` go together')
        return self


class Variant(_Row):
    """Other words for a rule where the behaviour is one party's; what is left out is the rule's own."""

    title: Sentence | None = None
    because: Sentence | None = None
    severity: Severity | None = None
    cue: CueText | None = None
    has_cue: bool = True
    """False takes the rule's cue away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What is said about one alert: the rule's words, or those of its party's variant."""

    title: Sentence
    because: Sentence
    severity: Severity
    cue: CueText | None


class Rule(_Row):
    """One behaviour worth telling.

    With `phrases` the playbook's matcher judges it; without, the detector of the same name does and the
    rule gives the words.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: Sentence
    who: Party | None = None
    """Whose behaviour it is about; None: the conversation's, or each party's where there are variants."""
    severity: Severity
    because: Sentence
    """Why the alert was raised; placeholders are the detector's values (`{phrase}` for phrase rules)."""
    phrases: Phrases | None = None
    cue: CueText | None = None
    variants: dict[Party, Variant] = Field(default_factory=dict)
    """Words that differ by the party whose behaviour an alert is about."""
    clears_after_s: PositiveSeconds = 15.0
    """How long a momentary alert stays open."""
    cool_down_s: float = Field(30.0, ge=0)
    """The least time from an alert's end to the next of the same rule and key."""
    temper_weight: float = Field(0.0, ge=0, le=1)
    """How strongly the caller's saying so speaks for a hot temper; 0: not at all."""
    source: tuple[Annotated[str, Field(pattern=r"^S[0-4]-\d\d$")], ...] = ()
    """Where the rule comes from, as the table of rules numbers it."""

    @model_validator(mode="after")
    def _phrases_have_a_speaker(self) -> Rule:
        if self.phrases is not None and self.who is None:
            raise ValueError("a rule with phrases says in `who` whose words it looks at")
        if self.temper_weight and self.who is not Party.CALLER:
            raise ValueError("only what the caller says speaks for the caller's temper")
        return self

    def wording(self, party: Party | None) -> Wording:
        """The words for an alert about `party`."""
        variant = self.variants.get(party, Variant()) if party is not None else Variant()
        cue = variant.cue or self.cue
        return Wording(
            title=variant.title or self.title,
            because=variant.because or self.because,
            severity=variant.severity or self.severity,
            cue=cue if variant.has_cue else None,
        )

    @property
    def cues(self) -> tuple[CueText, ...]:
        """Every cue that the rule can show."""
        shown = (self.cue, *(variant.cue for variant in self.variants.values()))
        return tuple(cue for cue in shown if cue is not None)


class RuleBook:
    """All rules in force, by id."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_id: dict[str, Rule] = {}
        for rule in rules:
            if rule.id in self._by_id:
                raise ValueError(f"two rules are called {rule.id!r}")
            self._by_id[rule.id] = rule

    def __getitem__(self, rule_id: str) -> Rule:
        return self._by_id[rule_id]

    def __contains__(self, rule_id: object) -> bool:
        return rule_id in self._by_id

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def temper_weights(self) -> dict[str, float]:
        """Rules whose match is lexical evidence of the caller's temper, with their weight 0..1."""
        return {rule.id: rule.temper_weight for rule in self if rule.temper_weight > 0}
