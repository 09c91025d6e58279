"""The playbook against the labelled conversations of `bench/conversations`.

    python -m bench.playbook [--details] [--only zh|en] [--playbook FOLDER] [NAME ...]

Every conversation is played to the real core (`bench/staging.py`): once with the words as they are written,
and, where it was spoken by synthetic voices and recognised, with the words that the recogniser wrote. It
prints precision and recall overall and by rule, how many near misses were flagged, cues an hour and how many
of them are right, and what a committed word costs with the playbook and with 1,000 rules. The labels were
written without sight of the rules' patterns. Beside it stands a second reader of the eighth batch.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from bench import second_reader
from bench.labelled import (
    BATCHES,
    KEPT_ASIDE,
    Conversation,
    load_conversations,
    rules_of,
)
from bench.reading_scores import read_call, show_reading
from bench.scoring import (
    READ_AS,
    READ_SOURCES,
    CallScore,
    by_rule,
    by_source,
    cue_precision,
    precision,
    recall,
    score,
)
from bench.staging import Stage, exact, play, recognised, seconds_for_words
from monitor.core.events import Event
from monitor.core.playbook.model import Rule, RuleBook
from monitor.playbook_files import load_playbook

RULES_WANTED = 1_000
COST_CALLS = 4
WORKERS = 2


_book: list[RuleBook] = []
"""The rules in force in a worker: given once, so that an edit on the way changes nothing."""


def judge(stage: Stage) -> tuple[Stage, list[Event]]:
    """Plays one call, in a worker."""
    return stage, play(stage, _book[0])


def judge_all(stages: Sequence[Stage], rulebook: RuleBook) -> list[tuple[Stage, list[Event]]]:
    """Plays all calls, a few at a time."""
    with ProcessPoolExecutor(WORKERS, initializer=_book.append, initargs=(rulebook,)) as pool:
        return list(pool.map(judge, stages))


def show(title: str, scores: Sequence[CallScore], rulebook: RuleBook) -> None:
    """Prints the overall figures."""
    held = frozenset(source for rule in rulebook for source in rule.source)
    hours = sum(one.length_s for one in scores) / 3600
    flagged = sum(len(alert.near) for one in scores for alert in one.alerts)
    cues = sum(len(one.cues) for one in scores)
    wrong = sum(not alert.is_right for one in scores for alert in one.alerts)
    print(f"\n{title}: {len(scores)} calls, {hours:.2f} h")
    print(f"  precision of alerts            {precision(scores)}")
    print(f"  recall, all live rules         {recall(scores)}")
    print(f"  recall, rules the playbook has {recall(scores, held)}")
    print(f"  of these, not type or need     {recall(scores, held - READ_SOURCES)}")
    shares = [found / every for found, every in by_source(scores).values()]
    print(f"  recall, mean of {len(shares):3} live rules   {statistics.mean(shares):.3f}")
    print(f"  near misses flagged            {flagged} of {sum(one.near for one in scores)}")
    print(f"  false alarms an hour           {wrong / hours:.1f}")
    print(f"  cues an hour                   {cues / hours:.1f}, right {cue_precision(scores)}")
    troubled = [one for one in scores if "_good_" not in one.conversation.id]
    if troubled:
        troubled_h = sum(one.length_s for one in troubled) / 3600
        shown = sum(len(one.cues) for one in troubled)
        print(f"  of these, troubled calls       {shown / troubled_h:.1f}, right {cue_precision(troubled)}")
    good = [one for one in scores if "_good_" in one.conversation.id]
    if good:
        wrong = sum(not alert.is_right for one in good for alert in one.alerts)
        print(f"  false alarms in {len(good)} good calls    {wrong}")


def show_second_reader(
    calls: Sequence[Conversation], played: Sequence[tuple[Stage, list[Event]]], rulebook: RuleBook
) -> None:
    """Prints the playbook by a second reader's labels, and that reader by the first ones.

    `played` holds each call once, in exact text.
    """
    read = second_reader.relabelled(calls)
    if not read:
        return
    told = {stage.conversation.id: events for stage, events in played}
    scores = [score(exact(call), told[call.id], rulebook) for call in read]
    show(
        f"exact text, calls of the {second_reader.BATCH} batch, by a second reader's labels", scores, rulebook
    )
    ids = {call.id for call in read}
    second_reader.show([call for call in calls if call.id in ids], read)


def show_rules(scores: Sequence[CallScore], rulebook: RuleBook) -> None:
    """Prints precision by the product's rules and recall by the table's."""
    held = {source for rule in rulebook for source in rule.source} | set(READ_AS.values())
    lacking = sorted(rules_of(by_source(scores), "labels") - held)
    print(f"\nlabelled rules of the table that no rule names as its source: {', '.join(lacking) or 'none'}")
    print("\nprecision by rule (right of fired), least first:")
    counts = sorted(by_rule(scores).items(), key=lambda item: (item[1][0] / item[1][1], item[0]))
    _columns([f"{rule} {right}/{every}" for rule, (right, every) in counts], 3)
    print("\nrecall by rule of the table (found of labelled), least first:")
    labels = sorted(by_source(scores).items(), key=lambda item: (item[1][0] / item[1][1], item[0]))
    _columns([f"{rule} {found}/{every}" for rule, (found, every) in labels], 6)


def _columns(cells: Sequence[str], count: int) -> None:
    width = 108 // count
    for at in range(0, len(cells), count):
        print("  " + "".join(cell.ljust(width) for cell in cells[at : at + count]).rstrip())


def show_details(scores: Sequence[CallScore]) -> None:
    """Prints every false alarm and every miss with its turn."""
    for one in scores:
        turns = one.conversation.turns
        for alert in one.alerts:
            if not alert.is_right:
                near = f" (near miss of {', '.join(sorted(alert.near))})" if alert.near else ""
                print(
                    f"{one.conversation.id} {alert.turn}: FALSE {alert.rule}{near}: {turns[alert.turn].text}"
                )
        for rule, index in one.missed:
            print(f"{one.conversation.id} {index}: MISSED {rule}: {turns[index].text}")


# --- what a word costs ------------------------------------------------------------------------------------


def thousand(rulebook: RuleBook) -> RuleBook:
    """The book with clones of its rules up to 1,000; each clone listens for other words of the same kind."""
    rules = list(rulebook)
    makers = [rule for rule in rules if rule.phrases is not None]
    number = 0
    while len(rules) < RULES_WANTED:
        made = _clone(makers[number % len(makers)], number)
        number += 1
        rules.append(made)
    return RuleBook(rules, rulebook.signals.values())


def _clone(rule: Rule, number: int) -> Rule:
    new_id = f"{rule.id}_{number}"
    row = rule.model_dump(mode="json", exclude_unset=True, by_alias=True)
    row.update({key: _renamed(row[key], rule.id, new_id) for key in ("what", "when", "cue") if key in row})
    row.update(id=new_id, phrases=_varied(row["phrases"], 1 + number))
    return Rule.model_validate(row)


def _renamed(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(part, old, new) for key, part in value.items()}
    if isinstance(value, list):
        return [_renamed(part, old, new) for part in value]
    return new if value == old else value


def _varied(value: Any, by: int) -> Any:
    """Other characters and letters in the place of these, the same way everywhere."""
    if isinstance(value, dict):
        return {key: _varied(part, by) for key, part in value.items()}
    if isinstance(value, list):
        return [_varied(part, by) for part in value]
    if not isinstance(value, str):
        return value
    moved = re.sub("[一-鿋]", lambda found: chr(0x4E00 + (ord(found[0]) - 0x4E00 + by) % 0x51CC), value)
    vowels = "aeiou"
    return re.sub(
        "[aeiou]", lambda found: vowels[(vowels.index(found[0]) + by) % 5] if by % 5 else found[0], moved
    )


def show_cost(stages: Sequence[Stage], rulebook: RuleBook) -> None:
    """Prints milliseconds a committed word: all that an answer of the recogniser sets going."""
    print("\ncost of a committed word, everything that the words set going (processor time):")
    for title, book in (("the playbook", rulebook), (f"{RULES_WANTED} rules", thousand(rulebook))):
        costs: list[float] = []
        for stage in stages:
            begun = time.process_time()
            taken_s, words = seconds_for_words(stage, book)
            whole_s = time.process_time() - begun
            costs.append(1_000 * taken_s / words)
            print(
                f"  {title} ({len(book)}), {stage.conversation.id}: {costs[-1]:.3f} ms a word of {words}; "
                f"the whole call {1_000 * whole_s / stage.end_s:.1f} ms a second"
            )
        print(f"  {title}: median {statistics.median(costs):.3f} ms")


def main() -> int:
    """Plays, scores and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*")
    parser.add_argument("--only", choices=("zh", "en"))
    parser.add_argument("--playbook", type=Path, help="a folder of rules; the shipped ones without")
    parser.add_argument(
        "--details",
        action="store_true",
        help="every false alarm and miss in calls that may be read, or in those named",
    )
    parser.add_argument("--no-cost", action="store_true")
    arguments = parser.parse_args()
    every = load_conversations()
    unknown = set(arguments.names) - {call.id for call in every}
    if unknown:
        parser.error(f"no conversation is called {', '.join(sorted(unknown))}")
    rulebook = load_playbook(arguments.playbook)
    calls = list(_wanted(every, arguments.names, arguments.only))
    stages = [exact(call) for call in calls]
    heard = [stage for stage in (recognised(call) for call in calls) if stage is not None]
    played = judge_all([*stages, *heard], rulebook)
    scores = [score(stage, events, rulebook) for stage, events in played]
    written, spoken = scores[: len(stages)], scores[len(stages) :]
    print(f"{len(rulebook)} rules; {sum(len(call.turns) for call in calls)} turns")
    show("exact text", written, rulebook)
    for language in ("zh", "en"):
        part = [one for one in written if one.conversation.language == language]
        if part and arguments.only is None and not arguments.names:
            show(f"exact text, {language}", part, rulebook)
    kept_aside = held_out(every)
    for batch, name in enumerate(BATCHES):
        part = [one for one in written if one.conversation.batch == batch]
        if part:
            what = "that no pattern was written against" if name in KEPT_ASIDE else "open to be read"
            show(f"exact text, calls of the {name or 'first'} batch, {what}", part, rulebook)
    show_second_reader(calls, played[: len(stages)], rulebook)
    if spoken:
        names = {one.conversation.id for one in spoken}
        show("recognised text", spoken, rulebook)
        show("the same calls, exact text", [one for one in written if one.conversation.id in names], rulebook)
    show_rules(written, rulebook)
    calls_read = [read_call(stage, events) for stage, events in played]
    show_reading("exact text", calls_read[: len(stages)])
    if spoken:
        show_reading("recognised text", calls_read[len(stages) :])
    if arguments.details:
        show_details([one for one in written if arguments.names or one.conversation.id not in kept_aside])
    if not arguments.no_cost:
        longest = sorted(stages, key=lambda stage: -len(stage.conversation.turns))
        show_cost(longest[:COST_CALLS], rulebook)
    return 0


def held_out(calls: Iterable[Conversation]) -> frozenset[str]:
    """The calls kept aside, which nobody reads to improve a pattern."""
    return frozenset(call.id for call in calls if BATCHES[call.batch] in KEPT_ASIDE)


def _wanted(calls: Iterable[Conversation], names: Sequence[str], only: str | None) -> Iterable[Conversation]:
    for call in calls:
        if (not names or call.id in names) and only in (None, call.language):
            yield call


if __name__ == "__main__":
    sys.exit(main())
