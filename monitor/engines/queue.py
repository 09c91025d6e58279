"""Which requests wait, which is decoded next, and which are dropped: the scheduler's mind, without threads.

Finals go before partials, the earliest deadline first. A party's waiting partial gives its place to a newer
one, and is dropped when its utterance's final is queued. As the decoders fill up, a party's partials come
more rarely, and finals wait until it is known that their utterance is over; when even that is too much, or
finals wait, partials stop. A final of an utterance that is over is only ever replaced by a longer one.

Every method takes the time, so that a test or a simulation can be its clock. Nothing here is thread-safe.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from monitor.core.audio import Party
from monitor.core.recognition import Effort, Hypothesis, TranscriptionRequest

FAILED = "engine_failed"
"""`rejected` of an answer that the recogniser could not give."""

BATCH_MAX = 4
"""Greedy decoding of four together costs half of four apart; eight gain little more."""

FINALS_MAX = 256
"""Finals that wait: a quarter of an hour of speech, or 60 MB. Beyond that the oldest are given up."""

_PARTIAL_STALE_S = 2.0
"""A partial that waited this long shows the past: it is dropped undecoded."""

_PARTIALS_STOP_S = 0.75
"""While the oldest final waits longer than this, no partial is taken, and finals get the least effort."""

_WINDOW_S = 10.0
"""Over which the decoders' load is judged: some utterances of each party."""

_LOAD_AIM = 0.85
"""The share of the decoders' time by which the load is judged: from there on, queues grow quickly."""

_CADENCE_MAX_S = 4.0
"""A partial rarer than this is of no use to anybody: below that rate they stop."""

_SPECULATE_UNTIL_S = 2.0
"""While partials are further apart than this, no final is decoded on the guess that its utterance is over."""

_POLL_S = 0.05
"""How soon it is noticed that an utterance is over, or goes on."""

_COST_PRIOR_S = 0.3
"""What a partial costs before one was seen: Whisper base on a core of 2020."""

_BUSY_MAX_THOROUGH = 0.75
"""Finals are decoded thoroughly while the workers are busy less than this share of the time: all of
two calls on two cores, hardly one of five. That takes a sixth more of it, and of 100 units of read speech one
less is heard wrong."""


@dataclass(slots=True, eq=False)
class Item:
    """A request that waits or is being decoded."""

    call_id: str
    request: TranscriptionRequest
    resolve: Callable[[Hypothesis | None], None]
    """Takes the answer; None where the request was dropped undecoded."""
    is_cancelled: Callable[[], bool]
    asked_at: float
    since: float
    """Whence its place in the queue counts: a newer request inherits it."""

    @property
    def key(self) -> tuple[str, Party]:
        """Whose words they are."""
        return (self.call_id, self.request.party)


@dataclass(frozen=True, slots=True)
class _Work:
    """A batch that was decoded."""

    ended_at: float
    took_s: float
    finals: int
    partials: int


