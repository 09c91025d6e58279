"""Five hundred dashboards on one server, one of them stalled: how late the others are, and what it costs.

The server is the product's own (event log, hub, websockets) in a process of its own, and is fed the events of
a wall of calls. Each event that is measured carries when it was published; a delay ends when a client has
read it. The reference, in the same run and to clients of the same kind, sends the same bytes with
`websockets.broadcast`: no log, no queue, no resume. One client of each never reads.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from bench.common import TOP, describe_machine, percentile
from monitor.config import ServerSettings
from monitor.core.events import Alert, CallStarted, Event, Stretch, Temper, Text
from monitor.publish import protocol
from monitor.publish.publisher import Publisher
from monitor.publish.run import Server, listen
from monitor.publish.server import create_app
from monitor.store.log import EventLog

CALLS = 20
PROBE_EVERY = 5
"""Of so many events one is measured: an alert, the kind that somebody waits for."""

PROBE = b'"raised_at_s":'
"""Only alerts carry it: clients look for it instead of decoding every message."""


class Calls:
    """Invented calls, whose events come in turn."""

    def __init__(self) -> None:
        self._seq = [0] * CALLS
        self._told = 0

    def beginnings(self) -> list[Event]:
        """Each call's first event."""
        return [
            CallStarted(
                **self._common(call),
                started_at="2026-01-02T03:04:05.000Z",
                source="stream",
                title=f"line {call}",
                agent=f"A{call}",
                duration_s=None,
                has_words=True,
            )
            for call in range(CALLS)
        ]

    def next(self) -> Temper | Alert:
        """A reading of the caller's temper, or an alert that carries when it was made."""
        call, self._told = self._told % CALLS, self._told + 1
        if self._told % PROBE_EVERY:
            return Temper(**self._common(call), party="caller", score=0.4, state="calm", evidence=[])
        return Alert(
            **self._common(call),
            id=f"p{time.monotonic_ns()}",
            rule="hot_temper",
            title=Text("客户情绪激动", "The caller is upset"),
            severity="high",
            party="caller",
            about=Stretch(start_s=1.0, end_s=2.0),
            raised_at_s=2.0,
            because=Text("音量比平时高 7 分贝", "level 7 dB above own usual"),
            evidence=[],
        )

    def _common(self, call: int) -> dict[str, Any]:
        self._seq[call] += 1
        return {"call_id": f"call-{call}", "seq": self._seq[call], "t_s": self._seq[call] / 2}


# --- the server's process ------------------------------------------------------------------------------


async def serve_product(rate: float, seconds: float) -> None:
    """The product's server, fed by invented calls once it is told to go."""
    settings = ServerSettings(port=0)
    with tempfile.TemporaryDirectory() as folder, EventLog(Path(folder)) as log:
        publisher = Publisher(log, settings)
        listener = listen(settings)
        port = listener.getsockname()[1]
        async with Server(create_app(publisher), listener):
            calls = Calls()
            for event in calls.beginnings():
                publisher.emit(event.call_id, [event])

            def tell() -> None:
                event = calls.next()
                publisher.emit(event.call_id, [event])

            await _run(port, tell, rate, seconds)
        publisher.close()


async def serve_reference(rate: float, seconds: float) -> None:
    """`websockets.broadcast` of the same bytes to every client."""
    clients: set[ServerConnection] = set()
    calls, pos = Calls(), 0

    async def handle(client: ServerConnection) -> None:
        clients.add(client)
        try:
            await client.wait_closed()
        finally:
            clients.discard(client)

    def tell() -> None:
        nonlocal pos
        pos += 1
        message = protocol.EventMessage(topic="wall", pos=pos, event=calls.next())
        broadcast(clients, protocol.encode_message(message))

    async with serve(handle, "127.0.0.1", 0, compression=None) as server:
        await _run(next(iter(server.sockets)).getsockname()[1], tell, rate, seconds)


