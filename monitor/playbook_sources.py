"""Where each rule of the table went that the playbook was drawn from: the last part of RULES.md."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.core.playbook.model import RuleBook

SOURCES = {"S0": 47, "S1": 22, "S2": 39, "S3": 22, "S4": 33}
"""How many rules the table has for each of the five texts that it was made from."""

NO_RULE = {
    "S3-08": "Who asks for a manager in call after call: that takes a history of each caller, and none is "
    "kept; `demands_leader` hears it within a call",
    "S3-16": "Never a rule: it would have the agent pretend to have asked a superior",
    "S4-31": "How often a topic comes up over the days is no matter of one call: search and trends of "
    "the history show it",
    "S4-32": "To write wordings ahead and teach them is the supervisors' own work; a rule for a new topic "
    "can be tried on past calls",
    "S4-33": "How many calls an agent has, and how many hot ones, is no matter of one call: the history "
    "counts them by agent and day",
}
"""What became no rule, and why."""

_HEAD = """# Sources

All {count} rules of the table that the playbook was drawn from, with the rules and signals that came of each.

| source | rules and signals |
|---|---|
"""


def sources() -> Iterator[str]:
    """Every number of the table."""
    for text, count in SOURCES.items():
        yield from (f"{text}-{number:02}" for number in range(1, count + 1))


def render_sources(book: RuleBook) -> str:
    """A table of what came of each, in Markdown."""
    came: dict[str, list[str]] = {source: [] for source in sources()}
    for row in (*book, *book.signals.values()):
        for source in row.source:
            came.setdefault(source, []).append(f"[`{row.id}`](#{row.id})")
    lines = [f"| {source} | {', '.join(rows) or NO_RULE.get(source, '')} |" for source, rows in came.items()]
    return _HEAD.format(count=sum(SOURCES.values())) + "\n".join(lines)
