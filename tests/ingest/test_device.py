"""Live calls from simulated devices: drift, unplugging, stalls, overflow, and a machine that sleeps."""

from __future__ import annotations

import asyncio
import math
import sys
from typing import Any

import numpy as np
import pytest

from monitor.core.audio import AudioFrame, Party, to_grid
from monitor.errors import DeviceError
from monitor.ingest.device import open_device_source
from monitor.ingest.inbox import INBOX_S, Inbox
from monitor.ingest.portaudio import CapturedBlock, InputDevice, PortAudioSystem, find_device, list_devices
from tests.ingest.simulated import (
    Heard,
    SimulatedClock,
    SimulatedDevice,
    SimulatedSystem,
    alignment_s,
    hear,
    source_of,
)


@pytest.mark.parametrize(
    "length_s", [200, pytest.param(3_600, marks=pytest.mark.slow)], ids=["minutes", "an hour"]
)
def test_two_devices_200_ppm_apart_stay_aligned(length_s: float) -> None:
    clock = SimulatedClock()
    source, _ = source_of(
        clock,
        SimulatedDevice("one", 16_000.0, block_s=0.5, jitter_s=0.004),
        SimulatedDevice("two", 16_003.2, block_s=0.5, jitter_s=0.004),
        tick_s=0.5,
    )
    heard = hear(source, clock, length_s)
    assert len(heard.pulses[Party.AGENT]) >= length_s / 10 - 1
    assert alignment_s(heard) < 0.020
    print(f"alignment over {length_s} s: {alignment_s(heard) * 1000:.1f} ms")
    for party in Party:
        places = np.array(heard.pulses[party])
        assert np.abs(places - 5 - 10 * np.round((places - 5) / 10)).max() < 0.020, "on the host's clock"
        assert not heard.concealed[party]
    assert not heard.notices


@pytest.mark.parametrize("rates", [(48_010.0, 44_090.0), (44_100.0, 8_002.0)])
def test_devices_of_other_rates(rates: tuple[float, float]) -> None:
    clock = SimulatedClock()
    nominal = [min((8_000, 44_100, 48_000), key=lambda known: abs(known - rate)) for rate in rates]
    source, _ = source_of(
        clock,
        SimulatedDevice("one", rates[0], nominal[0], jitter_s=0.003),
        SimulatedDevice("two", rates[1], nominal[1], jitter_s=0.003),
    )
    heard = hear(source, clock, 62)
    assert len(heard.pulses[Party.AGENT]) == 6
    assert alignment_s(heard) < 0.020
    assert not heard.notices and heard.skew_s < 0.5


def test_a_stereo_device() -> None:
    clock = SimulatedClock()
    source, _ = source_of(clock, SimulatedDevice("stereo", 48_000.0, 48_000, channels=2))
    heard = hear(source, clock, 21)
    assert heard.pulses[Party.AGENT] == heard.pulses[Party.CALLER]
    assert heard.pulses[Party.AGENT] == pytest.approx([5, 15], abs=0.002)
    assert heard.end_s[Party.AGENT] > 20.7


def test_devices_that_listened_before_the_call_began_are_aligned_from_its_start() -> None:
    clock = SimulatedClock()
    source, _ = source_of(
        clock, SimulatedDevice("one", block_s=0.3), SimulatedDevice("two", 44_100.0, 44_100, block_s=0.07)
    )
    source.open()
    asyncio.run(clock.pause(1.234))
    heard = hear(source, clock, 12)
    assert heard.pulses[Party.AGENT] == pytest.approx([5 - 1.234], abs=0.003)
    assert heard.pulses[Party.CALLER] == pytest.approx([5 - 1.234], abs=0.003)
    assert not heard.concealed[Party.AGENT] and not heard.concealed[Party.CALLER]


@pytest.mark.parametrize("is_told", [True, False])
def test_a_device_that_vanishes_and_returns_costs_a_marked_gap(is_told: bool) -> None:
    clock = SimulatedClock()
    gone = SimulatedDevice("one", unplugged=(13.0, 16.0), is_told=is_told, level=0.1)
    source, system = source_of(clock, gone, SimulatedDevice("two", level=0.1))
    heard = hear(source, clock, 60)
    assert heard.codes[:2] == ["device.lost", "device.back"]
    assert heard.notices[0].party is Party.AGENT
    (begin_s, end_s), *more = heard.concealed[Party.AGENT]
    assert not more and 12.8 < begin_s <= 13.0 and 16.0 <= end_s < 25
    assert heard.notices[1].values["lost_s"] == pytest.approx(end_s - begin_s, abs=0.1)
    # One refresh, which interrupted the other party's device for a moment.
    assert system.refreshes == 1
    assert sum(end - begin for begin, end in heard.concealed[Party.CALLER]) < 0.5
    assert alignment_s(Heard({p: heard.pulses[p][-3:] for p in Party}, {}, [], {}, 0)) < 0.020
    assert heard.skew_s <= 1.0
    assert all(end_s > 59 for end_s in heard.end_s.values())


