"""The cue desk: one calm line, and it goes when the agent does what it asks."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from monitor.core.alerts import AlertEvent
from monitor.core.audio import Party
from monitor.core.clock import BLOCK_SAMPLES, Span, samples, seconds
from monitor.core.cues import CueDesk, CueEvent
from monitor.core.events import Alert, AlertCleared, Cue, CueCleared, Stretch, Text
from monitor.core.facts import Ipu, ProsodyFrame, Said, Severity, SpeechStarted, TimelineEvent, Word, Words
from monitor.core.inputs import CueAnswer
from monitor.core.playbook.listener import Listener
from monitor.core.playbook.model import CueText, Phrases, Rule, RuleBook, Sentence, Variant
from monitor.core.settings import CueSettings

A, C = Party.AGENT, Party.CALLER


def rule(id_: str, cue: CueText | None, **changes: object) -> Rule:
    row: dict[str, object] = {
        "id": id_,
        "title": Sentence(zh="标题", en=id_),
        "severity": Severity.MEDIUM,
        "because": Sentence(zh="因为", en="because"),
        "cue": cue,
    }
    return Rule.model_validate({**row, **changes})


def cue(clears_when: str = "alert_ends", **changes: object) -> CueText:
    row = {"text": Sentence(zh="请让客户说完", en="Let them finish"), "clears_when": clears_when, **changes}
    return CueText.model_validate(row)


BOOK = RuleBook(
    [
        rule("quiet_rule", None),
        rule("pace", cue("agent_slows"), variants={C: Variant(has_cue=False)}),
        rule("ends", cue("alert_ends")),
        rule("slight", cue("alert_ends"), severity=Severity.LOW),
        rule("listen", cue("agent_listens", say=Sentence(zh="您请讲", en="Please go on"))),
        rule("speak", cue("agent_speaks")),
        rule("apologise", cue("agent_says", clearing_phrases=Phrases(zh=("对不起|抱歉",), en=("sorry",)))),
        rule("short", cue("alert_ends", expires_s=5.0)),
        rule("urgent", cue("alert_ends", is_urgent=True)),
        rule("signalled", cue("agent_says", clears_on=("comfort",))),
        rule("wordy", cue(), who=A, phrases=Phrases(zh=("没办法",), en=("no way",))),
        rule("wordy_too", cue(), who=A, phrases=Phrases(zh=("不归我管",), en=("not my job",))),
        rule("sure", cue(stands_alone=True), who=A, phrases=Phrases(zh=("滚",), en=("get lost",))),
    ]
)


def alert(
    id_: str, rule_id: str, severity: str = "medium", party: str | None = "agent", topic: str = ""
) -> Alert:
    text = Text(zh="", en="")
    return Alert(
        t_s=0.0,
        id=id_,
        rule=rule_id,
        title=text,
        severity=severity,  # type: ignore[arg-type]
        party=party,  # type: ignore[arg-type]
        about=Stretch(start_s=0.0, end_s=1.0),
        raised_at_s=0.0,
        because=text,
        evidence=[],
        topic=topic or rule_id,
    )


def over(id_: str, rule_id: str, reason: str = "ended") -> AlertCleared:
    return AlertCleared(t_s=0.0, id=id_, rule=rule_id, cleared_at_s=0.0, reason=reason)


MANY = CueSettings(
    least=Severity.INFO, grace_s=0.0, between_s=8.0, topic_rest_s=0.0, rule_rest_s=0.0, most=100, stale_s=10.0
)
"""Lets nearly every cue through: what the tests of one cue's life need."""


