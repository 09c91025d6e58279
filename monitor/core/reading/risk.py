"""How likely the complaint leaves the house: one score, made of reasons that can each be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from monitor.core.reading.context import RiskKind
from monitor.core.reading.scores import Leaning, Proof

_MEMORY_S = 900.0
"""A threat is not forgotten in a call of usual length; it weighs less when much time went well."""
_LEAST = 0.02
"""A reason that adds less is not told."""
_OF_HEAT = 0.3
"""What a temper of 1 adds."""


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

    def shares(self, now: int, heat: float) -> dict[RiskKind, float]:
        """What each kind adds, where it adds something, the weightiest first; `heat` is the temper, 0..1."""
        found = {kind: leaning.score(now) for kind, leaning in self._kinds.items()}
        if heat > 0:
            found[RiskKind.HEAT] = _OF_HEAT * heat
        return dict(
            sorted(
                ((kind, share) for kind, share in found.items() if share >= _LEAST),
                key=lambda item: (-item[1], item[0]),
            )
        )

    def reasons(self, now: int, heat: float) -> list[Reason]:
        """The same with what speaks for each."""
        return [
            Reason(kind=kind, share=share, proofs=self._proofs(kind, now, heat))
            for kind, share in self.shares(now, heat).items()
        ]

    def _proofs(self, kind: RiskKind, now: int, heat: float) -> tuple[Proof, ...]:
        if kind is RiskKind.HEAT:
            return (Proof(code="heat", at=now, weight=heat, value=heat),)
        return self._kinds[kind].proofs(now)


def joined(shares: Iterable[float]) -> float:
    """The score 0..1 of what several kinds add."""
    calm = 1.0
    for share in shares:
        calm *= 1.0 - min(1.0, share)
    return 1.0 - calm
