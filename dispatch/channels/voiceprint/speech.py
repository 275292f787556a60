"""What of a telephone's sound is speech: frames of 20 ms that stand out of what is quiet on this line and near what is loud.

By loudness alone: music and a television count as speech here, and are turned down by the print. A line of even noise, and
silence, hold none.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from dispatch.channels.voiceprint.spectrum import Floats

RATE = 8_000
"""Hz, of G.711."""
FRAME_SAMPLES = RATE // 50
_REMEMBERED = 500
"""Frames whose loudness says what is quiet and loud here: ten seconds."""
_QUIETEST_DB = -55.0
"""Of full scale: nothing below is speech."""
_ABOVE_QUIET_DB = 6.0
_BELOW_LOUD_DB = 30.0
_AROUND = 5
"""Frames after loud ones that still belong to a word: 100 ms."""
_FULL_SCALE = np.float32(32_768)


class SpeechFinder:
    """Takes sound as it comes and keeps what is speech."""

    def __init__(self) -> None:
        self._levels: deque[float] = deque(maxlen=_REMEMBERED)
        self._rest = b""
        self._after = 0
        self.heard_s = 0.0
        """Of sound, speech or not."""

    def speech(self, pcm: bytes) -> Floats:
        """Return the samples (-1 to 1) that are speech. ``pcm``: 16 bit, mono, 8 kHz, little-endian, of any length."""
        whole = self._rest + pcm
        size = len(whole) // (2 * FRAME_SAMPLES) * 2 * FRAME_SAMPLES
        self._rest = whole[size:]
        frames = np.frombuffer(whole[:size], "<i2").reshape(-1, FRAME_SAMPLES) / _FULL_SCALE
        self.heard_s += len(frames) * FRAME_SAMPLES / RATE
        kept = [frame for frame in frames if self._is_speech(frame)]
        return np.concatenate(kept) if kept else np.empty(0, np.float32)

    def _is_speech(self, frame: Floats) -> bool:
        level = 10 * float(np.log10(np.mean(np.square(frame)) + 1e-12))
        self._levels.append(level)
        quiet, loud = np.percentile(self._levels, (10, 95))
        if level > max(_QUIETEST_DB, quiet + _ABOVE_QUIET_DB, loud - _BELOW_LOUD_DB):
            self._after = _AROUND
            return True
        self._after -= 1
        return self._after >= 0