def test_the_only_device_is_looked_for_at_every_attempt() -> None:
    clock = SimulatedClock()
    source, system = source_of(clock, SimulatedDevice("one", channels=2, unplugged=(4.0, 15.0), level=0.1))
    heard = hear(source, clock, 40)
    assert heard.codes == ["device.lost", "device.back"]
    assert system.refreshes >= 3
    ((_, end_s),) = heard.concealed[Party.CALLER]
    assert end_s < 18
    assert heard.pulses[Party.CALLER] == pytest.approx([25, 35], abs=0.02)
    assert heard.concealed[Party.AGENT] == heard.concealed[Party.CALLER]


def test_a_device_that_stays_away_does_not_end_the_call() -> None:
    clock = SimulatedClock()
    source, _ = source_of(
        clock, SimulatedDevice("one"), SimulatedDevice("two", unplugged=(10.5, math.inf), level=0.1)
    )
    heard = hear(source, clock, 120)
    assert heard.codes.count("device.lost") == 1
    assert heard.concealed[Party.CALLER][0][0] == pytest.approx(10.5, abs=0.2)
    assert heard.concealed[Party.CALLER][-1][1] > 118
    lost_s = sum(end - begin for begin, end in heard.concealed[Party.AGENT])
    assert lost_s < 8, "looking for the one interrupts the other now and then"
    assert heard.skew_s <= 1.0


def test_blocks_that_come_late_and_all_at_once() -> None:
    clock = SimulatedClock()
    source, _ = source_of(
        clock, SimulatedDevice("one", held=(12.0, 13.5), level=0.1), SimulatedDevice("two", level=0.1)
    )
    heard = hear(source, clock, 41)
    assert heard.codes == ["device.stalled"]
    ((begin_s, end_s),) = heard.concealed[Party.AGENT]
    assert begin_s == pytest.approx(12, abs=0.2) and end_s < 13.5
    assert alignment_s(heard) < 0.020 and heard.skew_s <= 1.0


@pytest.mark.parametrize("lost_s", [0.3, 1.0])
def test_sound_that_the_driver_loses_is_marked_and_what_follows_is_in_place(lost_s: float) -> None:
    clock = SimulatedClock()
    source, _ = source_of(
        clock,
        SimulatedDevice("one", loses=(12.0, 12.0 + lost_s), jitter_s=0.003),
        SimulatedDevice("two", jitter_s=0.003),
    )
    heard = hear(source, clock, 41)
    assert set(heard.codes) <= {"device.overflow", "device.stalled"} and heard.codes
    marked_s = sum(end - begin for begin, end in heard.concealed[Party.AGENT])
    assert marked_s == pytest.approx(lost_s, abs=0.15)
    assert alignment_s(heard) < 0.020


def test_a_machine_that_slept_goes_on_without_an_hour_of_silence() -> None:
    clock = SimulatedClock()
    clock.jumps[12.3] = 3_600.0
    source, _ = source_of(clock, SimulatedDevice("one", channels=2, level=0.1))
    heard = hear(source, clock, 3_630)
    assert "device.suspended" in heard.codes
    assert heard.end_s[Party.AGENT] < 40
    assert sum(end - begin for begin, end in heard.concealed[Party.AGENT]) < 2


def test_a_device_that_gives_no_numbers() -> None:
    clock = SimulatedClock()
    source, system = source_of(clock, SimulatedDevice("one", channels=2, level=1.0))

    system.plugged[0].level = math.nan
    heard = hear(source, clock, 5)
    assert heard.codes == ["source.nan", "source.nan"]
    assert {notice.party for notice in heard.notices} == set(Party)


def test_the_inbox_is_bounded_and_marks_what_it_lost() -> None:
    inbox = Inbox()
    second = np.zeros((16_000, 1), np.float32)
    for number in range(60):
        inbox.put(CapturedBlock(samples=second, captured_at_s=float(number)), 16_000)
    kept = inbox.take()
    assert len(kept) == INBOX_S and not any(block.has_overflow for block in kept)
    inbox.put(CapturedBlock(samples=second, captured_at_s=60.0), 16_000)
    assert [block.has_overflow for block in inbox.take()] == [True]


