"""From `make demo` on an empty clone to the first event that a page receives; then a second start.

Clones the checkout's HEAD into an empty folder with a models' folder of its own, runs `make demo`, and asks
the event stream until it gives an event of a call. The package clients may use their own download caches
unless `--no-cache` is given.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import websockets

from bench.common import TOP, free_port


async def first_event_s(port: int, begun: float, process: subprocess.Popen[bytes]) -> float:
    """Seconds from `begun` until the stream gave an event."""
    while process.poll() is None:
        with contextlib.suppress(OSError, websockets.WebSocketException):
            async with websockets.connect(f"ws://127.0.0.1:{port}/ws") as stream:
                await stream.send(json.dumps({"type": "subscribe", "topic": "wall"}))
                async for message in stream:
                    if json.loads(message)["type"] == "event":
                        return time.monotonic() - begun
        await asyncio.sleep(0.1)
    raise RuntimeError(f"make demo ended with {process.returncode}")


def make_demo(clone: Path, environment: dict[str, str]) -> float:
    """Runs `make demo` until its first event; returns how long that took."""
    port = free_port()
    begun = time.monotonic()
    process = subprocess.Popen(
        ["make", "demo", f"ARGS=--port {port}"], cwd=clone, env=environment, start_new_session=True
    )
    try:
        return asyncio.run(first_event_s(port, begun, process))
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def main() -> int:
    """Clones, makes, and prints."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "tingyin"
        subprocess.run(["git", "clone", "--quiet", str(TOP), str(clone)], check=True)
        environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        environment |= {"XDG_CACHE_HOME": f"{folder}/cache", "XDG_DATA_HOME": f"{folder}/data"}
        if "--no-cache" in sys.argv:
            environment |= {"PIP_NO_CACHE_DIR": "1", "npm_config_cache": f"{folder}/npm"}
        first, second = make_demo(clone, environment), make_demo(clone, environment)
    print(f"make demo on an empty clone, to the first event: {first:.0f} s; a second start: {second:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
