"""The form of a call's script: who says what, when, how heated, and what the marks in the text mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from kokoro_phonemes import Language

PartyName = Literal["agent", "caller"]
Kind = Literal["turn", "interruption", "backchannel"]

_MARK = re.compile(r"\{(\w+)\}|([\[\]<>])")
_PHRASES = {"[": ("]", "forbidden"), "<": (">", "escalation")}


@dataclass(frozen=True, slots=True)
class Phrase:
    """A stretch of a turn's text, as character positions without spaces, and why it matters."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One utterance. Positions in the text count characters without spaces.

    `marks` says where turns of other ids begin under this one; `cut` where the speaker breaks off.
    """

    id: str
    party: PartyName
    kind: Kind
    text: str
    gap_s: float
    heat: float
    marks: dict[str, int]
    cut: int | None
    phrases: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceSettings:
    """A party's voice: shares of the model's voices, level on the line and tempo when calm."""

    blend: dict[str, float]
    level_dbfs: float
    speed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallScript:
    """A whole call."""

    title: str
    language: Language
    voices: dict[PartyName, VoiceSettings]
    turns: tuple[Turn, ...]


def parse(table: dict[str, Any]) -> CallScript:
    """The script in a TOML file's table. Raises KeyError or ValueError where it is not sound."""
    turns = tuple(_turn(row) for row in table["turn"])
    marked = [mark for turn in turns for mark in turn.marks]
    hosted = [turn.id for turn in turns if turn.kind != "turn"]
    if sorted(marked) != sorted(hosted):
        raise ValueError(f"marks {sorted(marked)} and turns that begin under others {sorted(hosted)} differ")
    return CallScript(
        title=table["title"],
        language=table["language"],
        voices={"agent": VoiceSettings(**table["agent"]), "caller": VoiceSettings(**table["caller"])},
        turns=turns,
    )


def _turn(row: dict[str, Any]) -> Turn:
    text, marks, phrases = "", {}, []
    opened: dict[str, int] = {}
    rest = 0
    source: str = row["text"]
    for match in _MARK.finditer(source):
        text += source[rest : match.start()]
        rest = match.end()
        position = len(text.replace(" ", ""))
        if match[1]:
            marks[match[1]] = position
        elif match[2] in _PHRASES:
            opened[_PHRASES[match[2]][0]] = position
        else:
            kind = next(kind for close, kind in _PHRASES.values() if close == match[2])
            phrases.append(Phrase(kind, opened.pop(match[2]), position))
    text += source[rest:]
    cut = marks.pop("cut", None)
    return Turn(
        id=row["id"],
        party=row["party"],
        kind=row.get("kind", "turn"),
        text=text,
        gap_s=row.get("gap_s", 0.0),
        heat=row.get("heat", 0.0),
        marks=marks,
        cut=cut,
        phrases=tuple(phrases),
    )
