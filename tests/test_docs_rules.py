"""The rules' page is current, and every shipped rule is complete, calm and traceable."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from monitor.core.audio import Party
from monitor.core.playbook.model import CUE_CHARACTERS_MAX, Rule, RuleBook, Sentence
from monitor.core.playbook.tree import When
from monitor.playbook_files import load_playbook
from monitor.playbook_page import render_rules
from monitor.playbook_sources import NO_RULE, render_sources, sources

ROOT = Path(__file__).resolve().parent.parent
BOOK = load_playbook()
RULES = pytest.mark.parametrize("rule", list(BOOK), ids=lambda rule: rule.id)

EVERYWHERE = {"who", "other", "evidence"}
PROVIDED = {
    "hot_temper": {"since", "score_percent", "seconds_s"},
    "raised_voice": {"level_db", "seconds_s"},
    "fast_pace": {"rate_syl_s", "percent"},
    "slow_pace": {"rate_syl_s", "percent"},
    "dead_air": {"seconds_s"},
    "talk_share": {"percent", "window_s"},
    "interruption": {"count", "window_s", "longest_s"},
    "not_letting_speak": {"count", "window_s", "turn_s"},
}
"""Values that the built-in detectors give, as `monitor.core.detectors` lists them."""

OF_CONDITIONS = {"phrase", "count", "waited_s", "seconds_s", "percent", "score_percent"}
"""Values that conditions give, as PLAYBOOK.md lists them."""

EMOTIONS = re.compile(
    r"愤怒|生气|情绪|焦虑|烦躁|angry|anger|emotion|anxious|frustrat|upset|mood", re.IGNORECASE
)


PHRASES = RuleBook(
    [rule for rule in BOOK if rule.is_said and rule.what is None and rule.when == When()],
    BOOK.signals.values(),
)
"""Rules about words alone, whatever the call."""

OF_THE_CALLER = re.compile(
    r"(?:客户|对方)[^，。；]{0,12}|\b(?:caller|customer|they)\b[^,.;:]*|\b(?:upset|heated) caller\b",
    re.IGNORECASE,
)
"""Where a rule about the agent says how the caller feels, which may be said."""


def sentences(rule: Rule) -> list[Sentence]:
    """Everything that a rule can say."""
    shown = [rule.title, rule.because]
    for variant in rule.variants.values():
        shown += [text for text in (variant.title, variant.because) if text is not None]
    for cue in rule.cues:
        shown += [text for text in (cue.text, cue.say) if text is not None]
    return shown


def test_page_is_current() -> None:
    page = (ROOT / "RULES.md").read_text(encoding="utf-8")
    assert page == render_rules(BOOK), "run `python -m monitor.playbook_files > RULES.md`"


@RULES
def test_both_languages(rule: Rule) -> None:
    for text in sentences(rule):
        assert re.search("[㐀-鿿]", text.zh)
        assert re.search("[A-Za-z]", text.en) and not re.search("[㐀-鿿]", text.en)
    if rule.phrases is not None:
        assert rule.phrases.zh and rule.phrases.en
    for cue in rule.cues:
        if cue.clearing_phrases is not None:
            assert cue.clearing_phrases.zh and cue.clearing_phrases.en


@RULES
def test_cues_are_short(rule: Rule) -> None:
    for cue in rule.cues:
        assert len(re.findall("[㐀-鿿]", cue.text.zh)) <= CUE_CHARACTERS_MAX
        assert len(cue.text.en) <= 50


@RULES
def test_nothing_names_an_agents_emotion(rule: Rule) -> None:
    for cue in rule.cues:
        for said in (cue.text.zh, cue.text.en):
            assert not EMOTIONS.search(OF_THE_CALLER.sub("", said))
    if rule.who is not Party.CALLER:
        for text in (rule.title, rule.because):
            for said in (text.zh, text.en):
                assert not EMOTIONS.search(OF_THE_CALLER.sub("", said))


@RULES
def test_sources_are_of_the_table(rule: Rule) -> None:
    assert rule.source
    assert set(rule.source) <= set(sources()) - NO_RULE.keys()


def test_of_every_source_it_is_told_what_came_of_it() -> None:
    """A rule, a signal, or why neither: a row that falls out of the playbook must be seen to have fallen."""
    came = {source for row in (*BOOK, *BOOK.signals.values()) for source in row.source}
    assert came.isdisjoint(NO_RULE)
    assert came | NO_RULE.keys() == set(sources())
    table = render_sources(BOOK).splitlines()[6:]
    assert [line.split(" | ")[0].removeprefix("| ") for line in table] == list(sources())
    assert all(len(line.split(" | ")[1]) > 5 for line in table)
    less = RuleBook([rule for rule in BOOK if "S0-06" not in rule.source], BOOK.signals.values())
    assert "| S0-06 |  |" in render_sources(less)


@RULES
def test_placeholders_are_provided(rule: Rule) -> None:
    usual = {"phrase", "count"} if rule.what is None else OF_CONDITIONS
    provided = PROVIDED.get(rule.id, usual) | EVERYWHERE
    for text in sentences(rule):
        for language in (text.zh, text.en):
            used = {name for _, name, _, _ in string.Formatter().parse(language) if name is not None}
            assert used <= provided
    for cue in rule.cues:
        assert "{" not in cue.text.zh + cue.text.en


@RULES
def test_cues_say_what_to_say(rule: Rule) -> None:
    """An agent who says what the cue suggests has met it."""
    from monitor.core.audio import Party as Who
    from monitor.core.clock import Span
    from monitor.core.facts import Word, Words
    from tests.core.playbook.phrase_judge import ClearingWords

    for cue in rule.cues:
        if cue.say is None or cue.clearing_phrases is None:
            continue
        for text in (cue.say.zh, cue.say.en):
            clearing = ClearingWords(RuleBook([rule]))
            tokens = re.findall(r"[㐀-鿿][^㐀-鿿\w]*|\s*[\w'%]+[^\w\s]*", text)
            words = tuple(
                Word(party=Who.AGENT, span=Span(at * 100, at * 100 + 100), text=token, probability=1.0)
                for at, token in enumerate(tokens)
            )
            said = clearing.on_words(Words(party=Who.AGENT, words=words, language="", utterance=1), 0)
            assert rule.id in said | clearing.on_tick(10**9), text


@RULES
def test_what_is_suggested_is_not_forbidden(rule: Rule) -> None:
    from monitor.core.audio import Party as Who
    from monitor.core.clock import Span
    from monitor.core.facts import Word, Words
    from tests.core.playbook.phrase_judge import PhraseJudge

    for cue in rule.cues:
        if cue.say is None:
            continue
        for text in (cue.say.zh, cue.say.en):
            tokens = re.findall(r"[㐀-鿿][^㐀-鿿\w]*|\s*[\w'%]+[^\w\s]*", text)
            words = tuple(
                Word(party=Who.AGENT, span=Span(at * 100, at * 100 + 100), text=token, probability=1.0)
                for at, token in enumerate(tokens)
            )
            judge = PhraseJudge(PHRASES)
            said = [*judge.on_event(Words(party=Who.AGENT, words=words, language="", utterance=1), 0)]
            assert [*said, *judge.on_tick(10**9)] == [], text
