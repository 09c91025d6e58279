"""Tokens become words with times."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from monitor.core.clock import Span, samples
from monitor.engines.whisper_words import Piece, spread_words, timed_words, to_pieces


def pieces(*tokens: bytes) -> list[tuple[str, int]]:
    """Tokens given as bytes, as a byte-level vocabulary has them."""
    found = to_pieces(
        range(len(tokens)), lambda ids: b"".join(tokens[i] for i in ids).decode("utf-8", "replace")
    )
    return [(piece.text, piece.tokens) for piece in found]


def utf(*texts: str) -> list[bytes]:
    return [text.encode() for text in texts]


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (utf(" I", " don", "'t", " know", "."), [(" I", 1), (" don't", 2), (" know.", 2)]),
        (
            utf("我们", "的", "快", "递", "，", "到"),
            [("我们", 1), ("的", 1), ("快", 1), ("递，", 2), ("到", 1)],
        ),
        (utf("我", "的", "i", "Phone", "坏"), [("我", 1), ("的", 1), ("iPhone", 2), ("坏", 1)]),
        (utf(" 3", ".", "5", " kilos"), [(" 3.5", 3), (" kilos", 1)]),
        (utf("他", "说", "“", "好", "”"), [("他", 1), ("说", 1), ("“好”", 3)]),
        ([], []),
    ],
)
def test_words(tokens: list[bytes], expected: list[tuple[str, int]]) -> None:
    assert pieces(*tokens) == expected


def test_a_character_of_several_tokens_is_one_word() -> None:
    raw = "癌".encode()
    assert pieces(raw[:1], raw[1:2], raw[2:], "症".encode()) == [("癌", 3), ("症", 1)]


def test_a_character_that_is_cut_off_is_dropped_and_its_tokens_counted() -> None:
    raw = "癌".encode()
    assert pieces("好".encode(), raw[:2]) == [("好", 2)]


@dataclass
class Alignment:
    alignments: list[tuple[int, int]]
    text_token_probs: list[float] = field(default_factory=list)


def tone(*stretches_s: tuple[float, float], length_s: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    pcm = np.zeros(samples(length_s), dtype=np.float32)
    for start, end in stretches_s:
        pcm[samples(start) : samples(end)] = 0.3 * np.sin(np.arange(samples(end) - samples(start)) * 0.1)
    return pcm


def test_times_come_from_the_alignment() -> None:
    alignment = Alignment([(0, 0), (0, 5), (1, 10), (2, 25), (3, 40)], [0.5, 0.7, 0.9])
    span = Span(samples(10), samples(12))
    words = timed_words([Piece(" a", 1), Piece(" bc", 2)], alignment, span, tone((0.0, 2.0), length_s=2.0))
    assert [word.span for word in words] == [
        Span(samples(10.0), samples(10.2)),
        Span(samples(10.2), samples(10.8)),
    ]
    assert [word.probability for word in words] == [0.5, 0.7], "of the least probable token"


def test_a_pause_is_no_part_of_the_word_beside_it() -> None:
    alignment = Alignment([(0, 0), (1, 50), (2, 75)], [0.9, 0.9])
    pcm = tone((0.0, 0.3), (1.0, 1.5), length_s=1.5)
    words = timed_words([Piece(" a", 1), Piece(" b", 1)], alignment, Span(0, len(pcm)), pcm)
    assert words[0].span == Span(0, samples(0.3))
    assert words[1].span.start == samples(1.0)


def test_rough_times_are_ordered_and_within_the_sound() -> None:
    pcm = tone((0.5, 1.0), (2.0, 2.5), length_s=3.0)
    words = spread_words([Piece(str(n), 1) for n in range(4)], [0.9, 0.4, 0.8, 0.7], Span(0, len(pcm)), pcm)
    assert words[0].span.start == samples(0.5)
    assert words[2].span.start >= samples(2.0)
    assert words[-1].span.end == samples(2.5)
    assert [word.probability for word in words] == [0.9, 0.4, 0.8, 0.7]


def test_no_words_of_no_tokens() -> None:
    assert spread_words([], [], Span(0, 1600), np.zeros(1600, dtype=np.float32)) == ()
    assert timed_words([], Alignment([]), Span(0, 1600), np.zeros(1600, dtype=np.float32)) == ()
