"""Conditions that are plain questions to what is remembered of the call, or to how it is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from monitor.core.audio import Party
from monitor.core.clock import Span, samples, seconds
from monitor.core.facts import Evidence, TemperState
from monitor.core.playbook import conditions as rows
from monitor.core.playbook.leaves import (
    ASLEEP,
    AWAKE,
    FOREVER,
    NOTHING,
    SPEECH,
    TEMPER,
    Found,
    Moment,
    Node,
    Sleep,
)
from monitor.core.reading.context import CallContext, Note

_FRAMES_A_SECOND = 10
_OF_CALLER = frozenset({Note.COMPLAINT, Note.RELIEF})
"""Notes of what the caller says; all others are of the agent's words."""


class Check(Node):
    """A condition that is a plain question to the context or the memory."""

    def __init__(
        self,
        facet: str,
        ask: Callable[[Moment], Found | None],
        sleep: Callable[[Moment], Sleep] | None = None,
    ) -> None:
        """Without `sleep` it sleeps until its facet changes, and never where that is the clock."""
        self.facet = facet
        self._ask = ask
        self._sleep = sleep

    def sleep(self, moment: Moment) -> Sleep:
        """As it was told to."""
        if self._sleep is not None:
            return self._sleep(moment)
        return AWAKE if self.facet == "clock" else ASLEEP

    def found(self, moment: Moment) -> Found | None:
        """The answer."""
        return self._ask(moment)


def _measured(
    moment: Moment, feature: str, value: float, unit: str, name: str = "seconds_s", digits: int = 0
) -> Found:
    if moment.is_told:
        return NOTHING
    told = round(value, digits) if digits else round(value)
    return Found((), (Evidence(feature=feature, value=told, unit=unit),), {name: told})


def sounds(row: rows.SoundsLeaf, party: Party) -> Callable[[Moment], Found | None]:
    """The question of a party's voice against its own usual."""
    frames = round(row.sounds.for_s * _FRAMES_A_SECOND)
    features = {"rate_ratio": "rate_ratio", "level_db": "level_db", "f0_st": "f0_st"}
    shown = {"rate_ratio": ("rate_ratio", ""), "level_db": ("level", "dB"), "f0_st": ("f0", "st")}

    def ask(moment: Moment) -> Found | None:
        found = NOTHING
        for bound, limit in row.sounds.bounds.items():
            name, end = bound[:-4], bound[-3:]
            mean = moment.memory.mean_sound(party, features[name], frames)
            if mean is None or (mean < limit if end == "min" else mean > limit):
                return None
            feature, unit = shown[name]
            digits = 2 if name == "rate_ratio" else 1
            found = found.joined(
                Found((), (Evidence(feature=feature, value=round(mean, digits), unit=unit),))
            )
        return found

    return ask


def turn_longer(limit_s: float, party: Party) -> Callable[[Moment], Found | None]:
    """The question of how long the party's turn has lasted."""

    def ask(moment: Moment) -> Found | None:
        start = moment.memory.turn_start[party]
        if start is None or not moment.memory.activity.is_speaking(party):
            return None
        lasted_s = seconds(moment.now - start)
        if lasted_s <= limit_s:
            return None
        return Found(
            (Span(start, moment.now),),
            (Evidence(feature="turn_s", value=round(lasted_s), unit="s"),),
            {"seconds_s": round(lasted_s)},
        )

    return ask


def silent(row: rows.SilentLeaf) -> Callable[[Moment], Found | None]:
    """The question of how long the party, or both, have been silent."""

    def ask(moment: Moment) -> Found | None:
        since = moment.memory.quiet_since(row.who)
        if since is None or moment.now - since < samples(row.silent_for_s):
            return None
        return _measured(moment, "quiet", seconds(moment.now - since), "s")

    return ask


