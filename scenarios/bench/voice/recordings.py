"""A folder of recordings, a folder a speaker, as they sound over the telephone: 8 kHz and G.711's mu-law, there and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import miniaudio
import numpy as np

from dispatch.channels.voiceprint.speech import RATE
from gateway.errors import OperatorError

_ENDINGS = frozenset({".flac", ".wav", ".mp3", ".ogg"})


class CannotListen(OperatorError):  # noqa: N818 - says what happened
    """A recording, or a folder of them, that cannot be used: the message says which and why."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """One person's recordings."""

    name: str
    sounds: tuple[bytes, ...]
    """16 bit, mono, 8 kHz."""


def read_speakers(folder: Path) -> list[Speaker]:
    """Read a folder that holds a folder for each speaker.

    Raises:
        CannotListen: there are fewer than two speakers, or a file is no recording.
    """
    speakers = [
        Speaker(one.name, tuple(_read(path) for path in sorted(one.iterdir()) if path.suffix.lower() in _ENDINGS))
        for one in sorted(folder.iterdir())
        if one.is_dir()
    ]
    speakers = [one for one in speakers if one.sounds]
    if len(speakers) < 2:  # noqa: PLR2004 - nobody can be mistaken for nobody
        raise CannotListen(
            f"{folder}: wanted is a folder for each of at least two speakers, with .flac, .wav, .mp3 or .ogg"
        )
    return speakers


def _read(path: Path) -> bytes:
    try:
        read = miniaudio.decode_file(str(path), miniaudio.SampleFormat.SIGNED16, nchannels=1, sample_rate=RATE)
    except (miniaudio.MiniaudioError, OSError) as error:
        raise CannotListen(f"{path}: no recording that can be read ({error})") from error
    return over_telephone(np.asarray(read.samples, np.int16))


def over_telephone(samples: np.ndarray[tuple[int], np.dtype[np.int16]]) -> bytes:
    """Return what is left of sound at 8 kHz behind mu-law: each sample the nearest of its 255 levels (ITU-T G.711)."""
    levels = _levels()
    nearest = np.searchsorted((levels[1:] + levels[:-1]) / 2, samples)
    return levels[nearest].astype("<i2").tobytes()


def _levels() -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return mu-law's levels at 16 bit: eight segments, each twice as coarse as the one below, of sixteen steps."""
    segment, step = np.meshgrid(np.arange(8), np.arange(16))
    positive = ((((2 * step + 33) << segment) - 33) * 4).ravel()
    return np.unique(np.concatenate((-positive, positive)))
