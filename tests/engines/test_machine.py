"""What the machine's cores and instructions are used for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from monitor.engines.machine import spare_cores, use_wide_vectors

_FLAGS = "fpu sse2 avx2 avx512f avx512dq avx512cd avx512bw avx512vl avx512_vnni"


def _blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_linear_algebra_keeps_to_the_thread_that_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    np.dot(np.ones((4, 4)), np.ones((4, 4)))
    with threadpool_limits(2, user_api="blas"):
        spare_cores()
        assert _blas_threads() == {1}
        assert os.environ["OPENBLAS_NUM_THREADS"] == "1", "for what is loaded later, here or in a child"


def test_what_the_administrator_chose_for_other_processes_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    spare_cores()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "3"


@pytest.mark.parametrize(
    "made",
    [
        "from monitor.engines.silero import SileroSpeechModel; SileroSpeechModel()",
        "from monitor.engines.f0 import SwiftF0Model; SwiftF0Model()",
    ],
)
def test_every_ear_spares_the_cores(made: str) -> None:
    code = (
        "import numpy, scipy.linalg\n"
        "from threadpoolctl import threadpool_info\n"
        f"{made}\n"
        "print({x['num_threads'] for x in threadpool_info() if x['user_api'] == 'blas'})"
    )
    environment = {key: value for key, value in os.environ.items() if "NUM_THREADS" not in key}
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    assert told.stdout.strip() == "{1}"


@pytest.mark.parametrize(
    ("vendor", "flags", "told"),
    [
        ("AuthenticAMD", _FLAGS, "AVX512"),
        ("AuthenticAMD", "fpu sse2 avx2", None),
        ("AuthenticAMD", "fpu sse2 avx2 avx512f", None),
        ("GenuineIntel", _FLAGS, None),
    ],
)
def test_wide_vectors_are_used_where_they_were_measured(
    tmp_path: Path, vendor: str, flags: str, told: str | None
) -> None:
    processor = tmp_path / "cpuinfo"
    one = f"processor\t: 0\nvendor_id\t: {vendor}\nmodel name\t: Some: thing\nflags\t\t: {flags}\nbugs\t\t:\n"
    processor.write_text(f"{one}\n{one}\n")
    environment: dict[str, str] = {}
    use_wide_vectors(environment, processor)
    assert environment.get("CT2_FORCE_CPU_ISA") == told


def test_instructions_that_were_chosen_are_kept(tmp_path: Path) -> None:
    processor = tmp_path / "cpuinfo"
    processor.write_text(f"vendor_id\t: AuthenticAMD\nflags\t\t: {_FLAGS}\n")
    environment = {"CT2_FORCE_CPU_ISA": "AVX2"}
    use_wide_vectors(environment, processor)
    assert environment == {"CT2_FORCE_CPU_ISA": "AVX2"}


def test_a_machine_that_does_not_tell_its_processor_keeps_the_default(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    use_wide_vectors(environment, tmp_path / "nothing")
    assert environment == {}
