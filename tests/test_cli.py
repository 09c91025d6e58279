"""The command line's own help."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from monitor.cli import app


@pytest.mark.parametrize("group", [(), ("models",), ("playbook",), ("accounts",)])
def test_help_shows_each_commands_first_sentence_whole(group: tuple[str, ...]) -> None:
    """On a terminal of eighty columns the library cuts what does not fit."""
    told = CliRunner().invoke(app, [*group, "--help"], env={"COLUMNS": "80"}).output
    commands = told.partition("Commands:")[2].splitlines()[1:]
    assert commands
    assert [line for line in commands if line.endswith("...")] == []
