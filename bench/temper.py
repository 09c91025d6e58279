"""Anger by the live path, beside published rules and eGeMAPS: windows, utterances, and whole calls.

Every figure of a speaker comes from an ear that was trained without that speaker, over the lines that the
shipped ear was trained over; speakers that the shipped weights did not learn are judged by these as they are.
"first" is before anything of the caller's usual voice is known, "based" after ten windows (3 s) or utterances
of it. The ear knows the language, as a call's settings do; "any lang." is the same ear without it. Intervals
are 95 %, by bootstrap over utterances, and over runs of three windows.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt

from bench import temper_egemaps
from bench.alert_scores import share
from bench.temper_calls import CORPORA, Call, calm_calls, composed, play, taped
from bench.temper_ears import EAR_CACHE, LeftOutEars, ear_cache, learned, trainer
from bench.temper_rules import rule_heats
from monitor.core.settings import CoreSettings
from monitor.core.temper import VoiceWeights
from monitor.engines.temper_training import USUAL, VoiceSamples, deviations
from monitor.engines.temper_worth import area, calibration_error, reliability

_LINES = ("clean", "G.711", "G.711, gain, noise")
_KNOWN = {"first": 0, "based": 10}
_RUN = 3
_AGAINST = (("neutral", USUAL), ("all", ()), ("joy", ("happy",)), ("surprise", ("surprise",)))

_Array = npt.NDArray[np.float64]
Ears = Callable[[str], VoiceWeights]


def ear_scores(samples: VoiceSamples, ears: Ears, known: int, *, knows_language: bool = True) -> _Array:
    """Each window's and clip's probability of anger; NaN where it was used for the usual voice."""
    scores = np.full(len(samples.label), np.nan)
    for speaker in np.unique(samples.speaker):
        mine = samples.speaker == speaker
        voice = ears(str(speaker))
        part = samples.where(mine)
        if knows_language:
            voice = voice.of_language(str(part.language[0]))
        off, is_free = deviations(part, voice.population, known, np.random.default_rng(0))
        scores[mine] = np.where(is_free, voice.anger(off), np.nan)
    return scores


def table_row(title: str, samples: VoiceSamples, scores: _Array) -> None:
    """Areas of anger against each of the others."""
    kept = ~np.isnan(scores)
    label, found = samples.label[kept], scores[kept]
    groups = groups_of(samples)[kept]
    anger = label == "anger"
    told = []
    for _, others in _AGAINST:
        chosen = anger | (np.isin(label, others) if others else True)
        is_there = bool((chosen & ~anger).any() and anger.any())
        told.append(str(area(anger[chosen], found[chosen], groups[chosen])) if is_there else "-")
    print(f"{title:48}" + "".join(f"{text:>20}" for text in told), flush=True)


def groups_of(samples: VoiceSamples) -> npt.NDArray[np.str_]:
    """What the bootstrap draws: utterances, or runs of three windows of a speaker and label."""
    runs = np.arange(len(samples.label)) // _RUN
    names = [
        clip or f"{speaker}/{label}/{run}"
        for clip, speaker, label, run in zip(
            samples.clip.tolist(),
            samples.speaker.tolist(),
            samples.label.tolist(),
            runs.tolist(),
            strict=True,
        )
    ]
    return np.array(names)


def report_line(line: str, samples: VoiceSamples, heats: dict[str, _Array], ears: Ears) -> None:
    """Windows and utterances of each corpus, ours and by rules."""
    is_clip = samples.clip != ""
    for corpus in CORPORA:
        for state, known in _KNOWN.items():
            for kind, chosen in (("windows", ~is_clip), ("utterances", is_clip)):
                part = (samples.corpus == corpus) & (chosen | samples.is_usual)
                judged = samples.where(part)
                scores = ear_scores(judged, ears, known)
                scores[(judged.clip != "") != (kind == "utterances")] = np.nan
                table_row(f"{line:20}{corpus:8}{state:6}{kind:11}ours", judged, scores)
                anybody = ear_scores(judged, ears, known, knows_language=False)
                anybody[np.isnan(scores)] = np.nan
                table_row(f"{line:20}{corpus:8}{state:6}{kind:11}any lang.", judged, anybody)
                if state == "based":
                    rules = np.where(np.isnan(scores), np.nan, heats[line][part])
                    table_row(f"{line:20}{corpus:8}{state:6}{kind:11}rules", judged, rules)


def report_egemaps(line: str, samples: VoiceSamples, rows: dict[str, _Array]) -> None:
    """The reference on the same utterances: as they are, and against ten utterances of own usual voice."""
    for corpus in CORPORA:
        part = samples.where((samples.corpus == corpus) & (samples.clip != ""))
        if not len(part.label):
            continue
        features = np.array([rows[str(clip)] for clip in part.clip])
        for state, known in _KNOWN.items():
            every = np.ones(len(part.label), dtype=np.bool_)
            scores = temper_egemaps.scores(features, part.speaker, part.label, every, known)
            table_row(f"{line:20}{corpus:8}{state:6}utterances eGeMAPS", part, scores)


def report_calibration(samples: VoiceSamples, ears: Ears) -> None:
    """Whether the told probability is true of speakers left out, each corpus weighing the same."""
    windows = samples.where((samples.clip == "") & np.isin(samples.corpus, CORPORA))
    scores = ear_scores(windows, ears, _KNOWN["based"])
    kept = ~np.isnan(scores)
    part, told = windows.where(kept), scores[kept]
    anger, usual = part.label == "anger", np.isin(part.label, USUAL)
    weights = np.zeros(len(told))
    for corpus in CORPORA:
        mine = part.corpus == corpus
        for chosen, part_of_all in (
            (mine & anger, 0.25),
            (mine & usual, 0.5),
            (mine & ~anger & ~usual, 0.25),
        ):
            weights[chosen] = part_of_all / max(1, int(chosen.sum()))
    brier = float(np.average(np.square(told - anger), weights=weights))
    error = calibration_error(anger, told, weights)
    print(f"\ncalibration at 1/4 anger, 1/2 calm, 1/4 other: Brier {brier:.3f}, expected error {error:.3f}")
    for row in reliability(anger, told, weights):
        print(f"  told {row.low:.1f}-{row.high:.1f}: {row.told:.2f}, true {row.true:.2f} (n={row.count})")


def report_calls(name: str, calls: list[Call], settings: CoreSettings, ears: Ears | None) -> None:
    """Found, delays and false alarms of one scorer: composed calls by corpus, then the calm ones."""
    judged = [
        (call, play(call.tape, settings, ears(call.speaker) if ears else None, call.language))
        for call in calls
    ]
    for corpus in (*CORPORA, "all"):
        mine = [
            (call, told) for call, told in judged if call.corpus == corpus or (corpus == "all" and call.label)
        ]
        angry = [(call, told) for call, told in mine if call.label == "anger"]
        delays = [
            next((at - call.start_s for at, _ in told.alerts_s if at >= call.start_s), None)
            for call, told in angry
        ]
        found = [
            delay
            for delay, (call, _) in zip(delays, angry, strict=True)
            if delay is not None and delay < call.end_s - call.start_s + 2.0
        ]
        over = [(told.alerts_s[-1][1], call.end_s) for call, told in angry if told.alerts_s]
        cleared = [at - end_s for at, end_s in over if at is not None]
        wrong = {
            label: sum(bool(told.alerts_s) for call, told in mine if call.label == label)
            for label in ("happy", "sad")
        }
        count = {label: sum(call.label == label for call, _ in mine) for label in ("happy", "sad")}
        early = sum(any(at < call.start_s for at, _ in told.alerts_s) for call, told in mine)
        alerts = sum(len(told.alerts_s) for _, told in angry)
        print(
            f"{name:8} {corpus:8} anger found {share(len(found), len(angry))}, "
            f"median delay {_median(found)}; cleared {len(cleared)}, "
            f"median {_median(cleared)} after its end; {alerts} alerts. In error: "
            f"joy {share(wrong['happy'], count['happy'])}, sadness {share(wrong['sad'], count['sad'])}, "
            f"still neutral {early}/{len(mine)}",
            flush=True,
        )
    for corpus in ("read_zh", "read_en", "real"):
        mine = [(call, told) for call, told in judged if call.corpus == corpus]
        hot, readings = sum(told.hot for _, told in mine), sum(len(told.readings) for _, told in mine)
        highest = max((reading.score for _, told in mine for reading in told.readings), default=0.0)
        alerts = sum(len(told.alerts_s) for _, told in mine)
        print(
            f"{name:8} {corpus:8} calm calls {len(mine)}: alerts {alerts}, hot {hot} of {readings} readings, "
            f"highest score {highest:.2f}"
        )


def _median(values: list[float]) -> str:
    return f"{np.median(values):.1f} s" if values else "-"


def report_areas(script: ModuleType, data: Path, kept: Path, ears: LeftOutEars) -> None:
    """Windows and utterances of every corpus and line, by our ear, by rules and by eGeMAPS."""
    by_line = {line: script.samples(data, line, kept) for line in _LINES}
    print(f"{'areas under the curve, anger against':48}" + "".join(f"{name:>20}" for name, _ in _AGAINST))
    heats = {line: rule_heats(script, data, line, kept, _KNOWN["based"]) for line in _LINES}
    for line in _LINES:
        report_line(line, by_line[line], heats, ears.of)
    report_calibration(by_line["G.711, gain, noise"], ears.of)
    casia = by_line["G.711"].where(by_line["G.711"].corpus == "casia")
    for state, count in _KNOWN.items():
        for kind in ("windows", "utterances"):
            scores = ear_scores(casia, lambda speaker: ears.without_corpus("casia"), count)
            scores[(casia.clip != "") != (kind == "utterances")] = np.nan
            table_row(f"{'without Mandarin':20}casia   {state:6}{kind:11}ours", casia, scores)
    if not temper_egemaps.is_there():
        print("eGeMAPS: opensmile is not installed, so the reference is absent")
        return
    for line in _LINES:
        report_egemaps(line, by_line[line], temper_egemaps.functionals(script, data, line, kept))


def report_whole_calls(data: Path, kept: Path, ears: LeftOutEars) -> None:
    """What each scorer makes of composed and of calm calls."""
    print(
        "\nwhole calls over G.711: 25 s calm, then 15 s of anger, joy or sadness; and calls calm throughout"
    )
    calls = taped(composed(data), kept / "tapes") + taped(calm_calls(data), kept / "tapes")
    for name in ("rules", "trained"):
        settings = CoreSettings.model_validate({"temper": {"model": name}})
        report_calls(name, calls, settings, ears.of if name == "trained" else None)


def main() -> int:
    """Prints all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("TINGYIN_DATA"))
    parser.add_argument("--cache", type=Path, default=EAR_CACHE)
    parser.add_argument("--part", choices=("all", "areas", "calls"), default="all")
    given = parser.parse_args()
    if given.data is None or not (Path(given.data) / "emotion").is_dir():
        print("skipped: no recordings; give their folder by --data or TINGYIN_DATA")
        return 0
    data, kept = Path(given.data), ear_cache(given.cache)
    script = trainer()
    ears = LeftOutEars(learned(script, data, kept))
    print(f"{len(ears.speakers)} speakers; those whom the shipped weights learned are judged by others")
    if given.part != "calls":
        report_areas(script, data, kept, ears)
    if given.part != "areas":
        report_whole_calls(data, kept, ears)
    return 0


if __name__ == "__main__":
    sys.exit(main())
