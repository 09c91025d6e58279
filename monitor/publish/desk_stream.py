"""Tells clients of the stream what happens at the desk, each what it may see."""

from __future__ import annotations

from collections.abc import Collection

from monitor.desk.desk import Desk, seen_by
from monitor.desk.records import AlertState, DeskAlert, DeskChange
from monitor.publish.hub import Hub, Subscription
from monitor.publish.protocol import (
    DeskAlertMessage,
    DeskMuteMessage,
    DeskSnapshot,
    DeskStateMessage,
    encode_message,
)


class DeskTeller:
    """Offers each change to the subscriptions of the topic `desk`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def tell(self, change: DeskChange) -> None:
        """Takes a change of the desk. Never waits."""
        texts: dict[frozenset[str] | None, str | None] = {}

        def text_for(subscription: Subscription) -> str | None:
            agents = None if subscription.agents is None else frozenset(subscription.agents)
            if agents not in texts:
                shown = seen_by(change, agents)
                texts[agents] = None if shown is None else encode_message(message_of(shown))
            return texts[agents]

        self._hub.tell_desk(text_for)


def message_of(change: DeskChange) -> DeskAlertMessage | DeskStateMessage | DeskMuteMessage:
    """A change as a message."""
    if isinstance(change, DeskAlert):
        return DeskAlertMessage(alert=change)
    if isinstance(change, AlertState):
        return DeskStateMessage(state=change)
    return DeskMuteMessage(mute=change)


def desk_snapshot(desk: Desk, agents: Collection[str] | None) -> DeskSnapshot:
    """The desk as somebody may see it."""
    return DeskSnapshot(
        now=desk.now, alerts=desk.alerts(agents), states=desk.states(agents), mutes=desk.mutes(agents)
    )
