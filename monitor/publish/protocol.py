"""The messages of the event stream `/ws`, both ways: one JSON object in one text frame.

A client subscribes to topics. `wall` tells what a wall of calls needs of every call; `call` tells
everything of one call; `desk` tells what supervisors do about alerts. Every event that is kept has a
position `pos`, which only grows, over all calls and over restarts. A client that was cut off subscribes
again with `after`: the last `pos` that it received in that topic, in an `event`, a `snapshot`, a `gap` or a
`heartbeat`. It then gets what it missed, and live events from there on, without hole or double.

What a subscription brings, in order:

| topic | `after` | messages |
|---|---|---|
| wall | null | `snapshot`, then live events |
| wall | a pos | the events after it, then live events; too far behind: `gap`, `snapshot`, live events |
| call | null | all events of the call, then live events |
| call | a pos | the events after it, then live events |
| desk | any | `desk`, which is all of it, then `desk_alert`, `desk_state` and `desk_mute` as things change |

The desk is not told by positions: each subscription begins with the whole of it, and a client that reads too
slowly gets the whole anew. It is for accounts that may see calls, and holds what they may see.

The topic `side` is what people do beside a call: messages to its agent, the agent's pause of the cues, who
listens in. It takes no `after`: it brings one `side` that holds all of it, and another whenever that changes.
Each replaces the one before, so that a client that reads slowly, or comes back, misses nothing.

Positions are not consecutive. `partial` events are for the display alone: they are not kept, their `pos`
is null. Of a call with a very long past, the older `prosody` is left out. A client that reads too slowly
gets the last partial and the last prosody of each party; of all other events it misses none: when its
queue is full, it gets one `gap`, and what it missed from the log.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec

from monitor.core.events import AnyEvent, PartyName, SeverityName, Text
from monitor.desk.records import AlertState, DeskAlert, Mute
from monitor.store.records import MessageToAgent

PROTOCOL_VERSION = 1

WALL_TYPES = frozenset(
    {
        "call_started",
        "call_ended",
        "speaking",
        "temper",
        "alert",
        "alert_cleared",
        "notice",
        "engine_lagging",
        "audio_lost",
        "interruption",
    }
)
"""Types of events that the topic `wall` carries."""

LIVE_ONLY_TYPES = frozenset({"partial", "prosody"})
"""Measurements and drafts that the next one replaces: a client that lags gets only the latest."""

LASTING_TYPES = frozenset(str(kind.__struct_config__.tag) for kind in get_args(AnyEvent)).difference(
    LIVE_ONLY_TYPES
)
"""All other types of events: of these a client misses none without being told."""

TopicName = Literal["wall", "call", "desk", "side"]
CallState = Literal["live", "ended", "cut_off", "failed"]

Position = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
"""A place in the log of all calls; it fits a number of JavaScript."""


# --- from the client -----------------------------------------------------------------------------------


class Subscribe(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="subscribe"):
    """Asks for a topic; a second one for the same topic and call starts it anew."""

    topic: TopicName
    call_id: str | None = None
    """With the topics `call` and `side`: which."""
    after: Position | None = None
    """The last position that the client has; null: from the start."""


class Unsubscribe(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="unsubscribe"):
    """Gives a topic up."""

    topic: TopicName
    call_id: str | None = None


ClientMessage = Subscribe | Unsubscribe


# --- the wall ----------------------------------------------------------------------------------------


class PartyFlags(msgspec.Struct, frozen=True, kw_only=True):
    """Yes or no for each party."""

    agent: bool = False
    caller: bool = False


class PartyCounts(msgspec.Struct, frozen=True, kw_only=True):
    """A number for each party."""

    agent: int = 0
    caller: int = 0


class PartySpeech(msgspec.Struct, frozen=True, kw_only=True):
    """When each party spoke: (start_s, end_s), in order; the end is null while the party speaks."""

    agent: list[tuple[float, float | None]] = []
    caller: list[tuple[float, float | None]] = []


class OpenAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that has not cleared yet."""

    id: str
    rule: str
    title: Text
    severity: SeverityName
    party: PartyName | None
    raised_at_s: float
    because: Text


class CallSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A call as the wall shows it: what the events so far add up to."""

    call_id: str
    title: str
    agent: str
    source: str
    """file, device, demo or stream."""
    started_at: str
    """Wall clock, RFC 3339, UTC."""
    state: CallState
    t_s: float
    """Call time of the last event."""
    duration_s: float | None
    """Known beforehand of files, and of calls that have ended."""
    speaking: PartyFlags
    speech: PartySpeech
    """The last 300 s, at most 200 stretches of each party."""
    score: float | None
    """The caller's temper, 0..1; null before the first reading."""
    temper_state: Literal["calm", "raised", "hot"]
    heat: list[tuple[float, float]]
    """(t_s, score) of the last 300 s, at most two a second."""
    open_alerts: list[OpenAlert]
    has_words: bool
    is_lagging: bool
    notices: list[str]
    """Codes of the notices so far, each once; `audio_lost` where sound was lost."""
    interruptions: PartyCounts
    """Interruptions by each party."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is wrong with the server now."""

    code: str
    message: str


