"""`tingyin doctor`: what this machine has, how fast it hears, and how many calls it carries."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import psutil
import typer

from monitor import weights
from monitor.commands.common import machine_of
from monitor.config import Settings
from monitor.core.audio import AudioFrame, Party
from monitor.core.clock import BLOCK_SAMPLES, SAMPLE_RATE_HZ
from monitor.core.inputs import CallInfo
from monitor.core.playbook.model import RuleBook
from monitor.engines.capacity import Cost, Estimate, carries_one, estimate, measure, spoken
from monitor.engines.f0 import SwiftF0Model
from monitor.engines.machine import usable_cores
from monitor.engines.silero import WINDOW_SAMPLES, SileroSpeechModel
from monitor.engines.whisper import WhisperEngine
from monitor.errors import TingyinError
from monitor.ingest.portaudio import list_devices
from monitor.switchboard import make_session
from monitor.tuning.in_force import in_force

READY = 0
NO_MODEL = 3
TOO_SLOW = 4
"""Exit codes: all is well; the model of the settings is missing or damaged; not even one call is carried with
words as they are spoken. (1: the settings are wrong; 2: the arguments are.)"""

_MEMORY_OF_CALL_MIB = 8
_MEMORY_OF_REST_MIB = 400
"""The program with its ears, and what each call adds (`bench/memory.py`, `bench/soak.py`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFinding:
    """What was found of one model. Times are seconds of one core, None where it could not be measured."""

    name: str
    state: str
    languages: tuple[str, ...]
    cost: Cost | None = None
    calls: Estimate | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the doctor found."""

    cores: int
    memory_mib: int
    memory_free_mib: int
    disk_free_mib: Mapping[str, int]
    cards: int
    device: str
    compute_type: str
    workers: int
    sound_devices: tuple[str, ...]
    sound_trouble: str
    speech_rtf: float
    """Seconds of a core for a second of one party's sound: the speech detector,"""
    f0_rtf: float
    """the F0 tracker,"""
    analysis_rtf: float
    """and everything but words, for a second of a two-party call."""
    model: str
    models: tuple[ModelFinding, ...]

    @property
    def exit_code(self) -> int:
        """One of `READY`, `NO_MODEL`, `TOO_SLOW`."""
        chosen = next(found for found in self.models if found.name == self.model)
        if chosen.cost is None:
            return NO_MODEL
        return READY if carries_one(chosen.cost, cores=self.cores, analysis_s=self.analysis_rtf) else TOO_SLOW


def examine(settings: Settings, clock: Callable[[], float] | None = None) -> Finding:
    """Measures this machine; takes a few seconds for each installed model.

    Every byte of the models is read, to compare it with its SHA-256. Without a `clock` the time of the
    processor counts, so that what else runs at the moment does not; with a graphics card, that of the wall.
    """
    now = in_force(settings)
    settings = now.settings
    machine = machine_of(settings)
    clock = clock or (time.perf_counter if machine.device == "cuda" else time.process_time)
    analysis_rtf = _analysis_rtf(settings, now.book, clock)
    devices, sound_trouble = _sound_devices()
    folders = {"store": settings.store.folder, "models": settings.engine.models_folder}
    memory = psutil.virtual_memory()
    return Finding(
        cores=usable_cores(),
        memory_mib=memory.total >> 20,
        memory_free_mib=memory.available >> 20,
        disk_free_mib={name: shutil.disk_usage(_existing(path)).free >> 20 for name, path in folders.items()},
        cards=ctranslate2.get_cuda_device_count(),
        device=machine.device,
        compute_type=machine.compute_type,
        workers=machine.workers,
        sound_devices=devices,
        sound_trouble=sound_trouble,
        speech_rtf=_speech_rtf(clock),
        f0_rtf=_f0_rtf(settings, clock),
        analysis_rtf=analysis_rtf,
        model=settings.engine.model,
        models=tuple(_examine_model(name, settings, analysis_rtf, clock) for name in _names(settings)),
    )


def doctor(settings: Settings, *, is_json: bool) -> None:
    """Prints what was found and exits with a code of this module."""
    found = examine(settings)
    typer.echo(
        json.dumps(_plain(found), ensure_ascii=False, indent=1) if is_json else "\n".join(lines(found))
    )
    sys.exit(found.exit_code)


def lines(found: Finding) -> list[str]:
    """The findings, one a line."""
    cards = f"{found.cards} graphics card(s)" if found.cards else "no graphics card"
    disk = ", ".join(f"{name} {free / 1024:.1f} GiB" for name, free in found.disk_free_mib.items())
    sound = ", ".join(found.sound_devices) or found.sound_trouble or "none"
    told = [
        f"cores      {found.cores}; {cards}",
        f"memory     {found.memory_mib / 1024:.1f} GiB, {found.memory_free_mib / 1024:.1f} free",
        f"disk       free: {disk}",
        f"inputs     {sound}",
        f"decoding   on {found.device}, {found.compute_type}, {found.workers} side by side",
        f"ears       a second of sound takes {1000 * found.speech_rtf:.1f} ms for speech, "
        f"{1000 * found.f0_rtf:.1f} ms for F0; a second of call {1000 * found.analysis_rtf:.0f} ms without "
        "words",
    ]
    for model in found.models:
        mark = "*" if model.name == found.model else " "
        told.append(f"model {mark}    {model.name} ({' '.join(model.languages) or 'any'}): {_verdict(model)}")
    carried = next((model.calls for model in found.models if model.name == found.model), None)
    if carried is not None:
        told.append(
            f"calls      {carried.with_partials} with words as they are spoken, {carried.with_finals} with "
            "words after each utterance; a further one is judged by its sound alone"
        )
    return told


def _verdict(model: ModelFinding) -> str:
    if model.cost is None or model.calls is None:
        return f"{model.state}; {model.trouble}"
    return (
        f"{model.state}; an utterance of 4.5 s takes {1000 * model.cost.final_s:.0f} ms, a partial "
        f"{1000 * model.cost.partial_s:.0f} ms: {model.calls.with_partials} calls, or "
        f"{model.calls.with_finals} without partials"
    )


def _plain(found: Finding) -> dict[str, Any]:
    return {**asdict(found), "exit_code": found.exit_code}


def _names(settings: Settings) -> list[str]:
    """The model of the settings, and those of the catalogue that are installed."""
    installed = [
        status.name
        for status in weights.status(settings.engine.models_folder, is_thorough=False)
        if status.state != "missing"
    ]
    return [settings.engine.model, *(name for name in installed if name != settings.engine.model)]


def _examine_model(
    name: str, settings: Settings, analysis_rtf: float, clock: Callable[[], float]
) -> ModelFinding:
    entry = weights.catalogue().get(name)
    languages = tuple(entry.languages) if entry is not None else ()
    machine = machine_of(settings)
    try:
        folder = weights.model_folder(name, settings.engine.models_folder)
        engine = WhisperEngine(
            folder, device=machine.device, compute_type=machine.compute_type, workers=machine.workers
        )
    except TingyinError as error:
        state = "missing" if error.code == "model.missing" else "unusable"
        return ModelFinding(name=name, state=state, languages=languages, trouble=error.sentence)
    cost = measure(engine, known_languages=engine.known_languages, clock=clock)
    carried = estimate(cost, cores=usable_cores(), analysis_s=analysis_rtf)
    free_mib = psutil.virtual_memory().available >> 20
    fit = max(1, (free_mib - _MEMORY_OF_REST_MIB) // _MEMORY_OF_CALL_MIB)
    calls = Estimate(min(carried.with_partials, fit), min(carried.with_finals, fit))
    return ModelFinding(name=name, state="whole", languages=languages, cost=cost, calls=calls)


def _speech_rtf(clock: Callable[[], float]) -> float:
    pcm = spoken()
    whole = pcm[: len(pcm) // WINDOW_SAMPLES * WINDOW_SAMPLES]
    model = SileroSpeechModel()
    pairs = [whole[at : at + 3 * WINDOW_SAMPLES] for at in range(0, len(whole), 3 * WINDOW_SAMPLES)]
    model.probabilities(pairs[0])
    begun = clock()
    for pair in pairs:
        model.probabilities(pair)
    return (clock() - begun) * SAMPLE_RATE_HZ / len(whole)


def _f0_rtf(settings: Settings, clock: Callable[[], float]) -> float:
    pcm = spoken()
    model = SwiftF0Model(settings.prosody.f0_min_hz, settings.prosody.f0_max_hz)
    model.push(pcm[:BLOCK_SAMPLES])
    begun = clock()
    for at in range(0, len(pcm), BLOCK_SAMPLES):
        model.push(pcm[at : at + BLOCK_SAMPLES])
    return (clock() - begun) * SAMPLE_RATE_HZ / len(pcm)


def _analysis_rtf(settings: Settings, book: RuleBook, clock: Callable[[], float]) -> float:
    """One party speaks, the other listens, as in most of a call."""
    info = CallInfo(call_id="doctor", started_at="", source="file", title="")
    session = make_session(info, settings, book, has_words=False)
    pcm = spoken()
    begun = clock()
    for at in range(0, len(pcm), BLOCK_SAMPLES):
        block = pcm[at : at + BLOCK_SAMPLES]
        for party, sound in ((Party.AGENT, block), (Party.CALLER, block * 0.0)):
            session.receive(AudioFrame(party=party, start=at, pcm=sound))
    return (clock() - begun) * SAMPLE_RATE_HZ / len(pcm)


def _sound_devices() -> tuple[tuple[str, ...], str]:
    try:
        return tuple(device.name for device in list_devices()), ""
    except TingyinError as error:
        return (), error.sentence


def _existing(path: Path) -> Path:
    """The folder that holds `path`, or will: it may not be there yet."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
