"""A recogniser for tests: it reads its answers from a table instead of the sound."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.recognition import Effort, Hypothesis, HypothesisWord, TranscriptionRequest

_UNSURE = samples(0.3)


@dataclass(frozen=True, slots=True)
class ScriptedWord:
    """A word truly said: times in seconds of call time, text with its leading space where one is written."""

    party: Party
    start_s: float
    end_s: float
    text: str


class ScriptedTranscriber:
    """Answers with the words of `script` whose middle lies in the request's span.

    It mishears a partial's newest 0.3 s, as recognisers do. It can be slow (`delay_s`), fail
    (`fails` raises RuntimeError) and refuse (`rejects` names a reason); each is asked of every request.
    It serves as a recogniser for a scheduler, and as a transcriber by itself.
    """

    def __init__(
        self,
        script: Sequence[ScriptedWord],
        *,
        language: str = "zh",
        delay_s: Callable[[TranscriptionRequest], float] = lambda request: 0.0,
        fails: Callable[[TranscriptionRequest], bool] = lambda request: False,
        rejects: Callable[[TranscriptionRequest], str | None] = lambda request: None,
    ) -> None:
        self._script = sorted(script, key=lambda word: word.start_s)
        self._language = language
        self._delay_s = delay_s
        self._fails = fails
        self._rejects = rejects
        self.asked: list[TranscriptionRequest] = []
        """Every request, in the order in which it was decoded."""

    def decode(self, requests: Sequence[TranscriptionRequest], *, effort: Effort) -> list[Hypothesis]:
        """Sleeps as long as the slowest request says, then answers all."""
        self.asked.extend(requests)
        slowest = max(self._delay_s(request) for request in requests)
        if slowest:
            time.sleep(slowest)
        return [self.answer(request) for request in requests]

    async def submit(self, call_id: str, request: TranscriptionRequest) -> Hypothesis | None:
        """Answers after the request's delay, in no order but that of the delays."""
        self.asked.append(request)
        await asyncio.sleep(self._delay_s(request))
        return self.answer(request)

    def answer(self, request: TranscriptionRequest) -> Hypothesis:
        """What the script says of the request's span."""
        if self._fails(request):
            raise RuntimeError("scripted to fail")
        reason = self._rejects(request)
        return Hypothesis(
            request_id=request.id,
            party=request.party,
            utterance=request.utterance,
            span=request.span,
            is_final=request.is_final,
            language=request.language or self._language,
            language_probability=0.99,
            words=() if reason else self._words(request),
            average_log_probability=-0.2,
            rejected=reason,
        )

    def _words(self, request: TranscriptionRequest) -> tuple[HypothesisWord, ...]:
        words: list[HypothesisWord] = []
        for word in self._script:
            start, end = samples(word.start_s), samples(word.end_s)
            middle = (start + end) // 2
            if word.party is not request.party or not request.span.start <= middle < request.span.end:
                continue
            is_unsure = not request.is_final and end > request.span.end - _UNSURE
            text = f"{word.text[0]}?" if is_unsure and word.text.startswith(" ") else word.text
            text = "？" if is_unsure and not word.text.startswith(" ") else text
            words.append(
                HypothesisWord(
                    span=Span(max(start, request.span.start), min(end, request.span.end)),
                    text=text,
                    probability=0.5 if is_unsure else 0.95,
                )
            )
        return tuple(words)
