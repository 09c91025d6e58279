"""Finds calls in the index: by agent, time, rule, severity, state and words, the latest first."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Literal, cast, get_args

import msgspec

from monitor.core.events import PartyName, SeverityName, Text
from monitor.errors import StoreError
from monitor.history.figures import SEVERITIES, Said
from monitor.history.index import SHIFT, has_words_table, index_path, rows
from monitor.history.words import Term, cut, match_of, may_stand, places, terms_of
from monitor.store.database import connect_to_read
from monitor.store.records import CallState

HITS_MAX = 3
"""Places shown of one call; the page of the call has all."""

CONTEXT = 40
"""Characters shown before and after what was found."""

COUNTED_MAX = 10_000
"""Further calls that were found are not counted."""

PastState = Literal["ended", "cut_off", "failed"]
PAST_STATES: tuple[PastState, ...] = get_args(PastState)


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A place where the words were said: what stands before them, the words, what follows; call time."""

    party: PartyName
    at_s: float
    before: str
    match: str
    after: str


class RaisedRule(msgspec.Struct, frozen=True, kw_only=True):
    """How often a rule raised an alert of a severity in a call."""

    rule: str
    severity: SeverityName
    count: int


class PastCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call that is over, with what it adds up to. Null: unknown."""

    number: int
    call_id: str
    started_at: str
    state: CallState
    title: str
    source: str
    agent: str
    has_words: bool
    duration_s: float
    talk_s: dict[PartyName, float]
    overlap_s: float
    interruptions: dict[PartyName, int]
    heat_peak: float | None
    """The caller's temper at its highest, 0..1."""
    hot_s: float
    cues: int
    """Cues that had their time on the agent's screen."""
    cues_followed: int
    rate_syl_s: dict[PartyName, float | None]
    words_per_min: float | None
    """The agent's."""
    alerts: dict[SeverityName, int]
    rules: list[RaisedRule]
    """Gravest first."""
    hits: list[Hit] = []
    """Where the words that were looked for stand, at most three places."""


class FoundCalls(msgspec.Struct, frozen=True, kw_only=True):
    """What a search found."""

    calls: list[PastCall]
    next_before: int | None
    total: int
    """Of all pages; at most 10,000 are counted."""


