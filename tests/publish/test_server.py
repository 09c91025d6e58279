"""What is asked over HTTP, the pages, the gate, and how the server starts and stops."""

from __future__ import annotations

import asyncio
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.datastructures import Headers

from monitor.config import ServerSettings
from monitor.core.inputs import CueAnswer
from monitor.errors import ServerError
from monitor.publish.guard import SECURITY_HEADERS, Gate, is_loopback
from monitor.publish.publisher import Publisher
from monitor.publish.run import Server, listen
from monitor.publish.server import create_app
from monitor.store.log import EventLog

if TYPE_CHECKING:
    from tests.publish.conftest import CallScript, OpenSite


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A built dashboard."""
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html><title>Tingyin</title>")
    (dist / "assets" / "main-abc123.js").write_text("export {}")
    (dist / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    return dist


async def test_health_and_version(open_site: OpenSite, script: type[CallScript]) -> None:
    async with open_site() as site, httpx.AsyncClient(base_url=site.url) as http:
        site.emit(script().started())
        health = (await http.get("/api/health")).json()
        assert (health["status"], health["problems"], health["calls_live"]) == ("ok", [], 1)
        site.publisher.report("engine.stopped", "the recogniser has stopped")
        health = (await http.get("/api/health")).json()
        assert health["status"] == "degraded"
        assert health["problems"][0]["code"] == "engine.stopped"
        version = (await http.get("/api/version")).json()
        assert set(version) == {"version", "events", "protocol", "python"}


async def test_calls_and_their_events(open_site: OpenSite, script: type[CallScript]) -> None:
    async with open_site() as site, httpx.AsyncClient(base_url=site.url) as http:
        for number in range(3):
            call = script(f"call-{number}")
            site.emit(call.started(), call.partial(), *(call.words() for _ in range(5)), call.ended())
        live = script("live")
        site.emit(live.started(), live.alert())

        page = (await http.get("/api/calls", params={"limit": 3})).json()
        assert [call["call_id"] for call in page["calls"]] == ["live", "call-2", "call-1"]
        page = (await http.get("/api/calls", params={"limit": 3, "before": page["next_before"]})).json()
        assert [call["call_id"] for call in page["calls"]] == ["call-0"]
        assert page["next_before"] is None
        page = (await http.get("/api/calls", params={"state": "live"})).json()
        assert [call["call_id"] for call in page["calls"]] == ["live"]

        detail = (await http.get("/api/calls/live")).json()
        assert detail["call"]["state"] == "live"
        assert len(detail["summary"]["open_alerts"]) == 1
        assert detail["has_audio"] is False

        events = (await http.get("/api/calls/call-0/events", params={"limit": 4})).json()
        assert [event["seq"] for event in events["events"]] == [1, 3, 4, 5]
        rest = (
            await http.get("/api/calls/call-0/events", params={"after_seq": events["next_after_seq"]})
        ).json()
        assert [event["type"] for event in rest["events"]] == ["words", "words", "words", "call_ended"][1:]
        assert rest["next_after_seq"] is None

        wall = (await http.get("/api/wall")).json()
        assert wall["type"] == "snapshot"
        assert len(wall["calls"]) == 4


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/calls/nobody", 404, "server.unknown_call"),
        ("/api/calls/nobody/events", 404, "server.unknown_call"),
        ("/api/calls/nobody/audio", 404, "server.unknown_call"),
        ("/api/calls/call-1/audio", 404, "server.no_audio"),
        ("/api/calls?limit=0", 400, "server.parameter"),
        ("/api/calls?limit=lots", 400, "server.parameter"),
        ("/api/calls?before=-1", 400, "server.parameter"),
        ("/api/calls?state=asleep", 400, "server.parameter"),
        ("/api/calls/call-1/events?after_seq=1e99", 400, "server.parameter"),
        ("/api/nothing", 404, "server.not_found"),
        ("/assets/none.js", 404, "server.not_found"),
        ("/..%2fsecret.txt", 404, "server.not_found"),
        ("/assets/..%2f..%2fsecret.txt", 404, "server.not_found"),
        ("/%00", 404, "server.not_found"),
    ],
)
async def test_errors_have_codes(
    open_site: OpenSite, script: type[CallScript], built: Path, path: str, status: int, code: str
) -> None:
    async with open_site(dashboard=built) as site, httpx.AsyncClient(base_url=site.url) as http:
        site.emit(script().started())
        answer = await http.get(path)
        assert answer.status_code == status
        assert answer.json()["code"] == code
        assert answer.json()["message"]


async def test_wrong_methods(open_site: OpenSite) -> None:
    async with open_site() as site, httpx.AsyncClient(base_url=site.url) as http:
        answer = await http.delete("/api/health")
        assert (answer.status_code, answer.json()["code"]) == (405, "server.method")


async def test_a_broken_store_is_said(open_site: OpenSite) -> None:
    async with open_site() as site, httpx.AsyncClient(base_url=site.url) as http:
        site.publisher.log._reader.close()
        answer = await http.get("/api/calls")
        assert (answer.status_code, answer.json()["code"]) == (503, "store.unwritable")
        assert (await http.get("/api/health")).status_code == 200


async def test_a_failure_shows_nothing_of_its_cause(
    open_site: OpenSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_site() as site, httpx.AsyncClient(base_url=site.url) as http:

        def fail() -> None:
            raise RuntimeError("words of a customer")

        monkeypatch.setattr(site.publisher.wall, "snapshot", fail)
        answer = await http.get("/api/wall")
        assert (answer.status_code, answer.json()["code"]) == (500, "server.failed")
        assert "customer" not in answer.text


async def test_sound_is_served_in_ranges(
    open_site: OpenSite, script: type[CallScript], tmp_path: Path
) -> None:
    sound = tmp_path / "call.wav"
    sound.write_bytes(bytes(range(256)) * 4)

    class Kept:
        def audio(self, call_id: str) -> Path | None:
            return sound if call_id == "call-1" else None

    async with open_site(recordings=Kept()) as site, httpx.AsyncClient(base_url=site.url) as http:
        site.emit(script().started())
        whole = await http.get("/api/calls/call-1/audio")
        assert (whole.status_code, whole.headers["accept-ranges"]) == (200, "bytes")
        part = await http.get("/api/calls/call-1/audio", headers={"range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
        assert part.headers["content-range"] == "bytes 10-19/1024"
        assert (
            await http.get("/api/calls/call-1/audio", headers={"range": "bytes=5000-"})
        ).status_code == 416
        assert (await http.get("/api/calls/call-1")).json()["has_audio"] is True
        sound.unlink()
        assert (await http.get("/api/calls/call-1/audio")).status_code == 404


async def test_pages(open_site: OpenSite, built: Path) -> None:
    async with open_site(dashboard=built) as site, httpx.AsyncClient(base_url=site.url) as http:
        for path in ("/", "/call/abc", "/agent", "/agent/7", "/index.html"):
            page = await http.get(path)
            assert page.status_code == 200
            assert "Tingyin" in page.text
            assert page.headers["cache-control"] == "no-cache"
            assert page.headers["content-type"].startswith("text/html")
            for name, value in SECURITY_HEADERS.items():
                assert page.headers[name] == value
        asset = await http.get("/assets/main-abc123.js")
        assert "immutable" in asset.headers["cache-control"]
        assert (await http.get("/favicon.svg")).headers["cache-control"] == "no-cache"
        assert (await http.head("/")).status_code == 200


async def test_a_mistyped_address_shows_people_a_page_and_programs_a_code(
    open_site: OpenSite, built: Path
) -> None:
    async with open_site(dashboard=built) as site, httpx.AsyncClient(base_url=site.url) as http:
        page = await http.get("/acounts", headers={"accept": "text/html,*/*"})
        assert page.status_code == 404 and "Tingyin" in page.text
        assert (await http.get("/acounts")).json()["code"] == "server.not_found"
        for path in ("/api/nothing", "/assets/nothing.js"):
            accept = "text/html" if path.startswith("/api") else "*/*"
            answer = await http.get(path, headers={"accept": accept})
            assert (answer.status_code, answer.json()["code"]) == (404, "server.not_found")


@pytest.mark.parametrize("path", ["/ws", "/ingest", "/listen"])
async def test_a_websocket_asked_as_a_page_is_told_of_proxies(
    open_site: OpenSite, built: Path, path: str
) -> None:
    async with open_site(dashboard=built) as site, httpx.AsyncClient(base_url=site.url) as http:
        answer = await http.get(path, headers={"accept": "text/html"})
        assert (answer.status_code, answer.json()["code"]) == (426, "server.websocket")
        assert "proxy" in answer.json()["message"]


async def test_pages_that_were_never_built(open_site: OpenSite) -> None:
    async with open_site() as site, httpx.AsyncClient(base_url=site.url) as http:
        page = await http.get("/", headers={"accept": "text/html"})
        assert page.status_code == 503
        assert "make dashboard" in page.text
        assert (await http.get("/")).json()["code"] == "server.no_dashboard"


async def test_metrics(open_site: OpenSite, script: type[CallScript]) -> None:
    call = script()
    async with open_site() as site, httpx.AsyncClient(base_url=site.url) as http:
        metrics = site.publisher.metrics
        metrics.watch_counters(
            "tingyin_guards", "Hypotheses that a guard refused.", "guard", lambda: {"repetition": 3.0}
        )
        metrics.watch_gauge("tingyin_queue_age_seconds", "Age of the oldest request.", lambda: 1.5)
        site.emit(call.started(), call.words("机密"), call.words("机密"))
        site.publisher.log.flush()
        async with asyncio.timeout(5):
            while "tingyin_loop_lag_seconds_count 0.0" in (text := (await http.get("/metrics")).text):
                await asyncio.sleep(0.05)
        for line in (
            'tingyin_events_total{type="words"} 2.0',
            "tingyin_calls_live 1.0",
            'tingyin_guards_total{guard="repetition"} 3.0',
            "tingyin_queue_age_seconds 1.5",
            "tingyin_log_lost_events_total 0.0",
            "tingyin_stream_clients 0.0",
        ):
            assert line in text
        assert "tingyin_log_write_seconds_count" in text
        assert "机密" not in text
        assert "call-1" not in text


# --- the gate ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "is_welcome"),
    [
        ("localhost:8765", True),
        ("127.0.0.1:8765", True),
        ("127.9.9.9", True),
        ("[::1]:8765", True),
        ("pages.localhost", True),
        ("LOCALHOST.", True),
        ("calls.example.org", True),
        ("evil.example:8765", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("10.0.0.1", False),
        ("localhost:port", False),
        ("", False),
    ],
)
def test_names_that_a_server_on_loopback_answers_to(host: str, is_welcome: bool) -> None:
    gate = Gate("127.0.0.1", ["https://calls.example.org/"])
    error = gate.check(Headers({"host": host}), checks_origin=False)
    assert (error is None) == is_welcome
    if error is not None:
        assert error.code == "server.forbidden_host"
    assert Gate("0.0.0.0", []).check(Headers({"host": host}), checks_origin=False) is None


def test_origins_behind_a_name() -> None:
    gate = Gate("0.0.0.0", [])

    def is_welcome(origin: str, host: str) -> bool:
        return gate.check(Headers({"host": host, "origin": origin}), checks_origin=True) is None

    assert is_welcome("http://calls.example.org", "calls.example.org")
    assert is_welcome("http://calls.example.org", "calls.example.org:80")
    assert is_welcome("https://calls.example.org", "calls.example.org")
    assert is_welcome("http://10.0.0.1:8765", "10.0.0.1:8765")
    assert not is_welcome("http://calls.example.org:8080", "calls.example.org")
    assert not is_welcome("http://calls.example.org.evil.example", "calls.example.org")
    assert not is_welcome("http://localhost:bad", "localhost")
    assert not is_welcome("", "localhost")


async def test_rebound_names_are_refused_on_the_wire(open_site: OpenSite) -> None:
    async with open_site() as site, httpx.AsyncClient(base_url=site.url) as http:
        answer = await http.get("/api/health", headers={"host": "evil.example"})
        assert (answer.status_code, answer.json()["code"]) == (403, "server.forbidden_host")
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_loopback_names() -> None:
    assert is_loopback("::1")
    assert not is_loopback("localhost.example.org")


# --- starting and stopping ---------------------------------------------------------------------------


def test_a_port_that_is_taken() -> None:
    with listen(ServerSettings(port=0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError) as caught:
            listen(ServerSettings(port=port))
        assert caught.value.code == "server.port_in_use"
        assert str(port) in caught.value.sentence
    listen(ServerSettings(port=port)).close()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7"])
def test_a_host_that_is_not_this_machine(host: str) -> None:
    with pytest.raises(ServerError) as caught:
        listen(ServerSettings(host=host, port=0))
    assert caught.value.code == "server.host"


async def test_a_server_leaves_signals_alone_and_frees_its_port(open_site: OpenSite) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    async with open_site() as site:
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
        port = int(site.url.rsplit(":")[-1])
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


async def test_two_servers_in_one_loop(open_site: OpenSite, tmp_path: Path) -> None:
    async with (
        open_site(folder=tmp_path / "one") as one,
        open_site(folder=tmp_path / "two") as two,
        httpx.AsyncClient() as http,
    ):
        assert one.url != two.url
        assert (await http.get(f"{one.url}/api/health")).status_code == 200
        assert (await http.get(f"{two.url}/api/health")).status_code == 200


def test_urls_of_addresses() -> None:
    async def nothing(*_: object) -> None: ...

    with listen(ServerSettings(host="0.0.0.0", port=0)) as listener:
        assert Server(nothing, listener).url.startswith("http://localhost:")


async def test_the_agent_answers_a_cue(script: type[CallScript], tmp_path: Path) -> None:
    told: list[tuple[str, CueAnswer]] = []

    def answer(call_id: str, given: CueAnswer) -> bool:
        told.append((call_id, given))
        return call_id == "call-1"

    log = EventLog(tmp_path)
    publisher = Publisher(log, ServerSettings(port=0))
    app = create_app(publisher, answer=answer)
    publisher.emit("call-1", [script().started()])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        path = "/api/calls/call-1/cues/c3"
        assert (await http.post(path, json={"answer": "not_helpful"})).status_code == 202
        assert told == [("call-1", CueAnswer(cue_id="c3", answer="not_helpful"))]
        for body in ({"answer": "loud"}, {"answer": "done", "more": 1}, {}):
            refused = await http.post(path, json=body)
            assert (refused.status_code, refused.json()["code"]) == (400, "server.malformed")
        gone = await http.post("/api/calls/call-2/cues/c3", json={"answer": "done"})
        assert (gone.status_code, gone.json()["code"]) == (404, "server.unknown_call")
        elsewhere = {"origin": "http://elsewhere.example"}
        stranger = await http.post(path, json={"answer": "done"}, headers=elsewhere)
        assert stranger.status_code == 403
    assert len(told) == 1
    publisher.close()
    log.close()
