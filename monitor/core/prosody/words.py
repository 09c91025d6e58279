"""Speaking rate by words: told apart from the articulation rate, which is counted in the sound."""

from __future__ import annotations

import re

SECONDS_MIN = 3.0
"""A shorter turn is an answer, not a pace."""
_UNITS = re.compile(
    r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]|[^\W_\u3400-\u9fff\uf900-\ufaff]+(?:['’-]\w+)*"
)


def count_units(text: str) -> int:
    """Characters of Chinese, and words of whatever else is in between; 我的PIN码 has 4."""
    return len(_UNITS.findall(text))


def words_per_min(text: str, length_s: float) -> float | None:
    """The speaking rate of a turn with its pauses; None without words and below `SECONDS_MIN`.

    Norms: 250 characters of Chinese or 150 words of English a minute are usual.
    """
    units = count_units(text)
    if not units or length_s < SECONDS_MIN:
        return None
    return 60.0 * units / length_s
