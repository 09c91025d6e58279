"""How what is read is named and met: the schema of the tables `[type.*]` and `[need.*]` of a playbook."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from monitor.core.events import Text
from monitor.core.reading.context import CallerNeed, CallerType, RiskKind
from monitor.core.reading.scores import Proof


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(_Row):
    """One line in both languages."""

    zh: str = Field(min_length=1, max_length=40)
    en: str = Field(min_length=1, max_length=90)

    @property
    def text(self) -> Text:
        """As the wire writes it."""
        return Text(zh=self.zh, en=self.en)


class Reading(_Row):
    """A caller type's or need's name, and how to meet it."""

    title: Line
    meet: Line | None = None
    source: tuple[str, ...] = ()


class ReadingTexts(_Row):
    """All there are; what is left out is called by its plain name and has no advice."""

    type: dict[CallerType, Reading] = Field(default_factory=dict)
    need: dict[CallerNeed, Reading] = Field(default_factory=dict)

    def of(self, kind: CallerType | CallerNeed) -> Reading:
        """The row of a type or need."""
        row = self.type.get(kind) if isinstance(kind, CallerType) else self.need.get(kind)
        return row or Reading(title=Line(zh=kind.value, en=kind.value))


RISKS: dict[RiskKind, Text] = {
    RiskKind.LEADER: Text(zh="要求找领导", en="asks for a manager"),
    RiskKind.REGULATOR: Text(zh="提到监管部门", en="brings in a regulator"),
    RiskKind.MEDIA: Text(zh="提到媒体或公开", en="means to go public"),
    RiskKind.CONSUMER_BODY: Text(zh="提到消费者组织", en="brings in a consumer body"),
    RiskKind.LAWYER: Text(zh="提到法律途径", en="speaks of legal action"),
    RiskKind.COMPLAINT: Text(zh="表示要投诉", en="means to complain"),
    RiskKind.LEAVING: Text(zh="表示不再来往", en="means to leave"),
    RiskKind.REPEATED_DEMAND: Text(zh="反复提出要求", en="asks for it again and again"),
    RiskKind.REFUSED: Text(zh="要求被拒绝", en="was refused"),
    RiskKind.HEAT: Text(zh="情绪升高", en="is heated"),
}

_REASONS: dict[str, Text] = {
    "said": Text(zh="说了“{words}”", en="said “{words}”"),
    "heat": Text(zh="情绪热度 {percent}%", en="temper at {percent}%"),
    "cuts_in": Text(zh="打断坐席", en="cut in on the agent"),
    "demand_changed": Text(
        zh="要求改了 {value} 次：“{words}”", en="changed the demand {value} times: “{words}”"
    ),
    "demand_repeated": Text(zh="第 {value} 次提出：“{words}”", en="asked {value} times: “{words}”"),
    "long_account": Text(
        zh="诉说了 {value} 秒，没有提要求", en="spoke for {value} s without asking for anything"
    ),
    "refused": Text(zh="坐席说“{words}”", en="the agent said “{words}”"),
}


def reason(proof: Proof) -> Text:
    """The sentence of one reason. The words may hold anything: they are put in as they are."""
    sentence = _REASONS[proof.code]
    values = {"words": proof.words, "value": f"{proof.value:.0f}", "percent": f"{100 * proof.value:.0f}"}
    return Text(zh=sentence.zh.format(**values), en=sentence.en.format(**values))
