"""Few cues: rests for rules and topics, a most within minutes, none that the agent does not need."""

from __future__ import annotations

from msgspec.structs import replace

from monitor.core.events import Alert, Stretch
from monitor.core.settings import CueSettings
from tests.core.test_cues import Screen, alert, outcomes, over


def shown_after(screen: Screen, at_s: float, told: Alert) -> bool:
    """Whether an alert at that time brings its cue at once; the cue before it has gone."""
    screen.until(at_s)
    before = len(screen.shown)
    screen.alerts(told)
    is_shown = len(screen.shown) > before
    screen.alerts(over(told.id, told.rule))
    return is_shown


def test_a_slight_matter_has_no_cue() -> None:
    screen = Screen(CueSettings())
    assert not shown_after(screen, 1, alert("a1", "slight", "low"))
    assert shown_after(screen, 2, alert("a2", "ends", "medium"))


def test_the_first_stage_of_a_rule_that_is_not_slight_has_a_cue() -> None:
    """Dead air: at 8 s it is news for the agent alone, at 20 s for the supervisor, too."""
    screen = Screen(CueSettings())
    screen.until(8)
    screen.alerts(alert("a1", "ends", "info"))
    assert len(screen.shown) == 1


def test_cues_rest_unless_a_severe_matter_comes() -> None:
    screen = Screen(CueSettings(most=20))
    assert shown_after(screen, 1, alert("a1", "ends"))
    assert not shown_after(screen, 30, alert("a2", "listen"))
    assert shown_after(screen, 32, alert("a3", "speak", "high"))
    assert not shown_after(screen, 60, alert("a4", "urgent", "high"))
    assert shown_after(screen, 100, alert("a5", "urgent", "high"))


def test_a_topic_rests_longer_and_a_rule_longest() -> None:
    screen = Screen(CueSettings(most=20))
    assert shown_after(screen, 1, alert("a1", "ends", topic="comfort"))
    assert not shown_after(screen, 80, alert("a2", "listen", topic="comfort"))
    assert shown_after(screen, 81, alert("a3", "listen", "critical", topic="comfort"))
    assert shown_after(screen, 210, alert("a4", "speak", topic="comfort"))
    assert not shown_after(screen, 238, alert("a5", "ends", "critical", topic="closing")), "the same rule"
    assert shown_after(screen, 300, alert("a6", "ends", topic="closing"))


def test_beyond_two_in_five_minutes_only_critical_ones_are_shown() -> None:
    screen = Screen(CueSettings())
    assert shown_after(screen, 1, alert("a1", "ends"))
    assert shown_after(screen, 81, alert("a2", "listen"))
    assert not shown_after(screen, 150, alert("a3", "urgent", "high"))
    assert shown_after(screen, 190, alert("a4", "short", "critical"))
    assert not shown_after(screen, 300, alert("a5", "urgent", "high"))
    assert shown_after(screen, 400, alert("a6", "urgent", "high"))


def test_what_the_caller_said_may_be_answered_without_a_cue() -> None:
    screen = Screen(CueSettings())
    screen.alerts(alert("a1", "apologise", party="caller"))
    screen.until(6)
    screen.says("非常抱歉")
    screen.until(30)
    assert screen.shown == []
    screen.alerts(alert("a2", "apologise", party="caller"))
    screen.until(39)
    assert screen.shown == []
    screen.until(41)
    assert screen.shown == ["apologise"]


def test_a_critical_matter_does_not_wait_for_the_agent() -> None:
    screen = Screen(CueSettings())
    screen.until(1)
    screen.alerts(alert("a1", "apologise", "critical", party="caller"))
    assert screen.shown == ["apologise"]


def test_a_rule_that_was_sent_away_in_earlier_calls_has_no_cue() -> None:
    screen = Screen(quiet=["ends"])
    assert not shown_after(screen, 1, alert("a1", "ends", "critical"))
    assert shown_after(screen, 2, alert("a2", "listen"))


def test_while_the_agent_has_put_cues_off_none_is_shown_and_none_was_ignored() -> None:
    screen = Screen()
    screen.alerts(alert("a1", "short"))
    screen.pauses()
    assert screen.cleared == [("short", "paused")]
    assert outcomes(screen) == [("short", "")]
    screen.until(20)
    screen.alerts(alert("a2", "listen", "critical"), alert("a3", "urgent", "critical"))
    screen.until(40)
    assert screen.shown == ["short"], "not even an urgent one"
    screen.pauses(False)
    assert screen.shown == ["short"], "what is stale by now is not shown late"
    screen.pauses()
    screen.alerts(alert("a4", "ends"))
    screen.until(43)
    screen.pauses()
    screen.pauses(False)
    assert screen.shown == ["short", "ends"], "what is still fresh is shown"
    screen.until(60)
    assert outcomes(screen) == [("short", "")]


FREELY = CueSettings(most=20, between_s=0, topic_rest_s=0, rule_rest_s=0)


def said_at(told: Alert, start_s: float, end_s: float) -> Alert:
    return replace(told, about=Stretch(start_s=start_s, end_s=end_s))


def test_words_alone_bring_no_cue_and_a_second_sign_does() -> None:
    screen = Screen(FREELY)
    assert not shown_after(screen, 20, said_at(alert("a1", "wordy", "high"), 18, 20))
    assert shown_after(screen, 40, said_at(alert("a2", "wordy_too"), 38, 40))
    assert shown_after(screen, 60, said_at(alert("a3", "wordy", "high"), 58, 60))


def test_the_same_words_or_the_same_rule_again_are_no_second_sign() -> None:
    screen = Screen(FREELY)
    assert not shown_after(screen, 20, said_at(alert("a1", "wordy"), 18, 20))
    assert not shown_after(screen, 21, said_at(alert("a2", "wordy_too"), 19, 21))
    screen = Screen(FREELY)
    assert not shown_after(screen, 20, said_at(alert("a1", "wordy"), 18, 20))
    assert not shown_after(screen, 50, said_at(alert("a2", "wordy"), 48, 50))


def test_a_sign_that_is_slight_or_long_ago_is_none() -> None:
    screen = Screen(FREELY)
    assert not shown_after(screen, 20, said_at(alert("a1", "wordy", "low"), 18, 20))
    assert not shown_after(screen, 40, said_at(alert("a2", "wordy_too"), 38, 40))
    assert not shown_after(screen, 140, said_at(alert("a3", "wordy"), 138, 140))


def test_what_is_measured_stands_alone_and_speaks_for_words_of_its_time() -> None:
    screen = Screen(FREELY)
    assert shown_after(screen, 20, said_at(alert("a1", "ends"), 5, 20))
    assert shown_after(screen, 21, said_at(alert("a2", "wordy"), 18, 20))


def test_a_cue_may_stand_alone_by_its_rule_or_by_the_settings() -> None:
    assert shown_after(Screen(FREELY), 20, alert("a1", "sure"))
    assert shown_after(Screen(CueSettings(second_sign_s=0)), 20, alert("a1", "wordy"))


def test_a_second_sign_that_comes_while_a_cue_waits_lets_it_be_shown() -> None:
    screen = Screen(FREELY)
    screen.until(20)
    screen.alerts(said_at(alert("a1", "wordy", "high"), 18, 20))
    screen.until(23)
    assert not screen.shown
    screen.alerts(said_at(alert("a2", "quiet_rule"), 22, 23))
    assert screen.shown == ["wordy"]
