"""`tingyin replay` on files that are no calls, and on calls with something wrong in their sound."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from monitor.core import events
from monitor.core.audio import Pcm
from tests.conftest import RATE_HZ, make_voice
from tests.product import zygote
from tests.product.conftest import Tingyin


def png(path: Path) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + bytes(range(16)) for _ in range(16)))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("call.txt", "no sound in here\n" * 50)


def bare_header(path: Path) -> None:
    soundfile.write(path, np.zeros((0, 2), np.float32), RATE_HZ)


def text(path: Path) -> None:
    path.write_text("this is a letter and no call\n" * 20, encoding="utf-8")


def low_rate(path: Path) -> None:
    soundfile.write(path, np.zeros((4_000, 2), np.float32), 4_000)


def mono(path: Path) -> None:
    soundfile.write(path, np.zeros(RATE_HZ, np.float32), RATE_HZ)


def six_channels(path: Path) -> None:
    soundfile.write(path, np.zeros((RATE_HZ, 6), np.float32), RATE_HZ)


UNUSABLE: list[tuple[str, Callable[[Path], object], str]] = [
    ("missing.wav", lambda path: None, "source.missing"),
    ("empty.wav", Path.touch, "source.empty"),
    ("header.wav", bare_header, "source.no_sound"),
    ("letter.wav", text, "source.not_audio"),
    ("letter.txt", text, "source.not_audio"),
    ("picture.png", png, "source.not_audio"),
    ("calls.zip", archive, "source.not_audio"),
    ("folder.wav", Path.mkdir, "source.not_audio"),
    ("noise.mp3", lambda path: path.write_bytes(np.random.default_rng(0).bytes(20_000)), "source.not_audio"),
    ("[bold]low.wav", low_rate, "source.rate"),
    ("mono.wav", mono, "source.channels"),
    ("six.wav", six_channels, "source.channels"),
]


@pytest.mark.parametrize(("name", "make", "code"), UNUSABLE, ids=[row[0] for row in UNUSABLE])
def test_a_file_that_is_no_call_is_refused_in_one_line(
    tingyin: Tingyin, tmp_path: Path, name: str, make: Callable[[Path], object], code: str
) -> None:
    make(tmp_path / name)
    refused = tingyin.refuses(code, "replay", name, "--no-asr", "--events", "out.jsonl", "--report", "r.html")
    assert name in refused.err, "the sentence names the file as it is, brackets and all"
    assert not list(tmp_path.glob("*.jsonl")) and not list(tmp_path.glob("*.html"))
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), "source.arguments"),
        (("call.wav", "--agent", "call.wav"), "source.arguments"),
        (("--agent", "call.wav"), "source.arguments"),
        (("--agent", "call.wav", "--caller", "call.wav"), "source.arguments"),
        (("call.wav", "--party", "agent"), "source.channels"),
        (("call.wav", "--events", "call.wav"), "source.arguments"),
        (("call.wav", "--events", "out", "--report", "./out"), "source.arguments"),
    ],
)
def test_arguments_that_make_no_call_are_refused(
    tingyin: Tingyin, call_file: Path, arguments: tuple[str, ...], code: str
) -> None:
    before = call_file.read_bytes()
    tingyin.refuses(code, "replay", *arguments, "--no-asr")
    assert call_file.read_bytes() == before, "a recording is never written to"


def test_the_program_itself_refuses_as_its_forks_do(tmp_path: Path) -> None:
    """The one test that pays for imports: `python -m monitor` by itself, from another folder."""
    done = subprocess.run(
        [sys.executable, "-m", "monitor", "replay", "missing.wav"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(zygote.ROOT)},
        check=False,
    )
    sentence = "source.missing  there is no file missing.wav; check the name\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", sentence)


def replay(tingyin: Tingyin, sound: Pcm, *arguments: str, rate_hz: int = RATE_HZ, **form: str) -> str:
    """Replays a sound that is a call, however odd; returns what was said about it."""
    form = {"subtype": "PCM_16", **form}
    soundfile.write(tingyin.folder / "odd.wav", sound, rate_hz, **form)
    done = tingyin.run("replay", "odd.wav", "--no-asr", "--events", "out.jsonl", *arguments)
    assert done.code == 0, done.err
    assert "Traceback" not in done.err and done.out == ""
    told = tingyin.events()
    assert isinstance(told[-1], events.CallEnded) and told[-1].reason == "completed"
    for code in set(tingyin.notices()):
        assert f"{code} " in done.err, "what is in the events is told to the person too"
    return done.err


def test_a_sound_call_has_nothing_to_be_told_of(tingyin: Tingyin, call_pcm: Pcm) -> None:
    said = replay(tingyin, call_pcm)
    assert tingyin.notices() == []
    assert "5.0 s of call" in said


def test_a_truncated_file_is_heard_as_far_as_it_goes(
    tingyin: Tingyin, call_file: Path, tmp_path: Path
) -> None:
    whole = call_file.read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 2])
    done = tingyin.run("replay", "cut.wav", "--no-asr", "--events", "out.jsonl")
    assert done.code == 0
    assert "source.truncated" in tingyin.notices()
    assert "cut.wav is cut short: its header promises 5.0 s, 2.5 s are there" in done.err


def test_a_file_that_still_grows_is_heard_as_far_as_it_goes(
    tingyin: Tingyin, call_file: Path, tmp_path: Path
) -> None:
    """A recorder writes the header first and the length last; here it goes on while the file is read."""
    whole = call_file.read_bytes()
    path = tmp_path / "growing.wav"
    header = whole[:4] + b"\0\0\0\0" + whole[8:40] + b"\0\0\0\0"
    path.write_bytes(header + whole[44 : len(whole) // 2])

    def record() -> None:
        with path.open("ab") as file:
            for at in range(len(whole) // 2, len(whole), 3_200):
                file.write(whole[at : at + 3_200])
                file.flush()
                time.sleep(0.001)

    recorder = threading.Thread(target=record)
    recorder.start()
    done = tingyin.run("replay", "growing.wav", "--no-asr", "--events", "out.jsonl")
    recorder.join()
    assert done.code == 0
    assert "source.growing" in tingyin.notices()
    assert "seems to be still recording" in done.err


def test_nan_and_infinity_become_silence(tingyin: Tingyin, call_pcm: Pcm) -> None:
    sound = call_pcm.copy()
    sound[8_000:8_100, 0] = np.nan
    sound[50_000, 1] = np.inf
    said = replay(tingyin, sound, subtype="FLOAT")
    assert tingyin.notices() == ["source.nan", "source.nan"]
    assert "source.nan (agent)" in said and "source.nan (caller)" in said
    assert b"NaN" not in (tingyin.folder / "out.jsonl").read_bytes()


def test_clipping_is_told_of_the_party_that_clips(tingyin: Tingyin, call_pcm: Pcm) -> None:
    sound = call_pcm.copy()
    sound[:, 1] = np.clip(sound[:, 1] * 30, -1, 32767 / 32768)
    said = replay(tingyin, sound)
    assert "source.clipping (caller)" in said
    assert "clipping (agent)" not in said


@pytest.mark.parametrize("noise", [0.0, 1e-4])
def test_silence_only_is_told(tingyin: Tingyin, noise: float) -> None:
    sound = (noise * np.random.default_rng(0).standard_normal((6 * RATE_HZ, 2))).astype(np.float32)
    replay(tingyin, sound)
    assert tingyin.notices() == ["sound.silence_only"]
    assert not [event for event in tingyin.events() if isinstance(event, events.Alert)]


def chords(length_s: float) -> Pcm:
    """A piano-like progression: struck chords with overtones that die away."""
    time_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    sound = np.zeros(len(time_s))
    roots = (261.6, 220.0, 174.6, 196.0)
    for beat in range(int(length_s * 2)):
        since_s = time_s - beat / 2
        root = roots[beat // 2 % len(roots)]
        decay = np.exp(-3 * np.maximum(since_s, 0)) * (since_s >= 0)
        for ratio in (1.0, 5 / 4, 3 / 2, 2.0):
            for overtone in range(1, 6):
                sound += decay * np.sin(2 * np.pi * root * ratio * overtone * since_s) / overtone**1.5
    music: Pcm = (0.3 * sound / np.abs(sound).max()).astype(np.float32)
    return music


def test_music_is_neither_speech_nor_anger(tingyin: Tingyin) -> None:
    music = chords(15.0)
    replay(tingyin, np.stack([np.zeros_like(music), music], axis=1))
    told = tingyin.events()
    ended = told[-1]
    assert isinstance(ended, events.CallEnded)
    assert ended.talk_s["caller"] < 2.0
    rules = {event.rule for event in told if isinstance(event, events.Alert)}
    assert not rules & {"hot_temper", "raised_voice", "interruption"}


def test_a_party_that_is_never_heard_is_told(tingyin: Tingyin) -> None:
    voice = make_voice(5.0)
    said = replay(tingyin, np.stack([voice, np.zeros_like(voice)], axis=1))
    assert tingyin.notices() == ["sound.party_silent"]
    assert "sound.party_silent (caller)" in said


def test_the_same_sound_on_both_channels_is_told(tingyin: Tingyin) -> None:
    voice = make_voice(14.0)
    replay(tingyin, np.stack([voice, voice], axis=1))
    assert "sound.same_channels" in tingyin.notices()
    assert not [event for event in tingyin.events() if isinstance(event, events.InterruptionHeard)]


def test_two_files_of_different_length_make_one_call(tingyin: Tingyin, call_pcm: Pcm, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", call_pcm[:, 0], RATE_HZ)
    soundfile.write(tmp_path / "b.wav", call_pcm[: 3 * RATE_HZ, 1], RATE_HZ)
    done = tingyin.run("replay", "--agent", "a.wav", "--caller", "b.wav", "--no-asr", "--events", "out.jsonl")
    assert done.code == 0
    assert tingyin.notices() == ["source.length_differs"]


def test_a_file_name_of_another_encoding_is_no_obstacle(
    tingyin: Tingyin, call_file: Path, tmp_path: Path
) -> None:
    name = os.fsdecode("电话.wav".encode("gb18030"))
    call_file.rename(tmp_path / name)
    assert tingyin.run("replay", name, "--no-asr", "--events", "out.jsonl").code == 0
    started = tingyin.events()[0]
    assert isinstance(started, events.CallStarted) and started.title.endswith(".wav")
