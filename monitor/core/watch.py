"""What a supervisor should know about a call's sound, found while it is heard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from monitor.core.audio import Party
from monitor.core.clock import BLOCK_SAMPLES, samples, seconds

_SILENT_AFTER = samples(30.0)
"""Call time after which silence is worth a notice."""
_OTHER_SPOKE = samples(10.0)
"""Speech of one party that makes the other's silence strange; at the call's end less is enough."""
_OTHER_SPOKE_IN_ALL = samples(3.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing found; `code` is a key of `monitor.core.notices.NOTICES`."""

    code: str
    party: Party | None = None
    values: Mapping[str, str | float | int] = field(default_factory=dict)


class SoundWatch:
    """Folds what is known of each block's sound into notices, each told once a call (and party).

    `parties` are those who can be heard; the other one's silence is no news.
    """

    def __init__(self, parties: Iterable[Party] = tuple(Party)) -> None:
        self._parties = tuple(party for party in Party if party in set(parties))
        self._spoken = dict.fromkeys(Party, 0)
        self._told: set[tuple[str, Party | None]] = set()

    def on_block(self, now: int, *, is_speaking: Mapping[Party, bool], is_same_sound: bool) -> list[Found]:
        """Takes what is known of the 100 ms up to `now`."""
        for party in self._parties:
            self._spoken[party] += BLOCK_SAMPLES if is_speaking.get(party) else 0
        found: list[Found] = []
        if is_same_sound and len(self._parties) == len(Party):
            found.append(Found(code="sound.same_channels"))
        if now >= _SILENT_AFTER:
            found.extend(self._silence(now, _OTHER_SPOKE))
        return self.new(found)

    def finish(self, now: int) -> list[Found]:
        """What the whole call's sound shows."""
        return self.new(self._silence(now, _OTHER_SPOKE_IN_ALL))

    def _silence(self, now: int, other_spoke: int) -> Iterator[Found]:
        if not any(self._spoken.values()):
            if now > 0:
                yield Found(code="sound.silence_only", values={"heard_s": round(seconds(now))})
            return
        for party in self._parties:
            if not self._spoken[party] and self._spoken[party.other] >= other_spoke:
                yield Found(code="sound.party_silent", party=party)

    def mark_told(self, code: str, party: Party | None) -> None:
        """The supervisor was told of it in another way."""
        self._told.add((code, party))

    def new(self, found: Iterable[Found]) -> list[Found]:
        """What of `found` was not told before in this call."""
        new = []
        for item in found:
            if (item.code, item.party) not in self._told:
                self._told.add((item.code, item.party))
                new.append(item)
        return new
