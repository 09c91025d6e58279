"""Spoken numbers as digits: order and telephone numbers, amounts, dates.

Only what is certainly a number is written so: digits read one by one, three or more in a row, and numbers
with a unit of measure behind them. 一点, 一下, 十分, 千万 and other words that merely look like numbers stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.core.transcription.text import is_han

_DIGITS_ZH = dict(zip("零〇一二三四五六七八九幺", "001234567891", strict=True))
_VALUES_ZH = {**{c: int(d) for c, d in _DIGITS_ZH.items()}, "两": 2, "兩": 2}
NUMERALS_ZH = frozenset([*_VALUES_ZH, *"十百千万亿萬億"])
"""Every character that numbers are made of, in either script."""

_TRADITIONAL = str.maketrans("万亿", "萬億")

_DIGITS_EN = {
    "zero": "0",
    "oh": "0",
    "o": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
}
_TEENS_EN = {
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
}
_TENS_EN = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_SCALES_EN = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_TIMES_EN = {"double": 2, "triple": 3}
NUMERALS_EN = frozenset([*_DIGITS_EN, *_TEENS_EN, *_TENS_EN, *_SCALES_EN, *_TIMES_EN])
"""Every English word that numbers are made of."""

_ROW_MIN = 3
"""Digits in a row that are a number: two may be a guess between neighbours (三四 days)."""
_LISTED_MIN = 5
"""Digits with commas between them: fewer may be a list (1, 2, 3)."""
_TENS_ROW_MIN = 7
"""Digits of a number read in pairs ("forty-two eighteen"); fewer may be a price or an hour."""

_N = "[零〇一二两兩三四五六七八九十百千万亿萬億]"
_D = "[零〇一二三四五六七八九幺]"
_MEASURE_ZH = (
    "块|元|圆|塊|圓|角|毛|美元|美金|欧元|歐元|港币|港幣|人民币|人民幣|岁|歲|天|年|个|個|月|日|号|號|小时|小時|"
    "分钟|分鐘|秒|公斤|千克|斤|克|吨|噸|公里|千米|米|厘米|毫米|升|毫升|平方|平米|层|層|楼|樓|室|栋|棟|件|单|單|"
    "位|名|人|户|戶|倍|折|度|页|頁|台|辆|輛|箱|包|袋|瓶|份|只|張|张|条|條|套|期|级|級|批|周|週|工作日"
)

_IDIOMS_ZH = re.compile(
    "七七八八|三七二十一|十年如一日|十年八年|百分之百|五十步|十个八个|一百个|八百个|一千个|一万个|[一二三]点半点"
)
"""Words of numbers that count nothing; what they cover stays as it is said."""

_ROW_ZH = re.compile(f"(?<!{_N}){_D}{{{_ROW_MIN},}}(?![十百千万亿萬億])")
_PERCENT_ZH = re.compile(f"百分之({_N}+)(?:[点點]({_D}+))?")
_DATE_ZH = re.compile(f"(?<!{_N})({_N}{{1,3}})(月)(份?)({_N}{{1,3}})([号號日])")
_CLOCK_ZH = re.compile(f"(?<!{_N})({_N}{{1,3}})([点點])(?:({_N}{{1,3}})(分)(?!之)|(?=半|钟|鐘|整|一刻|三刻))")
_DECIMAL_ZH = re.compile(f"(?<!{_N})({_N}+)[点點]({_D}+)(?=万|亿|{_MEASURE_ZH})")
_ORDINAL_ZH = re.compile(f"(?<=第)({_N}{{2,}})")
_AMOUNT_ZH = re.compile(f"(?<!{_N})(?<![第几幾好])({_N}*[十百千万亿萬億]{_N}*)(?={_MEASURE_ZH})")

_SECTION = re.compile(
    "(?:(D)千)?(零)?(?:(D)百)?(零)?(?:(D?)十)?(零)?(D)?".replace("D", "[一二两三四五六七八九]")
)

_SPACED = re.compile(r"(?<![\d.,:])\d(?:(?:[ ,，]|-|, )\d(?!\d)){2,}(?![\d%:]|[.,]\d)")
"""Single digits that the recogniser wrote apart."""

_WORD_EN = re.compile(r"[a-z]+(?:'[a-z]+)?|[^\sa-z]+")
_LETTERS_EN = re.compile(r"[a-z]+(?:'[a-z]+)?")
_MEASURE_EN = re.compile(
    r"[ -]*(?:dollars?|bucks|cents?|pounds?|euros?|yuan|percent|days?|hours?|minutes?|seconds?|weeks?|"
    r"months?|years?|kilos?|kilograms?|grams?|miles?|kilometers?|meters?|feet|inches|items?|parcels?|packages?)\b"
)
_GAP_EN = re.compile(r"[ -]|, ")


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text: [start, end) of its characters, and how it is written."""

    start: int
    end: int
    written: str


