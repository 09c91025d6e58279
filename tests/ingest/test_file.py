"""A call from files: formats, channels, faults, and independence of the packet size."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.core.audio import AudioFrame, Party, Pcm, to_grid
from monitor.core.notices import notice_event
from monitor.errors import SourceError
from monitor.ingest.file import FileSource, open_file_source
from monitor.ingest.source import SourceNotice

Write = Callable[..., Path]
Sweep = Callable[..., Any]


def hear(source: FileSource) -> tuple[dict[Party, Pcm], list[SourceNotice]]:
    """All of a source's sound, with the rules that every source keeps checked on the way."""
    sounds: dict[Party, list[Pcm]] = {party: [] for party in Party}
    ends = dict.fromkeys(Party, 0)
    notices = []
    for item in source.items():
        if isinstance(item, SourceNotice):
            assert set(ends.values()) == {item.at}, "a notice comes exactly in its place"
            notice_event(item.code, item.at, item.party, item.values)
            notices.append(item)
            continue
        assert item.start == ends[item.party]
        ends[item.party] = item.end
        assert abs(ends[Party.AGENT] - ends[Party.CALLER]) <= 16_000
        assert item.pcm.dtype == np.float32 and item.pcm.ndim == 1
        sounds[item.party].append(item.pcm)
    source.close()
    heard = {party: np.concatenate(pcm) for party, pcm in sounds.items()}
    assert len(heard[Party.AGENT]) == len(heard[Party.CALLER])
    for pcm in heard.values():
        assert np.array_equal(pcm, to_grid(pcm)), "sound must lie on the 16-bit grid"
    return heard, notices


def codes(notices: Iterable[SourceNotice]) -> list[str]:
    return [notice.code for notice in notices]


def lag(heard: Pcm, expected: Any) -> int:
    """By how many samples `heard` lies behind `expected`."""
    size = 1 << (len(heard) + len(expected)).bit_length()
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(expected, size)))
    at = int(np.argmax(product))
    return at if at < size // 2 else at - size


@pytest.mark.parametrize(
    ("name", "rate_hz", "subtype", "tolerance"),
    [
        ("a.wav", 16_000, "PCM_16", 1e-4),
        ("a.wav", 8_000, "ULAW", 0.02),
        ("a.wav", 8_000, "ALAW", 0.02),
        ("a.wav", 8_000, "PCM_U8", 0.015),
        ("a.wav", 44_100, "PCM_24", 1e-3),
        ("a.wav", 48_000, "PCM_32", 1e-3),
        ("a.wav", 22_050, "FLOAT", 1e-3),
        ("a.wav", 11_025, "DOUBLE", 1e-3),
        ("a.wav", 8_000, "IMA_ADPCM", 0.3),
        ("a.wav", 8_000, "GSM610", 0.5),
        ("a.flac", 48_000, "PCM_24", 1e-3),
        ("a.aiff", 32_000, "PCM_16", 1e-3),
        ("a.w64", 16_000, "PCM_16", 1e-3),
        ("a.rf64", 16_000, "PCM_16", 1e-3),
        ("a.ogg", 16_000, "VORBIS", 0.1),
        ("a.opus", 48_000, "OPUS", 0.1),
        ("a.mp3", 44_100, "MPEG_LAYER_III", 0.1),
    ],
)
def test_every_format_is_heard_in_its_place(
    write: Write, sweep: Sweep, name: str, rate_hz: int, subtype: str, tolerance: float
) -> None:
    form = {"format": "OGG"} if name.endswith(".opus") else {}
    path = write(name, sweep(3.0, rate_hz), rate_hz, subtype=subtype, **form)
    heard, notices = hear(open_file_source(path, party=Party.CALLER))
    expected = sweep(3.0, 16_000)
    assert not notices
    assert abs(len(heard[Party.CALLER]) - 48_000) <= (700 if subtype == "GSM610" else 520)
    assert abs(lag(heard[Party.CALLER], expected)) <= 1
    middle = slice(8_000, 40_000)
    assert np.abs(heard[Party.CALLER][middle] - expected[middle]).max() < tolerance
    assert not heard[Party.AGENT].any()


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 44_100, 48_000])
@pytest.mark.parametrize("frames", [3, 799, 8_000, 12_345])
def test_the_length_is_exact(write: Write, rate_hz: int, frames: int) -> None:
    path = write("a.wav", np.full(frames, 0.1), rate_hz)
    heard, _ = hear(open_file_source(path, party=Party.AGENT))
    assert abs(len(heard[Party.AGENT]) - frames * 16_000 / rate_hz) <= 0.5


@pytest.mark.parametrize(("side", "agent"), [(None, 0), ("left", 0), ("right", 1)])
def test_the_agents_channel(write: Write, side: Any, agent: int) -> None:
    sound = np.stack([np.full(4_000, 0.25), np.full(4_000, -0.5)], axis=1)
    source = open_file_source(write("a.wav", sound, 16_000), agent_channel=side, agent_label="seat 7")
    assert source.info.agent == "seat 7" and source.info.duration_s == 0.25
    heard, _ = hear(source)
    assert np.all(heard[Party.AGENT] == sound[:, agent])
    assert np.all(heard[Party.CALLER] == sound[:, 1 - agent])


