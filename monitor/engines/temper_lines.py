"""Telephone lines to train and to measure the ear on: what a voice may go through before it is heard.

A line is drawn once for each speaker, because a call has one line for its calm and for its anger; the same
names give the same line every time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import soxr

from monitor.core.audio import Pcm
from monitor.core.clock import SAMPLE_RATE_HZ

_NARROW_HZ = 8_000
_MU = 255.0
_A = 87.6

_Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one speaker's sound goes through, in this order."""

    room_s: float = 0.0
    """Time in which a small room's echo decays by 60 dB; 0 is none."""
    babble_db: float | None = None
    """Other people's talk re the speaker's RMS."""
    noise_db: float | None = None
    """White noise re the speaker's RMS."""
    low_hz: float = 0.0
    high_hz: float = 0.0
    """What the handset carries; 0 is no limit."""
    gains_db: tuple[float, float] = (0.0, 0.0)
    """Each clip has a gain of its own between these."""
    drive_db: float = 0.0
    """By how much the loudest hundredth of the samples is driven into clipping; 0 is not."""
    companding: str = ""
    """mu, A, or nothing for a wide-band line."""
    speed: float = 1.0
    """How many times faster it is played: higher and of a shorter throat, as another person's voice is."""


def ideal_line(speaker: str) -> Line:
    """As recorded."""
    return Line()


def plain_telephone(speaker: str) -> Line:
    """G.711 and nothing else."""
    return Line(companding="mu")


def telephone_with_gain(speaker: str) -> Line:
    """G.711, a gain for every clip between -12 and +6 dB, and noise 25 to 45 dB below the speaker."""
    rng = _rng("gain", speaker)
    return Line(noise_db=-float(rng.uniform(25.0, 45.0)), gains_db=(-12.0, 6.0), companding="mu")


def higher_voice(speaker: str) -> Line:
    """Somebody 1.6 to 3.5 semitones higher, by telephone: a woman for a man, a child for a woman."""
    return replace(telephone_with_gain(speaker), speed=float(_rng("higher", speaker).uniform(1.10, 1.22)))


def lower_voice(speaker: str) -> Line:
    """Somebody 1.6 to 3.5 semitones lower, by telephone."""
    return replace(
        telephone_with_gain(speaker), speed=1.0 / float(_rng("lower", speaker).uniform(1.10, 1.22))
    )


def poor_telephone(speaker: str) -> Line:
    """A room, a handset's band, babble, noise, sometimes clipping: as bad as calls that people still make."""
    rng = _rng("poor", speaker)
    gain_db = float(rng.uniform(-15.0, 6.0))
    return Line(
        room_s=float(rng.uniform(0.1, 0.4)) if rng.random() < 0.6 else 0.0,
        babble_db=-float(rng.uniform(15.0, 30.0)) if rng.random() < 0.6 else None,
        noise_db=-float(rng.uniform(18.0, 40.0)),
        low_hz=float(rng.uniform(150.0, 300.0)),
        high_hz=float(rng.uniform(3200.0, 3700.0)),
        gains_db=(gain_db - 3.0, gain_db + 3.0),
        drive_db=float(rng.uniform(1.0, 6.0)) if rng.random() < 0.35 else 0.0,
        companding="A" if rng.random() < 0.5 else "mu",
    )


LINES: dict[str, Callable[[str], Line]] = {
    "clean": ideal_line,
    "G.711": plain_telephone,
    "G.711, gain, noise": telephone_with_gain,
    "higher voice": higher_voice,
    "lower voice": lower_voice,
    "poor line": poor_telephone,
}
"""By name; each draws a speaker's line."""


