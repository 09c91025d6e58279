"""A report of one call, from its events and the messages to its agent: a page of its own, JSON, or CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path

from monitor.core.events import AnyEvent
from monitor.report.data import build_csv, build_json
from monitor.report.page import build_report
from monitor.store.records import MessageToAgent

__all__ = ["ReportFormat", "build", "build_csv", "build_json", "build_report", "format_of"]


class ReportFormat(StrEnum):
    """What a report can be written as."""

    HTML = "html"
    JSON = "json"
    CSV = "csv"


_BUILDERS = {
    ReportFormat.HTML: build_report,
    ReportFormat.JSON: build_json,
    ReportFormat.CSV: build_csv,
}


def format_of(path: Path) -> ReportFormat:
    """The format that a file's name asks for: `.json`, `.csv`, and a page for anything else."""
    suffix = path.suffix.lower().removeprefix(".")
    return ReportFormat(suffix) if suffix in set(ReportFormat) else ReportFormat.HTML


def build(told: Iterable[AnyEvent], kind: ReportFormat, messages: Sequence[MessageToAgent] = ()) -> str:
    """One call's report in a format. Equal events and messages give equal text."""
    return _BUILDERS[kind](told, messages)
