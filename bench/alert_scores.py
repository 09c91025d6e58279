"""What composed calls' events are worth against their truth: counts, shares with intervals, rates an hour."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from bench.composer.stage import Composed, Meeting, Said
from monitor.core import events
from monitor.core.audio import Party, Pcm
from monitor.core.events import Event

_NEAR_S = 0.7
"""An interruption that is told to begin this far from the truth is the same one."""
_EDGE_S = 0.2
"""Edges of speech are told about so exactly."""
_AFTER_S = 2.0
"""An alert of heat may come this long after its last word."""
_FALSE_AFTER_S = 8.0
"""An acted mood explains what is told of the voice up to this long after."""

_HOP = 1_600
_Levels = npt.NDArray[np.float64]

Judge = Literal["product", "published rules", "6 dB louder"]
JUDGES: tuple[Judge, ...] = ("product", "published rules", "6 dB louder")
"""Of heat: Tingyin as set, Tingyin with `temper.model = "rules"`, and a plain reference."""


@dataclass(frozen=True, slots=True)
class Cut:
    """An interruption as somebody tells it."""

    by: Party
    start_s: float
    end_s: float
    is_yielded: bool


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert; `cleared_s` is None where the call's end cleared it."""

    rule: str
    party: str | None
    raised_s: float
    cleared_s: float | None


@dataclass(slots=True)
class Outcome:
    """A call, its truth, what the product told and what the plain reference tells."""

    name: str
    scenario: str
    length_s: float
    said: list[Said]
    meetings: list[Meeting]
    silences: list[tuple[float, float]]
    heat: list[tuple[float, float]]
    has_leak: bool
    caller: str
    cuts: list[Cut]
    alerts: list[Raised]
    overlaps: list[events.OverlapHeard]
    is_sound: bool
    """No event holds a number that is none."""
    plain_cuts: list[Cut] = field(default_factory=list)
    plain_hot_s: list[float] = field(default_factory=list)
    rule_hot: list[Raised] = field(default_factory=list)
    """The alerts of heat where published rules judge instead of the trained ear."""

    def spoken_s(self, party: Party, start_s: float, end_s: float) -> float:
        """Seconds of the party's speech within a stretch."""
        return sum(
            max(0.0, min(item.end_s, end_s) - max(item.start_s, start_s))
            for item in self.said
            if item.party is party
        )


def outcome(call: Composed, told: Sequence[Event], by_rules: Sequence[Event] = ()) -> Outcome:
    """Takes what matters of a call's events, and of those where published rules judge the temper."""
    return Outcome(
        name=call.name,
        scenario=call.scenario,
        length_s=call.length_s,
        said=call.said,
        meetings=call.meetings,
        silences=call.silences,
        heat=call.stretches("anger"),
        has_leak=call.has_leak,
        caller=call.speakers[Party.CALLER],
        cuts=cuts(told),
        alerts=alerts(told),
        overlaps=[event for event in told if isinstance(event, events.OverlapHeard)],
        is_sound=not any(b"NaN" in line or b"nan" in line for line in map(events.encode, told)),
        plain_cuts=plain_cuts(call.sound),
        plain_hot_s=plain_hot(call.sound[Party.CALLER]),
        rule_hot=[alert for alert in alerts(by_rules) if alert.rule == "hot_temper"],
    )


def cuts(told: Iterable[Event]) -> list[Cut]:
    """The interruptions that were told."""
    return [
        Cut(Party(event.by), event.start_s, event.end_s, event.yielded)
        for event in told
        if isinstance(event, events.InterruptionHeard)
    ]


def alerts(told: Iterable[Event]) -> list[Raised]:
    """The alerts that were told, with their ends."""
    told = list(told)
    ended = {
        event.id: None if event.reason == "call_ended" else event.cleared_at_s
        for event in told
        if isinstance(event, events.AlertCleared)
    }
    return [
        Raised(event.rule, event.party, event.raised_at_s, ended.get(event.id))
        for event in told
        if isinstance(event, events.Alert)
    ]


# --- plain references ------------------------------------------------------------------------------------


def plain_cuts(sound: dict[Party, Pcm], least_s: float = 0.8) -> list[Cut]:
    """Both parties loud at once for 0.8 s: who became loud later has cut in."""
    loud = {party: _loud(levels(pcm)) for party, pcm in sound.items()}
    both = loud[Party.AGENT] & loud[Party.CALLER]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], both, [False]]).astype(np.int8)))
    found = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if (end - start) * 0.1 < least_s:
            continue
        since = {p: int(start - np.argmin(loud[p][: start + 1][::-1])) for p in Party}
        by = max(Party, key=lambda party: since[party])
        after = loud[by.other][end : end + 5]
        found.append(Cut(by, start * 0.1, end * 0.1, not after.any()))
    return found