def test_sound_stays_on_the_grid() -> None:
    clock = SimulatedClock()
    source, _ = source_of(clock, SimulatedDevice("one", 16_001.0, channels=2))

    async def run() -> None:
        async for item in source.frames():
            if isinstance(item, AudioFrame):
                assert np.array_equal(item.pcm, to_grid(item.pcm))
            if clock.elapsed_s > 12:
                source.close()

    asyncio.run(run())


# --- choosing devices --------------------------------------------------------------------------------------

KNOWN = [
    InputDevice(index=0, name="Headset A", host_api="ALSA", channels=1, rate_hz=48_000),
    InputDevice(index=3, name="Headset B", host_api="ALSA", channels=1, rate_hz=48_000),
    InputDevice(index=4, name="Line in", host_api="ALSA", channels=2, rate_hz=44_100, is_default=True),
]


@pytest.mark.parametrize(
    ("wanted", "index"), [("3", 3), ("Headset A", 0), ("line", 4), ("default", 4), ("set b", 3)]
)
def test_a_device_is_found_by_number_name_or_part_of_it(wanted: str, index: int) -> None:
    assert find_device(KNOWN, wanted).index == index


def refusal(**arguments: Any) -> str:
    with pytest.raises(DeviceError) as caught:
        open_device_source(**arguments)
    return caught.value.code


def test_devices_that_cannot_be_used() -> None:
    clock = SimulatedClock()
    one = SimulatedDevice("one", channels=1)
    system = SimulatedSystem(clock, one, SimulatedDevice("one more", channels=2))
    assert refusal(device="nothing", system=system) == "device.unknown"
    assert refusal(device="", system=system) == "device.unknown"
    assert refusal(device="on", system=system) == "device.ambiguous"
    assert refusal(device="one", system=system) == "device.channels"
    assert refusal(agent="one", caller="0", system=system) == "device.arguments"
    assert refusal(agent="one", system=system) == "device.arguments"
    assert refusal(system=system) == "device.arguments"
    assert refusal(device="one", system=SimulatedSystem(clock)) == "device.none"
    one.unplugged = (0.0, math.inf)
    assert refusal(agent="one", caller="one more", system=system) == "device.failed"
    assert not system.streams, "what was opened before the failure is closed"


def test_a_machine_without_the_sound_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(DeviceError) as caught:
        list_devices()
    assert caught.value.code == "device.no_library"
    assert "libportaudio2" in caught.value.sentence


class FakePortAudio:
    """As much of sounddevice as is used."""

    class PortAudioError(Exception):
        """As sounddevice's."""

    class default:  # noqa: N801
        device = (1, -1)

    opened: dict[str, Any]

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [{"name": "ALSA"}]

    def query_devices(self) -> list[dict[str, Any]]:
        common = {"hostapi": 0, "default_samplerate": 44_100.0}
        return [
            {"name": "speaker", "max_input_channels": 0, **common},
            {"name": "microphone", "max_input_channels": 2, **common},
        ]

    def InputStream(self, **arguments: Any) -> Any:  # noqa: N802
        if arguments["channels"] > 2:
            raise self.PortAudioError("too many")
        self.opened = arguments
        return self

    def start(self) -> None: ...

    def abort(self, ignore_errors: bool) -> None: ...

    def close(self, ignore_errors: bool = True) -> None: ...


def test_portaudio_is_used_as_it_wants_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakePortAudio()
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    system = PortAudioSystem()
    (device,) = system.devices()
    assert (device.index, device.rate_hz, device.is_default) == (1, 44_100, True)
    blocks: list[CapturedBlock] = []
    opened = system.open(device, 2, blocks.append, lambda: None)

    class Times:
        currentTime, inputBufferAdcTime = 10.0, 9.9  # noqa: N815

    class Status:
        input_overflow = True

    buffer = np.full((10, 2), 0.5, np.float32)
    fake.opened["callback"](buffer, 10, Times, Status)
    buffer[:] = 0  # PortAudio uses its buffer again
    assert blocks[0].has_overflow and np.all(blocks[0].samples == 0.5)
    opened.close()
    with pytest.raises(DeviceError, match=r"device\.failed"):
        system.open(device, 3, blocks.append, lambda: None)
