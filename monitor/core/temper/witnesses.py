"""The trained ear and the other witnesses, joined: what sounds angry, and what else speaks for it."""

from __future__ import annotations

from monitor.core.settings import TemperSettings
from monitor.core.temper.model import (
    Kind,
    TemperFeatures,
    TemperJudgement,
    evidence_of,
    measured_kinds,
    soft_step,
)


class JoinedWitnesses:
    """Arousal alone is not anger: joy is as loud and as high.

    Where the ear rules anger out, loudness, F0 and a pressed voice together add at most `arousal_weight`,
    which is too little to be hot; where it does not, up to `arousal_weight_max`. An angry voice, pace,
    cutting in and words add to that; and each of these needs company too.
    """

    def __init__(self, settings: TemperSettings) -> None:
        self._settings = settings

    def judge(self, features: TemperFeatures) -> TemperJudgement:
        """The heat of the stretch and its evidence, strongest first."""
        s = self._settings
        anger = 0.0 if features.anger is None else soft_step(features.anger, s.anger_low, s.anger_high)
        percent = None if features.anger is None else 100.0 * features.anger
        kinds = [Kind("voice", "%", percent, anger), *measured_kinds(features, s)]
        voice, level, f0, alpha, rate, interruptions, words = (kind.strength for kind in kinds)
        arousal = [level * s.level_weight, f0 * s.f0_weight, alpha * s.alpha_weight]
        doubt = 0.0 if features.anger is None else soft_step(features.anger, s.doubt_low, s.doubt_high)
        most = s.arousal_weight + doubt * (s.arousal_weight_max - s.arousal_weight)
        cap = min(1.0, most / max(sum(arousal), 1e-9))
        shares = [
            voice * s.voice_weight,
            *(share * cap for share in arousal),
            rate * s.rate_weight,
            interruptions * s.interruption_weight,
            words * s.words_weight,
        ]
        total = sum(shares)
        second = sorted(kind.strength for kind in kinds)[-2]
        heat = min(1.0, total) * soft_step(second, 0.0, s.second_kind)
        return TemperJudgement(heat=heat, evidence=evidence_of(kinds, shares, total))
