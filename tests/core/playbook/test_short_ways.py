"""The short ways say what the long ones would: texts searched from where a match can be, sleeping rules."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from bench.labelled import Conversation, load_conversations
from bench.staging import exact, play
from monitor.core.audio import Party
from monitor.core.clock import Span
from monitor.core.events import Alert, AlertCleared, Cue, CueCleared, encode
from monitor.core.facts import Ipu, SpeechStarted
from monitor.core.playbook.compiled import RuleState
from monitor.core.playbook.listener import phrases_of
from monitor.core.playbook.memory import SPEECH_MAX, Memory
from monitor.core.playbook.normalise import joint, normalise
from monitor.core.playbook.patterns import Pattern
from monitor.core.playbook.phrasebook import PhraseBook
from monitor.playbook_files import load_playbook

TOLD = (Alert, AlertCleared, Cue, CueCleared)
TAIL = 200
CALLS = [call for call in load_conversations() if not call.batch]


def tails(call: Conversation) -> Iterator[str]:
    """What the matcher holds after each turn."""
    held = ""
    for turn in call.turns:
        new = normalise([turn.text]).text
        held = (held + joint(held, new) + new)[-TAIL:]
        yield held


def longest(book: PhraseBook, text: str, since: int) -> set[tuple[str, int, int]]:
    """All places by running every pattern over the whole text, but for terms that only sound alike."""
    found: dict[str, list[tuple[int, int]]] = {}
    for rule, row in book._rules.items():
        for pattern in row.patterns:
            hits = book._hits(rule, pattern, text, since, ())
            found.setdefault(rule, []).extend((hit.start, -hit.end) for hit in hits)
    told: set[tuple[str, int, int]] = set()
    for rule, places in found.items():
        end = -1
        for start, stop in sorted(places):
            if start >= end:
                told.add((rule, start, -stop))
                end = -stop
    return told


@pytest.mark.parametrize("party", list(Party))
def test_a_search_from_where_a_match_can_be_finds_what_a_search_of_all_finds(
    party: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, chance = phrases_of(load_playbook(), party), random.Random(5)
    monkeypatch.setattr(book, "_heard_otherwise", lambda text, since: ())
    monkeypatch.setattr(book, "_spelled", lambda text, breaks: ())
    monkeypatch.setattr(book._by_sound, "search", lambda text, since: ())
    places = 0
    for call in (*CALLS[:3], *CALLS[-3:]):
        for text in tails(call):
            since = chance.randrange(len(text) + 1)
            told = [(hit.rule, hit.start, hit.end) for hit in book.search(text, since)]
            assert set(told) == longest(book, text, since)
            assert len(told) == len(set(told))
            places += len(told)
    assert places > 50


def test_what_sounds_alike_is_found_from_there_too() -> None:
    book = phrases_of(load_playbook(), Party.AGENT)
    text = "您先别着急" + "我帮您看看这边的情况" * 8 + "这个我没有全线处理"
    sounded = [hit for hit in book._by_sound.search(text) if hit[3] > len(text) - 5]
    assert [hit for hit in book._by_sound.search(text, len(text) - 5) if hit[3] > len(text) - 5] == sounded
    since = len(text) - 5
    whole = {(hit.rule, hit.start) for hit in book.search(text, 0) if hit.end > since}
    assert "no_authority" in {rule for rule, _ in whole}
    assert whole == {(hit.rule, hit.start) for hit in book.search(text, since)}


@pytest.mark.parametrize(
    ("source", "most"),
    [("没有?权限", 4), (r"\bi.{0,8}cannot", 15), ("(?:投诉|举报你){1,3}", 9), (r"\d{2,4}(?!号)", 4)],
)
def test_a_pattern_knows_how_long_a_match_can_be(source: str, most: int) -> None:
    assert max(branch.most for branch in Pattern.compile(source).ways) == most


@pytest.mark.parametrize("call", [CALLS[0], CALLS[-1]], ids=lambda call: call.id)
def test_a_rule_that_sleeps_would_have_said_nothing(
    call: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, book = exact(call), load_playbook()

    def told() -> list[bytes]:
        return [encode(event) for event in play(stage, book) if isinstance(event, TOLD)]

    with_sleep = told()
    monkeypatch.setattr(RuleState, "is_asleep", lambda self, moment: False)
    assert with_sleep == told()
    assert with_sleep


@pytest.mark.parametrize("is_in_order", [True, False])
def test_speech_of_a_window_is_summed_as_if_each_stretch_were_looked_at(is_in_order: bool) -> None:
    chance, memory, at = random.Random(7), Memory(), 0
    spans: list[Span] = []
    for _ in range(SPEECH_MAX * 3):
        at += chance.randrange(1, 5_000) if is_in_order else chance.randrange(-2_000, 5_000)
        span = Span(max(0, at), max(0, at) + chance.randrange(1, 40_000))
        at = span.end
        memory.take(SpeechStarted(party=Party.AGENT, at=span.start), span.start)
        memory.take(Ipu(party=Party.AGENT, span=span), span.end)
        spans = [*spans[-SPEECH_MAX + 1 :], span]
        start, expected = at - chance.randrange(30_000_000), 0
        for one in reversed(spans):
            if one.end <= start:
                break
            expected += one.end - max(one.start, start)
        assert memory.spoken_within(Party.AGENT, start, at) == expected
