"""Makes the shipped calls from their scripts: `python models/voices/make_calls.py [NAME ...]`.

Each script in `scripts/` becomes `monitor/calls/NAME.flac` (16 kHz, 16 bit, left the agent, right the
caller) and its truth `monitor/calls/NAME.json`. The requirements beside this file are its own: nothing of
them is needed to run the product. The same packages make the same bytes.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import soxr
from call_script import CallScript, Turn, VoiceSettings, parse
from kokoro_phonemes import Language
from kokoro_voice import RATE_HZ, Heat, KokoroVoice, Line, Sound, WordTime
from truth import Placed, truth_of

HERE = Path(__file__).resolve().parent
CALLS = HERE.parents[1] / "monitor" / "calls"

CALL_RATE_HZ = 16_000
TAIL_S = 1.0
FADE_S = 0.03
NOISE_DBFS = -65.0
"""Room and line noise of a quiet office; without it a pause would be digital silence, which no line has."""

# How a voice changes at full heat. Raised and very loud voice differ from normal by 6 dB a step, anger
# raises F0 by about 4 st and the alpha ratio by about 3 dB; a fifth faster is clearly heard as hurried.
HOT_SPEED = 0.20
HOT_SHIFT_ST = 4.0
HOT_RANGE = 0.35
HOT_ENERGY = 0.5
HOT_LEVEL_DB = 9.5
HOT_TILT_DB = 6.0
TILT_HZ = 1_000.0


def main() -> None:
    """Makes the named calls, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="scripts to make; all without")
    parser.add_argument("--out", type=Path, default=CALLS, help="the folder to write to")
    arguments = parser.parse_args()
    voice = KokoroVoice()
    for path in sorted((HERE / "scripts").glob("*.toml")):
        if arguments.names and path.stem not in arguments.names:
            continue
        script = parse(tomllib.loads(path.read_text("utf-8")))
        sound, truth = compose(script, voice.say)
        arguments.out.mkdir(parents=True, exist_ok=True)
        pcm = np.round(sound * 32767).astype(np.int16)
        soundfile.write(arguments.out / f"{path.stem}.flac", pcm, CALL_RATE_HZ, subtype="PCM_16")
        text = json.dumps({"file": f"{path.stem}.flac", **truth}, ensure_ascii=False, indent=1)
        (arguments.out / f"{path.stem}.json").write_text(text + "\n", "utf-8")
        print(f"{path.stem}: {len(sound) / CALL_RATE_HZ:.1f} s")


Say = Callable[[str, Language, dict[str, float], Heat], Line]


def compose(script: CallScript, say: Say) -> tuple[Sound, dict[str, object]]:
    """The stereo sound (samples x 2) and the truth of one call."""
    placed = place(script, say)
    length = round((max(p.end_s for p in placed) + TAIL_S) * CALL_RATE_HZ)
    sound = np.stack([_noise(length, seed) for seed in (1, 2)], axis=1)
    for p in placed:
        column = 0 if p.turn.party == "agent" else 1
        start = round(p.start_s * CALL_RATE_HZ)
        sound[start : start + len(p.sound), column] += p.sound
    return _limited(sound), truth_of(script, placed, length / CALL_RATE_HZ)


def place(script: CallScript, say: Say) -> list[Placed]:
    """Every turn said and given its start: after all before it, or where its mark stands in another."""
    placed: dict[str, Placed] = {}
    end_s = 0.0
    for turn in script.turns:
        line = _spoken(script, turn, say)
        host = next((p for p in placed.values() if turn.id in p.turn.marks), None)
        start_s = end_s + turn.gap_s
        if host is not None:
            start_s = host.time_of(host.turn.marks[turn.id])
        start_s = round(start_s * CALL_RATE_HZ) / CALL_RATE_HZ
        placed[turn.id] = Placed(turn=turn, start_s=start_s, sound=line.sound, words=line.words)
        end_s = max(end_s, placed[turn.id].end_s)
    return list(placed.values())


def _spoken(script: CallScript, turn: Turn, say: Say) -> Line:
    """One turn as it is heard on the line: 16 kHz, at its level, broken off where the script says so."""
    voice: VoiceSettings = script.voices[turn.party]
    heat = Heat(
        speed=voice.speed * (1.0 + HOT_SPEED * turn.heat),
        shift_st=HOT_SHIFT_ST * turn.heat,
        range_factor=1.0 + HOT_RANGE * turn.heat,
        energy=HOT_ENERGY * turn.heat,
    )
    line = say(turn.text, script.language, voice.blend, heat)
    sound = np.asarray(soxr.resample(line.sound, RATE_HZ, CALL_RATE_HZ, quality="VHQ"), np.float32)
    sound = _tilted(sound, HOT_TILT_DB * turn.heat)
    sound = _levelled(sound, voice.level_dbfs + HOT_LEVEL_DB * turn.heat)
    words = line.words
    if turn.cut is not None:
        words = _words_before(words, turn.cut)
        sound = sound[: round((words[-1].end_s + FADE_S) * CALL_RATE_HZ)]
    fade = np.minimum(1.0, np.arange(len(sound)) / (FADE_S * CALL_RATE_HZ)).astype(np.float32)
    return Line(sound * fade[::-1] * np.minimum(1.0, fade * 3), words)


def _words_before(words: tuple[WordTime, ...], characters: int) -> tuple[WordTime, ...]:
    """The words that lie wholly within the first `characters` of the text, spaces not counted."""
    kept: list[WordTime] = []
    count = 0
    for word in words:
        count += len(word.text)
        if count > characters:
            break
        kept.append(word)
    return tuple(kept)


def _levelled(sound: Sound, level_dbfs: float) -> Sound:
    """Speech at an RMS level; 20 ms frames more than 30 dB below the loudest do not count."""
    frame = CALL_RATE_HZ // 50
    power = np.mean(sound[: len(sound) // frame * frame].reshape(-1, frame) ** 2, axis=1)
    rms = float(np.sqrt(np.mean(power[power > power.max() * 1e-3])))
    return sound * np.float32(10 ** (level_dbfs / 20) / rms)


def _tilted(sound: Sound, gain_db: float) -> Sound:
    """A shelf about 1 kHz without phase shift: vocal effort strengthens what lies above."""
    if gain_db == 0.0:
        return sound
    hz = np.fft.rfftfreq(len(sound), 1 / CALL_RATE_HZ)
    gain = 10 ** (gain_db / 20 * hz**2 / (hz**2 + TILT_HZ**2))
    return np.fft.irfft(np.fft.rfft(sound) * gain, len(sound)).astype(np.float32)


def _noise(length: int, seed: int) -> Sound:
    """Noise that falls by 3 dB an octave from 60 Hz, as rooms do."""
    hz = np.fft.rfftfreq(length, 1 / CALL_RATE_HZ)
    white = np.fft.rfft(np.random.default_rng(seed).standard_normal(length))
    noise = np.fft.irfft(white / np.sqrt(np.maximum(hz, 60.0)), length)
    scaled = noise * 10 ** (NOISE_DBFS / 20) / np.sqrt(np.mean(noise**2))
    return np.asarray(scaled, np.float32)


def _limited(sound: Sound) -> Sound:
    """Peaks above 0.6 are bent towards 0.95: louder than that a shout does not get, and nothing clips."""
    size = np.abs(sound)
    bent = 0.6 + 0.35 * np.tanh((size - 0.6) / 0.35)
    limited: Sound = np.asarray(np.sign(sound) * np.where(size > 0.6, bent, size), np.float32)
    return limited


if __name__ == "__main__":
    main()
