"""Alerts -> the one line on the agent's screen, and when it goes away."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from monitor.core.alerts import CALL_ENDED, ESCALATED, MOMENT_OVER, SAID, AlertEvent
from monitor.core.audio import Party
from monitor.core.clock import samples, seconds
from monitor.core.detectors.base import Activity
from monitor.core.events import Alert, AlertCleared, Cue, CueCleared, Stretch, Text
from monitor.core.facts import ProsodyFrame, Said, Severity, TimelineEvent
from monitor.core.inputs import CueAnswer
from monitor.core.playbook.listener import CLEARS
from monitor.core.playbook.model import CueText, RuleBook, Sentence
from monitor.core.settings import CueSettings

CueEvent = Cue | CueCleared
ClearReason = Literal["done", "replaced", "expired", "ended", "dismissed", "not_helpful", "paused"]
Outcome = Literal["", "done", "ignored", "dismissed", "not_helpful"]

OUTCOMES: dict[ClearReason, Outcome] = {
    "done": "done",
    "expired": "ignored",
    "dismissed": "dismissed",
    "not_helpful": "not_helpful",
    "replaced": "",
    "ended": "",
    "paused": "",
}
"""What became of a cue, by why it went; nothing where it went before the agent had its chance."""

_FRAME_S = 0.1
_RANKS = {str(severity): severity.rank for severity in Severity}

_NOBODY_S_DOING = frozenset({CALL_ENDED, MOMENT_OVER, "quiet", "rule_changed"})
"""Ends of alerts that show no change of behaviour: the call is over, time passed, nobody spoke any more."""

CLEARS_WHEN: dict[str, Text] = {
    "alert_ends": Text(zh="情况恢复正常时消失", en="goes when things are back to normal"),
    "agent_says": Text(zh="您这样说了就消失", en="goes when you have said so"),
    "agent_listens": Text(zh="您让客户说话时消失", en="goes when you let the caller speak"),
    "agent_speaks": Text(zh="您开口就消失", en="goes when you speak"),
    "agent_slows": Text(zh="您放慢语速就消失", en="goes when you slow down"),
}
"""What makes a cue go away, in words."""


@dataclass(slots=True)
class _Waiting:
    """A cue that would be shown if the screen were free."""

    alert: Alert
    text: CueText
    since: int
    """From when on it may be shown."""
    is_sure: bool
    """Whether it may be shown although nothing else speaks for it."""


@dataclass(frozen=True, slots=True)
class _Sign:
    """An alert as a sign that something is amiss, which lets another rule's cue be believed."""

    about: Stretch
    at: int
    is_heard: bool
    """Whether it rests on words."""

    def speaks_for(self, alert: Alert) -> bool:
        """Whether it is not the same words once more."""
        mine, other = self.about, alert.about
        return not self.is_heard or mine.end_s <= other.start_s or other.end_s <= mine.start_s


@dataclass(slots=True)
class _Shown:
    """The cue on the screen, and what the agent has done about it."""

    id: str
    alert: Alert
    text: CueText
    since: int
    listened: int = 0
    """Samples of caller's speech, agent silent, since it was shown."""
    slow: int = 0
    """Frames in a row of agent's speech at the usual pace."""
    is_said: bool = False


