"""Queues of clients and the hub: bounds, order, and what may be dropped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.events import encode
from monitor.publish.hub import ClientQueue, Hub, Item, Subscription
from monitor.publish.protocol import WALL_TYPES
from monitor.store.records import StoredEvent

if TYPE_CHECKING:
    from tests.publish.conftest import CallScript


def item(number: int, slot: str | None = None, *, is_kept: bool = True) -> Item:
    return Item(f"{number}", number if is_kept else None, slot)


def drain(queue: ClientQueue) -> list[str]:
    taken = []
    while (one := queue.take()) is not None:
        taken.append(one.text)
    return taken


def stored(event_type: str, pos: int | None, call_id: str = "a", seq: int = 0) -> StoredEvent:
    body = json.dumps({"type": event_type, "party": "caller", "seq": seq}, separators=(",", ":"))
    return StoredEvent(pos, call_id, seq, event_type, 0.0, body.encode())


def positions(texts: Sequence[str]) -> list[int | None]:
    return [json.loads(text)["pos"] for text in texts]


def test_a_newer_partial_replaces_the_older_and_goes_last() -> None:
    queue = ClientQueue(8)
    queue.offer(item(1, "caller", is_kept=False))
    queue.offer(item(2))
    queue.offer(item(3, "agent", is_kept=False))
    queue.offer(item(4, "caller", is_kept=False))
    assert drain(queue) == ["2", "3", "4"]
    assert queue.conflated == 1


def test_prosody_is_conflated_only_for_clients_that_lag() -> None:
    queue = ClientQueue(8)
    for number in range(10):
        assert queue.offer(item(number, "prosody"))
    assert drain(queue) == ["0", "1", "2", "3", "9"]
    assert queue.conflated == 5


def test_a_full_queue_drops_a_partial_but_never_an_alert() -> None:
    queue = ClientQueue(2)
    assert queue.offer(item(1))
    assert queue.offer(item(2))
    assert queue.offer(item(3, "caller", is_kept=False))
    assert not queue.offer(item(4))
    assert drain(queue) == ["1", "2"]


@given(
    limit=st.integers(1, 20),
    steps=st.lists(st.sampled_from(["alert", "prosody", "partial", "take"]), max_size=200),
)
def test_the_queue_is_bounded_ordered_and_loses_no_alert(limit: int, steps: list[str]) -> None:
    queue = ClientQueue(limit)
    waiting: list[int] = []  # alerts that the queue must still hold
    taken: list[int] = []
    for number, step in enumerate(steps):
        if step == "take":
            one = queue.take()
            if one is not None:
                taken.append(int(one.text))
                waiting = [alert for alert in waiting if alert != taken[-1]]
        elif step != "alert":
            queue.offer(item(number, step, is_kept=step == "prosody"))
        elif queue.offer(item(number)):
            waiting.append(number)
        else:
            queue.clear()
            waiting = []
        assert len(queue) <= limit
    rest = [int(text) for text in drain(queue)]
    assert [*taken, *rest] == sorted([*taken, *rest])
    assert set(waiting) <= set(rest)


def test_a_subscription_that_overflows_is_behind_where_the_client_is() -> None:
    woken = []
    hub = Hub(0, queue_limit=4)
    slow = hub.subscribe("call", "a", 0, lambda: woken.append(1))
    lively = hub.subscribe("call", "a", 0, lambda: None)
    hub.go_live(slow)
    hub.go_live(lively)
    received: list[str] = []
    for pos in range(1, 8):
        hub.publish("a", [stored("words", pos)])
        if pos == 2:
            assert slow.take() is not None
        taken = lively.take()
        assert taken is not None
        received.append(taken.text)
    assert positions(received) == list(range(1, 8))
    assert not slow.is_live
    assert slow.has_overflowed
    assert slow.waiting == 0
    assert slow.cursor == 1
    assert hub.overflows == 1
    assert hub.subscriptions == 1
    events, reach = hub.recent_after(slow, 100)
    assert [event.pos for event in events] == [2, 3, 4, 5, 6, 7]
    assert reach == hub.pos == 7
    assert woken


def test_topics_get_what_is_theirs() -> None:
    hub = Hub(0, queue_limit=100)
    wall = hub.subscribe("wall", None, 0, lambda: None)
    call = hub.subscribe("call", "a", 0, lambda: None)
    hub.go_live(wall)
    hub.go_live(call)
    for pos, (call_id, kind) in enumerate(
        [("a", "alert"), ("a", "words"), ("b", "alert"), ("b", "words"), ("a", "prosody")], start=1
    ):
        hub.publish(call_id, [stored(kind, pos, call_id)])
    hub.publish("a", [stored("partial", None)])
    assert [one.pos for one in _all(wall)] == [1, 3]
    assert [one.pos for one in _all(call)] == [1, 2, 5, None]


def test_recent_events_are_bounded_and_say_where_they_begin() -> None:
    hub = Hub(10, queue_limit=4, recent_events=3)
    assert hub.holds_after(10)
    assert not hub.holds_after(9)
    hub.publish("a", [stored("words", pos) for pos in range(11, 17)])
    assert hub.recent_from == 13
    assert hub.holds_after(13)
    assert not hub.holds_after(12)
    late = hub.subscribe("call", "a", 13, lambda: None)
    events, reach = hub.recent_after(late, 2)
    assert ([event.pos for event in events], reach) == ([14, 15], 15)


def test_an_ended_subscription_leaves_nothing_behind() -> None:
    hub = Hub(0, queue_limit=4)
    one = hub.subscribe("call", "a", 0, lambda: None)
    hub.go_live(one)
    hub.unsubscribe(one)
    hub.unsubscribe(one)
    hub.publish("a", [stored("words", 1)])
    assert one.waiting == 0
    assert hub._calls == {}


@settings(max_examples=60)
@given(
    limit=st.integers(1, 6),
    steps=st.lists(
        st.tuples(
            st.sampled_from(["words", "alert", "prosody", "partial", "take", "catch_up"]), st.integers(1, 6)
        ),
        max_size=120,
    ),
)
def test_words_and_alerts_reach_every_client_once_and_in_order(
    limit: int, steps: list[tuple[str, int]]
) -> None:
    """Whatever the pace of publishing, taking and catching up: no hole, no double."""
    hub = Hub(0, queue_limit=limit)
    client = hub.subscribe("call", "a", 0, lambda: None)
    got: list[int] = []
    published: list[int] = []

    def catch_up() -> None:
        while not client.is_live:
            events, reach = hub.recent_after(client, 3)
            got.extend(event.pos or 0 for event in events if event.type in {"words", "alert"})
            if reach == hub.pos:
                hub.go_live(client)
            else:
                client.cursor = reach

    def take() -> None:
        one = client.take()
        if one is not None and one.pos is not None and one.slot is None:
            got.append(one.pos)

    pos = 0
    for kind, count in steps:
        for _ in range(count):
            if kind == "take":
                take()
            elif kind == "catch_up":
                catch_up()
            else:
                pos += kind != "partial"
                hub.publish("a", [stored(kind, None if kind == "partial" else pos)])
                if kind in {"words", "alert"}:
                    published.append(pos)
        assert client.waiting <= limit
    for _ in range(limit + 1):
        take()
    catch_up()
    for _ in range(limit + 1):
        take()
    assert got == published


def test_slots_tell_parties_apart(script: type[CallScript]) -> None:
    call = script()
    hub = Hub(0, queue_limit=100)
    client = hub.subscribe("call", "call-1", 0, lambda: None)
    hub.go_live(client)
    # Words that look like a field of the event must not be taken for one.
    for party, text in [("agent", "x"), ("caller", '"party":"agent"'), ("caller", "y")]:
        partial = call.partial(text)
        body = encode(partial).replace(b'"party":"caller"', f'"party":"{party}"'.encode(), 1)
        hub.publish("call-1", [StoredEvent(None, "call-1", 0, "partial", 0.0, body)])
    texts = [json.loads(one.text)["event"]["text"] for one in _all(client)]
    assert texts == ["x", "y"]


def test_the_wall_carries_known_types() -> None:
    assert {"alert", "call_ended"} <= WALL_TYPES
    assert not {"words", "partial", "prosody", "turn", "cue"} & WALL_TYPES


def _all(subscription: Subscription) -> list[Item]:
    items = []
    while (one := subscription.take()) is not None:
        items.append(one)
    return items
