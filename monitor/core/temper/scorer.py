"""Follows the caller's temper through a call: gathers, accumulates with decay, and holds the states.

A `TemperModel` says how hot the last seconds are and why; here are its memory and its time.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Mapping

from monitor.core.audio import Party
from monitor.core.clock import samples, seconds
from monitor.core.facts import (
    AlertRaised,
    Interruption,
    Judgement,
    ProsodyFrame,
    Said,
    TemperReading,
    TemperState,
    TimelineEvent,
)
from monitor.core.prosody.baseline import trimmed_mean
from monitor.core.settings import TemperSettings
from monitor.core.temper.model import TemperFeatures, TemperModel, measured_kinds
from monitor.core.temper.rules import PublishedRules
from monitor.core.temper.trained import TrainedEar, VoiceWeights
from monitor.core.temper.witnesses import JoinedWitnesses

_FRAME_S = 0.1
_FRAMES_PER_READING = 5
"""A reading every half second of the caller's speech."""
_VOICED_SHARE_MIN = 0.2
"""Fewer voiced frames in a window leave F0, level and alpha unjudged."""
_RATE_FRAMES = 20
"""Pace is itself measured over 3 s; its median over 2 s more steadies it."""
_FRAMES_MIN = 20
"""Two seconds after a pause; the dwell in a state makes them the 3 s that the rules ask for."""
_CALM_STRENGTH = 0.25
"""Level, F0 and alpha ratio all weaker than this: a voice as it usually is."""
_PAUSES_S = 6.0
"""A window of speech may hold this much silence; what was said before a longer one is another matter."""


class _Fading:
    """A sum of events, each of which fades exponentially with call time."""

    def __init__(self, memory_s: float) -> None:
        self._memory_s = memory_s
        self._value = 0.0
        self._at = 0

    def add(self, at: int, weight: float) -> None:
        """An event at `at`; events may come a little out of order."""
        self._value = self.value(at) + weight
        self._at = max(self._at, at)

    def hasten(self, by_s: float) -> None:
        """Fades everything by `by_s` more than call time does."""
        self._value *= math.exp(-by_s / self._memory_s)

    def value(self, now: int) -> float:
        """What is left of all events."""
        return self._value * math.exp(-max(0.0, seconds(now - self._at)) / self._memory_s)


class _State:
    """calm, raised, hot: entered and left only after a dwell, left lower than entered."""

    _ORDER = (TemperState.CALM, TemperState.RAISED, TemperState.HOT)

    def __init__(self, settings: TemperSettings) -> None:
        self._settings = settings
        self._enter = (0.0, settings.raised_score, settings.hot_score)
        self._level = 0
        self._above_s = [0.0, 0.0, 0.0]
        """For each state, how long the score has been high enough to enter it."""
        self._below_s = 0.0
        """How long it has been too low to stay in the current one."""

    def step(self, score: float, step_s: float) -> TemperState:
        """The state after `step_s` more of the caller's speech at `score`."""
        s = self._settings
        for level in (1, 2):
            self._above_s[level] = self._above_s[level] + step_s if score >= self._enter[level] else 0.0
        highest = max((level for level in (1, 2) if self._above_s[level] >= s.rise_dwell_s), default=0)
        is_low = self._level > 0 and score < self._enter[self._level] - s.hysteresis
        self._below_s = self._below_s + step_s if is_low else 0.0
        if highest > self._level:
            self._level, self._below_s = highest, 0.0
        elif self._below_s >= s.fall_dwell_s:
            self._level, self._below_s = self._level - 1, 0.0
        return self._ORDER[self._level]


