"""Cutting words for the search, and marking again what was found."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.history.words import TERMS_MAX, indexed, match_of, may_stand, places, terms_of

SAID = "我要投诉，退款 refund now！Don't refunds ABC12 café"


def found(query: str, text: str = SAID) -> list[str]:
    return [text[start:end] for term in terms_of(query) for start, end in places(text, term)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("投", ["投"]),
        ("诉", ["诉"]),
        ("退款", ["退款"]),
        ("要投诉", ["要投诉"]),
        ("款退", []),
        ("refund", ["refund", "refunds"]),
        ('"refund"', ["refund"]),
        ('"refund now"', ["refund now"]),
        ("REFUND", ["refund", "refunds"]),
        ("ｒｅｆｕｎｄ", ["refund", "refunds"]),
        ("dont", ["Don't"]),
        ("don’t", ["Don't"]),
        ("abc12", ["ABC12"]),
        ("cafe", ["café"]),
        ("no", []),
        ("“退款”", ["退款"]),
        ("退款refund", ["退款 refund"]),
        ("投诉 refund", ["投诉", "refund", "refunds"]),
    ],
)
def test_what_is_found_in_both_languages(query: str, expected: list[str]) -> None:
    assert found(query) == expected


@pytest.mark.parametrize("query", ["", "  ", "？！", '""', "***", '"', "NEAR( AND"])
def test_what_is_no_word_looks_for_nothing_and_breaks_nothing(query: str) -> None:
    terms = terms_of(query)
    assert all(term.pieces for term in terms)
    assert len(terms) == (2 if "NEAR" in query else 0)


def test_a_search_has_a_bound() -> None:
    assert len(terms_of(" ".join(f"word{number}" for number in range(50)))) == TERMS_MAX


@pytest.fixture(scope="module")
def fts() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0, tokenize='unicode61')"
    )
    return connection


letters = st.text(alphabet="投诉退款我的一，。 aébc'’1２\"", max_size=20)


@given(text=letters, query=letters)
def test_the_index_finds_exactly_what_is_marked(fts: sqlite3.Connection, text: str, query: str) -> None:
    """The index and the marks are two ways to the same answer: neither may find what the other does not."""
    fts.execute("INSERT INTO words (words) VALUES ('delete-all')")
    fts.execute("INSERT INTO words (rowid, text) VALUES (1, ?)", (indexed(text),))
    for term in terms_of(query):
        is_found = fts.execute("SELECT 1 FROM words WHERE words MATCH ?", (match_of(term),)).fetchone()
        stands = next(places(text, term), None) is not None
        assert (is_found is not None) == stands, match_of(term)
        assert may_stand(text, term) or not stands
