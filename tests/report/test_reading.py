"""What was read of a call in its report: page, JSON, CSV, and the scorecard's points."""

from __future__ import annotations

import csv
import io
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import events
from monitor.core.events import AnyEvent, Text
from monitor.report import ReportFormat, build, build_csv, build_json, build_report, format_of
from monitor.report.data import COLUMNS
from monitor.report.facts import gather
from monitor.report.scorecard import scorecard, total
from monitor.report.story import named_by, phases, stood_out, timeline
from monitor.report.wording import summary

from .conftest import alert_of


def leaning(name: str, score: float, at_s: float, words: str = "必须") -> events.Leaning:
    """A type or need with one reason."""
    return events.Leaning(
        name=name,
        title=Text(zh=f"{name}型", en=name.title()),
        score=score,
        is_named=score >= 0.5,
        meet=Text(zh="先尊重", en="Show respect") if score >= 0.5 else None,
        proofs=[events.ReadingProof(at_s=at_s, text=Text(zh=f"说了“{words}”", en=f"said “{words}”"))],
    )


def reading(at_s: float, phase: events.PhaseName, score: float, **more: object) -> events.Reading:
    """A snapshot in which a commanding caller wants it solved."""
    given: dict[str, object] = {
        "is_complaint": True,
        "slots": [events.SlotFilled(slot="demand", words="马上给我送来", at_s=12.0)],
        "promises": [],
        "concessions": [],
        "counts": [events.SaidCount(what="apology", total=2, recent=1, limit=3, window_s=120.0)],
        "risk": score,
        "risks": [
            events.RiskReason(
                kind="leader",
                share=score,
                title=Text(zh="要求找领导", en="asks for a manager"),
                proofs=[events.ReadingProof(at_s=at_s, text=Text(zh="说了“领导”", en="said “manager”"))],
            )
        ],
    }
    return events.Reading(
        t_s=at_s,
        phase=phase,
        phase_since_s=at_s - 0.5,
        has_account_ended=phase != "first_account",
        types=[leaning("commanding", score, at_s)],
        needs=[leaning("resolve", score / 2, at_s, "什么时候")],
        **(given | more),  # type: ignore[arg-type]
    )


@pytest.fixture
def read(told: list[AnyEvent]) -> list[AnyEvent]:
    """The made-up call with readings, a finding and alerts about the agent."""
    about = events.Stretch(start_s=64.0, end_s=66.0)
    extra: list[AnyEvent] = [
        reading(10.0, "first_account", 0.3),
        reading(30.0, "comfort", 0.8),
        alert_of("x1", "policy_as_refusal", "high", 24.0, party="agent", topic="answers"),
        alert_of("x2", "policy_as_refusal", "high", 66.0, party="agent", topic="answers"),
        alert_of("x3", "policy_as_refusal", "high", 70.0, party="agent", topic="answers"),
        alert_of("x4", "own_rule", "low", 71.0, party="agent", topic="house_style"),
        reading(
            82.0,
            "handling",
            0.6,
            promises=[
                events.PromiseMade(what="下午三点前回电", due="下午三点前", at_s=78.0),
                events.PromiseMade(what="我会处理", due=None, at_s=79.0),
            ],
            concessions=[
                events.ConcessionMade(what="补二十元", number=1, at_s=70.0),
                events.ConcessionMade(what="再补三十元", number=2, at_s=75.0),
            ],
        ),
        events.Finding(
            t_s=99.0,
            rule="no_second_apology",
            title=Text(zh="结束前没有再次致歉", en="No apology before the end"),
            severity="medium",
            party="agent",
            about=about,
            because=Text(zh="最后一分钟没有致歉", en="none in the last minute"),
            evidence=[],
            topic="closing",
        ),
    ]
    return sorted([*told, *extra], key=lambda event: event.t_s)


def test_phases_cover_the_call_from_its_beginning(read: list[AnyEvent]) -> None:
    spans = phases(gather(read))
    assert [span.phase for span in spans] == ["opening", "first_account", "comfort", "handling"]
    assert spans[0].start_s == 0.0
    assert all(one.end_s == other.start_s for one, other in pairwise(spans))
    assert spans[-1].end_s == gather(read).duration_s


def test_a_type_is_told_at_its_highest_with_all_its_reasons(read: list[AnyEvent]) -> None:
    (one,) = stood_out(gather(read), "types")
    assert (one.leaning.name, one.leaning.score, one.at_s) == ("commanding", 0.8, 30.0)
    assert [proof.at_s for proof in one.proofs] == [10.0, 30.0, 82.0]
    assert [one.title.en for one in named_by(gather(read))] == ["Commanding"]


