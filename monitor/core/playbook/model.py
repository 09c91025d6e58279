"""Rules, signals, and the book that holds them: the schema of the files in `monitor/playbooks`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool, model_validator

from monitor.core.audio import Party
from monitor.core.facts import Severity
from monitor.core.playbook.conditions import LikeLeaf, SaidLeaf
from monitor.core.playbook.phrases import (
    EXAMPLES_MAX,
    HAN,
    Phrases,
    PositiveSeconds,
    Row,
    RuleId,
    Sentence,
)
from monitor.core.playbook.tree import DEPTH_MAX, NODES_MAX, WORDY, What, When, depth, walk
from monitor.core.reading.context import ComplaintSlot, Note
from monitor.core.reading.meaning import Meaning, SpeaksFor

__all__ = [
    "DETECTOR_RULES",
    "CueText",
    "Phrases",
    "Rule",
    "RuleBook",
    "Sentence",
    "Signal",
    "Variant",
    "Wording",
]

CUE_CHARACTERS_MAX = 17
"""Chinese characters of a cue: what is taken in at a glance, beside a conversation."""

ROWS_MAX = 5_000
"""Rules and signals of one book; more would hold up every call."""

MOMENT_S = 15.0
"""How long an alert about a moment stays open where its rule does not say."""

LASTS_S = 60.0
"""How long an alert about something left unsaid stays open at most: later it is too late to say it."""

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


class CueText(Row):
    """What the agent's screen shows, and when it goes away by itself."""

    text: Sentence
    say: Sentence | None = None
    clears_when: Literal["alert_ends", "agent_says", "agent_listens", "agent_speaks", "agent_slows"] = (
        "alert_ends"
    )
    clearing_phrases: Phrases | None = None
    """With `agent_says`: what the agent says that clears the cue."""
    clears_on: Annotated[tuple[RuleId, ...], Field(max_length=30)] = ()
    """With `agent_says`: signals (or rules) whose phrases clear the cue when the agent says them."""
    expires_s: PositiveSeconds = 20.0
    is_urgent: bool = False
    """Shown even while the agent speaks, as critical ones are."""
    stands_alone: bool | None = None
    """Shown although nothing else in the call speaks for it; left out: where the rule rests on no words."""

    @model_validator(mode="before")
    @classmethod
    def _one_id_is_a_list_of_one(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("clears_on"), str):
            return {**data, "clears_on": [data["clears_on"]]}
        return data

    @model_validator(mode="after")
    def _is_calm_and_clears(self) -> CueText:
        if len(HAN.findall(self.text.zh)) > CUE_CHARACTERS_MAX:
            raise ValueError(
                f"the cue {self.text.zh!r} has more than {CUE_CHARACTERS_MAX} Chinese characters"
            )
        is_cleared_by_words = self.clearing_phrases is not None or bool(self.clears_on)
        if (self.clears_when == "agent_says") != is_cleared_by_words:
            raise ValueError(
                '`clears_when = "agent_says"` goes together with `clearing_phrases` or `clears_on`'
            )
        return self


class Variant(Row):
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


class _Row(Row):
    """What rules and signals share: a name, phrases, and what they mean to the reading of the call."""

    id: RuleId
    who: Party | None = None
    """Whose words or behaviour; of a rule None: the conversation's, or each party's with variants."""
    phrases: Phrases | None = None
    like: tuple[Annotated[str, Field(min_length=4, max_length=200)], ...] = Field((), max_length=EXAMPLES_MAX)
    """Example sentences; what is like one of them counts as said."""
    like_at_least: float = Field(0.7, gt=0, le=1)
    speaks_for: tuple[SpeaksFor, ...] = Field((), max_length=10)
    """What it is evidence of: a caller type, a need, a risk, a phase."""
    fills: ComplaintSlot | None = None
    """The slot of the complaint that it fills."""
    notes: Note | None = None
    """What it enters into the call's books."""
    temper_weight: float = Field(0.0, ge=-1, le=1)
    """How strongly the caller's saying so speaks for a hot temper; below 0: against it, as thanks do."""
    source: tuple[Annotated[str, Field(min_length=1, max_length=80)], ...] = ()
    """Where it comes from: the number in the table of rules, or whatever its author goes by."""

    @property
    def is_said(self) -> bool:
        """Whether anything that is said can be an instance of it."""
        return self.phrases is not None or bool(self.like)

    @model_validator(mode="after")
    def _temper_is_the_callers(self) -> Self:
        if self.temper_weight and self.who is not Party.CALLER:
            raise ValueError("only what the caller says speaks for the caller's temper")
        return self


