"""The echo gate: own speech passes, echoes do not."""

from __future__ import annotations

import pytest

from monitor.core.audio import Party
from monitor.core.clock import BLOCK_SAMPLES, Span, samples, seconds
from monitor.core.echo_gate import EchoGate
from monitor.core.facts import Ipu, Overlap, SpeechStarted

A, C = Party.AGENT, Party.CALLER

Stretches = list[tuple[float, float]]


def passed(agent: Stretches, caller: Stretches, echo: Stretches) -> tuple[Stretches, Stretches, list[float]]:
    """(own speech, echoes, delays of own starts) of the caller, whose channel carries echo over `echo`."""

    def is_echo(party: Party, span: Span) -> bool:
        middle = seconds(span.start + span.length // 2)
        return party is C and any(start <= middle < end for start, end in echo)

    gates = {party: EchoGate(party, is_echo) for party in Party}
    own: Stretches = []
    echoes: Stretches = []
    delays: list[float] = []
    last = max(end for _, end in agent + caller) + 1.0
    inputs: list[tuple[float, EchoGate, int | Span]] = []
    for party, stretches in ((A, agent), (C, caller)):
        for start, end in stretches:
            inputs.append((start + 0.15, gates[party], samples(start)))
            inputs.append((end + 0.25, gates[party], Span(samples(start), samples(end))))
    inputs.sort(key=lambda item: item[0])
    for now in range(BLOCK_SAMPLES, samples(last), BLOCK_SAMPLES):
        while inputs and samples(inputs[0][0]) <= now:
            _, gate, value = inputs.pop(0)
            if isinstance(value, Span):
                gate.close(value)
            else:
                gate.open(value)
        gates[A].judge(max(0, now - samples(0.35)), gates[C])
        for event in gates[C].judge(max(0, now - samples(0.35)), gates[A]):
            if isinstance(event, Ipu):
                own.append((seconds(event.span.start), seconds(event.span.end)))
            elif isinstance(event, Overlap):
                echoes.append((seconds(event.span.start), seconds(event.span.end)))
            else:
                assert isinstance(event, SpeechStarted)
                delays.append(round(seconds(now - event.at), 2))
    return own, echoes, delays


def test_own_speech_in_the_others_silence_passes_at_once() -> None:
    own, echoes, delays = passed([(0.0, 2.0)], [(3.0, 5.0)], [])
    assert (own, echoes) == ([(3.0, 5.0)], [])
    assert delays == [pytest.approx(0.2, abs=0.06)]


def test_own_speech_under_the_others_passes_whole() -> None:
    own, echoes, _ = passed([(0.0, 6.0)], [(2.0, 4.03), (4.5, 4.65)], [])
    assert (own, echoes) == ([(2.0, 4.03), (4.5, 4.65)], [])


def test_an_echo_does_not_pass() -> None:
    own, echoes, _ = passed([(0.0, 6.0)], [(0.2, 6.1)], [(0.0, 7.0)])
    assert own == []
    assert echoes == [(0.2, 6.1)]


def test_a_word_in_an_echo_is_cut_out_of_it() -> None:
    ((start, end),), echoes, _ = passed([(0.0, 8.0)], [(0.2, 8.1)], [(0.0, 3.0), (3.8, 9.0)])
    assert 2.8 <= start <= 3.3
    assert 3.5 <= end <= 4.0
    assert [round(start) for start, _ in echoes] == [0, 4]


def test_one_chance_likeness_cuts_nothing() -> None:
    own, _, _ = passed([(0.0, 6.0)], [(2.0, 4.4)], [(2.85, 3.05)])
    assert own == [(2.0, 4.4)]


def test_own_speech_goes_on_when_the_source_of_the_echo_falls_silent() -> None:
    own, echoes, _ = passed([(0.0, 3.0)], [(0.2, 6.0)], [(0.0, 3.2)])
    ((start, end),) = own
    assert 3.0 <= start <= 3.6
    assert end == 6.0
    assert len(echoes) == 1


def test_on_a_channel_that_carries_echoes_own_speech_begins_where_the_echo_ends() -> None:
    agent = [(0.0, 2.0), (4.0, 6.0)]
    caller = [(0.1, 2.1), (4.1, 7.0)]
    own, echoes, _ = passed(agent, caller, [(0.0, 2.2), (4.0, 4.3)])
    assert echoes == [(0.1, 2.1)]
    ((start, end),) = own
    assert start == pytest.approx(4.4, abs=0.15)
    assert end == 7.0


def test_on_a_channel_that_carries_echoes_own_speech_ends_where_the_echo_begins() -> None:
    agent = [(0.0, 2.0), (5.5, 9.0)]
    caller = [(0.1, 2.1), (4.0, 6.0)]
    own, _, _ = passed(agent, caller, [(0.0, 2.2), (5.8, 6.4)])
    ((_, end),) = own
    assert end == pytest.approx(5.7, abs=0.11)
