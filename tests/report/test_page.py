"""The report is one page that needs nothing, shows what happened, and lets no words become markup."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import events
from monitor.core.events import AnyEvent, Text
from monitor.report import build_report
from monitor.report.charts import LEFT, RIGHT, WIDTH, clock, strips
from monitor.report.facts import gather
from monitor.report.wording import WORDS

from .conftest import alert_of, words_of

HOSTILE = """</span><script>alert(1)</script><img src=x onerror='alert(2)'>"&{{ 7 * 7 }}"""

VOID = {"meta", "input"}


class Reader(HTMLParser):
    """Reads a page: its tags, its attributes, its text; notes elements that are closed out of order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.open: list[str] = []
        self.misnested: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.misnested.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_what_stands_on_a_line_of_its_own_begins_like_a_sentence(told: list[AnyEvent]) -> None:
    item = events.EvidenceItem(
        feature="f0", value=3.2, unit="st", contribution=0.4, label=Text(zh="音高升高", en="pitch up by 3 st")
    )
    because = Text(zh="连说三句", en="three in a row")
    page = build_report([*told, alert_of("9", "pitch", "high", 70.0, evidence=[item], because=because)])
    assert ">Pitch up by 3 st<" in page and ">Three in a row<" in page
    assert "pitch up by 3 st" not in page


def test_the_page_is_well_formed_and_tells_the_call(told: list[AnyEvent]) -> None:
    page = Reader(build_report(told))
    assert (page.misnested, page.open) == ([], [])
    for piece in (
        "parcel.flac",
        "叫你们领导来！",
        "hot_temper 告警",
        "Alert hot_temper",
        "比平时响 8.2 分贝",
        "先安抚，让客户说完",
        "声音过载",
        "1:40",
        "30%",
    ):
        assert piece in page.text


def test_nothing_is_fetched_from_anywhere(told: list[AnyEvent]) -> None:
    page = build_report(told)
    reader = Reader(page)
    assert not {"link", "img", "iframe", "object"} & set(reader.tags)
    for name, value in reader.attributes:
        if name in {"src", "href", "action", "xlink:href"}:
            assert value is not None
            assert value.startswith("#")
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)


def test_the_policy_allows_the_pages_own_script_and_style_alone(told: list[AnyEvent]) -> None:
    page = build_report(told)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        (source,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert not re.search(r"\son\w+=|\sstyle=", page)


@pytest.mark.parametrize("place", ["words", "title", "alert", "cue", "notice", "agent"])
def test_hostile_words_stay_words(told: list[AnyEvent], place: str) -> None:
    both = Text(zh=HOSTILE, en=HOSTILE)
    start = events.CallStarted(
        t_s=0.0,
        started_at="",
        source="file",
        title=HOSTILE if place == "title" else "x",
        agent=HOSTILE if place == "agent" else "",
        duration_s=None,
        has_words=True,
    )
    cue = events.Cue(
        t_s=1.0, id="9", rule="x", severity="low", text=both, say=both, raised_at_s=1.0, clears_when=both
    )
    more: dict[str, AnyEvent] = {
        "words": words_of("caller", 1.0, 2.0, HOSTILE, 99),
        "alert": alert_of("9", "x", "low", 9.0, title=both, because=both),
        "cue": cue,
        "notice": events.Notice(t_s=1.0, code="x", level="info", text=both),
    }
    clean = Reader(build_report(told))
    page = Reader(build_report([start, *told[1:], *([more[place]] if place in more else [])]))
    assert HOSTILE in page.text
    assert page.tags.count("script") == clean.tags.count("script") == 1
    assert "img" not in page.tags
    assert page.misnested == []


def test_both_languages_are_everywhere(told: list[AnyEvent]) -> None:
    page = Reader(build_report(told))
    classes = [value or "" for name, value in page.attributes if name == "class"]
    chinese = sum("zh" in value.split() for value in classes)
    assert chinese == sum("en" in value.split() for value in classes) > 50
    for name, text in WORDS.items():
        assert text.zh, name
        assert text.en, name


def test_the_page_opens_in_the_calls_language(told: list[AnyEvent]) -> None:
    assert '<html lang="zh-CN">' in build_report(told)
    english = [
        events.WordsCommitted(
            t_s=2.0,
            party="caller",
            utterance=1,
            start_s=1.0,
            end_s=2.0,
            text="Hello",
            language="en",
            words=[events.WordItem(start_s=1.0, end_s=2.0, text=" Hello", probability=1.0)],
        )
    ]
    assert '<html lang="en">' in build_report(english)


def test_equal_events_give_equal_pages(told: list[AnyEvent]) -> None:
    assert build_report(told) == build_report(iter(told))


def test_a_call_of_sound_alone_says_so(told: list[AnyEvent]) -> None:
    start = events.CallStarted(
        t_s=0.0, started_at="", source="file", title="x", agent="", duration_s=100.0, has_words=False
    )
    silent = [e for e in told[1:] if not isinstance(e, events.WordsCommitted)]
    assert WORDS["no_words"].en in build_report([start, *silent])


def test_no_events_make_a_page() -> None:
    assert Reader(build_report([])).misnested == []


def test_a_long_call_is_cut_into_strips_without_holes() -> None:
    end = events.CallEnded(
        t_s=3700.0,
        reason="completed",
        duration_s=3700.0,
        talk_s={},
        overlap_s=0.0,
        alerts={},
        interruptions={},
    )
    cut = strips(gather([alert_of("1", "x", "high", 100.0), end]))
    assert len(cut) == 21
    assert all(a.end_s == b.start_s for a, b in pairwise(cut))
    assert (cut[0].start_s, cut[-1].end_s) == (0.0, 3700.0)
    assert all(len(strip.alerts) == 1 for strip in cut)  # never cleared: open to the end
    assert max(len(strip.ticks) for strip in cut) <= 16


@given(
    st.lists(
        st.tuples(
            st.floats(0, 400),
            st.floats(-60, 60) | st.none(),
            st.floats(0, 1),
            st.sampled_from(["agent", "caller"]),
        ),
        max_size=40,
    )
)
def test_curves_stay_within_their_charts(
    points: list[tuple[float, float | None, float, events.PartyName]],
) -> None:
    told: list[AnyEvent] = []
    for at_s, value, score, party in sorted(points, key=lambda p: p[0]):
        told.append(
            events.Prosody(
                t_s=at_s,
                party=party,
                at_s=at_s,
                f0_hz=None,
                f0_st=value,
                level_dbfs=-30.0,
                level_db=value,
                rate_syl_s=None if value is None else abs(value) / 8,
                rate_ratio=None,
                alpha_db=None,
                voicing=0.5,
                confidence=0.5,
            )
        )
        told.append(events.Temper(t_s=at_s, party="caller", score=score, state="calm", evidence=[]))
    for strip in strips(gather(told)):
        for panel in strip.panels:
            for curve in panel.curves:
                for x, y in re.findall(r"[ML]([-\d.]+),([-\d.]+)", curve.path):
                    assert LEFT <= float(x) <= WIDTH - RIGHT
                    assert 0 <= float(y) <= 92


def test_call_time_is_read_as_a_clock() -> None:
    assert [clock(s) for s in (0, 59.9, 61, 3599, 3725)] == ["0:00", "0:59", "1:01", "59:59", "1:02:05"]
