"""Sound devices that exist in the test alone: with clocks that drift, plugs that come out, and naps."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from monitor.core.audio import AudioFrame, Party
from monitor.core.notices import notice_event
from monitor.errors import DeviceError
from monitor.ingest.device import DeviceSource
from monitor.ingest.portaudio import CapturedBlock, InputDevice
from monitor.ingest.source import SourceNotice

PULSE_EVERY_S = 10.0
PULSE_WIDTH_S = 0.0005


class SimulatedClock:
    """The host's monotonic clock; it moves only when somebody pauses, and drives the devices then."""

    def __init__(self) -> None:
        self.now_s = 5_000.0
        self.systems: list[SimulatedSystem] = []
        self.jumps: dict[float, float] = {}
        """At that time since the start, the clock leaps by so much while no device runs."""

    def __call__(self) -> float:
        return self.now_s

    @property
    def elapsed_s(self) -> float:
        return self.now_s - 5_000.0

    async def pause(self, length_s: float) -> None:
        self.now_s += length_s
        for at_s in [at_s for at_s in self.jumps if at_s <= self.elapsed_s]:
            self.now_s += self.jumps.pop(at_s)
            for system in self.systems:
                for stream in system.streams:
                    stream.opened_at_s, stream.frames = self.now_s, 0
        for system in self.systems:
            system.deliver()
        for _ in range(6):  # let tasks that open and close devices run
            await asyncio.sleep(0)


@dataclass
class SimulatedDevice:
    """A device that hears a pulse at 5, 15, 25... s of true time, at a rate of its own."""

    name: str
    true_rate_hz: float = 16_000.0
    nominal_rate_hz: int = 16_000
    channels: int = 1
    index: int = 0
    block_s: float = 0.1
    jitter_s: float = 0.0
    unplugged: tuple[float, float] = (math.inf, math.inf)
    """From when to when it is away, in seconds since the start."""
    is_told: bool = True
    """Whether the sound system says so, or the device just falls silent."""
    held: tuple[float, float] = (math.inf, math.inf)
    """From when to when blocks are held back, to come all at once."""
    loses: tuple[float, float] = (math.inf, math.inf)
    """From when to when the driver loses blocks, and flags it."""
    level: float = 0.0
    """A constant under the pulses, which tells sound from silence."""

    def is_there(self, elapsed_s: float) -> bool:
        return not self.unplugged[0] <= elapsed_s < self.unplugged[1]


@dataclass
class SimulatedStream:
    """An open simulated device."""

    device: SimulatedDevice
    channels: int
    deliver: Callable[[CapturedBlock], None]
    stopped: Callable[[], None]
    opened_at_s: float
    clock: SimulatedClock
    system: SimulatedSystem
    rng: np.random.Generator
    frames: int = 0
    is_open: bool = True
    has_overflow: bool = False

    @property
    def rate_hz(self) -> int:
        return self.device.nominal_rate_hz

    def close(self) -> None:
        self.is_open = False
        self.system.streams = [stream for stream in self.system.streams if stream is not self]

    def run(self) -> None:
        """Delivers every block that is complete by now."""
        device, elapsed_s = self.device, self.clock.elapsed_s
        if not device.is_there(elapsed_s):
            if device.is_told:
                self.stopped()
            self.is_open = False
            return
        if device.held[0] <= elapsed_s < device.held[1]:
            return
        count = round(device.block_s * device.nominal_rate_hz)
        while self.opened_at_s + (self.frames + count) / device.true_rate_hz <= self.clock.now_s:
            first_s = self.opened_at_s + self.frames / device.true_rate_hz
            self.frames += count
            if device.loses[0] <= first_s - 5_000 < device.loses[1]:
                self.has_overflow = True
                continue
            sound = np.full(count, device.level, np.float32)
            pulse_s = math.ceil((first_s - 5.01) / PULSE_EVERY_S) * PULSE_EVERY_S + 5
            if pulse_s - first_s < device.block_s + 0.01:
                times_s = first_s + np.arange(count) / device.true_rate_hz - pulse_s
                sound += 0.8 * np.exp(-0.5 * (times_s / PULSE_WIDTH_S) ** 2).astype(np.float32)
            self.deliver(
                CapturedBlock(
                    samples=np.repeat(sound[:, np.newaxis], self.channels, axis=1),
                    captured_at_s=first_s + device.jitter_s * self.rng.uniform(-1, 1),
                    has_overflow=self.has_overflow,
                )
            )
            self.has_overflow = False