def silent_sleep(row: rows.SilentLeaf) -> Callable[[Moment], Sleep]:
    """The time until the silence is so long, if nobody breaks it."""
    limit = samples(row.silent_for_s)

    def sleep(moment: Moment) -> Sleep:
        since = moment.memory.quiet_since(row.who)
        return (FOREVER if since is None else since + limit), SPEECH

    return sleep


def reply_gap(limit_s: float, party: Party) -> Callable[[Moment], Found | None]:
    """The question of how long the other has waited for the party's reply."""
    limit = samples(limit_s)

    def ask(moment: Moment) -> Found | None:
        if moment.memory.activity.is_one_sided:
            return None
        since = moment.memory.quiet_since(None)
        other = moment.memory.last_speech_end(party.other)
        if since is None or other is None or other < since or moment.now - since < limit:
            return None
        return _measured(moment, "quiet", seconds(moment.now - since), "s")

    return ask


def reply_sleep(limit_s: float, party: Party) -> Callable[[Moment], Sleep]:
    """The time until the wait is so long, if nobody speaks."""
    limit = samples(limit_s)

    def sleep(moment: Moment) -> Sleep:
        since = moment.memory.quiet_since(None)
        other = moment.memory.last_speech_end(party.other)
        is_owed = since is not None and other is not None and other >= since
        return (since + limit if is_owed and since is not None else FOREVER), SPEECH

    return sleep


def unacknowledged(limit_s: float, party: Party) -> Callable[[Moment], Found | None]:
    """The question of how long the other has spoken without a sound of the party."""
    limit = samples(limit_s)

    def ask(moment: Moment) -> Found | None:
        if moment.memory.last_speech_end(party) is None:
            return None  # its line may bring no sound at all
        spoken = moment.memory.unacknowledged[party]
        if spoken < limit or not moment.memory.activity.is_speaking(party.other):
            return None
        return _measured(moment, "unheard", seconds(spoken), "s")

    return ask


def unacknowledged_sleep(limit_s: float, party: Party) -> Callable[[Moment], Sleep]:
    """The time until it can be so long at the earliest."""
    limit = samples(limit_s)

    def sleep(moment: Moment) -> Sleep:
        return moment.now + limit - moment.memory.unacknowledged[party], 0

    return sleep


def turn_sleep(limit_s: float, party: Party) -> Callable[[Moment], Sleep]:
    """The time until the turn is so long, if it goes on."""
    limit = samples(limit_s)

    def sleep(moment: Moment) -> Sleep:
        start = moment.memory.turn_start[party]
        if start is None or not moment.memory.activity.is_speaking(party):
            return FOREVER, SPEECH
        return start + limit, SPEECH

    return sleep


def spoken_sleep(least: int, party: Party) -> Callable[[Moment], Sleep]:
    """The time until the party has spoken for `least` samples at the earliest."""

    def sleep(moment: Moment) -> Sleep:
        return moment.now + least - moment.memory.spoken(party, moment.now), SPEECH

    return sleep


def talk_share(row: rows.TalkShareLeaf, party: Party) -> Callable[[Moment], Found | None]:
    """The question of the party's share of the talk."""

    window, enough = samples(row.within_s), samples(row.speech_s)

    def ask(moment: Moment) -> Found | None:
        start = moment.now - window
        own = moment.memory.spoken_within(party, start, moment.now)
        other = moment.memory.spoken_within(party.other, start, moment.now)
        if own + other < enough:
            return None
        share = own / (own + other)
        if row.talk_share_at_least is not None and share < row.talk_share_at_least:
            return None
        if row.talk_share_at_most is not None and share > row.talk_share_at_most:
            return None
        return _measured(moment, "talk_share", 100 * share, "%", "percent")

    return ask


