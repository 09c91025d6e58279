"""Starts the program again and again without importing it again: a process that forks on request.

Importing takes a second or two; the folder's tests start some sixty processes. What a fork runs is
`python -m monitor` in every other respect: its own arguments, environment, folder, streams, limits and end.

onnxruntime alone is left to the forks: it has a thread from the first, for which a fork, lacking it, would
wait at its end.

Requests and answers are JSON, one a line: a job is answered by the pid, a pid by the exit code or null.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import runpy
import signal
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

IMPORTED = (
    *("monitor.cli", "monitor.core.session", "monitor.engines.whisper", "monitor.playbook_files"),
    *("monitor.report", "monitor.ingest.file", "monitor.ingest.websocket", "monitor.store.log"),
    *("monitor.publish.run", "monitor.publish.server"),
)


def attend() -> dict[str, Any] | None:
    """Serves requests; returns a job in the process that is to do it, None at the end of the requests."""
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if isinstance(request, int):
            pid, status = os.waitpid(request, os.WNOHANG)
            answer = None if pid == 0 else os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if answer == 0:
                return request  # type: ignore[no-any-return]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    return None


def become(job: dict[str, Any]) -> None:
    """Runs the program as `job` says."""
    for target, name in ((0, os.devnull), (1, job["out"]), (2, job["err"])):
        handle = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(handle, target)
        os.close(handle)
    for name in [name for name in os.environ if name.startswith("TINGYIN_")]:
        del os.environ[name]
    os.environ.update(job["env"])
    os.chdir(job["cwd"])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    if job["file_bytes_max"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["file_bytes_max"], job["file_bytes_max"]))
    for name, arguments in job["stage"].items():
        getattr(importlib.import_module("tests.product.stage"), name)(**arguments)
    sys.argv = ["tingyin", *job["arguments"]]
    runpy.run_module("monitor", run_name="__main__")


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    for module in IMPORTED:
        importlib.import_module(module)
    importlib.import_module("monitor.playbook_files").load_playbook()  # compiled patterns are kept
    assert "onnxruntime" not in sys.modules
    gc.freeze()  # what a fork never touches it need not copy
    wanted = attend()
    if wanted is not None:
        become(wanted)
