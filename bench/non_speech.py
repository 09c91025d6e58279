"""Words invented on sound that holds none: silence, noise, hold music, tones of the telephone, babble."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile

from bench.ears import telephone
from bench.streamed import stream
from monitor.core.audio import Party, Pcm
from monitor.core.clock import SAMPLE_RATE_HZ
from monitor.core.recognition import SpeechRecogniser
from monitor.core.settings import CoreSettings, TranscriptionSettings

_EACH_S = 60.0
_RNG = 20240601
_VOCABULARY = ("邮件号", "代收货款", "权限", "保价", "WayBill")


class _Guarded(SpeechRecogniser, Protocol):
    guards: Counter[str]


def _times(length_s: float) -> Pcm:
    return np.asarray(np.arange(round(length_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ, dtype=np.float32)


def tone(times: Pcm, *frequencies_hz: float) -> Pcm:
    """Sines together, peak 0.2."""
    return np.asarray(
        0.2 * sum(np.sin(2 * np.pi * f * times) for f in frequencies_hz) / len(frequencies_hz),
        dtype=np.float32,
    )


def cadence(times: Pcm, on_s: float, off_s: float) -> Pcm:
    """1 while a tone of this cadence sounds, else 0; edges of 5 ms."""
    at = times % (on_s + off_s)
    return np.asarray(np.clip(np.minimum(at, on_s - at) / 0.005, 0.0, 1.0), dtype=np.float32)


def ring_back_cn(length_s: float) -> Pcm:
    """450 Hz, 1 s on and 4 s off (GB/T 3380)."""
    times = _times(length_s)
    return tone(times, 450.0) * cadence(times, 1.0, 4.0)


def ring_back_us(length_s: float) -> Pcm:
    """440 and 480 Hz, 2 s on and 4 s off."""
    times = _times(length_s)
    return tone(times, 440.0, 480.0) * cadence(times, 2.0, 4.0)


def busy(length_s: float) -> Pcm:
    """450 Hz, 0.35 s on and off."""
    times = _times(length_s)
    return tone(times, 450.0) * cadence(times, 0.35, 0.35)


def dtmf(length_s: float) -> Pcm:
    """Keys of ITU-T Q.23 in bursts of eleven, 80 ms each."""
    rng = np.random.default_rng(_RNG)
    times = _times(length_s)
    sound = np.zeros_like(times)
    low, high = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0)
    for key, at_s in enumerate(np.arange(1.0, length_s - 0.2, 0.18)):
        if key % 30 < 11:
            here = slice(round(at_s * SAMPLE_RATE_HZ), round((at_s + 0.08) * SAMPLE_RATE_HZ))
            sound[here] = tone(times[here], float(rng.choice(low)), float(rng.choice(high)))
    return sound


def hold_music(length_s: float) -> Pcm:
    """A melody over chords and a beat, with harmonics, attacks and vibrato."""
    rng = np.random.default_rng(_RNG)
    times = _times(length_s)
    sound = np.zeros_like(times)
    chords = ((60, 64, 67), (57, 60, 64), (53, 57, 60), (55, 59, 62))
    scale = (60, 62, 64, 67, 69, 72, 74, 76)
    beat_s = 0.5
    for beat in range(int(length_s / beat_s)):
        notes = [(note, 0.05) for note in chords[beat // 4 % 4]] + [(int(rng.choice(scale)), 0.12)]
        here = slice(round(beat * beat_s * SAMPLE_RATE_HZ), round((beat + 1) * beat_s * SAMPLE_RATE_HZ))
        local = times[here] - beat * beat_s
        envelope = np.minimum(local / 0.02, 1.0) * np.exp(-2.0 * local)
        for note, gain in notes:
            f0 = 440.0 * 2 ** ((note - 69) / 12)
            phase = 2 * np.pi * f0 * local + 0.1 * np.sin(2 * np.pi * 5.5 * local)
            for harmonic in range(1, 6):
                sound[here] += gain / harmonic * envelope * np.sin(harmonic * phase)
        drum = np.exp(-60.0 * local) * rng.standard_normal(len(local)) * 0.05
        sound[here] += drum
    return np.asarray(sound * 0.5, dtype=np.float32)


def sung_music(length_s: float) -> Pcm:
    """Hold music with a voice-like lead: harmonics through moving formants."""
    times = _times(length_s)
    rng = np.random.default_rng(_RNG)
    sound = hold_music(length_s) * 0.4
    note_s = 0.6
    for number in range(int(length_s / note_s)):
        here = slice(round(number * note_s * SAMPLE_RATE_HZ), round((number + 1) * note_s * SAMPLE_RATE_HZ))
        local = times[here] - number * note_s
        f0 = float(rng.choice((196.0, 220.0, 246.9, 261.6, 293.7, 329.6)))
        formants = rng.uniform((300, 900, 2200), (800, 2000, 3000))
        envelope = np.minimum(local / 0.05, 1.0) * np.minimum((note_s - local) / 0.05, 1.0)
        for harmonic in range(1, int(3800 / f0)):
            gain = sum(np.exp(-(((harmonic * f0 - f) / 150.0) ** 2)) for f in formants)
            vibrato = 0.02 * f0 * np.sin(2 * np.pi * 5.5 * local) / 5.5
            sound[here] += 0.06 * gain * envelope * np.sin(2 * np.pi * harmonic * (f0 * local + vibrato))
    return np.asarray(sound, dtype=np.float32)


def silence(length_s: float) -> Pcm:
    """Digital silence."""
    return np.zeros_like(_times(length_s))


def hiss(length_s: float) -> Pcm:
    """White noise at -40 dBFS."""
    noise = np.random.default_rng(_RNG).standard_normal(len(_times(length_s)))
    return np.asarray(0.01 * noise, dtype=np.float32)


def gusts(length_s: float) -> Pcm:
    """Low-passed noise that comes and goes, as wind and rustling: up to -20 dBFS."""
    rng = np.random.default_rng(_RNG)
    times = _times(length_s)
    noise = np.convolve(rng.standard_normal(len(times)), np.ones(24) / 24, mode="same")
    swell = 0.5 + 0.5 * np.sin(2 * np.pi * 0.7 * times) * np.sin(2 * np.pi * 0.11 * times)
    return np.asarray(0.5 * noise * swell**4, dtype=np.float32)


def clicks(length_s: float) -> Pcm:
    """Knocks and typing: decaying bursts at random times."""
    rng = np.random.default_rng(_RNG)
    sound = np.zeros_like(_times(length_s))
    burst = np.exp(-np.arange(1600) / 160.0)
    for _ in range(int(4 * length_s)):
        at = int(rng.integers(0, len(sound) - 1600))
        sound[at : at + 1600] += (0.3 * burst * rng.standard_normal(1600)).astype(np.float32)
    return sound


def hum(length_s: float) -> Pcm:
    """Mains hum with its harmonics."""
    return tone(_times(length_s), 50.0, 100.0, 150.0, 250.0) * np.float32(0.5)


SOUNDS: dict[str, Callable[[float], Pcm]] = {
    "silence": silence,
    "white noise": hiss,
    "gusts": gusts,
    "clicks": clicks,
    "mains hum": hum,
    "ring-back, China": ring_back_cn,
    "ring-back, US": ring_back_us,
    "busy": busy,
    "DTMF": dtmf,
    "hold music": hold_music,
    "sung hold music": sung_music,
}


def babble(folder: Path, length_s: float, voices: int = 6) -> Pcm:
    """Voices of the folder's recordings all at once, 30 dB below full scale: a room full of other calls."""
    with (folder / "manifest.csv").open(encoding="utf-8") as lines:
        paths = [row["path"] for row in csv.DictReader(lines)]
    mixed = np.zeros_like(_times(length_s))
    for voice in range(voices):
        at = 0
        for path in paths[voice::voices]:
            pcm, _ = soundfile.read(folder / path, dtype="float32")
            if at >= len(mixed):
                break
            pcm = pcm[: len(mixed) - at]
            mixed[at : at + len(pcm)] += pcm / max(1e-4, float(np.sqrt(np.mean(np.square(pcm)))))
            at += len(pcm)
    return np.asarray(0.0316 * mixed / max(1.0, float(np.std(mixed))), dtype=np.float32)


