"""What real lines do to sound: no alarm comes of it, no crash, and no number that is none.

The sound is the calm beginning of a shipped call, spoilt in one way or another, heard by the real models.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import msgspec
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from monitor.config import Settings
from monitor.core import events
from monitor.core.audio import AudioFrame, Party, Pcm, to_grid
from monitor.core.clock import BLOCK_SAMPLES, SAMPLE_RATE_HZ
from monitor.core.events import Event
from monitor.core.inputs import CallEnd, CallInfo, SoundEnd
from monitor.playbook_files import load_playbook
from monitor.resources import resource
from monitor.switchboard import make_session

_LENGTH_S = 9
_LENGTH = _LENGTH_S * SAMPLE_RATE_HZ

Sound = dict[Party, npt.NDArray[np.float64]]


@cache
def calm() -> npt.NDArray[np.float64]:
    """(samples, 2): the first words of the agent and of the caller."""
    sound, rate = soundfile.read(resource("calls") / "zh_parcel.flac", frames=_LENGTH, dtype="float64")
    assert rate == SAMPLE_RATE_HZ
    return np.asarray(sound)


def of(agent: npt.NDArray[np.float64], caller: npt.NDArray[np.float64]) -> Sound:
    return {Party.AGENT: agent, Party.CALLER: caller}


def each(change: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]) -> Sound:
    return of(change(calm()[:, 0]), change(calm()[:, 1]))


def clipped(pcm: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    limit = 0.1 * np.abs(pcm).max()
    return np.asarray(np.clip(pcm, -limit, limit) / limit)


def tone(*hz: float, level: float = 0.1) -> npt.NDArray[np.float64]:
    time_s = np.arange(_LENGTH) / SAMPLE_RATE_HZ
    return np.asarray(level * np.sum([np.sin(2 * np.pi * each_hz * time_s) for each_hz in hz], axis=0))


def dialling() -> npt.NDArray[np.float64]:
    on = (np.arange(_LENGTH) // (SAMPLE_RATE_HZ // 10)) % 2 == 0
    return np.asarray(tone(770.0, 1336.0, level=0.2) * on)


def music() -> npt.NDArray[np.float64]:
    """A tune of decaying notes, four a second."""
    notes = np.random.default_rng(5).choice([262.0, 294.0, 330.0, 392.0, 440.0], 4 * _LENGTH_S)
    time_s = np.arange(SAMPLE_RATE_HZ // 4) / SAMPLE_RATE_HZ
    return np.concatenate(
        [
            0.1 * np.exp(-6 * time_s) * sum(np.sin(2 * np.pi * hz * n * time_s) / n for n in (1, 2, 3))
            for hz in notes
        ]
    )


def lossy(pcm: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """One packet of 20 ms in twenty is silence."""
    packet = SAMPLE_RATE_HZ // 50
    lost = np.random.default_rng(6).random(len(pcm) // packet) < 0.05
    return np.asarray(pcm * ~np.repeat(lost, packet))


def upsampled(pcm: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """As it comes from 8 kHz by the plainest of means."""
    return np.repeat(pcm[::2], 2)


SILENCE = np.zeros(_LENGTH)


def handed_over() -> Sound:
    """The caller speaks, then the agent, and then it is somebody else who answers at the caller's end."""
    agent, caller = calm().T
    first = agent[: np.flatnonzero(np.abs(agent) > 0.01)[-1] + SAMPLE_RATE_HZ // 2]
    return of(np.concatenate([np.zeros(len(first)), agent]), np.concatenate([first, caller]))


def swapped(sound: Sound) -> Sound:
    return of(sound[Party.CALLER], sound[Party.AGENT])


SPOILT: dict[str, Callable[[], Sound]] = {
    "clipping": lambda: each(clipped),
    "DC offset": lambda: each(lambda pcm: pcm + 0.2),
    "hum": lambda: each(lambda pcm: pcm + tone(50.0, 150.0, 250.0, level=0.02)),
    "hold music": lambda: of(music(), SILENCE),
    "DTMF": lambda: of(SILENCE, dialling()),
    "digital silence": lambda: of(SILENCE, SILENCE),
    "the loudest of noise": lambda: each(lambda pcm: np.random.default_rng(7).uniform(-1.0, 1.0, len(pcm))),
    "a constant": lambda: each(lambda pcm: np.ones(len(pcm))),
    "a single click": lambda: each(lambda pcm: np.eye(1, len(pcm), 40_000)[0]),
    "hold music at the caller's end": lambda: of(calm()[:, 0], music()),
    "a party who never speaks": lambda: of(SILENCE, calm()[:, 0]),
    "the caller hands the telephone over": handed_over,
    "the agent passes the call on": lambda: swapped(handed_over()),
    "8 kHz upsampled": lambda: each(upsampled),
    "packet loss": lambda: each(lossy),
    "12 dB louder in mid-call": lambda: each(
        lambda pcm: pcm * np.where(np.arange(len(pcm)) < len(pcm) // 2, 0.2, 0.8)
    ),
}


def hear(sound: Sound) -> list[Event]:
    """Everything that the product tells of a call, by its sound alone."""
    info = CallInfo(call_id="call-1", started_at="", source="file", title="spoilt")
    session = make_session(info, Settings(), load_playbook(), has_words=False)
    pcm: dict[Party, Pcm] = {party: to_grid(channel) for party, channel in sound.items()}
    told: list[Event] = []
    for start in range(0, len(pcm[Party.CALLER]), BLOCK_SAMPLES):
        for party in Party:
            block = pcm[party][start : start + BLOCK_SAMPLES]
            told.extend(session.receive(AudioFrame(party=party, start=start, pcm=block)))
    told.extend(session.receive(SoundEnd()))
    return [*told, *session.receive(CallEnd())]


def numbers(item: object) -> list[float]:
    """Every number in an event, however deep."""
    match item:
        case float():
            return [item]
        case dict():
            return [number for value in item.values() for number in numbers(value)]
        case list():
            return [number for value in item for number in numbers(value)]
        case _:
            return []


@pytest.mark.parametrize("what", SPOILT)
def test_a_spoilt_line_raises_no_alarm_and_makes_no_nonsense(what: str) -> None:
    told = hear(SPOILT[what]())
    assert isinstance(told[-1], events.CallEnded)
    for event in told:
        assert all(math.isfinite(number) for number in numbers(msgspec.to_builtins(event)))
    alarms = [event.rule for event in told if isinstance(event, events.Alert) and event.rule != "dead_air"]
    assert not alarms
    assert not [event for event in told if isinstance(event, events.InterruptionHeard)]
    assert {event.state for event in told if isinstance(event, events.Temper)} <= {"calm"}
