"""An event log, and a history of it that is up to date when it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.history.keeper import HistoryKeeper
from monitor.history.search import History
from monitor.store.log import EventLog
from tests.history.made_calls import MadeCall, hold


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    """In the test's folder."""
    with EventLog(tmp_path) as opened:
        yield opened


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """Of the test's folder."""
    opened = History(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def remember(log: EventLog, history: History) -> Callable[..., History]:
    """Writes calls, reads them into the index, and gives the history."""

    def remembered(*calls: MadeCall) -> History:
        hold(log, *calls)
        with HistoryKeeper(log) as keeper:
            assert keeper.settle()
        return history

    return remembered
