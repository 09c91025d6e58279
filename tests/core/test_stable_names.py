"""Names that programs outside rely on: the rules of alerts, and the fields of events."""

from __future__ import annotations

import msgspec
import pytest

from monitor.core import events
from monitor.playbook_files import load_playbook

RULES = (
    "hot_temper",
    "raised_voice",
    "fast_pace",
    "slow_pace",
    "dead_air",
    "talk_share",
    "interruption",
    "not_letting_speak",
)


@pytest.mark.parametrize("rule", RULES)
def test_the_rules_of_alerts_keep_their_names(rule: str) -> None:
    assert rule in load_playbook()


@pytest.mark.parametrize(
    ("event", "tag", "names"),
    [
        (events.InterruptionHeard, "interruption", {"by", "start_s", "end_s", "yielded"}),
        (events.Temper, "temper", {"score", "evidence"}),
        (events.Prosody, "prosody", {"party", "t_s", "f0_hz", "level_dbfs", "rate_syl_s"}),
    ],
)
def test_events_keep_their_names_and_fields(event: type[events.Event], tag: str, names: set[str]) -> None:
    assert event.__struct_config__.tag == tag
    assert names <= {field.encode_name for field in msgspec.structs.fields(event)}
