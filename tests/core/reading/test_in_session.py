"""The reading within a whole session: from a recogniser's words to the event."""

from __future__ import annotations

from monitor.core import events
from monitor.core.recognition import Hypothesis, TranscriptionRequest
from tests.core.simulated_call import Caller, hypothesis, new_session, silence, voice

LINES = {"caller": "我要投诉，我的快递还没收到，叫你们领导来", "agent": "非常抱歉，我今天下午给您回电"}


def spoken(request: TranscriptionRequest) -> Hypothesis:
    """Each party always says its line."""
    return hypothesis(request, LINES[request.party.value])


def told() -> Caller:
    """A call in which the caller complains and the agent promises."""
    call = Caller(new_session(), spoken)
    call.hear(caller=voice(5.0))
    call.hear(agent=silence(1.0))
    call.hear(agent=voice(4.0))
    call.hear(agent=silence(6.0))
    call.end()
    return call


def test_what_is_said_is_read_and_told() -> None:
    call = told()
    last = call.of(events.Reading)[-1]
    assert last.is_complaint
    assert last.phase != "opening"
    assert {risk.kind for risk in last.risks} >= {"leader", "complaint"}
    assert [made.due for made in last.promises] == ["今天下午"]
    assert [count.what for count in last.counts if count.total] == ["apology"]


def test_the_same_call_is_read_alike() -> None:
    first, second = told().of(events.Reading), told().of(events.Reading)
    assert [events.encode(event) for event in first] == [events.encode(event) for event in second]


def test_a_call_without_words_is_read_by_its_floor_alone() -> None:
    call = Caller(new_session(has_words=False))
    call.hear(caller=voice(6.0))
    call.hear(agent=silence(0.5))
    call.hear(agent=voice(4.0))
    call.hear(agent=silence(4.0))
    call.end()
    last = call.of(events.Reading)[-1]
    assert last.phase == "comfort"
    assert (last.slots, last.promises, last.risk) == ([], [], 0.0)
