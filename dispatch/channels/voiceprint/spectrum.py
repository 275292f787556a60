"""The picture of a sound that the encoder was trained on: 40 mel bands each 10 ms, of windows of 25 ms at 16 kHz.

The bands are Slaney's (Auditory Toolbox, 1998: linear below 1 kHz, logarithmic above, each of equal area), as librosa makes
them by default, with which Resemblyzer was trained; power, not its logarithm.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
RATE = 16_000
"""Hz."""
BANDS = 40
STEP = RATE // 100
"""Samples."""
_WINDOW = RATE // 40
_LINEAR_HZ = 200 / 3
"""A mel, below 1 kHz."""
_BREAK_HZ, _BREAK_MEL = 1000.0, 15.0
_LOG_STEP = np.log(6.4) / 27
"""A mel above, as a ratio's logarithm."""


def mel_power(sound: Floats) -> Floats:
    """Return ``(frames, BANDS)`` of ``(samples,)``; silence is thought around it."""
    around = np.pad(sound, _WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(around, _WINDOW)[::STEP]
    power = np.abs(np.fft.rfft(frames * _hann(), axis=1)) ** 2
    return np.asarray(power.astype(np.float32) @ _bands(), np.float32)


@cache
def _hann() -> Floats:
    return np.hanning(_WINDOW + 1)[:-1].astype(np.float32)


@cache
def _bands() -> Floats:
    """Return ``(frequencies, BANDS)``: how much of each frequency is in a band."""
    edges = _hertz(np.linspace(0.0, _BREAK_MEL + np.log(RATE / 2 / _BREAK_HZ) / _LOG_STEP, BANDS + 2))
    away = edges[:, None] - np.fft.rfftfreq(_WINDOW, 1 / RATE)[None]
    widths = np.diff(edges)[:, None]
    triangles = np.maximum(0, np.minimum(-away[:-2] / widths[:-1], away[2:] / widths[1:]))
    return np.ascontiguousarray((triangles * (2 / (edges[2:] - edges[:-2]))[:, None]).T.astype(np.float32))


def _hertz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(mel < _BREAK_MEL, mel * _LINEAR_HZ, _BREAK_HZ * np.exp((mel - _BREAK_MEL) * _LOG_STEP))
