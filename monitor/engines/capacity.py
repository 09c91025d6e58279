"""How many calls a machine carries with words: from what one stretch of real speech costs it.

The cost of a call is what its finals take, its partials if it is to have any, and the analysis of its sound.
How often a call asks for each was counted over the shipped calls, eight at once (`bench/asr_simulated.py`);
both parties together speak nearly all the time there, which is more than most calls do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import soundfile

from monitor.core.audio import Party, Pcm
from monitor.core.clock import Span, samples
from monitor.core.recognition import Effort, SpeechRecogniser, TranscriptionRequest
from monitor.resources import resource

FULL = "words.capacity"
DOWN = "words.down"
"""Why a call is heard by its sound alone (`monitor.core.notices`)."""

CALLS_MOST = 999
"""No machine is said to carry more."""

FINALS_PER_S = 0.36
"""Finals a second of call, both parties together: half of them are guesses at a pause, after which the party
goes on."""

PARTIALS_PER_S = 0.6
"""Partials a second of call where they come every two seconds: the rarest that still helps a reader."""

ANALYSIS_S = 0.05
"""Seconds of a core that a second of call takes without words, before it is measured (`tingyin doctor`)."""

LOAD_MAX = 0.75
"""The share of all cores that may be taken: queues grow without bound long before 1."""

_STRETCHES = {"zh": ("zh_parcel", 0, 0.8, 5.3), "en": ("en_parcel", 1, 4.3, 8.8)}
"""Real speech to measure by: a shipped call, its channel, from, to (s)."""

_BATCH = 4
_RUNS = 2


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one core."""

    final_s: float
    """A final of an utterance of 4.5 s, decoded quickly."""
    partial_s: float
    """A partial of the same, one of four in a batch."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Calls carried at once."""

    with_partials: int
    with_finals: int


def spoken(language: str = "zh") -> Pcm:
    """4.5 s of somebody speaking Mandarin or English."""
    name, channel, start_s, end_s = _STRETCHES[language]
    pcm, _ = soundfile.read(
        resource("calls") / f"{name}.flac",
        start=samples(start_s),
        stop=samples(end_s),
        dtype="float32",
        always_2d=True,
    )
    return np.ascontiguousarray(pcm[:, channel])


def measure(
    recogniser: SpeechRecogniser,
    *,
    known_languages: Collection[str] = ("zh", "en"),
    clock: Callable[[], float] = time.process_time,
) -> Cost:
    """What decoding costs: the best of two runs, after one to warm up.

    By default in processor time, so that what else runs on the machine at the moment does not count; where a
    graphics card decodes, give a clock of the wall. Takes about two seconds on a core of 2020 with Whisper
    base. A model that knows no Mandarin is measured by English: what it cannot hear it decodes several times.
    """
    language = "zh" if "zh" in known_languages else "en"
    pcm = spoken(language)
    recogniser.decode([_request(pcm, language, is_final=True)], effort=Effort.QUICK)

    def best(requests: Sequence[TranscriptionRequest]) -> float:
        took: list[float] = []
        for _ in range(_RUNS):
            begun = clock()
            recogniser.decode(requests, effort=Effort.QUICK)
            took.append(clock() - begun)
        return min(took) / len(requests)

    final_s = best([_request(pcm, language, is_final=True)])
    return Cost(final_s=final_s, partial_s=best([_request(pcm, language, is_final=False)] * _BATCH))


def estimate(cost: Cost, *, cores: int, analysis_s: float = ANALYSIS_S) -> Estimate:
    """How many two-party calls these costs allow on `cores`, at least one."""
    finals = FINALS_PER_S * cost.final_s + analysis_s
    both = finals + PARTIALS_PER_S * cost.partial_s
    room = LOAD_MAX * cores
    return Estimate(
        with_partials=_whole(room / both) if both > 0 else CALLS_MOST,
        with_finals=_whole(room / finals) if finals > 0 else CALLS_MOST,
    )


def carries_one(cost: Cost, *, cores: int, analysis_s: float = ANALYSIS_S) -> bool:
    """Whether these costs allow so much as one call with partials."""
    return FINALS_PER_S * cost.final_s + PARTIALS_PER_S * cost.partial_s + analysis_s <= LOAD_MAX * cores


class Admission:
    """Whether one more call gets words.

    Args:
        calls_max: calls with words at once.
        is_down: whether the recogniser is given up for now.
    """

    def __init__(self, calls_max: int, is_down: Callable[[], bool] = lambda: False) -> None:
        self.calls_max = calls_max
        self._is_down = is_down

    def refusal(self, calls: int) -> str | None:
        """Why a call gets no words while `calls` others have them; None where it gets them."""
        if self._is_down():
            return DOWN
        return FULL if calls >= self.calls_max else None


def _whole(calls: float) -> int:
    return max(1, min(CALLS_MOST, int(calls)))


def _request(pcm: Pcm, language: str | None, *, is_final: bool) -> TranscriptionRequest:
    return TranscriptionRequest(
        id=0,
        party=Party.AGENT,
        utterance=0,
        span=Span(0, len(pcm)),
        pcm=pcm,
        is_final=is_final,
        language=language,
        hint="",
        issued_at=len(pcm),
    )
