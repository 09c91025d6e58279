"""A call that is read beside the log's own process, or without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.errors import StoreError
from monitor.store.log import EventLog
from monitor.store.reader import read_call
from monitor.store.side import read_messages


def test_a_folder_may_be_named_from_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with EventLog(tmp_path / "store"):
        pass
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError) as refused:
        list(read_call(Path("store"), "nobody"))
    assert refused.value.code == "store.unknown_call"
    assert read_messages(Path("store"), "nobody") == []
