"""How likely the complaint leaves the house: one score, made of reasons that can each be read."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.core.reading.context import RiskKind
from monitor.core.reading.scores import Leaning, Proof

_MEMORY_S = 900.0
"""A threat is not forgotten in a call of usual length; it weighs less when much time went well."""
_LEAST = 0.02
"""A reason that adds less is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One kind of risk: its share 0..1, and what it rests on."""

    kind: RiskKind
    share: float
    proofs: tuple[Proof, ...]


class Risk:
    """Joins the kinds as independent: 1 - product of (1 - share), so each adds and none exceeds 1."""

    def __init__(self) -> None:
        self._kinds: dict[RiskKind, Leaning] = {}

    def add(self, kind: RiskKind, proof: Proof, source: str) -> None:
        """Something that speaks for the risk."""
        self._kinds.setdefault(kind, Leaning(_MEMORY_S)).add(proof, source)

    def ease(self, now: int, share: float) -> None:
        """The caller accepted, or gave thanks: what was threatened weighs less."""
        for leaning in self._kinds.values():
            leaning.ease(now, share)

    def reasons(self, now: int, heat: float) -> list[Reason]:
        """The kinds that add something, the weightiest first; `heat` is the caller's temper, 0..1."""
        found = [
            Reason(kind=kind, share=share, proofs=leaning.proofs(now))
            for kind, leaning in self._kinds.items()
            if (share := leaning.score(now)) >= _LEAST
        ]
        if heat > 0:
            proof = Proof(code="heat", at=now, weight=heat, value=heat)
            found.append(Reason(kind=RiskKind.HEAT, share=0.3 * heat, proofs=(proof,)))
        return sorted(
            (reason for reason in found if reason.share >= _LEAST),
            key=lambda reason: (-reason.share, reason.kind),
        )


def joined(reasons: list[Reason]) -> float:
    """The score 0..1 of reasons."""
    calm = 1.0
    for reason in reasons:
        calm *= 1.0 - min(1.0, reason.share)
    return 1.0 - calm
