"""What a recogniser says when it hears nothing, or loses its way: the reasons to refuse its text.

Whisper invents on silence and music, loops on short context, and recites the subtitles that it was trained
on. Every rule here looks at one answer; each has a name, which is counted and told.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from monitor.core.transcription.text import normalise, to_script, units

TOKENS_FIXED = 10
TOKENS_PER_S = 9.0
"""Fast Mandarin has some 7 syllables a second, of one token each, seldom two; fast English 5 tokens."""

_COMPRESSION_MAX = 2.4
"""Whisper's own threshold (Radford et al. 2022), for texts long enough to compress at all."""
_COMPRESSION_BYTES_MIN = 120

_REPEATS_MIN = 4
_REPEATED_UNITS_MIN = 8
"""People do say "no, no, no, no"; nobody says eight units of one short loop in an utterance."""
_LOOP_UNITS_MAX = 8
_DIGITS_MAX = 24
"""Numbers do repeat themselves (88888888); none that is read out is longer than a card's with its date."""

_RETOLD_UNITS_MIN = 6
_RETOLD_SHARE = 0.75
_RETOLD_BETWEEN_MAX = 2
"""On short context a sentence is written twice, the second time a little otherwise: so many units, most of
them the same, with at most so many others between. Both sound sure, so that no score tells of it."""

_NO_SPEECH = 0.6
_NO_SPEECH_LOG_PROBABILITY = -0.6
_LOG_PROBABILITY_MIN = -1.3
"""Below this, answers of Whisper base on real speech hold no right word."""

_SQUEEZED_S = 0.03
_SQUEEZED_WORDS_MIN = 4
_SQUEEZED_SHARE = 0.5

_PHANTOM_SHARE = 0.5
_PHANTOMS = (
    "以下是普通话的句子",
    "谢谢观看",
    "谢谢大家观看",
    "谢谢收看",
    "感谢观看",
    "感谢收看",
    "感谢聆听",
    "请不吝点赞",
    "点赞订阅转发打赏",
    "支持明镜与点点栏目",
    "明镜与点点",
    "记得订阅",
    "请订阅我的频道",
    "下期再见",
    "下集再见",
    "我们下次再见",
    "字幕由amara",
    "amara.org",
    "字幕制作",
    "字幕志愿者",
    "中文字幕",
    "优优独播剧场",
    "yoyo television series exclusive",
    "字幕提供",
    "字幕组",
    "本字幕由",
    "欢迎订阅",
    "请点赞",
    "点赞关注",
    "感谢您的观看",
    "感谢大家收看",
    "多谢您的观看",
    "多谢您的收看",
    "我们下期再见",
    "由amaraorg社群提供",
    "词曲",
    "作词",
    "作曲",
    "thank you for watching",
    "thank you for your watching",
    "thank you very much for watching",
    "thanks for listening",
    "don't forget to subscribe",
    "thanks for watching",
    "thank you so much for watching",
    "please subscribe",
    "subscribe to my channel",
    "like and subscribe",
    "subtitles by",
    "captions by",
    "transcribed by",
    "see you in the next video",
    "see you next time",
)
"""Lines of subtitles. No call holds them; as most of an answer they are invented."""

_FILLERS = (
    "thank you",
    "thanks",
    "you",
    "bye",
    "bye bye",
    "okay",
    "oh",
    "so",
    "the",
    "hmm",
    "谢谢",
    "谢谢大家",
    "嗯",
    "啊",
    "好",
    "哦",
    "拜拜",
    "再见",
)
"""What silence and noise are heard as, though people say it too: refused only where the score is poor."""
_FILLER_LOG_PROBABILITY = -0.9
_FILLER_NO_SPEECH = 0.5

_HUMS = frozenset({"嗯", "啊", "哦", "呃", "唔", "哼", "mm", "mmm", "hmm", "uh", "um", "ah", "oh"})
"""Short signs of listening: the recogniser writes a lone one again and again."""
_HUMS_PER_S = 2.0

_SPELLED_HUM = re.compile(r"\s*m[.\s]*m?[.\s]*h[.\s]*m?[.\s]*", re.IGNORECASE)
_SPELLED_HUM_S = 1.2
"""A hum with closed lips is written as initials now and then: M.M.H. Who spells initials takes longer."""

_RECITED_SHARE = 0.8
_RECITED_LOG_PROBABILITY = -0.5
_HINT_TERMS = re.compile("[、，。,.;；:：\\n]+")

_PHANTOM_TEXTS = tuple(sorted(map(normalise, _PHANTOMS), key=len, reverse=True))
_FILLER_TEXTS = frozenset(normalise(filler) for filler in _FILLERS)

REASONS = (
    "token_rate",
    "repetition",
    "compression",
    "retelling",
    "past_end",
    "phantom",
    "recital",
    "no_speech",
    "low_probability",
)
"""The names of the rules, in the order in which they are asked."""


