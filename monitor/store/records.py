"""What the event log holds and answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from monitor.core.events import PartyName, SeverityName, Text

CallState = Literal["live", "ended", "cut_off", "failed"]


class StoredEvent(msgspec.Struct, frozen=True, gc=False):
    """One event with its place in the log. `body` is its line of JSON.

    `pos` is None for events that are shown and not kept (partials). Thousands are held in memory
    (`monitor.publish.hub.RECENT_EVENTS`), and no collection of garbage need look at them.
    """

    pos: int | None
    call_id: str
    seq: int
    type: str
    t_s: float
    body: bytes


class CallRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A call in the history. `number` counts calls up over the log's whole life."""

    number: int
    call_id: str
    started_at: str
    ended_at: str | None
    state: CallState
    title: str
    source: str
    agent: str
    has_words: bool
    duration_s: float | None
    alerts: dict[SeverityName, int]
    interruptions: dict[PartyName, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreHealth:
    """How the log fares. `code` and `sentence` name the error that keeps it from writing, or are empty."""

    code: str = ""
    sentence: str = ""
    lost_events: int = 0
    waiting_events: int = 0
    written_events: int = 0
    last_write_s: float = 0.0
    """How long the last transaction took."""


class MessageToAgent(msgspec.Struct, frozen=True, kw_only=True):
    """A line that a supervisor wrote to a call's agent."""

    id: str
    at: str
    """When it was sent: wall clock, RFC 3339, UTC."""
    t_s: float
    """And in call time."""
    sender: str
    """The supervisor's account."""
    display: str
    """And how it is shown."""
    text: Text
    """Of a free line, both are the same."""
    template: str | None
    """The template that it was picked from; null: it was typed."""
    is_urgent: bool
    """It shows even while the agent has paused the cues."""
    shown_at: str | None
    """When the agent's screen showed it; null: not yet."""
    seen_at: str | None
    """When the agent said so; null: not yet."""
