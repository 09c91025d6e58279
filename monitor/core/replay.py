"""A call again, from what it was told: the same inputs give the same events, to the byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import msgspec

from monitor.core.events import Event
from monitor.core.inputs import SessionInput


class Analysis(Protocol):
    """What `CallSession` offers: inputs in, events out."""

    def receive(self, item: SessionInput) -> list[Event]:
        """Takes one input and returns what it made known."""


class Numbering:
    """Gives a call's events their `call_id` and their `seq`, from 1 without holes."""

    def __init__(self, call_id: str) -> None:
        self._call_id = call_id
        self._seq = 0

    def number(self, events: Iterable[Event]) -> list[Event]:
        """The events, numbered in the order given."""
        numbered = []
        for event in events:
            self._seq += 1
            numbered.append(msgspec.structs.replace(event, seq=self._seq, call_id=self._call_id))
        return numbered


def replay(session: Analysis, call_id: str, journal: Iterable[SessionInput]) -> Iterator[Event]:
    """The events of the call whose inputs `journal` holds, as the live call numbered them."""
    numbering = Numbering(call_id)
    for item in journal:
        yield from numbering.number(session.receive(item))
