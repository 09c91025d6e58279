"""G.711 telephone sound: 8-bit mu-law and A-law to linear samples.

Source: ITU-T Recommendation G.711 (11/88), tables 1a to 2b, written as formulas. mu-law is a 14-bit and
A-law a 13-bit quantiser; both are scaled up to 16 bits, as every telephone system does.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monitor.core.audio import Pcm

MULAW_FULL_SCALE = 32_124 / 32_768
"""The loudest mu-law sample."""
ALAW_FULL_SCALE = 32_256 / 32_768
"""The loudest A-law sample."""


def _mulaw_table() -> Pcm:
    # Bits are sent inverted. Sign s, segment e (3 bits), step m (4 bits):
    # |x| = (2m + 33) * 2**e - 33 in 14 bits, four times that in 16.
    code = ~np.arange(256, dtype=np.uint8)
    segment = (code >> 4 & 7).astype(np.int32)
    step = (code & 15).astype(np.int32)
    magnitude = (((2 * step + 33) << segment) - 33) * 4
    return (np.where(code & 0x80, -magnitude, magnitude) / 32768.0).astype(np.float32)


def _alaw_table() -> Pcm:
    # Even bits are sent inverted (0x55); a set sign bit is positive. Segment 0 is linear:
    # |x| = 2m + 1, else (2m + 33) * 2**(e - 1), in 13 bits, eight times that in 16.
    code = np.arange(256, dtype=np.uint8) ^ np.uint8(0x55)
    segment = (code >> 4 & 7).astype(np.int32)
    step = (code & 15).astype(np.int32)
    magnitude = np.where(segment == 0, 2 * step + 1, (2 * step + 33) << np.maximum(segment - 1, 0)) * 8
    return (np.where(code & 0x80, magnitude, -magnitude) / 32768.0).astype(np.float32)


_MULAW = _mulaw_table()
_ALAW = _alaw_table()


def decode_mulaw(codes: npt.NDArray[np.uint8]) -> Pcm:
    """mu-law codes of any shape as float32 in [-1, 1), exact on the 16-bit grid."""
    return _MULAW[codes]


def decode_alaw(codes: npt.NDArray[np.uint8]) -> Pcm:
    """A-law codes of any shape as float32 in [-1, 1), exact on the 16-bit grid."""
    return _ALAW[codes]
