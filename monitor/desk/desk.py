"""The desk: recent alerts, what was done about them, and mutes, kept together and told to whoever listens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from msgspec.structs import replace

from monitor.core.events import Event
from monitor.desk.book import DeskBook
from monitor.desk.fold import told
from monitor.desk.recent import KEPT, RecentAlerts, alerts_of, moment, text_of
from monitor.desk.records import Act, AlertState, DeskAlert, DeskChange, Mute, RuleMarks
from monitor.errors import DeskError
from monitor.store.alert_index import AlertIndex
from monitor.store.log import utc_now

EVENTS_MAX = 4_000
"""Events of alerts that are read again at the start."""

Agents = Collection[str] | None
"""Whose calls somebody may see; None: everybody's."""


class Desk:
    """A sink of calls' events, used from the loop's thread; what says so waits for a disk.

    It holds the state of recent alerts in memory, so that a client gets it at once and whole; what is older
    is found in the log and the book.
    """

    def __init__(
        self,
        book: DeskBook,
        index: AlertIndex,
        *,
        knows_rule: Callable[[str], bool] = lambda _: True,
        now: Callable[[], str] = utc_now,
    ) -> None:
        """Reads what is recent from the log and the book.

        Raises:
            StoreError: one of them cannot be read.
        """
        self.book, self._index, self._now = book, index, now
        self.knows_rule = knows_rule
        self.listeners: list[Callable[[DeskChange], None]] = []
        since = text_of(moment(now()) - KEPT)
        self._recent = RecentAlerts(alerts_of(index.since(since, EVENTS_MAX)))
        self._states = {(state.call_id, state.alert_id): state for state in book.states(self._recent)}
        self._mutes = {mute.id: mute for mute in book.mutes()}

    # --- what happens ---

    def emit(self, call_id: str, events: Sequence[Event]) -> None:
        """Takes a call's next events. Never waits, and no fault of its own ends a call."""
        now = self._now()
        for event in events:
            for alert in self._recent.apply(call_id, event, now):
                self._tell(alert)

    def acted(self, states: Sequence[AlertState]) -> None:
        """Something was done about alerts, and is written down."""
        for state in states:
            key = (state.call_id, state.alert_id)
            known = self._states.get(key)
            if known is not None and known.number >= state.number:
                continue
            if key in self._recent:
                self._states[key] = state
            self._tell(told(state))

    def muted(self, mute: Mute) -> None:
        """A mute began or was ended, and is written down."""
        if mute.ended_by is None:
            self._mutes[mute.id] = mute
        else:
            self._mutes.pop(mute.id, None)
        self._tell(mute)

    # --- what is so ---

    @property
    def now(self) -> str:
        """The server's wall clock, RFC 3339 in UTC."""
        return self._now()

    def alerts(self, agents: Agents) -> list[DeskAlert]:
        """The recent alerts that somebody may see, the oldest first."""
        self._forget()
        return [alert for alert in self._recent if sees(agents, alert.agent)]

    def states(self, agents: Agents) -> list[AlertState]:
        """What was done about them."""
        return [told(state) for state in self._states.values() if sees(agents, state.agent)]

    def mutes(self, agents: Agents) -> list[Mute]:
        """The mutes in force of the calls that somebody may see, naming no other agents."""
        now = self._now()
        shown = (seen_by(mute, agents) for mute in self._mutes.values() if mute.until > now)
        return [mute for mute in shown if isinstance(mute, Mute)]

    def mute(self, mute_id: int) -> Mute:
        """A mute in force.

        Raises:
            DeskError: desk.unknown_mute.
        """
        if mute_id not in self._mutes:
            raise DeskError("desk.unknown_mute", id=mute_id)
        return self._mutes[mute_id]

    # --- questions that wait for the disk, from any thread ---

    def find(self, call_id: str, alert_id: str, agents: Agents) -> DeskAlert:
        """An alert, however old.

        Raises:
            DeskError: desk.unknown_alert: there is none, or it is not for whoever asks.
        """
        alert = self._recent.get(call_id, alert_id)
        if alert is None:
            found = alerts_of(self._index.of_call(call_id))
            alert = next((one for one in found if one.alert_id == alert_id), None)
        if alert is None or not sees(agents, alert.agent):
            raise DeskError("desk.unknown_alert", call_id=call_id, alert_id=alert_id)
        return alert

    def of_call(self, call_id: str) -> tuple[list[AlertState], list[Act]]:
        """What was done about a call's alerts: what it adds up to, and one by one."""
        alerts = alerts_of(self._index.of_call(call_id))
        return self.book.states(alerts), self.book.acts_of_call(call_id)

    def rule_marks(self, start: str, end: str, agents: Agents) -> list[RuleMarks]:
        """How supervisors judged the alerts raised in [start, end), rule by rule."""
        raised = self._index.raised_by_rule(start, end, agents)
        marks = self.book.marks(start, end, agents)
        rules = []
        for rule in sorted({*raised, *(mark.rule for mark in marks)}):
            own = [mark for mark in marks if mark.rule == rule]
            wrong = sum(mark.verdict == "false" for mark in own)
            right = sum(mark.verdict == "true" for mark in own)
            # An alert that the log lost was raised all the same: somebody marked it.
            count = max(raised.get(rule, 0), len(own))
            rules.append(
                RuleMarks(
                    rule=rule,
                    raised=count,
                    marked_false=wrong,
                    marked_true=right,
                    unmarked=count - wrong - right,
                    acknowledged_unmarked=sum(mark.is_acknowledged and mark.verdict is None for mark in own),
                    precision=right / (right + wrong) if right + wrong else None,
                )
            )
        return rules

    # --- inside ---

    def _tell(self, change: DeskChange) -> None:
        for listener in self.listeners:
            listener(change)

    def _forget(self) -> None:
        self._recent.forget_old(self._now())
        self._states = {key: state for key, state in self._states.items() if key in self._recent}
        now = self._now()
        self._mutes = {number: mute for number, mute in self._mutes.items() if mute.until > now}


def sees(agents: Agents, agent: str) -> bool:
    """Whether an agent's calls are among those that somebody may see."""
    return agents is None or agent in agents


def seen_by(change: DeskChange, agents: Agents) -> DeskChange | None:
    """A change as somebody may see it; None: not at all."""
    if not isinstance(change, Mute):
        return change if sees(agents, change.agent) else None
    if agents is None or change.agents is None:
        return change
    shown = sorted(set(change.agents) & set(agents))
    return replace(change, agents=shown) if shown else None
