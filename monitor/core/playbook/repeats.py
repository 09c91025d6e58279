"""A party says nearly the same again."""

from __future__ import annotations

from monitor.core.clock import samples
from monitor.core.facts import Evidence
from monitor.core.playbook import conditions as rows
from monitor.core.playbook.leaves import Found, Moment, Node
from monitor.core.playbook.likeness import is_comparable
from monitor.core.playbook.memory import sentence_id
from monitor.core.playbook.sentences import SentenceSaid

_APART = samples(3.0)
"""Sentences closer than this are one emphasis (马上，马上给我退) or a stutter, not a repetition."""


class Repeats(Node):
    """`repeats`: looked at when a sentence of the party is over."""

    is_moment = True

    def __init__(self, row: rows.RepeatsLeaf) -> None:
        self._row = row
        self.ids = frozenset({sentence_id(row.repeats)})

    def found(self, moment: Moment) -> Found | None:
        """The sentence that is just over is like enough earlier ones."""
        just, said = moment.just, moment.memory.sentences[self._row.repeats]
        latest = said.latest
        if just is None or just.id not in self.ids or latest is None:
            return None
        if not is_comparable(latest.bag) or not self._counts(latest, moment):
            return None
        start, until = latest.span.end - samples(self._row.within_s), latest.span.start - _APART
        alike = [
            one
            for one in said.alike(self._row.at_least)
            if start <= one.span.end <= until and self._counts(one, moment)
        ]
        if len(alike) + 1 < self._row.times:
            return None
        told = [*alike, latest]
        phrases = ["".join(word.text for word in one.words).strip() for one in told]
        return Found(
            tuple(one.span for one in told),
            tuple(Evidence(feature="phrase", value=phrase, unit="") for phrase in phrases),
            {"phrase": phrases[-1], "count": len(told)},
        )

    def _counts(self, sentence: SentenceSaid, moment: Moment) -> bool:
        if self._row.saying is None:
            return True
        span = sentence.span
        return any(
            heard.span.start < span.end and span.start < heard.span.end
            for heard in moment.memory.heard(self._row.saying)
        )
