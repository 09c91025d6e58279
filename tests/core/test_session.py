"""A call's whole analysis where the golden replays do not reach: lost sound, notices, ends, odd answers."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

import numpy as np
import pytest

from monitor.core import events
from monitor.core.audio import AudioFrame, Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, SAMPLE_RATE_HZ, Span
from monitor.core.events import Event
from monitor.core.inputs import (
    CallEnd,
    EngineLag,
    RequestDropped,
    SessionInput,
    SoundEnd,
    SourceNotice,
)
from monitor.core.notices import NOTICES
from monitor.core.recognition import Hypothesis, HypothesisWord, TranscriptionRequest
from tests.core.simulated_call import Caller, hypothesis, new_session, silence, voice

E = TypeVar("E", bound=Event)


# --- beginnings and ends -------------------------------------------------------------------------------


def test_a_call_without_any_sound_has_a_beginning_and_an_end() -> None:
    caller = Caller(new_session())
    told = caller.end(CallEnd(reason="failed", code="source.failed"))
    assert [type(event) for event in told] == [events.CallStarted, events.CallEnded]
    (end,) = caller.of(events.CallEnded)
    assert (end.reason, end.code, end.duration_s) == ("failed", "source.failed", 0.0)
    assert end.talk_s == {"agent": 0.0, "caller": 0.0}
    assert not caller.asked


def test_the_beginning_says_what_is_known_of_the_call() -> None:
    caller = Caller(new_session(has_words=False))
    caller.end()
    (start,) = caller.of(events.CallStarted)
    assert (start.source, start.title, start.has_words) == ("device", "line 3", False)


@pytest.mark.parametrize("length", [1, 159, BLOCK_SAMPLES - 1])
def test_a_call_shorter_than_a_block_is_judged_as_one_block(length: int) -> None:
    caller = Caller(new_session())
    for party in Party:
        caller.hear_one(party, np.zeros(length, np.float32))
    assert [type(event) for event in caller.told] == [events.CallStarted]
    caller.end()
    (end,) = caller.of(events.CallEnded)
    assert end.duration_s == 0.1


def test_a_party_whose_sound_is_shorter_is_silent_to_the_end() -> None:
    caller = Caller(new_session())
    caller.hear_one(Party.AGENT, np.concatenate([voice(3.0), silence(0.55)]))
    caller.hear_one(Party.CALLER, silence(1.0))
    assert caller.session.now == SAMPLE_RATE_HZ, "the rest waits for the caller's sound"
    caller.end()
    (end,) = caller.of(events.CallEnded)
    assert end.duration_s == pytest.approx(3.6), "up to the end of the block that the longer one is in"
    assert end.talk_s["agent"] == pytest.approx(3.0, abs=0.3)


def test_only_one_party_s_sound_is_a_call_too() -> None:
    caller = Caller(new_session(parties=[Party.CALLER]))
    caller.hear_one(Party.CALLER, np.concatenate([voice(4.0), silence(1.0)]))
    caller.end()
    (end,) = caller.of(events.CallEnded)
    assert (end.duration_s, end.talk_s["agent"]) == (5.0, 0.0)
    assert not caller.of(events.Notice), "that the other one is not heard is no news"


def test_an_ended_call_is_told_no_more() -> None:
    caller = Caller(new_session())
    caller.end()
    with pytest.raises(AssertionError):
        caller.tell(SoundEnd())


def test_a_hole_in_a_party_s_frames_is_a_fault_of_the_source() -> None:
    session = new_session()
    with pytest.raises(AssertionError, match="follow one another"):
        session.receive(AudioFrame(party=Party.AGENT, start=160, pcm=silence(0.1)))


def test_speech_that_the_end_cuts_off_is_over_with_the_call() -> None:
    caller = Caller(new_session())
    caller.hear(agent=voice(2.0))
    caller.end(CallEnd(reason="cut_off"))
    spoken = caller.of(events.Speaking)
    assert [event.is_speaking for event in spoken] == [True, False]
    assert len(caller.of(events.TurnEnded)) == 1
    (end,) = caller.of(events.CallEnded)
    assert end.reason == "cut_off"


def test_call_time_never_goes_back_and_every_event_can_be_written() -> None:
    caller = Caller(new_session(), lambda request: hypothesis(request, "你好"))
    caller.hear(agent=voice(2.0), caller=silence(2.0))
    caller.hear(caller=voice(3.0), lost=[Party.AGENT])
    told = caller.end()
    assert all(one.t_s <= two.t_s for one, two in pairwise(told))
    for event in told:
        assert events.decode(events.encode(event)) == event


# --- lost sound, notices, lag --------------------------------------------------------------------------


def test_lost_sound_is_told_once_with_its_whole_extent() -> None:
    caller = Caller(new_session())
    caller.hear(agent=silence(1.0))
    caller.hear(agent=silence(0.5), lost=[Party.CALLER])
    assert not caller.of(events.AudioLost), "not before it is over"
    caller.hear(agent=silence(1.0))
    caller.hear(agent=silence(0.3), lost=list(Party))
    caller.end()
    lost = [(event.party, event.start_s, event.end_s) for event in caller.of(events.AudioLost)]
    assert lost == [("caller", 1.0, 1.5), ("agent", 2.5, 2.8), ("caller", 2.5, 2.8)]


def test_lost_sound_is_silence_to_the_ear() -> None:
    caller = Caller(new_session())
    caller.hear(caller=voice(2.0))
    caller.hear(caller=silence(1.0), lost=[Party.CALLER])
    caller.hear(caller=voice(2.0))
    caller.end()
    (end,) = caller.of(events.CallEnded)
    assert end.talk_s["caller"] == pytest.approx(4.0, abs=0.4)


VALUES: dict[str, str | float | int] = {
    "title": "a.wav",
    "expected_s": 2.0,
    "found_s": 1.0,
    "missing_s": 1.0,
    "device": "Headset",
    "lost_s": 1.5,
    "given": "zh",
    "heard": "en",
    "calls": 8,
    "rule": "refusal",
    "times": 12,
}


@pytest.mark.parametrize("code", sorted(code for code in NOTICES if not code.startswith("sound.")))
def test_a_notice_of_the_source_is_told_in_both_languages(code: str) -> None:
    caller = Caller(new_session())
    caller.hear(agent=silence(0.5))
    caller.tell(SourceNotice(code=code, at=8_000, party=Party.AGENT, values=VALUES))
    (notice,) = caller.of(events.Notice)
    assert (notice.code, notice.party, notice.t_s) == (code, "agent", 0.5)
    assert notice.text.zh and notice.text.en and "{" not in notice.text.zh + notice.text.en


def test_a_lagging_recogniser_is_told_and_so_is_its_recovery() -> None:
    caller = Caller(new_session())
    caller.hear(agent=silence(0.2))
    caller.tell(EngineLag(is_lagging=True, delay_s=4.26))
    caller.tell(EngineLag(is_lagging=False, delay_s=0.4))
    told = [(event.is_lagging, event.delay_s, event.t_s) for event in caller.of(events.EngineLagging)]
    assert told == [(True, 4.3, 0.2), (False, 0.4, 0.2)]


def test_the_first_input_may_be_anything() -> None:
    for item in (
        EngineLag(is_lagging=True, delay_s=4.0),
        SourceNotice(code="stream.late", at=0),
        RequestDropped(request_id=1),
    ):
        told = new_session().receive(item)
        assert isinstance(told[0], events.CallStarted)


# --- channels --------------------------------------------------------------------------------------------


MANDARIN = (
    (Party.AGENT, "您好，工号三零二为您服务，请问有什么可以帮您"),
    (Party.CALLER, "我的快递怎么还没到，你们公司到底怎么回事"),
    (Party.AGENT, "请您提供一下订单号，我马上帮您查询"),
    (Party.CALLER, "订单号是三五八零二七一"),
)


@pytest.mark.parametrize("is_swapped", [False, True])
def test_an_agent_s_phrases_on_the_caller_s_channel_are_told(is_swapped: bool) -> None:
    """Two seconds of voice for each line; the recogniser hears the line in them, on the wire that speaks."""
    lines = [(party.other if is_swapped else party, text) for party, text in MANDARIN]
    starts = [turn * round(3.5 * SAMPLE_RATE_HZ) for turn in range(len(lines))]

    def answer(request: TranscriptionRequest) -> SessionInput | None:
        middle = (request.span.start + request.span.end) // 2
        party, text = lines[max(turn for turn, start in enumerate(starts) if start <= middle)]
        if not request.is_final or party is not request.party:
            return hypothesis(request, "")
        return spelt(request, text)

    caller = Caller(new_session(), answer)
    for party, _ in lines:
        caller.hear(
            agent=voice(2.0) if party is Party.AGENT else silence(2.0),
            caller=voice(2.0) if party is Party.CALLER else silence(2.0),
        )
        caller.hear(agent=silence(1.5))
    caller.end()
    assert len({words.start_s for words in caller.of(events.WordsCommitted)}) >= len(lines)
    codes = [notice.code for notice in caller.of(events.Notice)]
    assert codes == (["sound.channels_swapped"] if is_swapped else [])


def spelt(request: TranscriptionRequest, text: str) -> Hypothesis:
    """A word for each character, spread over the two seconds that the line takes."""
    first, step = request.span.start + 4_800, 2 * SAMPLE_RATE_HZ // (len(text) + 4)
    words = tuple(
        HypothesisWord(span=Span(first + at * step, first + (at + 1) * step), text=character, probability=0.9)
        for at, character in enumerate(text)
    )
    return replace(hypothesis(request, ""), words=words)


def test_where_both_channels_carry_the_same_sound_nothing_is_said_of_one_party_against_the_other() -> None:
    """The agent's channel carries the caller's voice a little softer: its detector hears less of it."""
    sound = np.tile(np.concatenate([voice(2.5, 0.016), voice(1.5, 0.1)]), 10)

    def told_from(start_s: float, agent: Pcm) -> list[Event]:
        call = Caller(new_session(has_words=False))
        call.hear(agent=agent, caller=sound)
        call.end()
        return [event for event in call.told if event.t_s > start_s]

    about_both = (events.OverlapHeard, events.InterruptionHeard, events.BackchannelHeard)
    tone = 0.075 * np.sin(np.arange(24_000) / 7.0)
    other = np.tile(np.concatenate([silence(2.5), tone]), 10).astype(np.float32)
    apart = {type(event) for event in told_from(12.0, other)}
    assert apart & {*about_both}
    assert events.Temper in apart
    same = told_from(12.0, np.float32(0.75) * sound)
    assert any(isinstance(event, events.Speaking) for event in same)
    assert not [event for event in same if isinstance(event, (*about_both, events.Temper))]


def test_an_echo_teaches_a_party_s_baseline_nothing() -> None:
    rng = np.random.default_rng(3)
    envelope = np.repeat(rng.uniform(0.2, 1.0, 60), SAMPLE_RATE_HZ // 10)
    speech = (0.3 * envelope * rng.standard_normal(len(envelope))).clip(-1, 1).astype(np.float32)
    echo = np.float32(0.1) * np.roll(speech, 1_600)
    caller = Caller(new_session(has_words=False))
    caller.hear(agent=speech, caller=echo)
    heard = [event.party for event in caller.of(events.Prosody)]
    assert heard.count("agent") > 50
    assert heard.count("caller") <= 5, "until there is enough of it to be told"
    caller.hear(caller=voice(2.0))
    caller.hear(caller=silence(1.0))
    assert [event.party for event in caller.of(events.Prosody)].count("caller") >= 15
