"""A rule of the playbook, and the book that holds them: the schema of the files in `monitor/playbooks`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from monitor.core.audio import Party
from monitor.core.facts import Severity

PositiveSeconds = Annotated[float, Field(gt=0)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sentence(_Row):
    """One sentence in both languages. `{name}` is filled from an alert's values."""

    zh: str
    en: str


class Phrases(_Row):
    """Words that one party says. A pattern matches committed words of one turn.

    `zh` and `en` are regular expressions over normalised text (simplified, lower case, no punctuation);
    `unless` are exclusions looked for in the same sentence.
    """

    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()
    unless_zh: tuple[str, ...] = ()
    unless_en: tuple[str, ...] = ()
    count: int = Field(1, ge=1, description="how many matches within `window_s` it takes")
    window_s: PositiveSeconds = 60.0


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


class Rule(_Row):
    """One behaviour worth telling.

    With `phrases` the playbook's matcher judges it; without, the detector of the same name does and the
    rule gives the words.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: Sentence
    who: Party | None
    """Whose behaviour it is about; None: the conversation's."""
    severity: Severity
    because: Sentence
    """Why the alert was raised; placeholders are the detector's values (`{phrase}` for phrase rules)."""
    phrases: Phrases | None = None
    cue: CueText | None = None
    clears_after_s: PositiveSeconds = 15.0
    """How long a momentary alert stays open."""
    cool_down_s: float = Field(30.0, ge=0)
    """The least time from an alert's end to the next of the same rule and key."""
    source: tuple[str, ...] = ()
    """Where the rule comes from, as the table of rules numbers it."""


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