def token_cap(length_s: float) -> int:
    """The most tokens that speech of this length can hold; reaching it is running away."""
    return TOKENS_FIXED + int(TOKENS_PER_S * length_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An answer on trial. `text` is in any script; lengths are in seconds."""

    text: str
    tokens: int
    length_s: float
    average_log_probability: float
    no_speech_probability: float
    hint: str = ""
    """What the recogniser was told to expect."""
    is_last_look: bool = False
    """Whether more context cannot be had: people do say a thing twice, and then it is heard twice."""


def verdict(draft: Draft) -> str | None:
    """The first rule that refuses the answer, or None."""
    if not draft.text.strip():
        return None
    found = units(draft.text)
    (simplified,) = to_script([draft.text], "simplified")
    text = normalise(simplified)
    checks = {
        "token_rate": draft.tokens >= token_cap(draft.length_s),
        "repetition": _is_looping(found),
        "compression": _is_compressible(draft.text),
        "retelling": not draft.is_last_look and _is_retelling(found),
        "phantom": _is_phantom(text, draft),
        "recital": _is_recital(text, draft),
        "no_speech": draft.no_speech_probability > _NO_SPEECH
        and draft.average_log_probability < _NO_SPEECH_LOG_PROBABILITY,
        "low_probability": draft.average_log_probability < _LOG_PROBABILITY_MIN,
    }
    return next((reason for reason, is_met in checks.items() if is_met), None)


def is_past_end(lengths_s: Sequence[float]) -> bool:
    """Whether the words' alignment shows text without sound: most of the words have no length."""
    squeezed = sum(1 for length in lengths_s if length < _SQUEEZED_S)
    return squeezed >= _SQUEEZED_WORDS_MIN and squeezed >= _SQUEEZED_SHARE * len(lengths_s)


def hums_heard(text: str, length_s: float) -> str | None:
    """A sign of listening that is written more often than the sound is long, or as if it were initials: what
    was said. None for any other text."""
    if "." in text and length_s <= _SPELLED_HUM_S and _SPELLED_HUM.fullmatch(text):
        return "Mm-hmm."
    found = units(to_script([text], "simplified")[0])
    if len(found) < 2 or len(set(found)) > 1 or found[0] not in _HUMS:
        return None
    return found[0] if len(found) > 1 + _HUMS_PER_S * length_s else None


def _is_recital(text: str, draft: Draft) -> bool:
    """Whether the answer only says what the recogniser was told to expect: two terms of it, or one of which
    it is not sure."""
    terms = sorted((normalise(term) for term in _HINT_TERMS.split(draft.hint)), key=len, reverse=True)
    left = text
    said = 0
    for term in filter(None, terms):
        said += left.count(term)
        left = left.replace(term, "")
    is_doubtful = said > 1 or draft.average_log_probability < _RECITED_LOG_PROBABILITY
    return said > 0 and is_doubtful and len(text) - len(left) >= _RECITED_SHARE * len(text)


def _is_looping(found: Sequence[str]) -> bool:
    """Whether some run of up to eight units follows itself too often."""
    if all(unit.isdecimal() for unit in found):
        return len(found) > _DIGITS_MAX
    for width in range(1, _LOOP_UNITS_MAX + 1):
        same = 0
        for index in range(width, len(found)):
            same = same + 1 if found[index] == found[index - width] else 0
            repeats = same // width + 1
            if repeats >= _REPEATS_MIN and same + width >= _REPEATED_UNITS_MIN:
                return True
    return False


def _is_retelling(found: Sequence[str]) -> bool:
    """Whether a run of units is told again right after it, or the first ones again later on."""
    for again in range(_RETOLD_UNITS_MIN, len(found) - _RETOLD_UNITS_MIN + 1):
        for start in range(again - _RETOLD_UNITS_MIN + 1):
            width = min(again - start, len(found) - again)
            is_close = start == 0 or again - start - width <= _RETOLD_BETWEEN_MAX
            if found[start] == found[again] and width >= _RETOLD_UNITS_MIN and is_close:
                first, second = found[start : start + width], found[again : again + width]
                is_number = 2 * sum(unit.isdecimal() for unit in second) >= width
                alike = SequenceMatcher(None, first, second, autojunk=False).ratio()
                if alike >= _RETOLD_SHARE and not is_number:
                    return True
    return False


def _is_compressible(text: str) -> bool:
    raw = text.encode()
    return len(raw) >= _COMPRESSION_BYTES_MIN and len(raw) / len(zlib.compress(raw)) > _COMPRESSION_MAX


def _is_phantom(text: str, draft: Draft) -> bool:
    if text in _FILLER_TEXTS:
        return draft.average_log_probability < _FILLER_LOG_PROBABILITY or (
            draft.no_speech_probability > _FILLER_NO_SPEECH
            and draft.average_log_probability < _NO_SPEECH_LOG_PROBABILITY
        )
    left = text
    for phantom in _PHANTOM_TEXTS:
        left = left.replace(phantom, "")
    return len(text) - len(left) >= _PHANTOM_SHARE * len(text)