class Screen:
    """A cue desk, its clock, and all that it said."""

    def __init__(self, settings: CueSettings = MANY, quiet: Iterable[str] = ()) -> None:
        self.desk = CueDesk(BOOK, settings, quiet)
        self.listener = Listener(BOOK)
        self.now = 0
        self.told: list[CueEvent] = []

    def alerts(self, *alerts: AlertEvent) -> None:
        self.told += self.desk.on_alerts(alerts, self.now)

    def hears(self, event: TimelineEvent) -> None:
        self.told += self.desk.on_event(event, self.now)

    def until(self, end_s: float) -> None:
        while self.now < samples(end_s):
            self.now += BLOCK_SAMPLES
            self.told += self.desk.on_tick(self.now)

    def speaks(self, party: Party, end_s: float) -> None:
        start = self.now
        self.hears(SpeechStarted(party=party, at=start))
        self.until(end_s)
        self.hears(Ipu(party=party, span=Span(start, self.now)))

    def says(self, text: str, party: Party = A) -> None:
        word = Word(party=party, span=Span(self.now - 1600, self.now), text=text, probability=0.9)
        words = Words(party=party, words=(word,), language="zh", utterance=1)
        self.hears(words)
        for said in self.listener.on_event(words, self.now):
            self.told += self.desk.on_said(said, self.now)

    def answers(self, cue_id: str, answer: str) -> None:
        self.told += self.desk.on_answer(CueAnswer(cue_id=cue_id, answer=answer), self.now)  # type: ignore[arg-type]

    def pauses(self, is_paused: bool = True) -> None:
        self.told += self.desk.on_pause(is_paused=is_paused, now=self.now)

    def signals(self, id_: str, party: Party = A) -> None:
        word = Word(party=party, span=Span(self.now - 1600, self.now), text="话", probability=0.9)
        self.told += self.desk.on_said(Said(id=id_, party=party, words=(word,)), self.now)

    @property
    def shown(self) -> list[str]:
        return [event.rule for event in self.told if isinstance(event, Cue)]

    @property
    def cleared(self) -> list[tuple[str, str]]:
        return [(event.rule, event.reason) for event in self.told if isinstance(event, CueCleared)]


def test_a_cue_is_shown_with_its_wording() -> None:
    screen = Screen()
    screen.until(3.0)
    screen.alerts(alert("a1", "listen", "high"))
    (event,) = screen.told
    assert isinstance(event, Cue)
    assert (event.id, event.rule, event.severity, event.raised_at_s) == ("c1", "listen", "high", 3.0)
    assert event.text == Text(zh="请让客户说完", en="Let them finish")
    assert event.say == Text(zh="您请讲", en="Please go on")
    assert event.clears_when.zh
    assert event.clears_when.en


def test_a_rule_without_a_cue_and_a_party_without_one_show_nothing() -> None:
    screen = Screen()
    screen.alerts(alert("a1", "quiet_rule"), alert("a2", "pace", party="caller"))
    screen.until(30)
    assert screen.told == []


def test_the_most_severe_of_two_is_shown_then_the_other_when_there_is_room() -> None:
    screen = Screen()
    screen.hears(SpeechStarted(party=A, at=0))
    screen.alerts(alert("a1", "ends", "low"), alert("a2", "listen", "high"))
    assert screen.shown == []
    screen.hears(Ipu(party=A, span=Span(0, 1600)))
    screen.until(0.2)
    assert screen.shown == ["listen"]


def test_withheld_while_the_agent_speaks() -> None:
    screen = Screen()
    screen.hears(SpeechStarted(party=A, at=0))
    screen.until(1)
    screen.alerts(alert("a1", "ends", "high"))
    screen.until(3)
    assert screen.shown == []
    screen.hears(Ipu(party=A, span=Span(0, screen.now)))
    screen.until(3.2)
    assert screen.shown == ["ends"]


def test_critical_is_shown_at_once() -> None:
    screen = Screen()
    screen.hears(SpeechStarted(party=A, at=0))
    screen.alerts(alert("a1", "ends", "critical"))
    assert screen.shown == ["ends"]


def test_a_cue_that_came_too_late_is_dropped() -> None:
    screen = Screen()
    screen.alerts(alert("a1", "ends"))
    screen.speaks(A, 1)
    screen.alerts(alert("a2", "listen"))
    screen.until(12)
    assert screen.shown == ["ends"]
    screen.alerts(over("a1", "ends"))
    screen.until(30)
    assert screen.shown == ["ends"]


def test_replaced_only_by_a_more_severe_one() -> None:
    screen = Screen()
    screen.alerts(alert("a1", "ends", "medium"))
    screen.alerts(alert("a2", "speak", "medium"))
    assert screen.shown == ["ends"]
    screen.alerts(alert("a3", "listen", "high"))
    assert screen.shown == ["ends", "listen"]
    assert screen.cleared == [("ends", "replaced")]


