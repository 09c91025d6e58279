"""Committed words never change, are never doubled, and are in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.facts import Word
from monitor.core.recognition import HypothesisWord
from monitor.core.transcription.commit import Committer
from monitor.core.transcription.text import units

HOLD_BACK = samples(0.5)


def heard(*words: tuple[str, float, float]) -> list[HypothesisWord]:
    return [
        HypothesisWord(span=Span(samples(start), samples(end)), text=text, probability=0.9)
        for text, start, end in words
    ]


def evenly(text: str, each_s: float = 0.3, start_s: float = 0.0) -> list[HypothesisWord]:
    """Each English word or ideograph for `each_s`."""
    parts = [f" {part}" for part in text.split()] if " " in text or text.isascii() else list(text)
    return heard(*((part, start_s + n * each_s, start_s + (n + 1) * each_s) for n, part in enumerate(parts)))


def improbable(words: Sequence[HypothesisWord], at: int, probability: float) -> list[HypothesisWord]:
    """The words, the one at `at` no more probable than this."""
    return [replace(word, probability=probability) if n == at else word for n, word in enumerate(words)]


def committer(not_before: int = 0) -> Committer:
    return Committer(Party.CALLER, hold_back=HOLD_BACK, not_before=not_before)


def text_of(words: Sequence[Word]) -> str:
    return "".join(word.text for word in words).strip()


def test_one_hypothesis_commits_nothing() -> None:
    machine = committer()
    assert machine.on_partial(evenly("我要退款"), samples(3)) == []
    assert machine.tail == "我要退款"


def test_what_two_agree_on_is_committed() -> None:
    machine = committer()
    machine.on_partial(evenly("I want to go"), samples(3))
    assert text_of(machine.on_partial(evenly("I want a refund now"), samples(3))) == "I want"
    assert machine.tail == "a refund now"


def test_the_newest_half_second_is_held_back() -> None:
    machine = committer()
    words = evenly("我要退款")
    machine.on_partial(words, samples(1.2))
    assert text_of(machine.on_partial(words, samples(1.2))) == "我要"


def test_of_doubtful_hypotheses_two_have_to_agree_and_on_older_sound() -> None:
    machine = Committer(Party.CALLER, hold_back=HOLD_BACK, not_before=0, settled_after=samples(1.0))
    words = evenly("我要退款现在就退")
    assert machine.on_partial(words, samples(2.4), is_sure=False) == []
    assert machine.tail == "我要退款现在就退"
    assert text_of(machine.on_partial(words, samples(2.4), is_sure=False)) == "我要退款"
    assert machine.on_partial(words, samples(2.4), is_sure=False) == [], "nothing is committed twice"
    assert text_of(machine.on_partial(words, samples(2.4))) == "现在", "a sure one needs less sound after"


@pytest.mark.parametrize(("probability", "committed"), [(0.6, "我"), (0.75, "我要退")])
def test_of_doubtful_hypotheses_the_probable_words_stand(probability: float, committed: str) -> None:
    machine = Committer(Party.CALLER, hold_back=HOLD_BACK, not_before=0, settled_after=samples(1.0))
    words = improbable(evenly("我要退款现在就退"), 1, probability)
    machine.on_partial(words, samples(1.9), is_sure=False)
    found = machine.on_partial(words, samples(1.9), is_sure=False)
    assert text_of(found) == committed


def test_of_doubtful_hypotheses_a_fairly_probable_word_stands_once_more_sound_follows() -> None:
    machine = Committer(Party.CALLER, hold_back=HOLD_BACK, not_before=0, settled_after=samples(1.0))
    words = improbable(improbable(evenly("我要退款现在就退"), 1, 0.5), 3, 0.35)
    machine.on_partial(words, samples(1.9), is_sure=False)
    assert text_of(machine.on_partial(words, samples(1.9), is_sure=False)) == "我"
    assert text_of(machine.on_partial(words, samples(2.4), is_sure=False)) == "要退"
    assert machine.on_partial(words, samples(5), is_sure=False) == []


def test_an_improbable_word_of_a_sure_hypothesis_waits_for_sound_and_a_second() -> None:
    machine = Committer(Party.CALLER, hold_back=HOLD_BACK, not_before=0, settled_after=samples(1.0))
    words = improbable(evenly("我要退款现在就退"), 2, 0.2)
    assert text_of(machine.on_partial(words, samples(2.4))) == "我要", "no second one yet"
    assert text_of(machine.on_partial(words, samples(2.4))) == "退款", "what so much sound follows"
    assert text_of(machine.on_partial(words, samples(3.4))) == "现在就退"


def test_a_phrase_that_is_not_quite_sure_ends_before_an_improbable_word() -> None:
    machine = Committer(Party.CALLER, hold_back=HOLD_BACK, not_before=0, settled_after=samples(1.0))
    words = improbable(evenly("我要退款现在就退"), 2, 0.2)
    assert text_of(machine.on_fair_phrase(words, samples(2.4))) == "我要"
    assert machine.tail == "退款现在就退"


def test_a_phrase_that_is_not_quite_sure_keeps_back_what_stands_next_to_its_silence() -> None:
    machine = Committer(Party.CALLER, hold_back=HOLD_BACK, not_before=0, settled_after=samples(1.0))
    assert text_of(machine.on_fair_phrase(evenly("我要退款现在就退"), samples(2.4))) == "我要退款"
    assert machine.tail == "现在就退"
    assert text_of(machine.on_phrase(evenly("我要退款现在就推"))) == "现在就推"


def test_the_final_commits_the_rest_once() -> None:
    machine = committer()
    words = evenly("I want a refund")
    machine.on_partial(words, samples(1.2))
    machine.on_partial(words, samples(1.2))
    assert text_of(machine.on_final(evenly("I want a refund now please"))) == "a refund now please"
    assert machine.tail == ""


def test_a_final_that_rewrites_what_is_committed_doubles_nothing() -> None:
    machine = committer()
    for _ in range(2):
        machine.on_partial(evenly("I wanted a refund from you people"), samples(9))
    assert text_of(machine.on_final(evenly("Uh I want a refund from you people right now"))) == "right now"


def test_a_final_that_lost_a_committed_word_loses_nothing_after_it() -> None:
    machine = committer()
    for _ in range(2):
        machine.on_partial(evenly("你们的快递"), samples(9))
    assert text_of(machine.on_final(evenly("你们快递太慢了"))) == "太慢了"


def test_words_said_twice_are_committed_twice() -> None:
    machine = committer()
    for _ in range(2):
        machine.on_partial(evenly("no no"), samples(2))
    assert text_of(machine.on_final(evenly("no no no I said no"))) == "no I said no"


def test_a_committed_part_of_a_word_is_not_said_again() -> None:
    machine = committer()
    for _ in range(2):
        machine.on_partial(heard(("我", 0, 0.3), ("们", 0.3, 0.6)), samples(2))
    rest = machine.on_final(heard(("我", 0, 0.3), ("们的", 0.3, 0.9), ("快递", 0.9, 1.5)))
    assert [word.text for word in rest] == ["的", "快递"]
    assert rest[0].span == Span(samples(0.6), samples(0.9))


def test_a_guessed_end_of_sentence_is_not_committed() -> None:
    machine = committer()
    machine.on_partial(heard((" I", 0, 0.3), (" want.", 0.3, 0.6)), samples(1.5))
    assert text_of(machine.on_partial(heard((" I", 0, 0.3), (" want,", 0.3, 0.6)), samples(1.5))) == "I want"


def test_punctuation_that_both_have_is_committed() -> None:
    machine = committer()
    words = heard(("好", 0, 0.3), ("的，", 0.3, 0.6), ("我", 0.6, 0.9))
    machine.on_partial(words, samples(1.2))
    assert text_of(machine.on_partial(words, samples(1.2))) == "好的，"


def test_words_never_begin_before_those_of_the_utterance_before() -> None:
    machine = committer(not_before=samples(1.0))
    words = machine.on_final(heard((" a", 0.5, 0.9), (" b", 0.9, 1.0), (" c", 1.0, 1.6)))
    assert words[0].span.start == samples(1.0)
    assert [word.span.length > 0 for word in words] == [True, True, True]
    assert words[-1].span.end == samples(1.6)


def test_a_failed_final_keeps_what_was_shown() -> None:
    machine = committer()
    machine.on_partial(evenly("I want a refund"), samples(3))
    assert text_of(machine.commit_tail()) == "I want a refund"


hypotheses = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["我", "要", "退款", " no", " refund", " don't", "，", "。", "我要", " a.", "３", ""]
            ),
            st.integers(0, 60),
            st.integers(0, 12),
        ),
        max_size=12,
    ),
    min_size=1,
    max_size=8,
)


@given(hypotheses, st.integers(0, 40))
def test_committed_text_only_grows_and_is_ordered(
    sequence: list[list[tuple[str, int, int]]], not_before: int
) -> None:
    """For any hypotheses at all, in any order of times."""
    machine = committer(not_before=not_before * 1600)
    committed: list[Word] = []
    for number, raw in enumerate(sequence):
        words = [
            HypothesisWord(span=Span(at * 1600, (at + length) * 1600), text=text, probability=0.5)
            for text, at, length in raw
        ]
        if number == len(sequence) - 1:
            committed.extend(machine.on_final(words))
        else:
            committed.extend(machine.on_partial(words, 60 * 1600))
    end = not_before * 1600
    for word in committed:
        assert word.span.start >= end
        end = word.span.end
    assert machine.end == end


@given(
    st.lists(st.sampled_from("我要退款不行快递邮件"), min_size=1, max_size=20).map("".join),
    st.lists(st.integers(1, 20), max_size=6),
)
def test_growing_prefixes_of_one_text_give_that_text(text: str, cuts: list[int]) -> None:
    """Nothing is lost or doubled when the recogniser hears the same each time."""
    machine = committer()
    words = evenly(text)
    committed: list[Word] = []
    for cut in sorted(cuts):
        committed.extend(machine.on_partial(words[:cut], samples(0.3 * cut)))
    committed.extend(machine.on_final(words))
    assert text_of(committed) == text


@given(
    st.lists(st.sampled_from(["one", "two", "three", "four", "no"]), min_size=2, max_size=12),
    st.data(),
)
def test_a_final_with_one_mishearing_loses_and_doubles_at_most_one_word(
    said: list[str], data: st.DataObject
) -> None:
    machine = committer()
    words = evenly(" ".join(said))
    cut = data.draw(st.integers(1, len(said)))
    committed: list[Word] = []
    for _ in range(2):
        committed.extend(machine.on_partial(words[:cut], samples(0.3 * cut)))
    wrong = data.draw(st.integers(0, len(said) - 1))
    final = [*said[:wrong], "other", *said[wrong + 1 :]]
    committed.extend(machine.on_final(evenly(" ".join(final))))
    assert abs(len(units(text_of(committed))) - len(said)) <= 1
    assert committed[-1].text.strip() in (final[-1], said[-1])
