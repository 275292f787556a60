"""Recordings as customers' pages make them: WAV, PCM of 16 bit, one channel, 8 kHz."""

from __future__ import annotations

import io
import math
import wave
from array import array
from base64 import b64encode
from typing import Any

from dispatch.core.conversation.voice import RATE


def recording(seconds: float, loud: float = 0.3) -> bytes:
    """Return a tone, ``loud`` of full scale: by Python's own writer of WAV, so that our reader is not held against itself."""
    count = round(seconds * RATE)
    tone = array("h", (round(32_767 * loud * math.sin(2 * math.pi * 440 * at / RATE)) for at in range(count)))
    out = io.BytesIO()
    with wave.open(out, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(RATE)
        made.writeframes(tone.tobytes())
    return out.getvalue()


def spoken(sound: bytes, ref: str = "v-1", **more: Any) -> dict[str, Any]:
    """Return what a page sends."""
    return {"ref": ref, "type": "audio/wav", "recording": b64encode(sound).decode()} | more
