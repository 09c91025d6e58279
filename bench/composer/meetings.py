"""Every kind of overlap, laid so that its truth is certain.

The truth follows the definition of the field: an *interruption* comes in on a holder who has spoken for well
over a second and is not about to finish, with more than a sign of listening; the holder breaks off or talks
on over it. What is short while the other goes on is a *backchannel*; what begins in the last words is
*terminal*; what begins together is a *simultaneous start*; what helps the holder finish, who then goes on, is
a *completion*; a bid that stops at its first word is a *false start*.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.composer.stage import Meeting, Stage
from bench.composer.voices import Clip
from monitor.core.audio import Party
from monitor.core.clock import SAMPLE_RATE_HZ

_ACTIVE_SHARE = 0.85
_LOOK_S = 0.8
"""A holder who is cut in on speaks on for this long without a pause worth the name."""
_BEFORE_S = 0.5
"""and has done so for this long since a breath."""
_FLOOR_S = 1.6
_BID_S = 1.5
_TRIES = 200


def run(stage: Stage, party: Party, least_s: float, breath_s: tuple[float, float] = (0.12, 0.3)) -> Clip:
    """Clip after clip with breaths between, as one."""
    clips = [stage.deck(party).deal()]
    breaths: list[float] = []
    while sum(clip.length_s for clip in clips) + sum(breaths) < least_s:
        breaths.append(float(stage.rng.uniform(*breath_s)))
        clips.append(stage.deck(party).deal())
    return joined(clips, breaths)


def bid(stage: Stage, party: Party, least_s: float) -> Clip:
    """A run that speaks up without a pause in its first second and a half, and says so for sure."""
    best, most = run(stage, party, least_s), -1.0
    for _ in range(_TRIES // 10):
        made = run(stage, party, least_s)
        share = float(made.active[: round(_BID_S * 100)].mean())
        if share > most:
            best, most = made, share
        if share >= _ACTIVE_SHARE:
            break
    return best


def joined(clips: list[Clip], breaths_s: list[float]) -> Clip:
    """Clips with silences between; there is one clip more than silences."""
    pcm, active = [clips[0].pcm], [clips[0].active]
    for clip, breath_s in zip(clips[1:], breaths_s, strict=True):
        hops = round(breath_s * 100)
        pcm.extend((np.zeros(hops * SAMPLE_RATE_HZ // 100, np.float32), clip.pcm))
        active.extend((np.zeros(hops, dtype=np.bool_), clip.active))
    return Clip(np.concatenate(pcm), np.concatenate(active))


def short(stage: Stage, party: Party, low_s: float, high_s: float) -> Clip:
    """The beginning of a clip, cut in a word's middle at worst, this long."""
    length_s = float(stage.rng.uniform(low_s, high_s))
    best: Clip | None = None
    for _ in range(_TRIES):
        clip = stage.deck(party).deal_long(high_s)
        piece = clip.part(0.0, min(length_s, clip.length_s))
        if best is None or piece.active.mean() > best.active.mean():
            best = piece
        if best.active.mean() >= _ACTIVE_SHARE:
            break
    assert best is not None
    return best