# --- beside a call ---------------------------------------------------------------------------------


class CuePause(msgspec.Struct, frozen=True, kw_only=True):
    """The agent has put cues, and messages that are not urgent, off."""

    at: str
    """Since when: wall clock, RFC 3339, UTC."""
    for_s: float
    """For how long it was asked."""
    left_s: float
    """How much of that was left when this was sent."""


# --- from the server ---------------------------------------------------------------------------------


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="hello"):
    """The first message of a stream."""

    v: int = PROTOCOL_VERSION
    version: str
    """The server's version."""
    heartbeat_s: float
    """No longer than this passes without a message: a client that hears nothing for twice as long is cut
    off."""
    pos: int
    """The last position given so far."""


class EventMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="event"):
    """One event of a topic. `pos` is null for events that are not kept."""

    topic: TopicName
    pos: int | None
    event: AnyEvent


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """The wall as it stands at `pos`; it replaces what the client has. The latest call comes first."""

    topic: Literal["wall"] = "wall"
    pos: int
    calls: list[CallSummary]


class DeskSnapshot(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="desk"):
    """The desk as it stands; it replaces what the client has of it."""

    now: str
    """The server's clock, RFC 3339, UTC: a client whose clock is wrong still knows when a snooze ends."""
    alerts: list[DeskAlert]
    """Of live calls and of those that ended within a working day, the oldest first; at most 1000."""
    states: list[AlertState]
    """Of those alerts about which something was done."""
    mutes: list[Mute]
    """Those in force."""


class DeskAlertMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="desk_alert"):
    """An alert was raised, has cleared, or its call has ended."""

    alert: DeskAlert


class DeskStateMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="desk_state"):
    """Somebody did something about an alert, which may be an old one."""

    state: AlertState


class DeskMuteMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="desk_mute"):
    """A rule was muted, or a mute was ended."""

    mute: Mute


class Gap(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="gap"):
    """The stream was broken off; it goes on after `pos`. Partials shown so far are void.

    With `is_lossy`, events up to `pos` were left out and will not come: what the client has is incomplete
    (of the wall a `snapshot` follows at once). Without, it only fell behind, and the events that it has
    not seen follow.
    """

    topic: TopicName
    call_id: str | None
    pos: int
    is_lossy: bool


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="heartbeat"):
    """Nothing happened. Everything up to `pos` was sent in all topics of this stream."""

    pos: int


class Status(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="status"):
    """What is wrong with the server now; empty when nothing is. Sent after `hello`, and on each change."""

    problems: list[Problem]


class ErrorMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="error"):
    """A message of the client was refused. `code` is one of the product's error codes."""

    code: str
    message: str
    topic: TopicName | None = None
    call_id: str | None = None


class Side(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="side"):
    """All that people do beside a call, as it stands: it replaces what the client has of it."""

    call_id: str
    messages: list[MessageToAgent]
    """All of the call, the first first."""
    pause: CuePause | None
    listeners: list[str]
    """Who listens in now, as they are shown; agents are not told."""


ServerMessage = (
    Hello
    | EventMessage
    | Snapshot
    | DeskSnapshot
    | DeskAlertMessage
    | DeskStateMessage
    | DeskMuteMessage
    | Gap
    | Heartbeat
    | Status
    | ErrorMessage
    | Side
)

_encoder = msgspec.json.Encoder()
_client_decoder = msgspec.json.Decoder(ClientMessage)
_server_decoder = msgspec.json.Decoder(ServerMessage)


def encode_message(message: ServerMessage | ClientMessage) -> str:
    """A message as the text of one frame."""
    return _encoder.encode(message).decode()


def encode_event(topic: TopicName, pos: int | None, body: bytes) -> str:
    """An `event` message around an event that is encoded already (an `EventMessage` on the wire)."""
    place = "null" if pos is None else str(pos)
    return f'{{"type":"event","topic":"{topic}","pos":{place},"event":{body.decode()}}}'


def decode_client_message(text: str | bytes) -> ClientMessage:
    """A client's message.

    Raises:
        msgspec.DecodeError: the text is not JSON; its subclass msgspec.ValidationError: not a message.
    """
    message: ClientMessage = _client_decoder.decode(text)
    return message


def decode_server_message(text: str | bytes) -> ServerMessage:
    """A server's message, for clients in Python.

    Raises:
        msgspec.DecodeError: as `decode_client_message`.
    """
    message: ServerMessage = _server_decoder.decode(text)
    return message
