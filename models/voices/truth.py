"""What is true of a made call, because it was made so: the contents of the JSON file beside the sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from call_script import CallScript, Turn
from kokoro_voice import Sound, WordTime

RATE_HZ = 16_000

HEATED_FROM = 0.8
"""A caller's line counts as heated from this heat on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A turn as it lies in the call: its sound (16 kHz), and its words in seconds from its own start."""

    turn: Turn
    start_s: float
    sound: Sound
    words: tuple[WordTime, ...]

    @property
    def end_s(self) -> float:
        """Where its sound ends."""
        return self.start_s + len(self.sound) / RATE_HZ

    def time_of(self, position: int) -> float:
        """Call time at which the word that holds character `position` (spaces not counted) begins."""
        count = 0
        for word in self.words:
            count += len(word.text)
            if count > position:
                return self.start_s + word.start_s
        return self.end_s

    def end_of(self, position: int) -> float:
        """Call time at which the word that holds the character before `position` ends."""
        count = 0
        for word in self.words:
            count += len(word.text)
            if count >= position:
                return self.start_s + word.end_s
        return self.end_s


def truth_of(script: CallScript, placed: list[Placed], duration_s: float) -> dict[str, Any]:
    """The truth as plain data, times in seconds, in call order."""
    by_id = {p.turn.id: p for p in placed}
    hosts = {mark: p for p in placed for mark in p.turn.marks}
    separator = "" if script.language == "zh" else " "
    overlaps, interruptions, backchannels = [], [], []
    for id_, host in sorted(hosts.items(), key=lambda item: by_id[item[0]].start_s):
        guest = by_id[id_]
        stretch = _stretch(guest.start_s, min(guest.end_s, host.end_s))
        is_backchannel = guest.turn.kind == "backchannel"
        overlaps.append(
            {
                **stretch,
                "holder": host.turn.party,
                "by": guest.turn.party,
                "kind": "backchannel" if is_backchannel else "competitive",
            }
        )
        if is_backchannel:
            backchannels.append(
                {
                    "party": guest.turn.party,
                    "holder": host.turn.party,
                    **_stretch(guest.start_s, guest.end_s),
                }
            )
        else:
            interruptions.append(
                {
                    "by": guest.turn.party,
                    "of": host.turn.party,
                    **stretch,
                    "is_yielded": host.turn.cut is not None,
                }
            )
    return {
        "title": script.title,
        "language": script.language,
        "sample_rate_hz": RATE_HZ,
        "channels": ["agent", "caller"],
        "duration_s": _s(duration_s),
        "utterances": [_utterance(p, separator) for p in sorted(placed, key=lambda p: p.start_s)],
        "overlaps": overlaps,
        "interruptions": interruptions,
        "backchannels": backchannels,
        "phrases": [
            {
                "party": p.turn.party,
                "kind": phrase.kind,
                "text": _text_between(p.turn.text, phrase.start, phrase.end),
                **_stretch(p.time_of(phrase.start), p.end_of(phrase.end)),
            }
            for p in sorted(placed, key=lambda p: p.start_s)
            for phrase in p.turn.phrases
        ],
        "heated": _heated(placed),
    }


def _utterance(p: Placed, separator: str) -> dict[str, Any]:
    return {
        "id": p.turn.id,
        "party": p.turn.party,
        "kind": p.turn.kind,
        **_stretch(p.start_s, p.end_s),
        "heat": p.turn.heat,
        "is_broken_off": p.turn.cut is not None,
        "text": separator.join(word.text for word in p.words),
        "words": [{"text": w.text, **_stretch(p.start_s + w.start_s, p.start_s + w.end_s)} for w in p.words],
    }


def _heated(placed: list[Placed]) -> list[dict[str, float]]:
    """Runs of the caller's lines at high heat; what the agent says in between does not end a run."""
    runs: list[dict[str, float]] = []
    is_open = False
    for p in (p for p in placed if p.turn.party == "caller" and p.turn.kind != "backchannel"):
        if p.turn.heat < HEATED_FROM:
            is_open = False
        elif is_open:
            runs[-1]["end_s"] = _s(p.end_s)
        else:
            runs.append(_stretch(p.start_s, p.end_s))
            is_open = True
    return runs


def _text_between(text: str, start: int, end: int) -> str:
    """The characters from `start` to `end`, counted without spaces, with the spaces among them."""
    solid = [index for index, character in enumerate(text) if character != " "]
    return text[solid[start] : solid[end - 1] + 1]


def _stretch(start_s: float, end_s: float) -> dict[str, float]:
    return {"start_s": _s(start_s), "end_s": _s(end_s)}


def _s(seconds: float) -> float:
    return round(seconds, 3)
