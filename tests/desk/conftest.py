"""A desk's book in the test's folder, with a clock of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.core.events import Text
from monitor.desk.book import DeskBook
from monitor.desk.database import DeskFile
from monitor.desk.recent import text_of
from monitor.desk.records import DeskAlert


class Clock:
    """The wall clock, which stands still unless it is told."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def __call__(self) -> str:
        return text_of(self.at)

    def later(self, **step: float) -> str:
        """The time after a while."""
        return text_of(self.at + timedelta(**step))

    def advance(self, **step: float) -> None:
        """Lets time pass."""
        self.at += timedelta(**step)


def alert(
    alert_id: str = "a1",
    *,
    call_id: str = "c1",
    agent: str = "A1",
    rule: str = "hot_temper",
    raised_at: str = "2026-01-02T03:04:00.000Z",
) -> DeskAlert:
    """An alert as the desk knows it."""
    return DeskAlert(
        call_id=call_id,
        alert_id=alert_id,
        agent=agent,
        call_title="line 2",
        rule=rule,
        title=Text("客户情绪激动", "The caller is upset"),
        severity="high",
        party="caller",
        because=Text("语速加快", "faster"),
        raised_at_s=3.0,
        raised_at=raised_at,
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(tmp_path: Path, clock: Clock) -> Iterator[DeskBook]:
    with closing(DeskFile(tmp_path)) as file:
        yield DeskBook(file, now=clock)
