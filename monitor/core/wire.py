"""Facts, in samples, as events, in seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict

from monitor.core import events, facts
from monitor.core.audio import Party
from monitor.core.clock import Span, seconds
from monitor.core.prosody.words import words_per_min


def to_event(fact: facts.TimelineEvent, now: int) -> events.Event:
    """The event that tells `fact`, known at `now`.

    `TemperReading` is not among them: its evidence needs the rulebook's words (`CallSession` tells it).
    """
    make = _MAKERS[type(fact)]
    return make(fact, seconds(now))


def partial_event(fact: facts.PartialText, now: int) -> events.Event:
    """Words that are not committed yet, known at `now`."""
    return events.Partial(
        t_s=seconds(now),
        party=party_name(fact.party),
        utterance=fact.utterance,
        text=fact.text,
        **_bounds(fact.span),
    )


def party_name(party: Party) -> events.PartyName:
    """The party as the wire writes it."""
    return "agent" if party is Party.AGENT else "caller"


class _Bounds(TypedDict):
    start_s: float
    end_s: float


def _bounds(span: Span) -> _Bounds:
    return {"start_s": seconds(span.start), "end_s": seconds(span.end)}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _speech_started(fact: facts.SpeechStarted, t_s: float) -> events.Event:
    return events.Speaking(
        t_s=t_s, party=party_name(fact.party), is_speaking=True, start_s=seconds(fact.at), end_s=None
    )


def _ipu(fact: facts.Ipu, t_s: float) -> events.Event:
    return events.Speaking(t_s=t_s, party=party_name(fact.party), is_speaking=False, **_bounds(fact.span))


def _words(fact: facts.Words, t_s: float) -> events.Event:
    return events.WordsCommitted(
        t_s=t_s,
        party=party_name(fact.party),
        utterance=fact.utterance,
        text=fact.text,
        language=fact.language,
        words=[
            events.WordItem(text=word.text, probability=round(word.probability, 3), **_bounds(word.span))
            for word in fact.words
        ],
        **_bounds(fact.span),
    )


def _prosody(fact: facts.ProsodyFrame, t_s: float) -> events.Event:
    return events.Prosody(
        t_s=t_s,
        party=party_name(fact.party),
        at_s=seconds(fact.at),
        f0_hz=_rounded(fact.f0_hz, 1),
        f0_st=_rounded(fact.f0_st, 2),
        level_dbfs=round(fact.level_dbfs, 1),
        level_db=_rounded(fact.level_db, 1),
        rate_syl_s=_rounded(fact.rate_syl_s, 2),
        rate_ratio=_rounded(fact.rate_ratio, 3),
        alpha_db=_rounded(fact.alpha_db, 1),
        voicing=round(fact.voicing, 2),
        confidence=round(fact.confidence, 2),
        rate_10s_syl_s=_rounded(fact.rate_10s_syl_s, 2),
        tilt_db_octave=_rounded(fact.tilt_db_octave, 1),
        hammarberg_db=_rounded(fact.hammarberg_db, 1),
        harmonicity_db=_rounded(fact.harmonicity_db, 1),
        level_confidence=round(fact.level_confidence, 2),
    )


def _turn(fact: facts.Turn, t_s: float) -> events.Event:
    return events.TurnEnded(
        t_s=t_s,
        party=party_name(fact.party),
        text=fact.text,
        rate_syl_s=_rounded(fact.rate_syl_s, 2),
        f0_median_st=_rounded(fact.f0_median_st, 2),
        level_db=_rounded(fact.level_db, 1),
        words_per_min=_rounded(words_per_min(fact.text, seconds(fact.span.length)), 0),
        **_bounds(fact.span),
    )


def _pause(fact: facts.Pause, t_s: float) -> events.Event:
    return events.PauseHeard(t_s=t_s, party=party_name(fact.party), **_bounds(fact.span))


def _gap(fact: facts.Gap, t_s: float) -> events.Event:
    return events.GapHeard(
        t_s=t_s, before=party_name(fact.before), after=party_name(fact.after), **_bounds(fact.span)
    )


def _overlap(fact: facts.Overlap, t_s: float) -> events.Event:
    holder = None if fact.holder is None else party_name(fact.holder)
    return events.OverlapHeard(t_s=t_s, holder=holder, kind=fact.kind, **_bounds(fact.span))


def _backchannel(fact: facts.Backchannel, t_s: float) -> events.Event:
    return events.BackchannelHeard(
        t_s=t_s, party=party_name(fact.party), holder=party_name(fact.holder), **_bounds(fact.span)
    )


def _interruption(fact: facts.Interruption, t_s: float) -> events.Event:
    return events.InterruptionHeard(
        t_s=t_s,
        by=party_name(fact.by),
        of=party_name(fact.of),
        yielded=fact.is_yielded,
        **_bounds(fact.span),
    )


_MAKERS: dict[type, Callable[[Any, float], events.Event]] = {
    facts.SpeechStarted: _speech_started,
    facts.Ipu: _ipu,
    facts.Words: _words,
    facts.ProsodyFrame: _prosody,
    facts.Turn: _turn,
    facts.Pause: _pause,
    facts.Gap: _gap,
    facts.Overlap: _overlap,
    facts.Backchannel: _backchannel,
    facts.Interruption: _interruption,
}
