"""What goes between processes of the service: frames, each behind its length."""

from __future__ import annotations

from asyncio import IncompleteReadError, StreamReader

from gateway.errors import InternalError

LENGTH_BYTES = 4
LONGEST_OUT = 64 * 1024 * 1024


class TooLong(InternalError):  # noqa: N818 - says what is wrong
    """A frame is longer than any of ours."""


def framed(body: bytes) -> bytes:
    """Return a frame."""
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


async def read_frame(reader: StreamReader, longest: int = LONGEST_OUT) -> bytes | None:
    """Return what the next frame holds; ``None``: there is no more. Raises ``TooLong``."""
    try:
        length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
        if length > longest:
            raise TooLong(f"a frame of {length} bytes; at most {longest} are taken")
        return await reader.readexactly(length)
    except (IncompleteReadError, OSError):  # a line that is silent for too long among them, and what TLS objects to
        return None
