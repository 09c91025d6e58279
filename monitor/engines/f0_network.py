"""SwiftF0's network in two halves: spectra by FFT, and what it makes of them by onnxruntime.

The file that the `swift_f0` package carries computes its spectra as matrix products, and again for every
frame of context. Cut at the spectra, the same weights give the same answers at about half the cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnx.shape_inference
import onnx.utils
import onnxruntime
import scipy.fft
import scipy.sparse
from google.protobuf.message import DecodeError
from numpy.lib.stride_tricks import sliding_window_view

from monitor.core.audio import Pcm
from monitor.engines._onnx import open_session
from monitor.errors import ModelError

HOP_SAMPLES = 256
"""Between the network's frames: `i` is centred on sample 256 i."""

REACH_SAMPLES = 1024
"""Half of its longest window: what a frame hears on either side of its centre."""

_FLOOR = 1e-8
"""What the network adds before it takes a logarithm."""

_Float = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Scale:
    """One of the network's resolutions: its window, and the frequencies it is read at."""

    window: Pcm
    readings: scipy.sparse.csr_array
    """(readings of the network, bins of the FFT): of a thousand bins each reading is of a few."""


class F0Network:
    """The network, for any number of parties: it has no state."""

    def __init__(self, path: Path, f0_min_hz: float, f0_max_hz: float) -> None:
        """Raises:
        ModelError: the file is missing, or no network that is cut where this one is.
        """
        self._scales, self._session = _halves(path)
        self._spectra = str(self._session.get_inputs()[0].name)
        self._limits = {
            "fmin": np.asarray(f0_min_hz, dtype=np.float32),
            "fmax": np.asarray(f0_max_hz, dtype=np.float32),
        }

    def judge(self, pcm: Pcm, count: int) -> tuple[_Float, _Float]:
        """(Hz, confidence 0..1) of `count` frames, of which the first is centred on `pcm[REACH_SAMPLES]`.

        What lies beyond the end of `pcm` is silence.
        """
        hz, confidence = self._session.run(
            ["pitch", "confidence"], {self._spectra: self.spectra(pcm, count), **self._limits}
        )
        return np.asarray(hz, dtype=np.float64)[0], np.asarray(confidence, dtype=np.float64)[0]

    def spectra(self, pcm: Pcm, count: int) -> npt.NDArray[np.float32]:
        """What the second half hears, (1, resolutions, readings, count): logarithms of magnitudes."""
        length = 2 * REACH_SAMPLES + (count - 1) * HOP_SAMPLES
        sound = pcm[:length] if len(pcm) >= length else np.pad(pcm, (0, length - len(pcm)))
        made = np.empty((1, len(self._scales), self._scales[0].readings.shape[0], count), dtype=np.float32)
        for row, scale in enumerate(self._scales):
            size = len(scale.window)
            frames = sliding_window_view(sound, size)[REACH_SAMPLES - size // 2 :: HOP_SAMPLES][:count]
            magnitudes = np.abs(scipy.fft.rfft(frames * scale.window, axis=1))
            # Sparse, and so outside the BLAS, whose threads would take the cores from the recogniser.
            made[0, row] = np.log(scale.readings @ magnitudes.T + np.float32(_FLOOR))
        return made


@lru_cache(maxsize=2)
def _halves(path: Path) -> tuple[tuple[_Scale, ...], onnxruntime.InferenceSession]:
    """The file's first half as windows and readings, and a session of its second half.

    The cut is before the first convolution. Each resolution's readings are scattered into a matrix that is
    reshaped to (bins, readings); its window is as long as its bins say, and Hann's.

    Raises:
        ModelError: the file is missing, or is no such network.
    """
    try:
        model = onnx.shape_inference.infer_shapes(onnx.load(str(path)))
        nodes = model.graph.node
        values = {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}
        cut = next(node.input[0] for node in nodes if node.op_type == "Conv")
        scales = tuple(
            _scale(values[node.input[1]], values[node.input[2]], values[_shape_after(nodes, node.output[0])])
            for node in nodes
            if node.op_type == "ScatterElements"
        )
        half = onnx.utils.Extractor(model).extract_model([cut, "fmin", "fmax"], ["pitch", "confidence"])
    except (OSError, KeyError, StopIteration, ValueError, DecodeError) as error:
        raise ModelError("model.unloadable", path=path, reason=error) from error
    return scales, open_session(half.SerializeToString(), path)


def _shape_after(nodes: Sequence[Any], name: str) -> str:
    """The name of the shape that `name` is brought to."""
    return str(next(node.input[1] for node in nodes if node.op_type == "Reshape" and node.input[0] == name))


def _scale(places: npt.NDArray[Any], weights: npt.NDArray[Any], shape: npt.NDArray[Any]) -> _Scale:
    readings = np.zeros(int(np.prod(shape)), dtype=np.float32)
    readings[places] = weights
    size = 2 * (int(shape[0]) - 1)
    window = np.sin(np.pi * np.arange(size) / size) ** 2
    return _Scale(window.astype(np.float32), scipy.sparse.csr_array(readings.reshape(tuple(shape)).T))
