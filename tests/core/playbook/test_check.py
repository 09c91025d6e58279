"""Doubts about playbooks that are sound by their schema, and faults with the line of the innermost field."""

from __future__ import annotations

import pytest

from monitor.core.playbook.check import doubts
from monitor.core.playbook.places import places
from monitor.core.playbook.source import BookError, book_of, digest, parse_book, read_sources
from monitor.playbook_files import playbook_paths, read_texts, shipped_or

HEAD = """
[[signal]]
id = "hello"
who = "agent"
phrases = { zh = ["您好呀"] }

[[signal]]
id = "grumble"
who = "caller"
phrases = { zh = ["太慢了"] }
"""


def rule(id_: str = "r", **fields: str) -> str:
    rows = {
        "id": f'"{id_}"',
        "who": '"agent"',
        "title": '{ zh = "题", en = "title" }',
        "severity": '"low"',
        "because": '{ zh = "因为", en = "because" }',
        "what": '{ all = [{ said = "hello" }, { said = "grumble", within_s = 9 }] }',
        **fields,
    }
    return "\n[[rule]]\n" + "".join(f"{name} = {value}\n" for name, value in rows.items() if value)


def told(text: str) -> list[tuple[str, str, str]]:
    """Level, rule and message of each doubt."""
    rows, faults = read_sources({"book": text})
    assert faults == []
    return [(doubt.level, doubt.rule, doubt.message) for doubt in doubts(rows, book_of(rows))]


def test_a_rule_in_order_raises_no_doubt() -> None:
    assert told(HEAD + rule()) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {
                "when": '{ phase = "opening" }',
                "what": '{ all = [{ said = "hello" }, { phase = "closing" }] }',
            },
            "phase",
        ),
        (
            {
                "when": '{ temper_at_least = "hot" }',
                "what": '{ all = [{ said = "hello" }, { temper_at_most = "calm" }] }',
            },
            "temper",
        ),
        ({"what": '{ all = [{ said = "hello" }, { not = { said = "hello" } }] }'}, "said and not said"),
        (
            {
                "when": '{ before = "grumble" }',
                "what": '{ not_said = "hello", after = "grumble", within_turns = 1 }',
            },
            "waits for",
        ),
        ({"what": '{ repeats = "agent", saying = "grumble" }'}, "said by the caller"),
        ({"what": '{ not_said = "hello", after = "grumble", within_turns = 0 }'}, "owes nothing"),
    ],
)
def test_rules_that_can_never_fire(fields: dict[str, str], said: str) -> None:
    errors = [message for level, _, message in told(HEAD + rule(**fields)) if level == "error"]
    assert len(errors) == 1
    assert "never fire" in errors[0]
    assert said in errors[0]


def test_advice_that_breaks_a_rule_or_does_not_clear_its_cue() -> None:
    banned = rule("banned", what="", phrases='{ zh = ["绝对没问题"] }')
    cue = '{ text = { zh = "短", en = "short" }, say = { zh = "绝对没问题", en = "hm" } }'
    assert ("error", "r", "what it suggests (zh) is what the rule 'banned' is raised for") in told(
        HEAD + banned + rule(cue=cue)
    )
    cue = (
        '{ text = { zh = "短", en = "short" }, say = { zh = "您好呀", en = "hm" }, '
        'clears_when = "agent_says", clears_on = ["hello"] }'
    )
    assert told(HEAD + rule(cue=cue)) == [
        ("warning", "r", "who says what it suggests (en) does not clear it")
    ]
    cue = '{ text = { zh = "短", en = "short" }, clears_when = "agent_says", clears_on = "grumble" }'
    assert [level for level, _, _ in told(HEAD + rule(cue=cue))] == ["error"]


def test_phrases_that_are_said_all_day() -> None:
    (doubt,) = told(HEAD + rule() + rule("always", what="", phrases='{ zh = ["您"], en = ["you"] }'))
    assert doubt[1] == "always"
    assert "all the time" in doubt[2]


def test_signals_on_which_nothing_builds_and_patterns_that_stand_twice() -> None:
    alone = '[[signal]]\nid = "alone"\nwho = "agent"\nphrases = { zh = ["您好呀"] }\n'
    assert {message for _, _, message in told(HEAD + rule() + alone)} == {"nothing builds on this signal"}
    twice = [rule(name, what="", phrases='{ zh = ["绝对没问题"] }') for name in ("first", "second")]
    assert told(HEAD + rule() + "".join(twice)) == [
        ("warning", "second", "the pattern '绝对没问题' is also one of 'first'")
    ]


