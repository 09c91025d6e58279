"""Whether one party's sound is the other's: echo and crosstalk, or the same sound on both channels."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from monitor.core.audio import Party, Pcm
from monitor.core.clock import SAMPLE_RATE_HZ, Span

_STEP = 4
"""Sound is compared at 4 kHz: below 2 kHz lies what every telephone carries, and waveforms still agree there
after a codec."""
_RATE_HZ = SAMPLE_RATE_HZ // _STEP
_KEPT = 12 * _RATE_HZ
"""Sound that is remembered; a longer span is judged by its last 10 s."""
_JUDGED_MAX = 10 * _RATE_HZ
_JUDGED_MIN = round(0.1 * _RATE_HZ)
_LAG_MAX = round(0.3 * _RATE_HZ)
"""An echo by way of two networks comes up to 300 ms late."""
_LEAD_MAX = round(0.005 * _RATE_HZ)
"""Crosstalk comes at once; channels may be a few milliseconds apart."""

_ECHO_CORRELATION = 0.5
"""Of 60 pairs of read speech by telephone two different voices correlated by 0.28 at most in 95 % of
stretches of 0.3 s (0.55 in the worst), copies 6 to 30 dB down by 0.85 in the median."""
_ACTIVE = 2.5
"""Power over the line's own noise from which there is anything to judge: 4 dB."""
_ECHO_GAIN_MAX = 0.7
"""An echo is at least 3 dB softer than its source."""

_SAME_EVERY = 2 * _RATE_HZ
_SAME_OVER = 4 * _RATE_HZ
_SAME_CORRELATION = 0.9
_SAME_GAIN = 2.0
"""Both channels are within 6 dB of each other where they carry the same sound."""
_SAME_LAG_MAX = round(0.05 * _RATE_HZ)
_SAME_NEEDED = 3
"""Times in a row, 2 s apart, that both must be found the same."""
_SILENCE_POWER = 1e-8
"""Mean square (after differentiation) under which there is nothing to compare."""

_Signal = npt.NDArray[np.float32]


class LeakageMeter:
    """Compares both parties' sound.

    An echo is an attenuated, delayed copy: the normalised cross-correlation of the waveforms, differentiated
    so that no hum or vowel rules it, has a high peak at a lag of up to 300 ms, and the copy is the softer
    one. Two people who talk at once do not correlate, whatever their envelopes do, and an echo under one's
    own speech does not make that speech an echo. Costs one decimation a block and one transform a question.
    """

    def __init__(self) -> None:
        self._sound = {party: np.zeros(_KEPT, dtype=np.float32) for party in Party}
        self._last = dict.fromkeys(Party, np.float32(0.0))
        self._end = 0
        """Where the remembered sound ends, in steps of call time."""
        self._since_same = 0
        self._same_found = 0
        self._floors = dict.fromkeys(Party, (-_RATE_HZ, 0.0))
        """(when, power) of each party's noise as last measured."""

    @property
    def is_same_sound(self) -> bool:
        """True where both channels have carried the same sound, or the same mix, for some seconds."""
        return self._same_found >= _SAME_NEEDED

    def push(self, agent: Pcm, caller: Pcm) -> None:
        """Takes the same stretch of both parties' sound; its length is a multiple of 4 samples."""
        for party, pcm in ((Party.AGENT, agent), (Party.CALLER, caller)):
            low = pcm.reshape(-1, _STEP).mean(axis=1)
            change = np.diff(low, prepend=self._last[party])
            self._last[party] = low[-1]
            sound = self._sound[party]
            sound[: -len(change)] = sound[len(change) :]
            sound[-len(change) :] = change
        steps = len(agent) // _STEP
        self._end += steps
        self._since_same += steps
        if self._since_same >= _SAME_EVERY:
            self._since_same = 0
            self._compare()

    def is_echo(self, party: Party, span: Span) -> bool:
        """True where `party`'s channel carries over `span` the other party's sound, or the line's noise.

        Meant for stretches of about half a second: over a longer one, a loud word of the party's own
        outweighs a soft echo. False where too little of the span is remembered (12 s back) or it is too
        short to tell (0.1 s).
        """
        oldest = max(0, self._end - _KEPT) + _LAG_MAX
        end = min(span.end // _STEP, self._end - _LEAD_MAX)
        start = max(span.start // _STEP, end - _JUDGED_MAX, oldest)
        if end - start < _JUDGED_MIN:
            return False
        heard = self._cut(party, start, end)
        if float(np.mean(np.square(heard))) < _ACTIVE * self._floor(party):
            return True
        source = self._cut(party.other, start - _LAG_MAX, end + _LEAD_MAX)
        correlation, gain = _peak(heard, source, _ECHO_GAIN_MAX)
        return correlation >= _ECHO_CORRELATION and gain <= _ECHO_GAIN_MAX

    def _floor(self, party: Party) -> float:
        """The power of the softest stretches of 25 ms lately, the line's noise or nearly; once a second."""
        measured, floor = self._floors[party]
        if self._end - measured >= _RATE_HZ:
            power = np.square(self._sound[party]).reshape(-1, _RATE_HZ // 40).mean(axis=1)
            audible = power[power > 0]
            floor = float(np.percentile(audible, 2)) if audible.size else 0.0
            self._floors[party] = (self._end, floor)
        return floor

    def _compare(self) -> None:
        end = self._end - _SAME_LAG_MAX
        start = end - _SAME_OVER
        if start < _SAME_LAG_MAX:
            return
        heard = self._cut(Party.CALLER, start, end)
        source = self._cut(Party.AGENT, start - _SAME_LAG_MAX, end + _SAME_LAG_MAX)
        if float(np.mean(np.square(heard))) < _SILENCE_POWER:
            return  # a pause says nothing, either way
        correlation, gain = _peak(heard, source)
        is_same = correlation >= _SAME_CORRELATION and 1 / _SAME_GAIN <= gain <= _SAME_GAIN
        self._same_found = min(self._same_found + 1, _SAME_NEEDED) if is_same else 0

    def _cut(self, party: Party, start: int, end: int) -> _Signal:
        first = self._end - _KEPT
        return self._sound[party][start - first : end - first]


def _peak(heard: _Signal, source: _Signal, gain_max: float = math.inf) -> tuple[float, float]:
    """The highest normalised correlation of `heard` with a stretch of `source`, and its gain there.

    `source` is longer than `heard`; every stretch of it as long as `heard` is tried. Where all of them are
    too soft for `gain_max` there is nothing to find, and no transform is made.
    """
    length = len(heard)
    own = float(np.sum(np.square(heard, dtype=np.float64)))
    power = np.concatenate([[0.0], np.cumsum(np.square(source, dtype=np.float64))])
    energies = power[length:] - power[:-length]
    least = _SILENCE_POWER * length
    loudest = float(energies.max())
    if own < least or loudest < least or own > gain_max**2 * loudest:
        return 0.0, math.inf
    # A circular correlation as long as the source: no stretch that is asked for wraps around.
    size = 1 << (len(source) - 1).bit_length()
    spectrum = np.fft.rfft(source, size) * np.conj(np.fft.rfft(heard, size))
    products = np.fft.irfft(spectrum, size)[: len(source) - length + 1]
    usable = energies > least
    correlations = np.where(usable, products / np.sqrt(np.maximum(energies, 1e-12) * own), 0.0)
    best = int(np.argmax(np.abs(correlations)))
    return abs(float(correlations[best])), math.sqrt(own / max(float(energies[best]), 1e-12))
