"""How the words of a stream are measured."""

from __future__ import annotations

import pytest

from bench.asr_measures import Stream, unstable_words


def _stream(*told: str) -> Stream:
    """Texts as they came; those with a full stop are committed, word by word."""
    stream = Stream()
    for number, text in enumerate(told):
        if text.endswith("."):
            for word in text.rstrip(".").split():
                stream.commit(float(number), f" {word}")
        else:
            stream.show(float(number), text)
    return stream


@pytest.mark.parametrize(
    ("told", "unstable", "said"),
    [
        ((), 0, 0),
        (("we want", "we want it back", "we want it back now."), 0, 5),
        (("one", "won two", "won two."), 1, 2),
        (("want it back now", "we want it back now", "we want it back now."), 0, 5),
        (("we really want it back", "we want it back", "we want it back."), 1, 4),
        (("a", "b", "c", "c."), 2, 1),
        (("we want", "", "we."), 2, 1),
        (("we want it.", "bag", "bad", "back now."), 2, 5),
        (("we want it.", "bag", "back now."), 1, 5),
    ],
    ids=[
        "nothing",
        "only grows",
        "one changed",
        "put in before",
        "taken out",
        "changed twice",
        "taken away",
        "after committed words",
        "changed by the commit",
    ],
)
def test_a_word_is_unstable_where_the_next_display_does_not_hold_it(
    told: tuple[str, ...], unstable: int, said: int
) -> None:
    assert unstable_words(_stream(*told)) == (unstable, said)


def test_ideographs_and_both_scripts_count_as_they_are_read() -> None:
    stream = Stream()
    stream.show(0.0, "我要退")
    stream.show(1.0, "我們要退款")
    stream.commit(2.0, "我们要退款")
    assert unstable_words(stream) == (0, 5)


def test_a_word_put_in_long_ago_makes_no_later_one_unstable() -> None:
    """By place, every word after it would count as changed."""
    stream = Stream()
    words = [f"w{first}{second}" for first in "abcdefghij" for second in "abcdefghijklmnopqrst"]
    stream.show(0.0, " ".join(words))
    stream.show(1.0, " ".join(["well", *words]))
    for word in ["well", *words]:
        stream.commit(2.0, f" {word}")
    assert unstable_words(stream) == (0, 201)
