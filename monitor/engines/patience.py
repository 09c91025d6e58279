"""How long a decode may take before it counts as hung, by what decodes of this recogniser have taken.

Half a minute is enough for any model that keeps up with a call, and far too long for one whose utterances
take two seconds: so long a hung decode holds up its call's words, and half of everybody's. So once finals
enough were decoded, what takes many times as long as the slowest of them hangs. What a slow machine, a
large model or a busy hour do shows in these, too: the bound grows with them.
"""

from __future__ import annotations

LEAST_S = 10.0
"""Never less: greedy search takes a second or two for an utterance on any machine that carries a call, wide
search on four of them together three times that."""
TIMES_SLOWEST = 6.0
"""The slowest batch seen may have been of one utterance with little context, and the next is of four with
much."""
KNOWN_AFTER = 20
"""Batches of finals after which the slowest tells something: some minutes of one call."""


class Patience:
    """For one recogniser. Not thread-safe."""

    def __init__(self, most_s: float) -> None:
        """`most_s`: before anything is known, and at most."""
        self._most_s = most_s
        self._slowest_s = 0.0
        self._seen = 0

    def saw(self, took_s: float) -> None:
        """A batch of finals was decoded in so long."""
        self._seen += 1
        self._slowest_s = max(self._slowest_s, took_s)

    def forget(self) -> None:
        """Another recogniser decodes from here on."""
        self._seen, self._slowest_s = 0, 0.0

    @property
    def hang_s(self) -> float:
        """What takes longer, on a machine that nothing else crowds, hangs."""
        if self._seen < KNOWN_AFTER:
            return self._most_s
        return min(self._most_s, max(LEAST_S, TIMES_SLOWEST * self._slowest_s))