def test_rest_between_two_cues() -> None:
    screen = Screen()
    screen.alerts(alert("a1", "ends"))
    screen.until(3)
    screen.alerts(over("a1", "ends"))
    screen.until(4)
    screen.alerts(alert("a2", "listen"))
    screen.until(10.9)
    assert screen.shown == ["ends"]
    screen.until(11.1)
    assert screen.shown == ["ends", "listen"]


def test_a_more_severe_one_does_not_wait_for_the_rest() -> None:
    screen = Screen()
    screen.alerts(alert("a1", "ends", "low"))
    screen.alerts(over("a1", "ends"))
    screen.alerts(alert("a2", "listen", "high"))
    assert screen.shown == ["ends", "listen"]


def test_done_when_the_alert_ends() -> None:
    screen = Screen()
    screen.alerts(alert("a1", "ends"))
    screen.until(4)
    screen.alerts(over("a1", "ends"))
    assert screen.cleared == [("ends", "done")]


@pytest.mark.parametrize("reason", ["call_ended", "over", "quiet"])
@pytest.mark.parametrize("rule_id", ["ends", "pace"])
def test_an_alert_that_ends_by_itself_is_not_the_agent_s_doing(rule_id: str, reason: str) -> None:
    screen = Screen()
    screen.alerts(alert("a1", rule_id))
    screen.alerts(over("a1", rule_id, reason))
    assert screen.cleared == [(rule_id, "ended")]


def test_done_when_the_agent_listens_but_not_in_a_silence() -> None:
    screen = Screen()
    screen.alerts(alert("a1", "listen"))
    screen.until(4)
    assert screen.cleared == []
    screen.speaks(C, 5.5)
    assert screen.cleared == []
    screen.speaks(C, 6.5)
    assert screen.cleared == [("listen", "done")]


def test_talking_on_is_not_listening() -> None:
    screen = Screen()
    screen.alerts(alert("a1", "listen"))
    screen.hears(SpeechStarted(party=A, at=screen.now))
    screen.speaks(C, 6)
    assert screen.cleared == []


def test_done_when_the_agent_says_so() -> None:
    screen = Screen()
    screen.alerts(alert("a1", "apologise"))
    screen.until(2)
    screen.says("您的包裹明天到")
    screen.says("实在抱歉", party=C)
    screen.until(4)
    assert screen.cleared == []
    screen.says("非常抱歉")
    screen.until(6)
    assert screen.cleared == [("apologise", "done")]


def test_what_was_said_before_the_cue_does_not_clear_it() -> None:
    screen = Screen()
    screen.until(5)
    screen.says("非常抱歉")
    screen.alerts(alert("a1", "apologise"))
    screen.until(8)
    assert screen.cleared == []


def test_done_when_the_agent_speaks() -> None:
    screen = Screen()
    screen.until(10)
    screen.alerts(alert("a1", "speak", party=None))
    screen.until(13)
    screen.hears(SpeechStarted(party=A, at=screen.now))
    assert screen.cleared == [("speak", "done")]


def test_ended_when_the_caller_speaks_first() -> None:
    screen = Screen()
    screen.until(10)
    screen.alerts(alert("a1", "speak", party=None))
    screen.alerts(over("a1", "speak", "speech"))
    assert screen.cleared == [("speak", "ended")]


def test_an_escalated_alert_keeps_its_cue() -> None:
    screen = Screen()
    screen.alerts(alert("a1", "speak", "info", party=None))
    screen.until(12)
    screen.alerts(over("a1", "speak", "escalated"), alert("a2", "speak", "medium", party=None))
    assert screen.shown == ["speak"]
    assert screen.cleared == []
    screen.hears(SpeechStarted(party=A, at=screen.now))
    assert screen.cleared == [("speak", "done")]


def test_done_when_the_agent_slows_down() -> None:
    screen = Screen()
    screen.alerts(alert("a1", "pace"))
    for ratio, until in ((1.4, 4.0), (1.02, 8.0)):
        while screen.now < samples(until):
            screen.until(seconds(screen.now) + 0.1)
            screen.hears(prosody(screen.now, ratio))
        assert screen.cleared == ([] if ratio > 1.1 else [("pace", "done")])


