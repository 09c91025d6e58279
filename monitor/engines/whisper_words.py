"""Whisper's tokens as words with times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from monitor.core.audio import Pcm
from monitor.core.clock import SAMPLE_RATE_HZ, Span, samples
from monitor.core.recognition import HypothesisWord
from monitor.core.transcription.text import is_han, is_punctuation

TOKEN_SAMPLES = SAMPLE_RATE_HZ // 50
"""An encoder frame: alignments count in steps of 20 ms."""

_BYTES_OF_A_CHARACTER = 4
_OPENING = "“‘「『《〈（【([{<"
_JOINING = ".,:/%'’-_@+&"

_TIGHTEN_OVER_S = 0.3
_SILENCE_DB = 30.0
"""Sound this far below the stretch's loud parts, at a word's edge, is no part of the word."""
_LEVEL_SAMPLES = samples(0.02)
_WORD_SAMPLES_MIN = samples(0.1)


class Alignment(Protocol):
    """What ctranslate2 aligns: pairs (token, encoder frame), and a probability for each token."""

    alignments: list[tuple[int, int]]
    text_token_probs: list[float]


@dataclass(slots=True)
class Piece:
    """A word's text and how many tokens it took."""

    text: str
    tokens: int


def to_pieces(tokens: Sequence[int], decode: Callable[[list[int]], str]) -> list[Piece]:
    """The tokens as words: Mandarin as its tokens are, other words whole, punctuation at its word.

    A character may take several tokens; one that is cut off at the end is dropped, its tokens counted.
    """
    words: list[Piece] = []
    prefix = Piece("", 0)
    pending: list[int] = []
    for token in tokens:
        pending.append(token)
        text = decode(pending)
        if "\ufffd" in text and len(pending) < _BYTES_OF_A_CHARACTER:
            continue
        text = text.replace("\ufffd", "")
        count, pending = len(pending), []
        if text.strip() and text.strip()[0] in _OPENING and is_punctuation(text):
            prefix = Piece(prefix.text + text, prefix.tokens + count)
        elif words and not prefix.tokens and _continues(words[-1].text, text):
            words[-1] = Piece(words[-1].text + text, words[-1].tokens + count)
        else:
            words.append(Piece(prefix.text + text, prefix.tokens + count))
            prefix = Piece("", 0)
    if words:
        words[-1].tokens += len(pending) + prefix.tokens
    return words


def _continues(word: str, text: str) -> bool:
    """Whether a token's text belongs to the word before it."""
    if not text or (is_punctuation(text) and text.strip()):
        return True
    if text[0].isspace() or is_han(text[0]):
        return False
    last = word[-1:]
    return not is_han(last) and (last.isalnum() or last in _JOINING)


def timed_words(
    pieces: Sequence[Piece], alignment: Alignment, span: Span, pcm: Pcm
) -> tuple[HypothesisWord, ...]:
    """The words with the times of an alignment, trimmed of silence at their edges, within `span`."""
    first: dict[int, int] = {}
    for token, frame in alignment.alignments:
        first.setdefault(token, frame)
    last_frame = alignment.alignments[-1][1] if alignment.alignments else 0
    levels = _levels(pcm)
    words: list[HypothesisWord] = []
    at = 0
    for piece in pieces:
        begin = span.start + first.get(at, last_frame) * TOKEN_SAMPLES
        end = span.start + first.get(at + piece.tokens, last_frame) * TOKEN_SAMPLES
        begin = min(begin, span.end)
        end = min(max(end, begin), span.end)
        trimmed = _tighten(Span(begin, end), span.start, levels)
        probabilities = alignment.text_token_probs[at : at + piece.tokens]
        probability = float(min(probabilities)) if probabilities else 0.0
        words.append(HypothesisWord(span=trimmed, text=piece.text, probability=round(probability, 3)))
        at += piece.tokens
    return tuple(words)


def spread_words(
    pieces: Sequence[Piece], probabilities: Sequence[float], span: Span, pcm: Pcm
) -> tuple[HypothesisWord, ...]:
    """The words with rough times: their tokens, each with its probability, share the time in which there is
    sound."""
    levels = _levels(pcm)
    loud = np.flatnonzero(levels > _threshold(levels)) if len(levels) else np.array([], dtype=np.int64)
    total = sum(piece.tokens for piece in pieces)
    if not len(loud) or not total:
        loud = np.arange(max(1, len(levels)))
    words: list[HypothesisWord] = []
    at = 0
    for piece in pieces:
        begin = int(loud[min(len(loud) - 1, at * len(loud) // max(1, total))]) * _LEVEL_SAMPLES
        at += piece.tokens
        own = probabilities[at - piece.tokens : at]
        end = (int(loud[max(0, at * len(loud) // max(1, total) - 1)]) + 1) * _LEVEL_SAMPLES
        start = min(span.start + begin, span.end)
        words.append(
            HypothesisWord(
                span=Span(start, min(max(span.start + end, start), span.end)),
                text=piece.text,
                probability=round(min(own), 3) if own else 0.0,
            )
        )
    return tuple(words)


def _levels(pcm: Pcm) -> Pcm:
    """RMS level in dB of each whole 20 ms."""
    whole = len(pcm) // _LEVEL_SAMPLES * _LEVEL_SAMPLES
    power = np.mean(np.square(pcm[:whole].reshape(-1, _LEVEL_SAMPLES)), axis=1)
    levels: Pcm = (10 * np.log10(power + 1e-10)).astype(np.float32)
    return levels


def _threshold(levels: Pcm) -> float:
    return float(np.percentile(levels, 95)) - _SILENCE_DB


def _tighten(word: Span, start: int, levels: Pcm) -> Span:
    """A long word without the silence at its edges: the aligner gives a pause to a word beside it."""
    if word.length <= samples(_TIGHTEN_OVER_S) or not len(levels):
        return word
    first = (word.start - start) // _LEVEL_SAMPLES
    inside = levels[first : (word.end - start) // _LEVEL_SAMPLES]
    loud = np.flatnonzero(inside > _threshold(levels))
    if not len(loud):
        return word
    begin = max(word.start, start + (first + int(loud[0])) * _LEVEL_SAMPLES)
    end = min(word.end, start + (first + int(loud[-1]) + 1) * _LEVEL_SAMPLES)
    if end - begin < _WORD_SAMPLES_MIN:
        return word
    return Span(begin, end)
