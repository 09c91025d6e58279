"""How words are cut for the search, in both languages, and how what was found is marked again.

Latin letters and digits are cut into words, Chinese into characters: no dictionary has to know a name or a
product for it to be found. Behind the index stands SQLite's FTS5, which knows words in order. It is given
each Chinese character together with the next one (投诉要 is 投诉 诉要 要): a search of two characters, the
usual one, reads the short list of a pair and not the long ones of both; of one character, the pairs that
begin with it. The trigrams that SQLite brings along find nothing shorter than three characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

CUT_VERSION = 1
"""Grows when the same words are cut in another way: what was indexed before is then indexed anew."""

TERMS_MAX = 8
"""Words and phrases of one search."""

_PREFIX_LEAST = 3
"""A word of fewer letters is not taken for the beginning of others: `a` would find nearly everything."""

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PIECE = re.compile(rf"[{_HAN}]|[^\W_{_HAN}]+(?:['’][^\W_{_HAN}]+)*")
_IS_HAN = re.compile(rf"[{_HAN}]")
_MARKS = re.compile("['’\u0300-\u036f]")
_QUERY = re.compile(r'"([^"]*)"?|“([^”]*)”?|(\S+)')


@dataclass(frozen=True, slots=True)
class Piece:
    """A word, or one Chinese character, of a text. `start` and `end` are places in the text as it was."""

    term: str
    start: int
    end: int
    is_han: bool


@dataclass(frozen=True, slots=True)
class Term:
    """One word or phrase that is looked for. `is_prefix`: its last word may be the beginning of one."""

    pieces: tuple[Piece, ...]
    is_prefix: bool


def cut(text: str) -> list[Piece]:
    """The pieces of a text in order; case, accents' forms and full-width letters do not matter."""
    return [
        Piece(_plain(found[0]), found.start(), found.end(), bool(_IS_HAN.match(found[0])))
        for found in _PIECE.finditer(text)
    ]


def indexed(text: str) -> str:
    """What the index is given for a text: its pieces, a Chinese character with the one that follows it."""
    pieces = cut(text)
    following = [*pieces[1:], None][: len(pieces)]
    return " ".join(
        piece.term + after.term if after is not None and piece.is_han and after.is_han else piece.term
        for piece, after in zip(pieces, following, strict=True)
    )


def terms_of(query: str) -> list[Term]:
    """What is looked for, all of it in the same call: words, and phrases in quotes, at most `TERMS_MAX`."""
    terms = []
    for quoted, chinese_quoted, bare in _QUERY.findall(query):
        pieces = tuple(cut(quoted or chinese_quoted or bare))
        if pieces:
            last = pieces[-1]
            is_prefix = bool(bare) and not last.is_han and len(last.term) >= _PREFIX_LEAST
            terms.append(Term(pieces, is_prefix))
    return terms[:TERMS_MAX]


def match_of(term: Term) -> str:
    """The term as an expression of FTS5."""
    words: list[str] = []
    is_open = term.is_prefix
    pieces = term.pieces
    for place, piece in enumerate(pieces):
        after = pieces[place + 1] if place + 1 < len(pieces) else None
        if piece.is_han and after is not None and after.is_han:
            words.append(piece.term + after.term)
        elif piece.is_han and after is None:
            # The pair before holds it already; alone, it is whatever pair begins with it.
            if place == 0 or not pieces[place - 1].is_han:
                words.append(piece.term)
                is_open = True
        else:
            words.append(piece.term)
    # Quoted, nothing of it is taken for an operator of the index.
    return '"' + " ".join(words) + '"' + ("*" if is_open else "")


def places(text: str, term: Term) -> Iterator[tuple[int, int]]:
    """Where a term stands in a text, as [start, end) of characters."""
    pieces, count = cut(text), len(term.pieces)
    for at in range(len(pieces) - count + 1):
        if _stands(pieces[at : at + count], term):
            yield pieces[at].start, pieces[at + count - 1].end


def _stands(pieces: Sequence[Piece], term: Term) -> bool:
    *first, last = zip(pieces, term.pieces, strict=True)
    if any(found.term != wanted.term for found, wanted in first):
        return False
    found, wanted = last
    return found.term == wanted.term or (term.is_prefix and found.term.startswith(wanted.term))


def may_stand(text: str, term: Term) -> bool:
    """False where a look without cutting shows that the term is not in the text: most texts are done so."""
    plain = text.lower() if text.isascii() else unicodedata.normalize("NFKD", text).casefold()
    plain = _MARKS.sub("", plain)
    return all(piece.term in plain for piece in term.pieces)


@lru_cache(maxsize=32_768)
def _plain(text: str) -> str:
    """Without case, accents, width and apostrophes: as the index's own tokenizer leaves it."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in apart if not unicodedata.combining(letter) and letter not in "'’")
