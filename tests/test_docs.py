"""The documents and the code say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor.core.events import AnyEvent
from monitor.docs import PAGES

TOP = Path(__file__).resolve().parent.parent
WRITTEN = ("README.md", "FIGURES.md", "ARCHITECTURE.md", "GLOSSARY.md", "CHANGELOG.md", "CONTRIBUTING.md")


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_current(name: str) -> None:
    """`python -m monitor.docs` writes them."""
    assert (TOP / name).read_text(encoding="utf-8") == PAGES[name]()


@pytest.mark.parametrize("name", WRITTEN)
def test_links_lead_somewhere(name: str) -> None:
    text = (TOP / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)", text):
        if "://" not in target:
            assert (TOP / target).exists(), f"{name} links to {target}"


@pytest.mark.parametrize("name", WRITTEN)
def test_files_that_are_named_exist(name: str) -> None:
    text = (TOP / name).read_text(encoding="utf-8")
    paths = re.findall(r"`((?:monitor|models|dashboard|tests|bench|\.ci)/[\w./-]+)`", text)
    missing = [path for path in paths if not (TOP / path).exists() and "dist" not in path]
    assert not missing


def test_every_event_is_in_the_protocol_page() -> None:
    page = (TOP / "PROTOCOL.md").read_text(encoding="utf-8")
    for kind in AnyEvent.__args__:
        assert f"## `{kind.__struct_config__.tag}`" in page


def test_pages_are_of_one_page() -> None:
    """Documents that people write stay short enough to be read."""
    long = [name for name in WRITTEN if len((TOP / name).read_text(encoding="utf-8").splitlines()) > 180]
    assert not long
