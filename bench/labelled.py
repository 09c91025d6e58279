"""The labelled conversations in `bench/conversations`: how one is written, and when its words are said.

The folder `second` in it holds those that were written after the rules had been improved on the first ones,
again before their writer looked at a pattern. The folder `third` holds those of a writer who knew what the
rules mean, one of the other conversations, and of the patterns only those of fifteen signals of the caller
and of one rule, seen in passing. The 60 of `fourth` are by two writers who knew the table of rules, one
other conversation and no pattern, and so are the 24 of `fifth`. The 40 of `sixth` are good calls by a
writer who saw no pattern: they ask whether the playbook keeps silent where authorities, papers, courts,
sharp tools and idioms are only spoken of. The 24 of `seventh` are longer calls in dialects, Englishes of
several countries and veiled words, by a writer who knew the table of rules, two other conversations and no
pattern.

Of the first, `second` and `fourth` every second call was kept aside, by name, and the `third`, `fifth` and
`seventh` as a whole, while the rules were improved on the others; then they were opened in turn, and now all
of them may be read.

The 28 of `eighth` are two of each of fourteen trades, one in each language, 10 of them good calls, in the
half sentences of the telephone. Their writer knew the table of rules, the titles and reasons that are shown,
two other conversations and single lines of more, and of the patterns eight lines, most of which count times,
seen in passing. Labels were read a second time with the false alarms in hand. Nobody who writes a pattern
reads one. A second reader labelled them as well (`bench/second_reader.py`).

A conversation is a TOML file named as its `id`:

    id = "zh_parcel_late"
    language = "zh"                      # zh or en
    domain = "parcel"
    caller_type = "subjective"           # subjective, commanding, wavering, irritable, none
    need = "resolve"                     # resolve, respect, compensation, venting, none
    also_ok = ["S4-01"]                  # rules whose firing is defensible anywhere in this call
    turns = [
      { a = "what the agent says", phase = "opening" },
      { c = "what the caller says", heat = "raised", fires = ["S0-01"], near = ["S0-08"] },
    ]

One line is one turn. Times follow from the text (a Chinese character 0.21 s, an English word by its letters)
and from these marks: `gap_s` of silence before the turn, `overlap_s` by which it starts before the end of all
turns so far (a long one puts a 嗯 inside the other's turn), `//` in the text with `pause_s` for a pause,
`pace` and `loud_db` for a party who speaks faster or louder than usual, `heat` (raised, hot) for a caller who
does both.

Labels of a turn name rules of the table of 163: `fires` where a supervisor would agree that the rule should
fire there (for what an agent left out: where it should have been said at the latest), `near` where something
looks like it and must not, `also_ok` where a firing can be defended but is not required; `@comfort` and the
other names of `FAMILIES` stand for rules that judge the same behaviour (in `fires`: any one of them will do).
`heat` allows what is said of heat. `phase` says that a phase of the call begins here; `slots`, `promise` with
`by`, `concession`, `apologies` (how many) and `threat` (leader, consumer body, regulator, media, violence,
with commas between; another word is not scored) say what a reader notes.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from monitor.core.audio import Party

FOLDER = Path(__file__).resolve().parent / "conversations"
BATCHES = ("", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
"""Folders in it, in the order in which they were written."""
KEPT_ASIDE = frozenset({"eighth"})
"""Batches of which nobody reads a call to improve a pattern."""

FAMILIES = {
    "comfort": "S0-03 S0-11 S0-14 S0-32 S0-46 S1-06 S1-11 S1-14 S2-24 S4-14 S4-19 S4-20 S4-23",
    "closing": "S0-07 S0-38 S0-39 S1-03 S3-13 S4-03 S4-12 S4-28 S4-29 S4-30",
    "elements": "S2-11 S2-25 S4-08 S4-09 S4-10 S4-11 S4-12",
    "cut_in": "S0-35 S0-37 S0-43 S1-20 S2-19 S2-21 S2-31 S4-13 S4-17 S4-18",
    "listening": "S0-36 S1-18 S1-19 S2-18 S2-20 S0-44 S4-07",
    "limits": "S3-02 S3-03 S3-04 S3-05 S0-09",
    "refusal": "S0-09 S0-10 S0-12 S2-28 S2-29 S2-33 S2-34 S3-09",
    "agent_voice": "S0-17 S0-30 S0-41 S0-45 S1-16 S1-22",
    "heat": "S0-24 S0-25 S0-26 S0-27 S0-32 S1-12",
    "outside": "S0-28 S0-29 S1-10 S1-12 S2-22 S4-02 S4-05 S4-27",
    "leader": "S0-22 S0-34 S1-12 S3-06 S3-07",
    "deadline": "S1-02 S1-03 S2-32 S3-13 S4-03",
    "order": "S0-02 S0-04 S1-15 S4-24 S4-25",
    "questions": "S4-16 S4-24 S4-25",
    "type": "S0-01 S0-08 S0-16",
    "need": "S1-01 S1-05 S1-08 S1-13",
    "slow": "S1-04 S2-08 S2-09 S4-04",
}
"""Rules that judge one behaviour from several texts, by the name that a label may use for all of them."""

TYPES = ("subjective", "commanding", "wavering", "irritable", "none")
NEEDS = ("resolve", "respect", "compensation", "venting", "none")
PHASES = ("opening", "first_account", "comfort", "fact_finding", "handling", "closing")
SLOTS = ("about_whom", "cause", "course", "outcome", "demand", "name", "contact")
HEATS = {"": 0.0, "raised": 0.6, "hot": 1.0}
"""How much of full heat a mark stands for."""

_OF_HEAT = frozenset({"S0-24", "S0-25", "S0-26"})
"""What may be said of a caller who is marked as heated, who is louder, higher and faster by the mark."""

_CALL_KEYS = {"id", "language", "domain", "caller_type", "need", "also_ok", "turns"}
_LABEL_KEYS = {
    "fires",
    "near",
    "also_ok",
    "phase",
    "slots",
    "promise",
    "by",
    "concession",
    "apologies",
    "threat",
}
_TIME_KEYS = {"heat", "gap_s", "overlap_s", "pause_s", "pace", "loud_db"}
_TURN_KEYS = {"a", "c"} | _LABEL_KEYS | _TIME_KEYS

_TOKEN = re.compile(r"//|[㐀-鿿]|[A-Za-z0-9'’%$£€.:-]*[A-Za-z0-9%]|[，。？！、,.?!…—;；：]+")
_HAN_S = 0.21
"""4.8 characters a second: an unhurried Mandarin call."""
_WORD_S, _LETTER_S = 0.08, 0.058
"""160 to 170 English words a minute, as calls have."""
_STOPS_S = {"、": 0.1, "，": 0.25, ",": 0.25, "…": 0.5, "—": 0.15}
_SENTENCE_S = 0.4
_PAUSE_S = 1.2
_GAPS_S = (0.35, 0.5, 0.65, 0.45, 0.3)
HOT_PACE = 0.3
"""How much faster a voice at full heat speaks."""


class LabelError(ValueError):
    """A conversation that cannot be used; the message names file, turn and what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidWord:
    """A word or character, with its space before it where one is written; times in seconds of call time."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidTurn:
    """One turn with its times and labels."""

    index: int
    party: Party
    pieces: tuple[str, ...]
    """Its text, cut at its pauses."""
    pause_s: float
    """Each pause between its pieces."""
    lead_s: float
    """From the end of all turns before it to its start; negative where it overlaps."""
    words: tuple[SaidWord, ...]
    heat: float
    pace: float
    loud_db: float
    fires: frozenset[str]
    """Rules that should be told, and families (`@comfort`) of which any one should."""
    near: frozenset[str]
    also_ok: frozenset[str]
    """Rules that may be told, those of the families in `fires` among them."""
    phase: str
    slots: tuple[str, ...]
    promise: str
    by: str
    concession: str
    apologies: int
    threat: str

    def moved(self, start_s: float, end_s: float) -> SaidTurn:
        """The same turn as it was truly spoken: its words spread over other times."""
        stretch = (end_s - start_s) / max(0.01, self.end_s - self.start_s)
        words = tuple(
            SaidWord(
                text=word.text,
                start_s=start_s + (word.start_s - self.start_s) * stretch,
                end_s=start_s + (word.end_s - self.start_s) * stretch,
            )
            for word in self.words
        )
        return replace(self, words=words)

    @property
    def text(self) -> str:
        """What is said."""
        return "".join(self.pieces)

    @property
    def start_s(self) -> float:
        """Where its first word starts."""
        return self.words[0].start_s

    @property
    def end_s(self) -> float:
        """Where its last word ends."""
        return self.words[-1].end_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A labelled conversation."""

    id: str
    batch: int
    """Which of `BATCHES` it belongs to."""
    language: str
    domain: str
    caller_type: str
    need: str
    also_ok: frozenset[str]
    turns: tuple[SaidTurn, ...]

    @property
    def end_s(self) -> float:
        """Where the last turn ends."""
        return max(turn.end_s for turn in self.turns)

    @property
    def said(self) -> str:
        """A hash of who says what: the labels may change and it stays."""
        text = "\n".join(f"{turn.party}: {'//'.join(turn.pieces)}" for turn in self.turns)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def load_conversations(folder: Path = FOLDER) -> list[Conversation]:
    """All conversations of a folder, by name.

    Raises:
        LabelError: a file is not as the docstring of this module says.
    """
    return [
        load_conversation(path, batch)
        for batch, name in enumerate(BATCHES)
        for path in sorted((folder / name).glob("*.toml"))
    ]


