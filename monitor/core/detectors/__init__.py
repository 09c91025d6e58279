"""The built-in detectors: one file per behaviour, each a fold of the call's timeline into judgements.

Their texts (title, because, cue, say) are rules of the playbook with the same ids. A rule's sentences may
use, besides the values listed below, three placeholders that `monitor.core.alerts.AlertDesk` fills in the
sentence's language: `{who}` (坐席/客户, agent/caller: whose behaviour it is), `{other}` (the other party)
and `{evidence}` (the evidence's sentences, joined).

| rule              | who    | judges | values                     | evidence                        |
|-------------------|--------|--------|----------------------------|---------------------------------|
| hot_temper        | caller | caller | since, score_percent,      | temper_score, the reading's own |
|                   |        |        | seconds_s                  |                                 |
| raised_voice      | agent  | both   | level_db, seconds_s        | level, alpha, f0                |
| fast_pace         | agent  | both   | rate_syl_s, percent        | rate, rate_ratio                |
| slow_pace         | agent  | both   | rate_syl_s, percent        | rate, rate_ratio                |
| dead_air          | None   | None   | seconds_s                  | silence                         |
| talk_share        | agent  | agent  | percent, window_s          | talk_share                      |
| interruption      | agent  | both   | count, window_s, longest_s | interruptions, overlap          |
| not_letting_speak | caller | caller | count, window_s, turn_s    | attempts, turn                  |

`since` is the call time at which the temper rose (1:05); `seconds_s` of `hot_temper` is how long that was
before the alert, which is no longer true when the alert is read later.

`percent` is a whole number: of `fast_pace` and `slow_pace` how much faster or slower than usual (38), of
`talk_share` the share (74). In `not_letting_speak`, `count` may be 0 (a long turn alone) and `turn_s` may
be a short turn (attempts alone): its sentence should lean on `{evidence}`. In `interruption`, `count` may
be 1.

Judgements that carry a severity of their own (the caller's pace, the first stage of dead air)
override the rule's. `dead_air` comes in two stages: at 8 s an alert of severity info, for the sake of its
cue, and at 20 s one with the rule's severity, which takes the first one's place and keeps its cue.
"""

from __future__ import annotations

from monitor.core.detectors.base import Detector
from monitor.core.detectors.dead_air import DeadAir
from monitor.core.detectors.hot_temper import HotTemper
from monitor.core.detectors.interruption import InterruptionPolicy
from monitor.core.detectors.not_letting_speak import NotLettingSpeak
from monitor.core.detectors.pace import Pace
from monitor.core.detectors.raised_voice import RaisedVoice
from monitor.core.detectors.talk_share import TalkShare
from monitor.core.settings import DetectorSettings

__all__ = ["READS", "Detector", "build_detectors", "touched"]

READS: dict[str, tuple[str, ...]] = {
    "hot_temper": ("hot_after_s", "hot_clear_s", "hot_quiet_s", "hot_again_s"),
    "raised_voice": (
        "min_confidence",
        "raised_level_db",
        "raised_alpha_db",
        "raised_f0_st",
        "raised_speech_s",
        "raised_clear_s",
        "raised_clear_db",
    ),
    "fast_pace": (
        "min_confidence",
        "pace_ratio",
        "fast_syl_s",
        "pace_speech_s",
        "pace_clear_share",
        "pace_quiet_s",
    ),
    "slow_pace": (
        "min_confidence",
        "slow_ratio",
        "slow_syl_s",
        "pace_speech_s",
        "pace_clear_share",
        "pace_quiet_s",
    ),
    "dead_air": ("dead_air_cue_s", "dead_air_alert_s", "dead_air_hold_s"),
    "talk_share": ("talk_share", "talk_share_clear", "talk_window_s", "talk_speech_s"),
    "interruption": ("interruptions", "interruption_window_s", "long_overlap_s", "interruption_clear_s"),
    "not_letting_speak": ("yields", "yield_window_s", "long_turn_s", "let_speak_s"),
}
"""The thresholds that each detector looks at: where none of them changed, what it found stands."""


def build_detectors(settings: DetectorSettings) -> list[Detector]:
    """Every built-in detector, new, for one call."""
    return [
        HotTemper(settings),
        RaisedVoice(settings),
        Pace("fast", settings),
        Pace("slow", settings),
        DeadAir(settings),
        TalkShare(settings),
        InterruptionPolicy(settings),
        NotLettingSpeak(settings),
    ]


def touched(one: DetectorSettings, other: DetectorSettings) -> frozenset[str]:
    """The detectors that look at a threshold in which the two differ."""
    return frozenset(
        rule
        for rule, names in READS.items()
        if any(getattr(one, name) != getattr(other, name) for name in names)
    )
