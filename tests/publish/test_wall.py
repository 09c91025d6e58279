"""The wall's fold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from monitor.core.events import (
    AudioLost,
    CallStarted,
    EngineLagging,
    InterruptionHeard,
    Notice,
    Speaking,
    Temper,
    Text,
)
from monitor.publish.wall import ENDED_KEPT, HEAT_WINDOW_S, NOTICES_MAX, SPEECH_MAX, Wall

if TYPE_CHECKING:
    from tests.publish.conftest import CallScript


def test_a_call_adds_up(script: type[CallScript]) -> None:
    call, wall = script(), Wall()
    common: dict[str, Any] = {"call_id": "call-1"}
    wall.apply_all(
        "call-1",
        [
            call.started(),
            call.speaking(),
            call.temper(0.7),
            call.alert("a1"),
            call.alert("a2"),
            call.cleared("a1"),
            InterruptionHeard(**common, t_s=4, by="agent", of="caller", start_s=3, end_s=4, yielded=True),
            EngineLagging(**common, t_s=5, is_lagging=True, delay_s=3.0),
            Notice(**common, t_s=6, code="source.clipped", level="warning", text=Text("削波", "clipped")),
            AudioLost(**common, t_s=7.25, party="agent", start_s=6, end_s=7),
            AudioLost(**common, t_s=7.0, party="agent", start_s=6, end_s=7),
        ],
    )
    summary = wall.summary("call-1")
    assert summary is not None
    assert (summary.state, summary.t_s, summary.duration_s) == ("live", 7.25, 60.0)
    assert (summary.speaking.caller, summary.speaking.agent) == (True, False)
    assert (summary.speech.caller, summary.speech.agent) == ([(0.5, None)], [])
    assert (summary.score, summary.temper_state, summary.heat) == (0.7, "raised", [(1.5, 0.7)])
    assert [alert.id for alert in summary.open_alerts] == ["a2"]
    assert (summary.interruptions.agent, summary.interruptions.caller) == (1, 0)
    assert summary.is_lagging
    assert summary.notices == ["source.clipped", "audio_lost"]
    assert wall.live_count == 1


def test_who_spoke_is_kept_for_a_while(script: type[CallScript]) -> None:
    call, wall = script("c"), Wall()
    wall.apply("c", call.started())
    common: dict[str, Any] = {"call_id": "c", "party": "agent"}
    for start_s in range(1000):
        begun = Speaking(**common, t_s=start_s, is_speaking=True, start_s=start_s, end_s=None)
        over = Speaking(**common, t_s=start_s + 0.7, is_speaking=False, start_s=start_s, end_s=start_s + 0.5)
        wall.apply_all("c", [begun, over])
    summary = wall.summary("c")
    assert summary is not None
    assert len(summary.speech.agent) == SPEECH_MAX
    assert summary.speech.agent[-1] == (999, 999.5)
    late = Speaking(**common, t_s=1260, is_speaking=True, start_s=1259.5, end_s=None)
    wall.apply_all("c", [late, call.ended()])
    summary = wall.summary("c")
    assert summary is not None
    assert summary.speech.agent[0][1] is not None
    assert summary.speech.agent[0][1] >= 1260 - HEAT_WINDOW_S
    assert summary.speech.agent[-1][0] == 1259.5
    assert summary.speech.agent[-1][1] is not None


def test_an_ended_call_is_quiet_and_stays_for_a_while(script: type[CallScript]) -> None:
    wall = Wall()
    for number in range(ENDED_KEPT + 3):
        call = script(f"call-{number}")
        wall.apply_all(call.call_id, [call.started(), call.speaking(), call.alert(), call.ended()])
        wall.apply(call.call_id, call.alert("late"))  # after its end a call does not change
    assert wall.live_count == 0
    calls = wall.snapshot()
    assert [call.call_id for call in calls] == [f"call-{number}" for number in range(ENDED_KEPT + 2, 2, -1)]
    assert calls[0].state == "ended"
    assert calls[0].duration_s == 60.0
    assert calls[0].open_alerts == []
    assert not calls[0].speaking.caller


def test_heat_and_notices_are_bounded() -> None:
    wall = Wall()
    from_script: dict[str, Any] = {"call_id": "c"}
    wall.apply("c", _started())
    for step in range(20_000):
        t_s = step / 10
        wall.apply("c", Temper(**from_script, t_s=t_s, party="caller", score=0.1, state="calm", evidence=[]))
        wall.apply("c", Notice(**from_script, t_s=t_s, code=f"n{step}", level="info", text=Text("", "")))
    summary = wall.summary("c")
    assert summary is not None
    assert len(summary.heat) <= 2 * HEAT_WINDOW_S + 2
    assert summary.heat[-1] == (1999.9, 0.1)
    assert summary.heat[0][0] >= 1999.9 - HEAT_WINDOW_S
    assert len(summary.notices) == NOTICES_MAX


def test_events_of_an_unknown_call_are_left_out(script: type[CallScript]) -> None:
    wall = Wall()
    wall.apply("call-1", script().alert())
    assert wall.snapshot() == []
    assert wall.summary("call-1") is None


def test_a_call_that_starts_anew_is_live_again(script: type[CallScript]) -> None:
    call, wall = script(), Wall()
    wall.apply_all("call-1", [call.started(), call.ended(), call.started()])
    assert wall.live_count == 1


def test_a_snapshot_is_small(script: type[CallScript]) -> None:
    """Two hundred live calls with a full window of heat fit into one message of a few megabytes."""
    call, wall = script(), Wall()
    wall.apply("call-1", call.started())
    for _ in range(700):
        wall.apply("call-1", call.temper(0.1234))
    assert len(msgspec.json.encode(wall.snapshot())) < 15_000


def _started() -> Any:
    return CallStarted(
        call_id="c",
        t_s=0.0,
        started_at="",
        source="file",
        title="",
        agent="",
        duration_s=None,
        has_words=False,
    )
