"""IPUs from a scripted speech detector: hysteresis, shortest speech and silence, edges, packet sizes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.audio import Party, Pcm
from monitor.core.clock import BLOCK_SAMPLES, Span
from monitor.core.facts import Ipu, SpeechStarted
from monitor.core.settings import SpeechSettings
from monitor.core.speech import SpeechSegmenter

WINDOW = 512


class Loudness:
    """A speech model that believes its sound: the probability is the window's mean magnitude."""

    window_samples = WINDOW

    def probability(self, pcm: Pcm) -> float:
        return float(np.mean(np.abs(pcm)))


class LoudnessInRows(Loudness):
    """The same, several windows at once."""

    def __init__(self) -> None:
        self.runs = 0

    def probabilities(self, pcm: Pcm) -> list[float]:
        self.runs += 1
        return [self.probability(window) for window in pcm.reshape(-1, WINDOW)]


def sound(*stretches: tuple[int, float]) -> Pcm:
    """(windows, probability) one after the other."""
    return np.concatenate([np.full(count * WINDOW, level, dtype=np.float32) for count, level in stretches])


def heard(
    pcm: Pcm, settings: SpeechSettings | None = None, step: int = BLOCK_SAMPLES
) -> list[SpeechStarted | Ipu]:
    segmenter = SpeechSegmenter(Party.CALLER, Loudness(), settings or SpeechSettings())
    told = [event for at in range(0, len(pcm), step) for event in segmenter.push(pcm[at : at + step])]
    return told + segmenter.finish()


def spans(events: list[SpeechStarted | Ipu]) -> list[Span]:
    return [event.span for event in events if isinstance(event, Ipu)]


def test_speech_between_silences_is_one_ipu() -> None:
    events = heard(sound((20, 0.0), (30, 0.9), (20, 0.0)))
    assert events == [
        SpeechStarted(party=Party.CALLER, at=20 * WINDOW),
        Ipu(party=Party.CALLER, span=Span(20 * WINDOW, 50 * WINDOW)),
    ]


def test_a_click_is_not_speech() -> None:
    assert heard(sound((20, 0.0), (3, 0.9), (20, 0.0))) == []


def test_silence_shorter_than_200_ms_does_not_end_an_ipu_and_longer_does() -> None:
    assert len(spans(heard(sound((10, 0.9), (6, 0.0), (10, 0.9))))) == 1
    assert len(spans(heard(sound((10, 0.9), (7, 0.0), (10, 0.9))))) == 2


def test_doubtful_windows_keep_speech_going_but_do_not_start_it() -> None:
    assert heard(sound((30, 0.4))) == []
    assert spans(heard(sound((10, 0.9), (30, 0.4), (10, 0.0)))) == [Span(0, 40 * WINDOW)]


def test_edges_move_to_where_the_sound_is() -> None:
    class Late(Loudness):
        """Two windows late at both edges, as the real detector is."""

        def __init__(self) -> None:
            self._line = [0.0, 0.0]

        def probability(self, pcm: Pcm) -> float:
            self._line.append(float(np.max(np.abs(pcm)) > 0.05))
            return self._line[-3]

    pcm = sound((20, 0.001), (30, 0.3), (20, 0.001))
    segmenter = SpeechSegmenter(Party.AGENT, Late(), SpeechSettings())
    told = [*segmenter.push(pcm), *segmenter.finish()]
    assert spans(told) == [Span(20 * WINDOW, 50 * WINDOW)]


def test_finish_closes_the_open_ipu_at_the_last_sample() -> None:
    pcm = sound((40, 0.9))[: 30 * WINDOW + 300]
    assert spans(heard(pcm)) == [Span(0, 30 * WINDOW + 300)]


def test_speech_share_of_the_last_block() -> None:
    segmenter = SpeechSegmenter(Party.CALLER, Loudness(), SpeechSettings())
    pcm = np.zeros(3 * BLOCK_SAMPLES, dtype=np.float32)
    pcm[BLOCK_SAMPLES : 2 * BLOCK_SAMPLES] = 0.9
    shares = []
    for start in range(0, len(pcm), BLOCK_SAMPLES):
        segmenter.push(pcm[start : start + BLOCK_SAMPLES])
        shares.append(segmenter.speech_share(start, start + BLOCK_SAMPLES))
    assert shares[0] == 0.0
    assert shares[1] > 0.6
    assert segmenter.is_speech(BLOCK_SAMPLES, 2 * BLOCK_SAMPLES)
    assert not segmenter.is_speech(0, BLOCK_SAMPLES)
    assert segmenter.speech_share(10, 10) == 0.0


def test_is_speaking_lasts_through_a_short_silence() -> None:
    segmenter = SpeechSegmenter(Party.CALLER, Loudness(), SpeechSettings())
    segmenter.push(sound((10, 0.9)))
    assert segmenter.is_speaking
    assert segmenter.open_since == 0
    segmenter.push(sound((5, 0.0)))
    assert segmenter.is_speaking
    segmenter.push(sound((5, 0.0)))
    assert not segmenter.is_speaking
    assert segmenter.open_since is None


def test_a_model_that_takes_rows_is_given_rows() -> None:
    model = LoudnessInRows()
    segmenter = SpeechSegmenter(Party.CALLER, model, SpeechSettings())
    pcm = sound((25, 0.9), (25, 0.0))
    told = [
        event
        for at in range(0, len(pcm), BLOCK_SAMPLES)
        for event in segmenter.push(pcm[at : at + BLOCK_SAMPLES])
    ]
    assert [*told, *segmenter.finish()] == heard(pcm)
    assert model.runs == len(pcm) // BLOCK_SAMPLES


stretches = st.lists(
    st.tuples(st.integers(1, 30), st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.95])), min_size=1, max_size=12
)


@given(stretches, st.sampled_from([160, 512, 1000, 1600, 4000]))
def test_packet_sizes_do_not_matter(parts: list[tuple[int, float]], step: int) -> None:
    pcm = sound(*parts)
    assert heard(pcm, step=step) == heard(pcm, step=len(pcm))


@given(stretches)
def test_ipus_are_in_order_apart_and_long_enough(parts: list[tuple[int, float]]) -> None:
    pcm = sound(*parts)
    events = heard(pcm)
    found = spans(events)
    assert len(events) == 2 * len(found)
    assert [event.at for event in events if isinstance(event, SpeechStarted)] == [
        span.start for span in found
    ]
    for before, after in pairwise(found):
        assert after.start - before.end >= 0.1 * 16_000
    for span in found:
        assert 0 <= span.start < span.end <= len(pcm)


@pytest.mark.parametrize("min_silence_s", [0.2, 0.5])
def test_the_shortest_silence_is_a_setting(min_silence_s: float) -> None:
    settings = SpeechSettings(min_silence_s=min_silence_s)
    pcm = sound((10, 0.9), (10, 0.0), (10, 0.9))
    assert len(spans(heard(pcm, settings))) == (2 if min_silence_s < 0.32 else 1)
