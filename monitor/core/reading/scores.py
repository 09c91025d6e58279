"""Scores that evidence moves and time fades, each with the reasons for where it stands."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace

from monitor.core.clock import samples, seconds

PROOFS_KEPT = 4
"""Reasons kept of a score: the latest, which are also those that still count most."""
SAME_SOURCE_S = 20.0
"""The same phrase again within this time is the same point made twice."""
SAME_SOURCE_SHARE = 0.3
"""What such a repetition still adds."""
SAME_WORDS_S = 0.7
"""Phrases that begin within this time are in the same words: only the weightiest counts."""
_SUM_MAX = 6.0
"""The score is 0.998 there; more would only take longer to fade."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One reason: `code` names its sentence (`said`, `heat`, ...), `words` are what was said, if anything."""

    code: str
    at: int
    weight: float
    words: str = ""
    value: float = 0.0


class Leaning:
    """Evidence for one thing, as a score 0..1 that is 1 - exp(-sum of what is left of each proof).

    So one proof of weight 0.5 gives 0.39, two give 0.63, and nothing ever gives more than 1. Each proof
    fades exponentially with call time.
    """

    def __init__(self, memory_s: float) -> None:
        self._memory_s = memory_s
        self._sum = 0.0
        self._at = 0
        self._last: dict[str, int] = {}
        self._proofs: deque[Proof] = deque(maxlen=PROOFS_KEPT)

    def add(self, proof: Proof, source: str) -> None:
        """Takes a proof; `source` is what it came from, so that a repetition counts less."""
        before = self._proofs[-1] if self._proofs else None
        if before is not None and abs(proof.at - before.at) <= samples(SAME_WORDS_S):
            self._sum = min(_SUM_MAX, self._sum + max(0.0, proof.weight - before.weight))
            if proof.weight > before.weight:
                self._proofs[-1] = proof
            self._last[source] = proof.at
            return
        last = self._last.get(source)
        self._last[source] = proof.at
        if last is not None and proof.at - last < samples(SAME_SOURCE_S):
            proof = replace(proof, weight=proof.weight * SAME_SOURCE_SHARE)
        self._fade(proof.at)
        self._sum = min(_SUM_MAX, self._sum + proof.weight)
        self._proofs.append(proof)

    def ease(self, now: int, share: float) -> None:
        """Leaves `share` of what there is: something spoke against it."""
        self._fade(now)
        self._sum *= share

    def score(self, now: int, besides: float = 0.0) -> float:
        """The score at `now`, with `besides` added to the sum for what lasts as long as it is there."""
        if not self._sum and not besides:
            return 0.0
        faded = self._sum * math.exp(-max(0.0, seconds(now - self._at)) / self._memory_s)
        return 1.0 - math.exp(-max(0.0, faded + besides))

    def proofs(self, now: int) -> tuple[Proof, ...]:
        """The latest reasons that still count, newest first."""
        oldest = now - samples(3 * self._memory_s)
        return tuple(proof for proof in reversed(self._proofs) if proof.at >= oldest)

    def _fade(self, now: int) -> None:
        past_s = seconds(now - self._at)
        if past_s > 0:
            self._sum *= math.exp(-past_s / self._memory_s)
            self._at = now


class Fading:
    """A level that is set now and then, and fades in between."""

    def __init__(self, memory_s: float) -> None:
        self._memory_s = memory_s
        self._value = 0.0
        self._at = 0

    def set(self, now: int, value: float) -> None:
        """The level is `value` now: measured, so it also falls to it."""
        self._value, self._at = value, now

    def add(self, now: int, value: float) -> None:
        """Adds to what is left."""
        self._value = self.value(now) + value
        self._at = max(now, self._at)

    def value(self, now: int) -> float:
        """What is left."""
        return self._value * math.exp(-max(0.0, seconds(now - self._at)) / self._memory_s)