def prosody(at: int, ratio: float) -> ProsodyFrame:
    return ProsodyFrame(
        party=A,
        at=at,
        f0_hz=None,
        f0_st=None,
        level_dbfs=-25.0,
        level_db=0.0,
        voicing=0.5,
        rate_syl_s=4.5 * ratio,
        rate_ratio=ratio,
        alpha_db=None,
        alpha_delta_db=None,
        confidence=1.0,
    )


def test_a_cue_expires() -> None:
    screen = Screen()
    screen.alerts(alert("a1", "short"))
    screen.until(4.9)
    assert screen.cleared == []
    screen.until(5.0)
    assert screen.cleared == [("short", "expired")]


def test_the_end_of_the_call_takes_the_cue_away() -> None:
    screen = Screen()
    screen.alerts(alert("a1", "ends"))
    screen.told += screen.desk.finish(samples(1))
    assert screen.cleared == [("ends", "ended")]


def test_at_most_one_cue_is_ever_open() -> None:
    screen = Screen()
    rules = ["ends", "listen", "speak", "short", "apologise"]
    for number in range(60):
        severity = ["low", "medium", "high", "critical"][number % 4]
        screen.alerts(alert(f"a{number}", rules[number % 5], severity))
        screen.until(seconds(screen.now) + 1.5)
    is_open = 0
    for event in screen.told:
        is_open += 1 if isinstance(event, Cue) else -1
        assert is_open in (0, 1)


def outcomes(screen: Screen) -> list[tuple[str, str]]:
    return [(event.rule, event.outcome) for event in screen.told if isinstance(event, CueCleared)]


def test_an_urgent_cue_does_not_wait_for_the_agent() -> None:
    screen = Screen()
    screen.hears(SpeechStarted(party=A, at=0))
    screen.until(1)
    screen.alerts(alert("a1", "ends", "high"), alert("a2", "urgent", "high"))
    assert screen.shown == ["urgent"]


def test_done_when_a_signal_says_so() -> None:
    screen = Screen()
    screen.until(1)
    screen.alerts(alert("a1", "signalled"))
    screen.until(2)
    screen.signals("apology")
    screen.signals("comfort", C)
    assert screen.cleared == []
    screen.signals("comfort")
    assert screen.cleared == [("signalled", "done")]


def test_done_when_what_was_left_unsaid_is_said() -> None:
    screen = Screen()
    screen.alerts(alert("a1", "signalled"))
    screen.until(2)
    screen.alerts(over("a1", "signalled", "said"))
    assert outcomes(screen) == [("signalled", "done")]


@pytest.mark.parametrize("answer", ["done", "dismissed", "not_helpful"])
def test_the_agent_answers_a_cue(answer: str) -> None:
    screen = Screen()
    screen.alerts(alert("a1", "ends"))
    screen.answers("c7", answer)
    assert screen.cleared == []
    screen.answers("c1", answer)
    screen.answers("c1", answer)
    assert screen.cleared == [("ends", answer)]
    assert outcomes(screen) == [("ends", answer)]


def test_what_nobody_heeded_was_ignored_and_what_was_taken_away_was_not() -> None:
    screen = Screen()
    screen.alerts(alert("a1", "short"))
    screen.until(6)
    assert outcomes(screen) == [("short", "ignored")]
    screen.until(20)
    screen.alerts(alert("a2", "ends"), alert("a3", "listen", "high"))
    screen.until(21)
    screen.alerts(alert("a4", "urgent", "critical"))
    assert outcomes(screen)[-1] == ("listen", "")


def test_a_rule_that_is_sent_away_again_and_again_is_quiet_for_a_while() -> None:
    screen = Screen()
    for number in range(1, 4):
        screen.alerts(alert(f"a{number}", "ends"))
        screen.answers(f"c{number}", "dismissed")
        screen.until(30.0 * number)
    assert screen.shown == ["ends", "ends"], "quiet after the second time"
    screen.alerts(alert("a8", "listen"))
    assert screen.shown[-1] == "listen", "other rules are not"
    screen.answers("c3", "done")
    screen.until(700)
    screen.alerts(alert("a9", "ends"))
    assert screen.shown[-1] == "ends"
