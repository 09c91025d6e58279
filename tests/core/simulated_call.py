"""A call without sound models: tests say what is heard and what the recogniser answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np

from monitor.core.audio import AudioFrame, Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, SAMPLE_RATE_HZ, Span
from monitor.core.events import Event
from monitor.core.hearing import Ears
from monitor.core.inputs import (
    CallEnd,
    CallInfo,
    SessionInput,
    SoundEnd,
)
from monitor.core.recognition import Hypothesis, HypothesisWord, TranscriptionRequest
from monitor.core.session import CallSession
from monitor.core.settings import CoreSettings
from monitor.playbook_files import load_playbook

E = TypeVar("E", bound=Event)

RULES = load_playbook()


class LoudIsSpeech:
    """A speech detector that takes anything above -40 dBFS for speech."""

    window_samples = 512

    def probability(self, pcm: Pcm) -> float:
        return 0.95 if float(np.sqrt(np.mean(np.square(pcm)))) > 0.01 else 0.02


class FlatF0:
    """An F0 tracker that hears 150 Hz in everything."""

    delay_samples = 0

    def push(self, pcm: Pcm, is_wanted: bool = True) -> tuple[Pcm, Pcm]:
        frames = len(pcm) // 160
        return np.full(frames, 150.0, np.float32), np.full(frames, 0.9, np.float32)


def new_session(
    *, has_words: bool = True, parties: Iterable[Party] = Party, settings: CoreSettings | None = None
) -> CallSession:
    info = CallInfo(
        call_id="call-1",
        started_at="2026-01-02T03:04:05.000Z",
        source="device",
        title="line 3",
        parties=frozenset(parties),
    )
    ears = {party: Ears(speech=LoudIsSpeech(), f0=FlatF0()) for party in Party}
    return CallSession(info, settings or CoreSettings(), RULES, ears, has_words=has_words)


def silence(length_s: float) -> Pcm:
    return np.zeros(round(length_s * SAMPLE_RATE_HZ), np.float32)


def voice(length_s: float, level: float = 0.1) -> Pcm:
    time_s = np.arange(round(length_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return (level * np.sin(2 * np.pi * 150 * time_s)).astype(np.float32)


class Caller:
    """Tells a session of a call as a runner does: sound, notices, a recogniser's answers, the end."""

    def __init__(
        self,
        session: CallSession,
        answer: Callable[[TranscriptionRequest], SessionInput | None] = lambda request: None,
    ) -> None:
        self.session = session
        self.told: list[Event] = []
        self.asked: list[TranscriptionRequest] = []
        self._answer = answer
        self._at = dict.fromkeys(Party, 0)

    def tell(self, item: SessionInput) -> list[Event]:
        made = self.session.receive(item)
        self.told.extend(made)
        requests = self.session.requests()
        self.asked.extend(requests)
        for request in requests:
            answer = self._answer(request)
            if answer is not None:
                made = made + self.tell(answer)
        return made

    def hear(
        self, *, agent: Pcm | None = None, caller: Pcm | None = None, lost: Sequence[Party] = ()
    ) -> None:
        """Sound of the same length of both, silence where none is given, in packets of a block."""
        given = agent if agent is not None else caller
        assert given is not None
        sounds = {Party.AGENT: agent, Party.CALLER: caller}
        for at in range(0, len(given), BLOCK_SAMPLES):
            for party, sound in sounds.items():
                piece = (np.zeros_like(given) if sound is None else sound)[at : at + BLOCK_SAMPLES]
                self.hear_one(party, piece, is_lost=party in lost)

    def hear_one(self, party: Party, sound: Pcm, *, is_lost: bool = False) -> None:
        """A packet of one party."""
        self.tell(AudioFrame(party=party, start=self._at[party], pcm=sound, is_concealed=is_lost))
        self._at[party] += len(sound)

    def end(self, end: CallEnd | None = None) -> list[Event]:
        """Ends the call; returns everything it told."""
        self.tell(SoundEnd())
        self.tell(end or CallEnd())
        return self.told

    def of(self, kind: type[E]) -> list[E]:
        """The events of one kind."""
        return [event for event in self.told if isinstance(event, kind)]


def hypothesis(request: TranscriptionRequest, text: str, *, rejected: str | None = None) -> Hypothesis:
    """One word over the middle of the request's span."""
    start, end = request.span.start + 3_200, request.span.end - 3_200
    words = (
        (HypothesisWord(span=Span(start, max(start + 1, end)), text=text, probability=0.9),) if text else ()
    )
    return Hypothesis(
        request_id=request.id,
        party=request.party,
        utterance=request.utterance,
        span=request.span,
        is_final=request.is_final,
        language="zh",
        language_probability=0.99,
        words=words,
        average_log_probability=-0.2,
        rejected=rejected,
    )
