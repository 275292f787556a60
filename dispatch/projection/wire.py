"""What goes between the process that shows and the one that browsers are connected to, in frames (``dispatch.engine.frames``).

What goes out is JSON, deflated (RFC 1951) once for all who get it; browsers inflate it themselves.
"""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

LONGEST_IN = 64 * 1024
"""Bytes of what one who watches may ask."""
_RAW = -15
"""zlib's word for deflate without a head."""
_encode = msgspec.json.Encoder().encode


def packed(said: dict[str, Any]) -> bytes:
    """Return what is said as bytes, deflated."""
    pressing = zlib.compressobj(6, zlib.DEFLATED, _RAW)
    return pressing.compress(_encode(said)) + pressing.flush()
