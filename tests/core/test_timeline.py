"""The timeline: scripted conversations with known answers, and random ones that must hold its promises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.audio import Party
from monitor.core.clock import BLOCK_SAMPLES, Span, samples, seconds
from monitor.core.completions import is_sign
from monitor.core.facts import (
    Backchannel,
    Gap,
    Interruption,
    InterruptionBegan,
    Ipu,
    Overlap,
    Pause,
    SpeechStarted,
    Turn,
    Word,
    Words,
)
from monitor.core.settings import TimelineSettings
from monitor.core.timeline import ConversationEvent, Timeline

A, C = Party.AGENT, Party.CALLER

Speech = tuple[Party, float, float]
T = TypeVar("T")


@dataclass(frozen=True)
class Sound:
    """A description with known numbers."""

    rate_syl_s: float | None = 4.5
    f0_median_st: float | None = 0.5
    level_db: float | None = 1.0


@dataclass(frozen=True)
class Told:
    at_s: float
    event: ConversationEvent


def span(start_s: float, end_s: float) -> Span:
    return Span(samples(start_s), samples(end_s))


def never_echo(party: Party, about: Span) -> bool:
    return False


def play(
    speech: Iterable[Speech],
    *,
    words: Iterable[tuple[float, Words]] = (),
    is_echo: Callable[[Party, Span], bool] = never_echo,
    has_words: bool = False,
    end_s: float | None = None,
    options: TimelineSettings | None = None,
    is_faint: Callable[[Party, Span], bool] = lambda party, under: False,
) -> list[Told]:
    """Delivers speech as late as the detector does, and words when they are said to come."""
    speech = list(speech)
    inputs: list[tuple[int, int, SpeechStarted | Ipu | Words]] = []
    for number, (party, start_s, stop_s) in enumerate(speech):
        inputs.append((samples(start_s + 0.15), number, SpeechStarted(party=party, at=samples(start_s))))
        inputs.append((samples(stop_s + 0.25), number, Ipu(party=party, span=span(start_s, stop_s))))
    inputs.extend((samples(at_s), -1, said) for at_s, said in words)
    inputs.sort(key=lambda item: item[:2])
    timeline = Timeline(
        options or TimelineSettings(),
        lambda party, about: Sound(),
        is_echo,
        has_words=has_words,
        is_faint=is_faint,
    )
    end = samples(end_s if end_s is not None else max((stop for _, _, stop in speech), default=0) + 3)
    told: list[Told] = []
    now = 0
    while now < end:
        now += BLOCK_SAMPLES
        while inputs and inputs[0][0] <= now:
            timeline.receive(inputs.pop(0)[2])
        told.extend(Told(seconds(now), event) for event in timeline.tick(now))
    told.extend(Told(seconds(now), event) for event in timeline.finish(now))
    return told


def said(party: Party, *timed: tuple[float, float, str]) -> Words:
    return Words(
        party=party,
        words=tuple(
            Word(party=party, span=span(start, end), text=text, probability=0.9) for start, end, text in timed
        ),
        language="zh",
        utterance=1,
    )


def only(told: Sequence[Told], kind: type[T]) -> list[T]:
    return [item.event for item in told if isinstance(item.event, kind)]


def kinds(told: Sequence[Told]) -> list[str]:
    return [overlap.kind for overlap in only(told, Overlap)]


# --- turns, pauses, gaps ---------------------------------------------------------------------------------


def test_pause_keeps_the_turn_and_gap_separates_parties() -> None:
    told = play([(A, 0.5, 2.0), (A, 2.6, 4.0), (C, 4.5, 7.0)])
    assert [(turn.party, turn.span) for turn in only(told, Turn)] == [
        (A, span(0.5, 4.0)),
        (C, span(4.5, 7.0)),
    ]
    assert [pause.span for pause in only(told, Pause)] == [span(2.0, 2.6)]
    assert only(told, Gap) == [Gap(span=span(4.0, 4.5), before=A, after=C)]


def test_breath_is_a_pause_too() -> None:
    told = play([(A, 0.5, 2.0), (A, 2.25, 4.0)])
    assert [pause.span for pause in only(told, Pause)] == [span(2.0, 2.25)]


def test_long_silence_ends_a_turn_though_nobody_takes_over() -> None:
    told = play([(A, 0.5, 2.0), (A, 3.5, 5.0)])
    assert [turn.span for turn in only(told, Turn)] == [span(0.5, 2.0), span(3.5, 5.0)]
    assert not only(told, Gap)
    assert not only(told, Pause)


def test_a_turn_of_the_other_in_a_pause_ends_the_turn() -> None:
    told = play([(A, 0.5, 3.0), (C, 3.1, 5.4), (A, 5.5, 8.0)])
    assert [turn.party for turn in only(told, Turn)] == [A, C, A]
    assert [gap.before for gap in only(told, Gap)] == [A, C]


def test_a_very_long_turn_is_cut_at_a_pause() -> None:
    monologue = [(C, 2.0 * i, 2.0 * i + 1.7) for i in range(20)]
    told = play(monologue, options=TimelineSettings(max_turn_s=10.0))
    turns = only(told, Turn)
    assert len(turns) >= 3
    assert all(turn.span.length_s <= 14 for turn in turns)


def test_a_turn_is_described() -> None:
    (turn,) = only(play([(A, 0.5, 2.0)]), Turn)
    assert (turn.rate_syl_s, turn.f0_median_st, turn.level_db) == (4.5, 0.5, 1.0)


def test_acoustics_alone_never_wait_for_words() -> None:
    told = play([(A, 0.5, 2.0), (C, 2.2, 5.0)], has_words=False)
    assert next(item.at_s for item in told if isinstance(item.event, Turn)) <= 2.0 + 1.0 + 0.4


# --- words ----------------------------------------------------------------------------------------------


def test_a_turn_waits_for_the_words_of_its_span() -> None:
    words = said(A, (0.5, 1.0, "您好"), (1.0, 1.9, "请讲"))
    told = play([(A, 0.5, 2.0), (C, 2.5, 6.0)], words=[(4.1, words)], has_words=True)
    first = next(item for item in told if isinstance(item.event, Turn))
    assert first.event == Turn(
        party=A, span=span(0.5, 2.0), text="您好请讲", rate_syl_s=4.5, f0_median_st=0.5, level_db=1.0
    )
    assert first.at_s == pytest.approx(4.1)


def test_a_turn_without_words_waits_no_longer_than_told() -> None:
    told = play([(A, 0.5, 2.0), (C, 2.5, 9.0)], has_words=True)
    first = next(item for item in told if isinstance(item.event, Turn))
    assert isinstance(first.event, Turn) and first.event.party is A
    assert first.at_s == pytest.approx(6.0, abs=0.15)


def test_words_go_to_the_turn_in_which_they_were_said() -> None:
    words = said(A, (0.5, 1.9, "first"), (5.1, 5.6, " second"))
    told = play([(A, 0.5, 2.0), (C, 2.2, 4.8), (A, 5.0, 5.7)], words=[(5.9, words)], has_words=True, end_s=12)
    assert [turn.text for turn in only(told, Turn) if turn.party is A] == ["first", "second"]


def test_words_of_a_backchannel_do_not_slip_into_the_next_turn() -> None:
    words = [(4.0, said(A, (3.0, 3.4, "嗯"))), (9.5, said(A, (6.6, 8.0, "我明白了")))]
    told = play([(C, 0.5, 6.0), (A, 3.0, 3.4), (A, 6.5, 8.5)], words=words, has_words=True, end_s=14)
    assert [turn.text for turn in only(told, Turn) if turn.party is A] == ["我明白了"]


# --- overlaps -------------------------------------------------------------------------------------------


def test_interruption_that_makes_the_holder_yield() -> None:
    told = play([(C, 0.5, 5.0), (A, 4.0, 8.0)])
    assert only(told, Interruption) == [Interruption(span=span(4.0, 5.0), by=A, of=C, is_yielded=True)]
    assert kinds(told) == ["competitive"]


def test_interruption_that_the_holder_talks_through() -> None:
    told = play([(C, 0.5, 9.0), (A, 4.0, 5.6)])
    assert only(told, Interruption) == [Interruption(span=span(4.0, 5.6), by=A, of=C, is_yielded=False)]


def test_interruption_is_told_before_it_is_over() -> None:
    told = play([(C, 0.5, 9.0), (A, 4.0, 7.0)])
    began = next(item for item in told if isinstance(item.event, InterruptionBegan))
    assert began.event == InterruptionBegan(at=samples(4.0), by=A, of=C)
    assert began.at_s <= 4.0 + 1.5


def test_a_holder_who_pauses_for_a_breath_has_not_yielded() -> None:
    told = play([(C, 0.5, 5.0), (C, 5.25, 9.0), (A, 4.0, 6.5)])
    assert [event.is_yielded for event in only(told, Interruption)] == [False]


def test_a_bid_with_a_breath_in_it_is_one_interruption() -> None:
    told = play([(C, 0.5, 9.0), (A, 4.0, 4.7), (A, 4.95, 6.0)])
    assert only(told, Interruption) == [Interruption(span=span(4.0, 6.0), by=A, of=C, is_yielded=False)]


def test_cutting_in_twice_is_two_interruptions() -> None:
    told = play([(C, 0.5, 12.0), (A, 4.0, 5.6), (A, 7.0, 8.6)])
    assert len(only(told, Interruption)) == 2


def test_overlap_without_end_is_told_in_bounded_time() -> None:
    told = play([(C, 0.5, 30.0), (A, 4.0, 29.0)])
    found = next(item for item in told if isinstance(item.event, Interruption))
    assert found.at_s <= 4.0 + 6.5
    assert found.event == Interruption(span=span(4.0, 10.0), by=A, of=C, is_yielded=False)
    assert [event.span for event in only(told, Overlap)] == [span(4.0, 29.0)]


def test_backchannels_are_no_interruptions_however_many() -> None:
    listening = [(A, 2.0 * i, 2.0 * i + 0.5) for i in range(1, 8)]
    told = play([(C, 0.5, 20.0), *listening])
    assert not only(told, Interruption)
    assert [(event.party, event.holder) for event in only(told, Backchannel)] == [(A, C)] * 7
    assert kinds(told) == ["backchannel"] * 7
    assert len(only(told, Turn)) == 1


def test_backchannel_in_a_pause_does_not_break_the_turn() -> None:
    told = play([(C, 0.5, 3.0), (A, 3.1, 3.5), (C, 3.7, 7.0)])
    assert [turn.span for turn in only(told, Turn)] == [span(0.5, 7.0)]
    assert [event.span for event in only(told, Backchannel)] == [span(3.1, 3.5)]


def test_short_answer_after_which_the_other_waits_is_a_turn() -> None:
    told = play([(A, 0.5, 3.0), (C, 3.3, 3.8), (A, 5.5, 8.0)])
    assert [turn.party for turn in only(told, Turn)] == [A, C, A]
    assert not only(told, Backchannel)


def test_terminal_overlap_is_a_normal_change_of_turn() -> None:
    told = play([(C, 0.5, 5.0), (A, 4.7, 8.0)])
    assert kinds(told) == ["terminal"]
    assert not only(told, Interruption)
    assert not only(told, InterruptionBegan)
    assert not only(told, Gap)


def test_simultaneous_start_is_nobodys_interruption() -> None:
    told = play([(C, 1.0, 4.0), (A, 1.15, 3.0)])
    assert [(event.kind, event.holder) for event in only(told, Overlap)] == [("simultaneous_start", None)]
    assert not only(told, Interruption)


def test_floor_that_was_not_yet_held_cannot_be_taken() -> None:
    told = play([(C, 1.0, 5.0), (A, 1.7, 4.0)])
    assert kinds(told) == ["simultaneous_start"]


def test_floor_counts_from_where_it_was_won() -> None:
    # The agent wins the floor at 5.0 by cutting in; half a second later the caller takes it back.
    told = play([(C, 0.5, 5.0), (A, 4.0, 9.0), (C, 5.5, 8.0)])
    assert [event.by for event in only(told, Interruption)] == [A]


def test_answer_while_the_other_resumes_after_a_pause() -> None:
    told = play([(C, 0.5, 3.0), (A, 3.7, 6.0), (C, 3.9, 5.5)])
    assert kinds(told) == ["simultaneous_start"]
    assert not only(told, Interruption)


def test_echo_takes_no_turn_and_interrupts_nobody() -> None:
    def is_echo(party: Party, about: Span) -> bool:
        return party is C

    told = play([(A, 0.5, 3.0), (C, 0.7, 3.2), (A, 3.5, 8.0), (C, 5.0, 7.9)], is_echo=is_echo)
    assert [turn.party for turn in only(told, Turn)] == [A]
    assert kinds(told) == ["echo", "echo"]
    assert {event.holder for event in only(told, Overlap)} == {A}
    assert not only(told, Interruption)
    assert not only(told, Backchannel)


def test_own_speech_that_follows_an_echo_without_a_silence_is_a_turn() -> None:
    def is_echo(party: Party, about: Span) -> bool:
        return party is C and about.end <= samples(4.2)

    told = play([(A, 0.5, 4.0), (C, 0.7, 9.0)], is_echo=is_echo)
    (turn,) = [turn for turn in only(told, Turn) if turn.party is C]
    assert turn.span.end == samples(9.0)
    assert samples(3.5) <= turn.span.start <= samples(5.5)


# --- completions ----------------------------------------------------------------------------------------

HESITATION = [(C, 0.5, 4.0), (A, 3.8, 4.9), (C, 5.3, 8.0)]
CHORUS = [(C, 0.5, 4.0), (A, 3.3, 4.1), (C, 4.4, 8.0)]


@pytest.mark.parametrize("speech", [HESITATION, CHORUS], ids=["in a hesitation", "in chorus"])
def test_who_helps_the_holder_finish_completes(speech: list[Speech]) -> None:
    told = play(speech)
    assert [(event.kind, event.holder) for event in only(told, Overlap)] == [("completion", C)]
    assert not only(told, Interruption)


@pytest.mark.parametrize(
    ("speech", "kind"),
    [
        ([(C, 0.5, 4.0), (A, 3.8, 6.5), (C, 6.9, 9.0)], "terminal"),
        ([(C, 0.5, 4.0), (A, 3.8, 4.9), (A, 5.2, 7.0), (C, 7.2, 9.0)], "terminal"),
        ([(C, 0.5, 4.0), (A, 3.8, 4.9), (C, 6.5, 9.0)], "terminal"),
        ([(C, 0.5, 4.0), (A, 3.7, 4.1), (C, 4.4, 8.0)], "backchannel"),
        ([(C, 0.5, 8.0), (A, 3.3, 4.1)], "backchannel"),
    ],
    ids=["a turn", "a turn in pieces", "an answer", "a sign of listening", "under unbroken speech"],
)
def test_what_only_looks_like_help_is_none(speech: list[Speech], kind: str) -> None:
    assert kinds(play(speech)) == [kind]


def test_a_bid_that_takes_breath_is_no_help() -> None:
    told = play([(C, 0.5, 4.0), (A, 3.3, 4.1), (C, 4.4, 8.0), (A, 4.6, 5.5)])
    assert "completion" not in kinds(told)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("退款的订单号", "completion"), ("对对对，是的", "backchannel"), ("", "completion")],
)
def test_words_tell_help_from_a_sign_of_listening(text: str, kind: str) -> None:
    words = [(6.4, said(A, (3.35, 4.05, text)))] if text else []
    told = play(CHORUS, words=words, has_words=True, end_s=14)
    assert kinds(told) == [kind]
    at_s = next(item.at_s for item in told if isinstance(item.event, Overlap))
    assert at_s == pytest.approx(6.4 if text else 8.1, abs=0.1), "they are waited for, but not for ever"


@pytest.mark.parametrize("text", ["嗯", "对，对。", "好的", "Yeah, right.", "uh-huh", "mm", "OK I see"])
def test_signs_of_listening(text: str) -> None:
    assert is_sign(text)


@pytest.mark.parametrize("text", ["", "，", "订单号", "right there", "the order number", "好像不是"])
def test_other_words_are_no_sign(text: str) -> None:
    assert not is_sign(text)


# --- promises -------------------------------------------------------------------------------------------


@st.composite
def conversations(draw: st.DrawFn) -> list[Speech]:
    """Random speech of both parties on a grid of 50 ms; of one party never closer than 200 ms."""
    speech: list[Speech] = []
    for party in Party:
        at = draw(st.integers(0, 60))
        for _ in range(draw(st.integers(0, 12))):
            length = draw(st.one_of(st.integers(2, 30), st.integers(30, 200)))
            speech.append((party, at / 20, (at + length) / 20))
            at += length + draw(st.one_of(st.integers(4, 12), st.integers(12, 80)))
    return speech


@settings(max_examples=80)
@given(conversations(), st.booleans())
def test_every_conversation_holds_the_promises(speech: list[Speech], has_words: bool) -> None:
    told = play(speech, has_words=has_words)
    assert told == play(speech, has_words=has_words), "the same input gives the same events"
    for party in Party:
        turns = [turn.span for turn in only(told, Turn) if turn.party is party]
        signs = [sign.span for sign in only(told, Backchannel) if sign.party is party]
        assert turns == sorted(turns), "turns come in order"
        for one, two in pairwise(turns):
            assert one.end <= two.start
        for who, start_s, stop_s in speech:
            if who is party:
                ipu = span(start_s, stop_s)
                homes = [home for home in turns + signs if home.start <= ipu.start and ipu.end <= home.end]
                assert len(homes) == 1, "every IPU is in one turn or backchannel"
        for pause in (pause.span for pause in only(told, Pause) if pause.party is party):
            assert any(turn.start <= pause.start and pause.end <= turn.end for turn in turns)
    spans = {party: [span(a, b) for who, a, b in speech if who is party] for party in Party}
    for overlap in only(told, Overlap):
        assert any(one.overlap(two) for one in spans[A] for two in spans[C])
        assert overlap.span.length > 0
    for event in only(told, Interruption):
        assert event.by is not event.of
        assert event.span.length >= samples(0.5)
    began = [(event.at, event.by) for event in only(told, InterruptionBegan)]
    ended = [(event.span.start, event.by) for event in only(told, Interruption)]
    assert sorted(began) == sorted(ended), "each interruption is told once as it begins and once in full"


@settings(max_examples=15)
@given(conversations())
def test_interruptions_do_not_depend_on_words(speech: list[Speech]) -> None:
    """Only what a short overlap was, help or a sign of listening, is asked of them."""

    def by_sound(told: Sequence[Told]) -> list[Told]:
        return [
            item
            for item in told
            if not isinstance(item.event, Turn)
            and not (isinstance(item.event, Overlap) and item.event.kind == "completion")
        ]

    assert by_sound(play(speech, has_words=False)) == by_sound(play(speech, has_words=True))


def test_memory_is_bounded_over_an_hour() -> None:
    timeline = Timeline(TimelineSettings(), lambda party, about: Sound(), never_echo, has_words=False)
    for second in range(0, 3600, 4):
        for party, start_s, stop_s in [(A, second, second + 2.4), (C, second + 2.0, second + 3.9)]:
            timeline.receive(Ipu(party=party, span=span(start_s, stop_s)))
        timeline.tick(samples(second + 4))
    held = [vars(timeline)[name] for name in ("_undecided", "_encounters", "_turns", "_ended")]
    assert all(len(value) <= 4 for value in held)
    assert all(len(floor) <= 64 for floor in vars(timeline)["_floor"].values())
