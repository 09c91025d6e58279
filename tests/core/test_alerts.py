"""The alert desk: one open alert for each rule and key, cool-down, sentences."""

from __future__ import annotations

import pytest

from monitor.core.alerts import AlertDesk
from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.events import Alert, AlertCleared, Stretch, Text
from monitor.core.evidence import FEATURES, evidence_items, label
from monitor.core.facts import AlertEnded, AlertRaised, Evidence, Severity
from monitor.core.playbook.model import Rule, RuleBook, Sentence, Variant


def rule(id_: str = "raised_voice", **changes: object) -> Rule:
    row: dict[str, object] = {
        "id": id_,
        "title": Sentence(zh="音量升高", en="Raised voice"),
        "severity": Severity.MEDIUM,
        "because": Sentence(
            zh="{who}音量升高 {level_db} 分贝:{evidence}", en="The {who}, not the {other}: {evidence}"
        ),
        "clears_after_s": 15.0,
        "cool_down_s": 30.0,
    }
    return Rule.model_validate({**row, **changes})


def raised(id_: str = "raised_voice", **changes: object) -> AlertRaised:
    values: dict[str, object] = {
        "rule": id_,
        "party": Party.CALLER,
        "about": Span(samples(1.0), samples(4.0)),
        "evidence": (
            Evidence(feature="level", value=6.2, unit="dB"),
            Evidence(feature="f0", value=3.0, unit="st"),
        ),
        "values": {"level_db": 6.2},
    }
    return AlertRaised(**{**values, **changes})  # type: ignore[arg-type]


def at(seconds_: float) -> int:
    return samples(seconds_)


@pytest.mark.parametrize(
    "written", ["{", "{0}", "{}", "{nothing}", "{who:>900000000}", "{who.__class__}", "{who!r:>20}", "{{who}"]
)
def test_a_sentence_of_a_playbook_can_do_nothing_but_name_values(written: str) -> None:
    hostile = rule(because=Sentence(zh="因", en=f"{{level_db}} dB, {written}"))
    (alert,) = AlertDesk(RuleBook([hostile])).receive(raised(), at(5.0))
    assert isinstance(alert, Alert)
    assert alert.because.en == f"6.2 dB, {written.replace('{who}', 'caller')}"


def test_what_was_said_fills_no_placeholder_of_its_own() -> None:
    quoting = rule(because=Sentence(zh="因", en="“{phrase}”, said the {who}"))
    (alert,) = AlertDesk(RuleBook([quoting])).receive(raised(values={"phrase": "a {who}"}), at(5.0))
    assert isinstance(alert, Alert)
    assert alert.because.en == "“a {who}”, said the caller"


def test_an_alert_carries_its_reasons_in_both_languages() -> None:
    (alert,) = AlertDesk(RuleBook([rule()])).receive(raised(), at(5.0))
    assert isinstance(alert, Alert)
    assert (alert.id, alert.severity, alert.party) == ("a1", "medium", "caller")
    assert (alert.t_s, alert.raised_at_s, alert.about) == (5.0, 5.0, Stretch(start_s=1.0, end_s=4.0))
    assert alert.because.zh == "客户音量升高 6.2 分贝:音量比平时高 6.2 分贝,音调比平时高 3 个半音".replace(
        "分贝,", "分贝，"
    )
    assert (
        alert.because.en
        == "The caller, not the agent: level 6.2 dB above own usual, pitch 3 semitones above own usual"
    )


def test_ids_count_up_and_severity_may_come_with_the_judgement() -> None:
    desk = AlertDesk(RuleBook([rule(), rule("hot_temper")]))
    desk.receive(raised(), at(1))
    (second,) = desk.receive(raised("hot_temper", severity=Severity.INFO), at(2))
    assert isinstance(second, Alert)
    assert (second.id, second.severity) == ("a2", "info")
    assert desk.open_ids == ("a1", "a2")


def test_a_variant_has_its_own_words() -> None:
    words = Variant(title=Sentence(zh="客户音量升高", en="Caller is loud"), severity=Severity.LOW)
    (alert,) = AlertDesk(RuleBook([rule(variants={Party.CALLER: words})])).receive(raised(), at(1))
    assert isinstance(alert, Alert)
    assert (alert.title, alert.severity) == (Text(zh="客户音量升高", en="Caller is loud"), "low")


def test_what_is_open_is_not_raised_again() -> None:
    desk = AlertDesk(RuleBook([rule()]))
    desk.receive(raised(key="caller"), at(1))
    assert desk.receive(raised(key="caller"), at(2)) == []
    assert len(desk.receive(raised(key="agent"), at(3))) == 1


def test_an_end_clears_the_alert() -> None:
    desk = AlertDesk(RuleBook([rule()]))
    desk.receive(raised(), at(1))
    (cleared,) = desk.receive(AlertEnded(rule="raised_voice", reason="calmer"), at(9))
    assert cleared == AlertCleared(t_s=9.0, id="a1", rule="raised_voice", cleared_at_s=9.0, reason="calmer")
    assert desk.receive(AlertEnded(rule="raised_voice"), at(10)) == []


