"""The scorecard: for each topic what was kept and what was not, every point with its rule and its second.

A topic begins with 100 points. Each alert and finding about the agent takes some, by its severity; the same
rule takes them once more at half price, and nothing after that: one habit is not ten faults. What the caller
did takes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from monitor.core import events
from monitor.core.events import Text
from monitor.report.facts import CallFacts
from monitor.report.topics import topic_name

COSTS: dict[events.SeverityName, int] = {"critical": 40, "high": 25, "medium": 15, "low": 8, "info": 3}
"""Points that an alert of a severity takes. Two grave ones leave a topic poor, many small ones fair."""
FULL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One thing that was kept or missed: `points` are negative for what was missed, 0 for what was kept."""

    rule: str
    title: Text
    because: Text
    at_s: float
    points: int
    alert: str = ""
    """The id of the alert, empty for a finding or for what was kept."""


@dataclass(slots=True)
class Topic:
    """One line of the scorecard."""

    name: str
    title: Text
    points: list[Point] = field(default_factory=list)

    @property
    def score(self) -> int:
        """0..100."""
        return max(0, FULL + sum(point.points for point in self.points))


def scorecard(facts: CallFacts) -> list[Topic]:
    """All topics that this call says something about, the poorest first."""
    topics: dict[str, Topic] = {}
    for point, name in sorted(_missed(facts) + _kept(facts), key=lambda entry: entry[0].at_s):
        topic = topics.setdefault(name, Topic(name, topic_name(name)))
        topic.points.append(point)
    return sorted(topics.values(), key=lambda topic: (topic.score, topic.name))


def total(topics: list[Topic]) -> int | None:
    """The mean of the topics, rounded; None where there are none."""
    return round(sum(topic.score for topic in topics) / len(topics)) if topics else None


def _missed(facts: CallFacts) -> list[tuple[Point, str]]:
    times: defaultdict[str, int] = defaultdict(int)
    told: list[events.Alert | events.Finding] = [story.alert for story in facts.alerts]
    told.extend(facts.findings)
    found: list[tuple[Point, str]] = []
    for each in sorted(told, key=lambda one: one.about.start_s):
        if each.party != "agent":
            continue
        times[each.rule] += 1
        cost = COSTS[each.severity]
        taken = {1: cost, 2: cost // 2}.get(times[each.rule], 0)
        point = Point(
            rule=each.rule,
            title=each.title,
            because=each.because,
            at_s=each.about.start_s,
            points=-taken,
            alert=each.id if isinstance(each, events.Alert) else "",
        )
        found.append((point, each.topic or "other"))
    return found


def _kept(facts: CallFacts) -> list[tuple[Point, str]]:
    """What went well by the call's own record: cues that were followed, promises with a time."""
    found: list[tuple[Point, str]] = []
    topic_of = {story.alert.rule: story.alert.topic for story in facts.alerts}
    for story in facts.cues:
        if story.cleared is not None and story.cleared.reason == "done":
            kept = Point(
                rule=story.cue.rule,
                title=story.cue.text,
                because=Text(zh="坐席照提示做了", en="the agent did what the cue asked"),
                at_s=story.cleared.cleared_at_s,
                points=0,
            )
            found.append((kept, topic_of.get(story.cue.rule, "") or "other"))
    for made in facts.reading.promises if facts.reading is not None else []:
        if made.due is not None:
            kept = Point(
                rule="promise",
                title=Text(zh="承诺说明了时间", en="Promised with a time"),
                because=Text(zh=f"“{made.what}”", en=f"“{made.what}”"),
                at_s=made.at_s,
                points=0,
            )
            found.append((kept, "promises"))
    return found