def load_conversation(path: Path, batch: int = 0) -> Conversation:
    """One conversation.

    Raises:
        LabelError: as `load_conversations`.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise LabelError(f"{path.name}: {error}") from error
    _require(not table.keys() - _CALL_KEYS, path.name, f"unknown keys {table.keys() - _CALL_KEYS}")
    _require(table.get("id") == path.stem, path.name, "the id is not the file's name")
    _require(table.get("language") in ("zh", "en"), path.name, "the language is neither zh nor en")
    _require(table.get("caller_type") in TYPES, path.name, f"the caller type is none of {TYPES}")
    _require(table.get("need") in NEEDS, path.name, f"the need is none of {NEEDS}")
    turns: list[SaidTurn] = []
    floor_s = 0.5
    for index, row in enumerate(table["turns"]):
        turn = _turn(index, row, floor_s, f"{path.name}, turn {index}")
        turns.append(turn)
        floor_s = max(floor_s, turn.end_s)
    return Conversation(
        id=table["id"],
        batch=batch,
        language=table["language"],
        domain=table["domain"],
        caller_type=table["caller_type"],
        need=table["need"],
        also_ok=rules_of(table.get("also_ok", ()), path.name),
        turns=tuple(turns),
    )


def rules_of(names: Any, where: str) -> frozenset[str]:
    """Rule ids of a label, families written out.

    Raises:
        LabelError: a name is neither a rule's id nor a family.
    """
    rules: set[str] = set()
    for name in names:
        if name.startswith("@"):
            _require(name[1:] in FAMILIES, where, f"no family is called {name}")
            rules.update(FAMILIES[name[1:]].split())
        else:
            _require(re.fullmatch(r"S[0-4]-\d\d", name) is not None, where, f"{name!r} is not a rule's id")
            rules.add(name)
    return frozenset(rules)


def of_heat(heat: float) -> frozenset[str]:
    """What may be told of a caller because of the heat that is marked."""
    return _OF_HEAT if heat else frozenset()


def _turn(index: int, row: dict[str, Any], floor_s: float, where: str) -> SaidTurn:
    _require(not row.keys() - _TURN_KEYS, where, f"unknown keys {row.keys() - _TURN_KEYS}")
    _require(("a" in row) != ("c" in row), where, "a turn is either the agent's (a) or the caller's (c)")
    party = Party.AGENT if "a" in row else Party.CALLER
    text = row["a"] if "a" in row else row["c"]
    heat = row.get("heat", "")
    _require(heat in HEATS, where, f"heat is none of {list(HEATS)}")
    _require(not heat or party is Party.CALLER, where, "only a caller's heat is marked")
    phase = row.get("phase", "")
    _require(not phase or phase in PHASES, where, f"the phase is none of {PHASES}")
    _require(set(row.get("slots", ())) <= set(SLOTS), where, f"slots are of {SLOTS}")
    for key, kind in (
        ("promise", str),
        ("by", str),
        ("concession", str),
        ("apologies", int),
        ("threat", str),
    ):
        _require(type(row.get(key, kind())) is kind, where, f"{key} is not of the kind {kind.__name__}")
    labels = {key: rules_of(row.get(key, ()), where) for key in ("fires", "near", "also_ok")}
    labels["also_ok"] |= labels["fires"] - frozenset(row.get("fires", ()))
    labels["also_ok"] |= of_heat(HEATS[heat]) - labels["near"]
    may = labels["fires"] | labels["also_ok"]
    _require(not may & labels["near"], where, f"what seems to fire may not: {sorted(may & labels['near'])}")
    gap_s = row.get("gap_s", _GAPS_S[index % len(_GAPS_S)])
    start_s = max(0.2, floor_s - row["overlap_s"]) if "overlap_s" in row else floor_s + gap_s
    pace = row.get("pace", 1.0 + HOT_PACE * HEATS[heat])
    pause_s = row.get("pause_s", _PAUSE_S)
    words = _words(text, start_s, pace, pause_s)
    _require(bool(words), where, "it says nothing")
    return SaidTurn(
        index=index,
        party=party,
        pieces=tuple(piece for piece in text.split("//") if piece),
        pause_s=pause_s,
        lead_s=words[0].start_s - floor_s,
        words=words,
        heat=HEATS[heat],
        pace=pace,
        loud_db=row.get("loud_db", 0.0),
        fires=frozenset(row.get("fires", ())),
        near=labels["near"],
        also_ok=labels["also_ok"],
        phase=phase,
        slots=tuple(row.get("slots", ())),
        promise=row.get("promise", ""),
        by=row.get("by", ""),
        concession=row.get("concession", ""),
        apologies=row.get("apologies", 0),
        threat=row.get("threat", ""),
    )


def _words(text: str, start_s: float, pace: float, pause_s: float) -> tuple[SaidWord, ...]:
    """The words of a turn, punctuation joined to what it follows, as a recogniser writes them."""
    words: list[SaidWord] = []
    at_s = start_s
    for token in _TOKEN.findall(text):
        if token == "//":
            at_s += pause_s
        elif re.search(r"\w", token):
            is_han = re.fullmatch("[㐀-鿿]", token) is not None
            length_s = (_HAN_S if is_han else _WORD_S + _LETTER_S * len(token)) / pace
            words.append(SaidWord(text=token if is_han else f" {token}", start_s=at_s, end_s=at_s + length_s))
            at_s += length_s
        elif words:
            last = words[-1]
            words[-1] = SaidWord(text=last.text + token, start_s=last.start_s, end_s=last.end_s)
            at_s += _STOPS_S.get(token[0], _SENTENCE_S) / pace
    return tuple(words)


def _require(is_so: bool, where: str, otherwise: str) -> None:
    if not is_so:
        raise LabelError(f"{where}: {otherwise}")
