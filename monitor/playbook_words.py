"""Conditions of rules in words, in both languages, for the page that lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from monitor.core.audio import Party
from monitor.core.playbook import conditions as rows
from monitor.core.playbook.phrases import Row
from monitor.core.playbook.tree import AllOf, AnyOf, NoneOf, When

Both = tuple[str, str]
"""The same in Mandarin and in English."""

_PARTY: dict[Party | None, Both] = {
    Party.AGENT: ("坐席", "the agent"),
    Party.CALLER: ("客户", "the caller"),
    None: ("双方", "both"),
}
_TIMING: dict[str, Both] = {
    "before_account_ends": ("客户第一次陈述还没结束", "the caller's first account is not over"),
    "after_account_ends": ("客户第一次陈述已结束", "the caller's first account is over"),
    "on_top_of_other": ("说的时候对方也在说", "it is said on top of the other party"),
    "right_after_other": ("紧接在对方说完之后", "it is said right after the other party's turn"),
    "at_turn_start": ("在话轮的开头", "it is said at the beginning of the turn"),
}


def in_words(condition: Row, who: Party | None = None) -> Both:
    """A condition as a clause; `who` is the rule's party."""
    match condition:
        case AllOf():
            return _joined((in_words(part, who) for part in condition.all), "，并且", ", and ")
        case AnyOf():
            parts = [(in_words(part, who), isinstance(part, AllOf)) for part in condition.any]
            clauses = [(f"[{zh}]", f"[{en}]") if is_group else (zh, en) for (zh, en), is_group in parts]
            zh, en = _joined(clauses, "，或者", ", or ")
            return f"（{zh}）", f"({en})"
        case NoneOf():
            zh, en = in_words(condition.not_, who)
            return f"不是：{zh}", f"not: {en}"
        case _:
            return _LEAVES[type(condition)](condition, who)


def gates_in_words(when: When) -> Both | None:
    """A rule's gates as a clause; None where there are none."""
    parts: list[Both] = []
    if when.phase is not None:
        parts.append(_of("阶段为", "in the phase", when.phase))
    if when.temper_at_least is not None:
        parts.append((f"客户情绪至少 {when.temper_at_least}", f"the caller at least {when.temper_at_least}"))
    if when.temper_at_most is not None:
        parts.append((f"客户情绪至多 {when.temper_at_most}", f"the caller at most {when.temper_at_most}"))
    if when.caller_type is not None:
        parts.append(_of("客户类型为", "with a caller who is", when.caller_type))
    if when.need is not None:
        parts.append(_of("客户需求为", "with a caller who wants", when.need))
    if when.after is not None:
        within = (
            ("", "")
            if when.within_s is None
            else (f"（{when.within_s:g} 秒内）", f" (within {when.within_s:g} s)")
        )
        zh, en = _of("已说过", "after", when.after)
        parts.append((zh + within[0], en + within[1]))
    if when.before is not None:
        parts.append(_of("还没说过", "before", when.before))
    if when.is_complaint is not None:
        parts.append(("属于投诉", "of a complaint") if when.is_complaint else ("不是投诉", "of no complaint"))
    if when.language is not None:
        parts.append((f"语言为 {when.language}", f"in {when.language}"))
    return _joined(parts, "，", ", ") if parts else None


def _joined(parts: Iterable[Both], zh: str, en: str) -> Both:
    listed = list(parts)
    return zh.join(part[0] for part in listed), en.join(part[1] for part in listed)


def _names(ids: Iterable[object]) -> Both:
    listed = [f"`{id_}`" for id_ in ids]
    return "、".join(listed), " or ".join(listed)


def _of(zh: str, en: str, ids: Iterable[object]) -> Both:
    names = _names(ids)
    return f"{zh} {names[0]}", f"{en} {names[1]}"


def _said(row: rows.SaidLeaf, _: Party | None) -> Both:
    zh, en = _of("说了", "", row.said)
    en = f"{en.strip()} is said"
    if row.at_least > 1:
        window = row.within_s or 60.0
        return f"{window:g} 秒内{zh} {row.at_least} 次", f"{en} {row.at_least} times within {window:g} s"
    if row.within_s is not None:
        return f"{row.within_s:g} 秒内{zh}", f"{en} within the last {row.within_s:g} s"
    if row.within_turns is not None:
        return f"{row.within_turns} 轮内{zh}", f"{en} within {row.within_turns} turns"
    return zh, en


