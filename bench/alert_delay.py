"""From sound to alert, as a page sees it: the product plays both shipped calls at once in real time, and a
websocket client notes when each alert arrives.

The delay counts from the end of the stretch that the alert is about (for words: of the phrase; for what goes
on, such as a raised voice: of the sound that settled it) to its arrival. Alerts of phrases wait for words;
those of the detectors must not. Rules about what was left unsaid, or that join words and time, settle at no
one moment of the sound and are counted apart. Two further figures judge the whole chain: from the true start
of heated speech (the calls' truth files) to `hot_temper`, and from the end of a word to its committed text.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import websockets

from bench.common import TOP, spread, tingyin
from monitor.core.playbook.model import DETECTOR_RULES
from monitor.playbook_files import load_playbook

PLAYS = 2

KINDS = {
    "acoustic alerts": "end of the sound",
    "word alerts": "end of the phrase",
    "joined rules": "end of what they name",
    "words": "end of the word, committed,",
    "hot_temper": "true onset of heat",
}
"""What is timed, and from where."""


async def listen(port: int, calls: int) -> list[tuple[float, dict[str, Any]]]:
    """Every event of the first `calls` calls, with the wall clock of its arrival."""
    heard: list[tuple[float, dict[str, Any]]] = []
    subscribed: set[str] = set()
    ended = 0
    async with websockets.connect(f"ws://127.0.0.1:{port}/ws", max_size=None, open_timeout=60) as stream:
        await stream.send(json.dumps({"type": "subscribe", "topic": "wall"}))
        while ended < calls:
            message = json.loads(await stream.recv())
            arrived = time.time()
            for call_id in _calls_of(message) - subscribed:
                subscribed.add(call_id)
                await stream.send(json.dumps({"type": "subscribe", "topic": "call", "call_id": call_id}))
            if message["type"] == "event" and message["topic"] == "call":
                heard.append((arrived, message["event"]))
                ended += message["event"]["type"] == "call_ended"
    return heard


def _calls_of(message: dict[str, Any]) -> set[str]:
    if message["type"] == "snapshot":
        return {call["call_id"] for call in message["calls"] if call["state"] == "live"}
    if message["type"] == "event" and message["event"]["type"] == "call_started":
        return {message["event"]["call_id"]}
    return set()


def delays(heard: list[tuple[float, dict[str, Any]]]) -> dict[str, list[float]]:
    """Seconds by kind."""
    truths = [json.loads(path.read_text()) for path in (TOP / "monitor" / "calls").glob("*.json")]
    onset = {truth["title"]: truth["heated"][0]["start_s"] for truth in truths}
    phrase_rules = {rule.id for rule in load_playbook() if rule.phrases is not None}
    begun = {
        event["call_id"]: (datetime.fromisoformat(event["started_at"]).timestamp(), event["title"])
        for _, event in heard
        if event["type"] == "call_started"
    }
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for arrived, event in heard:
        start, title = begun[event["call_id"]]
        now_s = arrived - start
        if event["type"] == "words":
            found["words"].extend(now_s - word["end_s"] for word in event["words"])
        if event["type"] != "alert":
            continue
        if event["rule"] == "hot_temper":
            found["hot_temper"].append(now_s - onset[title])
        elif event["rule"] in DETECTOR_RULES:
            found["acoustic alerts"].append(now_s - event["about"]["end_s"])
        elif event["rule"] in phrase_rules:
            found["word alerts"].append(now_s - event["about"]["end_s"])
        else:
            found["joined rules"].append(now_s - event["about"]["end_s"])
    return found


def main() -> int:
    """Plays and prints."""
    found: dict[str, list[float]] = {}
    for _ in range(PLAYS):
        with (
            tempfile.TemporaryDirectory() as folder,
            tingyin(["demo", "--once"], Path(folder)) as (_process, port),
        ):
            for kind, values in delays(asyncio.run(listen(port, 2))).items():
                found.setdefault(kind, []).extend(values)
    print(f"two calls at once in real time, played {PLAYS} times:")
    for kind, since in KINDS.items():
        print(f"  {kind}, {since} to client: {spread(found[kind], 's')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