def test_a_rule_that_names_no_cool_down_speaks_again_after_15_s() -> None:
    plain = Rule.model_validate(rule().model_dump(exclude={"cool_down_s"}))
    desk = AlertDesk(RuleBook([plain]))
    desk.receive(raised(is_momentary=True), at(1))
    assert len(desk.on_tick(at(16))) == 1
    assert desk.receive(raised(is_momentary=True), at(30)) == []
    assert len(desk.receive(raised(is_momentary=True), at(31))) == 1


def test_a_lasting_finding_waits_for_the_cool_down() -> None:
    desk = AlertDesk(RuleBook([rule()]))
    desk.receive(raised(), at(1))
    desk.receive(AlertEnded(rule="raised_voice"), at(10))
    assert desk.receive(raised(), at(20)) == []
    assert desk.on_tick(at(39.9)) == []
    (late,) = desk.on_tick(at(40))
    assert isinstance(late, Alert)
    assert (late.id, late.raised_at_s) == ("a2", 40.0)


def test_a_finding_that_is_over_before_the_cool_down_is_never_told() -> None:
    desk = AlertDesk(RuleBook([rule()]))
    desk.receive(raised(), at(1))
    desk.receive(AlertEnded(rule="raised_voice"), at(10))
    desk.receive(raised(), at(20))
    assert desk.receive(AlertEnded(rule="raised_voice"), at(25)) == []
    assert desk.on_tick(at(60)) == []


def test_an_escalated_alert_gives_way_without_a_cool_down() -> None:
    desk = AlertDesk(RuleBook([rule("dead_air")]))
    desk.receive(raised("dead_air"), at(8))
    desk.receive(AlertEnded(rule="dead_air", reason="escalated"), at(20))
    assert len(desk.receive(raised("dead_air", key="long"), at(20))) == 1


def test_a_momentary_alert_ends_by_itself_and_is_kept_by_repetition() -> None:
    desk = AlertDesk(RuleBook([rule()]))
    desk.receive(raised(is_momentary=True), at(0))
    desk.receive(raised(is_momentary=True), at(10))
    assert desk.on_tick(at(24.9)) == []
    (cleared,) = desk.on_tick(at(25))
    assert isinstance(cleared, AlertCleared)
    assert desk.receive(raised(is_momentary=True), at(30)) == [], "the rule cools down"
    assert len(desk.receive(raised(is_momentary=True), at(55))) == 1


def test_a_rule_that_is_switched_off_is_silent() -> None:
    desk = AlertDesk(RuleBook([]))
    assert desk.receive(raised(), at(1)) == []
    assert desk.receive(AlertEnded(rule="raised_voice"), at(2)) == []


def test_the_end_of_the_call_clears_everything() -> None:
    desk = AlertDesk(RuleBook([rule(), rule("hot_temper")]))
    desk.receive(raised(), at(1))
    desk.receive(raised("hot_temper"), at(2))
    cleared = desk.finish(at(9))
    assert [event.reason for event in cleared if isinstance(event, AlertCleared)] == ["call_ended"] * 2
    assert desk.open_ids == ()


def test_braces_in_words_that_were_said_are_harmless() -> None:
    spoken = rule(because=Sentence(zh="说了 {phrase} {nothing}", en="said {phrase} {nothing}"))
    (alert,) = AlertDesk(RuleBook([spoken])).receive(raised(values={"phrase": "{evidence}"}), at(1))
    assert isinstance(alert, Alert)
    assert alert.because.en == "said {evidence} {nothing}"


@pytest.mark.parametrize(
    ("evidence", "zh", "en"),
    [
        (
            Evidence(feature="level", value=6.24, unit="dB"),
            "音量比平时高 6.2 分贝",
            "level 6.2 dB above own usual",
        ),
        (
            Evidence(feature="level", value=-3.0, unit="dB"),
            "音量比平时低 3 分贝",
            "level 3 dB below own usual",
        ),
        (
            Evidence(feature="rate_ratio", value=1.38, unit="x"),
            "语速比平时快 38%",
            "38% faster than own usual",
        ),
        (
            Evidence(feature="rate_ratio", value=0.55, unit="x"),
            "语速比平时慢 45%",
            "45% slower than own usual",
        ),
        (
            Evidence(feature="words", value=0.8, unit=""),
            "话里带着不满（强度 80%）",
            "the words show anger (strength 80%)",
        ),
        (Evidence(feature="phrase", value="不行", unit=""), "说了“不行”", 'said "不行"'),
        (Evidence(feature="moon_phase", value=0.25, unit=""), "moon_phase 0.2", "moon_phase 0.2"),
    ],
)
def test_evidence_in_words(evidence: Evidence, zh: str, en: str) -> None:
    assert label(evidence) == Text(zh=zh, en=en)


def test_every_feature_has_a_sentence_for_either_sign() -> None:
    items = evidence_items(
        Evidence(feature=feature, value=value, unit="") for feature in FEATURES for value in (0.4, -0.4, 0.0)
    )
    assert all("{" not in item.label.zh + item.label.en for item in items)
    assert all("--" not in item.label.en for item in items)
