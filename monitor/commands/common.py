"""What several commands share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from monitor import weights
from monitor.config import Settings
from monitor.engines.machine import Machine, choose
from monitor.engines.whisper import WhisperEngine
from monitor.errors import SettingsError, TingyinError

console = Console(stderr=True, highlight=False)
"""Everything that is said to a person; standard output is for results."""


@contextmanager
def told_errors() -> Iterator[None]:
    """Tells an error's code and sentence and exits with 1, without a traceback."""
    try:
        yield
    except TingyinError as error:
        console.print(f"[bold red]{error.code}[/]  {escape(error.sentence)}", soft_wrap=True)
        raise SystemExit(1) from error


def load_engine(settings: Settings) -> WhisperEngine:
    """The recogniser of the settings.

    Raises:
        ModelError: its weights are missing, damaged, or do not load.
        SettingsError: the model does not know a language that the settings name.
    """
    engine = settings.engine
    machine = machine_of(settings)
    recogniser = WhisperEngine(
        weights.model_folder(engine.model, engine.models_folder),
        device=machine.device,
        compute_type=machine.compute_type,
        workers=machine.workers,
        languages=engine.languages,
    )
    _check_languages(settings, recogniser)
    return recogniser


def _check_languages(settings: Settings, recogniser: WhisperEngine) -> None:
    wanted = {
        f"transcription.{name}": getattr(settings.transcription, name)
        for name in ("language", "agent_language", "caller_language")
    }
    known = recogniser.known_languages
    if len(known) == 1:  # a model of one language has nothing to choose among
        _warn_of_other_languages(settings, *known)
    else:
        wanted |= {f"engine.languages.{i}": code for i, code in enumerate(settings.engine.languages)}
    for name, language in wanted.items():
        if language not in {"", "auto", *known}:
            reason = f"the model {settings.engine.model} does not know that language"
            raise SettingsError("settings.invalid", name=name, value=language, reason=reason)


def _warn_of_other_languages(settings: Settings, known: str) -> None:
    """A model of one language hears every other as that one."""
    others = [code for code in settings.engine.languages if code != known]
    if others:
        console.print(
            f"[yellow]The model {escape(settings.engine.model)} knows {known} only: what is said in "
            f"{', '.join(others)} comes out as wrong words. Choose base for such calls, or set "
            f'engine.languages = \\["{known}"].[/]',
            soft_wrap=True,
        )


def machine_of(settings: Settings) -> Machine:
    """Where decoding runs, by the settings and by what this machine has."""
    return choose(settings.engine.device, settings.engine.compute_type, settings.engine.workers)


def engine_workers(settings: Settings) -> int:
    """Decodings side by side: as the settings say, or one a core."""
    return machine_of(settings).workers


def fetch_model(name: str, models_folder: Path) -> None:
    """Installs a model of the catalogue and shows how it goes."""
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task(f"model {name}", total=None)

        def report(what: str, done: int, total: int) -> None:
            bar.update(task, description=f"{name}: {what}", completed=done, total=total or None)

        weights.fetch(name, models_folder, report)
