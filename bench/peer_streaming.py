"""What one gets without Tingyin's scheduler: faster-whisper's `transcribe` in a sliding window, with local
agreement of two and the same speech detector.

Written after the published method (Macháček et al. 2023) as a fair plain baseline: the same model, the same
decoders side by side, word times on, beam 5, the committed text as prompt. Each channel keeps the sound since
its last trim. When a second of new speech is there (or speech ended), the whole window is transcribed again;
words that two transcripts in a row agree on are committed, and all of them when half a second of silence has
passed. A window over 15 s is trimmed at its last committed word.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from faster_whisper import WhisperModel

from bench.asr_calls import SpokenCall
from bench.asr_measures import Delays, Stream, delays_of, percentiles, unstable_words
from monitor import weights
from monitor.commands.common import machine_of
from monitor.config import Settings
from monitor.core.audio import Party, Pcm
from monitor.core.clock import SAMPLE_RATE_HZ, samples
from monitor.core.speech import SpeechSegmenter
from monitor.core.transcription.text import units
from monitor.engines.silero import SileroSpeechModel

_EVERY = samples(1.0)
_SILENCE = samples(0.5)
_WINDOW = samples(15.0)
_PROMPT_CHARACTERS = 200
_BLOCK = samples(0.1)
_PRE_ROLL = samples(0.3)


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    end: int
    """In samples of the call."""


@dataclass(slots=True)
class _Channel:
    """One party's window."""

    call: SpokenCall
    party: Party
    segmenter: SpeechSegmenter
    stream: Stream = field(default_factory=Stream)
    heard: int = 0
    start: int = 0
    asked_until: int = 0
    silent_since: int | None = 0
    before: list[_Word] = field(default_factory=list)
    committed_until: int = 0
    text: str = ""
    is_open: bool = False
    pending: Future[list[_Word]] | None = None
    is_last: bool = False
    """Whether the pending transcript closes an utterance."""


def run(calls: Sequence[SpokenCall], settings: Settings) -> str:
    """Hears the calls in real time; returns the line that is printed."""
    machine = machine_of(settings)
    model = WhisperModel(
        str(weights.model_folder(settings.engine.model, settings.engine.models_folder)),
        device=machine.device,
        compute_type=machine.compute_type,
        cpu_threads=1,
        num_workers=machine.workers,
    )
    channels = [
        _Channel(call, party, SpeechSegmenter(party, SileroSpeechModel(), settings.speech))
        for call in calls
        for party in Party
    ]
    length = max(len(channel.call.sound[channel.party]) for channel in channels)
    begun_at, cpu = time.monotonic(), time.process_time()
    with ThreadPoolExecutor(machine.workers) as pool:
        for at in range(0, length + samples(30.0), _BLOCK):
            while (left := begun_at + (at + _BLOCK) / SAMPLE_RATE_HZ - time.monotonic()) > 0:
                time.sleep(min(left, 0.02))
                for channel in channels:
                    _take(channel, time.monotonic() - begun_at)
            for channel in channels:
                _take(channel, time.monotonic() - begun_at)
                _hear(channel, at)
                _ask(channel, model, pool)
            if at >= length and all(c.pending is None and not c.is_open for c in channels):
                break
        for channel in channels:
            if channel.pending is not None:
                channel.pending.cancel()
    cpu = time.process_time() - cpu
    delays, changed, said = Delays(), 0, 0
    for channel in channels:
        truth = [word for word in channel.call.words if word.party is channel.party]
        delays.add(delays_of(truth, channel.stream))
        wrong, total = unstable_words(channel.stream)
        changed, said = changed + wrong, said + total
    committed, first = percentiles(delays.committed_s), percentiles(delays.shown_s)
    seconds = sum(call.length_s for call in calls)
    return (
        f"faster-whisper in a sliding window, {len(calls)} calls: {cpu / seconds:.3f} cores a second of call;"
        f" errors {100 * delays.errors / max(1, delays.truths):.1f} %, {delays.missed} never came; unstable "
        f"partial words {100 * changed / max(1, said):.1f} %\n"
        f"    shown      p50 {first['p50']:5.2f}  p95 {first['p95']:5.2f} s\n"
        f"    committed  mean {committed['mean']:5.2f}  p50 {committed['p50']:5.2f}  "
        f"p95 {committed['p95']:5.2f}  p99 {committed['p99']:5.2f} s"
    )


def _hear(channel: _Channel, at: int) -> None:
    """Takes the next 100 ms."""
    pcm = channel.call.sound[channel.party]
    block = pcm[at : at + _BLOCK]
    if len(block) < _BLOCK:
        block = np.concatenate([block, np.zeros(_BLOCK - len(block), dtype=np.float32)])
    channel.segmenter.push(block)
    channel.heard = at + _BLOCK
    if channel.segmenter.is_speaking:
        if not channel.is_open:
            channel.is_open = True
            channel.start = channel.asked_until = max(
                channel.committed_until, at - samples(0.2) - _PRE_ROLL, 0
            )
            channel.before = []
        channel.silent_since = None
    elif channel.silent_since is None:
        channel.silent_since = at


def _ask(channel: _Channel, model: WhisperModel, pool: ThreadPoolExecutor) -> None:
    """Transcribes the window again where there is reason to, one transcript at a time for each channel."""
    if channel.pending is not None or not channel.is_open:
        return
    is_last = channel.silent_since is not None and channel.heard - channel.silent_since >= _SILENCE - samples(
        0.2
    )
    if not is_last and channel.heard - channel.asked_until < _EVERY:
        return
    channel.asked_until, channel.is_last = channel.heard, is_last
    pcm = channel.call.sound[channel.party][channel.start : channel.heard]
    channel.pending = pool.submit(
        _transcribe, model, pcm, channel.call.language, channel.start, channel.text[-_PROMPT_CHARACTERS:]
    )


def _transcribe(model: WhisperModel, pcm: Pcm, language: str, start: int, prompt: str) -> list[_Word]:
    segments, _ = model.transcribe(
        pcm,
        language=language,
        beam_size=5,
        word_timestamps=True,
        condition_on_previous_text=True,
        initial_prompt=prompt or None,
    )
    return [
        _Word(word.word, start + samples(word.end)) for segment in segments for word in segment.words or ()
    ]


def _take(channel: _Channel, at_s: float) -> None:
    """Takes a transcript that is there: commits what it and the last one agree on."""
    if channel.pending is None or not channel.pending.done():
        return
    words = [word for word in channel.pending.result() if word.end > channel.committed_until]
    channel.pending = None
    agreed = len(words) if channel.is_last else _agreed(channel.before, words)
    for word in words[:agreed]:
        channel.stream.commit(at_s, word.text)
        channel.text += word.text
        channel.committed_until = max(channel.committed_until, word.end)
    channel.before = words[agreed:]
    channel.stream.show(at_s, "".join(word.text for word in channel.before))
    if channel.is_last:
        channel.is_open = False
        channel.committed_until = max(channel.committed_until, channel.asked_until - _SILENCE)
    elif channel.heard - channel.start > _WINDOW:
        channel.start = max(channel.start, channel.committed_until)


def _agreed(before: Sequence[_Word], now: Sequence[_Word]) -> int:
    count = 0
    for older, newer in zip(before, now, strict=False):
        if units(older.text) != units(newer.text):
            break
        count += 1
    return count