def numbers(text: str) -> list[Number]:
    """The numbers in a text that are certainly numbers, in order, none overlapping another."""
    taken = [False] * len(text)
    for idiom in _IDIOMS_ZH.finditer(text):
        taken[idiom.start() : idiom.end()] = [True] * len(idiom[0])
    found: list[Number] = []
    for number in (*_chinese(text), *_spaced(text), *_english(text)):
        if not any(taken[number.start : number.end]):
            taken[number.start : number.end] = [True] * (number.end - number.start)
            found.append(number)
    return sorted(found, key=lambda number: number.start)


def with_digits(text: str) -> str:
    """The text with its numbers in digits."""
    written, at = "", 0
    for number in numbers(text):
        written += text[at : number.start] + number.written
        at = number.end
    return written + text[at:]


def spoken_digits(text: str) -> str:
    """All digits that a text of number words holds, however they are read: 六二 -> 62, "forty two" -> 42.

    What is no digit counts nothing.
    """
    digits = ""
    tens = 0
    times = 1
    for token in _WORD_EN.findall(text.lower()):
        if token in _TIMES_EN:
            times = _TIMES_EN[token]
            continue
        if token in _TENS_EN:
            digits += f"{tens:02d}" if tens else ""
            tens = _TENS_EN[token]
            continue
        own = _DIGITS_EN.get(token)
        if tens:
            digits += str(tens + int(own)) if own and own != "0" else f"{tens}{own or ''}"
            tens = 0
        elif own:
            digits += own * times
        times = 1
        if token in _TEENS_EN:
            digits += str(_TEENS_EN[token])
        elif not own:
            digits += "".join(_DIGITS_ZH.get(c, c if c.isdecimal() else "") for c in token)
    return digits + (str(tens) if tens else "")


def chinese_value(numeral: str) -> int | None:
    """The value of a Chinese cardinal number; None where it is not well formed (三四十, 三百五)."""
    text = numeral.translate(str.maketrans("萬億兩〇", "万亿两零"))
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        head, mark, tail = text.rpartition(unit)
        if mark:
            high = chinese_value(head) if head else None
            low = chinese_value(tail.removeprefix("零")) if tail else 0
            return None if high is None or low is None or low >= size else high * size + low
    match = _SECTION.fullmatch(text)
    if not text or match is None or text == "零":
        return None
    thousands, zero_a, hundreds, zero_b, tens, zero_c, ones = match.groups()
    # A digit right behind 千 or 百 (三百五) stands for the next unit; one behind 零 for ones.
    is_short = ones and tens is None and (hundreds or thousands) and not (zero_a or zero_b or zero_c)
    if is_short:
        return None
    value = 0
    for digit, size in ((thousands, 1000), (hundreds, 100), (ones, 1)):
        value += _VALUES_ZH[digit] * size if digit else 0
    return value + (10 * (_VALUES_ZH[tens] if tens else 1) if tens is not None else 0)


