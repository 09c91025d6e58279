"""A made-up call, as events: 100 s, an interruption, an alert that clears and one that does not."""

from __future__ import annotations

import math
from typing import Any, Literal

import pytest

from monitor.core import events
from monitor.core.events import AnyEvent, PartyName, Text

SPEECH: list[tuple[PartyName, float, float, str]] = [
    ("agent", 1.0, 4.0, "您好，请问有什么可以帮您？"),
    ("caller", 4.5, 22.0, "我的包裹一直没有到。"),
    ("agent", 18.0, 26.0, "这是规定。"),
    ("caller", 27.0, 60.0, "叫你们领导来！"),
    ("agent", 64.0, 80.0, "对不起，我马上为您查。"),
    ("caller", 81.0, 95.0, "好的，谢谢。"),
]


def words_of(
    party: PartyName, start_s: float, end_s: float, text: str, utterance: int
) -> events.WordsCommitted:
    """One committed utterance of a single word."""
    item = events.WordItem(start_s=start_s, end_s=end_s, text=text, probability=0.9)
    return events.WordsCommitted(
        t_s=end_s + 0.5,
        party=party,
        utterance=utterance,
        start_s=start_s,
        end_s=end_s,
        text=text,
        language="zh",
        words=[item],
    )


def alert_of(id_: str, rule: str, severity: events.SeverityName, at_s: float, **more: Any) -> events.Alert:
    """An alert about the caller over the 3 s before it was raised."""
    given: dict[str, Any] = {
        "title": Text(zh=f"{rule} 告警", en=f"Alert {rule}"),
        "party": "caller",
        "about": events.Stretch(start_s=at_s - 3, end_s=at_s),
        "because": Text(zh="客户说话又快又响", en="The caller speaks fast and loud"),
        "evidence": [
            events.EvidenceItem(
                feature="level",
                value=8.2,
                unit="dB",
                contribution=0.4,
                label=Text(zh="比平时响 8.2 分贝", en="8.2 dB louder than usual"),
            )
        ],
    }
    return events.Alert(t_s=at_s, id=id_, rule=rule, severity=severity, raised_at_s=at_s, **(given | more))


def _prosody(party: PartyName, start_s: float, end_s: float) -> list[AnyEvent]:
    frames: list[AnyEvent] = []
    for index in range(int((end_s - start_s) * 10)):
        at_s = round(start_s + 0.1 * (index + 1), 1)
        is_hot = party == "caller" and 27 <= at_s <= 60
        wave = math.sin(index / 4)
        frames.append(
            events.Prosody(
                t_s=at_s,
                party=party,
                at_s=at_s,
                f0_hz=None if index % 7 == 0 else 120 + 20 * wave,
                f0_st=None if index % 7 == 0 else 2 * wave + (4 if is_hot else 0),
                level_dbfs=-28 + 3 * wave,
                level_db=3 * wave + (8 if is_hot else 0),
                rate_syl_s=4.4 + 0.5 * wave + (1.2 if is_hot else 0),
                rate_ratio=1.0,
                alpha_db=-10.0,
                voicing=0.9,
                confidence=0.8,
            )
        )
    return frames


@pytest.fixture
def told() -> list[AnyEvent]:
    """The call's events in order of their time, numbered."""
    call: list[AnyEvent] = [
        events.CallStarted(
            t_s=0.0,
            started_at="2026-01-05T09:30:00Z",
            source="file",
            title="parcel.flac",
            agent="A17",
            duration_s=100.0,
            has_words=True,
        )
    ]
    for number, (party, start_s, end_s, text) in enumerate(SPEECH):
        call += _prosody(party, start_s, end_s)
        call.append(events.Speaking(t_s=end_s, party=party, is_speaking=False, start_s=start_s, end_s=end_s))
        call.append(words_of(party, start_s, end_s, text, number))
        call.append(
            events.TurnEnded(
                t_s=end_s + 0.6,
                party=party,
                start_s=start_s,
                end_s=end_s,
                text=text,
                rate_syl_s=4.0 + number / 10,
                f0_median_st=0.0,
                level_db=0.0,
            )
        )
    for half in range(8, 190):
        at_s = half / 2
        score = 0.15 + 0.7 / (1 + math.exp(-(at_s - 35) / 4)) - 0.6 / (1 + math.exp(-(at_s - 70) / 3))
        state: Literal["calm", "raised", "hot"] = (
            "hot" if score > 0.65 else "raised" if score > 0.4 else "calm"
        )
        call.append(events.Temper(t_s=at_s, party="caller", score=round(score, 3), state=state, evidence=[]))
    call += [
        events.OverlapHeard(t_s=22.0, start_s=18.0, end_s=22.0, holder="caller", kind="competitive"),
        events.InterruptionHeard(t_s=19.0, by="agent", of="caller", start_s=18.0, end_s=22.0, yielded=True),
        events.BackchannelHeard(t_s=9.0, party="agent", holder="caller", start_s=8.2, end_s=8.6),
        events.GapHeard(t_s=64.0, before="caller", after="agent", start_s=60.0, end_s=64.0),
        alert_of("1", "hot_temper", "critical", 40.0),
        events.AlertCleared(t_s=75.0, id="1", rule="hot_temper", cleared_at_s=75.0, reason="calmer"),
        alert_of("2", "leader", "high", 58.0, evidence=[]),
        events.Cue(
            t_s=41.0,
            id="c1",
            rule="hot_temper",
            severity="critical",
            text=Text(zh="先安抚，让客户说完", en="Comfort first, let the caller finish"),
            say=Text(zh="您的心情我理解。", en="I understand how you feel."),
            raised_at_s=41.0,
            clears_when=Text(zh="客户平静", en="the caller is calm"),
        ),
        events.CueCleared(t_s=75.0, id="c1", rule="hot_temper", cleared_at_s=75.0, reason="done"),
        events.Notice(
            t_s=2.0,
            code="sound.clipping",
            level="warning",
            text=Text(zh="声音过载", en="The sound clips"),
            party="caller",
        ),
        events.AudioLost(t_s=97.0, party="agent", start_s=96.0, end_s=96.5),
        events.EngineLagging(t_s=50.0, is_lagging=True, delay_s=4.0),
        events.CallEnded(
            t_s=100.0,
            reason="completed",
            duration_s=100.0,
            talk_s={"agent": 27.0, "caller": 63.0},
            overlap_s=4.0,
            alerts={"critical": 1, "high": 1},
            interruptions={"agent": 1, "caller": 0},
        ),
    ]
    return sorted(call, key=lambda event: event.t_s)