def test_either_party_may_say_something_and_one_owes_it() -> None:
    assert told(HEAD + rule(what='{ said = ["hello", "grumble"], within_s = 60 }')) == []
    owed = told(HEAD + rule(what='{ not_said = ["hello", "grumble"], by_s = 60 }'))
    assert [message for level, _, message in owed if level == "warning"] == [
        "hello, grumble are said by both parties; one of them owes it"
    ]


def test_the_shipped_playbook_has_nothing_to_look_at() -> None:
    rows, faults = read_sources(read_texts(playbook_paths(shipped_or(None))))
    assert faults == []
    assert [f"{one.file}:{one.line} {one.rule}: {one.message}" for one in doubts(rows, book_of(rows))] == []


# --- faults ---------------------------------------------------------------------------------------------


def fault(text: str) -> BookError:
    """The first fault of a text."""
    with pytest.raises(BookError) as caught:
        parse_book({"book": text})
    return caught.value


def line_of(text: str, part: str) -> int:
    """The line on which a text holds `part` first."""
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


@pytest.mark.parametrize(
    ("what", "part", "said"),
    [
        ("{ all = [\n  { said = 'hello' },\n  { said = 'grumble', withn_s = 3 },\n] }", "withn_s", "no such"),
        ('{ any = [\n  { said = "hello" },\n  { sayd = "grumble" },\n] }', "sayd", "no condition"),
        ("{ not = { said = 'hello', at_least = 0 } }", "at_least", "greater"),
        ('{ said = "nobody" }', "nobody", "no rule or signal is called"),
        ("{", "what", "at line"),
        ('{ not_said = "hello", by_s = 3, by_end = true }', "not_said", "exactly one"),
        ('{ order = ["hello", "hello"] }', "order", "two different"),
        ("{ sounds = { for_s = 3 } }", "sounds", "needs a bound"),
    ],
)
def test_a_fault_names_the_line_of_the_innermost_field(what: str, part: str, said: str) -> None:
    text = HEAD + rule(what=what)
    found = fault(text)
    assert said in found.reason
    assert found.line == line_of(text, part)


def test_nested_tables_have_lines_too() -> None:
    text = HEAD + rule() + "[rule.cue]\ntext = { zh = '短', en = 'short' }\nexpires_s = -1\n"
    assert fault(text).line == line_of(text, "expires_s")
    text = HEAD + rule() + "[rule.cue]\n\n[rule.cue.text]\nzh = '短'\nen = 3\n"
    assert fault(text).line == line_of(text, "en = 3")


def test_circles_are_refused() -> None:
    first = rule("first", what='{ not_said = "hello", after = "second", within_s = 5 }')
    second = rule("second", what='{ not_said = "hello", after = "first", within_s = 5 }')
    found = fault(HEAD + first + second)
    assert "waits for itself: " in found.reason
    assert "first" in found.reason
    assert fault(HEAD + rule(yields_to='["r"]')).kind == "invalid"


def test_a_double_name_tells_both_places() -> None:
    found = fault(HEAD + rule() + rule())
    assert (found.kind, found.other) == ("duplicate", f"book, line {line_of(HEAD + rule(), '[[rule]]') + 1}")


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 3000 + "]" * 3000,
        "a." * 400_000 + "a = 1",
        "[[rule]]\nwhat = " + "{ not = " * 600 + '{ said = "x" }' + " }" * 600,
        HEAD + rule(what="{ not = " * 12 + '{ said = "hello" }' + " }" * 12),
        HEAD + rule(what="{ any = [" + '{ said = "hello" },' * 45 + "] }"),
        HEAD + rule(what="", phrases='{ zh = ["(?:a{0,9}){0,9}b"] }'),
        HEAD + rule(what="", phrases='{ zh = ["b{0,3}"] }'),
        HEAD + rule(what="", phrases='{ zh = ["' + "啊" * 500 + '"] }'),
        HEAD + rule(what="", phrases="{ zh = [" + '"啊哦",' * 100 + "] }"),
    ],
    ids=["arrays", "dots", "tables", "depth", "breadth", "catastrophic", "empty", "long", "many"],
)
def test_hostile_playbooks_are_refused(text: str) -> None:
    assert fault(text).reason


def test_thousands_of_rules_are_too_many() -> None:
    rows = "".join(f'[[signal]]\nid = "s{n}"\nwho = "agent"\nlike = ["这个那个{n}"]\n' for n in range(5001))
    assert "at most 5000" in fault(rows).reason


