"""The program as its users meet it: processes with arguments, files, signals and exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from monitor.core import events
from monitor.core.audio import Pcm
from tests.conftest import RATE_HZ, make_voice
from tests.product import zygote

OPEN = {"TINGYIN_ACCOUNTS__IS_REQUIRED": "false"}
"""Nobody signs in, except in the tests of accounts."""

PATIENCE_S = 60.0
"""For what takes a second or two on a quiet machine."""


@dataclass(slots=True)
class Program:
    """A process of the program."""

    zygote: Zygote
    pid: int
    out_path: Path
    err_path: Path
    code: int | None = None
    """The exit code; negative: the signal that killed it; None while it runs."""

    @property
    def out(self) -> str:
        """Standard output so far."""
        return self.out_path.read_text(encoding="utf-8", errors="replace")

    @property
    def err(self) -> str:
        """Standard error so far."""
        return self.err_path.read_text(encoding="utf-8", errors="replace")

    def is_over(self) -> bool:
        """Whether it has ended."""
        if self.code is None:
            self.code = self.zygote.ask(self.pid)
        return self.code is not None

    def wait(self, timeout_s: float = PATIENCE_S) -> int:
        """The exit code, once it has ended."""
        wait_for(self.is_over, timeout_s, lambda: f"the program runs on; it said:\n{self.err}")
        assert self.code is not None
        return self.code

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal."""
        os.kill(self.pid, number)

    def url(self) -> str:
        """Where the server answers, once it says so."""
        found: list[str] = []

        def has_said() -> bool:
            found[:] = re.findall(r"http://[\w.:\[\]]+", self.err)
            return bool(found) or self.is_over()

        wait_for(has_said, PATIENCE_S, lambda: f"no address; it said:\n{self.err}")
        assert found, self.err
        return found[0]


class Zygote:
    """The process that forks."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, zygote.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=zygote.ROOT
        )

    def ask(self, request: Any) -> Any:
        """One request and its answer."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """Ends it."""
        self._process.communicate()


@dataclass(slots=True)
class Tingyin:
    """Runs the program in the test's folder, with a store of the test's own."""

    zygote: Zygote
    folder: Path
    programs: list[Program] = field(default_factory=list)

    @property
    def store(self) -> Path:
        """Where the event log is."""
        return self.folder / "store"

    def start(
        self,
        *arguments: str | Path,
        env: Mapping[str, str] | None = None,
        file_bytes_max: int | None = None,
        stage: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Program:
        """Starts it; `stage` names functions of `tests.product.stage` that run before it does."""
        number = len(self.programs)
        out, err = self.folder / f".out-{number}", self.folder / f".err-{number}"
        pid = self.zygote.ask(
            {
                "arguments": [os.fspath(argument) for argument in arguments],
                "env": {"TINGYIN_STORE__FOLDER": str(self.store), **OPEN, **(env or {})},
                "cwd": str(self.folder),
                "out": str(out),
                "err": str(err),
                "file_bytes_max": file_bytes_max,
                "stage": dict(stage or {}),
            }
        )
        program = Program(self.zygote, pid, out, err)
        self.programs.append(program)
        wait_for(lambda: err.exists() or program.is_over(), PATIENCE_S, lambda: "it does not begin")
        return program

    def run(self, *arguments: str | Path, **options: Any) -> Program:
        """Runs it to its end."""
        program = self.start(*arguments, **options)
        program.wait()
        return program

    def refuses(self, code: str, *arguments: str | Path, **options: Any) -> Program:
        """Runs it and checks that it ends with 1 and exactly one line: the code, and what to do."""
        program = self.run(*arguments, **options)
        assert (program.code, program.out) == (1, ""), program.err
        (line,) = program.err.splitlines()
        assert line.startswith(f"{code}  "), program.err
        return program

    def events(self, name: str = "out.jsonl") -> list[events.AnyEvent]:
        """The events that a replay wrote."""
        lines = (self.folder / name).read_bytes().splitlines()
        return [events.decode(line) for line in lines]

    def notices(self, name: str = "out.jsonl") -> list[str]:
        """The codes of the notices among them."""
        return [event.code for event in self.events(name) if isinstance(event, events.Notice)]


def wait_for(is_so: Callable[[], object], timeout_s: float, why: Callable[[], str]) -> None:
    """Returns once `is_so`; fails with `why` after too long."""
    until = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < until, why()
        time.sleep(0.02)


@pytest.fixture(scope="session")
def forks() -> Iterator[Zygote]:
    """Forks the program."""
    started = Zygote()
    yield started
    started.close()


@pytest.fixture
def tingyin(forks: Zygote, tmp_path: Path) -> Iterator[Tingyin]:
    """Runs the program; ends what a test left running."""
    runner = Tingyin(forks, tmp_path)
    yield runner
    for program in runner.programs:
        if not program.is_over():
            program.signal(signal.SIGKILL)
            program.wait()


def dialogue(*, rate_hz: int = RATE_HZ, turns: int = 2) -> Pcm:
    """Two voices that take turns of 2 s with half a second between; shape (frames, 2), the agent first."""
    gap = np.zeros(RATE_HZ // 2, np.float32)
    channels: list[list[Pcm]] = [[], []]
    for turn in range(turns):
        voice = make_voice(2.0, (120.0, 210.0)[turn % 2], seed=turn)
        channels[turn % 2] += [voice, gap]
        channels[1 - turn % 2] += [np.zeros_like(voice), gap]
    return np.stack([np.concatenate(channel) for channel in channels], axis=1)


@pytest.fixture(scope="session")
def call_pcm() -> Pcm:
    """A dialogue of 5 s, shape (frames, 2)."""
    return dialogue()


@pytest.fixture
def call_file(tmp_path: Path, call_pcm: Pcm) -> Path:
    """It as a stereo WAV file."""
    path = tmp_path / "call.wav"
    soundfile.write(path, call_pcm, RATE_HZ, subtype="PCM_16")
    return path
