"""Runs every bench, one after the other, and prints their figures: `python -m bench [NAME ...]`."""

from __future__ import annotations

import subprocess
import sys

from bench.common import describe_machine

BENCHES = (
    "replay_speed",
    "alert_delay",
    "memory",
    "first_event",
    "f0",
    "rate",
    "line",
    "temper",
    "alerts",
    "playbook",
    "wordings",
    "whatif",
    "history",
    "asr_quality",
    "asr_latency",
    "listen_in",
    "soak",
    "pages",
    "dashboards",
)


def main() -> int:
    """Runs the benches named, or all; fails when one fails."""
    names = sys.argv[1:] or list(BENCHES)
    print(describe_machine(), flush=True)
    failed = []
    for name in names:
        print(f"\n## {name}\n", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
