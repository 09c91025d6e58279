"""One party's utterances become words: the recogniser's answers, in the order of what was said.

An utterance's words are told when those of the one before are all known. Partials and phrases commit what is
sure of them, the final decides the rest.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.facts import PartialText, Word, Words
from monitor.core.recognition import Hypothesis, HypothesisWord, TranscriptionRequest
from monitor.core.settings import TranscriptionSettings
from monitor.core.transcription.cutting import trimmed
from monitor.core.transcription.language import LanguageLock
from monitor.core.transcription.text import to_script
from monitor.core.transcription.utterance import Utterance
from monitor.core.transcription.vocabulary import Vocabulary
from monitor.core.transcription.writing import Writer

Output = TranscriptionRequest | Words | PartialText

_MAX_WAITING_PARTIALS = 4
"""Of an utterance whose forerunner's final is not yet known; agreement needs the last two only."""

SURE_LOG_PROBABILITY = -0.3
"""An answer at least this sure commits words, and ends its utterance at a short silence. On little context
what scores less is often heard otherwise once more was said: only its probable words stand."""

_FAIR_LOG_PROBABILITY = -0.5
"""A speculative answer, which is searched wider than a partial, commits at least this sure what lies well
before its silence; what stands next to it needs the words that follow."""

UNHEARD = ("no_speech", "phantom", "low_probability")
"""Why a final is refused in which the recogniser heard nothing; the speech detector heard a voice."""


class Answers:
    """Folds the answers to one party's requests into words and partial texts.

    Owns what is learnt of them: the party's language, where its words end. Bounded by the finals that the
    recogniser owes.
    """

    def __init__(
        self, party: Party, settings: TranscriptionSettings, language: str | None, writer: Writer
    ) -> None:
        """`language` is the one that the settings give, None where it is to be found."""
        self._party = party
        self._settings = settings
        self._writer = writer
        self.language = LanguageLock(language)
        self.vocabulary = Vocabulary(settings.vocabulary)
        self.undone: deque[Utterance] = deque()
        """Every utterance whose words are not all known, oldest first; the open one is the last."""
        self.words_end = 0
        """Where the party's committed words end."""
        self.unheard: int | None = None
        """The latest done utterance, by its number, where the recogniser heard no words in it; else None."""
        self._is_over = False
        """Whether the sound has ended."""

    def on_hypothesis(self, hypothesis: Hypothesis) -> list[Output]:
        """Takes an answer. One that nobody waits for changes nothing."""
        for utterance in self.undone:
            if hypothesis.request_id in utterance.partials:
                utterance.partials.discard(hypothesis.request_id)
            elif hypothesis.request_id in (utterance.final, utterance.speculative):
                utterance.answer = hypothesis
            else:
                continue
            if hypothesis.rejected is None:
                utterance.surety = hypothesis.average_log_probability
            elif hypothesis.is_final:
                utterance.surety = None
            # A speculative answer, too, shows how the utterance begins, whatever follows.
            if utterance.final is None and hypothesis.rejected is None:
                utterance.waiting = [*utterance.waiting, hypothesis][-_MAX_WAITING_PARTIALS:]
            break
        return self.settle()

    def on_dropped(self, request_id: int) -> list[Output]:
        """The request will not be answered. A partial is not missed; a final was lost with the recogniser,
        and the utterance keeps what was shown of it."""
        for utterance in self.undone:
            utterance.partials.discard(request_id)
            if request_id in (utterance.final, utterance.speculative):
                utterance.answer = utterance.without_answer(self._party, "engine_failed")
        return self.settle()

    def tick(self, now: int) -> list[Words]:
        """What was held back for digits that did not come."""
        return [] if self.undone else self._writer.tick(now)

    def finish(self) -> list[Output]:
        """The sound is over: what is known by now."""
        self._is_over = True
        return self.settle()

    def settle(self) -> list[Output]:
        """Commits what the answers allow, utterance by utterance in their order."""
        out: list[Output] = []
        while self.undone:
            utterance = self.undone[0]
            utterance.committer.raise_floor(self.words_end)
            for hypothesis in utterance.waiting:
                out.extend(self._take_partial(utterance, hypothesis))
            utterance.waiting = []
            if utterance.final is None or utterance.answer is None:
                break
            out.extend(self._take_final(utterance, utterance.answer))
            is_unheard = utterance.answer.rejected in UNHEARD and not utterance.committer.has_words
            self.unheard = utterance.number if is_unheard else None
            self.undone.popleft()
        if self._is_over and not self.undone:
            out.extend(self._writer.flush())
        return out

    def _take_partial(self, utterance: Utterance, hypothesis: Hypothesis) -> list[Output]:
        is_over_long = utterance.end - utterance.start >= samples(self._settings.max_utterance_s)
        if is_over_long or utterance.final is not None:
            return []
        utterance.language = hypothesis.language
        heard = self._written(utterance, hypothesis)
        score = hypothesis.average_log_probability
        is_sure = score >= SURE_LOG_PROBABILITY
        if hypothesis.is_final and is_sure:
            words = utterance.committer.on_phrase(heard)
        elif hypothesis.is_final and score >= _FAIR_LOG_PROBABILITY:
            words = utterance.committer.on_fair_phrase(heard, hypothesis.span.end)
        else:
            words = utterance.committer.on_partial(heard, hypothesis.span.end, is_sure=is_sure)
        out: list[Output] = list(self._commit(utterance, words, hypothesis.language, is_final=False))
        text = self._writer.preview(utterance.committer.tail)
        if text or (utterance.is_shown and not out):
            out.append(self._partial(utterance, hypothesis.span, text))
        utterance.is_shown = bool(text)
        return out

    def _take_final(self, utterance: Utterance, hypothesis: Hypothesis) -> list[Output]:
        if hypothesis.rejected == "engine_failed":
            words = utterance.committer.commit_tail()
        elif hypothesis.rejected is not None:
            words = []
        else:
            words = utterance.committer.on_final(self._written(utterance, hypothesis))
        if utterance.final != -1:
            self.language.on_final(hypothesis)
        language = hypothesis.language or utterance.language
        out: list[Output] = list(self._commit(utterance, words, language, is_final=True))
        text = self._writer.preview("")
        if text or (utterance.is_shown and not out):
            out.append(self._partial(utterance, hypothesis.span, text))
        return out

    def _commit(
        self, utterance: Utterance, words: list[Word], language: str, *, is_final: bool
    ) -> list[Words]:
        """The words that can be told: what the utterance commits, save a number that may still go on."""
        if not words:
            return self._writer.push(None, is_final=is_final)
        self.words_end = max(self.words_end, words[-1].span.end)
        committed = Words(
            party=self._party, words=tuple(words), language=language, utterance=utterance.number
        )
        return self._writer.push(committed, is_final=is_final)

    def _partial(self, utterance: Utterance, span: Span, text: str) -> PartialText:
        start = min(max(span.start, utterance.committer.end), span.end)
        return PartialText(
            party=self._party, utterance=utterance.number, span=Span(start, span.end), text=text
        )

    def _written(self, utterance: Utterance, hypothesis: Hypothesis) -> list[HypothesisWord]:
        """The hypothesis's words in the script of the settings, with the vocabulary's terms, none of them
        begun or ended in silence."""
        words = trimmed(hypothesis.words, utterance.silences, utterance.speech_end)
        if hypothesis.language == "zh":
            texts = to_script([word.text for word in words], self._settings.script)
            words = [replace(word, text=text) for word, text in zip(words, texts, strict=True)]
        return self.vocabulary.corrected(words) if self.vocabulary else words
