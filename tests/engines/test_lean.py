"""A model without the pieces of words that nobody here is written with."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import ctranslate2
import numpy as np
import pytest
import tokenizers

from monitor.core.audio import Party
from monitor.core.clock import Span
from monitor.core.recognition import Effort, TranscriptionRequest
from monitor.engines.capacity import spoken
from monitor.engines.lean import kept_pieces, lean_files
from monitor.engines.whisper import WhisperEngine

MARKS = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|zh|>", "<|notimestamps|>"]
TIMES = ["<|0.00|>", "<|0.02|>"]


def written(text: str) -> str:
    """The text as Whisper's vocabulary writes it: a character for each byte."""
    return str(tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str(text)[0][0])


def kept(pieces: Sequence[str], languages: Sequence[str] = ("zh", "en")) -> list[str]:
    found = kept_pieces([*pieces, *MARKS, *TIMES], languages)
    assert found is not None
    return [pieces[number] for number in found if number < len(pieces)]


@pytest.mark.parametrize(
    ("text", "languages"),
    [("hello", {"zh", "en"}), ("您好", {"zh"}), ("，", {"zh"}), ("€", {"zh", "en"}), ("—", {"zh", "en"})],
)
def test_what_a_language_is_written_with_stays(text: str, languages: set[str]) -> None:
    for language in ("zh", "en"):
        assert bool(kept([written(text)], [language])) == (language in languages)


@pytest.mark.parametrize("text", ["привет", "가다", "です", "über", "قال", "中の"])
def test_what_none_is_written_with_goes(text: str) -> None:
    assert kept([written(text)]) == []


def test_bytes_and_halves_of_characters_stay_where_a_character_may_need_them() -> None:
    bytes_ = list(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    assert kept(bytes_) == bytes_
    first, last = written("您")[:2], written("您")[1:]
    assert kept([first, last]) == [first, last]
    assert kept([first], ["en"]) == []
    assert kept([written("д")[:1] * 2]) == []


def test_marks_stay_in_their_order_and_times_go() -> None:
    vocabulary = [written("가다"), "a", *MARKS, *TIMES]
    found = kept_pieces(vocabulary, ["en"])
    assert found is not None and [vocabulary[number] for number in found] == ["a", *MARKS]


def test_another_vocabulary_is_left_as_it_is() -> None:
    assert kept_pieces(["a", "b", "<|endoftext|>", "<|notimestamps|>"], ["en"]) is None


def model(folder: Path, variables: Mapping[str, np.ndarray]) -> None:
    """A folder with a model of five pieces, its marks and times."""
    vocabulary = [written(text) for text in ("a", "b", "ab", "가다", "好")] + MARKS + TIMES
    raw = struct.pack("<I", 6) + struct.pack("<H", 5) + b"Spec\0" + struct.pack("<II", 3, len(variables))
    for name, value in variables.items():
        raw += struct.pack("<H", len(name) + 1) + name.encode() + b"\0"
        raw += struct.pack(f"<B{value.ndim}I", value.ndim, *value.shape)
        raw += struct.pack("<BI", 0, value.nbytes) + value.tobytes()
    raw += struct.pack("<I", 0)
    (folder / "model.bin").write_bytes(raw)
    (folder / "vocabulary.json").write_text(json.dumps(vocabulary))
    (folder / "config.json").write_text(
        json.dumps({"lang_ids": [7, 8], "suppress_ids": [1, 3], "suppress_ids_begin": [5], "other": 1})
    )
    tokenizer = {
        "added_tokens": [{"id": 5 + n, "content": mark} for n, mark in enumerate(MARKS + TIMES)],
        "model": {"vocab": {piece: n for n, piece in enumerate(vocabulary[:5])}, "merges": ["a b", "a 가"]},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))


