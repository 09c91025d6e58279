"""How an answer is sought: on how much context, how hard, where once more with more, and which one stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from monitor.core.clock import Span
from monitor.core.recognition import Effort, HypothesisWord

FRAMES_MAX = 3000
_PARTIAL_FRAMES_QUICK = 600
_PARTIAL_FRAMES_THOROUGH = 800
"""On 600 frames a partial costs a sixth less, and of 100 units one or two more are heard wrong at first."""
_FINAL_FRAMES = {Effort.LEAST: 600, Effort.QUICK: 800, Effort.THOROUGH: 1000}
_FRAMES_MARGIN = 100
_FRAMES_BUCKET = 200
"""Stretches of one bucket can be decoded in one batch."""

_LOOKS = {Effort.LEAST: 1500, Effort.QUICK: FRAMES_MAX, Effort.THOROUGH: FRAMES_MAX}
"""Context for another look at a final that the guard stopped, or that scores low. Hurried finals of Mandarin
by telephone are mended by half of it (a third of the cost) half as often as by all that there can be."""
_LOOK_AT_LITTLE = 1500
"""Enough for a hum, and where the answer is what silence and noise are heard as: it seldom changes."""
_DOUBTED_FRAMES = 1500
"""On so much context a low score is the sound's own."""
_DOUBT_WITH_RUN_UP = -0.4
"""A final under this is heard together with the utterance before it, if there is one."""


@dataclass(frozen=True, slots=True)
class _Doubt:
    """What is worth another look: a score below, of at least so many frames of sound."""

    score_below: float
    frames_min: int


_DOUBTS = {
    Effort.LEAST: _Doubt(-np.inf, 0),
    Effort.QUICK: _Doubt(-0.6, 150),
    Effort.THOROUGH: _Doubt(-0.4, 0),
}
"""Of finals without a run-up: one in three of read speech, half of it by telephone, hurried one in ten. On
little context a few utterances collapse, and their score shows it; it does not show every misheard word. Hums
score low however they are heard."""

_BEAMS = {Effort.LEAST: 1, Effort.QUICK: 5, Effort.THOROUGH: 5}
"""Three instead of five save a twentieth of a final and cost Mandarin half an error in a hundred."""
_NGRAM_BLOCK_PARTIAL = 4
_NGRAM_BLOCK_FINAL = 6
"""How many tokens may not come twice in a row of tokens. Four stop every loop on short context, but also a
number read in groups (138 138 138), which a final must not lose; what six let through, the guard stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How an answer is sought: how much context, and how hard."""

    effort: Effort
    frames: int
    beam: int
    block: int
    """So many tokens in a row may not come twice (`_NGRAM_BLOCK_FINAL`)."""
    has_run_up: bool = False
    """Whether the sound before is heard too."""


def first_look(frames: int, *, is_final: bool, effort: Effort) -> Look:
    """The least context that serves: a bucket above the sound's length, and a floor by purpose."""
    wanted = _bucket(frames)
    is_thorough = effort is Effort.THOROUGH
    if not is_final:
        least = _PARTIAL_FRAMES_THOROUGH if is_thorough else _PARTIAL_FRAMES_QUICK
        return Look(effort=effort, frames=max(least, wanted), beam=1, block=_NGRAM_BLOCK_PARTIAL)
    return Look(
        effort=effort,
        frames=max(_FINAL_FRAMES[effort], wanted),
        beam=_BEAMS[effort],
        block=_NGRAM_BLOCK_FINAL,
    )


def _bucket(frames: int) -> int:
    """The bucket above a sound's length."""
    return min(FRAMES_MAX, -(-(frames + _FRAMES_MARGIN) // _FRAMES_BUCKET) * _FRAMES_BUCKET)


def wants_run_up(look: Look, average_log_probability: float) -> bool:
    """Whether a final that scores so is to be heard together with the utterance before it."""
    return (
        look.effort is not Effort.LEAST
        and look.frames < _DOUBTED_FRAMES
        and average_log_probability < _DOUBT_WITH_RUN_UP
    )


def is_doubtful(look: Look, average_log_probability: float, length: int) -> bool:
    """Whether a final of `length` frames of sound that scores so is worth another look by itself."""
    doubt = _DOUBTS[look.effort]
    is_comparable = look.frames < _DOUBTED_FRAMES and length >= doubt.frames_min
    return is_comparable and average_log_probability < doubt.score_below


def next_look(look: Look, rejected: str | None, length: int) -> Look | None:
    """With more context, for a final of `length` frames of sound that is doubtful or that the guard stopped,
    by its rule `rejected`; None where no more is worth it."""
    is_little = rejected in ("no_speech", "phantom") or length < _DOUBTS[look.effort].frames_min
    frames = _LOOK_AT_LITTLE if is_little else _LOOKS[look.effort]
    return replace(look, frames=frames, block=_NGRAM_BLOCK_PARTIAL) if frames > look.frames else None


def look_from_before(look: Look, frames: int) -> Look:
    """At the sound together with what was said before it, `frames` in all."""
    return replace(look, has_run_up=True, frames=_bucket(frames))


@dataclass(frozen=True, slots=True)
class Heard:
    """What one look heard, and its average log probability."""

    words: tuple[HypothesisWord, ...]
    score: float


def likelier_after(begin: int, alone: Heard, joined: Heard) -> Heard:
    """Of what was heard together with the sound before, the words that came after it, which ended at `begin`,
    if they are the likelier ones; else what was heard without."""
    after = tuple(
        replace(word, span=Span(max(begin, word.span.start), word.span.end))
        for word in joined.words
        if word.span.start + word.span.end >= 2 * begin
    )
    return replace(joined, words=after) if _likelihood(after) > _likelihood(alone.words) else alone


def _likelihood(words: Sequence[HypothesisWord]) -> float:
    """Mean of the words' log probabilities; that of no words is the least."""
    if not words:
        return -np.inf
    return float(np.mean([np.log(max(word.probability, 1e-3)) for word in words]))