def report_non_speech(engine: _Guarded, folder: Path | None) -> None:
    """A line for each sound, through a telephone, on both channels in turn; and the guards that fired."""
    print(f"\nwords on {_EACH_S:.0f} s of sound without speech, by telephone (requests made; words told)")
    settings = CoreSettings(
        transcription=TranscriptionSettings(vocabulary=_VOCABULARY, has_vocabulary_hint=True)
    )
    before = Counter(engine.guards)
    words = 0
    for name, make in SOUNDS.items():
        sound = telephone(make(_EACH_S))
        heard = stream({Party.CALLER: sound, Party.AGENT: np.zeros_like(sound)}, settings, engine)
        words += len(heard.words())
        told = "".join(word.text for word in heard.words())
        print(f"  {name:18} {heard.requests:3} requests  {len(heard.words()):3} words  {told[:60]}")
    hours = len(SOUNDS) * _EACH_S / 3600
    print(f"  together {words / hours:.0f} words an hour; guards {dict(Counter(engine.guards) - before)}")
    if folder is not None:
        sound = telephone(babble(folder, _EACH_S))
        heard = stream({Party.CALLER: sound, Party.AGENT: np.zeros_like(sound)}, settings, engine)
        print(f"  babble of 6 voices {heard.requests:3} requests  {len(heard.words()):3} words")
