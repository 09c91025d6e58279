"""A party speaks louder than usual, and the voice itself shows the effort."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from statistics import median

from monitor.core.audio import Party
from monitor.core.clock import Span, samples, seconds
from monitor.core.detectors.base import rounded
from monitor.core.facts import AlertEnded, AlertRaised, Evidence, Judgement, ProsodyFrame, TimelineEvent
from monitor.core.prosody.baseline import trimmed_mean
from monitor.core.settings import DetectorSettings

_FRAME_S = 0.1
_STALE = samples(15.0)
"""Speech older than this says nothing of the voice now."""
_PRESSED_SHARE = 0.5
"""F0 is a witness only beside half of the alpha ratio that is one by itself: a loud, high exclamation
without it (a calm caller of a real call: +7 dB, +7 st, alpha as usual) is intonation."""


class RaisedVoice:
    """Judges the last `raised_speech_s` of each party's speech by averages over 100 ms frames.

    Level alone never raises the alert: gain, a codec or a nearer microphone change it. A second witness of
    vocal effort is needed, the alpha ratio or F0 above the party's own usual, for which no gain knob
    accounts. Alpha ratios come in two heaps, of open and of close vowels, between which a median falls by a
    frame more or less, and levels are skewed: both are averaged as the usual ones are. It is behaviour that
    is judged, of both parties alike, and no emotion.
    """

    rule = "raised_voice"

    def __init__(self, settings: DetectorSettings) -> None:
        self._voices = {party: _Voice(party, settings) for party in Party}

    def on_event(self, event: TimelineEvent, now: int) -> Iterable[Judgement]:
        """Only prosody matters."""
        return self._voices[event.party].hear(event) if isinstance(event, ProsodyFrame) else ()

    def on_tick(self, now: int) -> Iterable[Judgement]:
        """Clears what has been normal, or silent, for long enough."""
        for voice in self._voices.values():
            yield from voice.tick(now)


class _Voice:
    """One party's voice."""

    def __init__(self, party: Party, settings: DetectorSettings) -> None:
        self._party = party
        self._settings = settings
        self._needed = max(1, round(settings.raised_speech_s / _FRAME_S))
        self._frames: deque[ProsodyFrame] = deque(maxlen=self._needed)
        self._last_loud = 0
        self._is_open = False

    def hear(self, frame: ProsodyFrame) -> Iterator[Judgement]:
        """Takes a frame of speech."""
        if frame.level_db is None or frame.confidence < self._settings.min_confidence:
            return
        self._frames.append(frame)
        while self._frames[0].at < frame.at - _STALE:
            self._frames.popleft()
        if len(self._frames) < self._needed:
            return
        level = trimmed_mean(f.level_db for f in self._frames if f.level_db is not None)
        if level >= self._settings.raised_clear_db:
            self._last_loud = frame.at
        evidence = self._effort(level)
        if self._is_open or not evidence:
            return
        self._is_open = True
        about = Span(max(0, self._frames[0].at - samples(_FRAME_S)), frame.at)
        yield AlertRaised(
            rule=RaisedVoice.rule,
            party=self._party,
            about=about,
            evidence=evidence,
            values={"level_db": rounded(level), "seconds_s": rounded(seconds(about.length))},
            key=self._party,
        )

    def tick(self, now: int) -> Iterator[Judgement]:
        """Clears the alert when nothing loud has been heard for `raised_clear_s`."""
        if self._is_open and now - self._last_loud >= samples(self._settings.raised_clear_s):
            self._is_open = False
            self._frames.clear()
            yield AlertEnded(rule=RaisedVoice.rule, key=self._party)

    def _effort(self, level: float) -> tuple[Evidence, ...]:
        """Level and the witnesses that speak for effort; empty where either is missing."""
        if level < self._settings.raised_level_db:
            return ()
        witnesses = []
        alphas = [f.alpha_delta_db for f in self._frames if f.alpha_delta_db is not None]
        pitches = [f.f0_st for f in self._frames if f.f0_st is not None]
        enough = len(self._frames) // 3
        alpha = trimmed_mean(alphas) if len(alphas) >= enough else None
        if alpha is not None and alpha >= self._settings.raised_alpha_db:
            witnesses.append(Evidence(feature="alpha", value=rounded(alpha), unit="dB"))
        is_pressed = alpha is None or alpha >= self._settings.raised_alpha_db * _PRESSED_SHARE
        if (
            is_pressed
            and len(pitches) >= enough
            and (pitch := median(pitches)) >= self._settings.raised_f0_st
        ):
            witnesses.append(Evidence(feature="f0", value=rounded(pitch), unit="st"))
        if not witnesses:
            return ()
        return (Evidence(feature="level", value=rounded(level), unit="dB"), *witnesses)
