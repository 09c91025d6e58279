"""The end of a call whose process died, made from what the log kept of it."""

from __future__ import annotations

import sqlite3
from collections import Counter

import msgspec

from monitor.core.events import (
    Alert,
    CallEnded,
    InterruptionHeard,
    OverlapHeard,
    PartyName,
    SeverityName,
    Speaking,
    decode,
)

_COUNTED = ("speaking", "overlap", "alert", "interruption")


def cut_off_event(connection: sqlite3.Connection, call_id: str) -> CallEnded:
    """The call's missing last event: what its stored events add up to, cut off at the last of them."""
    seq, t_s = connection.execute(
        "SELECT coalesce(max(seq), 0), coalesce(max(t_s), 0.0) FROM events WHERE call_id = ?", (call_id,)
    ).fetchone()
    talk_s: dict[PartyName, float] = {"agent": 0.0, "caller": 0.0}
    interruptions: dict[PartyName, int] = {"agent": 0, "caller": 0}
    open_since: dict[PartyName, float] = {}
    alerts: Counter[SeverityName] = Counter()
    overlap_s = 0.0
    rows = connection.execute(
        f"SELECT body FROM events WHERE call_id = ? AND type IN ({', '.join('?' * len(_COUNTED))})"
        " ORDER BY seq",
        (call_id, *_COUNTED),
    )
    for (body,) in rows:
        try:
            event = decode(body)
        except msgspec.DecodeError:
            continue  # written by another version: its call still gets its end
        match event:
            case Speaking(is_speaking=True):
                open_since[event.party] = event.start_s
            case Speaking():
                open_since.pop(event.party, None)
                talk_s[event.party] += (event.end_s or event.start_s) - event.start_s
            case OverlapHeard():
                overlap_s += event.end_s - event.start_s
            case InterruptionHeard():
                interruptions[event.by] += 1
            case Alert():
                alerts[event.severity] += 1
            case _:
                pass
    for party, start_s in open_since.items():
        talk_s[party] += max(0.0, t_s - start_s)
    return CallEnded(
        t_s=t_s,
        seq=seq + 1,
        call_id=call_id,
        reason="cut_off",
        duration_s=t_s,
        talk_s={party: round(total, 4) for party, total in talk_s.items()},
        overlap_s=round(overlap_s, 4),
        alerts=dict(alerts),
        interruptions=interruptions,
    )
