"""A live call from sound devices: one stereo device, or one device for each party.

The sound library calls back on a thread of its own. Between it and the event loop stands an inbox of
bounded length for each device; the source looks into the inboxes every 40 ms, places what it finds on the
call's clock, and interleaves the parties. A device that vanishes is tried again and again, and marked
silence stands for what was missed.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from monitor.core.audio import AudioFrame, Party
from monitor.core.clock import SAMPLE_RATE_HZ
from monitor.errors import DeviceError
from monitor.ingest.condition import Inspector
from monitor.ingest.drift import ClockedLane, Piece
from monitor.ingest.inbox import Inbox
from monitor.ingest.portaudio import (
    InputDevice,
    OpenInput,
    PortAudioSystem,
    SoundSystem,
    find_device,
)
from monitor.ingest.source import SourceInfo, SourceNotice

TICK_S = 0.04
"""How often the inboxes are looked into: half of it is the delay that this adds on average."""

STALL_S = 0.6
"""Without a block for this long, silence stands in, so that the other party's sound is not held up."""

GONE_S = 2.0
"""Without a block for this long, the device counts as gone."""

RETRY_S = (0.5, 1.0, 2.0)
"""Waits between attempts to get a device back; the last one repeats."""

REFRESH_S = 20.0
"""While another device is heard, devices are listed anew this often at most: it interrupts that one."""

REFRESH_ATTEMPTS = 3
"""Attempts without a refresh before another device's sound is interrupted for one."""

SUSPENDED_S = 10.0
"""A tick this late means that the machine slept; the call goes on from there, without an hour of silence."""

Pause = Callable[[float], Awaitable[None]]
RunBlocking = Callable[..., Awaitable[Any]]


@dataclass(slots=True, eq=False)
class _Capture:
    """One device of a call, and how it fares."""

    device: InputDevice
    parties: tuple[Party, ...]
    lane: ClockedLane
    inbox: Inbox = field(default_factory=Inbox)
    opened: OpenInput | None = None
    inspector: Inspector | None = None
    heard_at_s: float = 0.0
    """When the last block came, on the host's clock."""
    is_running: bool = False
    """The lane's run has begun: a block has come since the device was opened."""
    attempts: int = 0
    retry_at_s: float = 0.0
    reopening: asyncio.Future[OpenInput] | None = None
    discarded: OpenInput | None = None
    """What was open when the device vanished, still to be closed."""