def plain_hot(pcm: Pcm, by_db: float = 6.0) -> list[float]:
    """Louder than usual by 6 dB over 3 s of speech, after 5 s of speech; times at which that begins."""
    level_db = levels(pcm)
    loud = np.flatnonzero(_loud(level_db))
    heard, found, is_open = [], [], False
    for block in loud:
        heard.append(level_db[block])
        if len(heard) < 50:
            continue
        usual = float(np.median(heard[:200]))
        is_louder = float(np.median(heard[-30:])) >= usual + by_db
        if is_louder and not is_open:
            found.append(float(block + 1) * 0.1)
        is_open = is_louder
    return found


def levels(pcm: Pcm) -> _Levels:
    """RMS level in dBFS every 100 ms."""
    whole = len(pcm) // _HOP * _HOP
    power = np.square(pcm[:whole].astype(np.float64)).reshape(-1, _HOP).mean(axis=1)
    found: _Levels = 10.0 * np.log10(power + 1e-12)
    return found


def _loud(level_db: _Levels) -> npt.NDArray[np.bool_]:
    """Within 20 dB of the loudest twentieth of the channel, dips of up to 0.3 s filled as a word's own."""
    loud = level_db > max(float(np.quantile(level_db, 0.95)) - 20.0, -60.0)
    blocks = np.flatnonzero(loud)
    for before, after in pairwise(blocks):
        loud[before:after] |= after - before <= 4
    return loud


# --- interruptions -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class CutScore:
    """Interruptions found and missed by kind, and what was told wrongly, by what it was."""

    found: Counter[str] = field(default_factory=Counter)
    all: Counter[str] = field(default_factory=Counter)
    told: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    """Meetings of another kind that were told as interruptions."""
    yielded_right: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def right(self) -> int:
        """Told and true."""
        return self.found["all"]


def score_cuts(outcomes: Iterable[Outcome], *, is_plain: bool = False) -> CutScore:
    """Matches what was told with what was composed."""
    score = CutScore()
    for call in outcomes:
        _score_call(call, call.plain_cuts if is_plain else call.cuts, score)
    return score


def _score_call(call: Outcome, told: list[Cut], score: CutScore) -> None:
    left = list(told)
    score.told += len(told)
    for meeting in call.meetings:
        is_cut = meeting.kind == "interruption"
        names = ("all", meeting.detail, f"by {meeting.by}") if is_cut else (meeting.kind,)
        score.all.update(names)
        near = [cut for cut in left if _is_near(cut, meeting)]
        if is_cut:
            right = [cut for cut in near if cut.by is meeting.by]
            if right:
                score.found.update(names)
                score.yielded_right += right[0].is_yielded == meeting.is_yielded
                left.remove(right[0])
                near.remove(right[0])
            else:
                score.notes.append(f"missed: {call.name} {meeting.start_s:.1f} {meeting.detail}")
            for cut in near:
                score.wrong["told twice" if cut.by is meeting.by else "wrong way"] += 1
                score.notes.append(f"extra: {call.name} {cut.start_s:.1f} {meeting.detail} by {cut.by}")
                left.remove(cut)
        elif near:
            score.flagged[meeting.kind] += 1
            score.wrong[meeting.kind] += len(near)
            score.notes.append(f"false: {call.name} {near[0].start_s:.1f} {meeting.kind} {meeting.detail}")
            left = [cut for cut in left if cut not in near]
    score.wrong["elsewhere"] += len(left)
    score.notes.extend(
        f"elsewhere: {call.name} {cut.start_s:.1f}-{cut.end_s:.1f} by {cut.by}" for cut in left
    )


def _is_near(cut: Cut, meeting: Meeting) -> bool:
    return cut.start_s < meeting.end_s + _NEAR_S and cut.end_s > meeting.start_s - _NEAR_S


def told_as(outcomes: Iterable[Outcome]) -> dict[str, Counter[str]]:
    """What each kind of meeting was told as: the kind of the overlap that it shares most time with."""
    found: dict[str, Counter[str]] = {}
    for call in outcomes:
        for meeting in call.meetings:
            shared = [
                (min(o.end_s, meeting.end_s + _EDGE_S) - max(o.start_s, meeting.start_s - _EDGE_S), o.kind)
                for o in call.overlaps
            ]
            most_s, kind = max(shared, default=(0.0, ""))
            name = f"{meeting.kind}, {meeting.detail}" if meeting.detail else meeting.kind
            found.setdefault(name, Counter())[kind if most_s > 0.0 else "no overlap"] += 1
    return found


