"""Where sound is cut, and words without the silence beside them."""

from __future__ import annotations

import numpy as np

from monitor.core.clock import Span, samples
from monitor.core.recognition import HypothesisWord
from monitor.core.transcription.cutting import softest, trimmed


def word(start_s: float, end_s: float) -> HypothesisWord:
    return HypothesisWord(span=Span(samples(start_s), samples(end_s)), text=" a", probability=0.9)


def test_the_cut_lies_in_the_middle_of_the_softest_stretch() -> None:
    sound = np.full(samples(4), 0.2, dtype=np.float32)
    sound[samples(2.0) : samples(2.4)] = 0.001
    assert abs(softest(sound, samples(1.0)) - samples(2.2)) <= samples(0.03)


def test_the_cut_is_never_before_the_limit() -> None:
    sound = np.full(samples(4), 0.2, dtype=np.float32)
    sound[: samples(1.0)] = 0.0
    assert softest(sound, samples(3.0)) >= samples(3.0)


def test_the_cut_of_a_last_sample_is_within_the_sound() -> None:
    sound = np.full(samples(1), 0.2, dtype=np.float32)
    assert softest(sound, len(sound) - 1) <= len(sound)


def test_silence_is_taken_from_a_words_edges() -> None:
    silences = [Span(0, samples(0.3)), Span(samples(1.0), samples(1.4))]
    words = trimmed([word(0.0, 0.5), word(0.8, 1.3), word(1.3, 1.8)], silences, samples(1.7))
    assert [w.span for w in words] == [
        Span(samples(0.3), samples(0.5)),
        Span(samples(0.8), samples(1.0)),
        Span(samples(1.4), samples(1.7)),
    ]


def test_a_word_wholly_in_silence_stays_as_it_is() -> None:
    misplaced = word(1.1, 1.3)
    assert trimmed([misplaced], [Span(samples(1.0), samples(1.4))], None) == [misplaced]


def test_a_word_across_a_silence_is_whole() -> None:
    across = word(0.8, 1.8)
    assert trimmed([across], [Span(samples(1.0), samples(1.4))], None) == [across]
