"""One party's prosody: blocks of sound in, `ProsodyFrame`s out, turns described on demand."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from monitor.core.audio import Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, Span
from monitor.core.facts import ProsodyFrame, VoiceTexture
from monitor.core.inputs import KnownVoice
from monitor.core.prosody.baseline import BLOCK_S, REFERENCE_HZ, Observation, PartyBaseline
from monitor.core.prosody.pace import SyllableCounter
from monitor.core.prosody.spectrum import (
    FRAMES_PER_BLOCK,
    MARGIN_SAMPLES,
    BlockSpectrum,
    block_spectrum,
    decibels,
    harmonicity_db,
    voice_quality,
)
from monitor.core.prosody.upheaval import Upheavals
from monitor.core.recognition import F0Model
from monitor.core.settings import ProsodySettings
from monitor.core.watch import Found

_RECORDS_MAX = 6_000
"""Ten minutes of a party's speech can be described; no turn is longer."""
_VOICED_FRAMES_MIN = 3
"""Of ten: fewer voiced frames say little about level and voice quality."""
_ACTIVE_SHARE = 10.0**-1.5
"""A block's level is that of its frames within 15 dB of its loudest, so that edges of speech count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnProsody:
    """How a stretch of speech sounded; None where too little is known."""

    rate_syl_s: float | None
    f0_median_st: float | None
    """Semitones re the party's median F0."""
    level_db: float | None
    """dB re the party's usual level."""


class _Block(NamedTuple):
    start: int
    pcm: Pcm
    is_speech: bool


class _Record(NamedTuple):
    """What is kept of a block of speech for `describe`."""

    at: int
    f0_st: float | None
    """Semitones re 100 Hz."""
    level_dbfs: float | None
    """Of voiced blocks."""
    syllables: int


