"""Records to judge again, made from what is left of a call: its events, or a transcript.

They are near the call's own record, not equal to it: events are rounded, and a transcript has no sound, so
speech is as long as its words take. Detectors judge such a record anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import count

from monitor.core import events, facts
from monitor.core.audio import Party
from monitor.core.clock import BLOCK_SAMPLES, Span, samples
from monitor.core.facts import Evidence, TemperState, TimelineEvent, Word
from monitor.core.rejudge import FactTold, Finished, Record, Ticked

PARTIES = {
    "agent": Party.AGENT,
    "a": Party.AGENT,
    "坐席": Party.AGENT,
    "客服": Party.AGENT,
    "caller": Party.CALLER,
    "customer": Party.CALLER,
    "c": Party.CALLER,
    "客户": Party.CALLER,
    "顾客": Party.CALLER,
}
"""How a transcript may call a party."""

_LINE = re.compile(
    r"^\s*(?:[\[(]?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)[\])]?\s+)?([^\s:：]{1,12})\s*[:：]\s*(.+?)\s*$"
)
_TOKEN = re.compile(r"[㐀-鿿][^㐀-鿿A-Za-z0-9]*|\s*[A-Za-z0-9'’%]+[^\s㐀-鿿A-Za-z0-9]*")
_HAN = re.compile("[㐀-鿿]")
_TOKEN_S = {True: 0.22, False: 0.35}
"""How long a character of Mandarin and an English word take."""
_GAP_S = 0.6
_WORDS_LATE_S = 0.6
_TURN_OVER_S = 1.2


class TranscriptError(ValueError):
    """A line of a transcript does not say who speaks; `line` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(
            f"line {line} is not `agent: words` or `caller: words`, with or without a time [0:12]"
        )
        self.line = line


def of_transcript(text: str) -> list[Record]:
    """The record of a conversation of lines `agent: words`, each with or without a time before it.

    Empty lines and lines that begin with # are passed over.

    Raises:
        TranscriptError: a line is of another form.
    """
    told: list[tuple[int, int, TimelineEvent]] = []
    order, utterances = count(), count(1)
    now = samples(1.0)
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.match(line)
        party = PARTIES.get(found[4].lower()) if found else None
        if found is None or party is None:
            raise TranscriptError(number)
        if found[2] is not None:
            at_s = 3600 * int(found[1] or 0) + 60 * int(found[2]) + float(found[3])
            now = max(now - samples(_GAP_S), samples(at_s))
        end = now
        for at, fact in _utterance(party, found[5], now, next(utterances)):
            told.append((at, next(order), fact))
            end = max(end, at - samples(_TURN_OVER_S))
        now = end + samples(_GAP_S)
    return list(_ticked((at, fact) for at, _, fact in sorted(told, key=lambda one: one[:2])))


def _utterance(party: Party, text: str, start: int, number: int) -> Iterator[tuple[int, TimelineEvent]]:
    is_han = _HAN.search(text) is not None
    words, at = [], start
    for token in _TOKEN.findall(text):
        end = at + samples(_TOKEN_S[_HAN.match(token) is not None])
        words.append(Word(party=party, span=Span(at, end), text=token, probability=1.0))
        at = end
    if not words:
        return
    span = Span(start, at)
    yield start, facts.SpeechStarted(party=party, at=start)
    yield at, facts.Ipu(party=party, span=span)
    language = "zh" if is_han else "en"
    said = facts.Words(party=party, words=tuple(words), language=language, utterance=number)
    yield at + samples(_WORDS_LATE_S), said
    turn = facts.Turn(party=party, span=span, text=text, rate_syl_s=None, f0_median_st=None, level_db=None)
    yield at + samples(_TURN_OVER_S), turn


def of_events(told: Iterable[events.Event]) -> Iterator[Record]:
    """The record of a call from its events, in their order."""
    yield from _ticked((samples(event.t_s), fact) for event in told for fact in _facts(event))


def _ticked(told: Iterable[tuple[int, TimelineEvent]]) -> Iterator[Record]:
    """Facts with the time that passes between them; a call's end waits for what is still open."""
    now = 0
    for at, fact in told:
        while now + BLOCK_SAMPLES <= at - BLOCK_SAMPLES:
            now += BLOCK_SAMPLES
            yield Ticked(now)
        yield FactTold(now + BLOCK_SAMPLES, fact)
    for _ in range(30):
        now += BLOCK_SAMPLES
        yield Ticked(now)
    yield Finished(now)


def _party(name: str) -> Party:
    return Party.AGENT if name == "agent" else Party.CALLER


def _span(event: object) -> Span:
    start_s, end_s = getattr(event, "start_s", 0.0), getattr(event, "end_s", None)
    return Span(samples(start_s), samples(start_s if end_s is None else end_s))


def _facts(event: events.Event) -> Iterator[TimelineEvent]:
    match event:
        case events.Speaking():
            party = _party(event.party)
            if event.is_speaking:
                yield facts.SpeechStarted(party=party, at=samples(event.start_s))
            else:
                yield facts.Ipu(party=party, span=_span(event))
        case events.WordsCommitted():
            yield _words(event)
        case events.Prosody():
            yield _prosody(event)
        case events.TurnEnded():
            yield facts.Turn(
                party=_party(event.party),
                span=_span(event),
                text=event.text,
                rate_syl_s=event.rate_syl_s,
                f0_median_st=event.f0_median_st,
                level_db=event.level_db,
            )
        case events.InterruptionHeard():
            by, of = _party(event.by), _party(event.of)
            yield facts.InterruptionBegan(at=samples(event.start_s), by=by, of=of)
            yield facts.Interruption(span=_span(event), by=by, of=of, is_yielded=event.yielded)
        case events.Temper():
            yield facts.TemperReading(
                at=samples(event.t_s),
                score=event.score,
                state=TemperState(event.state),
                evidence=tuple(
                    Evidence(
                        feature=one.feature, value=one.value, unit=one.unit, contribution=one.contribution
                    )
                    for one in event.evidence
                ),
            )
        case _:
            yield from _silences(event)


def _silences(event: events.Event) -> Iterator[TimelineEvent]:
    match event:
        case events.PauseHeard():
            yield facts.Pause(party=_party(event.party), span=_span(event))
        case events.GapHeard():
            yield facts.Gap(span=_span(event), before=_party(event.before), after=_party(event.after))
        case events.OverlapHeard():
            holder = None if event.holder is None else _party(event.holder)
            yield facts.Overlap(span=_span(event), holder=holder, kind=event.kind)
        case events.BackchannelHeard():
            yield facts.Backchannel(party=_party(event.party), span=_span(event), holder=_party(event.holder))
        case _:
            pass


def _words(event: events.WordsCommitted) -> TimelineEvent:
    party = _party(event.party)
    words = tuple(
        Word(party=party, span=_span(word), text=word.text, probability=word.probability)
        for word in event.words
    )
    return facts.Words(party=party, words=words, language=event.language, utterance=event.utterance)


def _prosody(event: events.Prosody) -> TimelineEvent:
    return facts.ProsodyFrame(
        party=_party(event.party),
        at=samples(event.at_s),
        f0_hz=event.f0_hz,
        f0_st=event.f0_st,
        level_dbfs=event.level_dbfs,
        level_db=event.level_db,
        voicing=event.voicing,
        rate_syl_s=event.rate_syl_s,
        rate_ratio=event.rate_ratio,
        alpha_db=event.alpha_db,
        alpha_delta_db=None,
        confidence=event.confidence,
    )
