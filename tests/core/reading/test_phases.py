"""How far a call has come: by what is said, by the floor, and by time."""

from __future__ import annotations

import pytest

from monitor.core.clock import Span, seconds
from monitor.core.facts import Ipu, SpeechStarted, TemperState
from monitor.core.reading.context import Phase
from monitor.core.reading.phases import NEXT, Sign
from tests.core.reading.scripted import AGENT, CALLER, Conversation


def test_a_complaint_goes_through_all_phases() -> None:
    call = Conversation()
    seen = [call.context.phase]
    for party, text in [
        (AGENT, "您好，请问有什么可以帮您？"),
        (CALLER, "我寄的邮件八天了还没收到，你们怎么这么慢"),
        (AGENT, "您别着急，您的心情我理解，让您久等了"),
        (AGENT, "请您提供一下单号"),
        (CALLER, "单号是EA123456789"),
        (AGENT, "由于天气原因延误了，我今天下午三点前给您回电"),
        (CALLER, "好吧"),
        (AGENT, "请问还有什么可以帮您？祝您生活愉快，再见"),
    ]:
        call.say(party, text)
        if call.phase() is not seen[-1]:
            seen.append(call.context.phase)
    assert seen == list(Phase)
    reached = call.context.reached
    assert list(reached.values()) == sorted(reached.values())


def test_in_english_too() -> None:
    call = Conversation()
    call.say(AGENT, "Thank you for calling, how can I help you?")
    call.say(CALLER, "My order still hasn't arrived and nobody answers my emails")
    assert call.phase() is Phase.FIRST_ACCOUNT
    call.say(AGENT, "I'm so sorry to hear that, I understand how frustrating this is")
    assert call.phase() is Phase.COMFORT
    call.say(AGENT, "Could I have your order number please?")
    assert call.phase() is Phase.FACT_FINDING
    call.say(CALLER, "The order number is 4455667")
    call.say(AGENT, "It was delayed because of the storm. We will call you back within two hours.")
    assert call.phase() is Phase.HANDLING
    call.say(AGENT, "Is there anything else? Have a good day.")
    assert call.phase() is Phase.CLOSING


def test_comfort_on_top_of_the_caller_does_not_end_the_account() -> None:
    call = Conversation()
    call.say(AGENT, "您好")
    call.wait(0.5)
    start = call.now
    call.tell(SpeechStarted(party=CALLER, at=start))
    call.wait(4.0)
    call.say(AGENT, "您别着急", gap_s=0.0)
    call.wait(3.0)
    call.tell(Ipu(party=CALLER, span=Span(start, call.now)))
    assert not call.context.has_account_ended
    call.say(AGENT, "您的心情我理解", gap_s=0.8)
    assert call.context.has_account_ended
    assert call.phase() is Phase.COMFORT


def test_comfort_in_a_breath_of_the_caller_does_not_either() -> None:
    call = Conversation()
    call.say(AGENT, "您好")
    call.say(CALLER, "我的快递还没收到，上次也是这样")
    call.say(AGENT, "您别着急", gap_s=0.4)
    call.say(
        CALLER, "而且那天我在家等了一整天，根本没有人来，打电话也没人接，后来我自己跑到网点去问", gap_s=0.1
    )
    assert call.phase() is Phase.FIRST_ACCOUNT
    assert not call.context.has_account_ended


def test_a_sign_of_listening_does_not_end_the_account() -> None:
    call = Conversation()
    call.say(AGENT, "您好")
    call.say(CALLER, "我的快递还没收到")
    call.say(AGENT, "嗯好的", gap_s=0.2)
    call.say(CALLER, "上个月就寄出来了", gap_s=0.2)
    assert call.phase() is Phase.FIRST_ACCOUNT


@pytest.mark.parametrize("is_long", [True, False])
def test_without_words_the_floor_and_time_carry_the_call_on(is_long: bool) -> None:
    """The recogniser is off: only speech is known."""
    call = Conversation()

    def speak(party: object, length_s: float) -> None:
        start = call.now
        call.tell(SpeechStarted(party=party, at=start))  # type: ignore[arg-type]
        call.wait(length_s)
        call.tell(Ipu(party=party, span=Span(start, call.now)))  # type: ignore[arg-type]
        call.wait(0.4)

    speak(AGENT, 2.0)
    speak(CALLER, 20.0 if is_long else 5.0)
    assert call.phase() is Phase.FIRST_ACCOUNT
    speak(AGENT, 3.0)
    assert call.phase() is Phase.COMFORT
    assert call.context.account_ended_at is not None
    assert seconds(call.context.account_ended_at) == pytest.approx(22.4 if is_long else 7.4, abs=0.2)
    call.wait(61.0)
    assert call.phase() is Phase.FACT_FINDING
    speak(AGENT, 15.0)
    assert call.phase() is Phase.HANDLING


def test_a_caller_who_flares_up_takes_the_call_back_to_comfort() -> None:
    call = Conversation()
    call.say(AGENT, "您好")
    call.say(CALLER, "我的快递还没收到")
    call.say(AGENT, "请您提供一下单号", gap_s=0.5)
    call.say(AGENT, "按照规定是需要三天的")
    assert call.phase() is Phase.HANDLING
    ended_at = call.context.account_ended_at
    call.heat(0.8, TemperState.HOT)
    assert call.phase() is Phase.HANDLING, "told with the next tick"
    call.wait(0.2)
    assert call.phase() is Phase.COMFORT
    assert call.context.account_ended_at == ended_at, "the first account is told once"


def test_a_call_that_seemed_over_is_reopened() -> None:
    call = Conversation()
    call.say(AGENT, "您好")
    call.say(CALLER, "我的快递还没收到")
    call.say(AGENT, "请您提供一下单号")
    call.say(AGENT, "请问还有什么可以帮您")
    assert call.phase() is Phase.CLOSING
    call.say(CALLER, "对了，我还要退款，把钱退给我")
    assert call.phase() is Phase.HANDLING


def test_every_move_leads_somewhere_else_and_every_phase_is_reached() -> None:
    assert all(before is not after for (before, _), after in NEXT.items())
    assert set(NEXT.values()) == set(Phase) - {Phase.OPENING}
    assert {sign for _, sign in NEXT} == set(Sign)
