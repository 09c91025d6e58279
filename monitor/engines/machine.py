"""What to decode on: the processor or a graphics card, in which arithmetic, how many side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
from threadpoolctl import threadpool_limits

_ON_CARD = ("float16", "int8_float16", "bfloat16", "float32")
"""In order of preference: what the weights hold, then what older cards can do."""

_ON_PROCESSOR = ("int8", "int8_float32", "float32")

_WORKERS_ON_CARD = 2
"""One decode prepares its features while another computes; more only queue on the card."""


_BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")
"""Read by the libraries of linear algebra when they are loaded."""

_INSTRUCTIONS = "CT2_FORCE_CPU_ISA"
"""Read by ctranslate2 before it loads its first model."""

_PROCESSOR = Path("/proc/cpuinfo")


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


def spare_cores() -> None:
    """Keeps the linear algebra of this process, and of those that it starts, to the thread that asks for it.

    Its products are small here. OpenBLAS has a helper for every further core, which waits for the next
    product by spinning: with five calls that burnt a sixth of two cores, which the decoders need. One thread
    also adds up in one order, whatever the number of cores.
    """
    for name in _BLAS_THREADS:  # for what is not loaded yet
        os.environ.setdefault(name, "1")
    threadpool_limits(1, user_api="blas")


def use_wide_vectors(
    environment: MutableMapping[str, str] = os.environ, processor: Path = _PROCESSOR
) -> None:
    """Lets ctranslate2 compute with 512 bits where the processor is an AMD that can.

    It does so only when told: the first processors with such vectors slowed down by them. On a Zen 4 the
    encoder takes a tenth less. Has an effect before the first model is loaded; who has chosen by
    `CT2_FORCE_CPU_ISA` keeps that.
    """
    try:
        told = processor.read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
    except OSError:
        return
    fields = {
        key.strip(): value.split() for key, _, value in (line.partition(":") for line in told.splitlines())
    }
    has_wide = {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"} <= set(fields.get("flags", ()))
    if has_wide and fields.get("vendor_id") == ["AuthenticAMD"]:
        environment.setdefault(_INSTRUCTIONS, "AVX512")


def crowding() -> float:
    """How many threads of all programs want each core, at least 1: the load average of the last minute."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)) if hasattr(os, "getloadavg") else 1.0


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
