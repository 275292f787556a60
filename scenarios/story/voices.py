"""Who is known by their voice, and how long it takes to make sure who speaks.

How alike voices are was measured as ``callahead bench voice`` does, on six speakers of LibriSpeech (test-other, CC BY 4.0) over
G.711: five talks of each, held against all six prints. A default marked [fit] is fitted or inferred.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from pydantic import Field

from dispatch.core.verification.limits import (
    LEAST_SPEECH_S,
    MOST_ELAPSED_S,
    MOST_SPEECH_S,
    VoiceState,
    voice_state,
)
from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Share
from scenarios.story.distributions import Spans, lognormal

STEP_S = 0.8
"""Of speech, from one look at a voice to the next (``dispatch.channels.voiceprint.check``)."""
Cosine = Annotated[float, Field(ge=-1, le=1)]
Spread = Annotated[float, Field(gt=0, le=1)]


class HeardVoice(NamedTuple):
    """What comes of listening to a talk: how alike it was to the print, by how much speech, after how long."""

    likeness: float
    speech_s: float
    elapsed_s: float


class Likeness(StrictModel):
    """How alike talks are to a print: normally spread; a talk stays as many standard deviations off as it is."""

    first: Cosine
    """On average, after 4 s of speech."""
    last: Cosine
    """After 12 s."""
    spread: Spread
    """Standard deviation between talks, after 4 s."""
    spread_last: Spread
    """After 12 s."""

    def after(self, speech_s: float, away: float) -> float:
        """Return how alike a talk is that lies ``away`` standard deviations from the mean."""
        part = min(1.0, max(0.0, (speech_s - LEAST_SPEECH_S) / (MOST_SPEECH_S - LEAST_SPEECH_S)))
        mean = self.first + (self.last - self.first) * part
        spread = self.spread + (self.spread_last - self.spread) * part
        return min(1.0, max(-1.0, mean + spread * away))


class Voices(StrictModel):
    """Where the policy's ``identity`` is ``voice`` or ``questions``."""

    enrolled: Share = 0.75
    """Of all customers: who have agreed to be known by their voice, and have a print (Citi)."""
    questions: Spans = lognormal(72.5, 0.26)
    """Until they are answered, 75 s on average: a quarter of a call of 300 s (NICE); how they are spread: [fit]."""
    forgets: Share = 0.02
    """Of customers who are asked: who cannot answer [fit]."""
    impostors: Share = 0.0
    """Of all who speak: who are somebody else."""
    guesses: Share = 0.1
    """Of impostors who are asked: who can answer all the same [fit]."""
    speaks: Share = 0.55
    """Of the first half minute of a talk, how much the customer speaks: seven tenths of it, less the 0.23 of that time that are
    pauses, as measured [fit]."""
    speaks_spread: Annotated[float, Field(ge=0, le=2)] = 0.15
    """Sigma of its logarithm between talks [fit]."""
    own: Likeness = Likeness(first=0.915, last=0.955, spread=0.0275, spread_last=0.014)
    """Of talks to their speaker's print."""
    others: Likeness = Likeness(first=0.591, last=0.618, spread=0.067, spread_last=0.066)
    """Of talks to another's."""

    def heard(self, likeness: Likeness, away: float, pace: float) -> HeardVoice:
        """Listen to a talk until it is decided, as the service does. ``away``, ``pace``: standard normal draws of that talk."""
        share = min(1.0, self.speaks * math.exp(self.speaks_spread * pace))
        speech_s = LEAST_SPEECH_S
        while True:
            elapsed_s, alike = speech_s / share, likeness.after(speech_s, away)
            if elapsed_s >= MOST_ELAPSED_S:
                return HeardVoice(alike, min(speech_s, MOST_ELAPSED_S * share), MOST_ELAPSED_S)
            if voice_state(alike, speech_s, elapsed_s) is not VoiceState.LISTENING:
                return HeardVoice(alike, speech_s, elapsed_s)
            speech_s = min(MOST_SPEECH_S, speech_s + STEP_S)
