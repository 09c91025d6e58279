"""Alerts on whole calls: composed ones with known truth from real voices, and real calm ones.

Calls are composed from the corpora's voices (`bench/composer`), heard by the real session offline and by
their sound alone, and judged against what was composed. The acted moods are of actors on whose calls here no
threshold was tuned (`--voices held-out`, the default; `bench/composer/voices.py` lists the others); but how
the temper's witnesses are weighed was chosen on other calls of all of them (`bench/temper.py`). The trained
ear that judges a call was trained without its callers and knows their language, as a deployment does
(`--unknown-language`: not). Beside each figure stands that of a plain reference in
the same run: for interruptions "both channels loud for 0.8 s", for heat the published rules, and "6 dB louder
than usual for 3 s". Shares have Wilson's 95 % intervals, rates exact Poisson ones.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import soundfile

from bench.alert_scores import (
    JUDGES,
    CutScore,
    Outcome,
    Raised,
    alerts,
    cool_s,
    cuts,
    false_alerts,
    false_hot,
    outcome,
    rate,
    score_cuts,
    score_heat,
    share,
    told_as,
)
from bench.common import spread
from bench.composer import lines
from bench.composer.calls import recipes
from bench.composer.stage import Composed
from bench.composer.voices import MOODS, TUNING, voices
from bench.hearing import Listener, Losses, Sound
from bench.temper_ears import EAR_CACHE, LeftOutEars, ear_cache, learned, trainer
from monitor.config import load_settings
from monitor.core.audio import Party
from monitor.engines.temper_training import VoiceSamples

_GAINS_DB = (-12.0, 12.0)
_GAIN_CALLS = (
    *("turns hot 0", "turns hot 1", "turns hot 2", "calm 0", "happy 0", "overlaps 0"),
    *(f"babble behind the caller {index}" for index in range(4)),
)
_REAL_GAINS_DB = (-12.0, -6.0, 0.0, 6.0, 12.0)
_SAME_WITHIN_S = 1.0
"""A knob may shift an alert by this much and it is still the same alert."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is to do."""

    data: Path
    which: str
    seed: int
    scale: int
    cache: Path | None
    settings: Path | None
    samples: VoiceSamples | None
    """What the shipped ear learned; None where rules judge."""
    knows_language: bool


@dataclass(slots=True)
class _Hearing:
    """A worker's listeners: as set and by published rules, with the ears that know no caller."""

    listener: Listener
    by_rules: Listener
    ears: LeftOutEars | None
    knows_language: bool

    @staticmethod
    def of(job: Job) -> _Hearing:
        settings = load_settings(job.settings)
        listener = Listener(settings, job.cache)
        return _Hearing(
            listener,
            listener.by(load_settings(job.settings, {"temper": {"model": "rules"}})),
            LeftOutEars(job.samples) if job.samples is not None else None,
            job.knows_language,
        )

    def outcome(self, call: Composed, sound: Sound, losses: Losses | None = None) -> Outcome:
        """What is told of a call that sounds like this."""
        voice = self.ears.of(*call.callers) if self.ears is not None else None
        language = call.language if self.knows_language else ""
        told = self.listener.hear(sound, losses, voice=voice, language=language)
        return outcome(call, told, self.by_rules.hear(sound, losses))


def hear_calls(job: Job, names: Sequence[str]) -> list[tuple[Outcome, dict[float, Outcome]]]:
    """Composes and hears the calls of these names; some at other gains too."""
    hearing = _Hearing.of(job)
    wanted = set(names)
    found = []
    for recipe in recipes(voices(job.data), job.which, job.seed, job.scale):
        if recipe.name not in wanted:
            continue
        call = recipe.compose()
        judged = hearing.outcome(call, call.sound, call.losses)
        turned = {}
        if recipe.name in _GAIN_CALLS:
            for by_db in _GAINS_DB:
                sound = {party: lines.gain(pcm, by_db) for party, pcm in call.sound.items()}
                turned[by_db] = hearing.outcome(call, sound)
        found.append((judged, turned))
    return found