def cut_in_on(
    stage: Stage, party: Party, low_s: float, left_s: float, look_s: float = _LOOK_S
) -> tuple[Clip, float]:
    """A holder's run, and a moment in it around which the holder speaks for sure.

    Who comes in then can neither take it for an end nor begin together with the holder after a breath. The
    moment is after `low_s` and before the last `left_s`.
    """
    best, most = (run(stage, party, low_s + left_s + 2.0), low_s), -1.0
    for _ in range(_TRIES // 10):
        held = run(stage, party, low_s + left_s + 2.0)
        for at_s in stage.rng.uniform(low_s, max(low_s, held.length_s - left_s), 20):
            share = _share_around(held, float(at_s), look_s)
            if share > most:
                best, most = (held, float(at_s)), share
        if most >= _ACTIVE_SHARE:
            break
    return best


def _share_around(clip: Clip, at_s: float, look_s: float) -> float:
    """The least of the shares of speech before, right at and after a moment."""
    bounds = ((at_s - _BEFORE_S, at_s), (at_s - 0.2, at_s + 0.3), (at_s, at_s + look_s))
    parts = [clip.active[max(0, round(start * 100)) : round(end * 100)] for start, end in bounds]
    return min(float(part.mean()) if len(part) else 0.0 for part in parts)


def yielded(stage: Stage, by: Party) -> None:
    """The holder breaks off; now and then the one who was cut off cuts in again."""
    _cut_in(stage, by, float(stage.rng.uniform(0.6, 1.8)))
    if stage.rng.random() < 0.25:
        _back(stage, by.other)


def long_fight(stage: Stage, by: Party) -> None:
    """Both talk for seconds before the holder gives in."""
    _cut_in(stage, by, float(stage.rng.uniform(2.5, 4.0)))


def _cut_in(stage: Stage, by: Party, together_s: float) -> None:
    start_s = stage.now_s
    held, onset_s = cut_in_on(stage, by.other, _FLOOR_S, together_s + 0.8, max(_LOOK_S, together_s))
    broken = held.part(0.0, onset_s + together_s)
    stage.lay(by.other, broken, start_s)
    coming = bid(stage, by, together_s + 2.5)
    stage.now_s = stage.lay(by, coming, start_s + onset_s)
    stage.meetings.append(
        Meeting(
            kind="interruption",
            by=by,
            start_s=start_s + onset_s,
            end_s=start_s + onset_s + together_s,
            is_yielded=True,
            detail="yielded",
        )
    )


def _back(stage: Stage, by: Party) -> None:
    """Cuts in on the turn that was just laid."""
    holder = max((item for item in stage.said if item.party is by.other), key=lambda item: item.end_s)
    together_s = float(stage.rng.uniform(0.9, 1.4))
    start_s = stage.now_s
    held, onset_s = cut_in_on(stage, holder.party, 1.2, together_s + 0.6, max(_LOOK_S, together_s))
    stage.lay(holder.party, held.part(0.0, onset_s + together_s), start_s + 0.2)
    onset_s += start_s + 0.2
    stage.now_s = stage.lay(by, bid(stage, by, together_s + 2.0), onset_s)
    stage.meetings.append(
        Meeting(
            kind="interruption",
            by=by,
            start_s=onset_s,
            end_s=onset_s + together_s,
            is_yielded=True,
            detail="yielded, back",
        )
    )


def fought_off(stage: Stage, by: Party) -> None:
    """The holder talks on until the other gives up, who may take breath in between."""
    start_s = stage.now_s
    bid_s = float(stage.rng.uniform(1.4, 2.5))
    if stage.rng.random() < 0.4:
        breath_s = float(stage.rng.uniform(0.22, 0.55))
        pieces = [short(stage, by, 0.6, 1.0), short(stage, by, max(0.9, bid_s - 0.8), max(1.0, bid_s - 0.6))]
        coming = joined(pieces, [breath_s])
        detail = "fought off, breath"
    else:
        coming, detail = bid(stage, by, bid_s), "fought off"
        coming = coming.part(
            0.0, max(_BID_S, 0.01 * float(np.flatnonzero(coming.active[: round(bid_s * 100)])[-1]))
        )
    left_s = coming.length_s + 1.6
    held, onset_s = cut_in_on(stage, by.other, _FLOOR_S, left_s, min(2.0, coming.length_s))
    stage.now_s = stage.lay(by.other, held, start_s)
    end_s = stage.lay(by, coming, start_s + onset_s)
    stage.meetings.append(
        Meeting(kind="interruption", by=by, start_s=start_s + onset_s, end_s=end_s, detail=detail)
    )


def backchannels(stage: Stage, by: Party) -> None:
    """Two or three signs of listening under a long turn."""
    start_s = stage.now_s
    held = run(stage, by.other, 8.0)
    stage.now_s = stage.lay(by.other, held, start_s)
    at_s = 1.3
    while at_s < held.length_s - 1.8:
        sign, detail = short(stage, by, 0.2, 0.75), ""
        if stage.rng.random() < 0.2:
            again = [short(stage, by, 0.2, 0.4), short(stage, by, 0.2, 0.4)]
            sign, detail = joined(again, [float(stage.rng.uniform(0.25, 0.6))]), "said twice"
        end_s = stage.lay(by, sign, start_s + at_s)
        stage.meetings.append(
            Meeting(kind="backchannel", by=by, start_s=start_s + at_s, end_s=end_s, detail=detail)
        )
        at_s += float(stage.rng.uniform(2.2, 4.0))


def false_start(stage: Stage, by: Party) -> None:
    """Begins to speak up, hears that the other goes on, and stops."""
    start_s = stage.now_s
    held, onset_s = cut_in_on(stage, by.other, _FLOOR_S, 1.8)
    stage.now_s = stage.lay(by.other, held, start_s)
    end_s = stage.lay(by, short(stage, by, 0.3, 0.65), start_s + onset_s)
    stage.meetings.append(Meeting(kind="false_start", by=by, start_s=start_s + onset_s, end_s=end_s))


def terminal(stage: Stage, by: Party) -> None:
    """The next turn begins in the last word of this one."""
    start_s = stage.now_s
    end_s = stage.lay(by.other, run(stage, by.other, 2.5), start_s)
    onset_s = end_s - float(stage.rng.uniform(0.08, 0.4))
    stage.now_s = stage.lay(by, run(stage, by, 2.2), onset_s)
    begun_s, detail = onset_s, ""
    if stage.rng.random() < 0.3:
        sign = short(stage, by, 0.2, 0.4)
        begun_s, detail = onset_s - float(stage.rng.uniform(0.2, 0.6)) - sign.length_s, "after a sign"
        stage.lay(by, sign, begun_s)
    stage.meetings.append(Meeting(kind="terminal", by=by, start_s=begun_s, end_s=end_s, detail=detail))


def together(stage: Stage, by: Party) -> None:
    """After a silence both begin at once; one gives way, sooner or later."""
    stage.gap(0.4, 1.0)
    start_s = stage.now_s
    onset_s = start_s + float(stage.rng.uniform(0.0, 0.22))
    gives_way = by if stage.rng.random() < 0.5 else by.other
    until_s = float(stage.rng.uniform(0.6, 1.8))
    ends = {}
    for party, at_s in ((by.other, start_s), (by, onset_s)):
        clip = run(stage, party, until_s + 2.0)
        ends[party] = stage.lay(party, clip.part(0.0, until_s) if party is gives_way else clip, at_s)
    stage.now_s = max(ends.values())
    stage.meetings.append(
        Meeting(kind="simultaneous_start", by=by, start_s=onset_s, end_s=min(ends.values()))
    )


def completion(stage: Stage, by: Party) -> None:
    """The listener finishes the holder's sentence, in chorus or in a hesitation; the holder goes on."""
    start_s = stage.now_s
    first = run(stage, by.other, 2.6)
    end_s = stage.lay(by.other, first, start_s)
    if stage.rng.random() < 0.4:
        help_, detail = short(stage, by, 0.6, 1.0), "in chorus"
        onset_s = end_s - help_.length_s + float(stage.rng.uniform(-0.1, 0.15))
    else:
        help_, detail = short(stage, by, 0.6, 1.4), "in a hesitation"
        onset_s = end_s - float(stage.rng.uniform(0.1, 0.35))
    helped_s = stage.lay(by, help_, onset_s)
    resumes_s = max(helped_s, end_s) + float(stage.rng.uniform(0.1, 0.5))
    stage.now_s = stage.lay(by.other, run(stage, by.other, 1.8), resumes_s)
    stage.meetings.append(Meeting(kind="completion", by=by, start_s=onset_s, end_s=helped_s, detail=detail))


MEETINGS: dict[str, Callable[[Stage, Party], None]] = {
    "yielded": yielded,
    "fought off": fought_off,
    "long fight": long_fight,
    "backchannels": backchannels,
    "false start": false_start,
    "terminal": terminal,
    "together": together,
    "completion": completion,
}
"""Every kind by name."""
