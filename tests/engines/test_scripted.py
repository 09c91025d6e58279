"""The double must behave as a recogniser does, or what it proves is worth nothing."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.recognition import Effort, TranscriptionRequest
from monitor.engines.scripted import ScriptedTranscriber, ScriptedWord

SCRIPT = [
    ScriptedWord(Party.CALLER, 1.0, 1.4, " I"),
    ScriptedWord(Party.CALLER, 1.4, 2.0, " want"),
    ScriptedWord(Party.AGENT, 1.5, 2.0, " yes"),
]


def request(start_s: float, end_s: float, *, is_final: bool = True) -> TranscriptionRequest:
    span = Span(samples(start_s), samples(end_s))
    return TranscriptionRequest(
        id=4,
        party=Party.CALLER,
        utterance=2,
        span=span,
        pcm=np.zeros(span.length, dtype=np.float32),
        is_final=is_final,
        language=None,
        hint="",
        issued_at=span.end,
    )


def test_it_says_what_the_party_said_within_the_span() -> None:
    (answer,) = ScriptedTranscriber(SCRIPT, language="en").decode([request(0.5, 3.0)], effort=Effort.THOROUGH)
    assert answer.text == "I want"
    assert (answer.request_id, answer.utterance, answer.language) == (4, 2, "en")
    assert answer.words[1].span == Span(samples(1.4), samples(2.0))


def test_it_mishears_the_newest_sound_of_a_partial() -> None:
    answer = ScriptedTranscriber(SCRIPT).answer(request(0.5, 2.1, is_final=False))
    assert answer.text == "I ?"


def test_it_fails_and_refuses_as_it_is_told() -> None:
    with pytest.raises(RuntimeError):
        ScriptedTranscriber(SCRIPT, fails=lambda _: True).decode([request(0, 3)], effort=Effort.THOROUGH)
    answer = ScriptedTranscriber(SCRIPT, rejects=lambda _: "phantom").answer(request(0, 3))
    assert answer.rejected == "phantom" and answer.words == ()


async def test_it_transcribes_without_a_scheduler() -> None:
    transcriber = ScriptedTranscriber(SCRIPT, delay_s=lambda _: 0.001)
    answer = await transcriber.submit("a", request(0.5, 3.0))
    assert answer is not None and answer.text == "I want"
    assert [asked.id for asked in transcriber.asked] == [4]
