"""The built-in detectors: one file per behaviour, each a fold of the call's timeline into judgements.

Their texts (title, because, cue, say) are rules of the playbook with the same ids. A rule's sentences may
use, besides the values listed below, three placeholders that `monitor.core.alerts.AlertDesk` fills in the
sentence's language: `{who}` (坐席/客户, agent/caller: whose behaviour it is), `{other}` (the other party)
and `{evidence}` (the evidence's sentences, joined).

| rule               | rule's `who` | judges         | values                                   | evidence features               |
|--------------------|--------------|----------------|------------------------------------------|---------------------------------|
| hot_temper         | caller       | caller         | score_percent, seconds_s                 | temper_score and the reading's  |
| raised_voice       | agent        | both parties   | level_db, seconds_s                      | level, alpha, f0                |
| fast_pace          | agent        | both parties   | rate_syl_s, percent                      | rate, rate_ratio                |
| slow_pace          | agent        | both parties   | rate_syl_s, percent                      | rate, rate_ratio                |
| dead_air           | None         | None           | seconds_s                                | silence                         |
| talk_share         | agent        | both parties   | percent, window_s                        | talk_share                      |
| interruption       | agent        | both parties   | count, window_s, longest_s               | interruptions, overlap          |
| not_letting_speak  | caller       | caller         | count, window_s, turn_s                  | attempts, turn                  |

`percent` is a whole number: of `fast_pace` and `slow_pace` how much faster or slower than usual (38), of
`talk_share` the share (74). In `not_letting_speak`, `count` may be 0 (a long turn alone) and `turn_s` may
be a short turn (attempts alone): its sentence should lean on `{evidence}`. In `interruption`, `count` may
be 1.

A cue is shown only where the alert is about the party that the rule's `who` names (or either is None): a
caller's fast pace is an alert of severity info and no cue. Judgements that carry a severity of their own
(the caller's pace, the first stage of dead air) override the rule's. `dead_air` comes in two stages: at
8 s an alert of severity info, for the sake of its cue, and at 20 s one with the rule's severity.
"""