def talk_sleep(row: rows.TalkShareLeaf, party: Party) -> Callable[[Moment], Sleep]:
    """The time until the share can be so at the earliest.

    In a time t own speech of the window can become less or more by t, the other's at the same time by as
    much the other way, and both together more by 2 t at most.
    """
    window, enough = samples(row.within_s), samples(row.speech_s)

    def sleep(moment: Moment) -> Sleep:
        start = moment.now - window
        own = moment.memory.spoken_within(party, start, moment.now)
        both = own + moment.memory.spoken_within(party.other, start, moment.now)
        wait = (enough - both) // 2
        if row.talk_share_at_least is not None:
            wait = max(wait, int(row.talk_share_at_least * both) - own - 1)
        if row.talk_share_at_most is not None:
            wait = max(wait, own - int(row.talk_share_at_most * both) - 1)
        return moment.now + wait, SPEECH

    return sleep


def temper(row: rows.TemperLeaf) -> Callable[[Moment], Found | None]:
    """The question of the caller's temper, and since when."""
    states = list(TemperState)
    least, most = row.temper_at_least, row.temper_at_most
    low = 0 if least is None else states.index(least)
    high = len(states) - 1 if most is None else states.index(most)
    let = frozenset(states[low : high + 1])

    def ask(moment: Moment) -> Found | None:
        if moment.context.temper not in let:
            return None
        held = moment.now - samples(row.for_s)
        since = [moment.memory.temper_since.get(least, moment.now)] if least is not None else []
        since += [moment.memory.calm_since.get(most, moment.now)] if most is not None else []
        if row.for_s and max(since) > held:
            return None
        return _measured(moment, "temper_score", 100 * moment.context.temper_score, "%", "score_percent")

    return ask


def temper_sleep(row: rows.TemperLeaf) -> Callable[[Moment], Sleep]:
    """Until the temper is another, where it is not what is asked for."""
    states = list(TemperState)
    low = 0 if row.temper_at_least is None else states.index(row.temper_at_least)
    high = len(states) - 1 if row.temper_at_most is None else states.index(row.temper_at_most)

    def sleep(moment: Moment) -> Sleep:
        is_in = low <= states.index(moment.context.temper) <= high
        return AWAKE if is_in else (FOREVER, TEMPER)

    return sleep


def noted_often(row: rows.NotedLeaf) -> Callable[[Moment], Found | None]:
    """The question of how much is in the call's books; that it is little is unknown of who is not heard."""
    least, most = row.at_least or 0, row.at_most

    def ask(moment: Moment) -> Found | None:
        count = noted(moment.context, row.noted)
        if count < least or (most is not None and (count > most or _is_unheard(row.noted, moment))):
            return None
        return NOTHING

    return ask


def noted_sleep(row: rows.NotedLeaf) -> Callable[[Moment], Sleep]:
    """Until the books change, or who writes in them is heard."""

    def sleep(moment: Moment) -> Sleep:
        return AWAKE if row.at_most is not None and _is_unheard(row.noted, moment) else ASLEEP

    return sleep


def _is_unheard(note: Note, moment: Moment) -> bool:
    party = Party.CALLER if note in _OF_CALLER else Party.AGENT
    return moment.memory.is_unheard(party, moment.now)


def noted(context: CallContext, note: Note) -> int:
    """How much the call's books have of it: promises and offers by what they are about, so that one told
    again is one; of the rest how often it was said."""
    match note:
        case Note.PROMISE:
            return len(context.promises)
        case Note.CONCESSION:
            return len(context.concessions)
        case _:
            return context.counts[note].total


FACETS: dict[str, Callable[[CallContext], Any]] = {
    "phase": lambda context: context.phase,
    "account": lambda context: context.has_account_ended,
    "temper": lambda context: context.temper,
    "types": lambda context: tuple(context.types.values()),
    "needs": lambda context: tuple(context.needs.values()),
    "slots": lambda context: len(context.slots),
    "complaint": lambda context: context.is_complaint,
    "risk": lambda context: context.risk,
    "noted": lambda context: tuple(noted(context, note) for note in Note),
}
"""What conditions look at in the context; a condition is asked again when its facet has changed."""
