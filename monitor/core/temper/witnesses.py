"""The trained ear and the other witnesses, joined: what sounds angry, and what else speaks for it."""

from __future__ import annotations

import math

from monitor.core.settings import TemperSettings
from monitor.core.temper.model import (
    Kind,
    TemperFeatures,
    TemperJudgement,
    eased,
    evidence_of,
    measured_kinds,
    soft_step,
)
from monitor.core.temper.trained import LASTING_S

_HALF_LOW, _HALF_HIGH = 0.3, 1.5
"""What the weaker half of the voice has to add to the log odds of anger to speak for it, and in full."""
_LASTING_LOW, _LASTING_HIGH = 1.0, 2.0
"""Mean log odds of two seconds (chances of 0.73 and 0.88) at which they begin to count, and count in full."""
_MEANT_LOW, _MEANT_HIGH = 0.1, 0.8
"""Anger in words, and cause for it, at which arousal begins to count as anger, and counts in full."""

_CLIPPED_SHARE = 0.3
_CLIPPED_LOW, _CLIPPED_HIGH = 0.15, 0.95
"""Where this much of the speech is clipped, an ear that never learned what crests sound like that are cut off
has to be surer: anger counts from this much more, and in full from here. A real calm caller (0.41 in nine
readings of ten, at most 0.82) stays calm when all of the call clips; of three tuning actors who turn hot on
such a line two are told as soon and one 9 s later."""


class JoinedWitnesses:
    """Arousal alone is not anger: joy is as loud and as high.

    A voice is two witnesses: its melody (how it moves in pitch and in time) and its colour (how it is made).
    Until a baseline is known they keep each other company where both speak for anger, so that a caller who is
    hot from the first word is heard; melody alone is as often joy, colour alone a sharp voice. So does an ear
    that is sure of anger for two seconds together.

    Where the ear rules anger out, loudness, F0 and a pressed voice together add at most `arousal_weight`,
    which is too little to be hot; where it does not, up to `arousal_weight_max`. So they do where words say
    what the arousal is: a caller who complains, or was just refused or cut off, does not raise the voice for
    joy. Such a cause is no heat by itself, keeps no other kind company, and lets arousal alone count for too
    little to be hot. An angry voice, pace, cutting in and words add to that; each of these needs company too.
    Pace is no company of the voice: how fast one speaks is part of the melody, which the ear has heard.
    """

    def __init__(self, settings: TemperSettings) -> None:
        self._settings = settings

    def judge(self, features: TemperFeatures) -> TemperJudgement:
        """The heat of the stretch and its evidence, strongest first."""
        s = self._settings
        anger = _heard(features, s.anger_low, s.anger_high)
        percent = None if features.anger is None else 100.0 * features.anger
        both = min(features.melody, features.colour)
        unknown = 1.0 - min(1.0, features.confidence / s.trust_confidence)
        kinds = [
            Kind("voice", "%", percent, anger),
            Kind(
                "melody_colour", "x", math.exp(both), anger * unknown * soft_step(both, _HALF_LOW, _HALF_HIGH)
            ),
            Kind(
                "lasting",
                "s",
                LASTING_S,
                anger * unknown * soft_step(features.lasting, _LASTING_LOW, _LASTING_HIGH),
            ),
            *measured_kinds(features, s),
        ]
        voice, *company, level, f0, alpha, rate, interruptions, words = (kind.strength for kind in kinds)
        arousal = [level * s.level_weight, f0 * s.f0_weight, alpha * s.alpha_weight]
        most = s.arousal_weight + self._is_meant(features) * (s.arousal_weight_max - s.arousal_weight)
        cap = min(1.0, most / max(sum(arousal), 1e-9))
        shares = [
            voice * s.voice_weight,
            0.0,
            0.0,
            *(share * cap for share in arousal),
            rate * s.rate_weight,
            interruptions * s.interruption_weight,
            words * s.words_weight,
        ]
        total = sum(shares)
        others = max(level, f0, alpha, interruptions, words)
        second = max(sorted([voice, *company, level, f0, alpha, interruptions, words])[-2], min(rate, others))
        heat = eased(features, s) * min(1.0, total) * soft_step(second, 0.0, s.second_kind)
        cause = Kind("cause", "", features.cause, features.cause * max(level, f0, alpha))
        return TemperJudgement(heat=heat, evidence=evidence_of([*kinds, cause], [*shares, 0.0], total))

    def _is_meant(self, features: TemperFeatures) -> float:
        """How far arousal is anger and no joy, 0..1: by the ear, or by what was said."""
        s = self._settings
        heard = _heard(features, s.doubt_low, s.doubt_high)
        said = features.words + s.cause_weight * features.cause
        return max(heard, soft_step(said, _MEANT_LOW, _MEANT_HIGH))


def _heard(features: TemperFeatures, low: float, high: float) -> float:
    """How far the ear hears anger, 0..1: from `low` on, in full from `high`; surer where the line clips."""
    if features.anger is None:
        return 0.0
    clipped = min(1.0, features.clipping / _CLIPPED_SHARE)
    high += clipped * max(0.0, _CLIPPED_HIGH - high)
    low += clipped * min(_CLIPPED_LOW, (high - low) / 2.0)
    return soft_step(features.anger, low, high)
