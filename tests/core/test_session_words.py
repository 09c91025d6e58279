"""Which sound is asked about, and in which language: echoes, one sound on both channels, wrong settings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from monitor.core import events
from monitor.core.audio import Party, Pcm
from monitor.core.clock import SAMPLE_RATE_HZ, samples
from monitor.core.inputs import SessionInput
from monitor.core.recognition import TranscriptionRequest
from monitor.core.settings import CoreSettings, TranscriptionSettings
from tests.core.simulated_call import Caller, hypothesis, new_session, silence


def babble(length_s: float, seed: int) -> Pcm:
    """Noise that swells and fades like syllables: a waveform that is nobody else's."""
    rng = np.random.default_rng(seed)
    noise = np.convolve(rng.standard_normal(round(length_s * SAMPLE_RATE_HZ)), np.ones(8) / 8, mode="same")
    time_s = np.arange(len(noise)) / SAMPLE_RATE_HZ
    return np.asarray(0.3 * noise * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * time_s)), dtype=np.float32)


def spoken(pcm: Pcm) -> Pcm:
    """Four seconds of silence around it, over the faintest of line noise."""
    rest = silence(2.0)
    sound = np.concatenate([rest, pcm, rest])
    return np.asarray(sound + 1e-4 * np.random.default_rng(9).standard_normal(len(sound)), dtype=np.float32)


def delayed(pcm: Pcm, delay_s: float, gain: float) -> Pcm:
    shift = samples(delay_s)
    echo = np.concatenate([np.zeros(shift, np.float32), pcm[: len(pcm) - shift]])
    return np.asarray(gain * echo, dtype=np.float32)


def seconds_asked(call: Caller, party: Party) -> float:
    """Of the finals' sound."""
    return sum(r.span.length / SAMPLE_RATE_HZ for r in call.asked if r.party is party and r.is_final)


@pytest.mark.parametrize(("delay_s", "gain"), [(0.02, 0.3), (0.15, 0.5), (0.25, 0.2)])
def test_an_echo_is_not_asked_about(delay_s: float, gain: float) -> None:
    voice = spoken(babble(6.0, 1))
    call = Caller(new_session())
    call.hear(agent=voice, caller=delayed(voice, delay_s, gain))
    call.end()
    assert seconds_asked(call, Party.AGENT) == pytest.approx(6.4, abs=0.6)
    assert seconds_asked(call, Party.CALLER) == 0.0


def test_what_is_said_over_an_echo_is_asked_about() -> None:
    voice = spoken(babble(6.0, 1))
    own = np.concatenate([silence(4.0), babble(2.5, 2), silence(3.5)])
    call = Caller(new_session())
    call.hear(agent=voice, caller=np.asarray(delayed(voice, 0.1, 0.3) + own, dtype=np.float32))
    call.end()
    asked = [request.span for request in call.asked if request.party is Party.CALLER and request.is_final]
    assert asked and samples(3.0) < asked[0].start < samples(4.4)
    assert samples(6.0) < asked[-1].end < samples(7.6)


def test_two_voices_at_once_are_both_asked_about() -> None:
    call = Caller(new_session())
    call.hear(agent=spoken(babble(5.0, 1)), caller=spoken(babble(5.0, 2)))
    call.end()
    for party in Party:
        assert seconds_asked(call, party) == pytest.approx(5.4, abs=0.7)


def test_one_sound_on_both_channels_is_asked_about_once() -> None:
    parts = [part for seed in range(8) for part in (babble(2.0, seed), silence(1.0))]
    sound = spoken(np.concatenate(parts))
    call = Caller(new_session())
    call.hear(agent=sound, caller=sound)
    call.end()
    late = [request for request in call.asked if request.span.start > samples(10.0)]
    assert {request.party for request in late} == {Party.AGENT}
    assert [event.code for event in call.of(events.Notice)].count("sound.same_channels") == 1


def english(request: TranscriptionRequest) -> SessionInput:
    return replace(hypothesis(request, " where is my parcel"), language="en", language_probability=0.99)


def test_a_wrong_language_setting_is_told_once_and_left() -> None:
    settings = CoreSettings(transcription=TranscriptionSettings(language="zh", has_partials=False))
    call = Caller(new_session(settings=settings), english)
    for seed in range(5):
        call.hear(caller=babble(2.0, seed))
        call.hear(caller=silence(1.5))
    call.end()
    notices = [event for event in call.of(events.Notice) if event.code == "words.language"]
    assert [event.party for event in notices] == ["caller"]
    finals = [request for request in call.asked if request.is_final]
    assert (finals[0].language, finals[0].is_language_open) == ("zh", True)
    assert finals[-1].language == "en"
    assert {words.language for words in call.of(events.WordsCommitted)} == {"en"}


def test_a_right_language_setting_is_not_remarked_on() -> None:
    settings = CoreSettings(transcription=TranscriptionSettings(language="zh"))
    call = Caller(new_session(settings=settings), lambda request: hypothesis(request, "我要退款"))
    for seed in range(3):
        call.hear(caller=babble(2.0, seed))
        call.hear(caller=silence(1.5))
    call.end()
    assert "words.language" not in [event.code for event in call.of(events.Notice)]
    assert not [r for r in call.asked if not r.is_final and r.is_language_open and r.utterance > 0]
