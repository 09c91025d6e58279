"""Cooperative completions: the listener finishes the holder's phrase and leaves the floor where it was.

Of the overlaps that Schegloff (2000) calls non-competitive this is conditional access: the holder hesitates,
or comes to the phrase's end, the listener offers its last words, alone or in chorus, and the holder goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from monitor.core.clock import samples
from monitor.core.runs import Run, Stretch

_HELP_MIN, _HELP_MAX = samples(0.5), samples(1.6)
"""Speech that can be help: shorter is a sign of listening (嗯), longer says something of its own."""
_CHORUS = samples(0.3)
"""Both end together within this time where the listener speaks the last words too."""
_TELLS = samples(1.5)
"""A holder who goes on has said more than a sign of listening by then."""

_SIGNS = re.compile(
    r"(?:嗯|唔|啊|哦|噢|喔|哎|呃|对|是|好|行|成|的|呀|啦|吧|呢|没错|可以|明白|知道|了解|了|"
    r"\b(?:uh[- ]?huh|m+h*m*|oh|ah|yes|yeah|yep|yup|right|ok|okay|sure|exactly|absolutely|alright|true|"
    r"of course|got it|i see|i understand|go on|good|great|fine|no|really)\b|[^\w]|_)+",
    re.IGNORECASE,
)
"""Words that only show that one listens; asked only of short speech that overlaps the other's."""


def is_sign(text: str) -> bool:
    """True where these words, at least one, only show that one listens."""
    return bool(re.search(r"\w", text)) and _SIGNS.fullmatch(text) is not None


def is_help(
    holder: Run,
    comer: Run,
    onset: int,
    known: int,
    *,
    terminal: int,
    max_pause: int,
    floor: Iterable[Stretch],
    newest: Run | None,
) -> bool | None:
    """Whether the comer, who came in at `onset`, helped the holder finish a phrase and left it at that.

    By sound: the help is short, the holder's phrase ends soon after `onset` or together with the help, and
    the holder is the first to speak again, before a silence that ends a turn. A comer who speaks up again
    within that time was bidding for the floor, and only took breath.

    Args:
        terminal: how soon after `onset` the phrase ends, in samples.
        max_pause: the holder's silence that would end the turn, in samples.
        floor: the stretches of the holder's turns so far, oldest first.
        newest: the comer's newest run.

    Returns:
        None while it cannot be known.
    """
    said = sum(max(0, s.until(known) - max(s.start, onset)) for s in comer.stretches)
    phrase = next((s for s in reversed(holder.stretches) if s.start <= onset), None)
    if said > _HELP_MAX or phrase is None or phrase.until(known) <= onset:
        return False
    if not comer.is_closed or phrase.end is None:
        return None
    stop = comer.until(known)
    is_at_end = phrase.end - onset <= terminal or abs(phrase.end - stop) <= _CHORUS
    if said < _HELP_MIN or not is_at_end:
        return False
    if newest is not None and newest is not comer and newest.start - stop < max_pause:
        return False
    if known < stop + max_pause:
        return None
    end = max(phrase.end, stop)
    after = next((s for s in floor if s.start >= phrase.end), None)
    if after is not None:
        return stop - _CHORUS <= after.start <= end + max_pause
    return False if known >= end + max_pause + _TELLS else None
