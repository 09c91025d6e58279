"""`tingyin models train temper`: an ear for anger from a deployment's own labelled calls."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn

from monitor import __version__
from monitor.commands.common import console
from monitor.commands.output import OutputFile, refuse_overwriting
from monitor.engines.temper import encode_voice_weights
from monitor.engines.temper_labels import LABELS, Stretch, hear_labels, read_labels
from monitor.engines.temper_training import VoiceSamples, calibrate, held_out, require_library, train
from monitor.engines.temper_worth import Worth, worth

_KNOWN = 10
"""Windows of usual voice that are known where the ear is calibrated and measured: half a minute of speech."""
_FEW_SPEAKERS = 20


def train_temper(labels: Path, out: Path) -> None:
    """Hears the labelled stretches, trains, measures on callers left out, and writes weights and a card.

    Raises:
        TrainingError: the labels do not do, or scikit-learn is missing.
        StoreError: `out` or the card beside it cannot be written.
    """
    card = out.with_suffix(".md")
    require_library()
    stretches = read_labels(labels)
    refuse_overwriting(
        outputs=[out, card], inputs=[labels, *dict.fromkeys(stretch.path for stretch in stretches)]
    )
    with OutputFile(out) as weights_file, OutputFile(card) as card_file:
        with Progress(TextColumn("{task.description}"), BarColumn(), console=console, transient=True) as bar:
            task = bar.add_task("hearing the stretches", total=len(stretches))
            samples = hear_labels(labels, stretches, lambda done: bar.update(task, completed=done))
        scores, _ = held_out(samples, _KNOWN)
        weights = calibrate(train(samples), samples, scores)
        found = worth(samples, weights, scores)
        weights_file.write(encode_voice_weights(weights, ()))
        card_file.write(_card(stretches, samples, found).encode())
    console.print(f"callers left out in turn: {escape(_told(found))}")
    if found.speakers < _FEW_SPEAKERS:
        console.print(f"{found.speakers} callers are few: label more before you rely on it")
    console.print(
        f'wrote {escape(str(out))} and {escape(str(card))}; to use it set temper.model = "trained" and '
        f'temper.weights = "{escape(str(out))}"',
        soft_wrap=True,
    )


def _told(found: Worth) -> str:
    return (
        f"hot against calm AUC {found.calm}, against all {found.rest}; "
        f"calibration error {100 * found.calibration_error:.0f} %"
    )


def _card(stretches: list[Stretch], samples: VoiceSamples, found: Worth) -> str:
    rows = []
    for label, learned in LABELS.items():
        chosen = samples.label == learned
        given = [stretch for stretch in stretches if stretch.label == label]
        callers = len(np.unique(samples.speaker[chosen]))
        rows.append(f"| {label} | {len(given)} | {callers} | {int(chosen.sum())} |")
    return "\n".join(
        [
            "# An ear for anger, trained from own calls",
            "",
            f"Made by `tingyin models train temper`, Tingyin {__version__}. It is one witness of the",
            'caller\'s temper where `temper.model` is "trained"; it is never for an agent.',
            "",
            "| label | stretches | callers | windows of 3 s |",
            "|---|---|---|---|",
            *rows,
            "",
            "Measured on windows of callers who were left out of training in turn (95 % intervals over",
            "callers):",
            f"{_told(found)}.",
            "",
            "It knows the lines, languages and callers of these calls, and no others. Whoever labelled them",
            "decided what hot means. Callers must have agreed to this use of their voices where the law",
            "asks it.",
            "",
        ]
    )
