"""How alike a voice has to be to its print, and how much of it there has to be. Chosen on recorded speakers. Pure.

What is compared is the voice so far. The more of it there is, the more alike one voice is to its print, so the likeness that
is asked for grows with the speech: from ``FIRST`` of ``LEAST_SPEECH_S`` to ``LAST`` of ``MOST_SPEECH_S``.
"""

from __future__ import annotations

from enum import StrEnum

LEAST_SPEECH_S = 4.0
MOST_SPEECH_S = 12.0
FIRST, LAST = 0.885, 0.9
MOST_ELAPSED_S = 30.0
"""Pauses counted: who says too little until then is asked questions instead."""


class VoiceState(StrEnum):
    """How it stands with the voice of a call."""

    UNHEARD = "unheard"
    """Nobody listens to it: it is on no line of ours, or the house goes by no voices."""
    LISTENING = "listening"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NOT_ENOUGH_SPEECH = "not_enough_speech"
    NOT_ENROLLED = "not_enrolled"
    OPTED_OUT = "opted_out"
    """They said that their voice is not to be used."""
    EXPIRED = "expired"
    """Their print was too old, or is of another edition of the model: it is made anew, if they like."""


def likeness_wanted(speech_s: float) -> float:
    """Return how alike a voice has to be, by how much speech there is."""
    part = (speech_s - LEAST_SPEECH_S) / (MOST_SPEECH_S - LEAST_SPEECH_S)
    return FIRST + (LAST - FIRST) * min(1.0, max(0.0, part))


def voice_state(likeness: float, speech_s: float, elapsed_s: float) -> VoiceState:
    """Return how a check stands: what was said so far is so alike, so much, and took so long."""
    if speech_s >= LEAST_SPEECH_S and likeness >= likeness_wanted(speech_s):
        return VoiceState.ACCEPTED
    if speech_s >= MOST_SPEECH_S:
        return VoiceState.REJECTED
    if elapsed_s >= MOST_ELAPSED_S:
        return VoiceState.REJECTED if speech_s >= LEAST_SPEECH_S else VoiceState.NOT_ENOUGH_SPEECH
    return VoiceState.LISTENING
