"""How long it takes to try an edited playbook on a call of an hour that is over, without its sound.

The shipped call is heard once and its facts are kept; repeated one after the other they make an hour. Judging
them again with the same playbook must give the alerts and cues that the call had.
"""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from monitor.config import Settings
from monitor.core.clock import Span, samples, seconds
from monitor.core.events import Alert, Cue
from monitor.core.inputs import CallInfo
from monitor.core.rejudge import FactTold, Finished, Record, SameSound, Ticked
from monitor.playbook_files import load_playbook
from monitor.store.facts import FACTS_VERSION, FactsHeader, FactsWriter
from monitor.whatif import Side, judge_again, open_call, what_if
from tests.replays.scenario import run_scenario

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


def main() -> None:
    """Prints seconds for reading and judging an hour once, and for a what-if, which judges it twice."""
    settings, book = Settings(), load_playbook()
    recorder = run_scenario("zh_parcel")
    info = CallInfo(call_id="bench", started_at="", source="file", title="an hour")
    header = FactsHeader(version=FACTS_VERSION, info=info, settings=settings.core.model_dump(mode="json"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hour.facts"
        writer = FactsWriter(path, header)
        for record in an_hour(recorder.facts):
            writer.write(record)
        writer.close()
        call = open_call(str(path), settings)
        told = list(judge_again(call, Side(book)))
        once, twice = [], []
        for _ in range(RUNS):
            begun = time.perf_counter()
            list(judge_again(call, Side(book)))
            once.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            change = what_if(call, Side(book), Side(book))
            twice.append(time.perf_counter() - begun)
        assert not change.came
        assert not change.went
        alerts, cues = (sum(isinstance(event, kind) for event in told) for kind in (Alert, Cue))
        size = path.stat().st_size / 1e6
        print(f"{seconds(HOUR) / 3600:.0f} hour, {size:.1f} MB of facts, {len(book)} rules:")
        print(f"  read and judged once   {min(once):5.1f} s  ({alerts} alerts, {cues} cues)")
        print(f"  what-if, judged twice  {min(twice):5.1f} s")


if __name__ == "__main__":
    main()
