"""A call's events are gathered into the figures that its report shows."""

from __future__ import annotations

import pytest

from monitor.core import events
from monitor.core.events import AnyEvent
from monitor.report.facts import gather


def test_figures(told: list[AnyEvent]) -> None:
    facts = gather(told)
    assert facts.duration_s == 100.0
    assert facts.talk_s == {"agent": 27.0, "caller": 63.0}
    assert facts.overlap_s == 4.0
    assert facts.alerts_by_severity() == {"critical": 1, "high": 1}
    assert [i.of for i in facts.interruptions_by("agent")] == ["caller"]
    assert facts.interruptions_by("caller") == []
    assert facts.answer_gap_s == pytest.approx(4.0)
    assert facts.rate_syl_s("agent") == pytest.approx(4.2)
    assert facts.peak is not None
    assert facts.peak.state == "hot"
    assert 25 < facts.hot_s < 35


def test_alerts_and_cues_find_their_ends(told: list[AnyEvent]) -> None:
    facts = gather(told)
    first, second = facts.alerts
    assert first.cleared is not None
    assert first.cleared.cleared_at_s == 75.0
    assert second.cleared is None
    assert facts.cues[0].cleared is not None
    assert facts.cues[0].cleared.reason == "done"


def test_an_alert_stands_with_the_words_that_it_is_about(told: list[AnyEvent]) -> None:
    facts = gather(told)
    (said,) = [u for u in facts.utterances if u.text == "叫你们领导来！"]
    assert [alert.id for alert in said.alerts] == ["1", "2"]
    assert sum(len(u.alerts) for u in facts.utterances) == 2


def test_words_of_one_utterance_are_joined_as_the_language_writes_them() -> None:
    def part(text: str, at_s: float) -> events.WordsCommitted:
        item = events.WordItem(start_s=at_s, end_s=at_s + 1, text=text, probability=1.0)
        return events.WordsCommitted(
            t_s=at_s + 1,
            party="agent",
            utterance=1,
            start_s=at_s,
            end_s=at_s + 1,
            text=text.strip(),
            language="en",
            words=[item],
        )

    (said,) = gather([part(" Good morning,", 0.0), part(" how are you?", 1.0)]).utterances
    assert (said.text, said.start_s, said.end_s) == ("Good morning, how are you?", 0.0, 2.0)
    (said,) = gather([part("您好", 0.0), part("先生", 1.0)]).utterances
    assert said.text == "您好先生"


def test_a_call_cut_off_without_an_end_is_told_up_to_its_last_event(told: list[AnyEvent]) -> None:
    facts = gather([event for event in told if event.t_s < 50 and not isinstance(event, events.CallEnded)])
    assert facts.ended is None
    assert 49 < facts.duration_s < 50
    assert facts.talk_s == {"agent": pytest.approx(11.0), "caller": pytest.approx(17.5)}


def test_no_events_are_a_call_without_anything() -> None:
    facts = gather([])
    assert facts.duration_s == 0
    assert facts.peak is None
    assert facts.longest_silence is None
    assert facts.answer_gap_s is None