def hear_real(job: Job, by_db: float) -> list[tuple[str, float, str]]:
    """Real calm calls at a gain, as they are and with their channels swapped.

    Returns:
        (call, gain in dB, its alerts and interruptions) of each; beyond the 16 bits' range they clip.
    """
    listener = Listener(load_settings(job.settings), job.cache)
    told = []
    for path in sorted((job.data / "calls").glob("*.flac")):
        pcm, _ = soundfile.read(path, dtype="float32", always_2d=True)
        ways = product((("as it is", (0, 1)), ("swapped", (1, 0))), ("en", ""))
        for (way, order), language in ways:
            sound = {
                party: lines.gain(np.ascontiguousarray(pcm[:, channel]), by_db)
                for party, channel in zip((Party.AGENT, Party.CALLER), order, strict=True)
            }
            events = listener.hear(sound, language=language)
            by_rule = Counter(f"{alert.rule} ({alert.party or 'both'})" for alert in alerts(events))
            listed = ", ".join(f"{rule} {count}" for rule, count in sorted(by_rule.items())) or "none"
            call = f"{path.stem}, {way}, {language or 'language unknown'}"
            told.append((call, by_db, f"alerts: {listed}; interruptions: {len(cuts(events))}"))
    return told


def print_real(told: Iterable[tuple[str, float, str]]) -> None:
    """Each real call's alerts, gain by gain: all of a call's lines should be alike."""
    print("\nreal calm calls")
    by_call: dict[str, list[str]] = {}
    for call, by_db, listed in sorted(told):
        by_call.setdefault(call, []).append(f"    {by_db:+.0f} dB: {listed}")
    for call, rows in by_call.items():
        print(f"  {call}:")
        print("\n".join(rows))


def print_heat(calls: list[Outcome]) -> None:
    """Hot temper: found, when, and where there was none."""
    print("\nhot temper")
    for title, scenario in (("turns hot", "hot"), ("hot from the first word", "hot at once")):
        chosen = [call for call in calls if call.scenario == scenario]
        for who in JUDGES:
            score = score_heat(chosen, who)
            soon = sum(delay_s <= 6.0 for delay_s in score.speech_s)
            print(f"  {title}, {who}: found {share(len(score.delays_s), score.stretches)}")
            print(f"    within 6 s of hot speech {share(soon, score.stretches)}")
            print(
                f"    delay in call time: {spread(score.delays_s, 's')}; "
                f"in hot speech: {spread(score.speech_s, 's')}"
            )
            if who != "6 dB louder":
                print(
                    f"    cleared after the last hot word: {spread(score.cleared_s, 's')}; "
                    f"in the caller's speech since: {spread(score.calm_s, 's')}"
                )
                print(f"    missed: {', '.join(score.missed) or 'none'}")
    groups = {
        "calm (calm, overlaps, lines, bad input, before heat)": (
            *("calm", "overlaps", "line", "bad input", "talk share", "hot", "hot at once"),
        ),
        **{mood: (mood,) for mood in MOODS[1:]},
    }
    for title, scenarios in groups.items():
        chosen = [call for call in calls if call.scenario in scenarios]
        time_s = sum(cool_s(call) for call in chosen)
        print(f"  false, {title}:")
        for who in JUDGES:
            names = [f"{c.name} ({c.caller})" for c in chosen if false_hot(c, who)]
            told = rate(sum(false_hot(c, who) for c in chosen), time_s)
            listed = f": {', '.join(names)}" if names and who != "6 dB louder" else ""
            print(f"    {who}: {told}, in {len(names)} of {len(chosen)} calls{listed}")


