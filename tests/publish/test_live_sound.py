"""The fan-out of live sound, without sockets."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.core.audio import AudioFrame, Party
from monitor.core.clock import SAMPLE_RATE_HZ
from monitor.errors import ListenError
from monitor.publish.live_sound import CONCEALED, HEADER, QUEUE_SAMPLES, SILENT, SKIPPED, Listener, LiveSound

HOP = 320


class Clock:
    now_s = 10.0

    def __call__(self) -> float:
        return self.now_s


def frame(at: int = 0, party: Party = Party.CALLER, value: float = 0.25, **given: bool) -> AudioFrame:
    return AudioFrame(party=party, start=at, pcm=np.full(HOP, value, dtype=np.float32), **given)


def unpacked(message: bytes | None) -> tuple[int, int, int, int, int, int, list[int]]:
    assert message is not None
    return (
        *HEADER.unpack_from(message),
        np.frombuffer(message[HEADER.size :], dtype="<i2").tolist(),
    )


def taken(listener: Listener) -> list[bytes]:
    return list(iter(listener.take, None))


def test_a_frame_comes_as_it_was_with_its_place_and_how_long_it_was_held() -> None:
    clock = Clock()
    sound = LiveSound(clock=clock)
    woken: list[bool] = []
    listener = sound.join("c", lambda: woken.append(True))
    sound.hear("c", frame(at=SAMPLE_RATE_HZ, value=-0.5))
    clock.now_s += 0.012
    version, party, flags, start, count, held_ms, samples = unpacked(listener.take())
    assert (version, party, flags, start, count, held_ms) == (1, 1, 0, SAMPLE_RATE_HZ, HOP, 12)
    assert samples == [-16384] * HOP
    assert woken and listener.take() is None


@pytest.mark.parametrize("value", [-1.0, -(2.0**-15), 2.0**-15, 32767 / 32768])
def test_samples_of_the_grid_pass_unchanged(value: float) -> None:
    sound = LiveSound()
    listener = sound.join("c", lambda: None)
    sound.hear("c", frame(value=value))
    assert unpacked(listener.take())[-1] == [round(value * 32768)] * HOP


def test_nothing_is_encoded_while_nobody_listens_to_that_party() -> None:
    sound = LiveSound()
    sound.hear("c", frame())
    other = sound.join("d", lambda: None)
    sound.hear("c", frame())
    assert sound.encoded == 0 and taken(other) == []
    other.choose([Party.AGENT])
    sound.hear("d", frame(party=Party.CALLER))
    assert sound.encoded == 0 and taken(other) == []
    sound.leave(other)
    sound.hear("d", frame(party=Party.AGENT))
    assert sound.encoded == 0


def test_a_frame_is_encoded_once_for_all_who_listen() -> None:
    sound = LiveSound(clock=Clock())
    listeners = [sound.join("c", lambda: None) for _ in range(5)]
    sound.hear("c", frame())
    assert sound.encoded == 1
    assert len({message for listener in listeners for message in taken(listener)}) == 1


def test_lost_sound_and_silence_take_no_samples() -> None:
    sound = LiveSound()
    listener = sound.join("c", lambda: None)
    sound.hear("c", frame(value=0.0, is_concealed=True))
    sound.hear("c", frame(at=HOP, value=0.0))
    lost, silent = (unpacked(message) for message in taken(listener))
    assert (lost[2], lost[4], lost[-1]) == (CONCEALED | SILENT, HOP, [])
    assert (silent[2], silent[4], silent[-1]) == (SILENT, HOP, [])


def test_who_falls_behind_loses_the_oldest_sound_and_nobody_else_does() -> None:
    sound = LiveSound()
    slow, quick = sound.join("c", lambda: None), sound.join("c", lambda: None)
    frames = 3 * QUEUE_SAMPLES // HOP
    quick_got = 0
    for number in range(frames):
        for party in Party:
            sound.hear("c", frame(at=number * HOP, party=party))
        quick_got += len(taken(quick))
    late = [unpacked(message) for message in taken(slow)]
    assert quick_got == 2 * frames and quick.lost == 0
    assert slow.lost == 2 * (frames * HOP - QUEUE_SAMPLES)
    for number in (0, 1):
        of_party = [one for one in late if one[1] == number]
        assert of_party[0][2] == SKIPPED and all(one[2] == 0 for one in of_party[1:])
        assert of_party[-1][3] == (frames - 1) * HOP, "the live edge is kept"
        assert sum(one[4] for one in of_party) == QUEUE_SAMPLES
    sound.leave(slow)
    assert sound.lost == slow.lost


def test_who_chooses_one_party_hears_nothing_more_of_the_other() -> None:
    sound = LiveSound()
    listener = sound.join("c", lambda: None)
    sound.hear("c", frame(party=Party.AGENT))
    sound.hear("c", frame(party=Party.CALLER))
    listener.choose([Party.CALLER])
    sound.hear("c", frame(at=HOP, party=Party.AGENT))
    assert [unpacked(message)[1] for message in taken(listener)] == [1]


def test_not_more_listen_than_may() -> None:
    sound = LiveSound(listeners_max=3, of_call_max=2)
    first = sound.join("c", lambda: None)
    sound.join("c", lambda: None)
    with pytest.raises(ListenError, match=r"listen\.full"):
        sound.join("c", lambda: None)
    sound.join("d", lambda: None)
    with pytest.raises(ListenError, match=r"listen\.full"):
        sound.join("e", lambda: None)
    sound.leave(first)
    sound.leave(first)
    assert sound.listeners == 2
    sound.join("e", lambda: None)


def test_the_end_of_the_sound_is_told_and_nobody_waits_for_more() -> None:
    sound = LiveSound()
    listener = sound.join("c", lambda: None)
    sound.over("c")
    assert listener.is_over
    with pytest.raises(ListenError, match=r"listen\.over"):
        sound.join("c", lambda: None)
