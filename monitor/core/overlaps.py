"""What it means when both parties speak: one encounter for each pair of runs that overlap."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.completions import is_help, is_sign
from monitor.core.facts import Interruption, InterruptionBegan, Overlap
from monitor.core.runs import Role, Run, Stretch, commons
from monitor.core.settings import TimelineSettings

OverlapKind = Literal["competitive", "backchannel", "completion", "terminal", "simultaneous_start", "brief"]
OverlapEvent = Overlap | InterruptionBegan | Interruption

_GOES_ON = samples(0.2)
"""Speech after the other's end that counts as going on; less is an edge of the speech detector."""

_RESUMED = samples(0.1)
"""Who comes in sooner after the other has taken breath could not know that the other would go on."""

_RESUMES = samples(0.5)
"""A holder who speaks on so soon was pausing, not finishing."""

_RETAKEN = samples(0.5)
"""Who speaks on after a pause that ended the turn has the floor back after this long. Sooner, the other may
have begun without having heard it."""

_FLOOR_PAUSE = samples(2.0)
"""After a longer silence nobody has the floor, whoever spoke before it."""

_ADDRESS_BREATH = samples(0.6)
"""The breath between an address ("Madam,") and what the address is for."""


_SIGN = samples(0.5)
"""The comer's first sound, if shorter, was a sign of listening (嗯) where more follows after a breath."""


@dataclass(frozen=True, slots=True)
class _Sides:
    """Who came in over whom, and whether the holder's floor was established by then."""

    holder: Run
    comer: Run
    onset: int
    is_floor_held: bool


