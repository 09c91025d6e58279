"""The shipped calls are what their truth files say: heard with nothing but numpy."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from monitor.resources import resource

NAMES = ("zh_parcel", "en_parcel")
NOISE_DBFS = -65.0
FRAME_S = 0.02


@dataclass(frozen=True)
class Call:
    """A shipped call: sound (samples x 2) and truth."""

    name: str
    sound: NDArray[np.float32]
    rate_hz: int
    truth: dict[str, Any]

    def heard(self, party: str, start_s: float, end_s: float) -> NDArray[np.float32]:
        """One party's sound in a stretch."""
        column = self.truth["channels"].index(party)
        return self.sound[round(start_s * self.rate_hz) : round(end_s * self.rate_hz), column]

    def lines(self, party: str) -> list[dict[str, Any]]:
        """A party's utterances in order."""
        return [u for u in self.truth["utterances"] if u["party"] == party]


@pytest.fixture(scope="module", params=NAMES)
def call(request: pytest.FixtureRequest) -> Call:
    """Each of the shipped calls."""
    folder: Path = resource("calls")
    sound, rate_hz = soundfile.read(folder / f"{request.param}.flac", dtype="float32", always_2d=True)
    return Call(
        request.param, sound, rate_hz, json.loads((folder / f"{request.param}.json").read_text("utf-8"))
    )


