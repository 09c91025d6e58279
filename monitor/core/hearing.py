"""One party's way from samples to facts: what hears it, and the blocks that wait to be judged."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from monitor.core.audio import AudioFrame, Framer, Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, Span
from monitor.core.prosody.tracker import ProsodyTracker
from monitor.core.recognition import F0Model, SpeechModel
from monitor.core.settings import CoreSettings
from monitor.core.speech import SpeechSegmenter
from monitor.core.transcription.redaction import Finder
from monitor.core.transcription.utterances import Utterances


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """The models that hear one party; each is stateful and belongs to one call."""

    speech: SpeechModel
    f0: F0Model
    masks: tuple[Finder, ...] = ()
    """A deployment's own rules of what is masked in the party's words."""


class Hearing:
    """Hears one party of a call."""

    def __init__(self, party: Party, ears: Ears, settings: CoreSettings, ids: Iterator[int] | None) -> None:
        """`ids` numbers the call's utterances; None makes no request of the recogniser."""
        self.speech = SpeechSegmenter(party, ears.speech, settings.speech)
        self.prosody = ProsodyTracker(party, ears.f0, settings.prosody)
        self.utterances = (
            None
            if ids is None
            else Utterances(party, settings.transcription, ids, settings.privacy, ears.masks)
        )
        self._given_language = settings.transcription.language_of(party) or None
        self.blocks: deque[Pcm] = deque()
        """Whole blocks of 100 ms that wait for the other party's sound."""
        self.heard = 0
        """Where the received sound ends."""
        self._framer = Framer(BLOCK_SAMPLES)
        self._lost_since: int | None = None

    @property
    def language(self) -> str | None:
        """What the party speaks, as given or as heard; None while it is not known."""
        return self._given_language if self.utterances is None else self.utterances.language

    def take(self, frame: AudioFrame) -> Span | None:
        """Takes the next sound; returns a stretch of lost sound that is over."""
        assert frame.start == self.heard, "frames of a party follow one another"
        self.heard = frame.end
        self.blocks.extend(self._framer.push(frame.pcm))
        if frame.is_concealed:
            self._lost_since = frame.start if self._lost_since is None else self._lost_since
            return None
        return self._found(frame.start)

    def fill(self, longest: int) -> Span | None:
        """The sound is over: fills the last block up with silence, up to where the `longest` party's ends.

        Returns the stretch of lost sound that the party's sound ended with.
        """
        lost = self._found(self.heard)
        missing = -(-longest // BLOCK_SAMPLES) * BLOCK_SAMPLES - self.heard
        self.blocks.extend(self._framer.push(np.zeros(missing, dtype=np.float32)))
        return lost

    def _found(self, at: int) -> Span | None:
        since, self._lost_since = self._lost_since, None
        return None if since is None else Span(since, at)


def hear_both(
    ears: Mapping[Party, Ears], settings: CoreSettings, ids: Iterator[int] | None
) -> dict[Party, Hearing]:
    """Hears both parties. One whose language is not known is expected to speak as the other does."""
    hearing = {party: Hearing(party, ears[party], settings, ids) for party in Party}
    for party, one in hearing.items():
        theirs = hearing[party.other].utterances
        if one.utterances is not None and theirs is not None:
            one.utterances.expect_as(theirs)
    return hearing
