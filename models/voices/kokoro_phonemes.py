"""Text to the phonemes that the Kokoro-82M acoustic model reads, with the word each phoneme belongs to.

The model has one alphabet for all its languages. Mandarin comes from `misaki`'s front end (one word at a
time, so that every phoneme has its word); English comes from espeak-ng, whose IPA differs from the
alphabet in its diphthongs and affricates. The voices are trained on Japanese, but the acoustic model is
multilingual: it speaks what the phonemes say.
"""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from typing import Literal

import espeakng_loader
import jieba
from misaki.zh import ZHG2P

Language = Literal["zh", "en"]

_STOPS_ZH = {"，": ",", "、": ",", "。": ".", "！": "!", "？": "?", "；": ";", "：": ":"}
_STOPS_EN = {",", ".", "!", "?", ";", ":"}

_ENGLISH = (  # espeak-ng's en-us IPA -> the model's letters; longer before shorter
    ("əl̩", "ᵊl"),
    ("n̩", "ᵊn"),
    ("l̩", "ᵊl"),
    ("aɪ", "I"),
    ("aʊ", "W"),
    ("eɪ", "A"),
    ("oʊ", "O"),
    ("ɔɪ", "Y"),
    ("dʒ", "ʤ"),
    ("tʃ", "ʧ"),
    ("ɜː", "ɜɹ"),
    ("ɚ", "əɹ"),
    ("ɐ", "ə"),
    ("ɾ", "T"),
    ("r", "ɹ"),
    ("ː", ""),
)


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """One word as written, with the stops that follow it, and its phonemes (stops included)."""

    text: str
    phonemes: str


def spoken_words(text: str, language: Language) -> list[SpokenWord]:
    """The words of one utterance. Joined, their phonemes are what the model is given."""
    return _mandarin(text) if language == "zh" else _english(text)


def _mandarin(text: str) -> list[SpokenWord]:
    words: list[SpokenWord] = []
    for piece in jieba.lcut(text, HMM=False):
        if piece in _STOPS_ZH and words:
            last = words.pop()
            words.append(SpokenWord(last.text + piece, last.phonemes.rstrip() + _STOPS_ZH[piece] + " "))
        elif piece.strip():
            words.append(SpokenWord(piece, ZHG2P.word2ipa(piece).replace("\u032f", "") + " "))
    return words


def _english(text: str) -> list[SpokenWord]:
    """espeak-ng reads whole clauses (it joins and weakens function words), then words are found again.

    The clause's phonemes are matched against those of each word spoken alone; what matches nothing
    belongs to the word before it.
    """
    words: list[SpokenWord] = []
    for clause in re.findall(r"[^,.!?;:]+[,.!?;:]*", text):
        body = clause.rstrip(",.!?;: ").strip()
        stop = clause.strip()[-1] if clause.strip()[-1] in _STOPS_EN else ""
        tokens = body.split()
        together = _espeak(body)
        alone = [_espeak(token) for token in tokens]
        owner = _owners(together, alone)
        for index, token in enumerate(tokens):
            is_last = index == len(tokens) - 1
            phonemes = "".join(p for p, o in zip(together, owner, strict=True) if o == index)
            words.append(
                SpokenWord(
                    token + (stop if is_last else ""), phonemes.rstrip() + (stop if is_last else "") + " "
                )
            )
    return words


def _owners(together: str, alone: list[str]) -> list[int]:
    """For each phoneme of the clause, the index of its word."""
    single = "".join(alone)
    word_of = [index for index, phonemes in enumerate(alone) for _ in phonemes]
    owner = [-1] * len(together)
    for block in SequenceMatcher(None, together, single, autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            owner[block.a + offset] = word_of[block.b + offset]
    current = 0
    for position, word in enumerate(owner):
        current = max(current, word)
        owner[position] = current
    return owner


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = [
        ctypes.POINTER(ctypes.c_char_p),
        ctypes.c_int,
        ctypes.c_int,
    ]
    data = str(espeakng_loader.get_data_path()).encode()
    synchronous = 2
    if library.espeak_Initialize(synchronous, 0, data, 0) < 0:
        raise RuntimeError("espeak-ng does not find its data")
    if library.espeak_SetVoiceByName(b"en-us") != 0:
        raise RuntimeError("espeak-ng has no en-us voice")
    return library


@cache
def _espeak(text: str) -> str:
    library, utf8, ipa = _library(), 1, 0x02
    pointer = ctypes.c_char_p(text.encode())
    parts: list[str] = []
    while pointer.value is not None:
        part = library.espeak_TextToPhonemes(ctypes.byref(pointer), utf8, ipa)
        parts.append((part or b"").decode())
    phonemes = " ".join(parts)
    for theirs, ours in _ENGLISH:
        phonemes = phonemes.replace(theirs, ours)
    phonemes = re.sub(r"(?<!\S)I(?!\S)", "ˌI", phonemes)  # "I" without stress is swallowed by the model
    return phonemes.strip() + " "
