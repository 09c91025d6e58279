"""What many calls add up to."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from monitor.history.search import History, Question
from monitor.history.trends import Sums, trends
from tests.history.made_calls import MadeCall

Remember = Callable[..., History]


def made(call_id: str, started_at: str, **parts: object) -> MadeCall:
    return MadeCall(call_id, started_at=started_at, lines=[("agent", "你好")], **parts)  # type: ignore[arg-type]


@pytest.fixture
def three(remember: Remember) -> History:
    return remember(
        made(
            "a",
            "2026-03-01T23:30:00.000Z",
            alerts=[("r", "low")] * 3,
            interruptions=["agent"],
            rate_syl_s=4.0,
        ),
        made("b", "2026-03-02T01:00:00.000Z", cues=["done", "ignored"], rate_syl_s=6.0, agent="8027"),
        made(
            "c", "2026-03-05T12:00:00.000Z", duration_s=1200.0, interruptions=["caller"] * 2, rate_syl_s=None
        ),
    )


def test_by_day_with_the_days_between(three: History) -> None:
    days = trends(three, Question(), "day")
    assert [day.key for day in days] == [f"2026-03-0{number}" for number in range(1, 6)]
    assert [day.calls for day in days] == [1, 1, 0, 0, 1]
    assert days[0].alerts == 3
    assert days[0].hours == pytest.approx(1 / 6, abs=1e-4)
    assert (days[1].cues, days[1].cues_followed) == (2, 1)
    assert days[4].interruptions == {"agent": 0, "caller": 2}
    assert (days[0].rate_syl_s, days[4].rate_syl_s) == (4.0, None)


def test_a_day_is_the_viewer_s(three: History) -> None:
    days = trends(three, Question(), "day", ZoneInfo("Asia/Shanghai"))
    assert [(day.key, day.calls) for day in days][:2] == [("2026-03-02", 2), ("2026-03-03", 0)]
    assert days[0].rate_syl_s == 5.0, "both calls' agents talked as long"


def test_what_finds_no_call_has_no_sums(three: History) -> None:
    for words in ("!!!", "unsaid"):
        assert three.search(Question(words=words)).total == 0
        assert trends(three, Question(words=words), "day") == []


def test_by_week_and_by_agent(three: History) -> None:
    weeks = trends(three, Question(), "week")
    assert [(week.key, week.calls) for week in weeks] == [("2026-02-23", 1), ("2026-03-02", 2)]
    agents = trends(three, Question(), "agent")
    assert [(agent.key, agent.calls, agent.alerts) for agent in agents] == [("8012", 2, 3), ("8027", 1, 0)]
    assert [one.key for one in trends(three, Question(agents=["8027"]), "agent")] == ["8027"]
    assert trends(three, Question(agents=[]), "day") == []


def test_nothing_is_said_of_anybody_s_temper() -> None:
    assert not {
        name for name in Sums.__struct_fields__ if "heat" in name or "temper" in name or "hot" in name
    }
