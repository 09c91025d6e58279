"""The history over HTTP: whose calls who finds, takes along and hears."""

from __future__ import annotations

import asyncio
import csv
import io
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from monitor.accounts.office import AccountsOffice
from monitor.history.keeper import HistoryKeeper
from monitor.history.search import History
from monitor.publish.plays import PLAY_S, Plays
from monitor.publish.publisher import READERS
from tests.history.made_calls import MadeCall, hold
from tests.publish.conftest import OpenSite, Site
from tests.publish.test_access import SoundOf, access_of, browser, office  # noqa: F401

CALLS = (
    MadeCall(
        "one",
        agent="A1",
        started_at="2026-03-01T09:00:00.000Z",
        lines=[("caller", "我要退款"), ("agent", "好的")],
        alerts=[("hot_temper", "high")],
        heat=[0.83],
    ),
    MadeCall(
        "two",
        agent="A2",
        started_at="2026-03-02T09:00:00.000Z",
        lines=[("caller", "=cmd refund please")],
        interruptions=["agent"],
        reason="failed",
    ),
)


@asynccontextmanager
async def past(open_site: OpenSite, **given: Any) -> AsyncIterator[Site]:
    """A site whose calls are in the history."""
    async with open_site(**given) as site:
        hold(site.publisher.log, *(MadeCall(**_fresh(call)) for call in CALLS))
        with HistoryKeeper(site.publisher.log) as keeper:
            assert await asyncio.to_thread(keeper.settle)
        yield site


def _fresh(call: MadeCall) -> dict[str, Any]:
    return {name: value for name, value in vars(call).items() if not name.startswith("_")}


async def get(client: httpx.AsyncClient, path: str, **query: Any) -> Any:
    answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


