"""Resemblyzer's speaker encoder (GE2E: Wan et al., ICASSP 2018): three LSTM layers and a linear one, in numpy.

A piece of 1.6 s becomes 256 numbers of length 1; a voice is the mean of its pieces, again of length 1, and two voices are
compared by their product (the cosine of their angle).
"""

from __future__ import annotations

import numpy as np

from dispatch.channels.voiceprint.spectrum import BANDS, STEP, Floats, mel_power
from dispatch.channels.voiceprint.weights import Weights, installed_weights

PIECE = 160
"""Frames of 10 ms."""
PIECE_SAMPLES = PIECE * STEP
SIZE = 256
_LAYERS = 3
_LOUDNESS = 10 ** (-30 / 20)
"""Root mean square that quieter sound is raised to, of full scale: -30 dBFS, as in training."""


class Encoder:
    """Makes pieces of speech into numbers. Safe to share: it changes nothing."""

    def __init__(self, weights: Weights | None = None) -> None:
        weights = installed_weights() if weights is None else weights
        self._layers = [
            (
                np.ascontiguousarray(weights[f"lstm.weight_ih_l{one}"].T),
                np.ascontiguousarray(weights[f"lstm.weight_hh_l{one}"].T),
                weights[f"lstm.bias_ih_l{one}"] + weights[f"lstm.bias_hh_l{one}"],
            )
            for one in range(_LAYERS)
        ]
        self._linear = np.ascontiguousarray(weights["linear.weight"].T)
        self._bias = weights["linear.bias"]

    def encode(self, pieces: Floats) -> Floats:
        """Return ``(pieces, SIZE)`` of ``(pieces, PIECE_SAMPLES)`` at ``RATE``, each of length 1."""
        spectra = np.empty((len(pieces), PIECE, BANDS), np.float32)
        for place, piece in enumerate(pieces):
            spectra[place] = mel_power(raised(piece))[:PIECE]
        numbers = np.maximum(0, self._last_hidden(spectra) @ self._linear + self._bias)
        return unit(numbers)

    def _last_hidden(self, series: Floats) -> Floats:
        """Return ``(pieces, SIZE)``: the last layer's state behind the last frame."""
        hidden = np.zeros((len(series), SIZE), np.float32)
        for inward, onward, bias in self._layers:
            driven = series @ inward + bias
            series = np.empty((*driven.shape[:2], SIZE), np.float32)
            hidden, cell = np.zeros((len(series), SIZE), np.float32), np.zeros((len(series), SIZE), np.float32)
            for frame in range(driven.shape[1]):
                gates = driven[:, frame] + hidden @ onward
                opened = _sigmoid(gates)
                new = np.tanh(gates[:, 2 * SIZE : 3 * SIZE])
                cell = opened[:, SIZE : 2 * SIZE] * cell + opened[:, :SIZE] * new
                hidden = opened[:, 3 * SIZE :] * np.tanh(cell)
                series[:, frame] = hidden
        return hidden


def raised(sound: Floats) -> Floats:
    """Return the sound, raised to the loudness of the training where it is quieter."""
    loudness = float(np.sqrt(np.mean(np.square(sound)))) or 1.0
    return sound * np.float32(max(1.0, _LOUDNESS / loudness))


def unit(numbers: Floats) -> Floats:
    """Return rows of length 1; a row of nothing stays one."""
    lengths = np.linalg.norm(numbers, axis=-1, keepdims=True)
    return np.asarray(numbers / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


def doubled(sound: Floats) -> Floats:
    """Return telephone sound (8 kHz) at ``RATE``: what lies above 4 kHz is not there, nothing is invented.

    By the spectrum, padded with zeros: the pieces are short, and the edges lie in what the windows weaken.
    """
    spectrum = np.fft.rfft(sound)
    wide = np.zeros(len(sound) + 1, spectrum.dtype)
    wide[: len(spectrum)] = spectrum
    return np.asarray(np.fft.irfft(wide, 2 * len(sound)) * 2, np.float32)


def _sigmoid(values: Floats) -> Floats:
    """As a tangent: no value is too large for it."""
    return np.asarray((np.tanh(values / 2) + 1) / 2, np.float32)
