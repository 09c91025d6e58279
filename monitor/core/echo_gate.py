"""Speech of one party's own, with the other party's echo cut out of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.facts import Ipu, Overlap, SpeechStarted
from monitor.core.runs import Stretch

GateEvent = SpeechStarted | Ipu | Overlap

_PIECE = samples(0.2)
"""Speech is judged in pieces of this length,"""
_AROUND = samples(0.1)
"""with this much on either side."""
_AGREE = 2
"""Pieces in a row that it takes to change from echo to own speech or back: one may be a chance likeness."""
_ECHO_LATE = samples(0.3)
"""An echo is heard for this long after its source has stopped."""
_TOLD_MIN = samples(0.3)
"""A shorter echo is not worth an event."""
_REMEMBERED = 16
"""Stretches of speech that are remembered for the other gate's sake."""

_Kind = Literal["own", "echo"]


class EchoGate:
    """Lets a party's own speech through and cuts out what is only the other party's echo.

    Where the other party is silent everything is own speech, let through as it comes. Under the other's
    speech it is judged piece by piece, as soon as the speech is settled. What is let through is told by
    `SpeechStarted` and `Ipu`, what was cut out by an `Overlap` of kind echo.
    """

    def __init__(self, party: Party, is_echo: Callable[[Party, Span], bool]) -> None:
        self._party = party
        self._is_echo = is_echo
        self._heard: deque[Stretch] = deque(maxlen=_REMEMBERED)
        self._waiting: deque[Stretch] = deque()
        """Speech that is not judged to its end; at most a few stretches."""
        self._at = 0
        """How far the first of them is judged."""
        self._kind: _Kind | None = None
        self._since = 0
        """Where the present kind began."""
        self._rival: _Kind = "own"
        self._rival_since = 0
        self._has_echo = False
        """True once an echo has been told."""
        self._votes = 0
        """Pieces in a row that were of the rival kind."""

    @property
    def has_echo(self) -> bool:
        """True once an echo has been told: own speech's edges are then known to a piece's half only."""
        return self._has_echo

    @property
    def pending_since(self) -> int | None:
        """Where speech begins of which nothing is told yet; None when all of it is."""
        if not self._waiting or self._kind == "own":
            return None
        if self._kind is None:
            return self._waiting[0].start
        return self._rival_since if self._votes else self._at

    def own_until(self, known: int) -> int:
        """How far the own speech that is open is certain, when speech is settled up to `known`.

        On a channel that has carried echoes nothing is certain before it is judged.
        """
        if self._votes:
            return self._rival_since
        return min(self._at, known) if self._has_echo else known

    def open(self, at: int) -> None:
        """The speech detector heard speech begin."""
        if self._waiting and self._waiting[-1].end is None:
            return
        stretch = Stretch(at)
        self._heard.append(stretch)
        self._waiting.append(stretch)
        if len(self._waiting) == 1:
            self._at = at

    def close(self, span: Span) -> None:
        """The speech detector heard it end."""
        self.open(span.start)
        last = self._waiting[-1]
        last.end = max(last.start, span.end)

    def finish(self, now: int) -> None:
        """The sound is over: open speech ends with it."""
        if self._waiting and self._waiting[-1].end is None:
            self._waiting[-1].end = max(self._waiting[-1].start, now)

    def was_heard(self, span: Span) -> bool:
        """True where the party's channel carried speech, its own or not, within `span`."""
        return any(
            stretch.start < span.end and (stretch.end is None or stretch.end > span.start)
            for stretch in self._heard
        )

    def judge(self, known: int, other: EchoGate) -> list[GateEvent]:
        """What is certain when speech is settled up to `known`."""
        told: list[GateEvent] = []
        while self._waiting:
            stretch = self._waiting[0]
            if self._kind is None and not other.was_heard(_late(self._at, self._at + _PIECE)):
                is_own_so_far = self._votes > 0 and self._rival == "own"
                told.extend(self._become("own", self._rival_since if is_own_so_far else self._at))
            limit = known if stretch.end is None else stretch.end
            end = min(self._at + _PIECE, limit)
            if self._at < end and (stretch.end is not None or end == self._at + _PIECE):
                told.extend(self._take(stretch, Span(self._at, end), other))
                self._at = end
            if stretch.end is None and self._at + _PIECE > known:
                break
            if stretch.end is not None and self._at >= stretch.end:
                told.extend(self._stop(stretch))
        return told

    def _take(self, stretch: Stretch, piece: Span, other: EchoGate) -> list[GateEvent]:
        """One more piece: the kind changes when `_AGREE` in a row say so, or where no echo can be."""
        is_free = not other.was_heard(_late(piece.start, piece.end))
        around = Span(max(0, piece.start - _AROUND), piece.end + _AROUND)
        kind: _Kind = "echo" if not is_free and self._is_echo(self._party, around) else "own"
        if kind == self._kind:
            self._votes = 0
            return []
        if self._votes == 0 or kind != self._rival:
            # The first piece of speech may be an echo that own speech follows at once; on a channel that has
            # carried none, it is a chance likeness.
            was_echo = self._has_echo and self._votes > 0 and kind == "own"
            is_first = self._kind is None and not was_echo
            self._rival, self._votes = kind, 0
            self._rival_since = stretch.start if is_first else self._edge(kind, piece)
        self._votes += 1
        return self._become(kind, self._rival_since) if is_free or self._votes >= _AGREE else []

    def _edge(self, kind: _Kind, piece: Span) -> int:
        """Where a kind began that `piece` is the first to show.

        What is looked at reaches beyond the piece, and a loud word on its rim makes all of it own speech:
        so own speech began later, and ended earlier, than the piece.
        """
        return piece.start + _AROUND if kind == "own" else max(self._since, piece.start - _AROUND)

    def _stop(self, stretch: Stretch) -> list[GateEvent]:
        """The stretch is over; what was never certain is what its last pieces were."""
        end = stretch.until(0)
        told = (
            self._become(self._rival if self._votes else "own", stretch.start) if self._kind is None else []
        )
        is_echo_last = self._has_echo and self._kind == "own" and self._votes > 0
        told.extend(self._leave(min(end, self._rival_since) if is_echo_last else end))
        self._kind, self._votes = None, 0
        self._waiting.popleft()
        if self._waiting:
            self._at = self._waiting[0].start
        return told

    def _become(self, kind: _Kind, at: int) -> list[GateEvent]:
        told = self._leave(at)
        self._kind, self._since, self._votes = kind, at, 0
        if kind == "own":
            told.append(SpeechStarted(party=self._party, at=at))
        return told

    def _leave(self, at: int) -> list[GateEvent]:
        """Tells what the present kind has been up to `at`."""
        if self._kind is None:
            return []
        span = Span(self._since, max(self._since, at))
        if self._kind == "own":
            return [Ipu(party=self._party, span=span)]
        if span.length < _TOLD_MIN:
            return []
        self._has_echo = True
        return [Overlap(span=span, holder=self._party.other, kind="echo")]


def _late(start: int, end: int) -> Span:
    """Where the source of an echo in [start, end) may lie."""
    return Span(max(0, start - _ECHO_LATE), end)