def test_places_of_every_kind_of_value() -> None:
    text = '''a = 1 # [not.a.table]
b.c = "x # no comment"
"d e" = """
three
lines"""
[f]
g = [ # first
  1,
  [2,
   3],
  { h = 'i', j = { k = 4 } },
]
[[l]]
m = 1
[[l]]
[l.n]
o = 2
'''
    top = places(text)
    found = {
        path: top.find(path).line
        for path in (("a",), ("b", "c"), ("d e",), ("f", "g", 0), ("f", "g", 1, 1), ("f", "g", 2, "j", "k"))
    }
    assert list(found.values()) == [1, 2, 3, 8, 10, 11]
    assert top.find(("l", 0, "m")).line == 14
    assert top.find(("l", 1, "n", "o")).line == 17
    assert top.find(("l", 1, "passed over", "n")).line == 16


def test_equal_content_has_an_equal_digest() -> None:
    assert digest([("a", "b")]) == digest([("a", "b")])
    assert digest([("a", "b")]) != digest([("ab", "")])


def test_a_placeholder_that_nobody_fills_is_told() -> None:
    said = told(HEAD + rule(because='{ zh = "说了“{phrase}”{percent}", en = "{who} said “{phrase}”" }'))
    assert [(level, message.split(" here")[0]) for level, _, message in said] == [
        ("error", "nothing fills {percent}")
    ]
    waits = '{ any = [{ not_said = "hello", by_s = 30 }, { not_said = "grumble", by_s = 30 }] }'
    assert told(HEAD + rule(what=waits, because='{ zh = "{waited_s} 秒", en = "{waited_s} s" }')) == []
    (lone,) = told(HEAD + rule(what=waits, because='{ zh = "因", en = "after {phrase}" }'))
    assert "{phrase}" in lone[2]


@pytest.mark.parametrize("written", ["{", "}", "{who:>900000000}", "{who.__class__}", "{who!r}", "{}"])
def test_a_brace_that_is_no_placeholder_is_told(written: str) -> None:
    ((level, _, message),) = told(HEAD + rule(because=f'{{ zh = "因", en = "why {written}" }}'))
    assert level == "error"
    assert "brace" in message


def test_a_placeholder_in_a_cue_is_told_as_nothing_fills_it() -> None:
    cue = '{ text = { zh = "听{phrase}", en = "Listen" }, say = { zh = "好", en = "{who}, yes" } }'
    said = told(HEAD + rule(cue=cue))
    assert [(level, "as it is written" in message) for level, _, message in said] == [("error", True)] * 2


@pytest.mark.parametrize(
    ("phrases", "is_told"),
    [
        ('{ zh = ["退款"], unless_zh = ["退"] }', True),
        ('{ en = ["(?:full|part) refund|money back"], unless_en = ["refund|back"] }', True),
        ('{ en = ["(?:full|part) refund|money back"], unless_en = ["refund"] }', False),
        ('{ en = ["refund.{0,9}now"], unless_en = ["refund"] }', False),
        ('{ zh = ["退款"] }', False),
    ],
)
def test_a_pattern_that_its_own_exclusion_silences_is_told(phrases: str, is_told: bool) -> None:
    said = [message for _, _, message in told(rule(what="", phrases=phrases))]
    assert ["does not exclude" in message for message in said] == [True] * is_told


@pytest.mark.parametrize("open_value", ["phrases = { en = ['a'", 'because = """abc\n', "what = { all = ["])
def test_a_value_that_is_left_open_is_told_with_the_line_where_it_begins(open_value: str) -> None:
    text = HEAD + rule()
    with pytest.raises(BookError) as caught:
        parse_book({"book": text + open_value + "\n\n"})
    assert caught.value.line == text.count("\n") + 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"when": "{ phase = [] }"}, "when.phase: at least 1 must stand here"),
        ({"title": '{ zh = "", en = "t" }'}, "title.zh: at least 1 character(s) must stand here"),
        ({"title": '{ zh = 3, en = "t" }'}, "title.zh: a text in quotes is needed here"),
        ({"is_on": '"yes"'}, "is_on: true or false is needed here"),
    ],
)
def test_faults_are_told_in_plain_words(fields: dict[str, str], said: str) -> None:
    (fault,) = read_sources({"book": HEAD + rule(**fields)})[1]
    assert fault.reason == said
