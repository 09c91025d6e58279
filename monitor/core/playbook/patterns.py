r"""The pattern language of the playbook: a small, safe part of regular expressions.

Python's `re` cannot be stopped once it runs, so a pattern that a playbook brings must be harmless by its
form. Allowed are literal text, `.`, `[...]`, `\d`, `\b`, `^` and `$`, groups `(?:...)` with alternatives,
look-around `(?=...) (?!...) (?<=...) (?<!...)`, and the repeats `?`, `{m,n}` and `{m}` (at most
`REPEATS_MAX`). `*`, `+`, back references, captures, and a repeat of a group that itself repeats are
refused. The number of ways to try a pattern at one place is bounded by `PATHS_MAX`.

Text is normalised before it is matched, and so are patterns: an apostrophe is dropped ("can't" is
"cant"), and `\d` also takes Chinese numerals.

For speed each pattern tells which short strings a match cannot do without (`keys`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache

LENGTH_MAX = 400
"""Characters of one pattern; longer ones are several rules in one."""
REPEATS_MAX = 40
"""The most that one repeat may take: about eight English words."""
PATHS_MAX = 5_000
"""Ways to try one pattern at one place, by the product of its repeats; keeps a search under 20 ms."""

_CLASS_KEYS_MAX = 64
"""Characters of a class with ranges that can be keys; of more, any text would hold one."""

DIGITS = "0-9零〇一二两三四五六七八九十百千万"
"""Arabic and Chinese numerals, as the inside of a character class."""

_ESCAPES = {"d": f"[{DIGITS}]", "b": r"\b"}
_LITERAL_ESCAPES = frozenset(".?{}()[]|^$\\-")


class PatternError(ValueError):
    """A pattern is outside the language; the message says what and at which character."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One of the alternatives of a pattern, to be looked for before the pattern is."""

    expression: str
    required: tuple[frozenset[str], ...]
    """Sets of literal strings; every match contains one of each set."""
    most: int
    """The most characters that a match takes."""

    @property
    def regex(self) -> re.Pattern[str]:
        """The alternative, ready to run."""
        return _regex(self.expression)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern that is safe to run on bounded text."""

    source: str
    expression: str
    """The pattern as Python's `re` writes it."""
    needs: frozenset[str]
    """Literal strings of which every match contains at least one; empty where nothing is known."""
    looks_ahead: bool
    """Whether words that follow a match can undo it."""
    least: int
    """The fewest characters that a match takes."""
    ways: tuple[Branch, ...]
    """Its alternatives, one at least: every match is one of one of them."""

    @classmethod
    def compile(cls, source: str) -> Pattern:
        """Reads a pattern.

        Raises:
            PatternError: it is outside the language, or matches empty text.
        """
        return _compile(source)

    @property
    def branches(self) -> tuple[Pattern, ...]:
        """Its alternatives, where it is nothing but alternatives; else itself."""
        cuts = _cuts(self.source)
        return tuple(map(_compile, cuts)) if len(cuts) > 1 else (self,)

    def translated(self, codes: Mapping[int, str]) -> Pattern:
        """The pattern over a text whose characters were translated so, one for one."""
        return replace(
            self,
            expression=self.expression.translate(codes),
            needs=frozenset(needed.translate(codes) for needed in self.needs),
        )

    @property
    def regex(self) -> re.Pattern[str]:
        """The pattern, ready to run; made when it is first needed, because most never are."""
        return _regex(self.expression)


