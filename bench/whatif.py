"""How long it takes to try an edited playbook on a call of an hour that is over, without its sound.

The shipped call is heard once and its facts are kept; repeated one after the other they make an hour, with
what was told in it. Judging it again with the same playbook must give the alerts and cues that the call had.
"""

from __future__ import annotations

import dataclasses
import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from monitor.config import Settings
from monitor.core.clock import Span, samples, seconds
from monitor.core.events import Alert, Cue
from monitor.core.inputs import CallInfo
from monitor.core.playbook.model import RuleBook
from monitor.core.rejudge import FactTold, Finished, Record, Rejudging, SameSound, Ticked, Told
from monitor.core.settings import CoreSettings
from monitor.core.tape import marks_of
from monitor.playbook_files import load_playbook
from monitor.playbook_watch import playbook_digest
from monitor.store.facts import FACTS_VERSION, FactsHeader, FactsWriter
from monitor.whatif import Side, judge_again, open_call, what_if
from tests.replays.scenario import run_scenario

_RULE = "no_authority"
"""Two other rules follow on it, and the reading does not look at it."""
_SIGNAL = "refusal"
"""What an edit of words can change the most of: the reading goes by it, and a hundred rules by it or that."""
HOUR = samples(3600.0)
RUNS = 3
_MOMENTS = frozenset({"now", "at"})


def later(value: Any, by: int) -> Any:
    """The value with every time in it moved."""
    if isinstance(value, Span):
        return Span(value.start + by, value.end + by)
    if isinstance(value, tuple):
        return tuple(later(one, by) for one in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        moved: dict[str, Any] = {}
        for field in dataclasses.fields(value):
            old = getattr(value, field.name)
            if isinstance(old, np.ndarray) or field.name == "texture":
                moved[field.name] = None
            elif field.name in _MOMENTS:
                moved[field.name] = old + by
            else:
                moved[field.name] = later(old, by)
        return type(value)(**moved)
    return value


def an_hour(records: list[Record]) -> Iterator[Record]:
    """The call again and again, as one call of an hour."""
    length = max(record.now for record in records if isinstance(record, Ticked))
    for start in range(0, HOUR, length):
        for record in records:
            if isinstance(record, FactTold | Ticked) and record.now + start <= HOUR:
                yield later(record, start)
            elif isinstance(record, SameSound):
                yield record
    yield Finished(HOUR)


def told_with(records: Iterator[Record], book: RuleBook, settings: CoreSettings) -> Iterator[Record]:
    """The records with the alerts and cues that follow on each, as a session keeps a call."""
    again = Rejudging(book, settings)
    for record in records:
        told = again.take(record)
        is_taped = isinstance(record, FactTold | Ticked | Finished)
        yield dataclasses.replace(record, tape=again.tape) if is_taped else record  # type: ignore[arg-type]
        yield from (Told(event) for event in told if isinstance(event, Alert | Cue))


def heard_wider(book: RuleBook, id_: str) -> RuleBook:
    """The book in which a rule or a signal is heard in a word more, which is said all the time."""
    row = book[id_] if id_ in book else book.signals[id_]
    assert row.phrases is not None
    phrases = row.phrases.model_copy(update={"zh": (*row.phrases.zh, "(?:这个|那个)")})
    wider = row.model_copy(update={"phrases": phrases})
    rules = [wider if rule.id == id_ else rule for rule in book]
    signals = [wider if signal.id == id_ else signal for signal in book.signals.values()]
    return RuleBook(rules, signals)  # type: ignore[arg-type]


def cpu_s(work: Callable[[], object]) -> float:
    """The least processor time of some runs: what others do on the machine counts as little as can be."""
    times = []
    for _ in range(RUNS):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


def main() -> None:
    """Prints processor seconds for an hour of call: judged once, and tried by an edited playbook."""
    settings, book = Settings(), load_playbook()
    digest = playbook_digest(None)
    recorder = run_scenario("zh_parcel")
    info = CallInfo(call_id="bench", started_at="", source="file", title="an hour")
    core = settings.core
    header = FactsHeader(
        version=FACTS_VERSION,
        info=info,
        settings=core.model_dump(mode="json"),
        playbook=digest,
        marks=marks_of(book),
    )
    edited = RuleBook(
        [rule.model_copy(update={"cool_down_s": 600.0}) for rule in book], book.signals.values()
    )
    wider, widest = heard_wider(book, _RULE), heard_wider(book, _SIGNAL)
    detectors = core.detectors.model_copy(update={"raised_level_db": 4.0})
    tuned = core.model_copy(update={"detectors": detectors})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hour.facts"
        writer = FactsWriter(path, header)
        for record in told_with(an_hour(recorder.facts), book, core):
            writer.write(record)
        writer.close()
        call = open_call(str(path), settings)
        told = list(judge_again(call, Side(book)))
        gc.freeze()  # as the command and the page's trial do
        known, unknown = Side(book, digest=digest), Side(book)
        same = [what_if(call, side, Side(book)) for side in (known, unknown)]
        assert not any(change.came or change.went for change in same)
        assert len(same[0].stayed) == len(same[1].stayed) == sum(isinstance(one, Alert) for one in told)
        alerts, cues = (sum(isinstance(event, kind) for event in told) for kind in (Alert, Cue))
        size = path.stat().st_size / 1e6
        print(f"{seconds(HOUR) / 3600:.0f} hour, {size:.1f} MB of facts, {len(book)} rules; CPU seconds:")
        read = cpu_s(lambda: sum(1 for _ in call.records()))
        print(f"  read                                      {read:5.2f}")
        print(
            f"  read and judged                           "
            f"{cpu_s(lambda: list(judge_again(call, Side(book)))):5.2f}  ({alerts} alerts, {cues} cues)"
        )
        for name, before, after in (
            ("what-if, rules of a call as it was told", known, Side(edited)),
            ("what-if, a threshold of one detector", known, Side(book, tuned)),
            ("what-if, a rule heard in more words", known, Side(wider)),
            ("what-if, a signal heard in more words", known, Side(widest)),
            ("what-if, told by another playbook", unknown, Side(wider)),
        ):
            print(f"  {name:41} {cpu_s(lambda b=before, a=after: what_if(call, b, a)):5.2f}")  # type: ignore[misc]


if __name__ == "__main__":
    main()
