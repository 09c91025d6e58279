"""Conditions in words: every leaf has some, in both languages."""

from __future__ import annotations

import re

import pytest

from monitor.core.playbook.model import Rule
from monitor.core.playbook.tree import LEAVES
from monitor.playbook_files import load_playbook
from monitor.playbook_page import render_rules
from monitor.playbook_words import _LEAVES, gates_in_words, in_words

BOOK = load_playbook()


def test_every_leaf_has_words() -> None:
    assert set(_LEAVES) == set(LEAVES.values())


@pytest.mark.parametrize("rule", [rule for rule in BOOK if rule.what is not None], ids=lambda rule: rule.id)
def test_shipped_conditions_read(rule: Rule) -> None:
    assert rule.what is not None
    for clauses in (in_words(rule.what, rule.who), gates_in_words(rule.when) or ("无", "none")):
        assert re.search("[㐀-鿿]", clauses[0])
        assert re.search("[a-z]", clauses[1])
        assert "None" not in clauses[0] + clauses[1]
        assert "{" not in clauses[0] + clauses[1]


def test_the_page_lists_every_rule_and_signal() -> None:
    page = render_rules(BOOK)
    for row in (*BOOK, *BOOK.signals.values()):
        assert f"\n## {row.id}\n" in page
        for source in row.source:
            assert source in page
