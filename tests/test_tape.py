"""What is taken from a call's tape is what hearing and judging the call again would have told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from bench.labelled import FOLDER, load_conversation
from monitor.config import Settings
from monitor.core.events import Alert, Cue, Event
from monitor.core.inputs import CallInfo, RulesChanged
from monitor.core.playbook.conditions import NotSaidLeaf
from monitor.core.playbook.model import Phrases, RuleBook
from monitor.core.rejudge import FactTold, Finished, Rebooked, Record, Rejudging, Ticked
from monitor.core.retold import of_transcript
from monitor.core.settings import CoreSettings
from monitor.core.tape import marks_of
from monitor.core.taped import TapedRules
from monitor.playbook_files import load_playbook
from monitor.store.facts import FACTS_VERSION, FactsHeader, FactsWriter
from monitor.whatif import PastCall, Side, _again, _stepping, judge_again, open_call, what_if

BOOK = load_playbook()
CORE = Settings().core
CALLS = ["zh_course_veiled", "en_telecom_powerless", "zh_retail_haggle", "en_good_no_twice"]


def taped(records: Iterable[Record]) -> Iterable[Record]:
    """The records as a session keeps them, each with its tape."""
    again = Rejudging(BOOK, CORE, are_detectors_new=True)
    for record in records:
        again.take(record)
        if isinstance(record, FactTold | Ticked):
            yield replace(record, found=tuple(again._judging.found_now), tape=again.tape)
        else:
            yield replace(record, tape=again.tape) if isinstance(record, Finished) else record


@pytest.fixture(scope="module", params=CALLS)
def call(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> PastCall:
    """A conversation as a store keeps it."""
    conversation = load_conversation(FOLDER / f"{request.param}.toml")
    lines = [f"{turn.party}: {''.join(turn.pieces)}" for turn in conversation.turns]
    info = CallInfo(call_id="c", started_at="", source="file", title="")
    settings = CORE.model_dump(mode="json")
    header = FactsHeader(version=FACTS_VERSION, info=info, settings=settings, marks=marks_of(BOOK))
    path = tmp_path_factory.mktemp("facts") / "call.facts"
    writer = FactsWriter(path, header)
    for record in taped(of_transcript("\n".join(lines))):
        writer.write(record)
    writer.close()
    return open_call(str(path), Settings())


def with_rule(change: Callable[[RuleBook], Iterable[object]]) -> RuleBook:
    """The shipped book with other rules."""
    return RuleBook(change(BOOK), BOOK.signals.values())  # type: ignore[arg-type]


def with_words(rule_id: str, zh: str, en: str) -> RuleBook:
    """The shipped book in which one rule is heard in more words."""
    old = BOOK[rule_id].phrases
    assert old is not None
    phrases = Phrases.model_validate({**old.model_dump(), "zh": (*old.zh, zh), "en": (*old.en, en)})
    changed = BOOK[rule_id].model_copy(update={"phrases": phrases})
    return with_rule(lambda book: [changed if rule.id == rule_id else rule for rule in book])


def with_signal(id_: str, zh: str, en: str) -> RuleBook:
    """The shipped book in which one signal is heard in more words."""
    old = BOOK.signals[id_]
    assert old.phrases is not None
    more = {"zh": (*old.phrases.zh, zh), "en": (*old.phrases.en, en)}
    changed = old.model_copy(update={"phrases": old.phrases.model_copy(update=more)})
    return RuleBook(BOOK, [changed if row.id == id_ else row for row in BOOK.signals.values()])


def tuned(section: str, **values: float) -> CoreSettings:
    """The settings with other thresholds in one section."""
    return CORE.model_copy(update={section: getattr(CORE, section).model_copy(update=values)})


NEW = BOOK["no_authority"].model_copy(
    update={"id": "says_we", "phrases": Phrases(zh=("我们", "您"), en=("we", "you", "i"))}
)
OWES = BOOK["no_authority"].model_copy(
    update={
        "id": "owes_by_end",
        "phrases": Phrases(zh=("没有人会这么说",), en=("nobody says this",)),
        "what": NotSaidLeaf(not_said=("owes_by_end",), by_end=True),
    }
)


def each(**changes: object) -> RuleBook:
    """The shipped book with every rule changed."""
    return with_rule(lambda book: [rule.model_copy(update=changes) for rule in book])


def without(rule_id: str) -> RuleBook:
    """The shipped book less a rule."""
    return with_rule(lambda book: [rule for rule in book if rule.id != rule_id])


SIDES = {
    "the same": (Side(BOOK), "none"),
    "cool-down": (Side(each(cool_down_s=0.0)), "none"),
    "cues": (Side(BOOK, tuned("cues", between_s=0.0, topic_rest_s=0.0)), "none"),
    "detector": (Side(BOOK, tuned("detectors", dead_air_alert_s=4.0, dead_air_cue_s=3.0)), "few"),
    "gated detector": (
        Side(BOOK, tuned("detectors", talk_share=0.56, talk_share_clear=0.55, talk_speech_s=8.0)),
        "read",
    ),
    "more words": (Side(with_words("no_authority", "(?:这个|那个)", "(?:this|that)")), "few"),
    "a new rule": (Side(with_rule(lambda book: [NEW, *book])), "few"),
    "a rule less": (Side(without("no_authority")), "few"),
    "owed by the end": (Side(with_rule(lambda book: [*book, OWES])), "few"),
    "words of a signal": (Side(with_signal("refusal", "(?:这个|您)", "(?:this|you)")), "read"),
    "words that are read": (Side(with_words("complaint", "(?:我|要)", "(?:i|want)")), "read"),
    "reading": (Side(BOOK, tuned("reading", memory_s=20.0, shown_score=0.2)), "read"),
    "gates": (Side(each(clears_after_s=1.0)), "read"),
    "rules' own": (Side(BOOK, tuned("rules", raises_max=1)), "all"),
    "another order": (Side(with_rule(lambda book: reversed(list(book)))), "all"),
}
"""Edits, and what of the rules is judged anew: none, few without the reading, many with it, or all."""


def told(events: Iterable[Event]) -> list[Event]:
    """The alerts and cues, whole: with their ids, times, words and reasons."""
    return [event for event in events if isinstance(event, Alert | Cue)]


def how_many(taped: TapedRules) -> str:
    """How many rules are judged anew."""
    if taped.is_reading_asked:
        return "read"
    return "none" if not taped._asked else "few" if len(taped._asked) < len(BOOK) / 4 else "many"


@pytest.mark.parametrize("edit", SIDES)
def test_the_short_way_tells_what_the_long_way_tells(call: PastCall, edit: str) -> None:
    side, anew = SIDES[edit]
    again = _again(call, side)
    assert again._ears is not None
    assert anew == ("all" if again._taped is None else how_many(again._taped))
    short = [event for record in _stepping(call, lambda _: None) for event in again.take(record)]
    assert told(short) == told(judge_again(call, side))


def test_calls_are_long_enough_to_tell(call: PastCall) -> None:
    """Else the test above would compare nothing with nothing."""
    everything = [told(judge_again(call, SIDES[edit][0])) for edit in ("the same", "a new rule")]
    assert len(everything[1]) > len(everything[0])
    heard = [record for record in call.records() if isinstance(record, FactTold) and record.tape.heard]
    assert len(heard) > 3


def test_a_gated_detector_is_told_of_in_some_call() -> None:
    """Else its row in the table above would compare nothing with nothing."""
    assert BOOK["talk_share"].is_gated
    conversation = load_conversation(FOLDER / "zh_retail_haggle.toml")
    records = of_transcript("\n".join(f"{turn.party}: {''.join(turn.pieces)}" for turn in conversation.turns))
    settings = SIDES["gated detector"][0].settings
    assert settings is not None
    again = Rejudging(BOOK, settings, are_detectors_new=True)
    rules = [event.rule for record in records for event in again.take(record) if isinstance(event, Alert)]
    assert rules.count("talk_share") == 1


def _without_tape(record: Record) -> Record:
    if isinstance(record, FactTold | Ticked | Finished):
        return replace(record, tape=type(record.tape)())
    return record


@pytest.mark.parametrize("digest", ["", "the same"])
def test_a_call_whose_process_died_is_judged_to_where_it_breaks_off(call: PastCall, digest: str) -> None:
    """Its tape has no end, so that what was owed by the end is told by neither the tape nor the call."""
    owes = with_rule(lambda book: [*book, OWES])
    records = [record for record in call.records() if not isinstance(record, Finished)]
    dead = replace(call, records=lambda: records, playbook=digest, has_told=True)
    change = what_if(dead, Side(owes, digest=digest), Side(BOOK))
    long = [list(told(judge_again(dead, Side(book)))) for book in (owes, BOOK)]
    alerts = [[one.rule for one in events if isinstance(one, Alert)] for events in long]
    assert "owes_by_end" in alerts[0]
    assert [alert.rule for alert in change.went] == ["owes_by_end"]
    assert len(change.stayed) == len(alerts[1])
    assert change.came == []


def test_an_edit_in_mid_call_ends_the_tape(call: PastCall) -> None:
    edited = [Rebooked(0, RulesChanged(files=())), *call.records()]
    wrong = replace(call, records=lambda: [_without_tape(record) for record in edited])
    change = what_if(wrong, Side(BOOK), Side(SIDES["a new rule"][0].book))
    assert len(change.came) + len(change.stayed) == sum(
        isinstance(event, Alert) for event in judge_again(call, SIDES["a new rule"][0])
    )
