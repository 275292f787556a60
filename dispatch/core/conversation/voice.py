"""A voice message: what it has to be, told from its bytes. Pure.

WAV as every browser plays it: 16 bit PCM, one channel, 8,000 samples a second, as a telephone carries speech. A minute of it
is less than a megabyte; what it is, how long it is, whether it is whole and whether somebody speaks in it is seen from 44 bytes and
the samples, without a decoder that a hostile file could break.
"""

from __future__ import annotations

import hashlib
import struct
import sys
from array import array
from dataclasses import dataclass
from typing import Literal

from gateway.errors import SenderError

RATE = 8_000
"""Samples a second."""
LONGEST_S, SHORTEST_S = 60.0, 0.5
BYTES_OF_SAMPLE = 2
HEAD = struct.Struct("<4sI4s4sIHHIIHH4sI")
"""RIFF, WAVE, one chunk of format, one of data."""
LONGEST_BYTES = HEAD.size + int(LONGEST_S * RATE) * BYTES_OF_SAMPLE
QUIET = 328
"""One hundredth of full scale, -40 dB: nobody who speaks into a telephone stays below it [ours]."""
SPAN_S, SPANS = 0.02, 10
"""Somebody speaks where so many spans are louder than that: a tap on the glass is one or two [ours]."""
Reason = Literal["type", "damaged", "empty", "silent", "too-long"]
_PCM, _MONO, _FORMAT_BYTES = 1, 1, 16
_FORMAT = (b"fmt ", _FORMAT_BYTES, _PCM, _MONO, RATE, RATE * BYTES_OF_SAMPLE, BYTES_OF_SAMPLE, 8 * BYTES_OF_SAMPLE)


class BadVoice(SenderError):  # noqa: N818 - says what it is
    """What was sent is no voice message; ``reason`` names why."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class VoiceMessage:
    """What the ledger says of a recording, which itself is sealed beside it."""

    seconds: float
    sha256: str
    """Of the recording as it was sent, hexadecimal: which one was meant can be shown, what was said cannot."""


def voice_of(recording: bytes) -> VoiceMessage:
    """Return what a recording is. Raises ``BadVoice`` for whatever is none, or in which nobody speaks."""
    seconds = len(samples := _samples(recording)) / RATE
    if seconds < SHORTEST_S:
        raise BadVoice("empty", f"it lasts {seconds:.2f} s; {SHORTEST_S:g} s at least")
    if not _is_spoken(samples):
        raise BadVoice("silent", "nobody is heard in it; is the microphone covered or muted?")
    return VoiceMessage(round(seconds, 1), hashlib.sha256(recording).hexdigest())


def _samples(recording: bytes) -> array[int]:
    """Return the samples of a recording that is whole. Raises ``BadVoice``."""
    if not recording:
        raise BadVoice("empty", "there is nothing in it")
    if not (b"RIFF".startswith(recording[:4]) and b"WAVE".startswith(recording[8:12])):
        raise BadVoice("type", "it is no WAV file, whatever it says that it is")
    if len(recording) < HEAD.size:
        raise BadVoice("damaged", f"it ends after {len(recording)} bytes, within its head of {HEAD.size}")
    _must_be_ours(recording)
    return _native(recording[HEAD.size :])


def _must_be_ours(recording: bytes) -> None:
    _, riff_bytes, _, *format_, data, data_bytes = HEAD.unpack_from(recording)
    if tuple(format_) != _FORMAT or data != b"data":
        raise BadVoice(
            "type", f"it is not PCM of 16 bit, one channel, {RATE} samples a second, with nothing else in it"
        )
    if len(recording) > LONGEST_BYTES:
        raise BadVoice("too-long", f"it lasts longer than {LONGEST_S:g} s")
    rest = len(recording) - HEAD.size
    if data_bytes != rest or riff_bytes != len(recording) - 8 or rest % BYTES_OF_SAMPLE:
        raise BadVoice("damaged", f"its head tells of {data_bytes} bytes of sound, and there are {rest}")


def _native(data: bytes) -> array[int]:
    found = array("h", data)
    if sys.byteorder == "big":
        found.byteswap()
    return found


def _is_spoken(samples: array[int]) -> bool:
    span = int(SPAN_S * RATE)
    spans = (samples[at : at + span] for at in range(0, len(samples), span))
    return sum(max(one) >= QUIET or min(one) <= -QUIET for one in spans) >= SPANS