class Signal(_Row):
    """Something a party says that other rules build on. It raises no alert."""

    any_question: bool = False
    """Every sentence that is written with a question mark counts as said, whatever its words."""

    @property
    def is_said(self) -> bool:
        """See `_Row`; a question is said, too."""
        return self.any_question or super().is_said

    @model_validator(mode="after")
    def _can_be_heard(self) -> Signal:
        if not self.is_said:
            raise ValueError("a signal has `phrases`, `like`, or `any_question`")
        if self.who is None:
            raise ValueError("a signal says in `who` whose words it looks at")
        return self


class Rule(_Row):
    """One behaviour worth telling.

    With `what` the playbook judges it; with `phrases` or `like` alone, `what` is that they are said. Without
    any of these the detector of the same name judges, and the rule gives the words.
    """

    title: Sentence
    is_on: StrictBool = True
    """False tells nobody what the rule finds; rules that build on it still do."""
    severity: Severity
    because: Sentence
    """Why the alert was raised; placeholders are the alert's values (`{phrase}` for what was said)."""
    when: When = When()
    """Gates: the rule is only looked at while they hold. What a detector finds is told once they do."""
    what: What | None = None
    """What it looks for."""
    cue: CueText | None = None
    variants: dict[Party, Variant] = Field(default_factory=dict)
    """Words that differ by the party whose behaviour an alert is about."""
    clears_after_s: PositiveSeconds | None = None
    """How long an alert stays open: of a moment 15 s, of something left unsaid at most 60 s, else as long
    as it lasts."""
    cool_down_s: float = Field(15.0, ge=0, le=7200)
    """The least time from an alert's end to the next of the same rule and key."""
    yields_to: Annotated[tuple[RuleId, ...], Field(max_length=20)] = ()
    """Rules that win where both see something in the same words."""
    report_only: bool = False
    """Judged for the call's report; nobody is told while the call goes on."""
    provokes: bool = False
    """Whether what the agent does here gives the caller cause for anger."""
    topic: str = Field("", max_length=40)
    """What it is about, for the report's scorecard; left out: the name of its file."""

    @model_validator(mode="before")
    @classmethod
    def _one_id_is_a_list_of_one(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("yields_to"), str):
            return {**data, "yields_to": [data["yields_to"]]}
        return data

    @model_validator(mode="after")
    def _phrases_have_a_speaker(self) -> Rule:
        if self.is_said and self.who is None:
            raise ValueError("a rule with phrases says in `who` whose words it looks at")
        if self.id in self.yields_to:
            raise ValueError("a rule cannot yield to itself")
        if self.provokes and self.who is not Party.AGENT:
            raise ValueError("only what the agent does gives the caller cause for anger")
        return self

    @model_validator(mode="after")
    def _what_can_be_read(self) -> Rule:
        if self.what is None:
            return self
        parts = list(walk(self.what))
        if len(parts) > NODES_MAX:
            raise ValueError(f"`what` has {len(parts)} conditions; at most {NODES_MAX} can be read")
        if depth(self.what) > DEPTH_MAX:
            raise ValueError(f"`what` nests more than {DEPTH_MAX} deep")
        if self.is_said and self.id not in self.names:
            raise ValueError(
                f"`what` never looks at the rule's own phrases; name them: {{ said = {self.id!r} }}"
            )
        if self.who is None and any(isinstance(part, LikeLeaf) for part in parts):
            raise ValueError("`like` needs `who`: whose sentences are compared")
        return self

    @property
    def condition(self) -> What | None:
        """`what`, or that the rule's own phrases are said; None where a detector judges."""
        if self.what is not None or not self.is_said:
            return self.what
        if self.phrases is None:
            return SaidLeaf(said=(self.id,))
        count, window_s = self.phrases.count, self.phrases.window_s
        return SaidLeaf(said=(self.id,), at_least=count, within_s=window_s if count > 1 else None)

    @property
    def is_gated(self) -> bool:
        """Whether what a detector finds waits for the rule's gates."""
        return self.condition is None and self.when != When()

    @property
    def rests_on_words(self) -> bool:
        """Whether it takes words, said or left unsaid, to find it: what is only excused by words does not."""
        return self.condition is not None and any(
            isinstance(part, WORDY) for part in walk(self.condition, into_not=False)
        )

    @property
    def moment_s(self) -> float:
        """How long a momentary alert stays open."""
        return MOMENT_S if self.clears_after_s is None else self.clears_after_s

    @property
    def names(self) -> frozenset[str]:
        """The ids of signals and rules that its conditions, gates and cues name."""
        named = set(self.when.names) | set(self.yields_to)
        if self.what is not None:
            named.update(id_ for part in walk(self.what) for id_ in getattr(part, "names", ()))
        for cue in self.cues:
            named.update(cue.clears_on)
        return frozenset(named)

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
    """All rules in force, and the signals that they build on, by id.

    `rules` and `signals` share their names: what is said is looked up by one id.
    """

    def __init__(self, rules: Iterable[Rule], signals: Iterable[Signal] = ()) -> None:
        """
        Raises:
            ValueError: two rows have the same id, or there are more than `ROWS_MAX`.
        """
        self._by_id: dict[str, Rule] = {}
        self._signals: dict[str, Signal] = {}
        rows: tuple[Rule | Signal, ...] = (*signals, *rules)
        for row in rows:
            if row.id in self._by_id or row.id in self._signals:
                raise ValueError(f"two rules are called {row.id!r}")
            if isinstance(row, Rule):
                self._by_id[row.id] = row
            else:
                self._signals[row.id] = row
        if len(self._by_id) + len(self._signals) > ROWS_MAX:
            raise ValueError(f"a playbook holds at most {ROWS_MAX} rules and signals")

    def __getitem__(self, rule_id: str) -> Rule:
        return self._by_id[rule_id]

    def __contains__(self, rule_id: object) -> bool:
        return rule_id in self._by_id

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def signals(self) -> Mapping[str, Signal]:
        """The signals by id."""
        return self._signals

    def keeps_back(self, rule_id: str) -> bool:
        """Whether what a detector finds for this rule waits for its gates: they alone let it be told then."""
        return rule_id in self._by_id and self._by_id[rule_id].is_gated

    def said_by(self, id_: str) -> Party | None:
        """Whose words the signal or rule `id_` is; None where nothing of that name can be said."""
        row: Rule | Signal | None = self._signals.get(id_) or self._by_id.get(id_)
        return row.who if row is not None and row.is_said else None

    def meanings(self) -> dict[str, Meaning]:
        """What the signals and rules mean to the reading of the call, those that mean something."""
        rows: tuple[Rule | Signal, ...] = (*self._signals.values(), *self._by_id.values())
        return {
            row.id: Meaning(row.who, row.speaks_for, row.fills, row.notes)
            for row in rows
            if row.who is not None and (row.speaks_for or row.fills or row.notes)
        }

    def temper_weights(self) -> dict[str, float]:
        """Rules whose match is lexical evidence of the caller's temper, with their weight, -1..1."""
        return {rule.id: rule.temper_weight for rule in self if rule.temper_weight}

    def provoking(self) -> frozenset[str]:
        """Rules whose alerts about the agent give the caller cause for anger."""
        return frozenset(rule.id for rule in self if rule.provokes)

    def temper_signals(self) -> dict[str, float]:
        """Signals that are such evidence as soon as they are said, with their weight."""
        return {row.id: row.temper_weight for row in self._signals.values() if row.temper_weight}