def _not_said(row: rows.NotSaidLeaf, _: Party | None) -> Both:
    owed = _names(row.not_said)
    if row.after is not None:
        after = _names(row.after)
        point = (
            (f"{row.within_turns} 轮", f"{row.within_turns} turns")
            if row.within_turns is not None
            else (f"{row.within_s:g} 秒", f"{row.within_s:g} s")
        )
        return (
            f"{after[0]} 之后 {point[0]}内没说 {owed[0]}",
            f"{owed[1]} is not said within {point[1]} after {after[1]}",
        )
    if row.by_s is not None:
        return f"开始 {row.by_s:g} 秒内没说 {owed[0]}", f"{owed[1]} is not said in the first {row.by_s:g} s"
    if row.by_phase is not None:
        return (
            f"到 `{row.by_phase}` 阶段还没说 {owed[0]}",
            f"{owed[1]} is not said before the phase `{row.by_phase}`",
        )
    return f"通话结束都没说 {owed[0]}", f"{owed[1]} is not said by the call's end"


def _order(row: rows.OrderLeaf, _: Party | None) -> Both:
    first, then = row.order
    window = (
        ("", "")
        if row.within_s is None
        else (f" {row.within_s:g} 秒内", f" in the {row.within_s:g} s before")
    )
    return (
        f"说了 `{then}`，之前{window[0]}没说 `{first}`",
        f"`{then}` is said without `{first}`{window[1]} before it".replace(" before before it", " before it"),
    )


def _slot(row: rows.SlotLeaf, _: Party | None) -> Both:
    zh, en = _names(row.slot)
    return (f"{zh} 都已知", f"{en} is known") if row.is_filled else (f"{zh} 还不全", f"{en} is not known yet")


def _sounds(row: rows.SoundsLeaf, who: Party | None) -> Both:
    party = _PARTY[row.who or who]
    bounds = ", ".join(f"{name} {value:g}" for name, value in row.sounds.bounds.items())
    return (
        f"{party[0]}的声音（{row.sounds.for_s:g} 秒）：{bounds}",
        f"the sound of {party[1]} over {row.sounds.for_s:g} s: {bounds}",
    )


def _share(row: rows.TalkShareLeaf, who: Party | None) -> Both:
    party = _PARTY[row.who or who]
    least = row.talk_share_at_least
    limit = least if least is not None else row.talk_share_at_most or 0.0
    zh, en = ("至少", "at least") if least is not None else ("至多", "at most")
    return (
        f"{row.within_s:g} 秒里{party[0]}说话占比{zh} {100 * limit:.0f}%",
        f"{party[1]} does {en} {100 * limit:.0f} % of the talking of {row.within_s:g} s",
    )


def _temper(row: rows.TemperLeaf, _: Party | None) -> Both:
    held = ("", "") if not row.for_s else (f"，持续 {row.for_s:g} 秒", f" for {row.for_s:g} s")
    if row.temper_at_least is not None:
        return (
            f"客户情绪至少 {row.temper_at_least}{held[0]}",
            f"the caller is at least {row.temper_at_least}{held[1]}",
        )
    return (
        f"客户情绪至多 {row.temper_at_most}{held[0]}",
        f"the caller is at most {row.temper_at_most}{held[1]}",
    )


def _turns(row: rows.TurnsLeaf, who: Party | None) -> Both:
    party = _PARTY[row.who or who]
    if row.turns_at_most is not None:
        return (
            f"{party[0]}的前 {row.turns_at_most} 轮",
            f"in the first {row.turns_at_most} turns of {party[1]}",
        )
    return f"{party[0]}第 {row.turns_at_least} 轮起", f"from turn {row.turns_at_least} of {party[1]} on"


