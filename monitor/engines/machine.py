"""What to decode on: the processor or a graphics card, in which arithmetic, how many side by side."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import ctranslate2

_ON_CARD = ("float16", "int8_float16", "bfloat16", "float32")
"""In order of preference: what the weights hold, then what older cards can do."""

_ON_PROCESSOR = ("int8", "int8_float32", "float32")

_WORKERS_ON_CARD = 2
"""One decode prepares its features while another computes; more only queue on the card."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where decoding runs."""

    device: str
    """cpu or cuda."""
    compute_type: str
    workers: int


def choose(
    device: str = "auto",
    compute_type: str = "auto",
    workers: int = 0,
    *,
    cores: int | None = None,
    cards: Callable[[], int] = ctranslate2.get_cuda_device_count,
    can_do: Callable[[str], set[str]] = ctranslate2.get_supported_compute_types,
) -> Machine:
    """The settings, with what they leave open filled in from the machine.

    Two decodes of one thread each beat one of two threads, so there is one worker a core.
    """
    if device == "auto":
        device = "cuda" if cards() > 0 else "cpu"
    if compute_type == "auto":
        wanted = _ON_CARD if device == "cuda" else _ON_PROCESSOR
        known = can_do(device)
        compute_type = next((kind for kind in wanted if kind in known), "default")
    if not workers:
        workers = _WORKERS_ON_CARD if device == "cuda" else cores or usable_cores()
    return Machine(device, compute_type, workers)


def crowding() -> float:
    """How many threads of all programs want each core, at least 1: the load average of the last minute."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)) if hasattr(os, "getloadavg") else 1.0


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
