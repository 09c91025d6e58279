"""The end of a call whose process died, made from what the log kept of it."""

from __future__ import annotations

import sqlite3
from collections import Counter

import msgspec

from monitor.core.alerts import CALL_ENDED
from monitor.core.events import (
    Alert,
    AlertCleared,
    CallEnded,
    Cue,
    CueCleared,
    Event,
    InterruptionHeard,
    OverlapHeard,
    PartyName,
    SeverityName,
    Speaking,
    decode,
)

_COUNTED = ("speaking", "overlap", "alert", "interruption", "alert_cleared", "cue", "cue_cleared")


def cut_off_events(connection: sqlite3.Connection, call_id: str) -> tuple[list[Event], CallEnded]:
    """The call's missing last events: the ends of the alerts and of the cue that were open, and its end.

    What its stored events add up to counts, cut off at the last of them.
    """
    seq, t_s = connection.execute(
        "SELECT coalesce(max(seq), 0), coalesce(max(t_s), 0.0) FROM events WHERE call_id = ?", (call_id,)
    ).fetchone()
    talk_s: dict[PartyName, float] = {"agent": 0.0, "caller": 0.0}
    interruptions: dict[PartyName, int] = {"agent": 0, "caller": 0}
    open_since: dict[PartyName, float] = {}
    alerts: Counter[SeverityName] = Counter()
    open_alerts: dict[str, Alert] = {}
    open_cues: dict[str, Cue] = {}
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
                open_alerts[event.id] = event
            case AlertCleared():
                open_alerts.pop(event.id, None)
            case Cue():
                open_cues[event.id] = event
            case CueCleared():
                open_cues.pop(event.id, None)
            case _:
                pass
    for party, start_s in open_since.items():
        talk_s[party] += max(0.0, t_s - start_s)
    ends: list[Event] = [
        AlertCleared(t_s=t_s, id=alert.id, rule=alert.rule, cleared_at_s=t_s, reason=CALL_ENDED)
        for alert in open_alerts.values()
    ]
    ends += [
        CueCleared(t_s=t_s, id=cue.id, rule=cue.rule, cleared_at_s=t_s, reason="ended", outcome="")
        for cue in open_cues.values()
    ]
    ends = [
        msgspec.structs.replace(event, call_id=call_id, seq=seq + number)
        for number, event in enumerate(ends, 1)
    ]
    return ends, CallEnded(
        t_s=t_s,
        seq=seq + len(ends) + 1,
        call_id=call_id,
        reason="cut_off",
        duration_s=t_s,
        talk_s={party: round(total, 4) for party, total in talk_s.items()},
        overlap_s=round(overlap_s, 4),
        alerts=dict(alerts),
        interruptions=interruptions,
    )
