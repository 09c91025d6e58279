"""The report's own words in both languages; everything else in it comes with the events."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.core.events import PartyName, Text
from monitor.report.facts import CallFacts
from monitor.report.story import SLOTS, named_by

# Straight apostrophes: fonts for Chinese draw the curly one as wide as a character.
WORDS: dict[str, Text] = {
    "title": Text(zh="通话报告", en="Call report"),
    "tingyin": Text(zh="听音", en="Tingyin"),
    "agent": Text(zh="坐席", en="Agent"),
    "caller": Text(zh="客户", en="Caller"),
    "duration": Text(zh="时长", en="Length"),
    "talk": Text(zh="说话时间", en="Talk share"),
    "overlap": Text(zh="同时说话", en="Both at once"),
    "interruptions": Text(zh="抢话", en="Interruptions"),
    "by_agent": Text(zh="坐席打断客户", en="agent cut in on caller"),
    "by_caller": Text(zh="客户打断坐席", en="caller cut in on agent"),
    "yielded": Text(zh="对方让出", en="the other gave way"),
    "not_yielded": Text(zh="对方未让", en="the other went on"),
    "of_which_yielded": Text(zh="，其中对方让出", en=", of which given way to"),
    "alerts": Text(zh="告警", en="Alerts"),
    "none": Text(zh="无", en="none"),
    "heat": Text(zh="客户情绪", en="Caller's heat"),
    "peak": Text(zh="最高", en="peak"),
    "hot_for": Text(zh="激烈时长", en="heated for"),
    "at": Text(zh="出现在", en="at"),
    "pace": Text(zh="语速", en="Pace"),
    "answer_gap": Text(zh="坐席应答间隔", en="Agent's answer gap"),
    "longest_silence": Text(zh="最长静默", en="longest silence"),
    "charts": Text(zh="声音", en="Sound"),
    "transcript": Text(zh="对话", en="Transcript"),
    "cues": Text(zh="给坐席的提示", en="Cues to the agent"),
    "notices": Text(zh="声音与设备", en="Sound and machinery"),
    "no_alerts": Text(zh="本次通话没有告警。", en="No alert was raised in this call."),
    "no_cues": Text(zh="没有给过提示。", en="No cue was given."),
    "no_words": Text(
        zh="本次通话只按声音判断，没有文字。",
        en="This call was judged by its sound alone: there are no words.",
    ),
    "nothing_said": Text(zh="没有识别到话语。", en="No words were understood."),
    "raised": Text(zh="发出", en="raised"),
    "cleared": Text(zh="解除", en="cleared"),
    "after": Text(zh="历时", en="after"),
    "until_end": Text(zh="到通话结束仍未解除", en="still open at the end of the call"),
    "about": Text(zh="所指时段", en="about"),
    "say": Text(zh="可以这样说", en="Suggested wording"),
    "share": Text(zh="占判断", en="of the judgement"),
    "done": Text(zh="已做到", en="done"),
    "replaced": Text(zh="被更要紧的提示替换", en="replaced by a more urgent cue"),
    "expired": Text(zh="超时消失", en="went away unanswered"),
    "ended": Text(zh="情况已过", en="no longer needed"),
    "dismissed": Text(zh="坐席关闭", en="sent away by the agent"),
    "not_helpful": Text(zh="坐席认为无用", en="called not helpful by the agent"),
    "paused": Text(zh="坐席暂停了提示", en="the agent had put cues off"),
    "messages": Text(zh="发给坐席的消息", en="Messages to the agent"),
    "sent": Text(zh="发出", en="sent"),
    "from": Text(zh="发送人", en="From"),
    "message": Text(zh="消息", en="Message"),
    "urgent": Text(zh="紧急", en="urgent"),
    "seen": Text(zh="坐席已确认", en="seen by the agent"),
    "shown_only": Text(zh="已显示，未确认", en="shown, not confirmed"),
    "not_shown": Text(zh="未显示", en="not shown"),
    "reading": Text(zh="通话解读", en="Reading of the call"),
    "phases": Text(zh="阶段", en="Phases"),
    "types": Text(zh="客户的表达方式", en="How the caller went about it"),
    "needs": Text(zh="客户的需求", en="What the caller wanted"),
    "at_most": Text(zh="最高", en="at most"),
    "not_named": Text(zh="没有明显倾向。", en="Nothing stood out."),
    "risk": Text(zh="升级风险", en="Risk of escalation"),
    "at_the_end": Text(zh="结束时", en="at the end"),
    "checklist": Text(zh="投诉要素", en="Parts of the complaint"),
    "missing": Text(zh="未问到", en="not known"),
    "no_complaint": Text(zh="客户没有投诉。", en="The caller did not complain."),
    "promises": Text(zh="承诺", en="Promises"),
    "no_promises": Text(zh="没有承诺。", en="Nothing was promised."),
    "no_time": Text(zh="没说时间", en="no time given"),
    "due": Text(zh="期限", en="by"),
    "concessions": Text(zh="让步", en="Offers"),
    "no_concessions": Text(zh="没有让步。", en="Nothing was offered."),
    "same_round": Text(zh="同一回合再次让步", en="another in the same round"),
    "counts": Text(zh="次数", en="Counts"),
    "limit": Text(zh="上限", en="limit"),
    "scorecard": Text(zh="评分", en="Scorecard"),
    "no_scorecard": Text(zh="本次通话没有可评的项目。", en="This call says nothing to score."),
    "score_how": Text(
        zh="每项从 100 分起，针对坐席的每条告警或事后发现按级别扣分；同一规则第二次减半，之后不再扣。",
        en="Each topic begins at 100; every alert or finding about the agent takes points by its severity, "
        "the same rule half as many the second time and none after that.",
    ),
    "kept": Text(zh="做到", en="kept"),
    "rule": Text(zh="规则", en="Rule"),
    "moment": Text(zh="时间", en="At"),
    "points": Text(zh="分", en="Points"),
    "findings": Text(zh="事后发现", en="Found afterwards"),
    "timeline": Text(zh="经过", en="Timeline"),
    "phase.opening": Text(zh="开场", en="Opening"),
    "phase.first_account": Text(zh="首轮陈述", en="First account"),
    "phase.comfort": Text(zh="安抚", en="Comfort"),
    "phase.fact_finding": Text(zh="问清", en="Finding out"),
    "phase.handling": Text(zh="处理", en="Handling"),
    "phase.closing": Text(zh="收尾", en="Closing"),
    "slot.about_whom": Text(zh="对象", en="About whom"),
    "slot.cause": Text(zh="起因", en="Cause"),
    "slot.course": Text(zh="经过", en="Course"),
    "slot.outcome": Text(zh="结果", en="Outcome"),
    "slot.demand": Text(zh="诉求", en="Wish"),
    "slot.name": Text(zh="姓名", en="Name"),
    "slot.contact": Text(zh="联系方式", en="Contact"),
    "slot.order_number": Text(zh="单号", en="Order number"),
    "count.apology": Text(zh="道歉", en="Apologies"),
    "count.question": Text(zh="提问", en="Questions"),
    "count.acknowledgement": Text(zh="回应", en="Signs of listening"),
    "shown": Text(zh="显示", en="shown for"),
    "f0": Text(zh="音高 半音", en="F0 st"),
    "level": Text(zh="响度 dB", en="Loudness dB"),
    "rate": Text(zh="语速 音节/秒", en="Pace syl/s"),
    "lanes": Text(zh="发言", en="Speech"),
    "relative": Text(
        zh="音高与响度以本人在本次通话中的平常状态为零。客户情绪只针对客户；坐席一方只报告行为。",
        en="Zero of F0 and loudness is each party's own usual voice in this call. "
        "Heat is judged of the caller alone; of the agent only behaviour is reported.",
    ),
    "chart_label": Text(
        zh="发言、告警、音高、响度、语速与客户情绪随时间的变化",
        en="Speech, alerts, F0, loudness, pace and caller's heat over time",
    ),
    "legend_overlap": Text(zh="抢话重叠", en="competitive overlap"),
    "legend_backchannel": Text(zh="附和", en="sign of listening"),
    "legend_interruption": Text(zh="抢话，箭头指向被打断者", en="interruption, pointing at whom it cut off"),
    "legend_band": Text(zh="严重告警时段", en="grave alert open"),
    "severity.critical": Text(zh="紧急", en="Critical"),
    "severity.high": Text(zh="严重", en="High"),
    "severity.medium": Text(zh="注意", en="Medium"),
    "severity.low": Text(zh="轻微", en="Low"),
    "severity.info": Text(zh="提示", en="Note"),
    "temper.calm": Text(zh="平静", en="calm"),
    "temper.raised": Text(zh="升温", en="rising"),
    "temper.hot": Text(zh="激烈", en="heated"),
    "source.file": Text(zh="录音", en="Recording"),
    "source.device": Text(zh="话筒", en="Microphone"),
    "source.demo": Text(zh="演示", en="Demo"),
    "source.stream": Text(zh="线路", en="Line"),
    "end.completed": Text(zh="完整结束", en="completed"),
    "end.cut_off": Text(zh="中断", en="cut off"),
    "end.failed": Text(zh="分析失败", en="analysis failed"),
    "end.unknown": Text(zh="没有结束记录", en="no end on record"),
    "lost": Text(zh="声音丢失，以静音代替", en="sound that never arrived; silence stands for it"),
    "lagging": Text(zh="文字延迟", en="words came late"),
    "in_time": Text(zh="文字恢复及时", en="words in time again"),
    "error": Text(zh="错误", en="error"),
    "warning": Text(zh="警告", en="warning"),
    "info": Text(zh="说明", en="note"),
    "syl_s": Text(zh="音节/秒", en="syl/s"),
    "made_from": Text(
        zh="本页仅由该通话的事件记录生成，不含录音。",
        en="Made from the call's events alone; it holds no sound.",
    ),
    "skip": Text(zh="跳到正文", en="Skip to the content"),
    "language": Text(zh="语言", en="Language"),
}

_RISK_TOLD = 0.5
"""A risk at the end of the call that belongs in its summary."""

CLEAR_REASONS: dict[str, Text] = {
    "ended": Text(zh="行为已停止", en="the behaviour ended"),
    "over": Text(zh="已过时效", en="its time was over"),
    "call_ended": Text(zh="通话结束", en="the call ended"),
    "escalated": Text(zh="已升级", en="became graver"),
    "calmer": Text(zh="客户已平静", en="the caller calmed down"),
    "quiet": Text(zh="许久没有再说话", en="nothing more was said"),
    "speech": Text(zh="恢复说话", en="somebody spoke"),
    "hold": Text(zh="坐席已请对方稍等", en="the agent had asked to wait"),
    "agent_speaks": Text(zh="坐席得以说话", en="the agent got a word in"),
}
"""Reasons for which alerts clear; one that is not listed is shown as the event has it."""


def summary(facts: CallFacts) -> Text:
    """The call in one line: the gravest first, and what is left open."""
    zh, en = [], []
    if facts.hot_s >= 1:
        zh.append(f"客户情绪激烈约 {facts.hot_s:.0f} 秒")
        en.append(f"the caller was heated for about {facts.hot_s:.0f} s")
    elif facts.temper:
        zh.append("客户情绪未达激烈")
        en.append("the caller never became heated")
    cuts = len(facts.interruptions_by("agent"))
    if cuts:
        zh.append(f"坐席打断客户 {cuts} 次")
        en.append(f"the agent cut in on the caller {_times(cuts)}")
    open_ = [story for story in facts.alerts if story.cleared is None]
    if not facts.alerts:
        zh.append("没有告警")
        en.append("no alert was raised")
    else:
        alerts = "1 alert was raised" if len(facts.alerts) == 1 else f"{len(facts.alerts)} alerts were raised"
        left = f"{len(open_)} still open at the end" if open_ else "all cleared"
        zh.append(
            f"{len(facts.alerts)} 条告警，" + (f"{len(open_)} 条到结束仍未解除" if open_ else "均已解除")
        )
        en.append(f"{alerts}, {left}")
    _add_reading(facts, zh, en)
    line = "; ".join(en)
    return Text(zh="；".join(zh) + "。", en=line[0].upper() + line[1:] + ".")


def _add_reading(facts: CallFacts, zh: list[str], en: list[str]) -> None:
    """What stood out of the caller, what is still owed, and whether the complaint may leave the house."""
    named = named_by(facts)
    if named:
        zh.append("客户" + "、".join(leaning.title.zh for leaning in named))
        en.append("the caller: " + ", ".join(leaning.title.en.lower() for leaning in named))
    reading = facts.reading
    if reading is None:
        return
    open_slots = len(SLOTS) - len(reading.slots)
    if reading.is_complaint and open_slots:
        zh.append(f"投诉要素缺 {open_slots} 项")
        en.append(f"{open_slots} parts of the complaint not known")
    if reading.promises:
        zh.append(f"承诺 {len(reading.promises)} 项")
        en.append(f"{len(reading.promises)} promised" if len(reading.promises) > 1 else "1 promise made")
    if reading.risk >= _RISK_TOLD:
        zh.append(f"结束时升级风险 {reading.risk:.0%}")
        en.append(f"risk of escalation {reading.risk:.0%} at the end")


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One line about the call's sound or machinery."""

    at_s: float
    level: str
    party: PartyName | None
    text: Text
    detail: str


def notice_rows(facts: CallFacts) -> list[NoticeRow]:
    """Notices, lost sound and late words, in order of time."""
    rows = [NoticeRow(n.t_s, n.level, n.party, n.text, n.code) for n in facts.notices]
    for lost in facts.lost:
        length = f"{lost.end_s - lost.start_s:.1f} s"
        rows.append(NoticeRow(lost.start_s, "warning", lost.party, WORDS["lost"], length))
    for lag in facts.lagging:
        level, text = ("warning", "lagging") if lag.is_lagging else ("info", "in_time")
        rows.append(NoticeRow(lag.t_s, level, None, WORDS[text], f"{lag.delay_s:.1f} s"))
    return sorted(rows, key=lambda row: row.at_s)
