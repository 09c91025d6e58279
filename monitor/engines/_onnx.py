"""One onnxruntime session for each model file, shared by all calls of the process."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

import onnxruntime

from monitor.engines.machine import spare_cores
from monitor.errors import ModelError


@lru_cache(maxsize=8)
def shared_session(path: Path) -> onnxruntime.InferenceSession:
    """The session of a small acoustic model, one for all who ask for it.

    Raises:
        ModelError: the file is missing or is no model.
    """
    return open_session(str(path), path)


def open_session(model: str | bytes, path: Path) -> onnxruntime.InferenceSession:
    """A session of a model's file, or of its bytes, which came from `path`: one thread, never spinning, safe
    to run from many threads.

    These models run for a millisecond at a time on both parties of many calls: a thread pool of their own
    would only take the cores from the recogniser.

    Raises:
        ModelError: the file is missing or is no model.
    """
    spare_cores()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no other common base
        raise ModelError("model.unloadable", path=path, reason=error) from error


def package_file(package: str, pattern: str) -> Path:
    """The file inside an installed package that matches `pattern`; the package is not imported.

    Raises:
        ModelError: the package is not installed, or carries no such file.
    """
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for path in sorted(Path(folder).glob(pattern)):
            return path
    raise ModelError("model.unloadable", path=package, reason=f"it carries no {pattern}")
