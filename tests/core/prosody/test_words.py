"""Characters of Chinese and words of the rest, a minute."""

from __future__ import annotations

import pytest

from monitor.core.prosody.words import count_units, words_per_min


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("", 0),
        ("……，。", 0),
        ("您好，请稍等", 5),
        ("我的PIN码是 1234", 6),
        ("I don't know, it's well-known.", 5),
    ],
)
def test_units(text: str, units: int) -> None:
    assert count_units(text) == units


def test_rate_needs_words_and_time() -> None:
    assert words_per_min("请稍等" * 5, 6.0) == 150.0
    assert words_per_min("请稍等", 2.9) is None
    assert words_per_min("", 10.0) is None