class Facets(msgspec.Struct, frozen=True, kw_only=True):
    """What can be searched for: the agents of the calls that are kept, and the rules that were raised."""

    agents: list[str]
    rules: dict[str, Text]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is looked for; what is None or empty does not matter. Times are seconds since 1970."""

    words: str = ""
    agents: Collection[str] | None = None
    from_s: float | None = None
    to_s: float | None = None
    rules: Collection[str] = ()
    severity: SeverityName | None = None
    """Calls with an alert at least that grave; together with `rules`, of those rules."""
    states: Collection[PastState] = ()


_COLUMNS = (
    "number, call_id, started_at, state, title, source, agent, has_words, duration_s, talk_agent_s,"
    " talk_caller_s, overlap_s, interruptions_agent, interruptions_caller, heat_peak, hot_s, cues,"
    " cues_followed, rate_agent, rate_caller, words_per_min"
)


class History:
    """Answers questions about calls that are over. Used from any thread, one at a time."""

    def __init__(self, folder: Path, waiting: Callable[[], int] = lambda: 0) -> None:
        """`folder` is the store's; the index need not be there yet. `waiting` counts the calls that are over
        and not in it."""
        self.waiting = waiting
        self._path = index_path(folder)
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None

    def search(self, question: Question, *, limit: int = 50, before: int | None = None) -> FoundCalls:
        """A page of the calls that fit; `before` is the `next_before` of the page that came first.

        Raises:
            StoreError: the index cannot be read.
        """
        with self._lock:
            terms = terms_of(question.words)
            condition, values = self._condition(question, terms)
            page = self._rows(
                f"SELECT {_COLUMNS} FROM calls WHERE {condition} AND number < ? ORDER BY number DESC LIMIT ?",
                (*values, before if before is not None else 2**47, limit),
            )
            ((total,),) = self._rows(
                f"SELECT count(*) FROM (SELECT 1 FROM calls WHERE {condition} LIMIT ?)",
                (*values, COUNTED_MAX),
            ) or [(0,)]
            raised = self._raised([row[0] for row in page])
            calls = [_past_call(row, raised.get(row[0], []), self._hits(row[0], terms)) for row in page]
            is_full = len(calls) == limit
            return FoundCalls(
                calls=calls, next_before=calls[-1].number if is_full and calls else None, total=total
            )

    def facets(self, agents: Collection[str] | None) -> Facets:
        """What can be searched for, among the calls of `agents` (None: all).

        Raises:
            StoreError: the index cannot be read.
        """
        with self._lock:
            known = [row[0] for row in self._rows("SELECT DISTINCT agent FROM calls ORDER BY agent", ())]
            titles = self._rows("SELECT rule, zh, en FROM rules ORDER BY rule", ())
        return Facets(
            agents=[agent for agent in known if agent and (agents is None or agent in agents)],
            rules={rule: Text(zh=zh, en=en) for rule, zh, en in titles},
        )

    def table(self, question: Question, columns: str) -> list[tuple[Any, ...]]:
        """`columns` of all calls that fit, the earliest first.

        Raises:
            StoreError: the index cannot be read.
        """
        with self._lock:
            condition, values = self._condition(question, terms_of(question.words))
            return self._rows(f"SELECT {columns} FROM calls WHERE {condition} ORDER BY number", values)

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    # --- inside; the lock is held ---

    def _condition(self, question: Question, terms: Sequence[Term]) -> tuple[str, tuple[object, ...]]:
        parts, values = ["1"], list[object]()

        def add(part: str, *given: object) -> None:
            parts.append(part)
            values.extend(given)

        if question.agents is not None:
            add(f"agent IN ({_marks(question.agents)})", *sorted(question.agents))
        if question.from_s is not None:
            add("started_s >= ?", question.from_s)
        if question.to_s is not None:
            add("started_s < ?", question.to_s)
        if question.states:
            add(f"state IN ({_marks(question.states)})", *sorted(question.states))
        if question.rules or question.severity is not None:
            rank = 0 if question.severity is None else SEVERITIES.index(question.severity)
            rule = f" AND rule IN ({_marks(question.rules)})" if question.rules else ""
            add(
                f"number IN (SELECT number FROM raised WHERE severity >= ?{rule})",
                rank,
                *sorted(question.rules),
            )
        if question.words.strip() and not terms:
            add("0")  # signs alone are in no call's words
        for term in terms:
            add(*self._term_condition(term))
        return " AND ".join(parts), tuple(values)

    def _term_condition(self, term: Term) -> tuple[str, str]:
        if self._has_words():
            return f"number IN (SELECT rowid >> {SHIFT} FROM words WHERE words MATCH ?)", match_of(term)
        return f"number IN (SELECT id >> {SHIFT} FROM said WHERE tells(text, ?))", _packed(term)

    def _hits(self, number: int, terms: Sequence[Term]) -> list[Hit]:
        """The first places in a call, of each term at least one while there is room.

        They are looked for in the call's own text: asking the index again for each call of a page costs more,
        since it joins the lists of a word's beginnings anew each time.
        """
        if not terms:
            return []
        share = max(1, HITS_MAX // len(terms))
        wanted = {term: share if len(terms) > 1 else HITS_MAX for term in terms}
        found: dict[tuple[int, int], Hit] = {}
        for id_, party, start_s, text, times in self._rows(
            "SELECT id, party, start_s, text, times FROM said WHERE id >= ? AND id < ? ORDER BY id",
            (number << SHIFT, (number + 1) << SHIFT),
        ):
            for term in [term for term, left in wanted.items() if left > 0 and may_stand(text, term)]:
                for start, end in islice(places(text, term), wanted[term]):
                    one = Said(party=party, start_s=start_s, text=text, times=times)
                    found.setdefault((id_, start), _hit(one, start, end))
                    wanted[term] -= 1
            if not any(wanted.values()):
                break
        return [hit for _, hit in sorted(found.items())][:HITS_MAX]

    def _raised(self, numbers: Sequence[int]) -> dict[int, list[RaisedRule]]:
        found: dict[int, list[RaisedRule]] = {}
        for number, rule, severity, count in self._rows(
            f"SELECT number, rule, severity, count FROM raised WHERE number IN ({_marks(numbers)})"
            " ORDER BY severity DESC, count DESC, rule",
            tuple(numbers),
        ):
            found.setdefault(number, []).append(
                RaisedRule(rule=rule, severity=SEVERITIES[severity], count=count)
            )
        return found

    def _has_words(self) -> bool:
        connection = self._open()
        return connection is not None and has_words_table(connection)

    def _rows(self, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        connection = self._open()
        return [] if connection is None else rows(connection, sql, values, self._path)

    def _open(self) -> sqlite3.Connection | None:
        """The connection; anew where the index was made anew; None where there is none yet."""
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError("store.unwritable", path=self._path, reason=error.strerror) from error
        identity = (there.st_dev, there.st_ino)
        if self._connection is None or identity != self._identity:
            if self._connection is not None:
                self._connection.close()
            self._connection, connection = None, connect_to_read(self._path)
            try:
                is_index = rows(connection, "SELECT 1 FROM sqlite_master WHERE name = 'said'", (), self._path)
            except StoreError:
                connection.close()
                raise
            if not is_index:
                connection.close()
                return None
            connection.create_function("tells", 2, _tells, deterministic=True)
            self._connection, self._identity = connection, identity
        return self._connection


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


def _packed(term: Term) -> str:
    """A term as a value for SQLite, which `_tells` unpacks."""
    return f"{int(term.is_prefix)}" + " ".join(piece.term for piece in term.pieces)


def _tells(text: str, packed: str) -> bool:
    term = _unpacked(packed)
    return may_stand(text, term) and next(places(text, term), None) is not None


@lru_cache(maxsize=64)
def _unpacked(packed: str) -> Term:
    return Term(tuple(cut(packed[1:])), packed[0] == "1")


def _hit(said: Said, start: int, end: int) -> Hit:
    before, after = said.text[max(0, start - CONTEXT) : start], said.text[end : end + CONTEXT]
    return Hit(
        party=said.party,
        at_s=said.at_s(start),
        before=("…" if start > CONTEXT else "") + before,
        match=said.text[start:end],
        after=after + ("…" if len(said.text) > end + CONTEXT else ""),
    )


def _past_call(row: Sequence[Any], raised: Iterable[RaisedRule], hits: list[Hit]) -> PastCall:
    raised = list(raised)
    alerts: dict[SeverityName, int] = {}
    for one in raised:
        alerts[one.severity] = alerts.get(one.severity, 0) + one.count
    return PastCall(
        number=row[0],
        call_id=row[1],
        started_at=row[2],
        state=cast(CallState, row[3]),
        title=row[4],
        source=row[5],
        agent=row[6],
        has_words=bool(row[7]),
        duration_s=row[8],
        talk_s={"agent": row[9], "caller": row[10]},
        overlap_s=row[11],
        interruptions={"agent": row[12], "caller": row[13]},
        heat_peak=row[14],
        hot_s=row[15],
        cues=row[16],
        cues_followed=row[17],
        rate_syl_s={"agent": row[18], "caller": row[19]},
        words_per_min=row[20],
        alerts=alerts,
        rules=raised,
        hits=hits,
    )
