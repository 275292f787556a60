"""What a recogniser that an operator brings hears in a recording, and what an agent would be shown: is the model good enough?"""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

from dispatch.channels.knowledge.articles import articles
from dispatch.channels.knowledge.index import Finder
from dispatch.channels.listener.heard import Listener
from dispatch.core.hints.context import HintContext
from dispatch.core.hints.counts import HintCounts
from dispatch.core.hints.ranking import hints
from gateway.errors import OperatorError

FRAMES = 4_000
"""So much at once: half a second of a telephone."""


class BadSound(OperatorError):  # noqa: N818 - says what is wrong
    """The recording cannot be read; the message says what is needed."""


@dataclass(frozen=True, slots=True)
class HeardInSound:
    """Of one recording."""

    heard: str
    hints: dict[str, float]
    """Article → how sure; empty: nothing would be shown."""


def rate_of(sound: Path) -> int:
    """Return the samples a second. Raises ``BadSound``."""
    with _opened(sound) as recording:
        return recording.getframerate()


def listened(sound: Path, listener: Listener, finder: Finder) -> HeardInSound:
    """Play a recording to a listener, and look up what it heard. Raises ``BadSound``."""
    with _opened(sound) as recording:
        said = []
        while frames := recording.readframes(FRAMES):
            said.append(listener.hear(frames))
    heard = " ".join(one for one in [*said, listener.end()] if one)
    found = hints(articles().values(), finder.find(heard), HintContext(), HintCounts())
    return HeardInSound(heard, {one.article.article: round(one.sure, 3) for one in found})


def _opened(sound: Path) -> wave.Wave_read:
    try:
        recording = wave.open(str(sound), "rb")  # noqa: SIM115 - who asked closes it
    except (OSError, EOFError, wave.Error) as error:
        raise BadSound(f"{sound}: is no WAV file: {error}") from None
    if (recording.getnchannels(), recording.getsampwidth()) != (1, 2):
        recording.close()
        raise BadSound(f"{sound}: one channel of 16 bits is needed")
    return recording