def test_two_files_of_different_rates_and_lengths(write: Write, sweep: Sweep) -> None:
    agent = write("a.wav", sweep(1.0, 44_100), 44_100)
    caller = write("b.flac", sweep(2.0, 8_000), 8_000)
    heard, notices = hear(open_file_source(agent=agent, caller=caller))
    assert len(heard[Party.AGENT]) == 32_000
    assert not heard[Party.AGENT][16_000:].any() and heard[Party.AGENT][:16_000].any()
    assert codes(notices) == ["source.length_differs"]
    assert notices[0].party is Party.AGENT and notices[0].values == {"missing_s": 1.0}


@given(packets=st.lists(st.integers(1, 16_000), min_size=2, max_size=2))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_packet_size_gives_the_same_sound_and_notices(tmp_path: Path, packets: list[int]) -> None:
    agent, caller = tmp_path / "agent.wav", tmp_path / "caller.wav"
    if not agent.exists():
        noise = np.random.default_rng(5).standard_normal(9_001) * 0.9
        noise[4_000:4_003] = np.nan
        soundfile.write(agent, noise, 11_025, subtype="FLOAT")
        soundfile.write(caller, noise[:3_000] * 0.1, 8_000)
    heard = []
    for packet in packets:
        heard.append(hear(open_file_source(agent=agent, caller=caller, packet_samples=packet)))
    for party in Party:
        assert np.array_equal(heard[0][0][party], heard[1][0][party])
    assert heard[0][1] == heard[1][1]
    assert {"source.nan", "source.length_differs", "source.clipping"} == set(codes(heard[0][1]))


def test_an_hour_needs_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "hour.wav"
    minute = (np.random.default_rng(1).integers(0, 256, 8_000 * 60)).astype(np.uint8).tobytes()
    with path.open("wb") as file:
        total = len(minute) * 60
        header = b"RIFF" + (total + 36).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
        header += bytes.fromhex("0700 0100 401f0000 401f0000 0100 0800")
        file.write(header + b"data" + total.to_bytes(4, "little"))
        for _ in range(60):
            file.write(minute)
    source = open_file_source(path, party=Party.CALLER, packet_samples=16_000)
    assert source.info.duration_s == 3_600
    process = psutil.Process()
    end, rss_after_a_minute = 0, 0
    for item in source.items():
        if isinstance(item, AudioFrame):
            end = item.end
            assert source.buffered_samples <= 16_000 + 2 * 1_600
            if end == 60 * 16_000:
                rss_after_a_minute = process.memory_info().rss
    source.close()
    assert end == 3_600 * 16_000
    # The hour at 16 kHz would be 230 MB.
    assert process.memory_info().rss - rss_after_a_minute < 20_000_000


# --- bad input -------------------------------------------------------------------------------------------


def refused(**arguments: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        open_file_source(**arguments)
    return caught.value


def test_missing_empty_and_no_sound(tmp_path: Path, write: Write) -> None:
    assert refused(path=tmp_path / "none.wav").code == "source.missing"
    empty = tmp_path / "empty.wav"
    empty.touch()
    assert refused(path=empty).code == "source.empty"
    assert refused(path=tmp_path).code == "source.not_audio"
    text = tmp_path / "text.wav"
    text.write_text("this is a letter, not a call\n" * 500)
    assert refused(path=text).code == "source.not_audio"
    noise = tmp_path / "noise.mp3"
    noise.write_bytes(np.random.default_rng(2).bytes(100_000))
    assert refused(path=noise).code == "source.not_audio"
    assert refused(path=write("header.wav", np.zeros(0), 16_000)).code == "source.no_sound"
    assert refused(path=write("slow.wav", np.zeros(4_000), 4_000)).code == "source.rate"


def test_a_playlist_cannot_make_it_read_other_files(tmp_path: Path, write: Write) -> None:
    write("secret.wav", np.full(16_000, 0.1), 16_000)
    playlist = tmp_path / "list.m3u8"
    playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\nsecret.wav\n#EXT-X-ENDLIST\n")
    assert refused(path=playlist).code == "source.not_audio"


def test_channels_that_make_no_call(write: Write) -> None:
    mono = write("mono.wav", np.full(100, 0.1), 8_000)
    stereo = write("stereo.wav", np.full((100, 2), 0.1), 8_000)
    many = write("many.wav", np.full((100, 3), 0.1), 8_000)
    error = refused(path=mono)
    assert error.code == "source.channels"
    assert "--party" in error.sentence and "--agent A --caller B" in error.sentence
    assert refused(path=many).code == "source.channels"
    assert refused(path=stereo, party=Party.AGENT).code == "source.channels"
    assert refused(agent=mono, caller=stereo).code == "source.channels"
    assert refused(path=mono, agent=mono).code == "source.arguments"
    assert refused(agent=mono).code == "source.arguments"
    assert refused(agent=mono, caller=mono).code == "source.arguments"
    assert refused(path=stereo, agent_channel="left", party=Party.AGENT).code == "source.arguments"


def cut(path: Path, keep: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: round(len(data) * keep)])
    return path


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.ogg"])
def test_a_truncated_file_is_heard_as_far_as_it_goes(write: Write, name: str) -> None:
    sound = np.random.default_rng(3).standard_normal(128_000) * 0.1
    path = cut(write(name, sound, 16_000), 0.6)
    heard, notices = hear(open_file_source(path, party=Party.CALLER))
    assert codes(notices) == ["source.truncated"]
    assert notices[0].at == len(heard[Party.CALLER])
    assert 2.5 < len(heard[Party.CALLER]) / 16_000 < 7
    assert abs(lag(heard[Party.CALLER], sound)) <= 1


