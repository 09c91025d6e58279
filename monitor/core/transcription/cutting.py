"""Where sound can be cut with the least harm, and words without their silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from monitor.core.audio import Pcm
from monitor.core.clock import Span, samples
from monitor.core.recognition import HypothesisWord

_WIDTH_SAMPLES = samples(0.12)
"""Longer than the closure of a plosive, shorter than most pauses."""

_STEP_SAMPLES = samples(0.02)

_LEFT_SAMPLES = samples(0.06)
"""A word that silence would leave less of is where the recogniser misplaced it: it stays as it is."""

_EQUAL = 1.05
"""Places within 5 % of the least power count as one soft stretch, to be cut in its middle."""


def softest(sound: Pcm, low: int) -> int:
    """The sample of [low, len(sound)] around which 120 ms have the least power."""
    energy = np.concatenate(([0.0], np.cumsum(np.square(sound, dtype=np.float64))))
    begins = np.arange(low, max(low + 1, len(sound) - _WIDTH_SAMPLES + 1), _STEP_SAMPLES)
    ends = np.minimum(begins + _WIDTH_SAMPLES, len(sound))
    power = np.maximum(energy[ends] - energy[begins], 0.0) / np.maximum(1, ends - begins)
    soft = np.flatnonzero(power <= power.min() * _EQUAL + 1e-12)
    begin = int(begins[soft[len(soft) // 2]])
    return min(begin + _WIDTH_SAMPLES // 2, len(sound))


def trimmed(
    words: Sequence[HypothesisWord], silences: Sequence[Span], speech_end: int | None
) -> list[HypothesisWord]:
    """The words, without what of them lies in the `silences` at their edges or after `speech_end`.

    A recogniser's aligner gives a pause to the word before or after it; the speech detector knows better.
    """
    kept: list[HypothesisWord] = []
    for word in words:
        start, end = word.span.start, word.span.end
        for silence in silences:
            if silence.start <= start < silence.end:
                start = silence.end
            if silence.start < end <= silence.end:
                end = silence.start
        if speech_end is not None:
            end = min(end, speech_end)
        has_room = end - start >= min(_LEFT_SAMPLES, word.span.length)
        kept.append(replace(word, span=Span(start, end)) if has_room else word)
    return kept
