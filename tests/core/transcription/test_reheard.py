"""What the recogniser heard nothing in, heard again with what follows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from monitor.core.clock import samples
from monitor.core.recognition import TranscriptionRequest
from tests.core.transcription.test_utterances import Line, said

BEGIN = said("再", 1.0, 0.5)
FIRST = (1.0, 1.5)


def _alone(reason: str, until_s: float = 1.9) -> Line:
    """A syllable before a pause of 0.7 s, in which the recogniser hears nothing by itself."""

    def refused(request: TranscriptionRequest) -> str | None:
        return reason if request.span.end <= samples(until_s) else None

    return Line([*BEGIN, *said("加上互联网企业", 2.2)], [FIRST, (2.2, 4.0)], rejects=refused)


@pytest.mark.parametrize("reason", ["no_speech", "phantom", "low_probability"])
def test_a_syllable_that_was_not_heard_is_heard_with_what_follows(reason: str) -> None:
    line = _alone(reason).play(7)
    assert line.text == "再加上互联网企业"
    first, last = [request for _, request in line.requests if request.is_final]
    assert (first.utterance, last.utterance) == (0, 1) and last.span.start == first.span.start
    assert last.run_up is None, "no sound is heard twice in one request"
    words = [word for _, fact in line.words for word in fact.words]
    assert all(a.span.end <= b.span.start for a, b in pairwise(words))
    assert words[0].span.start < samples(1.5) and words[1].span.start >= samples(2.2), (
        "the pause is no word's"
    )


def test_an_answer_that_comes_after_the_next_began_is_in_time_too() -> None:
    line = _alone("no_speech")
    line.final_delay_s = 0.9
    assert line.play(7).text == "再加上互联网企业"


@pytest.mark.parametrize("reason", ["repetition", "token_rate"])
def test_what_was_heard_wrong_is_not_heard_again(reason: str) -> None:
    line = _alone(reason).play(7)
    assert line.text == "加上互联网企业"
    assert line.requests[-1][1].span.start > samples(1.5)


def test_only_what_follows_soon_is_heard_with_it() -> None:
    far = Line(
        [*BEGIN, *said("加上", 3.0)],
        [FIRST, (3.0, 4.0)],
        rejects=lambda request: "no_speech" if request.span.end < samples(2) else None,
    ).play(7)
    assert far.text == "加上"


def test_noise_again_and_again_makes_no_endless_utterance() -> None:
    times = [(at, at + 0.6) for at in np.arange(1.0, 40.0, 1.2).tolist()]
    line = Line([], times, rejects=lambda request: "no_speech").play(44)
    assert max(request.span.length_s for _, request in line.requests) < 8
    assert line.utterances.owed == 0


def test_words_told_of_what_follows_are_not_told_again() -> None:
    """The refusal comes when the next utterance is well under way."""
    line = _alone("no_speech")
    line.final_delay_s = 2.0
    assert line.play(9).text == "加上互联网企业"
