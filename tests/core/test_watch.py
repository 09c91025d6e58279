"""Notices on the call's sound."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from monitor.core.audio import Party
from monitor.core.clock import BLOCK_SAMPLES, samples
from monitor.core.notices import notice_event
from monitor.core.watch import Found, SoundWatch

A, C = Party.AGENT, Party.CALLER


def watch(
    length_s: float,
    *,
    speaking: Iterable[tuple[Party, float, float]] = (),
    same_from_s: float = 1e9,
    parties: Iterable[Party] = tuple(Party),
    finishes: bool = False,
) -> list[tuple[float, Found]]:
    watcher = SoundWatch(parties)
    speaking = list(speaking)
    found: list[tuple[float, Found]] = []
    now = 0
    while now < samples(length_s):
        now += BLOCK_SAMPLES
        at_s = now / 16000
        told = watcher.on_block(
            now,
            is_speaking={p: any(q is p and a <= at_s < b for q, a, b in speaking) for p in Party},
            is_same_sound=at_s >= same_from_s,
        )
        found.extend((at_s, item) for item in told)
    if finishes:
        found.extend((now / 16000, item) for item in watcher.finish(now))
    return found


def codes(found: list[tuple[float, Found]]) -> list[tuple[str, Party | None]]:
    return [(item.code, item.party) for _, item in found]


def test_a_normal_call_gives_no_notice() -> None:
    speaking = [(A, 0, 5), (C, 6, 20), (A, 21, 40)]
    assert watch(60, speaking=speaking, finishes=True) == []


def test_a_silent_party_is_told_once_after_half_a_minute() -> None:
    ((at_s, found),) = watch(120, speaking=[(A, 0, 100)], finishes=True)
    assert (found.code, found.party) == ("sound.party_silent", C)
    assert at_s == pytest.approx(30.0)


def test_a_silent_party_in_a_short_call_is_told_at_its_end() -> None:
    assert watch(20, speaking=[(C, 2, 8)]) == []
    assert codes(watch(20, speaking=[(C, 2, 8)], finishes=True)) == [("sound.party_silent", A)]


def test_a_party_that_nobody_records_is_not_missed() -> None:
    assert watch(60, speaking=[(C, 2, 50)], parties=[C], finishes=True) == []


def test_a_greeting_is_too_little_to_miss_an_answer() -> None:
    assert watch(60, speaking=[(A, 2, 6)]) == []


def test_silence_only() -> None:
    ((at_s, found),) = watch(90, finishes=True)
    assert (found.code, found.values) == ("sound.silence_only", {"heard_s": 30})
    assert at_s == pytest.approx(30.0)
    assert codes(watch(5, finishes=True)) == [("sound.silence_only", None)]


def test_same_sound_on_both_channels() -> None:
    found = watch(30, speaking=[(A, 0, 30), (C, 0, 30)], same_from_s=10.0)
    assert codes(found) == [("sound.same_channels", None)]


def test_whatever_is_found_has_a_sentence() -> None:
    speaking = [(A, 0, 50)]
    found = watch(60, speaking=speaking, same_from_s=5.0) + watch(60)
    assert len({item.code for _, item in found}) == 3
    for _, item in found:
        assert notice_event(item.code, 16_000, item.party, item.values).text.en
