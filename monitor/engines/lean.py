"""A Whisper model without the pieces of words that no expected language is written with.

Each token that is decoded is chosen among the whole vocabulary, 51,865 pieces of words in a hundred
languages, by a product with a matrix of as many rows: near half of a token's cost in a model of base's size.
Mandarin and English need four fifths of them. The rows of the others are taken out as the model is loaded, in
memory. What is decoded stays the same, wherever the whole model would have written in the expected scripts,
and a token costs an eighth less.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_TEXT = "<|endoftext|>"
"""The first token after the pieces of text."""
_LAST = "<|notimestamps|>"
"""The last token before the marks of time, for which nothing here asks."""

_BINARY_VERSIONS = (4, 6)
"""Layouts of `model.bin` that are read here (CTranslate2 2.0 and later)."""

_ASCII = ((0x00, 0x7F),)
_SIGNS = ((0xA0, 0xBF), (0x2010, 0x203B), (0x20AC, 0x20AC), (0x2103, 0x2103))
"""Of all languages: degrees, fractions, dashes, quotation marks, the euro."""
_HAN = ((0x3000, 0x3020), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xFF00, 0xFF65))
"""With its punctuation, and the wide forms of Latin letters."""

_SCRIPTS: Mapping[str, tuple[tuple[int, int], ...]] = {"en": _ASCII, "zh": _ASCII + _HAN}
"""Code points that a language is written with. Another language needs all of the vocabulary."""


def lean_files(folder: Path, languages: Collection[str]) -> dict[str, bytes] | None:
    """The files of the model in `folder` with the vocabulary that the languages need, by their names.

    None where there is nothing to leave out, or nobody knows how: another language, a model of one language
    only, files in another layout.
    """
    if not languages or any(language not in _SCRIPTS for language in languages):
        return None
    names = ("config.json", "model.bin", "tokenizer.json", "vocabulary.json")
    if not all((folder / name).is_file() for name in names):
        return None
    try:
        files = _lean({name: (folder / name).read_bytes() for name in names}, languages)
    except (struct.error, LookupError, TypeError, ValueError):
        return None  # half a file, or another layout: the loader says what is wrong
    extra = folder / "preprocessor_config.json"
    if files is not None and extra.is_file():
        files[extra.name] = extra.read_bytes()
    return files


def _lean(files: Mapping[str, bytes], languages: Collection[str]) -> dict[str, bytes] | None:
    pieces: list[str] = json.loads(files["vocabulary.json"])
    kept = kept_pieces(pieces, languages)
    weights = _Weights.read(files["model.bin"])
    if kept is None or weights is None or not weights.has_rows(len(pieces)):
        return None
    return {
        "model.bin": weights.with_rows(len(pieces), kept),
        "vocabulary.json": _vocabulary(pieces, kept),
        "config.json": _config(json.loads(files["config.json"]), kept),
        "tokenizer.json": _tokenizer(json.loads(files["tokenizer.json"]), pieces, kept),
    }


def kept_pieces(vocabulary: Sequence[str], languages: Collection[str]) -> list[int] | None:
    """The ids, in their order, of what the languages are written with and of all marks but those of time.

    None where the vocabulary is not that of a Whisper model of many languages.
    """
    if _TEXT not in vocabulary or _LAST not in vocabulary or "<|zh|>" not in vocabulary:
        return None
    marks = vocabulary.index(_TEXT), vocabulary.index(_LAST)
    if marks[0] > marks[1]:
        return None
    ranges = [*_SIGNS, *(pair for language in languages for pair in _SCRIPTS[language])]
    alphabet = _byte_alphabet()
    found = []
    for number, piece in enumerate(vocabulary[: marks[0]]):
        raw = bytes(alphabet[character] for character in piece if character in alphabet)
        if len(raw) != len(piece) or len(raw) == 1 or _is_written_with(raw, ranges):
            found.append(number)
    return [*found, *range(marks[0], marks[1] + 1)]


def _byte_alphabet() -> dict[str, int]:
    """The characters by which GPT-2 (Radford et al. 2019), and so Whisper, writes the 256 bytes."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {
        chr(256 + index): byte for index, byte in enumerate(others)
    }


def _is_written_with(raw: bytes, ranges: Sequence[tuple[int, int]]) -> bool:
    """Whether all characters are in the ranges; one that is cut off at either end counts as the bytes that
    are there, if any character of the ranges has them."""
    at = 0
    while at < len(raw) and at < 3 and 0x80 <= raw[at] < 0xC0:
        at += 1  # the end of a character whose beginning is in another piece
    while at < len(raw):
        length = _length(raw[at])
        piece = raw[at : at + length]
        missing = length - len(piece)
        low = _code_point(piece + b"\x80" * missing)
        high = _code_point(piece + b"\xbf" * missing)
        if low is None or high is None or not any(a <= high and low <= b for a, b in ranges):
            return False
        at += length
    return True


def _length(lead: int) -> int:
    """Bytes of the UTF-8 character that begins with this one."""
    return 1 if lead < 0x80 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4


