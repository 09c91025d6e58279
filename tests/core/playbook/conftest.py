"""Scripted words for the playbook's tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from monitor.core.audio import Party
from monitor.core.clock import Span, samples
from monitor.core.facts import Word, Words

Say = Callable[..., Words]

_TOKEN = re.compile(r"[㐀-鿿][^㐀-鿿A-Za-z0-9]*|\s*[A-Za-z0-9'’%]+[^\s㐀-鿿A-Za-z0-9]*")


@pytest.fixture
def say() -> Say:
    """Makes committed words of a text as a recogniser would: a character or a word each, 0.2 s long.

    Texts follow one another without a gap; `after_s` leaves one.
    """
    clock: Iterator[int] = count()
    state = {Party.AGENT: samples(1.0), Party.CALLER: samples(1.0)}

    def make(party: Party, text: str, after_s: float = 0.0) -> Words:
        at = state[party] + samples(after_s)
        words = []
        for token in _TOKEN.findall(text):
            words.append(Word(party=party, span=Span(at, at + samples(0.2)), text=token, probability=0.9))
            at += samples(0.2)
        state[party] = at
        is_han = re.search("[㐀-鿿]", text) is not None
        return Words(
            party=party, words=tuple(words), language="zh" if is_han else "en", utterance=next(clock)
        )

    return make
