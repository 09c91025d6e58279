"""Every notice about a call's sound, with its level and its sentence in both languages.

A code never changes its meaning. The sources give `source.*`, `device.*` and `stream.*`; what is heard in the
sound itself is `sound.*`; what became of the recogniser is `words.*`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from monitor.core import events
from monitor.core.audio import Party
from monitor.core.clock import seconds
from monitor.core.wire import party_name

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """A notice's level and its templates; the notice's values fill the placeholders."""

    level: Level
    zh: str
    en: str


NOTICES: dict[str, NoticeKind] = {
    "source.truncated": NoticeKind(
        "warning",
        "{title} 不完整：文件头写明 {expected_s} 秒，实际只有 {found_s} 秒；已分析现有部分",
        "{title} is cut short: its header promises {expected_s} s, {found_s} s are there; those were heard",
    ),
    "source.growing": NoticeKind(
        "warning",
        "{title} 可能仍在录制；已分析到 {found_s} 秒",
        "{title} seems to be still recording; it was heard up to {found_s} s",
    ),
    "source.damaged": NoticeKind(
        "warning",
        "{title} 有损坏的数据，已用静音代替",
        "{title} holds damaged data; silence stands for it",
    ),
    "source.nan": NoticeKind(
        "warning",
        "{title} 含有无效的采样值，已用静音代替",
        "{title} holds samples that are not numbers; silence stands for them",
    ),
    "source.clipping": NoticeKind(
        "warning",
        "声音过载削波；请调低录音音量，响度与音质的判断可能不准",
        "the sound clips; turn the recording level down. Loudness and voice quality may be misjudged",
    ),
    "source.length_differs": NoticeKind(
        "info",
        "这一方的录音短了 {missing_s} 秒，其余按静音处理",
        "this party's recording is {missing_s} s shorter; the rest is taken as silence",
    ),
    "device.lost": NoticeKind(
        "error",
        "录音设备 {device} 断开了；正在尝试重新连接",
        "the input device {device} is gone; trying to get it back",
    ),
    "device.back": NoticeKind(
        "info",
        "录音设备 {device} 已恢复，缺失 {lost_s} 秒",
        "the input device {device} is back; {lost_s} s were lost",
    ),
    "device.stalled": NoticeKind(
        "warning",
        "录音设备 {device} 有 {lost_s} 秒没有送出声音",
        "the input device {device} gave no sound for {lost_s} s",
    ),
    "device.overflow": NoticeKind(
        "warning",
        "本机来不及处理 {device} 的声音，缺失约 {lost_s} 秒",
        "this machine was too busy for the sound of {device}; about {lost_s} s were lost",
    ),
    "device.suspended": NoticeKind(
        "warning",
        "本机休眠或停顿了约 {lost_s} 秒，这段时间没有声音",
        "this machine slept or stood still for about {lost_s} s; nothing was heard meanwhile",
    ),
    "stream.lost": NoticeKind(
        "warning",
        "网络丢失了 {lost_s} 秒声音",
        "{lost_s} s of sound were lost on the network",
    ),
    "stream.late": NoticeKind(
        "info",
        "有声音数据到得太晚，未能使用",
        "some sound came too late to be used",
    ),
    "stream.overflow": NoticeKind(
        "warning",
        "声音到得比处理快，超出的部分被丢弃",
        "sound came faster than it could be taken; what was too much was dropped",
    ),
    "stream.restarted": NoticeKind(
        "info",
        "对方的时间标记重新开始，声音接续在后",
        "the sender's timestamps began anew; the sound goes on from here",
    ),
    "sound.same_channels": NoticeKind(
        "warning",
        "两个声道是同一声音，分不清是谁在说话，抢话与语气的判断不可用；请检查录音是否分轨",
        "both channels carry the same sound: who speaks cannot be told, so judgements of interruptions and "
        "temper do not hold; check that the recording keeps the parties apart",
    ),
    "sound.clipping": NoticeKind(
        "warning",
        "这一方的声音削波；请调低其输入音量。响度已不足为凭，判断时少算",
        "this party's sound clips; turn the input's level down. Loudness counts for less in judgements",
    ),
    "sound.gain_changed": NoticeKind(
        "info",
        "线路音量变化了约 {by_db} 分贝；不算作说话声音变大或变小",
        "the line's gain has changed by about {by_db} dB; it is not taken for a louder or softer voice",
    ),
    "sound.gain_unsteady": NoticeKind(
        "warning",
        "线路音量一再变化（可能是自动增益）；响度在判断时少算",
        "the line's gain keeps changing (automatic gain control?); loudness counts for less in judgements",
    ),
    "sound.line_changed": NoticeKind(
        "info",
        "线路的频带变了（转接或换了编码）；响度与音质重新比较",
        "the line's band has changed (another handset or codec); loudness and tone are compared anew",
    ),
    "sound.voice_changed": NoticeKind(
        "info",
        "这一方似乎换了人说话；其平常声音从头了解",
        "another person seems to speak for this party; what is usual for the voice is learned anew",
    ),
    "sound.party_silent": NoticeKind(
        "warning",
        "一直没有听到这一方说话；请检查其线路或声道",
        "this party has not been heard at all; check the line or the channel",
    ),
    "sound.silence_only": NoticeKind(
        "warning",
        "{heard_s} 秒内没有听到任何人说话；请检查音源",
        "no speech was heard in {heard_s} s; check where the sound comes from",
    ),
    "sound.channels_swapped": NoticeKind(
        "warning",
        "坐席与客户的声道可能接反了：客户声道上出现了坐席用语；请检查声道设置（--agent-channel）",
        "the channels seem to be swapped: the caller's channel says what agents say; check the setting "
        "of the agent's channel (--agent-channel)",
    ),
    "words.language": NoticeKind(
        "warning",
        "语言设置为 {given}，听到的却是 {heard}：已按听到的语言转写；请检查语言设置",
        "the settings give the language {given}, but {heard} is spoken: words are written as they are heard; "
        "check the settings of the language",
    ),
    "words.capacity": NoticeKind(
        "warning",
        "同时转写的通话已达上限（{calls} 路）：本通话只按声音判断，没有文字",
        "{calls} calls have words already, which is what this machine carries: this one is judged by its "
        "sound alone",
    ),
    "words.restarted": NoticeKind(
        "warning",
        "语音识别出错，已重新启动；刚才的几句话可能缺失",
        "the recogniser failed and was started anew; some words of the last seconds may be missing",
    ),
    "words.down": NoticeKind(
        "error",
        "语音识别反复出错，正在等待恢复：目前只按声音判断，没有文字",
        "the recogniser fails again and again and is tried anew from time to time: until then calls are "
        "judged by their sound alone",
    ),
    "words.back": NoticeKind(
        "info",
        "语音识别已恢复",
        "the recogniser works again",
    ),
    "playbook.muted": NoticeKind(
        "warning",
        "规则“{rule}”一分钟内触发了 {times} 次，暂时停用；请检查该规则",
        "the rule {rule!r} fired {times} times within a minute and is not heard for a while; look at it",
    ),
}


def notice_event(
    code: str, now: int, party: Party | None = None, values: Mapping[str, str | float | int] | None = None
) -> events.Notice:
    """The notice as an event.

    Raises:
        KeyError: the code is not in `NOTICES`, or `values` lacks one of its placeholders.
    """
    kind = NOTICES[code]
    given = values or {}
    return events.Notice(
        t_s=seconds(now),
        code=code,
        level=kind.level,
        text=events.Text(zh=kind.zh.format(**given), en=kind.en.format(**given)),
        party=None if party is None else party_name(party),
    )
