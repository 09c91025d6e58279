"""Temper by the rules of service practice: no training, no weights, a setting."""

from __future__ import annotations

from monitor.core.settings import TemperSettings
from monitor.core.temper.model import (
    TemperFeatures,
    TemperJudgement,
    eased,
    evidence_of,
    measured_kinds,
    soft_step,
)


class PublishedRules:
    """The rules of service practice, softened: fast, loud, high, pressed, cutting in, and saying so.

    A caller is called hot-tempered where at least two kinds of evidence meet among 25 % faster, 6 dB louder
    for 3 s, 3 semitones higher, a raised alpha ratio, cutting in twice a minute, and words. Each kind is half
    present at its threshold. Loudness is no evidence by itself: it counts only as far as another kind is
    there.
    """

    def __init__(self, settings: TemperSettings) -> None:
        self._settings = settings
        self._weights = (
            settings.level_weight,
            settings.f0_weight,
            settings.alpha_weight,
            settings.rate_weight,
            settings.interruption_weight,
            settings.words_weight,
        )

    def judge(self, features: TemperFeatures) -> TemperJudgement:
        """The heat of the stretch and its evidence, strongest first."""
        kinds = measured_kinds(features, self._settings)
        second = sorted(kind.strength for kind in kinds)[-2]
        shares = [kind.strength * weight for kind, weight in zip(kinds, self._weights, strict=True)]
        total = sum(shares)
        heat = (
            eased(features, self._settings)
            * min(1.0, total)
            * soft_step(second, 0.0, self._settings.second_kind)
        )
        return TemperJudgement(heat=heat, evidence=evidence_of(kinds, shares, total))
