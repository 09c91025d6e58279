"""IPUs and words -> turns, pauses, gaps, overlaps, backchannels and interruptions."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.echo_gate import EchoGate
from monitor.core.facts import (
    Backchannel,
    Gap,
    Interruption,
    InterruptionBegan,
    Ipu,
    Overlap,
    Pause,
    SpeechStarted,
    Turn,
    Words,
)
from monitor.core.overlaps import Encounter
from monitor.core.runs import Role, Run, Stretch
from monitor.core.settings import TimelineSettings
from monitor.core.spoken import Spoken

_ANNOUNCED = samples(0.2)
"""Speech that began is announced at most this long after its start."""

_EDGE = samples(0.15)
"""An open IPU's speech is settled up to the speech detector's own silence and this before now."""

_GOES_ON = samples(0.3)
"""Speech after a short run of the other's that shows that the floor was never given up."""

_BID_BREATH = samples(0.6)
"""Who speaks up under the other's speech ("Madam, ...") takes breath for this long without giving up."""

_SIGN = samples(0.5)
"""A shorter sound before such a breath is a sign of listening (嗯), and what follows another matter."""

_ECHO_EDGE = samples(0.15)
"""Where channels carry echoes, an overlap may seem this much longer than it is."""

_FLOOR_STRETCHES_MAX = 64
"""IPUs of a party's turns that are remembered: far more than the floor's rules look back."""

_OWN_SPEECH_MAX = 256
"""Events of own speech that wait to be taken: a tick makes a handful."""

ConversationEvent = Turn | Pause | Gap | Overlap | Backchannel | InterruptionBegan | Interruption


class Description(Protocol):
    """How a party sounded over a span; None where too little was heard."""

    @property
    def rate_syl_s(self) -> float | None:
        """Articulation rate in syllables a second."""

    @property
    def f0_median_st(self) -> float | None:
        """Median F0 in semitones re the party's own median."""

    @property
    def level_db(self) -> float | None:
        """Level in dB re the party's own."""


@dataclass(slots=True, eq=False)
class _OpenTurn:
    """A turn that may still go on."""

    party: Party
    start: int
    last: Run


@dataclass(frozen=True, slots=True)
class _EndedTurn:
    """A turn whose words are awaited."""

    party: Party
    span: Span
    description: Description


