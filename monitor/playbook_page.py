"""The page that lists every rule: RULES.md."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.core.audio import Party
from monitor.core.playbook.model import CueText, Phrases, Rule, RuleBook, Signal
from monitor.playbook_sources import render_sources
from monitor.playbook_words import gates_in_words, in_words

_WHO = {Party.AGENT: "agent", Party.CALLER: "caller", None: "the conversation"}
_CLEARS = {
    "alert_ends": "the behaviour ends",
    "agent_says": "the agent says so",
    "agent_listens": "the agent listens",
    "agent_speaks": "the agent speaks",
    "agent_slows": "the agent slows down",
}
_HEAD = """# Rules

All {count} rules of the shipped playbooks and the {signals} signals that they build on, made by
`python -m monitor.playbook_files > RULES.md` from the files in `monitor/playbooks`; PLAYBOOK.md says how to
write them. Where a rule looks for nothing, the built-in detector of the same name judges. "Source" numbers a
rule's origin in the table of rules that the playbook was drawn from; the last part says what came of each.

| rule | who | severity | what it tells |
|---|---|---|---|
"""


def render_rules(book: RuleBook) -> str:
    """The page, in Markdown: a table of all rules, then each rule in full."""
    rows = [
        f"| [`{rule.id}`](#{rule.id}) | {_WHO[rule.who]} | {rule.severity} | "
        f"{rule.title.zh} · {_cell(rule.title.en)} |"
        for rule in book
    ]
    sections = [_section(rule) for rule in book]
    head = _HEAD.format(count=len(book), signals=len(book.signals))
    signals = [_signal(signal) for signal in book.signals.values()]
    parts = [head + "\n".join(rows), *sections, *(["# Signals", *signals] if signals else [])]
    parts.append(render_sources(book))
    return "\n\n".join(parts) + "\n"


def _signal(signal: Signal) -> str:
    lines = [f"## {signal.id}", "", f"- Who: {_WHO[signal.who]}", *_meaning(signal)]
    if signal.phrases is not None:
        lines += _phrases(signal.phrases)
    if signal.source:
        lines.append(f"- Source: {', '.join(signal.source)}")
    return "\n".join(lines)


def _meaning(row: Rule | Signal) -> list[str]:
    lines = []
    for each in row.speaks_for:
        named = next(value for value in (each.type, each.need, each.risk, each.phase) if value is not None)
        lines.append(f"- Speaks for {named} with weight {each.weight:g}")
    if row.fills is not None:
        lines.append(f"- Fills the slot {row.fills}")
    if row.notes is not None:
        lines.append(f"- Enters a {row.notes} into the call's books")
    if row.like:
        lines.append(f"- Also what is like (from {row.like_at_least:g}): {' · '.join(row.like)}")
    return lines


def _conditions(rule: Rule) -> list[str]:
    lines = []
    gates = gates_in_words(rule.when)
    if gates is not None:
        lines.append(f"- When: {gates[0]} · {gates[1]}")
    if rule.what is not None:
        zh, en = in_words(rule.what, rule.who)
        lines.append(f"- What: {zh} · {en}")
    if rule.yields_to:
        lines.append(f"- Yields to: {', '.join(f'`{id_}`' for id_ in rule.yields_to)}")
    if rule.report_only:
        lines.append("- Judged for the report alone")
    return lines


def _section(rule: Rule) -> str:
    lines = [
        f"## {rule.id}",
        "",
        f"**{rule.title.zh} · {rule.title.en}**",
        "",
        f"- Who: {_WHO[rule.who]}; severity: {rule.severity}",
        f"- Because: {rule.because.zh} · {rule.because.en}",
    ]
    lines += [*_conditions(rule), *_meaning(rule)]
    if rule.phrases is not None:
        lines += _phrases(rule.phrases)
    if rule.what is None and rule.is_said:
        lines.append(f"- Open for {rule.moment_s:g} s; again after {rule.cool_down_s:g} s at the earliest")
    elif rule.what is not None:
        stays = f"Open for {rule.clears_after_s:g} s; again" if rule.clears_after_s is not None else "Again"
        lines.append(f"- {stays} after {rule.cool_down_s:g} s at the earliest")
    if rule.temper_weight:
        lines.append(f"- Speaks for a hot temper with weight {rule.temper_weight:g}")
    if rule.provokes:
        lines.append("- Gives the caller cause for anger: a voice raised soon after it counts for more")
    if rule.cue is not None:
        lines += _cue(rule.cue, "Cue")
    for party, variant in sorted(rule.variants.items()):
        told = f"{variant.title.zh} · {variant.title.en}" if variant.title else "the same words"
        severity = f"; severity: {variant.severity}" if variant.severity else ""
        silent = "" if variant.has_cue else "; no cue"
        lines.append(f"- Of the {party}: {told}{severity}{silent}")
        if variant.cue is not None:
            lines += _cue(variant.cue, f"Cue of the {party}'s")
    if rule.source:
        lines.append(f"- Source: {', '.join(rule.source)}")
    return "\n".join(lines)


def _phrases(phrases: Phrases) -> list[str]:
    lines = [
        *_patterns("Patterns, Mandarin", phrases.zh),
        *_patterns("Patterns, English", phrases.en),
        *_patterns("Unless, Mandarin", phrases.unless_zh),
        *_patterns("Unless, English", phrases.unless_en),
        *_patterns("Beside it, Mandarin", phrases.beside_zh),
        *_patterns("Beside it, English", phrases.beside_en),
    ]
    terms = (*phrases.sounds_zh, *phrases.sounds_alone_zh)
    if terms:
        lines.append(f"- Also by sound: {'、'.join(terms)}")
    if phrases.count > 1:
        lines.append(f"- Takes {phrases.count} of them within {phrases.window_s:g} s")
    return lines


def _patterns(name: str, sources: Iterable[str]) -> list[str]:
    listed = [f"  - `{source}`" for source in sources]
    return [f"- {name}:", *listed] if listed else []


def _cue(cue: CueText, name: str) -> list[str]:
    lines = [f"- {name}: {cue.text.zh} · {cue.text.en}"]
    if cue.say is not None:
        lines.append(f"  - Say: “{cue.say.zh}” · “{cue.say.en}”")
    if cue.clears_on:
        lines.append(f"  - Said by: {', '.join(f'`{id_}`' for id_ in cue.clears_on)}")
    lines.append(f"  - Goes when {_CLEARS[cue.clears_when]}, or after {cue.expires_s:g} s")
    return lines


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
