"""The call's books: what the agent promised and offered, and how often it said certain things."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.facts import Said
from monitor.core.reading.context import Concession, Note, Promise, Tally
from monitor.core.reading.dues import due_in
from monitor.core.reading.tellings import Tellings

PROMISES_MAX = 40
CONCESSIONS_MAX = 20
"""Entries kept of a call. The earliest stay, they are owed longest."""
_WAIT_S = 3.0
"""How long a promise waits for the rest of its sentence, where the time often stands."""
_SAME_S = 8.0
"""Phrases of a promise within this time are one promise."""
_SAME_OFFER_S = 12.0
"""An offer goes on for this long, if the caller has not answered it."""
_ANSWERED = samples(0.8)
_SAME_QUESTION_S = 2.5
"""Phrases that begin within this time are one question, one apology."""
_COUNTED_MAX = 64
_HEARD = samples(0.2)
"""The caller's sound after an offer, however short: another amount after it is another offer."""
_NUMBER_WORDS = (
    "(?:(?:five|ten|fifteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|one|two|three|four|hundred|"
    "thousand)[ -]?){1,4}"
)
_AMOUNT = re.compile(
    f"(?:[0-9零〇一二两三四五六七八九十百千]{{1,6}}|{_NUMBER_WORDS})"
    "(?=个?点|元|块|折|%|百分|张|份|天|倍| ?(?:dollars?|pounds?|euros?|percent|off|days?))"
)


@dataclass(slots=True)
class _Open:
    span: Span
    due_by: int


class PromiseLedger:
    """Enters a promise once its sentence is known."""

    def __init__(self) -> None:
        self.entries: list[Promise] = []
        self._open: _Open | None = None

    def on_said(self, said: Said, now: int, tellings: Tellings) -> None:
        """A phrase of a promise: it opens one, or belongs to the one that is open."""
        span = said.span
        if self._open is not None:
            if span.start - self._open.span.end <= samples(_SAME_S):
                end = max(span.end, self._open.span.end)
                self._open = _Open(Span(min(self._open.span.start, span.start), end), now + samples(_WAIT_S))
                return
            self._enter(tellings)
        self._open = _Open(span, now + samples(_WAIT_S))

    def tick(self, now: int, tellings: Tellings) -> None:
        """Enters what has waited long enough."""
        if self._open is not None and now >= self._open.due_by:
            self._enter(tellings)

    def finish(self, tellings: Tellings) -> None:
        """The call is over: nothing more will be said."""
        if self._open is not None:
            self._enter(tellings)

    def _enter(self, tellings: Tellings) -> None:
        assert self._open is not None
        span, self._open = self._open.span, None
        sentence, about = tellings.sentence(Party.AGENT, span)
        what = tellings.quote(Party.AGENT, span)
        if not what:
            return
        last = self.entries[-1] if self.entries else None
        if last is not None and last.what == what:
            return
        if len(self.entries) < PROMISES_MAX:
            self.entries.append(Promise(what=what, due=due_in(sentence, about), span=span))


class ConcessionLedger:
    """Enters an offer the first time that it is made: saying it again, or in detail, is not another."""

    def __init__(self) -> None:
        self.entries: list[Concession] = []
        self._amounts: list[frozenset[str]] = []
        self._last_at: int | None = None

    def on_said(self, said: Said, now: int, tellings: Tellings) -> None:
        """A phrase that offers something."""
        span = said.span
        what = tellings.quote(said.party, span) or said.phrase
        amounts = frozenset(_AMOUNT.findall(what.lower()))
        last_at, self._last_at = self._last_at, span.end
        if last_at is not None and span.start - last_at <= samples(_SAME_OFFER_S):
            between = Span(last_at, max(last_at, span.start))
            answer = tellings.spoken(Party.CALLER, between, now)
            is_other_sum = bool(self._amounts[-1] and amounts - self._amounts[-1])
            if answer < (_HEARD if is_other_sum else _ANSWERED):
                self._amounts[-1] |= amounts
                return
        if any(self._is_same(number, what, amounts) for number in range(len(self.entries))):
            return
        if len(self.entries) < CONCESSIONS_MAX:
            self.entries.append(Concession(what=what, number=len(self.entries) + 1, span=span))
            self._amounts.append(amounts)

    def _is_same(self, number: int, what: str, amounts: frozenset[str]) -> bool:
        known = self._amounts[number]
        if amounts and known:
            return amounts <= known
        return _likeness(what, self.entries[number].what) >= 0.5


class Counts:
    """How often something was said, in the call and lately."""

    def __init__(self, limits: dict[Note, int], window_s: float) -> None:
        self._limits = limits
        self._window_s = window_s
        self._totals = dict.fromkeys(Note, 0)
        self._recent: dict[Note, deque[int]] = {note: deque(maxlen=_COUNTED_MAX) for note in Note}
        self._last: dict[Note, int] = {}
        self._tallies: dict[Note, Tally] = {}

    def on_said(self, note: Note, said: Said) -> None:
        """One more, unless it is part of the one before."""
        start = said.span.start
        last = self._last.get(note)
        self._last[note] = max(start, last or 0)
        if last is not None and abs(start - last) <= samples(_SAME_QUESTION_S):
            return
        self._totals[note] += 1
        self._recent[note].append(start)

    def tallies(self, now: int) -> dict[Note, Tally]:
        """The counts at `now`; asked every second, so a tally is made anew only where it changes."""
        oldest = now - samples(self._window_s)
        for note, recent in self._recent.items():
            while recent and recent[0] < oldest:
                recent.popleft()
            known = self._tallies.get(note)
            if known is None or known.total != self._totals[note] or known.recent != len(recent):
                self._tallies = {
                    **self._tallies,
                    note: Tally(
                        total=self._totals[note],
                        recent=len(recent),
                        limit=self._limits.get(note),
                        window_s=self._window_s,
                    ),
                }
        return self._tallies


def _likeness(one: str, other: str) -> float:
    """Shared pairs of characters over all pairs (Jaccard), 0..1."""
    pairs = [{text[at : at + 2] for at in range(len(text) - 1)} for text in (one.lower(), other.lower())]
    union = pairs[0] | pairs[1]
    return len(pairs[0] & pairs[1]) / len(union) if union else 1.0
