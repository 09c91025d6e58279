"""Who cut in on whom, where bids are made in pieces, after signs of listening, and over echoes."""

from __future__ import annotations

import pytest

from monitor.core.audio import Party
from monitor.core.clock import Span, samples, seconds
from monitor.core.facts import Backchannel, Interruption, InterruptionBegan, Overlap
from tests.core.test_timeline import Speech, only, play, span

A, C = Party.AGENT, Party.CALLER


# --- an address, a breath, and the rest ------------------------------------------------------------------


@pytest.mark.parametrize(
    "speech",
    [
        # "Madam," at the end of the clause, the rest when the caller has just gone on
        [(C, 0.5, 6.0), (A, 5.8, 6.2), (C, 6.45, 10.3), (A, 6.6, 11.0)],
        # "Madam," in its middle, the rest just before the caller's comma
        [(C, 0.5, 6.0), (A, 5.0, 5.4), (A, 5.82, 11.0), (C, 6.45, 10.15)],
    ],
)
def test_an_address_and_the_rest_after_a_breath_are_one_bid(speech: list[Speech]) -> None:
    told = play(speech)
    (interruption,) = only(told, Interruption)
    assert (interruption.by, interruption.of, interruption.is_yielded) == (A, C, True)
    assert seconds(interruption.span.length) == pytest.approx(3.7, abs=0.05)
    assert len(only(told, InterruptionBegan)) == 1


@pytest.mark.parametrize(
    "speech",
    [
        # no address before it: who comes in as the other seems to finish, or begins with the other
        [(C, 0.5, 6.0), (A, 5.82, 11.0), (C, 6.45, 10.15)],
        [(C, 0.5, 6.0), (C, 6.45, 10.3), (A, 6.6, 11.0)],
        # a sign of listening, then an answer in what seemed to be the end
        [(C, 0.5, 6.0), (A, 5.0, 5.6), (A, 6.1, 11.0), (C, 6.45, 10.3)],
        # the same, and the caller adds a word
        [(C, 0.5, 6.0), (A, 5.0, 5.4), (A, 5.82, 11.0), (C, 6.45, 6.9)],
        # the caller goes on after a longer pause: that was an end
        [(C, 0.5, 6.0), (A, 5.0, 5.4), (A, 5.82, 11.0), (C, 6.6, 10.15)],
        # the caller had hardly begun
        [(C, 4.5, 6.0), (A, 5.0, 5.4), (A, 5.82, 11.0), (C, 6.45, 10.15)],
        # signs of listening, one after the other
        [(C, 0.5, 6.0), (A, 5.0, 5.3), (A, 5.8, 6.2), (C, 6.45, 10.3), (A, 6.7, 7.1), (A, 7.6, 8.0)],
    ],
)
def test_what_is_no_renewed_bid_is_no_interruption_by_the_agent(speech: list[Speech]) -> None:
    assert [event for event in only(play(speech), Interruption) if event.by is A] == []


# --- bids in pieces, signs before an answer --------------------------------------------------------------


@pytest.mark.parametrize(
    "speech",
    [
        # a breath as long as half a second, the other talking on
        [(C, 0.5, 9.0), (A, 3.0, 3.8), (A, 4.25, 5.4)],
        # a breath just as the caller gives in
        [(C, 0.5, 5.0), (A, 3.0, 4.8), (A, 5.22, 8.0)],
        # two breaths
        [(C, 0.5, 9.0), (A, 3.0, 3.7), (A, 4.2, 5.0), (A, 5.5, 6.2)],
    ],
)
def test_a_bid_that_takes_breath_is_told_once(speech: list[Speech]) -> None:
    told = play(speech)
    (interruption,) = only(told, Interruption)
    assert interruption.by is A
    assert seconds(interruption.span.start) == 3.0
    assert len(only(told, InterruptionBegan)) == 1
    assert not only(told, Backchannel)


def test_two_signs_in_a_row_are_signs() -> None:
    told = play([(C, 0.5, 9.0), (A, 3.0, 3.4), (A, 3.9, 4.3)])
    assert not only(told, Interruption)
    assert len(only(told, Backchannel)) == 2


@pytest.mark.parametrize("breath_s", [0.25, 0.35, 0.5])
def test_a_sign_and_then_the_answer_in_the_last_word_is_no_interruption(breath_s: float) -> None:
    answer_s = 5.7
    told = play([(C, 0.5, 6.0), (A, answer_s - breath_s - 0.4, answer_s - breath_s), (A, answer_s, 9.0)])
    assert not only(told, Interruption)
    assert not only(told, InterruptionBegan)


