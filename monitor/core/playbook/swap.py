"""Notices from the words alone that the two channels were taken for one another."""

from __future__ import annotations

from functools import cache

from monitor.core.audio import Party
from monitor.core.facts import Words
from monitor.core.playbook.matcher import PhraseListener
from monitor.core.playbook.model import Phrases
from monitor.core.playbook.phrasebook import PhraseBook

SWAPPED = "sound.channels_swapped"

_ENOUGH = 3
"""Points of agents' wording on the caller's channel that no caller quotes by chance: a greeting and
one more, or three lesser ones."""
_HEARD_MIN = 8
"""Words of the agent's channel that must be known first: silence there proves nothing."""

_AGENTS = {
    "greeting": (
        2,
        Phrases(
            zh=(
                "(?:工号|我是)?.{0,8}(?:很高兴|竭诚)?为您服务",
                "有什么(?:可以|能|需要)(?:帮|帮到|帮助|为|我)(?:您|助您|帮您)?",
                "欢迎(?:致电|拨打|来电)",
                "(?:感谢|谢谢)您(?:的)?(?:致电|来电|拨打)",
            ),
            unless_zh=("没有?(?:人)?为您服务", "(?:你们|你)(?:不是)?说"),
            en=(
                r"\b(?:thank you|thanks) for (?:calling|holding|contacting)\b",
                r"\bhow (?:may|can|could) i (?:help|assist|be of)\b",
                r"\bwelcome to .{0,24}(?:customer|support|service)",
                r"\byou(?:'re| are) (?:speaking|through) (?:to|with) .{0,16}(?:customer|support|service)",
            ),
        ),
    ),
    "asks_number": (
        1,
        Phrases(
            zh=(
                "(?:请|麻烦)(?:您)?(?:提供|报|告诉我|说)(?:一下)?(?:您的)?.{0,4}(?:单号|订单|号码|姓名|地址|邮件号)",
            ),
            en=(r"\b(?:may|can|could) i (?:have|get|take) your (?:order|tracking|account|name|phone)",),
        ),
    ),
    "offers_check": (
        1,
        Phrases(
            zh=("(?:我|这边)(?:来|马上|先|现在|这就|再)?(?:帮|为|给)您(?:查|核实|登记|处理|催|反馈|记录)",),
            en=(r"\b(?:i'll|i will|let me) (?:check|look into|look up|log|escalate) .{0,12}\bfor you\b",),
        ),
    ),
    "farewell": (
        1,
        Phrases(
            zh=(
                "祝您(?:生活|工作|心情)?(?:愉快|顺利)",
                "还有(?:什么|其他).{0,6}(?:帮|需要)",
                "请您?稍等.{0,6}(?:查|核)",
            ),
            en=(r"\banything else i can (?:help|do|assist)\b", r"\bbear with me while i\b"),
        ),
    ),
}

_CALLERS = {
    "complains": (
        1,
        Phrases(
            zh=(
                "(?:我|我们)的?(?:快递|包裹|邮件|订单|货)(?:怎么|为什么|到底|到现在)?(?:还|都)?(?:没|不|丢|在哪)",
                "你们(?:公司|快递|客服|领导)",
                "(?:我要|我想)(?:投诉|查一下我的|退货|退款)",
            ),
            en=(
                r"\b(?:where's|where is) my (?:parcel|order|package|refund)\b",
                r"\bmy (?:parcel|order|package|delivery) (?:hasn't|has not|never|still|is late|was)\b",
                r"\bi want (?:my money back|a refund|to speak to)\b",
            ),
        ),
    ),
}


@cache
def _book_of(is_agents: bool) -> PhraseBook:
    kinds = _AGENTS if is_agents else _CALLERS
    return PhraseBook({kind: phrases for kind, (_, phrases) in kinds.items()})


class SwapWatch:
    """Says once that the channels seem to be swapped.

    It takes agents' wording of two kinds on the caller's channel and none on the agent's, which must have
    been heard; a customer's wording on the agent's channel counts as one kind more.
    """

    def __init__(self) -> None:
        self._agent_like = {party: PhraseListener(_book_of(True)) for party in Party}
        self._caller_like = PhraseListener(_book_of(False))
        self._agents_wording: dict[Party, set[str]] = {party: set() for party in Party}
        self._callers_wording: set[str] = set()
        self._heard = 0
        self._is_told = False

    def on_words(self, words: Words) -> str | None:
        """The notice's code, when these words complete the evidence; None ever after."""
        if self._is_told:
            return None
        now = words.span.end
        found = self._agent_like[words.party].hear(words, now)
        self._agents_wording[words.party].update(rule for rule, _, _ in found)
        if words.party is Party.AGENT:
            self._heard += len(words.words)
            self._callers_wording.update(rule for rule, _, _ in self._caller_like.hear(words, now))
        self._is_told = self._is_swapped()
        return SWAPPED if self._is_told else None

    def _is_swapped(self) -> bool:
        kinds = self._agents_wording[Party.CALLER]
        if self._agents_wording[Party.AGENT] or self._heard < _HEARD_MIN or not kinds:
            return False
        points = sum(_AGENTS[kind][0] for kind in kinds)
        points += sum(_CALLERS[kind][0] for kind in self._callers_wording)
        return points >= _ENOUGH
