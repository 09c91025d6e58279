"""What is made of a book, made once and kept as long as the book is in use."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from monitor.core.playbook.model import RuleBook

_More = ParamSpec("_More")
_Made = TypeVar("_Made")


def once_for_each_book(
    make: Callable[Concatenate[RuleBook, _More], _Made],
) -> Callable[Concatenate[RuleBook, _More], _Made]:
    """Makes it when it is first asked for. No bound: what is made of a book in force is never made again,
    whatever else is tried beside it, and goes with the last who has the book. It must not refer to the book.
    """
    made: WeakKeyDictionary[RuleBook, dict[object, _Made]] = WeakKeyDictionary()

    @wraps(make)
    def kept(rulebook: RuleBook, /, *more: _More.args, **named: _More.kwargs) -> _Made:
        of_book = made.setdefault(rulebook, {})
        which = (more, *named.items())
        if which not in of_book:
            of_book[which] = make(rulebook, *more, **named)
        return of_book[which]

    return kept