def over_line(clips: Sequence[Pcm], line: Line, babble: Pcm | None = None) -> list[Pcm]:
    """All of a speaker's clips over the speaker's line.

    Args:
        babble: others' talk, of any length; without it a line has none.
    """
    rng = _rng("over", str(len(clips)))
    loudness = float(np.sqrt(np.mean(np.square(np.concatenate(clips), dtype=np.float64)) + 1e-12))
    room = _room(line.room_s, rng)
    made = []
    for pcm in clips:
        sound = pcm.astype(np.float64)
        if line.speed != 1.0:
            sound = soxr.resample(sound, SAMPLE_RATE_HZ * line.speed, SAMPLE_RATE_HZ)
        if room is not None:
            sound = _convolved(sound, room)
        if line.babble_db is not None and babble is not None:
            first = int(rng.integers(0, max(1, len(babble) - len(sound))))
            others = np.resize(babble[first : first + len(sound)], len(sound))
            sound = sound + _scaled(others, loudness, line.babble_db)
        if line.noise_db is not None:
            sound = sound + _scaled(rng.standard_normal(len(sound)), loudness, line.noise_db)
        if line.high_hz:
            sound = _band(sound, line.low_hz, line.high_hz)
        sound = sound * 10.0 ** (float(rng.uniform(*line.gains_db)) / 20.0)
        if line.drive_db:
            top = float(np.quantile(np.abs(sound), 0.99)) * 10.0 ** (-line.drive_db / 20.0)
            sound = np.clip(sound, -top, top)
        made.append(companded(sound, line.companding) if line.companding else sound.astype(np.float32))
    return made


def companded(pcm: npt.NDArray[np.floating], law: str = "mu") -> Pcm:
    """Over G.711: 8 kHz, eight bits by `law` (mu or A), and back to 16 kHz; as long as it was."""
    narrow = np.clip(soxr.resample(pcm.astype(np.float64), SAMPLE_RATE_HZ, _NARROW_HZ), -1.0, 1.0)
    squeezed = _squeezed(narrow, law)
    coarse = np.round((squeezed + 1.0) / 2.0 * 255.0) / 255.0 * 2.0 - 1.0
    wide = soxr.resample(_stretched(coarse, law), _NARROW_HZ, SAMPLE_RATE_HZ).astype(np.float32)
    return np.pad(wide, (0, max(0, len(pcm) - len(wide))))[: len(pcm)]


def _squeezed(values: _Array, law: str) -> _Array:
    size = np.abs(values)
    if law == "mu":
        result: _Array = np.sign(values) * np.log1p(_MU * size) / np.log1p(_MU)
        return result
    whole = 1.0 + np.log(_A)
    steep = np.where(size < 1.0 / _A, _A * size, 1.0 + np.log(np.maximum(_A * size, 1.0))) / whole
    return np.asarray(np.sign(values) * steep, dtype=np.float64)


def _stretched(values: _Array, law: str) -> _Array:
    size = np.abs(values)
    if law == "mu":
        result: _Array = np.sign(values) * np.expm1(size * np.log1p(_MU)) / _MU
        return result
    whole = 1.0 + np.log(_A)
    flat = np.where(size < 1.0 / whole, size * whole / _A, np.exp(size * whole - 1.0) / _A)
    return np.asarray(np.sign(values) * flat, dtype=np.float64)


def _room(decay_s: float, rng: np.random.Generator) -> _Array | None:
    """An impulse response: the sound itself, and 8 dB below it noise that decays by 60 dB in `decay_s`."""
    if decay_s <= 0.0:
        return None
    length = round(decay_s * SAMPLE_RATE_HZ)
    tail = rng.standard_normal(length) * 10.0 ** (-3.0 * np.arange(length) / length)
    tail[: round(0.003 * SAMPLE_RATE_HZ)] = 0.0
    tail *= 10.0 ** (-8.0 / 20.0) / np.sqrt(np.sum(np.square(tail)))
    tail[0] = 1.0
    return tail


def _convolved(sound: _Array, response: _Array) -> _Array:
    length = len(sound) + len(response) - 1
    size = 1 << (length - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)
    return np.asarray(product[: len(sound)], dtype=np.float64)


def _band(sound: _Array, low_hz: float, high_hz: float) -> _Array:
    """Edges fall by 12 dB an octave, as a handset's do."""
    hz = np.maximum(np.fft.rfftfreq(len(sound), 1.0 / SAMPLE_RATE_HZ), 1.0)
    response = 1.0 / np.sqrt((1.0 + (low_hz / hz) ** 4) * (1.0 + (hz / high_hz) ** 8))
    return np.asarray(np.fft.irfft(np.fft.rfft(sound) * response, len(sound)), dtype=np.float64)


def _scaled(sound: npt.NDArray[np.floating], loudness: float, level_db: float) -> _Array:
    rms = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)) + 1e-12))
    return np.asarray(sound * (loudness / rms * 10.0 ** (level_db / 20.0)), dtype=np.float64)


def _rng(*names: str) -> np.random.Generator:
    return np.random.default_rng(list("/".join(names).encode()))