# --- heat ---------------------------------------------------------------------------------


@dataclass(slots=True)
class HeatScore:
    """Stretches of heat, and when they were found."""

    stretches: int = 0
    delays_s: list[float] = field(default_factory=list)
    """In call time."""
    speech_s: list[float] = field(default_factory=list)
    """In seconds of the caller's hot speech."""
    cleared_s: list[float] = field(default_factory=list)
    """After the last hot word."""
    calm_s: list[float] = field(default_factory=list)
    """In seconds of the caller's speech since then: a silent caller shows no calm."""
    kept_open: int = 0
    missed: list[str] = field(default_factory=list)


def score_heat(outcomes: Iterable[Outcome], who: Judge = "product") -> HeatScore:
    """Each stretch of heat with the first alert within it."""
    score = HeatScore()
    for call in outcomes:
        for start_s, end_s in call.heat:
            score.stretches += 1
            found = [a for a in hot(call, who) if start_s <= a.raised_s <= end_s + _AFTER_S]
            if not found:
                score.missed.append(f"{call.name} ({call.caller})")
                continue
            score.delays_s.append(found[0].raised_s - start_s)
            score.speech_s.append(call.spoken_s(Party.CALLER, start_s, found[0].raised_s))
            last = found[-1].cleared_s
            if last is None:
                score.kept_open += 1
            else:
                score.cleared_s.append(last - end_s)
                score.calm_s.append(call.spoken_s(Party.CALLER, end_s, last))
    return score


def hot(call: Outcome, who: Judge = "product") -> list[Raised]:
    """The alerts of heat, of the product, of it with published rules, or of the plain reference."""
    if who == "6 dB louder":
        return [Raised("hot_temper", "caller", at_s, at_s) for at_s in call.plain_hot_s]
    if who == "published rules":
        return call.rule_hot
    return [alert for alert in call.alerts if alert.rule == "hot_temper"]


def false_hot(call: Outcome, who: Judge = "product") -> int:
    """Alerts of heat where there is none."""
    return sum(
        not any(start_s <= alert.raised_s <= end_s + _AFTER_S for start_s, end_s in call.heat)
        for alert in hot(call, who)
    )


def cool_s(call: Outcome) -> float:
    """Seconds of call without heat."""
    return call.length_s - sum(end_s - start_s for start_s, end_s in call.heat)


# --- behaviour ---------------------------------------------------------------------------------


def false_alerts(call: Outcome) -> Iterator[Raised]:
    """Alerts of behaviour that the truth denies, where it can: heat and interruptions are judged apart."""
    for alert in call.alerts:
        if alert.rule == "dead_air":
            is_true = any(start_s + 7.0 <= alert.raised_s <= end_s + 1.0 for start_s, end_s in call.silences)
        elif alert.rule == "talk_share":
            party = Party(alert.party or "agent")
            since_s = max(0.0, alert.raised_s - 180.0)
            mine, theirs = (call.spoken_s(p, since_s, alert.raised_s) for p in (party, party.other))
            is_true = mine >= 0.66 * (mine + theirs)
        elif alert.rule in ("interruption", "not_letting_speak"):
            is_true = any(
                meeting.kind == "interruption" and meeting.start_s <= alert.raised_s <= meeting.end_s + 60.0
                for meeting in call.meetings
            )
        elif alert.rule in ("raised_voice", "fast_pace", "slow_pace"):
            # What an acted mood does to a voice is no false alarm of loudness or pace.
            is_true = alert.party == "caller" and any(
                item.party is Party.CALLER
                and item.mood != "usual"
                and item.start_s <= alert.raised_s <= item.end_s + _FALSE_AFTER_S
                for item in call.said
            )
        else:
            continue
        if not is_true:
            yield alert


# --- intervals ---------------------------------------------------------------------------------


def share(right: int, of: int) -> str:
    """A share with Wilson's 95 % interval."""
    if of == 0:
        return "-"
    z, p = 1.96, right / of
    middle = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return f"{right}/{of} = {p:.2f} ({max(0.0, middle - half):.2f}-{min(1.0, middle + half):.2f})"


def rate(count: int, seconds_: float) -> str:
    """A rate an hour with its exact Poisson 95 % interval."""
    if seconds_ <= 0:
        return "-"
    hours = seconds_ / 3600.0
    low = chi2.ppf(0.025, 2 * count) / 2 / hours if count else 0.0
    high = chi2.ppf(0.975, 2 * count + 2) / 2 / hours
    return f"{count} in {seconds_ / 60:.0f} min = {count / hours:.1f} an hour ({low:.1f}-{high:.1f})"
