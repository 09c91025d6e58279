"""One party's sound becomes requests to the recogniser, and its answers become words.

The utterance is the unit of decoding. It opens where speech begins, with a little sound before it; it is
decoded from its start now and then while it lasts (partials), and once at each silence (speculatively). That
answer is its final one if the silence lasts; if not, the phrase before the silence stands already. A silence
that follows doubtful words has to last longer. Silence is never decoded. A long utterance ends at its next
pause, however short, because its partials grow dear; one that grows too long without a pause is cut where it
is softest, behind its committed words, and goes on as the next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from monitor.core.audio import Party, Pcm
from monitor.core.clock import Span, samples
from monitor.core.facts import Ipu, SpeechStarted
from monitor.core.recognition import Hypothesis, Speculation, TranscriptionRequest
from monitor.core.settings import PrivacySettings, TranscriptionSettings
from monitor.core.transcription.answers import SURE_LOG_PROBABILITY, Answers, Output
from monitor.core.transcription.commit import Committer
from monitor.core.transcription.cutting import softest
from monitor.core.transcription.redaction import Finder
from monitor.core.transcription.utterance import Utterance
from monitor.core.transcription.writing import Writer

_RING_SAMPLES = samples(1.5)
"""Sound kept while nobody speaks: the detector tells of speech after its minimal length, and the pre-roll
lies before that."""

_TRAIL_SAMPLES = samples(0.2)
"""Silence after the last speech that is decoded too: soft endings outlast the detector."""

_SPECULATE_AFTER = samples(0.5)
"""New speech that makes another speculative decode worth its cost."""

_MAX_OUTSTANDING_PARTIALS = 2
"""One being decoded and one that the scheduler may replace by a newer one."""

_CUT_FROM = 0.6
"""A forced cut lies in the last 40 % of the utterance: earlier ones would cost the next decode context."""

_CUT_GRACE_SAMPLES = samples(1.0)
"""How much longer than the limit an utterance may grow in search of a place behind its committed words."""

_CUT_ROOM_SAMPLES = samples(0.5)

_RUN_UP_WITHIN = samples(2.0)
"""How soon after the one before an utterance must begin to go on with its sentence."""

_RUN_UP_TOTAL = samples(22)
"""The longest sound that both may make: more costs twice as much to hear."""

_REHEARD_WITHIN = samples(0.7)
"""How soon an utterance must begin after one in which no words were heard, to be heard together with it."""

_REHEARD_TOTAL = samples(6.0)
"""The longest sound that both may make by then: so much costs no more than less."""

_HINT_FROM = samples(1.0)
"""Speech from which on the recogniser is told what to expect."""


class Utterances:
    """Folds one party's blocks, speech events and hypotheses into requests, words and partial texts.

    Owns its state; bounded by the longest utterance and by the finals that the recogniser owes. `ids` gives
    the numbers of the requests, which both parties share.
    """

    def __init__(
        self,
        party: Party,
        settings: TranscriptionSettings,
        ids: Iterator[int],
        privacy: PrivacySettings | None = None,
        finders: Sequence[Finder] = (),
    ) -> None:
        """`privacy` and the `finders` say what is masked (None: by default)."""
        self._party = party
        self._settings = settings
        self._ids = ids
        self.given_language = settings.language_of(party)
        """By the settings; empty where it is to be found."""
        self._answers = Answers(
            party, settings, self.given_language or None, Writer(privacy or PrivacySettings(), finders)
        )
        self._ring: deque[Pcm] = deque()
        self._ring_samples = 0
        self._heard = 0
        self._number = 0
        self._open: Utterance | None = None
        self._decoded_until = 0
        """Where the previous utterance's sound ended: no words are taken from one sound twice."""
        self._last: Pcm | None = None
        """The previous utterance's sound."""
        self._before: Utterance | None = None
        """The previous utterance, without its sound."""
        self._other: Utterances | None = None

    @property
    def language(self) -> str | None:
        """The party's language, None while it is not known."""
        return self._answers.language.language

    @property
    def unexpected_language(self) -> str | None:
        """The language that the party speaks though the settings give another."""
        return self._answers.language.unexpected

    def expect_as(self, other: Utterances) -> None:
        """The other party's language is expected while the own is not known: most calls are held in one."""
        self._other = other

    @property
    def owed(self) -> int:
        """Utterances whose final words are still to come, the open one included."""
        return len(self._answers.undone)

    def on_block(
        self, block: Pcm, start: int, speech_events: Iterable[SpeechStarted | Ipu], now: int
    ) -> list[Output]:
        """Takes the party's next sound, [start, start + len(block)), and what the speech detector made of
        it; `now` is the block's end."""
        self._heard = start + len(block)
        self._remember(block)
        if self._open is not None:
            self._open.blocks.append(block)
            self._open.end = self._heard
            if self._open.speech_end is None:
                self._open.speech += len(block)
        out: list[Output] = []
        for event in speech_events:
            if isinstance(event, SpeechStarted):
                self._on_speech(event.at)
            else:
                out.extend(self._on_silence(event.span, now))
        if self._open is not None:
            out.extend(self._on_progress(self._open, now))
        out.extend(self._answers.tick(now))
        return out

    def on_hypothesis(self, hypothesis: Hypothesis) -> list[Output]:
        """Takes an answer. One that nobody waits for changes nothing."""
        out = self._answers.on_hypothesis(hypothesis)
        self._rehear()
        return out

    def on_dropped(self, request_id: int) -> list[Output]:
        """The request will not be answered."""
        return self._answers.on_dropped(request_id)

    def abandon(self) -> list[Output]:
        """Gives up the open utterance: its sound is heard as the other party's."""
        utterance = self._open
        if utterance is None:
            return []
        self._open = None
        utterance.blocks = []
        utterance.speculative, utterance.final = None, -1
        utterance.answer = utterance.without_answer(self._party, "heard_elsewhere")
        return self._answers.settle()

    def finish(self, now: int, speech_events: Iterable[SpeechStarted | Ipu] = ()) -> list[Output]:
        """The sound is over, after these last speech events: ends the open utterance. Answers may still
        come."""
        out: list[Output] = []
        for event in speech_events:
            if isinstance(event, SpeechStarted):
                self._on_speech(event.at)
            else:
                out.extend(self._on_silence(event.span, now))
        if self._open is not None:
            out.extend(self._close(self._open, now))
        return [*out, *self._answers.finish()]

    # --- cutting the sound ----------------------------------------------------------------------------

    def _remember(self, block: Pcm) -> None:
        self._ring.append(block)
        self._ring_samples += len(block)
        while self._ring_samples - len(self._ring[0]) >= _RING_SAMPLES:
            self._ring_samples -= len(self._ring.popleft())

    def _on_speech(self, at: int) -> None:
        """Speech began: of a new utterance, or again within the open one."""
        if self._open is not None:
            if self._open.speech_end is not None:
                at = max(at, self._open.speech_end)
                self._open.speech += max(0, self._heard - at)
                self._open.silences.append(Span(self._open.speech_end, at))
            self._open.speech_end = None
            self._retract(self._open)
            return
        held = self._heard - self._ring_samples
        start = max(at - samples(self._settings.pre_roll_s), self._decoded_until, held, 0)
        sound = np.concatenate(self._ring)[start - held :]
        self._begin(start, sound)
        assert self._open is not None
        self._open.speech = max(0, self._heard - max(at, start))
        self._open.silences.append(Span(start, max(at, start)))
        self._rehear()

    def _rehear(self) -> None:
        """Lets the open utterance begin with the one before, where the recogniser heard no words in that: a
        syllable before a pause is plain with what follows. Nothing of either is committed by then."""
        now, before = self._open, self._before
        held = self._heard - self._ring_samples
        if (
            now is None
            or before is None
            or before.speech_end is None
            or self._last is None
            or before.number != self._answers.unheard
            or self._decoded_until < max(held, now.start - _REHEARD_WITHIN)
            or now.end - before.start > _REHEARD_TOTAL
            or now.speculative is not None
            or now.committer.has_words
        ):
            return
        gap = np.concatenate(self._ring)[self._decoded_until - held : now.start - held]
        now.blocks[:0] = [self._last, gap]
        now.start = before.start
        now.silences[:1] = [*before.silences, Span(before.speech_end, now.silences[0].end)]
        now.speech += before.speech
        now.speech_asked += before.speech
        self._before = self._last = None

    def _begin(self, start: int, sound: Pcm) -> None:
        committer = Committer(
            self._party,
            hold_back=samples(self._settings.hold_back_s),
            settled_after=samples(self._settings.settled_after_s),
            not_before=self._answers.words_end,
        )
        self._open = Utterance(
            number=self._number, start=start, committer=committer, blocks=[sound], end=self._heard
        )
        self._number += 1
        self._answers.undone.append(self._open)

    def _on_silence(self, span: Span, now: int) -> list[Output]:
        """An IPU ended: the utterance may have ended with it, so its words are asked for at once."""
        if self._open is None:
            self._on_speech(span.start)
        utterance = self._open
        assert utterance is not None
        utterance.speech -= max(0, min(self._heard - span.end, utterance.speech))
        utterance.speech_end = max(span.end, utterance.start)
        is_worth_it = (
            utterance.speculated is None or utterance.speech - utterance.speculated >= _SPECULATE_AFTER
        )
        if not self._settings.is_speculative or self._is_too_short(utterance) or not is_worth_it:
            return []
        utterance.speculated = utterance.speech
        end = min(utterance.end, utterance.speech_end + _TRAIL_SAMPLES)
        utterance.speculation = Speculation()
        request = self._request(utterance, end, now, is_final=True, speculation=utterance.speculation)
        utterance.speculative, utterance.answer = request.id, None
        return [request]

    def _retract(self, utterance: Utterance) -> None:
        """Speech goes on: what was asked for speculatively shows how the utterance begins, no more."""
        if utterance.speculative is None:
            return
        if utterance.answer is None:
            utterance.partials.add(utterance.speculative)
        if utterance.speculation is not None:
            utterance.speculation.is_over = True
        utterance.speculative, utterance.answer, utterance.speculation = None, None, None

    def _on_progress(self, utterance: Utterance, now: int) -> list[Output]:
        if utterance.speech_end is not None:
            is_long = utterance.speech_end - utterance.start >= samples(self._settings.long_utterance_s)
            is_over = is_long or now - utterance.speech_end >= self._patience(utterance)
            return self._close(utterance, now) if is_over else []
        if utterance.end - utterance.start >= samples(self._settings.max_utterance_s):
            return self._cut(utterance, now)
        new_speech = utterance.speech - utterance.speech_asked
        if (
            self._settings.has_partials
            and new_speech >= samples(self._settings.partial_every_s)
            and len(utterance.partials) < _MAX_OUTSTANDING_PARTIALS
        ):
            request = self._request(utterance, utterance.end, now, is_final=False)
            utterance.partials.add(request.id)
            return [request]
        return []

    def _patience(self, utterance: Utterance) -> int:
        """How long a silence may last within the utterance, in samples."""
        patience_s = self._settings.end_silence_s
        if utterance.surety is not None and utterance.surety < SURE_LOG_PROBABILITY:
            patience_s = max(patience_s, self._settings.doubtful_silence_s)
        return samples(patience_s)

    def _is_too_short(self, utterance: Utterance) -> bool:
        return utterance.speech < samples(self._settings.min_utterance_s)

    def _close(self, utterance: Utterance, now: int) -> list[Output]:
        """Ends the open utterance, with its speculative answer where that heard all of it."""
        self._open = None
        out: list[Output] = []
        if utterance.speculative is not None:
            utterance.final = utterance.speculative
            if utterance.speculation is not None:
                utterance.speculation.is_kept = True
            self._ended(utterance, min(utterance.end, (utterance.speech_end or 0) + _TRAIL_SAMPLES))
        elif self._is_too_short(utterance):
            utterance.final = -1
            utterance.answer = utterance.without_answer(self._party, "too_short")
        else:
            end = utterance.end
            if utterance.speech_end is not None:
                end = min(end, utterance.speech_end + _TRAIL_SAMPLES)
            request = self._request(utterance, end, now, is_final=True)
            utterance.final, utterance.answer = request.id, None
            self._ended(utterance, end)
            out.append(request)
        utterance.blocks = []
        return [*out, *self._answers.settle()]

    def _cut(self, utterance: Utterance, now: int) -> list[Output]:
        """Ends an utterance that is too long at its softest place and opens the next one there.

        The place lies behind the committed words, so that no word is committed twice; partials no longer
        commit while it is looked for.
        """
        limit = samples(self._settings.max_utterance_s)
        low = max(utterance.start + round(limit * _CUT_FROM), utterance.committer.end)
        is_last_chance = utterance.end - utterance.start >= limit + _CUT_GRACE_SAMPLES
        if utterance.end - low < _CUT_ROOM_SAMPLES and not is_last_chance:
            return []
        sound = utterance.pcm(utterance.end)
        at = utterance.start + softest(sound, min(low, utterance.end - 1) - utterance.start)
        request = self._request(utterance, at, now, is_final=True)
        utterance.final, utterance.answer, utterance.speculative = request.id, None, None
        self._ended(utterance, at)
        utterance.blocks = []
        self._begin(at, sound[at - utterance.start :])
        assert self._open is not None
        self._open.speech = self._heard - at
        return [request, *self._answers.settle()]

    def _ended(self, utterance: Utterance, end: int) -> None:
        """The utterance's sound is known: up to `end`."""
        self._decoded_until = end
        self._before, self._last = utterance, utterance.pcm(end)

    def _run_up(self, utterance: Utterance, end: int) -> Pcm | None:
        """The sound of the utterance before, where this one seems to go on with it."""
        if self._last is None or utterance.start - self._decoded_until > _RUN_UP_WITHIN:
            return None
        gap = np.zeros(max(0, utterance.start - self._decoded_until), dtype=np.float32)
        is_short = len(self._last) + len(gap) + end - utterance.start <= _RUN_UP_TOTAL
        return np.concatenate([self._last, gap]) if is_short else None

    def _request(
        self,
        utterance: Utterance,
        end: int,
        now: int,
        *,
        is_final: bool,
        speculation: Speculation | None = None,
    ) -> TranscriptionRequest:
        utterance.speech_asked = utterance.speech
        return TranscriptionRequest(
            id=next(self._ids),
            party=self._party,
            utterance=utterance.number,
            span=Span(utterance.start, end),
            pcm=utterance.pcm(end),
            is_final=is_final,
            language=self._answers.language.expected or (self._other.language if self._other else None),
            is_language_open=is_final or not self._answers.language.is_sure,
            is_language_sure=self._answers.language.is_sure,
            hint=self._hint(utterance),
            issued_at=now,
            run_up=self._run_up(utterance, end) if is_final else None,
            speculation=speculation,
        )

    def _hint(self, utterance: Utterance) -> str:
        """What the recogniser is told to expect. A short sound is never met with words: it would be heard as
        them."""
        if utterance.speech < _HINT_FROM:
            return ""
        if not self._settings.has_vocabulary_hint:
            return self._settings.hint
        return self._settings.hint + self._answers.vocabulary.hint(self._answers.language.language)