def level_dbfs(sound: NDArray[np.float32]) -> float:
    """RMS level of speech: 20 ms frames more than 30 dB below the loudest do not count."""
    frame = round(FRAME_S * 16_000)
    power = np.mean(sound[: len(sound) // frame * frame].reshape(-1, frame) ** 2, axis=1)
    return float(10 * np.log10(np.mean(power[power > power.max() * 1e-3]) + 1e-12))


def f0_hz(sound: NDArray[np.float32], rate_hz: int = 16_000) -> float:
    """Median F0 of clearly voiced 40 ms frames, by autocorrelation within 60-450 Hz."""
    size, hop = round(0.04 * rate_hz), round(0.02 * rate_hz)
    shortest, longest = rate_hz // 450, rate_hz // 60
    found: list[float] = []
    loudest = float(np.max(np.abs(sound)))
    for start in range(0, len(sound) - size - longest, hop):
        head = sound[start : start + size]
        if np.max(np.abs(head)) < 0.1 * loudest:
            continue
        lags = np.arange(shortest, longest)
        tails = np.stack([sound[start + lag : start + lag + size] for lag in lags])
        scale = np.linalg.norm(head) * np.linalg.norm(tails, axis=1) + 1e-9
        likeness = tails @ head / scale
        # The first lag that is nearly as good as the best one: later ones are its multiples.
        first = int(np.flatnonzero(likeness > 0.92 * likeness.max())[0])
        if likeness.max() > 0.8:
            best = first + int(np.argmax(likeness[first : first + 8]))
            found.append(rate_hz / float(lags[best]))
    return float(np.median(found))


def alpha_db(sound: NDArray[np.float32], rate_hz: int = 16_000) -> float:
    """Alpha ratio: energy of 1-3.4 kHz over that of 50-1000 Hz."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    hz = np.fft.rfftfreq(len(sound), 1 / rate_hz)
    high, low = power[(hz > 1000) & (hz < 3400)].sum(), power[(hz > 50) & (hz < 1000)].sum()
    return float(10 * np.log10(high / low))


def joined(call: Call, *, is_heated: bool) -> NDArray[np.float32]:
    """All the caller's lines at full heat, or all calm ones before them."""
    heated_from = call.truth["heated"][0]["start_s"]
    lines = [
        u
        for u in call.lines("caller")
        if u["kind"] != "backchannel"
        and (u["heat"] >= 0.8 if is_heated else u["heat"] == 0 and u["end_s"] < heated_from)
    ]
    return np.concatenate([call.heard("caller", u["start_s"], u["end_s"]) for u in lines])


def test_form(call: Call) -> None:
    assert call.rate_hz == call.truth["sample_rate_hz"] == 16_000
    assert call.sound.shape[1] == 2
    assert 60 <= len(call.sound) / call.rate_hz <= 120
    assert len(call.sound) / call.rate_hz == pytest.approx(call.truth["duration_s"], abs=0.001)
    info = soundfile.info(resource("calls") / f"{call.name}.flac")
    assert (info.format, info.subtype) == ("FLAC", "PCM_16")


def test_nothing_clips_and_no_pause_is_digital_silence(call: Call) -> None:
    assert np.abs(call.sound).max() < 0.97
    for column in range(2):
        blocks = call.sound[: len(call.sound) // 1600 * 1600, column].reshape(-1, 1600)
        assert np.abs(blocks).max(axis=1).min() > 0


def test_speech_is_where_the_words_are_and_nowhere_else(call: Call) -> None:
    for party in call.truth["channels"]:
        column = call.truth["channels"].index(party)
        is_silent = np.ones(len(call.sound), bool)
        for line in call.lines(party):
            sound = call.heard(party, line["start_s"], line["end_s"])
            assert level_dbfs(sound) > NOISE_DBFS + 25, line["id"]
            is_silent[round(line["start_s"] * 16_000) : round(line["end_s"] * 16_000)] = False
        rest = call.sound[is_silent, column]
        assert 10 * np.log10(np.mean(rest**2)) == pytest.approx(NOISE_DBFS, abs=1.0)


def test_words_lie_within_their_lines_in_order(call: Call) -> None:
    for line in call.truth["utterances"]:
        words = line["words"]
        assert words
        assert line["start_s"] <= words[0]["start_s"]
        assert words[-1]["end_s"] <= line["end_s"] + 0.001
        assert all(a["end_s"] <= b["start_s"] + 0.001 for a, b in pairwise(words))
        assert "".join(w["text"] for w in words) == line["text"].replace(" ", "")


def test_most_words_are_louder_than_the_room(call: Call) -> None:
    for line in call.truth["utterances"]:
        words = [w for w in line["words"] if w["end_s"] - w["start_s"] > 0.06]
        loud = [level_dbfs(call.heard(line["party"], w["start_s"], w["end_s"])) > -50 for w in words]
        assert np.mean(loud) > 0.9, line["id"]


def test_a_party_never_speaks_over_itself(call: Call) -> None:
    for party in call.truth["channels"]:
        assert all(a["end_s"] <= b["start_s"] for a, b in pairwise(call.lines(party)))


def test_overlaps_are_where_both_speak(call: Call) -> None:
    lines = {party: call.lines(party) for party in call.truth["channels"]}
    found = [
        (max(a["start_s"], c["start_s"]), min(a["end_s"], c["end_s"]))
        for a in lines["agent"]
        for c in lines["caller"]
        if max(a["start_s"], c["start_s"]) < min(a["end_s"], c["end_s"])
    ]
    told = [(o["start_s"], o["end_s"]) for o in call.truth["overlaps"]]
    assert np.array(sorted(found)) == pytest.approx(np.array(sorted(told)))


def test_the_story_has_its_events(call: Call) -> None:
    truth = call.truth
    by_agent = [i for i in truth["interruptions"] if i["by"] == "agent"]
    by_caller = [i for i in truth["interruptions"] if i["by"] == "caller"]
    assert any(i["end_s"] - i["start_s"] > 2 for i in by_agent)
    assert any(i["end_s"] - i["start_s"] > 0.8 and i["is_yielded"] for i in by_caller)
    assert {p["party"] for p in truth["phrases"] if p["kind"] == "forbidden"} == {"agent"}
    assert {p["party"] for p in truth["phrases"] if p["kind"] == "escalation"} == {"caller"}
    assert {b["party"] for b in truth["backchannels"]} == {"agent", "caller"}
    for phrase in truth["phrases"]:
        assert 0.2 < phrase["end_s"] - phrase["start_s"] < 3


def test_the_caller_is_calm_for_long_and_then_heated_for_long(call: Call) -> None:
    (heated,) = call.truth["heated"]
    calm_s = sum(
        u["end_s"] - u["start_s"]
        for u in call.lines("caller")
        if u["heat"] == 0 and u["end_s"] < heated["start_s"]
    )
    hot_s = sum(u["end_s"] - u["start_s"] for u in call.lines("caller") if u["heat"] >= 0.8)
    assert calm_s >= 25
    assert hot_s >= 10
    assert call.lines("caller")[-1]["heat"] == 0


def test_heat_is_louder_higher_and_brighter(call: Call) -> None:
    calm, hot = joined(call, is_heated=False), joined(call, is_heated=True)
    assert level_dbfs(hot) - level_dbfs(calm) > 7
    assert 12 * np.log2(f0_hz(hot) / f0_hz(calm)) > 2.5
    assert alpha_db(hot) - alpha_db(calm) > 1.5


def test_heat_is_faster(call: Call) -> None:
    def characters_per_second(lines: list[dict[str, Any]]) -> float:
        words = [w for line in lines for w in line["words"]]
        letters = sum(1 for w in words for c in w["text"] if c.isalnum())
        return letters / float(sum(w["end_s"] - w["start_s"] for w in words))

    long = [u for u in call.lines("caller") if len(u["words"]) > 5]
    hot = characters_per_second([u for u in long if u["heat"] >= 0.8])
    assert hot > 1.1 * characters_per_second([u for u in long if u["heat"] == 0])


def test_the_licence_card_stands_beside_the_maker() -> None:
    card = (resource("models") / "voices" / "CARD.md").read_text("utf-8")
    assert "Apache-2.0" in card
    assert "Kokoro-82M" in card
