"""What a party said lately, sentence by sentence, and how like its latest sentence is to the earlier ones."""

from __future__ import annotations

from collections import deque

from monitor.core.playbook.sentences import SentenceSaid


class SaidBefore:
    """The last sentences of one party. A comparison costs what sentences share, not how many there are."""

    def __init__(self, kept: int) -> None:
        """`kept` bounds how many are remembered."""
        self._kept = kept
        self._sentences: deque[tuple[int, SentenceSaid]] = deque()
        self._count = 0
        self._by_feature: dict[str, deque[tuple[int, SentenceSaid]]] = {}
        self._alike: list[tuple[float, SentenceSaid]] | None = None

    @property
    def latest(self) -> SentenceSaid | None:
        """The last sentence; None before the first."""
        return self._sentences[-1][1] if self._sentences else None

    def add(self, sentence: SentenceSaid) -> None:
        """Remembers one more."""
        if len(self._sentences) >= self._kept:
            _, oldest = self._sentences.popleft()
            for feature in oldest.bag:
                self._by_feature[feature].popleft()
                if not self._by_feature[feature]:
                    del self._by_feature[feature]
        entry = (self._count, sentence)
        self._count += 1
        self._sentences.append(entry)
        for feature in sentence.bag:
            self._by_feature.setdefault(feature, deque()).append(entry)
        self._alike = None

    def alike(self, at_least: float) -> list[SentenceSaid]:
        """Earlier sentences that are at least so like the latest (0..1, more than 0), oldest first."""
        if self._alike is None:
            self._alike = self._compared()
        return [sentence for likeness, sentence in self._alike if likeness >= at_least]

    def _compared(self) -> list[tuple[float, SentenceSaid]]:
        """The earlier sentences that share anything with the latest, with the cosine of their bags."""
        if not self._sentences:
            return []
        number, latest = self._sentences[-1]
        shared: dict[int, int] = {}
        found: dict[int, SentenceSaid] = {}
        for feature, weight in latest.bag.items():
            for earlier, sentence in self._by_feature[feature]:
                if earlier != number:
                    shared[earlier] = shared.get(earlier, 0) + weight * sentence.bag[feature]
                    found[earlier] = sentence
        return [(shared[one] / (latest.norm * found[one].norm), found[one]) for one in sorted(shared)]
