"""When something was promised for, as the words say it; never resolved to a date: the core has no clock."""

from __future__ import annotations

import re

_ZH_NUMBER = "[0-9零〇一二两三四五六七八九十百半]{1,4}"
_ZH_DAY = (
    r"(?:今天|今日|明天|明日|后天|後天|大后天|今晚|明晚|明早|今早|当天|當天|次日|第二天|月底|周末|週末|年底|"
    r"(?:本|这|這|下|下个|这个)?(?:周|週|星期|礼拜|禮拜)[一二三四五六日天]|(?:本|这|這|下)(?:个|個)?(?:周|週|月|星期)|"
    rf"{_ZH_NUMBER}月{_ZH_NUMBER}[号號日]|{_ZH_NUMBER}[号號](?!线|楼|門|门|仓|店|柜))"
)
_ZH_PART = "(?:一早|早上|上午|中午|下午|傍晚|晚上|下班|凌晨)"
_ZH_HOUR = rf"{_ZH_NUMBER}[点點时](?!钟?内|間|间)(?:钟|鐘)?(?:半|整|{_ZH_NUMBER}分?)?"
_ZH_BY = "(?:之前|以前|前|左右|之内|以内|内)"
_ZH_MOMENT = (
    rf"(?:{_ZH_DAY}(?:的)?(?:{_ZH_PART})?(?:{_ZH_HOUR})?{_ZH_BY}?|{_ZH_PART}(?:{_ZH_HOUR})?{_ZH_BY}?|"
    rf"{_ZH_HOUR}{_ZH_BY}|{_ZH_NUMBER}[点點](?:钟|鐘|半))"
)
"""An hour alone is no time: 我有三点要说, 一点都不."""
_ZH_LENGTH = (
    rf"{_ZH_NUMBER}(?:到{_ZH_NUMBER})?(?:个|個)?(?:多)?(?:工作日|自然日|小时|小時|钟头|鐘頭|分钟|分鐘|天|日|周|週|星期)"
    r"(?:之内|以内|内|內|之後|之后|以后|后|左右)"
)
_ZH = re.compile(rf"{_ZH_LENGTH}|{_ZH_MOMENT}")

_EN_NUMBER = (
    r"(?:\d{1,3}(?: ?(?:to|or|-) ?\d{1,3})?|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|"
    r"twenty[ -]four|twenty|thirty|forty[ -]eight|forty|sixty|seventy[ -]two|a couple of|a few|half an)"
)
_EN_UNIT = r"(?:(?:working|business) )?(?:minutes?|hours?|days?|weeks?)"
_EN_DAYNAME = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_EN_CLOCK = (
    r"(?:noon|midday|midnight|(?:\d{1,2}(?::\d\d)?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|"
    r"twelve)(?: ?(?:a\.?m\.?|p\.?m\.?|o'?clock)| in the (?:morning|afternoon|evening))?)"
)
_EN_DAY = (
    rf"(?:today|tonight|tomorrow(?: morning| afternoon| evening)?|this (?:morning|afternoon|evening|week)|"
    rf"next week|(?:next |this |on )?{_EN_DAYNAME}(?: morning| afternoon| evening)?|"
    r"the end of (?:the |this )?(?:day|week|month)|end of (?:the )?(?:day|week)|close of business)"
)
_EN = re.compile(
    rf"\b(?:within (?:the next )?{_EN_NUMBER} {_EN_UNIT}|in (?:the next )?{_EN_NUMBER} {_EN_UNIT}|"
    rf"(?:by|before|until|no later than) (?:{_EN_CLOCK} )?{_EN_DAY}|"
    rf"(?:by|before|at|around|no later than) {_EN_CLOCK}(?: {_EN_DAY})?(?!\w| (?:times|of (?:the|those)))|"
    rf"{_EN_DAY}(?:,? (?:by|before|at|around) {_EN_CLOCK})?)(?![A-Za-z])",
    re.IGNORECASE,
)


def due_in(text: str, about: int = 0) -> str | None:
    """The time or deadline that stands nearest to position `about` of the text, as it is written there.

    >>> due_in("我今天下午三点前给您回电")
    '今天下午三点前'
    >>> due_in("We will call you back within 24 hours.")
    'within 24 hours'
    """
    found = [*_ZH.finditer(text), *_EN.finditer(text)]
    if not found:
        return None
    nearest = min(found, key=lambda match: (_distance(match, about), match.start()))
    return nearest[0].strip()


def _distance(match: re.Match[str], about: int) -> int:
    return max(match.start() - about, about - match.end(), 0)
