"""What the core asks of a speech recogniser, and what it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from monitor.core.audio import Party, Pcm
from monitor.core.clock import Span


@dataclass(slots=True, eq=False)
class Speculation:
    """What became of the guess that an utterance is over; the core writes it, a scheduler may read it."""

    is_kept: bool = False
    """The silence lasted: the answer ends the utterance."""
    is_over: bool = False
    """Speech went on: the answer shows how the utterance begins, no more."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TranscriptionRequest:
    """One stretch of a party's sound to be decoded. `id` counts up within a call."""

    id: int
    party: Party
    utterance: int
    span: Span
    pcm: Pcm
    """The samples of `span`."""
    is_final: bool
    """A final covers the whole utterance and decides its words; a partial shows how it begins."""
    language: str | None
    """A language code to decode in, or None to detect it."""
    is_language_open: bool = False
    """Whether to decode in another of the expected languages where that one is surely heard."""
    is_language_sure: bool = False
    """Whether the party's last utterance bore `language` out: another is looked for only where the answer
    scores low."""
    hint: str
    """A prompt for the recogniser (domain words, script); never a partial's own text."""
    issued_at: int
    """Call time of the request, in samples; deadlines count from it."""
    run_up: Pcm | None = None
    """For a final: the sound of the party's utterance before, where that ended a moment ago. What is doubtful
    by itself is often plain in the sentence that it goes on with."""
    speculation: Speculation | None = None
    """For a final that is asked for before it is known whether the utterance is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HypothesisWord:
    """A word as heard, with its span in call time."""

    span: Span
    text: str
    probability: float
    """Of its least probable token, 0..1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """The answer to a request. `rejected` names the guard that refused the text, which is then empty."""

    request_id: int
    party: Party
    utterance: int
    span: Span
    is_final: bool
    language: str
    language_probability: float
    words: tuple[HypothesisWord, ...]
    average_log_probability: float
    rejected: str | None = None

    @property
    def text(self) -> str:
        """The words joined as the language writes them."""
        return "".join(word.text for word in self.words).strip()


class Effort(IntEnum):
    """How much time a request may take."""

    LEAST = 0
    """Finals wait: no more than what keeps inventions out."""
    QUICK = 1
    THOROUGH = 2
    """The decoders have time to spare."""


class SpeechRecogniser(Protocol):
    """What turns stretches of sound into words; `decode` is called from several threads at once."""

    def decode(self, requests: Sequence[TranscriptionRequest], *, effort: Effort) -> list[Hypothesis]:
        """One hypothesis for each request, in their order.

        `effort` is how much time finals are worth just now; the answer never depends on what else is in
        `requests` beyond rounding. Text that a guard refuses comes back empty, with `rejected` saying why.
        """
        ...


class SpeechModel(Protocol):
    """A stateful speech detector for one party's sound (an engine gives one for each party)."""

    window_samples: int

    def probability(self, pcm: Pcm) -> float:
        """Probability that the next `window_samples` samples hold speech, 0..1."""


class F0Model(Protocol):
    """A stateful F0 tracker for one party's sound. Frames are 10 ms apart, all causally available."""

    delay_samples: int
    """How far the frames may lie behind the samples pushed."""

    def push(self, pcm: Pcm, is_wanted: bool = True) -> tuple[Pcm, Pcm]:
        """Takes a block; returns newly known (f0_hz, voicing), one per 10 ms, f0_hz 0 where unvoiced.

        Every 10 ms of sound gets its frame, in order, sooner or later. Where `is_wanted` is false nobody
        will look, unless the next block is wanted: the frames may be zeros that cost nothing.
        """
