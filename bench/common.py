"""What several benches share: the machine, percentiles, a server of their own."""

from __future__ import annotations

import os
import platform
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

TOP = Path(__file__).resolve().parent.parent


def describe_machine() -> str:
    """Processor, cores, memory and commit: what a figure is worth nothing without."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists() and (found := re.search(r"model name\s*: (.*)", info.read_text())):
        model = found[1]
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    commit = subprocess.run(
        ["git", "-C", str(TOP), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return (
        f"{model}, {os.cpu_count()} cores, {memory_gib:.0f} GiB; Python {platform.python_version()}; "
        f"commit {commit}"
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0..1) of the values lie."""
    return float(np.quantile(np.asarray(values), share))


def spread(values: Sequence[float], unit: str) -> str:
    """Median, 95th percentile and count, as one text."""
    if not values:
        return "none"
    p50, p95 = percentile(values, 0.5), percentile(values, 0.95)
    return f"p50 {p50:.2f} {unit}, p95 {p95:.2f} {unit} (n={len(values)})"


def free_port() -> int:
    """A port of the loopback that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def tingyin(arguments: Sequence[str], folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The product as a process of its own, with an event log in `folder`; gives it and its port."""
    port = free_port()
    command = [sys.executable, "-m", "monitor", *arguments, "--port", str(port)]
    environment = {**os.environ, "TINGYIN_STORE__FOLDER": str(folder)}
    process = subprocess.Popen(command, cwd=TOP, env=environment, stderr=subprocess.DEVNULL)
    try:
        _wait_for_port(port, process)
        yield process, port
    finally:
        process.terminate()
        process.wait(30)


def _wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the server did not listen within a minute")
