"""Rules whose cues agents send away, over calls: quiet for hours, for one or for all, and woken again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from monitor.core.events import CueCleared
from monitor.core.settings import CueSettings
from monitor.errors import StoreError
from monitor.store.quiet import FILE, QuietRules, QuietSink

SETTINGS = CueSettings(quiet_times=2, quiet_hours=8, quiet_window_hours=24, quiet_agents=2)
HOUR_S = 3600.0


class Clock:
    """Seconds of the epoch, moved by hand."""

    def __init__(self) -> None:
        self.now_s = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now_s

    def hours(self, count: float) -> None:
        self.now_s += count * HOUR_S


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def quiet(tmp_path: Path, clock: Clock) -> Iterator[QuietRules]:
    with closing(QuietRules(tmp_path, SETTINGS, now=clock)) as opened:
        yield opened


def test_a_rule_is_quiet_for_the_agent_who_keeps_sending_it_away(quiet: QuietRules, clock: Clock) -> None:
    quiet.note("li", "jargon")
    assert quiet.of("li") == ()
    clock.hours(3)
    quiet.note("li", "jargon")
    assert quiet.of("li") == ("jargon",)
    assert quiet.of("wang") == ()
    clock.hours(7.9)
    assert quiet.of("li") == ("jargon",)
    clock.hours(0.2)
    assert quiet.of("li") == (), "hours later it is shown again"


def test_what_was_sent_away_long_ago_does_not_count(quiet: QuietRules, clock: Clock) -> None:
    quiet.note("li", "jargon")
    clock.hours(24.1)
    quiet.note("li", "jargon")
    assert quiet.all() == []


def test_when_several_agents_send_it_away_it_is_quiet_for_everybody(quiet: QuietRules) -> None:
    for agent in ("li", "li", "wang"):
        quiet.note(agent, "jargon")
    assert quiet.of("zhao") == ()
    quiet.note("wang", "jargon")
    assert quiet.of("zhao") == ("jargon",)
    first, *others = quiet.all()
    assert (first.rule, first.agent, first.times) == ("jargon", "", 4)
    assert [row.agent for row in others] == ["li", "wang"]


def test_agents_without_a_label_are_not_followed(quiet: QuietRules) -> None:
    for _ in range(5):
        quiet.note("", "jargon")
    assert quiet.all() == []


def test_it_outlives_a_restart_and_can_be_woken(quiet: QuietRules, clock: Clock, tmp_path: Path) -> None:
    for agent in ("li", "li", "wang", "wang"):
        quiet.note(agent, "jargon")
    quiet.close()
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600, "nobody else reads what agents did"
    again = QuietRules(tmp_path, SETTINGS, now=clock)
    assert again.of("zhao") == ("jargon",)
    assert again.wake("jargon", {"li"})
    assert again.of("li") == ()
    assert again.of("wang") == ("jargon",)
    assert again.wake("jargon")
    assert not again.wake("jargon")
    assert QuietRules(tmp_path, SETTINGS, now=clock).all() == []


@pytest.mark.parametrize("content", [b"", b"{", b'[{"rule": 1}]'])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, clock: Clock, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    quiet = QuietRules(tmp_path, SETTINGS, now=clock)
    assert quiet.all() == []
    quiet.note("li", "jargon")
    quiet.note("li", "jargon")
    quiet.close()
    assert QuietRules(tmp_path, SETTINGS, now=clock).of("li") == ("jargon",)


def test_a_disk_that_fails_is_told_and_the_quiet_holds(tmp_path: Path, clock: Clock) -> None:
    told: list[StoreError] = []
    (tmp_path / "file").write_text("in the way", "utf-8")
    quiet = QuietRules(tmp_path / "file" / "store", SETTINGS, now=clock, report=told.append)
    quiet.note("li", "jargon")
    quiet.note("li", "jargon")
    assert quiet.of("li") == ("jargon",)
    quiet.close()
    assert {error.code for error in told} == {"store.unwritable"}


@pytest.mark.parametrize(
    ("outcome", "counts"), [("dismissed", True), ("not_helpful", True), ("done", False), ("ignored", False)]
)
def test_only_what_is_sent_away_counts(quiet: QuietRules, outcome: str, counts: bool) -> None:
    sink = QuietSink(quiet, "li")
    cleared = CueCleared(t_s=1.0, id="c1", rule="jargon", cleared_at_s=1.0, reason="expired", outcome=outcome)  # type: ignore[arg-type]
    sink.emit("call", [cleared, cleared])
    assert (quiet.of("li") == ("jargon",)) is counts


def test_no_call_waits_for_the_disk(quiet: QuietRules, tmp_path: Path) -> None:
    is_free = threading.Event()
    quiet._writer.submit(is_free.wait)
    for _ in range(3):
        quiet.note("li", "jargon")
    assert quiet.of("li") == ("jargon",) and not (tmp_path / FILE).exists()
    is_free.set()
    quiet.close()
    assert (tmp_path / FILE).exists()


def test_calls_side_by_side_lose_none(quiet: QuietRules) -> None:
    async def all_at_once() -> None:
        await asyncio.gather(*(asyncio.to_thread(quiet.note, f"a{number % 3}", "x") for number in range(60)))

    asyncio.run(all_at_once())
    assert quiet.all()[0].times == 60
