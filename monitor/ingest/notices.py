"""Every notice that a source can give, with its level and its sentence in both languages.

A session turns a `SourceNotice` into a `Notice` event by `notice_text`. A code never changes its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """A notice's level and its templates; the notice's `values` fill the placeholders."""

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
    "source.same_channels": NoticeKind(
        "warning",
        "两个声道是同一声音，无法区分双方；请检查录音是否分轨",
        "both channels carry the same sound, so the parties cannot be told apart; check the recording",
    ),
    "source.silent_party": NoticeKind(
        "warning",
        "这一方 {heard_s} 秒内没有任何声音；请检查线路或声道",
        "nothing at all was heard of this party for {heard_s} s; check its line or channel",
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
}
"""Every code that a `SourceNotice` may carry."""


def notice_text(code: str, values: Mapping[str, str | float | int]) -> tuple[Level, str, str]:
    """The level, the Chinese sentence and the English sentence of a notice.

    Raises:
        KeyError: the code is not in `NOTICES`, or `values` lacks one of its placeholders.
    """
    kind = NOTICES[code]
    return kind.level, kind.zh.format(**values), kind.en.format(**values)
