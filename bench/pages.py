"""What the pages cost in Chromium: from an event to a pixel, frames, memory, first paint, size, axe.

The built pages run before invented calls that `dashboard/dev` tells over the real protocol; the measuring is
in `dashboard/dev/measure.ts`. An event's way to a pixel begins where the mock sends it and ends when the
frame that shows it has been made; beside it, in the same run, a bare page with one websocket and one element.
Memory is the page's heap after collecting garbage.

Parts: bundle, paint, pixel, wall, day (eight hours told in `--day` seconds), axe.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from bench.common import TOP, describe_machine


def main() -> int:
    """Runs the measuring and passes its lines on; fails where Chromium or the built pages are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each wall is watched")
    parser.add_argument("--day", type=float, default=80.0, help="in how many seconds the day passes")
    parser.add_argument("--probes", type=int, default=60, help="events whose way to a pixel is measured")
    parser.add_argument("--only", default="bundle,paint,pixel,wall,day,axe", help="parts, commas between")
    given = parser.parse_args()
    print(describe_machine(), flush=True)
    command = ["node", "scripts/run.mjs", "dev/measure.ts"]
    for name, value in vars(given).items():
        command += [f"--{name}", str(value)]
    return subprocess.run(command, cwd=TOP / "dashboard", check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