def _as_written(value: int, said: str) -> str:
    """Digits; whole 万 and 亿 stay, as everybody writes them, in the script in which they were `said`."""
    if value < 10**4 or value % 10**4:
        return str(value)
    high, low = divmod(value // 10**4, 10**4)
    written = (f"{high}亿" if high else "") + (f"{low}万" if low else "")
    return written.translate(_TRADITIONAL) if any(unit in said for unit in "萬億") else written


def _chinese(text: str) -> Iterator[Number]:
    if not any(character in NUMERALS_ZH for character in text):
        return
    for match in _PERCENT_ZH.finditer(text):
        value = chinese_value(match[1])
        if value is not None:
            rest = f".{spoken_digits(match[2])}" if match[2] else ""
            yield Number(match.start(), match.end(), f"{value}{rest}%")
    yield from _chinese_dates(text)
    for match in _DECIMAL_ZH.finditer(text):
        value = 0 if match[1] in "零〇" else chinese_value(match[1])
        if value is not None:
            yield Number(match.start(), match.end(), f"{value}.{spoken_digits(match[2])}")
    for pattern in (_ORDINAL_ZH, _AMOUNT_ZH):
        for match in pattern.finditer(text):
            value = chinese_value(match[1])
            if value is not None:
                yield Number(match.start(), match.end(), _as_written(value, match[1]))
    for match in _ROW_ZH.finditer(text):
        yield Number(match.start(), match.end(), spoken_digits(match[0]))


def _chinese_dates(text: str) -> Iterator[Number]:
    """Months with their days, and hours with their minutes: there single digits count too."""
    for match in _DATE_ZH.finditer(text):
        month, day = chinese_value(match[1]), chinese_value(match[4])
        if month is not None and day is not None and month <= 12 and day <= 31:
            yield Number(match.start(), match.end(), f"{month}{match[2]}{match[3]}{day}{match[5]}")
    for match in _CLOCK_ZH.finditer(text):
        hour = chinese_value(match[1])
        minute = chinese_value(match[3].lstrip("零〇")) if match[3] else 0
        if hour is not None and minute is not None and hour <= 24 and minute < 60:
            rest = f"{minute}{match[4]}" if match[3] else ""
            yield Number(match.start(), match.end(), f"{hour}{match[2]}{rest}")


def _spaced(text: str) -> Iterator[Number]:
    for match in _SPACED.finditer(text):
        digits = "".join(character for character in match[0] if character.isdecimal())
        if len(digits) >= (_LISTED_MIN if "," in match[0] or "，" in match[0] else _ROW_MIN):
            yield Number(match.start(), match.end(), digits)


def _english(text: str) -> Iterator[Number]:
    """Runs of English number words."""
    lower = text.lower()
    if len(lower) != len(text) or not any(c.isascii() and c.isalpha() for c in text):
        return
    run: list[re.Match[str]] = []
    for match in _LETTERS_EN.finditer(lower):
        is_number = match[0] in NUMERALS_EN or (bool(run) and match[0] == "and")
        is_next = not run or bool(_GAP_EN.fullmatch(lower[run[-1].end() : match.start()]))
        if not (is_number and is_next):
            yield from _english_run(lower, run)
            run = []
        if match[0] in NUMERALS_EN or (run and match[0] == "and"):
            run.append(match)
    yield from _english_run(lower, run)


def _english_run(lower: str, run: list[re.Match[str]]) -> Iterator[Number]:
    while run and run[-1][0] in ("and", "o", "oh", *_TIMES_EN) and not _ends_row(run):
        run = run[:-1]
    while run and run[0][0] in ("o", "oh") and not _begins_row(lower, run):
        run = run[1:]
    if len(run) < 2 and not (run and run[0][0] in {**_TEENS_EN, **_TENS_EN}):
        return
    words = [match[0] for match in run]
    start, end = run[0].start(), run[-1].end()
    has_measure = _MEASURE_EN.match(lower, end) is not None
    value = english_value(words)
    is_hundred_percent = value == 100 and lower[end:].startswith(" percent")
    if has_measure and value is not None and value >= 10 and not is_hundred_percent:
        yield Number(start, end, str(value))
        return
    row = _english_row(words)
    has_commas = "," in lower[start:end]
    is_single = all(word in _DIGITS_EN or word in _TIMES_EN for word in words)
    least = _LISTED_MIN if has_commas and is_single else _ROW_MIN if is_single else _TENS_ROW_MIN
    if row is not None and len(row) >= least:
        yield Number(start, end, row)


def _begins_row(lower: str, run: list[re.Match[str]]) -> bool:
    """Whether an "oh" at the start is the first digit of a telephone number, and no exclamation."""
    if len(run) < _TENS_ROW_MIN or "," in lower[run[0].end() : run[1].start()]:
        return False
    return all(match[0] in _DIGITS_EN or match[0] in _TIMES_EN for match in run)


def _ends_row(run: list[re.Match[str]]) -> bool:
    """Whether an "oh" at the end is the last digit of a row ("one three oh")."""
    return run[-1][0] == "oh" and len(run) >= _ROW_MIN and all(match[0] in _DIGITS_EN for match in run)


def _english_row(words: list[str]) -> str | None:
    """Digits read one by one or in pairs; None where something else stands between them."""
    if any(word in _SCALES_EN or word == "and" for word in words):
        return None
    return spoken_digits(" ".join(words))


def english_value(words: list[str]) -> int | None:
    """The value of an English cardinal number; None where it is not well formed."""
    total, group, last = 0, 0, 10**9
    for word in words:
        if word == "and":
            continue
        if word in _SCALES_EN:
            size = _SCALES_EN[word]
            if not group:
                return None
            if size == 100:
                if group > 99:
                    return None
                group, last = group * 100, 100
            else:
                total, group, last = total + group * size, 0, 10**9
            continue
        value = _TENS_EN.get(word) or _TEENS_EN.get(word) or int(_DIGITS_EN.get(word, 0))
        # Each part must be smaller than what the last one left open: "twenty three", never "three twenty".
        room = 10 if last in _TENS_EN.values() else 100 if last >= 100 else 0
        if not value or value >= room:
            return None
        group, last = group + value, value
    return total + group or None


def is_number_word(text: str) -> bool:
    """Whether a word is made of digits or number words alone (its punctuation aside)."""
    bare = text.strip().strip(" ,.，。、-—:：;；").lower()
    if not bare:
        return False
    if all(c.isdecimal() or c in "-, x" or (is_han(c) and c in NUMERALS_ZH) for c in bare):
        return bare != "x"
    return all(part in NUMERALS_EN for part in re.split(r"[\s-]+", bare))
