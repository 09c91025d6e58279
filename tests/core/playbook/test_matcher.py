"""Phrases as they are said: over batches, once each, counted, held back, and cleared."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.facts import AlertRaised, Judgement, Severity, Turn, Word, Words
from monitor.core.playbook.model import CueText, Phrases, Rule, RuleBook, Sentence
from tests.core.playbook.phrase_judge import ClearingWords, PhraseJudge

Say = Callable[..., Words]
TEXT = Sentence(zh="话", en="words")
AGENT, CALLER = Party.AGENT, Party.CALLER


def rule(name: str, who: Party = AGENT, cue: CueText | None = None, **phrases: object) -> Rule:
    """A rule with these phrases."""
    return Rule(
        id=name,
        title=TEXT,
        who=who,
        severity=Severity.HIGH,
        because=TEXT,
        phrases=Phrases.model_validate(phrases),
        cue=cue,
    )


def detector(*rules: Rule) -> PhraseJudge:
    """A detector for these rules."""
    return PhraseJudge(RuleBook(rules))


def phrases(judgements: Iterable[Judgement]) -> list[tuple[str, object]]:
    """Rule and words of each alert."""
    return [(alert.rule, alert.values["phrase"]) for alert in judgements if isinstance(alert, AlertRaised)]


AUTHORITY = rule("authority", zh=["我没有?权限"], en=["don't have the authority"])


def test_an_alert_points_at_the_words(say: Say) -> None:
    words = say(AGENT, "您好，我没有权限的")
    (alert,) = detector(AUTHORITY).on_event(words, words.span.end)
    assert isinstance(alert, AlertRaised)
    assert alert.about == Span(words.words[2].span.start, words.words[6].span.end)
    assert alert.values == {"phrase": "我没有权限", "count": 1}
    assert (alert.party, alert.is_momentary) == (AGENT, True)
    assert [(item.feature, item.value) for item in alert.evidence] == [("phrase", "我没有权限")]


def test_a_phrase_split_over_batches_is_found_once(say: Say) -> None:
    judge = detector(AUTHORITY)
    assert phrases(judge.on_event(say(AGENT, "这个嘛我没有。"), 0)) == []
    assert phrases(judge.on_event(say(AGENT, "权限"), 0)) == [("authority", "我没有。权限")]
    assert phrases(judge.on_event(say(AGENT, "真的"), 0)) == []
    assert phrases(judge.on_event(say(AGENT, "我没有权限"), 0)) == [("authority", "我没有权限")]


def test_english_words_split_over_batches(say: Say) -> None:
    judge = detector(AUTHORITY)
    assert phrases(judge.on_event(say(AGENT, "I don't have"), 0)) == []
    assert phrases(judge.on_event(say(AGENT, " the authority."), 0)) == [
        ("authority", "don't have the authority")
    ]


def test_a_phrase_does_not_reach_over_turns(say: Say) -> None:
    judge = detector(AUTHORITY)
    list(judge.on_event(say(AGENT, "我没有"), 0))
    assert phrases(judge.on_event(say(AGENT, "权限", after_s=3.0), 0)) == []
    first = say(AGENT, "我没有", after_s=3.0)
    list(judge.on_event(first, 0))
    turn = Turn(party=AGENT, span=first.span, text="", rate_syl_s=None, f0_median_st=None, level_db=None)
    list(judge.on_event(turn, 0))
    assert phrases(judge.on_event(say(AGENT, "权限", after_s=1.0), 0)) == []


def test_a_phrase_does_not_reach_over_a_full_stop_within_an_utterance(say: Say) -> None:
    assert phrases(detector(AUTHORITY).on_event(say(AGENT, "我没有。权限的事"), 0)) == []


def test_the_other_party_is_not_meant(say: Say) -> None:
    assert phrases(detector(AUTHORITY).on_event(say(CALLER, "我没有权限"), 0)) == []


def test_traditional_fillers_and_homophones(say: Say) -> None:
    judge = detector(rule("authority", zh=["我没有权限"], sounds_zh=["权限"]))
    assert phrases(judge.on_event(say(AGENT, "我呃沒有權限"), 0)) == [("authority", "我沒有權限")]
    judge = detector(rule("authority", zh=["我没有权限"], sounds_zh=["权限"]))
    assert phrases(judge.on_event(say(AGENT, "我没有全线"), 0)) == [("authority", "我没有全线")]


def test_a_short_term_does_not_stand_alone_by_sound_unless_it_may(say: Say) -> None:
    assert (
        phrases(detector(rule("r", zh=["领导"], sounds_zh=["领导"])).on_event(say(AGENT, "领到了"), 0)) == []
    )
    judge = detector(rule("r", zh=["投诉"], sounds_alone_zh=["投诉"]))
    assert phrases(judge.on_event(say(AGENT, "头诉"), 0)) == [("r", "头诉")]


def test_a_name_counts_only_with_what_must_be_beside_it(say: Say) -> None:
    row = rule("c", zh=["工商局?"], beside_zh=["我(?:要|去)", "等着"], en=[r"\bofcom\b"])
    assert phrases(detector(row).on_event(say(AGENT, "我去工商局说理"), 0)) == [("c", "工商局")]
    judge = detector(row)
    said = [*judge.on_event(say(AGENT, "他在工商局上班"), 0), *judge.on_tick(samples(9))]
    assert phrases(said) == []
    english = phrases(detector(row).on_event(say(AGENT, "that is ofcom"), 0))
    assert english == [("c", "ofcom")], "what is asked of one language is not asked of the other"


def test_what_must_be_beside_a_name_may_come_after_it_in_other_words(say: Say) -> None:
    judge = detector(rule("c", zh=["工商局?"], beside_zh=["等着"]))
    first = say(AGENT, "工商局那边")
    assert judge.on_event(first, first.span.end) == []
    second = say(AGENT, "你们等着")
    said = [*judge.on_event(second, second.span.end), *judge.on_tick(second.span.end + samples(9))]
    assert phrases(said) == [("c", "工商局")]


def test_exclusions_count_in_the_same_sentence_only(say: Say) -> None:
    row = rule("c", zh=["要投诉"], unless_zh=["不是要投诉"])
    assert phrases(detector(row).on_event(say(AGENT, "我不是要投诉的"), 0)) == []
    judge = detector(row)
    said = [*judge.on_event(say(AGENT, "我不是要投诉的。我要投诉了"), 0), *judge.on_tick(samples(9))]
    assert phrases(said) == [("c", "要投诉")]
    judge = detector(row)
    said = [*judge.on_event(say(AGENT, "我不是要投诉。"), 0), *judge.on_tick(samples(9))]
    said += [*judge.on_event(say(AGENT, "要投诉"), 0), *judge.on_tick(samples(9))]
    assert phrases(said) == [("c", "要投诉")]


def test_a_match_that_the_next_word_may_undo_waits(say: Say) -> None:
    row = rule("refusal", zh=["不可以(?!吗)"])
    judge = detector(row)
    assert phrases(judge.on_event(say(AGENT, "不可以"), 0)) == []
    assert phrases(judge.on_event(say(AGENT, "吗"), samples(0.5))) == []
    assert phrases(judge.on_tick(samples(5))) == []
    judge = detector(row)
    assert phrases(judge.on_event(say(AGENT, "不可以"), 0)) == []
    assert phrases(judge.on_tick(samples(0.5))) == []
    assert phrases(judge.on_tick(samples(0.8))) == [("refusal", "不可以")]
    assert phrases(judge.on_tick(samples(9))) == []


def test_the_end_of_the_call_releases_what_waits(say: Say) -> None:
    judge = detector(rule("refusal", zh=["不可以"], unless_zh=["不可以吗"]))
    words = say(AGENT, "不可以")
    assert phrases(judge.on_event(words, words.span.end)) == []
    assert phrases(judge.finish(words.span.end)) == [("refusal", "不可以")]
    assert phrases(judge.finish(words.span.end)) == []


def test_the_end_of_the_turn_releases_what_waits(say: Say) -> None:
    judge = detector(rule("refusal", zh=["不可以(?!吗)"]))
    words = say(AGENT, "不可以")
    assert phrases(judge.on_event(words, 0)) == []
    turn = Turn(party=AGENT, span=words.span, text="", rate_syl_s=None, f0_median_st=None, level_db=None)
    assert phrases(judge.on_event(turn, 0)) == [("refusal", "不可以")]


def test_counts_within_a_window(say: Say) -> None:
    row = rule("sorry", zh=["对不起"], count=3, window_s=10)
    judge = detector(row)
    assert phrases(judge.on_event(say(AGENT, "对不起，真对不起"), 0)) == []
    (alert,) = judge.on_event(say(AGENT, "对不起"), 0)
    assert isinstance(alert, AlertRaised)
    assert alert.values["count"] == 3
    assert len(alert.evidence) == 3
    judge = detector(row)
    for _ in range(4):
        assert phrases(judge.on_event(say(AGENT, "对不起", after_s=6.0), 0)) == []


def test_a_long_turn_is_bounded(say: Say) -> None:
    judge = detector(AUTHORITY)
    found = 0
    for number in range(40):
        now = samples(10.0 * number)
        found += len(phrases(judge.on_event(say(AGENT, "我想了想这件事其实没有那么简单" * 2), now)))
        found += len(phrases(judge.on_event(say(AGENT, "我没有权限"), now)))
    assert found == 40


def test_a_cut_turn_does_not_begin_anew(say: Say) -> None:
    judge = detector(rule("start", zh=["^的"]))
    for _ in range(50):
        assert phrases(judge.on_event(say(AGENT, "好的我的你的他的大家的"), 0)) == []


@settings(max_examples=40)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=20))
def test_batches_do_not_matter(cuts: list[int]) -> None:
    text = "好的我没有权限处理我没有权限的对不起不可以的我没有权限"
    words = [
        Word(party=AGENT, span=Span(at * 3200, (at + 1) * 3200), text=character, probability=1.0)
        for at, character in enumerate(text)
    ]
    judge = detector(AUTHORITY, rule("refusal", zh=["不可以(?!吗)"]))
    said, at = [], 0
    for size in [*cuts, len(words)]:
        batch = tuple(words[at : at + size])
        at += size
        if batch:
            said += list(judge.on_event(Words(party=AGENT, words=batch, language="zh", utterance=1), 0))
    said += list(judge.on_tick(samples(60)))
    assert phrases(said) == [("authority", "我没有权限")] * 2 + [
        ("refusal", "不可以"),
        ("authority", "我没有权限"),
    ]


def test_clearing_phrases(say: Say) -> None:
    cue = CueText(
        text=TEXT, clears_when="agent_says", clearing_phrases=Phrases(zh=("我帮您",), en=("let me check",))
    )
    clearing = ClearingWords(RuleBook([rule("r", CALLER, cue, zh=["投诉"])]))
    assert clearing.on_words(say(AGENT, "好的"), 0) == frozenset()
    assert clearing.on_words(say(CALLER, "我帮您"), 0) == frozenset()
    assert clearing.on_words(say(AGENT, "我帮您查"), 0) == {"r"}
    assert clearing.on_words(say(AGENT, "Let me check that."), 0) == {"r"}


def big_book(size: int) -> list[Rule]:
    """Many rules with patterns like a real playbook's, half of them English."""
    zh = "没有权限规定不能给您办理退款投诉领导处理责任快递仓库赔偿保证明天送到解决问题说明检测维修"
    en = ["refund", "manager", "policy", "parcel", "order", "deliver", "promise", "wait", "fault", "court"]
    rules = []
    for at in range(size):
        first, second = zh[at % len(zh)] + zh[(at * 7 + 3) % len(zh)], zh[(at * 5 + 1) % len(zh)]
        english = f"\\b(?:i|we) (?:can't|won't) {en[at % 10]} .{{0,12}}{en[(at * 3 + 1) % 10]} rule{at}"
        rules.append(
            rule(
                f"r{at}",
                zh=[f"(?:我|我们).{{0,4}}{first}.{{0,3}}{second}{zh[(at * 11) % len(zh)]}"],
                unless_zh=[f"不是{first}"],
                en=[english],
                sounds_zh=[first + second],
            )
        )
    return rules


@pytest.mark.parametrize(
    "text", ["我们明天给您办理退款，快递仓库那边说明天送到，我没有权限", "I can't refund your parcel today"]
)
def test_a_thousand_rules_cost_little(say: Say, text: str) -> None:
    judge = detector(*big_book(1000))
    list(judge.on_event(say(AGENT, text), 0))
    batches = [say(AGENT, text) for _ in range(12)]
    started = time.process_time()
    for batch in batches:
        list(judge.on_event(batch, 0))
    cost_s = (time.process_time() - started) / sum(len(batch.words) for batch in batches)
    assert cost_s < 1e-3, f"{cost_s * 1e6:.0f} us a word"
