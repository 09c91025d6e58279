"""What events are made of: sentences, stretches, and the parts of a reading. See `monitor.core.events`."""

from __future__ import annotations

from typing import Literal

import msgspec

PartyName = Literal["agent", "caller"]
SeverityName = Literal["info", "low", "medium", "high", "critical"]


class Text(msgspec.Struct, frozen=True):
    """A sentence in both languages of the product."""

    zh: str
    en: str


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A half-open stretch of the call, in seconds."""

    start_s: float
    end_s: float


class EvidenceItem(msgspec.Struct, frozen=True, kw_only=True):
    """One reason of a judgement, in human units; `label` is the sentence to show."""

    feature: str
    value: float | str
    unit: str
    contribution: float | None
    label: Text


class WordItem(msgspec.Struct, frozen=True, kw_only=True):
    """A committed word; `text` carries its leading space where the language writes one."""

    start_s: float
    end_s: float
    text: str
    probability: float


# --- what is read of a call ------------------------------------------------------------------------

PhaseName = Literal["opening", "first_account", "comfort", "fact_finding", "handling", "closing"]
SlotName = Literal["about_whom", "cause", "course", "outcome", "demand", "name", "contact", "order_number"]
CountName = Literal["apology", "question", "acknowledgement"]
RiskName = Literal[
    "leader",
    "regulator",
    "media",
    "consumer_body",
    "lawyer",
    "complaint",
    "leaving",
    "repeated_demand",
    "refused",
    "heat",
]


class ReadingProof(msgspec.Struct, frozen=True, kw_only=True):
    """One reason for a score, as a sentence, with the second of the call at which it was heard."""

    at_s: float
    text: Text


class Leaning(msgspec.Struct, frozen=True, kw_only=True):
    """How much speaks for one caller type, or one need, in this call."""

    name: str
    title: Text
    score: float
    """0..1; it rises with what is said and heard, and fades."""
    is_named: bool
    """The score is high enough to say so."""
    meet: Text | None
    """How to meet it; null unless `is_named`."""
    proofs: list[ReadingProof]
    """The latest reasons, newest first."""


class SlotFilled(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the complaint that is known, with the words that told it; of a contact the last digits."""

    slot: SlotName
    words: str
    at_s: float


class PromiseMade(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent promised; `due` is the time as it was said, null where none was."""

    what: str
    due: str | None
    at_s: float


class ConcessionMade(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent offered. A second one in the same call has `number` 2."""

    what: str
    number: int
    at_s: float


class SaidCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often the agent said something: in the call, and within the last `window_s`."""

    what: CountName
    total: int
    recent: int
    limit: int | None
    """The most that `recent` should be; null: no limit."""
    window_s: float


class RiskReason(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of thing that makes a complaint escalate, and its share 0..1 before they are joined."""

    kind: RiskName
    share: float
    title: Text
    proofs: list[ReadingProof]
