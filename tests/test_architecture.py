"""What keeps the house in order: the core is pure, files can be held in the head, errors are told apart."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from monitor import errors
from monitor.errors import ERRORS, TingyinError

TOP = Path(__file__).resolve().parent.parent
PACKAGE = TOP / "monitor"
IMPURE = {"asyncio", "time", "logging", "os", "random", "threading", "socket", "datetime", "secrets"}
OUTSIDE_THE_CORE = {
    "monitor." + name for name in ("engines", "ingest", "publish", "store", "config", "errors", "log")
}
LINES_MAX = 450


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


CORE = sorted((PACKAGE / "core").rglob("*.py"))


@pytest.mark.parametrize("path", CORE, ids=[str(path.relative_to(PACKAGE)) for path in CORE])
def test_the_core_is_pure(path: Path) -> None:
    names = imports_of(path)
    assert not {name.split(".")[0] for name in names} & IMPURE
    assert not {name for name in names if any(name.startswith(shell) for shell in OUTSIDE_THE_CORE)}


def test_the_core_reads_no_files() -> None:
    calls = re.compile(r"(?<![\w.])(?<!def )open\(|\.read_text\(|\.read_bytes\(|\bprint\(")
    assert not [path.name for path in CORE if calls.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("folder", ["monitor", "tests", "bench", "models"])
def test_files_can_be_held_in_the_head(folder: str) -> None:
    long = {
        str(path.relative_to(TOP)): lines
        for path in (TOP / folder).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LINES_MAX
    }
    assert not long


def test_codes_are_unique_and_belong_to_their_kind() -> None:
    kinds = TingyinError.__subclasses__()
    assert sum(len(kind.CODES) for kind in kinds) == len(ERRORS), "a code stands twice"
    for kind in kinds:
        prefixes = {code.split(".")[0] for code in kind.CODES}
        assert prefixes == {kind.__name__.removesuffix("Error").lower()}
        assert kind.__name__ in (errors.__doc__ or ""), "the tree at the top of the module names every kind"


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_code_is_raised_somewhere(code: str) -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py") if path.name != "errors.py"
    )
    assert f'"{code}"' in sources


def test_nothing_is_printed_past_the_command_line() -> None:
    """The log is structured and a command speaks by its console."""
    talkers = {"cli.py", "docs.py", "schema.py", "playbook_files.py"}
    found = [
        path.name
        for path in PACKAGE.rglob("*.py")
        if path.name not in talkers and re.search(r"^\s*print\(", path.read_text(encoding="utf-8"), re.M)
    ]
    assert not found
