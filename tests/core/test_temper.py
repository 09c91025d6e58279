"""The caller's temper by the published rules: two kinds of evidence, time, and never an agent's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.facts import (
    AlertRaised,
    Interruption,
    ProsodyFrame,
    Said,
    TemperReading,
    TemperState,
    Word,
)
from monitor.core.playbook.model import Rule, Signal
from monitor.core.settings import TemperSettings
from monitor.core.temper import (
    PublishedRules,
    TemperFeatures,
    TemperJudgement,
    TemperScorer,
    soft_step,
)

TITLE = {"zh": "不满", "en": "Vents"}


def frame(at_s: float, party: Party = Party.CALLER, **kind: float) -> ProsodyFrame:
    return ProsodyFrame(
        party=party,
        at=samples(at_s),
        f0_hz=150.0,
        f0_st=kind.get("f0_st", 0.0),
        level_dbfs=-25.0,
        level_db=kind.get("level_db", 0.0),
        voicing=0.9,
        rate_syl_s=4.5,
        rate_ratio=kind.get("rate_ratio", 1.0),
        alpha_db=-10.0,
        alpha_delta_db=kind.get("alpha_delta_db", 0.0),
        confidence=kind.get("confidence", 1.0),
    )


def speak(scorer: TemperScorer, start_s: float, length_s: float, **kind: float) -> list[TemperReading]:
    readings = [
        scorer.push(frame(start_s + 0.1 * i, Party.CALLER, **kind)) for i in range(round(length_s * 10))
    ]
    return [reading for reading in readings if reading is not None]


def features(**kind: float) -> TemperFeatures:
    return TemperFeatures(
        at=0,
        level_db=kind.get("level_db", 0.0),
        f0_st=kind.get("f0_st", 0.0),
        alpha_delta_db=kind.get("alpha_delta_db", 0.0),
        rate_ratio=kind.get("rate_ratio", 1.0),
        interruptions=kind.get("interruptions", 0.0),
        words=kind.get("words", 0.0),
        confidence=kind.get("confidence", 1.0),
    )


HEATED = {"level_db": 10.0, "f0_st": 4.0, "rate_ratio": 1.2}
ALONE = [
    {"level_db": 30.0},
    {"f0_st": 12.0},
    {"alpha_delta_db": 15.0},
    {"rate_ratio": 1.8},
    {"interruptions": 9.0},
    {"words": 1.0},
]


def test_an_agent_is_refused() -> None:
    with pytest.raises(ValueError, match="caller only"):
        TemperScorer(TemperSettings()).push(frame(0.0, party=Party.AGENT))


def test_a_reading_every_half_second_of_speech() -> None:
    assert len(speak(TemperScorer(TemperSettings()), 0.0, 6.0)) == 12


@pytest.mark.parametrize("kind", ALONE, ids=lambda kind: next(iter(kind)))
def test_no_kind_of_evidence_counts_alone(kind: dict[str, float]) -> None:
    assert PublishedRules(TemperSettings()).judge(features(**kind)).heat == 0.0


@given(
    st.floats(-20, 40),
    st.floats(-12, 15),
    st.floats(-20, 20),
    st.floats(0.3, 2.5),
    st.floats(0, 9),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_heat_is_a_share_and_evidence_explains_it(
    level: float, f0: float, alpha: float, rate: float, interruptions: float, words: float, confidence: float
) -> None:
    judgement = PublishedRules(TemperSettings()).judge(
        features(
            level_db=level,
            f0_st=f0,
            alpha_delta_db=alpha,
            rate_ratio=rate,
            interruptions=interruptions,
            words=words,
            confidence=confidence,
        )
    )
    assert 0.0 <= judgement.heat <= 1.0
    shares = [item.contribution or 0.0 for item in judgement.evidence]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1.01


@given(
    st.sampled_from(["level_db", "f0_st", "alpha_delta_db", "interruptions"]),
    st.floats(0, 8),
    st.floats(0, 8),
)
def test_more_evidence_is_never_less_heat(name: str, one: float, other: float) -> None:
    rules = PublishedRules(TemperSettings())
    base = {"rate_ratio": 1.25, "words": 0.3}
    cooler, hotter = (rules.judge(features(**base, **{name: value})) for value in sorted((one, other)))
    assert cooler.heat <= hotter.heat + 1e-9


def test_a_heated_caller_is_hot_within_eight_seconds_and_cools_down() -> None:
    scorer = TemperScorer(TemperSettings())
    assert {reading.state for reading in speak(scorer, 0.0, 30.0)} == {TemperState.CALM}
    heated = speak(scorer, 30.0, 15.0, **HEATED)
    first = {
        state: next(reading.at for reading in heated if reading.state is state) / 16_000 - 30.0
        for state in (TemperState.RAISED, TemperState.HOT)
    }
    assert first[TemperState.RAISED] < first[TemperState.HOT] < 8.0
    assert {item.feature for item in heated[-1].evidence} == {"level", "f0", "rate_ratio"}
    cooled = speak(scorer, 45.0, 30.0)
    assert cooled[0].state is TemperState.HOT
    assert cooled[-1].state is TemperState.CALM
    states = [reading.state for reading in cooled]
    assert states.index(TemperState.RAISED) < states.index(TemperState.CALM)


def test_loudness_alone_never_raises_anything() -> None:
    readings = speak(TemperScorer(TemperSettings()), 0.0, 60.0, level_db=20.0)
    assert max(reading.score for reading in readings) == 0.0


def test_the_first_seconds_do_not_cry_wolf() -> None:
    readings = speak(TemperScorer(TemperSettings()), 0.0, 20.0, confidence=0.15, **HEATED)
    assert {reading.state for reading in readings} == {TemperState.CALM}


def test_a_single_outburst_shorter_than_the_dwell_changes_nothing() -> None:
    scorer = TemperScorer(TemperSettings())
    speak(scorer, 0.0, 20.0)
    readings = [*speak(scorer, 20.0, 1.0, **HEATED), *speak(scorer, 21.0, 10.0)]
    assert {reading.state for reading in readings} == {TemperState.CALM}


def interruption(by: Party, at_s: float) -> Interruption:
    return Interruption(span=Span(samples(at_s), samples(at_s + 1)), by=by, of=by.other, is_yielded=True)


def test_cutting_in_and_complaining_join_the_voice() -> None:
    scorer = TemperScorer(TemperSettings(), {"complaint": 0.8})
    speak(scorer, 0.0, 30.0)
    for at_s in (28.0, 29.0, 30.0):
        scorer.hear(interruption(Party.CALLER, at_s))
        scorer.hear(interruption(Party.AGENT, at_s))
    scorer.hear_words(
        AlertRaised(rule="complaint", party=Party.CALLER, about=Span(samples(29.0), samples(30.0)))
    )
    readings = speak(scorer, 31.0, 6.0)
    assert readings[-1].state is not TemperState.CALM
    assert {item.feature for item in readings[-1].evidence} == {"interruptions", "words"}
    value = next(item.value for item in readings[-1].evidence if item.feature == "interruptions")
    assert isinstance(value, float)
    assert value < 3.1


def test_words_and_interruptions_fade() -> None:
    scorer = TemperScorer(TemperSettings(), {"complaint": 1.0})
    scorer.hear(interruption(Party.CALLER, 0.0))
    scorer.hear_words(AlertRaised(rule="complaint", party=Party.CALLER, about=Span(0, 16_000)))
    assert speak(scorer, 400.0, 5.0)[-1].score < 0.01


def test_what_others_say_is_no_evidence() -> None:
    scorer = TemperScorer(TemperSettings(), {"complaint": 1.0})
    about = Span(0, 16_000)
    scorer.hear_words(AlertRaised(rule="complaint", party=Party.AGENT, about=about))
    scorer.hear_words(AlertRaised(rule="greeting", party=Party.CALLER, about=about))
    assert all(not reading.evidence for reading in speak(scorer, 1.0, 5.0))


def test_a_signal_that_nobody_is_told_of_is_evidence_as_soon_as_it_is_said() -> None:
    scorer = TemperScorer(TemperSettings(), signal_weights={"vents": 0.6})
    outraged = Word(
        party=Party.CALLER, span=Span(samples(1.0), samples(1.5)), text=" outrageous", probability=0.9
    )
    scorer.hear_words(Said(id="asks_when", party=Party.CALLER, words=(outraged,)))
    assert not speak(scorer, 2.0, 5.0)[-1].evidence
    scorer.hear_words(Said(id="vents", party=Party.CALLER, words=(outraged,)))
    assert {item.feature for item in speak(scorer, 7.0, 3.0)[-1].evidence} == {"words"}


def said_by_the_caller(id: str, at_s: float) -> Said:
    word = Word(
        party=Party.CALLER, span=Span(samples(at_s), samples(at_s + 0.5)), text=" thanks", probability=0.9
    )
    return Said(id=id, party=Party.CALLER, words=(word,))


@pytest.mark.parametrize("complaint", [0.0, 0.9])
def test_delight_speaks_against_heat_unless_there_is_a_complaint_beside_it(complaint: float) -> None:
    """A joyful voice is as loud and as high; what is said tells it from an angry one."""

    def hottest(id: str) -> float:
        scorer = TemperScorer(TemperSettings(), signal_weights={"delight": -0.8, "vents": complaint})
        speak(scorer, 0.0, 30.0)
        scorer.hear_words(said_by_the_caller("vents", 30.0))
        scorer.hear_words(said_by_the_caller(id, 30.5))
        return max(reading.score for reading in speak(scorer, 31.0, 6.0, **HEATED))

    plain, eased = hottest("something else"), hottest("delight")
    assert plain > 0.6
    if complaint:
        assert eased == pytest.approx(plain)
    else:
        assert eased < 0.75 * plain


@pytest.mark.parametrize("row", [Signal, partial(Rule, title=TITLE, severity="low", because=TITLE)])
def test_only_what_the_caller_says_speaks_for_the_callers_temper(row: Callable[..., Signal | Rule]) -> None:
    phrases = {"zh": ["荒唐"], "en": []}
    assert row(id="vents", who="caller", phrases=phrases, temper_weight=0.3).temper_weight == 0.3
    with pytest.raises(ValidationError, match="only what the caller says"):
        row(id="vents", who="agent", phrases=phrases, temper_weight=0.3)


def test_only_what_the_agent_does_gives_the_caller_cause_for_anger() -> None:
    rule = partial(Rule, id="refuses", title=TITLE, severity="low", because=TITLE, provokes=True)
    assert rule(who="agent").provokes
    with pytest.raises(ValidationError, match="only what the agent does"):
        rule(who="caller")


def test_a_refusal_and_a_cut_in_give_the_caller_cause_and_fade() -> None:
    heard: list[float] = []

    class Hearing:
        def judge(self, features: TemperFeatures) -> TemperJudgement:
            heard.append(features.cause)
            return TemperJudgement(heat=0.0, evidence=())

    def cause(scorer: TemperScorer, at_s: float = 1.0) -> float:
        speak(scorer, at_s, 0.5)
        return heard[-1]

    def refused(rule: str, party: Party) -> TemperScorer:
        scorer = TemperScorer(TemperSettings(), model=Hearing(), provoking=["refuses"])
        scorer.hear_words(AlertRaised(rule=rule, party=party, about=Span(0, samples(1.0))))
        return scorer

    assert cause(refused("refuses", Party.AGENT)) > 0.9
    assert cause(refused("refuses", Party.AGENT), at_s=300.0) < 0.01
    assert cause(refused("greets", Party.AGENT)) == 0.0
    assert cause(refused("refuses", Party.CALLER)) == 0.0
    scorer = TemperScorer(TemperSettings(), model=Hearing())
    scorer.hear(interruption(Party.CALLER, 1.0))
    assert cause(scorer) == 0.0
    scorer.hear(interruption(Party.AGENT, 1.0))
    assert cause(scorer) > 0.9


def test_another_model_can_judge() -> None:
    class Furious:
        def judge(self, features: TemperFeatures) -> TemperJudgement:
            return TemperJudgement(heat=1.0, evidence=())

    assert speak(TemperScorer(TemperSettings(), model=Furious()), 0.0, 8.0)[-1].state is TemperState.HOT


@given(st.floats(-5, 5))
def test_soft_step_stays_between_nought_and_one(value: float) -> None:
    assert 0.0 <= soft_step(value, -1.0, 2.0) <= 1.0


def test_a_caller_who_has_calmed_down_is_not_hot_for_what_was_said_before() -> None:
    """Within five seconds of calm speech, though words and cutting in were loud and clear."""
    scorer = TemperScorer(TemperSettings(), {"complaint": 0.9})
    speak(scorer, 0.0, 30.0)
    for at_s in (31.0, 34.0, 37.0):
        scorer.hear(interruption(Party.CALLER, at_s))
    about = Span(samples(33.0), samples(37.0))
    scorer.hear_words(AlertRaised(rule="complaint", party=Party.CALLER, about=about))
    heated = speak(scorer, 30.0, 12.0, **HEATED)
    assert heated[-1].state is TemperState.HOT
    calm = speak(scorer, 42.0, 30.0)
    left_s = next(reading.at for reading in calm if reading.state is not TemperState.HOT) / 16_000 - 42.0
    assert left_s < 8.0
    states = [reading.state for reading in calm]
    assert TemperState.HOT not in states[states.index(TemperState.RAISED) :], "no flapping"


def test_a_breath_in_mid_rage_is_no_calm() -> None:
    scorer = TemperScorer(TemperSettings())
    speak(scorer, 0.0, 30.0)
    speak(scorer, 30.0, 12.0, **HEATED)
    dip = speak(scorer, 42.0, 1.5)
    again = speak(scorer, 43.5, 6.0, **HEATED)
    assert {reading.state for reading in (*dip, *again)} == {TemperState.HOT}