@pytest.mark.parametrize("length", [0, 0xFFFF_FFFF, 0x7FFF_FFDB])
def test_a_recording_whose_header_is_not_finished(write: Write, length: int) -> None:
    path = write("a.wav", np.full(16_000, 0.1), 16_000)
    data = bytearray(path.read_bytes())
    data[4:8] = (0).to_bytes(4, "little")
    data[40:44] = length.to_bytes(4, "little")
    path.write_bytes(bytes(data) + b"\x01")  # half a sample has been written so far
    heard, notices = hear(open_file_source(path, party=Party.CALLER))
    assert len(heard[Party.CALLER]) == 16_000
    assert codes(notices) == ["source.growing"]


def test_sound_that_arrives_while_it_is_read(write: Write) -> None:
    path = write("a.wav", np.full(16_000, 0.25), 16_000)
    source = open_file_source(path, party=Party.CALLER)
    items = source.items()
    next(items)
    with path.open("ab") as file:
        file.write(np.full(8_000, -8_192, "<i2").tobytes())
    rest = [item for item in items if not (isinstance(item, AudioFrame) and item.party is Party.AGENT)]
    source.close()
    sound = np.concatenate([item.pcm for item in rest if isinstance(item, AudioFrame)])
    assert len(sound) == 16_000 + 8_000 and np.all(sound[-8_000:] == -0.25)
    assert codes(item for item in rest if isinstance(item, SourceNotice)) == ["source.growing"]


def test_numbers_that_are_none_become_silence(write: Write) -> None:
    sound = np.full((16_000, 2), 0.25)
    sound[4_000:4_010, 1] = np.nan
    sound[5_000, 1] = np.inf
    sound[6_000, 0] = 1e30
    heard, notices = hear(open_file_source(write("a.wav", sound, 16_000, subtype="FLOAT")))
    assert [(n.code, n.at, n.party) for n in notices] == [("source.nan", 4_000, Party.CALLER)]
    assert not heard[Party.CALLER][4_000:4_010].any() and heard[Party.CALLER][4_010] == 0.25
    assert heard[Party.AGENT][6_000] == 32_767 / 32_768


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT", "ULAW", "ALAW", "PCM_U8"])
def test_clipping_is_noticed_once_and_where_it_begins(write: Write, sweep: Sweep, subtype: str) -> None:
    sound = sweep(3.0, 8_000)
    sound[8_000:] = np.clip(sound[8_000:] * 4, -1, 1)
    path = write("a.wav", sound, 8_000, subtype=subtype)
    _, notices = hear(open_file_source(path, party=Party.CALLER))
    assert codes(notices) == ["source.clipping"]
    assert abs(notices[0].at - 16_000) < 800


def test_loud_sound_and_an_offset_are_no_clipping(write: Write, sweep: Sweep) -> None:
    loud = write("a.wav", sweep(2.0, 8_000) * 1.99, 8_000)
    assert not hear(open_file_source(loud, party=Party.CALLER))[1]
    offset = write("b.wav", sweep(2.0, 8_000) * 0.5 + 0.7, 8_000)
    heard, notices = hear(open_file_source(offset, party=Party.CALLER))
    assert not notices and abs(float(heard[Party.CALLER].mean()) - 0.7) < 0.01


def test_frames_are_given_to_an_event_loop_too(write: Write) -> None:
    path = write("a.wav", np.full((3_000, 2), 0.25), 16_000)

    async def count() -> int:
        return len([item async for item in open_file_source(path).frames()])

    assert asyncio.run(count()) == 4


def test_a_square_wave_at_full_scale_clips(write: Write) -> None:
    square = np.where(np.arange(8_000) % 40 < 20, 1.0, -1.0)
    square[:1_001] = 0.1
    _, notices = hear(open_file_source(write("a.wav", square, 8_000), party=Party.CALLER))
    assert [(notice.code, notice.at) for notice in notices] == [("source.clipping", 2_002)]
