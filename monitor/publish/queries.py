"""What a request's query says."""

from __future__ import annotations

import re
from collections.abc import Mapping

from monitor.errors import ServerError

_SHOWN_MAX = 40
"""Characters of a bad value that an error shows."""


def whole_number(query: Mapping[str, str], name: str, default: int, *, most: int, least: int = 1) -> int:
    """A parameter that is a whole number, or its default where it is not given.

    Raises:
        ServerError: server.parameter: it is none, or not from `least` to `most`.
    """
    text = query.get(name)
    if text is None:
        return default
    if not re.fullmatch("[0-9]{1,19}", text) or not least <= int(text) <= most:
        reason = f"a whole number, {least} to {most}"
        raise ServerError("server.parameter", name=name, value=text[:_SHOWN_MAX], reason=reason)
    return int(text)
