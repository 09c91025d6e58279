"""The words of a call, from the question to the page."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import pytest

from monitor.core import events
from monitor.core.events import Event
from monitor.core.inputs import (
    RequestDropped,
)
from tests.core.simulated_call import Caller, hypothesis, new_session, silence, voice

E = TypeVar("E", bound=Event)


def test_without_words_nothing_is_ever_asked() -> None:
    caller = Caller(new_session(has_words=False))
    caller.hear(agent=voice(3.0))
    caller.hear(caller=voice(20.0))
    caller.end()
    assert not caller.asked
    assert len(caller.of(events.TurnEnded)) == 2, "turns do not wait for words that never come"


def test_without_words_answers_are_passed_over() -> None:
    asking = Caller(new_session())
    asking.hear(agent=voice(2.0))
    deaf = Caller(new_session(has_words=False))
    deaf.hear(agent=voice(2.0))
    assert asking.asked
    assert deaf.tell(hypothesis(asking.asked[0], "你好")) == []
    assert deaf.tell(RequestDropped(request_id=asking.asked[0].id)) == []


def test_requests_are_handed_over_once() -> None:
    caller = Caller(new_session())
    caller.hear(agent=voice(2.0))
    assert caller.asked
    assert caller.session.requests() == []
    assert len({request.id for request in caller.asked}) == len(caller.asked)


def test_words_reach_the_world_with_their_turn() -> None:
    caller = Caller(new_session(), lambda request: hypothesis(request, "你好"))
    caller.hear(caller=voice(2.0))
    caller.hear(caller=silence(2.0))
    caller.end()
    words = caller.of(events.WordsCommitted)
    assert [event.text for event in words] == ["你好"]
    (turn,) = caller.of(events.TurnEnded)
    assert turn.text == "你好"


@pytest.mark.parametrize("number", [0, 7_777])
def test_an_answer_to_a_question_never_asked_is_ignored(number: int) -> None:
    caller = Caller(new_session())
    caller.hear(agent=voice(2.0))
    stray = replace(hypothesis(caller.asked[0], "你好"), request_id=number, utterance=number)
    assert caller.tell(stray) == []
    assert caller.tell(RequestDropped(request_id=number)) == []


def test_an_answer_that_comes_twice_is_told_once() -> None:
    caller = Caller(new_session())
    caller.hear(agent=voice(2.0))
    caller.hear(agent=silence(2.0))
    (final,) = [request for request in caller.asked if request.is_final][-1:]
    caller.tell(hypothesis(final, "你好"))
    caller.tell(hypothesis(final, "你好"))
    caller.end()
    assert [event.text for event in caller.of(events.WordsCommitted)] == ["你好"]


def test_a_recogniser_that_fails_costs_its_words_and_nothing_else() -> None:
    caller = Caller(new_session(), lambda request: hypothesis(request, "", rejected="engine_failed"))
    caller.hear(caller=voice(2.0))
    caller.hear(caller=silence(6.0))
    caller.hear(agent=voice(2.0))
    caller.hear(agent=silence(6.0))
    caller.end()
    assert caller.asked
    assert not caller.of(events.WordsCommitted)
    assert [turn.party for turn in caller.of(events.TurnEnded)] == ["caller", "agent"]


def test_a_recogniser_that_never_answers_does_not_hold_up_the_call() -> None:
    caller = Caller(new_session())
    caller.hear(caller=voice(2.0))
    caller.hear(caller=silence(8.0))
    assert len(caller.of(events.TurnEnded)) == 1, (
        "the turn waits for its words no longer than the settings say"
    )
    caller.end()
    assert caller.of(events.CallEnded)
