"""What a machine carries, from what a stretch of speech costs it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from monitor.core.recognition import Effort, Hypothesis, TranscriptionRequest
from monitor.engines.capacity import CALLS_MOST, Admission, Cost, estimate, measure, spoken
from monitor.engines.queue import failed


class Timed:
    """A recogniser that takes 0.4 s for a final and 0.15 s for each partial, on a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.batches: list[int] = []
        self.languages: set[str | None] = set()

    def decode(self, requests: Sequence[TranscriptionRequest], *, effort: Effort) -> list[Hypothesis]:
        assert effort is Effort.QUICK
        self.batches.append(len(requests))
        self.languages |= {request.language for request in requests}
        self.now += sum(0.4 if request.is_final else 0.15 for request in requests)
        if len(self.batches) == 1:
            self.now += 5.0  # the first decode of a process is slow
        return [failed(request) for request in requests]


def test_costs_are_measured_warm() -> None:
    recogniser = Timed()
    cost = measure(recogniser, clock=lambda: recogniser.now)
    assert (round(cost.final_s, 3), round(cost.partial_s, 3)) == (0.4, 0.15)
    assert 4 in recogniser.batches and recogniser.languages == {"zh"}


def test_a_model_of_one_language_is_measured_by_that_one() -> None:
    recogniser = Timed()
    measure(recogniser, known_languages=["en"], clock=lambda: recogniser.now)
    assert recogniser.languages == {"en"}


def test_a_machine_carries_more_calls_without_partials_and_with_more_cores() -> None:
    cost = Cost(final_s=0.4, partial_s=0.15)
    two, four = estimate(cost, cores=2), estimate(cost, cores=4)
    assert 1 < two.with_partials < two.with_finals < four.with_finals
    assert estimate(Cost(final_s=90.0, partial_s=90.0), cores=1).with_finals == 1
    assert estimate(Cost(final_s=0.0, partial_s=0.0), cores=64).with_finals <= CALLS_MOST


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_measured_is_speech(language: str) -> None:
    pcm = spoken(language)
    assert 4.0 < len(pcm) / 16_000 < 5.0 and float(abs(pcm).max()) > 0.05


def test_calls_beyond_the_most_are_refused_and_all_while_the_recogniser_is_down() -> None:
    is_down = False
    admission = Admission(2, lambda: is_down)
    assert [admission.refusal(calls) for calls in range(4)] == [
        None,
        None,
        "words.capacity",
        "words.capacity",
    ]
    is_down = True
    assert admission.refusal(0) == "words.down"
