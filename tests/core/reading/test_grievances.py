"""When what a caller says makes the call a complaint."""

from __future__ import annotations

from monitor.core.clock import samples
from monitor.core.reading.grievances import Grievances


def heard(*signs: tuple[str, float, int], is_heated: bool = False) -> bool:
    """Signs with their second and the turns before them; all of them name what is wrong."""
    grievances = Grievances()
    for kind, at_s, turns in signs:
        grievances.add(kind, samples(at_s), turns, is_to_resolve=True)
    return grievances.are_a_complaint(is_heated)


def test_nothing_said_is_no_complaint_however_hot() -> None:
    assert not heard(is_heated=True)


def test_what_the_caller_begins_with_is_the_matter_of_the_call() -> None:
    assert heard(("grievance", 4.0, 0))


def test_what_names_nothing_to_be_resolved_is_not_the_matter() -> None:
    grievances = Grievances()
    grievances.add("vents", samples(4.0), 0, is_to_resolve=False)
    assert not grievances.are_a_complaint(False)
    assert grievances.are_a_complaint(True)


def test_one_in_passing_is_talk() -> None:
    assert not heard(("grievance", 60.0, 3))
    assert heard(("grievance", 60.0, 3), is_heated=True)


def test_later_ones_count_by_kinds_and_times() -> None:
    assert heard(("grievance", 60.0, 3), ("vents", 80.0, 4), ("grievance", 100.0, 5))
    assert not heard(("grievance", 60.0, 3), ("grievance", 80.0, 4), ("grievance", 100.0, 5))


def test_what_is_said_in_one_breath_counts_once() -> None:
    assert not heard(("grievance", 60.0, 3), ("vents", 62.0, 3), ("grievance", 64.0, 3))
