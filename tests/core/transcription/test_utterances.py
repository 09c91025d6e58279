"""From speech to requests, and from answers to words."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.audio import Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, Span, samples
from monitor.core.facts import Ipu, PartialText, SpeechStarted, Words
from monitor.core.recognition import Effort, Hypothesis, TranscriptionRequest
from monitor.core.settings import TranscriptionSettings
from monitor.core.transcription.answers import Output
from monitor.core.transcription.utterances import Utterances
from monitor.engines.scripted import ScriptedTranscriber, ScriptedWord

CALLER = Party.CALLER


def said(text: str, start_s: float, each_s: float = 0.25) -> list[ScriptedWord]:
    """A text, an ideograph at a time."""
    return [
        ScriptedWord(CALLER, start_s + n * each_s, start_s + (n + 1) * each_s, character)
        for n, character in enumerate(text)
    ]


def _scored(heard: Hypothesis, score: float) -> Hypothesis:
    """The answer with this average log probability, every word as probable as the average."""
    words = tuple(replace(word, probability=float(np.exp(score))) for word in heard.words)
    return replace(heard, average_log_probability=score, words=words)


@dataclass
class Line:
    """Plays speech at given times to `Utterances` and its requests to a scripted recogniser."""

    script: list[ScriptedWord]
    speech_s: list[tuple[float, float]]
    options: TranscriptionSettings = field(default_factory=TranscriptionSettings)
    final_delay_s: float = 0.6
    partial_delay_s: float = 0.4
    rejects: Callable[[TranscriptionRequest], str | None] = lambda request: None
    drops: Callable[[TranscriptionRequest], bool] = lambda request: False
    language: str = "zh"
    score: Callable[[TranscriptionRequest], float] = lambda request: -0.2
    """How sure the recogniser is: the average log probability."""
    requests: list[tuple[int, TranscriptionRequest]] = field(default_factory=list)
    facts: list[tuple[int, Words | PartialText]] = field(default_factory=list)

    def play(self, length_s: float) -> Line:
        recogniser = ScriptedTranscriber(self.script, rejects=self.rejects, language=self.language)
        self.utterances = Utterances(CALLER, self.options, itertools.count(1))
        self._due: list[tuple[int, int, Hypothesis | None]] = []
        for at in range(0, samples(length_s), BLOCK_SAMPLES):
            now = at + BLOCK_SAMPLES
            self._take(
                self.utterances.on_block(self.sound(at, now), at, self._told(at, now), now), now, recogniser
            )
            self._answer(now, recogniser)
        self._take(self.utterances.finish(samples(length_s)), samples(length_s), recogniser)
        self._answer(None, recogniser)
        return self

    def sound(self, start: int, end: int) -> Pcm:
        """Loud where speech is, with a soft place at each whole second."""
        times = np.arange(start, end)
        level = np.zeros(len(times), dtype=np.float32)
        for begin, stop in self.speech_s:
            level[(times >= samples(begin)) & (times < samples(stop))] = 0.2
        level[(times % 16000) < samples(0.1)] *= 0.01
        return level

    def _told(self, start: int, end: int) -> Iterable[SpeechStarted | Ipu]:
        for begin, stop in self.speech_s:
            if start < samples(begin + 0.1) <= end:
                yield SpeechStarted(party=CALLER, at=samples(begin))
            if start < samples(stop + 0.2) <= end:
                yield Ipu(party=CALLER, span=Span(samples(begin), samples(stop)))

    def _take(self, outputs: Sequence[Output], now: int, recogniser: ScriptedTranscriber) -> None:
        for output in outputs:
            if isinstance(output, TranscriptionRequest):
                assert len(output.pcm) == output.span.length
                assert np.array_equal(output.pcm, self.heard(output.span)), "the request's own sound"
                self.requests.append((now, output))
                delay = self.final_delay_s if output.is_final else self.partial_delay_s
                answer = None
                if not self.drops(output):
                    (heard,) = recogniser.decode([output], effort=Effort.THOROUGH)
                    answer = _scored(heard, self.score(output))
                heapq.heappush(self._due, (now + samples(delay), output.id, answer))
            else:
                self.facts.append((now, output))

    def heard(self, span: Span) -> Pcm:
        first = span.start // BLOCK_SAMPLES * BLOCK_SAMPLES
        blocks = [self.sound(at, at + BLOCK_SAMPLES) for at in range(first, span.end, BLOCK_SAMPLES)]
        return np.concatenate(blocks)[span.start - first : span.end - first]

    def _answer(self, now: int | None, recogniser: ScriptedTranscriber) -> None:
        while self._due and (now is None or self._due[0][0] <= now):
            at, number, hypothesis = heapq.heappop(self._due)
            outputs = (
                self.utterances.on_dropped(number)
                if hypothesis is None
                else self.utterances.on_hypothesis(hypothesis)
            )
            self._take(outputs, at, recogniser)

    @property
    def words(self) -> list[tuple[int, Words]]:
        return [(now, fact) for now, fact in self.facts if isinstance(fact, Words)]

    @property
    def text(self) -> str:
        return "".join(fact.text for _, fact in self.words)


def test_silence_is_never_decoded() -> None:
    line = Line([], []).play(20)
    assert line.requests == [] and line.facts == []


def test_one_utterance_is_written_whole() -> None:
    line = Line(said("我要退款你们太慢了", 1.0), [(1.0, 3.25)]).play(6)
    assert line.text == "我要退款你们太慢了"
    assert line.utterances.owed == 0


def test_the_final_is_asked_for_at_the_first_silence_and_told_when_it_lasts() -> None:
    line = Line(said("好的", 1.0), [(1.0, 1.5)], final_delay_s=0.2).play(4)
    ((asked, request),) = line.requests
    assert request.is_final and asked <= samples(1.5 + 0.3)
    assert [words.text for _, words in line.words] == ["好的"]
    assert line.words[0][0] <= samples(1.5 + 0.6), "nothing is waited for but the end of the utterance"


def test_the_request_holds_the_sound_before_speech_and_a_little_after() -> None:
    line = Line(said("好的", 1.0), [(1.0, 1.5)]).play(4)
    assert line.requests[0][1].span == Span(samples(0.7), samples(1.7))


def test_a_pause_within_an_utterance_does_not_end_it() -> None:
    line = Line([*said("我要", 1.0), *said("退款", 1.9)], [(1.0, 1.5), (1.9, 2.4)]).play(5)
    assert line.text == "我要退款"
    assert {request.utterance for _, request in line.requests} == {0}
    first, last = line.words
    assert first[1].text == "我要" and first[0] <= samples(2.3), "the phrase stands before its utterance ends"
    assert last[1].text == "退款"


def test_partials_come_with_new_speech_and_are_shown() -> None:
    line = Line(said("我要退款你们的快递太慢了我不满意", 1.0), [(1.0, 5.0)]).play(8)
    partials = [request for _, request in line.requests if not request.is_final]
    assert len(partials) == 5, "one each 0.7 s"
    assert any(isinstance(fact, PartialText) and fact.text for _, fact in line.facts)
    first_words = line.words[0]
    assert first_words[0] < samples(4.0), "agreed words come before the utterance ends"
    assert line.text == "我要退款你们的快递太慢了我不满意"


def test_without_partials_only_finals_are_asked_for() -> None:
    options = TranscriptionSettings(has_partials=False)
    line = Line(said("我要退款你们的快递太慢了", 1.0), [(1.0, 4.0)], options).play(6)
    assert all(request.is_final for _, request in line.requests)
    assert line.text == "我要退款你们的快递太慢了"


def test_partials_are_not_piled_up_on_a_slow_recogniser() -> None:
    line = Line(said("我" * 40, 1.0), [(1.0, 11.0)], partial_delay_s=60, final_delay_s=60).play(12)
    partials = [request for _, request in line.requests if not request.is_final]
    assert len(partials) == 2


def test_dropped_partials_are_not_missed() -> None:
    script = said("我要退款你们的快递太慢了我不满意", 1.0)
    line = Line(script, [(1.0, 5.0)], drops=lambda request: not request.is_final).play(8)
    assert line.text == "我要退款你们的快递太慢了我不满意"
    assert len([request for _, request in line.requests if not request.is_final]) == 5


def test_a_lost_final_keeps_what_was_shown() -> None:
    script = said("我要退款你们的快递太慢了我不满意", 1.0)
    line = Line(script, [(1.0, 5.0)], drops=lambda request: request.is_final).play(8)
    assert line.text.startswith("我要退款你们的快")
    assert line.utterances.owed == 0


def test_a_refused_final_takes_the_partial_away() -> None:
    script = said("谢谢观看谢谢观", 1.0)
    options = TranscriptionSettings(partial_every_s=1.0, settled_after_s=9.0)
    line = Line(script, [(1.0, 2.75)], options, rejects=lambda r: "phantom" if r.is_final else None).play(5)
    shown = [fact for _, fact in line.facts if isinstance(fact, PartialText)]
    assert shown[0].text and shown[-1].text == ""
    assert line.words == []


def test_a_click_is_not_decoded() -> None:
    line = Line([], [(1.0, 1.1)]).play(4)
    assert line.requests == [] and line.utterances.owed == 0


def test_words_of_an_utterance_wait_for_those_before() -> None:
    """The first final is slow: the second must not overtake it."""
    script = [*said("我要退款", 1.0), *said("现在就要", 3.5)]
    line = Line(script, [(1.0, 2.0), (3.5, 4.5)])
    line.rejects = lambda request: None
    delays = {0: 5.0, 1: 0.1}
    recogniser = ScriptedTranscriber(script)
    utterances = Utterances(CALLER, TranscriptionSettings(), itertools.count(1))
    due: list[tuple[int, int, Hypothesis]] = []
    facts: list[Words] = []
    for at in range(0, samples(8), BLOCK_SAMPLES):
        now = at + BLOCK_SAMPLES
        outputs = utterances.on_block(line.sound(at, now), at, line._told(at, now), now)
        while due and due[0][0] <= now:
            outputs.extend(utterances.on_hypothesis(heapq.heappop(due)[2]))
        for output in outputs:
            if isinstance(output, TranscriptionRequest):
                answer = recogniser.answer(output)
                heapq.heappush(due, (now + samples(delays[output.utterance]), output.id, answer))
            elif isinstance(output, Words):
                facts.append(output)
    assert [words.text for words in facts] == ["我要退款", "现在就要"]
    assert [words.utterance for words in facts] == [0, 1]


def test_a_monologue_is_cut_where_it_is_soft_and_loses_no_word() -> None:
    text = "".join(chr(0x4E00 + n) for n in range(160))
    line = Line(said(text, 1.0), [(1.0, 41.0)], language="en").play(44)
    finals = [request for _, request in line.requests if request.is_final]
    assert len(finals) >= 3
    assert all(request.span.length_s <= 15.1 for _, request in line.requests)
    for before, after in itertools.pairwise(finals[:-1]):
        assert after.span.start == before.span.end
        assert before.span.end % 16000 < samples(0.1), "the cut lies in a soft place"
    assert line.text == text


def test_no_sound_is_decoded_twice_in_two_utterances() -> None:
    line = Line([], [(1.0, 2.0), (3.0, 4.0)]).play(6)
    finals = [request for _, request in line.requests if request.is_final]
    assert finals[0].span.end <= finals[1].span.start


PAUSING = [(1.0, 2.0), (2.9, 4.0)]
"""A pause of 0.9 s: longer than what ends an utterance whose words are sure."""


@pytest.mark.parametrize(
    ("score", "delay_s", "rejected", "count"),
    [
        (-0.2, 0.3, None, 2),
        (-0.6, 0.3, None, 1),
        (-0.6, 0.3, "no_speech", 2),
        (-0.2, 0.75, None, 2),
        (-0.6, 0.75, None, 1),
    ],
    ids=["sure", "doubtful", "no words", "sure so far", "doubtful so far"],
)
def test_a_pause_ends_an_utterance_sooner_where_its_words_are_sure(
    score: float, delay_s: float, rejected: str | None, count: int
) -> None:
    line = Line(
        said("我要退款", 1.0) + said("今天就退", 2.9),
        PAUSING,
        score=lambda request: score,
        rejects=lambda request: rejected if request.span.end < samples(2.9) else None,
        final_delay_s=delay_s,
    ).play(7)
    assert {request.utterance for _, request in line.requests} == set(range(count))
    assert line.text == "我要退款今天就退", (
        "also what was refused by itself: it is heard again with what follows"
    )


def test_doubtful_words_are_shown_as_soon_and_committed_later() -> None:
    spoken = said("我要退款今天就退不然我就投诉你们", 1.0)
    sure = Line(spoken, [(1.0, 5.0)]).play(8)
    doubtful = Line(spoken, [(1.0, 5.0)], score=lambda request: -0.6).play(8)
    assert sure.text == doubtful.text == "".join(word.text for word in spoken)
    assert sure.words[0][0] + samples(0.6) < doubtful.words[0][0]
    shown = [
        next(now for now, fact in line.facts if isinstance(fact, PartialText)) for line in (sure, doubtful)
    ]
    assert shown[0] == shown[1]
    assert doubtful.words[-1][0] <= samples(5.0 + 1.2 + 0.2), "a doubtful silence is over after 1.2 s"


def test_sound_that_stops_in_mid_word_is_decoded_at_the_end() -> None:
    line = Line(said("我要退款", 1.0), [(1.0, 9.0)]).play(2.0)
    assert line.requests[-1][1].is_final
    assert line.text == "我要退款"


def test_the_language_of_one_confident_utterance_is_expected_in_the_next() -> None:
    script = [*said("我要退款", 1.0), *said("现在就要", 4.0), *said("你们太慢", 7.0)]
    line = Line(script, [(1.0, 2.0), (4.0, 5.0), (7.0, 8.0)]).play(10)
    finals = [request for _, request in line.requests if request.is_final]
    assert [request.language for request in finals] == [None, "zh", "zh"]
    assert [request.is_language_sure for request in finals] == [False, False, True]
    assert all(request.is_language_open for request in finals)


def test_until_a_party_is_heard_it_is_expected_to_speak_as_the_other_does() -> None:
    utterances = Utterances(CALLER, TranscriptionSettings(), itertools.count(1))
    utterances.expect_as(Utterances(Party.AGENT, TranscriptionSettings(language="en"), itertools.count(1)))
    sound = np.full(BLOCK_SAMPLES, 0.2, dtype=np.float32)
    began = [SpeechStarted(party=CALLER, at=0)]
    outputs = [
        output
        for number in range(10)
        for output in utterances.on_block(
            sound, number * BLOCK_SAMPLES, began if not number else (), (number + 1) * BLOCK_SAMPLES
        )
    ]
    asked = [output for output in outputs if isinstance(output, TranscriptionRequest)]
    assert [(request.language, request.is_language_open) for request in asked] == [("en", True)]


def test_a_language_of_the_settings_is_always_asked_for() -> None:
    options = TranscriptionSettings(language="en", caller_language="zh")
    line = Line(said("我要退款", 1.0), [(1.0, 2.0)], options).play(4)
    assert {request.language for _, request in line.requests} == {"zh"}


def test_mandarin_is_written_in_the_script_of_the_settings() -> None:
    line = Line(said("這個郵件", 1.0), [(1.0, 2.0)]).play(4)
    assert line.text == "这个邮件"
    options = TranscriptionSettings(script="traditional")
    line = Line(said("这个邮件", 1.0), [(1.0, 2.0)], options).play(4)
    assert line.text == "這個郵件"


def test_answers_that_nobody_waits_for_change_nothing() -> None:
    utterances = Utterances(CALLER, TranscriptionSettings(), itertools.count(1))
    request = TranscriptionRequest(
        id=99,
        party=CALLER,
        utterance=7,
        span=Span(0, 1600),
        pcm=np.zeros(1600, dtype=np.float32),
        is_final=True,
        language=None,
        hint="",
        issued_at=0,
    )
    assert utterances.on_hypothesis(ScriptedTranscriber(said("好", 0.0)).answer(request)) == []
    assert utterances.on_dropped(99) == []


@pytest.mark.parametrize("is_speculative", [True, False])
@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.integers(3, 60), st.integers(3, 15)), min_size=1, max_size=5),
    st.integers(1, 30),
    st.integers(1, 30),
)
def test_every_word_is_committed_once_and_in_order(
    is_speculative: bool, rhythm: list[tuple[int, int]], final_delay: int, partial_delay: int
) -> None:
    """Whatever the rhythm of speech and pauses, and however late the answers (tenths of a second)."""
    at, number = 10, 0
    script: list[ScriptedWord] = []
    speech: list[tuple[float, float]] = []
    for length, silence in rhythm:
        speech.append((at / 10, (at + length) / 10))
        for tenth in range(at, at + length - 1, 2):
            script.append(ScriptedWord(CALLER, tenth / 10, (tenth + 2) / 10, chr(0x4E00 + number)))
            number += 1
        at += length + silence
    line = Line(
        script,
        speech,
        TranscriptionSettings(is_speculative=is_speculative, max_utterance_s=5),
        final_delay_s=final_delay / 10,
        partial_delay_s=partial_delay / 10,
        language="en",
    ).play(at / 10 + 2)
    assert line.text == "".join(word.text for word in script)
    assert line.utterances.owed == 0
    end = 0
    for _, words in line.words:
        for word in words.words:
            assert word.span.start >= end
            end = word.span.end


def test_what_became_of_a_guess_is_known_to_the_scheduler() -> None:
    line = Line([*said("我要", 1.0), *said("退款", 1.9)], [(1.0, 1.5), (1.9, 2.4)]).play(5)
    went_on, lasted = [request.speculation for _, request in line.requests if request.is_final]
    assert went_on is not None and went_on.is_over and not went_on.is_kept
    assert lasted is not None and lasted.is_kept and not lasted.is_over


def test_words_that_much_sound_follows_stand_at_first_sight() -> None:
    """Under load a second hypothesis is seconds away."""
    script = said("我要退款你们的快递太慢了", 1.0)
    line = Line(script, [(1.0, 4.0)], TranscriptionSettings(partial_every_s=2.5, is_speculative=False)).play(
        7
    )
    at, words = line.words[0]
    assert at <= samples(4.1), "by the only partial"
    assert script[0].text == words.text[0]
    assert max(word.span.end for word in words.words) <= at - samples(0.4 + 1.0)
    assert line.text == "我要退款你们的快递太慢了"


def test_a_long_utterance_ends_at_its_next_pause() -> None:
    """A partial costs by the length of its utterance; after eight seconds there is context enough."""
    script = [*said("我" * 4, 1.0), *said("你" * 26, 2.3), *said("他" * 4, 9.1), *said("她" * 4, 10.4)]
    line = Line(script, [(1.0, 2.0), (2.3, 8.8), (9.1, 10.1), (10.4, 11.4)]).play(14)
    assert line.text == "我" * 4 + "你" * 26 + "他" * 4 + "她" * 4
    spans = {r.utterance: r.span for _, r in line.requests if r.is_final}
    assert len(spans) == 2, "pauses after 1 and 7.8 s are within the utterance, the one after 9.1 s ends it"
    assert spans[0].end <= samples(10.4) <= spans[1].end


@pytest.mark.parametrize(
    ("second_s", "has_run_up"),
    [((3.2, 5.0), True), ((5.0, 6.5), False)],
    ids=["goes on after a pause", "begins anew much later"],
)
def test_a_final_that_goes_on_with_a_sentence_has_the_sound_before(
    second_s: tuple[float, float], has_run_up: bool
) -> None:
    script = [*said("我的邮件", 1.0), *said("还没收到", second_s[0])]
    line = Line(script, [(1.0, 2.2), second_s]).play(8.0)
    last = [request for _, request in line.requests if request.is_final][-1]
    first = next(request for _, request in line.requests if request.is_final)
    assert (last.run_up is not None) is has_run_up
    assert all(request.run_up is None for _, request in line.requests if not request.is_final)
    if last.run_up is not None:
        assert np.array_equal(last.run_up[: first.span.length], first.pcm)
        assert len(last.run_up) == last.span.start - first.span.start, "and the silence between"


def test_a_run_up_is_no_longer_than_can_be_heard_at_once() -> None:
    script = [*said("我的邮件" * 11, 1.0), *said("还没收到" * 10, 13.0)]
    line = Line(script, [(1.0, 12.0), (13.0, 23.5)], TranscriptionSettings(max_utterance_s=14)).play(26.0)
    finals = [request for _, request in line.requests if request.is_final]
    assert finals[-1].span.length > samples(9) and finals[-1].run_up is None