def print_cuts(calls: list[Outcome], *, with_notes: bool) -> None:
    """Interruptions by kind and direction, and what else was flagged."""
    print("\ninterruptions")
    for who, is_plain in (("product", False), ("both loud for 0.8 s", True)):
        score = score_cuts(calls, is_plain=is_plain)
        print(
            f"  {who}: recall {share(score.right, score.all['all'])}, "
            f"precision {share(score.right, score.told)}"
        )
        kinds = sorted(kind for kind in score.all if kind in _CUT_KINDS or kind.startswith("by "))
        for kind in kinds:
            print(f"    {kind}: {share(score.found[kind], score.all[kind])}")
        others = [kind for kind in score.all if kind not in kinds and kind != "all"]
        for kind in sorted(others):
            print(f"    flagged {kind}: {share(score.flagged[kind], score.all[kind])}")
        wrong = ", ".join(f"{what} {count}" for what, count in score.wrong.items() if count) or "none"
        print(
            f"    told wrongly: {wrong}; yielded or not is right in {share(score.yielded_right, score.right)}"
        )
        if with_notes and not is_plain:
            print("\n".join(f"      {note}" for note in score.notes))
    print(
        "  what each kind of overlap was told as (laid, and with no overlap heard, where they only touched):"
    )
    laid = told_as(calls)
    for kind, counts in sorted(laid.items()):
        print(f"    {kind}: {', '.join(f'{told} {count}' for told, count in counts.most_common())}")
    completions = [counts for kind, counts in laid.items() if kind.startswith("completion")]
    right = sum(counts["completion"] for counts in completions)
    told = sum(counts["completion"] for counts in laid.values())
    of = sum(counts.total() for counts in completions)
    print(f"  completions told as such: {share(right, of)}; of those told, true: {share(right, told)}")
    leaky = [call for call in calls if call.has_leak]
    print(f"  with echo at -20 to -24 dB: {_cut_line(score_cuts(leaky))}")
    plain = [call for call in calls if not call.meetings]
    false = sum(len(call.cuts) for call in plain)
    print(f"  in calls without any overlap: {rate(false, sum(call.length_s for call in plain))}")


_CUT_KINDS = ("yielded", "yielded, back", "fought off", "fought off, breath")


def _cut_line(score: CutScore) -> str:
    return (
        f"recall {share(score.right, score.all['all'])}, precision {share(score.right, score.told)}, "
        f"elsewhere {score.wrong['elsewhere']}"
    )


def print_behaviour(calls: list[Outcome]) -> None:
    """False alerts by rule, and whether what was composed was noticed."""
    print("\nbehaviour, alerts that the truth denies")
    time_s = sum(call.length_s for call in calls)
    found = [(call, alert) for call in calls for alert in false_alerts(call)]
    by_rule: dict[str, list[tuple[Outcome, Raised]]] = {}
    for call, alert in found:
        by_rule.setdefault(alert.rule, []).append((call, alert))
    for rule in (
        "interruption",
        "not_letting_speak",
        "raised_voice",
        "fast_pace",
        "slow_pace",
        "dead_air",
        "talk_share",
    ):
        listed = by_rule.get(rule, [])
        where = ", ".join(f"{call.name} {alert.party} {alert.raised_s:.0f} s" for call, alert in listed)
        print(f"  {rule}: {rate(len(listed), time_s)}{': ' + where if where else ''}")
    silences = [(call, at) for call in calls for at in call.silences if at[0] > 1.0]
    noticed = sum(
        any(a.rule == "dead_air" and at[0] <= a.raised_s <= at[1] + 1.0 for a in call.alerts)
        for call, at in silences
    )
    print(f"  silences of 8 s and more noticed: {share(noticed, len(silences))} (a hold's music is none)")
    shares = [call for call in calls if call.scenario == "talk share"]
    told = sum(any(a.rule == "talk_share" and a.party == "agent" for a in call.alerts) for call in shares)
    print(f"  an agent who does most of the talking noticed: {share(told, len(shares))}")
    broken = [call.name for call in calls if not call.is_sound]
    print(f"  events with a number that is none: {', '.join(broken) or 'none'}")


def print_bad_input(calls: list[Outcome]) -> None:
    """What each spoilt call raised, true or not."""
    print("\nspoilt lines and bad input, every alert and interruption")
    for call in calls:
        if call.scenario not in ("line", "bad input"):
            continue
        listed = [f"{a.rule} ({a.party or 'both'}) {a.raised_s:.0f} s" for a in call.alerts]
        listed += [f"interruption told {cut.start_s:.0f} s" for cut in call.cuts]
        print(f"  {call.name}: {', '.join(listed) or 'none'}")


