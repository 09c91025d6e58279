"""The reference for temper: eGeMAPS functionals of whole utterances (openSMILE) and a logistic regression.

openSMILE is not free for commercial use and is no dependency: `pip install opensmile` to measure beside it.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from monitor.engines.temper_lines import LINES, over_line
from monitor.engines.temper_training import USUAL

_STRENGTH = 0.05
_PRIOR = 4.0
"""Utterances that the population's usual voice is worth, as for our own ear."""

_Array = npt.NDArray[np.float64]


def is_there() -> bool:
    """Whether openSMILE is installed."""
    return importlib.util.find_spec("opensmile") is not None


def functionals(trainer: ModuleType, data: Path, line: str, kept: Path) -> dict[str, _Array]:
    """(88,) of each clip by its name, over a line; kept in the folder `kept`."""
    path = kept / f"egemaps-{line.replace(',', '').replace(' ', '_')}.npz"
    if not path.exists():
        opensmile = importlib.import_module("opensmile")
        smile = opensmile.Smile(
            feature_set=opensmile.FeatureSet.eGeMAPSv02, feature_level=opensmile.FeatureLevel.Functionals
        )
        found = {
            name: smile.process_signal(sound, 16_000).to_numpy()[0]
            for name, sound in _clips(trainer, data, line)
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, names=np.array([*found]), rows=np.array([*found.values()]))
    with np.load(path) as file:
        return dict(zip(file["names"].tolist(), file["rows"], strict=True))


def _clips(trainer: ModuleType, data: Path, line: str) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    for corpus, speaker, clips in trainer.speakers(data):
        if not corpus.startswith("read_"):
            sounds = [trainer.read(clip.path) for clip in clips]
            over = over_line(sounds, LINES[line](speaker), trainer.babble(data))
            yield from zip((clip.path.stem for clip in clips), over, strict=True)


def scores(
    rows: _Array,
    speaker: npt.NDArray[np.str_],
    label: npt.NDArray[np.str_],
    is_learned: npt.NDArray[np.bool_],
    known: int,
) -> _Array:
    """Each utterance's score by a regression that did not know its speaker; NaN where it was the usual voice.

    Args:
        is_learned: rows that may teach (the other ones are only judged).
        known: utterances of usual voice that a speaker's others are told against; 0 takes them as they are.
    """
    rng = np.random.default_rng(0)
    off, is_free = rows.copy(), np.ones(len(rows), dtype=np.bool_)
    is_usual = np.isin(label, USUAL)
    population = rows[is_usual].mean(axis=0)
    for name in np.unique(speaker):
        mine = speaker == name
        used = rng.permutation(np.flatnonzero(mine & is_usual))[:known]
        if len(used):
            own = (rows[used].sum(axis=0) + population * _PRIOR) / (len(used) + _PRIOR)
            off[mine] = rows[mine] - own
            is_free[used] = False
    found = np.full(len(rows), np.nan)
    for name in np.unique(speaker):
        mine = speaker == name
        taught = is_learned & is_free & ~mine
        mean, scale = off[taught].mean(axis=0), off[taught].std(axis=0) + 1e-9
        ready = np.clip((off - mean) / scale, -4.0, 4.0)
        model = LogisticRegression(C=_STRENGTH, max_iter=500, class_weight="balanced")
        model.fit(ready[taught], label[taught] == "anger")
        found[mine] = model.decision_function(ready[mine])
    found[~is_free] = np.nan
    return found
