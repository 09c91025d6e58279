"""Spoken conversations in a cache -> the words that the product's recogniser writes, as JSON.

See `bench/speak_conversations.py`, which is how it is run.
"""

from __future__ import annotations

import datetime
import json
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.labelled import Conversation
from bench.streamed import stream_source
from monitor.cli_options import read_settings
from monitor.commands.common import load_engine
from monitor.config import Settings
from monitor.core.audio import Party
from monitor.core.recognition import SpeechRecogniser
from monitor.ingest.file import open_file_source

REPOSITORY = Path(__file__).resolve().parents[1]
HEARING = ("monitor/core/transcription", "monitor/engines")
"""What of the product decides which words are written."""
MODEL = "base"


def write_down(conversations: Iterable[Conversation], cache: Path, folder: Path) -> Iterator[str]:
    """Writes each conversation's file as soon as it is heard, and gives its name.

    Raises:
        ValueError: a conversation says other words than when it was spoken.
    """
    engine = load_engine(_settings("zh"))
    hearing = _hearing()
    folder.mkdir(exist_ok=True)
    for conversation in conversations:
        path = folder / f"{conversation.id}.json"
        made = path.with_suffix(".new")
        made.write_text(_heard(conversation, cache, engine, hearing), "utf-8")
        made.replace(path)
        yield conversation.id


def _heard(conversation: Conversation, cache: Path, engine: SpeechRecogniser, hearing: str) -> str:
    kept = json.loads((cache / f"{conversation.id}.turns.json").read_text("utf-8"))
    if kept["said"] != conversation.said:
        raise ValueError(f"{conversation.id} was spoken from an older text: speak it again")
    source = open_file_source(cache / f"{conversation.id}.wav")
    heard = stream_source(source, _settings(conversation.language).core, engine)
    rows = [
        f'"recogniser": "{MODEL}", "made": "{datetime.date.today()}", "hearing": "{hearing}"',
        f'"voice": "{kept["voice"]}", "said": "{kept["said"]}"',
        f'"turns": {json.dumps(kept["turns"])}',
    ]
    for party in Party:
        words = [[round(word.start_s, 2), round(word.end_s, 2), word.text] for word in heard.words(party)]
        rows.append(f'"{party.value}": {json.dumps(words, ensure_ascii=False)}')
    return "{" + ",\n ".join(rows) + "}\n"


def _settings(language: str) -> Settings:
    """Those of `tingyin replay --model base --language ...`."""
    transcription = {"language": language, "has_partials": False, "is_speculative": False}
    return read_settings(None, engine={"model": MODEL}, transcription=transcription)


def _hearing() -> str:
    """The last change of what decides the words."""
    command = ["git", "-C", str(REPOSITORY), "log", "-1", "--format=%h", "--", *HEARING]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
