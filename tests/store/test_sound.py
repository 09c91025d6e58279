"""A call's sound as it is kept: what is in the file, after an end, a crash and a full disk."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from monitor.core.audio import AudioFrame, Party
from monitor.core.clock import SAMPLE_RATE_HZ
from monitor.core.inputs import SoundEnd
from monitor.store.sound import CallSound, SoundKeeper, sound_path

Samples = np.ndarray[Any, np.dtype[np.float32]]


def tone(hz: float, length_s: float) -> Samples:
    at = np.arange(round(length_s * SAMPLE_RATE_HZ))
    pcm: Samples = (np.round(np.sin(2 * np.pi * hz * at / SAMPLE_RATE_HZ) * 8000) / 32768).astype(np.float32)
    return pcm


def tell(call: CallSound, party: Party, pcm: Samples, *, start: int = 0, step: int = 320) -> None:
    for at in range(0, len(pcm), step):
        call.write(AudioFrame(party=party, start=start + at, pcm=pcm[at : at + step]))


def heard(path: Path) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The file's samples [2, n] at 48 kHz, as a player decodes them."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.concatenate(frames, axis=1)


def level(
    samples: np.ndarray[Any, np.dtype[np.float32]], channel: int, start_s: float, end_s: float
) -> float:
    part = samples[channel, int(start_s * 48_000) : int(end_s * 48_000)]
    return float(np.sqrt(np.mean(part**2)))


def test_the_agent_is_left_and_the_caller_right_each_at_their_time(tmp_path: Path) -> None:
    keeper = SoundKeeper(tmp_path)
    call = keeper.open("call-1", frozenset(Party))
    quiet = np.zeros(2 * SAMPLE_RATE_HZ, np.float32)
    # Packets of one party run ahead, as over a network.
    tell(call, Party.AGENT, np.concatenate([tone(300, 2), quiet]))
    tell(call, Party.CALLER, np.concatenate([quiet, tone(500, 2)]), step=1600)
    call.write(SoundEnd())
    call.close()
    keeper.close()
    assert call.failure is None
    path = sound_path(tmp_path, "call-1")
    samples = heard(path)
    assert samples.shape[1] / 48_000 == pytest.approx(4.0, abs=0.05)
    assert level(samples, 0, 0.2, 1.8) > 0.1 > 100 * level(samples, 0, 2.2, 3.8)
    assert level(samples, 1, 2.2, 3.8) > 0.1 > 100 * level(samples, 1, 0.2, 1.8)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600, "a voice is for the server's user alone"
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_party_that_is_not_heard_holds_nothing_up(tmp_path: Path) -> None:
    keeper = SoundKeeper(tmp_path)
    alone = keeper.open("alone", {Party.CALLER})
    tell(alone, Party.CALLER, tone(400, 3))
    late = keeper.open("late", frozenset(Party))
    tell(late, Party.CALLER, tone(400, 15))
    tell(late, Party.AGENT, tone(300, 15))
    for call in (alone, late):
        call.close()
    keeper.close()
    assert heard(alone.path).shape[1] / 48_000 == pytest.approx(3.0, abs=0.05)
    samples = heard(late.path)
    assert samples.shape[1] / 48_000 == pytest.approx(15.0, abs=0.05)
    assert level(samples, 0, 5.5, 14.5) > 0.1, "sound that comes within ten seconds is kept"


def test_a_hole_is_silence_and_later_sound_stays_in_its_place(tmp_path: Path) -> None:
    keeper = SoundKeeper(tmp_path)
    call = keeper.open("call", frozenset(Party))
    tell(call, Party.AGENT, tone(300, 1))
    tell(call, Party.AGENT, tone(300, 1), start=2 * SAMPLE_RATE_HZ)
    call.close()
    keeper.close()
    samples = heard(call.path)
    assert samples.shape[1] / 48_000 == pytest.approx(3.0, abs=0.05)
    assert level(samples, 0, 2.2, 2.8) > 0.1 > 100 * level(samples, 0, 1.2, 1.8)


def test_a_process_that_is_killed_leaves_a_file_that_plays(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from tests.store.test_sound import *\n"
        "call = SoundKeeper(Path(sys.argv[1])).open('killed', frozenset(Party))\n"
        "for party in Party: tell(call, party, tone(300, 20))\n"
        "print('told', flush=True); time.sleep(60)"
    )
    top = Path(__file__).resolve().parents[2]
    child = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, cwd=top)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"told\n"
        path = sound_path(tmp_path, "killed")
        until = time.monotonic() + 20
        size = -1
        while time.monotonic() < until and (
            not path.exists() or path.stat().st_size != size or size < 10_000
        ):
            size = path.stat().st_size if path.exists() else -1
            time.sleep(0.3)
    finally:
        child.kill()
        child.communicate()
    samples = heard(path)
    assert samples.shape[1] / 48_000 > 17.0, "a crash costs a second or two"
    assert level(samples, 0, 1.0, 16.0) > 0.1


def test_a_full_disk_ends_the_sound_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = SoundKeeper(tmp_path)
    call = keeper.open("call", frozenset(Party))
    real, room = os.write, [20_000]

    def write(file: int, data: Any) -> int:
        if len(data) > room[0]:
            raise OSError(28, "No space left on device")
        room[0] -= len(data)
        return real(file, data)

    monkeypatch.setattr("monitor.store.sound.os.write", write)
    for party in Party:
        tell(call, party, tone(300, 10))
    call.close()
    keeper.close()
    assert call.failure is not None
    assert call.failure.code == "store.sound_full"
    assert heard(call.path).shape[1] / 48_000 > 1.0, "what fitted is kept"


def test_a_folder_that_cannot_be_made_is_told_and_harms_nothing(tmp_path: Path) -> None:
    (tmp_path / "audio").write_text("in the way")
    keeper = SoundKeeper(tmp_path)
    call = keeper.open("call", frozenset(Party))
    tell(call, Party.AGENT, tone(300, 2))
    call.close()
    keeper.close()
    assert call.failure is not None
    assert call.failure.code == "store.unwritable"


def test_a_disk_that_hangs_costs_sound_and_no_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = SoundKeeper(tmp_path, waiting_bytes_max=64_000)
    call = keeper.open("call", frozenset(Party))
    blocked = threading.Event()
    real = CallSound.keep

    def keep(self: CallSound, *told: Any) -> None:
        assert blocked.wait(20)
        real(self, *told)

    monkeypatch.setattr(CallSound, "keep", keep)
    began = time.thread_time()
    tell(call, Party.AGENT, tone(300, 10))
    assert time.thread_time() - began < 2.0
    blocked.set()
    call.close()
    keeper.close()
    assert call.failure is not None
    assert call.failure.code == "store.sound_slow"
    assert "8 s" in call.failure.sentence


def test_a_call_without_sound_leaves_no_file(tmp_path: Path) -> None:
    keeper = SoundKeeper(tmp_path)
    call = keeper.open("call", frozenset(Party))
    call.close()
    keeper.close()
    assert not call.path.exists()
    assert call.failure is None
