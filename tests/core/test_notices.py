"""Every notice that is told has its words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import monitor.core
from monitor.core.notices import NOTICES


def codes() -> Iterator[str]:
    """The codes that are told by name; others come from tables that have tests of their own."""
    for path in Path(monitor.core.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "notice_event":
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    yield str(first.value)


def test_what_is_told_by_name_is_in_the_table() -> None:
    told = set(codes())
    assert "playbook.muted" in told
    assert told <= set(NOTICES)
