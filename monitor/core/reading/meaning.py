"""What a signal means to the reading: fields that a `[[signal]]` of the playbook carries."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from monitor.core.audio import Party
from monitor.core.reading.context import CallerNeed, CallerType, ComplaintSlot, Note, Phase, RiskKind

Weight = Annotated[float, Field(gt=0, le=1)]


class SpeaksFor(BaseModel):
    """One thing that a signal is evidence of, and how strongly."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: CallerType | None = None
    need: CallerNeed | None = None
    risk: RiskKind | None = None
    phase: Phase | None = None
    weight: Weight = 0.5

    @model_validator(mode="after")
    def _is_about_one_thing(self) -> SpeaksFor:
        named = [value for value in (self.type, self.need, self.risk, self.phase) if value is not None]
        if len(named) != 1:
            raise ValueError("say exactly one of `type`, `need`, `risk` or `phase`")
        return self


class Meaning(NamedTuple):
    """What a reader needs of a signal. The signal's phrases are the listener's business."""

    who: Party
    speaks_for: tuple[SpeaksFor, ...] = ()
    fills: ComplaintSlot | None = None
    notes: Note | None = None