async def find(client: httpx.AsyncClient, path: str, **asked: Any) -> Any:
    answer = await client.post(path, data=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_search_facets_and_trends(open_site: OpenSite) -> None:
    async with past(open_site) as site, httpx.AsyncClient(base_url=site.url) as client:
        found = await find(client, "/api/history", words="退款")
        assert [call["call_id"] for call in found["calls"]] == ["one"]
        assert (found["total"], found["next_before"], found["waiting"]) == (1, None, 0)
        assert found["calls"][0]["hits"] == [
            {"party": "caller", "at_s": 3.0, "before": "我要", "match": "退款", "after": ""}
        ]
        page = await get(client, "/api/history", limit=1)
        assert [call["call_id"] for call in page["calls"]] == ["two"]
        page = await get(client, "/api/history", limit=1, before=page["next_before"])
        assert [call["call_id"] for call in page["calls"]] == ["one"]
        for query, expected in (
            ({"agent": ["A1", "A2"]}, ["two", "one"]),
            ({"agent": "A1", "rule": "hot_temper", "severity": "high", "state": "ended"}, ["one"]),
            ({"from": "2026-03-01T10:00:00+00:00"}, ["two"]),
            ({"to": "2026-03-02"}, ["one"]),
            ({"state": ["failed", "cut_off"]}, ["two"]),
            ({"team": "nobody"}, []),
            ({"agent": "", "rule": "", "severity": "", "state": ""}, ["two", "one"]),
        ):
            found = await get(client, "/api/history", **query)
            assert [call["call_id"] for call in found["calls"]] == expected, query
        facets = await get(client, "/api/history/facets")
        assert (facets["agents"], facets["teams"]) == (["A1", "A2"], {})
        assert facets["rules"]["hot_temper"]["zh"] == "规则hot_temper"
        sums = (await get(client, "/api/history/trends", by="week", zone="Asia/Shanghai"))["sums"]
        assert [(week["key"], week["calls"], week["alerts"]) for week in sums] == [
            ("2026-02-23", 1, 1),
            ("2026-03-02", 1, 0),
        ]


@pytest.mark.parametrize(
    "query",
    [
        "/api/history?limit=0",
        "/api/history?limit=201",
        "/api/history?before=x",
        "/api/history?before=" + "9" * 5_000,
        "/api/history?from=yesterday",
        "/api/history?severity=bad",
        "/api/history?state=live",
        "/api/history?words=xxxx",
        "/api/history/calls.csv?words=xxxx",
        "/api/history/trends?words=xxxx",
        "/api/history/trends?by=month",
        "/api/history/trends?zone=Mars/Base",
        "/api/history/trends?zone=../../etc/passwd",
        "/api/calls/one/report?format=pdf",
    ],
)
async def test_what_does_not_fit_is_refused_with_a_code(open_site: OpenSite, query: str) -> None:
    async with past(open_site) as site, httpx.AsyncClient(base_url=site.url) as client:
        answer = await client.get(query)
        assert (answer.status_code, answer.json()["code"]) == (400, "server.parameter")
        assert "xxxx" not in answer.text, "what is looked for stands in no error"


async def test_words_are_posted_and_stand_in_no_address_and_no_error(open_site: OpenSite) -> None:
    async with past(open_site) as site, httpx.AsyncClient(base_url=site.url) as client:
        for words, status, code in (
            ("x" * 201, 400, "server.parameter"),
            ("x" * 70_000, 413, "server.oversized"),
        ):
            answer = await client.post("/api/history", data={"words": words})
            assert (answer.status_code, answer.json()["code"]) == (status, code)
            assert "xxxx" not in answer.text
        broken = await client.post("/api/history", content=b"words=\xff")
        assert (broken.status_code, broken.json()["code"]) == (400, "server.malformed")
        found = await find(client, "/api/history", agent=["A1", "A2"], limit=1, words="")
        assert (found["total"], len(found["calls"])) == (2, 1)
        sums = (await find(client, "/api/history/trends", words="退款", by="agent"))["sums"]
        assert [one["key"] for one in sums] == ["A1"]
        assert (await client.post("/api/history/facets")).status_code == 405


async def test_a_slow_search_holds_up_no_stream(open_site: OpenSite, monkeypatch: pytest.MonkeyPatch) -> None:
    going_on = threading.Event()
    search = History.search
    monkeypatch.setattr(
        History, "search", lambda *given, **more: (going_on.wait(20), search(*given, **more))[1]
    )
    async with past(open_site) as site, httpx.AsyncClient(base_url=site.url, timeout=30) as client:
        try:
            waiting = [asyncio.create_task(client.get("/api/history")) for _ in range(2 * READERS)]
            await asyncio.sleep(0.2)
            log = await client.get("/api/calls/one/events", timeout=10)
            assert log.json()["events"], "the log, from which streams catch up, is read meanwhile"
            assert not any(one.done() for one in waiting)
        finally:
            going_on.set()
        assert [one.status_code for one in await asyncio.gather(*waiting)] == [200] * 2 * READERS


async def test_a_list_and_reports_to_take_along(open_site: OpenSite) -> None:
    async with past(open_site) as site, httpx.AsyncClient(base_url=site.url) as client:
        answer = await client.post("/api/history/calls.csv", data={"words": "refund"})
        assert 'filename="calls.csv"' in answer.headers["content-disposition"]
        text = answer.content.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [(row["call_id"], row["state"], row["interruptions_agent"]) for row in rows] == [
            ("two", "failed", "1")
        ]
        assert rows[0]["words"] == "'=cmd refund please", "no cell is a formula"
        rows = list(csv.DictReader(io.StringIO((await client.get("/api/history/calls.csv")).text)))
        assert [row["heat_peak"] for row in rows] == ["", "0.83"], "a tenth is too coarse for what ends at 1"
        assert len((await client.get("/api/history/calls.csv")).text.splitlines()) == 3
        html = await client.get("/api/calls/one/report")
        assert html.headers["content-disposition"] == 'attachment; filename="one.html"'
        assert html.text.startswith("<!doctype html>") and "我要退款" in html.text
        report = (await client.get("/api/calls/one/report", params={"format": "json"})).json()
        assert (report["call_id"], report["agent"]) == ("one", "A1")
        table = await client.get("/api/calls/one/report", params={"format": "csv"})
        assert table.content.startswith(b"\xef\xbb\xbfkind,")
        assert (await client.get("/api/calls/nobody/report")).status_code == 404


async def test_one_finds_and_takes_only_calls_that_one_may_see(
    open_site: OpenSite,
    office: AccountsOffice,  # noqa: F811
) -> None:
    async with past(open_site, access=access_of(office)) as site:
        async with browser(site, "li") as client:
            found = await get(client, "/api/history")
            assert [call["call_id"] for call in found["calls"]] == ["one"]
            assert found["total"] == 1
            assert (await find(client, "/api/history", words="refund"))["total"] == 0
            assert (await get(client, "/api/history", agent="A2"))["total"] == 0
            assert (await get(client, "/api/history", team="night"))["total"] == 0
            facets = await get(client, "/api/history/facets")
            assert (facets["agents"], facets["teams"]) == (["A1"], {"postal": ["A1"]})
            assert [one["key"] for one in (await get(client, "/api/history/trends", by="agent"))["sums"]] == [
                "A1"
            ]
            assert "two" not in (await client.get("/api/history/calls.csv")).text
            assert (await client.get("/api/calls/two/report")).status_code == 404
            assert (await client.get("/api/calls/one/report")).status_code == 200
        async with browser(site, "eve") as client:
            assert (await get(client, "/api/history", team=["night", "postal"]))["total"] == 2
        async with browser(site, "wang") as client:
            for path in (
                "/api/history",
                "/api/history/facets",
                "/api/history/calls.csv",
                "/api/calls/one/report",
            ):
                answer = await client.get(path)
                assert (answer.status_code, answer.json()["code"]) == (403, "account.forbidden"), path
        async with browser(site) as client:
            for path in ("/api/history", "/api/history/trends", "/api/calls/one/report"):
                assert (await client.get(path)).status_code == 401, path
    exported = [(one.name, one.object) for one in office.trail.read() if one.action == "call_exported"]
    assert exported == [("li", "one"), ("li", "list")]


@pytest.mark.parametrize("piece", ["bytes=1-", "bytes=-10000", "bytes=5-9,0-3"])
async def test_who_plays_from_the_middle_is_in_the_trail_too(
    open_site: OpenSite,
    office: AccountsOffice,  # noqa: F811
    tmp_path: Path,
    piece: str,
) -> None:
    sound = tmp_path / "one.ogg"
    sound.write_bytes(bytes(10_240))
    async with (
        past(open_site, access=access_of(office), recordings=SoundOf(sound)) as site,
        browser(site, "li") as client,
    ):
        for _ in range(2):
            answer = await client.get("/api/calls/one/audio", headers={"range": piece})
            assert answer.status_code == 206
    played = [(one.name, one.object) for one in office.trail.read() if one.action == "call_played"]
    assert played == [("li", "one")]


def test_a_play_begins_anew_after_a_rest_or_at_the_start() -> None:
    now = 0.0
    plays = Plays(lambda: now)
    assert plays.begins("li", "one", "bytes=500-")
    assert not plays.begins("li", "one", "bytes=900-")
    assert plays.begins("he", "one", "bytes=900-") and plays.begins("li", "two", "bytes=900-")
    assert plays.begins("li", "one", "bytes=0-") and plays.begins("li", "one", "")
    now = PLAY_S + 1
    assert plays.begins("li", "one", "bytes=900-")


async def test_kept_sound_is_sent_whole_and_in_ranges(
    open_site: OpenSite,
    office: AccountsOffice,  # noqa: F811
    tmp_path: Path,
) -> None:
    sound = tmp_path / "one.ogg"
    sound.write_bytes(bytes(range(256)) * 40)
    async with past(open_site, access=access_of(office), recordings=SoundOf(sound)) as site:
        async with browser(site, "li") as client:
            whole = await client.get("/api/calls/one/audio")
            assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/ogg")
            assert whole.headers["accept-ranges"] == "bytes"
            assert whole.content == sound.read_bytes()
            part = await client.get("/api/calls/one/audio", headers={"range": "bytes=300-309"})
            assert part.status_code == 206
            assert part.headers["content-range"] == "bytes 300-309/10240"
            assert part.content == sound.read_bytes()[300:310]
            beyond = await client.get("/api/calls/one/audio", headers={"range": "bytes=99999-"})
            assert beyond.status_code == 416
            assert (await client.get("/api/calls/two/audio")).status_code == 404
        async with browser(site, "eve") as client:
            assert (await client.get("/api/calls/one/audio")).status_code == 403
    played = [one for one in office.trail.read() if one.action == "call_played"]
    assert [(one.name, one.object) for one in played] == [("li", "one")], "a range is the same play"
