"""When each word of a call was shown and committed, from the order in which texts came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile

import numpy as np

from bench.asr_calls import TruthWord
from monitor.core.transcription.text import to_script, units

_CONTRACTIONS = {"'m": " am", "'re": " are", "'ll": " will", "'ve": " have"}


@dataclass(slots=True)
class Stream:
    """One party's texts as they came: (when, text), each `when` in seconds of call time."""

    committed: list[tuple[float, str]] = field(default_factory=list)
    """Words in their order, with when they came."""
    shown: list[tuple[float, str]] = field(default_factory=list)
    """At each change, what was on display: the committed words and the partial after them."""

    def commit(self, at_s: float, text: str) -> None:
        """A committed word came."""
        self.committed.append((at_s, text))

    def show(self, at_s: float, partial: str) -> None:
        """The partial text after the committed words changed."""
        self.shown.append((at_s, "".join(text for _, text in self.committed) + " " + partial))


@dataclass(slots=True)
class Delays:
    """Seconds from the end of each truly said word; words that never came are counted."""

    shown_s: list[float] = field(default_factory=list)
    committed_s: list[float] = field(default_factory=list)
    missed: int = 0
    errors: int = 0
    truths: int = 0

    def add(self, other: Delays) -> None:
        """Adds another party's."""
        self.shown_s += other.shown_s
        self.committed_s += other.committed_s
        self.missed += other.missed
        self.errors += other.errors
        self.truths += other.truths


def delays_of(truth: Sequence[TruthWord], stream: Stream) -> Delays:
    """The delays of one party's words.

    A word came with the committed unit that stands in its place in the cheapest alignment of the two texts,
    also where it was misheard. It was first shown where a display first held as many units that agree with
    the final text up to it.
    """
    wanted = [(unit, word.end_s) for word in truth for unit in _units(word.text)]
    came = [(unit, at_s) for at_s, text in stream.committed for unit in _units(text)]
    found = Delays(truths=len(wanted))
    if not wanted:
        found.errors = len(came)
        return found
    pairs, found.errors = _align([unit for unit, _ in wanted], [unit for unit, _ in came])
    first = _first_shown([unit for unit, _ in came], stream)
    for index, (_, end_s) in enumerate(wanted):
        other = pairs.get(index)
        if other is None:
            found.missed += 1
            continue
        at_s = came[other][1]
        found.committed_s.append(at_s - end_s)
        found.shown_s.append(min(at_s, first[other]) - end_s)
    return found


def _first_shown(final: Sequence[str], stream: Stream) -> list[float]:
    """When each unit of the final text was first on display in its place, give or take one unit."""
    first = [float("inf")] * len(final)
    for at_s, text in stream.shown:
        shown = _units(text)
        for index in range(max(0, len(shown) - 80), len(shown) + 1):
            for place in (index - 1, index, index + 1):
                if (
                    0 <= place < len(final)
                    and index < len(shown)
                    and first[place] == float("inf")
                    and shown[index] == final[place]
                ):
                    first[place] = at_s
    return first


def unstable_words(stream: Stream) -> tuple[int, int]:
    """(units that a display held and the next one did not, units committed in the end): together the unstable
    partial word ratio of the field (Shangguan et al. 2020).

    Each display is laid beside the next by the cheapest alignment, the last one beside what was committed: a
    word put in between makes none of those after it unstable. A unit that is changed twice counts twice.
    """
    final = _units("".join(text for _, text in stream.committed))
    displays = [*(_units(text) for _, text in stream.shown), final]
    return sum(_lost(before, after) for before, after in pairwise(displays)), len(final)


def _lost(before: Sequence[str], after: Sequence[str]) -> int:
    """How many units of `before` do not stand in `after`."""
    same = _count_alike(before, after)
    before, after = before[same:], after[same:]
    ending = _count_alike(before[::-1], after[::-1])
    before, after = before[: len(before) - ending], after[: len(after) - ending]
    pairs, _ = _align(before, after)
    return len(before) - sum(before[one] == after[other] for one, other in pairs.items())


def _count_alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many leading units are the same."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def error_rate(wanted: Sequence[str], heard: Sequence[str]) -> float:
    """Edits over the length of what was said."""
    return _align(wanted, heard)[1] / max(1, len(wanted))


def _units(text: str) -> list[str]:
    """What is compared: "I'm" and "I am" are the same two words."""
    for short, long in _CONTRACTIONS.items():
        text = text.replace(short, long)
    return units(to_script([text], "simplified")[0])


def _align(wanted: Sequence[str], heard: Sequence[str]) -> tuple[dict[int, int], int]:
    """Pairs of places in the cheapest alignment (Levenshtein, unit costs), and its cost."""
    rows, columns = len(wanted), len(heard)
    cost = np.zeros((rows + 1, columns + 1), dtype=np.int32)
    cost[:, 0], cost[0, :] = np.arange(rows + 1), np.arange(columns + 1)
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            cost[i, j] = min(
                cost[i - 1, j - 1] + (wanted[i - 1] != heard[j - 1]), cost[i - 1, j] + 1, cost[i, j - 1] + 1
            )
    pairs: dict[int, int] = {}
    i, j = rows, columns
    while i and j:
        if cost[i, j] == cost[i - 1, j - 1] + (wanted[i - 1] != heard[j - 1]):
            i, j = i - 1, j - 1
            pairs[i] = j
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return pairs, int(cost[rows, columns])


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Mean, p50, p95 and p99; all infinite where there are no values."""
    if not values:
        return dict.fromkeys(("mean", "p50", "p95", "p99"), float("inf"))
    found = np.asarray(values)
    return {
        "mean": float(found.mean()),
        **{f"p{share}": float(np.quantile(found, share / 100)) for share in (50, 95, 99)},
    }