def _code_point(raw: bytes) -> int | None:
    lead, *rest = raw
    if any(not 0x80 <= byte < 0xC0 for byte in rest):
        return None
    point = lead if len(raw) == 1 else lead & (0xFF >> (len(raw) + 1))
    for byte in rest:
        point = point << 6 | byte & 0x3F
    return point


def _vocabulary(vocabulary: Sequence[str], kept: Sequence[int]) -> bytes:
    """As many names as before: by their number CTranslate2 tells a model of many languages from one of
    English. The last ones stand for no row, so none of them can be chosen."""
    names = [vocabulary[number] for number in kept]
    names += [f"<|left out {number}|>" for number in range(len(vocabulary) - len(kept))]
    return json.dumps(names, ensure_ascii=False).encode()


def _config(config: dict[str, Any], kept: Sequence[int]) -> bytes:
    place = {number: index for index, number in enumerate(kept)}
    for name in ("lang_ids", "suppress_ids", "suppress_ids_begin"):
        if name in config:
            config[name] = [place[number] for number in config[name] if number in place]
    return json.dumps(config).encode()


def _tokenizer(tokenizer: dict[str, Any], vocabulary: Sequence[str], kept: Sequence[int]) -> bytes:
    """The tokenizer over the kept pieces, in their new places; what it can no longer join stays apart."""
    place = {number: index for index, number in enumerate(kept)}
    model = tokenizer["model"]
    model["vocab"] = {piece: place[number] for piece, number in model["vocab"].items() if number in place}
    pieces = model["vocab"].keys()
    model["merges"] = [
        merge
        for merge in model["merges"]
        if _is_possible(merge.split(" ") if isinstance(merge, str) else merge, pieces)
    ]
    tokenizer["added_tokens"] = [
        {**token, "id": place[token["id"]]} for token in tokenizer["added_tokens"] if token["id"] in place
    ]
    for mark in (tokenizer.get("post_processor") or {}).get("special_tokens", {}).values():
        mark["ids"] = [place[number] for number in mark["ids"]]
    return json.dumps(tokenizer, ensure_ascii=False).encode()


def _is_possible(merge: Sequence[str], pieces: Collection[str]) -> bool:
    left, right = merge
    return left in pieces and right in pieces and left + right in pieces


@dataclass(frozen=True, slots=True)
class _Variable:
    """One array of `model.bin`, as it is written there."""

    name: bytes
    shape: tuple[int, ...]
    kind: int
    raw: memoryview


@dataclass(frozen=True, slots=True)
class _Weights:
    """A `model.bin`: what comes before its variables, they, and the names that stand for some of them."""

    head: memoryview
    variables: tuple[_Variable, ...]
    aliases: memoryview

    @classmethod
    def read(cls, raw: bytes) -> _Weights | None:
        """Takes the file apart (layout: CTranslate2's `ModelSpec._serialize`).

        None in another layout, or where the file breaks off before the names at its end.
        """
        view = memoryview(raw)
        (version,) = struct.unpack_from("<I", view)
        if not _BINARY_VERSIONS[0] <= version <= _BINARY_VERSIONS[1]:
            return None
        (length,) = struct.unpack_from("<H", view, 4)
        at = 6 + length + 4
        head = view[:at]
        (count,) = struct.unpack_from("<I", view, at)
        at += 4
        variables = []
        for _ in range(count):
            (length,) = struct.unpack_from("<H", view, at)
            name = bytes(view[at + 2 : at + 1 + length])
            at += 2 + length
            rank = view[at]
            shape = struct.unpack_from(f"<{rank}I", view, at + 1)
            at += 1 + 4 * rank
            kind, size = struct.unpack_from("<BI", view, at)
            at += 5
            variables.append(_Variable(name, shape, kind, view[at : at + size]))
            at += size
        return cls(head, tuple(variables), view[at:]) if at + 4 <= len(view) else None

    def has_rows(self, rows: int) -> bool:
        """Whether some variable has a row for each piece."""
        return any(variable.shape[:1] == (rows,) for variable in self.variables)

    def with_rows(self, rows: int, kept: Sequence[int]) -> bytes:
        """The file with the kept rows only, in each variable that has so many."""
        return b"".join(self._parts(rows, np.asarray(kept)))

    def _parts(self, rows: int, kept: npt.NDArray[np.int64]) -> Iterator[bytes | memoryview]:
        yield self.head
        yield struct.pack("<I", len(self.variables))
        for variable in self.variables:
            shape, raw = variable.shape, variable.raw
            if shape[:1] == (rows,):
                table = np.frombuffer(raw, dtype=np.uint8).reshape(rows, len(raw) // rows)
                shape, raw = (len(kept), *shape[1:]), memoryview(table[kept].tobytes())
            yield struct.pack("<H", len(variable.name) + 1) + variable.name + b"\0"
            yield struct.pack(f"<B{len(shape)}I", len(shape), *shape)
            yield struct.pack("<BI", variable.kind, len(raw))
            yield raw
        yield self.aliases
