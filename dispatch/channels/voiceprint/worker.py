"""Listens to voices in a thread of its own: sound goes in, figures come out, and nobody who serves others waits for numpy."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np

from dispatch.channels.voiceprint.check import Enrolment, Voice, VoiceCheck, VoiceVerdict
from dispatch.channels.voiceprint.encoder import SIZE, Encoder
from dispatch.channels.voiceprint.weights import edition_of, installed_weights

_NUMBER = np.dtype("<f4")
T = TypeVar("T")


class Made(NamedTuple):
    """How far it is with a print."""

    share: float
    """Of the speech that is wanted, 0 to 1."""
    speech_s: float
    numbers: bytes | None = None
    """The print; ``None`` where it is whole: that was more than one voice."""


class VoiceComparison:
    """One voice against one print; to be asked in the worker's thread alone."""

    def __init__(self, encoder: Encoder, numbers: bytes) -> None:
        self._voice, self._check = Voice(encoder), VoiceCheck(np.frombuffer(numbers, _NUMBER, SIZE))

    def take(self, pcm: bytes) -> VoiceVerdict:
        """Take what was said next (16 bit, mono, 8 kHz)."""
        self._voice.take(pcm)
        return self._check.look(self._voice)


class PrintInTheMaking:
    """Likewise, of who enrols."""

    def __init__(self, encoder: Encoder) -> None:
        self._enrolment = Enrolment(encoder)

    def take(self, pcm: bytes) -> Made:
        """Take what was said next."""
        share = self._enrolment.take(pcm)
        made = self._enrolment.print_() if share >= 1 else None
        return Made(share, self._enrolment.speech_s, None if made is None else made.astype(_NUMBER).tobytes())


class VoiceWorker:
    """One for a service: its thread rests when nobody speaks."""

    def __init__(self) -> None:
        """Read the model. Raises ``NoVoiceModel``."""
        weights = installed_weights()
        self._encoder, self.edition = Encoder(weights), edition_of(weights)
        self._thread = ThreadPoolExecutor(1, "voices")

    def comparison(self, numbers: bytes) -> VoiceComparison:
        """Return what compares a voice with a print."""
        return VoiceComparison(self._encoder, numbers)

    def enrolment(self) -> PrintInTheMaking:
        """Return what makes a print."""
        return PrintInTheMaking(self._encoder)

    async def take(self, take: Callable[[bytes], T], pcm: bytes) -> T:
        """Have one of them take sound, behind what others said before."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, take, pcm)