@cache
def _regex(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


@lru_cache(maxsize=16_384)
def _compile(source: str) -> Pattern:
    if len(source) > LENGTH_MAX:
        raise PatternError(f"longer than {LENGTH_MAX} characters; make it several")
    if re.search(r"\\[A-Z]", source):
        raise PatternError("an escape with a capital letter is not known")
    parser = _Parser(source.replace("'", "").replace("’", "").lower())
    parsed = parser.parse()
    if parsed.paths > PATHS_MAX:
        raise PatternError("too many ways to match; use fewer or smaller repeats")
    if not parsed.least or not source.strip():
        raise PatternError("matches empty text")
    ways = tuple(
        Branch(part.regex, tuple(dict.fromkeys(part.required or _of(part.literal))), part.most)
        for part in parser.branches
    )
    return Pattern(source, parsed.regex, _best(parsed.required), parser.looks_ahead, parsed.least, ways)


_MARKS = re.compile(r"\\.|\[.[^\]]*\]|[()|]")


def _cuts(source: str) -> list[str]:
    """A sound pattern, cut where an alternative begins that lies in no bracket."""
    cuts, depth, start = [], 0, 0
    for found in _MARKS.finditer(source):
        depth += (found[0] == "(") - (found[0] == ")")
        if found[0] == "|" and not depth:
            cuts.append(source[start : found.start()])
            start = found.end()
    return [*cuts, source[start:]]


@dataclass(slots=True)
class _Part:
    """What is known of a stretch of the pattern."""

    regex: str
    paths: int = 1
    repeats: bool = False
    """Whether it can match in lengths that its own repeats decide."""
    literal: str | None = None
    """The one text it matches, where it is one."""
    required: tuple[frozenset[str], ...] = ()
    """Sets of strings; every match holds one of each set."""
    first: frozenset[str] | None = None
    """The characters that it can begin with, where they are known."""
    least: int = 0
    """The fewest characters that it takes."""
    most: int = 0
    """The most."""


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._depth = 0
        self.looks_ahead = False
        self.branches: list[_Part] = []
        """The alternatives of the whole."""

    def parse(self) -> _Part:
        part = self._alternatives()
        if self._at < len(self._source):
            raise self._error("a closing bracket too many")
        return part

    def _error(self, what: str) -> PatternError:
        return PatternError(f"{what}, at character {self._at + 1}")

    def _peek(self) -> str:
        return self._source[self._at : self._at + 1]

    def _take(self, text: str) -> bool:
        if self._source.startswith(text, self._at):
            self._at += len(text)
            return True
        return False

    def _alternatives(self) -> _Part:
        branches = [self._sequence()]
        while self._take("|"):
            branches.append(self._sequence())
        if not self._depth:
            self.branches = branches
        if len(branches) == 1:
            return branches[0]
        if any(not branch.regex for branch in branches):
            raise self._error("an empty alternative")
        best = [_best(branch.required) for branch in branches]
        return _Part(
            "|".join(branch.regex for branch in branches),
            paths=_paths(branches),
            repeats=any(branch.repeats for branch in branches),
            required=(frozenset().union(*best),) if all(best) else (),
            first=_firsts(branches),
            least=min(branch.least for branch in branches),
            most=max(branch.most for branch in branches),
        )

    def _sequence(self) -> _Part:
        regex: list[str] = []
        paths, least, most, repeats = 1, 0, 0, False
        required: list[frozenset[str]] = []
        run = ""
        first: frozenset[str] | None = None
        while self._peek() not in ("", "|", ")"):
            part = self._quantified()
            first = first if regex else part.first
            regex.append(part.regex)
            paths *= part.paths
            least += part.least
            most += part.most
            repeats = repeats or part.repeats
            if part.literal is not None:
                run += part.literal
                continue
            if run:
                required.append(frozenset({run}))
                run = ""
            required.extend(part.required)
        if run:
            required.append(frozenset({run}))
        return _Part(
            "".join(regex), paths, repeats, required=tuple(required), first=first, least=least, most=most
        )

    def _quantified(self) -> _Part:
        part = self._atom()
        if self._peek() in ("*", "+"):
            raise self._error("an unbounded repeat; write {0,8}, say")
        low, high = self._repeat()
        if (low, high) == (1, 1):
            return part
        if not part.least and not part.regex.startswith("("):
            raise self._error("a repeat of a place")
        if part.repeats and high > 1:
            raise self._error("a repeat of what itself repeats")
        paths = high - low + 1 if part.paths == 1 else part.paths ** min(high, 8) + (low == 0)
        count = "?" if (low, high) == (0, 1) else f"{{{low},{high}}}"
        return _Part(
            part.regex + count,
            paths=paths,
            repeats=part.repeats or low != high,
            required=(part.required or _of(part.literal)) if low else (),
            first=part.first if low else None,
            least=part.least * low,
            most=part.most * high,
        )

    def _repeat(self) -> tuple[int, int]:
        if self._take("?"):
            bounds = (0, 1)
        elif self._peek() == "{":
            found = re.compile(r"\{(\d{1,3})(?:,(\d{1,3}))?\}").match(self._source, self._at)
            if found is None:
                raise self._error("a repeat that is not {m,n}")
            self._at = found.end()
            bounds = (int(found[1]), int(found[2] or found[1]))
            if bounds[0] > bounds[1] or not 1 <= bounds[1] <= REPEATS_MAX:
                raise self._error(f"a repeat outside 1 to {REPEATS_MAX}")
        else:
            return (1, 1)
        if self._peek() in ("?", "+", "*", "{"):
            raise self._error("a repeat of a repeat")
        return bounds

    def _atom(self) -> _Part:
        if self._peek() == "(":
            return self._group()
        if self._peek() == "[":
            return self._class()
        character = self._source[self._at]
        self._at += 1
        if character in "?{*+":
            raise self._error("a repeat of nothing")
        if character in ".^$":
            self.looks_ahead = self.looks_ahead or character == "$"
            is_any = int(character == ".")
            return _Part(character, least=is_any, most=is_any)
        if character in "])}":
            raise self._error("a closing bracket too many")
        if character == "\\":
            return self._escape()
        return _Part(re.escape(character), literal=character, first=frozenset({character}), least=1, most=1)

    def _escape(self) -> _Part:
        escaped = self._peek()
        self._at += 1
        if escaped in _ESCAPES:
            is_digit = int(escaped == "d")
            needed = (_ranges(DIGITS),) if is_digit else ()
            return _Part(_ESCAPES[escaped], required=needed, least=is_digit, most=is_digit)
        if escaped in _LITERAL_ESCAPES and escaped:
            first = frozenset({escaped})
            return _Part(re.escape(escaped), literal=escaped, first=first, least=1, most=1)
        raise self._error(f"the escape \\{escaped} is not known")

    def _class(self) -> _Part:
        end = self._source.find("]", self._at + 2)
        if end < 0:
            raise self._error("a [ that is not closed")
        inside = self._source[self._at + 1 : end].replace(r"\d", DIGITS)
        self._at = end + 1
        if "\\" in inside or "[" in inside:
            raise self._error("a class that holds \\ or [")
        is_plain = not inside.startswith("^") and "-" not in inside
        regex = f"[{inside}]"
        try:
            re.compile(regex)
        except re.error as error:
            raise self._error(f"a class that is not sound ({error})") from error
        plain = frozenset(inside) if is_plain else None
        needed = (plain or _ranges(inside)) if not inside.startswith("^") else frozenset()
        return _Part(regex, required=(needed,) if needed else (), first=plain, least=1, most=1)

    def _group(self) -> _Part:
        for opening in ("(?:", "(?=", "(?!", "(?<=", "(?<!"):
            if self._take(opening):
                break
        else:
            if self._source.startswith("(?", self._at):
                raise self._error("a kind of group that is not known")
            opening = "("
            self._at += 1
        self._depth += 1
        if self._depth > 6:
            raise self._error("brackets more than six deep")
        inner = self._alternatives()
        self._depth -= 1
        if not self._take(")"):
            raise self._error("a bracket that is not closed")
        if opening in ("(?:", "("):
            regex = f"(?:{inner.regex})"
            return _Part(
                regex,
                inner.paths,
                inner.repeats,
                required=inner.required,
                first=inner.first,
                least=inner.least,
                most=inner.most,
            )
        if opening in ("(?<=", "(?<!"):
            try:
                re.compile(f"{opening}{inner.regex})")
            except re.error as error:
                raise self._error("a look-behind of varying length") from error
        else:
            self.looks_ahead = True
        if self._peek() in ("?", "{"):
            raise self._error("a repeat of a look-around")
        return _Part(f"{opening}{inner.regex})", inner.paths)


def _paths(branches: list[_Part]) -> int:
    """Ways through alternatives: only those that begin alike can both be tried at one place."""
    anywhere = sum(branch.paths for branch in branches if branch.first is None)
    by_first: dict[str, int] = {}
    for branch in branches:
        for character in branch.first or ():
            by_first[character] = by_first.get(character, 0) + branch.paths
    return anywhere + max(by_first.values(), default=0)


def _firsts(branches: list[_Part]) -> frozenset[str] | None:
    firsts: set[str] = set()
    for branch in branches:
        if branch.first is None:
            return None
        firsts |= branch.first
    return frozenset(firsts)


def _ranges(inside: str) -> frozenset[str]:
    """The characters of a class with ranges, as 0-9; none where they are many."""
    characters = re.sub(
        "(.)-(.)",
        lambda found: "".join(map(chr, range(ord(found[1]), min(ord(found[2]), ord(found[1]) + 99) + 1))),
        inside,
    )
    return frozenset(characters) if len(characters) < _CLASS_KEYS_MAX else frozenset()


def _of(literal: str | None) -> tuple[frozenset[str], ...]:
    return (frozenset({literal}),) if literal else ()


def _best(required: tuple[frozenset[str], ...]) -> frozenset[str]:
    """The set that says most: whose shortest string is longest, then the smallest set."""
    return max(required, key=lambda strings: (min(map(len, strings)), -len(strings)), default=frozenset())


_INNER_GROUP = re.compile(r"\(\?:([^()]*)\)(\??)(?!\{)")
_SPELT_MAX = 64


def spelt_out(source: str) -> list[str]:
    """All texts that a pattern matches, where it is made of plain text and of choices among plain texts.

    Empty where it is not, or where there are very many.
    """
    left, texts = [source.replace("\\b", "")], []
    while left:
        text = left.pop()
        group = _INNER_GROUP.search(text)
        if group is None:
            texts.extend(text.split("|"))
        else:
            choices = [*group[1].split("|"), *([""] if group[2] else [])]
            left.extend(text[: group.start()] + choice + text[group.end() :] for choice in choices)
        if len(left) + len(texts) > _SPELT_MAX:
            return []
    return [] if any(set(text) & set(".?{}()[]^$\\") for text in texts) else texts
