"""The geometry of the report's charts, in the units of an SVG 1100 wide; the template draws it.

A long call is cut into strips, each on a line of its own, so that a minute stays wide enough to read on
paper.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from monitor.core import events
from monitor.core.events import PartyName
from monitor.report.facts import PARTIES, AlertStory, CallFacts

WIDTH = 1100
LEFT = 78
RIGHT = 10
LANE_HEIGHT = 22
BAR_HEIGHT = 18
PANEL_HEIGHT = 92

_STRIP_S = 180.0
_ONE_STRIP_S = 240.0
"""A call up to this long is one strip."""

_BREAK_S = 0.45
"""Frames come every 100 ms of speech; a line breaks where the party was silent for longer."""

_POINTS = 1_000
"""More points than the drawing is wide are thinned by medians."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time as a rectangle."""

    x: float
    width: float
    row: int = 0
    kind: str = ""
    story: AlertStory | None = None
    number: int = 0
    interruption: events.InterruptionHeard | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """One party's line: an SVG path."""

    party: PartyName
    path: str
    area: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart over time with its own vertical scale."""

    name: str
    ticks: tuple[Tick, ...]
    zero: float | None
    curves: tuple[Curve, ...]
    levels: tuple[Tick, ...] = ()
    """Named lines across the chart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """A stretch of the call with all its charts one above the other."""

    start_s: float
    end_s: float
    ticks: tuple[Tick, ...]
    alerts: tuple[Bar, ...]
    alert_rows: int
    bands: tuple[Bar, ...]
    speech: dict[PartyName, tuple[Bar, ...]]
    backchannels: dict[PartyName, tuple[Bar, ...]]
    overlaps: tuple[Bar, ...]
    interruptions: tuple[Bar, ...]
    panels: tuple[Panel, ...]


@dataclass(slots=True)
class _Scale:
    """Call time within one strip to the drawing's x."""

    start_s: float
    end_s: float
    rows: list[float] = field(default_factory=list)

    def x(self, at_s: float) -> float:
        share = (at_s - self.start_s) / (self.end_s - self.start_s)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def bar(self, start_s: float, end_s: float, least: float = 1.0, **more: object) -> Bar | None:
        """The part of a stretch that lies in the strip; None where none does."""
        if end_s < self.start_s or start_s >= self.end_s:
            return None
        left, right = self.x(max(start_s, self.start_s)), self.x(min(end_s, self.end_s))
        return Bar(left, round(max(least, right - left), 1), **more)  # type: ignore[arg-type]

    def row(self, start_s: float, end_s: float) -> int:
        """The first row that is free from `start_s` on; takes it until `end_s`."""
        for index, taken_until in enumerate(self.rows):
            if start_s >= taken_until:
                self.rows[index] = end_s
                return index
        self.rows.append(end_s)
        return len(self.rows) - 1


def strips(facts: CallFacts) -> list[Strip]:
    """All strips of a call; none of a call without length."""
    duration_s = facts.duration_s
    if duration_s <= 0:
        return []
    length_s = duration_s if duration_s <= _ONE_STRIP_S else _STRIP_S
    count = max(1, round(duration_s / length_s + 0.49))
    edges = [(i * length_s, (i + 1) * length_s) for i in range(count) if i * length_s < duration_s]
    return [_strip(facts, _Scale(start_s, end_s)) for start_s, end_s in edges]


def _strip(facts: CallFacts, scale: _Scale) -> Strip:
    alerts = _alert_bars(facts, scale)
    return Strip(
        start_s=scale.start_s,
        end_s=min(scale.end_s, facts.duration_s),
        ticks=_time_ticks(scale),
        alerts=alerts,
        alert_rows=len(scale.rows),
        bands=_present(
            scale.bar(s.alert.raised_at_s, _end_of(facts, s), kind=s.alert.severity)
            for s in facts.alerts
            if s.alert.severity in ("critical", "high")
        ),
        speech={
            party: _present(scale.bar(start, end) for start, end in facts.speech[party]) for party in PARTIES
        },
        backchannels={
            party: _present(
                scale.bar(b.start_s, b.end_s, 4.0) for b in facts.backchannels if b.party == party
            )
            for party in PARTIES
        },
        overlaps=_present(
            scale.bar(o.start_s, o.end_s, 2.0) for o in facts.overlaps if o.kind == "competitive"
        ),
        interruptions=_present(
            scale.bar(i.start_s, i.end_s, 2.0, kind=i.by, interruption=i) for i in facts.interruptions
        ),
        panels=(
            _panel(facts, scale, "f0", lambda p: p.f0_st, (-6.0, 8.0), 4.0),
            _panel(facts, scale, "level", lambda p: p.level_db, (-9.0, 12.0), 6.0),
            _panel(facts, scale, "rate", lambda p: p.rate_syl_s, (1.0, 7.0), 2.0, zero=None),
            _heat_panel(facts, scale),
        ),
    )


def _end_of(facts: CallFacts, story: AlertStory) -> float:
    return facts.duration_s if story.cleared is None else story.cleared.cleared_at_s


