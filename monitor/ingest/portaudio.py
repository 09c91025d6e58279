"""The sound hardware behind a small protocol, and PortAudio as the one real implementation of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from monitor.errors import DeviceError
from monitor.ingest.decoder import Samples

_BELIEVABLE_LATENCY_S = 2.0
"""Some drivers report no capture time, or one of another clock: a latency beyond this is not one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputDevice:
    """A device that hears. `index` is PortAudio's number and may change when devices come and go."""

    index: int
    name: str
    host_api: str
    channels: int
    rate_hz: int
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CapturedBlock:
    """Sound as a device delivers it, shape (frames, channels) at the device's rate."""

    samples: Samples
    captured_at_s: float
    """When the first sample was captured, in monotonic seconds."""
    has_overflow: bool = False
    """The driver lost sound just before this block."""


class OpenInput(Protocol):
    """A device that is being heard."""

    @property
    def rate_hz(self) -> int:
        """The rate at which it delivers."""
        ...

    def close(self) -> None:
        """Stops; no block is delivered afterwards. May be called twice, and after the device is gone."""
        ...


class SoundSystem(Protocol):
    """The machine's sound devices."""

    def devices(self) -> Sequence[InputDevice]:
        """The input devices known since the start or the last `refresh`."""
        ...

    def open(
        self,
        device: InputDevice,
        channels: int,
        deliver: Callable[[CapturedBlock], None],
        stopped: Callable[[], None],
    ) -> OpenInput:
        """Starts to hear a device. Both callables are called from a thread of the sound system.

        Raises:
            DeviceError: it cannot be opened.
        """
        ...

    def refresh(self) -> None:
        """Looks for devices anew. Every open input of the process stops: close them before.

        Raises:
            DeviceError: the sound library fails.
        """
        ...


class PortAudioSystem:
    """PortAudio through sounddevice, which is loaded only here: a machine that replays files needs neither.

    Raises:
        DeviceError: the library is missing.
    """

    def __init__(self) -> None:
        try:
            import sounddevice
        except (ImportError, OSError) as error:
            raise DeviceError("device.no_library") from error
        self._sounddevice: Any = sounddevice

    def devices(self) -> list[InputDevice]:
        """All devices with at least one input channel."""
        try:
            apis = self._sounddevice.query_hostapis()
            known = self._sounddevice.query_devices()
        except self._sounddevice.PortAudioError as error:
            raise DeviceError("device.sound_failed", reason=error) from error
        default = self._sounddevice.default.device[0]
        return [
            InputDevice(
                index=number,
                name=str(device["name"]),
                host_api=str(apis[device["hostapi"]]["name"]),
                channels=int(device["max_input_channels"]),
                rate_hz=round(device["default_samplerate"]),
                is_default=number == default,
            )
            for number, device in enumerate(known)
            if device["max_input_channels"] > 0
        ]

    def open(
        self,
        device: InputDevice,
        channels: int,
        deliver: Callable[[CapturedBlock], None],
        stopped: Callable[[], None],
    ) -> OpenInput:
        """Opens the device at its own rate, so that nothing but our resampler touches the sound."""

        def callback(samples: Samples, frames: int, times: Any, status: Any) -> None:
            latency_s = times.currentTime - times.inputBufferAdcTime
            if not 0 < latency_s < _BELIEVABLE_LATENCY_S:
                latency_s = frames / device.rate_hz
            deliver(
                CapturedBlock(
                    samples=np.array(samples, np.float32),
                    captured_at_s=time.monotonic() - latency_s,
                    has_overflow=bool(status.input_overflow),
                )
            )

        stream = None
        try:
            stream = self._sounddevice.InputStream(
                device=device.index,
                channels=channels,
                samplerate=device.rate_hz,
                dtype="float32",
                latency="high",  # a late block costs 50 ms once; an overflow costs sound
                callback=callback,
                finished_callback=stopped,
            )
            stream.start()
        except (self._sounddevice.PortAudioError, ValueError) as error:
            if stream is not None:
                stream.close()
            raise DeviceError("device.failed", name=device.name, reason=error) from error
        return _PortAudioInput(stream, device.rate_hz)

    def refresh(self) -> None:
        """Starts PortAudio anew: it lists devices only then (PortAudio issue 11 tracks hot-plugging)."""
        try:
            self._sounddevice._terminate()
            self._sounddevice._initialize()
        except self._sounddevice.PortAudioError as error:
            raise DeviceError("device.sound_failed", reason=error) from error


class _PortAudioInput:
    """An open stream."""

    def __init__(self, stream: Any, rate_hz: int) -> None:
        self._stream = stream
        self.rate_hz = rate_hz

    def close(self) -> None:
        """Aborts rather than stops: a device that is gone would never drain."""
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)


def list_devices(system: SoundSystem | None = None) -> list[InputDevice]:
    """The machine's input devices, for the command line.

    Raises:
        DeviceError: the sound library is missing.
    """
    return list((system or PortAudioSystem()).devices())


def find_device(devices: Sequence[InputDevice], wanted: str) -> InputDevice:
    """The device with that number, that name, or the only one whose name contains it; `default` is one too.

    Raises:
        DeviceError: there is none, or several match.
    """
    if not devices:
        raise DeviceError("device.none")
    if wanted == "default":
        return next((device for device in devices if device.is_default), devices[0])
    exact = [device for device in devices if wanted in (str(device.index), device.name)]
    if exact:  # the same name under several host APIs: the first is PortAudio's preferred one
        return exact[0]
    close = [device for device in devices if wanted and wanted.lower() in device.name.lower()]
    if not close:
        raise DeviceError("device.unknown", name=wanted)
    if len({device.name for device in close}) > 1:
        matches = ", ".join(repr(device.name) for device in close)
        raise DeviceError("device.ambiguous", name=wanted, matches=matches)
    return close[0]