def test_a_sign_and_then_a_bid_is_an_interruption_from_the_bid_on() -> None:
    told = play([(C, 0.5, 9.0), (A, 3.0, 3.3), (A, 3.55, 5.4)])
    (interruption,) = only(told, Interruption)
    assert interruption.span == span(3.55, 5.4)
    (began,) = only(told, InterruptionBegan)
    assert seconds(began.at) == 3.55, "the policy on interruptions knows it by its start"


def test_who_takes_breath_while_the_other_stops_has_not_given_way() -> None:
    told = play([(C, 0.5, 5.0), (A, 3.5, 5.0), (A, 5.3, 9.0)])
    (interruption,) = only(told, Interruption)
    assert interruption.is_yielded


def test_a_breath_does_not_take_the_floor_from_who_has_spoken_for_a_second_in_all() -> None:
    told = play([(C, 0.5, 0.95), (C, 1.2, 8.0), (A, 1.65, 3.5)])
    (interruption,) = only(told, Interruption)
    assert (interruption.by, interruption.is_yielded) == (A, False)


def test_who_has_spoken_on_for_half_a_second_after_a_long_pause_has_the_floor_again() -> None:
    (interruption,) = only(play([(C, 0.5, 1.3), (C, 2.5, 6.0), (A, 3.2, 8.0)]), Interruption)
    assert (interruption.by, interruption.of, interruption.is_yielded) == (A, C, True)


@pytest.mark.parametrize(
    "speech",
    [
        # the other may have begun without having heard that the pause was over
        [(C, 0.5, 1.3), (C, 2.5, 6.0), (A, 2.9, 8.0)],
        # the other answered in the pause
        [(C, 0.5, 1.3), (A, 1.5, 2.4), (C, 3.4, 7.0), (A, 4.1, 9.0)],
        # a silence so long that the floor was nobody's
        [(C, 0.5, 1.3), (C, 3.6, 7.0), (A, 4.3, 9.0)],
        # too little was said, before the pause and after it
        [(C, 0.5, 0.75), (C, 1.95, 6.0), (A, 2.6, 8.0)],
    ],
)
def test_a_floor_that_is_open_again_cannot_be_taken(speech: list[Speech]) -> None:
    told = play(speech)
    assert not only(told, Interruption)
    assert not only(told, InterruptionBegan)


def test_where_channels_leak_an_overlap_at_the_end_may_seem_a_little_longer() -> None:
    def leaks(party: Party, about: Span) -> bool:
        return party is A and about.end <= samples(3.5)

    speech: list[Speech] = [(C, 0.5, 6.55), (A, 1.0, 3.2), (A, 6.0, 9.0)]
    assert not only(play(speech, is_echo=leaks), Interruption)
    assert only(play([(C, 0.5, 6.55), (A, 6.0, 9.0)]), Interruption), "on a clean line it is one"


def test_people_behind_a_party_who_has_not_spoken_take_no_floor() -> None:
    """Their babble goes on under the agent's turns; the caller's own voice begins at 9.0."""
    babble = [(C, 0.5, 10.0), (A, 0.8, 2.4), (A, 2.9, 4.5), (A, 5.2, 8.0), (A, 9.4, 13.0), (C, 10.2, 13.5)]

    def is_faint(party: Party, under: Span) -> bool:
        return party is C and under.start < samples(9.0)

    assert only(play(babble), Interruption)
    told = play(babble, is_faint=is_faint)
    faint = [event for event in only(told, Overlap) if event.span.start < samples(9.0)]
    assert {(event.kind, event.holder) for event in faint} == {("brief", A)}, "nobody's failed attempt either"
    assert all(event.span.start >= samples(9.0) for event in only(told, Interruption))


def test_people_behind_a_party_who_has_spoken_hold_no_floor_and_cut_nobody_off() -> None:
    """After the caller's turn they talk on, first under a turn of the agent's, then until one begins."""
    speech: list[Speech] = [(C, 0.5, 3.0), (A, 3.4, 8.0), (C, 5.0, 6.8), (C, 9.2, 12.0), (A, 10.6, 14.0)]

    def is_faint(party: Party, under: Span) -> bool:
        return party is C and under.start > samples(4.0)

    assert [event.by for event in only(play(speech), Interruption)] == [C, A]
    told = play(speech, is_faint=is_faint)
    assert not only(told, Interruption)
    assert not only(told, InterruptionBegan)
    assert [event.kind for event in only(told, Overlap)] == ["brief", "brief"]
