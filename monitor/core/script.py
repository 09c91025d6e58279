"""What Traditional text has, Simplified text has not, and the converter leaves as it is.

Whisper writes Mandarin in Traditional characters half of the time. OpenCC's `t2s` takes 著 for the same
character in both scripts, since 著名 is, and its `tw2s` makes 幺 of every 么; the rest is put right here.
"""

from __future__ import annotations

import re

_AS_A_VERB = re.compile("(?<![显卓昭名巨专论原编译合土遗拙])著(?!名(?!字)|作|者|称|述|录(?![像音影]))")
"""著 in other places than the words that mainland China writes with it: 看著, 著急."""
_PLAIN = {"妳": "你", "甚么": "什么"}
_OTHERS = re.compile("|".join(_PLAIN))


def mainland(text: str) -> str:
    """Simplified text with the characters of mainland China, one for one."""
    if "著" in text:
        text = _AS_A_VERB.sub("着", text)
    return _OTHERS.sub(lambda found: _PLAIN[found[0]], text)
