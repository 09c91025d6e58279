"""What is doubtful about a playbook that is sound by its schema: rules that cannot fire, that fire always,
that contradict one another, and advice that breaks another rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from monitor.core.audio import Party
from monitor.core.facts import TemperState
from monitor.core.playbook import conditions
from monitor.core.playbook.conditions import (
    NotSaidLeaf,
    PhaseLeaf,
    RepeatsLeaf,
    SaidLeaf,
    TemperLeaf,
)
from monitor.core.playbook.listener import CLEARS, phrases_of
from monitor.core.playbook.model import Rule, RuleBook, Signal
from monitor.core.playbook.neutral import NEUTRAL
from monitor.core.playbook.normalise import normalise
from monitor.core.playbook.patterns import Pattern, spelt_out
from monitor.core.playbook.phrases import PLACEHOLDER, Row, Sentence
from monitor.core.playbook.source import SourceRow
from monitor.core.playbook.tree import AllOf, AnyOf, NoneOf, When, walk

ENGLISH_CUE_MAX = 60
"""Characters of an English cue that are taken in at a glance."""
_OFTEN = 3
"""Ordinary sentences of one language and party in which a phrase that is said by chance is found."""

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Doubt:
    """One thing to look at, with where it stands."""

    file: str
    line: int
    rule: str
    level: Level
    message: str


def doubts(rows: Iterable[SourceRow], book: RuleBook) -> list[Doubt]:
    """Everything doubtful about the rows of a book, in order of place."""
    rows = list(rows)
    found: list[Doubt] = []
    for row in rows:
        if isinstance(row.row, Rule):
            found.extend(_unreachable(row, row.row, book))
            found.extend(_cues(row, row.row, book))
            found.extend(_placeholders(row, row.row))
    found.extend(_unused(rows, book))
    found.extend(_repeated_patterns(rows))
    found.extend(_excluded(rows))
    found.extend(_found_everywhere(rows, book))
    found.extend(_advice_that_breaks_rules(rows, book))
    return sorted(set(found))


def _doubt(row: SourceRow, message: str, *path: str | int, level: Level = "warning") -> Doubt:
    return Doubt(row.file, row.line(*path), row.row.id, level, message)


# --- rules that cannot fire -----------------------------------------------------------------------------


def _unreachable(row: SourceRow, rule: Rule, book: RuleBook) -> Iterator[Doubt]:
    condition = rule.condition
    if condition is None:
        return
    for name, reason in _clashes(condition, rule):
        yield _doubt(row, f"it can never fire: {reason}", "what", name, level="error")
    for part in walk(condition):
        if isinstance(part, NotSaidLeaf):
            parties = {book.said_by(id_) for id_ in part.not_said} - {None}
            if len(parties) > 1:
                listed = ", ".join(part.not_said)
                yield _doubt(row, f"{listed} are said by both parties; one of them owes it", "what")
        if isinstance(part, NotSaidLeaf) and part.within_turns == 0:
            owing = book.said_by(part.not_said[0])
            others = [id_ for id_ in part.after or () if book.said_by(id_) is not owing]
            if others:
                yield _doubt(
                    row,
                    f"it can never fire: who says {others[0]!r} owes nothing in the same turn",
                    "what",
                    level="error",
                )
        if isinstance(part, RepeatsLeaf) and part.saying is not None:
            others = [id_ for id_ in part.saying if book.said_by(id_) not in (part.repeats, None)]
            if others:
                yield _doubt(
                    row,
                    f"it can never fire: {others[0]!r} is said by the {part.repeats.other}",
                    "what",
                    level="error",
                )


def _clashes(condition: Row, rule: Rule) -> Iterator[tuple[str, str]]:
    """Conditions that have to hold together and cannot: the field, and why."""
    together = list(_together(condition))
    phases = [set(part.phase) for part in together if isinstance(part, PhaseLeaf)]
    phases += [set(rule.when.phase)] if rule.when.phase is not None else []
    if phases and not set.intersection(*phases):
        yield "phase", "no phase is allowed by all of its conditions on the phase"
    states = list(TemperState)
    tempers: list[TemperLeaf | When] = [part for part in together if isinstance(part, TemperLeaf)]
    tempers.append(rule.when)
    low = [states.index(part.temper_at_least) for part in tempers if part.temper_at_least is not None]
    high = [states.index(part.temper_at_most) for part in tempers if part.temper_at_most is not None]
    if low and high and max(low) > min(high):
        yield "temper_at_least", "the temper cannot be that high and that low at once"
    said = {
        id_ for part in together if isinstance(part, SaidLeaf) and len(part.said) == 1 for id_ in part.said
    }
    for part in together:
        inner = part.not_ if isinstance(part, NoneOf) else None
        if isinstance(inner, SaidLeaf) and inner.within_s is None and inner.within_turns is None:
            both = said & set(inner.said)
            if both:
                yield "not", f"{sorted(both)[0]!r} would have to be said and not said"
    before = set(rule.when.before or ())
    after = {id_ for part in together if isinstance(part, NotSaidLeaf) for id_ in part.after or ()}
    for id_ in sorted(before & (after if len(after) == 1 else set())):
        yield "after", f"it waits for {id_!r}, and `before` closes the rule once that is said"


def _together(condition: Row) -> Iterator[Row]:
    """The conditions that all have to hold for the tree to hold."""
    if isinstance(condition, AllOf):
        for part in condition.all:
            yield from _together(part)
    elif isinstance(condition, AnyOf) and len(condition.any) == 1:
        yield from _together(condition.any[0])
    else:
        yield condition


# --- placeholders ---------------------------------------------------------------------------------------

_ALWAYS = frozenset({"who", "other", "evidence"})
_FILLS: dict[type, frozenset[str]] = {
    conditions.SaidLeaf: frozenset({"phrase", "count"}),
    conditions.CountLeaf: frozenset({"phrase", "count"}),
    conditions.OrderLeaf: frozenset({"phrase", "count"}),
    conditions.LikeLeaf: frozenset({"phrase", "count"}),
    conditions.RepeatsLeaf: frozenset({"phrase", "count"}),
    conditions.InterruptsLeaf: frozenset({"count"}),
    conditions.TurnLongerLeaf: frozenset({"seconds_s"}),
    conditions.SilentLeaf: frozenset({"seconds_s"}),
    conditions.ReplyGapLeaf: frozenset({"seconds_s"}),
    conditions.UnacknowledgedLeaf: frozenset({"seconds_s"}),
    conditions.TalkShareLeaf: frozenset({"percent"}),
    conditions.TemperLeaf: frozenset({"score_percent"}),
}
"""What each condition fills; `not_said` fills `phrase` with what it waited after."""
_DETECTORS_FILL: dict[str, frozenset[str]] = {
    "hot_temper": frozenset({"since", "score_percent", "seconds_s"}),
    "raised_voice": frozenset({"level_db", "seconds_s"}),
    "fast_pace": frozenset({"rate_syl_s", "percent"}),
    "slow_pace": frozenset({"rate_syl_s", "percent"}),
    "dead_air": frozenset({"seconds_s"}),
    "talk_share": frozenset({"percent", "window_s"}),
    "interruption": frozenset({"count", "window_s", "longest_s"}),
    "not_letting_speak": frozenset({"count", "window_s", "turn_s"}),
}
"""As the table in `monitor.core.detectors` has it."""


def _placeholders(row: SourceRow, rule: Rule) -> Iterator[Doubt]:
    """Placeholders that nothing fills: people would read them as they are written."""
    known = _ALWAYS | _DETECTORS_FILL.get(rule.id, frozenset())
    for part in () if rule.condition is None else walk(rule.condition):
        known |= _FILLS.get(type(part), frozenset())
        if isinstance(part, NotSaidLeaf):
            known |= {"waited_s"} | ({"phrase"} if part.after is not None else set())
    texts: list[tuple[tuple[str | int, ...], Sentence]] = [
        (("title",), rule.title),
        (("because",), rule.because),
    ]
    for party, variant in rule.variants.items():
        for name, sentence in (("title", variant.title), ("because", variant.because)):
            if sentence is not None:
                texts.append((("variants", str(party), name), sentence))
    for path, text in texts:
        for language in ("zh", "en"):
            written = getattr(text, language)
            for name in sorted(set(PLACEHOLDER.findall(written)) - known):
                message = f"nothing fills {{{name}}} here; it takes {', '.join(sorted(known))}"
                yield _doubt(row, message, *path, language, level="error")
            if set(PLACEHOLDER.sub("", written)) & set("{}"):
                message = "a brace that belongs to no placeholder: people would read it; {phrase} is one"
                yield _doubt(row, message, *path, language, level="error")


# --- cues -----------------------------------------------------------------------------------------------


def _cues(row: SourceRow, rule: Rule, book: RuleBook) -> Iterator[Doubt]:
    for cue in rule.cues:
        for part, sentence in (("text", cue.text), ("say", cue.say)):
            for language in ("zh", "en"):
                if sentence is not None and set(getattr(sentence, language)) & set("{}"):
                    message = f"nothing fills a placeholder in `{part}`: a cue is shown as it is written"
                    yield _doubt(row, message, "cue", part, language, level="error")
        if len(cue.text.en) > ENGLISH_CUE_MAX:
            yield _doubt(
                row, f"the English cue has more than {ENGLISH_CUE_MAX} characters", "cue", "text", "en"
            )
        others = [id_ for id_ in cue.clears_on if book.said_by(id_) is Party.CALLER]
        if others:
            message = (
                f"`clears_on` names {others[0]!r}, which the caller says: only the agent's words clear a cue"
            )
            yield _doubt(row, message, "cue", "clears_on", level="error")
        if cue.say is not None and cue.clears_when == "agent_says":
            ids = {*cue.clears_on, *(f"{rule.id}{CLEARS}{number}" for number in range(len(rule.cues)))}
            for language, text in (("zh", cue.say.zh), ("en", cue.say.en)):
                is_known = not any(id_ in book.signals and book.signals[id_].like for id_ in cue.clears_on)
                if is_known and not ids & set(_heard(book, Party.AGENT, text)):
                    yield _doubt(
                        row,
                        f"who says what it suggests ({language}) does not clear it",
                        "cue",
                        "say",
                        language,
                    )


def _advice_that_breaks_rules(rows: Iterable[SourceRow], book: RuleBook) -> Iterator[Doubt]:
    """A wording that a cue suggests and that another rule of the agent's is raised for."""
    watched = {
        rule.id
        for rule in book
        if rule.who is Party.AGENT
        and rule.what is None
        and rule.phrases is not None
        and rule.phrases.count == 1
    }
    for row in rows:
        for cue in row.row.cues if isinstance(row.row, Rule) else ():
            for language, text in (("zh", cue.say.zh), ("en", cue.say.en)) if cue.say is not None else ():
                for broken in sorted(watched & set(_heard(book, Party.AGENT, text))):
                    yield _doubt(
                        row,
                        f"what it suggests ({language}) is what the rule {broken!r} is raised for",
                        "cue",
                        "say",
                        language,
                        level="error",
                    )