class SimulatedSystem:
    """A sound system like PortAudio: it sees new devices only after a refresh, which ends all streams."""

    def __init__(self, clock: SimulatedClock, *devices: SimulatedDevice) -> None:
        self.clock = clock
        self.plugged = devices
        for index, device in enumerate(devices):
            device.index = index
        self.streams: list[SimulatedStream] = []
        self.rng = np.random.default_rng(11)
        self.refreshes = 0
        self.refreshed_s = 0.0
        self.known: list[SimulatedDevice] = list(devices)
        clock.systems.append(self)

    def devices(self) -> list[InputDevice]:
        return [
            InputDevice(
                index=device.index,
                name=device.name,
                host_api="simulated",
                channels=device.channels,
                rate_hz=device.nominal_rate_hz,
            )
            for device in self.known
        ]

    def open(
        self,
        device: InputDevice,
        channels: int,
        deliver: Callable[[CapturedBlock], None],
        stopped: Callable[[], None],
    ) -> SimulatedStream:
        plugged = self.plugged[device.index]
        came_back_s = plugged.unplugged[1]
        is_stale = self.refreshed_s < came_back_s <= self.clock.elapsed_s
        if is_stale or plugged not in self.known or not plugged.is_there(self.clock.elapsed_s):
            raise DeviceError("device.failed", name=device.name, reason="it is not there")
        stream = SimulatedStream(
            plugged, channels, deliver, stopped, self.clock.now_s, self.clock, self, self.rng
        )
        self.streams.append(stream)
        return stream

    def refresh(self) -> None:
        assert not [stream for stream in self.streams if stream.is_open], "a refresh ends what is open"
        self.refreshes += 1
        self.refreshed_s = self.clock.elapsed_s
        self.known = [device for device in self.plugged if device.is_there(self.clock.elapsed_s)]

    def deliver(self) -> None:
        for stream in list(self.streams):
            if stream.is_open:
                stream.run()


@dataclass
class Heard:
    """What a call gave."""

    pulses: dict[Party, list[float]]
    """Where each pulse's peak lies, in seconds of call time."""
    concealed: dict[Party, list[tuple[float, float]]]
    """Marked silence, joined, in seconds."""
    notices: list[SourceNotice]
    end_s: dict[Party, float]
    skew_s: float
    """The furthest that one party ran ahead of the other."""

    @property
    def codes(self) -> list[str]:
        return [notice.code for notice in self.notices]


def hear(source: DeviceSource, clock: SimulatedClock, for_s: float) -> Heard:
    """Listens for so long, and checks what every source must keep to."""
    heard = Heard({p: [] for p in Party}, {p: [] for p in Party}, [], dict.fromkeys(Party, 0.0), 0.0)
    ends = dict.fromkeys(Party, 0)
    last_peak = dict.fromkeys(Party, 0.0)

    def take(frame: AudioFrame) -> None:
        party, pcm = frame.party, frame.pcm
        assert frame.start == ends[party] and len(pcm)
        ends[party] = frame.end
        heard.skew_s = max(heard.skew_s, abs(ends[Party.AGENT] - ends[Party.CALLER]) / 16_000)
        start_s, end_s = frame.start / 16_000, frame.end / 16_000
        if frame.is_concealed:
            assert not pcm.any()
            runs = heard.concealed[party]
            if runs and runs[-1][1] == start_s:
                runs[-1] = (runs[-1][0], end_s)
            else:
                runs.append((start_s, end_s))
        peak = int(np.argmax(pcm))
        if pcm[peak] > 0.6:
            at_s = (frame.start + peak) / 16_000
            runs_on = heard.pulses[party] and at_s - heard.pulses[party][-1] < 0.1
            if runs_on and pcm[peak] > last_peak[party]:
                heard.pulses[party][-1] = at_s
            elif not runs_on:
                heard.pulses[party].append(at_s)
            last_peak[party] = float(pcm[peak])

    async def run() -> None:
        async for item in source.frames():
            if isinstance(item, AudioFrame):
                take(item)
            else:
                notice_event(item.code, item.at, item.party, item.values)
                heard.notices.append(item)
            if clock.elapsed_s >= for_s:
                source.close()

    asyncio.run(run())
    heard.end_s = {party: end / 16_000 for party, end in ends.items()}
    return heard


async def inline(function: Callable[..., Any], *arguments: Any) -> Any:
    """In place of a thread."""
    return function(*arguments)


def source_of(
    clock: SimulatedClock, *devices: SimulatedDevice, tick_s: float = 0.04
) -> tuple[DeviceSource, SimulatedSystem]:
    system = SimulatedSystem(clock, *devices)
    parties = [(Party.AGENT, Party.CALLER)] if len(devices) == 1 else [(Party.AGENT,), (Party.CALLER,)]
    source = DeviceSource(
        system,
        list(zip(system.devices(), parties, strict=True)),
        clock=clock,
        pause=clock.pause,
        run_blocking=inline,
        tick_s=tick_s,
    )
    return source, system


def alignment_s(heard: Heard) -> float:
    """The largest distance between the parties' places of one pulse."""
    pairs = list(zip(heard.pulses[Party.AGENT], heard.pulses[Party.CALLER], strict=True))
    return max(abs(agent - caller) for agent, caller in pairs)