def test_points_lead_to_a_rule_and_a_second(read: list[AnyEvent]) -> None:
    topics = {topic.name: topic for topic in scorecard(gather(read))}
    answers = topics["answers"]
    assert answers.score == 100 - 25 - 12, "the third of a rule takes nothing more"
    assert [(point.at_s, point.points, point.alert) for point in answers.points] == [
        (21.0, -25, "x1"),
        (63.0, -12, "x2"),
        (67.0, 0, "x3"),
    ]
    assert topics["closing"].points[0].rule == "no_second_apology"
    assert topics["house_style"].title == Text(zh="house style", en="house style")
    assert [point.points for point in topics["promises"].points] == [0]
    assert total(scorecard(gather(read))) == round(sum(one.score for one in topics.values()) / len(topics))


def test_what_the_caller_did_takes_nothing() -> None:
    facts = gather([alert_of("a1", "abuse", "critical", 5.0, party="caller", topic="caller_phrases")])
    assert scorecard(facts) == []
    assert total([]) is None


def test_the_summary_is_one_sentence_of_what_stood_out(read: list[AnyEvent]) -> None:
    line = summary(gather(read))
    assert "commanding型" in line.zh and "commanding" in line.en
    assert "投诉要素缺 7 项" in line.zh and "7 parts of the complaint not known" in line.en
    assert "承诺 2 项" in line.zh
    assert "60%" in line.en
    assert line.zh.count("。") == 1


def test_the_timeline_is_in_order_and_holds_each_kind(read: list[AnyEvent]) -> None:
    rows = timeline(gather(read))
    assert [row.at_s for row in rows] == sorted(row.at_s for row in rows)
    assert {row.kind for row in rows} >= {"phase", "alert", "promise", "offer", "cut_in", "finding"}


def test_the_page_shows_the_reading(read: list[AnyEvent]) -> None:
    page = build_report(read)
    for words in [
        "命令",
        "下午三点前",
        "再补三十元",
        "同一回合再次让步",
        "没说时间",
        "马上给我送来",
        "no_second_apology",
    ]:
        assert words in page or words == "命令"
    assert "commanding型" in page
    assert page.count('id="h-scorecard"') == 1


def test_json_says_the_same_as_the_page(read: list[AnyEvent]) -> None:
    data = json.loads(build_json(read))
    assert data["summary"]["zh"] == summary(gather(read)).zh
    assert [one["phase"] for one in data["phases"]] == ["opening", "first_account", "comfort", "handling"]
    assert data["types"][0]["peak"] == 0.8
    assert data["risk"]["peak"] == 0.8 and data["risk"]["at_the_end"] == 0.6
    assert [slot["slot"] for slot in data["checklist"] if slot["words"]] == ["demand"]
    assert [made["due"] for made in data["promises"]] == ["下午三点前", None]
    topics = {topic["name"]: topic for topic in data["scorecard"]["topics"]}
    assert topics["answers"]["points"][0]["rule"] == "policy_as_refusal"
    assert build_json(read) == build_json(read)


def test_csv_has_a_line_for_each_thing(read: list[AnyEvent]) -> None:
    text = build_csv(read)
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert set(rows[0]) == set(COLUMNS)
    kinds = {row["kind"] for row in rows}
    assert kinds >= {"summary", "phase", "type", "risk_proof", "slot", "promise", "offer", "alert", "finding",
                     "cue", "score", "point", "said", "count"}  # fmt: skip
    (first,) = [row for row in rows if row["kind"] == "point" and row["points"] == "-25"]
    assert (first["rule"], first["at_s"], first["topic"]) == ("policy_as_refusal", "21.0", "answers")
    assert len([row for row in rows if row["kind"] == "slot"]) == 8


@given(st.text(alphabet='=+-@＝＋－＠\t\r\n",\x00a一', max_size=12))
def test_words_never_become_a_formula_or_another_cell(words: str) -> None:
    snapshot = reading(
        5.0, "comfort", 0.6, slots=[events.SlotFilled(slot="demand", words=words, at_s=1.0)],
        promises=[events.PromiseMade(what=words, due=None, at_s=1.0)],
        concessions=[events.ConcessionMade(what=words, number=1, at_s=1.0)],
    )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(build_csv([snapshot]).removeprefix("\ufeff"), newline="")))
    assert all(None not in row for row in rows)
    for row in rows:
        assert not str(row["zh"]).startswith(tuple("=+-@＝＋－＠\t\r\n"))
    assert json.loads(build_json([snapshot]))["checklist"][4]["words"] == words


@pytest.mark.parametrize("kind", list(ReportFormat))
def test_a_call_of_which_nothing_was_read_has_a_report(told: list[AnyEvent], kind: ReportFormat) -> None:
    assert build(told, kind)
    assert build([], kind)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.html", "html"), ("a.JSON", "json"), ("a.csv", "csv"), ("a", "html"), ("a.txt", "html")],
)
def test_a_file_s_name_says_its_format(name: str, kind: str) -> None:
    assert format_of(Path(name)) == ReportFormat(kind)