class DeviceSource:
    """A call heard from devices until `close` is called. Use `open_device_source` to make one."""

    def __init__(
        self,
        system: SoundSystem,
        devices: list[tuple[InputDevice, tuple[Party, ...]]],
        *,
        agent_label: str = "",
        clock: Callable[[], float] = time.monotonic,
        pause: Pause = asyncio.sleep,
        run_blocking: RunBlocking = asyncio.to_thread,
        tick_s: float = TICK_S,
    ) -> None:
        self.info = SourceInfo(
            kind="device", title=" + ".join(device.name for device, _ in devices), agent=agent_label
        )
        self._system = system
        self._clock = clock
        self._pause = pause
        self._run_blocking = run_blocking
        self._tick_s = tick_s
        self._captures = [_Capture(device, parties, ClockedLane(len(parties))) for device, parties in devices]
        self._begun_at_s = 0.0
        # PortAudio's calls are not safe beside one another, and a refresh must have it for itself.
        self._hardware = asyncio.Lock()
        self._refreshed_at_s = clock()
        self._is_closing = False

    def open(self) -> None:
        """Starts to listen, so that a device that cannot be opened is known before the call begins.

        Raises:
            DeviceError: a device cannot be opened.
        """
        try:
            for capture in self._captures:
                if capture.opened is None:
                    capture.opened = self._open(capture)
        except DeviceError:
            self._close_devices()
            raise

    def _open(self, capture: _Capture) -> OpenInput:
        inbox = Inbox()
        rate_hz = capture.device.rate_hz
        opened = self._system.open(
            capture.device,
            len(capture.parties),
            lambda block: inbox.put(block, rate_hz),
            inbox.stop,
        )
        capture.inbox = inbox
        return opened

    def close(self) -> None:
        """Ends the call at the next look into the inboxes; may be called from any thread."""
        self._is_closing = True

    async def frames(self) -> AsyncGenerator[AudioFrame | SourceNotice, None]:
        """The call from now until `close`.

        Raises:
            DeviceError: a device cannot be opened at the start. Later failures cost marked silence.
        """
        try:
            self.open()
            now_s = self._clock()
            for capture in self._captures:
                capture.inbox.take()
                capture.heard_at_s = now_s
            self._begun_at_s, ticked_at_s = now_s, now_s
            while not self._is_closing:
                await self._pause(self._tick_s)
                now_s = self._clock()
                slept_s = now_s - ticked_at_s - self._tick_s
                ticked_at_s = now_s
                if slept_s > SUSPENDED_S:
                    yield self._wake(slept_s, now_s)
                for item in self._tick(now_s):
                    yield item
        finally:
            self._close_devices()

    def _close_devices(self) -> None:
        for capture in self._captures:
            if capture.reopening is not None:
                # The attempt cannot be called off in its thread: whatever it opens is closed at once.
                capture.reopening.add_done_callback(_close_result)
                capture.reopening = None
            for opened in (capture.opened, capture.discarded):
                if opened is not None:
                    opened.close()
            capture.opened = capture.discarded = None

    def _wake(self, slept_s: float, now_s: float) -> SourceNotice:
        """The machine slept: the call's clock stood still meanwhile, and devices must be opened anew."""
        self._begun_at_s += slept_s
        for capture in self._captures:
            capture.inbox.take()
            capture.heard_at_s = now_s
            capture.is_running = False
        values = {"lost_s": round(slept_s, 1)}
        return SourceNotice(code="device.suspended", at=self._call_samples(now_s), values=values)

    def _call_samples(self, at_s: float) -> int:
        return max(0, round((at_s - self._begun_at_s) * SAMPLE_RATE_HZ))

    def _tick(self, now_s: float) -> Iterator[AudioFrame | SourceNotice]:
        pieces: list[tuple[int, int, Piece]] = []
        for number, capture in enumerate(self._captures):
            found: list[Piece] = []
            notices = list(self._drain(capture, now_s, found))
            notices.extend(self._watch(capture, now_s))
            if now_s - capture.heard_at_s > STALL_S:
                found.extend(capture.lane.conceal(self._call_samples(now_s - STALL_S)))
            yield from notices
            pieces.extend((piece.start, number, piece) for piece in found)
        # By time, so that neither party runs ahead after the loop was busy.
        for _, number, piece in sorted(pieces, key=lambda entry: entry[:2]):
            for channel, party in enumerate(self._captures[number].parties):
                pcm = np.ascontiguousarray(piece.pcm[:, channel])
                yield AudioFrame(party=party, start=piece.start, pcm=pcm, is_concealed=piece.is_concealed)

    def _drain(self, capture: _Capture, now_s: float, found: list[Piece]) -> Iterator[SourceNotice]:
        """Places the blocks that came on the call's clock."""
        for block in capture.inbox.take():
            at_s = block.captured_at_s - self._begun_at_s
            samples = block.samples
            if at_s < 0:  # what was heard before the call began is none of its business
                early = math.ceil(-at_s * capture.device.rate_hz)
                samples, at_s = samples[early:], at_s + early / capture.device.rate_hz
            if capture.opened is None or not len(samples):
                continue
            if not capture.is_running:
                yield from self._begin(capture, at_s, found)
            capture.heard_at_s = now_s
            assert capture.inspector is not None
            samples = capture.inspector.inspect(samples)
            if (stalled_s := capture.lane.take_lost_s()) > 0:
                yield self._notice("device.stalled", capture, lost_s=round(stalled_s, 1))
            found.extend(capture.lane.push(samples, at_s, block.has_overflow))
            if (lost_s := capture.lane.take_lost_s()) > 0:
                yield self._notice("device.overflow", capture, lost_s=round(lost_s, 2))
            for fault in capture.inspector.faults:
                yield SourceNotice(
                    code=fault.code,
                    at=capture.lane.end,
                    party=capture.parties[fault.channel],
                    values={"title": capture.device.name},
                )
            capture.inspector.faults.clear()

    def _begin(self, capture: _Capture, at_s: float, found: list[Piece]) -> Iterator[SourceNotice]:
        """The first block since the device was opened, or since the machine slept."""
        rate_hz = capture.opened.rate_hz if capture.opened else capture.device.rate_hz
        capture.lane.begin_run(rate_hz, at_s)
        if capture.inspector is None:
            capture.inspector = Inspector(rate_hz, len(capture.parties))
        capture.is_running = True
        if capture.lane.end:
            found.extend(capture.lane.conceal(max(0, round(at_s * SAMPLE_RATE_HZ))))
        if capture.attempts:
            capture.attempts = 0
            yield self._notice(
                "device.back", capture, lost_s=round(capture.lane.lost_samples / SAMPLE_RATE_HZ, 1)
            )
        capture.lane.take_lost_s()

    def _notice(self, code: str, capture: _Capture, **values: float) -> SourceNotice:
        party = capture.parties[0] if len(capture.parties) == 1 else None
        return SourceNotice(
            code=code, at=capture.lane.end, party=party, values={"device": capture.device.name, **values}
        )

    # --- devices that come and go ---------------------------------------------------------------------

    def _watch(self, capture: _Capture, now_s: float) -> Iterator[SourceNotice]:
        """Notices that a device is gone, and tries to get it back."""
        if capture.opened is not None:
            is_silent = now_s - capture.heard_at_s > GONE_S
            if capture.inbox.has_stopped or is_silent:
                capture.discarded, capture.opened = capture.opened, None
                capture.is_running = False
                if not capture.attempts:
                    yield self._notice("device.lost", capture)
                capture.retry_at_s = now_s + RETRY_S[min(capture.attempts, len(RETRY_S) - 1)]
                capture.attempts += 1
        elif capture.reopening is not None:
            if capture.reopening.done():
                self._take_reopened(capture, now_s)
        elif now_s >= capture.retry_at_s:
            capture.reopening = asyncio.ensure_future(self._reopen(capture))

    def _take_reopened(self, capture: _Capture, now_s: float) -> None:
        assert capture.reopening is not None
        error = capture.reopening.exception()
        if error is None:
            capture.opened = capture.reopening.result()
            capture.heard_at_s = now_s - STALL_S  # silence goes on until the first block
        elif isinstance(error, DeviceError):
            capture.retry_at_s = now_s + RETRY_S[min(capture.attempts, len(RETRY_S) - 1)]
            capture.attempts += 1
        else:
            raise error
        capture.reopening = None

    async def _reopen(self, capture: _Capture) -> OpenInput:
        """Opens the device by its name: its number may have changed while it was away."""
        async with self._hardware:
            if capture.discarded is not None:
                # Closing what is gone can take long in some drivers: never in the event loop.
                discarded, capture.discarded = capture.discarded, None
                await self._run_blocking(discarded.close)
            try:
                return await self._open_again(capture)
            except DeviceError:
                if not self._may_refresh(capture):
                    raise
            await self._refresh()
            return await self._open_again(capture)

    def _may_refresh(self, capture: _Capture) -> bool:
        """A device that was plugged in again is seen only after a refresh, which ends every open input."""
        if all(other.opened is None for other in self._captures):
            return True
        is_due = self._clock() - self._refreshed_at_s >= REFRESH_S
        return is_due and capture.attempts >= REFRESH_ATTEMPTS

    async def _refresh(self) -> None:
        self._refreshed_at_s = self._clock()
        for other in self._captures:
            if other.opened is not None:
                await self._run_blocking(other.opened.close)
                other.opened, other.is_running = None, False
                other.attempts, other.retry_at_s = 1, self._refreshed_at_s
        await self._run_blocking(self._system.refresh)

    async def _open_again(self, capture: _Capture) -> OpenInput:
        opened: OpenInput = await self._run_blocking(self._find_and_open, capture)
        return opened

    def _find_and_open(self, capture: _Capture) -> OpenInput:
        taken = {other.device.index for other in self._captures if other.opened is not None}
        same = [
            device
            for device in self._system.devices()
            if (device.name, device.host_api) == (capture.device.name, capture.device.host_api)
            and device.index not in taken  # two headsets of one make bear one name
        ]
        if not same:
            raise DeviceError("device.unknown", name=capture.device.name)
        capture.device = min(same, key=lambda device: device.index != capture.device.index)
        return self._open(capture)