class Timeline:
    """Folds both parties' speech and words into the conversation's timeline.

    Feed it with `receive` and, every 100 ms of call time, with `tick`; both parties' speech up to `now`
    must have been received by then, as late as the speech detector tells it. The unit of reasoning is a
    *run*: IPUs with only breaths between them, what is an echo of the other party cut out of them
    (`EchoGate`). Runs are judged in the order of their starts, each as one of

    - *backchannel*: at most `backchannel_s` of speech while the other has the floor and goes on, without a
      silence that would end a turn;
    - *turn*: everything else. It joins the party's turn unless `max_pause_s` of own silence or a turn of the
      other's lies between.

    All own speech ends up in exactly one of them. A turn's event waits for the words of its span, at most
    `words_wait_s`; all other events are told as soon as they can be known. Memory is bounded.
    """

    def __init__(
        self,
        settings: TimelineSettings,
        describe: Callable[[Party, Span], Description],
        is_echo: Callable[[Party, Span], bool],
        *,
        has_words: bool = True,
        min_silence_s: float = 0.2,
        is_faint: Callable[[Party, Span], bool] = lambda party, under: False,
    ) -> None:
        """`describe` is asked when a turn ends, `is_echo` five times a second while both speak.

        `min_silence_s` is the speech detector's own, `has_words` false where nothing is recognised.
        `is_faint` says whether a party's speech under the other's is not its own voice: such takes no floor.
        """
        self._settings = settings
        self._is_faint = is_faint
        self._describe = describe
        self._gates = {party: EchoGate(party, is_echo) for party in Party}
        self._settled = samples(min_silence_s) + _EDGE
        self._breath = samples(settings.breath_s)
        self._max_pause = samples(settings.max_pause_s)
        self._current: dict[Party, Run] = {}
        """Each party's newest run."""
        self._undecided: list[Run] = []
        """By start. At most a few: a run is decided about 1.5 s after it ends at the latest."""
        self._encounters: list[Encounter] = []
        self._turns: dict[Party, _OpenTurn] = {}
        self._floor: dict[Party, deque[Stretch]] = {p: deque(maxlen=_FLOOR_STRETCHES_MAX) for p in Party}
        self._ended: dict[Party, deque[_EndedTurn]] = {p: deque() for p in Party}
        self._spoken = Spoken(settings, has_words=has_words)
        self._is_finished = False
        self._own_speech: deque[SpeechStarted | Ipu] = deque(maxlen=_OWN_SPEECH_MAX)

    @property
    def holder(self) -> Party | None:
        """Whose turn it is: of two open turns the older one's; None between turns."""
        turns = sorted(self._turns.values(), key=lambda turn: turn.start)
        return turns[0].party if turns else None

    def receive(self, event: SpeechStarted | Ipu | Words) -> None:
        """Takes what was heard. Events of one party come in order."""
        match event:
            case SpeechStarted():
                self._gates[event.party].open(event.at)
            case Ipu():
                self._gates[event.party].close(event.span)
            case Words():
                self._spoken.receive(event)

    def tick(self, now: int) -> list[ConversationEvent]:
        """What can be told at `now`, samples of call time."""
        return list(self._advance(now, max(0, now - self._settled)))

    def finish(self, now: int) -> list[ConversationEvent]:
        """The rest: nothing is waited for any more, and open speech ends at `now`."""
        for gate in self._gates.values():
            gate.finish(now)
        self._is_finished = self._spoken.is_finished = True
        return list(self._advance(now, now))

    def take_own_speech(self) -> list[SpeechStarted | Ipu]:
        """What both parties said themselves since this was last asked, echoes of the other left out."""
        own = list(self._own_speech)
        self._own_speech.clear()
        return own

    # --- speech -> runs -------------------------------------------------------------------------------

    def _pass_gates(self, known: int) -> Iterator[Overlap]:
        """Takes both parties' own speech, in the order in which it came."""
        own: list[SpeechStarted | Ipu] = []
        for party, gate in self._gates.items():
            for event in gate.judge(known, self._gates[party.other]):
                if isinstance(event, Overlap):
                    yield event
                else:
                    own.append(event)
        own.sort(key=lambda e: e.at if isinstance(e, SpeechStarted) else e.span.end)
        self._own_speech.extend(own)
        for event in own:
            if isinstance(event, SpeechStarted):
                self._open(event.party, event.at)
            else:
                self._close(event.party, event.span)
        for party, run in self._current.items():
            if run.is_speaking:
                run.stretches[-1].settled = self._gates[party].own_until(known)

    def _close_run(self, run: Run, now: int) -> None:
        """Closes a run when no speech can follow it within a breath."""
        if run.is_speaking or run.is_closed:
            return
        end = run.until(now)
        breath = self._breath_of(run, end, now)
        pending = self._gates[run.party].pending_since
        is_over = now >= end + breath + _ANNOUNCED and (pending is None or pending >= end + breath)
        run.is_closed = self._is_finished or is_over

    def _breath_of(self, run: Run, end: int, until: int) -> int:
        """How long the run may be silent from `end` on and still go on, as it looks at `until`.

        Longer for a bid under the other's unbroken speech: it is made in pieces.
        """
        other = self._current.get(run.party.other)
        is_bid = other is not None and other.start < run.start and run.speech(end) >= _SIGN
        if other is None or not is_bid or self._breath > _BID_BREATH:
            return self._breath
        last = other.stretches[-1]
        is_under = last.start <= end and (last.end is None or last.end >= min(until, end + _BID_BREATH))
        return _BID_BREATH if is_under else self._breath

    def _open(self, party: Party, at: int) -> None:
        run = self._current.get(party)
        if run is not None:
            if run.is_speaking:
                return
            end = run.until(at)
            at = max(at, end)
            is_long = at - run.start > samples(self._settings.max_turn_s)
            if not run.is_closed and not is_long and at - end < self._breath_of(run, end, at):
                stretch = Stretch(at)
                run.extend(stretch)
                if run.role is Role.TURN:
                    self._floor[party].append(stretch)
                return
            run.is_closed = True
        self._begin(party, at)

    def _begin(self, party: Party, at: int) -> None:
        run = Run.begin(party, Stretch(at), self._current.get(party))
        self._current[party] = run
        self._undecided.append(run)
        self._undecided.sort(key=lambda waiting: waiting.start)
        other = self._current.get(party.other)
        if other is not None and (not other.is_closed or other.until(at) > at):
            slack = _ECHO_EDGE if any(gate.has_echo for gate in self._gates.values()) else 0
            floor, said = self._floor.__getitem__, self._spoken.said
            newest = self._current.get
            self._encounters.append(
                Encounter(other, run, self._settings, floor, said, newest, slack, self._is_faint)
            )

    def _close(self, party: Party, span: Span) -> None:
        run = self._current.get(party)
        if run is None or not run.is_speaking:
            self._open(party, span.start)
            run = self._current[party]
        last = run.stretches[-1]
        last.end = max(last.start, span.end)

    # --- runs -> roles --------------------------------------------------------------------------------

    def _advance(self, now: int, known: int) -> Iterator[ConversationEvent]:
        self._spoken.now = now
        yield from self._pass_gates(known)
        for run in self._current.values():
            self._close_run(run, now)
        while self._undecided and (role := self._judge(self._undecided[0], now, known)) is not None:
            yield from self._settle(self._undecided.pop(0), role, known)
        for run in self._current.values():
            if run.role is Role.TURN:
                yield from self._tell_breaths(run)
        for encounter in self._encounters:
            yield from encounter.judge(known)
        self._encounters = [encounter for encounter in self._encounters if not encounter.is_over]
        self._end_turns(now)
        yield from self._tell_turns()

    def _judge(self, run: Run, now: int, known: int) -> Role | None:
        """The run's role, None while it cannot be known."""
        if run.speech(known) <= samples(self._settings.backchannel_s) and not run.is_closed:
            return None
        if run.speech(known) > samples(self._settings.backchannel_s):
            return Role.TURN
        return self._judge_short(run, now)

    def _judge_short(self, run: Run, now: int) -> Role | None:
        """Of a short run that is over: did the other have the floor, and go on?"""
        turn = self._turns.get(run.party.other)
        if turn is None or turn.start > run.start - samples(self._settings.simultaneous_s):
            return Role.TURN
        if turn.last.is_speaking:
            return Role.BACKCHANNEL
        end, stop = turn.last.until(now), run.until(now)
        if end >= stop + _GOES_ON:
            return Role.BACKCHANNEL
        for later in self._undecided:
            if later.party is run.party and later is not run:
                return Role.TURN  # the party goes on: that was no sign of listening
            if later.party is not run.party and later.start >= end:
                return Role.BACKCHANNEL if later.start - end < self._max_pause else Role.TURN
        if self._may_resume(run.party.other, end):
            return None
        if self._is_finished or now >= end + self._max_pause + _ANNOUNCED:
            return Role.TURN
        return None

    def _may_resume(self, party: Party, end: int) -> bool:
        """True where speech that is still in the gate may belong to the party's turn that paused at `end`."""
        pending = self._gates[party].pending_since
        return pending is not None and pending - end < self._max_pause

    def _settle(self, run: Run, role: Role, known: int) -> Iterator[ConversationEvent]:
        run.role = role
        if role is Role.BACKCHANNEL:
            yield Backchannel(party=run.party, span=run.span(known), holder=run.party.other)
        elif role is Role.TURN:
            yield from self._take_floor(run, known)

    # --- roles -> turns, pauses, gaps -----------------------------------------------------------------

    def _take_floor(self, run: Run, known: int) -> Iterator[ConversationEvent]:
        turn = self._turns.get(run.party)
        if turn is not None and self._continues(turn, run, known):
            end = turn.last.until(known)
            if end < run.start:
                yield Pause(party=run.party, span=Span(end, run.start))
            turn.last = run
        else:
            gap = self._gap_before(run, known)
            if gap is not None:
                yield gap
            if turn is not None:
                self._end_turn(turn)
            turn = self._turns[run.party] = _OpenTurn(run.party, run.start, run)
        run.turn_start = turn.start
        self._floor[run.party].extend(run.stretches)

    def _continues(self, turn: _OpenTurn, run: Run, known: int) -> bool:
        end = turn.last.until(known)
        if run.start - end >= self._max_pause or run.start - turn.start > samples(self._settings.max_turn_s):
            return False
        return not any(
            stretch.start < run.start and stretch.until(known) > end
            for stretch in self._floor[run.party.other]
        )

    def _gap_before(self, run: Run, known: int) -> Gap | None:
        """The silence since the other's turn, if the other spoke last and had finished."""
        theirs = [s.until(known) for s in self._floor[run.party.other] if s.start < run.start]
        mine = [s.until(known) for s in self._floor[run.party]]
        end = max(theirs, default=-1)
        if end < max(mine, default=0) or end >= run.start:
            return None
        return Gap(span=Span(end, run.start), before=run.party.other, after=run.party)

    def _tell_breaths(self, run: Run) -> Iterator[Pause]:
        for breath in run.breaths:
            yield Pause(party=run.party, span=breath)
        run.breaths.clear()

    def _end_turns(self, now: int) -> None:
        for turn in list(self._turns.values()):
            is_resumed = any(run.party is turn.party for run in self._undecided)
            if not turn.last.is_closed or is_resumed or self._may_resume(turn.party, turn.last.until(now)):
                continue
            if self._is_finished or now >= turn.last.until(now) + self._max_pause + _ANNOUNCED:
                self._end_turn(turn)
                del self._turns[turn.party]

    def _end_turn(self, turn: _OpenTurn) -> None:
        span = Span(turn.start, turn.last.until(turn.start))
        self._ended[turn.party].append(_EndedTurn(turn.party, span, self._describe(turn.party, span)))

    # --- words ----------------------------------------------------------------------------------------

    def _tell_turns(self) -> Iterator[Turn]:
        for party, ended in self._ended.items():
            while ended and not self._spoken.is_awaited(party, ended[0].span.end):
                turn = ended.popleft()
                text = self._spoken.take(party, turn.span, ended[0].span.start if ended else None)
                yield Turn(
                    party=turn.party,
                    span=turn.span,
                    text=text,
                    rate_syl_s=turn.description.rate_syl_s,
                    f0_median_st=turn.description.f0_median_st,
                    level_db=turn.description.level_db,
                )