def _noted(row: rows.NotedLeaf, _: Party | None) -> Both:
    if row.at_least is not None:
        return (
            f"已记 `{row.noted}` 至少 {row.at_least} 次",
            f"`{row.noted}` is in the books at least {row.at_least} times",
        )
    return (
        f"已记 `{row.noted}` 至多 {row.at_most} 次",
        f"`{row.noted}` is in the books at most {row.at_most} times",
    )


def _by(party: Party | None, zh: str, en: str) -> Both:
    named = _PARTY[party]
    return zh.format(named[0]), en.format(named[1])


_LEAVES: dict[type[Row], Callable[[Any, Party | None], Both]] = {
    rows.SaidLeaf: _said,
    rows.NotSaidLeaf: _not_said,
    rows.OrderLeaf: _order,
    rows.CountLeaf: lambda row, who: _said(
        rows.SaidLeaf(said=row.count, at_least=row.at_least, within_s=row.within_s), who
    ),
    rows.RepeatsLeaf: lambda row, _: _by(
        row.repeats,
        "{}" + f"把差不多的话说了 {row.times} 次",
        "{}" + f" says nearly the same {row.times} times",
    ),
    rows.LikeLeaf: lambda row, who: _by(
        who, "{}说的话像：" + row.like[0], "{} says something like: " + row.like[0]
    ),
    rows.TimingLeaf: lambda row, _: _TIMING[row.timing],
    rows.TurnLongerLeaf: lambda row, who: _by(
        row.who or who,
        "{}" + f"一轮超过 {row.turn_longer_than_s:g} 秒",
        "a turn of {}" + f" is longer than {row.turn_longer_than_s:g} s",
    ),
    rows.TurnsLeaf: _turns,
    rows.SilentLeaf: lambda row, _: _by(
        row.who, "{}" + f"沉默 {row.silent_for_s:g} 秒", "{}" + f" silent for {row.silent_for_s:g} s"
    ),
    rows.ReplyGapLeaf: lambda row, who: _by(
        row.who or who,
        "{}" + f"过了 {row.reply_gap_s:g} 秒还没回应",
        "{}" + f" has not replied for {row.reply_gap_s:g} s",
    ),
    rows.UnacknowledgedLeaf: lambda row, who: _by(
        row.who or who,
        f"对方说了 {row.unacknowledged_for_s:g} 秒，" + "{}没有出声",
        "{}" + f" has made no sound during {row.unacknowledged_for_s:g} s of the other's speech",
    ),
    rows.TalkShareLeaf: _share,
    rows.SpokenLeaf: lambda row, who: _by(
        row.who or who, "{}" + f"已说了 {row.spoken_s:g} 秒", "{}" + f" has spoken for {row.spoken_s:g} s"
    ),
    rows.CallLongerLeaf: lambda row, _: (
        f"通话超过 {row.call_longer_than_s:g} 秒",
        f"the call is longer than {row.call_longer_than_s:g} s",
    ),
    rows.InterruptsLeaf: lambda row, _: _by(
        row.interrupts,
        "{}" + f"在 {row.within_s:g} 秒内抢话 {row.at_least} 次",
        "{}" + f" cuts in {row.at_least} times within {row.within_s:g} s",
    ),
    rows.SoundsLeaf: _sounds,
    rows.TemperLeaf: _temper,
    rows.SlotLeaf: _slot,
    rows.ComplaintLeaf: lambda row, _: (
        ("属于投诉", "it is a complaint") if row.is_complaint else ("不是投诉", "it is no complaint")
    ),
    rows.RiskLeaf: lambda row, _: (
        f"升级风险至少 {row.risk_at_least:g}",
        f"the risk of escalation is at least {row.risk_at_least:g}",
    ),
    rows.TypeLeaf: lambda row, _: (
        f"客户像 `{row.type}`（{row.at_least:g}）",
        f"the caller seems `{row.type}` ({row.at_least:g})",
    ),
    rows.NeedLeaf: lambda row, _: (
        f"客户需求像 `{row.need}`（{row.at_least:g}）",
        f"the caller seems to want `{row.need}` ({row.at_least:g})",
    ),
    rows.PhaseLeaf: lambda row, _: _of("阶段为", "the phase is", row.phase),
    rows.NotedLeaf: _noted,
}
