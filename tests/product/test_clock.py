"""The wall clock jumps: nothing but dates, and how many days something is kept, may be told by it."""

from __future__ import annotations

import re

from tests.product.zygote import ROOT

WALL_CLOCK = re.compile(r"\btime\.time\(|\btime\.time_ns\(|\bdatetime\.(?:now|utcnow|today)\(|\butc_now\(")

MAY = {
    "monitor/publish/side.py": "when a message was sent and seen, when a pause began and ended",
    "monitor/store/log.py": "when a call began and ended",
    "monitor/store/retention.py": "how many days ago a call ended; a clock that jumps deletes nothing",
    "monitor/store/voices.py": "when an agent was heard last",
    "monitor/switchboard.py": "when a call began, and its id",
}


def test_intervals_are_measured_by_the_monotonic_clock() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "monitor").rglob("*.py")
        if WALL_CLOCK.search(path.read_text(encoding="utf-8"))
    }
    assert found == set(MAY)
