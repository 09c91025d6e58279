"""The real recogniser, on real and on no speech. Skipped where its weights are not installed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from monitor.core.audio import Party, Pcm
from monitor.core.clock import SAMPLE_RATE_HZ, Span, samples
from monitor.core.recognition import Effort, TranscriptionRequest
from monitor.core.transcription.text import to_script, units
from monitor.engines import whisper, whisper_looks
from monitor.engines.capacity import spoken as spoken_stretch
from monitor.engines.guard import REASONS
from monitor.engines.whisper import WhisperEngine
from monitor.engines.whisper_looks import Look, first_look, is_doubtful, next_look
from monitor.errors import ModelError
from monitor.resources import resource

CALLER = Party.CALLER


@pytest.fixture(scope="module")
def engine(whisper_base: Path) -> WhisperEngine:
    return WhisperEngine(whisper_base, device="cpu", workers=1)


@pytest.fixture(scope="module")
def spoken() -> tuple[Pcm, dict[str, Any]]:
    """The first utterance of the shipped Mandarin call, with half a second around it, and its truth."""
    truth = json.loads((resource("calls") / "zh_parcel.json").read_text(encoding="utf-8"))
    pcm, rate = soundfile.read(resource("calls") / truth["file"], dtype="float32", always_2d=True)
    assert rate == SAMPLE_RATE_HZ
    utterance = truth["utterances"][0]
    channel = truth["channels"].index(utterance["party"])
    start = utterance["start_s"] - 0.5
    words = [
        {**word, "start_s": word["start_s"] - start, "end_s": word["end_s"] - start}
        for word in utterance["words"]
    ]
    stretch = pcm[samples(start) : samples(utterance["end_s"] + 0.5), channel]
    return np.ascontiguousarray(stretch), {"text": utterance["text"], "words": words}


def request(
    pcm: Pcm, *, number: int = 1, is_final: bool = True, language: str | None = None
) -> TranscriptionRequest:
    return TranscriptionRequest(
        id=number,
        party=CALLER,
        utterance=0,
        span=Span(samples(10), samples(10) + len(pcm)),
        pcm=pcm,
        is_final=is_final,
        language=language,
        hint="",
        issued_at=0,
    )


def errors(truth: str, heard: str) -> float:
    """Character error rate."""
    wanted, found = units(truth), units(to_script([heard], "simplified")[0])
    row = list(range(len(found) + 1))
    for number, unit in enumerate(wanted, start=1):
        above, row = row, [number]
        for index, other in enumerate(found, start=1):
            row.append(min(above[index] + 1, row[-1] + 1, above[index - 1] + (unit != other)))
    return row[-1] / len(wanted)


def test_a_folder_without_a_model_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as raised:
        WhisperEngine(tmp_path)
    assert raised.value.code == "model.unloadable"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("is_final", "effort"),
    [(True, Effort.THOROUGH), (True, Effort.QUICK), (True, Effort.LEAST), (False, Effort.QUICK)],
)
def test_mandarin_is_heard(
    engine: WhisperEngine, spoken: tuple[Pcm, dict[str, Any]], is_final: bool, effort: Effort
) -> None:
    pcm, truth = spoken
    (answer,) = engine.decode([request(pcm, is_final=is_final)], effort=effort)
    assert answer.rejected is None
    assert answer.language == "zh" and answer.language_probability > 0.9
    assert errors(truth["text"], answer.text) <= 0.25
    ends = [answer.span.start, *(word.span.end for word in answer.words)]
    assert ends == sorted(ends) and ends[-1] <= answer.span.end


@pytest.mark.slow
def test_words_of_a_final_have_their_times(engine: WhisperEngine, spoken: tuple[Pcm, dict[str, Any]]) -> None:
    pcm, truth = spoken
    (answer,) = engine.decode([request(pcm, language="zh")], effort=Effort.THOROUGH)
    starts = [(word.span.start - answer.span.start) / SAMPLE_RATE_HZ for word in answer.words]
    wanted = [word["start_s"] for word in truth["words"]]
    apart = [min(abs(start - other) for start in starts) for other in wanted]
    assert float(np.median(apart)) < 0.15


@pytest.mark.slow
@pytest.mark.parametrize(("asked", "said"), [("zh", "en"), ("en", "zh")])
def test_a_party_who_changes_language_is_heard_in_the_new_one(
    engine: WhisperEngine, asked: str, said: str
) -> None:
    trusting = replace(request(spoken_stretch(said), language=asked), is_language_open=True)
    for is_sure in (False, True):
        (answer,) = engine.decode([replace(trusting, is_language_sure=is_sure)], effort=Effort.QUICK)
        assert (answer.language, answer.rejected) == (said, None)
        assert answer.language_probability > 0.9


@pytest.mark.slow
def test_a_batch_answers_each_as_alone(engine: WhisperEngine, spoken: tuple[Pcm, dict[str, Any]]) -> None:
    pcm, _ = spoken
    halves = [pcm[: len(pcm) // 2], pcm]
    alone = [engine.decode([request(half, language="zh")], effort=Effort.QUICK)[0].text for half in halves]
    together = engine.decode(
        [request(half, number=n, language="zh") for n, half in enumerate(halves)], effort=Effort.QUICK
    )
    assert [answer.text for answer in together] == alone
    assert [answer.request_id for answer in together] == [0, 1]


@pytest.mark.slow
def test_the_same_sound_gives_the_same_answer(
    engine: WhisperEngine, spoken: tuple[Pcm, dict[str, Any]]
) -> None:
    pcm, _ = spoken
    first, second = (engine.decode([request(pcm)], effort=Effort.THOROUGH) for _ in range(2))
    assert first == second


def _tones(*pairs_hz: tuple[float, float], on_s: float, off_s: float, length_s: float) -> Pcm:
    """Pairs of tones in turn, as telephones make them."""
    pcm = np.zeros(samples(length_s), dtype=np.float32)
    at = 0
    turn = 0
    while at < len(pcm):
        end = min(len(pcm), at + samples(on_s))
        time_s = np.arange(end - at) / SAMPLE_RATE_HZ
        pcm[at:end] = sum(0.2 * np.sin(2 * np.pi * hz * time_s) for hz in pairs_hz[turn % len(pairs_hz)])
        at = end + samples(off_s)
        turn += 1
    return pcm


NOTHING_SAID = {
    "silence": np.zeros(samples(4), dtype=np.float32),
    "noise": (np.random.default_rng(7).standard_normal(samples(4)) * 0.05).astype(np.float32),
    "ring-back": _tones((440, 480), on_s=2.0, off_s=4.0, length_s=6.0),
    "dtmf": _tones((697, 1209), (770, 1336), (852, 1477), on_s=0.1, off_s=0.1, length_s=3.0),
    "music": _tones((262, 330), (294, 370), (330, 392), (262, 392), on_s=0.4, off_s=0.02, length_s=6.0),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", NOTHING_SAID)
@pytest.mark.parametrize("language", [None, "zh"])
def test_nothing_is_invented_where_nothing_is_said(
    engine: WhisperEngine, kind: str, language: str | None
) -> None:
    """The speech detector keeps such sound away; what slips through must not become words."""
    (answer,) = engine.decode([request(NOTHING_SAID[kind], language=language)], effort=Effort.QUICK)
    assert answer.text == ""
    assert answer.rejected is None or engine.guards[answer.rejected] > 0


@pytest.mark.slow
def test_sound_too_short_for_a_word_is_not_decoded(engine: WhisperEngine) -> None:
    before = engine.guards["too_short"]
    (answer,) = engine.decode([request(np.zeros(800, dtype=np.float32))], effort=Effort.THOROUGH)
    assert answer.words == () and answer.rejected == "too_short"
    assert engine.guards["too_short"] == before + 1


@pytest.mark.slow
@pytest.mark.parametrize("reason", [reason for reason in REASONS if reason != "past_end"])
def test_every_guard_that_fires_is_counted(
    engine: WhisperEngine, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    monkeypatch.setattr(whisper, "verdict", lambda draft: reason)
    before = Counter(engine.guards)
    sound = spoken_stretch("zh")[: samples(1.5)]
    (answer,) = engine.decode([request(sound, language="zh", is_final=False)], effort=Effort.QUICK)
    assert answer.rejected == reason and answer.words == ()
    assert engine.guards - before == {reason: 1, "refused": 1}


@pytest.mark.slow
def test_a_doubtful_final_is_heard_with_what_was_said_before(
    engine: WhisperEngine, spoken: tuple[Pcm, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whisper_looks, "_DOUBT_WITH_RUN_UP", 0.0)
    pcm, truth = spoken
    at = samples(truth["words"][len(truth["words"]) // 2]["start_s"])
    alone = request(pcm[at:], language="zh")
    before = engine.guards["second_look"]
    (answer,) = engine.decode([replace(alone, run_up=pcm[:at])], effort=Effort.QUICK)
    assert engine.guards["second_look"] == before + 1
    wanted = "".join(word["text"] for word in truth["words"] if word["start_s"] >= at / SAMPLE_RATE_HZ)
    assert answer.rejected is None and errors(wanted, answer.text) <= 0.4, "no word of the run-up"
    assert answer.words[0].span.start >= alone.span.start
    ends = [word.span.end for word in answer.words]
    assert ends == sorted(ends) and ends[-1] <= alone.span.end


@pytest.mark.slow
def test_what_is_heard_alone_stays_where_the_run_up_makes_it_no_likelier(
    engine: WhisperEngine, spoken: tuple[Pcm, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whisper_looks, "_DOUBT_WITH_RUN_UP", 0.0)
    pcm, _ = spoken
    (alone,) = engine.decode([request(pcm, language="zh")], effort=Effort.QUICK)
    monkeypatch.setattr(whisper_looks, "_likelihood", lambda words: 0.0)
    noise = (0.01 * np.random.default_rng(3).standard_normal(samples(2))).astype(np.float32)
    monkeypatch.setattr(whisper_looks, "_DOUBTED_FRAMES", 0)
    (plain,) = engine.decode([request(pcm, language="zh")], effort=Effort.QUICK)
    monkeypatch.setattr(whisper_looks, "_DOUBTED_FRAMES", 1500)
    (kept,) = engine.decode([replace(request(pcm, language="zh"), run_up=noise)], effort=Effort.QUICK)
    assert alone.rejected is None and kept.words == plain.words
    assert kept.average_log_probability == plain.average_log_probability


@pytest.mark.parametrize(
    ("effort", "length_s", "score", "frames"),
    [
        (Effort.QUICK, 3.0, -0.7, whisper_looks.FRAMES_MAX),
        (Effort.QUICK, 3.0, -0.5, None),
        (Effort.QUICK, 1.0, -0.7, None),
        (Effort.THOROUGH, 3.0, -0.5, whisper_looks.FRAMES_MAX),
        (Effort.THOROUGH, 1.0, -0.7, whisper_looks.FRAMES_MAX),
        (Effort.THOROUGH, 3.0, -0.3, None),
        (Effort.LEAST, 3.0, -0.9, None),
    ],
)
def test_a_hurried_final_is_looked_at_again_only_where_that_pays(
    effort: Effort, length_s: float, score: float, frames: int | None
) -> None:
    length = samples(length_s) // 160
    look = first_look(length, is_final=True, effort=effort)
    following = next_look(look, None, length) if is_doubtful(look, score, length) else None
    assert (following and following.frames) == frames


@pytest.mark.parametrize(
    ("effort", "length_s", "rejected", "frames"),
    [
        (Effort.QUICK, 3.0, "token_rate", whisper_looks.FRAMES_MAX),
        (Effort.QUICK, 1.0, "token_rate", 1500),
        (Effort.QUICK, 3.0, "no_speech", 1500),
        (Effort.THOROUGH, 1.0, "token_rate", whisper_looks.FRAMES_MAX),
        (Effort.LEAST, 3.0, "token_rate", 1500),
    ],
)
def test_what_the_guard_stops_is_looked_at_once_more(
    effort: Effort, length_s: float, rejected: str, frames: int
) -> None:
    length = samples(length_s) // 160
    following = next_look(first_look(length, is_final=True, effort=effort), rejected, length)
    assert following is not None and following.frames == frames
    assert next_look(replace(following, frames=whisper_looks.FRAMES_MAX), rejected, length) is None


@pytest.mark.slow
def test_of_a_doubtful_final_what_more_context_hears_stands(
    engine: WhisperEngine, spoken: tuple[Pcm, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pcm, _ = spoken
    whole = Look(effort=Effort.QUICK, frames=whisper_looks.FRAMES_MAX, beam=5, block=4)
    monkeypatch.setattr(whisper, "first_look", lambda frames, **_: whole)
    (wanted,) = engine.decode([request(pcm, language="zh")], effort=Effort.QUICK)
    monkeypatch.undo()
    monkeypatch.setattr(whisper, "is_doubtful", lambda look, score, length: look.frames < 1500)
    before = engine.guards["second_look"]
    (answer,) = engine.decode([request(pcm, language="zh")], effort=Effort.QUICK)
    assert engine.guards["second_look"] == before + 1
    assert answer.words == wanted.words


@pytest.mark.slow
def test_words_of_a_partial_have_each_its_probability(
    engine: WhisperEngine, spoken: tuple[Pcm, dict[str, Any]]
) -> None:
    pcm, _ = spoken
    (answer,) = engine.decode([request(pcm, is_final=False, language="zh")], effort=Effort.QUICK)
    probabilities = [word.probability for word in answer.words]
    assert len(set(probabilities)) > 2 and all(0 < each <= 1 for each in probabilities)
    assert min(probabilities) <= np.exp(answer.average_log_probability) <= max(probabilities)


@pytest.mark.slow
def test_every_look_that_a_guard_stops_is_counted(
    engine: WhisperEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whisper, "is_past_end", lambda lengths_s: True)
    before = Counter(engine.guards)
    sound = spoken_stretch("zh")[: samples(1.5)]
    (answer,) = engine.decode([request(sound, language="zh")], effort=Effort.QUICK)
    assert answer.rejected == "past_end" and answer.words == ()
    assert engine.guards - before == {"past_end": 2, "refused": 1}


def test_the_least_effort_takes_the_least_context_and_searches_least() -> None:
    least = first_look(samples(2.0) // 160, is_final=True, effort=Effort.LEAST)
    quick = first_look(samples(2.0) // 160, is_final=True, effort=Effort.QUICK)
    assert least.beam == 1 and least.frames < quick.frames


def test_partials_take_less_context_while_there_is_no_time() -> None:
    short, long = samples(2.0) // 160, samples(9.0) // 160
    for is_final in (False, True):
        quick, thorough = (
            first_look(short, is_final=is_final, effort=e) for e in (Effort.QUICK, Effort.THOROUGH)
        )
        assert quick.frames < thorough.frames
        assert first_look(long, is_final=is_final, effort=Effort.QUICK).frames >= long + 100
    assert first_look(short, is_final=False, effort=Effort.THOROUGH).beam == 1
