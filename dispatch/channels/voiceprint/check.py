"""Is it them? Decided while they talk: sound goes in, and at once, or after a few seconds, it says yes, no, or that it cannot tell.

How alike it has to be says ``dispatch.core.verification.limits``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.channels.voiceprint.encoder import PIECE_SAMPLES, SIZE, Encoder, doubled, unit
from dispatch.channels.voiceprint.spectrum import Floats
from dispatch.channels.voiceprint.speech import RATE, SpeechFinder
from dispatch.core.verification.limits import VoiceState, voice_state

ENROLLED_S = 20.0
"""Of speech, which a print is made of."""
ONE_VOICE = 0.8
"""So alike nine pieces in ten are to the mean of all where one voice enrols: 262 speakers of LibriSpeech over G.711 had 0.82 and
more, halves of two of them 0.77 and less."""
_PIECE = PIECE_SAMPLES // 2
"""Samples at 8 kHz."""
_HOP = RATE * 4 // 5
"""Samples from one piece to the next; they overlap by half."""


@dataclass(frozen=True, slots=True)
class VoiceVerdict:
    """How a check stands after what was heard."""

    state: VoiceState
    likeness: float
    """Of the voice and the print, -1 to 1; 0 where there was no speech."""
    speech_s: float
    elapsed_s: float


class Voice:
    """What one leg of a call says: its speech in pieces, as they come. Any number of checks may look at it."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._finder = SpeechFinder()
        self._speech = np.empty(0, np.float32)
        self.pieces = np.empty((0, SIZE), np.float32)
        self.speech_s = 0.0

    def take(self, pcm: bytes) -> bool:
        """Take sound (16 bit, mono, 8 kHz); ``True``: another piece is whole."""
        new = self._finder.speech(pcm)
        self.speech_s += len(new) / RATE
        self._speech = np.concatenate((self._speech, new))
        whole = []
        while len(self._speech) >= _PIECE:
            whole.append(doubled(self._speech[:_PIECE]))
            self._speech = self._speech[_HOP:]
        if whole:
            self.pieces = np.concatenate((self.pieces, self._encoder.encode(np.stack(whole))))
        return bool(whole)

    @property
    def heard_s(self) -> float:
        """Seconds of sound, pauses counted."""
        return self._finder.heard_s

    def mean(self) -> Floats:
        """Return the voice so far, ``(SIZE,)``, of length 1 where there was speech."""
        return unit(self.pieces.mean(axis=0)) if len(self.pieces) else np.zeros(SIZE, np.float32)

    def likeness(self, print_: Floats) -> float:
        """Return how alike the voice so far and a print are, -1 to 1; 0 where there was no speech."""
        return float(self.mean() @ print_)


class VoiceCheck:
    """One check against one print, in one call."""

    def __init__(self, print_: Floats) -> None:
        self._print = print_
        self.verdict = VoiceVerdict(VoiceState.LISTENING, 0.0, 0.0, 0.0)

    def look(self, voice: Voice) -> VoiceVerdict:
        """Look at what was said so far. What is decided stays."""
        if self.verdict.state is VoiceState.LISTENING:
            likeness = voice.likeness(self._print)
            state = voice_state(likeness, voice.speech_s, voice.heard_s)
            self.verdict = VoiceVerdict(state, likeness, voice.speech_s, voice.heard_s)
        return self.verdict


class Enrolment:
    """A print in the making, over the telephone it will be checked by."""

    def __init__(self, encoder: Encoder) -> None:
        self._voice = Voice(encoder)

    def take(self, pcm: bytes) -> float:
        """Take what the customer said next; returns how much of the speech that is wanted is there, 0 to 1."""
        self._voice.take(pcm)
        return min(1.0, self._voice.speech_s / ENROLLED_S)

    @property
    def speech_s(self) -> float:
        """Seconds of speech so far."""
        return self._voice.speech_s

    def print_(self) -> Floats | None:
        """Return the print (``(SIZE,)``, of length 1), or ``None``: too little speech, or more than one voice."""
        if self._voice.speech_s < ENROLLED_S:
            return None
        mean = self._voice.mean()
        return mean if float(np.quantile(self._voice.pieces @ mean, 0.1)) >= ONE_VOICE else None
