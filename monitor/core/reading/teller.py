"""Tells the world what is read of a call: a snapshot, when it has changed, and not too often."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from monitor.core import events
from monitor.core.clock import samples, seconds
from monitor.core.reading.context import CallContext, CallerNeed, CallerType, Note
from monitor.core.reading.reader import CallReader
from monitor.core.reading.scores import Proof
from monitor.core.reading.texts import RISKS, ReadingTexts, reason

_EVERY = samples(1.0)
_STEP = 0.1
"""A score that moved less than this since it was told has not changed for a reader's eye."""
_PROOFS_FROM = 0.15
"""Of a score below this nobody asks for the reasons."""
_TOLD_COUNTS = (Note.APOLOGY, Note.QUESTION, Note.ACKNOWLEDGEMENT)


class ReadingTeller:
    """Makes a `reading` event of a reader's state at most once a second, and only when it changed.

    Small moves of a score are not told until they add up, so that a call in which nothing happens is silent.
    """

    def __init__(self, reader: CallReader, texts: ReadingTexts, shown_score: float) -> None:
        self._reader = reader
        self._texts = texts
        self._shown_score = shown_score
        self._told: events.Reading | None = None
        self._looked_at = -_EVERY

    def tick(self, now: int) -> list[events.Event]:
        """The snapshot, if it is time and something has changed."""
        if now - self._looked_at < _EVERY:
            return []
        self._looked_at = now
        return self._tell(now)

    def finish(self, now: int) -> list[events.Event]:
        """The last snapshot of the call, if it is another than was told."""
        return self._tell(now)

    def _tell(self, now: int) -> list[events.Event]:
        snapshot = self._snapshot(now)
        if self._told is not None and not _has_changed(self._told, snapshot):
            return []
        if self._told is None and not _says_something(snapshot):
            return []
        self._told = snapshot
        return [snapshot]

    def _snapshot(self, now: int) -> events.Reading:
        context, reader = self._reader.context, self._reader
        return events.Reading(
            t_s=seconds(now),
            phase=context.phase.value,
            phase_since_s=seconds(context.phase_since),
            has_account_ended=context.has_account_ended,
            types=[self._leaning(kind, context.types[kind], reader.type_proofs(kind)) for kind in CallerType],
            needs=[self._leaning(kind, context.needs[kind], reader.need_proofs(kind)) for kind in CallerNeed],
            is_complaint=context.is_complaint,
            slots=[
                events.SlotFilled(slot=filled.slot.value, words=filled.words, at_s=seconds(filled.span.start))
                for filled in context.slots.values()
            ],
            promises=[
                events.PromiseMade(what=made.what, due=made.due, at_s=seconds(made.span.start))
                for made in context.promises
            ],
            concessions=[
                events.ConcessionMade(what=made.what, number=made.number, at_s=seconds(made.span.start))
                for made in context.concessions
            ],
            counts=_counts(context),
            risk=round(context.risk, 2),
            risks=[
                events.RiskReason(
                    kind=each.kind.value,
                    share=round(each.share, 2),
                    title=RISKS[each.kind],
                    proofs=_proofs(each.proofs),
                )
                for each in reader.reasons
            ],
        )

    def _leaning(
        self, kind: CallerType | CallerNeed, score: float, proofs: Iterable[Proof]
    ) -> events.Leaning:
        row = self._texts.of(kind)
        is_named = score >= self._shown_score
        return events.Leaning(
            name=kind.value,
            title=row.title.text,
            score=round(score, 2),
            is_named=is_named,
            meet=row.meet.text if row.meet is not None and is_named else None,
            proofs=_proofs(proofs) if score >= _PROOFS_FROM else [],
        )


def _counts(context: CallContext) -> list[events.SaidCount]:
    tallies = context.counts
    return [
        events.SaidCount(
            what=cast("events.CountName", note.value),
            total=tallies[note].total,
            recent=tallies[note].recent,
            limit=tallies[note].limit,
            window_s=tallies[note].window_s,
        )
        for note in _TOLD_COUNTS
        if tallies[note].total
    ]


def _proofs(proofs: Iterable[Proof]) -> list[events.ReadingProof]:
    return [events.ReadingProof(at_s=seconds(proof.at), text=reason(proof)) for proof in proofs]


def _has_changed(told: events.Reading, new: events.Reading) -> bool:
    """Whether anything but a small move of a score is new."""
    if _plain(told) != _plain(new):
        return True
    return any(
        abs(before - after) >= _STEP for before, after in zip(_scores(told), _scores(new), strict=True)
    )


def _plain(reading: events.Reading) -> tuple[object, ...]:
    """What counts as a change however small. Heat moves all the time: it is left to the scores."""
    return (
        reading.phase,
        reading.has_account_ended,
        reading.is_complaint,
        [leaning.is_named for leaning in (*reading.types, *reading.needs)],
        [(slot.slot, slot.words) for slot in reading.slots],
        len(reading.promises),
        len(reading.concessions),
        [(count.what, count.total, _is_over(count)) for count in reading.counts],
        [each.kind for each in reading.risks if each.kind != "heat"],
    )


def _is_over(count: events.SaidCount) -> bool:
    return count.limit is not None and count.recent > count.limit


def _scores(reading: events.Reading) -> list[float]:
    return [*(leaning.score for leaning in (*reading.types, *reading.needs)), reading.risk]


def _says_something(reading: events.Reading) -> bool:
    return reading.phase != "opening" or any(_scores(reading)) or bool(reading.counts)
