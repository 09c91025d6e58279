"""The table of what each detector looks at is true."""

from __future__ import annotations

import inspect
import re

from monitor.core.detectors import READS, build_detectors, touched
from monitor.core.settings import DetectorSettings


def test_the_table_names_what_the_detectors_read() -> None:
    """By their source: a threshold that the table forgets would be tried in vain."""
    for detector in build_detectors(DetectorSettings()):
        source = inspect.getsource(inspect.getmodule(type(detector)))  # type: ignore[arg-type]
        read = set(re.findall(r"settings\.(\w+)", source)) & set(DetectorSettings.model_fields)
        named = set(READS[detector.rule])
        assert named <= read
        others = {name for rule, names in READS.items() if rule.endswith("_pace") for name in names}
        assert read - named <= (others if detector.rule.endswith("_pace") else set())


def test_every_threshold_is_somebody_s_and_the_order_is_that_of_the_detectors() -> None:
    assert {name for names in READS.values() for name in names} == set(DetectorSettings.model_fields)
    assert list(READS) == [one.rule for one in build_detectors(DetectorSettings())]


def test_what_changed_touches_its_detectors() -> None:
    usual = DetectorSettings()
    assert touched(usual, usual) == frozenset()
    assert touched(usual, usual.model_copy(update={"pace_speech_s": 9.0})) == {"fast_pace", "slow_pace"}
