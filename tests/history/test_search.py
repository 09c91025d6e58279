"""Finding calls of the past."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.core.events import Text
from monitor.errors import StoreError
from monitor.history import index as index_module
from monitor.history.index import index_path
from monitor.history.search import CONTEXT, Facets, History, PastCall, Question
from tests.history.made_calls import MadeCall

Remember = Callable[..., History]

ZH = MadeCall(
    "zh",
    agent="8012",
    started_at="2026-03-01T09:00:00.000Z",
    lines=[("caller", "我要投诉你们，三天了还没有退款"), ("agent", "很抱歉，我马上帮您查")],
    alerts=[("hot_temper", "high"), ("interrupting", "medium"), ("interrupting", "medium")],
    heat=[0.2, 0.9, 0.4],
    interruptions=["agent", "agent", "caller"],
    cues=["done", "ignored", "replaced"],
)
EN = MadeCall(
    "en",
    agent="8027",
    started_at="2026-03-02T09:00:00.000Z",
    lines=[("caller", "I want a refund now please"), ("agent", "let me look into the refund")],
    alerts=[("interrupting", "low")],
    reason="cut_off",
)
QUIET = MadeCall("quiet", agent="8012", started_at="2026-03-03T09:00:00.000Z", lines=[("agent", "您好")])


def ids(history: History, **question: object) -> list[str]:
    return [call.call_id for call in history.search(Question(**question)).calls]  # type: ignore[arg-type]


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.fixture
def three(remember: Remember) -> History:
    return remember(*(replace(call) for call in (ZH, EN, QUIET)))


def test_a_call_with_all_that_it_adds_up_to(three: History) -> None:
    call = three.search(Question(words="投诉")).calls[0]
    assert isinstance(call, PastCall)
    assert (call.call_id, call.agent, call.state, call.duration_s) == ("zh", "8012", "ended", 600.0)
    assert call.talk_s == {"agent": 200.0, "caller": 300.0}
    assert call.interruptions == {"agent": 2, "caller": 1}
    assert call.heat_peak == 0.9
    assert (call.cues, call.cues_followed) == (2, 1), "a cue that was replaced had no chance"
    assert call.alerts == {"high": 1, "medium": 2}
    assert [(one.rule, one.count) for one in call.rules] == [("hot_temper", 1), ("interrupting", 2)]
    assert call.rate_syl_s == {"agent": 5.0, "caller": 5.0}
    quiet = three.search(Question(agents=["8012"])).calls[0]
    assert (quiet.call_id, quiet.heat_peak, quiet.alerts, quiet.cues) == ("quiet", None, {}, 0)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ({}, ["quiet", "en", "zh"]),
        ({"agents": ["8012"]}, ["quiet", "zh"]),
        ({"agents": []}, []),
        ({"from_s": at("2026-03-02")}, ["quiet", "en"]),
        ({"from_s": at("2026-03-02"), "to_s": at("2026-03-03")}, ["en"]),
        ({"rules": ["interrupting"]}, ["en", "zh"]),
        ({"severity": "medium"}, ["zh"]),
        ({"rules": ["interrupting"], "severity": "high"}, []),
        ({"states": ["cut_off"]}, ["en"]),
        ({"states": ["ended", "failed"]}, ["quiet", "zh"]),
        ({"words": "退款"}, ["zh"]),
        ({"words": "您"}, ["quiet", "zh"]),
        ({"words": "refund"}, ["en"]),
        ({"words": "refu look"}, ["en"]),
        ({"words": '"want refund"'}, []),
        ({"words": "refund 退款"}, []),
        ({"words": "refund", "agents": ["8012"]}, []),
        ({"words": "？"}, []),
    ],
)
def test_each_filter_and_several_at_once(
    three: History, question: dict[str, object], expected: list[str]
) -> None:
    assert ids(three, **question) == expected
    assert three.search(Question(**question)).total == len(expected)  # type: ignore[arg-type]


def test_a_place_is_shown_with_its_context_and_its_second(three: History) -> None:
    hits = three.search(Question(words="退款")).calls[0].hits
    assert [(hit.party, hit.at_s, hit.before, hit.match, hit.after) for hit in hits] == [
        ("caller", 14.0, "我要投诉你们，三天了还没有", "退款", "")
    ]
    hits = three.search(Question(words="refund")).calls[0].hits
    assert [(hit.party, hit.at_s, hit.match) for hit in hits] == [
        ("caller", 4.0, "refund"),
        ("agent", 16.0, "refund"),
    ]
    assert hits[0].before + hits[0].match + hits[0].after == "I want a refund now please"


def test_a_long_context_is_cut_and_many_places_are_few(remember: Remember) -> None:
    line = "好" * 100 + "退款" + "好" * 100
    history = remember(MadeCall("long", lines=[("caller", line)] * 9))
    hits = history.search(Question(words="退款")).calls[0].hits
    assert len(hits) == 3
    assert hits[0].before == "…" + "好" * CONTEXT
    assert hits[0].after == "好" * CONTEXT + "…"


def test_pages_follow_one_another_without_hole_or_double(remember: Remember) -> None:
    history = remember(*(MadeCall(f"call-{number}", lines=[("agent", "你好")]) for number in range(7)))
    seen: list[str] = []
    before: int | None = None
    for _ in range(10):
        page = history.search(Question(words="你"), limit=3, before=before)
        assert page.total == 7
        seen += [call.call_id for call in page.calls]
        before = page.next_before
        if before is None:
            break
    assert seen == [f"call-{number}" for number in reversed(range(7))]


def test_what_can_be_searched_for(three: History) -> None:
    titles = {
        "hot_temper": Text("规则hot_temper", "Rule hot_temper"),
        "interrupting": Text("规则interrupting", "Rule interrupting"),
    }
    assert three.facets(None) == Facets(agents=["8012", "8027"], rules=titles)
    assert three.facets({"8027", "9999"}).agents == ["8027"]


def test_an_index_that_cannot_be_read_is_told_as_the_disk_s(tmp_path: Path) -> None:
    index_path(tmp_path).write_bytes(b"no database " * 1000)
    with closing(History(tmp_path)) as history:
        for _ in range(2):
            with pytest.raises(StoreError) as caught:
                history.search(Question())
            assert caught.value.code == "store.damaged"


def test_without_an_index_there_is_nothing(tmp_path: Path) -> None:
    history = History(tmp_path / "none")
    assert history.search(Question(words="x")).calls == []
    assert history.facets(None).agents == []


def test_where_sqlite_has_no_fts5_the_same_is_found(
    remember: Remember, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_WORDS", "CREATE VIRTUAL TABLE words USING nothing(text)")
    history = remember(*(replace(call) for call in (ZH, EN, QUIET)))
    for words, expected in {
        "退款": ["zh"],
        "您": ["quiet", "zh"],
        "refu look": ["en"],
        '"want refund"': [],
    }.items():
        assert ids(history, words=words) == expected
    assert history.search(Question(words="refund")).calls[0].hits[1].at_s == 16.0
    assert not history._has_words(), "words were looked for one by one"
