"""Names of the scorecard's topics: files of the shipped playbook, or what several share as their `topic`.

Others are shown as they are called.
"""

from __future__ import annotations

from monitor.core.events import Text

TOPICS: dict[str, Text] = {
    "agent_phrases": Text(zh="用语", en="Choice of words"),
    "answers": Text(zh="解释与拒绝", en="Explaining and refusing"),
    "caller_phrases": Text(zh="客户所说", en="What the caller said"),
    "callers": Text(zh="应对客户", en="Meeting the caller"),
    "closing": Text(zh="收尾", en="Closing"),
    "comfort": Text(zh="安抚与倾听", en="Comfort and listening"),
    "conversation": Text(zh="对话节奏", en="Pace and floor"),
    "finding_out": Text(zh="问清情况", en="Finding out"),
    "manner": Text(zh="说话方式", en="Manner"),
    "promises": Text(zh="承诺与让步", en="Promises and offers"),
    "other": Text(zh="其他", en="Other"),
}


def topic_name(topic: str) -> Text:
    """A topic's name in both languages."""
    return TOPICS.get(topic) or Text(zh=topic.replace("_", " "), en=topic.replace("_", " "))
