"""Call time: integer sample indices at 16 kHz, counted from the call's start."""

from __future__ import annotations

from dataclasses import dataclass

SAMPLE_RATE_HZ = 16_000

BLOCK_SAMPLES = 1_600
"""The step of the analysis, 100 ms: both parties' sound up to a block's end is judged together."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch [start, end) of call time, in samples."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a span cannot end before it starts: [{self.start}, {self.end})")

    @property
    def length(self) -> int:
        """Length in samples."""
        return self.end - self.start

    @property
    def length_s(self) -> float:
        """Length in seconds."""
        return seconds(self.end - self.start)

    def overlap(self, other: Span) -> Span | None:
        """The stretch common to both, or None where they only touch or lie apart."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None


def seconds(samples: int) -> float:
    """Samples as seconds, rounded to a tenth of a millisecond so that every platform prints the same."""
    return round(samples / SAMPLE_RATE_HZ, 4)


def samples(seconds_: float) -> int:
    """Seconds as samples, rounded to the nearest."""
    return round(seconds_ * SAMPLE_RATE_HZ)
