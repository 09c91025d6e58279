"""Keeps a baseline true through what is no mood: another gain, another codec, clipping, another person."""

from __future__ import annotations

from collections import deque

from monitor.core.audio import Party, Pcm
from monitor.core.prosody.baseline import BLOCK_S, Observation, PartyBaseline
from monitor.core.prosody.codec import ClippingMeter, LineBand
from monitor.core.prosody.handover import Handover
from monitor.core.prosody.line import LineGain
from monitor.core.prosody.spectrum import BlockSpectrum, decibels
from monitor.core.watch import Found

_UNSTEADY_STEPS = 3
_UNSTEADY_S = 60.0
"""Gain steps within this much of the party's speech that make the line's gain an unsteady one."""
_UNSTEADY_TRUST = 0.5
_TOLD_STEP_DB = 6.0
"""Smaller steps are taken out without a word: a real call's caller has them by turning the head."""
_CLIPPED_TRUST_MIN = 0.3
_CLIPPED_TRUST_LOSS = 2.0
"""A third of the blocks clipped leaves the least trust: what is cut off cannot get louder."""
_RECENT_BLOCKS = 20
_CODEC_EFFORT_ST = 2.5
"""A voice that is raised while the codec changes keeps its level above the usual one."""


class Upheavals:
    """Watches one party's line and voice, and moves or restarts its baseline where they change."""

    def __init__(self, party: Party, baseline: PartyBaseline) -> None:
        self._party = party
        self._baseline = baseline
        self._gain = LineGain()
        self._band = LineBand()
        self._clipping = ClippingMeter()
        self._handover = Handover()
        self._speech_s = 0.0
        self._steps_s: deque[float] = deque(maxlen=_UNSTEADY_STEPS)
        """Where in the party's speech the gain changed last."""
        self._recent: deque[tuple[float, float, float]] = deque(maxlen=_RECENT_BLOCKS)
        """(level, alpha ratio, F0) of the last voiced blocks."""
        self._found: list[Found] = []
        self.is_other_voice = False
        """True once another person has spoken for this party."""

    @property
    def level_confidence(self) -> float:
        """How far a level, against the usual one, speaks of the voice, 0..1."""
        trust = max(_CLIPPED_TRUST_MIN, 1.0 - _CLIPPED_TRUST_LOSS * self._clipping.share)
        return trust * _UNSTEADY_TRUST if self._is_unsteady() else trust

    @property
    def clipping(self) -> float:
        """The share of the last 5 s of speech whose crests are cut off, 0..1."""
        return self._clipping.share

    def take_found(self) -> list[Found]:
        """What a supervisor should know and was not told yet."""
        found, self._found = self._found, []
        return found

    def on_quiet(self, level_dbfs: float | None) -> None:
        """Takes a block without speech; its level where it lies well away from speech."""
        self._handover.on_quiet()
        if level_dbfs is not None:
            self._gain.on_quiet(level_dbfs)

    def on_speech(self, pcm: Pcm, spectrum: BlockSpectrum) -> None:
        """Takes a block of speech, before `on_voiced` where it is voiced."""
        self._speech_s += BLOCK_S
        self._clipping.on_speech(pcm)
        if self._clipping.is_noticeable:
            self._tell("sound.clipping")
        upper, telephone = float(spectrum.upper.mean()), float(spectrum.telephone.mean())
        if self._band.on_speech(decibels(upper), decibels(telephone)):
            self._change_codec()

    def on_voiced(self, observation: Observation, f0_st: float) -> None:
        """Takes a voiced block, before the baseline learns it; `f0_st` is its median, re 100 Hz."""
        level, alpha, usual = observation.level_dbfs, observation.alpha_db, self._baseline
        if level is None or alpha is None:
            return
        self._recent.append((level, alpha, f0_st))
        if usual.level_dbfs is None or usual.alpha_db is None or usual.f0_st is None:
            return
        heard = self._handover.on_voiced(observation, usual)
        if heard:
            usual.restart(heard)
            self.is_other_voice = True
            self._tell("sound.voice_changed")
            return
        step_db = self._gain.on_voiced(level, usual.level_dbfs, alpha - usual.alpha_db, f0_st - usual.f0_st)
        if step_db is not None:
            usual.shift_level(step_db)
            self._steps_s.append(self._speech_s)
            if abs(step_db) >= _TOLD_STEP_DB:
                self._tell("sound.gain_changed", by_db=round(step_db))
            if self._is_unsteady():
                self._tell("sound.gain_unsteady")

    def _change_codec(self) -> None:
        usual, count = self._baseline, len(self._recent)
        if usual.level_dbfs is None or usual.alpha_db is None or usual.f0_st is None or not count:
            return
        level, alpha, f0 = (sum(values) / count for values in zip(*self._recent, strict=True))
        is_raised = f0 - usual.f0_st > _CODEC_EFFORT_ST and level > usual.level_dbfs
        usual.recentre(0.0 if is_raised else level - usual.level_dbfs, alpha - usual.alpha_db)
        self._tell("sound.line_changed")

    def _is_unsteady(self) -> bool:
        return len(self._steps_s) == _UNSTEADY_STEPS and self._speech_s - self._steps_s[0] <= _UNSTEADY_S

    def _tell(self, code: str, **values: str | float | int) -> None:
        self._found.append(Found(code=code, party=self._party, values=values))
