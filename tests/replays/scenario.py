"""A shipped call judged with the real ears and scripted words: what the golden scores are made from.

The words come from the call's truth file, with its times, so that a score does not depend on the recogniser.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import soundfile

from monitor.config import Settings
from monitor.core import events
from monitor.core.audio import Party
from monitor.core.events import Event
from monitor.core.inputs import CallInfo, SessionInput
from monitor.core.recognition import TranscriptionRequest
from monitor.core.rejudge import Record
from monitor.core.rejudge import Recorder as RecordTo
from monitor.core.session import CallSession
from monitor.engines.scripted import ScriptedTranscriber, ScriptedWord
from monitor.ingest.file import open_file_source
from monitor.playbook_files import load_playbook
from monitor.resources import resource
from monitor.runner import run_offline
from monitor.switchboard import make_session

FOLDER = Path(__file__).resolve().parent
SCENARIOS = ("zh_parcel", "en_parcel")

_TOLD = (
    events.Alert,
    events.AlertCleared,
    events.Cue,
    events.CueCleared,
    events.InterruptionHeard,
    events.OverlapHeard,
    events.BackchannelHeard,
    events.TurnEnded,
    events.Notice,
    events.CallEnded,
)


class Recorder:
    """A sink and a journal in memory."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.inputs: list[SessionInput] = []
        self.facts: list[Record] = []

    def emit(self, call_id: str, told: Sequence[Event]) -> None:
        """Takes events."""
        self.events.extend(told)

    def write(self, item: SessionInput) -> None:
        """Takes an input."""
        self.inputs.append(item)

    @property
    def lines(self) -> list[bytes]:
        """The events as they are written."""
        return [events.encode(event) for event in self.events]


def script_of(
    name: str, delay_s: Callable[[TranscriptionRequest], float] = lambda request: 0.0
) -> ScriptedTranscriber:
    """A recogniser that hears what the truth file says, after a while."""
    return repeated_script(name, 1, delay_s)


def repeated_script(
    name: str, times: int, delay_s: Callable[[TranscriptionRequest], float] = lambda request: 0.0
) -> ScriptedTranscriber:
    """A recogniser for the call `name` played `times` times in one."""
    truth = json.loads((resource("calls") / f"{name}.json").read_text(encoding="utf-8"))
    separator = " " if truth["language"] == "en" else ""
    length_s = soundfile.info(resource("calls") / f"{name}.flac").duration
    words = [
        ScriptedWord(
            Party(utterance["party"]),
            word["start_s"] + time * length_s,
            word["end_s"] + time * length_s,
            separator + word["text"],
        )
        for time in range(times)
        for utterance in truth["utterances"]
        for word in utterance["words"]
    ]
    return ScriptedTranscriber(words, language=truth["language"], delay_s=delay_s)


def session_of(name: str, record: RecordTo | None = None) -> CallSession:
    """A session for the shipped call `name`; `record` is told what is judged."""
    info = CallInfo(call_id=name, started_at="", source="file", title=f"{name}.flac")
    return make_session(info, Settings(), load_playbook(), has_words=True, record=record)


def run_scenario(name: str, packet_samples: int = 1600) -> Recorder:
    """Judges the shipped call `name` offline."""
    recorder = Recorder()
    source = open_file_source(resource("calls") / f"{name}.flac", packet_samples=packet_samples)
    session = session_of(name, recorder.facts.append)
    asyncio.run(run_offline(name, session, source, script_of(name), [recorder], journal=recorder))
    return recorder


def score(told: Sequence[Event]) -> str:
    """What a supervisor would argue about, a line each: coarse enough to be the same on any machine."""
    return "".join(_line(event) + "\n" for event in told if isinstance(event, _TOLD))


def _line(event: Event) -> str:
    match event:
        case events.Alert():
            return f"{event.raised_at_s:6.1f}  alert {event.rule} {event.severity} {event.party or '-'}"
        case events.AlertCleared():
            return f"{event.cleared_at_s:6.1f}  alert_cleared {event.rule} {event.reason}"
        case events.Cue():
            return f"{event.raised_at_s:6.1f}  cue {event.rule}: {event.text.zh}"
        case events.CueCleared():
            return f"{event.cleared_at_s:6.1f}  cue_cleared {event.rule} {event.reason}"
        case events.InterruptionHeard():
            outcome = "yielded" if event.yielded else "not yielded"
            return f"{event.start_s:6.1f}  interruption by {event.by}, {event.of} {outcome}"
        case events.OverlapHeard():
            return f"{event.start_s:6.1f}  overlap {event.kind}, {event.holder or 'nobody'} held the floor"
        case events.BackchannelHeard():
            return f"{event.start_s:6.1f}  backchannel {event.party}"
        case events.TurnEnded():
            return f"{event.start_s:6.1f}  turn {event.party}: {event.text}"
        case events.Notice():
            return f"{event.t_s:6.1f}  notice {event.code} {event.party or '-'}"
        case _:
            return f"{event.t_s:6.1f}  {event.__struct_config__.tag}"