def _close_result(reopening: asyncio.Future[OpenInput]) -> None:
    if not reopening.cancelled() and reopening.exception() is None:
        reopening.result().close()


def open_device_source(
    device: str | None = None,
    *,
    agent: str | None = None,
    caller: str | None = None,
    agent_channel: Literal["left", "right"] = "left",
    agent_label: str = "",
    system: SoundSystem | None = None,
) -> DeviceSource:
    """Opens a call's devices: a stereo `device`, or one for `agent` and one for `caller`.

    A device is given by number, name, part of a name, or `default`.

    Raises:
        DeviceError: the library or a device is missing, has too few channels, or cannot be opened.
    """
    if (device is None) == (agent is None and caller is None) or (agent is None) != (caller is None):
        reason = (
            "give one stereo device by `--device D`, or one for each party by `--agent-device A "
            "--caller-device B`; `tingyin devices` lists them"
        )
        raise DeviceError("device.arguments", reason=reason)
    system = system or PortAudioSystem()
    known = system.devices()
    chosen: list[tuple[InputDevice, tuple[Party, ...]]]
    if device is not None:
        stereo = find_device(known, device)
        if stereo.channels < 2:
            hint = "give one device for each party by `--agent-device A --caller-device B`"
            raise DeviceError(
                "device.channels", name=stereo.name, channels=stereo.channels, needed=2, hint=hint
            )
        is_left = agent_channel == "left"
        chosen = [(stereo, (Party.AGENT, Party.CALLER) if is_left else (Party.CALLER, Party.AGENT))]
    else:
        assert agent is not None and caller is not None
        chosen = [
            (find_device(known, agent), (Party.AGENT,)),
            (find_device(known, caller), (Party.CALLER,)),
        ]
        if chosen[0][0] == chosen[1][0]:
            reason = "the agent's and the caller's device are the same; for a stereo device give `--device D`"
            raise DeviceError("device.arguments", reason=reason)
    source = DeviceSource(system, chosen, agent_label=agent_label)
    source.open()
    return source
