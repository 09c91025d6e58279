"""A call fed in packets: formats, holes, disorder, wrap-around, bounds and malformed messages."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.audio import AudioFrame, Party, Pcm, to_grid
from monitor.core.notices import notice_event
from monitor.errors import SourceError
from monitor.ingest.g711 import decode_alaw, decode_mulaw
from monitor.ingest.source import SourceNotice
from monitor.ingest.stream import BUFFER_S, MAX_JUMP_S, StreamSource, open_stream_source

Heard = tuple[dict[Party, Pcm], dict[Party, list[tuple[int, int]]], list[str]]


def start(**fields: Any) -> str:
    usual = {"type": "start", "format": "pcm_s16le", "rate": 16_000, "channels": 1, "party": "caller"}
    return json.dumps({**usual, **fields})


def packets(
    sound: np.ndarray[Any, Any], size: int, *, sequence: int = 7, timestamp: int = 1_000
) -> list[bytes]:
    """A mono sound in 16-bit packets with headers."""
    return [
        struct.pack(">II", (sequence + number) % 2**32, (timestamp + at) % 2**32)
        + (sound[at : at + size] * 32_768).astype("<i2").tobytes()
        for number, at in enumerate(range(0, len(sound), size))
    ]


def hear(source: StreamSource) -> Heard:
    """Everything of a closed stream: sound, marked silence in samples, and codes of notices."""
    sounds: dict[Party, list[Pcm]] = {party: [] for party in Party}
    lost: dict[Party, list[tuple[int, int]]] = {party: [] for party in Party}
    ends = dict.fromkeys(Party, 0)
    codes = []

    async def run() -> None:
        async for item in source.frames():
            if isinstance(item, SourceNotice):
                notice_event(item.code, item.at, item.party, item.values)
                assert item.at >= max(ends.values())
                codes.append(item.code)
                continue
            assert item.start == ends[item.party]
            ends[item.party] = item.end
            assert abs(ends[Party.AGENT] - ends[Party.CALLER]) <= 16_000
            assert np.array_equal(item.pcm, to_grid(item.pcm))
            sounds[item.party].append(item.pcm)
            if item.is_concealed:
                assert not item.pcm.any()
                runs = lost[item.party]
                joins = runs and runs[-1][1] == item.start
                runs[-1:] = [(runs[-1][0], item.end)] if joins else [*runs[-1:], (item.start, item.end)]

    asyncio.run(run())
    nothing = np.zeros(0, np.float32)
    return {party: np.concatenate([nothing, *pcm]) for party, pcm in sounds.items()}, lost, codes


def fed(first: str, messages: Iterable[bytes | str]) -> Heard:
    source = open_stream_source(first)
    for message in messages:
        source.feed(message)
    source.close()
    return hear(source)


RAMP = to_grid(np.linspace(0.1, 0.9, 16_000))


def test_two_channels_and_their_parties() -> None:
    both = np.stack([np.full(100, 8_192), np.full(100, -16_384)], axis=1).astype("<i2").tobytes()
    for side, agent in (("left", 0.25), ("right", -0.5)):
        first = start(channels=2, party=None, agent_channel=side, agent="seat 7", title="line 3")
        assert open_stream_source(first).info.agent == "seat 7"
        heard, _, codes = fed(first, [both, both])
        assert len(heard[Party.AGENT]) == 200 and np.all(heard[Party.AGENT] == agent)
        assert np.all(heard[Party.CALLER] == (-0.5 if agent == 0.25 else 0.25)) and not codes


@pytest.mark.parametrize("law", ["mulaw", "alaw"])
def test_telephone_sound(law: str) -> None:
    codes = np.random.default_rng(4).integers(0, 256, 4_000).astype(np.uint8)
    heard, _, _ = fed(start(format=law, rate=8_000), [codes[:1_000].tobytes(), codes[1_000:].tobytes()])
    assert len(heard[Party.CALLER]) == 8_000
    expected = (decode_mulaw if law == "mulaw" else decode_alaw)(codes)
    # Every second sample of twice the rate lies near an original one, as far as the band goes.
    assert np.corrcoef(heard[Party.CALLER][::2], expected)[0, 1] > 0.95
    assert not heard[Party.AGENT].any()


@given(st.lists(st.integers(1, 3_000), min_size=1, max_size=30), st.sampled_from([8_000, 16_000, 44_100]))
@settings(max_examples=30)
def test_any_packet_size_gives_the_same_sound(sizes: list[int], rate_hz: int) -> None:
    sound = (np.random.default_rng(9).standard_normal(16_000) * 3_000).astype("<i2")
    pieces, at = [], 0
    for size in [*sizes, len(sound)]:
        size = min(size, rate_hz)
        pieces.append(sound[at : at + size].tobytes())
        at += size
    rest = [sound[at:][n : n + 8_000].tobytes() for n in range(0, len(sound[at:]), 8_000)]
    whole = [sound[n : n + 8_000].tobytes() for n in range(0, len(sound), 8_000)]
    first = start(rate=rate_hz)
    assert np.array_equal(fed(first, pieces + rest)[0][Party.CALLER], fed(first, whole)[0][Party.CALLER])


def test_disorder_and_doubles_within_the_jitter_are_mended() -> None:
    sent = packets(RAMP, 160)
    rng = np.random.default_rng(3)
    order = sorted(range(1, len(sent)), key=lambda n: n + rng.uniform(0, 8))
    heard, lost, codes = fed(start(has_header=True), [sent[n] for n in [0, 0, *order]])
    assert np.array_equal(heard[Party.CALLER], RAMP)
    assert not lost[Party.CALLER] and codes == ["stream.late"]


@pytest.mark.parametrize("missing", [1, 30, 70])
def test_what_is_missing_is_filled_and_marked(missing: int) -> None:
    sent = packets(np.concatenate([RAMP, RAMP]), 320)
    heard, lost, codes = fed(start(has_header=True), sent[:20] + sent[20 + missing :])
    begin, end = 20 * 320, (20 + missing) * 320
    assert lost[Party.CALLER] == [(begin, end)] and not lost[Party.AGENT]
    assert codes == ["stream.lost"]
    assert np.array_equal(heard[Party.CALLER][end:], np.concatenate([RAMP, RAMP])[end:])


def test_a_pause_of_the_sender_is_silence_and_not_loss() -> None:
    before = packets(RAMP, 320, sequence=0, timestamp=0)
    after = packets(RAMP, 320, sequence=len(before), timestamp=16_000 + 48_000)
    heard, lost, codes = fed(start(has_header=True), before + after)
    assert not lost[Party.CALLER] and not codes
    assert len(heard[Party.CALLER]) == 80_000 and not heard[Party.CALLER][16_000:64_000].any()
    assert np.array_equal(heard[Party.CALLER][64_000:], RAMP)


def test_counters_wrap_around() -> None:
    sent = packets(RAMP, 160, sequence=2**32 - 20, timestamp=2**32 - 5_000)
    heard, lost, codes = fed(start(has_header=True), sent[:60] + sent[61:])
    assert lost[Party.CALLER] == [(9_600, 9_760)] and codes == ["stream.lost"]
    assert np.array_equal(heard[Party.CALLER][9_760:], RAMP[9_760:])


@pytest.mark.parametrize("timestamp", [0, 2**31, int(1_000 + 2 * MAX_JUMP_S * 16_000)])
def test_timestamps_that_begin_anew_do_not_make_an_hour_of_silence(timestamp: int) -> None:
    sent = packets(np.tile(RAMP, 4), 320) + packets(RAMP, 320, timestamp=timestamp)
    heard, _, codes = fed(start(has_header=True), sent)
    assert len(heard[Party.CALLER]) == 5 * 16_000 and codes == ["stream.restarted"]


def test_a_sender_faster_than_its_reader_loses_the_newest_and_memory_stays_bounded() -> None:
    source = open_stream_source(start())
    packet = np.full(16_000, 8_192, "<i2").tobytes()
    for _ in range(100):
        source.feed(packet)
        assert source.buffered_samples <= BUFFER_S * 16_000
    source.close()
    heard, lost, codes = hear(source)
    assert len(heard[Party.CALLER]) == 1_600_000
    assert lost[Party.CALLER] == [(480_000, 1_600_000)] and set(codes) == {"stream.overflow"}


def test_a_sender_that_waits_for_room_loses_nothing() -> None:
    source = open_stream_source(start())
    packet = np.full(16_000, 8_192, "<i2").tobytes()

    async def send() -> None:
        for _ in range(100):
            await source.room()
            source.feed(packet)
        source.feed('{"type": "stop"}')

    async def run() -> list[Any]:
        sender = asyncio.ensure_future(send())
        items = [item async for item in source.frames()]
        await sender
        return items

    items = asyncio.run(run())
    assert not any(isinstance(item, SourceNotice) or item.is_concealed for item in items)
    assert items[-1].end == 1_600_000


@pytest.mark.parametrize(
    "first",
    [
        "",
        "[]",
        b"\xff\xfe\x00",
        '{"type": "stop"}',
        start(format="opus"),
        start(rate=4_000),
        start(rate=96_000),
        start(channels=3),
        start(party=None),
        start(party="other"),
        start(agent_channel="left"),
        start(channels=2),
        start(surprise=1),
        start(language="fr"),
        start(title="x" * 1_000),
    ],
)
def test_a_stream_must_begin_properly(first: str | bytes) -> None:
    with pytest.raises(SourceError) as caught:
        open_stream_source(first)
    assert caught.value.code == "source.stream_start"


@pytest.mark.parametrize(
    ("told", "languages"),
    [
        ({}, {}),
        ({"language": "zh"}, {"language": "zh", "agent_language": "", "caller_language": ""}),
        (
            {"language": "auto", "caller_language": "en"},
            {"language": "auto", "agent_language": "", "caller_language": "en"},
        ),
        ({"agent_language": "zh"}, {"agent_language": "zh"}),
    ],
)
def test_a_stream_may_tell_its_languages(told: dict[str, str], languages: dict[str, str]) -> None:
    assert open_stream_source(start(**told)).info.languages == languages


@pytest.mark.parametrize("message", [b"\0\0\0", b"\0" * 11, b"\0" * (8 + 32_002), "hello", '{"type": "x"}'])
def test_a_message_that_cannot_be_used_is_refused_and_the_rest_goes_on(message: bytes | str) -> None:
    source = open_stream_source(start(has_header=True))
    sent = packets(RAMP, 320)
    source.feed(sent[0])
    with pytest.raises(SourceError) as caught:
        source.feed(message)
    assert caught.value.code == "source.stream_packet"
    for packet in sent[1:]:
        source.feed(packet)
    source.feed('{"type": "stop"}')
    source.feed(sent[0])
    assert np.array_equal(hear(source)[0][Party.CALLER], RAMP)


def test_a_connection_that_breaks_gives_all_that_came_and_then_the_error() -> None:
    source = open_stream_source(start())
    source.feed(b"\1\0" * 500)
    source.close(SourceError("source.failed", reason="the connection broke"))
    given_samples = 0

    async def run() -> None:
        nonlocal given_samples
        async for item in source.frames():
            if isinstance(item, AudioFrame) and item.party is Party.CALLER:
                given_samples += len(item.pcm)

    with pytest.raises(SourceError, match=r"source\.failed"):
        asyncio.run(run())
    assert given_samples == 500


def test_faults_of_the_sound_are_told() -> None:
    loud = np.where(np.arange(16_000) % 40 < 20, 32_767, -32_768).astype("<i2").tobytes()
    assert fed(start(), [loud])[2] == ["source.clipping"]


def test_g711_against_the_recommendation() -> None:
    """Values of tables 1a to 2b of ITU-T G.711, scaled to 16 bits."""
    mulaw = decode_mulaw(np.array([0x00, 0x80, 0x7F, 0xFF, 0x70, 0xF0], np.uint8)) * 32_768
    assert mulaw.tolist() == [-32_124, 32_124, 0, 0, -120, 120]
    alaw = decode_alaw(np.array([0xD5, 0x55, 0xAA, 0x2A, 0xD4], np.uint8)) * 32_768
    assert alaw.tolist() == [8, -8, 32_256, -32_256, 24]
    every = np.arange(256, dtype=np.uint8)
    assert len(np.unique(decode_alaw(every))) == 256 and len(np.unique(decode_mulaw(every))) == 255
