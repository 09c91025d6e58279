"""The unit of decoding: one utterance, from its first sound to its last word."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from monitor.core.audio import Party, Pcm
from monitor.core.clock import Span
from monitor.core.recognition import Hypothesis, Speculation
from monitor.core.transcription.commit import Committer


@dataclass(slots=True)
class Utterance:
    """One utterance from its first request to its last word."""

    number: int
    start: int
    committer: Committer
    blocks: list[Pcm] = field(default_factory=list)
    end: int = 0
    """Where the sound in `blocks` ends."""
    speech: int = 0
    """Samples of speech so far, by whole blocks."""
    speech_end: int | None = None
    """Where the last IPU ended, None while one is open."""
    silences: list[Span] = field(default_factory=list)
    """Between the utterance's start, its IPUs, and its end, as far as they are known."""
    speech_asked: int = 0
    """`speech` at the last request."""
    partials: set[int] = field(default_factory=set)
    """Requests for partials that are not yet answered."""
    speculative: int | None = None
    """The request that becomes the final if the silence lasts."""
    speculation: Speculation | None = None
    """What the recogniser's scheduler is told of it."""
    speculated: int | None = None
    """`speech` at the last speculative request."""
    final: int | None = None
    """The request whose answer ends the utterance; None while it is open."""
    answer: Hypothesis | None = None
    """The answer to `speculative` or `final`, once it is here."""
    surety: float | None = None
    """The average log probability of the latest answer that had words; None where there is none, or where the
    utterance's end was heard to hold none."""
    waiting: list[Hypothesis] = field(default_factory=list)
    """Partial answers that came before an earlier utterance was done."""
    language: str = ""
    """Of the latest answer."""
    is_shown: bool = False
    """Whether a partial text is on display."""

    def pcm(self, end: int) -> Pcm:
        """The sound from the start to `end`."""
        return np.concatenate(self.blocks)[: end - self.start]

    def without_answer(self, party: Party, reason: str) -> Hypothesis:
        """What stands for the final answer where there is none."""
        return Hypothesis(
            request_id=-1,
            party=party,
            utterance=self.number,
            span=Span(self.start, max(self.start, self.end)),
            is_final=True,
            language=self.language,
            language_probability=0.0,
            words=(),
            average_log_probability=0.0,
            rejected=reason,
        )
