"""Files that recorders, phones and accidents leave."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.errors import SourceError
from monitor.ingest.decode import AvDecoder, SoundfileDecoder, open_decoder
from monitor.ingest.decoder import Decoder, Ending, Samples
from monitor.ingest.wav import WavDecoder

Write = Callable[..., Path]
SOUND = np.random.default_rng(8).standard_normal(12_000) * 0.1


def drain(decoder: Decoder, step: int = 700) -> Samples:
    """All that a decoder gives."""
    blocks = [decoder.read(step)]
    while len(blocks[-1]) == step:
        blocks.append(decoder.read(step))
    decoder.close()
    return np.concatenate(blocks)


def wav(data: bytes, *, before: bytes = b"", after: bytes = b"", form: bytes | None = None) -> bytes:
    """A RIFF file around `data`, with other chunks before and behind it."""
    form = form or struct.pack("<HHIIHH", 1, 1, 8_000, 16_000, 2, 16)
    body = b"WAVE" + before + b"fmt " + struct.pack("<I", len(form)) + form
    body += b"data" + struct.pack("<I", len(data)) + data + after
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_each_format_goes_to_the_library_that_reads_it_best(write: Write) -> None:
    for name, kind in (("a.wav", WavDecoder), ("a.flac", SoundfileDecoder), ("a.ogg", AvDecoder)):
        decoder = open_decoder(write(name, SOUND, 16_000))
        assert type(decoder) is kind
        decoder.close()


def test_chunks_around_the_sound_are_not_heard(tmp_path: Path) -> None:
    samples = (SOUND * 32_768).astype("<i2")
    odd = b"LIST" + struct.pack("<I", 5) + b"INFO!\0"
    path = tmp_path / "a.wav"
    path.write_bytes(wav(samples.tobytes(), before=odd, after=odd))
    decoder = open_decoder(path)
    heard = drain(decoder)
    assert np.array_equal(heard[:, 0] * 32_768, samples)
    assert decoder.ending is Ending.COMPLETE


def test_an_extensible_header(write: Write) -> None:
    path = write("a.wav", np.stack([SOUND, -SOUND], axis=1), 16_000, subtype="PCM_24", format="WAVEX")
    decoder = open_decoder(path)
    assert isinstance(decoder, WavDecoder) and decoder.channels == 2
    assert np.abs(drain(decoder)[:, 1] + SOUND).max() < 1e-6


@pytest.mark.parametrize(
    "form",
    [
        struct.pack("<HHIIHH", 1, 0, 8_000, 16_000, 2, 16),
        struct.pack("<HHIIHH", 1, 1, 0, 0, 2, 16),
        struct.pack("<HHIIHH", 0x7777, 1, 8_000, 16_000, 2, 16),
        b"\0" * 4,
    ],
)
def test_a_header_that_makes_no_sense(tmp_path: Path, form: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(b"\0" * 8_000, form=form))
    with pytest.raises(SourceError) as caught:
        open_decoder(path)
    assert caught.value.code == "source.not_audio"


def test_a_file_of_a_recorder_that_updates_its_header(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    half = np.full(4_000, 8_192, "<i2").tobytes()
    path.write_bytes(wav(half))
    decoder = open_decoder(path)
    first = decoder.read(1_000)
    path.write_bytes(wav(half + half))
    rest = drain(decoder)
    assert len(first) + len(rest) == 8_000 and np.all(rest == 0.25)
    assert decoder.ending is Ending.GROWING


def test_a_flac_that_grows_is_heard_as_far_as_it_was(write: Write) -> None:
    path = write("a.flac", SOUND, 16_000)
    decoder = open_decoder(path)
    decoder.read(100)
    with path.open("ab") as file:
        file.write(b"\0" * 100)
    assert len(drain(decoder)) == len(SOUND) - 100
    assert decoder.ending is Ending.GROWING


def test_sound_of_a_phones_recorder(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44_100, layout="mono")
        sound: Any = np.tile(SOUND, 8).astype(np.float32)[np.newaxis, :]
        for at in range(0, sound.shape[1], 1_024):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(sound[:, at : at + 1_024]), format="fltp", layout="mono"
            )
            frame.rate = 44_100
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    decoder = open_decoder(path)
    assert decoder.rate_hz == 44_100 and decoder.channels == 1
    heard = drain(decoder)
    assert len(heard) == pytest.approx(96_000, abs=3 * 1_024)
    assert heard.std() == pytest.approx(0.1, rel=0.2)
    assert decoder.ending is Ending.COMPLETE


def test_a_hole_in_an_mp3_keeps_the_rest_in_its_place(write: Write) -> None:
    quiet = np.concatenate([np.tile(SOUND, 4), np.zeros(48_000), np.tile(SOUND, 4)])
    path = write("a.mp3", quiet, 16_000)
    data = bytearray(path.read_bytes())
    data[len(data) // 4 : len(data) // 4 + 600] = b"\0" * 600
    path.write_bytes(bytes(data))
    heard = drain(open_decoder(path))[:, 0]
    assert len(heard) == pytest.approx(len(quiet), abs=2_400)
    assert np.abs(heard[60_000:85_000]).max() < 0.01 < np.abs(heard[100_000:120_000]).max()


@given(
    name=st.sampled_from(["a.wav", "a.flac", "a.mp3", "a.ogg", "a.aiff"]),
    keep=st.floats(0.01, 1.0),
    changes=st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 255)), max_size=6),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_refused_or_heard_but_never_a_crash(
    tmp_path: Path, name: str, keep: float, changes: list[tuple[int, int]]
) -> None:
    good, bad = tmp_path / name, tmp_path / f"bad-{name}"
    if not good.exists():
        soundfile.write(good, SOUND, 16_000)
    data = bytearray(good.read_bytes())
    for at, value in changes:
        data[at % len(data)] = value
    bad.write_bytes(bytes(data[: max(1, round(len(data) * keep))]))
    try:
        decoder = open_decoder(bad)
    except SourceError as error:
        assert error.code.startswith("source.")
        return
    total = 0
    while len(block := decoder.read(1_600)) and total < 10**7:
        total += len(block)
    assert decoder.ending in Ending
    decoder.close()