async def _run(port: int, tell: Callable[[], None], rate: float, seconds: float) -> None:
    """Says where it listens, waits for the word to go, tells `rate` events a second, and what it cost."""
    process = psutil.Process()
    loop = asyncio.get_running_loop()
    empty_mib = process.memory_info().rss / 2**20
    print(json.dumps({"port": port}), flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    cpu_s, start = sum(process.cpu_times()[:2]), loop.time()
    peak_mib, told = 0.0, 0
    while (now := loop.time()) < start + seconds:
        while told < (now - start) * rate:
            tell()
            told += 1
        peak_mib = max(peak_mib, process.memory_info().rss / 2**20)
        await asyncio.sleep(min(0.02, 1 / rate))
    cost = (sum(process.cpu_times()[:2]) - cpu_s) / (loop.time() - start)
    print(json.dumps({"empty_mib": empty_mib, "peak_mib": peak_mib, "cores": cost, "told": told}), flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)


# --- the clients' side ---------------------------------------------------------------------------------


async def read(client: ClientConnection, delays_ms: list[float]) -> None:
    """Notes how late each measured event is read."""
    async for message in client:
        told = message if isinstance(message, bytes) else message.encode()
        if PROBE in told:
            at = told.index(b'"id":"p') + len(b'"id":"p')
            sent_ns = int(told[at : told.index(b'"', at)])
            delays_ms.append((time.monotonic_ns() - sent_ns) / 1e6)


def stall(port: int, is_product: bool) -> socket.socket:
    """A client that shakes hands, subscribes, and never reads again."""
    uri = f"ws://127.0.0.1:{port}/ws"
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", port))
    shaking = ClientProtocol(parse_uri(uri))
    shaking.send_request(shaking.connect())
    raw.sendall(b"".join(shaking.data_to_send()))
    while b"\r\n\r\n" not in (answer := raw.recv(4096)):
        pass
    shaking.receive_data(answer)
    if is_product:
        shaking.send_text(protocol.encode_message(protocol.Subscribe(topic="wall")).encode())
        raw.sendall(b"".join(shaking.data_to_send()))
    return raw


def start_server(kind: str, rate: float, seconds: float) -> subprocess.Popen[str]:
    """The server in a process of its own."""
    arguments = ["--serve", kind, "--rate", str(rate), "--seconds", str(seconds)]
    command = [sys.executable, "-m", "bench.dashboards", *arguments]
    return subprocess.Popen(command, cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


async def measure(kind: str, dashboards: int, rate: float, seconds: float) -> None:
    """One server with its clients; prints a line."""
    process = start_server(kind, rate, seconds)
    assert process.stdin is not None and process.stdout is not None
    try:
        port = json.loads(process.stdout.readline())["port"]
        delays_ms: list[float] = []
        uri = f"ws://127.0.0.1:{port}/ws"
        clients: list[ClientConnection] = []
        for _ in range(dashboards - 1):
            client = await connect(uri, compression=None, max_queue=None, ping_interval=None)
            if kind == "product":
                await client.send(protocol.encode_message(protocol.Subscribe(topic="wall")))
            clients.append(client)
        stalled = await asyncio.to_thread(stall, port, kind == "product")
        readers = [asyncio.create_task(read(client, delays_ms)) for client in clients]
        await asyncio.sleep(1.0)
        process.stdin.write("go\n")
        process.stdin.flush()
        cost = json.loads(await asyncio.to_thread(process.stdout.readline))
        await asyncio.sleep(1.0)
        for reader in readers:
            reader.cancel()
        stalled.close()
        expected = (cost["told"] // PROBE_EVERY) * len(clients)
        print(
            f"{kind:9}  p50 {percentile(delays_ms, 0.5):.1f} ms, p99 {percentile(delays_ms, 0.99):.1f} ms, "
            f"longest {max(delays_ms):.1f} ms (n={len(delays_ms)} of {expected}); memory "
            f"{cost['empty_mib']:.0f} MiB without clients, {cost['peak_mib']:.0f} at most; "
            f"{cost['cores']:.2f} cores",
            flush=True,
        )
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """Prints the product's figures beside the reference's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dashboards", type=int, default=500)
    parser.add_argument("--rate", type=float, default=20.0, help="events a second on the wall")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--serve", choices=["product", "reference"], help="be the server (used inside)")
    given = parser.parse_args()
    if given.serve:
        server = serve_product if given.serve == "product" else serve_reference
        asyncio.run(server(given.rate, given.seconds))
        return
    print(describe_machine())
    print(
        f"{given.dashboards} dashboards on the wall, one stalled, {given.rate:g} events/s for "
        f"{given.seconds:g} s; delay from publishing to a client's hand, clients in one process"
    )
    for kind in ("product", "reference"):
        asyncio.run(measure(kind, given.dashboards, given.rate, given.seconds))


if __name__ == "__main__":
    main()
