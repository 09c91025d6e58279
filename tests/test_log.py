"""The program's own log."""

from __future__ import annotations

import io
import sys

import pytest
import structlog

from monitor.log import configure_log


def test_a_logger_outlives_what_standard_error_was(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", first)
    configure_log()
    log = structlog.get_logger("test")
    log.warning("one")
    assert "one" in first.getvalue()
    first.close()
    monkeypatch.setattr(sys, "stderr", second)
    log.warning("two")
    assert "two" in second.getvalue()
    structlog.reset_defaults()
