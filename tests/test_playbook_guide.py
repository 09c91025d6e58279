"""PLAYBOOK.md names every field and leaf of the language, and its example is sound."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from monitor.core.playbook.conditions import Sounds
from monitor.core.playbook.model import CueText, Phrases, Rule, Signal, Variant
from monitor.core.playbook.source import parse_book
from monitor.core.playbook.tree import LEAVES, When
from monitor.core.reading.context import CallerNeed, ComplaintSlot, Note
from monitor.core.reading.meaning import SpeaksFor

GUIDE = (Path(__file__).resolve().parent.parent / "PLAYBOOK.md").read_text(encoding="utf-8")
MODELS: set[type[BaseModel]] = {
    Rule,
    Signal,
    Variant,
    CueText,
    Phrases,
    When,
    Sounds,
    SpeaksFor,
    *LEAVES.values(),
}
NAMES = sorted({name for model in MODELS for name in model.model_fields} | set(LEAVES))


@pytest.mark.parametrize("name", NAMES)
def test_every_field_and_leaf_is_named(name: str) -> None:
    assert re.search(rf"(?<![\w]){name}(?![\w])", GUIDE)


@pytest.mark.parametrize("name", [str(value) for kind in (ComplaintSlot, Note) for value in kind])
def test_every_slot_and_note_is_named(name: str) -> None:
    assert name in GUIDE


def test_the_guide_names_no_field_that_is_not_there() -> None:
    known = set(NAMES) | {"all", "any", "not", "rule", "signal"}
    fields = set(re.findall(r"[{,] (\w+) =", "\n".join(line for line in GUIDE.splitlines() if "|" in line)))
    assert fields <= known


def test_the_example_is_sound() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    others = "".join(
        f'[[signal]]\nid = "{name}"\nwho = "agent"\nphrases = {{ zh = ["{text}"] }}\n'
        for name, text in {"reason": "因为", "no_authority_words": "权限"}.items()
    )
    winner = (
        '[[rule]]\nid = "no_authority"\nwho = "agent"\ntitle = { zh = "题", en = "title" }\n'
        'severity = "high"\nbecause = { zh = "因", en = "why" }\nwhat = { said = "no_authority_words" }\n'
    )
    book = parse_book({"example": example, "others": others + winner})
    assert book["refusal_without_reason"].cue is not None
    assert book.signals["refusal"].notes == Note.QUESTION


def test_it_is_one_page() -> None:
    assert len(GUIDE.splitlines()) <= 100
    assert str(CallerNeed.RESPECT) in GUIDE
