"""Runs a composed call through the real session, offline and by its sound alone.

What the speech detector and the F0 model make of a channel depends on its sound and on nothing else, so it is
kept (in memory, and in a folder where one is given): the same call heard with its channels swapped, or again
after a threshold was changed, costs a tenth.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import numpy as np

from bench.common import TOP
from monitor.config import Settings
from monitor.core.audio import AudioFrame, Party, Pcm, to_grid
from monitor.core.clock import BLOCK_SAMPLES
from monitor.core.events import Event
from monitor.core.hearing import Ears
from monitor.core.inputs import CallInfo, SourceNotice
from monitor.core.playbook.model import RuleBook
from monitor.core.session import CallSession
from monitor.core.settings import CoreSettings
from monitor.core.temper import VoiceWeights
from monitor.engines.f0 import SwiftF0Model
from monitor.engines.silero import SileroSpeechModel
from monitor.engines.temper import load_voice_weights
from monitor.ingest.source import SourceInfo
from monitor.playbook_files import load_playbook
from monitor.runner import run_offline

_PACKET = 320
"""20 ms, the packet that a network loses."""

Sound = dict[Party, Pcm]
Losses = dict[Party, list[tuple[int, int]]]


class ComposedSource:
    """A call's sound as a source; lost packets are marked as a stream marks them."""

    def __init__(self, sound: Sound, losses: Losses | None = None) -> None:
        self.info = SourceInfo(kind="file", title="composed")
        self._sound = sound
        self._lost = {party: {start for start, _ in (losses or {}).get(party, [])} for party in Party}
        self._has_losses = any(self._lost.values())

    async def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
        """From the first sample to the last."""
        step = _PACKET if self._has_losses else BLOCK_SAMPLES
        for start in range(0, len(self._sound[Party.AGENT]), step):
            for party in Party:
                yield AudioFrame(
                    party=party,
                    start=start,
                    pcm=self._sound[party][start : start + step],
                    is_concealed=start in self._lost[party],
                )


class _KeptSpeech:
    """The speech detector, or what it once said of the same sound."""

    def __init__(self, known: list[float] | None) -> None:
        self._model = SileroSpeechModel()
        self._known = iter(known) if known is not None else None
        self.window_samples = self._model.window_samples
        self.said: list[float] = []

    def probability(self, pcm: Pcm) -> float:
        """Of one window."""
        return self.probabilities(pcm)[0]

    def probabilities(self, pcm: Pcm) -> list[float]:
        """Of each window in `pcm`."""
        if self._known is not None:
            return [next(self._known) for _ in range(len(pcm) // self.window_samples)]
        found = self._model.probabilities(pcm)
        self.said.extend(found)
        return found


class _KeptF0:
    """The F0 model, or what it once said of the same sound."""

    def __init__(self, known: tuple[Pcm, Pcm, Pcm] | None) -> None:
        self._model = SwiftF0Model()
        self.delay_samples = self._model.delay_samples
        self._known, self._at, self._frame = known, 0, 0
        self.said: list[tuple[Pcm, Pcm]] = []

    def push(self, pcm: Pcm, is_wanted: bool = True) -> tuple[Pcm, Pcm]:
        """Of the next block."""
        if self._known is None:
            found = self._model.push(pcm, is_wanted)
            self.said.append(found)
            return found
        counts, f0_hz, voicing = self._known
        first = self._frame
        self._frame += int(counts[self._at])
        self._at += 1
        return f0_hz[first : self._frame], voicing[first : self._frame]


_Kept = tuple[list[float], tuple[Pcm, Pcm, Pcm]]


class Listener:
    """Hears calls by the real session and remembers what its models said."""

    def __init__(self, settings: Settings, folder: Path | None = None) -> None:
        self._settings = settings
        self._rulebook: RuleBook = load_playbook()
        self._folder = folder
        self._memory: dict[str, _Kept] = {}
        self._tag = hashlib.sha256(settings.core.speech.model_dump_json().encode())
        for path in ("engines/silero.py", "engines/f0.py", "engines/f0_network.py", "core/speech.py"):
            self._tag.update((TOP / "monitor" / path).read_bytes())

    def by(self, settings: Settings) -> Listener:
        """One with other settings that remembers what this one does; `speech` has to be the same."""
        if settings.speech != self._settings.speech:
            raise ValueError("what the models said depends on the settings of speech")
        other = Listener(settings, self._folder)
        other._memory = self._memory
        return other

    def hear(
        self,
        sound: Sound,
        losses: Losses | None = None,
        *,
        voice: VoiceWeights | None = None,
        language: str = "",
    ) -> list[Event]:
        """All events of a call.

        Args:
            voice: another trained ear than the shipped one.
            language: what the caller speaks, as a deployment's settings would say; empty where it is unknown.
        """
        sound = {party: to_grid(pcm) for party, pcm in sound.items()}
        keys = {party: self._key(pcm) for party, pcm in sound.items()}
        speech, f0 = {}, {}
        for party, key in keys.items():
            kept = self._load(key)
            speech[party] = _KeptSpeech(kept[0] if kept else None)
            f0[party] = _KeptF0(kept[1] if kept else None)
        if self._settings.temper.model == "trained" and voice is None:
            voice = load_voice_weights()
        session = CallSession(
            CallInfo(call_id="composed", started_at="", source="file", title="composed"),
            _core_of(self._settings, language),
            self._rulebook,
            {party: Ears(speech=speech[party], f0=f0[party]) for party in Party},
            has_words=False,
            voice=voice if self._settings.temper.model == "trained" else None,
        )
        told = _Told()
        asyncio.run(run_offline("composed", session, ComposedSource(sound, losses), None, [told]))
        for party, key in keys.items():
            if speech[party].said:
                self._keep(key, speech[party], f0[party])
        return told.events

    def _key(self, pcm: Pcm) -> str:
        digest = self._tag.copy()
        digest.update(pcm.tobytes())
        return digest.hexdigest()[:32]

    def _load(self, key: str) -> _Kept | None:
        if key in self._memory:
            return self._memory[key]
        path = self._folder / f"{key}.npz" if self._folder else None
        if path is None or not path.exists():
            return None
        with np.load(path) as kept:
            return kept["speech"].tolist(), (kept["counts"], kept["f0_hz"], kept["voicing"])

    def _keep(self, key: str, speech: _KeptSpeech, f0: _KeptF0) -> None:
        counts = np.array([len(found[0]) for found in f0.said], dtype=np.float32)
        f0_hz, voicing = (np.concatenate([found[at] for found in f0.said]) for at in (0, 1))
        self._memory[key] = (speech.said, (counts, f0_hz, voicing))
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            np.savez(
                self._folder / f"{key}.npz", speech=speech.said, counts=counts, f0_hz=f0_hz, voicing=voicing
            )


class _Told:
    """A sink that keeps what is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, call_id: str, told: Sequence[Event]) -> None:
        """Takes events."""
        self.events.extend(told)


def _core_of(settings: Settings, language: str) -> CoreSettings:
    words = settings.core.transcription.model_copy(update={"caller_language": language})
    return settings.core.model_copy(update={"transcription": words})