def _heard(book: RuleBook, party: Party, text: str) -> list[str]:
    """The ids whose phrases are found in a text."""
    normalised = normalise([text]).text
    return [hit.rule for hit in phrases_of(book, party).search(normalised, 0) if hit.is_complete]


# --- phrases --------------------------------------------------------------------------------------------


def _found_everywhere(rows: Iterable[SourceRow], book: RuleBook) -> Iterator[Doubt]:
    """Rules whose phrases are found in what people say all day."""
    counts: dict[str, int] = {}
    for party, texts in NEUTRAL.items():
        for text in texts:
            for id_ in set(_heard(book, party, text)):
                counts[id_] = counts.get(id_, 0) + 1
    for row in rows:
        if isinstance(row.row, Rule) and row.row.what is None and counts.get(row.row.id, 0) >= _OFTEN:
            yield _doubt(
                row,
                f"its phrases are in {counts[row.row.id]} ordinary sentences: it would fire all the time",
                "phrases",
            )


def _repeated_patterns(rows: Iterable[SourceRow]) -> Iterator[Doubt]:
    """Of two rules, which would both be raised for the same words. Signals may share some: who says that
    something is not refundable refuses, and denies a refund."""
    homes: dict[tuple[Party | None, str], SourceRow] = {}
    for row in rows:
        if row.row.phrases is None or not isinstance(row.row, Rule):
            continue
        for language in ("zh", "en"):
            for number, pattern in enumerate(getattr(row.row.phrases, language)):
                home = homes.setdefault((row.row.who, pattern), row)
                if home is not row:
                    yield _doubt(
                        row,
                        f"the pattern {pattern!r} is also one of {home.row.id!r}",
                        "phrases",
                        language,
                        number,
                    )


def _excluded(rows: Iterable[SourceRow]) -> Iterator[Doubt]:
    """Patterns of which everything that they find is taken away by an exclusion of their own row."""
    for row in rows:
        for language in ("zh", "en") if row.row.phrases is not None else ():
            without = getattr(row.row.phrases, f"unless_{language}")
            exclusions = [(one, Pattern.compile(one)) for one in without]
            for number, pattern in enumerate(getattr(row.row.phrases, language)):
                texts = [normalise([text]).text for text in spelt_out(pattern)] if exclusions else []
                found = [
                    next((one for one, no in exclusions if no.regex.search(text)), None) for text in texts
                ]
                if found and all(found):
                    message = f"the pattern {pattern!r} finds nothing that {found[0]!r} does not exclude"
                    yield _doubt(row, message, "phrases", language, number)


def _unused(rows: Iterable[SourceRow], book: RuleBook) -> Iterator[Doubt]:
    """Signals on which nothing builds."""
    named = {name for rule in book for name in rule.names}
    for row in rows:
        signal = row.row
        if isinstance(signal, Signal) and not (
            signal.id in named or signal.speaks_for or signal.fills or signal.notes
        ):
            yield _doubt(row, "nothing builds on this signal", "id")
