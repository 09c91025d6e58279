"""Labelled calls of a deployment's own: a CSV of stretches, and what the live path hears in them.

Columns: `file` (relative to the CSV), `channel` (left, right, or a number from 1; empty where the file has
one), `start_s`, `end_s` (empty: from the file's start, to its end), `speaker` (any name, the same for all
stretches of one caller), `label` (hot, calm, other). Other columns are left alone.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from monitor.core.audio import Pcm
from monitor.core.clock import SAMPLE_RATE_HZ
from monitor.engines.temper_training import VoiceSamples, hear, windows
from monitor.errors import SourceError, TrainingError
from monitor.ingest.condition import Conditioner
from monitor.ingest.decode import open_decoder

COLUMNS = ("file", "channel", "start_s", "end_s", "speaker", "label")
LABELS = {"hot": "anger", "calm": "calm", "other": "fear"}
"""What the file says, and the corpora's label that is learned in the same way."""
CORPUS = "own"

_SIDES = {"": 1, "left": 1, "right": 2}
_CONTEXT_S = 1.0
"""Sound before a stretch lets the speech detector settle."""
_SPEAKERS_MIN = 3
"""Of each of hot and calm: with fewer, nothing could be said about a caller that was not heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A labelled stretch of one caller's sound."""

    line: int
    """Of the CSV, from 1."""
    path: Path
    channel: int
    """From 0."""
    is_channel_given: bool
    start_s: float
    end_s: float | None
    speaker: str
    label: str


def read_labels(path: Path) -> list[Stretch]:
    """The stretches in `path`, in the file's order.

    Raises:
        TrainingError: it is missing or unreadable, lacks a column, has a row that makes no sense, or does not
            have enough callers.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise TrainingError("training.columns", path=path, missing=", ".join(missing))
            found = [_stretch(path, rows.line_num, row) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise TrainingError("training.labels", path=path, reason=reason) from error
    _check(path, found)
    return found


def _stretch(path: Path, line: int, row: Mapping[str, str | None]) -> Stretch:
    def wrong(reason: str) -> TrainingError:
        return TrainingError("training.row", path=path, line=line, reason=reason)

    given = {name: (row.get(name) or "").strip() for name in COLUMNS}
    label, channel = given["label"].lower(), given["channel"].lower()
    for name in ("file", "speaker"):
        if not given[name]:
            raise wrong(f"{name} is empty")
    if label not in LABELS:
        raise wrong(f"the label {label!r} is none of {', '.join(LABELS)}")
    if channel not in _SIDES and not (channel.isascii() and channel.isdecimal() and int(channel) > 0):
        raise wrong(f"the channel {channel!r} is neither left, right, nor a number from 1")
    try:
        start_s = float(given["start_s"] or 0.0)
        end_s = float(given["end_s"]) if given["end_s"] else None
    except ValueError:
        raise wrong("start_s and end_s are seconds") from None
    if not start_s >= 0.0 or (end_s is not None and not start_s < end_s < float("inf")):
        raise wrong("a stretch begins at 0 or later and ends after it begins")
    return Stretch(
        line=line,
        path=path.parent / given["file"],
        channel=(_SIDES[channel] if channel in _SIDES else int(channel)) - 1,
        is_channel_given=bool(channel),
        start_s=start_s,
        end_s=end_s,
        speaker=given["speaker"],
        label=label,
    )


def _check(path: Path, found: Sequence[Stretch]) -> None:
    for label in ("hot", "calm"):
        speakers = {stretch.speaker for stretch in found if stretch.label == label}
        if not speakers:
            raise TrainingError("training.one_class", path=path, label=label)
        if len(speakers) < _SPEAKERS_MIN:
            values = {"label": label, "found": len(speakers), "needed": _SPEAKERS_MIN}
            raise TrainingError("training.few_speakers", path=path, **values)


def hear_labels(
    path: Path, stretches: Sequence[Stretch], told: Callable[[int], None] = lambda done: None
) -> VoiceSamples:
    """The windows that the live path hears in the stretches; `told` is how many stretches are done.

    Raises:
        TrainingError: a recording cannot be read or does not hold the stretch, or too little speech is left
            of hot or calm callers.
    """
    heard: dict[int, VoiceSamples] = {}
    for group in _by_channel(stretches):
        pcm = _sound(path, group[0])
        for stretch in group:
            heard[stretch.line] = _heard(path, stretch, pcm)
            told(len(heard))
    samples = VoiceSamples.join(heard[stretch.line] for stretch in stretches)
    for label in ("hot", "calm"):
        speakers = np.unique(samples.speaker[samples.label == LABELS[label]])
        if len(speakers) < _SPEAKERS_MIN:
            values = {"label": label, "found": len(speakers), "needed": _SPEAKERS_MIN}
            raise TrainingError("training.no_speech", path=path, **values)
    return samples


def _by_channel(stretches: Sequence[Stretch]) -> Iterator[list[Stretch]]:
    """Each channel of each recording is decoded once."""
    groups: dict[tuple[Path, int], list[Stretch]] = {}
    for stretch in stretches:
        groups.setdefault((stretch.path, stretch.channel), []).append(stretch)
    yield from groups.values()


def _sound(path: Path, stretch: Stretch) -> Pcm:
    def wrong(reason: object) -> TrainingError:
        return TrainingError("training.recording", path=path, line=stretch.line, reason=reason)

    try:
        decoder = open_decoder(stretch.path)
        try:
            if stretch.channel >= decoder.channels:
                raise wrong(f"{stretch.path} has {decoder.channels} channel(s)")
            if decoder.channels > 1 and not stretch.is_channel_given:
                raise wrong(f"{stretch.path} has {decoder.channels} channels, and the row names none")
            conditioner = Conditioner(decoder.rate_hz, decoder.channels, decoder.full_scale)
            pieces: list[Pcm] = []
            while len(block := decoder.read(decoder.rate_hz)):
                pieces.append(conditioner.push(block)[:, stretch.channel].copy())
            pieces.append(conditioner.flush()[:, stretch.channel].copy())
        finally:
            decoder.close()
    except (SourceError, OSError) as error:
        raise wrong(error.sentence if isinstance(error, SourceError) else error) from error
    return np.concatenate(pieces)


def _heard(path: Path, stretch: Stretch, pcm: Pcm) -> VoiceSamples:
    start = round(stretch.start_s * SAMPLE_RATE_HZ)
    end = len(pcm) if stretch.end_s is None else min(len(pcm), round(stretch.end_s * SAMPLE_RATE_HZ))
    if start >= end:
        reason = f"{stretch.path} ends at {len(pcm) / SAMPLE_RATE_HZ:.1f} s, before the stretch begins"
        raise TrainingError("training.recording", path=path, line=stretch.line, reason=reason)
    before = min(start, round(_CONTEXT_S * SAMPLE_RATE_HZ))
    frames = [frame for frame in hear(pcm[start - before : end]) if frame.at > before]
    return VoiceSamples.of(windows(frames), CORPUS, stretch.speaker, LABELS[stretch.label])