def test_rows_names_and_numbers_move_together(tmp_path: Path) -> None:
    rows = np.arange(24, dtype=np.float32).reshape(12, 2)
    model(tmp_path, {"decoder/embeddings/weight": rows, "encoder/weight": rows[:3]})
    files = lean_files(tmp_path, ["en"])
    assert files is not None
    names = json.loads(files["vocabulary.json"])
    assert names[:8] == ["a", "b", "ab", *MARKS] and len(names) == 12
    assert json.loads(files["config.json"]) == {
        "lang_ids": [5, 6],
        "suppress_ids": [1],
        "suppress_ids_begin": [3],
        "other": 1,
    }
    tokenizer = json.loads(files["tokenizer.json"])
    assert tokenizer["model"] == {"vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}
    assert [token["id"] for token in tokenizer["added_tokens"]] == [3, 4, 5, 6, 7]
    assert rows[[0, 1, 2, 5, 6, 7, 8, 9]].tobytes() in files["model.bin"]
    assert rows[:3].tobytes() in files["model.bin"]
    assert rows[3].tobytes() not in files["model.bin"]


def test_another_language_a_missing_file_and_another_layout_keep_the_whole_model(tmp_path: Path) -> None:
    model(tmp_path, {"decoder/embeddings/weight": np.zeros((12, 2), dtype=np.float32)})
    assert lean_files(tmp_path, ["en", "de"]) is None
    assert lean_files(tmp_path, []) is None
    raw = (tmp_path / "model.bin").read_bytes()
    (tmp_path / "model.bin").write_bytes(struct.pack("<I", 7) + raw[4:])
    assert lean_files(tmp_path, ["en"]) is None
    model(tmp_path, {"decoder/embeddings/weight": np.zeros((11, 2), dtype=np.float32)})
    assert lean_files(tmp_path, ["en"]) is None
    (tmp_path / "tokenizer.json").unlink()
    assert lean_files(tmp_path, ["en"]) is None


@pytest.mark.parametrize("name", ["model.bin", "vocabulary.json", "config.json", "tokenizer.json"])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 0.99])
def test_half_a_file_is_left_to_the_loader_to_tell(tmp_path: Path, name: str, share: float) -> None:
    model(tmp_path, {"decoder/embeddings/weight": np.zeros((12, 2), dtype=np.float32)})
    raw = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(raw[: int(share * len(raw))])
    assert lean_files(tmp_path, ["en"]) is None


@pytest.mark.slow
def test_the_lean_model_hears_what_the_whole_one_hears(whisper_base: Path) -> None:
    whole = WhisperEngine(whisper_base, device="cpu", workers=1, is_whole=True)
    lean = WhisperEngine(whisper_base, device="cpu", workers=1)
    assert lean.whisper.model.is_multilingual
    assert lean.known_languages == whole.known_languages
    assert len(lean.start_tokens("zh")) == len(whole.start_tokens("zh"))
    for language in ("zh", "en"):
        for asked, is_final in ((language, True), (None, True), (language, False)):
            answers = [
                engine.decode([request(language, asked, is_final)], effort=Effort.THOROUGH)[0]
                for engine in (whole, lean)
            ]
            assert answers[0].words and [a.text for a in answers] == [answers[0].text] * 2
            assert answers[0].language == answers[1].language == language


@pytest.mark.slow
def test_no_piece_that_was_left_out_can_be_chosen(whisper_base: Path) -> None:
    files = lean_files(whisper_base, ["en"])
    assert files is not None
    lean = WhisperEngine(whisper_base, device="cpu", workers=1, languages=["en"])
    assert isinstance(lean.whisper.model, ctranslate2.models.Whisper)
    (answer,) = lean.decode([request("zh", "en", True)], effort=Effort.QUICK)
    assert answer.text.isascii()


def request(said: str, asked: str | None, is_final: bool) -> TranscriptionRequest:
    pcm = spoken(said)
    return TranscriptionRequest(
        id=1, party=Party.AGENT, utterance=0, span=Span(0, len(pcm)), pcm=pcm, is_final=is_final,
        language=asked, hint="", issued_at=0,
    )  # fmt: skip