class TemperScorer:
    """Follows the caller's temper through the call: a reading every half second of the caller's speech."""

    def __init__(
        self,
        settings: TemperSettings,
        phrase_weights: Mapping[str, float] | None = None,
        model: TemperModel | None = None,
        voice: VoiceWeights | None = None,
        signal_weights: Mapping[str, float] | None = None,
        provoking: Collection[str] = (),
    ) -> None:
        """
        Args:
            phrase_weights: rules of the playbook that are evidence when they raise an alert, -1..1.
            signal_weights: its signals that are evidence when the caller says them, -1..1; below 0, against
                heat.
            provoking: rules of the playbook whose alerts about the agent give the caller cause for anger.
            model: judges in place of the two that come with the product.
            voice: weights of a trained ear; without them the published rules judge.
        """
        self._settings = settings
        self._phrase_weights = dict(phrase_weights or {})
        self._signal_weights = dict(signal_weights or {})
        self._provoking = frozenset(provoking)
        self._ear = TrainedEar(voice) if voice is not None else None
        self._model = model or (JoinedWitnesses(settings) if self._ear else PublishedRules(settings))
        self._window: deque[ProsodyFrame] = deque(maxlen=max(1, round(settings.window_s / _FRAME_S)))
        self._interruptions = _Fading(settings.interruption_memory_s)
        self._words = _Fading(settings.words_memory_s)
        self._ease = _Fading(settings.ease_memory_s)
        self._cause = _Fading(settings.cause_memory_s)
        self._state = _State(settings)
        self._frames = 0
        self._score = 0.0
        self._scored_at = 0
        self._last_state = TemperState.CALM

    def hear(self, fact: TimelineEvent) -> None:
        """Takes what the timeline tells: the caller's interruptions are evidence, the agent's give cause."""
        if isinstance(fact, Interruption):
            kept = self._interruptions if fact.by is Party.CALLER else self._cause
            kept.add(fact.span.end, 1.0)

    def hear_words(self, told: Judgement | Said) -> None:
        """Takes an alert or a phrase: of a rule or a signal with a weight, what the caller said is evidence.

        A rule's phrase counts once its rule has raised an alert; a signal's at once, though nobody is told.
        An alert about the agent may give cause for anger.
        """
        if isinstance(told, Said):
            weight, at = self._signal_weights.get(told.id, 0.0), told.span.end
        elif isinstance(told, AlertRaised) and told.party is Party.CALLER:
            weight, at = self._phrase_weights.get(told.rule, 0.0), told.about.end
        else:
            if isinstance(told, AlertRaised) and told.party is Party.AGENT and told.rule in self._provoking:
                self._cause.add(told.about.end, 1.0)
            return
        if weight > 0.0:
            self._words.add(at, weight)
        elif weight < 0.0:
            self._ease.add(at, -weight)

    def expect(self, language: str | None) -> None:
        """The language that the caller speaks; None where it is not known."""
        if self._ear is not None:
            self._ear.expect(language)

    def push(self, frame: ProsodyFrame) -> TemperReading | None:
        """Takes a frame of the caller's speech; returns a reading with every fifth.

        Raises:
            ValueError: the frame is the agent's, whose emotion is never inferred.
        """
        if frame.party is not Party.CALLER:
            raise ValueError("temper is scored for the caller only")
        self._window.append(frame)
        self._frames += 1
        if self._frames % _FRAMES_PER_READING:
            return None
        features = self._features(frame)
        judgement = self._model.judge(features)
        self._forgive(features)
        self._follow(judgement.heat, frame.at, features.is_voice_known)
        state = self._state.step(self._score, _FRAMES_PER_READING * _FRAME_S)
        self._last_state = state
        return TemperReading(at=frame.at, score=self._score, state=state, evidence=judgement.evidence)

    def _forgive(self, features: TemperFeatures) -> None:
        """A hot caller who speaks calmly again: what was said and cut in before soon counts no more."""
        if self._last_state is not TemperState.HOT or not features.is_voice_known:
            return
        voice = measured_kinds(features, self._settings)[:3]
        if max(kind.strength for kind in voice) < _CALM_STRENGTH:
            more_s = (self._settings.calm_fade - 1.0) * _FRAMES_PER_READING * _FRAME_S
            self._interruptions.hasten(more_s)
            self._words.hasten(more_s)
            self._cause.hasten(more_s)

    def _follow(self, heat: float, at: int, is_voice_known: bool) -> None:
        """The score goes towards `heat`, faster up than down; silence before it counts at its own rate.

        A caller who has only just resumed is not known to be calmer.
        """
        s = self._settings
        step_s = _FRAMES_PER_READING * _FRAME_S
        silence_s = max(0.0, seconds(at - self._scored_at) - step_s)
        score = self._score * math.exp(-silence_s / s.silence_fall_s)
        if heat > score or is_voice_known:
            follow_s = s.rise_s if heat > score else s.fall_s
            score += (heat - score) * (1.0 - math.exp(-step_s / follow_s))
        self._score = score
        self._scored_at = at

    def _features(self, last: ProsodyFrame) -> TemperFeatures:
        oldest = last.at - samples(self._settings.window_s + _PAUSES_S)
        while self._window[0].at < oldest:
            self._window.popleft()
        window = list(self._window)
        voiced = [frame for frame in window if frame.f0_hz is not None]
        is_judged = len(window) >= _FRAMES_MIN and len(voiced) >= _VOICED_SHARE_MIN * len(window)
        known = voiced if is_judged else []
        heard = self._ear.judge(window, self._last_state is TemperState.CALM) if self._ear else None
        return TemperFeatures(
            at=last.at,
            level_db=_middle([frame.level_db for frame in known]),
            f0_st=_middle([frame.f0_st for frame in known]),
            alpha_delta_db=_middle([frame.alpha_delta_db for frame in known]),
            rate_ratio=_middle([frame.rate_ratio for frame in window[-_RATE_FRAMES:]]),
            interruptions=self._interruptions.value(last.at),
            words=min(1.0, self._words.value(last.at)),
            ease=min(1.0, self._ease.value(last.at)),
            cause=min(1.0, self._cause.value(last.at)),
            confidence=last.confidence,
            anger=None if heard is None else heard.anger,
            melody=0.0 if heard is None else heard.melody,
            colour=0.0 if heard is None else heard.colour,
            lasting=0.0 if heard is None else heard.lasting,
            clipping=0.0 if last.texture is None else last.texture.clipping,
        )


def _middle(values: list[float | None]) -> float | None:
    """Their trimmed mean; None where there is none."""
    known = [value for value in values if value is not None]
    return trimmed_mean(known) if known else None
