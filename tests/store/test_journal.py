"""The journal: what goes in comes out, exactly, up to the last whole record."""

from __future__ import annotations

import resource
import signal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np

from monitor.core.audio import AudioFrame, Party, to_grid
from monitor.core.clock import Span
from monitor.core.inputs import (
    CallEnd,
    CallInfo,
    CueAnswer,
    CuesPaused,
    EngineLag,
    RequestDropped,
    RulesChanged,
    SessionInput,
    SoundEnd,
    SourceNotice,
)
from monitor.core.recognition import Hypothesis, HypothesisWord
from monitor.errors import StoreError
from monitor.store.journal import (
    JOURNAL_VERSION,
    JournalHeader,
    JournalWriter,
    pack_pcm,
    read_journal,
    unpack_pcm,
)

HEADER = JournalHeader(
    version=JOURNAL_VERSION,
    info=CallInfo(
        call_id="call-1",
        started_at="2026-01-02T03:04:05.000Z",
        source="file",
        title="call.wav",
        duration_s=1.5,
        parties=frozenset({Party.CALLER}),
    ),
    settings={"speech": {"min_silence_s": 0.2}, "names": ["a"]},
    has_words=True,
)


def frame(start: int, samples: int, seed: int = 0) -> AudioFrame:
    noise = np.random.default_rng(seed).normal(scale=0.1, size=samples)
    return AudioFrame(party=Party.AGENT, start=start, pcm=to_grid(noise), is_concealed=seed == 1)


INPUTS: tuple[SessionInput, ...] = (
    frame(0, 320),
    frame(320, 1600, seed=1),
    Hypothesis(
        request_id=1,
        party=Party.CALLER,
        utterance=2,
        span=Span(0, 16_000),
        is_final=True,
        language="zh",
        language_probability=0.9876543210123,
        words=(HypothesisWord(span=Span(0, 100), text="你好", probability=0.1),),
        average_log_probability=-0.1 - 0.2,
        rejected=None,
    ),
    RequestDropped(request_id=3),
    SourceNotice(code="source.clipped", at=160, party=Party.AGENT, values={"share": 0.5, "n": 2, "x": "y"}),
    EngineLag(is_lagging=True, delay_s=2.5),
    CueAnswer(cue_id="c1", answer="not_helpful"),
    CuesPaused(is_paused=True),
    RulesChanged(files=(("a.toml", "[[rule]]\nid = '一'"),)),
    SoundEnd(),
    CallEnd(reason="failed", code="source.failed"),
)


def write(path: Path, inputs: tuple[SessionInput, ...] = INPUTS) -> None:
    with JournalWriter(path, HEADER) as journal:
        for item in inputs:
            journal.write(item)


def same(one: SessionInput, other: SessionInput) -> bool:
    if isinstance(one, AudioFrame) and isinstance(other, AudioFrame):
        return (one.party, one.start, one.is_concealed) == (
            other.party,
            other.start,
            other.is_concealed,
        ) and one.pcm.tobytes() == other.pcm.tobytes()
    return type(one) is type(other) and one == other


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    path = tmp_path / "journals" / "call-1.journal"
    write(path)
    journal = read_journal(path)
    assert journal.header == HEADER
    read = list(journal.inputs)
    assert len(read) == len(INPUTS)
    assert all(same(one, other) for one, other in zip(read, INPUTS, strict=True))


@given(st_np.arrays(np.int16, st.integers(0, 2_000)))
def test_any_sound_on_the_grid_is_kept_exactly(whole: np.ndarray[tuple[int], np.dtype[np.int16]]) -> None:
    pcm = whole.astype(np.float32) / np.float32(32768)
    unpacked = unpack_pcm(pack_pcm(pcm))
    assert unpacked.dtype == np.float32
    assert np.array_equal(unpacked, pcm)


@pytest.mark.parametrize("value", [1.0, 2.0, float("nan"), float("inf"), 0.00001])
def test_sound_off_the_grid_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="grid"), np.errstate(invalid="ignore"):
        pack_pcm(np.array([value], dtype=np.float32))


def test_quiet_sound_is_small(tmp_path: Path) -> None:
    tone = 0.01 * np.sin(np.arange(16_000) * 2 * np.pi * 220 / 16_000)
    assert len(pack_pcm(to_grid(tone))) < 16_000


def test_a_half_written_tail_is_tolerated(tmp_path: Path) -> None:
    """Cut at every byte, a journal replays up to its last whole record."""
    path = tmp_path / "whole"
    write(path, INPUTS[2:])
    whole = path.read_bytes()
    cut = tmp_path / "cut"
    counts = set()
    first_record = 4 + 8 + int.from_bytes(whole[4:8], "little")
    for size in range(first_record, len(whole)):
        cut.write_bytes(whole[:size])
        read = list(read_journal(cut).inputs)
        assert all(same(one, other) for one, other in zip(read, INPUTS[2:], strict=False))
        counts.add(len(read))
    assert counts == set(range(len(INPUTS) - 2))


@pytest.mark.parametrize("at", ["middle", "length"])
def test_damage_in_the_middle_is_an_error(tmp_path: Path, at: str) -> None:
    path = tmp_path / "journal"
    write(path)
    data = bytearray(path.read_bytes())
    first_record = 4 + 8 + int.from_bytes(data[4:8], "little")
    data[first_record + (20 if at == "middle" else 0)] ^= 0xFF
    path.write_bytes(data)
    journal = read_journal(path)
    with pytest.raises(StoreError) as caught:
        list(journal.inputs)
    assert caught.value.code == "store.journal"


@pytest.mark.parametrize("content", [b"", b"RIFF....WAVE", b"TYJ1", b"TYJ1\x05\x00\x00\x00"])
def test_what_is_no_journal(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal"
    path.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        read_journal(path)
    assert caught.value.code == "store.journal"


def test_missing_and_newer_journals(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        read_journal(tmp_path / "none")
    newer = JournalHeader(version=JOURNAL_VERSION + 1, info=HEADER.info, settings={}, has_words=True)
    JournalWriter(tmp_path / "newer", newer).close()
    with pytest.raises(StoreError, match="newer"):
        read_journal(tmp_path / "newer")


def test_a_disk_that_fills_ends_the_journal_and_not_the_call(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk."""
    path = tmp_path / "journal"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with JournalWriter(path, HEADER) as journal:
            for number in range(100):
                journal.write(frame(number * 1600, 1600, seed=number))
            failure = journal.failure
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert failure is not None
    assert failure.code in {"store.call_full", "store.unwritable"}
    read = list(read_journal(path).inputs)
    assert 0 < len(read) < 100


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError) as caught:
        JournalWriter(tmp_path / "file" / "journal", HEADER)
    assert caught.value.code == "store.unwritable"
