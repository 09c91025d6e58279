"""Evidence in words: the sentence for each feature, in both languages.

Features are stable names; programs read them, people read the sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from monitor.core.events import EvidenceItem, Text
from monitor.core.facts import Evidence


def shown(value: float | int | str) -> str:
    """A value as people read it: at most one decimal, no needless zero."""
    if isinstance(value, str):
        return value
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


@dataclass(frozen=True, slots=True)
class _Wording:
    """Sentences for a value at or above `turning_point`, and for one below, where that reads otherwise.

    `scale` turns the value into what the sentence says, without its sign.
    """

    above: Text
    below: Text | None = None
    turning_point: float = 0.0
    scale: Callable[[float], float] = abs


def _percent_off(ratio: float) -> float:
    return round(100 * abs(ratio - 1))


def _percent(share: float) -> float:
    return round(100 * share)


FEATURES: dict[str, _Wording] = {
    "level": _Wording(
        Text(zh="音量比平时高 {value} 分贝", en="level {value} dB above own usual"),
        Text(zh="音量比平时低 {value} 分贝", en="level {value} dB below own usual"),
    ),
    "f0": _Wording(
        Text(zh="音调比平时高 {value} 个半音", en="pitch {value} semitones above own usual"),
        Text(zh="音调比平时低 {value} 个半音", en="pitch {value} semitones below own usual"),
    ),
    "alpha": _Wording(
        Text(
            zh="发声比平时用力（高频强 {value} 分贝）",
            en="voice more pressed than usual (its high part {value} dB stronger)",
        ),
        Text(
            zh="发声比平时柔和（高频弱 {value} 分贝）",
            en="voice softer than usual (its high part {value} dB weaker)",
        ),
    ),
    "rate": _Wording(Text(zh="每秒 {value} 个音节", en="{value} syllables a second")),
    "rate_ratio": _Wording(
        Text(zh="语速比平时快 {value}%", en="{value}% faster than own usual"),
        Text(zh="语速比平时慢 {value}%", en="{value}% slower than own usual"),
        turning_point=1.0,
        scale=_percent_off,
    ),
    "voice": _Wording(Text(zh="声音听上去生气（{value}%）", en="the voice sounds angry ({value}%)")),
    "melody_colour": _Wording(
        Text(
            zh="语调和音色各使生气的可能增至 {value} 倍",
            en="its melody and its colour each make anger {value} times likelier",
        )
    ),
    "lasting": _Wording(Text(zh="听上去生气已持续 {value} 秒", en="it has sounded angry for {value} s")),
    "silence": _Wording(Text(zh="双方沉默 {value} 秒", en="{value} s of silence")),
    "talk_share": _Wording(Text(zh="说话占比 {value}%", en="{value}% of the talk")),
    "interruptions": _Wording(Text(zh="抢话 {value} 次", en="interruptions: {value}")),
    "overlap": _Wording(Text(zh="最长重叠 {value} 秒", en="longest overlap {value} s")),
    "attempts": _Wording(
        Text(zh="坐席开口被压下 {value} 次", en="agent's failed attempts to speak: {value}")
    ),
    "turn": _Wording(Text(zh="客户连续说了 {value} 秒", en="caller's turn has lasted {value} s")),
    "temper_score": _Wording(Text(zh="火气指数 {value}%", en="temper at {value}%")),
    "words": _Wording(
        Text(zh="话里带着不满（强度 {value}%）", en="the words show anger (strength {value}%)"),
        scale=_percent,
    ),
    "cause": _Wording(
        Text(zh="刚被坐席拒绝、顶撞或打断", en="the agent has just refused, rebuffed or cut in on the caller")
    ),
    "turn_s": _Wording(Text(zh="这一轮已连续说 {value} 秒", en="this turn has lasted {value} s")),
    "quiet": _Wording(Text(zh="已安静 {value} 秒", en="{value} s of silence so far")),
    "unheard": _Wording(
        Text(zh="对方说了 {value} 秒没有得到回应", en="{value} s of the other's speech without a response")
    ),
    "after": _Wording(Text(zh="此前说到“{value}”", en='after "{value}"')),
    "waited": _Wording(Text(zh="已过 {value} 秒", en="{value} s have passed")),
    "phrase": _Wording(Text(zh="说了“{value}”", en='said "{value}"')),
}
"""Every feature that the built-in detectors, the temper and the playbook use."""


def label(evidence: Evidence) -> Text:
    """The sentence for one reason; a feature without one is told by its name, value and unit."""
    value = evidence.value
    wording = FEATURES.get(evidence.feature)
    if wording is None:
        plain = f"{evidence.feature} {shown(value)} {evidence.unit}".rstrip()
        return Text(zh=plain, en=plain)
    if isinstance(value, str):
        return Text(zh=wording.above.zh.format(value=value), en=wording.above.en.format(value=value))
    is_below = wording.below is not None and value < wording.turning_point
    sentence = wording.below if is_below and wording.below is not None else wording.above
    told = shown(wording.scale(value))
    return Text(zh=sentence.zh.format(value=told), en=sentence.en.format(value=told))


def evidence_items(evidence: Iterable[Evidence]) -> list[EvidenceItem]:
    """Evidence as the wire carries it, each with its sentence."""
    return [
        EvidenceItem(
            feature=item.feature,
            value=item.value,
            unit=item.unit,
            contribution=item.contribution,
            label=label(item),
        )
        for item in evidence
    ]