def print_gain(pairs: Iterable[tuple[Outcome, dict[float, Outcome]]]) -> None:
    """Whether the same call louder or softer raises the same alerts."""
    print("\nthe same calls at -12 and +12 dB: differences")
    for judged, turned in pairs:
        for by_db, other in turned.items():
            lost, new = _differences(judged, other)
            listed = [f"lost {what}" for what in lost] + [f"new {what}" for what in new]
            print(f"  {judged.name} {by_db:+.0f} dB: {', '.join(listed) or 'none'}")


def _differences(one: Outcome, two: Outcome) -> tuple[list[str], list[str]]:
    left, right = ([*_events(call)] for call in (one, two))
    for item in list(left):
        same = [o for o in right if o[0] == item[0] and abs(o[1] - item[1]) <= _SAME_WITHIN_S]
        if same:
            left.remove(item)
            right.remove(same[0])
    return [f"{what} {at:.1f} s" for what, at in left], [f"{what} {at:.1f} s" for what, at in right]


def _events(call: Outcome) -> Iterable[tuple[str, float]]:
    yield from ((f"{alert.rule} ({alert.party})", alert.raised_s) for alert in call.alerts)
    yield from ((f"interruption by {cut.by}", cut.start_s) for cut in call.cuts)


def main() -> int:
    """Composes, hears, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("TINGYIN_DATA"))
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--voices", choices=("held-out", "tuning", "all"), default="held-out")
    parser.add_argument("--full", action="store_true", help="four times as many calls of each kind")
    parser.add_argument(
        "--only", default="", help="names or scenarios of calls, by commas; real: the real ones"
    )
    parser.add_argument("--cache", type=Path, help="folder that keeps what the models said between runs")
    parser.add_argument(
        "--ear-cache", type=Path, default=EAR_CACHE, help="folder that keeps what the ear learns from"
    )
    parser.add_argument("--settings", type=Path, help="a settings file to hear by")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--unknown-language", action="store_true", help="do not tell the ear what the caller speaks"
    )
    parser.add_argument("--notes", action="store_true", help="say which interruptions were missed")
    given = parser.parse_args()
    if given.data is None or not (Path(given.data) / "emotion").is_dir():
        print("skipped: no recordings; give their folder by --data or TINGYIN_DATA")
        return 0
    is_trained = load_settings(given.settings).temper.model == "trained"
    job = Job(
        data=Path(given.data),
        which=given.voices,
        seed=given.seed,
        scale=4 if given.full else 1,
        cache=given.cache,
        settings=given.settings,
        samples=learned(trainer(), Path(given.data), ear_cache(given.ear_cache)) if is_trained else None,
        knows_language=not given.unknown_language,
    )
    only = {name.strip() for name in given.only.split(",") if name.strip()}
    composed = list(recipes(voices(job.data), job.which, job.seed, job.scale))
    unknown = only - {"real"} - {name for recipe in composed for name in (recipe.name, recipe.scenario)}
    if unknown:
        parser.error(f"no call or scenario is called {', '.join(sorted(unknown))}")
    names = [recipe.name for recipe in composed if not only or recipe.name in only or recipe.scenario in only]
    with ProcessPoolExecutor(given.jobs) as pool:
        # Every so-manyth call to each batch: batches of alike length, more of them than workers.
        count = 4 * given.jobs
        batches = [pool.submit(hear_calls, job, names[at::count]) for at in range(count)]
        real = [
            pool.submit(hear_real, job, by_db) for by_db in _REAL_GAINS_DB if not only or only == {"real"}
        ]
        pairs = [pair for batch in batches for pair in batch.result()]
        told = [line for batch in real for line in batch.result()]
    pairs.sort(key=lambda pair: names.index(pair[0].name))
    calls = [judged for judged, _ in pairs]
    if calls:
        minutes = sum(call.length_s for call in calls) / 60
        print(f"{len(calls)} composed calls, {minutes:.0f} min, seed {given.seed}, {given.voices} voices")
        print(f"actors kept for tuning: {', '.join(TUNING)}")
        print_heat(calls)
        print_cuts(calls, with_notes=given.notes)
        print_behaviour(calls)
        print_bad_input(calls)
        print_gain(pairs)
    if told:
        print_real(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