def _alert_bars(facts: CallFacts, scale: _Scale) -> tuple[Bar, ...]:
    """Alerts from their raising to their clearing; those that would touch lie in rows."""
    room_s = 150 / (WIDTH - LEFT - RIGHT) * (scale.end_s - scale.start_s)  # a title needs so much
    bars: list[Bar] = []
    for number, story in enumerate(facts.alerts, start=1):
        start_s, end_s = story.alert.raised_at_s, _end_of(facts, story)
        if end_s < scale.start_s or start_s >= scale.end_s:
            continue
        row = scale.row(max(start_s, scale.start_s), max(end_s, max(start_s, scale.start_s) + room_s))
        bar = scale.bar(start_s, end_s, 4.0, row=row, kind=story.alert.severity, story=story, number=number)
        if bar is not None:
            bars.append(bar)
    return tuple(bars)


def _panel(
    facts: CallFacts,
    scale: _Scale,
    name: str,
    value: Callable[[events.Prosody], float | None],
    usual: tuple[float, float],
    step: float,
    zero: float | None = 0.0,
) -> Panel:
    """A chart of one quantity of both parties. The vertical scale is the same in all strips of a call."""
    known = sorted(v for party in PARTIES for p in facts.prosody[party] if (v := value(p)) is not None)
    low, high = usual
    if known:
        low, high = min(low, known[len(known) // 50]), max(high, known[-1 - len(known) // 50])

    def y(v: float) -> float:
        share = (min(max(v, low), high) - low) / (high - low)
        return round((1.0 - share) * PANEL_HEIGHT, 1)

    curves = []
    for party in PARTIES:
        points = [
            (p.at_s, v)
            for p in facts.prosody[party]
            if scale.start_s <= p.at_s < scale.end_s and (v := value(p)) is not None
        ]
        curves.append(Curve(party, _path(_smooth(_thinned(points)), scale, y)))
    first = int(low // step) + 1
    ticks = [v * step for v in range(first, int(high // step) + 1)]
    sign = "+" if zero is not None else ""
    return Panel(
        name,
        tuple(Tick(y(v), f"{v:{sign}.0f}" if v else "0") for v in ticks),
        None if zero is None else y(zero),
        tuple(curves),
    )


def _heat_panel(facts: CallFacts, scale: _Scale) -> Panel:
    """The caller's temper, 0 to 1, with the area under it."""

    def y(v: float) -> float:
        return round((1.0 - min(max(v, 0.0), 1.0)) * PANEL_HEIGHT, 1)

    points = [(t.t_s, t.score) for t in facts.temper if scale.start_s <= t.t_s < scale.end_s]
    line = _path(points, scale, y, break_s=6.0)
    area = ""
    if points:
        corners = [f"{scale.x(at)},{y(score)}" for at, score in points]
        area = (
            f"M{scale.x(points[0][0])},{PANEL_HEIGHT}L"
            + "L".join(corners)
            + f"L{scale.x(points[-1][0])},{PANEL_HEIGHT}Z"
        )
    ticks = tuple(Tick(y(v), f"{v * 100:.0f}%") for v in (0.0, 0.5, 1.0))
    return Panel("heat", ticks, None, (Curve("caller", line, area),))


def _thinned(points: Sequence[Point]) -> list[Point]:
    """At most `_POINTS` points: the median of each bin, so that peaks of one frame do not mislead."""
    size = -(-len(points) // _POINTS)
    if size <= 1:
        return list(points)
    bins = [points[i : i + size] for i in range(0, len(points), size)]
    return [(median(at for at, _ in b), median(v for _, v in b)) for b in bins]


def _smooth(points: Sequence[Point]) -> list[Point]:
    """Running median of five frames within a stretch of speech: half a second, about two syllables."""
    smoothed: list[Point] = []
    for index, (at, _) in enumerate(points):
        near = [v for t, v in points[max(0, index - 2) : index + 3] if abs(t - at) < _BREAK_S]
        smoothed.append((at, median(near)))
    return smoothed


def _path(
    points: Sequence[Point], scale: _Scale, y: Callable[[float], float], break_s: float = _BREAK_S
) -> str:
    """An SVG path; a lone point becomes a short dash, so that it is seen."""
    parts: list[str] = []
    before: float | None = None
    for index, (at, value) in enumerate(points):
        is_joined = before is not None and at - before <= break_s
        parts.append(f"{'L' if is_joined else 'M'}{scale.x(at)},{y(value)}")
        is_last = index + 1 == len(points) or points[index + 1][0] - at > break_s
        if not is_joined and is_last:
            parts.append("h1.5")
        before = at
    return "".join(parts)


def _time_ticks(scale: _Scale) -> tuple[Tick, ...]:
    """Marks at round times, seven to fourteen of them."""
    length_s = scale.end_s - scale.start_s
    step = next((s for s in (1, 2, 5, 10, 15, 30, 60) if length_s / s <= 14), 60)
    first = int(-(-scale.start_s // step)) * step
    times = range(first, int(scale.end_s) + 1, step)
    return tuple(Tick(scale.x(t), clock(t)) for t in times)


def clock(seconds: float) -> str:
    """Call time as minutes and seconds, with hours where there are any."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes = f"{rest // 60:02d}" if hours else str(rest // 60)
    return (f"{hours}:" if hours else "") + f"{minutes}:{rest % 60:02d}"


def _present(bars: object) -> tuple[Bar, ...]:
    return tuple(bar for bar in bars if bar is not None)  # type: ignore[attr-defined]
