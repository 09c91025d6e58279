"""Sound through the product's own path to words: speech detector, utterances, recogniser. No F0."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.asr_measures import Stream
from monitor.core import events
from monitor.core.audio import AudioFrame, Party, Pcm, to_grid
from monitor.core.clock import BLOCK_SAMPLES, SAMPLE_RATE_HZ
from monitor.core.hearing import Ears
from monitor.core.inputs import CallInfo, SourceNotice
from monitor.core.playbook.model import RuleBook
from monitor.core.recognition import Effort, Hypothesis, SpeechRecogniser, TranscriptionRequest
from monitor.core.session import CallSession
from monitor.core.settings import CoreSettings
from monitor.engines.offline import OfflineTranscriber
from monitor.engines.silero import SileroSpeechModel
from monitor.ingest.source import Source, SourceInfo
from monitor.runner import run_offline

_LIVE_TYPES = (events.Partial, events.WordsCommitted, events.Notice)


class NoF0:
    """Words need no F0, and without it a minute of sound takes a third of the time."""

    delay_samples = BLOCK_SAMPLES

    def push(self, pcm: Pcm, is_wanted: bool = True) -> tuple[Pcm, Pcm]:
        """Unvoiced throughout."""
        nothing = np.zeros(len(pcm) // 160, dtype=np.float32)
        return nothing, nothing


class PcmSource:
    """Both parties' sound, of equal length, as a source."""

    def __init__(self, sound: Mapping[Party, Pcm]) -> None:
        length = max(len(pcm) for pcm in sound.values())
        length += -length % BLOCK_SAMPLES
        self._sound = {party: to_grid(np.pad(pcm, (0, length - len(pcm)))) for party, pcm in sound.items()}
        self.info = SourceInfo(kind="file", title="bench", duration_s=length / SAMPLE_RATE_HZ)

    async def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
        """Blocks of both parties in turn."""
        for at in range(0, len(self._sound[Party.AGENT]), BLOCK_SAMPLES):
            for party, pcm in self._sound.items():
                yield AudioFrame(party=party, start=at, pcm=pcm[at : at + BLOCK_SAMPLES])


class Quick:
    """A recogniser that never has time to spare, as on a busy machine."""

    def __init__(self, recogniser: SpeechRecogniser) -> None:
        self._recogniser = recogniser

    def decode(self, requests: Sequence[TranscriptionRequest], *, effort: Effort) -> list[Hypothesis]:
        """Decodes with the least context that serves."""
        return self._recogniser.decode(requests, effort=Effort.QUICK)


@dataclass(slots=True)
class Heard:
    """What a run told of words."""

    told: list[events.Event] = field(default_factory=list)
    requests: int = 0

    def emit(self, call_id: str, told: Sequence[events.Event]) -> None:
        """A sink of the runner."""
        self.told.extend(event for event in told if isinstance(event, _LIVE_TYPES))

    def words(self, party: Party | None = None) -> list[events.WordItem]:
        """Committed words, of one party or of both in the order in which they came."""
        return [
            word
            for event in self.told
            if isinstance(event, events.WordsCommitted) and (party is None or event.party == party.value)
            for word in event.words
        ]

    def streams(self) -> dict[Party, Stream]:
        """Each party's texts as they came."""
        made = {party: Stream() for party in Party}
        for event in self.told:
            if isinstance(event, events.WordsCommitted):
                for word in event.words:
                    made[Party(event.party)].commit(event.t_s, word.text)
            elif isinstance(event, events.Partial):
                made[Party(event.party)].show(event.t_s, event.text)
        return made

    def changed(self) -> int:
        """Committed words that a later event told again or put before earlier ones: none may be."""
        count = 0
        ends: dict[str, float] = {}
        for event in self.told:
            if isinstance(event, events.WordsCommitted):
                for word in event.words:
                    count += word.start_s < ends.get(event.party, 0.0) - 1e-3
                    ends[event.party] = max(ends.get(event.party, 0.0), word.end_s)
        return count


class _Counting:
    """A transcriber that counts what it is asked."""

    def __init__(self, inner: OfflineTranscriber, heard: Heard) -> None:
        self._inner, self._heard = inner, heard

    async def submit(self, call_id: str, request: TranscriptionRequest) -> Hypothesis | None:
        self._heard.requests += 1
        return await self._inner.submit(call_id, request)


def stream(sound: Mapping[Party, Pcm], settings: CoreSettings, recogniser: SpeechRecogniser) -> Heard:
    """Runs a call through the session and the recogniser, as `tingyin replay` does."""
    return stream_source(PcmSource(sound), settings, recogniser)


def stream_source(source: Source, settings: CoreSettings, recogniser: SpeechRecogniser) -> Heard:
    """The same of any source."""
    info = CallInfo(call_id="bench", started_at="", source="file", title="bench")
    ears = {party: Ears(speech=SileroSpeechModel(), f0=NoF0()) for party in Party}
    session = CallSession(info, settings, RuleBook(()), ears, has_words=True)
    heard = Heard()
    transcriber = OfflineTranscriber(recogniser)
    try:
        asyncio.run(run_offline("bench", session, source, _Counting(transcriber, heard), [heard]))
    finally:
        transcriber.close()
    return heard