class ProsodyTracker:
    """Measures one party's speech, 100 ms at a time, against the party's own baseline.

    Frames come 100 to 200 ms after their sound: F0 needs to look ahead. Memory does not grow with the call.
    """

    def __init__(self, party: Party, f0_model: F0Model, settings: ProsodySettings) -> None:
        self._party = party
        self._f0_model = f0_model
        self._settings = settings
        self.baseline = PartyBaseline(settings)
        self._pace = SyllableCounter(
            window_blocks=round(settings.rate_window_s / BLOCK_S),
            min_blocks=round(settings.rate_min_s / BLOCK_S),
            long_blocks=round(settings.rate_long_window_s / BLOCK_S),
        )
        self._upheavals = Upheavals(party, self.baseline)
        self._waiting: deque[_Block] = deque()
        self._before = np.zeros(MARGIN_SAMPLES, dtype=np.float32)
        self._f0_hz = np.zeros(0, dtype=np.float32)
        self._voicing = np.zeros(0, dtype=np.float32)
        self._was_speech = False
        self._records: deque[_Record] = deque(maxlen=_RECORDS_MAX)
        self._end = 0

    @property
    def is_learning(self) -> bool:
        """False while the party's speech is not its usual one (it is heated); set by the session."""
        return self.baseline.is_learning

    @is_learning.setter
    def is_learning(self, value: bool) -> None:
        self.baseline.is_learning = value

    def know(self, voice: KnownVoice) -> None:
        """Before the first block: the party's voice is known from earlier calls."""
        self.baseline.know(voice)

    def voice(self) -> KnownVoice | None:
        """The party's usual voice as this call showed it; None after too little, or several people's."""
        return None if self._upheavals.is_other_voice else self.baseline.voice()

    def take_found(self) -> list[Found]:
        """What was found out about the line or the voice since this was last asked."""
        return self._upheavals.take_found()

    def push(self, block: Pcm, start: int, is_speech: bool) -> list[ProsodyFrame]:
        """Takes the next block (1600 samples from `start`); returns the frames that are now known."""
        self._waiting.append(_Block(start, block, is_speech))
        self._end = start + len(block)
        f0_hz, voicing = self._f0_model.push(block, is_speech)
        if len(f0_hz):
            self._f0_hz = np.concatenate([self._f0_hz, f0_hz])
            self._voicing = np.concatenate([self._voicing, voicing])
        made: list[ProsodyFrame] = []
        while len(self._waiting) > 1 and len(self._f0_hz) >= FRAMES_PER_BLOCK:
            frame = self._judge(self._waiting.popleft())
            if frame is not None:
                made.append(frame)
        return made

    def finish(self) -> list[ProsodyFrame]:
        """The frames that still waited for what follows; silence does. Nothing may be pushed after it."""
        made: list[ProsodyFrame] = []
        last = self._end
        for _ in range(2 + self._f0_model.delay_samples // BLOCK_SAMPLES):
            made.extend(self.push(np.zeros(BLOCK_SAMPLES, dtype=np.float32), self._end, False))
        return [frame for frame in made if frame.at <= last]

    def describe(self, span: Span) -> TurnProsody:
        """How the party's speech within `span` sounded, as far as its blocks are known."""
        inside = [
            record for record in self._records if span.start < record.at <= span.end + BLOCK_SAMPLES // 2
        ]
        f0 = [record.f0_st for record in inside if record.f0_st is not None]
        levels = [record.level_dbfs for record in inside if record.level_dbfs is not None]
        usual_f0, usual_level = self.baseline.f0_st, self.baseline.level_dbfs
        syllables = sum(record.syllables for record in inside)
        is_long = len(inside) * BLOCK_S >= self._settings.rate_min_s
        return TurnProsody(
            rate_syl_s=syllables / (len(inside) * BLOCK_S) if is_long else None,
            f0_median_st=float(np.median(f0)) - usual_f0 if f0 and usual_f0 is not None else None,
            level_db=float(np.median(levels)) - usual_level if levels and usual_level is not None else None,
        )

    def _judge(self, block: _Block) -> ProsodyFrame | None:
        """The frame of `block`, whose successor waits behind it; None where the party does not speak."""
        f0_hz, self._f0_hz = self._f0_hz[:FRAMES_PER_BLOCK], self._f0_hz[FRAMES_PER_BLOCK:]
        voicing, self._voicing = self._voicing[:FRAMES_PER_BLOCK], self._voicing[FRAMES_PER_BLOCK:]
        before, self._before = self._before, block.pcm[-MARGIN_SAMPLES:]
        follower = self._waiting[0]
        # The detector is late where speech begins: voice that speech follows belongs to it.
        is_speech = block.is_speech or (follower.is_speech and bool((f0_hz > 0.0).any()))
        was_speech, self._was_speech = self._was_speech, is_speech
        if not is_speech:
            is_away = not was_speech and not follower.is_speech
            if was_speech:
                self._pace.pause()
            self._upheavals.on_quiet(decibels(_variance(block.pcm)) if is_away else None)
            return None
        if not was_speech and not follower.is_speech:
            # One block alone is a click or a breath.
            return None
        spectrum = block_spectrum(np.concatenate([before, block.pcm, follower.pcm[:MARGIN_SAMPLES]]))
        self._upheavals.on_speech(block.pcm, spectrum)
        return self._measure(block.start + len(block.pcm), spectrum, f0_hz, voicing)

    def _measure(self, at: int, spectrum: BlockSpectrum, f0_hz: Pcm, voicing: Pcm) -> ProsodyFrame:
        is_voiced = f0_hz > 0.0
        voiced = int(is_voiced.sum())
        is_clear = voiced >= _VOICED_FRAMES_MIN
        semitones = 12.0 * np.log2(f0_hz[is_voiced].astype(np.float64) / REFERENCE_HZ)
        f0_st = float(np.median(semitones)) if voiced else None
        active = spectrum.full >= spectrum.full.max() * _ACTIVE_SHARE
        level_dbfs = decibels(float(spectrum.full[active].mean()))
        alpha_db, quality = None, None
        if is_clear:
            high, low = float(spectrum.high[is_voiced].sum()), float(spectrum.low[is_voiced].sum())
            alpha_db = decibels(high) - decibels(low)
            quality = voice_quality(spectrum.mel[is_voiced])
        syllables = self._pace.push(spectrum.mel, is_voiced)
        rate_syl_s = self._pace.rate_syl_s
        observation = Observation(
            f0_st=semitones,
            level_dbfs=level_dbfs if is_clear else None,
            alpha_db=alpha_db,
            rate_syl_s=rate_syl_s,
            shape_db=quality.shape_db if quality else None,
        )
        if is_clear and f0_st is not None:
            self._upheavals.on_voiced(observation, f0_st)
        self.baseline.learn(observation)
        self._records.append(_Record(at, f0_st, level_dbfs if is_clear else None, syllables))
        usual, trust = self.baseline, self._upheavals.level_confidence
        level_db = _minus(level_dbfs, usual.level_dbfs)
        clipping = self._upheavals.clipping
        texture = _texture(spectrum, f0_hz, voicing, clipping) if self._party is Party.CALLER else None
        return ProsodyFrame(
            party=self._party,
            at=at,
            f0_hz=None if f0_st is None else float(REFERENCE_HZ * 2.0 ** (f0_st / 12.0)),
            f0_st=_minus(f0_st, usual.f0_st),
            level_dbfs=level_dbfs,
            level_db=None if level_db is None else trust * level_db,
            voicing=float(np.mean(voicing)),
            rate_syl_s=rate_syl_s,
            rate_ratio=rate_syl_s / usual.rate_syl_s if rate_syl_s is not None and usual.rate_syl_s else None,
            alpha_db=alpha_db,
            alpha_delta_db=_minus(alpha_db, usual.alpha_db),
            confidence=usual.confidence,
            rate_10s_syl_s=self._pace.long_rate_syl_s,
            tilt_db_octave=quality.tilt_db_octave if quality else None,
            hammarberg_db=quality.hammarberg_db if quality else None,
            harmonicity_db=float(texture.harmonicity_db[is_voiced].mean()) if texture and voiced else None,
            level_confidence=trust,
            texture=texture,
        )


def _texture(spectrum: BlockSpectrum, f0_hz: Pcm, voicing: Pcm, clipping: float) -> VoiceTexture:
    is_voiced = f0_hz > 0.0
    harmonicity = np.zeros(len(f0_hz), dtype=np.float32)
    if is_voiced.any():
        harmonicity[is_voiced] = harmonicity_db(spectrum.bins[is_voiced], f0_hz[is_voiced])
    return VoiceTexture(
        f0_hz=f0_hz,
        voicing=voicing,
        bands_db=(10.0 * np.log10(np.maximum(spectrum.mel, 1e-12))).astype(np.float32),
        harmonicity_db=harmonicity,
        clipping=clipping,
    )


def _variance(pcm: Pcm) -> float:
    """Mean square without DC; a third of the time of `np.var`."""
    wide = pcm.astype(np.float64)
    return float(wide @ wide) / len(wide) - (float(wide.sum()) / len(wide)) ** 2


def _minus(value: float | None, usual: float | None) -> float | None:
    return None if value is None or usual is None else value - usual
