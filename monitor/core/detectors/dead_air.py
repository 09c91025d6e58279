"""Nobody speaks, and nobody said why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from monitor.core.audio import Party
from monitor.core.clock import Span, samples, seconds
from monitor.core.detectors.base import Activity, rounded
from monitor.core.facts import (
    AlertEnded,
    AlertRaised,
    Evidence,
    Judgement,
    Severity,
    TimelineEvent,
    Words,
)
from monitor.core.playbook.matcher import Given, PhraseListener
from monitor.core.playbook.model import Phrases
from monitor.core.playbook.phrasebook import PhraseBook
from monitor.core.settings import DetectorSettings

_HOLD = Phrases(
    zh=(
        "(?:稍等|稍候|等候)(?!多久|了)",
        "请您?稍后(?!给|再|会)",
        "(?:请|您|麻烦您?|让您)等(?:一下|一等|我|片刻|会儿?)(?!再|给|回)",
        "等(?:我)?(?:一下|片刻|一会儿|一会(?!儿)|会儿)(?!再|给|回)",
        "在线(?:上)?等",
        "(?:我|帮您|给您|为您)(?:先)?(?:去)?(?:查|看|核实|确认|问|请示|咨询)一?下",
        "(?:一|两|几)分钟(?:时间)?(?:来)?(?:查|看|核实|确认)",
        "(?:给|帮|为)您转接",
        "(?:不要|别|不用)挂(?:断|机|电话)?",
        r"(?:大概|大约|要|得|就|约|差不多|转|等|用)(?:\d{1,2}|几|半)(?:来|多)?(?:秒|分)钟?(?!钟|前|到|后|送|内|以内)",
    ),
    en=(
        r"\b(?:please|can you|could you) hold\b",
        r"\bhold (?:on|the line|please|for|tight)\b",
        r"\b(?:hang on|stay on the line|right back)\b",
        r"\b(?:one|just a|just one|wait a|me a|allow a) (?:moment|second|sec|minute)\b",
        r"\ba (?:moment|second|sec|minute),? please\b",
        r"\bbear with me\b",
        r"\blet me (?:just |quickly )?"
        r"(?:check|look|see|pull|find|confirm|verify|bring|get|ask|transfer|connect)\b",
        r"\bi(?:'m| am) (?:just )?(?:checking|looking|pulling|transferring|connecting)\b",
        r"\b(?:put|place|putting|placing) you on (?:a )?(?:brief |quick |short )?hold\b",
        r"\bgive me (?:just )?(?:a|one|two)\b",
        r"\b(?:about|maybe|for|another|i'll be|i'll take|takes? me|takes? us) (?:about |just |only )?"
        r"(?:ten|fifteen|twenty|thirty|half a|a quarter of a|a few|a couple of|a|one|two) "
        r"(?:seconds?|secs?|minutes?|mins?)"
        r"\b(?! (?:ago|late|away|from))",
        r"\b(?:be|go|goes|going) (?:a bit |very |all )?quiet\b",
    ),
)
"""What an agent says before a silence that the caller then expects."""

_FETCHES = Phrases(
    zh=(
        "(?:等等|等一?下|等会儿?|稍等|等我)(?!不|了)",
        "(?:我|俺|容我|让我)(?:先|来|去)?(?:看看|看一下|找找|找一下|翻翻|翻一下|拿一下|去拿|记一下|试试|拿支?笔|戴个?眼镜)",
        "(?:在|正在)(?:转圈|加载|下载|重启|开机)",
    ),
    en=(
        r"\b(?:hang on|hold on|bear with me|two ticks)\b",
        r"\b(?:one|just a|just one|wait a|give me a|half a) (?:moment|second|sec|minute|mo|tick)\b",
        r"\blet me (?:just |go and |go )?(?:get|fetch|find|look|check|grab|see|dig|read)\b",
        r"\bi'll (?:just |go and |go )?(?:get|fetch|find|grab|dig out) (?:it|my|me|the|a|that)\b",
        r"\b(?:it's|still) (?:loading|thinking|spinning|starting up)\b|\bwaiting for it to\b",
    ),
)
"""What a caller says before a silence in which the caller looks for something: nobody needs to fill it."""

_HOLD_REACH = samples(10.0)
"""The silence may begin this long after the agent asked for it: the caller says yes, the agent thanks."""

_SHORT, _LONG = "", "long"


class DeadAir:
    """Measures the silence of both parties since the last word of either.

    At `dead_air_cue_s` the agent is told, by an alert that a supervisor need not heed; at
    `dead_air_alert_s` a second alert takes its place (its end says "escalated"). After the agent asked the
    caller to wait, or the caller went to look for something, both wait until `dead_air_hold_s`, and what was
    raised before those words came ends; without words nobody can know that, and a hold is dead air like any
    other. Ringing before the first word is not judged, nor is a line that brings one voice only.
    """

    rule = "dead_air"

    def __init__(self, settings: DetectorSettings) -> None:
        self._cue = samples(settings.dead_air_cue_s)
        self._alert = samples(settings.dead_air_alert_s)
        self._hold = samples(settings.dead_air_hold_s)
        self._activity = Activity()
        self._listeners = {
            Party.AGENT: PhraseListener(PhraseBook({"hold": _HOLD})),
            Party.CALLER: PhraseListener(PhraseBook({"hold": _FETCHES})),
        }
        self._hold_end: int | None = None
        """Where the latest words that excuse a silence ended."""
        self._open: str | None = None
        """The key of the open alert."""

    def on_event(self, event: TimelineEvent, now: int) -> Iterable[Judgement]:
        """Speech of either party ends the silence; words may excuse it."""
        self._activity.take(event)
        if isinstance(event, Words):
            self._note_hold(self._listeners[event.party].hear(event, now))
        if self._open is not None and self._activity.silent_since is None:
            yield AlertEnded(rule=self.rule, key=self._open, reason="speech")
            self._open = None

    def on_tick(self, now: int) -> Iterable[Judgement]:
        """Judges the silence so far."""
        for listener in self._listeners.values():
            self._note_hold(listener.settle(now))
        since = self._activity.silent_since
        if since is None or self._activity.is_one_sided:
            return
        allowed = self._hold if self._is_excused(since) else 0
        silence = now - since
        if self._open is not None and silence < allowed:
            # The words that asked for the silence came late.
            yield AlertEnded(rule=self.rule, key=self._open, reason="hold")
            self._open = None
        elif silence >= max(self._alert, allowed):
            yield from self._raise(_LONG, since, now)
        elif silence >= max(self._cue, allowed):
            yield from self._raise(_SHORT, since, now)

    def _raise(self, key: str, since: int, now: int) -> Iterator[Judgement]:
        if self._open == key or self._open == _LONG:
            return
        if self._open is not None:
            yield AlertEnded(rule=self.rule, key=self._open, reason="escalated")
        self._open = key
        silence_s = rounded(seconds(now - since))
        yield AlertRaised(
            rule=self.rule,
            party=None,
            about=Span(since, now),
            evidence=(Evidence(feature="silence", value=silence_s, unit="s"),),
            values={"seconds_s": silence_s},
            key=key,
            severity=Severity.INFO if key == _SHORT else None,
        )

    def _note_hold(self, found: Iterable[Given]) -> None:
        for _, words, _ in found:
            self._hold_end = max(self._hold_end or 0, words[-1].span.end)

    def _is_excused(self, since: int) -> bool:
        return self._hold_end is not None and since - self._hold_end <= _HOLD_REACH
