"""Hands every event to the clients that asked for it. Pure: no sockets, no waiting, no clock.

Each subscription has a bounded queue of its own, so that no client ever delays another or the analysis.
A client that reads too slowly gets the latest partial and prosody of each party only; when it falls so
far behind that events which must not be lost fill its queue, the queue is emptied and the subscription
is behind: it goes on from the log, at the client's own speed, until it is live again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import islice

from monitor.publish.protocol import LIVE_ONLY_TYPES, WALL_TYPES, TopicName, encode_event
from monitor.store.records import StoredEvent

RECENT_EVENTS = 16_384
"""Events held in memory for clients that catch up, about 5 MB. It must exceed what waits for the disk
(`monitor.store.log.QUEUE_EVENTS`), so that what is not here is in the log."""


@dataclass(frozen=True, slots=True)
class Item:
    """One message for one topic, encoded once for all its clients.

    `slot` is what it may replace, or None where each one counts.
    """

    text: str
    pos: int | None
    slot: str | None = None


class ClientQueue:
    """Messages that wait for one client, at most `limit`. Items that share a slot replace one another.

    Partials replace each other always: an older one is void. Prosody only once half the queue is full,
    because a client that keeps up wants every measurement.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: OrderedDict[object, Item] = OrderedDict()
        self._count = 0
        self.conflated = 0

    def __len__(self) -> int:
        return len(self._items)

    def offer(self, item: Item) -> bool:
        """Takes an item. False: the queue is full and the item must not be lost, so it must be emptied."""
        key: object = self._count
        self._count += 1
        if item.slot is not None and (item.pos is None or len(self._items) >= self._limit // 2):
            key = item.slot
            # The newer one goes last: put in the older one's place it would overtake what came between.
            if self._items.pop(key, None) is not None:
                self.conflated += 1
        if len(self._items) >= self._limit:
            if item.slot is None:
                return False
            self.conflated += 1
            return True
        self._items[key] = item
        return True

    def take(self) -> Item | None:
        """The oldest item, or None."""
        return self._items.popitem(last=False)[1] if self._items else None

    def clear(self) -> None:
        """Forgets everything that waits."""
        self._items.clear()


class Subscription:
    """One client's interest in one topic. `cursor` is the last position that the client has.

    It is live, and the hub fills its queue; or behind, and its owner brings it up to date by
    `Hub.recent_after` and the log, advancing the cursor, until `Hub.go_live`.
    """

    def __init__(
        self,
        topic: TopicName,
        call_id: str | None,
        cursor: int | None,
        limit: int,
        wake: Callable[[], None],
        sees: Callable[[str], bool] | None = None,
        agents: Collection[str] | None = None,
    ) -> None:
        """`sees` tells of a call's id whether the client may see it; None: every call. `agents` are those
        whose calls the client may see, for a topic that is not told by calls; None: everybody's."""
        self.topic = topic
        self.agents = agents
        self.call_id = call_id
        self.cursor = cursor
        self.thin_until = 0
        """Up to this position, a long past is sent without what only matters live."""
        self.is_live = False
        self.has_overflowed = False
        """True when the subscription fell behind because its queue was full."""
        self._queue = ClientQueue(limit)
        self._wake = wake
        self._sees = sees

    def offer(self, item: Item) -> bool:
        """Takes a live item; False when the subscription has fallen behind by it."""
        if self._queue.offer(item):
            self._wake()
            return True
        self._queue.clear()
        self.is_live, self.has_overflowed = False, True
        self._wake()
        return False

    def take(self) -> Item | None:
        """The next live item, which the caller sends; the cursor is then past it."""
        item = self._queue.take()
        if item is not None and item.pos is not None:
            self.cursor = item.pos
        return item

    def sees(self, call_id: str) -> bool:
        """Whether the client may see the call."""
        return self._sees is None or self._sees(call_id)

    def wants(self, event: StoredEvent) -> bool:
        """Whether the event belongs to the topic, and the client may see it."""
        if self.topic == "desk":
            return False
        if self.topic == "wall":
            return event.type in WALL_TYPES and self.sees(event.call_id)
        return event.call_id == self.call_id

    @property
    def waiting(self) -> int:
        """Messages in the queue."""
        return len(self._queue)

    @property
    def conflated(self) -> int:
        """Items that newer ones replaced."""
        return self._queue.conflated


class Hub:
    """All subscriptions, and the events of the last moments. Used from one thread only."""

    def __init__(self, pos: int, *, queue_limit: int, recent_events: int = RECENT_EVENTS) -> None:
        """`pos` is the last position given so far; `queue_limit` bounds each subscription's queue."""
        self.queue_limit = queue_limit
        self._recent: deque[StoredEvent] = deque()
        self._recent_events = recent_events
        self._recent_from = pos
        self.pos = pos
        self._wall: set[Subscription] = set()
        self._desk: set[Subscription] = set()
        self._calls: dict[str, set[Subscription]] = {}
        self.overflows = 0
        self.conflated = 0
        """Partials and prosody that newer ones replaced, so far."""

    def subscribe(
        self,
        topic: TopicName,
        call_id: str | None,
        after: int | None,
        wake: Callable[[], None],
        sees: Callable[[str], bool] | None = None,
        agents: Collection[str] | None = None,
    ) -> Subscription:
        """A new subscription, which is behind at `after`; `wake` is called when it has something.

        `sees` and `agents` are as of `Subscription`.
        """
        return Subscription(topic, call_id, after, self.queue_limit, wake, sees, agents)

    def go_live(self, subscription: Subscription) -> None:
        """From now on the subscription gets what is published. The client has all before it."""
        subscription.cursor = self.pos
        subscription.is_live, subscription.has_overflowed = True, False
        self._set_of(subscription).add(subscription)

    def unsubscribe(self, subscription: Subscription) -> None:
        """Ends a subscription; a second time does nothing."""
        self._drop(subscription)
        subscription.is_live = False

    def publish(self, call_id: str, events: Sequence[StoredEvent]) -> None:
        """Offers events of a call, in order, to whom they concern. Never waits."""
        for event in events:
            if event.pos is not None:
                self._remember(event)
            slot = _slot(event) if event.type in LIVE_ONLY_TYPES else None
            listeners = self._calls.get(call_id)
            if listeners:
                self._offer(listeners, Item(encode_event("call", event.pos, event.body), event.pos, slot))
            if self._wall and event.type in WALL_TYPES:
                seeing = {subscription for subscription in self._wall if subscription.sees(call_id)}
                self._offer(seeing, Item(encode_event("wall", event.pos, event.body), event.pos, slot))

    def tell_desk(self, text_for: Callable[[Subscription], str | None]) -> None:
        """Offers a change of the desk to whom it concerns: `text_for` makes the message, None for nothing.

        What overflows is no gap: the client gets the desk anew.
        """
        behind = []
        for subscription in self._desk:
            text = text_for(subscription)
            if text is not None and not subscription.offer(Item(text, None)):
                behind.append(subscription)
        for subscription in behind:
            self.overflows += 1
            self._drop(subscription)

    def holds_after(self, pos: int) -> bool:
        """Whether every event after `pos` is still in memory."""
        return pos >= self._recent_from

    @property
    def recent_from(self) -> int:
        """Events after this position are in memory; those up to it are in the log."""
        return self._recent_from

    def recent_after(self, subscription: Subscription, limit: int) -> tuple[list[StoredEvent], int]:
        """Events of the topic after the cursor, at most `limit`, and the position up to which they reach.

        When that position is `pos`, there are no more: the caller sends them and goes live at once.
        """
        cursor = subscription.cursor or 0
        start = bisect_right(self._recent, cursor, key=lambda event: event.pos or 0)
        found: list[StoredEvent] = []
        for event in islice(self._recent, start, None):
            if not subscription.wants(event):
                continue
            if len(found) == limit:
                return found, found[-1].pos or 0
            found.append(event)
        return found, self.pos

    @property
    def subscriptions(self) -> int:
        """Live subscriptions."""
        return len(self._wall) + len(self._desk) + sum(len(listeners) for listeners in self._calls.values())

    @property
    def waiting(self) -> int:
        """Messages that wait in the longest queue."""
        return max((subscription.waiting for subscription in self._all()), default=0)

    def _all(self) -> list[Subscription]:
        return [*self._wall, *self._desk, *(one for listeners in self._calls.values() for one in listeners)]

    def _set_of(self, subscription: Subscription) -> set[Subscription]:
        if subscription.topic == "wall":
            return self._wall
        if subscription.topic == "desk":
            return self._desk
        return self._calls.setdefault(subscription.call_id or "", set())

    def _drop(self, subscription: Subscription) -> None:
        listeners = self._set_of(subscription)
        listeners.discard(subscription)
        if not listeners and subscription.topic == "call":
            del self._calls[subscription.call_id or ""]

    def _remember(self, event: StoredEvent) -> None:
        self._recent.append(event)
        self.pos = event.pos or self.pos
        if len(self._recent) > self._recent_events:
            self._recent_from = self._recent.popleft().pos or self._recent_from

    def _offer(self, listeners: set[Subscription], item: Item) -> None:
        behind = []
        for subscription in listeners:
            before = subscription.conflated
            if not subscription.offer(item):
                behind.append(subscription)
            self.conflated += subscription.conflated - before
        for subscription in behind:
            self.overflows += 1
            self._drop(subscription)


def _slot(event: StoredEvent) -> str:
    """What a later event of the same kind, call and party replaces."""
    party = "agent" if b'"party":"agent"' in event.body else "caller"
    return f"{event.type}/{event.call_id}/{party}"
