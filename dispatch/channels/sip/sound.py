"""Sound of legs that no SIP telephone has: an agent's softphone in their page, and whoever listens in. Frames of 20 ms.

PCM, 16 bit, mono, 8 kHz: the codecs that are offered (G.711) have that, so nothing is resampled here.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable
from itertools import count

from dispatch.channels.telephony import FRAME

MOST_FRAMES = 8
"""A softphone's that wait to be said; older ones are dropped."""
CUSHION = 2
"""So many are waited for when there is nothing left to say: they come unevenly."""
MOST_BUFFERED = 5 * FRAME
"""Of what the other leg has yet to send; beyond it a clock goes too fast, and frames are dropped."""
SLACK = 3 * FRAME
"""So much later than one side the other may be before it counts as silent, where both are mixed."""
_LEAST, _MOST = -32_768, 32_767
_handles = count(1)


class SoftphoneSound:
    """What a softphone says and is to hear; read and written as a SIP telephone's."""

    def __init__(self) -> None:
        self._said: deque[bytes] = deque()
        self._hears = bytearray()
        self.dropped = 0
        """Frames that came too late, or too many at once."""

    def came(self, pcm: bytes) -> None:
        """It says something."""
        self._said.append(pcm)
        if len(self._said) > MOST_FRAMES:
            self._said.popleft()
            self.dropped += 1

    def due(self, buffered: int) -> bytes:
        """Take what is to be said now. ``buffered``: bytes that whoever hears it was given and did not send yet."""
        if not buffered and len(self._said) < CUSHION:
            return b""
        said = self.read()
        if buffered <= MOST_BUFFERED:
            return said
        self.dropped += len(said) // FRAME
        return b""

    def read(self, _: int = 0) -> bytes:
        """Take all that it says."""
        said = b"".join(self._said)
        self._said.clear()
        return said

    def write(self, pcm: bytes) -> int:
        """Have it hear something."""
        self._hears += pcm
        return len(pcm)

    def heard(self) -> bytes:
        """Take what it is to hear, whole frames."""
        whole = len(self._hears) // FRAME * FRAME
        taken = bytes(self._hears[:whole])
        del self._hears[:whole]
        return taken


class SoftphoneCall:
    """Stands where a SIP telephone's call stands; it is answered and hung up by us."""

    def __init__(self, answered: Callable[[], None], ended: Callable[[str], None]) -> None:
        self.handle = -next(_handles)
        """The stack's own are above 0."""
        self.audio = SoftphoneSound()
        self._answered, self._ended = answered, ended

    async def answer(self) -> None:
        """It is taken."""
        self._answered()

    async def reject(self) -> None:
        """It is not."""
        self._ended("refused")

    async def hangup(self) -> None:
        """It is over."""
        self._ended("")


class Mixer:
    """Two voices as one. They come unevenly; who says nothing is silent."""

    def __init__(self) -> None:
        self._one, self._other = bytearray(), bytearray()

    def mix(self, one: bytes, other: bytes) -> bytes:
        """Take what both said since, and return what is to be heard."""
        self._one += one
        self._other += other
        sizes = len(self._one), len(self._other)
        ready = max(min(sizes), max(sizes) - SLACK)
        return _sum(_taken(self._one, ready), _taken(self._other, ready))


def _taken(voice: bytearray, size: int) -> bytes:
    taken = bytes(voice[:size]).ljust(size, b"\0")
    del voice[:size]
    return taken


def _sum(one: bytes, other: bytes) -> bytes:
    pairs = zip(array("h", one), array("h", other), strict=True)
    return array("h", [max(_LEAST, min(_MOST, a + b)) for a, b in pairs]).tobytes()