class Encounter:
    """Judges one overlap while it lasts.

    With `onset` the first sample at which both speak, the holder is who spoke before it. By PROSODY's
    definition the overlap is competitive when the holder has held the floor for `floor_s`, speaks on for
    `terminal_s` (else was finishing), and the comer says more than a backchannel, over `min_overlap_s` of
    the holder's speech or until the holder breaks off. All of it is known about `backchannel_s` + 0.35 s
    after the onset: then `InterruptionBegan` is told. `Interruption` follows when one of them has stopped
    for longer than a breath, or after `max_overlap_s`.
    """

    def __init__(
        self,
        first: Run,
        second: Run,
        settings: TimelineSettings,
        earlier: Callable[[Party], Iterable[Stretch]],
        said: Callable[[Party, Span], str | None],
        newest: Callable[[Party], Run | None],
        slack: int = 0,
        is_faint: Callable[[Party, Span], bool] = lambda party, under: False,
    ) -> None:
        """
        Args:
            newest: a party's newest run.
            said: the words of a party within a span, "" where there are none; None while they may still come.
            slack: how much longer than it was an overlap at the end of a turn may seem, in samples.
            is_faint: whether what a party says within a span is not its own, but perhaps people's behind it.
        """
        self._runs = (first, second)
        self._terminal = samples(settings.terminal_s) + slack
        self._settings = settings
        self._earlier = earlier
        """The IPUs of a party's turns so far, oldest first."""
        self._said = said
        self._is_faint = is_faint
        self._newest = newest
        self._sides: _Sides | None = None
        self._bid: _Sides | None = None
        """The sides of what was told to be an interruption."""
        self._is_told = False
        """An `Interruption` has been told."""
        self.is_over = False

    def judge(self, known: int) -> list[OverlapEvent]:
        """What can be said once speech is settled up to `known`. Each event is told once."""
        overlaps = commons(*self._runs, known)
        is_ended = any(run.is_closed for run in self._runs)
        if not overlaps:
            self.is_over = is_ended
            return []
        if any(run.role is Role.UNDECIDED for run in self._runs):
            return []
        if self._sides is None:
            self._sides = self._find_sides(Span(overlaps[0].start, overlaps[-1].end), known)
        bid = self._bid or self._without_sign(self._sides, known)
        told = self._judge_competition(bid, overlaps, known)
        if is_ended and (self._bid is None or self._is_told):
            kind = self._kind(self._sides, known)
            if kind is not None:
                self.is_over = True
                holder = None if kind == "simultaneous_start" else self._sides.holder.party
                span = Span(self._sides.onset, overlaps[-1].end)
                told.append(Overlap(span=span, holder=holder, kind=kind))
        return told

    def _find_sides(self, together: Span, known: int) -> _Sides:
        (first, second), onset = self._runs, together.start
        for holder, comer in ((first, second), (second, first)):
            if self._is_faint(comer.party, together) and not self._is_faint(holder.party, together):
                return _Sides(holder, comer, onset, is_floor_held=True)
        for holder, comer in ((first, second), (second, first)):
            if self._is_bid_renewed(holder, comer):
                return _Sides(holder, comer, onset, is_floor_held=True)
        starts = [max(s.start for s in run.stretches if s.start <= onset) for run in self._runs]
        holder, comer = (first, second) if starts[0] <= starts[1] else (second, first)
        if Role.BACKCHANNEL in {first.role, second.role} and holder.role is Role.BACKCHANNEL:
            holder, comer = comer, holder  # the listener's 嗯 fell into a pause, and the holder went on
        return _Sides(
            holder, comer, onset, self._is_held(holder, comer, abs(starts[0] - starts[1]), onset, known)
        )

    def _is_held(self, holder: Run, comer: Run, lead: int, onset: int, known: int) -> bool:
        """Whether the holder, who began `lead` samples before the comer, had the floor at `onset`."""
        if lead < samples(self._settings.simultaneous_s):
            return False
        floor, start = samples(self._settings.floor_s), self._start_of(holder)
        if self._floor_time(holder, comer, start, onset, known) >= floor:
            return True
        if lead < _RETAKEN:
            return False
        start = self._unanswered_since(holder, comer, known)
        return self._floor_time(holder, comer, start, onset, known) >= floor

    @staticmethod
    def _start_of(holder: Run) -> int:
        return holder.turn_start if holder.turn_start is not None else holder.start

    def _unanswered_since(self, holder: Run, comer: Run, known: int) -> int:
        """Where the holder began to speak, pauses that ended turns included, since the other last had the
        floor."""
        start = self._start_of(holder)
        others = [s.until(known) for s in self._earlier(comer.party) if s.start < start]
        for stretch in reversed([s for s in self._earlier(holder.party) if s.start < start]):
            if stretch.start < max(others, default=0) or start - stretch.until(known) > _FLOOR_PAUSE:
                break
            start = stretch.start
        return start

    def _is_bid_renewed(self, holder: Run, comer: Run) -> bool:
        """True where the comer called out under the holder's speech and then said more under it.

        The holder, who had the floor by then, only paused in between. Who speaks up in that pause takes a
        floor that seemed free, so that is no such bid.
        """
        paused, address = holder.before, comer.before
        if paused is None or address is None or holder.start - paused.end > _RESUMES:
            return False
        is_address = (
            address.length <= samples(self._settings.backchannel_s)
            and comer.start - address.end <= _ADDRESS_BREATH
            and paused.start + samples(self._settings.floor_s) <= address.start < paused.end
        )
        is_in_pause = paused.end <= comer.start < holder.start
        return is_address and not is_in_pause

    def _floor_time(self, holder: Run, comer: Run, start: int, onset: int, known: int) -> int:
        """How much the holder has spoken from `start` on, breaths included, since the floor was theirs."""
        for stretch in self._earlier(comer.party):
            if stretch.start < start < stretch.until(known) < onset:
                start = stretch.until(known)
        held, end = 0, start
        for stretch in self._earlier(holder.party):
            first, last = max(stretch.start, start), min(stretch.until(known), onset)
            if first >= last:
                continue
            breath = first - end
            held += last - first + (breath if breath < samples(self._settings.breath_s) else 0)
            end = last
        return held

    def _without_sign(self, sides: _Sides, known: int) -> _Sides:
        """The sides from the moment on at which the comer's bid begins: a 嗯 before it was none."""
        first, *rest = [stretch for stretch in sides.comer.stretches if stretch.until(known) > sides.onset]
        if not rest or first.until(known) - sides.onset >= _SIGN:
            return sides
        bid = max(rest[0].start, sides.onset)
        return replace(sides, onset=bid)

    def _judge_competition(self, sides: _Sides, overlaps: list[Span], known: int) -> list[OverlapEvent]:
        overlaps = [overlap for overlap in overlaps if overlap.end > sides.onset]
        if not overlaps:
            return []
        if self._bid is None and not self._is_competitive(sides, overlaps, known):
            return []
        told: list[OverlapEvent] = []
        by, of = sides.comer.party, sides.holder.party
        if self._bid is None:
            self._bid = sides
            told.append(InterruptionBegan(at=sides.onset, by=by, of=of))
        limit = sides.onset + samples(self._settings.max_overlap_s)
        if not self._is_told and (self._is_decided(sides, known) or known >= limit):
            self._is_told = True
            end = min(overlaps[-1].end, limit)
            is_yielded = sides.holder.is_closed and self._goes_on(sides, known)
            told.append(Interruption(span=Span(sides.onset, end), by=by, of=of, is_yielded=is_yielded))
        return told

    def _is_competitive(self, sides: _Sides, overlaps: list[Span], known: int) -> bool:
        if sides.holder.role is not Role.TURN or sides.comer.role is not Role.TURN:
            return False
        if self._is_faint(sides.comer.party, Span(sides.onset, overlaps[-1].end)):
            return False
        said = sum(
            max(0, stretch.until(known) - max(stretch.start, sides.onset))
            for stretch in sides.comer.stretches
        )
        is_bid = said > samples(self._settings.backchannel_s)
        is_finishing = sides.holder.until(known) - sides.onset < self._terminal
        if not is_bid or is_finishing or not sides.is_floor_held:
            return False
        is_broken_off = sides.holder.is_closed and self._goes_on(sides, known)
        together = sum(overlap.length for overlap in overlaps)
        return is_broken_off or together >= samples(self._settings.min_overlap_s)

    def _is_decided(self, sides: _Sides, known: int) -> bool:
        """True where it is known who gave way.

        A comer who takes breath as the holder stops has not stopped: that shows when the breath is over.
        """
        return sides.comer.is_closed or (sides.holder.is_closed and self._goes_on(sides, known))

    def _goes_on(self, sides: _Sides, known: int) -> bool:
        """True where the comer is heard after the holder has stopped."""
        return sides.comer.is_speaking or sides.comer.until(known) >= sides.holder.until(known) + _GOES_ON

    def _kind(self, sides: _Sides, known: int) -> OverlapKind | None:
        """What the overlap was; None while that cannot be known."""
        if self._bid is not None:
            return "competitive"
        is_backchannel = any(run.role is Role.BACKCHANNEL for run in self._runs)
        if not is_backchannel and not sides.is_floor_held:
            return "simultaneous_start"
        is_completion = self._is_completion(sides, known)
        if is_completion is None:
            return None
        if is_completion:
            return "completion"
        if is_backchannel:
            return "backchannel"
        return "terminal" if sides.holder.until(known) - sides.onset < self._terminal else "brief"

    def _is_completion(self, sides: _Sides, known: int) -> bool | None:
        """By sound, and where there are words, by these: 对对 is a sign of listening, however long."""
        helping = Span(sides.onset, max(sides.onset, sides.comer.until(known)))
        is_voice = not self._is_faint(sides.comer.party, helping)
        found = (sides.is_floor_held and is_voice) and is_help(
            sides.holder,
            sides.comer,
            sides.onset,
            known,
            terminal=self._terminal,
            max_pause=samples(self._settings.max_pause_s),
            floor=self._earlier(sides.holder.party),
            newest=self._newest(sides.comer.party),
        )
        if not found:
            return found
        text = self._said(sides.comer.party, sides.comer.span(known))
        return None if text is None else not is_sign(text)
