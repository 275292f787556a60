"""What goes between the process that shows and the one that browsers are connected to: frames, each behind its length.

What goes out is JSON, deflated (RFC 1951) once for all who get it; browsers inflate it themselves.
"""

from __future__ import annotations

import zlib
from asyncio import IncompleteReadError, StreamReader
from typing import Any

import msgspec

from gateway.errors import InternalError

LENGTH_BYTES = 4
LONGEST_IN = 64 * 1024
"""Bytes of what one who watches may ask."""
LONGEST_OUT = 64 * 1024 * 1024
_RAW = -15
"""zlib's word for deflate without a head."""
_encode = msgspec.json.Encoder().encode


class TooLong(InternalError):  # noqa: N818 - says what is wrong
    """A frame is longer than any of ours."""


def framed(body: bytes) -> bytes:
    """Return a frame."""
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def packed(said: dict[str, Any]) -> bytes:
    """Return what is said as bytes, deflated."""
    pressing = zlib.compressobj(6, zlib.DEFLATED, _RAW)
    return pressing.compress(_encode(said)) + pressing.flush()


async def read_frame(reader: StreamReader, longest: int = LONGEST_OUT) -> bytes | None:
    """Return what the next frame holds; ``None``: there is no more. Raises ``TooLong``."""
    try:
        length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
        if length > longest:
            raise TooLong(f"a frame of {length} bytes; at most {longest} are taken")
        return await reader.readexactly(length)
    except (IncompleteReadError, ConnectionError):
        return None
