"""Transcripts as they are scored: one script, no punctuation, and numerals alike however they are written."""

from __future__ import annotations

import re

from monitor.core.transcription.numerals import NUMERALS_EN, chinese_value, english_value, spoken_digits
from monitor.core.transcription.text import to_script, units

_CHINESE = re.compile("[零〇一二两三四五六七八九幺十百千万亿]+")
_UNITS_ZH = re.compile("[十百千万亿]")
_PERCENT = re.compile("百分之([零一二两三四五六七八九十百点0-9.]+)")
_ENGLISH = re.compile(r"[a-z]+")


def scored_units(text: str, language: str) -> list[str]:
    """What is compared: ideographs in Mandarin, words in English, each digit alone in both."""
    (text,) = to_script([text.lower()], "simplified")
    if language == "zh":
        text = _PERCENT.sub(r"\1%", text)
        return units(_CHINESE.sub(_in_digits, text.replace("两", "二")))
    return units(_english_digits(text))


def _in_digits(match: re.Match[str]) -> str:
    if not _UNITS_ZH.search(match[0]):
        return spoken_digits(match[0])
    value = chinese_value(match[0])
    return match[0] if value is None else str(value)


def _english_digits(text: str) -> str:
    """Runs of number words as digits."""
    tokens = re.findall(r"[a-z']+|[^a-z']+", text.replace("-", " "))
    written: list[str] = []
    run: list[str] = []
    for token in [*tokens, "."]:
        if token in NUMERALS_EN or (run and (token == "and" or token.isspace())):
            run.append(token)
            continue
        words = [word for word in run if not word.isspace()]
        while words and words[-1] == "and":
            words.pop()
        if words:
            value = english_value(words)
            written += [str(value) if value is not None else spoken_digits(" ".join(words)), " "]
            written += ["and "] if [w for w in run if not w.isspace()][-1] == "and" else []
        run = []
        written.append(token)
    return "".join(written)