class RequestQueue:
    """What waits for `workers` decoders. `counters` says what became of every request."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._finals: list[Item] = []
        self._partials: dict[tuple[str, Party], Item] = {}
        self._shown_at: dict[tuple[str, Party], float] = {}
        """When each party's latest partial was taken, within the window."""
        self._work: deque[_Work] = deque()
        self._began_at: float | None = None
        self.counters: Counter[str] = Counter()
        """finals, partials, batches, batched_2 ... batched_4 (decoded); coalesced, superseded, stale, shed,
        retracted (dropped undecoded); given_up (finals, because too many waited); abandoned (finals that
        their call did not wait for)."""

    def __len__(self) -> int:
        return len(self._finals) + len(self._partials)

    @property
    def has_finals(self) -> bool:
        """Whether a final waits."""
        return bool(self._finals)

    def age_s(self, now: float) -> float:
        """How long the oldest request of any kind has waited; 0 where none waits."""
        return max((now - item.since for item in (*self._finals, *self._partials.values())), default=0.0)

    def final_age_s(self, now: float) -> float:
        """How long the oldest final has waited; 0 where none waits."""
        return max((now - item.since for item in self._finals), default=0.0)

    # --- in ----------------------------------------------------------------------------------------------

    def put(self, item: Item, now: float) -> list[Item]:
        """Queues a request; returns finals that had to be given up for want of room."""
        self._began_at = now if self._began_at is None else self._began_at
        if item.request.is_final:
            return self._put_final(item)
        older = self._partials.pop(item.key, None)
        if older is not None:
            item.since = older.since
            self._drop(older, "coalesced")
        if self.final_age_s(now) > _PARTIALS_STOP_S or self.cadence_s(now) > _CADENCE_MAX_S:
            self._drop(item, "shed")
        else:
            self._partials[item.key] = item
        return []

    def _put_final(self, item: Item) -> list[Item]:
        partial = self._partials.get(item.key)
        if partial is not None and partial.request.utterance <= item.request.utterance:
            del self._partials[item.key]
            self._drop(partial, "superseded")
        for index, other in enumerate(self._finals):
            if other.key == item.key and other.request.utterance == item.request.utterance:
                item.since = other.since
                self._finals[index] = item  # the longer final holds the shorter
                self._drop(other, "superseded")
                return []
        self._finals.append(item)
        if len(self._finals) <= FINALS_MAX:
            return []
        oldest = min(self._finals, key=lambda waiting: waiting.since)
        self._finals.remove(oldest)
        self.counters["given_up"] += 1
        return [oldest]

    def clear(self) -> list[Item]:
        """Takes out all that waits."""
        items = [*self._finals, *self._partials.values()]
        self._finals.clear()
        self._partials.clear()
        return items

    def _drop(self, item: Item, reason: str) -> None:
        self.counters[reason] += 1
        item.resolve(None)

    # --- out ---------------------------------------------------------------------------------------------

    def take(self, now: float) -> list[Item]:
        """The next batch of one kind: no more than this worker's share, so that none idles."""
        waiting = len(self._finals)
        self._finals = [item for item in self._finals if not item.is_cancelled()]
        if waiting > len(self._finals):
            self.counters["abandoned"] += waiting - len(self._finals)
        finals = self._certain() if self.cadence_s(now) > _SPECULATE_UNTIL_S else self._finals
        if finals:
            finals = sorted(finals, key=lambda item: item.since)[: self._share(len(finals))]
            self._finals = [item for item in self._finals if item not in finals]
            return finals
        self._forget_stale(now)
        apart_s = self._apart_s(now)
        due = [
            (item.since, key)
            for key, item in self._partials.items()
            if now - self._shown_at.get(key, -_WINDOW_S) >= apart_s
        ]
        due.sort(key=lambda pair: pair[0])
        keys = [key for _, key in due[: self._share(len(due))]]
        for key in keys:
            self._shown_at[key] = now
        return [self._partials.pop(key) for key in keys]

    def _certain(self) -> list[Item]:
        """The finals of utterances that are over; drops those of utterances that went on."""
        for item in list(self._finals):
            if item.request.speculation is not None and item.request.speculation.is_over:
                self._finals.remove(item)
                self._drop(item, "retracted")
        return [
            item
            for item in self._finals
            if item.request.speculation is None or item.request.speculation.is_kept
        ]

    def next_due_s(self, now: float) -> float | None:
        """In how many seconds to look again though nothing new comes; None where nothing waits for its
        time."""
        if self._finals:
            return _POLL_S
        if not self._partials:
            return None
        apart_s = self._apart_s(now)
        due_s = min(self._shown_at.get(key, -_WINDOW_S) + apart_s - now for key in self._partials)
        # While finals need all the time that is endless, and no lock can be waited on for that long.
        # By then the partials that wait are stale.
        return max(0.0, min(due_s, _PARTIAL_STALE_S))

    def _forget_stale(self, now: float) -> None:
        for key, item in list(self._partials.items()):
            if item.is_cancelled():
                del self._partials[key]
            elif now - item.asked_at > _PARTIAL_STALE_S:
                del self._partials[key]
                self._drop(item, "stale")
        self._shown_at = {key: at for key, at in self._shown_at.items() if now - at < _WINDOW_S}

    def _share(self, waiting: int) -> int:
        return min(BATCH_MAX, -(-waiting // self._workers))

    # --- load --------------------------------------------------------------------------------------------

    def done(self, batch: Sequence[Item], now: float, took_s: float) -> None:
        """A batch was decoded."""
        finals = sum(item.request.is_final for item in batch)
        self._work.append(_Work(now, took_s, finals, len(batch) - finals))
        self.counters["batches"] += 1
        self.counters["finals"] += finals
        self.counters["partials"] += len(batch) - finals
        if len(batch) > 1:
            self.counters[f"batched_{len(batch)}"] += 1

    def busy_share(self, now: float, running_s: float = 0.0) -> float:
        """The share of the workers' time that decoding took of late, `running_s` of it not yet done."""
        spent = sum(work.took_s for work in self._recent(now)) + min(running_s, _WINDOW_S * self._workers)
        return min(1.0, spent / (self._window_s(now) * self._workers))

    def effort(self, now: float, running_s: float = 0.0) -> Effort:
        """What the batch that was just taken is worth: the least while finals behind it are late already."""
        if self.final_age_s(now) > _PARTIALS_STOP_S:
            return Effort.LEAST
        has_time = not self._finals and self.busy_share(now, running_s) < _BUSY_MAX_THOROUGH
        return Effort.THOROUGH if has_time else Effort.QUICK

    def cadence_s(self, now: float) -> float:
        """How far apart a party's partials would be if all who speak asked for them at once: what the load
        is judged by."""
        speaking = {key for key, at in self._shown_at.items() if now - at < _PARTIAL_STALE_S}
        return self._spread_s(len(speaking | self._partials.keys()), _LOAD_AIM, now)

    def _apart_s(self, now: float) -> float:
        """How long a party must wait for its next partial, so that those that wait just now fit into what
        the finals leave of the workers' time.

        All of it is given away: a queue cannot grow by that, as it holds one partial of a party at most, and
        finals go first. Who asked a moment ago does not count: half of them have ended.
        """
        return self._spread_s(len(self._partials), 1.0, now)

    def _spread_s(self, parties: int, share: float, now: float) -> float:
        """How long one partial of each of the parties takes in this share of the workers' time, less what
        finals take."""
        recent = self._recent(now)
        finals_s = sum(work.took_s for work in recent if work.finals)
        shown = [work for work in recent if work.partials]
        count = sum(work.partials for work in shown)
        cost_s = (sum(work.took_s for work in shown) + _COST_PRIOR_S) / (count + 1)
        left = share * self._workers - finals_s / self._window_s(now)
        return parties * cost_s / left if left > 0 else float("inf")

    def _recent(self, now: float) -> deque[_Work]:
        while self._work and now - self._work[0].ended_at > _WINDOW_S:
            self._work.popleft()
        return self._work

    def _window_s(self, now: float) -> float:
        began_at = now if self._began_at is None else self._began_at
        return max(1.0, min(_WINDOW_S, now - began_at))


def failed(request: TranscriptionRequest) -> Hypothesis:
    """The answer where the recogniser gives none."""
    return Hypothesis(
        request_id=request.id,
        party=request.party,
        utterance=request.utterance,
        span=request.span,
        is_final=request.is_final,
        language=request.language or "",
        language_probability=0.0,
        words=(),
        average_log_probability=0.0,
        rejected=FAILED,
    )
