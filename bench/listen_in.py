"""Listening in: how long a telephone's packet takes to a listener, and what listeners cost the server.

A server of its own (`serve --no-asr`) hears calls over `/ingest`, a shipped call's sound as G.711 in packets
of 20 ms; websocket clients listen by `/listen`. The latency counts from when a packet is sent to when a
listener has its last samples, both by this machine's clock. A frame's first samples
have waited for its length, which is printed; the page's buffer (200 ms) and the sound card come on top. The
cost is the server's CPU time a second of each call, alone and with listeners, told apart from the analysis'.

    python -m bench.listen_in [--seconds 20]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil
import soundfile
import soxr
import websockets

from bench.common import TOP, spread, tingyin
from monitor.publish.live_sound import HEADER, LISTENERS_OF_CALL_MAX

_PACKET_S = 0.02
_RATE_HZ, _HEARD_RATE_HZ = 8_000, 16_000
_CROWDS = ((1, 0), (1, 1), (1, LISTENERS_OF_CALL_MAX), (5, 0), (5, 6))
"""Calls, and listeners of each: five calls with six are nearly all that a server lets at once."""
_FIRST_S = 3.0
"""Start-up, which is not measured."""


@dataclass(slots=True)
class Call:
    """One call that is being sent: `sent_s[n]` is when packet n was."""

    call_id: str = ""
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    sent_s: list[float] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    bytes_heard: int = 0
    lost: int = 0
    frames: int = 0
    heard: int = 0
    """Frames and samples of one party that all who listen had."""


def mulaw(pcm: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """G.711 mu-law of samples in [-1, 1]."""
    clipped = np.clip(np.abs(pcm) * 32635, 0, 32635) + 132
    exponent = np.floor(np.log2(clipped)).astype(int) - 7
    mantissa = (clipped.astype(int) >> (exponent + 3)) & 0x0F
    sign = np.where(pcm < 0, 0x80, 0)
    law: npt.NDArray[np.uint8] = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8)
    return law


def packets() -> list[bytes]:
    """The shipped Mandarin call, as a telephone sends it."""
    pcm, rate_hz = soundfile.read(TOP / "monitor" / "calls" / "zh_parcel.flac", dtype="float64")
    narrow = soxr.resample(pcm, rate_hz, _RATE_HZ)
    law = mulaw(narrow)
    step = round(_PACKET_S * _RATE_HZ)
    return [law[at : at + step].tobytes() for at in range(0, len(law) - step + 1, step)]


async def send(port: int, call: Call, sound: list[bytes], seconds: float) -> None:
    """Sends a call in real time."""
    async with websockets.connect(f"ws://127.0.0.1:{port}/ingest") as stream:
        start = {"type": "start", "format": "mulaw", "rate": _RATE_HZ, "channels": 2}
        await stream.send(json.dumps({**start, "agent": "bench", "title": "bench"}))
        call.call_id = json.loads(await stream.recv())["call_id"]
        call.begun.set()
        begun_s = time.perf_counter()
        for number in range(round(seconds / _PACKET_S)):
            await asyncio.sleep(max(0.0, begun_s + number * _PACKET_S - time.perf_counter()))
            call.sent_s.append(time.perf_counter())
            await stream.send(sound[number % len(sound)])
        await stream.send(json.dumps({"type": "stop"}))


async def listen(port: int, call: Call) -> None:
    """Listens to a call to its end."""
    await call.begun.wait()
    expected: dict[int, int] = {}
    with suppress(websockets.ConnectionClosed):
        async with websockets.connect(f"ws://127.0.0.1:{port}/listen/{call.call_id}") as socket:
            while True:
                message = await socket.recv()
                now_s = time.perf_counter()
                if isinstance(message, str):
                    continue
                call.bytes_heard += len(message)
                _, party, _, start, count, _ = HEADER.unpack_from(message)
                call.lost += max(0, start - expected.get(party, start))
                expected[party] = start + count
                call.frames += 1
                call.heard += count
                last = round((start + count) / _HEARD_RATE_HZ / _PACKET_S) - 1
                if start / _HEARD_RATE_HZ > _FIRST_S and last < len(call.sent_s):
                    call.latencies_ms.append((now_s - call.sent_s[last]) * 1000)


async def measure(
    port: int, server: psutil.Process, calls: int, listeners: int, sound: list[bytes], seconds: float
) -> float:
    """Prints one crowd's latency; returns the server's CPU seconds a second of one call."""
    open_calls = [Call() for _ in range(calls)]
    before = server.cpu_times()
    senders = [send(port, call, sound, seconds) for call in open_calls]
    ears = [listen(port, call) for call in open_calls for _ in range(listeners)]
    await asyncio.gather(*senders, *ears)
    after = server.cpu_times()
    cpu_s = after.user + after.system - before.user - before.system
    of_call = cpu_s / seconds / calls
    latencies = [value for call in open_calls for value in call.latencies_ms]
    rate = sum(call.bytes_heard for call in open_calls) / seconds / max(1, calls * listeners)
    lost = sum(call.lost for call in open_calls)
    frames = sum(call.frames for call in open_calls)
    frame_ms = sum(call.heard for call in open_calls) / max(1, frames) / _HEARD_RATE_HZ * 1000
    print(
        f"{calls} calls, {listeners} listeners each: packet to listener {spread(latencies, 'ms')}, "
        f"frames of {frame_ms:.0f} ms; "
        f"{rate / 1000:.1f} kB/s a listener, {lost} samples lost; "
        f"server {of_call * 1000:.1f} ms of CPU a second of call",
        flush=True,
    )
    await asyncio.sleep(1.0)
    return of_call


async def run(seconds: float) -> None:
    """All crowds, one after the other, with one server."""
    sound = packets()
    os.environ["TINGYIN_ACCOUNTS__IS_REQUIRED"] = "false"
    with tempfile.TemporaryDirectory() as folder, tingyin(["serve", "--no-asr"], Path(folder)) as started:
        process, port = started
        server = psutil.Process(process.pid)
        await measure(port, server, 1, 1, sound, _FIRST_S + 2.0)  # loads the models; not a figure
        cost = {crowd: await measure(port, server, crowd[0], crowd[1], sound, seconds) for crowd in _CROWDS}
    for calls, listeners in _CROWDS:
        if listeners:
            each = (cost[calls, listeners] - cost[calls, 0]) / listeners
            print(
                f"one listener of {listeners} to each of {calls} calls costs {each * 1000:.2f} ms of CPU a "
                f"second, {each / cost[calls, 0]:.1%} of what the call's analysis takes"
            )


def main() -> int:
    """Runs the bench."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each crowd")
    asyncio.run(run(parser.parse_args().seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