class CueDesk:
    """Chooses the cue that the agent sees.

    At most one is on the screen: of those that wait the most severe, then the freshest. A cue is withheld
    while the agent speaks, unless it is critical or urgent, and for `between_s` after the last one went,
    unless it is severe and more so than that one; one that could not be shown within `stale_s` is forgotten.
    Words are read by patterns, and a pattern alone is too often wrong to trouble an agent with: the cue of a
    rule that rests on words waits for a second sign, an alert of another rule about other words within
    `second_sign_s`. What is measured (who speaks, for how long, how loud) stands alone.
    What the caller said the agent may answer of their own accord for `grace_s`: then there is no cue.
    Few cues help and many nag, so that there are rests for the same rule and the same topic, and a most
    within some minutes; critical ones alone go over the latter two. It is replaced only by a more severe one.
    It goes as `done` when the agent does what it asks, as `ended` when its alert is over for another reason,
    as `expired` after the rule's `expires_s`, and as `dismissed` or `not_helpful` when the agent says so. A
    rule whose cues the agent sends away again and again is quiet for a while. While the agent has put the
    cues off none is shown, and the one on the screen goes as `paused`: nobody ignored what nobody saw.
    """

    def __init__(
        self, rulebook: RuleBook, settings: CueSettings | None = None, quiet: Iterable[str] = ()
    ) -> None:
        """`quiet` are rules whose cues were sent away so often, in earlier calls, that none is shown."""
        self._rulebook = rulebook
        self._quiet = frozenset(quiet)
        self._settings = settings or CueSettings()
        self._activity = Activity()
        self._count = 0
        self._waiting: dict[str, _Waiting] = {}
        """By alert's id."""
        self._shown: _Shown | None = None
        self._free_since = 0
        self._shown_at: deque[int] = deque(maxlen=self._settings.most)
        """When the latest cues were shown: as many as may be within `most_within_s`."""
        self._rule_at: dict[str, int] = {}
        self._topic_at: dict[str, int] = {}
        self._signs: dict[str, _Sign] = {}
        """Each rule's latest alert that is no slight matter."""
        self._last_rank = -1
        """The rank of the last cue's severity."""
        self._sent_away: dict[str, int] = {}
        """How often the agent sent a rule's cue away since it was last quiet."""
        self._quiet_until: dict[str, int] = {}
        self._is_paused = False

    def rebook(self, rulebook: RuleBook) -> None:
        """Shows another book's cues from here on; what is on the screen stays."""
        self._rulebook = rulebook
        self._waiting = {id_: one for id_, one in self._waiting.items() if one.alert.rule in rulebook}

    def on_alerts(self, alerts: Iterable[AlertEvent], now: int) -> list[CueEvent]:
        """Takes alerts as they are raised and cleared."""
        told: list[CueEvent] = []
        for alert in alerts:
            if isinstance(alert, Alert):
                self._note(alert, now)
                self._offer(alert, now)
            else:
                told.extend(self._alert_over(alert, now))
        return told + self._show(now)

    def on_event(self, event: TimelineEvent, now: int) -> list[CueEvent]:
        """Watches what the agent does."""
        self._activity.take(event)
        shown = self._shown
        if shown is None:
            return []
        if isinstance(event, ProsodyFrame) and event.party is Party.AGENT:
            is_usual = event.rate_ratio is not None and event.rate_ratio <= self._settings.slow_ratio
            shown.slow = shown.slow + 1 if is_usual else 0
        return self._done(now)

    def on_tick(self, now: int) -> list[CueEvent]:
        """Time has come to `now`."""
        shown = self._shown
        if shown is not None:
            if self._activity.is_speaking(Party.AGENT):
                shown.listened = 0
            elif self._activity.is_speaking(Party.CALLER):
                shown.listened += samples(_FRAME_S)
        told = self._done(now)
        if self._shown is not None and now - self._shown.since >= samples(self._shown.text.expires_s):
            told.extend(self._clear("expired", now))
        return told + self._show(now)

    def on_said(self, said: Said, now: int) -> list[CueEvent]:
        """The agent said something that may be what the cue asks for."""
        if said.party is not Party.AGENT:
            return []
        for id_, waiting in list(self._waiting.items()):
            if _asks_for(said, waiting.alert, waiting.text) and said.span.end > samples(waiting.alert.t_s):
                del self._waiting[id_]  # done of their own accord: nobody needs to say so
        shown = self._shown
        if shown is None or said.span.end <= shown.since:
            return []
        shown.is_said = shown.is_said or _asks_for(said, shown.alert, shown.text)
        return self._done(now)

    def on_answer(self, answer: CueAnswer, now: int) -> list[CueEvent]:
        """The agent answered a cue on its page; an answer to a cue that is gone says nothing."""
        shown = self._shown
        if shown is None or shown.id != answer.cue_id:
            return []
        if answer.answer != "done":
            rule = shown.alert.rule
            self._sent_away[rule] = self._sent_away.get(rule, 0) + 1
            if self._sent_away[rule] >= self._settings.quiet_after:
                self._sent_away[rule] = 0
                self._quiet_until[rule] = now + samples(self._settings.quiet_s)
        return self._clear(answer.answer, now) + self._show(now)

    def on_pause(self, *, is_paused: bool, now: int) -> list[CueEvent]:
        """The agent put the cues off, or has them again: then what is still fresh may be shown."""
        self._is_paused = is_paused
        return self._clear("paused", now) if is_paused else self._show(now)

    def finish(self, now: int) -> list[CueEvent]:
        """The call is over."""
        self._waiting.clear()
        return self._clear("ended", now)

    # --- what may be shown --------------------------------------------------------------------------------

    def _note(self, alert: Alert, now: int) -> None:
        if _rank(alert) >= Severity.MEDIUM.rank:
            is_heard = self._rulebook[alert.rule].rests_on_words
            self._signs[alert.rule] = _Sign(alert.about, now, is_heard)

    def _has_second_sign(self, alert: Alert, now: int) -> bool:
        oldest = now - samples(self._settings.second_sign_s)
        return any(
            rule != alert.rule and sign.at >= oldest and sign.speaks_for(alert)
            for rule, sign in self._signs.items()
        )

    def _offer(self, alert: Alert, now: int) -> None:
        party = None if alert.party is None else Party(alert.party)
        wording = self._rulebook[alert.rule].wording(party)
        cue = wording.cue
        if cue is None or alert.rule in self._quiet or now < self._quiet_until.get(alert.rule, 0):
            return
        # By the rule: the alert of dead air's first stage is slight for a supervisor, and not for the agent.
        if wording.severity.rank < self._settings.least.rank:
            return
        if self._shown is not None and self._shown.alert.rule == alert.rule:
            self._shown.alert = alert  # the same advice: it stays, and follows the newer alert
            return
        for id_ in [id_ for id_, other in self._waiting.items() if other.alert.rule == alert.rule]:
            del self._waiting[id_]
        is_held = alert.party == "caller" and _rank(alert) < Severity.CRITICAL.rank and not cue.is_urgent
        since = now + samples(self._settings.grace_s) if is_held else now
        is_sure = (
            not self._rulebook[alert.rule].rests_on_words if cue.stands_alone is None else cue.stands_alone
        )
        self._waiting[alert.id] = _Waiting(alert, cue, since, is_sure or not self._settings.second_sign_s)

    def _alert_over(self, cleared: AlertCleared, now: int) -> list[CueEvent]:
        self._waiting.pop(cleared.id, None)
        shown = self._shown
        if shown is None or shown.alert.id != cleared.id or cleared.reason == ESCALATED:
            return []
        if cleared.reason == SAID:
            return self._clear("done", now)
        if shown.text.clears_when in {"agent_says", "agent_listens"}:
            return []  # the agent may still do it: an apology is due after the phrase, too
        is_behaviour = shown.text.clears_when in {"alert_ends", "agent_slows"}
        is_done = is_behaviour and cleared.reason not in _NOBODY_S_DOING
        return self._clear("done" if is_done else "ended", now)

    def _show(self, now: int) -> list[CueEvent]:
        if not self._waiting:
            return []
        oldest = now - samples(self._settings.stale_s)
        for id_ in [id_ for id_, waiting in self._waiting.items() if waiting.since <= oldest]:
            del self._waiting[id_]
        if self._is_paused:
            return []
        showable = [waiting for waiting in self._waiting.values() if self._may_show(waiting, now)]
        if not showable:
            return []
        best = max(showable, key=lambda waiting: (_rank(waiting.alert), waiting.since))
        told: list[CueEvent] = self._clear("replaced", now) if self._shown else []
        del self._waiting[best.alert.id]
        self._count += 1
        self._shown = _Shown(f"c{self._count}", best.alert, best.text, now)
        self._shown_at.append(now)
        self._rule_at[best.alert.rule] = self._topic_at[best.alert.topic] = now
        told.append(
            Cue(
                t_s=seconds(now),
                id=self._shown.id,
                rule=best.alert.rule,
                severity=best.alert.severity,
                text=_text(best.text.text),
                say=_text(best.text.say) if best.text.say else None,
                raised_at_s=seconds(now),
                clears_when=CLEARS_WHEN[best.text.clears_when],
            )
        )
        return told

    def _may_show(self, waiting: _Waiting, now: int) -> bool:
        rank = _rank(waiting.alert)
        is_urgent = rank >= Severity.CRITICAL.rank or waiting.text.is_urgent
        if self._activity.is_speaking(Party.AGENT) and not is_urgent:
            return False
        if now < waiting.since or not self._is_wanted(waiting.alert, rank, now):
            return False
        if not waiting.is_sure and not self._has_second_sign(waiting.alert, now):
            return False
        if self._shown is not None:
            return rank > _rank(self._shown.alert)
        is_rested = self._count == 0 or now - self._free_since >= samples(self._settings.between_s)
        return is_rested or (rank >= Severity.HIGH.rank and rank > self._last_rank)

    def _is_wanted(self, alert: Alert, rank: int, now: int) -> bool:
        """Whether the rule, the topic and the number of cues lately leave room for another."""
        settings = self._settings

        def is_resting(since: int | None, rest_s: float) -> bool:
            return since is not None and now - since < samples(rest_s)

        if is_resting(self._rule_at.get(alert.rule), settings.rule_rest_s):
            return False
        if rank >= Severity.CRITICAL.rank:
            return True
        is_full = len(self._shown_at) == settings.most
        if is_full and is_resting(self._shown_at[0], settings.most_within_s):
            return False
        return not is_resting(self._topic_at.get(alert.topic), settings.topic_rest_s)

    # --- when it goes -------------------------------------------------------------------------------------

    def _done(self, now: int) -> list[CueEvent]:
        shown = self._shown
        if shown is None or not self._meets[shown.text.clears_when](self, shown):
            return []
        return self._clear("done", now)

    def _clear(self, reason: ClearReason, now: int) -> list[CueEvent]:
        shown, self._shown = self._shown, None
        if shown is None:
            return []
        self._free_since, self._last_rank = now, _rank(shown.alert)
        return [
            CueCleared(
                t_s=seconds(now),
                id=shown.id,
                rule=shown.alert.rule,
                cleared_at_s=seconds(now),
                reason=reason,
                outcome=OUTCOMES[reason],
            )
        ]

    def _has_listened(self, shown: _Shown) -> bool:
        return shown.listened >= samples(self._settings.listens_s)

    def _has_spoken(self, shown: _Shown) -> bool:
        since = self._activity.since(Party.AGENT)
        return since is not None and since >= shown.since

    def _has_slowed(self, shown: _Shown) -> bool:
        return shown.slow * _FRAME_S >= self._settings.slow_s

    _meets: dict[str, Callable[[CueDesk, _Shown], bool]] = {  # noqa: RUF012
        "alert_ends": lambda _self, _shown: False,
        "agent_says": lambda _self, shown: shown.is_said,
        "agent_listens": _has_listened,
        "agent_speaks": _has_spoken,
        "agent_slows": _has_slowed,
    }
    """For each way of clearing, whether the agent has done it."""


def _asks_for(said: Said, alert: Alert, text: CueText) -> bool:
    """Whether what the agent said is what the cue asks for."""
    rule, is_clearing, _ = said.id.partition(CLEARS)
    is_met = rule == alert.rule if is_clearing else said.id in text.clears_on
    return is_met and text.clears_when == "agent_says"


def _rank(alert: Alert) -> int:
    return _RANKS[alert.severity]


def _text(sentence: Sentence) -> Text:
    return Text(zh=sentence.zh, en=sentence.en)
